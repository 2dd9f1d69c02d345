//! An application that keeps its own tables in the same database.

use mls_client::Storage;
use mls_core::record::{Precondition, RecordKey};
use mls_core::storage::conformance::TestDelta;
use mls_core::storage::{AppWrites, StorageError, StorageErrorKind};
use mls_storage_sqlite::rusqlite::Connection;
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

use crate::common::Scratch;

fn key() -> RecordKey {
    RecordKey::Psk(b"psk".to_vec())
}

fn count(store: &SqliteStorage) -> i64 {
    store
        .app_transaction(|transaction| {
            Ok::<_, StorageError>(transaction.query_row("SELECT count(*) FROM inbox", [], |row| row.get(0)).unwrap())
        })
        .unwrap()
}

#[test]
fn rows_are_written_with_the_delta_or_not_at_all() {
    let scratch = Scratch::new("application");
    let path = scratch.file("app.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE inbox (text TEXT NOT NULL UNIQUE)").unwrap();
    let store = SqliteStorage::with_connection_factory(|| Ok(connection), &SqliteOptions::default()).unwrap();

    let delta = TestDelta::new().put(key(), b"value").build().unwrap();
    let rows = || {
        SqliteStorage::rows(|connection| {
            connection.execute("INSERT INTO inbox VALUES ('hello')", [])?;
            Ok(())
        })
    };
    drop(store.commit_with(&delta, rows()).unwrap());
    assert_eq!(count(&store), 1);
    assert!(store.read(&[key()]).unwrap()[0].is_some());

    // The application's own failure takes the delta with it, and says what it was.
    let delta = TestDelta::new().delete(key()).build().unwrap();
    let error = store.commit_with(&delta, rows()).unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Application);
    assert!(core::error::Error::source(&error).unwrap().to_string().contains("UNIQUE"));
    assert!(store.read(&[key()]).unwrap()[0].is_some());

    // A delta that cannot be written takes the rows with it.
    let conflict = Precondition::Absent(key());
    let delta = TestDelta::new().require(conflict).put(key(), b"other").build().unwrap();
    let more = SqliteStorage::rows(|connection| {
        connection.execute("INSERT INTO inbox VALUES ('more')", [])?;
        Ok(())
    });
    assert_eq!(store.commit_with(&delta, more).unwrap_err().kind(), StorageErrorKind::Conflict);
    assert_eq!(count(&store), 1);

    // The store's own failure in the application's hands stays what it is.
    let delta = TestDelta::new().build().unwrap();
    let busy = AppWrites::new(|_| Err(Box::new(StorageError::new(StorageErrorKind::Busy))));
    assert_eq!(store.commit_with(&delta, busy).unwrap_err().kind(), StorageErrorKind::Busy);
}

#[test]
fn the_key_value_space_is_in_the_transaction() {
    let store = SqliteStorage::open_in_memory(&SqliteOptions::default()).unwrap();
    store.app_put(b"count", b"1").unwrap();
    let delta = TestDelta::new().put(key(), b"value").build().unwrap();
    let writes = AppWrites::new(|app| {
        assert_eq!(app.get(b"count")?.unwrap().as_bytes(), b"1");
        app.put(b"count", b"2")?;
        app.put(b"gone", b"")?;
        app.delete(b"gone")?;
        Ok(())
    });
    drop(store.commit_with(&delta, writes).unwrap());
    assert_eq!(store.app_get(b"count").unwrap().unwrap().as_bytes(), b"2");
    assert_eq!(store.app_list(b"").unwrap(), [b"count".to_vec()]);
    assert!(store.app_delete(b"count").unwrap());
    assert!(!store.app_delete(b"count").unwrap());
}

#[test]
fn keys_are_listed_by_their_beginning() {
    let store = SqliteStorage::open_in_memory(&SqliteOptions::default()).unwrap();
    for key in [&b"a"[..], b"ab", b"abc", b"b", b"\xff", b"\xff\xff", b""] {
        store.app_put(key, b"").unwrap();
    }
    assert_eq!(store.app_list(b"ab").unwrap(), [b"ab".to_vec(), b"abc".to_vec()]);
    assert_eq!(store.app_list(b"\xff").unwrap().len(), 2);
    assert_eq!(store.app_list(b"").unwrap().len(), 7);
}

#[test]
fn every_connection_has_the_settings() {
    let scratch = Scratch::new("settings");
    let path = scratch.file("alice.db");
    let own = SqliteStorage::open(&path, &SqliteOptions::default()).unwrap();
    let of_the_application =
        SqliteStorage::with_connection_factory(|| Connection::open(&path), &SqliteOptions::default()).unwrap();
    for store in [own, of_the_application] {
        let settings = store.app_transaction(|transaction| {
            let number = |name: &str| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
            let names = ["synchronous", "foreign_keys", "secure_delete", "temp_store", "busy_timeout"];
            let mode = transaction.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0)).unwrap();
            Ok::<_, StorageError>((names.map(number), mode))
        });
        // FULL, on, on, memory, five seconds.
        assert_eq!(settings.unwrap(), ([2, 1, 1, 2, 5000], "wal".to_owned()));
    }
}
