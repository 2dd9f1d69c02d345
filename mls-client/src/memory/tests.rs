#![allow(clippy::unwrap_used, reason = "tests")]

use mls_core::custom::CustomTypes;
use mls_core::env::{Env, Signers, UnixTime};
use mls_core::extension::Extensions;
use mls_core::group::{CreateGroup, Fresh, Group, create_group, generate_signer};
use mls_core::limits::Limits;
use mls_core::record::{Delta, GroupId, RecordKey, RecordPrefix};
use mls_core::storage::{Storage, StorageErrorKind};
use mls_core::tree::math::NodeIndex;
use mls_crypto_rustcrypto::{OsRng, RustCryptoProvider};
use mls_crypto_traits::{CipherSuite, SecretBytes, SignaturePublicKey};

use super::MemoryStorage;
use crate::{BasicIdentity, Client, Credential};
use std::sync::Arc;

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

struct NoSigners;

impl Signers for NoSigners {
    fn signer(&self, _: &SignaturePublicKey) -> Option<Arc<dyn mls_crypto_traits::SigningKey>> {
        None
    }
}

fn signer() -> Fresh<SignaturePublicKey> {
    let mut rng = OsRng;
    let mut env = Env {
        crypto: &RustCryptoProvider::new(),
        signers: &NoSigners,
        rng: &mut rng,
        now: UnixTime(0),
        limits: Limits::default(),
        custom: CustomTypes::none(),
    };
    generate_signer(SUITE, &mut env).unwrap()
}

/// A group whose delta demands that it is not there yet.
fn new_group(id: &GroupId) -> Fresh<Group> {
    let client = Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new())).build().unwrap();
    let identity = client.new_identity(SUITE, Credential::basic("alice")).unwrap();
    let leaf = client.leaf(&identity);
    client.driver().engine(|env| {
        create_group(
            &CreateGroup { group_id: Some(id.clone()), cipher_suite: SUITE, leaf, extensions: Extensions::default() },
            env,
        )
        .unwrap()
    })
}

#[test]
fn what_is_committed_is_read() {
    let store = MemoryStorage::new();
    let fresh = signer();
    let durable = store.commit(fresh.delta()).unwrap();
    let public = fresh.release(durable).unwrap();
    let keys = [RecordKey::Psk(vec![1]), RecordKey::Signer(public.clone()), RecordKey::Signer(public)];
    let read = store.read(&keys).unwrap();
    assert!(read[0].is_none());
    let (one, two) = (read[1].as_ref().unwrap(), read[2].as_ref().unwrap());
    assert!(one.ct_eq(two.as_bytes()));
    assert!(!one.as_bytes().is_empty());
}

#[test]
fn a_scan_is_in_the_order_of_the_names() {
    let store = MemoryStorage::new();
    let mut want = Vec::new();
    for _ in 0..8 {
        let fresh = signer();
        let durable = store.commit(fresh.delta()).unwrap();
        want.push(RecordKey::Signer(fresh.release(durable).unwrap()).to_bytes().unwrap());
    }
    want.sort();
    let found: Vec<_> =
        store.scan(&RecordPrefix::Signers).unwrap().into_iter().map(|(key, _)| key.to_bytes().unwrap()).collect();
    assert_eq!(found, want);
    assert!(store.scan(&RecordPrefix::KeyPackages).unwrap().is_empty());
}

#[test]
fn a_precondition_that_does_not_hold_changes_nothing() {
    let id = GroupId::from(b"group".to_vec());
    let store = MemoryStorage::new();
    let _stored = store.commit(new_group(&id).delta()).unwrap();
    let before = store.scan(&RecordPrefix::Group(id.clone())).unwrap();
    assert!(before.len() > 2);
    let error = store.commit(new_group(&id).delta()).unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Conflict);
    assert_eq!(error.record(), Some(&RecordKey::Status(id.clone())));
    let after = store.scan(&RecordPrefix::Group(id)).unwrap();
    assert_eq!(before.len(), after.len());
    for ((key, value), (same_key, same_value)) in before.iter().zip(after.iter()) {
        assert_eq!(key, same_key);
        assert_eq!(value, same_value);
    }
}

#[test]
fn a_set_contains_its_own_records_and_no_other_groups() {
    let store = MemoryStorage::new();
    // One identifier is the beginning of the other.
    let (short, long) = (GroupId::from(b"a".to_vec()), GroupId::from(b"ab".to_vec()));
    let _stored = store.commit(new_group(&short).delta()).unwrap();
    let alone = store.scan(&RecordPrefix::Group(short.clone())).unwrap().len();
    let _stored = store.commit(new_group(&long).delta()).unwrap();
    let records = store.scan(&RecordPrefix::Group(short.clone())).unwrap();
    assert_eq!(records.len(), alone);
    assert!(records.iter().all(|(key, _)| key.group_id() == Some(&short)));
    assert_eq!(store.scan(&RecordPrefix::Groups).unwrap().len(), 2);
    assert_eq!(store.len(), alone * 2);
    assert!(!store.is_empty());
}

#[test]
fn debug_shows_no_record() {
    let store = MemoryStorage::new();
    let _stored = store.commit(signer().delta()).unwrap();
    assert_eq!(format!("{store:?}"), "MemoryStorage { records: 1 }");
}

#[test]
fn a_record_is_replaced_by_one_as_long_and_by_one_that_is_not() {
    let (store, key) = (MemoryStorage::new(), RecordKey::Psk(vec![1]));
    let node = RecordKey::TreeNode(GroupId::from(vec![2]), NodeIndex::new(3).unwrap());
    for value in [&[1, 2, 3][..], &[4, 5, 6], &[7], &[8, 9]] {
        let mut delta = Delta::of_store([0; 16], Vec::new());
        delta.put(key.clone(), SecretBytes::from_slice(value));
        delta.put(node.clone(), SecretBytes::from_slice(value));
        let _durable = store.commit(&delta).unwrap();
        for read in store.read(&[key.clone(), node.clone()]).unwrap() {
            assert_eq!(read.unwrap().as_bytes(), value);
        }
    }
    assert_eq!(store.len(), 2);
}
