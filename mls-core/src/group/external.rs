//! Joining by an external commit (RFC 9420 section 12.4.3.2).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{HpkePublicKey, SecretBytes, Suite};

use crate::commit::{Commit, UpdatePath};
use crate::env::Env;
use crate::extension::{Extensions, ExternalPub};
use crate::framing::{
    AuthenticatedContent, Content, FramedContent, MlsMessage, MlsMessageBody, PublicMessage, Sender, WireFormat,
    confirmed_transcript_hash, interim_transcript_hash,
};
use crate::group::answers::{Answers, QuestionTag};
use crate::group::assemble::{EpochParts, assemble};
use crate::group::create::{LeafSpec, found, signer};
use crate::group::epoch::Epoch;
use crate::group::founding::{read_founding, write_founding};
use crate::group::join::{check_group, received_tree, roster};
use crate::group::join_error::JoinError;
use crate::group::psks::combine_with;
use crate::group::succession::Predecessor;
use crate::group::{Fault, Fresh, Group};
use crate::group_context::GroupContext;
use crate::identity::{CredentialCheck, CredentialEvent};
use crate::key_schedule::{CommitSecret, InitSecret, JoinerSecret, confirmation_tag};
use crate::proposal::apply::{Newcomer, extension_types, required};
use crate::proposal::{Proposal, ProposalOrRef};
use crate::psk::{PreSharedKeyId, Psk};
use crate::record::{Delta, GroupId, Precondition, RECORD_VERSION, RecordKey, SecretWriter, open_record};
use crate::tree::leaf_node::{LeafNode, LeafNodeSource};
use crate::tree::math::LeafIndex;
use crate::tree::path::{NewPath, OwnPathKeys, PathKeysUpdate, generate_path};
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::validate::{ExpectedSource, LeafContext, check_unique_keys, validate_leaf};
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
    /// Data that is authenticated and not encrypted.
    pub authenticated_data: Vec<u8>,
}

/// A group that is about to be joined from outside. It asks who the members are, and for pre-shared keys.
#[must_use]
pub struct PendingExternalJoin {
    tag: QuestionTag,
    plan: ExternalJoinPlan,
    info: Box<GroupInfo>,
    external_pub: HpkePublicKey,
    tree: RatchetTree,
    psks: Vec<PreSharedKeyId>,
    checks: Vec<CredentialCheck>,
}

/// An external commit that was made and waits to be accepted: send it.
pub struct ExternalJoin {
    message: Vec<u8>,
    epoch: Epoch,
    tree: RatchetTree,
    path_keys: OwnPathKeys,
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
    let mut newcomers = roster(&tree, plan.resync, CredentialEvent::Join);
    if let Some(old) = plan.resync {
        let old = tree.leaf(old).ok_or(JoinError::NothingToResync)?;
        newcomers.push(Newcomer {
            event: CredentialEvent::ExternalCommit,
            leaf: None,
            credential: plan.leaf.credential.clone(),
            signature_key: plan.leaf.signature_key.clone(),
            predecessor: Some((old.credential, old.signature_key)),
        });
    }
    if plan.psks.len() > usize::from(u16::MAX) {
        return Err(JoinError::TooManyPsks);
    }
    let mut psks = Vec::with_capacity(plan.psks.len());
    for psk in &plan.psks {
        let id = PreSharedKeyId::with_fresh_nonce(suite, psk.clone(), env.rng).map_err(Fault::from)?;
        // req: R-11.2-05, R-11.3-06
        if Predecessor::named_by(&id).is_some() {
            return Err(JoinError::PskUsage);
        }
        psks.push(id);
    }
    let tag = QuestionTag::draw(env.rng)?;
    Ok(PendingExternalJoin {
        tag,
        plan: plan.clone(),
        info: Box::new(info.clone()),
        external_pub,
        tree,
        psks,
        checks: tag.ask(newcomers, env.now),
    })
}

/// Our leaf of source `commit`, not signed yet.
fn leaf_of(spec: &LeafSpec, encryption_key: HpkePublicKey, parent_hash: Vec<u8>) -> LeafNode {
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

/// A path from our new leaf, with the trees before and after it.
struct JoinPath {
    own: LeafIndex,
    secrets: NewPath,
    wire: UpdatePath,
    tree: RatchetTree,
}

impl PendingExternalJoin {
    /// The group that is joined.
    #[must_use]
    pub const fn group_info(&self) -> &GroupInfo {
        &self.info
    }

    /// The credentials of all members.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialCheck] {
        &self.checks
    }

    /// The pre-shared keys that are needed.
    #[must_use]
    pub fn psks(&self) -> &[PreSharedKeyId] {
        &self.psks
    }

    /// Makes the external commit.
    ///
    /// # Errors
    /// [`JoinError`]; nothing has changed.
    pub fn resume(self, answers: &Answers, env: &mut Env<'_>) -> Result<Fresh<ExternalJoin>, JoinError> {
        answers.members(self.tag, &self.checks)?;
        let old = &self.info.group_context;
        let suite = env.suite(old.cipher_suite).ok_or(Fault::UnsupportedSuite(old.cipher_suite))?;
        let epoch = old.epoch.checked_add(1).ok_or(Fault::EpochsExhausted)?;
        let mut context = GroupContext { epoch, ..old.clone() };
        let path = self.make_path(suite, &mut context, env)?;
        let (kem_output, init) = InitSecret::for_external_sender(suite, &self.external_pub, env.rng)?;
        let content = self.sign(suite, kem_output, path.wire, env)?;
        let interim = interim_transcript_hash(suite, &old.confirmed_transcript_hash, &self.info.confirmation_tag)?;
        let confirmed = confirmed_transcript_hash(suite, interim.as_bytes(), &content)?;
        context.confirmed_transcript_hash = confirmed.as_bytes().to_vec();
        let context_bytes = context.to_bytes()?;
        let psk_secret = combine_with(suite, &self.psks, |id| answers.psk_of(id))?;
        let (update, commit_secret): (PathKeysUpdate, CommitSecret) = path.secrets.into_private();
        let joiner = JoinerSecret::derive(suite, &init, &commit_secret, &context_bytes)?;
        let secrets = joiner.mix_psk(suite, &psk_secret)?.enter_epoch(suite, &context_bytes)?;
        let tag = confirmation_tag(suite, &secrets.confirmation_key, &context.confirmed_transcript_hash)?;
        let mut content = content;
        content.auth.confirmation_tag = Some(tag.as_bytes().to_vec());
        let message =
            PublicMessage::protect(suite, content, None, Some(&old.to_bytes()?)).map_err(|_| Fault::NotAMember)?;
        let message = MlsMessage::new(MlsMessageBody::PublicMessage(message)).to_bytes()?;
        let interim = interim_transcript_hash(suite, &context.confirmed_transcript_hash, tag.as_bytes())?;
        let parts = EpochParts {
            context,
            interim_transcript_hash: interim.as_bytes().to_vec(),
            confirmation_tag: tag.as_bytes().to_vec(),
            own_leaf: path.own,
            own_signature_key: self.plan.leaf.signature_key.clone(),
            size: path.tree.size(),
            re_init: None,
        };
        let epoch = assemble(suite, parts, secrets)?;
        let PathKeysUpdate { leaf, set, clear: _ } = update;
        let mut path_keys = OwnPathKeys::new(leaf.ok_or(Fault::NotAMember)?);
        path_keys.parents = set;
        let join = ExternalJoin { message, epoch, tree: path.tree, path_keys };
        let mut delta = Delta::new(env.rng)?;
        delta.put(RecordKey::ExternalJoin(GroupId(old.group_id.clone())), join.to_record()?);
        Ok(Fresh { delta, output: join })
    }

    fn make_path(
        &self,
        suite: Suite<'_>,
        context: &mut GroupContext,
        env: &mut Env<'_>,
    ) -> Result<JoinPath, JoinError> {
        let removes: Vec<_> = self.plan.resync.into_iter().collect();
        let (after_removes, _) = self.tree.apply_changes(suite, &[], &removes, &[])?;
        // A leaf that holds our place while the path is made; its key is replaced by the path's.
        let keys = suite.generate_hpke_key_pair(env.rng)?;
        let place: Arc<[u8]> = Arc::from(leaf_of(&self.plan.leaf, keys.public, Vec::new()).to_bytes()?);
        // req: R-12.4.3.2-08, R-12.4.1-04
        let (before, placed) = after_removes.apply_changes(suite, &[], &[], &[place])?;
        let own = placed.first().copied().ok_or(Fault::NotAMember)?;
        let secrets = generate_path(suite, &before, own, env.rng).map_err(JoinError::Path)?;
        let parent_hash = secrets.parent_hashes().leaf.clone();
        let mut leaf = leaf_of(&self.plan.leaf, secrets.leaf_public().clone(), parent_hash);
        leaf.sign(suite, signer(env, &leaf.signature_key)?.as_ref(), Some((&context.group_id, own)))?;
        check_unique_keys(&after_removes, &leaf, None).map_err(JoinError::Leaf)?;
        let tree = secrets.merge(suite, &before, &leaf).map_err(JoinError::Path)?;
        let required = required(&context.extensions).map_err(|_| JoinError::MalformedExtension)?;
        let check = LeafContext {
            position: Some((&context.group_id, own)),
            expected: ExpectedSource::Commit,
            version: context.version,
            cipher_suite: context.cipher_suite,
            required: &required,
            group_extensions: &extension_types(&context.extensions),
            members: Some(tree.summary()),
            now: None,
            max_lifetime: None,
            verified: true,
            custom: env.custom,
        };
        validate_leaf(suite, &leaf, &check).map_err(JoinError::Leaf)?;
        context.tree_hash = tree.root_hash().as_bytes().to_vec();
        let nodes = secrets
            .encrypt(suite, &before, &BTreeSet::new(), &context.to_bytes()?, env.rng)
            .map_err(JoinError::Path)?;
        Ok(JoinPath { own, secrets, wire: UpdatePath { leaf_node: leaf, nodes }, tree })
    }

    fn sign(
        &self,
        suite: Suite<'_>,
        kem_output: Vec<u8>,
        path: UpdatePath,
        env: &Env<'_>,
    ) -> Result<AuthenticatedContent, JoinError> {
        let old = &self.info.group_context;
        let proposals = core::iter::once(Proposal::ExternalInit { kem_output })
            .chain(self.plan.resync.map(|old| Proposal::Remove(old.into())))
            .chain(self.psks.iter().cloned().map(Proposal::PreSharedKey))
            .map(|proposal| ProposalOrRef::Proposal(Box::new(proposal)))
            .collect();
        let content = FramedContent {
            group_id: old.group_id.clone(),
            epoch: old.epoch,
            // req: R-12.4.3.2-07
            sender: Sender::NewMemberCommit,
            authenticated_data: self.plan.authenticated_data.clone(),
            content: Content::Commit(Box::new(Commit { proposals, path: Some(path) })),
        };
        let signer = signer(env, &self.plan.leaf.signature_key)?;
        AuthenticatedContent::sign(suite, signer.as_ref(), WireFormat::PublicMessage, content, Some(&old.to_bytes()?))
            .map_err(|_| JoinError::Fault(Fault::NotAMember))
    }
}

impl ExternalJoin {
    /// The external commit as an encoded `MLSMessage`.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The group that is joined.
    #[must_use]
    pub fn group_id(&self) -> GroupId {
        GroupId(self.epoch.context.group_id.clone())
    }

    /// Enters the group: the delivery service has accepted the commit. What we held of the group before, as one who
    /// was removed or resyncs, is replaced.
    ///
    /// # Errors
    /// [`JoinError::Fault`]; nothing has changed.
    pub fn accept(self, env: &mut Env<'_>) -> Result<Fresh<Group>, JoinError> {
        let id = self.group_id();
        let still_pending = self.still_pending()?;
        let Self { message: _, epoch, tree, path_keys } = self;
        let mut fresh = found(id.clone(), epoch, tree, path_keys, env)?;
        fresh.delta.replace_group(&id);
        // Entering twice would begin the epoch's ratchets again.
        fresh.delta.require(still_pending);
        fresh.delta.delete(RecordKey::ExternalJoin(id));
        Ok(fresh)
    }

    /// Gives the join up: the delivery service has refused the commit, or it was never sent.
    ///
    /// # Errors
    /// [`JoinError::Fault`]; nothing has changed.
    pub fn abandon(self, env: &mut Env<'_>) -> Result<Fresh<()>, JoinError> {
        let mut delta = Delta::new(env.rng)?;
        delta.require(self.still_pending()?);
        delta.delete(RecordKey::ExternalJoin(self.group_id()));
        Ok(Fresh { delta, output: () })
    }

    /// That this very join is neither accepted nor given up, nor replaced by another.
    fn still_pending(&self) -> Result<Precondition, Fault> {
        Ok(Precondition::Equals(RecordKey::ExternalJoin(self.group_id()), self.to_record()?))
    }

    fn to_record(&self) -> Result<SecretBytes, Fault> {
        let Self { message, epoch, tree, path_keys } = self;
        let mut w = SecretWriter::new(RECORD_VERSION);
        w.put(message)?;
        write_founding(&mut w, epoch, tree, path_keys)?;
        Ok(w.finish())
    }

    /// The pending external join in a record of [`RecordKey::ExternalJoin`], after a restart.
    ///
    /// # Errors
    /// [`Fault`]; nothing has changed.
    pub fn from_record(record: &SecretBytes, env: &mut Env<'_>) -> Result<Self, Fault> {
        let mut r = open_record(record)?;
        let message = Vec::decode(&mut r)?;
        let (epoch, tree, path_keys) = read_founding(&mut r, env)?;
        r.finish()?;
        Ok(Self { message, epoch, tree, path_keys })
    }
}

/// The extensions of a GroupInfo from which others can join.
pub(crate) fn external_pub_extension(extensions: &mut Extensions, external_pub: HpkePublicKey) -> Result<(), Fault> {
    Ok(extensions.set(&ExternalPub { external_pub })?)
}

impl core::fmt::Debug for PendingExternalJoin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { tag: _, plan, info, external_pub: _, tree: _, psks, checks } = self;
        f.debug_struct("PendingExternalJoin")
            .field("plan", plan)
            .field("context", &info.group_context)
            .field("psks", psks)
            .field("credentials", &checks.len())
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for ExternalJoin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { message: _, epoch, tree: _, path_keys: _ } = self;
        f.debug_struct("ExternalJoin").field("context", &epoch.context).finish_non_exhaustive()
    }
}
