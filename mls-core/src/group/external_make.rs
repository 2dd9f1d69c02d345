//! Joining by an external commit: how it is made, and what waits (RFC 9420 section 12.4.3.2).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{SecretBytes, Suite};

use crate::commit::{Commit, UpdatePath};
use crate::env::Env;
use crate::framing::{
    AuthenticatedContent, Content, FramedContent, MlsMessage, MlsMessageBody, PublicMessage, Sender, WireFormat,
    confirmed_transcript_hash, interim_transcript_hash,
};
use crate::group::answers::Answers;
use crate::group::assemble::{EpochParts, assemble};
use crate::group::clients::{ClientTag, clients_at};
use crate::group::create::{found, signer};
use crate::group::external::{VettedExternalJoin, leaf_of};
use crate::group::founding::Founding;
use crate::group::join_error::JoinError;
use crate::group::psks::combine_with;
use crate::group::{Fault, Fresh, Group};
use crate::group_context::GroupContext;
use crate::identity::MemberId;
use crate::key_schedule::{CommitSecret, JoinerSecret, confirmation_tag};
use crate::proposal::ProposalOrRef;
use crate::proposal::apply::extension_types;
use crate::proposal::list::ProposalListError;
use crate::record::{Delta, GroupId, Precondition, RECORD_VERSION, RecordKey, SecretWriter, open_record};
use crate::tree::math::LeafIndex;
use crate::tree::node_bytes::NodeBytes;
use crate::tree::path::{NewPath, OwnPathKeys, PathKeysUpdate, generate_path};
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::validate::{ExpectedSource, LeafContext, check_unique_keys, validate_leaf};

/// An external commit that was made and waits to be accepted: send it.
pub struct ExternalJoin {
    message: Vec<u8>,
    founding: Founding,
}

/// A path from our new leaf, with the trees before and after it.
struct JoinPath {
    own: LeafIndex,
    secrets: NewPath,
    wire: UpdatePath,
    tree: RatchetTree,
}

impl VettedExternalJoin {
    /// Makes the external commit.
    ///
    /// # Errors
    /// [`JoinError`]; nothing has changed.
    pub fn resume(self, answers: &Answers, env: &mut Env<'_>) -> Result<Fresh<ExternalJoin>, JoinError> {
        let members = answers.members(self.tag, &self.checks)?;
        let info = &self.parts.info;
        let old = &info.group_context;
        let suite = env.suite(old.cipher_suite).ok_or(Fault::UnsupportedSuite(old.cipher_suite))?;
        let epoch = old.epoch.checked_add(1).ok_or(Fault::EpochsExhausted)?;
        let mut context = GroupContext { epoch, extensions: self.applied.extensions.clone(), ..old.clone() };
        self.check_own_client(&members)?;
        let path = self.make_path(suite, &mut context, env)?;
        let mut clients = clients_at(suite, &self.checks, &members).map_err(Fault::from)?;
        if let Some(own) = members.last() {
            clients.push((path.own, Some(ClientTag::of(suite, own).map_err(Fault::from)?)));
        }
        let mut content = self.sign(suite, path.wire, env)?;
        let interim = interim_transcript_hash(suite, &old.confirmed_transcript_hash, &info.confirmation_tag)?;
        let confirmed = confirmed_transcript_hash(suite, interim.as_bytes(), &content)?;
        context.confirmed_transcript_hash = confirmed.as_bytes().to_vec();
        let context_bytes = context.to_bytes()?;
        let psk_secret = combine_with(suite, &self.psks, |id| answers.psk_of(id))?;
        let (update, commit_secret): (PathKeysUpdate, CommitSecret) = path.secrets.into_private();
        let joiner = JoinerSecret::derive(suite, &self.parts.init, &commit_secret, &context_bytes)?;
        let secrets = joiner.mix_psk(suite, &psk_secret)?.enter_epoch(suite, &context_bytes)?;
        let tag = confirmation_tag(suite, &secrets.confirmation_key, &context.confirmed_transcript_hash)?;
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
            own_signature_key: self.parts.plan.leaf.signature_key.clone(),
            size: path.tree.size(),
            re_init: None,
        };
        let epoch = assemble(parts, secrets)?;
        let PathKeysUpdate { leaf, set, clear: _ } = update;
        let mut path_keys = OwnPathKeys::new(leaf.ok_or(Fault::NotAMember)?);
        path_keys.parents = set;
        let join = ExternalJoin { message, founding: Founding { epoch, tree: path.tree, path_keys, clients } };
        let mut delta = Delta::new(env.rng)?;
        delta.put(RecordKey::ExternalJoin(GroupId::from(old.group_id.as_slice())), join.to_record()?);
        Ok(Fresh { delta, output: join })
    }

    /// Whether we, who are asked about last, are not a member already.
    fn check_own_client(&self, members: &[MemberId]) -> Result<(), JoinError> {
        let Some((own, others)) = members.split_last() else { return Ok(()) };
        let other = self.checks.iter().zip(others).find(|(check, member)| check.leaf.is_some() && *member == own);
        if let Some(leaf) = other.and_then(|(check, _)| check.leaf) {
            return Err(JoinError::Proposals(ProposalListError::AlreadyMember(own.clone(), leaf)));
        }
        Ok(())
    }

    fn make_path(
        &self,
        suite: Suite<'_>,
        context: &mut GroupContext,
        env: &mut Env<'_>,
    ) -> Result<JoinPath, JoinError> {
        let plan = &self.parts.plan;
        let after_removes = &self.applied.tree;
        // A leaf that holds our place while the path is made; its key is replaced by the path's.
        let keys = suite.generate_hpke_key_pair(env.rng)?;
        let place = NodeBytes::from(leaf_of(&plan.leaf, keys.public, Vec::new()).to_bytes()?);
        // req: R-12.4.3.2-08, R-12.4.1-04
        let (before, placed) = after_removes.apply_changes(suite, &[], &[], &[place])?;
        let own = placed.first().copied().ok_or(Fault::NotAMember)?;
        let secrets = generate_path(suite, &before, own, env.rng).map_err(JoinError::Path)?;
        let parent_hash = secrets.parent_hashes().leaf.clone();
        let mut leaf = leaf_of(&plan.leaf, secrets.leaf_public().clone(), parent_hash);
        leaf.sign(suite, signer(env, &leaf.signature_key)?.as_ref(), Some((&context.group_id, own)))?;
        check_unique_keys(after_removes, &leaf, None).map_err(JoinError::Leaf)?;
        let tree = secrets.merge(suite, &before, &leaf).map_err(JoinError::Path)?;
        let check = LeafContext {
            position: Some((&context.group_id, own)),
            expected: ExpectedSource::Commit,
            version: context.version,
            cipher_suite: context.cipher_suite,
            required: &self.applied.required,
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

    fn sign(&self, suite: Suite<'_>, path: UpdatePath, env: &Env<'_>) -> Result<AuthenticatedContent, JoinError> {
        let old = &self.parts.info.group_context;
        let list = self.parts.list.iter();
        let proposals = list.map(|listed| ProposalOrRef::Proposal(Box::new(listed.proposal.clone()))).collect();
        let content = FramedContent {
            group_id: old.group_id.clone(),
            epoch: old.epoch,
            // req: R-12.4.3.2-07
            sender: Sender::NewMemberCommit,
            authenticated_data: self.parts.plan.authenticated_data.clone(),
            content: Content::Commit(Arc::new(Commit { proposals, path: Some(path) })),
        };
        let signer = signer(env, &self.parts.plan.leaf.signature_key)?;
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
        GroupId::from(self.founding.epoch.context.group_id.as_slice())
    }

    /// Enters the group: the delivery service has accepted the commit. What we held of the group before, as one who
    /// was removed or resyncs, is replaced.
    ///
    /// # Errors
    /// [`JoinError::Fault`]; nothing has changed.
    pub fn accept(self, env: &mut Env<'_>) -> Result<Fresh<Group>, JoinError> {
        let id = self.group_id();
        let still_pending = self.still_pending()?;
        let mut fresh = found(id.clone(), self.founding, env)?;
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
        let Self { message, founding } = self;
        let mut w = SecretWriter::new(RECORD_VERSION);
        w.put(message)?;
        founding.write(&mut w)?;
        Ok(w.finish())
    }

    /// The pending external join in a record of [`RecordKey::ExternalJoin`], after a restart.
    ///
    /// # Errors
    /// [`Fault`]; nothing has changed.
    pub fn from_record(record: &[u8], env: &mut Env<'_>) -> Result<Self, Fault> {
        let mut r = open_record(record)?;
        let message = Vec::decode(&mut r)?;
        let founding = Founding::read(&mut r, env)?;
        r.finish()?;
        Ok(Self { message, founding })
    }
}

impl core::fmt::Debug for ExternalJoin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { message: _, founding } = self;
        f.debug_struct("ExternalJoin").field("context", &founding.epoch.context).finish_non_exhaustive()
    }
}
