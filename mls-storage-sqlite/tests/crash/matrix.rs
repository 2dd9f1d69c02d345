//! One operation, broken at each of its writes.

use core::panic::AssertUnwindSafe;
use std::panic::{catch_unwind, resume_unwind};

use mls_storage_sqlite::rusqlite::ffi;

use crate::disk::{Chance, Disk, Fault};
use crate::world::{Mounted, Setup};

/// How often each cut is tried, with another part of what was not durable lost.
const SEEDS: u64 = 5;

/// What an operation puts out.
pub type Out = Vec<u8>;

/// Which state a database is in after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Before,
    After,
}

/// An operation, and what must hold after it was broken.
pub struct Case<'a> {
    pub name: &'static str,
    pub disk: &'a Disk,
    /// How the database is opened to run it.
    pub setup: Setup,
    pub run: &'a dyn Fn(&Mounted) -> Result<Out, String>,
    /// Looks at the database that was opened again. What the operation puts out is as in a run that nothing breaks;
    /// whether it left the operation is said beside.
    pub check: &'a dyn Fn(&Mounted, State, &Out, bool),
}

/// How many faults there were.
#[derive(Debug, Default)]
pub struct Tally {
    pub cuts: u64,
    pub failures: u64,
    pub before: u64,
    pub after: u64,
}

struct Dry {
    before: String,
    after: String,
    out: Out,
    operations: u64,
}

impl Case<'_> {
    /// Breaks the operation in every way.
    pub fn run(&self, tally: &mut Tally) {
        for erase_after in [64, 1] {
            let setup = Setup { erase_after, ..self.setup };
            let dry = self.dry(setup);
            let (cuts, failures) = (tally.cuts, tally.failures);
            for at in 1..=dry.operations + 1 {
                for seed in 0..SEEDS {
                    self.named(&format!("cut at {at} of {}, seed {seed}", dry.operations), || {
                        self.cut(setup, &dry, at, seed, tally);
                    });
                }
            }
            for at in 1..=dry.operations {
                for fault in [Fault::Fail(ffi::SQLITE_IOERR_WRITE), Fault::Fail(ffi::SQLITE_FULL), Fault::Full] {
                    self.named(&format!("{fault:?} at {at} of {}", dry.operations), || {
                        self.fail(setup, &dry, at, fault, tally);
                    });
                }
            }
            println!(
                "{:<32}{:>4} writes, {:>4} cuts, {:>4} failures",
                self.name,
                dry.operations,
                tally.cuts - cuts,
                tally.failures - failures
            );
        }
    }

    /// Says where a check failed.
    fn named(&self, fault: &str, work: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            eprintln!("{}: {fault}", self.name);
            resume_unwind(panic);
        }
    }

    fn open(disk: &Disk, setup: Setup) -> Mounted {
        Mounted::open(disk.clone(), setup).unwrap()
    }

    fn dry(&self, setup: Setup) -> Dry {
        let mounted = Self::open(self.disk, setup);
        let before = mounted.dump();
        let start = mounted.volume.disk().operations;
        let out = (self.run)(&mounted).unwrap();
        let operations = mounted.volume.disk().operations - start;
        let after = mounted.dump();
        assert!(operations > 0, "{}: nothing is written", self.name);
        assert_eq!(*mounted.inbox.lock().unwrap(), None);
        drop(mounted.unmount());
        Dry { before, after, out, operations }
    }

    /// Opens what is left on a disk; in which state it is.
    fn reopen(disk: Disk, dry: &Dry) -> (Mounted, State) {
        let mounted = Mounted::open(disk, Setup::new(78)).unwrap();
        let found = mounted.dump();
        let state = if found == dry.after { State::After } else { State::Before };
        assert!(state == State::After || found == dry.before, "neither before nor after:\n{found}");
        (mounted, state)
    }

    fn cut(&self, setup: Setup, dry: &Dry, at: u64, seed: u64, tally: &mut Tally) {
        tally.cuts += 1;
        let mounted = Self::open(self.disk, setup);
        mounted.volume.disk().arm(at, Fault::Cut);
        let result = (self.run)(&mounted);
        mounted.volume.disk().cut();
        let mut disk = mounted.unmount();
        disk.restart(&mut Chance(seed ^ (at << 32)));
        let (mounted, state) = Self::reopen(disk, dry);
        match state {
            State::Before => tally.before += 1,
            State::After => tally.after += 1,
        }
        if let Ok(out) = &result {
            assert_eq!(state, State::After, "done, and undone by the cut");
            assert_eq!(*out, dry.out);
        }
        assert!(result.is_ok() || at <= dry.operations);
        (self.check)(&mounted, state, &dry.out, result.is_ok());
        drop(mounted.unmount());
    }

    fn fail(&self, setup: Setup, dry: &Dry, at: u64, fault: Fault, tally: &mut Tally) {
        tally.failures += 1;
        let mounted = Self::open(self.disk, setup);
        mounted.volume.disk().arm(at, fault);
        let result = (self.run)(&mounted);
        assert!(mounted.volume.disk().disarm(), "the fault did not happen");
        let found = mounted.dump();
        let mut again = result.is_ok();
        match &result {
            Ok(out) => {
                assert_eq!(found, dry.after);
                assert_eq!(*out, dry.out);
            }
            // An error has changed nothing, and the same can be done again.
            Err(_) => {
                assert_eq!(found, dry.before);
                again = (self.run)(&mounted).is_ok();
            }
        }
        assert!(again, "it cannot be done again after {result:?}");
        let mut disk = mounted.unmount();
        disk.restart(&mut Chance(at));
        let mounted = Mounted::open(disk, Setup::new(79)).unwrap();
        let found = mounted.dump();
        // A second run draws other random numbers.
        assert!(result.is_err() || found == dry.after);
        assert_ne!(found, dry.before);
        drop(mounted.unmount());
    }
}
