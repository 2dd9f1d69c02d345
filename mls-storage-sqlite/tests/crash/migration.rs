//! An older database is brought up to newer tables, broken at each write.

use mls_storage_sqlite::rusqlite::{Connection, ffi};

use crate::disk::{Chance, Disk, Fault};
use crate::vfs::Volume;
use crate::world::{Mounted, Setup, World};

#[path = "../../src/schema.rs"]
mod schema;

const SEEDS: u64 = 8;

/// Newer tables: a column more, rows that are rewritten and rows that move.
const NEWER: [&str; 2] = [
    "ALTER TABLE mls_app ADD COLUMN added INTEGER NOT NULL DEFAULT 7;
     UPDATE mls_tree_nodes SET value = value || x'00', sum = sum + 1;",
    "CREATE TABLE mls_moved AS SELECT * FROM mls_path_keys;
     DROP TABLE mls_path_keys;",
];

fn migrate(connection: &mut Connection) -> Result<(), mls_storage_sqlite::OpenError> {
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")?;
    schema::migrate(connection, &[schema::MIGRATIONS, &NEWER[..]].concat())
}

/// The version and everything that stands in the tables.
fn look(connection: &Connection) -> (u32, String) {
    (schema::version(connection).unwrap(), crate::world::dump(connection))
}

#[test]
fn migrating() {
    let world = World::new();
    let volume = Volume::new(world.alice.clone());
    let mut connection = volume.connect().unwrap();
    let before = look(&connection);
    let start = volume.disk().operations;
    migrate(&mut connection).unwrap();
    let writes = volume.disk().operations - start;
    let after = look(&connection);
    assert_eq!((before.0, after.0), (1, 3));
    assert_ne!(before.1, after.1);
    drop(connection);
    // An older library refuses what the newer one wrote.
    let refused = Mounted::open(volume.unmount(), Setup::new(1)).err();
    assert!(matches!(refused, Some(mls_storage_sqlite::OpenError::NewerSchema { found: 3, known: 1 })), "{refused:?}");
    let (mut faults, mut old, mut new) = (0_u64, 0_u64, 0_u64);
    let mut broken = |disk: &Disk, at: u64, fault: Fault, seed: u64| {
        faults += 1;
        let volume = Volume::new(disk.clone());
        let mut connection = volume.connect().unwrap();
        volume.disk().arm(at, fault);
        let done = migrate(&mut connection);
        if matches!(fault, Fault::Cut) {
            volume.disk().cut();
        } else {
            volume.disk().disarm();
        }
        drop(connection);
        let mut disk = volume.unmount();
        disk.restart(&mut Chance(seed ^ (at << 32)));
        let volume = Volume::new(disk);
        let mut connection = volume.connect().unwrap();
        let found = look(&connection);
        assert!(found == before || found == after, "{at}, {seed}: neither before nor after");
        assert!(done.is_err() || found == after, "{at}, {seed}: done, and undone");
        if found == before {
            old += 1;
        } else {
            new += 1;
        }
        migrate(&mut connection).unwrap();
        assert_eq!(look(&connection), after);
        drop(connection);
        volume.unmount();
    };
    for at in 1..=writes + 1 {
        for seed in 0..SEEDS {
            broken(&world.alice, at, Fault::Cut, seed);
        }
        if at <= writes {
            for fault in [Fault::Fail(ffi::SQLITE_IOERR_WRITE), Fault::Fail(ffi::SQLITE_FULL), Fault::Full] {
                broken(&world.alice, at, fault, 0);
            }
        }
    }
    println!("migrating: {writes} writes, {faults} faults ({old} before, {new} after)");
    assert!(old > 0 && new > 0);
}
