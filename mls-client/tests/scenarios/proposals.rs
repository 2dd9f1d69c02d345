use mls_client::{Event, Proposing, Repeat};

use crate::world::{assert_talk, deliver, group_of, pair};

scenario! { fn a_proposal_is_committed_by_another() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (_, mut at_carol) = others.pop().unwrap();
    let (_, mut at_bob) = others.pop().unwrap();
    let proposal = at_bob.propose(&Proposing::Remove(at_carol.own_leaf())).unwrap();
    assert_eq!(at_bob.pending_proposals(), 1);
    for group in [&mut at_alice, &mut at_carol] {
        let Event::Proposal(received) = group.receive(&proposal.message).unwrap() else { panic!("no proposal") };
        assert_eq!(received.reference, proposal.reference);
        assert_eq!(group.pending_proposals(), 1);
    }
    let commit = at_alice.update().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    assert!(matches!(at_carol.receive(&commit.message).unwrap(), Event::Removed(_)));
    assert_eq!(at_alice.members().unwrap().len(), 2);
    assert_eq!(at_alice.pending_proposals(), 0);
} }

scenario! { fn an_update_proposal_survives_restarts_of_both() {
    let (mut alice, mut at_alice, mut bob, mut at_bob) = pair();
    let id = at_alice.id().clone();
    let proposal = at_bob.propose(&Proposing::Update(mls_client::LeafChange::default())).unwrap();
    drop(at_bob);
    bob.restart();
    let Some(Repeat::Proposal { group, proposal: again }) = bob.client.resume().unwrap().pop() else {
        panic!("nothing to repeat")
    };
    assert_eq!(group, id);
    assert_eq!(again.message, proposal.message);
    assert_eq!(again.reference, proposal.reference);

    at_alice.receive(&again.message).unwrap();
    drop(at_alice);
    alice.restart();
    let mut at_alice = alice.group(&id);
    assert!(alice.client.resume().unwrap().is_empty());
    let mut at_bob = bob.group(&id);
    let commit = at_alice.update().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    assert_talk(&mut at_alice, &mut at_bob);
    assert!(bob.client.resume().unwrap().is_empty());
} }
