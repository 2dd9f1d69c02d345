//! Opening and closing a database, broken at each write: new tables, an application's own database, what a crash left
//! in the log, and what is copied back at the end.

use mls_storage_sqlite::rusqlite::{Connection, ffi};
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

use crate::disk::{Chance, Disk, Fault};
use crate::vfs::{DATABASE, Volume};
use crate::world::{Mounted, Setup, World};

const SEEDS: u64 = 8;

fn store(volume: &Volume) -> Result<SqliteStorage, mls_storage_sqlite::OpenError> {
    SqliteStorage::with_connection_factory(|| volume.connect(), &SqliteOptions::default())
}

/// How many writes opening takes.
fn writes(disk: &Disk) -> u64 {
    let volume = Volume::new(disk.clone());
    let start = volume.disk().operations;
    let opened = store(&volume).unwrap();
    let writes = volume.disk().operations - start;
    drop(opened);
    volume.unmount();
    writes
}

/// Breaks opening at each write; afterwards it is opened, and `check` looks at it.
fn broken(name: &str, disk: &Disk, check: impl Fn(&Mounted)) {
    let writes = writes(disk);
    let mut faults = 0;
    let mut again = |volume: Volume, chance: u64| {
        faults += 1;
        let mut disk = volume.unmount();
        disk.restart(&mut Chance(chance));
        let mounted = Mounted::open(disk, Setup::new(1)).unwrap();
        check(&mounted);
        drop(mounted.unmount());
    };
    for at in 1..=writes {
        for seed in 0..SEEDS {
            let volume = Volume::new(disk.clone());
            volume.disk().arm(at, Fault::Cut);
            drop(store(&volume));
            volume.disk().cut();
            again(volume, seed ^ (at << 32));
        }
        for fault in [Fault::Fail(ffi::SQLITE_IOERR_WRITE), Fault::Full] {
            let volume = Volume::new(disk.clone());
            volume.disk().arm(at, fault);
            drop(store(&volume));
            assert!(volume.disk().disarm());
            // The same process tries again.
            drop(store(&volume).unwrap());
            again(volume, at);
        }
    }
    println!("{name}: {writes} writes, {faults} faults");
    assert!(faults >= 10 * writes && writes > 0);
}

/// A database of an application, without a write-ahead log.
fn of_an_application() -> Disk {
    let volume = Volume::new(Disk::default());
    let connection = volume.connect().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE notes (text TEXT NOT NULL);
             INSERT INTO notes VALUES ('kept'), ('too');
             PRAGMA user_version = 7;",
        )
        .unwrap();
    drop(connection);
    // Long ago, so that nothing of it is in the air.
    let bytes = volume.unmount().bytes(DATABASE).unwrap().to_vec();
    let mut disk = Disk::default();
    disk.replace(DATABASE, bytes);
    disk
}

fn notes(connection: &Connection) -> (i64, u32) {
    let rows = connection.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)).unwrap();
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    (rows, version)
}

#[test]
fn new_tables() {
    let fresh = Mounted::open(Disk::default(), Setup::new(1)).unwrap();
    let tables = fresh.dump();
    drop(fresh.unmount());
    broken("an empty disk", &Disk::default(), |mounted| assert_eq!(mounted.dump(), tables));
    broken("an application's database", &of_an_application(), |mounted| {
        assert_eq!(mounted.dump(), tables);
        let kept =
            mounted.store.app_transaction(|transaction| Ok::<_, mls_core::storage::StorageError>(notes(transaction)));
        assert_eq!(kept.unwrap(), (2, 7));
    });
}

#[test]
fn what_a_crash_left() {
    let world = World::new();
    let mounted = Mounted::open(world.alice, Setup::new(2)).unwrap();
    let commit = mounted.group().update().unwrap().message;
    let after = mounted.dump();
    mounted.volume.disk().cut();
    let mut disk = mounted.unmount();
    disk.restart(&mut Chance(3));
    broken("a log with a commit in it", &disk, |mounted| {
        assert_eq!(mounted.dump(), after);
        assert_eq!(mounted.group().pending_commit().unwrap().unwrap().message, commit);
    });
}

#[test]
fn closing() {
    let world = World::new();
    let sent = |disk: &Disk| {
        let mounted = Mounted::open(disk.clone(), Setup::new(2)).unwrap();
        drop(mounted.group().send(b"sent").unwrap());
        mounted
    };
    let mounted = sent(&world.alice);
    let (after, start, volume) = (mounted.dump(), mounted.volume.disk().operations, mounted.volume.clone());
    drop(mounted);
    let writes = volume.disk().operations - start;
    volume.unmount();
    let mut faults = 0;
    for at in 1..=writes {
        for (seed, fault) in
            (0..SEEDS).map(|seed| (seed, Fault::Cut)).chain([(0, Fault::Fail(ffi::SQLITE_IOERR_WRITE))])
        {
            faults += 1;
            let mounted = sent(&world.alice);
            mounted.volume.disk().arm(at, fault);
            let mut disk = mounted.unmount();
            disk.restart(&mut Chance(seed ^ (at << 32)));
            let mounted = Mounted::open(disk, Setup::new(3)).unwrap();
            assert_eq!(mounted.dump(), after);
            drop(mounted.unmount());
        }
    }
    println!("closing: {writes} writes, {faults} faults");
    assert!(writes > 0);
}
