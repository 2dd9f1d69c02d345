use std::sync::Arc;

use mls_client::mls_core::group::Missing;
use mls_client::mls_core::psk::PskValue;
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{CommitPlan, DefaultRules, Disposition, Proposing};

use crate::world::{Setup, assert_talk, deliver, pair};

fn value(byte: u8) -> PskValue {
    PskValue::from_bytes(SecretBytes::from_slice(&[byte; 32]))
}

scenario! { fn a_shared_key_goes_into_the_next_epoch() {
    let (alice, mut at_alice, bob, mut at_bob) = pair();
    alice.client.store_psk(b"over dinner", &value(7)).unwrap();
    let plan = CommitPlan { proposals: vec![Proposing::ExternalPsk(b"over dinner".to_vec())], ..CommitPlan::default() };
    let commit = at_alice.commit(&plan).unwrap();

    // Bob does not have it yet, then the wrong one, then the right one.
    let error = at_bob.receive(&commit.message).unwrap_err();
    assert!(matches!(error.disposition(), Disposition::Retry(_)), "{error:?}");
    bob.client.store_psk(b"over dinner", &value(8)).unwrap();
    assert!(at_bob.receive(&commit.message).is_err());
    bob.client.store_psk(b"over dinner", &value(7)).unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    assert_talk(&mut at_alice, &mut at_bob);
} }

scenario! { fn a_past_epoch_of_the_group_vouches_for_the_next() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let commit = at_alice.update().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    for epoch in [1, 2] {
        let plan = CommitPlan {
            proposals: vec![Proposing::ResumptionPsk { group_id: at_alice.id().as_bytes().to_vec(), epoch }],
            ..CommitPlan::default()
        };
        let commit = at_alice.commit(&plan).unwrap();
        deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    }
    assert_talk(&mut at_alice, &mut at_bob);
} }

scenario! { fn another_group_vouches_for_the_next_epoch() {
    let (alice, mut at_alice, bob, mut at_bob) = pair();
    let mut other_at_alice = alice.client.create_group(&alice.identity).unwrap();
    let commit = other_at_alice.add(&[bob.key_package()]).unwrap();
    other_at_alice.accept_commit().unwrap();
    let mut other_at_bob = bob.client.join(&commit.welcome.unwrap(), None).unwrap();

    let plan = |epoch| CommitPlan {
        proposals: vec![Proposing::ResumptionPsk { group_id: other_at_bob.id().as_bytes().to_vec(), epoch }],
        ..CommitPlan::default()
    };
    let (of_one, of_two) = (plan(1), plan(2));
    // The other group is in epoch 1; then that is past, and it is in 2; 3 it has not reached.
    let commit = at_alice.commit(&of_one).unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    let commit = other_at_alice.update().unwrap();
    deliver(&mut other_at_alice, &commit, &mut [&mut other_at_bob]);
    for plan in [&of_one, &of_two] {
        let commit = at_bob.commit(plan).unwrap();
        deliver(&mut at_bob, &commit, &mut [&mut at_alice]);
    }
    let of_three = CommitPlan {
        proposals: vec![Proposing::ResumptionPsk { group_id: other_at_bob.id().as_bytes().to_vec(), epoch: 3 }],
        ..CommitPlan::default()
    };
    let error = at_alice.commit(&of_three).unwrap_err();
    assert!(matches!(error.disposition(), Disposition::Retry(_)), "{error:?}");
    assert_talk(&mut at_alice, &mut at_bob);
} }

// bad: commit-08
scenario! { fn what_other_groups_we_are_in_stays_ours_by_default() {
    let (alice, mut at_alice, bob, at_bob) = pair();
    let mut other = bob.client.create_group(&bob.identity).unwrap();
    let commit = other.add(&[alice.key_package()]).unwrap();
    other.accept_commit().unwrap();
    let of_other = alice.client.join(&commit.welcome.unwrap(), None).unwrap();
    let plan = CommitPlan {
        proposals: vec![Proposing::ResumptionPsk { group_id: of_other.id().as_bytes().to_vec(), epoch: 1 }],
        ..CommitPlan::default()
    };
    let commit = at_alice.commit(&plan).unwrap();
    let strict = bob.client_with("strict", Setup { rules: Arc::new(DefaultRules::new()), ..Setup::default() });
    let mut strict = strict.load_group(at_bob.id()).unwrap();
    let error = strict.receive(&commit.message).unwrap_err();
    assert!(matches!(error.disposition(), Disposition::Retry(Missing::Psk(_))), "{error:?}");
    assert_eq!(strict.epoch(), at_bob.epoch());
} }

scenario! { fn a_forgotten_key_is_missing() {
    let (alice, mut at_alice, _, _) = pair();
    alice.client.store_psk(b"psk", &value(1)).unwrap();
    alice.client.forget_psk(b"psk").unwrap();
    let plan = CommitPlan { proposals: vec![Proposing::ExternalPsk(b"psk".to_vec())], ..CommitPlan::default() };
    let error = at_alice.commit(&plan).unwrap_err();
    assert!(matches!(error.disposition(), Disposition::Retry(_)), "{error:?}");
} }
