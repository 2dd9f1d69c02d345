//! Making a commit (RFC 9420 section 12.4.1).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use mls_crypto_traits::Suite;

use crate::env::Env;
use crate::extension::{ExtensionType, Extensions};
use crate::framing::{Sender, WireFormat};
use crate::group::advance::{check_epoch_end, check_own_ratchet};
use crate::group::answers::{AnswerError, QuestionTag};
use crate::group::cache::CachedProposal;
use crate::group::clients::{client_changes, unknown_members};
use crate::group::encrypt::EncryptError;
use crate::group::fault::from_fault;
use crate::group::process::{ask_policy, check_epoch, check_ruling, effects_of};
use crate::group::propose::{LeafChange, Proposing, SendOptions, make_proposal};
use crate::group::psks::{self, PskFailure};
use crate::group::{Disposition, Fault, Group};
use crate::identity::{CredentialCheck, CredentialEvent};
use crate::limits::LimitExceeded;
use crate::proposal::apply::{AppliedList, ApplyContext, Newcomer, apply_list, apply_with_effects};
use crate::proposal::list::{Committer, ListedProposal, ProposalListError, check_list};
use crate::proposal::{Proposal, ProposalRef};
use crate::psk::PreSharedKeyId;
use crate::rules::{ProposalQuestion, Ruling};
use crate::tree::math::LeafIndex;
use crate::tree::path::PathError;
use crate::tree::validate::LeafNodeError;

/// When a commit refreshes our own keys (RFC 9420 section 12.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathPolicy {
    /// Always: the group heals with each commit.
    #[default]
    Always,
    /// Only where the proposals demand it: cheaper, and nothing heals.
    WhenRequired,
}

/// How the new members are welcomed (RFC 9420 section 12.4.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Welcomes {
    /// By one message for all of them.
    #[default]
    OneForAll,
    /// By a message for each: it is shorter, and tells nothing of how many others are added.
    OneEach,
}

/// What a commit is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitPlan {
    /// Our own proposals, which the commit contains.
    pub proposals: Vec<Proposing>,
    /// Whether it covers the proposals that were received.
    pub include_pending: bool,
    /// When it refreshes our own keys.
    pub path: PathPolicy,
    /// What else changes in our leaf. Anything at all makes for a path.
    pub leaf: LeafChange,
    /// How it is sent.
    pub options: SendOptions,
    /// Whether new members get the tree in the Welcome, or by another way.
    pub ratchet_tree_in_welcome: bool,
    /// Whether, where the tree is not in the Welcome, it is in the [output](CommitOutput::ratchet_tree). To encode it
    /// takes as long as the group is large; once the commit is accepted,
    /// [`export_ratchet_tree`](crate::group::export_ratchet_tree) gives it too, and an observer of the group has it anyway.
    pub ratchet_tree_beside: bool,
    /// Further extensions of the GroupInfo in the Welcome (RFC 9420 section 12.4.3), the tree apart.
    pub group_info_extensions: Extensions,
    /// How the new members are welcomed.
    pub welcomes: Welcomes,
    /// Whether the caller is to keep the commit: see [`VettedOwnCommit::resume_detached`].
    pub detached: bool,
}

impl CommitPlan {
    /// The rest of it: the proposals are in the list by then, and there may be thousands of them.
    fn without_proposals(&self) -> Self {
        let Self {
            proposals: _,
            include_pending,
            path,
            leaf,
            options,
            ratchet_tree_in_welcome,
            ratchet_tree_beside,
            group_info_extensions,
            welcomes,
            detached,
        } = self;
        Self {
            proposals: Vec::new(),
            include_pending: *include_pending,
            path: *path,
            leaf: leaf.clone(),
            options: options.clone(),
            ratchet_tree_in_welcome: *ratchet_tree_in_welcome,
            ratchet_tree_beside: *ratchet_tree_beside,
            group_info_extensions: group_info_extensions.clone(),
            welcomes: *welcomes,
            detached: *detached,
        }
    }
}

impl Default for CommitPlan {
    fn default() -> Self {
        Self {
            proposals: Vec::new(),
            // req: R-12.4-06
            include_pending: true,
            path: PathPolicy::Always,
            leaf: LeafChange::default(),
            options: SendOptions::default(),
            ratchet_tree_in_welcome: true,
            ratchet_tree_beside: true,
            group_info_extensions: Extensions::new(),
            welcomes: Welcomes::default(),
            detached: false,
        }
    }
}

/// A commit in the making whose proposals are chosen. Nothing is applied yet: first the policy is asked.
#[derive(Debug)]
#[must_use]
pub struct PendingOwnCommit {
    epoch: u64,
    plan: CommitPlan,
    list: Vec<ListedProposal>,
    dropped: Vec<DroppedProposal>,
    question: ProposalQuestion,
}

/// A commit in the making whose proposals are applied. It asks who the credentials are that come in, and for
/// pre-shared keys.
#[must_use]
pub struct VettedOwnCommit {
    pub(crate) tag: QuestionTag,
    pub(crate) epoch: u64,
    pub(crate) plan: CommitPlan,
    pub(crate) list: Vec<ListedProposal>,
    pub(crate) dropped: Vec<DroppedProposal>,
    pub(crate) applied: AppliedList,
    pub(crate) checks: Vec<CredentialCheck>,
    pub(crate) psks: Vec<PreSharedKeyId>,
}

/// A received proposal that a commit of ours leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedProposal {
    /// The proposal.
    pub reference: ProposalRef,
    /// Why.
    pub reason: DropReason,
}

/// Why a commit of ours leaves a received proposal out (RFC 9420 section 12.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// It is our own Update, which the path supersedes.
    OwnUpdate,
    /// The leaf is removed, or was updated again later.
    Superseded,
    /// It would remove ourselves: somebody else has to commit it.
    RemovesUs,
    /// It is a `ReInit`, and others come first.
    ReInit,
    /// With it a bound of [`Limits`](crate::limits::Limits) on a commit is exceeded: members with the same bounds would
    /// refuse the commit.
    Limit(LimitExceeded),
    /// It is invalid beside the others.
    Invalid(Box<ProposalListError>),
}

/// A commit that was made and waits to be accepted: send it, and its Welcome once it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitOutput {
    /// The encoded `MLSMessage`.
    pub message: Vec<u8>,
    /// The Welcome for all that are added, as an encoded `MLSMessage`.
    ///
    /// # Security
    /// Hand it out only after the commit has been accepted (RFC 9420 section 14).
    pub welcome: Option<Vec<u8>>,
    /// A Welcome for each that is added, in the order of the Adds, where the plan asks for [`Welcomes::OneEach`].
    ///
    /// # Security
    /// As for `welcome`.
    pub welcomes: Vec<Vec<u8>>,
    /// The tree for them, where it is not in the Welcome: the data of a `ratchet_tree` extension.
    pub ratchet_tree: Option<Vec<u8>>,
    /// The epoch that the commit leads to.
    pub epoch: u64,
    /// Received proposals that were left out.
    pub dropped: Vec<DroppedProposal>,
}

/// Why no commit was made. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitError {
    /// Something that has nothing to do with the plan.
    Fault(Fault),
    /// A commit of ours waits to be accepted. Accept or drop it first.
    CommitPending,
    /// No commit of ours waits to be accepted.
    NoPendingCommit,
    /// A detached commit belongs to another group or another epoch.
    DetachedElsewhere,
    /// Everybody would find the list of proposals invalid (RFC 9420 section 12.2).
    Proposals(ProposalListError),
    /// An Update is proposed by value: the commit's path does that ([`CommitPlan::leaf`]).
    UpdateByValue,
    /// The policy refuses the proposals.
    Refused,
    /// A bound of [`Limits`](crate::limits::Limits) on what is received is exceeded: members with the same bounds would
    /// refuse the commit.
    Limit(LimitExceeded),
    /// An extension type is repeated in the GroupInfo of the Welcome (section 13.4).
    DuplicateExtension,
    /// An extension has no place in the GroupInfo of the Welcome (section 17.3).
    MisplacedExtension(ExtensionType),
    /// The new leaf of ours would be invalid (section 7.3).
    Leaf(LeafNodeError),
    /// The path cannot be made.
    Path(PathError),
    /// The message cannot be made.
    Encrypt(EncryptError),
    /// What was asked was not answered, or not rightly.
    Answer(AnswerError),
}

from_fault!(CommitError);

/// Begins a commit: chooses the proposals, ours and those received.
///
/// # Errors
/// [`CommitError`]; nothing has changed.
pub fn commit(group: &Group, plan: &CommitPlan, env: &mut Env<'_>) -> Result<PendingOwnCommit, CommitError> {
    group.check_sends()?;
    let missing = group.missing_for_handshake();
    if !missing.is_empty() {
        return Err(Fault::NotResident(missing).into());
    }
    // req: R-14-03
    if group.has_pending_commit() && !plan.detached {
        return Err(CommitError::CommitPending);
    }
    let suite = group.suite(env)?;
    check_epoch_end(group, env)?;
    if plan.options.wire_format() == WireFormat::PrivateMessage {
        check_own_ratchet(group)?;
    }
    let own = group.own_leaf();
    let mut list = Vec::new();
    for proposing in &plan.proposals {
        if let Proposing::Update(_) = proposing {
            return Err(CommitError::UpdateByValue);
        }
        let (proposal, _) = make_proposal(group, suite, proposing.clone(), env)?;
        // What we would not take from others, others do not take from us.
        env.limits.check_proposal(&proposal)?;
        list.push(ListedProposal { sender: Sender::Member(own), proposal, reference: None, member: None });
    }
    let mut dropped = Vec::new();
    env.limits.check_psks(crate::proposal::list::psks(&list).len())?;
    if plan.include_pending {
        list = choose(group, suite, list, &mut dropped, env)?;
    }
    // req: R-12.2-01, R-12.4-05
    check_list(&list, Committer::Member(own), suite.hash_len(), env.custom).map_err(CommitError::Proposals)?;
    let missing = psks::missing(group, &crate::proposal::list::psks(&list));
    if !missing.is_empty() {
        return Err(Fault::NotResident(missing).into());
    }
    let tag = QuestionTag::draw(env.rng)?;
    let question = ask_policy(tag, Sender::Member(own), true, &list);
    Ok(PendingOwnCommit { epoch: group.epoch(), plan: plan.without_proposals(), list, dropped, question })
}

/// Adds the received proposals that can stand beside our own, in the order of their arrival.
fn choose(
    group: &Group,
    suite: Suite<'_>,
    mut list: Vec<ListedProposal>,
    dropped: &mut Vec<DroppedProposal>,
    env: &Env<'_>,
) -> Result<Vec<ListedProposal>, CommitError> {
    let own = group.own_leaf();
    let pending = group.proposals()?.in_order();
    let removed: BTreeSet<LeafIndex> = list
        .iter()
        .map(|listed| &listed.proposal)
        .chain(pending.iter().map(|(_, cached)| &cached.proposal))
        .filter_map(|proposal| match proposal {
            Proposal::Remove(removed) => removed.leaf(),
            _ => None,
        })
        .collect();
    let mut taken = own_removes(&list);
    // The newest Update of a leaf counts: decide from the last to the first.
    let mut chosen = Vec::new();
    for (reference, cached) in pending.into_iter().rev() {
        match conflict(cached, own, &removed, &mut taken) {
            Some(reason) => dropped.push(DroppedProposal { reference: *reference, reason }),
            None => chosen.push(ListedProposal {
                sender: cached.sender,
                proposal: cached.proposal.clone(),
                reference: Some(*reference),
                member: cached.member.clone(),
            }),
        }
    }
    chosen.reverse();
    dropped.reverse();
    let is_re_init = |listed: &ListedProposal| matches!(listed.proposal, Proposal::ReInit(_));
    // Where nothing else waits, the first of them is committed.
    let alone = list.is_empty() && chosen.iter().all(is_re_init);
    for listed in chosen {
        // req: R-12.2-13
        if is_re_init(&listed) && !(alone && list.is_empty()) {
            drop_listed(dropped, &listed, DropReason::ReInit);
            continue;
        }
        list.push(listed);
    }
    drop_psks(&mut list, dropped, env);
    drop_invalid(group, suite, list, dropped, env)
}

fn own_removes(list: &[ListedProposal]) -> BTreeSet<LeafIndex> {
    list.iter()
        .filter_map(|listed| match &listed.proposal {
            Proposal::Remove(removed) => removed.leaf(),
            _ => None,
        })
        .collect()
}

/// Why a proposal cannot stand beside those chosen so far.
fn conflict(
    cached: &CachedProposal,
    own: LeafIndex,
    removed: &BTreeSet<LeafIndex>,
    taken: &mut BTreeSet<LeafIndex>,
) -> Option<DropReason> {
    match (&cached.proposal, cached.sender) {
        (Proposal::Update(_), Sender::Member(leaf)) if leaf == own => Some(DropReason::OwnUpdate),
        // req: R-12.2-07
        (Proposal::Update(_), Sender::Member(leaf)) if removed.contains(&leaf) || !taken.insert(leaf) => {
            Some(DropReason::Superseded)
        }
        (Proposal::Remove(removed), _) if removed.leaf() == Some(own) => Some(DropReason::RemovesUs),
        (Proposal::Remove(removed), _) if removed.leaf().is_some_and(|leaf| !taken.insert(leaf)) => {
            Some(DropReason::Superseded)
        }
        _ => None,
    }
}

fn drop_listed(dropped: &mut Vec<DroppedProposal>, listed: &ListedProposal, reason: DropReason) {
    if let Some(reference) = listed.reference {
        dropped.push(DroppedProposal { reference, reason });
    }
}

/// Leaves out the received pre-shared keys that one commit cannot have besides ours.
fn drop_psks(list: &mut Vec<ListedProposal>, dropped: &mut Vec<DroppedProposal>, env: &Env<'_>) {
    let mut psks = 0_usize;
    list.retain(|listed| {
        psks = psks.saturating_add(usize::from(matches!(listed.proposal, Proposal::PreSharedKey(_))));
        let fits = listed.reference.is_none() || env.limits.check_psks(psks).is_ok();
        if !fits && matches!(listed.proposal, Proposal::PreSharedKey(_)) {
            drop_listed(dropped, listed, DropReason::Limit(LimitExceeded::Psks));
            return false;
        }
        true
    });
}

/// Leaves out received proposals, newest first, until the list is valid. Our own are not touched.
fn drop_invalid(
    group: &Group,
    suite: Suite<'_>,
    mut list: Vec<ListedProposal>,
    dropped: &mut Vec<DroppedProposal>,
    env: &Env<'_>,
) -> Result<Vec<ListedProposal>, CommitError> {
    let at = ApplyContext::new(suite, group.tree()?, &group.epoch.context, env);
    let committer = Committer::Member(group.own_leaf());
    let valid = |list: &[ListedProposal]| {
        check_list(list, committer, suite.hash_len(), env.custom)?;
        let applied = apply_list(at, list)?;
        // Those of whom it is known who they are: a commit that would be refused in the end is not begun.
        client_changes(suite, &group.clients, list, &applied, &[], &[]).map(drop)
    };
    // What is only our own is judged once, when it is applied.
    let Some(received) = list.iter().position(|listed| listed.reference.is_some()) else { return Ok(list) };
    if valid(&list).is_ok() {
        return Ok(list);
    }
    // Those that are still valid when added one by one, in order, stay.
    let candidates = list.split_off(received);
    for candidate in candidates {
        list.push(candidate);
        if let Err(reason) = valid(&list)
            && let Some(out) = list.pop()
        {
            drop_listed(dropped, &out, DropReason::Invalid(Box::new(reason)));
        }
    }
    Ok(list)
}

impl PendingOwnCommit {
    /// The same with these [extensions of the GroupInfo](CommitPlan::group_info_extensions) instead of the plan's.
    pub fn with_group_info_extensions(mut self, extensions: Extensions) -> Self {
        self.plan.group_info_extensions = extensions;
        self
    }

    /// The question to the policy.
    #[must_use]
    pub const fn question(&self) -> &ProposalQuestion {
        &self.question
    }

    /// Goes on with the policy's answer: applies the proposals.
    ///
    /// # Errors
    /// [`CommitError`]; nothing has changed. [`CommitError::Refused`] where the policy refuses.
    pub fn rule(self, ruling: Ruling, group: &Group, env: &mut Env<'_>) -> Result<VettedOwnCommit, CommitError> {
        let Self { epoch, plan, list, dropped, question } = self;
        check_ruling(&question, &ruling)?;
        if !ruling.accepted {
            return Err(CommitError::Refused);
        }
        check_epoch(group, epoch)?;
        let suite = group.suite(env)?;
        let tree = group.tree()?;
        let at = ApplyContext::new(suite, tree, &group.epoch.context, env);
        let effects = effects_of(&list, ruling, env)?;
        effects.check_limits(&env.limits)?;
        effects.check(&list, Sender::Member(group.own_leaf())).map_err(CommitError::Proposals)?;
        // req: R-12.4.1-01
        let mut applied = apply_with_effects(at, &list, &effects).map_err(CommitError::Proposals)?;
        if effects.change_extensions() {
            env.limits.check_extensions(&applied.extensions)?;
        }
        let mut newcomers = core::mem::take(&mut applied.newcomers);
        let (old_key, old_credential) = tree.identity(group.own_leaf()).ok_or(Fault::NotAMember)?;
        let credential = plan.leaf.credential.as_ref().unwrap_or(&old_credential);
        let signature_key = plan.leaf.signature_key.as_ref().unwrap_or(&old_key);
        if *credential != old_credential || *signature_key != old_key {
            newcomers.push(Newcomer {
                event: CredentialEvent::Commit,
                leaf: Some(group.own_leaf()),
                credential: credential.clone(),
                signature_key: signature_key.clone(),
                predecessor: Some((old_credential, old_key)),
            });
        }
        newcomers.extend(unknown_members(&group.clients, tree, &applied, &newcomers));
        let tag = QuestionTag::draw(env.rng)?;
        let psks = psks::asked_for(group, &crate::proposal::list::psks(&list));
        Ok(VettedOwnCommit { tag, epoch, plan, list, dropped, applied, checks: tag.ask(newcomers, env.now), psks })
    }
}

impl VettedOwnCommit {
    /// The credentials that the commit brings in.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialCheck] {
        &self.checks
    }

    /// The pre-shared keys that are needed, apart from this group's own resumption PSKs.
    #[must_use]
    pub fn psks(&self) -> &[PreSharedKeyId] {
        &self.psks
    }

    /// Whether the commit has a path.
    pub(crate) fn has_path(&self) -> bool {
        // req: R-12.4.1-02, R-12.4.1-03, R-12.4-10, R-12.4-11
        self.plan.path == PathPolicy::Always || self.plan.leaf != LeafChange::default() || self.applied.path_required
    }
}

impl From<AnswerError> for CommitError {
    fn from(error: AnswerError) -> Self {
        Self::Answer(error)
    }
}

impl From<LimitExceeded> for CommitError {
    fn from(error: LimitExceeded) -> Self {
        Self::Limit(error)
    }
}

impl From<EncryptError> for CommitError {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::Fault(fault) => Self::Fault(fault),
            error => Self::Encrypt(error),
        }
    }
}

impl From<PskFailure> for CommitError {
    fn from(failure: PskFailure) -> Self {
        match failure {
            PskFailure::Fault(fault) => Self::Fault(fault),
            PskFailure::Answer(error) => Self::Answer(error),
        }
    }
}

impl From<PathError> for CommitError {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Crypto(error) => Self::Fault(error.into()),
            error => Self::Path(error),
        }
    }
}

impl CommitError {
    /// The records to read, where that is all that stands in the way.
    #[must_use]
    pub const fn missing(&self) -> Option<&crate::record::Missing> {
        match self {
            Self::Fault(fault) => fault.missing(),
            _ => None,
        }
    }

    /// What to do about the error.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Fault(fault) => fault.disposition(),
            Self::Answer(error) => error.disposition(),
            _ => Disposition::FixCaller,
        }
    }
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::CommitPending => f.write_str("a commit of ours waits to be accepted"),
            Self::NoPendingCommit => f.write_str("no commit of ours waits to be accepted"),
            Self::DetachedElsewhere => f.write_str("the commit belongs to another group or epoch"),
            Self::Proposals(error) => write!(f, "the proposals would be invalid: {error}"),
            Self::UpdateByValue => f.write_str("an update is proposed by value"),
            Self::Refused => f.write_str("the policy refuses the proposals"),
            Self::Limit(error) => error.fmt(f),
            Self::DuplicateExtension => f.write_str("an extension type is repeated"),
            Self::MisplacedExtension(kind) => write!(f, "extension {kind:?} has no place in a GroupInfo"),
            Self::Leaf(error) => write!(f, "the leaf would be invalid: {error}"),
            Self::Path(error) => write!(f, "the path cannot be made: {error}"),
            Self::Encrypt(error) => error.fmt(f),
            Self::Answer(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for CommitError {}

impl fmt::Debug for VettedOwnCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tag: _, epoch, plan, list, dropped, applied: _, checks, psks } = self;
        f.debug_struct("VettedOwnCommit")
            .field("epoch", epoch)
            .field("plan", plan)
            .field("proposals", &list.len())
            .field("dropped", dropped)
            .field("credentials", &checks.len())
            .field("psks", psks)
            .finish_non_exhaustive()
    }
}
