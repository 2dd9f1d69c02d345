//! How a database is opened.

use core::time::Duration;

/// How a database is opened.
#[derive(Debug)]
pub struct SqliteOptions {
    pub(crate) busy_timeout: Duration,
    pub(crate) erase_after: u32,
    #[cfg(feature = "sqlcipher")]
    pub(crate) encryption: Option<crate::Encryption>,
}

impl SqliteOptions {
    /// The defaults: wait for five seconds, erase after 64 keys.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            erase_after: 64,
            #[cfg(feature = "sqlcipher")]
            encryption: None,
        }
    }

    /// How long to wait for another process that writes, before it is
    /// [`Busy`](mls_core::storage::StorageErrorKind::Busy).
    #[must_use]
    pub const fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// After how many message keys, or other secrets, have been used up the old versions leave the files: 1 for each
    /// at once, at the price of three more writes to the medium; 64 if not given. A delta that reserves generations, or
    /// takes in a backlog, uses up as many keys as it has.
    #[must_use]
    pub const fn erase_after(mut self, keys: u32) -> Self {
        self.erase_after = keys;
        self
    }

    /// Encrypts the files.
    #[cfg(feature = "sqlcipher")]
    #[must_use]
    pub fn encryption(mut self, encryption: crate::Encryption) -> Self {
        self.encryption = Some(encryption);
        self
    }
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self::new()
    }
}
