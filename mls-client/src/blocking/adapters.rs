//! Blocking stores, identity providers and rules as asynchronous ones.

use core::future::ready;
use std::sync::Arc;

use mls_core::identity::{AsyncIdentityProvider, CredentialCheck, IdentityError, IdentityProvider, MemberId};
use mls_core::psk::PreSharedKeyId;
use mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_core::rules::{AsyncMlsRules, ExternalProposalQuestion, MlsRules, ProposalQuestion, Ruling, SendingDefaults};
use mls_core::storage::{AppWrites, AsyncStorage, BoxFuture, Storage, StorageError};
use mls_crypto_traits::SecretBytes;

use super::pool::{OnPool, ThreadPool};

/// A blocking store, identity provider or policy as an asynchronous one: it does what is asked at once, on the thread
/// that asks, and returns a future that is ready.
///
/// That suits what answers from memory. What waits for a disk is better [on a pool](Self::on_pool) of threads.
pub struct Blocking<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Blocking<T> {
    /// Adapts `inner`.
    #[must_use]
    pub const fn new(inner: Arc<T>) -> Self {
        Self(inner)
    }

    /// The store, to be asked by threads of `pool` in place of the one that polls.
    #[must_use]
    pub fn on_pool(self, pool: &ThreadPool) -> OnPool<T> {
        OnPool::new(self.0, pool.clone())
    }
}

impl<T: Storage + ?Sized> AsyncStorage for Blocking<T> {
    fn read<'a>(&'a self, keys: &'a [RecordKey]) -> BoxFuture<'a, Result<Vec<Option<SecretBytes>>, StorageError>> {
        Box::pin(ready(self.0.read(keys)))
    }

    fn scan<'a>(&'a self, prefix: &'a RecordPrefix) -> BoxFuture<'a, Result<RecordSet, StorageError>> {
        Box::pin(ready(self.0.scan(prefix)))
    }

    fn commit<'a>(&'a self, delta: &'a Delta) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(ready(self.0.commit(delta)))
    }

    fn commit_with<'a>(&'a self, delta: &'a Delta, app: AppWrites) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(ready(self.0.commit_with(delta, app)))
    }
}

impl<T: IdentityProvider + ?Sized> AsyncIdentityProvider for Blocking<T> {
    fn validate<'a>(&'a self, check: &'a CredentialCheck) -> BoxFuture<'a, Result<MemberId, IdentityError>> {
        Box::pin(ready(self.0.validate(check)))
    }
}

impl<T: MlsRules + ?Sized> AsyncMlsRules for Blocking<T> {
    fn sending(&self) -> SendingDefaults {
        self.0.sending()
    }

    fn judge<'a>(&'a self, question: &'a ProposalQuestion) -> BoxFuture<'a, Ruling> {
        Box::pin(ready(self.0.judge(question)))
    }

    fn judge_external_proposal<'a>(&'a self, question: &'a ExternalProposalQuestion) -> BoxFuture<'a, Ruling> {
        Box::pin(ready(self.0.judge_external_proposal(question)))
    }

    fn allows_psk_of_another_group<'a>(&'a self, psk: &'a PreSharedKeyId) -> BoxFuture<'a, bool> {
        Box::pin(ready(self.0.allows_psk_of_another_group(psk)))
    }
}

impl<T: ?Sized> core::fmt::Debug for Blocking<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self(_) = self;
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}
