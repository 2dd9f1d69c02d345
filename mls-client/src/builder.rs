//! Puts a client together.

use std::sync::Arc;

use mls_core::custom::CustomTypes;
use mls_core::identity::IdentityProvider;
use mls_core::limits::Limits;
use mls_core::rules::MlsRules;
use mls_core::storage::Storage;
use mls_core::tree::leaf_node::Capabilities;
use mls_crypto_traits::{CryptoProvider, Rng, SigningKey};

use crate::blocking::{Blocking, run};
use crate::client::Client;
use crate::clock::Clock;
use crate::default_rules::DefaultRules;
use crate::error::BuildError;
use crate::settings::Settings;

/// Puts a [`Client`] together: [`Client::builder`] starts one.
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    storage: Arc<dyn Storage>,
    identity: Arc<dyn IdentityProvider>,
    rules: Arc<dyn MlsRules>,
    settings: Settings,
}

impl ClientBuilder {
    pub(crate) fn new(storage: Arc<dyn Storage>, identity: Arc<dyn IdentityProvider>) -> Self {
        let rules = Arc::new(DefaultRules::new());
        Self { storage, identity, rules, settings: Settings::new() }
    }

    /// The policy for proposals; [`DefaultRules`] if not given.
    pub fn rules(mut self, rules: Arc<dyn MlsRules>) -> Self {
        self.rules = rules;
        self
    }

    /// The cipher suites; those of `mls-crypto-rustcrypto` if not given and the feature `rustcrypto` is on.
    pub fn crypto(mut self, crypto: Arc<dyn CryptoProvider>) -> Self {
        self.settings.crypto = Some(crypto);
        self
    }

    /// The source of randomness; the operating system's if not given and the feature `rustcrypto` is on.
    ///
    /// # Security
    /// All keys come from it.
    pub fn rng(mut self, rng: Box<dyn Rng>) -> Self {
        self.settings.rng = Some(rng);
        self
    }

    /// The source of the time; the operating system's if not given.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.settings.clock = clock;
        self
    }

    /// The bounds on what is kept and accepted.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// What our leaves say that we support (RFC 9420 section 7.2). If not given: the provider's cipher suites, and basic
    /// credentials. The type of an identity's own credential is added in any case.
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.settings.capabilities = Some(capabilities);
        self
    }

    /// The proposal, extension and credential types that the application has beside those of RFC 9420. Our leaves list
    /// them. Give every client of a group the same.
    pub fn custom_types(mut self, custom: CustomTypes) -> Self {
        self.settings.custom = custom;
        self
    }

    /// Whether our key packages and leaves contain random values that mean nothing (RFC 9420 section 13.5), so that
    /// others do not come to rely on there being none. They do unless told otherwise.
    pub fn grease(mut self, grease: bool) -> Self {
        self.settings.grease = grease;
        self
    }

    /// A signer whose private key is not in the store: in a key store of the system, or in hardware.
    pub fn signer(mut self, signer: Arc<dyn SigningKey>) -> Self {
        self.settings.signers.push(signer);
        self
    }

    /// The client, with the signers of its store loaded. One that is damaged holds up nobody but who needs it.
    ///
    /// # Errors
    /// [`BuildError::NoCrypto`] and [`BuildError::NoRng`] where one is needed and not given;
    /// [`BuildError::Signers`] where the store cannot be read.
    pub fn build(self) -> Result<Client, BuildError> {
        let Self { storage, identity, rules, settings } = self;
        let driver = settings.into_driver(
            Arc::new(Blocking::new(storage)),
            Arc::new(Blocking::new(identity)),
            Arc::new(Blocking::new(rules)),
        )?;
        run(driver.load_signers()).map_err(BuildError::Signers)?;
        Ok(Client::new(Arc::new(driver)))
    }
}

impl core::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { storage: _, identity: _, rules: _, settings } = self;
        f.debug_struct("ClientBuilder").field("settings", settings).finish_non_exhaustive()
    }
}
