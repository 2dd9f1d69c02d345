//! Groups that succeed others (RFC 9420 sections 11.2 and 11.3).

use std::sync::{Arc, Mutex};

use mls_client::{GroupId, SuccessorKind, SuccessorPlan};

use super::World;
use super::actor::Actor;
use super::describe;
use super::failure::Failure;
use super::handles::lock;
use super::state::{State, path};
use crate::proto;

/// A group that a `ReInit` has closed, and who we are to be in the next one.
pub(super) struct Closed {
    state: Arc<Mutex<State>>,
    actor: Actor,
    key_package: Vec<u8>,
}

impl World {
    pub(super) fn handle_pending_re_init_commit(
        &self,
        request: proto::HandlePendingCommitRequest,
    ) -> Result<proto::HandleReInitCommitResponse, Failure> {
        let state = self.states.find(request.state_id)?;
        lock(&state).handle_pending_commit()?;
        self.closed(state)
    }

    pub(super) fn handle_re_init_commit(
        &self,
        request: proto::HandleCommitRequest,
    ) -> Result<proto::HandleReInitCommitResponse, Failure> {
        let state = self.states.find(request.state_id)?;
        lock(&state).handle_commit(&request)?;
        self.closed(state)
    }

    fn closed(&self, state: Arc<Mutex<State>>) -> Result<proto::HandleReInitCommitResponse, Failure> {
        let (actor, epoch_authenticator) = {
            let state = lock(&state);
            let re_init = state.group.re_init().ok_or_else(|| Failure::request("the commit is of no ReInit"))?;
            (state.actor.in_suite(re_init.cipher_suite)?, state.authenticator())
        };
        let key_package = actor.client.key_package(&actor.identity)?.message;
        let reinit_id = self.closed.keep(Closed { state, actor, key_package: key_package.clone() });
        Ok(proto::HandleReInitCommitResponse { reinit_id, key_package, epoch_authenticator })
    }

    pub(super) fn re_init_welcome(
        &self,
        request: proto::ReInitWelcomeRequest,
    ) -> Result<proto::CreateSubgroupResponse, Failure> {
        let closed = self.closed.find(request.reinit_id)?;
        let closed = lock(&closed);
        let others = request.key_package.iter().filter(|message| **message != closed.key_package);
        let mut plan = plan(SuccessorKind::ReInit, &closed.actor, others)?;
        plan.path = path(request.force_path);
        plan.ratchet_tree_in_welcome = !request.external_tree;
        self.found(&mut lock(&closed.state), &closed.actor, &plan)
    }

    pub(super) fn handle_re_init_welcome(
        &self,
        request: proto::HandleReInitWelcomeRequest,
    ) -> Result<proto::JoinGroupResponse, Failure> {
        let closed = self.closed.find(request.reinit_id)?;
        let closed = lock(&closed);
        let mut old = lock(&closed.state);
        let group = old.group.join_successor(&request.welcome, describe::tree(&request.ratchet_tree))?;
        let state = State::new(closed.actor.clone(), group, old.encrypt);
        let epoch_authenticator = state.authenticator();
        Ok(proto::JoinGroupResponse { state_id: self.states.keep(state), epoch_authenticator })
    }

    pub(super) fn create_branch(
        &self,
        request: proto::CreateBranchRequest,
    ) -> Result<proto::CreateSubgroupResponse, Failure> {
        let state = self.states.find(request.state_id)?;
        let mut state = lock(&state);
        let kind = SuccessorKind::Branch {
            group_id: Some(GroupId::from(request.group_id)),
            extensions: describe::extensions(&request.extensions)?,
        };
        let actor = state.actor.clone();
        let mut plan = plan(kind, &actor, request.key_packages.iter())?;
        plan.path = path(request.force_path);
        plan.ratchet_tree_in_welcome = !request.external_tree;
        self.found(&mut state, &actor, &plan)
    }

    pub(super) fn handle_branch(
        &self,
        request: proto::HandleBranchRequest,
    ) -> Result<proto::HandleBranchResponse, Failure> {
        let transaction = self.transactions.find(request.transaction_id)?;
        let state = self.states.find(request.state_id)?;
        let old = lock(&state);
        let actor = old.actor.joined_by(&self.settings, &lock(&transaction).0)?;
        let mut former = actor.client.load_group(old.group.id())?;
        let group = former.join_branch(&request.welcome, describe::tree(&request.ratchet_tree))?;
        let state = State::new(actor, group, old.encrypt);
        let epoch_authenticator = state.authenticator();
        Ok(proto::HandleBranchResponse { state_id: self.states.keep(state), epoch_authenticator })
    }

    /// Founds a successor, in which we are at once.
    fn found(
        &self,
        old: &mut State,
        actor: &Actor,
        plan: &SuccessorPlan,
    ) -> Result<proto::CreateSubgroupResponse, Failure> {
        let successor = old.group.create_successor(plan)?;
        let welcome = successor.welcome().unwrap_or_default().to_vec();
        let ratchet_tree = successor.ratchet_tree().unwrap_or_default().to_vec();
        let state = State::new(actor.clone(), successor.accept()?, old.encrypt);
        let epoch_authenticator = state.authenticator();
        let state_id = self.states.keep(state);
        Ok(proto::CreateSubgroupResponse { state_id, welcome, ratchet_tree, epoch_authenticator })
    }
}

fn plan<'a>(
    kind: SuccessorKind,
    actor: &Actor,
    key_packages: impl Iterator<Item = &'a Vec<u8>>,
) -> Result<SuccessorPlan, Failure> {
    let key_packages = key_packages.map(|message| Ok(Arc::unwrap_or_clone(describe::key_package(message)?)));
    let key_packages = key_packages.collect::<Result<_, Failure>>()?;
    Ok(SuccessorPlan::new(kind, actor.client.leaf(&actor.identity), key_packages))
}
