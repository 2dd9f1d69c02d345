//! What is counted: time on the processor, time on the wall, allocations and the bytes that are alive.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::alloc::System;
use std::sync::OnceLock;
use std::time::Instant;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// The system's allocator, and how often it was asked for how much.
pub struct Counting;

/// The counters of some threads. Threads that counted in one place would wait for each other.
#[repr(align(128))]
struct Place {
    allocations: AtomicU64,
    live: AtomicI64,
}

static PLACES: [Place; 16] = [const { Place { allocations: AtomicU64::new(0), live: AtomicI64::new(0) } }; 16];

/// The place of the thread that asks.
fn place() -> &'static Place {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let number = OWN.with(|own| {
        if own.get() == usize::MAX {
            own.set(THREADS.fetch_add(1, Relaxed) % PLACES.len());
        }
        own.get()
    });
    &PLACES[number]
}

fn allocations() -> u64 {
    PLACES.iter().map(|place| place.allocations.load(Relaxed)).sum()
}

/// Counters wrap and are subtracted; no block is as long as `i64::MAX`.
#[allow(clippy::cast_possible_wrap, reason = "no block is that long")]
const fn signed(len: usize) -> i64 {
    len as i64
}

// SAFETY: every method hands its arguments to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let place = place();
        place.allocations.fetch_add(1, Relaxed);
        place.live.fetch_add(signed(layout.size()), Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let place = place();
        place.allocations.fetch_add(1, Relaxed);
        place.live.fetch_add(signed(layout.size()), Relaxed);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        let place = place();
        place.allocations.fetch_add(1, Relaxed);
        place.live.fetch_add(signed(len) - signed(layout.size()), Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(block, layout, len) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        place().live.fetch_sub(signed(layout.size()), Relaxed);
        // SAFETY: `block` came from `System` with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Bytes that are allocated now.
#[must_use]
pub fn live() -> i64 {
    PLACES.iter().map(|place| place.live.load(Relaxed)).sum()
}

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Of all threads, in nanoseconds.
    pub cpu: f64,
    /// In nanoseconds.
    pub wall: f64,
    pub allocations: u64,
}

/// What the clocks can tell apart, in nanoseconds.
const TICK: f64 = 10.0;

/// Runs once, and counts. What reading the clocks takes, 0.4 us or so, is taken off.
pub fn count<T>(work: impl FnOnce() -> T) -> (T, Taken) {
    static CLOCKS: OnceLock<[f64; 2]> = OnceLock::new();
    let [cpu, wall] = *CLOCKS.get_or_init(|| {
        let empty: Vec<Taken> = (0..101).map(|_| measure(|| ()).1).collect();
        [|taken: &Taken| taken.cpu, |taken: &Taken| taken.wall].map(|of| {
            let mut times: Vec<f64> = empty.iter().map(of).collect();
            times.sort_unstable_by(f64::total_cmp);
            times[times.len() / 2]
        })
    });
    let (result, taken) = measure(work);
    (result, Taken { cpu: (taken.cpu - cpu).max(TICK), wall: (taken.wall - wall).max(TICK), ..taken })
}

fn measure<T>(work: impl FnOnce() -> T) -> (T, Taken) {
    let before = allocations();
    let (cpu, wall) = (cpu_now(), Instant::now());
    let result = work();
    let taken =
        Taken { cpu: cpu_now() - cpu, wall: wall.elapsed().as_secs_f64() * 1e9, allocations: allocations() - before };
    (result, taken)
}

#[allow(clippy::cast_precision_loss, reason = "seconds of a process")]
fn cpu_now() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    (time.tv_sec as f64).mul_add(1e9, time.tv_nsec as f64)
}

/// Keeps this process on one core, the last that it may use.
pub fn one_core() {
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let mut one = CpuSet::new();
    if let Some(last) = (0..CpuSet::MAX_CPU).rev().find(|core| allowed.is_set(*core)) {
        one.set(last);
        // Where it may not be said, times are less steady.
        let _ = sched_setaffinity(None, &one);
    }
}
