use mls_client::{Disposition, DriverError, GroupInfoOptions, SendError};

use crate::world::{Setup, assert_talk, deliver, pair};

// Two clients of one store, as two processes have it.
scenario! {
fn a_signer_that_another_client_has_made_is_found() {
    let (alice, _, bob, mut at_bob) = pair();
    let other = alice.client_with("other", Setup::default());
    let identity = alice.client.new_identity(alice.identity.cipher_suite, alice.identity.credential.clone()).unwrap();
    assert!(!other.signers().contains(&identity.signature_key));

    // A group with it, a key package, a join from outside.
    let id = alice.client.create_group(&identity).unwrap().id().clone();
    let commit = other.load_group(&id).unwrap().add(&[bob.key_package()]).unwrap();
    let mut at_other = other.load_group(&id).unwrap();
    at_other.accept_commit().unwrap();
    let mut new_at_bob = bob.client.join(&commit.welcome.unwrap(), None).unwrap();
    assert_talk(&mut at_other, &mut new_at_bob);
    let third = alice.client_with("third", Setup::default());
    let next = alice.client.new_identity(identity.cipher_suite, identity.credential.clone()).unwrap();
    third.key_package(&next).unwrap();
    let fourth = alice.client.new_identity(identity.cipher_suite, identity.credential.clone()).unwrap();
    let info = at_bob.group_info(GroupInfoOptions { external_pub: true, ratchet_tree: true }).unwrap();
    third.rejoin(&fourth, &info, None).unwrap();
    let fifth = alice.client.new_identity(identity.cipher_suite, identity.credential).unwrap();
    third.create_group(&fifth).unwrap();
}
}

scenario! { fn the_handle_that_falls_behind_is_told_to_reload() {
    let (alice, mut one, _, mut at_bob) = pair();
    let mut other = alice.group(one.id());
    let sent = one.send(b"by one").unwrap().message;
    let error = other.send(b"by the other").unwrap_err();
    assert!(matches!(error, SendError::Driver(DriverError::Storage(_))), "{error:?}");
    assert!(matches!(error.disposition(), Disposition::Reload));
    other.reload().unwrap();
    let next = other.send(b"by the other").unwrap();
    assert_eq!(next.generation, 32, "behind what the first handle has reserved");
    at_bob.receive(&sent).unwrap();
    at_bob.receive(&next.message).unwrap();
} }

scenario! { fn every_operation_of_a_cold_handle_that_falls_behind_says_reload() {
    let (alice, mut one, _, mut at_bob) = pair();
    let id = one.id().clone();
    let cold = || alice.group(&id);
    let mut handles: Vec<_> = (0..6).map(|_| cold()).collect();
    let commit = one.update().unwrap();
    deliver(&mut one, &commit, &mut [&mut at_bob]);
    let from_bob = at_bob.send(b"new epoch").unwrap().message;
    let bobs = at_bob.update().unwrap();

    assert!(matches!(handles[0].send(b"x").unwrap_err().disposition(), Disposition::Reload));
    assert!(matches!(handles[1].update().unwrap_err().disposition(), Disposition::Reload));
    assert!(matches!(handles[2].receive(&commit.message).unwrap_err().disposition(), Disposition::Reload));
    assert!(matches!(handles[3].members().unwrap_err().disposition(), Disposition::Reload));
    assert!(matches!(handles[4].accept_commit().unwrap_err().disposition(), Disposition::Reload));
    // It cannot know better: this is of an epoch to come.
    assert!(matches!(handles[5].receive(&from_bob).unwrap_err().disposition(), Disposition::AwaitEpoch(2)));

    for handle in &mut handles {
        handle.reload().unwrap();
    }
    assert_talk(&mut handles[1], &mut at_bob);
    at_bob.accept_commit().unwrap();
    handles[2].reload().unwrap();
    handles[2].receive(&bobs.message).unwrap();
    assert_talk(&mut handles[2], &mut at_bob);
} }
