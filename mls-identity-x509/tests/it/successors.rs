//! Which credential may follow another.

use mls_core::env::UnixTime;
use mls_identity_x509::issue::{Authority, CertificateSpec};
use mls_identity_x509::{SuccessorRule, X509Error, X509Identity, credential};

use crate::support::*;

struct Case {
    pki: Pki,
    before: Vec<Vec<u8>>,
    new_key: Key,
}

impl Case {
    fn new(validity: (UnixTime, UnixTime)) -> Self {
        let mut pki = Pki::new(SUITES[0]);
        let spec = CertificateSpec::end_entity("CN=Alice", validity).unwrap().uri(URI).unwrap();
        let before = vec![pki.leaf(&spec), pki.issuer.certificate().to_vec()];
        Self { pki, before, new_key: key(SUITES[0], 4) }
    }

    fn renewed(&mut self, issuer: &Authority, key: &Key) -> Vec<Vec<u8>> {
        let leaf = issuer.issue(&leaf_spec(), key.public_key(), &mut self.pki.rng).unwrap();
        vec![leaf, issuer.certificate().to_vec()]
    }

    fn verdict(
        &self,
        provider: &X509Identity,
        after: Vec<Vec<u8>>,
        key: &Key,
    ) -> Result<mls_core::identity::MemberId, X509Error> {
        let before = credential(self.before.clone());
        let predecessor = (&before, self.pki.device.public_key());
        provider.verify_successor(&credential(after), key.public_key(), predecessor, NOW)
    }
}

// req: R-5.3.2-01
#[test]
fn a_renewal_follows_with_the_same_key_or_a_new_one() {
    for validity in [VALID, PAST] {
        let mut case = Case::new(validity);
        let issuer = case.pki.issuer.clone();
        let (old, new) = (case.pki.device.clone(), case.new_key.clone());
        let provider = case.pki.provider().build().unwrap();
        for key in [&old, &new] {
            let after = case.renewed(&issuer, key);
            assert_eq!(case.verdict(&provider, after, key), alice());
        }
        let mut rule = SuccessorRule::default();
        rule.new_key = false;
        let provider = case.pki.provider().successor(rule).build().unwrap();
        let after = case.renewed(&issuer, &old);
        assert_eq!(case.verdict(&provider, after, &old), alice());
        let after = case.renewed(&issuer, &new);
        assert_eq!(case.verdict(&provider, after, &new), Err(X509Error::KeyChanged));
    }
}

#[test]
fn another_issuer_below_the_same_anchor_may_follow() {
    let mut case = Case::new(VALID);
    let spec = CertificateSpec::authority("CN=Issuer 2,O=Example", VALID).unwrap();
    let issuer = below(&case.pki.root, &spec, key(SUITES[0], 9), &mut case.pki.rng);
    let new = case.new_key.clone();
    let after = case.renewed(&issuer, &new);
    assert_eq!(case.verdict(&case.pki.provider().build().unwrap(), after, &new), alice());
}

// req: R-5.3.1-08
#[test]
fn another_identity_may_not_follow() {
    let mut case = Case::new(VALID);
    let spec = CertificateSpec::end_entity("CN=Alice", VALID).unwrap().uri("im:mallory@example.org").unwrap();
    let new = case.new_key.clone();
    let leaf = case.pki.issuer.issue(&spec, new.public_key(), &mut case.pki.rng).unwrap();
    let after = vec![leaf, case.pki.issuer.certificate().to_vec()];
    let provider = case.pki.provider().build().unwrap();
    assert_eq!(case.verdict(&provider, after, &new), Err(X509Error::IdentityChanged));
}

#[test]
fn another_anchor_may_follow_only_where_that_is_allowed() {
    let mut case = Case::new(VALID);
    let spec = CertificateSpec::authority("CN=Other Root,O=Elsewhere", VALID).unwrap();
    let other = Authority::self_signed(&spec, key(SUITES[0], 11), &mut case.pki.rng).unwrap();
    let new = case.new_key.clone();
    let leaf = other.issue(&leaf_spec(), new.public_key(), &mut case.pki.rng).unwrap();
    let both = anchors(&[case.pki.root.certificate(), other.certificate()]);
    let provider = X509Identity::builder(rustcrypto(), both.clone()).build().unwrap();
    assert_eq!(case.verdict(&provider, vec![leaf.clone()], &new), Err(X509Error::AnchorChanged));
    let mut rule = SuccessorRule::default();
    rule.same_anchor = false;
    let provider = X509Identity::builder(rustcrypto(), both).successor(rule).build().unwrap();
    assert_eq!(case.verdict(&provider, vec![leaf.clone()], &new), alice());
    // Where the first anchor is no longer trusted nothing can be said of the predecessor.
    let provider = X509Identity::builder(rustcrypto(), anchors(&[other.certificate()])).build().unwrap();
    assert_eq!(case.verdict(&provider, vec![leaf], &new), Err(X509Error::PredecessorInvalid));
}

#[test]
fn a_credential_of_another_type_has_no_successor() {
    let mut case = Case::new(VALID);
    let issuer = case.pki.issuer.clone();
    let new = case.new_key.clone();
    let after = credential(case.renewed(&issuer, &new));
    let basic = mls_core::credential::Credential::basic(URI);
    let provider = case.pki.provider().build().unwrap();
    let verdict = provider.verify_successor(&after, new.public_key(), (&basic, new.public_key()), NOW);
    assert_eq!(verdict, Err(X509Error::PredecessorInvalid));
}
