//! Cases that every store has to pass before it is used.
//!
//! [`run`] asks a [`StoreFactory`] for empty stores and takes them through what [`Storage`] promises: reads in order,
//! sets that are exact and sorted, batches that are whole, preconditions, values of any size, names of any shape, two
//! writers at once, what is there after closing and opening again, and what an application writes with a delta, where
//! the store offers that. [`FaultyStorage`] breaks any store, to test what drives it.
//!
//! ```
//! use mls_core::storage::Storage;
//! use mls_core::storage::conformance;
//!
//! fn check(new_store: impl Fn() -> Box<dyn Storage>) {
//!     let report = conformance::run(&mut || new_store());
//!     println!("{report}");
//!     report.assert_ok();
//! }
//! ```
//!
//! What it cannot see is yours to test: that a commit survives a loss of power, and that what is deleted is gone from
//! the medium.

extern crate std;

use alloc::boxed::Box;

use super::Storage;

mod app;
mod batches;
mod faulty;
mod keys;
mod preconditions;
mod races;
mod reopening;
mod report;
mod sets;
mod test_delta;
mod wrong;

pub use faulty::{Breakdown, FaultyStorage};
pub use report::{Failure, Report};
pub use test_delta::TestDelta;

use keys::Names;
use wrong::Wrong;

/// Where the stores under test come from.
///
/// A closure that makes empty stores is one; the cases that take more are skipped then.
pub trait StoreFactory {
    /// A new and empty store.
    fn create(&mut self) -> Box<dyn Storage>;

    /// Opens again what the last [`create`](Self::create) made and which nobody has open any more; `None` where
    /// nothing outlives the store.
    fn reopen(&mut self) -> Option<Box<dyn Storage>> {
        None
    }

    /// Opens a second time what the last [`create`](Self::create) made and which is still open, as another process
    /// would; `None` where that cannot be.
    fn open_beside(&mut self) -> Option<Box<dyn Storage>> {
        None
    }
}

impl<F: FnMut() -> Box<dyn Storage>> StoreFactory for F {
    fn create(&mut self) -> Box<dyn Storage> {
        self()
    }
}

type Case = (&'static str, fn(&dyn Storage, &Names) -> Result<(), Wrong>);
type Shared = (&'static str, fn(Box<dyn Storage>, &mut dyn StoreFactory, &Names) -> Option<Result<(), Wrong>>);

const CASES: &[Case] = &[
    ("an empty store has no record", batches::empty_store),
    ("records are read in the order asked for, absent ones and repeated ones too", batches::read_order),
    ("every name has its own record", batches::own_records),
    ("a record is replaced, by longer and shorter ones", batches::replaced),
    ("a record of no byte is not an absent one", batches::empty_value),
    ("a record of a mebibyte and every octet comes back", batches::large_value),
    ("a deletion takes one record, and none where there is none", batches::deleted),
    ("an empty delta is committed", batches::empty_delta),
    ("a commit proves that its own delta is stored", batches::proof),
    ("a set is exact and in order", sets::scanned),
    ("a deletion by prefix takes exactly the set", sets::deleted),
    ("deletions by prefix stand before other writes", sets::prefix_first),
    ("several prefixes are deleted in one delta", sets::several_prefixes),
    ("preconditions that hold let the writes through", preconditions::held),
    ("a precondition that does not hold is a conflict at its record, and nothing is written", preconditions::unmet),
    ("one unmet precondition among others stops every write", preconditions::last_unmet),
    ("preconditions are about what was there before the delta", preconditions::before_writes),
    ("of two that compare and swap, one wins", races::compare_and_swap),
    ("records are read at one point in time", races::whole_reads),
    ("a set is read at one point in time", races::whole_scans),
];

const SHARED_CASES: &[Shared] = &[
    ("what was committed is there after opening again", reopening::survives),
    ("what was deleted is not there after opening again", reopening::stays_deleted),
    ("a second handle sees what the first commits", reopening::seen_beside),
    ("of two handles that compare and swap, one wins", reopening::swapped_beside),
    ("what an application cannot write with a delta keeps the delta away, too", app::unsupported),
    ("what an application writes is stored with the delta, and apart from the records", app::stored),
    ("an application sees its own writes", app::own_writes),
    ("an error of the application and a conflict keep all away", app::refused),
    ("what an application wrote is there after opening again", app::survives),
];

/// Runs every case, each on a store of its own.
#[must_use]
pub fn run(factory: &mut dyn StoreFactory) -> Report {
    let mut report = Report::default();
    let names = Names::all();
    for (case, test) in CASES {
        report.take(case, Some(test(factory.create().as_ref(), &names)));
    }
    for (case, test) in SHARED_CASES {
        let store = factory.create();
        report.take(case, test(store, factory, &names));
    }
    report
}
