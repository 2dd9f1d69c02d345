//! Creating groups, key packages and signers (RFC 9420 sections 10 and 11).

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, DecodeError, Encode, EncodeError, opaque_len};
use mls_crypto_traits::{
    CipherSuite, HpkePrivateKey, HpkePublicKey, SecretBytes, SignaturePrivateKey, SignaturePublicKey, SigningKey,
    Suite, checks::signature_public_key, random_bytes,
};

use crate::credential::Credential;
use crate::env::Env;
use crate::extension::{ExtensionPlace, ExtensionType, Extensions};
use crate::framing::{MlsMessage, ProtocolVersion, interim_transcript_hash};
use crate::group::advance::{write_epoch, write_nodes};
use crate::group::assemble::{EpochParts, assemble};
use crate::group::cache::ProposalCache;
use crate::group::clients::Clients;
use crate::group::fault::from_fault;
use crate::group::founding::Founding;
use crate::group::header::Retention;
use crate::group::leaf_epochs::LeafEpochs;
use crate::group::resident::index_seed;
use crate::group::state::{Lifecycle, Standing, Status};
use crate::group::step::Fresh;
use crate::group::{Disposition, Fault, Group};
use crate::group_context::GroupContext;
use crate::key_package::{KeyPackage, KeyPackageRef, LastResort};
use crate::key_schedule::{EpochSecret, EpochSecrets, confirmation_tag};
use crate::proposal::apply::{extension_types, required};
use crate::record::{Delta, GroupId, Precondition, RECORD_VERSION, RecordKey, SecretWriter, ToRecord, open_record};
use crate::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource, Lifetime};
use crate::tree::math::LeafIndex;
use crate::tree::path::OwnPathKeys;
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::validate::{ExpectedSource, LeafContext, LeafNodeError, validate_leaf};

/// What our leaf in a group is to say (RFC 9420 section 7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafSpec {
    /// Our credential.
    pub credential: Credential,
    /// The public key of our signer.
    pub signature_key: SignaturePublicKey,
    /// What we support. [`Capabilities::of_engine`] is what this engine does.
    pub capabilities: Capabilities,
    /// The leaf's extensions; types that are not default ones must be among the capabilities.
    pub extensions: Extensions,
    /// When the leaf may be used, in seconds since the Unix epoch.
    pub lifetime: Lifetime,
}

/// A group to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateGroup {
    /// The group's identifier; without one it is drawn at random, as long as the suite's hash.
    pub group_id: Option<GroupId>,
    /// The group's cipher suite.
    pub cipher_suite: CipherSuite,
    /// Our leaf.
    pub leaf: LeafSpec,
    /// The extensions of the group context.
    pub extensions: Extensions,
}

/// A key package to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPackageSpec {
    /// The suite of the groups that it is for.
    pub cipher_suite: CipherSuite,
    /// Our leaf in them.
    pub leaf: LeafSpec,
    /// The key package's own extensions.
    pub extensions: Extensions,
}

impl KeyPackageSpec {
    /// The key package as one of last resort: it says so, and joining does not use it up. The leaf lists the extension
    /// that carries the mark.
    ///
    /// # Errors
    /// [`EncodeError`] where the extensions are too long.
    ///
    /// # Security
    /// Whoever steals its private part can read every Welcome that it was used for. Replace it now and then, and delete
    /// the old one (RFC 9420 section 16.8).
    pub fn last_resort(mut self, mark: LastResort) -> Result<Self, EncodeError> {
        mark.mark(&mut self.extensions)?;
        let kind = mark.extension_type();
        if !self.leaf.capabilities.supports_extension(kind) {
            self.leaf.capabilities.extensions.push(kind);
        }
        Ok(self)
    }
}

/// A key package that was made and is stored: publish it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKeyPackage {
    /// The key package.
    pub key_package: KeyPackage,
    /// The key package as an encoded `MLSMessage`.
    pub message: Vec<u8>,
    /// Its reference: a Welcome names it.
    pub reference: KeyPackageRef,
}

/// The private part of a key package, as it is stored.
pub(crate) struct StoredKeyPackage {
    pub(crate) key_package: KeyPackage,
    pub(crate) init_key: HpkePrivateKey,
    pub(crate) leaf_key: HpkePrivateKey,
}

/// Why nothing was created. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreateError {
    /// Something that has nothing to do with what is created.
    Fault(Fault),
    /// The leaf that is asked for would be invalid (section 7.3).
    InvalidLeaf(LeafNodeError),
    /// An extension type is repeated (section 13.4).
    DuplicateExtension,
    /// An extension has no place there (section 17.3).
    MisplacedExtension(ExtensionType),
    /// A group context extension does not decode as its type says.
    MalformedExtension,
    /// The leaf does not list an extension type of its key package (section 10).
    UndeclaredExtension(ExtensionType),
}

from_fault!(CreateError);

/// Creates a group with ourselves as its only member, in epoch 0 (RFC 9420 section 11).
///
/// # Errors
/// [`CreateError`]; nothing has changed.
pub fn create_group(plan: &CreateGroup, env: &mut Env<'_>) -> Result<Fresh<Group>, CreateError> {
    let suite = env.suite(plan.cipher_suite).ok_or(Fault::UnsupportedSuite(plan.cipher_suite))?;
    check_extensions(&plan.extensions, ExtensionPlace::GroupContext, env)?;
    let group_id = match &plan.group_id {
        Some(id) => id.clone(),
        // req: R-11-03
        None => GroupId::from(random_bytes(env.rng, suite.hash_len())?.as_bytes()),
    };
    let leaf_key = suite.generate_hpke_key_pair(env.rng)?;
    let leaf = key_package_leaf(suite, &plan.leaf, leaf_key.public, env)?;
    check_own_leaf(suite, &leaf, &plan.extensions, plan.cipher_suite, env)?;
    let tree = RatchetTree::new(suite, index_seed(env)?, &leaf)?;
    let context = GroupContext {
        version: ProtocolVersion::MLS10,
        cipher_suite: plan.cipher_suite,
        group_id: group_id.as_bytes().to_vec(),
        // req: R-11-05
        epoch: 0,
        tree_hash: tree.root_hash().as_bytes().to_vec(),
        // req: R-8.2-01
        confirmed_transcript_hash: Vec::new(),
        extensions: plan.extensions.clone(),
    };
    // req: R-11-06
    let epoch_secret = EpochSecret::from_bytes(random_bytes(env.rng, suite.hash_len())?);
    let secrets = EpochSecrets::from_epoch_secret(suite, epoch_secret)?;
    let tag = confirmation_tag(suite, &secrets.confirmation_key, &context.confirmed_transcript_hash)?;
    // req: R-11-07
    let interim = interim_transcript_hash(suite, &context.confirmed_transcript_hash, tag.as_bytes())?;
    let parts = EpochParts {
        context,
        interim_transcript_hash: interim.as_bytes().to_vec(),
        // req: R-11-08
        confirmation_tag: tag.as_bytes().to_vec(),
        own_leaf: LeafIndex::ZERO,
        own_signature_key: leaf.signature_key,
        size: tree.size(),
        re_init: None,
    };
    let epoch = assemble(parts, secrets)?;
    let path_keys = OwnPathKeys::new(leaf_key.private);
    found(group_id, Founding { epoch, tree, path_keys, clients: Vec::new() }, env).map_err(CreateError::Fault)
}

/// A group that begins with this epoch, with everything resident.
pub(crate) fn found(id: GroupId, founding: Founding, env: &mut Env<'_>) -> Result<Fresh<Group>, Fault> {
    let Founding { epoch, tree, path_keys, clients } = founding;
    let clients = Clients::of_leaves(clients);
    let mut delta = Delta::new(env.rng)?;
    // req: R-12.4.3-05, R-12.4.3.1-11
    delta.require(Precondition::Absent(RecordKey::Status(id.clone())));
    let mut membership = [0; 8];
    env.rng.fill(&mut membership)?;
    let status = Status {
        revision: 0,
        membership,
        proposals: 0,
        pending_commit: 0,
        succeeded: 0,
        tree_outside: 0,
        standing: Standing::Here,
    };
    delta.write(RecordKey::Status(id.clone()), &status)?;
    write_epoch(&mut delta, &id, &epoch, &Retention::default())?;
    let nodes: Vec<_> = tree.nodes().map(|(node, bytes)| (node, Some(bytes.clone()))).collect();
    write_nodes(&mut delta, &id, (&tree, &nodes), epoch.context.epoch, |leaf| clients.get(leaf))?;
    let update = crate::tree::path::PathKeysUpdate::default();
    delta.write(RecordKey::PathKeys(id.clone()), &super::header::PathKeysAfter::new(&path_keys, &update))?;
    let group = Group {
        id,
        status,
        lifecycle: Lifecycle::Active,
        leaf_epochs: LeafEpochs::all_since(epoch.context.epoch),
        clients,
        epoch,
        tree: Some(tree),
        leaves: BTreeMap::new(),
        path_keys: Some(path_keys),
        proposals: Some(ProposalCache::default()),
        pending: None,
        past: BTreeMap::new(),
        resumption: BTreeMap::new(),
        abandoned: Vec::new(),
    };
    Ok(Fresh { delta, output: group })
}

/// Makes a key package; its private part is in the delta (RFC 9420 section 10).
///
/// # Errors
/// [`CreateError`]; nothing has changed.
pub fn generate_key_package(spec: &KeyPackageSpec, env: &mut Env<'_>) -> Result<Fresh<NewKeyPackage>, CreateError> {
    let suite = env.suite(spec.cipher_suite).ok_or(Fault::UnsupportedSuite(spec.cipher_suite))?;
    check_extensions(&spec.extensions, ExtensionPlace::KeyPackage, env)?;
    // req: R-10-10
    if let Some(missing) =
        extension_types(&spec.extensions).into_iter().find(|kind| !spec.leaf.capabilities.supports_extension(*kind))
    {
        return Err(CreateError::UndeclaredExtension(missing));
    }
    // Drawn at once: each draw may be a system call.
    let drawn = random_bytes(env.rng, suite.provider().kem().key_ikm_len().saturating_mul(2))?;
    let (leaf_ikm, init_ikm) = drawn.as_bytes().split_at(drawn.len() / 2);
    let leaf_key = suite.derive_key_pair(leaf_ikm)?;
    let init_key = suite.derive_key_pair(init_ikm)?;
    let signer = signer(env, &spec.leaf.signature_key)?;
    let leaf_node = key_package_leaf(suite, &spec.leaf, leaf_key.public, env)?;
    check_own_leaf(suite, &leaf_node, &Extensions::new(), spec.cipher_suite, env)?;
    let mut key_package = KeyPackage {
        version: ProtocolVersion::MLS10,
        cipher_suite: spec.cipher_suite,
        init_key: init_key.public,
        leaf_node,
        extensions: spec.extensions.clone(),
        signature: Vec::new(),
    };
    key_package.sign(suite, signer.as_ref())?;
    let bytes = key_package.to_bytes()?;
    let reference = KeyPackageRef::of_bytes(suite, &bytes)?;
    let message = MlsMessage::of_key_package(&bytes)?;
    let stored = StoredKeyPackage { key_package, init_key: init_key.private, leaf_key: leaf_key.private };
    let mut delta = Delta::new(env.rng)?;
    delta.write(RecordKey::KeyPackage(reference.into()), &stored)?;
    let key_package = stored.key_package;
    Ok(Fresh { delta, output: NewKeyPackage { key_package, message, reference } })
}

/// Makes a signature key pair; the private key is in the delta, under the public key.
///
/// # Errors
/// [`CreateError::Fault`]; nothing has changed.
pub fn generate_signer(cipher_suite: CipherSuite, env: &mut Env<'_>) -> Result<Fresh<SignaturePublicKey>, CreateError> {
    let suite = env.suite(cipher_suite).ok_or(Fault::UnsupportedSuite(cipher_suite))?;
    let pair = suite.generate_signature_key_pair(env.rng)?;
    store_signer(cipher_suite, &pair.private, pair.public, env)
}

/// Takes a signature private key from elsewhere; it is in the delta, under its public key.
///
/// # Errors
/// [`CreateError::Fault`]; nothing has changed.
pub fn import_signer(
    cipher_suite: CipherSuite,
    private: &SignaturePrivateKey,
    env: &mut Env<'_>,
) -> Result<Fresh<SignaturePublicKey>, CreateError> {
    let suite = env.suite(cipher_suite).ok_or(Fault::UnsupportedSuite(cipher_suite))?;
    let public = suite.signing_key(private)?.public_key().clone();
    store_signer(cipher_suite, private, public, env)
}

fn store_signer(
    cipher_suite: CipherSuite,
    private: &SignaturePrivateKey,
    public: SignaturePublicKey,
    env: &mut Env<'_>,
) -> Result<Fresh<SignaturePublicKey>, CreateError> {
    let mut delta = Delta::new(env.rng)?;
    let mut w = SecretWriter::new(RECORD_VERSION);
    w.put(&cipher_suite)?;
    w.opaque(private.as_bytes())?;
    delta.put(RecordKey::Signer(public.clone()), w.finish());
    Ok(Fresh { delta, output: public })
}

/// The signer in a record that [`generate_signer`] or [`import_signer`] wrote.
///
/// # Errors
/// [`Fault::Corrupt`], [`Fault::UnsupportedSuite`], [`Fault::Crypto`].
pub fn signer_from_record(record: &[u8], env: &Env<'_>) -> Result<Arc<dyn SigningKey>, Fault> {
    let mut r = open_record(record)?;
    let cipher_suite = CipherSuite::decode(&mut r)?;
    let private = SignaturePrivateKey::from_bytes(r.opaque()?.to_vec());
    r.finish()?;
    let suite = env.suite(cipher_suite).ok_or(Fault::UnsupportedSuite(cipher_suite))?;
    Ok(suite.signing_key(&private)?)
}

/// The signer of a public key.
pub(crate) fn signer(env: &Env<'_>, public: &SignaturePublicKey) -> Result<Arc<dyn SigningKey>, Fault> {
    // What it signs is verified with this key, and not by us.
    let signer = env.signers.signer(public).filter(|signer| signer.public_key() == public);
    signer.ok_or_else(|| Fault::NoSigner(public.clone()))
}

/// A signed leaf of source `key_package`.
pub(crate) fn key_package_leaf(
    suite: Suite<'_>,
    spec: &LeafSpec,
    encryption_key: HpkePublicKey,
    env: &Env<'_>,
) -> Result<LeafNode, Fault> {
    let mut leaf = LeafNode {
        encryption_key,
        signature_key: spec.signature_key.clone(),
        credential: spec.credential.clone(),
        capabilities: spec.capabilities.clone(),
        leaf_node_source: LeafNodeSource::KeyPackage(spec.lifetime),
        extensions: spec.extensions.clone(),
        signature: Vec::new(),
    };
    leaf.sign(suite, signer(env, &spec.signature_key)?.as_ref(), None)?;
    Ok(leaf)
}

/// Whether a leaf of ours would be accepted by ourselves (sections 7.2 and 7.3).
fn check_own_leaf(
    suite: Suite<'_>,
    leaf: &LeafNode,
    group_extensions: &Extensions,
    cipher_suite: CipherSuite,
    env: &Env<'_>,
) -> Result<(), CreateError> {
    // req: R-7.2-03, R-7.2-04
    if leaf.capabilities.extensions.iter().any(|kind| kind.is_default())
        || leaf.capabilities.proposals.iter().any(|kind| kind.is_default())
    {
        return Err(CreateError::InvalidLeaf(LeafNodeError::DefaultTypeListed));
    }
    // req: R-5.1.1-01
    signature_public_key(suite.provider().params().signature, leaf.signature_key.as_bytes())
        .map_err(|error| CreateError::InvalidLeaf(LeafNodeError::InvalidSignatureKey(error)))?;
    let required = required(group_extensions).map_err(|_| CreateError::MalformedExtension)?;
    let context = LeafContext {
        position: None,
        expected: ExpectedSource::KeyPackage,
        version: ProtocolVersion::MLS10,
        cipher_suite,
        required: &required,
        group_extensions: &extension_types(group_extensions),
        members: None,
        // req: R-7.3-12
        now: Some(env.now.0),
        max_lifetime: Some(env.limits.max_lifetime),
        // It has just been signed, by the signer of its key.
        verified: true,
        custom: env.custom,
    };
    validate_leaf(suite, leaf, &context).map_err(CreateError::InvalidLeaf)
}

fn check_extensions(extensions: &Extensions, place: ExtensionPlace, env: &Env<'_>) -> Result<(), CreateError> {
    // req: R-13.4-05
    if extensions.has_duplicates() {
        return Err(CreateError::DuplicateExtension);
    }
    // req: R-17.3-01
    match extensions.iter().find(|extension| !env.custom.allows(extension.extension_type, place)) {
        Some(misplaced) => Err(CreateError::MisplacedExtension(misplaced.extension_type)),
        None => Ok(()),
    }
}

impl ToRecord for StoredKeyPackage {
    fn room(&self) -> usize {
        let keys = [&self.init_key, &self.leaf_key].map(|key| opaque_len(key.as_bytes()));
        keys.into_iter().fold(self.key_package.encoded_len(), usize::saturating_add)
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        let Self { key_package, init_key, leaf_key } = self;
        w.put(key_package)?;
        w.opaque(init_key.as_bytes())?;
        w.opaque(leaf_key.as_bytes())
    }
}

impl StoredKeyPackage {
    pub(crate) fn from_record(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = open_record(bytes)?;
        let stored = Self {
            key_package: KeyPackage::decode(&mut r)?,
            init_key: HpkePrivateKey::from_bytes(r.opaque()?.to_vec()),
            leaf_key: HpkePrivateKey::from_bytes(r.opaque()?.to_vec()),
        };
        r.finish()?;
        Ok(stored)
    }
}

/// The record of a key package that was made elsewhere, for a store of ours.
///
/// # Errors
/// [`Fault::Encode`].
pub fn key_package_record(
    key_package: KeyPackage,
    init_key: HpkePrivateKey,
    leaf_key: HpkePrivateKey,
) -> Result<SecretBytes, Fault> {
    Ok(StoredKeyPackage { key_package, init_key, leaf_key }.to_record()?)
}

impl CreateError {
    /// What to do about the error.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Fault(fault) => fault.disposition(),
            _ => Disposition::FixCaller,
        }
    }
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::InvalidLeaf(error) => write!(f, "the leaf would be invalid: {error}"),
            Self::DuplicateExtension => f.write_str("an extension type is repeated"),
            Self::MisplacedExtension(kind) => write!(f, "extension {kind:?} has no place there"),
            Self::MalformedExtension => f.write_str("a group context extension is malformed"),
            Self::UndeclaredExtension(kind) => write!(f, "the leaf does not list extension {kind:?}"),
        }
    }
}

impl core::error::Error for CreateError {}
