#![allow(clippy::unwrap_used, reason = "tests")]

use rusqlite::Connection;

use super::{MIGRATIONS, migrate, version};
use crate::error::OpenError;

const NEXT: &str = "CREATE TABLE mls_more (x INTEGER) STRICT;";

#[test]
fn an_empty_database_gets_the_newest_tables() {
    let mut connection = Connection::open_in_memory().unwrap();
    assert_eq!(version(&connection).unwrap(), 0);
    migrate(&mut connection, MIGRATIONS).unwrap();
    assert_eq!(version(&connection).unwrap(), 1);
    migrate(&mut connection, MIGRATIONS).unwrap();
    assert_eq!(version(&connection).unwrap(), 1);
}

#[test]
fn an_older_database_is_brought_up_and_keeps_its_rows() {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, MIGRATIONS).unwrap();
    connection.execute("INSERT INTO mls_app VALUES (x'01', x'02')", []).unwrap();
    let newer = [MIGRATIONS, &[NEXT, "ALTER TABLE mls_more ADD COLUMN y INTEGER;"]].concat();
    migrate(&mut connection, &newer).unwrap();
    assert_eq!(version(&connection).unwrap(), 3);
    connection.execute("INSERT INTO mls_more VALUES (1, 2)", []).unwrap();
    let kept: Vec<u8> = connection.query_row("SELECT value FROM mls_app", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, [2]);
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, &[MIGRATIONS, &[NEXT]].concat()).unwrap();
    let refused = migrate(&mut connection, MIGRATIONS).unwrap_err();
    assert!(matches!(refused, OpenError::NewerSchema { found: 2, known: 1 }), "{refused:?}");
    assert_eq!(version(&connection).unwrap(), 2);
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, MIGRATIONS).unwrap();
    assert!(migrate(&mut connection, &[MIGRATIONS, &[NEXT, "nonsense"]].concat()).is_err());
    assert_eq!(version(&connection).unwrap(), 1);
    assert!(connection.execute("INSERT INTO mls_more VALUES (1)", []).is_err());
}

#[test]
fn the_version_of_the_file_is_the_applications() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "user_version", 77).unwrap();
    migrate(&mut connection, MIGRATIONS).unwrap();
    let kept: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(kept, 77);
}
