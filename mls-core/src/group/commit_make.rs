//! The cryptographic half of making a commit (RFC 9420 section 12.4.1).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{SignaturePublicKey, Suite};

use crate::commit::{Commit, UpdatePath};
use crate::env::Env;
use crate::framing::{Content, Framed, interim_transcript_hash};
use crate::group::answers::Answers;
use crate::group::assemble::{EpochParts, assemble};
use crate::group::builder::StepBuilder;
use crate::group::clients::{ClientChanges, client_changes};
use crate::group::commit::{CommitError, CommitOutput, CommitPlan, DroppedProposal, VettedOwnCommit, Welcomes};
use crate::group::detached::DetachedCommit;
use crate::group::edit::Edit;
use crate::group::encrypt::{own_content, protect, sign};
use crate::group::pending::{PendingCommit, SentCommit, StagedEpoch};
use crate::group::process::check_epoch;
use crate::group::propose::own_leaf;
use crate::group::welcome_make::{InfoExtensionError, WelcomeParts, check_own_info, make_welcomes};
use crate::group::{Fault, Group, Step, psks};
use crate::group_context::GroupContext;
use crate::key_schedule::{CommitSecret, JoinerSecret, PskSecret, confirmation_tag};
use crate::proposal::ProposalOrRef;
use crate::record::RecordKey;
use crate::secret_tree::RatchetMove;
use crate::tree::leaf_node::LeafNodeSource;
use crate::tree::math::LeafIndex;
use crate::tree::path::{NewPath, PathKeysUpdate, generate_path};
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::validate::{ExpectedSource, LeafContext, LeafNodeError, validate_leaf};

/// A path of ours, encrypted, and the tree that has it.
struct MadePath {
    wire: Option<UpdatePath>,
    secrets: Option<NewPath>,
    tree: RatchetTree,
    signature_key: SignaturePublicKey,
}

/// A commit that was made, and not been put anywhere yet.
pub(crate) struct Made {
    pub(crate) pending: PendingCommit,
    /// The move of our own ratchet that an encrypted commit takes.
    pub(crate) ratchet: Option<RatchetMove>,
    pub(crate) dropped: Vec<DroppedProposal>,
}

impl VettedOwnCommit {
    /// Makes the commit. It then waits, in the group and on disk, to be [accepted](crate::group::accept_commit) or
    /// [dropped](crate::group::drop_commit); the epoch is the same until then.
    ///
    /// # Errors
    /// [`CommitError`]; nothing has changed.
    pub fn resume(
        self,
        group: &Group,
        answers: &Answers,
        env: &mut Env<'_>,
    ) -> Result<Step<CommitOutput>, CommitError> {
        if group.has_pending_commit() {
            return Err(CommitError::CommitPending);
        }
        let Made { pending, ratchet, dropped } = self.answered(group, answers, env)?;
        let output = CommitOutput { dropped, ..pending.output() };
        let mut builder = StepBuilder::new(group, env.rng)?;
        if let Some(ratchet) = ratchet {
            builder.move_ratchet(group, group.epoch(), ratchet)?;
        }
        builder.delta.write(RecordKey::PendingCommit(group.id.clone()), &pending.record(group.tree()?)?)?;
        builder.status.pending_commit = 1;
        builder.edit(Edit::SetPending(Some(Box::new(pending))));
        Ok(builder.finish(group, output)?)
    }

    /// Makes a commit whose secrets the caller keeps: nothing of it is stored, and any number of them may wait beside
    /// the [pending](crate::group::pending_commit) one. The one that the delivery service takes is
    /// [accepted](crate::group::accept_detached); the others are dropped.
    ///
    /// # Errors
    /// [`CommitError`]; nothing has changed.
    ///
    /// # Security
    /// Store the [detached commit](DetachedCommit) before the message leaves: if it is lost and the message is
    /// accepted, so is the group.
    pub fn resume_detached(
        self,
        group: &Group,
        answers: &Answers,
        env: &mut Env<'_>,
    ) -> Result<Step<(CommitOutput, DetachedCommit)>, CommitError> {
        let Made { pending, ratchet, dropped } = self.answered(group, answers, env)?;
        let mut builder = StepBuilder::new(group, env.rng)?;
        if let Some(ratchet) = ratchet {
            builder.move_ratchet(group, group.epoch(), ratchet)?;
        }
        let output = CommitOutput { dropped, ..pending.output() };
        let detached = DetachedCommit::new(group, &pending)?;
        Ok(builder.finish(group, (output, detached))?)
    }

    /// Makes the commit with what was answered.
    fn answered(self, group: &Group, answers: &Answers, env: &mut Env<'_>) -> Result<Made, CommitError> {
        check_epoch(group, self.epoch)?;
        let suite = group.suite(env)?;
        let members = answers.members(self.tag, &self.checks)?;
        let clients = client_changes(suite, &group.clients, &self.list, &self.applied, &self.checks, &members)
            .map_err(CommitError::Proposals)?;
        let list_psks = crate::proposal::list::psks(&self.list);
        let psk_secret = psks::combine(group, suite, &list_psks, answers)?;
        self.make(group, suite, &psk_secret, clients, env)
    }

    /// Makes the commit, its Welcomes, and the epoch that it leads to.
    pub(crate) fn make(
        self,
        group: &Group,
        suite: Suite<'_>,
        psk_secret: &PskSecret,
        clients: ClientChanges,
        env: &mut Env<'_>,
    ) -> Result<Made, CommitError> {
        check_info_extensions(&self.plan, env)?;
        // req: R-12-01
        let epoch = group.epoch().checked_add(1).ok_or(Fault::EpochsExhausted)?;
        // req: R-12.4.1-06, R-8.1-04
        let mut context =
            GroupContext { epoch, extensions: self.applied.extensions.clone(), ..group.epoch.context.clone() };
        let path = self.make_path(group, suite, &mut context, env)?;
        let mut content = self.sign_commit(group, suite, path.wire, env)?;

        // req: R-12.4.1-11
        let confirmed = content.confirmed_transcript_hash(suite, &group.epoch.interim_transcript_hash)?;
        context.confirmed_transcript_hash = confirmed.as_bytes().to_vec();
        let context_bytes = context.to_bytes()?;
        let (welcome_secrets, path_keys, commit_secret) = split_path(&self, suite, path.secrets);
        let joiner = JoinerSecret::derive(suite, &group.epoch.secrets.init, &commit_secret, &context_bytes)?;
        let intermediate = joiner.mix_psk(suite, psk_secret)?;
        let welcome_secret = intermediate.welcome_secret(suite)?;
        let secrets = intermediate.enter_epoch(suite, &context_bytes)?;
        let tag = confirmation_tag(suite, &secrets.confirmation_key, &context.confirmed_transcript_hash)?;
        content.set_confirmation_tag(tag.as_bytes().to_vec());

        let protected = protect(group, suite, content, self.plan.options.padding, env)?;
        let welcomes = make_welcomes(
            suite,
            WelcomeParts {
                list: &self.list,
                applied: &self.applied,
                joiner: &joiner,
                welcome_secret: &welcome_secret,
                path_secrets: &welcome_secrets,
                context: &context,
                confirmation_tag: tag.as_bytes(),
                tree: &path.tree,
                tree_inside: self.plan.ratchet_tree_in_welcome,
                extensions: &self.plan.group_info_extensions,
                shape: self.plan.welcomes,
                signer: group.own_leaf(),
                signature_key: &path.signature_key,
            },
            env,
        )?;
        let interim = interim_transcript_hash(suite, &context.confirmed_transcript_hash, tag.as_bytes())?;
        let parts = EpochParts {
            context,
            interim_transcript_hash: interim.as_bytes().to_vec(),
            confirmation_tag: tag.as_bytes().to_vec(),
            own_leaf: group.own_leaf(),
            own_signature_key: path.signature_key,
            size: path.tree.size(),
            re_init: self.applied.re_init.clone(),
        };
        let beside = !self.plan.ratchet_tree_in_welcome && self.plan.ratchet_tree_beside;
        let ratchet_tree = match beside && !welcomes.is_empty() {
            true => Some(path.tree.to_extension().map_err(Fault::from)?),
            false => None,
        };
        let mut path_keys = path_keys;
        let blanked = group.path_keys()?.blanked(&path.tree);
        path_keys.clear.extend(blanked.into_iter().filter(|node| !path_keys.set.contains_key(node)));
        let staged = StagedEpoch { epoch: assemble(parts, secrets)?, tree: path.tree, path_keys, clients };
        let (referred, inline): (Vec<_>, Vec<_>) = self.list.into_iter().partition(|listed| listed.reference.is_some());
        let (welcome, welcomes) = match self.plan.welcomes {
            Welcomes::OneForAll => (welcomes.into_iter().next(), Vec::new()),
            Welcomes::OneEach => (None, welcomes),
        };
        let sent = SentCommit {
            message: protected.message,
            welcome,
            welcomes,
            ratchet_tree,
            proposals: inline.into_iter().map(|listed| listed.proposal).collect(),
            covered: referred.into_iter().filter_map(|listed| listed.reference).collect(),
        };
        Ok(Made { pending: PendingCommit { sent, staged }, ratchet: protected.ratchet, dropped: self.dropped })
    }

    /// Makes the path, if there is to be one, and completes the provisional group context.
    fn make_path(
        &self,
        group: &Group,
        suite: Suite<'_>,
        context: &mut GroupContext,
        env: &mut Env<'_>,
    ) -> Result<MadePath, CommitError> {
        let own = group.own_leaf();
        let before = &self.applied.tree;
        if !self.has_path() {
            context.tree_hash = before.root_hash().as_bytes().to_vec();
            let signature_key = group.epoch.own_signature_key.clone();
            return Ok(MadePath { wire: None, secrets: None, tree: before.clone(), signature_key });
        }
        let path = generate_path(suite, before, own, env.rng)?;
        let source = LeafNodeSource::Commit { parent_hash: path.parent_hashes().leaf.clone() };
        // req: R-7.5-06
        let leaf = own_leaf(group, suite, &self.plan.leaf, path.leaf_public().clone(), source, env)?;
        env.limits.check_leaf(&leaf)?;
        let tree = path.merge(suite, before, &leaf)?;
        if let Some(other) = before.find_signature_key(leaf.signature_key.as_bytes())
            && other != own
        {
            return Err(CommitError::Leaf(LeafNodeError::SignatureKeyInUse(other)));
        }
        let check = LeafContext {
            position: Some((group.id.as_bytes(), own)),
            expected: ExpectedSource::Commit,
            version: context.version,
            cipher_suite: context.cipher_suite,
            required: &self.applied.required,
            group_extensions: &crate::proposal::apply::extension_types(&self.applied.extensions),
            members: Some(tree.summary()),
            now: None,
            max_lifetime: None,
            // We have just signed it.
            verified: true,
            custom: env.custom,
        };
        validate_leaf(suite, &leaf, &check).map_err(CommitError::Leaf)?;
        // req: R-8.1-03, R-7.8-04
        context.tree_hash = tree.root_hash().as_bytes().to_vec();
        let added: BTreeSet<LeafIndex> = self.applied.added.iter().map(|(leaf, _)| *leaf).collect();
        // req: R-12.4.1-07
        let nodes = path.encrypt(suite, before, &added, &context.to_bytes()?, env.rng)?;
        let signature_key = leaf.signature_key.clone();
        Ok(MadePath { wire: Some(UpdatePath { leaf_node: leaf, nodes }), secrets: Some(path), tree, signature_key })
    }

    /// Signs the commit with the key that our leaf has in the old epoch.
    fn sign_commit(
        &self,
        group: &Group,
        suite: Suite<'_>,
        path: Option<UpdatePath>,
        env: &Env<'_>,
    ) -> Result<Framed, CommitError> {
        // req: R-12.4-01
        let proposals = self
            .list
            .iter()
            .map(|listed| match listed.reference {
                Some(reference) => ProposalOrRef::Reference(reference),
                None => ProposalOrRef::Proposal(Box::new(listed.proposal.clone())),
            })
            .collect();
        let content = Content::Commit(Arc::new(Commit { proposals, path }));
        let content = own_content(group, &self.plan.options.authenticated_data, content);
        Ok(sign(group, suite, self.plan.options.wire_format(), content, env)?)
    }
}

/// A path secret for each added member, our own new keys, and the commit secret.
fn split_path(
    commit: &VettedOwnCommit,
    suite: Suite<'_>,
    path: Option<NewPath>,
) -> (Vec<Option<mls_crypto_traits::SecretBytes>>, PathKeysUpdate, CommitSecret) {
    let Some(path) = path else {
        // req: R-12.4.1-08
        let none = commit.applied.added.iter().map(|_| None).collect();
        return (none, PathKeysUpdate::default(), CommitSecret::zeros(suite));
    };
    // req: R-12.4.1-16
    let secrets = commit
        .applied
        .added
        .iter()
        .map(|(leaf, _)| {
            path.path_secret_for(*leaf).map(|secret| mls_crypto_traits::SecretBytes::from_slice(secret.as_bytes()))
        })
        .collect();
    let (update, commit_secret) = path.into_private();
    (secrets, update, commit_secret)
}

/// Whether the GroupInfo of the Welcome may have the extensions that the plan wants there.
fn check_info_extensions(plan: &CommitPlan, env: &Env<'_>) -> Result<(), CommitError> {
    check_own_info(&plan.group_info_extensions, env).map_err(|error| match error {
        InfoExtensionError::Duplicate => CommitError::DuplicateExtension,
        InfoExtensionError::Misplaced(kind) => CommitError::MisplacedExtension(kind),
    })
}
