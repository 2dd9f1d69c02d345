//! Proposals from outside the group (RFC 9420 section 12.1.8).

use std::sync::Arc;

use mls_client::mls_core::extension::{Extensions, ExternalSender, ExternalSenders};
use mls_client::mls_core::framing::{MlsMessage, MlsMessageBody, Sender};
use mls_client::mls_core::group as engine;
use mls_client::mls_core::key_package::KeyPackage;
use mls_client::mls_core::proposal::Proposal;
use mls_client::{
    CommitPlan, Credential, DefaultRules, Event, ExternalProposal, NewMemberProposal, Proposing, ReceiveError,
};
use mls_codec::Decode;

use crate::world::{Client, Group, Party, Setup, assert_talk, deliver, pair};

/// A client over the store of `party` with these rules.
fn ruled(party: &Party, rules: DefaultRules) -> Client {
    party.client_with("ruled", Setup { rules: Arc::new(rules), ..Setup::default() })
}

fn open() -> DefaultRules {
    DefaultRules::new().allow_external_senders().allow_new_member_proposals()
}

/// Alice and Bob let a server propose; both take what comes from outside.
fn served() -> (Party, Group, Party, Group, Party) {
    let (alice, mut at_alice, bob, mut at_bob) = pair();
    let server = Party::new("server");
    let sender = ExternalSender {
        signature_key: server.identity.signature_key.clone(),
        credential: Credential::basic("server"),
    };
    let mut extensions = Extensions::new();
    extensions.set(&ExternalSenders(vec![sender])).unwrap();
    let proposals = vec![Proposing::GroupContextExtensions(extensions)];
    let commit = at_alice.commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    let at_alice = ruled(&alice, open()).load_group(at_alice.id()).unwrap();
    let at_bob = ruled(&bob, open()).load_group(at_bob.id()).unwrap();
    (alice, at_alice, bob, at_bob, server)
}

fn key_package(party: &Party) -> Arc<KeyPackage> {
    Arc::new(party.client.key_package(&party.identity).unwrap().key_package)
}

fn from_server(server: &Party, group: &Group, proposal: Proposal) -> Vec<u8> {
    let plan = ExternalProposal {
        group_id: group.id().clone(),
        epoch: group.epoch(),
        cipher_suite: group.cipher_suite(),
        sender_index: 0,
        signature_key: server.identity.signature_key.clone(),
        proposal,
        authenticated_data: Vec::new(),
    };
    server.client.propose_from_outside(&plan).unwrap().message
}

// req: R-12.1.8-03, R-12.1.8-04, R-12.1.8-06
scenario! { fn a_server_and_a_newcomer_propose_and_a_member_commits() {
    let (alice, mut at_alice, _, mut at_bob, server) = served();
    let (carol, dave) = (Party::new("carol"), Party::new("dave"));
    let invitation = from_server(&server, &at_alice, Proposal::Add(key_package(&carol)));
    let wish = dave
        .client
        .propose_as_new_member(&NewMemberProposal {
            group_id: at_alice.id().clone(),
            epoch: at_alice.epoch(),
            key_package: key_package(&dave),
            authenticated_data: Vec::new(),
        })
        .unwrap()
        .message;
    for message in [&invitation, &wish] {
        let message = MlsMessage::from_bytes(message).unwrap();
        assert!(matches!(message.body, MlsMessageBody::PublicMessage(_)));
    }
    for group in [&mut at_alice, &mut at_bob] {
        let Event::Proposal(received) = group.receive(&invitation).unwrap() else { panic!("no proposal") };
        assert_eq!(received.sender, Sender::External(0));
        let Event::Proposal(received) = group.receive(&wish).unwrap() else { panic!("no proposal") };
        assert_eq!(received.sender, Sender::NewMemberProposal);
    }
    // They survive a restart.
    let mut at_alice = ruled(&alice, open()).load_group(at_alice.id()).unwrap();
    assert_eq!(at_alice.pending_proposals(), 2);
    let commit = at_bob.update().unwrap();
    deliver(&mut at_bob, &commit, &mut [&mut at_alice]);
    let welcome = commit.welcome.unwrap();
    let mut at_carol = carol.client.join(&welcome, None).unwrap();
    let mut at_dave = dave.client.join(&welcome, None).unwrap();
    assert_talk(&mut at_carol, &mut at_dave);
} }

// req: R-12.1.8-02, R-12.1.8-06
// bad: trap-05
scenario! { fn by_default_nothing_from_outside_is_taken() {
    let (alice, at_alice, _, _, server) = served();
    let dave = Party::new("dave");
    let invitation = from_server(&server, &at_alice, Proposal::Add(key_package(&dave)));
    let plan = NewMemberProposal {
        group_id: at_alice.id().clone(),
        epoch: at_alice.epoch(),
        key_package: key_package(&dave),
        authenticated_data: Vec::new(),
    };
    let wish = dave.client.propose_as_new_member(&plan).unwrap().message;
    let cases = [
        (DefaultRules::new(), [false, false]),
        (DefaultRules::new().allow_external_senders(), [true, false]),
        (DefaultRules::new().allow_new_member_proposals(), [false, true]),
    ];
    let mut waiting = Vec::new();
    for (rules, taken) in cases {
        for (message, taken) in [&invitation, &wish].into_iter().zip(taken) {
            // What was taken waits, and is known before anybody is asked.
            if waiting.contains(&message) {
                continue;
            }
            let mut group = ruled(&alice, rules).load_group(at_alice.id()).unwrap();
            let before = alice.store.commits();
            match group.receive(message) {
                Ok(Event::Proposal(_)) => {
                    assert!(taken, "{rules:?}");
                    waiting.push(message);
                }
                Err(ReceiveError::Engine(engine::ReceiveError::SenderNotAllowed(_))) => {
                    assert!(!taken, "{rules:?}");
                    assert_eq!(alice.store.commits(), before);
                }
                // What was let in before waits already; the policy is not asked about it again.
                Err(ReceiveError::Engine(engine::ReceiveError::DuplicateProposal(_))) => {
                    assert!(!taken && group.pending_proposals() == 1, "{rules:?}");
                }
                other => panic!("{rules:?}: {other:?}"),
            }
        }
    }
    let group = ruled(&alice, DefaultRules::new()).load_group(at_alice.id()).unwrap();
    assert_eq!(group.pending_proposals(), 2);
} }
