//! Joining by an external commit: what it asks (RFC 9420 section 12.4.3.2).

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_crypto_traits::{HpkePublicKey, Suite};

use crate::env::Env;
use crate::extension::{Extensions, ExternalPub};
use crate::framing::Sender;
use crate::group::Fault;
use crate::group::answers::QuestionTag;
use crate::group::create::LeafSpec;
use crate::group::join::{check_group, received_tree, roster};
use crate::group::join_error::JoinError;
use crate::group::process::{ask_policy, check_ruling, effects_of};
use crate::group::succession::Predecessor;
use crate::identity::{CredentialCheck, CredentialEvent};
use crate::key_schedule::InitSecret;
use crate::proposal::apply::{AppliedList, ApplyContext, Newcomer, apply_with_effects};
use crate::proposal::list::{Committer, ListedProposal, check_list};
use crate::proposal::{Proposal, ProposalType};
use crate::psk::{PreSharedKeyId, Psk};
use crate::rules::{ProposalQuestion, Ruling};
use crate::tree::leaf_node::{LeafNode, LeafNodeSource};
use crate::tree::math::LeafIndex;
use crate::tree::ratchet_tree::RatchetTree;
use crate::welcome::GroupInfo;

/// How a group is to be joined from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalJoinPlan {
    /// Our leaf in the group.
    pub leaf: LeafSpec,
    /// The leaf of our former self, which the commit then removes.
    pub resync: Option<LeafIndex>,
    /// Pre-shared keys that the commit mixes in.
    pub psks: Vec<Psk>,
    /// Proposals of registered types that [external commits may contain], each with its body.
    ///
    /// [external commits may contain]: crate::custom::CustomProposal::in_external_commits
    pub custom: Vec<(ProposalType, Vec<u8>)>,
    /// Data that is authenticated and not encrypted.
    pub authenticated_data: Vec<u8>,
}

/// A group that is about to be joined from outside. Nothing is applied yet: first the policy is asked.
#[must_use]
pub struct PendingExternalJoin {
    parts: JoinParts,
    tree: RatchetTree,
    psks: Vec<PreSharedKeyId>,
    question: ProposalQuestion,
}

/// A group that is about to be joined from outside, with the proposals applied. It asks who the members are, and for
/// pre-shared keys.
#[must_use]
pub struct VettedExternalJoin {
    pub(super) tag: QuestionTag,
    pub(super) parts: JoinParts,
    pub(super) applied: AppliedList,
    pub(super) psks: Vec<PreSharedKeyId>,
    /// The last one is about ourselves.
    pub(super) checks: Vec<CredentialCheck>,
}

/// What the external commit is made of from the first question on.
pub(super) struct JoinParts {
    pub(super) plan: ExternalJoinPlan,
    pub(super) info: Box<GroupInfo>,
    /// The secret that the new epoch begins with, as the `ExternalInit` in the list gives it to the members.
    pub(super) init: InitSecret,
    pub(super) list: Vec<ListedProposal>,
}

/// Begins an external join.
///
/// `ratchet_tree` is the data of a `ratchet_tree` extension, where the tree is not in the GroupInfo.
///
/// # Errors
/// [`JoinError`]; nothing has changed.
pub fn external_join(
    info: &GroupInfo,
    ratchet_tree: Option<&[u8]>,
    plan: &ExternalJoinPlan,
    env: &mut Env<'_>,
) -> Result<PendingExternalJoin, JoinError> {
    let id = info.group_context.cipher_suite;
    let suite = env.suite(id).ok_or(Fault::UnsupportedSuite(id))?;
    // req: R-12.4.3.2-01
    let external_pub = info
        .extensions
        .read::<ExternalPub>()
        .map_err(|_| JoinError::MalformedExtension)?
        .ok_or(JoinError::NoExternalPub)?
        .external_pub;
    suite.check_hpke_public_key(external_pub.as_bytes()).map_err(JoinError::ExternalPub)?;
    // req: R-12.4.3.2-02
    let tree = received_tree(suite, info, ratchet_tree, env)?;
    let own = leaf_of(&plan.leaf, HpkePublicKey::from(Vec::new()), Vec::new());
    check_group(suite, info, &tree, &own, env)?;
    if plan.resync.is_some_and(|old| tree.is_blank(old.node())) {
        return Err(JoinError::NothingToResync);
    }
    // What we would not take from others, others do not take from us.
    env.limits.check_leaf(&own)?;
    let psks = plan_psks(suite, plan, env)?;
    let (kem_output, init) = InitSecret::for_external_sender(suite, &external_pub, env.rng)?;
    let list = proposals(plan, kem_output, &psks);
    check_list(&list, Committer::NewMember, suite.hash_len(), env.custom).map_err(JoinError::Proposals)?;
    let tag = QuestionTag::draw(env.rng)?;
    let question = ask_policy(tag, Sender::NewMemberCommit, true, &list);
    let parts = JoinParts { plan: plan.clone(), info: Box::new(info.clone()), init, list };
    Ok(PendingExternalJoin { parts, tree, psks, question })
}

/// The pre-shared keys of the plan, each with a nonce.
fn plan_psks(suite: Suite<'_>, plan: &ExternalJoinPlan, env: &mut Env<'_>) -> Result<Vec<PreSharedKeyId>, JoinError> {
    if plan.psks.len() > usize::from(u16::MAX) {
        return Err(JoinError::TooManyPsks);
    }
    env.limits.check_psks(plan.psks.len())?;
    let mut psks = Vec::with_capacity(plan.psks.len());
    for psk in &plan.psks {
        let id = PreSharedKeyId::with_fresh_nonce(suite, psk.clone(), env.rng).map_err(Fault::from)?;
        // req: R-11.2-05, R-11.3-06
        if Predecessor::named_by(&id).is_some() {
            return Err(JoinError::PskUsage);
        }
        psks.push(id);
    }
    Ok(psks)
}

/// The proposals of the commit, in its order.
fn proposals(plan: &ExternalJoinPlan, kem_output: Vec<u8>, psks: &[PreSharedKeyId]) -> Vec<ListedProposal> {
    let custom = plan.custom.iter().cloned();
    core::iter::once(Proposal::ExternalInit { kem_output })
        .chain(plan.resync.map(|old| Proposal::Remove(old.into())))
        .chain(psks.iter().cloned().map(Proposal::PreSharedKey))
        .chain(custom.map(|(proposal_type, body)| Proposal::Custom { proposal_type, body }))
        .map(|proposal| ListedProposal { sender: Sender::NewMemberCommit, proposal, reference: None, member: None })
        .collect()
}

/// Our leaf of source `commit`, not signed yet.
pub(super) fn leaf_of(spec: &LeafSpec, encryption_key: HpkePublicKey, parent_hash: Vec<u8>) -> LeafNode {
    LeafNode {
        encryption_key,
        signature_key: spec.signature_key.clone(),
        credential: spec.credential.clone(),
        capabilities: spec.capabilities.clone(),
        leaf_node_source: LeafNodeSource::Commit { parent_hash },
        extensions: spec.extensions.clone(),
        signature: Vec::new(),
    }
}

impl ExternalJoinPlan {
    /// Joins with this leaf, and does nothing else.
    #[must_use]
    pub const fn new(leaf: LeafSpec) -> Self {
        Self { leaf, resync: None, psks: Vec::new(), custom: Vec::new(), authenticated_data: Vec::new() }
    }
}

impl PendingExternalJoin {
    /// The group that is joined.
    #[must_use]
    pub const fn group_info(&self) -> &GroupInfo {
        &self.parts.info
    }

    /// The question to the policy.
    #[must_use]
    pub const fn question(&self) -> &ProposalQuestion {
        &self.question
    }

    /// Goes on with the policy's answer: applies the proposals.
    ///
    /// # Errors
    /// [`JoinError`]; nothing has changed. [`JoinError::Refused`] where the policy refuses.
    pub fn rule(self, ruling: Ruling, env: &mut Env<'_>) -> Result<VettedExternalJoin, JoinError> {
        let Self { parts, tree, psks, question } = self;
        check_ruling(&question, &ruling)?;
        if !ruling.accepted {
            return Err(JoinError::Refused);
        }
        let JoinParts { plan, info, list, init: _ } = &parts;
        let context = &info.group_context;
        let suite = env.suite(context.cipher_suite).ok_or(Fault::UnsupportedSuite(context.cipher_suite))?;
        let effects = effects_of(list, ruling, env)?;
        effects.check_limits(&env.limits)?;
        effects.check(list, Sender::NewMemberCommit).map_err(JoinError::Proposals)?;
        let at = ApplyContext::new(suite, &tree, context, env);
        let mut applied = apply_with_effects(at, list, &effects).map_err(JoinError::Proposals)?;
        if effects.change_extensions() {
            env.limits.check_extensions(&applied.extensions)?;
        }
        let mut newcomers = roster(&tree, &applied.removed, CredentialEvent::Join);
        newcomers.append(&mut applied.newcomers);
        newcomers.push(Newcomer {
            event: CredentialEvent::ExternalCommit,
            leaf: None,
            credential: plan.leaf.credential.clone(),
            signature_key: plan.leaf.signature_key.clone(),
            predecessor: plan.resync.and_then(|old| tree.leaf(old)).map(|old| (old.credential, old.signature_key)),
        });
        let tag = QuestionTag::draw(env.rng)?;
        Ok(VettedExternalJoin { tag, parts, applied, psks, checks: tag.ask(newcomers, env.now) })
    }
}

impl VettedExternalJoin {
    /// The group that is joined.
    #[must_use]
    pub const fn group_info(&self) -> &GroupInfo {
        &self.parts.info
    }

    /// The credentials of all members but those that the commit removes, our former self say, and our own.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialCheck] {
        &self.checks
    }

    /// The pre-shared keys that are needed.
    #[must_use]
    pub fn psks(&self) -> &[PreSharedKeyId] {
        &self.psks
    }
}

/// The extensions of a GroupInfo from which others can join.
pub(crate) fn external_pub_extension(extensions: &mut Extensions, external_pub: HpkePublicKey) -> Result<(), Fault> {
    Ok(extensions.set(&ExternalPub { external_pub })?)
}

impl core::fmt::Debug for JoinParts {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { plan, info, init: _, list } = self;
        f.debug_struct("JoinParts")
            .field("plan", plan)
            .field("context", &info.group_context)
            .field("proposals", &list.len())
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for PendingExternalJoin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { parts, tree: _, psks, question } = self;
        f.debug_struct("PendingExternalJoin")
            .field("parts", parts)
            .field("psks", psks)
            .field("question", question)
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for VettedExternalJoin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { tag: _, parts, applied: _, psks, checks } = self;
        f.debug_struct("VettedExternalJoin")
            .field("parts", parts)
            .field("psks", psks)
            .field("credentials", &checks.len())
            .finish_non_exhaustive()
    }
}
