//! Clients through either face.

use mls_client::mls_core::group::{KeyPackageSpec, VerifiedGroupInfo};
use mls_client::mls_core::psk::PskValue;
use mls_client::mls_crypto_traits::{SecretBytes, SignaturePublicKey};
use mls_client::{
    CipherSuite, CreateError, Credential, ExternalJoinPlan, ExternalProposal, GroupId, Identity, JoinError, LeafSpec,
    LoadError, NewKeyPackage, NewMemberProposal, OutgoingProposal, ProposeError, PrunedAll, Repeat, UnixTime,
    WelcomePeek,
};

use super::{Client, ExternalJoin, Group, ObservedGroup, Successor};
use crate::common::block_on;

impl Client {
    pub(crate) fn new_identity(&self, suite: CipherSuite, credential: Credential) -> Result<Identity, CreateError> {
        both!(self, face => face.new_identity(suite, credential))
    }

    pub(crate) fn new_signer(&self, suite: CipherSuite) -> Result<SignaturePublicKey, CreateError> {
        both!(self, face => face.new_signer(suite))
    }

    pub(crate) fn key_package(&self, identity: &Identity) -> Result<NewKeyPackage, CreateError> {
        both!(self, face => face.key_package(identity))
    }

    pub(crate) fn store_psk(&self, psk_id: &[u8], value: &PskValue) -> Result<(), CreateError> {
        both!(self, face => face.store_psk(psk_id, value))
    }

    pub(crate) fn forget_psk(&self, psk_id: &[u8]) -> Result<(), CreateError> {
        both!(self, face => face.forget_psk(psk_id))
    }

    pub(crate) fn groups(&self) -> Result<Vec<GroupId>, LoadError> {
        both!(self, face => face.groups())
    }

    pub(crate) fn signers(&self) -> Vec<SignaturePublicKey> {
        plain!(self, face => face.signers())
    }

    pub(crate) fn now(&self) -> UnixTime {
        plain!(self, face => face.now())
    }

    pub(crate) fn leaf(&self, identity: &Identity) -> LeafSpec {
        plain!(self, face => face.leaf(identity))
    }

    pub(crate) fn key_package_with(&self, spec: &KeyPackageSpec) -> Result<NewKeyPackage, CreateError> {
        both!(self, face => face.key_package_with(spec))
    }

    pub(crate) fn propose_from_outside(&self, plan: &ExternalProposal) -> Result<OutgoingProposal, ProposeError> {
        plain!(self, face => face.propose_from_outside(plan))
    }

    pub(crate) fn propose_as_new_member(&self, plan: &NewMemberProposal) -> Result<OutgoingProposal, ProposeError> {
        plain!(self, face => face.propose_as_new_member(plan))
    }

    pub(crate) fn successors(&self) -> Result<Vec<Successor>, LoadError> {
        Ok(match self {
            Self::Blocking(face) => face.successors()?.into_iter().map(Successor::Blocking).collect(),
            Self::Async(face) => block_on(face.successors())?.into_iter().map(Successor::Async).collect(),
        })
    }

    pub(crate) fn create_group(&self, identity: &Identity) -> Result<Group, CreateError> {
        made!(Group, self, face => face.create_group(identity))
    }

    pub(crate) fn load_group(&self, id: &GroupId) -> Result<Group, LoadError> {
        made!(Group, self, face => face.load_group(id))
    }

    pub(crate) fn join(&self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Group, JoinError> {
        made!(Group, self, face => face.join(welcome, ratchet_tree))
    }

    pub(crate) fn join_external(
        &self,
        identity: &Identity,
        info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<ExternalJoin, JoinError> {
        made!(ExternalJoin, self, face => face.join_external(identity, info, ratchet_tree))
    }

    pub(crate) fn join_external_with(
        &self,
        plan: &ExternalJoinPlan,
        info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<ExternalJoin, JoinError> {
        made!(ExternalJoin, self, face => face.join_external_with(plan, info, ratchet_tree))
    }

    pub(crate) fn peek_welcome(&self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<WelcomePeek, JoinError> {
        both!(self, face => face.peek_welcome(welcome, ratchet_tree))
    }

    pub(crate) fn verify_group_info(
        &self,
        info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<VerifiedGroupInfo, JoinError> {
        plain!(self, face => face.verify_group_info(info, ratchet_tree))
    }

    pub(crate) fn rejoin(
        &self,
        identity: &Identity,
        info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<ExternalJoin, JoinError> {
        made!(ExternalJoin, self, face => face.rejoin(identity, info, ratchet_tree))
    }

    pub(crate) fn observe(&self, info: &[u8], ratchet_tree: Option<&[u8]>) -> Result<ObservedGroup, JoinError> {
        made!(ObservedGroup, self, face => face.observe(info, ratchet_tree))
    }

    pub(crate) fn observe_from_snapshot(&self, snapshot: &[u8]) -> Result<ObservedGroup, LoadError> {
        made!(ObservedGroup, self, face => face.observe_from_snapshot(snapshot))
    }

    pub(crate) fn load_observed(&self, id: &GroupId) -> Result<ObservedGroup, LoadError> {
        made!(ObservedGroup, self, face => face.load_observed(id))
    }

    pub(crate) fn observed_groups(&self) -> Result<Vec<GroupId>, LoadError> {
        both!(self, face => face.observed_groups())
    }

    pub(crate) fn export_group(&self, id: &GroupId) -> Result<SecretBytes, LoadError> {
        both!(self, face => face.export_group(id))
    }

    pub(crate) fn import_group(&self, exported: &SecretBytes) -> Result<Group, LoadError> {
        made!(Group, self, face => face.import_group(exported))
    }

    pub(crate) fn prune(&self) -> Result<PrunedAll, LoadError> {
        both!(self, face => face.prune())
    }

    pub(crate) fn resume(&self) -> Result<Vec<Repeat<ExternalJoin, Successor>>, LoadError> {
        Ok(match self {
            Self::Blocking(face) => face
                .resume()?
                .into_iter()
                .map(|repeat| mapped(repeat, ExternalJoin::Blocking, Successor::Blocking))
                .collect(),
            Self::Async(face) => block_on(face.resume())?
                .into_iter()
                .map(|repeat| mapped(repeat, ExternalJoin::Async, Successor::Async))
                .collect(),
        })
    }
}

fn mapped<J, K, S, T>(repeat: Repeat<J, S>, join: impl Fn(J) -> K, successor: impl Fn(S) -> T) -> Repeat<K, T> {
    match repeat {
        Repeat::Commit { group, commit } => Repeat::Commit { group, commit },
        Repeat::Proposal { group, proposal } => Repeat::Proposal { group, proposal },
        Repeat::ExternalJoin(pending) => Repeat::ExternalJoin(join(pending)),
        Repeat::Successor(pending) => Repeat::Successor(successor(pending)),
        other => panic!("unknown: {:?}", core::mem::discriminant(&other)),
    }
}
