#![allow(clippy::unwrap_used, reason = "tests")]

use mls_client::UnixTime;
use mls_client::mls_crypto_traits::CryptoError;

use super::*;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> UnixTime {
        UnixTime(1_800_000_000)
    }
}

/// Different bytes for every client, and the same in every run.
#[derive(Default)]
struct Counter(u64);

impl Rng for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        static NEXT: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(1);
        for byte in out {
            self.0 = NEXT.fetch_add(1, core::sync::atomic::Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *byte = self.0.to_be_bytes()[0];
        }
        Ok(())
    }
}

#[test]
fn the_group_lives_here_too() {
    let mut said = Vec::new();
    let clock: Arc<dyn Clock> = Arc::new(Fixed);
    group_of_two::<Counter>(&clock, |line| said.push(line.to_owned())).unwrap();
    let suites = RustCryptoProvider::new().cipher_suites();
    assert_eq!(said.len(), suites.len());
    assert_eq!(said[0], "suite 1: created, joined, two messages, a commit");
}
