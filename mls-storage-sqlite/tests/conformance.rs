//! The suite that every store runs.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

mod common;

use std::path::PathBuf;

use common::Scratch;
use mls_core::storage::Storage;
use mls_core::storage::conformance::{self, StoreFactory};
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

struct Files {
    dir: Scratch,
    made: u32,
}

impl Files {
    fn path(&self) -> PathBuf {
        self.dir.file(&format!("{}.db", self.made))
    }

    fn open(&self) -> Box<dyn Storage> {
        Box::new(SqliteStorage::open(self.path(), &SqliteOptions::default()).unwrap())
    }
}

impl StoreFactory for Files {
    fn create(&mut self) -> Box<dyn Storage> {
        self.made += 1;
        self.open()
    }

    fn reopen(&mut self) -> Option<Box<dyn Storage>> {
        Some(self.open())
    }

    fn open_beside(&mut self) -> Option<Box<dyn Storage>> {
        Some(self.open())
    }
}

#[test]
fn files_conform() {
    let report = conformance::run(&mut Files { dir: Scratch::new("conformance"), made: 0 });
    report.assert_ok();
    assert!(report.skipped().is_empty());
}

#[test]
fn a_database_in_memory_conforms() {
    let mut open =
        || -> Box<dyn Storage> { Box::new(SqliteStorage::open_in_memory(&SqliteOptions::default()).unwrap()) };
    conformance::run(&mut open).assert_ok();
}
