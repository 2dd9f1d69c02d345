//! A disk in memory that fails and loses power.
//!
//! A write is durable once its file was synced. Until then a loss of power drops any subset of the sectors written and
//! of the truncations, creations and deletions, and tears the sector that was written last.

use std::collections::BTreeMap;

use mls_storage_sqlite::rusqlite::ffi;

/// What is written as a whole or not at all, but for the last one.
pub const SECTOR: usize = 512;

/// What goes wrong at one operation that changes the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power goes.
    Cut,
    /// The operation fails with a code of SQLite, half done where it is a write; the next ones succeed.
    Fail(i32),
    /// No space is left from now on.
    Full,
}

/// One change that is not durable yet.
#[derive(Clone)]
enum Change {
    Create,
    Write(usize, Vec<u8>),
    Truncate(usize),
    Delete,
}

#[derive(Clone, Default)]
struct File {
    durable: Option<Vec<u8>>,
    now: Option<Vec<u8>>,
    pending: Vec<Change>,
}

impl File {
    /// Makes durable whether there is such a file.
    fn sync_name(&mut self) {
        if let Some(deleted) = self.pending.iter().rposition(|change| matches!(change, Change::Delete)) {
            self.pending.drain(..=deleted);
            self.durable = None;
        }
        if matches!(self.pending.first(), Some(Change::Create)) {
            self.pending.remove(0);
            self.durable = Some(Vec::new());
        }
    }
}

/// A disk in memory.
#[derive(Clone, Default)]
pub struct Disk {
    files: BTreeMap<String, File>,
    /// Operations so far that change the disk.
    pub operations: u64,
    fault: Option<(u64, Fault)>,
    full: bool,
    dead: bool,
}

/// A source of chance that a seed replays.
pub struct Chance(pub u64);

impl Chance {
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Yes, in so many of a hundred cases.
    fn yes(&mut self, percent: u64) -> bool {
        self.draw() % 100 < percent
    }
}

impl Change {
    fn make(&self, file: &mut Option<Vec<u8>>) {
        match (self, file) {
            (Self::Create, file @ None) => *file = Some(Vec::new()),
            (Self::Delete, file) => *file = None,
            (Self::Truncate(length), Some(bytes)) => bytes.resize(*length, 0),
            (Self::Write(at, data), Some(bytes)) => {
                let end = at + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*at..end].copy_from_slice(data);
            }
            _ => {}
        }
    }

    /// The sectors of a write, each a change of its own.
    fn sectors(&self) -> Vec<Self> {
        let Self::Write(at, data) = self else {
            return vec![self.clone()];
        };
        let mut parts = Vec::new();
        let mut done = 0;
        while done < data.len() {
            let room = SECTOR - (at + done) % SECTOR;
            let end = data.len().min(done + room);
            parts.push(Self::Write(at + done, data[done..end].to_vec()));
            done = end;
        }
        parts
    }
}

impl Disk {
    /// Lets the operation go wrong that comes after so many others.
    pub fn arm(&mut self, after: u64, fault: Fault) {
        self.fault = Some((self.operations + after, fault));
    }

    /// Whether what was armed has happened; it does not happen any more.
    pub fn disarm(&mut self) -> bool {
        self.full = false;
        self.fault.take().is_none()
    }

    /// The power goes now.
    pub fn cut(&mut self) {
        self.dead = true;
    }

    /// The power comes back: what was not durable is there in part.
    pub fn restart(&mut self, chance: &mut Chance) {
        // Sometimes nothing is lost, sometimes all, mostly some.
        let kept = [50, 50, 0, 100, 90, 10][usize::try_from(chance.draw() % 6).unwrap()];
        for file in self.files.values_mut() {
            let parts: Vec<Change> = file.pending.iter().flat_map(Change::sectors).collect();
            let last = parts.len().saturating_sub(1);
            for (place, part) in parts.iter().enumerate() {
                match part {
                    Change::Write(at, data) if place == last && chance.yes(50) => {
                        let torn = usize::try_from(chance.draw()).unwrap() % data.len().max(1);
                        Change::Write(*at, data[..torn].to_vec()).make(&mut file.durable);
                    }
                    part if chance.yes(kept) => part.make(&mut file.durable),
                    _ => {}
                }
            }
            file.pending.clear();
            file.now = file.durable.clone();
        }
        self.files.retain(|_, file| file.now.is_some());
        self.dead = false;
        self.fault = None;
        self.full = false;
    }

    pub fn exists(&self, name: &str) -> bool {
        self.bytes(name).is_some()
    }

    /// What stands in a file now.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name)?.now.as_deref()
    }

    /// Replaces what stands in a file, durably.
    pub fn replace(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.insert(name.to_owned(), File { durable: Some(bytes.clone()), now: Some(bytes), pending: vec![] });
    }

    pub fn alive(&self) -> Result<(), i32> {
        if self.dead { Err(ffi::SQLITE_IOERR) } else { Ok(()) }
    }

    pub fn create(&mut self, name: &str) -> Result<(), i32> {
        self.alive()?;
        if !self.exists(name) {
            self.change(name, &Change::Create, ffi::SQLITE_CANTOPEN)?;
        }
        Ok(())
    }

    pub fn write(&mut self, name: &str, at: usize, data: &[u8]) -> Result<(), i32> {
        self.change(name, &Change::Write(at, data.to_vec()), ffi::SQLITE_IOERR_WRITE)
    }

    pub fn truncate(&mut self, name: &str, length: usize) -> Result<(), i32> {
        self.change(name, &Change::Truncate(length), ffi::SQLITE_IOERR_TRUNCATE)
    }

    pub fn delete(&mut self, name: &str, durably: bool) -> Result<(), i32> {
        self.alive()?;
        if !self.exists(name) {
            return Err(ffi::SQLITE_IOERR_DELETE_NOENT);
        }
        self.change(name, &Change::Delete, ffi::SQLITE_IOERR_DELETE)?;
        if durably {
            self.files.remove(name);
        }
        Ok(())
    }

    /// Makes a file durable, and with a new log or journal the directory too, as SQLite does on Unix.
    pub fn sync(&mut self, name: &str) -> Result<(), i32> {
        self.alive()?;
        match self.count() {
            None => {
                let new = self.files.get(name).is_some_and(|file| file.durable.is_none());
                if new && name.contains('-') {
                    self.files.values_mut().for_each(File::sync_name);
                }
                let file = self.files.entry(name.to_owned()).or_default();
                file.durable = file.now.clone();
                file.pending.clear();
                Ok(())
            }
            Some(Fault::Cut) => self.alive(),
            Some(Fault::Fail(_) | Fault::Full) => Err(ffi::SQLITE_IOERR_FSYNC),
        }
    }

    /// Counts an operation, and says what goes wrong at it.
    fn count(&mut self) -> Option<Fault> {
        self.operations += 1;
        let (at, fault) = self.fault?;
        if at != self.operations {
            return None;
        }
        self.fault = None;
        match fault {
            Fault::Cut => self.dead = true,
            Fault::Full => self.full = true,
            Fault::Fail(_) => {}
        }
        Some(fault)
    }

    fn change(&mut self, name: &str, change: &Change, code: i32) -> Result<(), i32> {
        self.alive()?;
        let fault = self.count();
        let grows = matches!(change, Change::Create | Change::Write(..));
        if self.full && grows {
            return Err(ffi::SQLITE_FULL);
        }
        let file = self.files.entry(name.to_owned()).or_default();
        match (fault, change) {
            (Some(Fault::Fail(code)), Change::Write(at, data)) => {
                let half = Change::Write(*at, data[..data.len() / 2].to_vec());
                half.make(&mut file.now);
                file.pending.push(half);
                return Err(code);
            }
            (Some(Fault::Fail(_)), _) => return Err(code),
            _ => {}
        }
        change.make(&mut file.now);
        file.pending.push(change.clone());
        self.alive()
    }
}
