//! A group that an asynchronous client is a member of.

mod recovery;

use std::sync::Arc;

use mls_core::group as engine;
use mls_core::group::{
    CommitOutput, CommitPlan, EncryptOptions, EpochChange, GroupInfoOptions, Member, Outgoing, OutgoingProposal,
    Proposing, SendOptions,
};
use mls_core::group_context::GroupContext;
use mls_core::proposal::ReInit;
use mls_core::record::GroupId;
use mls_core::storage::AppWrites;
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::{CipherSuite, SecretBytes};

use crate::driver::{Driver, Handle, adds, removes};
use crate::error::{CommitError, ExportError, LoadError, ProposeError, ReceiveError, SendError};
use crate::event::Event;

/// A group that the client is a member of: [`Group`](crate::Group) with its operations as futures.
///
/// Each operation is computed, stored and only then visible: what it returns is durable. An operation that fails has
/// changed nothing. Where another handle has moved the stored group on, the error's disposition is `Reload`, and
/// [`reload`](Self::reload) catches up.
///
/// # Dropped futures
///
/// An operation whose future is dropped has happened or has not. The next one finds out which by itself, from the
/// store, and goes on from there; until then [`epoch`](Self::epoch) and its siblings answer as before. A commit that was
/// made is [pending](Self::pending_commit). The generation of a message that was encrypted and not returned is skipped.
pub struct AsyncGroup {
    driver: Arc<Driver>,
    state: Handle,
}

impl AsyncGroup {
    pub(crate) const fn new(driver: Arc<Driver>, state: engine::Group) -> Self {
        Self { driver, state: Handle::new(state) }
    }

    pub(super) const fn parts(&mut self) -> (&Arc<Driver>, &mut Handle) {
        (&self.driver, &mut self.state)
    }

    /// Encrypts `data` for the members of this epoch (RFC 9420 section 15).
    ///
    /// # Errors
    /// A [`SendError`]; nothing is used up then.
    pub async fn send(&mut self, data: &[u8]) -> Result<Outgoing, SendError> {
        self.send_with(data, &self.driver.rules.sending().application).await
    }

    /// Encrypts `data` with authenticated data, padding, or in spite of pending proposals.
    ///
    /// # Errors
    /// A [`SendError`]; nothing is used up then.
    pub async fn send_with(&mut self, data: &[u8], options: &EncryptOptions) -> Result<Outgoing, SendError> {
        self.driver.send(&mut self.state, data, options).await
    }

    /// Takes in a message of the group: application data, a proposal, or a commit, our own ones included.
    ///
    /// # Errors
    /// A [`ReceiveError`], whose disposition says what to do with the message; nothing is changed then.
    pub async fn receive(&mut self, message: &[u8]) -> Result<Event, ReceiveError> {
        self.driver.receive(&mut self.state, message).await
    }

    /// Takes in a message, and writes what the application makes of it in the same transaction: after a crash or a dropped future
    /// both have happened or neither.
    ///
    /// `write` sees what has come in before anything is stored, and says what to write; it must not act upon it
    /// otherwise.
    ///
    /// # Errors
    /// A [`ReceiveError`], with [`StorageErrorKind::Application`](mls_core::storage::StorageErrorKind::Application) where
    /// the application's own writes failed and [`Unsupported`](mls_core::storage::StorageErrorKind::Unsupported) where the
    /// store does not offer this; nothing is changed then.
    pub async fn receive_with(
        &mut self,
        message: &[u8],
        write: impl FnOnce(&Event) -> AppWrites,
    ) -> Result<Event, ReceiveError> {
        self.driver.receive_with(&mut self.state, message, write).await
    }

    /// Takes in a backlog, and says for each message what became of it. A message that fails is skipped.
    ///
    /// Up to 64 messages, or a mebibyte of them, are one transaction. Where one cannot be stored, its first message says
    /// why, and the others and all that follow are [skipped](crate::DriverError::Skipped).
    ///
    /// # Errors
    /// A [`ReceiveError`] where nothing could be stored; nothing is changed then.
    pub async fn receive_all<M: AsRef<[u8]>>(
        &mut self,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<Vec<Result<Event, ReceiveError>>, ReceiveError> {
        self.driver.receive_all(&mut self.state, messages).await
    }

    /// Commits the addition of the clients that `key_packages` belong to, with all pending proposals.
    ///
    /// Send the commit; once it is [accepted](Self::accept_commit), send the Welcome to those that it adds.
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub async fn add<K: AsRef<[u8]>>(&mut self, key_packages: &[K]) -> Result<CommitOutput, CommitError> {
        self.commit(&self.driver.plan(adds(key_packages)?)).await
    }

    /// Commits the removal of members, with all pending proposals.
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub async fn remove(&mut self, members: &[LeafIndex]) -> Result<CommitOutput, CommitError> {
        self.commit(&self.driver.plan(removes(members))).await
    }

    /// Commits new keys of our own, with all pending proposals: from the next epoch on, whoever had a copy of our
    /// state is locked out.
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub async fn update(&mut self) -> Result<CommitOutput, CommitError> {
        self.commit(&self.driver.plan(Vec::new())).await
    }

    /// Makes a commit (RFC 9420 section 12.4). It is pending until it is [accepted](Self::accept_commit), or
    /// [received](Self::receive) back, or [dropped](Self::drop_commit).
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub async fn commit(&mut self, plan: &CommitPlan) -> Result<CommitOutput, CommitError> {
        self.driver.commit(&mut self.state, plan).await
    }

    /// Enters the epoch that our pending commit leads to: the delivery service took it as the first of this epoch.
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub async fn accept_commit(&mut self) -> Result<EpochChange, CommitError> {
        self.driver.accept_commit(&mut self.state).await
    }

    /// Drops our pending commit: another came first, or it was refused.
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub async fn drop_commit(&mut self) -> Result<(), CommitError> {
        self.driver.drop_commit(&mut self.state).await
    }

    /// Our pending commit as it was handed out, to be sent again.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn pending_commit(&mut self) -> Result<Option<CommitOutput>, LoadError> {
        self.driver.view(&mut self.state, engine::pending_commit).await
    }

    /// Makes a proposal (RFC 9420 section 12.1), encrypted, for somebody to commit.
    ///
    /// # Errors
    /// A [`ProposeError`]; nothing is changed then.
    pub async fn propose(&mut self, proposing: &Proposing) -> Result<OutgoingProposal, ProposeError> {
        self.propose_with(proposing, &self.driver.rules.sending().proposal).await
    }

    /// Makes a proposal with authenticated data, padding, or in the clear.
    ///
    /// # Errors
    /// A [`ProposeError`]; nothing is changed then.
    pub async fn propose_with(
        &mut self,
        proposing: &Proposing,
        options: &SendOptions,
    ) -> Result<OutgoingProposal, ProposeError> {
        self.driver.propose(&mut self.state, proposing, options).await
    }

    /// The members in the order of their leaves.
    ///
    /// # Errors
    /// A [`LoadError`] where the tree cannot be read.
    pub async fn members(&mut self) -> Result<Vec<Member>, LoadError> {
        self.driver.view(&mut self.state, engine::Group::members).await
    }

    /// A secret of `len` bytes that all members of this epoch share, for one purpose (RFC 9420 section 8.5).
    ///
    /// # Errors
    /// An [`ExportError`].
    pub async fn export(&mut self, label: &[u8], context: &[u8], len: usize) -> Result<SecretBytes, ExportError> {
        self.driver.export(&mut self.state, label, context, len).await
    }

    /// The group's `GroupInfo` as an `MLSMessage`, for others to join by an external commit
    /// (RFC 9420 section 12.4.3).
    ///
    /// # Errors
    /// An [`ExportError`].
    pub async fn group_info(&mut self, options: GroupInfoOptions) -> Result<Vec<u8>, ExportError> {
        self.driver.group_info(&mut self.state, options).await
    }

    /// The ratchet tree, to be handed to joiners beside a Welcome or `GroupInfo` without it.
    ///
    /// # Errors
    /// An [`ExportError`].
    pub async fn ratchet_tree(&mut self) -> Result<Vec<u8>, ExportError> {
        self.driver.ratchet_tree(&mut self.state).await
    }

    /// A value that all members of this epoch share, to be compared over another channel (RFC 9420 section 8.7).
    #[must_use]
    pub fn epoch_authenticator(&self) -> &[u8] {
        self.state.epoch_authenticator()
    }

    /// The group's identifier.
    #[must_use]
    pub fn id(&self) -> &GroupId {
        self.state.id()
    }

    /// The current epoch's number.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.state.epoch()
    }

    /// The group's cipher suite.
    #[must_use]
    pub fn cipher_suite(&self) -> CipherSuite {
        self.state.cipher_suite()
    }

    /// The group context of the current epoch (RFC 9420 section 8.1).
    #[must_use]
    pub fn context(&self) -> &GroupContext {
        self.state.context()
    }

    /// Our own leaf index.
    #[must_use]
    pub fn own_leaf(&self) -> LeafIndex {
        self.state.own_leaf()
    }

    /// Whether we are still a member.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state.is_active()
    }

    /// The parameters of the group that is to succeed this one, where a `ReInit` has closed it.
    #[must_use]
    pub fn re_init(&self) -> Option<&ReInit> {
        self.state.re_init()
    }

    /// Whether we have entered the group that succeeds this one, as far as this handle knows.
    #[must_use]
    pub fn is_succeeded(&self) -> bool {
        self.state.is_succeeded()
    }

    /// Whether a commit of our own waits to be accepted.
    #[must_use]
    pub fn has_pending_commit(&self) -> bool {
        self.state.has_pending_commit()
    }

    /// How many proposals of this epoch wait to be committed.
    #[must_use]
    pub fn pending_proposals(&self) -> u32 {
        self.state.pending_proposals()
    }

    /// Reads the group again from the store.
    ///
    /// # Errors
    /// A [`LoadError`]; the handle is as before then.
    pub async fn reload(&mut self) -> Result<(), LoadError> {
        self.driver.reload(&mut self.state).await
    }
}

impl core::fmt::Debug for AsyncGroup {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { driver: _, state } = self;
        f.debug_struct("AsyncGroup").field("state", &**state).finish_non_exhaustive()
    }
}
