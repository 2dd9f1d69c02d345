//! X.509 credentials, and all else in DER that the authentication service takes.

use std::sync::{Arc, LazyLock};

use mls_core::env::UnixTime;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{CipherSuite, CryptoProvider, SignaturePublicKey, SigningKey};
use mls_identity_x509::issue::{Authority, CertificateSpec, ImportedKey, Request, request};
use mls_identity_x509::{
    Pin, Revocation, RevocationLists, TrustAnchors, X509Error, X509Identity, certificates_from_pem, credential,
};

use crate::common::TestRng;
use crate::input::{Edit, Input, Seed, Seeds};

const NOW: UnixTime = UnixTime(1_782_864_000);
const VALID: (UnixTime, UnixTime) = (UnixTime(1_767_225_600), UnixTime(1_830_297_600));
const SUITES: [CipherSuite; 2] =
    [CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519, CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256];
/// A private key for Ed25519 in PKCS #8, up to the key.
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// One for P-256 as SEC 1 has it, up to the key and behind it.
const SEC1: ([u8; 7], [u8; 12]) =
    ([0x30, 0x31, 2, 1, 1, 4, 0x20], [0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);

/// A root, an issuer below it and a device below that, with keys of one suite.
struct Pki {
    root: Vec<u8>,
    /// Device and issuer.
    chain: [Vec<u8>; 2],
    key: SignaturePublicKey,
    /// Those of root and issuer.
    lists: [Vec<u8>; 2],
    request: Vec<u8>,
    identity: X509Identity,
}

static CRYPTO: LazyLock<Arc<dyn CryptoProvider>> = LazyLock::new(|| Arc::new(RustCryptoProvider::new()));
static PKIS: LazyLock<[Pki; 2]> = LazyLock::new(|| SUITES.map(found));

fn found(suite: CipherSuite) -> Pki {
    let mut rng = TestRng(7);
    let suite = CRYPTO.suite(suite).unwrap();
    let mut key = || -> Arc<dyn SigningKey> {
        let pair = suite.generate_signature_key_pair(&mut rng).unwrap();
        suite.signing_key(&pair.private).unwrap()
    };
    let (root_key, issuer_key, device) = (key(), key(), key());
    let spec = |name| CertificateSpec::authority(name, VALID).unwrap();
    let root = Authority::self_signed(&spec("CN=Root,O=Example"), root_key, &mut rng).unwrap();
    let issuer = root.issue(&spec("CN=Issuer,O=Example"), issuer_key.public_key(), &mut rng).unwrap();
    let issuer = Authority::new(issuer, issuer_key).unwrap();
    let spec = CertificateSpec::end_entity("CN=Alice", VALID).unwrap().uri("im:alice@example.org/phone").unwrap();
    let certificate = issuer.issue(&spec, device.public_key(), &mut rng).unwrap();
    let list = |authority: &Authority| authority.revocation_list(&[], VALID.0, VALID.1, 1).unwrap();
    Pki {
        root: root.certificate().to_vec(),
        chain: [certificate, issuer.certificate().to_vec()],
        key: device.public_key().clone(),
        lists: [list(&root), list(&issuer)],
        request: request(&spec, &*device).unwrap(),
        identity: identity(root.certificate(), None),
    }
}

fn identity(root: &[u8], lists: Option<RevocationLists>) -> X509Identity {
    let mut anchors = TrustAnchors::new();
    anchors.add_der(root).unwrap();
    let mut builder = X509Identity::builder(CRYPTO.clone(), anchors);
    if let Some(lists) = lists {
        builder = builder.revocation(Revocation::Required, Arc::new(Arc::new(lists)));
    }
    builder.build().unwrap()
}

/// What the first byte picks, the scheme of the keys apart.
const KINDS: u8 = 5;

/// The first byte picks a suite and what is edited: a chain (even lanes the device's certificate, odd ones the issuer's),
/// an anchor, revocation lists, a request, a private key. From 128 on the rest of the input is taken for each of them.
///
/// Promises: no panic. A chain is accepted exactly where no byte of it was altered, and what is refused has a name. A
/// revocation list serves, and a request verifies, exactly where it was not altered. (An ECDSA signature has a twin that
/// verifies too; no edit of a few bytes finds it.)
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let first = input.byte();
    let pki = &PKIS[usize::from(first % 2)];
    if first >= 128 {
        return everything(pki, input.rest());
    }
    match first / 2 % KINDS {
        0 => {
            let [mut device, mut issuer] = pki.chain.clone();
            input.edit_all(&mut [&mut device, &mut issuer]);
            let unaltered = [&device, &issuer] == [&pki.chain[0], &pki.chain[1]];
            let verdict = pki.identity.verify(&credential([device, issuer]), &pki.key, NOW);
            assert_eq!(verdict.is_ok(), unaltered, "{verdict:?}");
            assert_ne!(verdict, Err(X509Error::Refused), "refused without a name");
        }
        1 => {
            let mut root = pki.root.clone();
            input.edit_one(&mut root);
            anchor(pki, &root);
        }
        2 => {
            let [mut of_root, mut of_issuer] = pki.lists.clone();
            input.edit_all(&mut [&mut of_root, &mut of_issuer]);
            let unaltered = [&of_root, &of_issuer] == [&pki.lists[0], &pki.lists[1]];
            let mut lists = RevocationLists::new();
            let added = lists.add_der(&of_root).and_then(|()| lists.add_der(&of_issuer));
            let served = added.is_ok() && {
                let identity = identity(&pki.root, Some(lists));
                identity.verify(&credential(pki.chain.clone()), &pki.key, NOW).is_ok()
            };
            assert_eq!(served, unaltered, "revocation lists serve");
        }
        3 => {
            let mut request = pki.request.clone();
            input.edit_one(&mut request);
            let verified = Request::verify(&request, &**CRYPTO);
            assert_eq!(verified.is_ok(), request == pki.request, "{verified:?}");
        }
        _ => {
            let scalar = [7; 32];
            let mut key = match first % 2 {
                0 => [&PKCS8[..], &scalar].concat(),
                _ => [&SEC1.0[..], &scalar, &SEC1.1].concat(),
            };
            let unaltered = input.is_empty();
            input.edit_one(&mut key);
            let imported = private_key(&key);
            assert!(imported || !unaltered, "a private key is refused");
        }
    }
}

/// Whether some form of private key is read; what is read may be out of range.
fn private_key(bytes: &[u8]) -> bool {
    let read = ImportedKey::from_pkcs8(bytes).or_else(|_| ImportedKey::from_sec1(bytes));
    read.is_ok_and(|key| key.load(&**CRYPTO).is_ok())
}

/// An anchor that is added may be trusted by no path; there is one in any case.
fn anchor(pki: &Pki, root: &[u8]) {
    let mut anchors = TrustAnchors::new();
    if anchors.add_der(root).is_err() {
        assert!(root != pki.root && anchors.is_empty());
        return;
    }
    let Ok(identity) = X509Identity::builder(CRYPTO.clone(), anchors).build() else { return };
    let verdict = identity.verify(&credential(pki.chain.clone()), &pki.key, NOW);
    assert!(verdict.is_ok() || root != pki.root, "{verdict:?}");
}

/// Whatever takes bytes.
fn everything(pki: &Pki, bytes: &[u8]) {
    let issuer = pki.chain[1].clone();
    let verdict = pki.identity.verify(&credential([bytes.to_vec(), issuer]), &pki.key, NOW);
    assert_eq!(verdict.is_ok(), bytes == pki.chain[0], "{verdict:?}");
    let predecessor = (&credential([bytes.to_vec()]), &pki.key);
    let _ = pki.identity.verify_successor(&credential(pki.chain.clone()), &pki.key, predecessor, NOW);
    anchor(pki, bytes);
    let _ = (TrustAnchors::new().add_pem(bytes), certificates_from_pem(bytes), Pin::key_of(bytes));
    let _ = (RevocationLists::new().add_der(bytes), RevocationLists::new().add_pem(bytes));
    let _ = (Request::verify(bytes, &**CRYPTO), ImportedKey::from_pem(bytes), private_key(bytes));
}

/// Each kind as it is and with an edit; raw bytes, DER and PEM.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Seeds::default();
    for (kind, name) in (0..).zip(["chain", "anchor", "revocation lists", "request", "private key"]) {
        for (suite, scheme) in [(0, "Ed25519"), (1, "P-256")] {
            let mut bytes: Vec<u8> = vec![kind * 2 + suite];
            if suite == 0 {
                Edit::Xor { at: 9 + 31 * usize::from(kind), with: 2 }.write(kind % 2, &mut bytes);
                seeds.add(&format!("{name} {scheme} edited"), bytes);
            } else {
                seeds.add(&format!("{name} {scheme}"), bytes);
            }
        }
    }
    seeds.add("raw sequence", [128, 0x30, 0x82, 1, 0, 0x30, 0x03, 0xa0, 1, 2]);
    seeds.add("raw pem", [&[129], &b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"[..]].concat());
    seeds.done()
}
