//! Where identities are taken from.

use der::Encode;
use mls_core::identity::MemberId;
use mls_identity_x509::issue::CertificateSpec;
use mls_identity_x509::{IdentitySource, X509Error};

use crate::support::*;

fn identity(source: IdentitySource, spec: &CertificateSpec) -> Result<Vec<u8>, X509Error> {
    let mut pki = Pki::new(SUITES[0]);
    let chain = vec![pki.leaf(spec), pki.issuer.certificate().to_vec()];
    let provider = pki.provider().identity(source);
    pki.verdict_by(provider, chain).map(|MemberId(bytes)| bytes)
}

fn spec(subject: &str) -> CertificateSpec {
    CertificateSpec::end_entity(subject, VALID).unwrap()
}

#[test]
fn each_source_takes_its_own_name() {
    let all = spec("CN=Alice,O=Example").uri("im:alice").unwrap();
    let all = all.email("Alice@EXAMPLE.org").unwrap().dns("Phone.Example.org").unwrap();
    assert_eq!(identity(IdentitySource::Uri, &all).unwrap(), b"im:alice");
    assert_eq!(identity(IdentitySource::Email, &all).unwrap(), b"Alice@example.org");
    assert_eq!(identity(IdentitySource::Dns, &all).unwrap(), b"phone.example.org");
    assert_eq!(identity(IdentitySource::CommonName, &all).unwrap(), b"Alice");
    let name: x509_cert::name::Name = "CN=Alice,O=Example".parse().unwrap();
    assert_eq!(identity(IdentitySource::Subject, &all).unwrap(), name.to_der().unwrap());
    let serial = IdentitySource::custom(|certificate| {
        Some(MemberId(certificate.tbs_certificate().subject_public_key_info().to_der().ok()?))
    });
    assert_eq!(identity(serial, &all).unwrap().len(), 44);
}

#[test]
fn without_the_name_there_is_no_identity() {
    let bare = spec("");
    let sources = [
        IdentitySource::Uri,
        IdentitySource::Email,
        IdentitySource::Dns,
        IdentitySource::CommonName,
        IdentitySource::Subject,
        IdentitySource::custom(|_| None),
    ];
    for source in sources {
        assert_eq!(identity(source.clone(), &bare), Err(X509Error::NoIdentity), "{source:?}");
    }
    assert_eq!(identity(IdentitySource::Uri, &spec("CN=a").uri("").unwrap()), Err(X509Error::NoIdentity));
}

#[test]
fn several_names_are_ambiguous() {
    let two = spec("CN=a+CN=b").uri("im:a").unwrap().uri("im:b").unwrap();
    assert_eq!(identity(IdentitySource::Uri, &two), Err(X509Error::AmbiguousIdentity));
    assert_eq!(identity(IdentitySource::CommonName, &two), Err(X509Error::AmbiguousIdentity));
    assert_eq!(identity(IdentitySource::Dns, &two), Err(X509Error::NoIdentity));
}
