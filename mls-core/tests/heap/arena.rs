//! The allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of the arena; the system gives pages as they are touched.
const CAPACITY: usize = 1 << 30;
/// Size of a block's header: the length of its body, and whether it was freed.
const HEADER: usize = 16;
const LIVE: usize = 0x11;
const FREED: usize = 0xdead;

/// The start of the arena; 0 before the first use.
static BASE: AtomicUsize = AtomicUsize::new(0);
/// How much of it is used.
static USED: AtomicUsize = AtomicUsize::new(0);
/// Where the blocks begin that are searched.
static MARK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, but for what is allocated inside [`owned`](super::owned).
pub struct Searchable;

/// A block of the arena.
pub struct Block {
    pub freed: bool,
    pub bytes: &'static [u8],
}

// SAFETY: outside the arena this is the system's allocator. A block of the arena is carved off once, aligned to 16,
// and never handed out again.
unsafe impl GlobalAlloc for Searchable {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !super::is_owned() || layout.align() > HEADER {
            // SAFETY: the caller keeps the contract of `alloc`.
            return unsafe { System.alloc(layout) };
        }
        let body = (layout.size() + HEADER - 1) & !(HEADER - 1);
        let start = USED.fetch_add(HEADER + body, Ordering::SeqCst);
        if start + HEADER + body > CAPACITY {
            return std::ptr::null_mut();
        }
        let header = (base() + start) as *mut usize;
        // SAFETY: the header lies inside the arena, is aligned and belongs to nobody else.
        unsafe {
            header.write(body);
            header.add(1).write(LIVE);
        }
        (base() + start + HEADER) as *mut u8
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let base = BASE.load(Ordering::SeqCst);
        let at = block as usize;
        if base != 0 && (base..base + CAPACITY).contains(&at) {
            // SAFETY: the block's header stands in front of it; see `alloc`.
            unsafe { ((at - HEADER) as *mut usize).add(1).write(FREED) };
        } else {
            // SAFETY: `block` came from `System` with this layout.
            unsafe { System.dealloc(block, layout) }
        }
    }
}

fn base() -> usize {
    match BASE.load(Ordering::SeqCst) {
        0 => {
            let layout = Layout::from_size_align(CAPACITY, 4096).unwrap();
            // SAFETY: the layout has a size.
            let fresh = unsafe { System.alloc_zeroed(layout) } as usize;
            match BASE.compare_exchange(0, fresh, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => fresh,
                Err(other) => other,
            }
        }
        base => base,
    }
}

/// Leaves the blocks allocated so far out of searches from now on.
pub fn forget() {
    MARK.store(USED.load(Ordering::SeqCst), Ordering::SeqCst);
}

/// All blocks that were ever allocated, since [`forget`]. Nobody may be at work in the arena meanwhile.
pub fn blocks() -> impl Iterator<Item = Block> {
    let (base, used) = (base(), USED.load(Ordering::SeqCst));
    let mut at = MARK.load(Ordering::SeqCst);
    std::iter::from_fn(move || {
        if at >= used {
            return None;
        }
        let header = (base + at) as *const usize;
        // SAFETY: `at` steps from header to header; the arena began as zeros, so that every byte is initialised, and
        // the test's own thread is the only one that works in it.
        let (body, state, bytes) = unsafe {
            let body = header.read();
            (body, header.add(1).read(), std::slice::from_raw_parts((base + at + HEADER) as *const u8, body))
        };
        at += HEADER + body;
        Some(Block { freed: state == FREED, bytes })
    })
}
