//! What the host gives, and what it calls. See `run.mjs`.
#![expect(unsafe_code, reason = "the boundary to the host")]

use std::sync::Arc;

use mls_client::mls_crypto_traits::{CryptoError, Rng};
use mls_client::{Clock, UnixTime};

mod import {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        /// Fills memory with `crypto.getRandomValues`.
        pub(super) fn random(at: *mut u8, len: usize);
        /// Seconds since the Unix epoch.
        pub(super) safe fn now() -> u64;
        /// Prints a line.
        pub(super) fn print(at: *const u8, len: usize);
    }
}

#[derive(Debug, Default)]
struct HostRng;

impl Rng for HostRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        // SAFETY: the host writes within these bounds.
        unsafe { import::random(out.as_mut_ptr(), out.len()) };
        Ok(())
    }
}

#[derive(Debug)]
struct HostClock;

impl Clock for HostClock {
    fn now(&self) -> UnixTime {
        UnixTime(import::now())
    }
}

fn print(line: &str) {
    // SAFETY: the host reads within these bounds.
    unsafe { import::print(line.as_ptr(), line.len()) }
}

/// The group; 0 where all went well.
// SAFETY: there is no other symbol of this name.
#[unsafe(no_mangle)]
extern "C" fn run() -> i32 {
    std::panic::set_hook(Box::new(|panic| print(&panic.to_string())));
    let clock: Arc<dyn Clock> = Arc::new(HostClock);
    match super::group_of_two::<HostRng>(&clock, print) {
        Ok(()) => 0,
        Err(error) => {
            print(&error.to_string());
            1
        }
    }
}
