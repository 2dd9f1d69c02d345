//! An actor's state in a group, and what it does there.

use std::collections::BTreeMap;

use mls_client::mls_core::extension::{ExternalSender, ExternalSenders};
use mls_client::mls_core::group as engine;
use mls_client::mls_core::proposal::ProposalRef;
use mls_client::{
    CommitOutput, CommitPlan, EncryptOptions, Event, Group, GroupInfoOptions, PathPolicy, ProposeError, Proposing,
    SendOptions,
};
use mls_codec::Decode;

use super::actor::Actor;
use super::describe;
use super::failure::Failure;
use crate::proto;

/// An actor's state in a group.
pub(super) struct State {
    pub(super) actor: Actor,
    pub(super) group: Group,
    pub(super) encrypt: bool,
    /// The proposals of this epoch that we have, by their messages. Our own ones come back from the runner, and those
    /// that are encrypted could not be read again.
    known: BTreeMap<Vec<u8>, ProposalRef>,
}

impl State {
    pub(super) const fn new(actor: Actor, group: Group, encrypt: bool) -> Self {
        Self { actor, group, encrypt, known: BTreeMap::new() }
    }

    pub(super) fn authenticator(&self) -> Vec<u8> {
        self.group.epoch_authenticator().to_vec()
    }

    fn options(&self) -> SendOptions {
        SendOptions { encrypt: self.encrypt, ..SendOptions::default() }
    }

    pub(super) fn propose(&mut self, proposing: &Proposing) -> Result<proto::ProposalResponse, Failure> {
        let outgoing = match self.group.propose_with(proposing, &self.options()) {
            Ok(outgoing) => outgoing,
            // The same again, signed in the same way, is the same message.
            Err(ProposeError::Engine(engine::ProposeError::DuplicateProposal(reference))) => {
                let same = self.known.iter().find(|(_, known)| **known == reference);
                let (message, _) = same.ok_or_else(|| Failure::refused("the proposal is there already"))?;
                return Ok(proto::ProposalResponse { proposal: message.clone() });
            }
            Err(error) => return Err(error.into()),
        };
        self.known.insert(outgoing.message.clone(), outgoing.reference);
        Ok(proto::ProposalResponse { proposal: outgoing.message })
    }

    pub(super) fn propose_described(
        &mut self,
        description: &proto::ProposalDescription,
    ) -> Result<proto::ProposalResponse, Failure> {
        let proposing = self.proposing(description)?;
        self.propose(&proposing)
    }

    fn proposing(&mut self, description: &proto::ProposalDescription) -> Result<Proposing, Failure> {
        let members = self.group.members()?;
        describe::proposing(description, self.group.id().as_bytes(), &members)
    }

    /// Proposes the group's extensions with one external sender more.
    pub(super) fn propose_external_sender(&mut self, sender: &[u8]) -> Result<proto::ProposalResponse, Failure> {
        let mut extensions = self.group.context().extensions.clone();
        let mut senders = extensions.read::<ExternalSenders>()?.unwrap_or_default();
        senders.0.push(ExternalSender::from_bytes(sender)?);
        extensions.set(&senders)?;
        self.propose(&Proposing::GroupContextExtensions(extensions))
    }

    /// Takes in the proposals that a commit refers to.
    fn take(&mut self, proposals: &[Vec<u8>]) -> Result<Vec<ProposalRef>, Failure> {
        let mut taken = Vec::with_capacity(proposals.len());
        for message in proposals {
            if let Some(reference) = self.known.get(message) {
                taken.push(*reference);
                continue;
            }
            let Event::Proposal(received) = self.group.receive(message)? else {
                return Err(Failure::request("the message is no proposal"));
            };
            self.known.insert(message.clone(), received.reference);
            taken.push(received.reference);
        }
        Ok(taken)
    }

    /// Commits what is asked for and nothing else. The commit stays pending.
    pub(super) fn commit(&mut self, request: &proto::CommitRequest) -> Result<proto::CommitResponse, Failure> {
        if self.group.has_pending_commit() {
            self.group.drop_commit()?;
        }
        let wanted = self.take(&request.by_reference)?;
        for waiting in self.group.waiting_proposals()? {
            if !wanted.contains(&waiting.reference) {
                self.group.drop_proposal(&waiting.reference)?;
                self.known.retain(|_, known| *known != waiting.reference);
            }
        }
        let proposals = request.by_value.iter().map(|description| self.proposing(description));
        let plan = CommitPlan {
            proposals: proposals.collect::<Result<_, _>>()?,
            path: path(request.force_path),
            options: self.options(),
            ratchet_tree_in_welcome: !request.external_tree,
            ..CommitPlan::default()
        };
        let CommitOutput { message, welcome, ratchet_tree, dropped, .. } = self.group.commit(&plan)?;
        if !dropped.is_empty() {
            self.group.drop_commit()?;
            return Err(Failure::refused(format!("proposals that cannot be committed: {dropped:?}")));
        }
        Ok(proto::CommitResponse {
            commit: message,
            welcome: welcome.unwrap_or_default(),
            ratchet_tree: ratchet_tree.unwrap_or_default(),
        })
    }

    pub(super) fn handle_commit(&mut self, request: &proto::HandleCommitRequest) -> Result<(), Failure> {
        self.take(&request.proposal)?;
        match self.group.receive(&request.commit)? {
            Event::Epoch(_) => {}
            Event::Removed(_) => return Err(Failure::refused("the commit removes this member")),
            _ => return Err(Failure::request("the message is no commit")),
        }
        self.known.clear();
        Ok(())
    }

    pub(super) fn handle_pending_commit(&mut self) -> Result<(), Failure> {
        self.group.accept_commit()?;
        self.known.clear();
        Ok(())
    }

    pub(super) fn group_info(&mut self, external_tree: bool) -> Result<proto::GroupInfoResponse, Failure> {
        let group_info =
            self.group.group_info(GroupInfoOptions { external_pub: true, ratchet_tree: !external_tree })?;
        let ratchet_tree = if external_tree { self.group.ratchet_tree()? } else { Vec::new() };
        Ok(proto::GroupInfoResponse { group_info, ratchet_tree })
    }

    pub(super) fn protect(&mut self, request: proto::ProtectRequest) -> Result<Vec<u8>, Failure> {
        let options = EncryptOptions {
            authenticated_data: request.authenticated_data,
            allow_pending_proposals: true,
            ..EncryptOptions::default()
        };
        Ok(self.group.send_with(&request.plaintext, &options)?.message)
    }

    pub(super) fn unprotect(&mut self, ciphertext: &[u8]) -> Result<proto::UnprotectResponse, Failure> {
        match self.group.receive(ciphertext)? {
            Event::Message(received) => Ok(proto::UnprotectResponse {
                authenticated_data: received.authenticated_data,
                plaintext: received.data,
            }),
            _ => Err(Failure::request("the message is no application data")),
        }
    }
}

/// A path where it is asked for; else only where the proposals demand it.
pub(super) const fn path(forced: bool) -> PathPolicy {
    if forced { PathPolicy::Always } else { PathPolicy::WhenRequired }
}
