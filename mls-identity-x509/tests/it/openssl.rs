//! Chains that OpenSSL's command line tool made (`tests/fixtures/make.sh`), for every signature algorithm, on every
//! backend; and our own chains as OpenSSL sees them.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use mls_core::identity::MemberId;
use mls_crypto_traits::{CertificateSignature, CryptoProvider, SignaturePublicKey, SignatureScheme};
use mls_identity_x509::issue::certificate_pem;
use mls_identity_x509::{
    Revocation, RevocationLists, TrustAnchors, X509Error, X509Identity, certificates_from_pem, credential,
};
use x509_cert::Certificate;

use crate::support::*;

pub(crate) const ALGORITHMS: [(&str, Kind); 13] = [
    ("ed25519", Kind::Suite(SignatureScheme::Ed25519)),
    ("ed448", Kind::Suite(SignatureScheme::Ed448)),
    ("ecdsa-p256-sha256", Kind::Suite(SignatureScheme::EcdsaP256)),
    ("ecdsa-p384-sha384", Kind::Suite(SignatureScheme::EcdsaP384)),
    ("ecdsa-p521-sha512", Kind::Suite(SignatureScheme::EcdsaP521)),
    ("ecdsa-p256-sha384", Kind::Certificate(CertificateSignature::EcdsaP256Sha384)),
    ("ecdsa-p384-sha256", Kind::Certificate(CertificateSignature::EcdsaP384Sha256)),
    ("rsa-pkcs1-sha256", Kind::Certificate(CertificateSignature::RsaPkcs1Sha256)),
    ("rsa-pkcs1-sha384", Kind::Certificate(CertificateSignature::RsaPkcs1Sha384)),
    ("rsa-pkcs1-sha512", Kind::Certificate(CertificateSignature::RsaPkcs1Sha512)),
    ("rsa-pss-sha256", Kind::Certificate(CertificateSignature::RsaPssSha256)),
    ("rsa-pss-sha384", Kind::Certificate(CertificateSignature::RsaPssSha384)),
    ("rsa-pss-sha512", Kind::Certificate(CertificateSignature::RsaPssSha512)),
];

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Suite(SignatureScheme),
    Certificate(CertificateSignature),
}

impl Kind {
    fn is_had_by(self, crypto: &dyn CryptoProvider) -> bool {
        match self {
            Self::Suite(scheme) => {
                let suites = crypto.cipher_suites();
                suites.iter().any(|id| crypto.provider(*id).unwrap().params().signature == scheme)
            }
            Self::Certificate(algorithm) => {
                crypto.certificate_signatures().is_some_and(|certificates| certificates.supports(algorithm))
            }
        }
    }
}

/// The named PEM blocks of a file.
pub(crate) struct Fixture(BTreeMap<String, (String, Vec<u8>)>);

impl Fixture {
    pub(crate) fn read(name: &str) -> Self {
        let path = format!("{}/tests/fixtures/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let blocks = text.split("# ").skip(1).map(|block| {
            let (name, pem) = block.split_once('\n').unwrap();
            let (_, der) = der::pem::decode_vec(pem.trim().as_bytes()).unwrap();
            (name.to_owned(), (pem.to_owned(), der))
        });
        Self(blocks.collect())
    }

    /// All certificates of the file.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.0.values().filter(|(pem, _)| pem.contains("BEGIN CERTIFICATE")).map(|(_, der)| der.as_slice())
    }

    pub(crate) fn pem(&self, name: &str) -> &str {
        &self.0[name].0
    }

    pub(crate) fn der(&self, name: &str) -> &[u8] {
        &self.0[name].1
    }

    fn device(&self) -> SignaturePublicKey {
        let leaf: Certificate = der::Decode::from_der(self.der("leaf")).unwrap();
        SignaturePublicKey::from(leaf.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes())
    }

    fn verdict(&self, crypto: &Crypto, chain: &[&str], policy: Revocation) -> Result<MemberId, X509Error> {
        let mut anchors = TrustAnchors::new();
        anchors.add_pem(self.pem("root").as_bytes()).unwrap();
        let mut lists = RevocationLists::new();
        lists.add_pem(self.pem("crl").as_bytes()).unwrap();
        let provider = X509Identity::builder(crypto.clone(), anchors).revocation(policy, Arc::new(Arc::new(lists)));
        let chain = credential(chain.iter().map(|name| self.der(name).to_vec()));
        provider.build().unwrap().verify(&chain, &self.device(), NOW)
    }
}

/// What becomes of the chains where the algorithm is there.
fn table() -> Vec<(&'static [&'static str], Result<MemberId, X509Error>)> {
    vec![
        (&["leaf", "issuer"], alice()),
        (&["leaf", "issuer", "root"], alice()),
        (&["leaf", "root", "issuer"], alice()),
        (&["leaf"], Err(X509Error::UnknownIssuer)),
        (&["issuer", "leaf"], Err(X509Error::EndEntityNotFirst)),
        (&["leaf", "issuer", "issuer"], Err(X509Error::DuplicateCertificate { index: 2 })),
        (&["expired", "issuer"], Err(X509Error::Expired)),
        (&["not_yet", "issuer"], Err(X509Error::NotYetValid)),
        (&["impostor", "issuer"], Err(X509Error::InvalidSignature)),
        (&["leaf", "zero"], Err(X509Error::UnknownIssuer)),
        (&["below_no_ca", "no_ca"], Err(X509Error::IssuerNotCa)),
        (&["too_deep", "sub", "zero"], Err(X509Error::PathLengthExceeded)),
        (&["leaf_key_usage", "issuer"], Err(X509Error::LeafKeyUsage)),
        (&["leaf_server", "issuer"], Err(X509Error::LeafExtendedKeyUsage)),
        (&["inside", "dns"], alice()),
        (&["outside", "dns"], Err(X509Error::NameConstraintViolated)),
        (&["below_uri", "uri"], Err(X509Error::UnsupportedNameConstraint)),
        (&["leaf_critical", "issuer"], Err(X509Error::UnknownCriticalExtension)),
        (&["revoked", "issuer"], Err(X509Error::Revoked)),
    ]
}

#[test]
fn chains_of_openssl_are_judged_alike_on_every_backend() {
    for (name, kind) in ALGORITHMS {
        let fixture = Fixture::read(name);
        for crypto in backends() {
            if kind.is_had_by(&*crypto) {
                for (chain, verdict) in table() {
                    let found = fixture.verdict(&crypto, chain, Revocation::BestEffort);
                    assert_eq!(found, verdict, "{name}, {chain:?}, {crypto:?}");
                }
                assert_eq!(fixture.verdict(&crypto, &["revoked", "issuer"], Revocation::Off), alice());
                let unknown = Err(X509Error::RevocationUnknown);
                assert_eq!(fixture.verdict(&crypto, &["leaf", "issuer"], Revocation::Required), unknown);
            } else {
                let verdict = fixture.verdict(&crypto, &["leaf", "issuer"], Revocation::BestEffort);
                assert_eq!(verdict, Err(X509Error::UnsupportedAlgorithm), "{name}, {crypto:?}");
            }
        }
    }
}

#[test]
fn a_broken_signature_is_refused_for_every_algorithm() {
    for (name, kind) in ALGORITHMS {
        let fixture = Fixture::read(name);
        for crypto in backends().into_iter().filter(|crypto| kind.is_had_by(&**crypto)) {
            let mut anchors = TrustAnchors::new();
            anchors.add_der(fixture.der("root")).unwrap();
            let provider = X509Identity::builder(crypto.clone(), anchors).build().unwrap();
            let chain = [fixture.der("leaf").to_vec(), fixture.der("issuer").to_vec()];
            for index in [0, 1] {
                let mut chain = chain.clone();
                let at = chain[index].len() - 20;
                chain[index][at] ^= 1;
                let verdict = provider.verify(&credential(chain), &fixture.device(), NOW);
                assert_eq!(verdict, Err(X509Error::InvalidSignature), "{name}, {index}, {crypto:?}");
            }
        }
    }
}

#[test]
fn every_backend_that_has_it_has_what_it_says() {
    let counts = backends().map(|crypto| ALGORITHMS.iter().filter(|(_, kind)| kind.is_had_by(&*crypto)).count());
    assert_eq!(counts[0], 5);
    assert_eq!(counts[1..], [13, 12]);
}

#[test]
fn our_chains_are_verified_by_openssl() {
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        println!("openssl is not installed: our chains are not shown to it");
        return;
    }
    for suite in SUITES {
        let mut pki = Pki::new(suite);
        let [leaf, issuer] = <[_; 2]>::try_from(pki.chain()).unwrap();
        let file = |name: &str, der: &[u8]| {
            let path = std::env::temp_dir().join(format!("mls-x509-{}-{name}.pem", std::process::id()));
            std::fs::File::create(&path).unwrap().write_all(certificate_pem(der).unwrap().as_bytes()).unwrap();
            path
        };
        let (root, issuer, leaf) = (file("root", pki.root.certificate()), file("issuer", &issuer), file("leaf", &leaf));
        let verified = Command::new("openssl")
            .args(["verify", "-x509_strict", "-check_ss_sig", "-attime", &NOW.0.to_string(), "-CAfile"])
            .arg(&root)
            .arg("-untrusted")
            .arg(&issuer)
            .arg(&leaf)
            .output()
            .unwrap();
        for path in [root, issuer, leaf] {
            std::fs::remove_file(path).unwrap();
        }
        assert!(verified.status.success(), "{suite:?}: {}", String::from_utf8_lossy(&verified.stderr));
    }
}

#[test]
fn certificates_in_pem_are_read() {
    let fixture = Fixture::read("ed25519");
    let text = format!("{}\nsome words\n{}", fixture.pem("leaf"), fixture.pem("issuer"));
    let read = certificates_from_pem(text.as_bytes()).unwrap();
    assert_eq!(read, [fixture.der("leaf"), fixture.der("issuer")]);
    let mut anchors = TrustAnchors::new();
    assert!(anchors.add_pem(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
    assert!(anchors.add_pem(b"").is_err());
    assert!(anchors.is_empty());
}
