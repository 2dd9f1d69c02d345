//! SQLite's file system over [`Disk`]s.
#![allow(unsafe_code, reason = "SQLite's interface to file systems is one of C")]

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Once, PoisonError};

use mls_storage_sqlite::rusqlite::{Connection, OpenFlags, Result, ffi};

use crate::disk::{Chance, Disk};

/// A disk with a name, under which connections find it. One connection at a time: locks are not kept.
#[derive(Clone)]
pub struct Volume {
    name: String,
    disk: Arc<Mutex<Disk>>,
}

static VOLUMES: LazyLock<Mutex<BTreeMap<String, Arc<Mutex<Disk>>>>> = LazyLock::new(Mutex::default);

/// The name of the database on each volume.
pub const DATABASE: &str = "db";
const VFS: &CStr = c"mls-crash";

impl Volume {
    /// A volume over a disk.
    pub fn new(disk: Disk) -> Self {
        static NEXT: Mutex<u64> = Mutex::new(0);
        let mut next = guard(&NEXT);
        *next += 1;
        let volume = Self { name: format!("volume-{next}"), disk: Arc::new(Mutex::new(disk)) };
        guard(&VOLUMES).insert(volume.name.clone(), Arc::clone(&volume.disk));
        volume
    }

    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        guard(&self.disk)
    }

    /// A connection to the database on the volume.
    pub fn connect(&self) -> Result<Connection> {
        register();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags_and_vfs(format!("{}/{DATABASE}", self.name), flags, VFS)
    }

    /// The disk, once nobody uses the volume any more.
    pub fn unmount(self) -> Disk {
        guard(&VOLUMES).remove(&self.name);
        self.disk().clone()
    }
}

fn guard<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The volume and the file in it.
fn find(path: &str) -> Option<(Arc<Mutex<Disk>>, String)> {
    let (volume, file) = path.split_once('/')?;
    Some((Arc::clone(guard(&VOLUMES).get(volume)?), file.to_owned()))
}

/// What SQLite has open: its own structure first.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

struct Open {
    disk: Arc<Mutex<Disk>>,
    name: String,
    delete_on_close: bool,
    shared: Vec<Box<[u64]>>,
}

const fn code(result: core::result::Result<(), i32>) -> c_int {
    match result {
        Ok(()) => ffi::SQLITE_OK,
        Err(code) => code,
    }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let vfs = ffi::sqlite3_vfs {
            iVersion: 1,
            szOsFile: c_int::try_from(size_of::<Handle>()).unwrap(),
            mxPathname: 256,
            pNext: ptr::null_mut(),
            zName: VFS.as_ptr(),
            pAppData: ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(last_error),
            xCurrentTimeInt64: None,
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        };
        // SAFETY: the structure lives for ever, and its functions keep SQLite's contract.
        let registered = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0) };
        assert_eq!(registered, ffi::SQLITE_OK);
    });
}

/// # Safety
/// `path` is null or a string of C.
unsafe fn path_of<'a>(path: *const c_char) -> Option<&'a str> {
    if path.is_null() {
        return None;
    }
    // SAFETY: by contract.
    unsafe { CStr::from_ptr(path) }.to_str().ok()
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands over a file of the size that was asked for; the flags may be null.
    unsafe {
        (*file).pMethods = ptr::null();
        let Some((disk, name)) = path_of(path).and_then(find) else { return ffi::SQLITE_CANTOPEN };
        let created = if flags & ffi::SQLITE_OPEN_CREATE != 0 {
            guard(&disk).create(&name)
        } else if guard(&disk).exists(&name) {
            guard(&disk).alive()
        } else {
            Err(ffi::SQLITE_CANTOPEN)
        };
        if let Err(code) = created {
            return code;
        }
        let delete_on_close = flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0;
        let open = Box::new(Open { disk, name, delete_on_close, shared: Vec::new() });
        let handle = file.cast::<Handle>();
        (*handle).open = Box::into_raw(open);
        (*handle).base.pMethods = &raw const METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

/// # Safety
/// `file` was opened by [`open`] and is not closed.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: by contract; a connection uses its files from one thread at a time.
    unsafe { &mut *(*file.cast::<Handle>()).open }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes once what it opened.
    let open = unsafe { Box::from_raw((*file.cast::<Handle>()).open) };
    if open.delete_on_close {
        return code(guard(&open.disk).delete(&open.name, false));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, amount: c_int, at: i64) -> c_int {
    // SAFETY: `to` has room for `amount`.
    let (open, to) =
        unsafe { (opened(file), core::slice::from_raw_parts_mut(to.cast::<u8>(), usize::try_from(amount).unwrap())) };
    let disk = guard(&open.disk);
    if let Err(code) = disk.alive() {
        return code;
    }
    let rest = disk.bytes(&open.name).and_then(|bytes| bytes.get(usize::try_from(at).unwrap()..)).unwrap_or_default();
    let there = rest.len().min(to.len());
    to[..there].copy_from_slice(&rest[..there]);
    to[there..].fill(0);
    if there < to.len() { ffi::SQLITE_IOERR_SHORT_READ } else { ffi::SQLITE_OK }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, amount: c_int, at: i64) -> c_int {
    // SAFETY: `from` has `amount` bytes.
    let (open, from) =
        unsafe { (opened(file), core::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(amount).unwrap())) };
    code(guard(&open.disk).write(&open.name, usize::try_from(at).unwrap(), from))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    code(guard(&open.disk).truncate(&open.name, usize::try_from(length).unwrap()))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    code(guard(&open.disk).sync(&open.name))
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: the file is open, and `size` has room.
    unsafe {
        let open = opened(file);
        let disk = guard(&open.disk);
        *size = i64::try_from(disk.bytes(&open.name).map_or(0, <[u8]>::len)).unwrap();
        code(disk.alive())
    }
}

unsafe extern "C" fn lock(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(_: *mut ffi::sqlite3_file, locked: *mut c_int) -> c_int {
    // SAFETY: `locked` has room.
    unsafe { *locked = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    c_int::try_from(crate::disk::SECTOR).unwrap()
}

/// As the file system of Unix has it: a torn write does not damage what stands beside it.
unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open, and `out` has room. A region does not move before it is unmapped.
    unsafe {
        let open = opened(file);
        let (region, size) = (usize::try_from(region).unwrap(), usize::try_from(size).unwrap());
        while extend != 0 && open.shared.len() <= region {
            open.shared.push(vec![0_u64; size.div_ceil(8)].into_boxed_slice());
        }
        *out = open.shared.get_mut(region).map_or(ptr::null_mut(), |words| words.as_mut_ptr().cast());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(_: *mut ffi::sqlite3_file, _: c_int, _: c_int, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { opened(file) }.shared.clear();
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, durably: c_int) -> c_int {
    // SAFETY: the path is a string.
    let Some((disk, name)) = unsafe { path_of(path) }.and_then(find) else { return ffi::SQLITE_IOERR_DELETE };
    code(guard(&disk).delete(&name, durably != 0))
}

unsafe extern "C" fn access(_: *mut ffi::sqlite3_vfs, path: *const c_char, _: c_int, found: *mut c_int) -> c_int {
    // SAFETY: the path is a string, and `found` has room.
    unsafe {
        let Some((disk, name)) = path_of(path).and_then(find) else { return ffi::SQLITE_IOERR_ACCESS };
        let disk = guard(&disk);
        *found = c_int::from(disk.exists(&name));
        code(disk.alive())
    }
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: the path is a string, and `out` has as much room as is said.
    unsafe {
        let bytes = CStr::from_ptr(path).to_bytes_with_nul();
        if bytes.len() > usize::try_from(room).unwrap() {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, amount: c_int, out: *mut c_char) -> c_int {
    // SAFETY: `out` has room for `amount`.
    let out = unsafe { core::slice::from_raw_parts_mut(out.cast::<u8>(), usize::try_from(amount).unwrap()) };
    static NEXT: Mutex<u64> = Mutex::new(0);
    let mut next = guard(&NEXT);
    let mut chance = Chance(*next);
    out.fill_with(|| chance.draw().to_be_bytes()[0]);
    *next = chance.0;
    amount
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, _: c_int) -> c_int {
    0
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: `out` has room.
    unsafe { *out = 2_461_373.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    ffi::SQLITE_OK
}
