//! Key packages of last resort.

use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use super::common::Peer;
use super::support::{SUITE, extension, extensions};
use crate::extension::{ExtensionType, Extensions};
use crate::group::{CommitPlan, KeyPackageSpec, NewKeyPackage, Proposing, generate_key_package};
use crate::key_package::LastResort;
use crate::record::RecordKey;

fn make(peer: &mut Peer, mark: Option<LastResort>, extensions: Extensions) -> NewKeyPackage {
    let mut spec = KeyPackageSpec { cipher_suite: SUITE, leaf: peer.leaf(), extensions };
    for kind in spec.extensions.iter().map(|extension| extension.extension_type) {
        spec.leaf.capabilities.extensions.push(kind);
    }
    if let Some(mark) = mark {
        spec = spec.last_resort(mark).unwrap();
    }
    let fresh = generate_key_package(&spec, &mut peer.world.env()).unwrap();
    let durable = peer.store.commit(fresh.delta());
    fresh.release(durable).unwrap()
}

/// Somebody with a group adds the client of the key package, who joins.
fn added_by(name: &str, seed: u64, peer: &mut Peer, made: &NewKeyPackage) {
    let mut adder = Peer::new(name, SUITE, seed);
    adder.create(name.as_bytes());
    let proposals = vec![Proposing::Add(Arc::new(made.key_package.clone()))];
    let output = adder.commit(&CommitPlan { proposals, ..CommitPlan::default() });
    adder.accept();
    peer.join(&output.welcome.unwrap(), None);
    super::common::agree(&[adder, Peer { group: peer.group.take(), ..Peer::new("", SUITE, 0) }]);
}

// req: R-10-01, R-16.8-02
#[test]
fn a_key_package_of_last_resort_is_kept() {
    for mark in [LastResort::Extension, LastResort::Component] {
        let mut peer = Peer::new("erin", SUITE, 1);
        let made = make(&mut peer, Some(mark), Extensions::new());
        assert!(made.key_package.is_last_resort());
        assert!(made.key_package.leaf_node.capabilities.supports_extension(mark.extension_type()));
        for (name, seed) in [("alice", 2), ("bob", 3)] {
            added_by(name, seed, &mut peer, &made);
            assert!(peer.store.records.contains_key(&RecordKey::KeyPackage(made.reference.into())), "{mark:?}");
        }
    }
    let mut peer = Peer::new("erin", SUITE, 1);
    let made = make(&mut peer, None, Extensions::new());
    assert!(!made.key_package.is_last_resort());
    added_by("alice", 2, &mut peer, &made);
    assert!(!peer.store.records.contains_key(&RecordKey::KeyPackage(made.reference.into())));
}

#[test]
fn the_marks_have_their_wire_forms() {
    let mut peer = Peer::new("erin", SUITE, 1);
    let made = make(&mut peer, Some(LastResort::Extension), Extensions::new());
    assert_eq!(made.key_package.extensions, extensions(&[(0x000a, &[])]));
    let made = make(&mut peer, Some(LastResort::Component), Extensions::new());
    assert_eq!(made.key_package.extensions, extensions(&[(0x0006, &[3, 0, 4, 0])]));
    // Beside other components, in order; marking twice marks once.
    let others = extensions(&[(0x0006, &[8, 0, 1, 1, 7, 0, 9, 1, 8]), (0x0a0a, &[])]);
    let made = make(&mut peer, Some(LastResort::Component), others);
    let dictionary = [11, 0, 1, 1, 7, 0, 4, 0, 0, 9, 1, 8];
    assert_eq!(made.key_package.extensions, extensions(&[(0x0006, &dictionary), (0x0a0a, &[])]));
    assert!(made.key_package.is_last_resort());
    let again = make(&mut peer, Some(LastResort::Component), made.key_package.extensions.clone());
    assert_eq!(again.key_package.extensions, made.key_package.extensions);
}

#[test]
fn what_looks_like_a_mark_is_none() {
    let mut peer = Peer::new("erin", SUITE, 1);
    let mut package = make(&mut peer, None, Extensions::new()).key_package;
    let dictionaries: [&[u8]; 5] = [&[], &[0], &[3, 0, 5, 0], &[4, 0, 4, 0], &[3, 0, 4, 0, 0]];
    for data in dictionaries {
        package.extensions = Extensions(Vec::from([extension(0x0006, data)]));
        assert!(!package.is_last_resort(), "{data:?}");
    }
    package.extensions = Extensions(Vec::from([extension(0x000b, &[])]));
    assert!(!package.is_last_resort());
    assert_eq!(LastResort::Extension.extension_type(), ExtensionType::from(0x000a));
}
