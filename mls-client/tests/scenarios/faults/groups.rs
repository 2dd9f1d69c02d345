//! Ways into a group, and from one to the next.

use mls_client::mls_core::extension::Extensions;
use mls_client::mls_core::framing::ProtocolVersion;
use mls_client::mls_core::proposal::ReInit;
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{CommitPlan, GroupId, Proposing, Repeat, SuccessorKind, SuccessorPlan};

use super::{Operation, Scene, public, said};
use crate::world::{Group, Party, assert_talk};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "create",
        in_parts: false,
        before: |_| Vec::new(),
        work: |at| said(at.alice.client.create_group(&at.alice.identity)).map(drop),
        done: |at| assert_eq!(at.groups(), 2),
    },
    Operation {
        name: "join",
        in_parts: false,
        before: |at| {
            let mut other = at.at_carol();
            let commit = other.add(&[at.alice.key_package()]).unwrap();
            other.accept_commit().unwrap();
            vec![commit.welcome.unwrap()]
        },
        work: |at| said(at.alice.client.join(&at.given[0], None)).map(drop),
        done: in_carols_group,
    },
    Operation {
        name: "prepare to join from outside",
        in_parts: false,
        before: |at| vec![at.at_carol().group_info(public()).unwrap()],
        work: |at| said(at.alice.client.join_external(&at.alice.identity, &at.given[0], None)).map(drop),
        done: |at| {
            let join = at.pending_join().unwrap();
            at.at_carol().receive(join.message()).unwrap();
            join.accept().unwrap();
            in_carols_group(at);
        },
    },
    Operation {
        name: "accept a join from outside",
        in_parts: false,
        before: |at| {
            let mut other = at.at_carol();
            let info = other.group_info(public()).unwrap();
            let join = at.alice.client.join_external(&at.alice.identity, &info, None).unwrap();
            other.receive(join.message()).unwrap();
            Vec::new()
        },
        work: |at| said(at.pending_join()?.accept()).map(drop),
        done: in_carols_group,
    },
    Operation {
        name: "abandon a join from outside",
        in_parts: false,
        before: |at| {
            let info = at.at_carol().group_info(public()).unwrap();
            at.alice.client.join_external(&at.alice.identity, &info, None).unwrap();
            Vec::new()
        },
        work: |at| said(at.pending_join()?.abandon()),
        done: |at| {
            assert!(at.alice.client.resume().unwrap().is_empty());
            at.talk();
        },
    },
    Operation {
        name: "rejoin",
        in_parts: false,
        before: |at| {
            at.clear();
            let mut at_bob = at.at_bob();
            let info = at_bob.group_info(public()).unwrap();
            let join = at.alice.client.rejoin(&at.alice.identity, &info, None).unwrap();
            at_bob.receive(join.message()).unwrap();
            Vec::new()
        },
        work: |at| said(at.pending_join()?.accept()).map(drop),
        done: |at| {
            assert_eq!(at.groups(), 1);
            at.talk();
        },
    },
    Operation {
        name: "found a successor",
        in_parts: false,
        before: |at| close(at, &mut at.at_alice(), &mut at.at_bob()),
        work: |at| said(at.load()?.create_successor(&plan(&at.alice, &at.bob, SuccessorKind::ReInit))).map(drop),
        done: |at| {
            let pending = at.alice.client.resume().unwrap().pop();
            let Some(Repeat::Successor(successor)) = pending else { panic!("nothing is pending") };
            let welcome = successor.welcome().unwrap().to_vec();
            successor.accept().unwrap();
            at.at_bob().join_successor(&welcome, None).unwrap();
            succeeded(at);
        },
    },
    Operation {
        name: "accept a successor",
        in_parts: false,
        before: |at| {
            close(at, &mut at.at_alice(), &mut at.at_bob());
            let plan = plan(&at.alice, &at.bob, SuccessorKind::ReInit);
            let welcome = at.at_alice().create_successor(&plan).unwrap().welcome().unwrap().to_vec();
            at.at_bob().join_successor(&welcome, None).unwrap();
            Vec::new()
        },
        work: |at| {
            let pending = said(at.alice.client.successors())?.pop().ok_or("nothing is pending")?;
            said(pending.accept()).map(drop)
        },
        done: succeeded,
    },
    Operation {
        name: "abandon a successor",
        in_parts: false,
        before: |at| {
            at.at_alice().create_successor(&plan(&at.alice, &at.bob, branch())).unwrap();
            Vec::new()
        },
        work: |at| {
            let pending = said(at.alice.client.successors())?.pop().ok_or("nothing is pending")?;
            said(pending.abandon())
        },
        done: |at| {
            assert!(at.alice.client.successors().unwrap().is_empty());
            at.talk();
        },
    },
    Operation {
        name: "join a successor",
        in_parts: false,
        before: |at| {
            close(at, &mut at.at_bob(), &mut at.at_alice());
            let plan = plan(&at.bob, &at.alice, SuccessorKind::ReInit);
            let successor = at.at_bob().create_successor(&plan).unwrap();
            let welcome = successor.welcome().unwrap().to_vec();
            successor.accept().unwrap();
            vec![welcome]
        },
        work: |at| said(at.load()?.join_successor(&at.given[0], None)).map(drop),
        done: succeeded,
    },
    Operation {
        name: "join a branch",
        in_parts: false,
        before: |at| {
            let successor = at.at_bob().create_successor(&plan(&at.bob, &at.alice, branch())).unwrap();
            let welcome = successor.welcome().unwrap().to_vec();
            successor.accept().unwrap();
            vec![welcome]
        },
        work: |at| said(at.load()?.join_branch(&at.given[0], None)).map(drop),
        done: |at| {
            assert!(!at.at_alice().is_succeeded());
            let ids = at.alice.client.groups().unwrap();
            let new = ids.iter().find(|id| **id != at.id).unwrap();
            assert_talk(&mut at.alice.group(new), &mut at.bob.group(new));
            at.talk();
        },
    },
    Operation {
        name: "export",
        in_parts: false,
        before: |_| Vec::new(),
        work: |at| said(at.alice.client.export_group(&at.id)).map(drop),
        done: |at| {
            // Should what came out be lost, it may be had again.
            let exported = at.alice.client.export_group(&at.id).unwrap();
            at.carol.client.import_group(&exported).unwrap();
            assert!(at.at_alice().send(b"no").is_err());
        },
    },
    Operation {
        name: "import",
        in_parts: false,
        before: |at| {
            let mut other = at.at_carol();
            let commit = other.add(&[at.bob.key_package()]).unwrap();
            other.accept_commit().unwrap();
            at.bob.client.join(&commit.welcome.unwrap(), None).unwrap();
            vec![at.carol.client.export_group(&at.of_carol).unwrap().as_bytes().to_vec()]
        },
        work: |at| said(at.alice.client.import_group(&SecretBytes::from_slice(&at.given[0]))).map(drop),
        done: |at| {
            assert!(at.alice.client.import_group(&SecretBytes::from_slice(&at.given[0])).is_err());
            let (mut at_alice, mut at_bob) = (at.alice.group(&at.of_carol), at.bob.group(&at.of_carol));
            assert!(at_alice.send(b"not yet").is_err());
            let commit = at_bob.update().unwrap();
            crate::world::deliver(&mut at_bob, &commit, &mut [&mut at_alice]);
            assert_talk(&mut at_alice, &mut at_bob);
        },
    },
];

/// Alice is in Carol's group, and Carol knows.
fn in_carols_group(at: &Scene) {
    assert_eq!(at.groups(), 2);
    assert_talk(&mut at.alice.group(&at.of_carol), &mut at.at_carol());
}

/// The group is closed by a commit, and another to follow.
fn close(at: &Scene, committer: &mut Group, other: &mut Group) -> Vec<Vec<u8>> {
    at.clear();
    committer.reload().unwrap();
    other.reload().unwrap();
    let parameters = ReInit {
        group_id: b"the next one".to_vec(),
        version: ProtocolVersion::MLS10,
        cipher_suite: committer.cipher_suite(),
        extensions: Extensions::new(),
    };
    let plan = CommitPlan { proposals: vec![Proposing::ReInit(parameters)], ..CommitPlan::default() };
    let commit = committer.commit(&plan).unwrap();
    crate::world::deliver(committer, &commit, &mut [other]);
    Vec::new()
}

fn branch() -> SuccessorKind {
    SuccessorKind::Branch { group_id: None, extensions: Extensions::new() }
}

fn plan(founder: &Party, other: &Party, kind: SuccessorKind) -> SuccessorPlan {
    let key_package = other.client.key_package(&other.identity).unwrap().key_package;
    SuccessorPlan::new(kind, founder.client.leaf(&founder.identity), vec![key_package])
}

/// Both are in the next group, and Alice's old one knows.
fn succeeded(at: &Scene) {
    assert!(at.at_alice().is_succeeded() && at.alice.client.successors().unwrap().is_empty());
    let next = GroupId::from(b"the next one".to_vec());
    assert_talk(&mut at.alice.group(&next), &mut at.bob.group(&next));
}
