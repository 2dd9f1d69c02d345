//! Ways back, what is kept, and what belongs to no group.

use core::sync::atomic::Ordering;

use mls_client::mls_core::psk::PskValue;
use mls_client::mls_core::record::RecordPrefix;
use mls_client::mls_core::storage::Storage;
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{CommitPlan, Event, ObservedEvent, SendOptions};

use super::{Operation, Scene, public, said};
use crate::world::NOW;

fn psk() -> PskValue {
    PskValue::from_bytes(SecretBytes::from_slice(&[5; 32]))
}

fn psks(at: &Scene) -> usize {
    at.faulty.scan(&RecordPrefix::Psks).unwrap().len()
}

fn key_packages(at: &Scene) -> usize {
    at.faulty.scan(&RecordPrefix::KeyPackages).unwrap().len()
}

/// Carol commits in the clear, for Alice to follow as an observer.
fn in_clear(at: &Scene) -> Vec<u8> {
    let options = SendOptions { encrypt: false, ..SendOptions::default() };
    let mut other = at.at_carol();
    let commit = other.commit(&CommitPlan { options, ..CommitPlan::default() }).unwrap();
    other.accept_commit().unwrap();
    commit.message
}

fn observes(at: &Scene, epoch: u64) {
    assert_eq!(at.alice.client.observed_groups().unwrap(), core::slice::from_ref(&at.of_carol));
    let mut observed = at.alice.client.load_observed(&at.of_carol).unwrap();
    assert_eq!(observed.state().epoch(), epoch);
    assert_eq!(observed.state().context(), at.at_carol().context());
    let next = in_clear(at);
    assert!(matches!(observed.receive(&next).unwrap(), ObservedEvent::Epoch(_)));
}

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "go back",
        in_parts: false,
        before: |_| Vec::new(),
        work: |at| said(at.load()?.rewind(1)).map(drop),
        done: |at| assert_eq!(at.at_alice().epoch(), 1),
    },
    Operation {
        name: "add a lost one again",
        in_parts: false,
        before: |at| vec![at.bob.key_package()],
        work: |at| said(at.load()?.readd(at.at_bob().own_leaf(), &at.given[0])).map(drop),
        done: |at| {
            let commit = at.at_alice().pending_commit().unwrap().unwrap();
            at.at_alice().accept_commit().unwrap();
            assert!(matches!(at.at_bob().receive(&commit.message).unwrap(), Event::Removed(_)));
        },
    },
    Operation {
        name: "prune",
        in_parts: false,
        before: |_| Vec::new(),
        work: |at| {
            at.alice.clock.0.store(NOW + 400 * 24 * 3600, Ordering::SeqCst);
            let pruned = at.load().and_then(|mut group| said(group.prune()));
            at.alice.clock.0.store(NOW, Ordering::SeqCst);
            pruned.map(drop)
        },
        done: |at| at.talk(),
    },
    Operation {
        name: "prune everything",
        in_parts: true,
        before: |at| vec![at.alice.key_package()],
        work: |at| {
            at.alice.clock.0.store(NOW + 400 * 24 * 3600, Ordering::SeqCst);
            let pruned = said(at.alice.client.prune());
            at.alice.clock.0.store(NOW, Ordering::SeqCst);
            match pruned?.failed.pop() {
                Some((_, error)) => Err(format!("{error:?}")),
                None => Ok(()),
            }
        },
        done: |at| {
            at.alice.clock.0.store(NOW + 400 * 24 * 3600, Ordering::SeqCst);
            at.alice.client.prune().unwrap();
            assert_eq!(key_packages(at), 0);
            assert_eq!(at.alice.client.prune().unwrap().groups.len(), 0);
            at.talk();
        },
    },
    Operation {
        name: "delete the exporter",
        in_parts: false,
        before: |_| Vec::new(),
        work: |at| said(at.load()?.delete_exporter()),
        done: |at| {
            assert!(at.at_alice().export(b"label", b"", 16).is_err());
            at.talk();
        },
    },
    Operation {
        name: "keep the tree outside",
        in_parts: false,
        before: |_| Vec::new(),
        work: |at| said(at.load()?.keep_tree_outside()),
        done: |at| {
            let tree = at.at_bob().ratchet_tree().unwrap();
            let mut group = at.at_alice();
            assert!(group.update().is_err());
            group.admit_tree(&tree).unwrap();
            group.update().unwrap();
        },
    },
    Operation {
        name: "keep the tree inside",
        in_parts: false,
        before: |at| {
            at.at_alice().keep_tree_outside().unwrap();
            vec![at.at_bob().ratchet_tree().unwrap()]
        },
        work: |at| {
            let mut group = at.load()?;
            said(group.admit_tree(&at.given[0]))?;
            said(group.keep_tree_inside())
        },
        done: |at| drop(at.at_alice().update().unwrap()),
    },
    Operation {
        name: "observe",
        in_parts: false,
        before: |at| vec![at.at_carol().group_info(public()).unwrap()],
        work: |at| said(at.alice.client.observe(&at.given[0], None)).map(drop),
        done: |at| observes(at, 0),
    },
    Operation {
        name: "follow an observed group",
        in_parts: false,
        before: |at| {
            let info = at.at_carol().group_info(public()).unwrap();
            at.alice.client.observe(&info, None).unwrap();
            vec![in_clear(at)]
        },
        work: |at| {
            let mut observed = said(at.alice.client.load_observed(&at.of_carol))?;
            said(observed.receive(&at.given[0])).map(drop)
        },
        done: |at| observes(at, 1),
    },
    Operation {
        name: "observe afresh",
        in_parts: false,
        before: |at| {
            let mut other = at.at_carol();
            let info = other.group_info(public()).unwrap();
            at.alice.client.observe(&info, None).unwrap();
            other.update().unwrap();
            other.accept_commit().unwrap();
            vec![other.group_info(public()).unwrap()]
        },
        work: |at| {
            let mut observed = said(at.alice.client.load_observed(&at.of_carol))?;
            said(observed.restart(&at.given[0], None))
        },
        done: |at| observes(at, 1),
    },
    Operation {
        name: "make a key package",
        in_parts: false,
        before: |_| Vec::new(),
        work: |at| said(at.alice.client.key_package(&at.alice.identity)).map(drop),
        done: |at| assert!(key_packages(at) >= 1),
    },
    Operation {
        name: "make a signer",
        in_parts: false,
        before: |_| Vec::new(),
        work: |at| said(at.alice.client.new_signer(at.alice.identity.cipher_suite)).map(drop),
        done: |at| assert!(at.alice.client.signers().len() >= 2),
    },
    Operation {
        name: "keep a pre-shared key",
        in_parts: false,
        before: |_| Vec::new(),
        work: |at| said(at.alice.client.store_psk(b"psk", &psk())),
        done: |at| assert_eq!(psks(at), 1),
    },
    Operation {
        name: "forget a pre-shared key",
        in_parts: false,
        before: |at| {
            at.alice.client.store_psk(b"psk", &psk()).unwrap();
            Vec::new()
        },
        work: |at| said(at.alice.client.forget_psk(b"psk")),
        done: |at| assert_eq!(psks(at), 0),
    },
];
