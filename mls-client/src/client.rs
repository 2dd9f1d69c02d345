//! A client: signers, key packages, and the groups of one store.

use std::sync::Arc;

use mls_core::credential::Credential;
use mls_core::env::UnixTime;
use mls_core::group::{
    CreateGroup, ExternalJoinPlan, ExternalProposal, KeyPackageSpec, LeafSpec, NewKeyPackage, NewMemberProposal,
    OutgoingProposal, VerifiedGroupInfo, propose_as_new_member, propose_from_outside,
};
use mls_core::identity::IdentityProvider;
use mls_core::psk::PskValue;
use mls_core::record::GroupId;
use mls_core::storage::Storage;
use mls_crypto_traits::{CipherSuite, SecretBytes, SignaturePrivateKey, SignaturePublicKey};

use crate::blocking::run;
use crate::builder::ClientBuilder;
use crate::driver::Driver;
use crate::error::{CreateError, JoinError, LoadError, ProposeError};
use crate::event::Repeat;
use crate::external::ExternalJoin;
use crate::group::Group;
use crate::identity::Identity;
use crate::peek::WelcomePeek;
use crate::pruned::PrunedAll;
use crate::successor::Successor;

/// A client: signers, key packages, and the groups of one store.
///
/// It is a handle: a clone is the same client. What it is made of is chosen when it is [built](Self::builder) and
/// appears in no type.
#[derive(Clone)]
pub struct Client {
    driver: Arc<Driver>,
}

impl Client {
    pub(crate) const fn new(driver: Arc<Driver>) -> Self {
        Self { driver }
    }

    pub(crate) const fn driver(&self) -> &Arc<Driver> {
        &self.driver
    }

    /// Starts a client over a store and an authentication service, for which there is no safe default.
    pub fn builder(storage: Arc<dyn Storage>, identity: Arc<dyn IdentityProvider>) -> ClientBuilder {
        ClientBuilder::new(storage, identity)
    }

    /// Makes a signature key pair, stores it, and returns the public key.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub fn new_signer(&self, suite: CipherSuite) -> Result<SignaturePublicKey, CreateError> {
        run(self.driver.new_signer(suite))
    }

    /// Stores a signature private key that was made elsewhere, and returns the public key.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub fn import_signer(
        &self,
        suite: CipherSuite,
        private: &SignaturePrivateKey,
    ) -> Result<SignaturePublicKey, CreateError> {
        run(self.driver.import_signer(suite, private))
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
    pub fn new_identity(&self, suite: CipherSuite, credential: Credential) -> Result<Identity, CreateError> {
        run(self.driver.new_identity(suite, credential))
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
    pub fn key_package(&self, identity: &Identity) -> Result<NewKeyPackage, CreateError> {
        self.key_package_with(&self.driver.key_package_spec(identity))
    }

    /// Makes a key package as `spec` says.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub fn key_package_with(&self, spec: &KeyPackageSpec) -> Result<NewKeyPackage, CreateError> {
        run(self.driver.key_package(spec))
    }

    /// Creates a group with a random identifier, whose only member we are (RFC 9420 section 11).
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub fn create_group(&self, identity: &Identity) -> Result<Group, CreateError> {
        self.create_group_with(&self.driver.create_plan(identity))
    }

    /// Creates a group as `plan` says.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub fn create_group_with(&self, plan: &CreateGroup) -> Result<Group, CreateError> {
        Ok(self.group(run(self.driver.create_group(plan))?))
    }

    /// Joins a group by a Welcome for one of our key packages, which is used up (RFC 9420 section 12.4.3.1).
    ///
    /// `ratchet_tree` is the tree where the Welcome does not contain it.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is changed then, and the key package is still there.
    pub fn join(&self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Group, JoinError> {
        Ok(self.group(run(self.driver.join(welcome, ratchet_tree))?))
    }

    /// Prepares to join a group by an external commit (RFC 9420 section 12.4.3.2).
    ///
    /// `group_info` is what a member [published](Group::group_info); `ratchet_tree` is the tree where that does not
    /// contain it. Send the [message](ExternalJoin::message) and accept the join once the group has it.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is stored then.
    pub fn join_external(
        &self,
        identity: &Identity,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<ExternalJoin, JoinError> {
        self.join_external_with(&self.driver.external_plan(identity), group_info, ratchet_tree)
    }

    /// Prepares to join a group by an external commit as `plan` says; with `resync` it replaces an old leaf of ours.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is stored then.
    pub fn join_external_with(
        &self,
        plan: &ExternalJoinPlan,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<ExternalJoin, JoinError> {
        let join = run(self.driver.join_external(group_info, ratchet_tree, plan))?;
        Ok(ExternalJoin::new(Arc::clone(&self.driver), join))
    }

    /// Looks into a Welcome for one of our key packages. Nothing is used up: [`join`](Self::join) takes it.
    ///
    /// `ratchet_tree` is the tree where the Welcome does not contain it.
    ///
    /// # Errors
    /// A [`JoinError`].
    pub fn peek_welcome(&self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<WelcomePeek, JoinError> {
        run(self.driver.peek_welcome(welcome, ratchet_tree))
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
    /// is [accepted](ExternalJoin::accept), what we held of the group before is replaced.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is stored then.
    pub fn rejoin(
        &self,
        identity: &Identity,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<ExternalJoin, JoinError> {
        let join = run(self.driver.rejoin(self.leaf(identity), group_info, ratchet_tree))?;
        Ok(ExternalJoin::new(Arc::clone(&self.driver), join))
    }

    /// Stores an external pre-shared key, for commits and Welcomes that name it (RFC 9420 section 8.4).
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is stored then.
    pub fn store_psk(&self, psk_id: &[u8], value: &PskValue) -> Result<(), CreateError> {
        run(self.driver.store_psk(psk_id, value))
    }

    /// Forgets an external pre-shared key.
    ///
    /// # Errors
    /// A [`CreateError`]; nothing is changed then.
    pub fn forget_psk(&self, psk_id: &[u8]) -> Result<(), CreateError> {
        run(self.driver.forget_psk(psk_id))
    }

    /// Makes a proposal to a group that we are not in, as one of its external senders (RFC 9420 section 12.1.8.1). The
    /// client must have the signer.
    ///
    /// # Errors
    /// A [`ProposeError`].
    pub fn propose_from_outside(&self, plan: &ExternalProposal) -> Result<OutgoingProposal, ProposeError> {
        Ok(self.driver.engine(|env| propose_from_outside(plan, env))?)
    }

    /// Proposes to a group that it add us, by a key package of ours (RFC 9420 section 12.1.8).
    ///
    /// # Errors
    /// A [`ProposeError`].
    pub fn propose_as_new_member(&self, plan: &NewMemberProposal) -> Result<OutgoingProposal, ProposeError> {
        Ok(self.driver.engine(|env| propose_as_new_member(plan, env))?)
    }

    /// Loads a group from the store. It costs a few hundred bytes; the rest is read when it is needed.
    ///
    /// Two handles on one group do not harm: the one that falls behind is told to [reload](Group::reload).
    ///
    /// # Errors
    /// A [`LoadError`].
    pub fn load_group(&self, id: &GroupId) -> Result<Group, LoadError> {
        Ok(self.group(run(self.driver.load(id))?))
    }

    /// The groups that we are in, as the store has them.
    ///
    /// # Errors
    /// A [`LoadError`] where the store cannot be read.
    pub fn groups(&self) -> Result<Vec<GroupId>, LoadError> {
        run(self.driver.groups())
    }

    /// The groups that we [observe](Self::observe), as the store has them.
    ///
    /// # Errors
    /// A [`LoadError`] where the store cannot be read.
    pub fn observed_groups(&self) -> Result<Vec<GroupId>, LoadError> {
        run(self.driver.observed_groups())
    }

    /// Moves a group out of the store: what comes out is all of it, for [`import_group`](Self::import_group) elsewhere,
    /// once. Here it refuses everything from then on; delete it when the other side has it.
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is changed then.
    ///
    /// # Security
    /// What comes out holds every secret of the group and is not encrypted.
    pub fn export_group(&self, id: &GroupId) -> Result<SecretBytes, LoadError> {
        run(self.driver.export_group(id))
    }

    /// Takes in a group that was moved out of another store. It reads, but neither sends nor commits before it has
    /// entered another epoch by a commit of somebody else.
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is changed then.
    pub fn import_group(&self, exported: &SecretBytes) -> Result<Group, LoadError> {
        Ok(self.group(run(self.driver.import_group(exported))?))
    }

    /// Drops what was kept for long enough: in every group the retained epochs that are too old or too many, by the
    /// client's [`Limits`](crate::Limits) as they are now, and the key packages that have expired. Call it once a day.
    ///
    /// # Errors
    /// A [`LoadError`] where the store fails. A group that cannot be pruned keeps no other from it.
    pub fn prune(&self) -> Result<PrunedAll, LoadError> {
        run(self.driver.prune_all())
    }

    /// What was handed out before and is still pending, in all groups: commits, proposals, external joins and
    /// successors. Call it after a restart and send everything again.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub fn resume(&self) -> Result<Vec<Repeat>, LoadError> {
        run(self.driver.resume(
            |join| ExternalJoin::new(Arc::clone(&self.driver), join),
            |successor| Successor::new(Arc::clone(&self.driver), successor),
        ))
    }

    fn group(&self, state: mls_core::group::Group) -> Group {
        Group::new(Arc::clone(&self.driver), state)
    }
}

impl core::fmt::Debug for Client {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { driver } = self;
        f.debug_struct("Client").field("crypto", &driver.crypto).finish_non_exhaustive()
    }
}
