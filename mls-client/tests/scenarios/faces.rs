//! Both faces under one.
#![allow(dead_code, reason = "all of a face, whether a scenario uses it or not")]

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll};
use std::sync::Arc;
use std::task::Wake;
use std::thread::Thread;

use mls_client::mls_core::group::{KeyPackageSpec, Leftover, Predecessor, WaitingProposal};
use mls_client::mls_core::proposal::{ProposalRef, ReInit};
use mls_client::mls_core::psk::PskValue;
use mls_client::mls_core::record::{Delta, Durable, RecordKey, RecordPrefix};
use mls_client::mls_core::storage::{BoxFuture, StorageError};
use mls_client::mls_crypto_traits::{SecretBytes, SignaturePublicKey};
use mls_client::{
    AppWrites, AsyncClient, AsyncExternalJoin, AsyncGroup, AsyncStorage, AsyncSuccessor, CipherSuite, CommitError,
    CommitOutput, CommitPlan, CreateError, Credential, DetachedCommit, EncryptOptions, EpochChange, Event, ExportError,
    ExternalJoinPlan, ExternalProposal, GroupId, GroupInfoOptions, Identity, JoinError, LeafIndex, LeafSpec, LoadError,
    Member, NewKeyPackage, NewMemberProposal, Outgoing, OutgoingProposal, ProposeError, Proposing, ReceiveError,
    Repeat, SendError, SendOptions, Storage, SuccessorError, SuccessorPlan, UnixTime,
};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(std::thread::current())).into();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Is pending once, and wakes whoever waits.
pub(crate) async fn yield_once() {
    let mut yielded = false;
    core::future::poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A blocking store whose futures are pending before and after what they do.
pub(crate) struct Yielding<S>(pub(crate) Arc<S>);

impl<S: Storage> AsyncStorage for Yielding<S> {
    fn read<'a>(&'a self, keys: &'a [RecordKey]) -> BoxFuture<'a, Result<Vec<Option<SecretBytes>>, StorageError>> {
        Box::pin(async {
            yield_once().await;
            let answer = self.0.read(keys);
            yield_once().await;
            answer
        })
    }

    fn scan<'a>(
        &'a self,
        prefix: &'a RecordPrefix,
    ) -> BoxFuture<'a, Result<Vec<(RecordKey, SecretBytes)>, StorageError>> {
        Box::pin(async {
            yield_once().await;
            let answer = self.0.scan(prefix);
            yield_once().await;
            answer
        })
    }

    fn commit<'a>(&'a self, delta: &'a Delta) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(async {
            yield_once().await;
            let answer = self.0.commit(delta);
            yield_once().await;
            answer
        })
    }

    fn commit_with<'a>(&'a self, delta: &'a Delta, app: AppWrites) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(async {
            yield_once().await;
            let answer = self.0.commit_with(delta, app);
            yield_once().await;
            answer
        })
    }
}

/// A client, seen through either face.
#[derive(Clone, Debug)]
pub(crate) enum Client {
    Blocking(mls_client::Client),
    Async(AsyncClient),
}

/// A group, seen through either face.
#[derive(Debug)]
pub(crate) enum Group {
    Blocking(mls_client::Group),
    Async(AsyncGroup),
}

/// An external join, seen through either face.
#[derive(Debug)]
pub(crate) enum ExternalJoin {
    Blocking(mls_client::ExternalJoin),
    Async(AsyncExternalJoin),
}

impl Client {
    pub(crate) fn new_identity(&self, suite: CipherSuite, credential: Credential) -> Result<Identity, CreateError> {
        match self {
            Self::Blocking(face) => face.new_identity(suite, credential),
            Self::Async(face) => block_on(face.new_identity(suite, credential)),
        }
    }

    pub(crate) fn new_signer(&self, suite: CipherSuite) -> Result<SignaturePublicKey, CreateError> {
        match self {
            Self::Blocking(face) => face.new_signer(suite),
            Self::Async(face) => block_on(face.new_signer(suite)),
        }
    }

    pub(crate) fn key_package(&self, identity: &Identity) -> Result<NewKeyPackage, CreateError> {
        match self {
            Self::Blocking(face) => face.key_package(identity),
            Self::Async(face) => block_on(face.key_package(identity)),
        }
    }

    pub(crate) fn store_psk(&self, psk_id: &[u8], value: &PskValue) -> Result<(), CreateError> {
        match self {
            Self::Blocking(face) => face.store_psk(psk_id, value),
            Self::Async(face) => block_on(face.store_psk(psk_id, value)),
        }
    }

    pub(crate) fn forget_psk(&self, psk_id: &[u8]) -> Result<(), CreateError> {
        match self {
            Self::Blocking(face) => face.forget_psk(psk_id),
            Self::Async(face) => block_on(face.forget_psk(psk_id)),
        }
    }

    pub(crate) fn groups(&self) -> Result<Vec<GroupId>, LoadError> {
        match self {
            Self::Blocking(face) => face.groups(),
            Self::Async(face) => block_on(face.groups()),
        }
    }

    pub(crate) fn signers(&self) -> Vec<SignaturePublicKey> {
        match self {
            Self::Blocking(face) => face.signers(),
            Self::Async(face) => face.signers(),
        }
    }

    pub(crate) fn now(&self) -> UnixTime {
        match self {
            Self::Blocking(face) => face.now(),
            Self::Async(face) => face.now(),
        }
    }

    pub(crate) fn leaf(&self, identity: &Identity) -> LeafSpec {
        match self {
            Self::Blocking(face) => face.leaf(identity),
            Self::Async(face) => face.leaf(identity),
        }
    }

    pub(crate) fn key_package_with(&self, spec: &KeyPackageSpec) -> Result<NewKeyPackage, CreateError> {
        match self {
            Self::Blocking(face) => face.key_package_with(spec),
            Self::Async(face) => block_on(face.key_package_with(spec)),
        }
    }

    pub(crate) fn propose_from_outside(&self, plan: &ExternalProposal) -> Result<OutgoingProposal, ProposeError> {
        match self {
            Self::Blocking(face) => face.propose_from_outside(plan),
            Self::Async(face) => face.propose_from_outside(plan),
        }
    }

    pub(crate) fn propose_as_new_member(&self, plan: &NewMemberProposal) -> Result<OutgoingProposal, ProposeError> {
        match self {
            Self::Blocking(face) => face.propose_as_new_member(plan),
            Self::Async(face) => face.propose_as_new_member(plan),
        }
    }

    pub(crate) fn successors(&self) -> Result<Vec<Successor>, LoadError> {
        Ok(match self {
            Self::Blocking(face) => face.successors()?.into_iter().map(Successor::Blocking).collect(),
            Self::Async(face) => block_on(face.successors())?.into_iter().map(Successor::Async).collect(),
        })
    }

    pub(crate) fn create_group(&self, identity: &Identity) -> Result<Group, CreateError> {
        Ok(match self {
            Self::Blocking(face) => Group::Blocking(face.create_group(identity)?),
            Self::Async(face) => Group::Async(block_on(face.create_group(identity))?),
        })
    }

    pub(crate) fn load_group(&self, id: &GroupId) -> Result<Group, LoadError> {
        Ok(match self {
            Self::Blocking(face) => Group::Blocking(face.load_group(id)?),
            Self::Async(face) => Group::Async(block_on(face.load_group(id))?),
        })
    }

    pub(crate) fn join(&self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Group, JoinError> {
        Ok(match self {
            Self::Blocking(face) => Group::Blocking(face.join(welcome, ratchet_tree)?),
            Self::Async(face) => Group::Async(block_on(face.join(welcome, ratchet_tree))?),
        })
    }

    pub(crate) fn join_external(
        &self,
        identity: &Identity,
        info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<ExternalJoin, JoinError> {
        Ok(match self {
            Self::Blocking(face) => ExternalJoin::Blocking(face.join_external(identity, info, ratchet_tree)?),
            Self::Async(face) => ExternalJoin::Async(block_on(face.join_external(identity, info, ratchet_tree))?),
        })
    }

    pub(crate) fn join_external_with(
        &self,
        plan: &ExternalJoinPlan,
        info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<ExternalJoin, JoinError> {
        Ok(match self {
            Self::Blocking(face) => ExternalJoin::Blocking(face.join_external_with(plan, info, ratchet_tree)?),
            Self::Async(face) => ExternalJoin::Async(block_on(face.join_external_with(plan, info, ratchet_tree))?),
        })
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

impl ExternalJoin {
    pub(crate) fn message(&self) -> &[u8] {
        match self {
            Self::Blocking(face) => face.message(),
            Self::Async(face) => face.message(),
        }
    }

    pub(crate) fn group_id(&self) -> GroupId {
        match self {
            Self::Blocking(face) => face.group_id(),
            Self::Async(face) => face.group_id(),
        }
    }

    pub(crate) fn accept(self) -> Result<Group, JoinError> {
        Ok(match self {
            Self::Blocking(face) => Group::Blocking(face.accept()?),
            Self::Async(face) => Group::Async(block_on(face.accept())?),
        })
    }

    pub(crate) fn abandon(self) -> Result<(), JoinError> {
        match self {
            Self::Blocking(face) => face.abandon(),
            Self::Async(face) => block_on(face.abandon()),
        }
    }
}

/// A successor, seen through either face.
#[derive(Debug)]
pub(crate) enum Successor {
    Blocking(mls_client::Successor),
    Async(AsyncSuccessor),
}

impl Successor {
    pub(crate) fn welcome(&self) -> Option<&[u8]> {
        match self {
            Self::Blocking(face) => face.welcome(),
            Self::Async(face) => face.welcome(),
        }
    }

    pub(crate) fn welcomes(&self) -> &[Vec<u8>] {
        match self {
            Self::Blocking(face) => face.welcomes(),
            Self::Async(face) => face.welcomes(),
        }
    }

    pub(crate) fn ratchet_tree(&self) -> Option<&[u8]> {
        match self {
            Self::Blocking(face) => face.ratchet_tree(),
            Self::Async(face) => face.ratchet_tree(),
        }
    }

    pub(crate) fn group_id(&self) -> GroupId {
        match self {
            Self::Blocking(face) => face.group_id(),
            Self::Async(face) => face.group_id(),
        }
    }

    pub(crate) fn predecessor(&self) -> &Predecessor {
        match self {
            Self::Blocking(face) => face.predecessor(),
            Self::Async(face) => face.predecessor(),
        }
    }

    pub(crate) fn abandon(self) -> Result<(), SuccessorError> {
        match self {
            Self::Blocking(face) => face.abandon(),
            Self::Async(face) => block_on(face.abandon()),
        }
    }

    pub(crate) fn accept(self) -> Result<Group, SuccessorError> {
        Ok(match self {
            Self::Blocking(face) => Group::Blocking(face.accept()?),
            Self::Async(face) => Group::Async(block_on(face.accept())?),
        })
    }
}

impl Group {
    pub(crate) fn waiting_proposals(&mut self) -> Result<Vec<WaitingProposal>, LoadError> {
        match self {
            Self::Blocking(face) => face.waiting_proposals(),
            Self::Async(face) => block_on(face.waiting_proposals()),
        }
    }

    pub(crate) fn drop_proposal(&mut self, reference: &ProposalRef) -> Result<(), ProposeError> {
        match self {
            Self::Blocking(face) => face.drop_proposal(reference),
            Self::Async(face) => block_on(face.drop_proposal(reference)),
        }
    }

    pub(crate) fn propose_again(&mut self, leftovers: &[Leftover]) -> Result<Vec<OutgoingProposal>, ProposeError> {
        match self {
            Self::Blocking(face) => face.propose_again(leftovers),
            Self::Async(face) => block_on(face.propose_again(leftovers)),
        }
    }

    pub(crate) fn commit_detached(&mut self, plan: &CommitPlan) -> Result<(CommitOutput, DetachedCommit), CommitError> {
        match self {
            Self::Blocking(face) => face.commit_detached(plan),
            Self::Async(face) => block_on(face.commit_detached(plan)),
        }
    }

    pub(crate) fn accept_detached(&mut self, commit: &DetachedCommit) -> Result<EpochChange, CommitError> {
        match self {
            Self::Blocking(face) => face.accept_detached(commit),
            Self::Async(face) => block_on(face.accept_detached(commit)),
        }
    }

    pub(crate) fn is_succeeded(&self) -> bool {
        match self {
            Self::Blocking(face) => face.is_succeeded(),
            Self::Async(face) => face.is_succeeded(),
        }
    }

    pub(crate) fn re_init(&self) -> Option<&ReInit> {
        match self {
            Self::Blocking(face) => face.re_init(),
            Self::Async(face) => face.re_init(),
        }
    }

    pub(crate) fn create_successor(&mut self, plan: &SuccessorPlan) -> Result<Successor, SuccessorError> {
        Ok(match self {
            Self::Blocking(face) => Successor::Blocking(face.create_successor(plan)?),
            Self::Async(face) => Successor::Async(block_on(face.create_successor(plan))?),
        })
    }

    pub(crate) fn join_successor(&mut self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Self, JoinError> {
        Ok(match self {
            Self::Blocking(face) => Self::Blocking(face.join_successor(welcome, ratchet_tree)?),
            Self::Async(face) => Self::Async(block_on(face.join_successor(welcome, ratchet_tree))?),
        })
    }

    pub(crate) fn join_branch(&mut self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Self, JoinError> {
        Ok(match self {
            Self::Blocking(face) => Self::Blocking(face.join_branch(welcome, ratchet_tree)?),
            Self::Async(face) => Self::Async(block_on(face.join_branch(welcome, ratchet_tree))?),
        })
    }

    pub(crate) fn send(&mut self, data: &[u8]) -> Result<Outgoing, SendError> {
        match self {
            Self::Blocking(face) => face.send(data),
            Self::Async(face) => block_on(face.send(data)),
        }
    }

    pub(crate) fn send_with(&mut self, data: &[u8], options: &EncryptOptions) -> Result<Outgoing, SendError> {
        match self {
            Self::Blocking(face) => face.send_with(data, options),
            Self::Async(face) => block_on(face.send_with(data, options)),
        }
    }

    pub(crate) fn receive(&mut self, message: &[u8]) -> Result<Event, ReceiveError> {
        match self {
            Self::Blocking(face) => face.receive(message),
            Self::Async(face) => block_on(face.receive(message)),
        }
    }

    pub(crate) fn receive_with(
        &mut self,
        message: &[u8],
        write: impl FnOnce(&Event) -> AppWrites,
    ) -> Result<Event, ReceiveError> {
        match self {
            Self::Blocking(face) => face.receive_with(message, write),
            Self::Async(face) => block_on(face.receive_with(message, write)),
        }
    }

    pub(crate) fn receive_all<M: AsRef<[u8]>>(
        &mut self,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<Vec<Result<Event, ReceiveError>>, ReceiveError> {
        match self {
            Self::Blocking(face) => face.receive_all(messages),
            Self::Async(face) => block_on(face.receive_all(messages)),
        }
    }

    pub(crate) fn add<K: AsRef<[u8]>>(&mut self, key_packages: &[K]) -> Result<CommitOutput, CommitError> {
        match self {
            Self::Blocking(face) => face.add(key_packages),
            Self::Async(face) => block_on(face.add(key_packages)),
        }
    }

    pub(crate) fn remove(&mut self, members: &[LeafIndex]) -> Result<CommitOutput, CommitError> {
        match self {
            Self::Blocking(face) => face.remove(members),
            Self::Async(face) => block_on(face.remove(members)),
        }
    }

    pub(crate) fn update(&mut self) -> Result<CommitOutput, CommitError> {
        match self {
            Self::Blocking(face) => face.update(),
            Self::Async(face) => block_on(face.update()),
        }
    }

    pub(crate) fn commit(&mut self, plan: &CommitPlan) -> Result<CommitOutput, CommitError> {
        match self {
            Self::Blocking(face) => face.commit(plan),
            Self::Async(face) => block_on(face.commit(plan)),
        }
    }

    pub(crate) fn accept_commit(&mut self) -> Result<EpochChange, CommitError> {
        match self {
            Self::Blocking(face) => face.accept_commit(),
            Self::Async(face) => block_on(face.accept_commit()),
        }
    }

    pub(crate) fn drop_commit(&mut self) -> Result<(), CommitError> {
        match self {
            Self::Blocking(face) => face.drop_commit(),
            Self::Async(face) => block_on(face.drop_commit()),
        }
    }

    pub(crate) fn pending_commit(&mut self) -> Result<Option<CommitOutput>, LoadError> {
        match self {
            Self::Blocking(face) => face.pending_commit(),
            Self::Async(face) => block_on(face.pending_commit()),
        }
    }

    pub(crate) fn propose(&mut self, proposing: &Proposing) -> Result<OutgoingProposal, ProposeError> {
        match self {
            Self::Blocking(face) => face.propose(proposing),
            Self::Async(face) => block_on(face.propose(proposing)),
        }
    }

    pub(crate) fn propose_with(
        &mut self,
        proposing: &Proposing,
        options: &SendOptions,
    ) -> Result<OutgoingProposal, ProposeError> {
        match self {
            Self::Blocking(face) => face.propose_with(proposing, options),
            Self::Async(face) => block_on(face.propose_with(proposing, options)),
        }
    }

    pub(crate) fn members(&mut self) -> Result<Vec<Member>, LoadError> {
        match self {
            Self::Blocking(face) => face.members(),
            Self::Async(face) => block_on(face.members()),
        }
    }

    pub(crate) fn export(&mut self, label: &[u8], context: &[u8], len: usize) -> Result<SecretBytes, ExportError> {
        match self {
            Self::Blocking(face) => face.export(label, context, len),
            Self::Async(face) => block_on(face.export(label, context, len)),
        }
    }

    pub(crate) fn group_info(&mut self, options: GroupInfoOptions) -> Result<Vec<u8>, ExportError> {
        match self {
            Self::Blocking(face) => face.group_info(options),
            Self::Async(face) => block_on(face.group_info(options)),
        }
    }

    pub(crate) fn ratchet_tree(&mut self) -> Result<Vec<u8>, ExportError> {
        match self {
            Self::Blocking(face) => face.ratchet_tree(),
            Self::Async(face) => block_on(face.ratchet_tree()),
        }
    }

    pub(crate) fn reload(&mut self) -> Result<(), LoadError> {
        match self {
            Self::Blocking(face) => face.reload(),
            Self::Async(face) => block_on(face.reload()),
        }
    }

    pub(crate) fn epoch_authenticator(&self) -> &[u8] {
        match self {
            Self::Blocking(face) => face.epoch_authenticator(),
            Self::Async(face) => face.epoch_authenticator(),
        }
    }

    pub(crate) fn id(&self) -> &GroupId {
        match self {
            Self::Blocking(face) => face.id(),
            Self::Async(face) => face.id(),
        }
    }

    pub(crate) fn epoch(&self) -> u64 {
        match self {
            Self::Blocking(face) => face.epoch(),
            Self::Async(face) => face.epoch(),
        }
    }

    pub(crate) fn cipher_suite(&self) -> CipherSuite {
        match self {
            Self::Blocking(face) => face.cipher_suite(),
            Self::Async(face) => face.cipher_suite(),
        }
    }

    pub(crate) fn own_leaf(&self) -> LeafIndex {
        match self {
            Self::Blocking(face) => face.own_leaf(),
            Self::Async(face) => face.own_leaf(),
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        match self {
            Self::Blocking(face) => face.is_active(),
            Self::Async(face) => face.is_active(),
        }
    }

    pub(crate) fn has_pending_commit(&self) -> bool {
        match self {
            Self::Blocking(face) => face.has_pending_commit(),
            Self::Async(face) => face.has_pending_commit(),
        }
    }

    pub(crate) fn pending_proposals(&self) -> u32 {
        match self {
            Self::Blocking(face) => face.pending_proposals(),
            Self::Async(face) => face.pending_proposals(),
        }
    }
}
