//! Private keys in PKCS #8 and SEC 1, certification requests.

use mls_crypto_traits::SignatureScheme;
use mls_identity_x509::issue::{CertificateSpec, ImportedKey, IssueError, Request, request, request_pem};
use x509_cert::Certificate;

use crate::openssl::Fixture;
use crate::support::*;

const SCHEMES: [(&str, SignatureScheme); 5] = [
    ("ed25519", SignatureScheme::Ed25519),
    ("ed448", SignatureScheme::Ed448),
    ("ecdsa-p256-sha256", SignatureScheme::EcdsaP256),
    ("ecdsa-p384-sha384", SignatureScheme::EcdsaP384),
    ("ecdsa-p521-sha512", SignatureScheme::EcdsaP521),
];

fn public_key(certificate: &[u8]) -> Vec<u8> {
    let read: Certificate = der::Decode::from_der(certificate).unwrap();
    read.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes().to_vec()
}

#[test]
fn keys_of_openssl_are_read_for_every_scheme() {
    for (name, scheme) in SCHEMES {
        let fixture = Fixture::read(name);
        let expected = public_key(fixture.der("leaf"));
        let mut texts = vec!["device_pkcs8"];
        if name.starts_with("ecdsa") {
            texts.push("device_sec1");
        }
        for text in texts {
            let key = ImportedKey::from_pem(fixture.pem(text).as_bytes()).unwrap();
            assert_eq!(key.scheme(), scheme);
            for crypto in backends() {
                let Ok((suite, signer)) = key.load(&*crypto) else {
                    // AWS-LC has no Ed448, RustCrypto only where it is asked for.
                    assert_eq!(
                        (key.load(&*crypto).unwrap_err(), scheme),
                        (IssueError::NoCipherSuite, SignatureScheme::Ed448)
                    );
                    continue;
                };
                assert_eq!(signer.public_key().as_bytes(), expected, "{name}, {text}");
                let pair = mls_crypto_traits::SignaturePublicKey::from(expected.clone());
                let suite = crypto.suite(suite).unwrap();
                let signature = suite.sign_with_label(&*signer, b"a", &[b"b"]).unwrap();
                suite.verify_with_label(&pair, b"a", &[b"b"], &signature).unwrap();
            }
        }
    }
}

#[test]
fn malformed_keys_are_refused() {
    let fixture = Fixture::read("ecdsa-p256-sha256");
    let der = fixture.der("device_pkcs8").to_vec();
    let sec1 = fixture.der("device_sec1").to_vec();
    for end in 0..der.len() {
        assert_eq!(ImportedKey::from_pkcs8(&der[..end]).unwrap_err(), IssueError::PrivateKey);
    }
    for end in 0..sec1.len() {
        assert_eq!(ImportedKey::from_sec1(&sec1[..end]).unwrap_err(), IssueError::PrivateKey);
    }
    assert_eq!(ImportedKey::from_sec1(&der).unwrap_err(), IssueError::PrivateKey);
    assert_eq!(ImportedKey::from_pem(b"").unwrap_err(), IssueError::PrivateKey);
    let shown = format!("{:?}", ImportedKey::from_pkcs8(&der).unwrap());
    assert_eq!(shown, "ImportedKey { scheme: EcdsaP256, private: SignaturePrivateKey(..) }");
}

#[test]
fn an_imported_key_signs_for_a_client() {
    let fixture = Fixture::read("ed25519");
    let key = ImportedKey::from_pem(fixture.pem("device_pkcs8").as_bytes()).unwrap();
    let store = std::sync::Arc::new(mls_client::MemoryStorage::new());
    let new_client = || {
        let identity = std::sync::Arc::new(mls_client::BasicIdentity::new());
        mls_client::Client::builder(store.clone(), identity).build().unwrap()
    };
    let client = new_client();
    let public = client.import_signer(SUITES[0], key.private_key()).unwrap();
    assert_eq!(public.as_bytes(), public_key(fixture.der("leaf")));
    assert_eq!(client.signers(), core::slice::from_ref(&public));
    // It is still there after a restart.
    assert_eq!(new_client().signers(), [public]);
}

#[test]
fn a_request_is_signed_and_becomes_a_certificate() {
    for suite in SUITES {
        let mut pki = Pki::new(suite);
        let wanted = CertificateSpec::end_entity("CN=Alice", VALID).unwrap().uri(URI).unwrap();
        let csr = request(&wanted, &*pki.device).unwrap();
        let crypto = rustcrypto();
        let read = Request::verify(&csr, &*crypto).unwrap();
        assert_eq!(read.key(), pki.device.public_key());
        assert_eq!(read.names().len(), 1);
        let leaf = pki.issuer.issue(&read.as_asked(VALID).unwrap(), read.key(), &mut pki.rng).unwrap();
        assert_eq!(pki.verdict(vec![leaf, pki.issuer.certificate().to_vec()]), alice());

        // Every bit counts: the signature is over all of it, in its one encoding.
        for at in 0..csr.len() {
            let mut changed = csr.clone();
            changed[at] ^= 1;
            assert!(Request::verify(&changed, &*crypto).is_err(), "{suite:?}, byte {at}");
        }
        assert!(request_pem(&csr).unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
    }
}

#[test]
fn names_and_keys_that_cannot_be_encoded_are_refused() {
    assert_eq!(CertificateSpec::end_entity("Alice", VALID).unwrap_err(), IssueError::Name);
    let spec = CertificateSpec::end_entity("CN=Alice", VALID).unwrap();
    assert_eq!(spec.clone().uri("im:älice").unwrap_err(), IssueError::AlternativeName);
    assert_eq!(spec.extended_key_usage(&["x"]).unwrap_err(), IssueError::ObjectIdentifier);
    let mut pki = Pki::new(SUITES[0]);
    let odd = mls_crypto_traits::SignaturePublicKey::from(vec![1; 31]);
    assert_eq!(pki.issuer.issue(&leaf_spec(), &odd, &mut pki.rng).unwrap_err(), IssueError::UnsupportedKey);
}
