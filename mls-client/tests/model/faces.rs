//! The two faces of client and group behind one: as much of them as the model needs.

use mls_client::mls_core::group as engine;
use mls_client::mls_core::group_context::GroupContext;
use mls_client::mls_core::psk::PskValue;
use mls_client::mls_core::record::Missing;
use mls_client::mls_crypto_traits::{SecretBytes, SignaturePublicKey};
use mls_client::{
    AsyncClient, AsyncExternalJoin, AsyncGroup, CipherSuite, CommitError, CommitOutput, CommitPlan, CreateError,
    Credential, EncryptOptions, EpochChange, Event, ExportError, ExternalJoinPlan, GroupId, GroupInfoOptions, Identity,
    JoinError, LeafIndex, LeafSpec, Leftover, LoadError, NewKeyPackage, Outgoing, OutgoingProposal, ProposeError,
    Proposing, ReceiveError, Repeat, SendError, SendOptions,
};

use crate::common::block_on;

#[derive(Debug)]
pub(crate) enum Client {
    Blocking(mls_client::Client),
    Async(AsyncClient),
}

#[derive(Debug)]
pub(crate) enum Group {
    Blocking(mls_client::Group),
    Async(AsyncGroup),
}

#[derive(Debug)]
pub(crate) enum ExternalJoin {
    Blocking(mls_client::ExternalJoin),
    Async(AsyncExternalJoin),
}

/// What a client hands out again after a restart.
#[derive(Debug)]
pub(crate) enum Again {
    Commit(Box<CommitOutput>),
    Proposal(OutgoingProposal),
    ExternalJoin(Box<ExternalJoin>),
}

macro_rules! forward {
    ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty;)+) => {$(
        pub(crate) fn $name(&mut self, $($arg: $type),*) -> $out {
            match self {
                Self::Blocking(face) => face.$name($($arg),*),
                Self::Async(face) => block_on(face.$name($($arg),*)),
            }
        }
    )+};
}

macro_rules! ask {
    ($($name:ident() -> $out:ty;)+) => {$(
        pub(crate) fn $name(&self) -> $out {
            match self {
                Self::Blocking(face) => face.$name(),
                Self::Async(face) => face.$name(),
            }
        }
    )+};
}

impl Client {
    forward! {
        new_identity(suite: CipherSuite, credential: Credential) -> Result<Identity, CreateError>;
        new_signer(suite: CipherSuite) -> Result<SignaturePublicKey, CreateError>;
        key_package(identity: &Identity) -> Result<NewKeyPackage, CreateError>;
        store_psk(psk_id: &[u8], value: &PskValue) -> Result<(), CreateError>;
        groups() -> Result<Vec<GroupId>, LoadError>;
    }

    pub(crate) fn leaf(&self, identity: &Identity) -> LeafSpec {
        match self {
            Self::Blocking(face) => face.leaf(identity),
            Self::Async(face) => face.leaf(identity),
        }
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
        plan: &ExternalJoinPlan,
        info: &[u8],
        tree: Option<&[u8]>,
    ) -> Result<ExternalJoin, JoinError> {
        Ok(match self {
            Self::Blocking(face) => ExternalJoin::Blocking(face.join_external_with(plan, info, tree)?),
            Self::Async(face) => ExternalJoin::Async(block_on(face.join_external_with(plan, info, tree))?),
        })
    }

    pub(crate) fn resume(&self) -> Result<Vec<Again>, LoadError> {
        Ok(match self {
            Self::Blocking(face) => face.resume()?.into_iter().map(|one| again(one, ExternalJoin::Blocking)).collect(),
            Self::Async(face) => {
                block_on(face.resume())?.into_iter().map(|one| again(one, ExternalJoin::Async)).collect()
            }
        })
    }
}

fn again<J, S>(repeat: Repeat<J, S>, join: fn(J) -> ExternalJoin) -> Again {
    match repeat {
        Repeat::Commit { commit, .. } => Again::Commit(Box::new(commit)),
        Repeat::Proposal { proposal, .. } => Again::Proposal(proposal),
        Repeat::ExternalJoin(one) => Again::ExternalJoin(Box::new(join(one))),
        _ => panic!("nobody has founded a successor"),
    }
}

impl ExternalJoin {
    ask! {
        message() -> &[u8];
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

impl Group {
    forward! {
        send_with(data: &[u8], options: &EncryptOptions) -> Result<Outgoing, SendError>;
        receive(message: &[u8]) -> Result<Event, ReceiveError>;
        receive_all(messages: &[&[u8]]) -> Result<Vec<Result<Event, ReceiveError>>, ReceiveError>;
        commit(plan: &CommitPlan) -> Result<CommitOutput, CommitError>;
        accept_commit() -> Result<EpochChange, CommitError>;
        drop_commit() -> Result<(), CommitError>;
        pending_commit() -> Result<Option<CommitOutput>, LoadError>;
        propose_with(proposing: &Proposing, options: &SendOptions) -> Result<OutgoingProposal, ProposeError>;
        propose_again(leftovers: &[Leftover]) -> Result<Vec<OutgoingProposal>, ProposeError>;
        export(label: &[u8], context: &[u8], len: usize) -> Result<SecretBytes, ExportError>;
        group_info(options: GroupInfoOptions) -> Result<Vec<u8>, ExportError>;
        ratchet_tree() -> Result<Vec<u8>, ExportError>;
    }

    ask! {
        id() -> &GroupId;
        epoch() -> u64;
        context() -> &GroupContext;
        epoch_authenticator() -> &[u8];
        own_leaf() -> LeafIndex;
        is_active() -> bool;
        has_pending_commit() -> bool;
        pending_proposals() -> u32;
    }

    pub(crate) fn query<T>(&mut self, query: impl Fn(&engine::Group) -> Result<T, Missing>) -> T {
        match self {
            Self::Blocking(face) => face.query(query),
            Self::Async(face) => block_on(face.query(query)),
        }
        .unwrap()
    }
}
