//! NIST's Public Key Interoperability Test Suite (PKITS), where it is: its certificates are RSA's, so what is tested is
//! the path alone.
//!
//! The folder that `MLS_PKITS` names has `certs`, `crls` and `pkits.json`, as the source package of the Python project
//! `pyhanko-certvalidator` has them in `tests/fixtures/nist_pkits`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_in_result,
    reason = "tests"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec::Vec;
use std::{env, fs, println};

use mls_core::env::UnixTime;
use serde_json::Value;

use crate::chain::Chain;
use crate::options::{ExtendedKeyUsage, Limits};
use crate::{Revocation, RevocationLists, TrustAnchors, X509Error, X509Identity, credential};

/// The middle of 2026.
const NOW: UnixTime = UnixTime(1_782_864_000);

/// What is good and refused, by the beginning of its number.
const REFUSED: [(&[&str], X509Error); 10] = [
    // DSA.
    (&["40104", "40105"], X509Error::UnsupportedAlgorithm),
    // A time before 1970; unique identifiers (version 2).
    (&["40203", "40306"], X509Error::Malformed { index: 0 }),
    // Names that differ in case, white space or kind of string.
    (&["40303", "40304", "40305", "40310", "40311"], X509Error::UnknownIssuer),
    // An issuer with two keys: of its lists one counts, and that is signed with one of them.
    (&["40419", "40501", "40504", "40506"], X509Error::RevocationListSignature),
    (&["40503", "40615", "40617", "41319"], X509Error::InvalidSignature),
    // A certification authority is no end entity.
    (&["40608", "40614", "40806", "41413"], X509Error::EndEntityIsCa),
    // Critical policy constraints, policy mappings and the like.
    (&["409", "410", "411", "412"], X509Error::UnknownCriticalExtension),
    // Directory names, email addresses, URIs.
    (&["413"], X509Error::UnsupportedNameConstraint),
    // Lists by distribution point or reason that are of no use, indirect ones, delta ones.
    (&["414"], X509Error::RevocationUnknown),
    (&["41505"], X509Error::Revoked),
];

/// What is bad and accepted: policies are not looked at where they are not critical, nor are delta lists.
const ACCEPTED: [&str; 2] = ["408", "41504"];

fn judge(folder: &Path, case: &Value) -> Result<(), X509Error> {
    let file = |kind: &str, name: &str| fs::read(folder.join(kind).join(name)).unwrap();
    let names = |key: &str| -> Vec<&str> {
        case[key].as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    };
    let mut anchors = TrustAnchors::new();
    anchors.add_der(&file("certs", "TrustAnchorRootCertificate.crt")).unwrap();
    let mut lists = RevocationLists::new();
    for name in names("crls").into_iter().chain(["TrustAnchorRootCRL.crl"]) {
        // What cannot be read is not there.
        let _ = lists.add_der(&file("crls", name));
    }
    let crypto = Arc::new(mls_crypto_openssl::OpenSslProvider::new().unwrap());
    let settings = X509Identity::builder(crypto, anchors)
        .extended_key_usage(ExtendedKeyUsage::any())
        .revocation(Revocation::Required, Arc::new(Arc::new(lists)))
        .build()
        .unwrap()
        .0;
    let certificates = core::iter::once(case["cert"].as_str().unwrap()).chain(names("other_certs"));
    let chain = credential(certificates.map(|name| file("certs", name)));
    let chain = Chain::read(&chain, &Limits::default())?;
    let lists = settings.source.as_ref().map(|source| source.lists());
    super::verify(&settings, &chain, NOW, lists.as_deref()).map(|_| ())
}

#[test]
fn paths_are_judged_as_nist_says() {
    let Some(folder) = env::var_os("MLS_PKITS").map(PathBuf::from) else {
        println!("MLS_PKITS is not set: NIST's paths are not tried");
        return;
    };
    let cases: Value = serde_json::from_slice(&fs::read(folder.join("pkits.json")).unwrap()).unwrap();
    let mut tried = 0;
    for case in cases.as_array().unwrap() {
        let (id, good) = (case["id"].as_str().unwrap(), case.get("error").is_none());
        let is_of = |ids: &[&str]| ids.iter().any(|start| id.starts_with(start));
        match judge(&folder, case) {
            Ok(()) => assert!(good || is_of(&ACCEPTED), "{id} is accepted"),
            Err(error) => {
                let known = REFUSED.iter().any(|(ids, known)| is_of(ids) && *known == error);
                assert!(!good || known, "{id} is refused: {error:?}");
            }
        }
        tried += 1;
    }
    println!("{tried} paths tried");
}
