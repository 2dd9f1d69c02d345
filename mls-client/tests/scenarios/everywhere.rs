//! What every scenario runs over.

use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use mls_client::mls_crypto_rustcrypto::RustCryptoProvider;
use mls_client::mls_crypto_traits::{CryptoProvider, SecretBytes};
use mls_client::{CipherSuite, Encrypted, MemoryStorage, Sealing, Storage, StoreKey};
use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_openssl::OpenSslProvider;
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

use crate::world::{CountingRng, SUITE};

/// One way to put a client together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Combination {
    pub(crate) face: Face,
    pub(crate) store: Store,
    pub(crate) backend: Backend,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Blocking,
    Async,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    Sqlite,
    EncryptedMemory,
    EncryptedSqlite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    RustCrypto,
    OpenSsl,
    AwsLc,
}

impl Store {
    pub(crate) fn open(self) -> Arc<dyn Storage> {
        let sqlite = || Arc::new(SqliteStorage::open_in_memory(&SqliteOptions::new()).unwrap());
        match self {
            Self::Memory => Arc::new(MemoryStorage::new()),
            Self::Sqlite => sqlite(),
            Self::EncryptedMemory => encrypted(Arc::new(MemoryStorage::new())),
            Self::EncryptedSqlite => encrypted(sqlite()),
        }
    }
}

fn encrypted<S: Storage + 'static>(inner: Arc<S>) -> Arc<dyn Storage> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let rng = CountingRng::new(&format!("store {}", NEXT.fetch_add(1, Ordering::SeqCst)));
    let sealing = Sealing::new(combination().backend.provider(), combination().backend.suite(), Box::new(rng));
    let key = StoreKey::from_bytes(SecretBytes::from_slice(&[7; 32])).unwrap();
    Arc::new(Encrypted::open(inner, &key, &sealing).unwrap())
}

impl Backend {
    pub(crate) fn provider(self) -> Arc<dyn CryptoProvider> {
        match self {
            Self::RustCrypto => Arc::new(RustCryptoProvider::new()),
            Self::OpenSsl => Arc::new(OpenSslProvider::new().unwrap()),
            Self::AwsLc => Arc::new(AwsLcProvider::new()),
        }
    }

    /// A suite for each, so that several are seen.
    pub(crate) const fn suite(self) -> CipherSuite {
        match self {
            Self::RustCrypto => SUITE,
            Self::OpenSsl => CipherSuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384,
            Self::AwsLc => CipherSuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_ED25519,
        }
    }
}

thread_local! {
    static CURRENT: Cell<Combination> =
        const { Cell::new(Combination { face: Face::Blocking, store: Store::Memory, backend: Backend::RustCrypto }) };
}

/// The one that the scenario runs over now.
pub(crate) fn combination() -> Combination {
    CURRENT.get()
}

/// Runs a scenario over each face and each store with a backend.
pub(crate) fn with(backend: Backend, scenario: fn()) {
    for face in [Face::Blocking, Face::Async] {
        for store in [Store::Memory, Store::Sqlite, Store::EncryptedMemory, Store::EncryptedSqlite] {
            let current = Combination { face, store, backend };
            // What a failure shows.
            println!("over {current:?}");
            CURRENT.set(current);
            scenario();
        }
    }
}

/// Makes tests of a scenario: one with each backend, over both faces and all stores.
macro_rules! scenario {
    (fn $name:ident() $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "what the scenarios of a file need")]
            use super::*;
            use crate::everywhere::{Backend, with};

            fn scenario() $body

            #[test]
            fn rustcrypto() {
                with(Backend::RustCrypto, scenario);
            }

            #[test]
            fn openssl() {
                with(Backend::OpenSsl, scenario);
            }

            #[test]
            fn awslc() {
                with(Backend::AwsLc, scenario);
            }
        }
    };
}
