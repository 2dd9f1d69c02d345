//! Groups through either face.

use mls_client::mls_core::group::{Group as State, Leftover, MemberPurpose, Pruned, Rewound, WaitingProposal};
use mls_client::mls_core::group_context::GroupContext;
use mls_client::mls_core::identity::MemberId;
use mls_client::mls_core::proposal::ProposalRef;
use mls_client::mls_core::record::Missing;
use mls_client::mls_crypto_traits::{HpkeCiphertext, SecretBytes};
use mls_client::{
    AppWrites, CipherSuite, CommitError, CommitOutput, CommitPlan, DetachedCommit, EpochChange, Event, ExportError,
    GroupId, GroupInfoOptions, JoinError, LeafIndex, LoadError, Member, MemberError, Outgoing, OutgoingProposal,
    ProposeError, Proposing, ReceiveError, RewindError, SendError, SuccessorError, SuccessorPlan,
};

use super::{Group, Successor};

impl Group {
    pub(crate) fn waiting_proposals(&mut self) -> Result<Vec<WaitingProposal>, LoadError> {
        both!(self, face => face.waiting_proposals())
    }

    pub(crate) fn drop_proposal(&mut self, reference: &ProposalRef) -> Result<(), ProposeError> {
        both!(self, face => face.drop_proposal(reference))
    }

    pub(crate) fn propose_again(&mut self, leftovers: &[Leftover]) -> Result<Vec<OutgoingProposal>, ProposeError> {
        both!(self, face => face.propose_again(leftovers))
    }

    pub(crate) fn commit_detached(&mut self, plan: &CommitPlan) -> Result<(CommitOutput, DetachedCommit), CommitError> {
        both!(self, face => face.commit_detached(plan))
    }

    pub(crate) fn accept_detached(&mut self, commit: &DetachedCommit) -> Result<EpochChange, CommitError> {
        both!(self, face => face.accept_detached(commit))
    }

    pub(crate) fn is_succeeded(&self) -> bool {
        plain!(self, face => face.is_succeeded())
    }

    pub(crate) fn create_successor(&mut self, plan: &SuccessorPlan) -> Result<Successor, SuccessorError> {
        made!(Successor, self, face => face.create_successor(plan))
    }

    pub(crate) fn join_successor(&mut self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Self, JoinError> {
        made!(Self, self, face => face.join_successor(welcome, ratchet_tree))
    }

    pub(crate) fn join_branch(&mut self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Self, JoinError> {
        made!(Self, self, face => face.join_branch(welcome, ratchet_tree))
    }

    pub(crate) fn send(&mut self, data: &[u8]) -> Result<Outgoing, SendError> {
        both!(self, face => face.send(data))
    }

    pub(crate) fn receive(&mut self, message: &[u8]) -> Result<Event, ReceiveError> {
        both!(self, face => face.receive(message))
    }

    pub(crate) fn receive_with(
        &mut self,
        message: &[u8],
        write: impl FnOnce(&Event) -> AppWrites,
    ) -> Result<Event, ReceiveError> {
        both!(self, face => face.receive_with(message, write))
    }

    pub(crate) fn receive_all<M: AsRef<[u8]>>(
        &mut self,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<Vec<Result<Event, ReceiveError>>, ReceiveError> {
        both!(self, face => face.receive_all(messages))
    }

    pub(crate) fn add<K: AsRef<[u8]>>(&mut self, key_packages: &[K]) -> Result<CommitOutput, CommitError> {
        both!(self, face => face.add(key_packages))
    }

    pub(crate) fn remove(&mut self, members: &[LeafIndex]) -> Result<CommitOutput, CommitError> {
        both!(self, face => face.remove(members))
    }

    pub(crate) fn update(&mut self) -> Result<CommitOutput, CommitError> {
        both!(self, face => face.update())
    }

    pub(crate) fn commit(&mut self, plan: &CommitPlan) -> Result<CommitOutput, CommitError> {
        both!(self, face => face.commit(plan))
    }

    pub(crate) fn accept_commit(&mut self) -> Result<EpochChange, CommitError> {
        both!(self, face => face.accept_commit())
    }

    pub(crate) fn drop_commit(&mut self) -> Result<(), CommitError> {
        both!(self, face => face.drop_commit())
    }

    pub(crate) fn pending_commit(&mut self) -> Result<Option<CommitOutput>, LoadError> {
        both!(self, face => face.pending_commit())
    }

    pub(crate) fn propose(&mut self, proposing: &Proposing) -> Result<OutgoingProposal, ProposeError> {
        both!(self, face => face.propose(proposing))
    }

    pub(crate) fn members(&mut self) -> Result<Vec<Member>, LoadError> {
        both!(self, face => face.members())
    }

    pub(crate) fn export(&mut self, label: &[u8], context: &[u8], len: usize) -> Result<SecretBytes, ExportError> {
        both!(self, face => face.export(label, context, len))
    }

    pub(crate) fn group_info(&mut self, options: GroupInfoOptions) -> Result<Vec<u8>, ExportError> {
        both!(self, face => face.group_info(options))
    }

    pub(crate) fn ratchet_tree(&mut self) -> Result<Vec<u8>, ExportError> {
        both!(self, face => face.ratchet_tree())
    }

    pub(crate) fn reload(&mut self) -> Result<(), LoadError> {
        both!(self, face => face.reload())
    }

    pub(crate) fn query<T>(&mut self, query: impl Fn(&State) -> Result<T, Missing>) -> Result<T, LoadError> {
        both!(self, face => face.query(query))
    }

    pub(crate) fn readd(&mut self, lost: LeafIndex, key_package: &[u8]) -> Result<CommitOutput, CommitError> {
        both!(self, face => face.readd(lost, key_package))
    }

    pub(crate) fn rewind(&mut self, epoch: u64) -> Result<Rewound, RewindError> {
        both!(self, face => face.rewind(epoch))
    }

    pub(crate) fn prune(&mut self) -> Result<Pruned, LoadError> {
        both!(self, face => face.prune())
    }

    pub(crate) fn member_with_id(&mut self, id: &MemberId) -> Result<Option<Member>, LoadError> {
        both!(self, face => face.member_with_id(id))
    }

    pub(crate) fn delete_exporter(&mut self) -> Result<(), ExportError> {
        both!(self, face => face.delete_exporter())
    }

    pub(crate) fn seal_to_member(
        &mut self,
        recipient: LeafIndex,
        purpose: MemberPurpose<'_>,
        authenticated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<HpkeCiphertext, MemberError> {
        both!(self, face => face.seal_to_member(recipient, purpose, authenticated_data, plaintext))
    }

    pub(crate) fn open_as_member(
        &mut self,
        purpose: MemberPurpose<'_>,
        authenticated_data: &[u8],
        ciphertext: &HpkeCiphertext,
    ) -> Result<SecretBytes, MemberError> {
        both!(self, face => face.open_as_member(purpose, authenticated_data, ciphertext))
    }

    pub(crate) fn keep_tree_outside(&mut self) -> Result<(), LoadError> {
        both!(self, face => face.keep_tree_outside())
    }

    pub(crate) fn keep_tree_inside(&mut self) -> Result<(), LoadError> {
        both!(self, face => face.keep_tree_inside())
    }

    pub(crate) fn admit_tree(&mut self, ratchet_tree: &[u8]) -> Result<(), LoadError> {
        both!(self, face => face.admit_tree(ratchet_tree))
    }

    pub(crate) fn context(&self) -> &GroupContext {
        plain!(self, face => face.context())
    }

    pub(crate) fn epoch_authenticator(&self) -> &[u8] {
        plain!(self, face => face.epoch_authenticator())
    }

    pub(crate) fn id(&self) -> &GroupId {
        plain!(self, face => face.id())
    }

    pub(crate) fn epoch(&self) -> u64 {
        plain!(self, face => face.epoch())
    }

    pub(crate) fn cipher_suite(&self) -> CipherSuite {
        plain!(self, face => face.cipher_suite())
    }

    pub(crate) fn own_leaf(&self) -> LeafIndex {
        plain!(self, face => face.own_leaf())
    }

    pub(crate) fn is_active(&self) -> bool {
        plain!(self, face => face.is_active())
    }

    pub(crate) fn has_pending_commit(&self) -> bool {
        plain!(self, face => face.has_pending_commit())
    }

    pub(crate) fn pending_proposals(&self) -> u32 {
        plain!(self, face => face.pending_proposals())
    }
}
