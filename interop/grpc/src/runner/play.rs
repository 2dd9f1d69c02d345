//! One run of a scenario.

use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::sync::Arc;

use tonic::Code;

use super::report::Outcome;
use super::script::{Description, Scenario, Step, extensions};
use super::server::Server;
use crate::proto::*;

/// One run: who plays whom, the handles of the actors, and the messages of the steps so far.
pub(super) struct Play {
    suite: u32,
    encrypt: bool,
    cast: BTreeMap<String, Arc<Server>>,
    states: BTreeMap<String, u32>,
    transactions: BTreeMap<String, u32>,
    signers: BTreeMap<String, u32>,
    group_id: Vec<u8>,
    notes: BTreeMap<(usize, &'static str), Vec<u8>>,
}

/// Why a run ended early.
enum Stop {
    Status(&'static str, String, tonic::Status),
    Wrong(String),
}

fn wrong(what: impl Into<String>) -> Stop {
    Stop::Wrong(what.into())
}

/// Calls the server that plays an actor.
macro_rules! call {
    ($play:ident, $actor:expr, $call:ident, $request:expr) => {{
        let actor: &str = $actor;
        let server = $play.cast.get(actor).ok_or_else(|| wrong(format!("nobody plays {actor}")))?;
        let mut client = server.client.clone();
        let answer = client.$call($request).await;
        answer.map_err(|status| Stop::Status(stringify!($call), actor.to_owned(), status))?.into_inner()
    }};
}

/// Numbers of which no two runs of this process have the same, for names.
fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Play {
    pub(super) fn new(suite: u32, encrypt: bool, cast: impl Iterator<Item = (String, Arc<Server>)>) -> Self {
        Self {
            suite,
            encrypt,
            cast: cast.collect(),
            states: BTreeMap::new(),
            transactions: BTreeMap::new(),
            signers: BTreeMap::new(),
            group_id: Vec::new(),
            notes: BTreeMap::new(),
        }
    }

    pub(super) async fn run(mut self, scenario: &Scenario) -> Outcome {
        for (place, step) in scenario.steps.iter().enumerate() {
            if let Err(stop) = self.step(place, step).await {
                let cast = self.cast.iter().map(|(actor, server)| format!("{actor}={}", server.name));
                let cast = cast.take(12).collect::<Vec<_>>().join(" ");
                let at = |text| format!("step {place} ({}): {text} [{cast}]", step.action);
                return match stop {
                    Stop::Wrong(what) => Outcome::Failed(at(what)),
                    Stop::Status(call, actor, status) => {
                        let text = at(format!("{call} of {actor}: {:?}: {}", status.code(), status.message()));
                        if status.code() == Code::Unimplemented {
                            Outcome::Unsupported(text)
                        } else {
                            Outcome::Failed(text)
                        }
                    }
                };
            }
        }
        self.free().await;
        Outcome::Passed
    }

    /// Lets the servers forget the run. A server that does not is none the worse for the scenario.
    async fn free(&self) {
        for (actor, state_id) in &self.states {
            if let Some(server) = self.cast.get(actor) {
                let _ = server.client.clone().free(FreeRequest { state_id: *state_id }).await;
            }
        }
    }

    async fn step(&mut self, at: usize, step: &Step) -> Result<(), Stop> {
        match step.action.as_str() {
            "createGroup" => self.create_group(step).await,
            "createKeyPackage" => {
                let key_package = self.key_package(&step.actor).await?;
                self.note(at, "keyPackage", key_package);
                Ok(())
            }
            "installExternalPSK" => self.install_psk(at, step).await,
            "fullCommit" => self.full_commit(step).await,
            "externalJoin" => self.external_join(step).await,
            "protect" => self.protect(at, step).await,
            "unprotect" => self.unprotect(step).await,
            "reinit" => self.re_init(step).await,
            "branch" => self.branch(step).await,
            _ => {
                let proposal = self.proposal(step).await?;
                self.note(at, "proposal", proposal);
                Ok(())
            }
        }
    }

    fn note(&mut self, at: usize, kind: &'static str, message: Vec<u8>) {
        self.notes.insert((at, kind), message);
    }

    fn noted(&self, at: usize, kind: &'static str) -> Result<Vec<u8>, Stop> {
        self.notes.get(&(at, kind)).cloned().ok_or_else(|| wrong(format!("step {at} has left no {kind}")))
    }

    fn state(&self, actor: &str) -> Result<u32, Stop> {
        self.states.get(actor).copied().ok_or_else(|| wrong(format!("{actor} is in no group")))
    }

    fn agree(actor: &str, own: &[u8], others: &[u8]) -> Result<(), Stop> {
        if own == others && !own.is_empty() { Ok(()) } else { Err(wrong(format!("{actor} is in another epoch"))) }
    }

    async fn key_package(&mut self, actor: &str) -> Result<Vec<u8>, Stop> {
        let request = CreateKeyPackageRequest { cipher_suite: self.suite, identity: actor.into() };
        let answer = call!(self, actor, create_key_package, request);
        self.transactions.insert(actor.to_owned(), answer.transaction_id);
        Ok(answer.key_package)
    }

    async fn create_group(&mut self, step: &Step) -> Result<(), Stop> {
        self.group_id = format!("group {} of process {}", unique(), std::process::id()).into_bytes();
        let request = CreateGroupRequest {
            group_id: self.group_id.clone(),
            cipher_suite: self.suite,
            encrypt_handshake: self.encrypt,
            identity: step.actor.as_str().into(),
        };
        let answer = call!(self, &step.actor, create_group, request);
        self.states.insert(step.actor.clone(), answer.state_id);
        if step.members.is_empty() {
            return Ok(());
        }
        let mut by_value = Vec::with_capacity(step.members.len());
        for member in &step.members {
            by_value.push(ProposalDescription {
                proposal_type: b"add".to_vec(),
                key_package: self.key_package(member).await?,
                ..ProposalDescription::default()
            });
        }
        let request = CommitRequest { state_id: answer.state_id, by_value, ..CommitRequest::default() };
        let add = Step { joiners: step.members.clone(), actor: step.actor.clone(), ..Step::default() };
        self.commit_and_handle(&add, request).await
    }

    async fn full_commit(&mut self, step: &Step) -> Result<(), Stop> {
        let by_reference = step.by_reference.iter().map(|at| self.noted(*at, "proposal")).collect::<Result<_, _>>()?;
        let by_value = step.by_value.iter().map(|value| self.described(value)).collect::<Result<_, _>>()?;
        let request = CommitRequest {
            state_id: self.state(&step.actor)?,
            by_reference,
            by_value,
            force_path: step.force_path,
            external_tree: step.external_tree,
        };
        self.commit_and_handle(step, request).await
    }

    /// Commits, has the members take it in, and the joiners join.
    async fn commit_and_handle(&mut self, step: &Step, request: CommitRequest) -> Result<(), Stop> {
        let (state_id, proposal) = (request.state_id, request.by_reference.clone());
        let made = call!(self, &step.actor, commit, request);
        let pending = call!(self, &step.actor, handle_pending_commit, HandlePendingCommitRequest { state_id });
        self.states.insert(step.actor.clone(), pending.state_id);
        if pending.epoch_authenticator.is_empty() {
            return Err(wrong("the committer has no epoch authenticator"));
        }
        for member in &step.members {
            self.handle(member, &proposal, &made.commit, &pending.epoch_authenticator).await?;
        }
        for joiner in &step.joiners {
            let transaction_id = self.transactions.get(joiner).copied();
            let request = JoinGroupRequest {
                transaction_id: transaction_id.ok_or_else(|| wrong(format!("{joiner} has no key package")))?,
                welcome: made.welcome.clone(),
                encrypt_handshake: self.encrypt,
                identity: joiner.as_str().into(),
                ratchet_tree: if step.external_tree { made.ratchet_tree.clone() } else { Vec::new() },
            };
            let joined = call!(self, joiner, join_group, request);
            Self::agree(joiner, &joined.epoch_authenticator, &pending.epoch_authenticator)?;
            self.states.insert(joiner.clone(), joined.state_id);
        }
        Ok(())
    }

    async fn handle(&mut self, member: &str, proposal: &[Vec<u8>], commit: &[u8], epoch: &[u8]) -> Result<(), Stop> {
        let state_id = self.state(member)?;
        let request = HandleCommitRequest { state_id, proposal: proposal.to_vec(), commit: commit.to_vec() };
        let answer = call!(self, member, handle_commit, request);
        Self::agree(member, &answer.epoch_authenticator, epoch)?;
        self.states.insert(member.to_owned(), answer.state_id);
        Ok(())
    }

    async fn install_psk(&mut self, at: usize, step: &Step) -> Result<(), Stop> {
        let psk_id = format!("PSK {} of process {}", unique(), std::process::id()).into_bytes();
        let psk_secret = psk_id.iter().rev().cycle().take(32).copied().collect::<Vec<_>>();
        for actor in &step.clients {
            let handle = self.states.get(actor).or_else(|| self.transactions.get(actor)).copied();
            let request = StorePskRequest {
                state_or_transaction_id: handle.ok_or_else(|| wrong(format!("{actor} has no handle")))?,
                psk_id: psk_id.clone(),
                psk_secret: psk_secret.clone(),
            };
            let _ = call!(self, actor, store_psk, request);
        }
        self.note(at, "PSK", psk_id);
        self.note(at, "PSK secret", psk_secret);
        Ok(())
    }

    async fn external_join(&mut self, step: &Step) -> Result<(), Stop> {
        let request = GroupInfoRequest { state_id: self.state(&step.actor)?, external_tree: step.external_tree };
        let info = call!(self, &step.actor, group_info, request);
        let psk = |at: &usize| {
            Ok(PreSharedKey { psk_id: self.noted(*at, "PSK")?, psk_secret: self.noted(*at, "PSK secret")? })
        };
        let request = ExternalJoinRequest {
            group_info: info.group_info,
            ratchet_tree: info.ratchet_tree,
            encrypt_handshake: self.encrypt,
            identity: step.joiner.as_str().into(),
            remove_prior: step.remove_prior,
            psks: step.psks.iter().map(psk).collect::<Result<_, Stop>>()?,
        };
        let joined = call!(self, &step.joiner, external_join, request);
        self.states.insert(step.joiner.clone(), joined.state_id);
        for member in step.members.iter().chain([&step.actor]) {
            self.handle(member, &[], &joined.commit, &joined.epoch_authenticator).await?;
        }
        Ok(())
    }

    async fn protect(&mut self, at: usize, step: &Step) -> Result<(), Stop> {
        let request = ProtectRequest {
            state_id: self.state(&step.actor)?,
            authenticated_data: step.authenticated_data.as_str().into(),
            plaintext: step.plaintext.as_str().into(),
        };
        let answer = call!(self, &step.actor, protect, request);
        self.note(at, "ciphertext", answer.ciphertext);
        self.note(at, "authenticated data", step.authenticated_data.as_str().into());
        self.note(at, "plaintext", step.plaintext.as_str().into());
        Ok(())
    }

    async fn unprotect(&mut self, step: &Step) -> Result<(), Stop> {
        let ciphertext = self.noted(step.ciphertext, "ciphertext")?;
        let request = UnprotectRequest { state_id: self.state(&step.actor)?, ciphertext };
        let answer = call!(self, &step.actor, unprotect, request);
        if answer.plaintext != self.noted(step.ciphertext, "plaintext")? {
            return Err(wrong("another plaintext comes out"));
        }
        if answer.authenticated_data != self.noted(step.ciphertext, "authenticated data")? {
            return Err(wrong("other authenticated data comes out"));
        }
        Ok(())
    }

    fn described(&mut self, value: &Description) -> Result<ProposalDescription, Stop> {
        let mut described = ProposalDescription {
            proposal_type: value.proposal_type.as_str().into(),
            ..ProposalDescription::default()
        };
        match value.proposal_type.as_str() {
            "add" => described.key_package = self.noted(value.key_package, "keyPackage")?,
            "remove" => described.removed_id = value.removed.as_str().into(),
            "externalPSK" => described.psk_id = self.noted(value.psk_id, "PSK")?,
            "resumptionPSK" => described.epoch_id = value.epoch_id,
            "groupContextExtensions" => described.extensions = listed(&value.extensions)?,
            "reinit" => {
                described.group_id = self.next_group_id(value.change_group_id);
                described.cipher_suite = self.next_suite(value.change_cipher_suite)?;
                described.extensions = listed(&value.extensions)?;
            }
            other => return Err(wrong(format!("no proposal is called {other}"))),
        }
        Ok(described)
    }

    fn next_group_id(&mut self, change: bool) -> Vec<u8> {
        if change {
            self.group_id.extend_from_slice(b"++");
        }
        self.group_id.clone()
    }

    /// The suite of the next group: another one that all actors have, if it is to change.
    fn next_suite(&mut self, change: bool) -> Result<u32, Stop> {
        if change {
            let mut suites = self.cast.values().next().map(|server| server.suites.clone()).unwrap_or_default();
            suites.retain(|suite| self.cast.values().all(|server| server.suites.contains(suite)));
            let next = suites.iter().find(|suite| **suite > self.suite).or_else(|| suites.first());
            let next = next.copied().filter(|suite| *suite != self.suite);
            self.suite = next.ok_or_else(|| wrong("the actors have no other suite in common"))?;
        }
        Ok(self.suite)
    }

    /// The steps that make a proposal.
    async fn proposal(&mut self, step: &Step) -> Result<Vec<u8>, Stop> {
        let actor = step.actor.as_str();
        match step.action.as_str() {
            "externalSignerProposal" => return self.external_signer_proposal(step).await,
            "newMemberAddProposal" => return self.new_member_proposal(step).await,
            "addExternalSigner" => return self.external_signer(step).await,
            _ => {}
        }
        let state_id = self.state(actor)?;
        Ok(match step.action.as_str() {
            "addProposal" => {
                let key_package = self.noted(step.key_package, "keyPackage")?;
                call!(self, actor, add_proposal, AddProposalRequest { state_id, key_package })
            }
            "updateProposal" => call!(self, actor, update_proposal, UpdateProposalRequest { state_id }),
            "removeProposal" => {
                let removed_id = step.removed.as_str().into();
                call!(self, actor, remove_proposal, RemoveProposalRequest { state_id, removed_id })
            }
            "externalPSKProposal" => {
                let psk_id = self.noted(step.psk_id, "PSK")?;
                call!(self, actor, external_psk_proposal, ExternalPskProposalRequest { state_id, psk_id })
            }
            "resumptionPSKProposal" => {
                let request = ResumptionPskProposalRequest { state_id, epoch_id: step.epoch_id };
                call!(self, actor, resumption_psk_proposal, request)
            }
            "groupContextExtensionsProposal" => {
                let request = GroupContextExtensionsProposalRequest { state_id, extensions: listed(&step.extensions)? };
                call!(self, actor, group_context_extensions_proposal, request)
            }
            other => return Err(wrong(format!("no action is called {other}"))),
        }
        .proposal)
    }

    async fn new_member_proposal(&mut self, step: &Step) -> Result<Vec<u8>, Stop> {
        let request = GroupInfoRequest { state_id: self.state(&step.actor)?, external_tree: false };
        let info = call!(self, &step.actor, group_info, request);
        let request =
            NewMemberAddProposalRequest { group_info: info.group_info, identity: step.joiner.as_str().into() };
        let answer = call!(self, &step.joiner, new_member_add_proposal, request);
        self.transactions.insert(step.joiner.clone(), answer.transaction_id);
        Ok(answer.proposal)
    }

    async fn external_signer(&mut self, step: &Step) -> Result<Vec<u8>, Stop> {
        let request = CreateExternalSignerRequest { cipher_suite: self.suite, identity: step.signer.as_str().into() };
        let signer = call!(self, &step.signer, create_external_signer, request);
        self.signers.insert(step.signer.clone(), signer.signer_id);
        let request =
            AddExternalSignerRequest { state_id: self.state(&step.actor)?, external_sender: signer.external_sender };
        Ok(call!(self, &step.actor, add_external_signer, request).proposal)
    }

    async fn external_signer_proposal(&mut self, step: &Step) -> Result<Vec<u8>, Stop> {
        let request = GroupInfoRequest { state_id: self.state(&step.member)?, external_tree: true };
        let info = call!(self, &step.member, group_info, request);
        let signer_id = self.signers.get(&step.actor).copied();
        let described = step.description.as_ref().ok_or_else(|| wrong("nothing is described"))?;
        let request = ExternalSignerProposalRequest {
            signer_id: signer_id.ok_or_else(|| wrong(format!("{} is no signer", step.actor)))?,
            signer_index: 0,
            group_info: info.group_info,
            ratchet_tree: info.ratchet_tree,
            description: Some(self.described(described)?),
        };
        Ok(call!(self, &step.actor, external_signer_proposal, request).proposal)
    }

    async fn re_init(&mut self, step: &Step) -> Result<(), Stop> {
        let proposal = if step.proposer.is_empty() {
            self.noted(step.external_reinit_proposal, "proposal")?
        } else {
            let request = ReInitProposalRequest {
                state_id: self.state(&step.proposer)?,
                cipher_suite: self.next_suite(step.change_ciphersuite)?,
                group_id: self.next_group_id(step.change_group_id),
                extensions: listed(&step.extensions)?,
            };
            call!(self, &step.proposer, re_init_proposal, request).proposal
        };
        let state_id = self.state(&step.committer)?;
        let request = CommitRequest { state_id, by_reference: vec![proposal.clone()], ..CommitRequest::default() };
        let made = call!(self, &step.committer, re_init_commit, request);
        let closed =
            call!(self, &step.committer, handle_pending_re_init_commit, HandlePendingCommitRequest { state_id });
        let mut handles = BTreeMap::from([(step.committer.clone(), (closed.reinit_id, closed.key_package))]);
        let named = [&step.proposer, &step.welcomer].into_iter().chain(&step.members);
        let others: Vec<_> = named.filter(|actor| !actor.is_empty()).cloned().collect();
        for actor in others {
            if handles.contains_key(&actor) {
                continue;
            }
            let request = HandleCommitRequest {
                state_id: self.state(&actor)?,
                proposal: vec![proposal.clone()],
                commit: made.commit.clone(),
            };
            let answer = call!(self, &actor, handle_re_init_commit, request);
            Self::agree(&actor, &answer.epoch_authenticator, &closed.epoch_authenticator)?;
            handles.insert(actor, (answer.reinit_id, answer.key_package));
        }
        self.welcome_all(step, handles).await
    }

    async fn welcome_all(&mut self, step: &Step, mut handles: BTreeMap<String, (u32, Vec<u8>)>) -> Result<(), Stop> {
        let (reinit_id, _) = handles.remove(&step.welcomer).ok_or_else(|| wrong("nobody welcomes"))?;
        let request = ReInitWelcomeRequest {
            reinit_id,
            key_package: handles.values().map(|(_, key_package)| key_package.clone()).collect(),
            force_path: step.force_path,
            external_tree: step.external_tree,
        };
        let new = call!(self, &step.welcomer, re_init_welcome, request);
        self.states.insert(step.welcomer.clone(), new.state_id);
        for (actor, (reinit_id, _)) in handles {
            let request = HandleReInitWelcomeRequest {
                reinit_id,
                welcome: new.welcome.clone(),
                ratchet_tree: if step.external_tree { new.ratchet_tree.clone() } else { Vec::new() },
            };
            let joined = call!(self, &actor, handle_re_init_welcome, request);
            Self::agree(&actor, &joined.epoch_authenticator, &new.epoch_authenticator)?;
            self.states.insert(actor, joined.state_id);
        }
        Ok(())
    }

    async fn branch(&mut self, step: &Step) -> Result<(), Stop> {
        let mut key_packages = Vec::with_capacity(step.members.len());
        for member in &step.members {
            key_packages.push(self.key_package(member).await?);
        }
        self.group_id = [self.group_id.as_slice(), b" branch"].concat();
        let request = CreateBranchRequest {
            state_id: self.state(&step.actor)?,
            group_id: self.group_id.clone(),
            extensions: listed(&step.extensions)?,
            key_packages,
            force_path: step.force_path,
            external_tree: step.external_tree,
        };
        let new = call!(self, &step.actor, create_branch, request);
        self.states.insert(step.actor.clone(), new.state_id);
        for member in &step.members {
            let request = HandleBranchRequest {
                state_id: self.state(member)?,
                transaction_id: self.transactions.get(member).copied().unwrap_or_default(),
                welcome: new.welcome.clone(),
                ratchet_tree: if step.external_tree { new.ratchet_tree.clone() } else { Vec::new() },
            };
            let joined = call!(self, member, handle_branch, request);
            Self::agree(member, &joined.epoch_authenticator, &new.epoch_authenticator)?;
            self.states.insert(member.clone(), joined.state_id);
        }
        Ok(())
    }
}

fn listed(list: &[super::script::Extension]) -> Result<Vec<Extension>, Stop> {
    extensions(list).map_err(|error| wrong(format!("an extension's data is no base64: {error}")))
}
