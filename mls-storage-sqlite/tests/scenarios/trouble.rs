//! No space, no right to write, damage, and files of others.

use std::fs;

use mls_client::{
    CommitError, DriverError, GroupInfoOptions, LoadError, Proposing, SendError, Storage as _, SuccessorKind,
    SuccessorPlan,
};
use mls_core::extension::Extensions;
use mls_core::psk::PskValue;
use mls_core::record::{RecordKey, RecordPrefix};
use mls_core::storage::{StorageError, StorageErrorKind};
use mls_crypto_traits::SecretBytes;
use mls_storage_sqlite::rusqlite::{Connection, OpenFlags};
use mls_storage_sqlite::{OpenError, SqliteOptions, SqliteStorage};

use crate::common::{Party, Scratch, assert_talk, pair};

fn kind(error: SendError) -> StorageErrorKind {
    match error {
        SendError::Driver(DriverError::Storage(error)) => error.kind(),
        other => panic!("{other:?}"),
    }
}

/// Runs SQL beside the store.
fn sql(party: &Party, statement: &str) {
    let done = party.store.app_transaction(|transaction| {
        transaction.execute_batch(statement).unwrap();
        Ok::<_, StorageError>(())
    });
    done.unwrap();
}

#[test]
fn a_full_database_says_so_and_changes_nothing() {
    let scratch = Scratch::new("full");
    let (alice, bob) = (Party::open(&scratch.file("alice.db")), Party::open(&scratch.file("bob.db")));
    let (mut at_alice, mut at_bob) = pair(&alice, &bob);
    // More than fits into the page that the table has.
    let key_packages: Vec<_> =
        (0..20).map(|n: u8| bob.client.key_package(&bob.identity(&n.to_string())).unwrap().message).collect();
    // The file may not grow.
    let pages: i64 = alice
        .store
        .app_transaction(|transaction| {
            Ok::<_, StorageError>(transaction.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap())
        })
        .unwrap();
    let limit = |pages: i64| {
        alice
            .store
            .app_transaction(|transaction| {
                let set: i64 =
                    transaction.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0)).unwrap();
                assert_eq!(set, pages);
                Ok::<_, StorageError>(())
            })
            .unwrap();
    };
    limit(pages);
    // Values take room, large ones and small ones, until there is none.
    let mut number = 0_u32;
    for length in [3000, 300, 1] {
        let error = loop {
            number += 1;
            assert!(number < 10_000, "it is never full");
            if let Err(error) = alice.store.app_put(&number.to_be_bytes(), &vec![1; length]) {
                break error;
            }
        };
        assert_eq!(error.kind(), StorageErrorKind::Full);
    }
    let epoch = at_alice.epoch();
    let error = at_alice.add(&key_packages).unwrap_err();
    let CommitError::Driver(DriverError::Storage(error)) = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), StorageErrorKind::Full);
    assert!(!at_alice.has_pending_commit() && at_alice.epoch() == epoch);
    limit(1_000_000);
    at_alice.reload().unwrap();
    assert!(!at_alice.has_pending_commit());
    at_alice.add(&key_packages).unwrap();
    at_alice.drop_commit().unwrap();
    assert_talk(&mut at_alice, &mut at_bob);
}

#[test]
fn a_database_that_cannot_be_written_says_so() {
    let scratch = Scratch::new("readonly");
    let path = scratch.file("alice.db");
    let (alice, bob) = (Party::open(&path), Party::open(&scratch.file("bob.db")));
    let (at_alice, mut at_bob) = pair(&alice, &bob);
    let (id, message) = (at_alice.id().clone(), at_bob.send(b"hello").unwrap().message);
    drop((at_alice, alice));
    // A file on a medium that cannot be written, as SQLite sees it.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let opened =
        SqliteStorage::with_connection_factory(|| Connection::open_with_flags(&path, flags), &SqliteOptions::default());
    let reader = Party::over(opened.unwrap());
    let mut group = reader.client.load_group(&id).unwrap();
    assert_eq!(kind(group.send(b"no").unwrap_err()), StorageErrorKind::ReadOnly);
    let mls_client::ReceiveError::Driver(DriverError::Storage(error)) = group.receive(&message).unwrap_err() else {
        panic!()
    };
    assert_eq!(error.kind(), StorageErrorKind::ReadOnly);
    assert_eq!(group.members().unwrap().len(), 2);
    drop((group, reader));
    let alice = Party::open(&path);
    let mut group = alice.client.load_group(&id).unwrap();
    assert_eq!(crate::common::text(group.receive(&message).unwrap()), b"hello");
    assert_talk(&mut group, &mut at_bob);
    // A new one cannot be made there.
    let empty = scratch.file("empty.db");
    fs::write(&empty, b"").unwrap();
    let opened = SqliteStorage::with_connection_factory(
        || Connection::open_with_flags(&empty, flags),
        &SqliteOptions::default(),
    );
    match opened {
        Err(OpenError::Storage(error)) => assert_eq!(error.kind(), StorageErrorKind::ReadOnly),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_record_is_named_and_other_groups_load() {
    let scratch = Scratch::new("damage");
    let (alice, bob) = (Party::open(&scratch.file("alice.db")), Party::open(&scratch.file("bob.db")));
    let (mut at_alice, _) = pair(&alice, &bob);
    // There are ratchets from the first message on.
    at_alice.send(b"first").unwrap();
    let damaged = at_alice.id().clone();
    let other = alice.client.create_group(&alice.identity_again("alice")).unwrap().id().clone();
    drop(at_alice);
    let of_damaged = "(SELECT id FROM mls_groups WHERE epoch = 1)";
    // One bit, in each kind of record in turn.
    for (table, record) in
        [("mls_headers", RecordKey::Group(damaged.clone())), ("mls_status", RecordKey::Status(damaged.clone()))]
    {
        sql(&alice, &format!("CREATE TABLE kept AS SELECT value FROM {table} WHERE group_ref = {of_damaged}"));
        sql(
            &alice,
            &format!(
                "UPDATE {table} SET value = CAST(substr(value, 1, 10) || x'77' || substr(value, 12) AS BLOB)
                 WHERE group_ref = {of_damaged}"
            ),
        );
        let error = alice.client.load_group(&damaged).unwrap_err();
        let LoadError::Driver(DriverError::Storage(error)) = error else { panic!("{error:?}") };
        assert_eq!((error.kind(), error.record()), (StorageErrorKind::Corrupt, Some(&record)));
        assert!(error.to_string().contains("record"), "{error}");
        assert_eq!(alice.client.load_group(&other).unwrap().epoch(), 0);
        assert_eq!(alice.store.groups().unwrap().len(), 2);
        sql(
            &alice,
            &format!(
                "UPDATE {table} SET value = (SELECT value FROM kept) WHERE group_ref = {of_damaged};
                 DROP TABLE kept"
            ),
        );
    }
    // The ratchets have changed places, each with its own checksum.
    let swapped = "UPDATE mls_ratchets SET kind = -kind; UPDATE mls_ratchets SET kind = 3 + kind";
    sql(&alice, swapped);
    let mut group = alice.client.load_group(&damaged).unwrap();
    let error = group.send(b"no").unwrap_err();
    let SendError::Driver(DriverError::Storage(error)) = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), StorageErrorKind::Corrupt);
    assert!(matches!(error.record(), Some(RecordKey::Ratchet(id, ..)) if *id == damaged), "{error}");
    sql(&alice, swapped);
    assert!(group.send(b"yes").is_ok());
    assert!(alice.client.load_group(&other).unwrap().send(b"yes").is_ok());
    // Whoever wants to be rid of it can be.
    assert!(alice.store.delete_group(&damaged).unwrap());
    assert_eq!(alice.client.groups().unwrap(), [other]);
}

/// One octet of a record, in each kind in turn: reading and scanning name it, and what does not look at it goes on.
#[test]
fn damage_in_each_kind_of_record_is_found_and_named() {
    let scratch = Scratch::new("kinds");
    let (alice, bob) = (Party::open(&scratch.file("alice.db")), Party::open(&scratch.file("bob.db")));
    let (mut at_alice, mut at_bob) = pair(&alice, &bob);
    let id = at_alice.id().clone();
    // Something of every kind: a past epoch, a skipped key, a proposal, a pending commit.
    for _ in 0..2 {
        let texts = [at_bob.send(b"1").unwrap().message, at_bob.send(b"2").unwrap().message];
        at_alice.receive(&texts[1]).unwrap();
        let commit = at_bob.update().unwrap();
        at_bob.accept_commit().unwrap();
        at_alice.receive(&commit.message).unwrap();
    }
    // A third member, of whom nothing is heard: the way down to her leaf is kept.
    let carol = Party::over(SqliteStorage::open_in_memory(&SqliteOptions::default()).unwrap());
    let commit = at_bob.add(&[carol.client.key_package(&carol.identity("carol")).unwrap().message]).unwrap();
    at_bob.accept_commit().unwrap();
    at_alice.receive(&commit.message).unwrap();
    at_alice.receive(&at_bob.send(b"first").unwrap().message).unwrap();
    let proposal = at_bob.propose(&Proposing::Remove(at_alice.own_leaf())).unwrap().message;
    at_alice.receive(&proposal).unwrap();
    drop(at_alice.update().unwrap());
    let info = {
        let mut other = bob.client.create_group(&bob.identity_again("bob")).unwrap();
        other.group_info(GroupInfoOptions { external_pub: true, ratchet_tree: true }).unwrap()
    };
    let alices = alice.identity_again("alice");
    drop(alice.client.join_external(&alices, &info, None).unwrap());
    drop(alice.client.key_package(&alices).unwrap());
    let value = PskValue::from_bytes(SecretBytes::from_slice(&[5; 32]));
    alice.client.store_psk(b"psk", &value).unwrap();
    let branch = SuccessorKind::Branch { group_id: None, extensions: Extensions::new() };
    let bobs = bob.client.key_package(&bob.identity_again("bob")).unwrap().key_package;
    let plan = SuccessorPlan::new(branch, alice.client.leaf(&alices), vec![bobs]);
    drop(at_alice.create_successor(&plan).unwrap());
    let other = alice.client.create_group(&alices).unwrap();
    drop((at_alice, other));

    let prefixes = [
        RecordPrefix::Group(id.clone()),
        RecordPrefix::ExternalJoins,
        RecordPrefix::Successors,
        RecordPrefix::KeyPackages,
        RecordPrefix::Signers,
        RecordPrefix::Psks,
    ];
    let mut kinds = Vec::new();
    for prefix in &prefixes {
        for (key, value) in alice.store.scan(prefix).unwrap() {
            if kinds.contains(&core::mem::discriminant(&key)) {
                continue;
            }
            kinds.push(core::mem::discriminant(&key));
            let table = damage(&alice, value.as_bytes());
            let whole = |error: StorageError| {
                assert_eq!((error.kind(), error.record()), (StorageErrorKind::Corrupt, Some(&key)), "{table}");
                assert!(error.to_string().contains("record"), "{error}");
            };
            whole(alice.store.read(core::slice::from_ref(&key)).unwrap_err());
            whole(alice.store.scan(prefix).unwrap_err());
            // Everything else is there; what is not asked about the damaged row does not see it.
            let others: Vec<_> = alice.store.groups().unwrap().into_iter().filter(|group| group.id != id).collect();
            assert_eq!(others.len(), 1);
            drop(alice.client.load_group(&others[0].id).unwrap());
            let restored = format!(
                "UPDATE {table} SET value = (SELECT value FROM kept) WHERE value = (SELECT damaged FROM kept);
                 DROP TABLE kept"
            );
            sql(&alice, &restored);
        }
    }
    // One for each table of records.
    assert_eq!(kinds.len(), record_tables(&alice).len());
    let whole = prefixes.iter().map(|prefix| alice.store.scan(prefix).unwrap().len()).sum::<usize>();
    assert!(whole > kinds.len());
}

/// A client begins without a signer that is damaged: other groups have theirs, and its own can still be read in.
#[test]
fn a_damaged_signer_holds_up_nobody_else() {
    let scratch = Scratch::new("signer");
    let path = scratch.file("alice.db");
    let (alice, bob) = (Party::open(&path), Party::open(&scratch.file("bob.db")));
    let (at_alice, mut at_bob) = pair(&alice, &bob);
    let (id, signer) = (at_alice.id().clone(), alice.client.signers().remove(0));
    let other = alice.client.create_group(&alice.identity("other")).unwrap().id().clone();
    let key = RecordKey::Signer(signer);
    let record = alice.store.read(core::slice::from_ref(&key)).unwrap().remove(0).unwrap();
    damage(&alice, record.as_bytes());
    drop((at_alice, alice));

    let alice = Party::open(&path);
    alice.client.load_group(&other).unwrap().send(b"yes").unwrap();
    let mut at_alice = alice.client.load_group(&id).unwrap();
    let error = at_alice.send(b"no").unwrap_err();
    let SendError::Driver(DriverError::Storage(error)) = error else { panic!("{error:?}") };
    assert_eq!((error.kind(), error.record()), (StorageErrorKind::Corrupt, Some(&key)));
    let message = at_bob.send(b"hello").unwrap().message;
    assert_eq!(crate::common::text(at_alice.receive(&message).unwrap()), b"hello");
    sql(&alice, "UPDATE mls_signers SET value = (SELECT value FROM kept) WHERE value = (SELECT damaged FROM kept)");
    assert_talk(&mut at_alice, &mut at_bob);
}

fn record_tables(party: &Party) -> Vec<String> {
    let tables = party.store.app_transaction(|transaction| {
        let query = "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
                     WHERE m.type = 'table' AND m.name LIKE 'mls%' AND c.name = 'sum'";
        let mut statement = transaction.prepare(query).unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        Ok::<_, StorageError>(names)
    });
    tables.unwrap()
}

/// Flips the last octet of the record with this value; which table it stands in.
fn damage(party: &Party, value: &[u8]) -> String {
    let mut damaged = value.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    for table in record_tables(party) {
        let done = party.store.app_transaction(|transaction| {
            let update = format!("UPDATE {table} SET value = ?2 WHERE value = ?1");
            let rows = transaction.execute(&update, [value, &damaged]).unwrap();
            if rows > 0 {
                transaction
                    .execute("CREATE TABLE kept AS SELECT ?1 AS value, ?2 AS damaged", [value, &damaged])
                    .unwrap();
            }
            Ok::<_, StorageError>(rows)
        });
        match done.unwrap() {
            0 => {}
            // An empty index is like another; the first that is met is named.
            _ => return table,
        }
    }
    panic!("no such row")
}

#[test]
fn a_file_of_somebody_else_is_refused_and_left_alone() {
    let scratch = Scratch::new("foreign");
    let path = scratch.file("text");
    let content = vec![b'#'; 5000];
    fs::write(&path, &content).unwrap();
    assert!(matches!(SqliteStorage::open(&path, &SqliteOptions::default()), Err(OpenError::NotADatabase)));
    assert_eq!(fs::read(&path).unwrap(), content);
    let nowhere = scratch.file("nowhere").join("alice.db");
    assert!(matches!(SqliteStorage::open(nowhere, &SqliteOptions::default()), Err(OpenError::Storage(_))));
}

#[test]
fn a_damaged_page_is_an_error_and_no_crash() {
    let scratch = Scratch::new("page");
    let path = scratch.file("alice.db");
    let alice = Party::open(&path);
    let id = alice.client.create_group(&alice.identity("alice")).unwrap().id().clone();
    drop(alice);
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    for page in 1..whole.len() / 4096 {
        let mut damaged = whole.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0xa5);
        fs::write(&path, &damaged).unwrap();
        let Ok(store) = SqliteStorage::open(&path, &SqliteOptions::default()) else {
            refused += 1;
            continue;
        };
        let read = store.scan(&RecordPrefix::Group(id.clone()));
        if let Err(error) = read {
            assert_eq!(error.kind(), StorageErrorKind::Corrupt, "{error:?}");
            refused += 1;
        }
    }
    println!("{refused} of {} damaged pages were noticed on opening or reading a group", whole.len() / 4096 - 1);
    assert!(refused > 0);
}

#[test]
fn a_lock_that_is_held_for_long_is_busy() {
    let scratch = Scratch::new("busy");
    let path = scratch.file("alice.db");
    let options = SqliteOptions::default().busy_timeout(core::time::Duration::from_millis(1));
    let alice = Party::over(SqliteStorage::open(&path, &options).unwrap());
    let mut group = alice.client.create_group(&alice.identity("alice")).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(kind(group.send(b"no").unwrap_err()), StorageErrorKind::Busy);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(group.send(b"yes").unwrap().generation, 0);
}
