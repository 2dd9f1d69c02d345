#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::vec;
use alloc::vec::Vec;

use mls_codec::EncodeError;
use mls_crypto_traits::{CryptoError, Digest, Rng, SecretBytes, SignaturePublicKey};

use super::blocks::Blocks;
use super::{
    Delta, Durable, GroupId, NodeValue, RECORD_VERSION, RecordKey, RecordPrefix, SecretWriter, ToRecord, Write,
    open_record,
};
use crate::key_package::KeyPackageRef;
use crate::proposal::ProposalRef;
use crate::secret_tree::RatchetType;
use crate::tree::math::{LeafIndex, NodeIndex};

struct Count(u8);

impl Rng for Count {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.0 += 1;
        out.fill(self.0);
        Ok(())
    }
}

fn keys() -> Vec<RecordKey> {
    let digest = Digest::from_slice(&[9; 32]).unwrap();
    let leaf = LeafIndex::new(3).unwrap();
    let node = NodeIndex::new(6).unwrap();
    let mut keys = vec![
        RecordKey::KeyPackage(KeyPackageRef(digest).into()),
        RecordKey::Psk(vec![1, 2]),
        RecordKey::Signer(SignaturePublicKey::from(vec![4; 32])),
    ];
    // One identifier is a prefix of another, and one looks like what follows an identifier.
    for id in [vec![], vec![1], vec![1, 2], vec![7; 300]] {
        let id = GroupId::from(id);
        keys.extend([
            RecordKey::Group(id.clone()),
            RecordKey::Status(id.clone()),
            RecordKey::TreeNode(id.clone(), node),
            RecordKey::PathKeys(id.clone()),
            RecordKey::Proposal(id.clone(), ProposalRef(digest).into()),
            RecordKey::PendingCommit(id.clone()),
            RecordKey::ExternalJoin(id.clone()),
            RecordKey::Successor(id.clone()),
        ]);
        for epoch in [0, 1, 256, u64::MAX] {
            keys.extend([
                RecordKey::Epoch(id.clone(), epoch),
                RecordKey::SecretNode(id.clone(), epoch, node),
                RecordKey::Ratchet(id.clone(), epoch, leaf, RatchetType::Handshake),
                RecordKey::Ratchet(id.clone(), epoch, leaf, RatchetType::Application),
                RecordKey::SkippedKey(id.clone(), epoch, leaf, RatchetType::Application, 5),
                RecordKey::SkippedIndex(id.clone(), epoch),
                RecordKey::ResumptionPsk(id.clone(), epoch),
            ]);
        }
    }
    keys
}

fn prefixes() -> Vec<RecordPrefix> {
    let mut prefixes = vec![
        RecordPrefix::Groups,
        RecordPrefix::KeyPackages,
        RecordPrefix::Signers,
        RecordPrefix::ExternalJoins,
        RecordPrefix::Psks,
        RecordPrefix::Successors,
    ];
    for id in [vec![], vec![1], vec![1, 2], vec![7; 300]] {
        let id = GroupId::from(id);
        prefixes.extend([
            RecordPrefix::Group(id.clone()),
            RecordPrefix::Tree(id.clone()),
            RecordPrefix::Proposals(id.clone()),
            RecordPrefix::Epoch(id.clone(), 1),
            RecordPrefix::Epoch(id, u64::MAX),
        ]);
    }
    prefixes
}

#[test]
fn names_are_distinct_and_come_back_from_bytes() {
    let keys = keys();
    let mut seen = Vec::new();
    for key in &keys {
        let bytes = key.to_bytes().unwrap();
        assert_eq!(RecordKey::from_bytes(&bytes).as_ref(), Ok(key));
        assert!(RecordKey::from_bytes(&[&bytes[..], &[0]].concat()).is_err(), "{key:?}");
        assert!(!seen.contains(&bytes), "{key:?}");
        seen.push(bytes);
    }
}

#[test]
fn a_set_covers_what_its_byte_prefixes_cover() {
    for prefix in prefixes() {
        let bytes = prefix.to_byte_prefixes().unwrap();
        for key in keys() {
            let name = key.to_bytes().unwrap();
            let by_bytes = bytes.iter().any(|prefix| name.starts_with(prefix));
            assert_eq!(prefix.covers(&key), by_bytes, "{prefix:?} {key:?}");
        }
    }
}

fn value(byte: u8) -> SecretBytes {
    SecretBytes::from_slice(&[byte])
}

fn shown(delta: &Delta) -> Vec<(RecordKey, Option<u8>)> {
    delta
        .writes()
        .filter_map(|write| match write {
            Write::Put(key, value) => Some((key.clone(), Some(value[0]))),
            Write::Delete(key) => Some((key.clone(), None)),
            Write::DeletePrefix(_) => None,
        })
        .collect()
}

#[test]
fn the_later_write_wins_and_prefixes_come_first() {
    let id = || GroupId::from(vec![1]);
    let mut first = Delta::new(&mut Count(0)).unwrap();
    first.put(RecordKey::Group(id()), value(1));
    first.put(RecordKey::PathKeys(id()), value(1));
    first.put(RecordKey::Epoch(id(), 4), value(1));
    let mut second = Delta::new(&mut Count(1)).unwrap();
    second.put(RecordKey::Group(id()), value(2));
    second.delete(RecordKey::PathKeys(id()));
    second.delete_prefix(RecordPrefix::Epoch(id(), 4));
    second.put(RecordKey::Epoch(id(), 4), value(3));
    first.then(second);
    assert!(matches!(first.writes().next(), Some(Write::DeletePrefix(RecordPrefix::Epoch(_, 4)))));
    assert_eq!(
        shown(&first),
        [(RecordKey::Group(id()), Some(2)), (RecordKey::PathKeys(id()), None), (RecordKey::Epoch(id(), 4), Some(3)),]
    );
    assert_eq!(first.len(), 4);
    assert_eq!(first.bytes(), 2);
}

#[test]
fn a_prefix_deletes_what_was_put_before_it() {
    let id = || GroupId::from(vec![1]);
    let mut delta = Delta::new(&mut Count(0)).unwrap();
    delta.put(RecordKey::Epoch(id(), 4), value(1));
    delta.put(RecordKey::Epoch(id(), 5), value(1));
    delta.delete_prefix(RecordPrefix::Epoch(id(), 4));
    assert_eq!(shown(&delta), [(RecordKey::Epoch(id(), 5), Some(1))]);
}

/// So many octets, of which `room` are announced; one that `fails` does so behind them.
struct Octets {
    count: usize,
    room: usize,
    fails: bool,
}

impl ToRecord for Octets {
    fn room(&self) -> usize {
        self.room
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        (0..self.count).for_each(|octet| w.raw(&octet.to_be_bytes()[7..]));
        if self.fails { Err(EncodeError::VectorTooLong) } else { Ok(()) }
    }
}

#[test]
fn what_is_written_into_a_delta_stands_there_as_in_a_record() {
    let mut delta = Delta::new(&mut Count(0)).unwrap();
    let key = |number| RecordKey::Psk(vec![number]);
    let mut expected = Vec::new();
    for (number, (count, room)) in
        [(3, 3), (0, 0), (5_000, 9), (2, 700), (1_000, 1_000), (9, 0)].into_iter().enumerate()
    {
        let octets = Octets { count, room, fails: false };
        let number = u8::try_from(number).unwrap();
        delta.write(key(number), &octets).unwrap();
        expected.push((key(number), octets.to_record().unwrap().as_bytes().to_vec()));
        // What fails leaves nothing, and what is behind it is right.
        let fails = Octets { count, room, fails: true };
        assert_eq!(delta.write(key(99), &fails), Err(EncodeError::VectorTooLong));
    }
    delta.put(key(50), value(7));
    expected.push((key(50), vec![7]));
    let written: Vec<_> = delta
        .writes()
        .map(|write| match write {
            Write::Put(key, value) => (key.clone(), value.to_vec()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(written, expected);
    assert_eq!(delta.bytes(), expected.iter().map(|(_, value)| value.len()).sum::<usize>());
}

/// A record of which a hash is known.
struct Hashed(&'static [u8]);

impl ToRecord for Hashed {
    fn leaf_hash(&self) -> &[u8] {
        self.0
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        w.raw(b"leaf");
        Ok(())
    }
}

/// Node, value and hash of each write of a node.
fn nodes(delta: &Delta) -> Vec<(u32, Vec<u8>, Vec<u8>)> {
    let parts = |node: NodeValue<'_>| (node.node.as_u32(), node.value.to_vec(), node.hash.to_vec());
    delta.writes_and_nodes().filter_map(|(_, node)| node.map(parts)).collect()
}

#[test]
fn the_hash_of_a_leaf_is_beside_what_is_written() {
    let id = GroupId::from(&b"group"[..]);
    let key = |node| RecordKey::TreeNode(id.clone(), NodeIndex::new(node).unwrap());
    let mut delta = Delta::new(&mut Count(0)).unwrap();
    delta.write(key(0), &Hashed(b"hash 0")).unwrap();
    delta.write(key(2), &Hashed(b"")).unwrap();
    delta.write(key(4), &Hashed(b"gone")).unwrap();
    delta.write(RecordKey::Psk(vec![1]), &Hashed(b"of no node")).unwrap();
    delta.put(key(4), value(9));
    delta.delete(key(6));
    let record = [&[RECORD_VERSION][..], b"leaf"].concat();
    let expected = [(0, record.clone(), b"hash 0".to_vec()), (2, record.clone(), vec![]), (4, vec![9], vec![])];
    assert_eq!(nodes(&delta), expected);
    // It is no part of what a store is given.
    assert_eq!(delta.bytes(), 3 * 5 + 1);
    let psk = RecordKey::Psk(vec![1]);
    assert!(delta.writes().any(|write| matches!(write, Write::Put(key, value) if *key == psk && *value == *record)));
    // It goes along with the delta, and with one that follows another one.
    assert_eq!(nodes(&delta.duplicate()), expected);
    let mut earlier = Delta::new(&mut Count(0)).unwrap();
    earlier.write(key(2), &Hashed(b"replaced")).unwrap();
    earlier.write(key(8), &Hashed(b"hash 8")).unwrap();
    earlier.then(delta);
    assert_eq!(nodes(&earlier), [&expected[..], &[(8, record, b"hash 8".to_vec())]].concat());
}

#[test]
fn what_fails_leaves_its_room_to_the_next() {
    let mut blocks: Blocks = Blocks::new();
    for fails in [true, true, false] {
        let octets = Octets { count: 900, room: 900, fails };
        assert_eq!(blocks.write(octets.room, &[], |w| octets.write(w)).is_err(), fails);
    }
    assert_eq!(blocks.lens().count(), 1);
}

#[test]
fn a_proof_is_about_one_delta() {
    let mut rng = Count(0);
    let (one, other) = (Delta::new(&mut rng).unwrap(), Delta::new(&mut rng).unwrap());
    let durable = Durable::i_stored(&one);
    assert!(durable.names(&one));
    assert!(!durable.names(&other));
}

#[test]
fn records_of_another_version_are_refused() {
    let mut w = SecretWriter::new(1);
    w.opaque(&[7; 1000]).unwrap();
    let record = w.finish();
    assert_eq!(record.as_bytes().len(), 1003);
    assert!(open_record(record.as_bytes()).is_err());
    assert!(open_record(&[]).is_err());
}
