//! The protocol engine of Messaging Layer Security (RFC 9420): no I/O, no clock, no global state.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
// Tests share the driver of the integration tests, which names the crate from outside.
#[cfg(test)]
extern crate self as mls_core;
#[cfg(test)]
extern crate std;

pub mod commit;
pub mod credential;
pub mod env;
pub mod extension;
pub mod framing;
pub mod group;
pub mod group_context;
pub mod identity;
pub mod key_package;
pub mod key_schedule;
pub mod limits;
pub mod proposal;
pub mod psk;
pub mod record;
pub mod rules;
pub mod secret_tree;
pub mod storage;
pub mod tree;
pub mod welcome;
