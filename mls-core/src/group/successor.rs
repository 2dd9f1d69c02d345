//! Founding a group that succeeds another one (RFC 9420 sections 11.2 and 11.3).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use mls_codec::Decode;
use mls_crypto_traits::SecretBytes;

use crate::env::Env;
use crate::extension::Extensions;
use crate::framing::{ProtocolVersion, Sender};
use crate::group::answers::{AnswerError, Answers, QuestionTag};
use crate::group::builder::StepBuilder;
use crate::group::clients::{ClientTag, Clients, client_changes};
use crate::group::commit_make::Made;
use crate::group::create::{LeafSpec, create_group, found};
use crate::group::fault::from_fault;
use crate::group::founding::Founding;
use crate::group::psks::{self, PskFailure};
use crate::group::succession::{Predecessor, Succession, SuccessionError};
use crate::group::succession::{check_closed, check_membership, former_members};
use crate::group::{
    CommitError, CommitPlan, CreateError, CreateGroup, Disposition, Fault, Fresh, Group, PathPolicy, SendOptions, Step,
    VettedOwnCommit, Welcomes,
};
use crate::identity::{CredentialCheck, CredentialEvent, MemberId};
use crate::key_package::KeyPackage;
use crate::proposal::Proposal;
use crate::proposal::apply::{ApplyContext, Newcomer, apply_list};
use crate::proposal::list::{Committer, ListedProposal, ProposalListError, check_list};
use crate::psk::{PreSharedKeyId, Psk};
use crate::record::{Delta, GroupId, Precondition, RECORD_VERSION, RecordKey, SecretWriter, ToRecord, open_record};
use crate::tree::math::LeafIndex;

/// A group that is to succeed another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccessorPlan {
    /// How the groups are related, and the parameters of the new one.
    pub kind: SuccessorKind,
    /// Our leaf in it; its signer is one for the new group's cipher suite.
    pub leaf: LeafSpec,
    /// A key package of every other member, for the new group's cipher suite.
    pub key_packages: Vec<KeyPackage>,
    /// Pre-shared keys that are mixed in besides the one that links the groups.
    pub psks: Vec<Psk>,
    /// Whether the first commit has a path.
    pub path: PathPolicy,
    /// Whether the members get the tree in the Welcome, or by another way.
    pub ratchet_tree_in_welcome: bool,
    /// Further extensions of the GroupInfo in the Welcome, the tree apart.
    pub group_info_extensions: Extensions,
    /// How the members are welcomed.
    pub welcomes: Welcomes,
}

/// How the groups are related, and the parameters of the new one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuccessorKind {
    /// The group that the `ReInit` speaks of which has closed the former one, with all its members (section 11.2).
    ReInit,
    /// A group of some of the members, with the same version and cipher suite (section 11.3).
    Branch {
        /// The new group's identifier; without one it is drawn at random.
        group_id: Option<GroupId>,
        /// The extensions of the new group's context.
        extensions: Extensions,
    },
}

/// A successor in the making. It asks who its members are, and who those of the former group are, and for pre-shared
/// keys.
#[must_use]
pub struct PendingSuccessor {
    tag: QuestionTag,
    predecessor: Predecessor,
    pub(crate) founded: Group,
    commit: VettedOwnCommit,
    checks: Vec<CredentialCheck>,
    psks: Vec<PreSharedKeyId>,
}

/// A successor that was founded and waits to be accepted: send its Welcome, and accept it once the delivery service has
/// it as the first one.
///
/// It is stored under its own name beside the former group, which stays as it is.
pub struct Successor {
    predecessor: Predecessor,
    welcome: Option<Vec<u8>>,
    welcomes: Vec<Vec<u8>>,
    ratchet_tree: Option<Vec<u8>>,
    founding: Founding,
}

/// Why no successor was founded or accepted. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuccessorError {
    /// Something that has nothing to do with the plan.
    Fault(Fault),
    /// The rules of succession are broken.
    Succession(SuccessionError),
    /// The group cannot be created.
    Create(CreateError),
    /// Everybody would find the members or the pre-shared keys invalid.
    Proposals(ProposalListError),
    /// The first commit cannot be made.
    Commit(Box<CommitError>),
    /// What was asked was not answered, or not rightly.
    Answer(AnswerError),
}

from_fault!(SuccessorError);

impl SuccessorPlan {
    /// A successor of this kind with these members.
    #[must_use]
    pub const fn new(kind: SuccessorKind, leaf: LeafSpec, key_packages: Vec<KeyPackage>) -> Self {
        Self {
            kind,
            leaf,
            key_packages,
            psks: Vec::new(),
            path: PathPolicy::Always,
            ratchet_tree_in_welcome: true,
            group_info_extensions: Extensions::new(),
            welcomes: Welcomes::OneForAll,
        }
    }

    fn parameters(&self, old: &Group) -> Result<CreateGroup, SuccessorError> {
        let leaf = self.leaf.clone();
        match &self.kind {
            SuccessorKind::ReInit => {
                check_closed(old)?;
                let re_init = old.epoch.re_init.clone().ok_or(SuccessionError::NotReInitialized)?;
                if re_init.version != ProtocolVersion::MLS10 {
                    return Err(SuccessionError::Version.into());
                }
                // req: R-12.4.1-19
                Ok(CreateGroup {
                    group_id: Some(GroupId::from(re_init.group_id)),
                    cipher_suite: re_init.cipher_suite,
                    leaf,
                    extensions: re_init.extensions,
                })
            }
            SuccessorKind::Branch { group_id, extensions } => {
                old.check_open()?;
                Ok(CreateGroup {
                    group_id: group_id.clone(),
                    cipher_suite: old.cipher_suite(),
                    leaf,
                    extensions: extensions.clone(),
                })
            }
        }
    }

    const fn succession(&self) -> Succession {
        match self.kind {
            SuccessorKind::ReInit => Succession::ReInit,
            SuccessorKind::Branch { .. } => Succession::Branch,
        }
    }
}

/// Begins to found a group that succeeds `old`: one with other parameters after a `ReInit` (RFC 9420 section 11.2), or
/// a branch (section 11.3).
///
/// # Errors
/// [`SuccessorError`]; nothing has changed.
// req: R-11.2-01, R-11.3-01
pub fn create_successor(
    old: &Group,
    plan: &SuccessorPlan,
    env: &mut Env<'_>,
) -> Result<PendingSuccessor, SuccessorError> {
    old.check_active()?;
    let create = plan.parameters(old)?;
    // A ReInit may keep the identifier (section 12.1.5): the new group then takes the former one's place.
    if create.group_id.as_ref() == Some(&old.id) && plan.succession() == Succession::Branch {
        return Err(SuccessionError::GroupId.into());
    }
    let predecessor = Predecessor { succession: plan.succession(), group_id: old.id.clone(), epoch: old.epoch() };
    let former = former_members(old, old.epoch())?.unwrap_or_default();
    // The group in epoch 0 is ours alone, and never stored.
    let founded = create_group(&create, env).map_err(SuccessorError::Create)?.output;
    let suite = founded.suite(env)?;
    let mut psk_ids = Vec::with_capacity(plan.psks.len().saturating_add(1));
    // req: R-12.4.1-20, R-11.3-02
    for psk in core::iter::once(&predecessor.psk()).chain(&plan.psks) {
        psk_ids.push(PreSharedKeyId::with_fresh_nonce(suite, psk.clone(), env.rng).map_err(Fault::from)?);
    }
    let own = Sender::Member(LeafIndex::ZERO);
    let listed = |proposal| ListedProposal { sender: own, proposal, reference: None, member: None };
    let mut list: Vec<_> = psk_ids.iter().cloned().map(Proposal::PreSharedKey).map(listed).collect();
    list.extend(plan.key_packages.iter().cloned().map(Arc::new).map(Proposal::Add).map(listed));
    // req: R-11.2-05, R-11.3-06
    check_list(list.get(1..).unwrap_or_default(), Committer::Member(LeafIndex::ZERO), suite.hash_len(), env.custom)
        .map_err(SuccessorError::Proposals)?;
    if psk_ids.len() > usize::from(u16::MAX) {
        return Err(SuccessorError::Proposals(ProposalListError::TooManyPsks));
    }
    let missing = psks::missing(old, &psk_ids);
    if !missing.is_empty() {
        return Err(Fault::NotResident(missing).into());
    }
    let at = ApplyContext::new(suite, founded.tree()?, &founded.epoch.context, env);
    let mut applied = apply_list(at, &list).map_err(SuccessorError::Proposals)?;
    let tag = QuestionTag::draw(env.rng)?;
    let mut questions = core::mem::take(&mut applied.newcomers);
    questions.push(Newcomer {
        event: CredentialEvent::Join,
        leaf: Some(LeafIndex::ZERO),
        credential: plan.leaf.credential.clone(),
        signature_key: plan.leaf.signature_key.clone(),
        predecessor: None,
    });
    questions.extend(former);
    let commit = VettedOwnCommit {
        tag,
        epoch: 0,
        plan: CommitPlan {
            path: plan.path,
            options: SendOptions { encrypt: false, ..SendOptions::default() },
            ratchet_tree_in_welcome: plan.ratchet_tree_in_welcome,
            group_info_extensions: plan.group_info_extensions.clone(),
            welcomes: plan.welcomes,
            ..CommitPlan::default()
        },
        list,
        dropped: Vec::new(),
        applied,
        checks: Vec::new(),
        psks: psk_ids,
    };
    let psks = psks::asked_for(old, &commit.psks);
    Ok(PendingSuccessor { tag, predecessor, founded, commit, checks: tag.ask(questions, env.now), psks })
}

impl PendingSuccessor {
    /// The credentials of the new members, our own and those of the former members.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialCheck] {
        &self.checks
    }

    /// The pre-shared keys that are needed, apart from the former group's own resumption PSKs.
    #[must_use]
    pub fn psks(&self) -> &[PreSharedKeyId] {
        &self.psks
    }

    /// Founds the group and makes its Welcome. It then waits, on disk, to be [accepted](Successor::accept) or
    /// [abandoned](Successor::abandon).
    ///
    /// # Errors
    /// [`SuccessorError`]; nothing has changed.
    pub fn resume(self, old: &Group, answers: &Answers, env: &mut Env<'_>) -> Result<Fresh<Successor>, SuccessorError> {
        let Self { tag, predecessor, founded, commit, checks, psks: _ } = self;
        predecessor.check(old, predecessor.succession)?;
        if predecessor.epoch != old.epoch() {
            return Err(Fault::EpochOver.into());
        }
        let members = answers.members(tag, &checks)?;
        let suite = founded.suite(env)?;
        let mut clients = client_changes(suite, &Clients::default(), &commit.list, &commit.applied, &checks, &members)
            .map_err(SuccessorError::Proposals)?;
        let founder = checks.iter().zip(&members).find(|(check, _)| check.event == CredentialEvent::Join);
        if let Some((_, founder)) = founder {
            clients.insert(0, (LeafIndex::ZERO, Some(ClientTag::of(suite, founder).map_err(Fault::from)?)));
        }
        let (former, new): (Vec<_>, Vec<_>) =
            checks.iter().zip(&members).partition(|(check, _)| check.event == CredentialEvent::FormerMember);
        let ids = |answered: Vec<(&CredentialCheck, &MemberId)>| {
            answered.into_iter().map(|(_, id)| id.clone()).collect::<Vec<_>>()
        };
        check_membership(predecessor.succession, &ids(former), &ids(new))?;
        let psk_secret = psks::combine(old, suite, &commit.psks, answers)?;
        let made = commit.make(&founded, suite, &psk_secret, clients, env);
        let Made { pending, .. } = made.map_err(|error| SuccessorError::Commit(Box::new(error)))?;
        let mut path_keys = founded.path_keys.ok_or(Fault::NotAMember)?;
        drop(path_keys.apply(pending.staged.path_keys));
        let successor = Successor {
            predecessor,
            welcome: pending.sent.welcome,
            welcomes: pending.sent.welcomes,
            ratchet_tree: pending.sent.ratchet_tree,
            founding: Founding {
                epoch: pending.staged.epoch,
                tree: pending.staged.tree,
                path_keys,
                clients: pending.staged.clients,
            },
        };
        let key = RecordKey::Successor(successor.group_id());
        let mut delta = Delta::new(env.rng)?;
        if successor.group_id() != old.id {
            delta.require(Precondition::Absent(RecordKey::Status(successor.group_id())));
        }
        delta.require(Precondition::Absent(key.clone()));
        if successor.predecessor.succession == Succession::ReInit {
            delta.require(Precondition::Equals(RecordKey::Status(old.id.clone()), old.status.to_record()?));
        }
        delta.put(key, successor.to_record()?);
        Ok(Fresh { delta, output: successor })
    }
}

impl Successor {
    /// The new group.
    #[must_use]
    pub fn group_id(&self) -> GroupId {
        GroupId::from(self.founding.epoch.context.group_id.as_slice())
    }

    /// The group that it succeeds.
    #[must_use]
    pub const fn predecessor(&self) -> &Predecessor {
        &self.predecessor
    }

    /// The Welcome for all members, as an encoded `MLSMessage`; none where we are alone.
    #[must_use]
    pub fn welcome(&self) -> Option<&[u8]> {
        self.welcome.as_deref()
    }

    /// A Welcome for each member, in the order of the plan, where that asks for [`Welcomes::OneEach`].
    #[must_use]
    pub fn welcomes(&self) -> &[Vec<u8>] {
        &self.welcomes
    }

    /// The tree for them, where it is not in the Welcome: the data of a `ratchet_tree` extension.
    #[must_use]
    pub fn ratchet_tree(&self) -> Option<&[u8]> {
        self.ratchet_tree.as_deref()
    }

    /// Enters the group, and records with the former one that it has been succeeded.
    ///
    /// # Errors
    /// [`SuccessorError`]; nothing has changed. [`SuccessionError::AlreadySucceeded`] where another successor was
    /// accepted before: [abandon](Self::abandon) this one.
    pub fn accept(self, old: &Group, env: &mut Env<'_>) -> Result<Step<Group>, SuccessorError> {
        old.check_active()?;
        if self.predecessor.group_id != old.id {
            return Err(SuccessionError::OtherPredecessor(self.predecessor.group_id).into());
        }
        match self.predecessor.succession {
            Succession::ReInit => {
                check_closed(old)?;
                Ok(succeed(old, self.enter(env)?, env)?)
            }
            Succession::Branch => Ok(beside(old, self.enter(env)?)),
        }
    }

    /// Enters a branch. The former group is not touched, and need not be there any more.
    ///
    /// # Errors
    /// [`SuccessorError`]; nothing has changed. [`SuccessionError::OtherSuccession`] where it is no branch.
    pub fn accept_branch(self, env: &mut Env<'_>) -> Result<Fresh<Group>, SuccessorError> {
        match self.predecessor.succession {
            Succession::Branch => Ok(self.enter(env)?),
            other => Err(SuccessionError::OtherSuccession(other).into()),
        }
    }

    fn enter(self, env: &mut Env<'_>) -> Result<Fresh<Group>, Fault> {
        let id = self.group_id();
        let key = RecordKey::Successor(id.clone());
        let mut fresh = found(id, self.founding, env)?;
        fresh.delta.require(Precondition::Present(key.clone()));
        fresh.delta.delete(key);
        Ok(fresh)
    }

    /// Gives the successor up: another one stands.
    ///
    /// # Errors
    /// [`SuccessorError::Fault`]; nothing has changed.
    pub fn abandon(self, env: &mut Env<'_>) -> Result<Fresh<()>, SuccessorError> {
        let mut delta = Delta::new(env.rng)?;
        delta.delete(RecordKey::Successor(self.group_id()));
        Ok(Fresh { delta, output: () })
    }

    fn to_record(&self) -> Result<SecretBytes, Fault> {
        let Self { predecessor, welcome, welcomes, ratchet_tree, founding } = self;
        let mut w = SecretWriter::new(RECORD_VERSION);
        w.put(&predecessor.psk())?;
        w.put(welcome)?;
        w.put(welcomes)?;
        w.put(ratchet_tree)?;
        founding.write(&mut w)?;
        Ok(w.finish())
    }

    /// The successor in a record of [`RecordKey::Successor`], after a restart.
    ///
    /// # Errors
    /// [`Fault`]; nothing has changed.
    pub fn from_record(record: &[u8], env: &mut Env<'_>) -> Result<Self, Fault> {
        let mut r = open_record(record)?;
        let psk = PreSharedKeyId { psk: Psk::decode(&mut r)?, psk_nonce: Vec::new() };
        let predecessor = Predecessor::named_by(&psk).ok_or_else(crate::group::resident::corrupt)?;
        let welcome = Option::decode(&mut r)?;
        let welcomes = Vec::decode(&mut r)?;
        let ratchet_tree = Option::decode(&mut r)?;
        let founding = Founding::read(&mut r, env)?;
        r.finish()?;
        Ok(Self { predecessor, welcome, welcomes, ratchet_tree, founding })
    }
}

/// Enters `fresh` and marks `old` as succeeded, in one transaction: of two successors the first one stands. Where it has
/// the identifier of `old`, it replaces it.
pub(crate) fn succeed(old: &Group, mut fresh: Fresh<Group>, env: &mut Env<'_>) -> Result<Step<Group>, Fault> {
    if fresh.output.id == old.id {
        fresh.delta.replace_group(&old.id);
        fresh.delta.require(Precondition::Equals(RecordKey::Status(old.id.clone()), old.status.to_record()?));
        fresh.delta.delete(RecordKey::Successor(old.id.clone()));
        return Ok(beside(old, fresh));
    }
    let mut builder = StepBuilder::new(old, env.rng)?;
    builder.delta.alongside(fresh.delta);
    // One that we founded ourselves has lost, unless it is this one.
    builder.delta.delete(RecordKey::Successor(fresh.output.id.clone()));
    builder.status.succeeded = 1;
    builder.finish(old, fresh.output)
}

/// Enters `fresh` and leaves `old` as it is.
pub(crate) fn beside(old: &Group, fresh: Fresh<Group>) -> Step<Group> {
    let Fresh { delta, output } = fresh;
    Step {
        group: old.id.clone(),
        base: old.status,
        sent: old.epoch.secret_tree.sent(),
        delta,
        edits: Vec::new(),
        output,
    }
}

impl From<SuccessionError> for SuccessorError {
    fn from(error: SuccessionError) -> Self {
        Self::Succession(error)
    }
}

impl From<AnswerError> for SuccessorError {
    fn from(error: AnswerError) -> Self {
        Self::Answer(error)
    }
}

impl From<PskFailure> for SuccessorError {
    fn from(failure: PskFailure) -> Self {
        match failure {
            PskFailure::Fault(fault) => Self::Fault(fault),
            PskFailure::Answer(error) => Self::Answer(error),
        }
    }
}

impl SuccessorError {
    /// The records of the former group to read, where that is all that stands in the way.
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
            Self::Create(error) => error.disposition(),
            Self::Commit(error) => error.disposition(),
            Self::Succession(_) | Self::Proposals(_) => Disposition::FixCaller,
        }
    }
}

impl fmt::Display for SuccessorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Succession(error) => error.fmt(f),
            Self::Create(error) => error.fmt(f),
            Self::Proposals(error) => write!(f, "the members or PSKs would be invalid: {error}"),
            Self::Commit(error) => error.fmt(f),
            Self::Answer(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SuccessorError {}

impl fmt::Debug for PendingSuccessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tag: _, predecessor, founded, commit: _, checks, psks } = self;
        f.debug_struct("PendingSuccessor")
            .field("predecessor", predecessor)
            .field("group", &founded.id)
            .field("credentials", &checks.len())
            .field("psks", psks)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Successor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { predecessor, welcome: _, welcomes: _, ratchet_tree: _, founding } = self;
        f.debug_struct("Successor")
            .field("predecessor", predecessor)
            .field("context", &founding.epoch.context)
            .finish_non_exhaustive()
    }
}
