//! Joining by a Welcome (RFC 9420 section 12.4.3.1).

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CipherSuite, HpkePrivateKey, Suite};

use crate::custom::CustomTypes;
use crate::env::Env;
use crate::extension::{ExtensionPlace, ExtensionType};
use crate::framing::{ProtocolVersion, interim_transcript_hash};
use crate::group::answers::{Answers, QuestionTag};
use crate::group::assemble::{EpochParts, assemble};
use crate::group::clients::ClientChanges;
use crate::group::clients::clients_at;
use crate::group::create::{StoredKeyPackage, found};
use crate::group::founding::Founding;
use crate::group::join_error::JoinError;
use crate::group::psks::combine_with;
use crate::group::query::members_of;
use crate::group::resident::index_seed;
use crate::group::succession::Predecessor;
use crate::group::{Fault, Fresh, Group, Member};
use crate::identity::{CredentialCheck, CredentialEvent, MemberId};
use crate::key_package::{KeyPackage, KeyPackageRef};
use crate::key_schedule::{EpochSecrets, Intermediate, PskSecret, verify_confirmation_tag};
use crate::proposal::apply::{Newcomer, extension_types, required};
use crate::psk::PreSharedKeyId;
use crate::record::{GroupId, Precondition, RecordKey};
use crate::tree::leaf_node::LeafNode;
use crate::tree::math::LeafIndex;
use crate::tree::path::{OwnPathKeys, PathSecret, keys_from_welcome};
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::validate::{TreeContext, find_own_leaf, validate_tree};
use crate::tree::view::identity_of;
use crate::welcome::{GroupInfo, GroupSecrets, Welcome};

/// A Welcome whose group secrets are open. It asks for pre-shared keys.
#[must_use]
pub struct OpenedWelcome {
    pub(crate) suite: CipherSuite,
    reference: KeyPackageRef,
    key_package: Box<KeyPackage>,
    leaf_key: HpkePrivateKey,
    secrets: GroupSecrets,
    encrypted_group_info: Vec<u8>,
    ratchet_tree: Option<Vec<u8>>,
}

/// A group that we are welcome to, with its tree validated. It asks who the members are.
#[must_use]
pub struct PendingJoin {
    tag: QuestionTag,
    opened: OpenedGroup,
    checks: Vec<CredentialCheck>,
}

/// A group that we are welcome to, as the GroupInfo and the tree tell it.
pub(crate) struct OpenedGroup {
    pub(crate) info: Box<GroupInfo>,
    pub(crate) tree: RatchetTree,
    pub(crate) own_leaf: LeafIndex,
    reference: KeyPackageRef,
    last_resort: bool,
    path_keys: OwnPathKeys,
    intermediate: Intermediate,
}

/// Opens the group secrets of a Welcome.
///
/// `key_package_record` is the record of the key package that the Welcome names by `reference`; `ratchet_tree` the
/// data of a `ratchet_tree` extension, where the tree does not come in the Welcome.
///
/// # Errors
/// [`JoinError`]; nothing has changed, and the key package is not used up. [`JoinError::SuccessorGroup`] where the
/// group succeeds another one: it is joined [from there](crate::group::open_successor_welcome).
pub fn open_welcome(
    welcome: &Welcome,
    reference: &KeyPackageRef,
    key_package_record: &[u8],
    ratchet_tree: Option<&[u8]>,
    env: &mut Env<'_>,
) -> Result<OpenedWelcome, JoinError> {
    let opened = open_secrets(welcome, reference, key_package_record, ratchet_tree, env)?;
    match opened.predecessor() {
        // A successor group is joined as such; an ordinary join must not stand in for it.
        Some(predecessor) => Err(JoinError::SuccessorGroup(Box::new(predecessor))),
        None => Ok(opened),
    }
}

/// Opens the group secrets of a Welcome, whatever it is a Welcome to.
pub(crate) fn open_secrets(
    welcome: &Welcome,
    reference: &KeyPackageRef,
    key_package_record: &[u8],
    ratchet_tree: Option<&[u8]>,
    env: &mut Env<'_>,
) -> Result<OpenedWelcome, JoinError> {
    let StoredKeyPackage { key_package, init_key, leaf_key } =
        StoredKeyPackage::from_record(key_package_record).map_err(Fault::Corrupt)?;
    // req: R-12.4.3.1-03
    let entry = welcome.secrets_for(reference).ok_or(JoinError::NotForUs)?;
    // req: R-12.4.3.1-04
    if welcome.cipher_suite != key_package.cipher_suite {
        return Err(JoinError::WrongSuite(welcome.cipher_suite));
    }
    let suite = env.suite(welcome.cipher_suite).ok_or(Fault::UnsupportedSuite(welcome.cipher_suite))?;
    // req: R-12.4.3.1-05, R-12.4.3.1-06
    let plaintext = suite
        // req: R-17.7-01
        .encrypt_context(b"Welcome", &welcome.encrypted_group_info)
        .and_then(|context| {
            let init_key = suite.hpke_key_pair(&init_key, &key_package.init_key)?;
            context.open_with(init_key.as_ref(), &entry.encrypted_group_secrets)
        })
        .map_err(|_| JoinError::CannotDecrypt)?;
    let secrets = GroupSecrets::from_bytes(plaintext.as_bytes()).map_err(JoinError::Malformed)?;
    env.limits.check_psks(secrets.psks.len())?;
    check_psks(suite, &secrets.psks)?;
    Ok(OpenedWelcome {
        suite: welcome.cipher_suite,
        reference: *reference,
        key_package: Box::new(key_package),
        leaf_key,
        secrets,
        encrypted_group_info: welcome.encrypted_group_info.clone(),
        ratchet_tree: ratchet_tree.map(<[u8]>::to_vec),
    })
}

fn check_psks(suite: Suite<'_>, psks: &[PreSharedKeyId]) -> Result<(), JoinError> {
    if psks.len() > usize::from(u16::MAX) {
        return Err(JoinError::TooManyPsks);
    }
    // req: R-8.4-02
    if psks.iter().any(|id| id.psk_nonce.len() != suite.hash_len()) {
        return Err(JoinError::PskNonceLength);
    }
    // req: R-12.4.3.1-08
    match psks.iter().filter_map(Predecessor::named_by).count() {
        0 | 1 => Ok(()),
        _ => Err(JoinError::TwoSuccessorPsks),
    }
}

impl OpenedWelcome {
    /// The key package of ours that we were added with. It is not used up yet.
    #[must_use]
    pub const fn key_package(&self) -> &KeyPackage {
        &self.key_package
    }

    /// The pre-shared keys that are needed.
    #[must_use]
    pub fn psks(&self) -> &[PreSharedKeyId] {
        &self.secrets.psks
    }

    /// The group that this one succeeds, if it does.
    pub(crate) fn predecessor(&self) -> Option<Predecessor> {
        self.secrets.psks.iter().find_map(Predecessor::named_by)
    }

    /// Opens the GroupInfo and validates the tree.
    ///
    /// # Errors
    /// [`JoinError`]; nothing has changed, and the key package is not used up.
    pub fn resume(self, answers: &Answers, env: &mut Env<'_>) -> Result<PendingJoin, JoinError> {
        let suite = env.suite(self.suite).ok_or(Fault::UnsupportedSuite(self.suite))?;
        // req: R-12.4.3.1-07
        let psk_secret = combine_with(suite, &self.secrets.psks, |id| answers.psk_of(id))?;
        let opened = self.open_group(suite, &psk_secret, env)?;
        let tag = QuestionTag::draw(env.rng)?;
        let mut questions = roster(&opened.tree, &[opened.own_leaf], CredentialEvent::Join);
        let own = opened.tree.leaf(opened.own_leaf).ok_or(Fault::NotAMember)?;
        questions.push(Newcomer::member(opened.own_leaf, own.credential, own.signature_key));
        let checks = tag.ask(questions, env.now);
        Ok(PendingJoin { tag, opened, checks })
    }

    pub(crate) fn open_group(
        self,
        suite: Suite<'_>,
        psk_secret: &PskSecret,
        env: &mut Env<'_>,
    ) -> Result<OpenedGroup, JoinError> {
        let intermediate = self.secrets.joiner_secret.mix_psk(suite, psk_secret)?;
        // req: R-12.4.3.1-09
        let opener = intermediate.welcome_secret(suite)?.key_and_nonce(suite)?;
        let info = suite
            .aead_open(opener.key.as_bytes(), opener.nonce.as_bytes(), &[], &self.encrypted_group_info)
            .map_err(|_| JoinError::CannotDecrypt)?;
        let info = GroupInfo::from_bytes(info.as_bytes()).map_err(JoinError::Malformed)?;
        // req: R-12.4.3.1-12
        if info.group_context.cipher_suite != self.suite {
            return Err(JoinError::WrongSuite(info.group_context.cipher_suite));
        }
        let tree = received_tree(suite, &info, self.ratchet_tree.as_deref(), env)?;
        check_group(suite, &info, &tree, &self.key_package.leaf_node, env)?;
        let own_leaf = find_own_leaf(&tree, &self.key_package.leaf_node).map_err(JoinError::Tree)?;
        let mut path_keys = OwnPathKeys::new(self.leaf_key);
        if let Some(secret) = self.secrets.path_secret {
            // req: R-12.4.3.1-20, R-12.4.3.1-21
            let secret = PathSecret::from_secret(suite, secret).map_err(|_| JoinError::PathSecretLength)?;
            let update = keys_from_welcome(suite, &tree, own_leaf, info.signer, &secret).map_err(JoinError::Path)?;
            drop(path_keys.apply(update));
        }
        Ok(OpenedGroup {
            info: Box::new(info),
            tree,
            own_leaf,
            reference: self.reference,
            last_resort: self.key_package.is_last_resort(),
            path_keys,
            intermediate,
        })
    }
}

/// Everybody's credential but those of some.
pub(crate) fn roster(tree: &RatchetTree, but: &[LeafIndex], event: CredentialEvent) -> Vec<Newcomer> {
    // req: R-5.3.1-02
    tree.leaves()
        .filter(|(index, _)| !but.contains(index))
        .filter_map(|(index, bytes)| {
            let (signature_key, credential) = identity_of(bytes).ok()?;
            Some(Newcomer { event, leaf: Some(index), credential, signature_key, predecessor: None })
        })
        .collect()
}

/// The tree of a GroupInfo, from its extension or from outside.
pub(crate) fn received_tree(
    suite: Suite<'_>,
    info: &GroupInfo,
    outside: Option<&[u8]>,
    env: &mut Env<'_>,
) -> Result<RatchetTree, JoinError> {
    // req: R-12.4.3.1-02
    let bytes = outside.or_else(|| info.extensions.get(ExtensionType::RATCHET_TREE)).ok_or(JoinError::NoTree)?;
    let tree = RatchetTree::from_extension(suite, index_seed(env)?, bytes).map_err(JoinError::TreeForm)?;
    // req: R-12.4.3.1-13, R-12.4.3.3-06
    if tree.root_hash().as_bytes() != info.group_context.tree_hash {
        return Err(JoinError::TreeHash);
    }
    if tree.member_count() > env.limits.members {
        return Err(JoinError::TooManyMembers);
    }
    Ok(tree)
}

/// Validates a GroupInfo and its tree against what our own leaf supports.
pub(crate) fn check_group(
    suite: Suite<'_>,
    info: &GroupInfo,
    tree: &RatchetTree,
    own: &LeafNode,
    env: &Env<'_>,
) -> Result<(), JoinError> {
    check_form(info, env.custom)?;
    // req: R-12.4.3-04, R-13.4-07
    let types = extension_types(&info.group_context.extensions);
    if let Some(unsupported) = types.into_iter().find(|kind| !own.capabilities.supports_extension(*kind)) {
        return Err(JoinError::UnsupportedExtension(unsupported));
    }
    check_signed(suite, info, tree, env)
}

/// Validates a GroupInfo and its tree, whoever asks.
pub(crate) fn check_group_alone(
    suite: Suite<'_>,
    info: &GroupInfo,
    tree: &RatchetTree,
    env: &Env<'_>,
) -> Result<(), JoinError> {
    check_form(info, env.custom)?;
    check_signed(suite, info, tree, env)
}

fn check_form(info: &GroupInfo, custom: &CustomTypes) -> Result<(), JoinError> {
    let context = &info.group_context;
    if context.version != ProtocolVersion::MLS10 {
        return Err(JoinError::UnsupportedVersion);
    }
    // req: R-13.4-05
    if context.extensions.has_duplicates() || info.extensions.has_duplicates() {
        return Err(JoinError::DuplicateExtension);
    }
    let places = [(&context.extensions, ExtensionPlace::GroupContext), (&info.extensions, ExtensionPlace::GroupInfo)];
    for (extensions, place) in places {
        // req: R-17.3-01, R-12.4.3.3-07
        if let Some(misplaced) = extensions.iter().find(|extension| !custom.allows(extension.extension_type, place)) {
            return Err(JoinError::MisplacedExtension(misplaced.extension_type));
        }
    }
    Ok(())
}

fn check_signed(suite: Suite<'_>, info: &GroupInfo, tree: &RatchetTree, env: &Env<'_>) -> Result<(), JoinError> {
    env.limits.check_group_info(info, tree)?;
    let context = &info.group_context;
    // req: R-12.4.3.1-10
    let signer = tree.leaf(info.signer).ok_or(JoinError::BlankSigner)?;
    // req: R-12.4.3-06
    info.verify_signature(suite, &signer.signature_key).map_err(|_| JoinError::GroupInfoSignature)?;
    let required = required(&context.extensions).map_err(|_| JoinError::MalformedExtension)?;
    let check = TreeContext {
        group_id: &context.group_id,
        version: context.version,
        cipher_suite: context.cipher_suite,
        required: &required,
        group_extensions: &extension_types(&context.extensions),
        now: env.limits.strict_tree_lifetimes.then_some(env.now.0),
        max_lifetime: env.limits.strict_tree_lifetimes.then_some(env.limits.max_lifetime),
        custom: env.custom,
    };
    // req: R-12.4.3.1-14, R-12.4.3.1-15
    validate_tree(suite, tree, &check).map_err(JoinError::Tree)
}

impl PendingJoin {
    /// The group that we are welcome to.
    #[must_use]
    pub const fn group_info(&self) -> &GroupInfo {
        &self.opened.info
    }

    /// The members of the group that we are welcome to, ourselves included. Nothing is used up by looking.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        members_of(&self.opened.tree).collect()
    }

    /// The tree of the group that we are welcome to.
    #[must_use]
    pub const fn tree(&self) -> &RatchetTree {
        &self.opened.tree
    }

    /// The leaf that we would have.
    #[must_use]
    pub const fn own_leaf(&self) -> LeafIndex {
        self.opened.own_leaf
    }

    /// The credentials of all members, our own last: of us only the name is asked.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialCheck] {
        &self.checks
    }

    /// Joins the group. The key package is used up in the same transaction that stores the group, unless it is one of
    /// [last resort](crate::key_package::KeyPackage::is_last_resort).
    ///
    /// # Errors
    /// [`JoinError`]; nothing has changed, and the key package is not used up.
    pub fn resume(self, answers: &Answers, env: &mut Env<'_>) -> Result<Fresh<Group>, JoinError> {
        let members = answers.members(self.tag, &self.checks)?;
        self.opened.enter(&self.checks, &members, env)
    }
}

impl OpenedGroup {
    /// The group with ourselves in it; its delta uses the key package up.
    pub(crate) fn enter(
        self,
        checks: &[CredentialCheck],
        members: &[MemberId],
        env: &mut Env<'_>,
    ) -> Result<Fresh<Group>, JoinError> {
        let GroupInfo { group_context, confirmation_tag, extensions: _, .. } = *self.info;
        let id = group_context.cipher_suite;
        let suite = env.suite(id).ok_or(Fault::UnsupportedSuite(id))?;
        // req: R-12.4.3.1-22
        let secrets = self.intermediate.enter_epoch(suite, &group_context.to_bytes()?)?;
        let group_id = GroupId::from(group_context.group_id.as_slice());
        let joined = Joined {
            context: group_context,
            confirmation_tag,
            own_leaf: self.own_leaf,
            tree: self.tree,
            clients: clients_at(suite, checks, members)?,
        };
        let mut fresh = enter_joined(suite, group_id, joined, secrets, self.path_keys, env)?;
        // req: R-10-01
        fresh.delta.require(Precondition::Present(RecordKey::KeyPackage(self.reference.into())));
        // req: R-16.8-02, R-12.4.3.1-28
        if !self.last_resort {
            fresh.delta.delete(RecordKey::KeyPackage(self.reference.into()));
        }
        Ok(fresh)
    }
}

/// A group as a GroupInfo and a tree tell it.
pub(crate) struct Joined {
    pub(crate) context: crate::group_context::GroupContext,
    pub(crate) confirmation_tag: Vec<u8>,
    pub(crate) own_leaf: LeafIndex,
    pub(crate) tree: RatchetTree,
    clients: ClientChanges,
}

fn enter_joined(
    suite: Suite<'_>,
    group_id: GroupId,
    joined: Joined,
    secrets: EpochSecrets,
    path_keys: OwnPathKeys,
    env: &mut Env<'_>,
) -> Result<Fresh<Group>, JoinError> {
    let Joined { context, confirmation_tag, own_leaf, tree, clients } = joined;
    // req: R-12.4.3.1-23
    if !verify_confirmation_tag(
        suite,
        &secrets.confirmation_key,
        &context.confirmed_transcript_hash,
        &confirmation_tag,
    )? {
        return Err(JoinError::ConfirmationTag);
    }
    let interim = interim_transcript_hash(suite, &context.confirmed_transcript_hash, &confirmation_tag)?;
    let parts = EpochParts {
        context,
        interim_transcript_hash: interim.as_bytes().to_vec(),
        confirmation_tag,
        own_leaf,
        own_signature_key: tree.identity(own_leaf).ok_or(Fault::NotAMember)?.0,
        size: tree.size(),
        re_init: None,
    };
    let epoch = assemble(parts, secrets)?;
    Ok(found(group_id, Founding { epoch, tree, path_keys, clients }, env)?)
}

impl core::fmt::Debug for OpenedWelcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { suite, reference, key_package: _, leaf_key: _, secrets, encrypted_group_info: _, ratchet_tree: _ } =
            self;
        f.debug_struct("OpenedWelcome")
            .field("suite", suite)
            .field("reference", reference)
            .field("psks", &secrets.psks)
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for PendingJoin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { tag: _, opened, checks } = self;
        f.debug_struct("PendingJoin").field("group", opened).field("credentials", &checks.len()).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for OpenedGroup {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { info, tree: _, own_leaf, reference, last_resort, path_keys: _, intermediate: _ } = self;
        f.debug_struct("OpenedGroup")
            .field("context", &info.group_context)
            .field("own_leaf", own_leaf)
            .field("reference", reference)
            .field("last_resort", last_resort)
            .finish_non_exhaustive()
    }
}
