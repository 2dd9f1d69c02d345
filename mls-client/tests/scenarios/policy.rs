use std::sync::Arc;

use mls_client::mls_core::identity::{CredentialCheck, IdentityError, IdentityErrorKind, MemberId};
use mls_client::{
    CommitError, Credential, Disposition, DriverError, IdentityProvider, JoinError, ReceiveError,
};

use crate::world::{Party, assert_talk, pair};

/// Knows everybody but Mallory.
struct NoMallory;

impl IdentityProvider for NoMallory {
    fn validate(&self, check: &CredentialCheck) -> Result<MemberId, IdentityError> {
        match &check.credential {
            Credential::Basic { identity } if identity != b"mallory" => {
                Ok(MemberId(identity.clone()))
            }
            _ => Err(IdentityError::new(IdentityErrorKind::Rejected)),
        }
    }
}

#[test]
fn whoever_is_not_vouched_for_is_not_added() {
    let (mut alice, at_alice, _, mut at_bob) = pair();
    let id = at_alice.id().clone();
    drop(at_alice);
    alice.with_identity_provider(Arc::new(NoMallory));
    let mut at_alice = alice.group(&id);
    let mallory = Party::new("mallory");
    let error = at_alice.add(&[mallory.key_package()]).unwrap_err();
    assert!(
        matches!(error, CommitError::Driver(DriverError::Identity(_))),
        "{error:?}"
    );
    assert!(!at_alice.has_pending_commit());

    // Bob would have her.
    let commit = at_bob.add(&[mallory.key_package()]).unwrap();
    let error = at_alice.receive(&commit.message).unwrap_err();
    assert!(
        matches!(error, ReceiveError::Driver(DriverError::Identity(_))),
        "{error:?}"
    );
    assert!(matches!(error.disposition(), Disposition::Discard));
    assert_eq!(at_alice.epoch(), 1);
    at_bob.drop_commit().unwrap();
    assert_talk(&mut at_alice, &mut at_bob);
}

#[test]
fn a_group_with_somebody_who_is_not_vouched_for_is_not_joined() {
    let mallory = Party::new("mallory");
    let mut alice = Party::new("alice");
    alice.with_identity_provider(Arc::new(NoMallory));
    let mut group = mallory.client.create_group(&mallory.identity).unwrap();
    let commit = group.add(&[alice.key_package()]).unwrap();
    let error = alice
        .client
        .join(&commit.welcome.unwrap(), None)
        .unwrap_err();
    assert!(
        matches!(error, JoinError::Driver(DriverError::Identity(_))),
        "{error:?}"
    );
    assert!(alice.client.groups().unwrap().is_empty());
}
