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
use mls_core::group::{Fresh, Group as State, Step};
use mls_core::identity::AsyncIdentityProvider;
use mls_core::limits::Limits;
use mls_core::record::{Delta, Durable, RecordKey};
use mls_core::rules::AsyncMlsRules;
use mls_core::storage::{AppWrites, AsyncStorage, StorageError, StorageErrorKind};
use mls_core::tree::leaf_node::Capabilities;
use mls_crypto_traits::{CryptoProvider, Rng, SecretBytes};

use crate::clock::Clock;
use crate::error::DriverError;
use crate::signers::SignerMap;
use crate::trace;

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
        let durable = if step.delta().is_empty() {
            self.check_current(state).await?;
            Durable::i_stored(step.delta())
        } else {
            self.store(state, step.delta(), None).await?
        };
        Ok(step.apply(state, durable)?)
    }

    /// Stores a delta, and in the same transaction what the application writes.
    async fn store(&self, state: &mut Handle, delta: &Delta, app: Option<AppWrites>) -> Result<Durable, DriverError> {
        trace::stores(delta);
        state.asked();
        let answer = match app {
            Some(app) => self.storage.commit_with(delta, app).await,
            None => self.storage.commit(delta).await,
        };
        state.answered();
        Ok(answer?)
    }

    /// Sees to it that a step which writes nothing is not taken in a state that another handle has left: what is sent
    /// there may be for members that were removed since.
    async fn check_current(&self, state: &Handle) -> Result<(), DriverError> {
        let key = RecordKey::Status(state.id().clone());
        let stored = self.storage.read(core::slice::from_ref(&key)).await?.pop().flatten();
        if stored.as_ref().map(SecretBytes::as_bytes).map(State::stored_stamp).transpose()? == Some(state.stamp()) {
            Ok(())
        } else {
            Err(StorageError::at(StorageErrorKind::Conflict, key).into())
        }
    }

    /// Stores what begins and yields it.
    async fn release<T>(&self, fresh: Fresh<T>) -> Result<T, DriverError> {
        trace::stores(fresh.delta());
        let durable = self.storage.commit(fresh.delta()).await?;
        Ok(fresh.release(durable)?)
    }
}
