//! The calls of the interface, in its order.

use std::sync::Arc;

use mls_client::mls_core::extension::{ExternalSender, ExternalSenders};
use mls_client::mls_core::proposal::Proposal;
use mls_client::mls_core::psk::{PreSharedKeyId, Psk, PskValue, ResumptionPskUsage};
use mls_client::mls_crypto_rustcrypto::OsRng;
use mls_client::mls_crypto_traits::CryptoProvider;
use mls_client::{CipherSuite, ExternalJoinPlan, ExternalProposal, GroupId, LeafChange, NewMemberProposal, Proposing};
use mls_codec::Encode;
use tonic::{Request, Response, Status};

use super::actor::{Actor, OpenKeyPackage};
use super::failure::Failure;
use super::handles::lock;
use super::state::State;
use super::{Transaction, World, describe};
use crate::proto::mls_client_server::MlsClient;
use crate::proto::*;

/// The service. Each call runs on a thread of its own, so that cryptography keeps nobody waiting.
pub(super) struct Service(Arc<World>);

impl Service {
    pub(super) fn new(world: World) -> Self {
        Self(Arc::new(world))
    }
}

macro_rules! calls {
    ($($call:ident($request:ident) -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl MlsClient for Service {
            $(
                async fn $call(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                    let world = Arc::clone(&self.0);
                    let done = tokio::task::spawn_blocking(move || world.$call(request.into_inner()));
                    match done.await {
                        Ok(answer) => Ok(Response::new(answer?)),
                        Err(error) => Err(Status::internal(error.to_string())),
                    }
                }
            )*
        }
    };
}

calls! {
    name(NameRequest) -> NameResponse;
    supported_ciphersuites(SupportedCiphersuitesRequest) -> SupportedCiphersuitesResponse;
    create_group(CreateGroupRequest) -> CreateGroupResponse;
    create_key_package(CreateKeyPackageRequest) -> CreateKeyPackageResponse;
    join_group(JoinGroupRequest) -> JoinGroupResponse;
    external_join(ExternalJoinRequest) -> ExternalJoinResponse;
    group_info(GroupInfoRequest) -> GroupInfoResponse;
    state_auth(StateAuthRequest) -> StateAuthResponse;
    export(ExportRequest) -> ExportResponse;
    protect(ProtectRequest) -> ProtectResponse;
    unprotect(UnprotectRequest) -> UnprotectResponse;
    store_psk(StorePskRequest) -> StorePskResponse;
    add_proposal(AddProposalRequest) -> ProposalResponse;
    update_proposal(UpdateProposalRequest) -> ProposalResponse;
    remove_proposal(RemoveProposalRequest) -> ProposalResponse;
    external_psk_proposal(ExternalPskProposalRequest) -> ProposalResponse;
    resumption_psk_proposal(ResumptionPskProposalRequest) -> ProposalResponse;
    group_context_extensions_proposal(GroupContextExtensionsProposalRequest) -> ProposalResponse;
    commit(CommitRequest) -> CommitResponse;
    handle_commit(HandleCommitRequest) -> HandleCommitResponse;
    handle_pending_commit(HandlePendingCommitRequest) -> HandleCommitResponse;
    re_init_proposal(ReInitProposalRequest) -> ProposalResponse;
    re_init_commit(CommitRequest) -> CommitResponse;
    handle_pending_re_init_commit(HandlePendingCommitRequest) -> HandleReInitCommitResponse;
    handle_re_init_commit(HandleCommitRequest) -> HandleReInitCommitResponse;
    re_init_welcome(ReInitWelcomeRequest) -> CreateSubgroupResponse;
    handle_re_init_welcome(HandleReInitWelcomeRequest) -> JoinGroupResponse;
    create_branch(CreateBranchRequest) -> CreateSubgroupResponse;
    handle_branch(HandleBranchRequest) -> HandleBranchResponse;
    new_member_add_proposal(NewMemberAddProposalRequest) -> NewMemberAddProposalResponse;
    create_external_signer(CreateExternalSignerRequest) -> CreateExternalSignerResponse;
    add_external_signer(AddExternalSignerRequest) -> ProposalResponse;
    external_signer_proposal(ExternalSignerProposalRequest) -> ProposalResponse;
    free(FreeRequest) -> FreeResponse;
}

impl World {
    fn name(&self, _: NameRequest) -> Result<NameResponse, Failure> {
        Ok(NameResponse { name: self.settings.name.clone() })
    }

    fn supported_ciphersuites(
        &self,
        _: SupportedCiphersuitesRequest,
    ) -> Result<SupportedCiphersuitesResponse, Failure> {
        let mut ciphersuites: Vec<_> =
            self.settings.crypto.cipher_suites().into_iter().map(|suite| u32::from(suite.0)).collect();
        ciphersuites.sort_unstable();
        Ok(SupportedCiphersuitesResponse { ciphersuites })
    }

    fn actor(&self, suite: CipherSuite, identity: Vec<u8>) -> Result<Actor, Failure> {
        Actor::new(&self.settings, suite, identity)
    }

    fn create_group(&self, request: CreateGroupRequest) -> Result<CreateGroupResponse, Failure> {
        let actor = self.actor(describe::suite(request.cipher_suite)?, request.identity)?;
        let group = actor.client.create_group_with(&mls_client::mls_core::group::CreateGroup {
            group_id: Some(GroupId::from(request.group_id)),
            cipher_suite: actor.identity.cipher_suite,
            leaf: actor.client.leaf(&actor.identity),
            extensions: Default::default(),
        })?;
        Ok(CreateGroupResponse { state_id: self.states.keep(State::new(actor, group, request.encrypt_handshake)) })
    }

    fn create_key_package(&self, request: CreateKeyPackageRequest) -> Result<CreateKeyPackageResponse, Failure> {
        let actor = self.actor(describe::suite(request.cipher_suite)?, request.identity)?;
        let OpenKeyPackage { published, init, encryption, signature } = actor.key_package()?;
        Ok(CreateKeyPackageResponse {
            transaction_id: self.transactions.keep(Transaction(actor)),
            key_package: published.message,
            init_priv: init,
            encryption_priv: encryption,
            signature_priv: signature,
        })
    }

    fn join_group(&self, request: JoinGroupRequest) -> Result<JoinGroupResponse, Failure> {
        let transaction = self.transactions.find(request.transaction_id)?;
        let actor = lock(&transaction).0.clone();
        let group = actor.client.join(&request.welcome, describe::tree(&request.ratchet_tree))?;
        drop(self.transactions.free(request.transaction_id));
        let state = State::new(actor, group, request.encrypt_handshake);
        let epoch_authenticator = state.authenticator();
        Ok(JoinGroupResponse { state_id: self.states.keep(state), epoch_authenticator })
    }

    fn external_join(&self, request: ExternalJoinRequest) -> Result<ExternalJoinResponse, Failure> {
        let info = describe::group_info(&request.group_info)?;
        let actor = self.actor(info.group_context.cipher_suite, request.identity.clone())?;
        let tree = describe::tree(&request.ratchet_tree);
        let mut plan = ExternalJoinPlan::new(actor.client.leaf(&actor.identity));
        if request.remove_prior {
            let members = actor.client.verify_group_info(&request.group_info, tree)?.members();
            plan.resync = Some(describe::leaf_of(&members, &request.identity)?);
        }
        for psk in request.psks {
            actor.client.store_psk(&psk.psk_id, &PskValue::from_bytes(psk.psk_secret.into()))?;
            plan.psks.push(Psk::External { psk_id: psk.psk_id });
        }
        let join = actor.client.join_external_with(&plan, &request.group_info, tree)?;
        let commit = join.message().to_vec();
        let state = State::new(actor, join.accept()?, request.encrypt_handshake);
        let epoch_authenticator = state.authenticator();
        Ok(ExternalJoinResponse { state_id: self.states.keep(state), commit, epoch_authenticator })
    }

    /// Does something with the state of a handle.
    fn at<T>(&self, state_id: u32, act: impl FnOnce(&mut State) -> Result<T, Failure>) -> Result<T, Failure> {
        let state = self.states.find(state_id)?;
        act(&mut lock(&state))
    }

    fn group_info(&self, request: GroupInfoRequest) -> Result<GroupInfoResponse, Failure> {
        self.at(request.state_id, |state| state.group_info(request.external_tree))
    }

    fn state_auth(&self, request: StateAuthRequest) -> Result<StateAuthResponse, Failure> {
        self.at(request.state_id, |state| Ok(StateAuthResponse { state_auth_secret: state.authenticator() }))
    }

    fn export(&self, request: ExportRequest) -> Result<ExportResponse, Failure> {
        let len = usize::try_from(request.key_length)?;
        self.at(request.state_id, |state| {
            let secret = state.group.export(request.label.as_bytes(), &request.context, len)?;
            Ok(ExportResponse { exported_secret: secret.as_bytes().to_vec() })
        })
    }

    fn protect(&self, request: ProtectRequest) -> Result<ProtectResponse, Failure> {
        self.at(request.state_id, |state| Ok(ProtectResponse { ciphertext: state.protect(request)? }))
    }

    fn unprotect(&self, request: UnprotectRequest) -> Result<UnprotectResponse, Failure> {
        self.at(request.state_id, |state| state.unprotect(&request.ciphertext))
    }

    fn store_psk(&self, request: StorePskRequest) -> Result<StorePskResponse, Failure> {
        let handle = request.state_or_transaction_id;
        let client = match self.states.find(handle) {
            Ok(state) => lock(&state).actor.client.clone(),
            Err(_) => lock(&*self.transactions.find(handle)?).0.client.clone(),
        };
        client.store_psk(&request.psk_id, &PskValue::from_bytes(request.psk_secret.into()))?;
        Ok(StorePskResponse {})
    }

    fn add_proposal(&self, request: AddProposalRequest) -> Result<ProposalResponse, Failure> {
        let key_package = describe::key_package(&request.key_package)?;
        self.at(request.state_id, |state| state.propose(&Proposing::Add(key_package)))
    }

    fn update_proposal(&self, request: UpdateProposalRequest) -> Result<ProposalResponse, Failure> {
        self.at(request.state_id, |state| state.propose(&Proposing::Update(LeafChange::default())))
    }

    fn remove_proposal(&self, request: RemoveProposalRequest) -> Result<ProposalResponse, Failure> {
        let description = ProposalDescription {
            proposal_type: b"remove".to_vec(),
            removed_id: request.removed_id,
            ..ProposalDescription::default()
        };
        self.at(request.state_id, |state| state.propose_described(&description))
    }

    fn external_psk_proposal(&self, request: ExternalPskProposalRequest) -> Result<ProposalResponse, Failure> {
        self.at(request.state_id, |state| state.propose(&Proposing::ExternalPsk(request.psk_id)))
    }

    fn resumption_psk_proposal(&self, request: ResumptionPskProposalRequest) -> Result<ProposalResponse, Failure> {
        self.at(request.state_id, |state| {
            let group_id = state.group.id().as_bytes().to_vec();
            state.propose(&Proposing::ResumptionPsk { group_id, epoch: request.epoch_id })
        })
    }

    fn group_context_extensions_proposal(
        &self,
        request: GroupContextExtensionsProposalRequest,
    ) -> Result<ProposalResponse, Failure> {
        let extensions = describe::extensions(&request.extensions)?;
        self.at(request.state_id, |state| state.propose(&Proposing::GroupContextExtensions(extensions)))
    }

    fn commit(&self, request: CommitRequest) -> Result<CommitResponse, Failure> {
        self.at(request.state_id, |state| state.commit(&request))
    }

    fn handle_commit(&self, request: HandleCommitRequest) -> Result<HandleCommitResponse, Failure> {
        self.at(request.state_id, |state| {
            state.handle_commit(&request)?;
            Ok(HandleCommitResponse { state_id: request.state_id, epoch_authenticator: state.authenticator() })
        })
    }

    fn handle_pending_commit(&self, request: HandlePendingCommitRequest) -> Result<HandleCommitResponse, Failure> {
        self.at(request.state_id, |state| {
            state.handle_pending_commit()?;
            Ok(HandleCommitResponse { state_id: request.state_id, epoch_authenticator: state.authenticator() })
        })
    }

    fn re_init_proposal(&self, request: ReInitProposalRequest) -> Result<ProposalResponse, Failure> {
        let suite = describe::suite(request.cipher_suite)?;
        let re_init = describe::re_init(suite, request.group_id, describe::extensions(&request.extensions)?);
        self.at(request.state_id, |state| state.propose(&Proposing::ReInit(re_init)))
    }

    fn re_init_commit(&self, request: CommitRequest) -> Result<CommitResponse, Failure> {
        self.commit(request)
    }

    fn new_member_add_proposal(
        &self,
        request: NewMemberAddProposalRequest,
    ) -> Result<NewMemberAddProposalResponse, Failure> {
        let context = describe::group_info(&request.group_info)?.group_context;
        let actor = self.actor(context.cipher_suite, request.identity)?;
        let OpenKeyPackage { published, init, encryption, signature } = actor.key_package()?;
        let proposal = actor.client.propose_as_new_member(&NewMemberProposal {
            group_id: GroupId::from(context.group_id),
            epoch: context.epoch,
            key_package: Arc::new(published.key_package),
            authenticated_data: Vec::new(),
        })?;
        Ok(NewMemberAddProposalResponse {
            transaction_id: self.transactions.keep(Transaction(actor)),
            proposal: proposal.message,
            init_priv: init,
            encryption_priv: encryption,
            signature_priv: signature,
        })
    }

    fn create_external_signer(
        &self,
        request: CreateExternalSignerRequest,
    ) -> Result<CreateExternalSignerResponse, Failure> {
        let actor = self.actor(describe::suite(request.cipher_suite)?, request.identity)?;
        let sender = ExternalSender {
            signature_key: actor.identity.signature_key.clone(),
            credential: actor.identity.credential.clone(),
        };
        let external_sender = sender.to_bytes()?;
        Ok(CreateExternalSignerResponse { signer_id: self.signers.keep(actor), external_sender })
    }

    fn add_external_signer(&self, request: AddExternalSignerRequest) -> Result<ProposalResponse, Failure> {
        self.at(request.state_id, |state| state.propose_external_sender(&request.external_sender))
    }

    fn external_signer_proposal(&self, request: ExternalSignerProposalRequest) -> Result<ProposalResponse, Failure> {
        let signer = self.signers.find(request.signer_id)?;
        let signer = lock(&signer);
        let description = request.description.ok_or_else(|| Failure::request("no proposal is described"))?;
        let tree = describe::tree(&request.ratchet_tree);
        let verified = signer.client.verify_group_info(&request.group_info, tree)?;
        let context = &verified.group_info().group_context;
        let proposing = describe::proposing(&description, &context.group_id, &verified.members())?;
        // Runners do not keep count of the signers: our key tells where we stand.
        let senders = context.extensions.read::<ExternalSenders>()?.unwrap_or_default();
        let place = senders.0.iter().position(|sender| sender.signature_key == signer.identity.signature_key);
        let sender_index = place.map(u32::try_from).transpose()?.unwrap_or(request.signer_index);
        let proposal = signer.client.propose_from_outside(&ExternalProposal {
            group_id: GroupId::from(context.group_id.as_slice()),
            epoch: context.epoch,
            cipher_suite: context.cipher_suite,
            sender_index,
            signature_key: signer.identity.signature_key.clone(),
            proposal: from_outside(&*self.settings.crypto, context.cipher_suite, proposing)?,
            authenticated_data: Vec::new(),
        })?;
        Ok(ProposalResponse { proposal: proposal.message })
    }

    fn free(&self, request: FreeRequest) -> Result<FreeResponse, Failure> {
        self.states.free(request.state_id)?;
        Ok(FreeResponse {})
    }
}

/// A proposal as one who is not in the group makes it.
fn from_outside(crypto: &dyn CryptoProvider, suite: CipherSuite, proposing: Proposing) -> Result<Proposal, Failure> {
    let psk = |psk| {
        let suite = crypto.suite(suite).ok_or_else(|| Failure::request("the cipher suite is not supported"))?;
        Ok::<_, Failure>(Proposal::PreSharedKey(PreSharedKeyId::with_fresh_nonce(suite, psk, &mut OsRng)?))
    };
    Ok(match proposing {
        Proposing::Add(key_package) => Proposal::Add(key_package),
        Proposing::Remove(leaf) => Proposal::Remove(leaf.into()),
        Proposing::ExternalPsk(psk_id) => psk(Psk::External { psk_id })?,
        Proposing::ResumptionPsk { group_id, epoch } => {
            psk(Psk::Resumption { usage: ResumptionPskUsage::Application, psk_group_id: group_id, psk_epoch: epoch })?
        }
        Proposing::GroupContextExtensions(extensions) => Proposal::GroupContextExtensions(extensions),
        Proposing::ReInit(re_init) => Proposal::ReInit(re_init),
        _ => return Err(Failure::request("external senders propose nothing of that kind")),
    })
}
