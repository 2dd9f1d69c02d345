//! Revocation lists.

use std::sync::Arc;

use mls_core::env::UnixTime;
use mls_core::identity::{IdentityErrorKind, MemberId};
use mls_identity_x509::issue::CertificateSpec;
use mls_identity_x509::{ConfigError, ReplaceableLists, Revocation, RevocationLists, X509Error, credential};
use x509_cert::ext::pkix::{KeyUsage, KeyUsages};

use crate::support::*;

const FRESH: (UnixTime, UnixTime) = (UnixTime(NOW.0 - DAY), UnixTime(NOW.0 + DAY));
const STALE: (UnixTime, UnixTime) = (UnixTime(NOW.0 - 3 * DAY), UnixTime(NOW.0 - DAY));

struct Case {
    pki: Pki,
    chain: Vec<Vec<u8>>,
}

impl Case {
    fn new(suite: mls_crypto_traits::CipherSuite) -> Self {
        let mut pki = Pki::new(suite);
        let chain = pki.chain();
        Self { pki, chain }
    }

    /// A list of the issuer, which names the leaf or does not.
    fn of_issuer(&self, revoked: bool, (this, next): (UnixTime, UnixTime)) -> Vec<u8> {
        let revoked: &[&[u8]] = if revoked { &[&self.chain[0]] } else { &[] };
        self.pki.issuer.revocation_list(revoked, this, next, 1).unwrap()
    }

    fn of_root(&self, revoked: bool, (this, next): (UnixTime, UnixTime)) -> Vec<u8> {
        let revoked: &[&[u8]] = if revoked { &[self.pki.issuer.certificate()] } else { &[] };
        self.pki.root.revocation_list(revoked, this, next, 1).unwrap()
    }

    fn verdict(&self, policy: Revocation, lists: &[Vec<u8>]) -> Result<MemberId, X509Error> {
        let provider = self.pki.provider().revocation(policy, Arc::new(parsed(lists)));
        self.pki.verdict_by(provider, self.chain.clone())
    }
}

fn parsed(lists: &[Vec<u8>]) -> Arc<RevocationLists> {
    let mut parsed = RevocationLists::new();
    for list in lists {
        parsed.add_der(list).unwrap();
    }
    Arc::new(parsed)
}

#[test]
fn a_revoked_certificate_is_refused_unless_it_is_off() {
    for suite in SUITES {
        let case = Case::new(suite);
        let leaf = [case.of_issuer(true, FRESH), case.of_root(false, FRESH)];
        let issuer = [case.of_issuer(false, FRESH), case.of_root(true, FRESH)];
        for lists in [leaf, issuer] {
            assert_eq!(case.verdict(Revocation::Off, &lists), alice());
            assert_eq!(case.verdict(Revocation::BestEffort, &lists), Err(X509Error::Revoked));
            assert_eq!(case.verdict(Revocation::Required, &lists), Err(X509Error::Revoked));
        }
    }
}

#[test]
fn a_list_may_be_missing_or_stale_unless_it_is_required() {
    let case = Case::new(SUITES[0]);
    let both = [case.of_issuer(false, FRESH), case.of_root(false, FRESH)];
    assert_eq!(case.verdict(Revocation::Required, &both), alice());

    for lists in [vec![], vec![both[0].clone()], vec![both[1].clone()]] {
        assert_eq!(case.verdict(Revocation::BestEffort, &lists), alice());
        assert_eq!(case.verdict(Revocation::Required, &lists), Err(X509Error::RevocationUnknown));
    }
    assert_eq!(X509Error::RevocationUnknown.kind(), IdentityErrorKind::Unavailable);
    assert_eq!(X509Error::Revoked.kind(), IdentityErrorKind::Rejected);

    let stale = [case.of_issuer(false, STALE), both[1].clone()];
    assert_eq!(case.verdict(Revocation::BestEffort, &stale), alice());
    assert_eq!(case.verdict(Revocation::Required, &stale), Err(X509Error::RevocationListExpired));
    // What a stale list names is revoked all the same.
    let stale = [case.of_issuer(true, STALE), both[1].clone()];
    assert_eq!(case.verdict(Revocation::BestEffort, &stale), Err(X509Error::Revoked));
}

#[test]
fn the_newest_list_counts() {
    let case = Case::new(SUITES[0]);
    let (old, new) = (case.of_issuer(false, STALE), case.of_issuer(true, FRESH));
    for lists in [[old.clone(), new.clone()], [new, old]] {
        assert_eq!(case.verdict(Revocation::BestEffort, &lists), Err(X509Error::Revoked));
    }
}

#[test]
fn a_list_that_another_signed_is_refused() {
    let mut case = Case::new(SUITES[0]);
    let issuer = CertificateSpec::authority("CN=Issuer,O=Example", VALID).unwrap();
    let impostor = below(&case.pki.root, &issuer, key(SUITES[0], 9), &mut case.pki.rng);
    let list = impostor.revocation_list(&[], FRESH.0, FRESH.1, 1).unwrap();
    assert_eq!(case.verdict(Revocation::BestEffort, &[list]), Err(X509Error::RevocationListSignature));
}

#[test]
fn an_issuer_that_may_not_sign_lists_is_refused() {
    let usage = Some(KeyUsage(KeyUsages::KeyCertSign.into()));
    let issuer = CertificateSpec::authority("CN=Issuer,O=Example", VALID).unwrap().key_usage(usage);
    let mut pki = Pki::with_issuer(SUITES[0], &issuer);
    let chain = pki.chain();
    let case = Case { pki, chain };
    let list = case.of_issuer(false, FRESH);
    assert_eq!(case.verdict(Revocation::BestEffort, &[list]), Err(X509Error::RevocationListIssuer));
}

#[test]
fn lists_can_be_replaced_while_in_use() {
    let case = Case::new(SUITES[0]);
    let source = Arc::new(ReplaceableLists::default());
    let provider = case.pki.provider().revocation(Revocation::BestEffort, source.clone()).build().unwrap();
    let chain = credential(case.chain.clone());
    assert_eq!(verify(&provider, &chain, case.pki.device.public_key()), alice());
    let mut lists = RevocationLists::new();
    let pem = mls_identity_x509::issue::revocation_list_pem(&case.of_issuer(true, FRESH)).unwrap();
    lists.add_pem(pem.as_bytes()).unwrap();
    source.replace(lists);
    assert_eq!(verify(&provider, &chain, case.pki.device.public_key()), Err(X509Error::Revoked));
}

#[test]
fn malformed_lists_are_refused() {
    let case = Case::new(SUITES[0]);
    let mut lists = RevocationLists::new();
    assert_eq!(lists.add_pem(b"nothing"), Err(ConfigError::Pem));
    let mut long = case.of_issuer(true, FRESH);
    long.push(0);
    for bad in [&b""[..], &[0x30; 100], &long, &case.chain[0]] {
        assert_eq!(lists.add_der(bad), Err(ConfigError::RevocationList));
    }
}
