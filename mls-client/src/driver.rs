//! What every operation does around the engine, written once.
//!
//! compute, answer questions, commit to the store, apply; and where the engine misses records, read them and start
//! again. It is written over the asynchronous traits; the asynchronous face awaits it, the blocking one
//! [runs](crate::blocking::run) it with parts that are always ready. The random source is locked and an [`Env`] made anew
//! for each call of the engine, never across an await.
//!
//! Every future may be dropped at any await: what is read changes nothing, and whether a write happened is
//! [found out](Handle) when the group is used next.

mod commit;
mod create;
mod export;
mod handle;
mod join;
mod load;
mod message;
mod observe;
mod questions;
mod recover;
mod rounds;
mod successor;
mod transfer;
mod waiting;

pub(crate) use commit::{adds, removes};
pub(crate) use handle::Handle;
pub(crate) use recover::readd_plan;

use std::sync::{Arc, Mutex, PoisonError};

use mls_core::custom::CustomTypes;
use mls_core::env::Env;
use mls_core::group::{Fresh, Step};
use mls_core::identity::AsyncIdentityProvider;
use mls_core::limits::Limits;
use mls_core::rules::AsyncMlsRules;
use mls_core::storage::AsyncStorage;
use mls_core::tree::leaf_node::Capabilities;
use mls_crypto_traits::{CryptoProvider, Rng};

use crate::clock::Clock;
use crate::error::DriverError;
use crate::signers::SignerMap;

/// What a client is made of.
pub(crate) struct Driver {
    pub(crate) crypto: Arc<dyn CryptoProvider>,
    pub(crate) storage: Arc<dyn AsyncStorage>,
    pub(crate) identity: Arc<dyn AsyncIdentityProvider>,
    pub(crate) rules: Arc<dyn AsyncMlsRules>,
    pub(crate) rng: Mutex<Box<dyn Rng>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) capabilities: Capabilities,
    pub(crate) custom: CustomTypes,
    pub(crate) grease: bool,
    pub(crate) signers: SignerMap,
}

impl Driver {
    /// Calls the engine.
    pub(crate) fn engine<T>(&self, call: impl FnOnce(&mut Env<'_>) -> T) -> T {
        let now = self.clock.now();
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        call(&mut Env {
            crypto: &*self.crypto,
            signers: &self.signers,
            rng: &mut **rng,
            now,
            limits: self.limits,
            custom: &self.custom,
        })
    }

    /// Stores what a step changes and makes it happen.
    async fn perform<T>(&self, state: &mut Handle, step: Step<T>) -> Result<T, DriverError> {
        state.asked();
        let answer = self.storage.commit(step.delta()).await;
        state.answered();
        Ok(step.apply(state, answer?)?)
    }

    /// Stores what begins and yields it.
    async fn release<T>(&self, fresh: Fresh<T>) -> Result<T, DriverError> {
        let durable = self.storage.commit(fresh.delta()).await?;
        Ok(fresh.release(durable)?)
    }
}
