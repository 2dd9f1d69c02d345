use mls_client::mls_core::psk::PskValue;
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{CommitPlan, Disposition, Proposing};

use crate::world::{assert_talk, deliver, pair};

fn value(byte: u8) -> PskValue {
    PskValue::from_bytes(SecretBytes::from_slice(&[byte; 32]))
}

#[test]
fn a_shared_key_goes_into_the_next_epoch() {
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
}

#[test]
fn a_past_epoch_of_the_group_vouches_for_the_next() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let commit = at_alice.update().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    for epoch in [1, 2] {
        let plan = CommitPlan {
            proposals: vec![Proposing::ResumptionPsk { group_id: at_alice.id().0.clone(), epoch }],
            ..CommitPlan::default()
        };
        let commit = at_alice.commit(&plan).unwrap();
        deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    }
    assert_talk(&mut at_alice, &mut at_bob);
}
