//! The memory of signatures that verified.
//!
//! Members of a group share issuers: joining a group of a thousand would verify the same intermediate certificate a
//! thousand times. What is remembered is a hash of key, message and signature, so that nothing but the very same
//! signature is taken for verified. Validity, constraints and revocation are looked at every time.

#[cfg(feature = "std")]
pub(crate) use with_std::Memo;

#[cfg(not(feature = "std"))]
pub(crate) use without_std::Memo;

#[cfg(feature = "std")]
mod with_std {
    use std::collections::{BTreeMap, HashMap};
    use std::sync::{Mutex, PoisonError};
    use std::vec::Vec;

    /// At most `capacity` signatures; the one that was not asked for longest goes first.
    #[derive(Debug)]
    pub(crate) struct Memo {
        capacity: usize,
        known: Mutex<Known>,
    }

    #[derive(Debug, Default)]
    struct Known {
        clock: u64,
        by_fingerprint: HashMap<Vec<u8>, u64>,
        by_use: BTreeMap<u64, Vec<u8>>,
    }

    impl Memo {
        pub(crate) fn new(capacity: usize) -> Self {
            Self { capacity, known: Mutex::default() }
        }

        pub(crate) const fn is_used(&self) -> bool {
            self.capacity > 0
        }

        pub(crate) fn contains(&self, fingerprint: &[u8]) -> bool {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.touch(fingerprint)
        }

        pub(crate) fn insert(&self, fingerprint: Vec<u8>) {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.touch(&fingerprint) {
                return;
            }
            if known.by_fingerprint.len() >= self.capacity
                && let Some((_, oldest)) = known.by_use.pop_first()
            {
                known.by_fingerprint.remove(&oldest);
            }
            let now = known.tick();
            known.by_use.insert(now, fingerprint.clone());
            known.by_fingerprint.insert(fingerprint, now);
        }
    }

    impl Known {
        const fn tick(&mut self) -> u64 {
            self.clock = self.clock.saturating_add(1);
            self.clock
        }

        fn touch(&mut self, fingerprint: &[u8]) -> bool {
            let now = self.tick();
            let Some(used) = self.by_fingerprint.get_mut(fingerprint) else { return false };
            if let Some(owned) = self.by_use.remove(used) {
                self.by_use.insert(now, owned);
            }
            *used = now;
            true
        }
    }

    #[cfg(test)]
    mod tests {
        use std::vec;

        use super::*;

        #[test]
        fn the_longest_unused_goes_first() {
            let memo = Memo::new(2);
            memo.insert(vec![1]);
            memo.insert(vec![2]);
            assert!(memo.contains(&[1]));
            memo.insert(vec![3]);
            assert!(memo.contains(&[1]));
            assert!(!memo.contains(&[2]));
            assert!(memo.contains(&[3]));
            let known = memo.known.lock().unwrap();
            assert_eq!((known.by_fingerprint.len(), known.by_use.len()), (2, 2));
        }
    }
}

#[cfg(not(feature = "std"))]
mod without_std {
    use alloc::vec::Vec;

    /// Remembers nothing: it takes a lock, which there is none of without std.
    #[derive(Debug)]
    pub(crate) struct Memo;

    impl Memo {
        pub(crate) const fn new(_: usize) -> Self {
            Self
        }

        pub(crate) const fn is_used(&self) -> bool {
            false
        }

        pub(crate) const fn contains(&self, _: &[u8]) -> bool {
            false
        }

        pub(crate) fn insert(&self, _: Vec<u8>) {}
    }
}
