//! Messages, proposals and commits.

use mls_client::mls_core::psk::PskValue;
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{CommitPlan, DetachedCommit, Disposition, Event, Proposing, Repeat};

use super::{Operation, said};

const fn nothing(_: &super::Scene) -> Vec<Vec<u8>> {
    Vec::new()
}

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "send",
        in_parts: false,
        before: nothing,
        work: |at| said(at.load()?.send(b"sent")).map(drop),
        // The generation that was stored is skipped.
        done: |at| assert_eq!(at.at_alice().send(b"next").unwrap().generation, 1),
    },
    Operation {
        name: "receive",
        in_parts: false,
        before: nothing,
        work: |at| said(at.load()?.receive(&at.text)).map(drop),
        done: |at| {
            let error = at.at_alice().receive(&at.text).unwrap_err();
            assert_eq!(error.disposition(), Disposition::Duplicate);
            at.talk();
        },
    },
    Operation {
        name: "receive a backlog",
        in_parts: true,
        before: nothing,
        work: |at| {
            let outcomes = said(at.load()?.receive_all([&at.text, &at.proposal]))?;
            outcomes.into_iter().try_for_each(|outcome| match outcome {
                Err(error) if error.disposition() == Disposition::Duplicate => Ok(()),
                outcome => said(outcome).map(drop),
            })
        },
        done: |at| {
            let again = at.at_alice().receive_all([&at.text, &at.proposal]).unwrap();
            for outcome in again {
                assert_eq!(outcome.unwrap_err().disposition(), Disposition::Duplicate);
            }
            assert_eq!(at.at_alice().pending_proposals(), 1);
        },
    },
    Operation {
        name: "propose",
        in_parts: false,
        before: nothing,
        work: |at| said(at.load()?.propose(&Proposing::Remove(at.at_bob().own_leaf()))).map(drop),
        done: |at| {
            let pending = at.alice.client.resume().unwrap();
            let [Repeat::Proposal { proposal, .. }] = &pending[..] else { panic!("{}", pending.len()) };
            assert!(matches!(at.at_bob().receive(&proposal.message).unwrap(), Event::Proposal(_)));
        },
    },
    Operation {
        name: "drop a proposal",
        in_parts: false,
        before: |at| {
            at.at_alice().receive(&at.proposal).unwrap();
            Vec::new()
        },
        work: |at| {
            let mut group = at.load()?;
            let waiting = said(group.waiting_proposals())?;
            said(group.drop_proposal(&waiting[0].reference))
        },
        done: |at| at.talk(),
    },
    Operation {
        name: "commit",
        in_parts: false,
        before: nothing,
        work: |at| said(at.load()?.update()).map(drop),
        done: follow,
    },
    Operation {
        name: "add",
        in_parts: false,
        before: |at| vec![at.carol.key_package()],
        work: |at| said(at.load()?.add(&at.given)).map(drop),
        done: follow,
    },
    Operation {
        name: "accept a commit",
        in_parts: false,
        before: |at| {
            let commit = at.at_alice().update().unwrap();
            at.clear();
            at.at_bob().receive(&commit.message).unwrap();
            Vec::new()
        },
        work: |at| said(at.load()?.accept_commit()).map(drop),
        done: |at| {
            assert!(!at.at_alice().has_pending_commit());
            at.talk();
        },
    },
    Operation {
        name: "drop a commit",
        in_parts: false,
        before: |at| {
            at.at_alice().update().unwrap();
            Vec::new()
        },
        work: |at| said(at.load()?.drop_commit()),
        done: |at| {
            assert!(at.alice.client.resume().unwrap().is_empty());
            at.talk();
        },
    },
    Operation {
        name: "accept a detached commit",
        in_parts: false,
        before: |at| {
            let (output, detached) = at.at_alice().commit_detached(&CommitPlan::default()).unwrap();
            at.clear();
            at.at_bob().receive(&output.message).unwrap();
            vec![detached.to_record().unwrap().as_bytes().to_vec()]
        },
        work: |at| {
            let detached = DetachedCommit::from_record(SecretBytes::from_slice(&at.given[0]).as_bytes()).unwrap();
            said(at.load()?.accept_detached(&detached)).map(drop)
        },
        done: |at| at.talk(),
    },
    Operation {
        name: "process a commit",
        in_parts: false,
        before: |at| {
            at.clear();
            let mut at_bob = at.at_bob();
            let commit = at_bob.update().unwrap();
            at_bob.accept_commit().unwrap();
            vec![commit.message]
        },
        work: |at| said(at.load()?.receive(&at.given[0])).map(drop),
        done: |at| {
            assert!(at.at_alice().receive(&at.given[0]).is_err());
            at.talk();
        },
    },
    Operation {
        name: "process a commit with a pre-shared key",
        in_parts: false,
        before: |at| {
            at.clear();
            let value = PskValue::from_bytes(SecretBytes::from_slice(&[5; 32]));
            at.alice.client.store_psk(b"psk", &value).unwrap();
            at.bob.client.store_psk(b"psk", &value).unwrap();
            let mut at_bob = at.at_bob();
            let proposals = vec![Proposing::ExternalPsk(b"psk".to_vec())];
            let commit = at_bob.commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap();
            at_bob.accept_commit().unwrap();
            vec![commit.message]
        },
        work: |at| said(at.load()?.receive(&at.given[0])).map(drop),
        done: |at| at.talk(),
    },
];

/// The commit is pending with its bytes, and happens.
fn follow(at: &super::Scene) {
    let pending = at.alice.client.resume().unwrap();
    assert!(matches!(&pending[..], [Repeat::Commit { .. }]));
    let commit = at.at_alice().pending_commit().unwrap().unwrap().message;
    at.clear();
    at.at_bob().receive(&commit).unwrap();
    at.at_alice().accept_commit().unwrap();
    at.talk();
}
