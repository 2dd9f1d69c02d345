//! A client over an asynchronous store.

use std::sync::Arc;

use mls_core::credential::Credential;
use mls_core::env::UnixTime;
use mls_core::group::{
    CreateGroup, ExternalJoinPlan, ExternalProposal, KeyPackageSpec, LeafSpec, NewKeyPackage, NewMemberProposal,
    OutgoingProposal, VerifiedGroupInfo, propose_as_new_member, propose_from_outside,
};
use mls_core::identity::AsyncIdentityProvider;
use mls_core::psk::PskValue;
use mls_core::record::GroupId;
use mls_core::storage::AsyncStorage;
use mls_crypto_traits::{CipherSuite, SecretBytes, SignaturePrivateKey, SignaturePublicKey};

use super::builder::AsyncClientBuilder;
use super::external::AsyncExternalJoin;
use super::group::AsyncGroup;
use super::successor::AsyncSuccessor;
use crate::driver::Driver;
use crate::error::{CreateError, JoinError, LoadError, ProposeError};
use crate::event::Repeat;
use crate::identity::Identity;
use crate::peek::WelcomePeek;
use crate::pruned::PrunedAll;

/// A [`Client`](crate::Client) over an asynchronous store, authentication service and policy.
///
/// It is a handle: a clone is the same client. What it is made of is chosen when it is [built](Self::builder) and
/// appears in no type. Its futures are `Send` and need no particular runtime. The cryptography runs where they are
/// polled: microseconds for a message, but a commit in a large group may take milliseconds.
///
/// A store that blocks becomes an asynchronous one [on a pool](crate::Blocking::on_pool) of threads:
///
#[cfg_attr(feature = "rustcrypto", doc = "```")]
#[cfg_attr(not(feature = "rustcrypto"), doc = "```ignore")]
/// use mls_client::{AsyncClient, BasicIdentity, Blocking, CipherSuite, Credential, MemoryStorage, ThreadPool};
/// use std::sync::Arc;
///
/// # fn block_on<T>(future: impl Future<Output = T>) -> T {
/// #     let mut future = core::pin::pin!(future);
/// #     loop {
/// #         let waker = core::task::Waker::noop();
/// #         match future.as_mut().poll(&mut core::task::Context::from_waker(waker)) {
/// #             core::task::Poll::Ready(value) => return value,
/// #             core::task::Poll::Pending => std::thread::yield_now(),
/// #         }
/// #     }
/// # }
/// # block_on(async {
/// let pool = ThreadPool::new(1)?;
/// let store = Blocking::new(Arc::new(MemoryStorage::new())).on_pool(&pool);
/// let identity = Blocking::new(Arc::new(BasicIdentity::new()));
/// let client = AsyncClient::builder(Arc::new(store), Arc::new(identity)).build().await?;
///
/// let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
/// let alice = client.new_identity(suite, Credential::basic("alice")).await?;
/// let mut group = client.create_group(&alice).await?;
/// let sent = group.send(b"hello").await?;
/// assert_eq!(sent.generation, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Dropped futures
///
/// A future that is dropped before it is ready has done all of its work or none; neither leaves anything that a later
/// call stumbles over. What it has stored and not handed out, [`resume`](Self::resume) hands out.
#[derive(Clone)]
pub struct AsyncClient {
    driver: Arc<Driver>,
}

impl AsyncClient {
    pub(super) const fn driver(&self) -> &Arc<Driver> {
        &self.driver
    }

    pub(crate) const fn new(driver: Arc<Driver>) -> Self {
        Self { driver }
    }

    /// Starts a client over a store and an authentication service, for which there is no safe default.
    pub fn builder(storage: Arc<dyn AsyncStorage>, identity: Arc<dyn AsyncIdentityProvider>) -> AsyncClientBuilder {
        AsyncClientBuilder::new(storage, identity)
    }

    /// Makes a signature key pair, stores it, and returns the public key.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub async fn new_signer(&self, suite: CipherSuite) -> Result<SignaturePublicKey, CreateError> {
        self.driver.new_signer(suite).await
    }

    /// Stores a signature private key that was made elsewhere, and returns the public key.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub async fn import_signer(
        &self,
        suite: CipherSuite,
        private: &SignaturePrivateKey,
    ) -> Result<SignaturePublicKey, CreateError> {
        self.driver.import_signer(suite, private).await
    }

    /// The public keys of the signers that the client has loaded.
    #[must_use]
    pub fn signers(&self) -> Vec<SignaturePublicKey> {
        self.driver.signers.public_keys()
    }

    /// Makes an identity: `credential` with a [new signer](Self::new_signer) for `suite`.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub async fn new_identity(&self, suite: CipherSuite, credential: Credential) -> Result<Identity, CreateError> {
        self.driver.new_identity(suite, credential).await
    }

    /// The time, as the client's clock has it.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.driver.now()
    }

    /// The leaf that an identity gets in a group (RFC 9420 section 7.2): valid from an hour ago to twelve weeks ahead.
    #[must_use]
    pub fn leaf(&self, identity: &Identity) -> LeafSpec {
        self.driver.leaf(identity)
    }

    /// Makes a key package, to be published so that others can add us (RFC 9420 section 10).
    ///
    /// It is valid for twelve weeks and for one group; its private keys are stored before it is returned.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub async fn key_package(&self, identity: &Identity) -> Result<NewKeyPackage, CreateError> {
        self.key_package_with(&self.driver.key_package_spec(identity)).await
    }

    /// Makes a key package as `spec` says.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub async fn key_package_with(&self, spec: &KeyPackageSpec) -> Result<NewKeyPackage, CreateError> {
        self.driver.key_package(spec).await
    }

    /// Creates a group with a random identifier, whose only member we are (RFC 9420 section 11).
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub async fn create_group(&self, identity: &Identity) -> Result<AsyncGroup, CreateError> {
        self.create_group_with(&self.driver.create_plan(identity)).await
    }

    /// Creates a group as `plan` says.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub async fn create_group_with(&self, plan: &CreateGroup) -> Result<AsyncGroup, CreateError> {
        Ok(self.group(self.driver.create_group(plan).await?))
    }

    /// Joins a group by a Welcome for one of our key packages, which is used up (RFC 9420 section 12.4.3.1).
    ///
    /// `ratchet_tree` is the tree where the Welcome does not contain it.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is changed then, and the key package is still there.
    pub async fn join(&self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<AsyncGroup, JoinError> {
        Ok(self.group(self.driver.join(welcome, ratchet_tree).await?))
    }

    /// Prepares to join a group by an external commit (RFC 9420 section 12.4.3.2).
    ///
    /// `group_info` is what a member [published](AsyncGroup::group_info); `ratchet_tree` is the tree where that does not
    /// contain it. Send the [message](AsyncExternalJoin::message) and accept the join once the group has it.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is stored then.
    pub async fn join_external(
        &self,
        identity: &Identity,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<AsyncExternalJoin, JoinError> {
        self.join_external_with(&self.driver.external_plan(identity), group_info, ratchet_tree).await
    }

    /// Prepares to join a group by an external commit as `plan` says; with `resync` it replaces an old leaf of ours.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is stored then.
    pub async fn join_external_with(
        &self,
        plan: &ExternalJoinPlan,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<AsyncExternalJoin, JoinError> {
        let join = self.driver.join_external(group_info, ratchet_tree, plan).await?;
        Ok(AsyncExternalJoin::new(Arc::clone(&self.driver), join))
    }

    /// Looks into a Welcome for one of our key packages. Nothing is used up: [`join`](Self::join) takes it.
    ///
    /// `ratchet_tree` is the tree where the Welcome does not contain it.
    ///
    /// # Errors
    /// A [`JoinError`].
    pub async fn peek_welcome(&self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<WelcomePeek, JoinError> {
        self.driver.peek_welcome(welcome, ratchet_tree).await
    }

    /// Verifies a `GroupInfo` with its tree, without joining anything; see [`mls_core::group::verify_group_info`].
    ///
    /// # Errors
    /// A [`JoinError`].
    pub fn verify_group_info(
        &self,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<VerifiedGroupInfo, JoinError> {
        self.driver.verify_group_info(group_info, ratchet_tree)
    }

    /// Prepares to join a group by an external commit in the place of the leaf that we had there: when our state is
    /// lost, or the group went where it cannot be followed (RFC 9420 section 12.4.3.2).
    ///
    /// The old leaf is found by our signature key, or else by our credential, if only one leaf has that. Once the join
    /// is [accepted](AsyncExternalJoin::accept), what we held of the group before is replaced.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is stored then.
    pub async fn rejoin(
        &self,
        identity: &Identity,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<AsyncExternalJoin, JoinError> {
        let join = self.driver.rejoin(self.leaf(identity), group_info, ratchet_tree).await?;
        Ok(AsyncExternalJoin::new(Arc::clone(&self.driver), join))
    }

    /// Stores an external pre-shared key, for commits and Welcomes that name it (RFC 9420 section 8.4).
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub async fn store_psk(&self, psk_id: &[u8], value: &PskValue) -> Result<(), CreateError> {
        self.driver.store_psk(psk_id, value).await
    }

    /// Forgets an external pre-shared key.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is changed then.
    pub async fn forget_psk(&self, psk_id: &[u8]) -> Result<(), CreateError> {
        self.driver.forget_psk(psk_id).await
    }

    /// Makes a proposal to a group that we are not in, as one of its external senders (RFC 9420 section 12.1.8.1). The
    /// client must have the signer. There is nothing to wait for.
    ///
    /// # Errors
    /// A [`ProposeError`].
    pub fn propose_from_outside(&self, plan: &ExternalProposal) -> Result<OutgoingProposal, ProposeError> {
        Ok(self.driver.engine(|env| propose_from_outside(plan, env))?)
    }

    /// Proposes to a group that it add us, by a key package of ours (RFC 9420 section 12.1.8). There is nothing to wait
    /// for.
    ///
    /// # Errors
    /// A [`ProposeError`].
    pub fn propose_as_new_member(&self, plan: &NewMemberProposal) -> Result<OutgoingProposal, ProposeError> {
        Ok(self.driver.engine(|env| propose_as_new_member(plan, env))?)
    }

    /// Loads a group from the store. It costs a few hundred bytes; the rest is read when it is needed.
    ///
    /// Two handles on one group do not harm: the one that falls behind is told to [reload](AsyncGroup::reload).
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn load_group(&self, id: &GroupId) -> Result<AsyncGroup, LoadError> {
        Ok(self.group(self.driver.load(id).await?))
    }

    /// Moves a group out of the store. See [`Client::export_group`](crate::Client::export_group).
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is changed then.
    ///
    /// # Security
    /// What comes out holds every secret of the group and is not encrypted.
    pub async fn export_group(&self, id: &GroupId) -> Result<SecretBytes, LoadError> {
        self.driver.export_group(id).await
    }

    /// Takes in a group that was moved out of another store. See
    /// [`Client::import_group`](crate::Client::import_group).
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is changed then.
    pub async fn import_group(&self, exported: &SecretBytes) -> Result<AsyncGroup, LoadError> {
        Ok(self.group(self.driver.import_group(exported).await?))
    }

    /// The groups that we are in, as the store has them.
    ///
    /// # Errors
    /// A [`LoadError`] where the store cannot be read.
    pub async fn groups(&self) -> Result<Vec<GroupId>, LoadError> {
        self.driver.groups().await
    }

    /// The groups that we [observe](Self::observe), as the store has them.
    ///
    /// # Errors
    /// A [`LoadError`] where the store cannot be read.
    pub async fn observed_groups(&self) -> Result<Vec<GroupId>, LoadError> {
        self.driver.observed_groups().await
    }

    /// Drops what was kept for long enough: in every group the retained epochs that are too old or too many, by the
    /// client's [`Limits`](crate::Limits) as they are now, and the key packages that have expired. Call it once a day.
    ///
    /// # Errors
    /// A [`LoadError`] where the store fails. A group that cannot be pruned keeps no other from it.
    pub async fn prune(&self) -> Result<PrunedAll, LoadError> {
        self.driver.prune_all().await
    }

    /// What was handed out before and is still pending, in all groups: commits, proposals, external joins and
    /// successors. Call it after a restart and send everything again.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn resume(&self) -> Result<Vec<Repeat<AsyncExternalJoin, AsyncSuccessor>>, LoadError> {
        let join = |join| AsyncExternalJoin::new(Arc::clone(&self.driver), join);
        self.driver.resume(join, |successor| AsyncSuccessor::new(Arc::clone(&self.driver), successor)).await
    }

    fn group(&self, state: mls_core::group::Group) -> AsyncGroup {
        AsyncGroup::new(Arc::clone(&self.driver), state)
    }
}

impl core::fmt::Debug for AsyncClient {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { driver } = self;
        f.debug_struct("AsyncClient").field("crypto", &driver.crypto).finish_non_exhaustive()
    }
}
