//! What both builders are told.

use std::sync::{Arc, Mutex};

use mls_core::custom::CustomTypes;
use mls_core::identity::AsyncIdentityProvider;
use mls_core::limits::Limits;
use mls_core::rules::AsyncMlsRules;
use mls_core::storage::AsyncStorage;
use mls_core::tree::leaf_node::Capabilities;
use mls_crypto_traits::{CryptoProvider, Rng, SigningKey};

use crate::clock::{Clock, SystemClock};
use crate::driver::Driver;
use crate::error::BuildError;
use crate::signers::SignerMap;

/// What both builders are told, with the defaults.
pub(crate) struct Settings {
    pub(crate) crypto: Option<Arc<dyn CryptoProvider>>,
    pub(crate) rng: Option<Box<dyn Rng>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) capabilities: Option<Capabilities>,
    pub(crate) custom: CustomTypes,
    pub(crate) grease: bool,
    pub(crate) signers: Vec<Arc<dyn SigningKey>>,
}

impl Settings {
    pub(crate) fn new() -> Self {
        let (crypto, rng) = defaults();
        Self {
            crypto,
            rng,
            clock: Arc::new(SystemClock::default()),
            limits: Limits::default(),
            capabilities: None,
            custom: CustomTypes::new(),
            grease: true,
            signers: Vec::new(),
        }
    }

    /// The driver over these parts; the signers of its store are not loaded yet.
    pub(crate) fn into_driver(
        self,
        storage: Arc<dyn AsyncStorage>,
        identity: Arc<dyn AsyncIdentityProvider>,
        rules: Arc<dyn AsyncMlsRules>,
    ) -> Result<Driver, BuildError> {
        let Self { crypto, rng, clock, limits, capabilities, custom, grease, signers } = self;
        let crypto = crypto.ok_or(BuildError::NoCrypto)?;
        let rng = Mutex::new(rng.ok_or(BuildError::NoRng)?);
        let mut capabilities = capabilities.unwrap_or_else(|| Capabilities::of_engine(&*crypto));
        custom.list_in(&mut capabilities);
        let loaded = SignerMap::default();
        for signer in signers {
            loaded.insert(signer);
        }
        Ok(Driver {
            crypto,
            storage,
            identity,
            rules,
            rng,
            clock,
            limits,
            capabilities,
            custom,
            grease,
            signers: loaded,
        })
    }
}

/// The backend and the randomness that the features bring, if any.
type Defaults = (Option<Arc<dyn CryptoProvider>>, Option<Box<dyn Rng>>);

#[cfg(feature = "rustcrypto")]
fn defaults() -> Defaults {
    (Some(Arc::new(mls_crypto_rustcrypto::RustCryptoProvider::new())), Some(Box::new(mls_crypto_rustcrypto::OsRng)))
}

#[cfg(not(feature = "rustcrypto"))]
fn defaults() -> Defaults {
    (None, None)
}

impl core::fmt::Debug for Settings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { crypto, rng: _, clock: _, limits, capabilities, custom, grease, signers } = self;
        f.debug_struct("Settings")
            .field("crypto", crypto)
            .field("limits", limits)
            .field("capabilities", capabilities)
            .field("custom", custom)
            .field("grease", grease)
            .field("signers", &signers.len())
            .finish_non_exhaustive()
    }
}
