//! Queries, ways back, and what is looked at before it is joined.

use mls_codec::Decode;
use mls_core::env::Env;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{
    self as engine, CommitPlan, ExternalJoin, ExternalJoinPlan, Fault, Group as State, LeafSpec, Member, MemberPurpose,
    Pruned, Rewound, Step, VerifiedGroupInfo, forget_key_packages, open_welcome, verify_group_info,
};
use mls_core::identity::MemberId;
use mls_core::record::{RecordKey, RecordPrefix};
use mls_core::storage::key_package_lifetime;
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::{HpkeCiphertext, SecretBytes};

use super::join::{group_info_of, welcome_of};
use super::rounds::Rounds;
use super::{Driver, Handle};
use crate::error::{
    CommitError, DriverError, ExportError, JoinError, LoadError, MemberError, OperationError, RewindError,
};
use crate::peek::WelcomePeek;
use crate::pruned::PrunedAll;

impl Driver {
    /// Computes a step over whatever records it takes, stores it and makes it happen.
    async fn make<T, E, F>(
        &self,
        state: &mut Handle,
        call: impl Fn(&State, &mut Env<'_>) -> Result<Step<T>, F>,
    ) -> Result<T, E>
    where
        E: OperationError + From<F>,
    {
        let mut rounds = Rounds::begin(self, state).await?;
        loop {
            match self.engine(|env| call(state, env)) {
                Ok(step) => return Ok(self.perform(state, step).await?),
                Err(error) => rounds.settle(self, state, E::from(error)).await?,
            }
        }
    }

    pub(crate) async fn rewind(&self, state: &mut Handle, epoch: u64) -> Result<Rewound, RewindError> {
        self.make(state, |state, env| engine::rewind(state, epoch, env)).await
    }

    pub(crate) async fn prune(&self, state: &mut Handle) -> Result<Pruned, LoadError> {
        self.settle_doubt(state).await?;
        match self.engine(|env| engine::prune(state, env))? {
            Some(step) => Ok(self.perform(state, step).await?),
            None => Ok(Pruned::default()),
        }
    }

    /// Prunes every group, and forgets the key packages that have expired.
    pub(crate) async fn prune_all(&self) -> Result<PrunedAll, LoadError> {
        let mut pruned = PrunedAll::default();
        for id in self.groups().await? {
            let outcome = match self.load(&id).await {
                Ok(state) => self.prune(&mut Handle::new(state)).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(of_group) if of_group == Pruned::default() => {}
                Ok(of_group) => pruned.groups.push((id, of_group)),
                // What was moved away is deleted as a whole.
                Err(LoadError::Engine(Fault::Moved)) => {}
                // The others go on.
                Err(error) => pruned.failed.push((id, error)),
            }
        }
        let now = self.now().0;
        let mut expired = Vec::new();
        for (key, record) in self.storage.scan(&RecordPrefix::KeyPackages).await.map_err(DriverError::from)?.iter() {
            let lifetime = key_package_lifetime(record).ok().flatten();
            if let (RecordKey::KeyPackage(reference), Some(lifetime)) = (&*key, lifetime)
                && lifetime.not_after < now
            {
                expired.push(**reference);
            }
        }
        if !expired.is_empty() {
            let fresh = self.engine(|env| forget_key_packages(&expired, env))?;
            self.release(fresh).await?;
        }
        pruned.key_packages = expired;
        Ok(pruned)
    }

    pub(crate) async fn member_with_id(&self, state: &mut Handle, id: &MemberId) -> Result<Option<Member>, LoadError> {
        let mut rounds = Rounds::begin(self, state).await?;
        loop {
            match self.engine(|env| state.member_with_id(id, env)) {
                Ok(member) => return Ok(member),
                Err(fault) => rounds.settle(self, state, LoadError::from(fault)).await?,
            }
        }
    }

    pub(crate) async fn delete_exporter(&self, state: &mut Handle) -> Result<(), ExportError> {
        self.make(state, engine::delete_exporter).await
    }

    pub(crate) async fn keep_tree(&self, state: &mut Handle, inside: bool) -> Result<(), LoadError> {
        let keep = if inside { engine::keep_tree_inside } else { engine::keep_tree_outside };
        self.make(state, keep).await
    }

    pub(crate) async fn admit_tree(&self, state: &mut Handle, ratchet_tree: &[u8]) -> Result<(), LoadError> {
        self.settle_doubt(state).await?;
        Ok(self.engine(|env| state.admit_tree(ratchet_tree, env))?)
    }

    pub(crate) async fn seal_to_member(
        &self,
        state: &mut Handle,
        recipient: LeafIndex,
        purpose: MemberPurpose<'_>,
        authenticated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<HpkeCiphertext, MemberError> {
        let mut rounds = Rounds::begin(self, state).await?;
        loop {
            let sealed = self
                .engine(|env| engine::seal_to_member(state, recipient, purpose, authenticated_data, plaintext, env));
            match sealed {
                Ok(sealed) => return Ok(sealed),
                Err(error) => rounds.settle(self, state, MemberError::from(error)).await?,
            }
        }
    }

    pub(crate) async fn open_as_member(
        &self,
        state: &mut Handle,
        purpose: MemberPurpose<'_>,
        authenticated_data: &[u8],
        ciphertext: &HpkeCiphertext,
    ) -> Result<SecretBytes, MemberError> {
        let mut rounds = Rounds::begin(self, state).await?;
        loop {
            let opened = self.engine(|env| engine::open_as_member(state, purpose, authenticated_data, ciphertext, env));
            match opened {
                Ok(opened) => return Ok(opened),
                Err(error) => rounds.settle(self, state, MemberError::from(error)).await?,
            }
        }
    }

    pub(crate) fn verify_group_info(
        &self,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<VerifiedGroupInfo, JoinError> {
        let group_info = group_info_of(group_info)?;
        Ok(self.engine(|env| verify_group_info(&group_info, ratchet_tree, env))?)
    }

    pub(crate) async fn rejoin(
        &self,
        leaf: LeafSpec,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<ExternalJoin, JoinError> {
        let verified = self.verify_group_info(group_info, ratchet_tree)?;
        let plan = ExternalJoinPlan::rejoin(&verified, leaf);
        self.join_external(group_info, ratchet_tree, &plan).await
    }

    /// Opens a Welcome as joining does, and stops before anything is asked about the members, or used up.
    pub(crate) async fn peek_welcome(
        &self,
        welcome: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<WelcomePeek, JoinError> {
        let welcome = welcome_of(welcome)?;
        let (key_package, record) = self.find_key_package(&welcome).await?;
        let opened = self.engine(|env| open_welcome(&welcome, &key_package, record.as_bytes(), ratchet_tree, env))?;
        let psks = opened.psks().to_vec();
        let answers = self.answer(&[], &psks).await?;
        let pending = self.engine(|env| opened.resume(&answers, env))?;
        let (members, own_leaf) = (pending.members(), pending.own_leaf());
        Ok(WelcomePeek { key_package, group_info: pending.group_info().clone(), members, own_leaf, psks })
    }
}

/// Removes a member and adds it again with a key package as [`key_package`](crate::Client::key_package) makes them.
pub(crate) fn readd_plan(lost: LeafIndex, key_package: &[u8]) -> Result<CommitPlan, CommitError> {
    match MlsMessage::from_bytes(key_package).map_err(CommitError::Malformed)?.body {
        MlsMessageBody::KeyPackage(key_package) => Ok(CommitPlan::readd(lost, key_package)),
        _ => Err(CommitError::NotAKeyPackage),
    }
}
