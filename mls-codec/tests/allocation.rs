//! Decoding allocates in proportion to its input, and encoding a secret leaves no copies: both
//! counted by an allocator. One test a time counts, as the counter belongs to its thread.
#![allow(unsafe_code, reason = "an allocator cannot be had without")]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod common;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

use common::{Leaf, Node, Tree, nearly, tree};
use mls_codec::{Decode, DecodeErrorKind, Encode};
use proptest::prelude::*;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

fn count(bytes: usize) {
    CALLS.set(CALLS.get() + 1);
    BYTES.set(BYTES.get() + bytes);
}

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        // SAFETY: the caller's promise is the same.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The calls of the allocator, and the bytes asked of it in sum, while `run` ran.
fn counted<T>(run: impl FnOnce() -> T) -> (T, usize, usize) {
    let (calls, bytes) = (CALLS.get(), BYTES.get());
    let value = run();
    (value, CALLS.get() - calls, BYTES.get() - bytes)
}

/// A vector begins with room for four elements and doubles: each byte of input costs at most eight
/// times the size of the largest element, summed over all its allocations, on each level.
const PER_BYTE: usize = 8 * LEVELS * size_of::<Option<Node>>();
const LEVELS: usize = 4;

fn bounded(bytes: &[u8]) {
    let (_, _, allocated) = counted(|| Tree::from_bytes(bytes));
    assert!(allocated <= PER_BYTE * bytes.len(), "{allocated} for {}", bytes.len());
}

proptest! {
    // bad: codec-06
    #[test]
    fn decoding_allocates_in_proportion_to_its_input(
        value in tree(),
        arbitrary in proptest::collection::vec(any::<u8>(), 0..200),
        nearly in nearly(),
    ) {
        bounded(&value.to_bytes().unwrap());
        bounded(&arbitrary);
        bounded(&nearly);
    }

    #[test]
    fn encoding_allocates_once(value in tree()) {
        let (bytes, calls, allocated) = counted(|| value.to_bytes().unwrap());
        prop_assert_eq!((calls, allocated), (1, bytes.len()));
    }
}

// req: R-2.1.2-06
// bad: codec-06
#[test]
fn an_announced_length_allocates_nothing() {
    fn refused<T: Decode>(input: &[u8]) {
        let (kind, calls, _) = counted(|| T::from_bytes(input).map(|_| ()).unwrap_err().kind());
        assert_eq!((kind, calls), (DecodeErrorKind::LengthOverflow, 0));
    }
    for input in [&[0xbf, 0xff, 0xff, 0xff][..], &[0xbf, 0xff, 0xff, 0xff, 1, 2, 3, 4], &[3, 1, 2]] {
        refused::<Vec<u8>>(input);
        refused::<Box<[u8]>>(input);
        refused::<std::sync::Arc<[u8]>>(input);
        refused::<Vec<u16>>(input);
        refused::<Vec<u64>>(input);
        refused::<Vec<common::Registry>>(input);
        refused::<Vec<Leaf>>(input);
        refused::<Vec<Vec<Vec<u8>>>>(input);
    }
    // The outer vectors are there, the innermost is not.
    refused::<Vec<Vec<Vec<u8>>>>(&[6, 5, 0xbf, 0xff, 0xff, 0xff, 0]);
}

#[test]
fn bytes_and_integers_allocate_their_own_size() {
    let bytes = vec![7u8; 1000].to_bytes().unwrap();
    let (_, calls, allocated) = counted(|| Vec::<u8>::from_bytes(&bytes).unwrap());
    assert_eq!((calls, allocated), (1, 1000));
    let (_, calls, allocated) = counted(|| Vec::<u16>::from_bytes(&bytes).unwrap());
    assert_eq!((calls, allocated), (1, 1000));
    let (_, calls, allocated) = counted(|| Vec::<common::Registry>::from_bytes(&bytes).unwrap());
    assert_eq!((calls, allocated), (1, 1000));
}
