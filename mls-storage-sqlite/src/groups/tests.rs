#![allow(clippy::unwrap_used, reason = "tests")]

use mls_core::record::{GroupId, RecordKey, RecordPrefix};
use mls_core::storage::Storage;
use mls_core::storage::conformance::TestDelta;
use mls_core::tree::math::NodeIndex;
use rusqlite::StatementStatus;

use crate::{SqliteOptions, SqliteStorage};

const NODES: [u32; 4] = [0, 1, 2, 4];

fn store() -> SqliteStorage {
    SqliteStorage::open_in_memory(&SqliteOptions::new()).unwrap()
}

fn group(name: &str) -> GroupId {
    GroupId::from(name.as_bytes())
}

fn nodes(id: &GroupId) -> Vec<RecordKey> {
    let nodes = NODES.iter().map(|node| NodeIndex::new(*node).unwrap());
    nodes.map(|node| RecordKey::TreeNode(id.clone(), node)).collect()
}

/// How often groups were looked up since this was last asked.
fn looked_up(store: &SqliteStorage) -> i32 {
    let inner = store.lock();
    let statement = inner.connection.prepare_cached(super::FIND).unwrap();
    statement.reset_status(StatementStatus::Run)
}

fn put(store: &SqliteStorage, keys: &[RecordKey]) {
    let delta = keys.iter().fold(TestDelta::new(), |delta, key| delta.put(key.clone(), b"value"));
    _ = store.commit(&delta.build().unwrap()).unwrap();
}

#[test]
fn a_group_is_looked_up_once_a_transaction() {
    let (store, id) = (store(), group("a"));
    put(&store, &nodes(&id));
    assert_eq!(looked_up(&store), 1, "the group is made");
    put(&store, &nodes(&id));
    assert_eq!(looked_up(&store), 1, "it is there");
    assert!(store.read(&nodes(&id)).unwrap().iter().all(Option::is_some));
    assert_eq!(looked_up(&store), 1);
    assert_eq!(store.scan(&RecordPrefix::Group(id)).unwrap().len(), NODES.len());
    assert_eq!(looked_up(&store), 1);
}

#[test]
fn groups_by_turns_are_each_found() {
    let store = store();
    let mut keys = [nodes(&group("a")), nodes(&group("b"))].concat();
    keys.swap(1, 6);
    put(&store, &keys);
    for name in ["a", "b"] {
        assert_eq!(store.scan(&RecordPrefix::Group(group(name))).unwrap().len(), NODES.len());
    }
    assert!(store.read(&keys).unwrap().iter().all(Option::is_some));
}
