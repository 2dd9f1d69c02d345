//! Processing somebody else's commit (RFC 9420 section 12.4.2).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{HpkePrivateKey, Suite};

use crate::commit::{Commit, UpdatePath};
use crate::custom::CustomTypes;
use crate::env::Env;
use crate::framing::{Content, Framed, Sender, interim_transcript_hash};
use crate::group::advance::{check_epoch_end, write_epoch_change};
use crate::group::answers::{AnswerError, Answers, QuestionTag};
use crate::group::assemble::{EpochParts, assemble};
use crate::group::builder::StepBuilder;
use crate::group::clients::{ClientChanges, client_changes, unknown_members};
use crate::group::edit::Edit;
use crate::group::epoch::NewEpoch;
use crate::group::leftovers::{Leftover, leftovers};
use crate::group::pending::StagedEpoch;
use crate::group::psks::{self, PskFailure};
use crate::group::public_state::PublicState;
use crate::group::receive::use_ratchet;
use crate::group::receive_error::{CommitRule, ReceiveError};
use crate::group::vet::{AppliedCommit, apply_commit, list_of};
use crate::group::{Fault, Group, Incoming, Member, Step};
use crate::identity::{CredentialCheck, CredentialEvent};
use crate::key_schedule::{CommitSecret, InitSecret, JoinerSecret, verify_confirmation_tag};
use crate::proposal::apply::{AppliedList, Newcomer, extension_types};
use crate::proposal::effects::Effects;
use crate::proposal::list::{Committer, ListedProposal, ProposalListError};
use crate::proposal::{Proposal, ProposalOrRef, ProposalRef, ReInit};
use crate::psk::PreSharedKeyId;
use crate::rules::{ProposalQuestion, ProposedChange, Ruling};
use crate::tree::math::LeafIndex;
use crate::tree::node_bytes::NodeBytes;
use crate::tree::path::{PathKeysUpdate, check_path, decrypt_path, merge_path};
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::validate::{ExpectedSource, LeafContext, LeafNodeError, validate_leaf};

/// A commit whose framing is verified and whose proposals are resolved. Nothing is applied yet: first the policy is
/// asked.
#[derive(Debug)]
#[must_use]
pub struct PendingCommit {
    epoch: u64,
    content: Framed,
    list: Vec<ListedProposal>,
    question: ProposalQuestion,
    ratchet: Option<(LeafIndex, u32)>,
}

/// A commit whose proposals and path are valid. It asks who the credentials are that come in, and for pre-shared keys.
#[must_use]
pub struct VettedCommit {
    tag: QuestionTag,
    epoch: u64,
    content: Framed,
    list: Vec<ListedProposal>,
    ratchet: Option<(LeafIndex, u32)>,
    applied: AppliedList,
    /// The committer's leaf in the new epoch.
    committer: LeafIndex,
    /// The tree that the path was encrypted for, and with the path merged.
    path_trees: Option<(RatchetTree, RatchetTree)>,
    checks: Vec<CredentialCheck>,
    psks: Vec<PreSharedKeyId>,
}

/// A new epoch has been entered, or we have been removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochChange {
    /// The epoch that the commit leads to.
    pub epoch: u64,
    /// Who committed.
    pub committer: Sender,
    /// Who joined: by an Add, or by this external commit.
    pub added: Vec<Member>,
    /// Leaves of the old epoch whose members were removed.
    pub removed: Vec<LeafIndex>,
    /// Leaves whose members updated them by a proposal.
    pub updated: Vec<LeafIndex>,
    /// Whether we are among the removed. The group is gone then.
    pub removed_self: bool,
    /// What the group is closed in favour of: nothing more is sent in it (RFC 9420 section 11.2).
    pub re_init: Option<ReInit>,
    /// Our own proposals that were not committed, those of a pending commit of ours included. They are gone with the
    /// epoch; [make them again](Leftover::proposing) where they are still wanted.
    pub leftovers: Vec<Leftover>,
}

impl Incoming for EpochChange {}

impl PendingCommit {
    pub(crate) fn new(
        group: &Group,
        content: Framed,
        ratchet: Option<(LeafIndex, u32)>,
        env: &mut Env<'_>,
    ) -> Result<Self, ReceiveError> {
        let sender = content.content().content.sender;
        let Content::Commit(commit) = &content.content().content.content else {
            return Err(ReceiveError::NotForAGroup);
        };
        // A commit of our own that is not pending any more: the keys of its path are gone.
        if sender == Sender::Member(group.own_leaf()) && commit.path.is_some() {
            return Err(ReceiveError::OwnMessage);
        }
        let suite = group.suite(env)?;
        check_epoch_end(group, env)?;
        let cache = group.proposals()?;
        let cached = |reference: &ProposalRef| Some(cache.get(reference)?.listed(*reference));
        let list = list_of(commit, sender, suite, cached, env)?;
        let missing = psks::missing(group, &crate::proposal::list::psks(&list));
        if !missing.is_empty() {
            return Err(Fault::NotResident(missing).into());
        }
        let tag = QuestionTag::draw(env.rng)?;
        let question = ask_policy(tag, sender, false, &list);
        Ok(Self { epoch: group.epoch(), content, list, question, ratchet })
    }

    /// The question to the policy.
    #[must_use]
    pub const fn question(&self) -> &ProposalQuestion {
        &self.question
    }

    /// Goes on with the policy's answer: applies the proposals and validates what results.
    ///
    /// # Errors
    /// [`ReceiveError`]; nothing has changed. [`CommitRule::Policy`] where the policy refuses.
    pub fn rule(self, ruling: Ruling, group: &Group, env: &mut Env<'_>) -> Result<VettedCommit, ReceiveError> {
        let Self { epoch, content, list, question, ratchet } = self;
        check_epoch(group, epoch)?;
        let suite = group.suite(env)?;
        let applied = apply_commit(group.public_state()?, suite, content.content(), &list, (&question, ruling), env)?;
        let AppliedCommit { applied, committer, path_trees, mut newcomers } = applied;
        newcomers.extend(unknown_members(&group.clients, group.tree()?, &applied, &newcomers));
        let tag = QuestionTag::draw(env.rng)?;
        Ok(VettedCommit {
            tag,
            epoch,
            psks: psks::asked_for(group, &crate::proposal::list::psks(&list)),
            content,
            list,
            ratchet,
            applied,
            committer,
            path_trees,
            checks: tag.ask(newcomers, env.now),
        })
    }
}

/// Whether the answer is one to this question.
pub(crate) fn check_ruling(question: &ProposalQuestion, ruling: &Ruling) -> Result<(), AnswerError> {
    check_tag(&question.question, ruling)
}

/// Whether the answer has the tag of a question.
pub(crate) fn check_tag(question: &[u8; 16], ruling: &Ruling) -> Result<(), AnswerError> {
    if ruling.question == *question { Ok(()) } else { Err(AnswerError::WrongAnswer) }
}

pub(crate) fn check_epoch(group: &Group, epoch: u64) -> Result<(), Fault> {
    group.check_open()?;
    if group.epoch() == epoch { Ok(()) } else { Err(Fault::EpochOver) }
}

pub(crate) fn invalid(sender: Sender, rule: CommitRule) -> ReceiveError {
    ReceiveError::InvalidCommit { sender, rule: Box::new(rule) }
}

pub(crate) const fn committer(sender: Sender) -> Option<Committer> {
    match sender {
        Sender::Member(leaf) => Some(Committer::Member(leaf)),
        Sender::NewMemberCommit => Some(Committer::NewMember),
        Sender::External(_) | Sender::NewMemberProposal => None,
    }
}

/// What an accepting ruling says that the list's custom proposals do.
pub(crate) fn effects_of(list: &[ListedProposal], ruling: Ruling, env: &Env<'_>) -> Result<Effects, AnswerError> {
    Effects::place(list, ruling.effects, env.custom).map_err(|cause| AnswerError::EffectWithoutCause(cause.0))
}

/// The question to the policy about a list.
pub(crate) fn ask_policy(tag: QuestionTag, committer: Sender, own: bool, list: &[ListedProposal]) -> ProposalQuestion {
    let proposals =
        list.iter().map(|listed| ProposedChange { sender: listed.sender, proposal: listed.proposal.clone() }).collect();
    ProposalQuestion { question: tag.0, committer, own, proposals }
}

/// The proposals of a commit, those by reference from the cache.
pub(crate) fn resolve(
    commit: &Commit,
    sender: Sender,
    custom: &CustomTypes,
    cached: impl Fn(&ProposalRef) -> Option<ListedProposal>,
) -> Result<Vec<ListedProposal>, ReceiveError> {
    commit
        .proposals
        .iter()
        .map(|listed| match listed {
            // req: R-12.4-02
            ProposalOrRef::Proposal(proposal) => {
                Ok(ListedProposal { sender, proposal: proposal.as_ref().clone(), reference: None, member: None })
            }
            // An external commit's references are refused as such, whether they are known or not, unless there is a
            // type that it may refer to.
            ProposalOrRef::Reference(_)
                if sender == Sender::NewMemberCommit && !custom.any_by_reference_in_external_commits() =>
            {
                Err(invalid(sender, CommitRule::Proposals(ProposalListError::ReferenceInExternalCommit)))
            }
            ProposalOrRef::Reference(reference) => {
                // req: R-12.2-17, R-12.1-03
                cached(reference).ok_or(ReceiveError::MissingProposal(*reference))
            }
        })
        .collect()
}

/// A path that is valid, and the trees before and after it.
pub(crate) struct CheckedPath {
    pub(crate) committer: LeafIndex,
    pub(crate) before: RatchetTree,
    pub(crate) after: RatchetTree,
    pub(crate) newcomer: Option<Newcomer>,
}

/// A broken rule, or a fault that is not the committer's.
pub(crate) enum Broken {
    Rule(CommitRule),
    Fault(Fault),
}

impl Broken {
    pub(crate) fn into_error(self, sender: Sender) -> ReceiveError {
        match self {
            Self::Rule(rule) => invalid(sender, rule),
            Self::Fault(fault) => ReceiveError::Fault(fault),
        }
    }
}

impl<T: Into<Fault>> From<T> for Broken {
    fn from(fault: T) -> Self {
        Self::Fault(fault.into())
    }
}

/// Validates a commit's path against the group with the proposals applied (section 12.4.2).
pub(crate) fn check_commit_path(
    at: PublicState<'_>,
    suite: Suite<'_>,
    applied: &AppliedList,
    sender: Sender,
    path: &UpdatePath,
    custom: &CustomTypes,
) -> Result<CheckedPath, Broken> {
    let broken = |error| Broken::Rule(CommitRule::Path(error));
    let leaf = &path.leaf_node;
    let (committer, before) = match sender {
        Sender::Member(leaf) => {
            let added = applied.added.iter().map(|(leaf, _)| *leaf).collect();
            check_path(suite, &applied.tree, leaf, path, &added).map_err(broken)?;
            (leaf, applied.tree.clone())
        }
        _ => {
            // req: R-12.4.2-08
            let bytes = NodeBytes::from(leaf.to_bytes()?);
            let (tree, placed) = applied.tree.apply_changes(suite, &[], &[], &[bytes])?;
            let joiner = placed.first().copied().ok_or(Fault::EpochOver)?;
            check_path(suite, &applied.tree, joiner, path, &BTreeSet::new()).map_err(broken)?;
            (joiner, tree)
        }
    };
    let replacing = matches!(sender, Sender::Member(_)).then_some(committer);
    // req: R-7.3-20, R-12.4.3.2-10
    if let Some(other) = applied.tree.find_signature_key(leaf.signature_key.as_bytes())
        && Some(other) != replacing
    {
        return Err(Broken::Rule(CommitRule::PathLeaf(LeafNodeError::SignatureKeyInUse(other))));
    }
    let after = merge_path(suite, &before, committer, path).map_err(broken)?;
    let summary = after.summary();
    // req: R-13.4-09
    let context = LeafContext {
        position: Some((&at.context.group_id, committer)),
        expected: ExpectedSource::Commit,
        version: at.context.version,
        cipher_suite: at.context.cipher_suite,
        required: &applied.required,
        group_extensions: &extension_types(&applied.extensions),
        members: Some(summary),
        now: None,
        max_lifetime: None,
        verified: false,
        custom,
    };
    validate_leaf(suite, leaf, &context).map_err(|error| Broken::Rule(CommitRule::PathLeaf(error)))?;
    let before_it = replacing.or(applied.former_self);
    let predecessor = before_it.and_then(|old| at.tree.identity(old));
    let old_key = before_it.and_then(|old| at.tree.encryption_key(old.node()));
    // req: R-12.2-21
    if replacing.is_none() && old_key == Some(leaf.encryption_key.as_bytes()) {
        return Err(Broken::Rule(CommitRule::PathLeaf(LeafNodeError::EncryptionKeyUnchanged)));
    }
    let unchanged = replacing.is_some()
        && predecessor
            .as_ref()
            .is_some_and(|(key, credential)| *credential == leaf.credential && *key == leaf.signature_key);
    // req: R-5.3.1-05, R-5.3.1-08, R-12.2-22
    let newcomer = (!unchanged).then(|| Newcomer {
        event: if replacing.is_some() { CredentialEvent::Commit } else { CredentialEvent::ExternalCommit },
        leaf: Some(committer),
        credential: leaf.credential.clone(),
        signature_key: leaf.signature_key.clone(),
        predecessor: predecessor.map(|(key, credential)| (credential, key)),
    });
    Ok(CheckedPath { committer, before, after, newcomer })
}

impl VettedCommit {
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

    /// Whether the commit removes us.
    #[must_use]
    pub fn removes_us(&self, group: &Group) -> bool {
        self.applied.removed.contains(&group.own_leaf())
    }

    /// Enters the epoch that the commit leads to.
    ///
    /// # Errors
    /// [`ReceiveError`]; nothing has changed.
    pub fn resume(
        self,
        group: &Group,
        answers: &Answers,
        env: &mut Env<'_>,
    ) -> Result<Step<EpochChange>, ReceiveError> {
        check_epoch(group, self.epoch)?;
        // req: R-7.3-04
        let members = answers.members(self.tag, &self.checks)?;
        let sender = self.content.content().content.sender;
        let suite = group.suite(env)?;
        let clients = client_changes(suite, &group.clients, &self.list, &self.applied, &self.checks, &members)
            .map_err(|rule| invalid(sender, CommitRule::Proposals(rule)))?;
        let mut builder = StepBuilder::new(group, env.rng)?;
        if self.removes_us(group) {
            // req: R-12.4.2-20, R-12.4.2-21
            let change = self.change(group, true)?;
            return Ok(builder.finish_removed(group, change));
        }
        use_ratchet(&mut builder, group, self.ratchet, env)?;
        let staged = self.stage(group, suite, answers, clients)?;
        let end = write_epoch_change(&mut builder, group, &staged, env)?;
        builder.edit(Edit::EnterEpoch(Box::new(NewEpoch { staged, end })));
        let change = self.change(group, false)?;
        Ok(builder.finish(group, change)?)
    }

    fn stage(
        &self,
        group: &Group,
        suite: Suite<'_>,
        answers: &Answers,
        clients: ClientChanges,
    ) -> Result<StagedEpoch, ReceiveError> {
        let sender = self.content.content().content.sender;
        let own = group.own_leaf();
        let public = group.public_state()?;
        let tree = self.path_trees.as_ref().map_or(&self.applied.tree, |(_, after)| after);
        let mut context = public.provisional_context(&self.applied, tree)?;
        let (mut path_keys, commit_secret) = self.decrypt(group, suite, &context.to_bytes()?)?;
        let blanked = group.path_keys()?.blanked(tree);
        path_keys.clear.extend(blanked.into_iter().filter(|node| !path_keys.set.contains_key(node)));
        public.confirm(suite, &mut context, &self.content)?;
        let context_bytes = context.to_bytes()?;
        let psks = crate::proposal::list::psks(&self.list);
        let psk_secret = psks::combine(group, suite, &psks, answers)?;
        let joiner = match &self.applied.external_init {
            Some(kem_output) => {
                let keys = group.epoch.secrets.external.key_pair(suite)?;
                // req: R-12.1.6-02, R-12.4.3.2-06
                let init = InitSecret::for_external_receiver(suite, &keys.private, kem_output)
                    .map_err(|error| invalid(sender, CommitRule::ExternalInit(error)))?;
                JoinerSecret::derive(suite, &init, &commit_secret, &context_bytes)?
            }
            None => JoinerSecret::derive(suite, &group.epoch.secrets.init, &commit_secret, &context_bytes)?,
        };
        let secrets = joiner.mix_psk(suite, &psk_secret)?.enter_epoch(suite, &context_bytes)?;
        let tag = self.content.content().auth.confirmation_tag.as_deref().unwrap_or_default();
        // req: R-12.4.2-16, R-6.1-15, R-6.1-16, R-12.4.2-17
        if !verify_confirmation_tag(suite, &secrets.confirmation_key, &context.confirmed_transcript_hash, tag)? {
            return Err(invalid(sender, CommitRule::ConfirmationTag));
        }
        let interim = interim_transcript_hash(suite, &context.confirmed_transcript_hash, tag)?;
        let parts = EpochParts {
            context,
            interim_transcript_hash: interim.as_bytes().to_vec(),
            confirmation_tag: tag.to_vec(),
            own_leaf: own,
            own_signature_key: tree.identity(own).ok_or(Fault::NotAMember)?.0,
            size: tree.size(),
            // req: R-12.3-06
            re_init: self.applied.re_init.clone(),
        };
        let epoch = assemble(parts, secrets)?;
        Ok(StagedEpoch { epoch, tree: tree.clone(), path_keys, clients })
    }

    /// Our new private keys, and the commit secret.
    fn decrypt(
        &self,
        group: &Group,
        suite: Suite<'_>,
        context: &[u8],
    ) -> Result<(PathKeysUpdate, CommitSecret), ReceiveError> {
        let own_update = self.own_update(group)?;
        let held = group.path_keys()?;
        let (Some((before, _)), Content::Commit(commit)) = (&self.path_trees, &self.content.content().content.content)
        else {
            return Ok((PathKeysUpdate::default(), CommitSecret::zeros(suite)));
        };
        let Some(path) = &commit.path else {
            return Ok((PathKeysUpdate::default(), CommitSecret::zeros(suite)));
        };
        let added: BTreeSet<LeafIndex> = self.applied.added.iter().map(|(leaf, _)| *leaf).collect();
        let leaf_key = own_update.unwrap_or(&held.leaf);
        let (mut update, secret) = decrypt_path(
            suite,
            before,
            group.own_leaf(),
            leaf_key,
            &held.parents,
            self.committer,
            path,
            &added,
            context,
        )
        .map_err(|error| invalid(self.content.content().content.sender, CommitRule::Path(error)))?;
        if let Some(key) = own_update {
            update.leaf = Some(HpkePrivateKey::from_bytes(key.as_bytes().to_vec()));
        }
        Ok((update, secret))
    }

    /// The private key of an own Update that the commit covers.
    fn own_update<'g>(&self, group: &'g Group) -> Result<Option<&'g HpkePrivateKey>, Fault> {
        let own = Sender::Member(group.own_leaf());
        let cache = group.proposals()?;
        Ok(self
            .list
            .iter()
            .filter(|listed| listed.sender == own && matches!(listed.proposal, Proposal::Update(_)))
            .find_map(|listed| cache.get(listed.reference.as_ref()?)?.leaf_key.as_ref()))
    }

    fn change(&self, group: &Group, removed_self: bool) -> Result<EpochChange, Fault> {
        let external =
            matches!(self.content.content().content.sender, Sender::NewMemberCommit).then_some(self.committer);
        let tree = self.path_trees.as_ref().map_or(&self.applied.tree, |(_, after)| after);
        let mut change = epoch_change(
            self.epoch.saturating_add(1),
            self.content.content().content.sender,
            &self.applied,
            tree,
            external,
            removed_self,
        );
        if !removed_self {
            change.leftovers = leftovers(group, |reference| {
                self.list.iter().any(|listed| listed.reference.as_ref() == Some(reference))
            })?;
        }
        Ok(change)
    }
}

/// What a commit did, for the application.
pub(crate) fn epoch_change(
    epoch: u64,
    committer: Sender,
    applied: &AppliedList,
    tree: &RatchetTree,
    external: Option<LeafIndex>,
    removed_self: bool,
) -> EpochChange {
    let added = applied.added.iter().map(|(leaf, _)| *leaf).chain(external);
    EpochChange {
        epoch,
        committer,
        added: added
            .filter_map(|index| {
                let (signature_key, credential) = tree.identity(index)?;
                Some(Member { index, credential, signature_key })
            })
            .collect(),
        removed: applied.removed.clone(),
        updated: applied.updated.clone(),
        removed_self,
        re_init: applied.re_init.clone(),
        leftovers: Vec::new(),
    }
}

impl From<PskFailure> for ReceiveError {
    fn from(failure: PskFailure) -> Self {
        match failure {
            PskFailure::Fault(fault) => Self::Fault(fault),
            PskFailure::Answer(error) => Self::Answer(error),
        }
    }
}

impl core::fmt::Debug for VettedCommit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { tag: _, epoch, content: _, list, ratchet: _, applied: _, committer, path_trees: _, checks, psks } =
            self;
        f.debug_struct("VettedCommit")
            .field("epoch", epoch)
            .field("committer", committer)
            .field("proposals", &list.len())
            .field("credentials", &checks.len())
            .field("psks", psks)
            .finish_non_exhaustive()
    }
}
