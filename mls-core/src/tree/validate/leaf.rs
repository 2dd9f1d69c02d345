//! Validation of one leaf node (RFC 9420 section 7.3).

use alloc::vec::Vec;
use core::fmt;

use mls_crypto_traits::{CipherSuite, CryptoError, HpkePublicKey, Suite};

use crate::credential::CredentialType;
use crate::custom::CustomTypes;
use crate::extension::{ExtensionPlace, ExtensionType, RequiredCapabilities};
use crate::framing::ProtocolVersion;
use crate::proposal::ProposalType;
use crate::tree::leaf_node::{LeafNode, LeafNodeSource, Lifetime};
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::summary::Summary;

/// Where a leaf node comes from, and so which source it must name (RFC 9420 section 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpectedSource<'a> {
    /// A key package.
    KeyPackage,
    /// An Update proposal.
    Update {
        /// The key of the leaf that is replaced.
        old_encryption_key: &'a HpkePublicKey,
    },
    /// The path of a commit. That its key is new is checked with the path's others.
    Commit,
    /// A received tree: any source.
    Tree,
}

/// What a leaf node is validated against.
#[derive(Clone, Copy, Debug)]
pub struct LeafContext<'a> {
    /// The group's id and the leaf's place in it, which leaves from an Update or a commit are signed over.
    pub position: Option<(&'a [u8], LeafIndex)>,
    /// Where the leaf comes from.
    pub expected: ExpectedSource<'a>,
    /// The group's protocol version.
    pub version: ProtocolVersion,
    /// The group's cipher suite.
    pub cipher_suite: CipherSuite,
    /// What the group requires of its members.
    pub required: &'a RequiredCapabilities,
    /// The types of the group context's extensions.
    pub group_extensions: &'a [ExtensionType],
    /// The members that the leaf will be among; none for a leaf outside any group.
    pub members: Option<&'a Summary>,
    /// Seconds since the Unix epoch; without it no lifetime is found over.
    pub now: Option<u64>,
    /// The longest lifetime accepted, in seconds.
    pub max_lifetime: Option<u64>,
    /// Whether the signature is known to be good: the leaf was verified before, or we have just signed it.
    pub verified: bool,
    /// The registered types: they say which extensions have a place in a leaf.
    pub custom: &'a CustomTypes,
}

/// Checks everything about a leaf node that section 7.3 wants, except that its keys are its own ([`check_unique_keys`]) and that the
/// authentication service knows its credential.
///
/// # Errors
/// The first rule broken; the signature is verified last.
pub fn validate_leaf(suite: Suite<'_>, leaf: &LeafNode, context: &LeafContext<'_>) -> Result<(), LeafNodeError> {
    check_source(leaf, context)?;
    check_capabilities(leaf, context)?;
    check_extensions(leaf, context)?;
    check_credential(leaf, context)?;
    suite.check_hpke_public_key(leaf.encryption_key.as_bytes()).map_err(LeafNodeError::InvalidEncryptionKey)?;
    if context.verified {
        return Ok(());
    }
    // req: R-7.3-05, R-7.2-16
    leaf.verify_signature(suite, context.position).map_err(signature_rule)
}

/// The rule that a signature breaks which does not verify.
pub(super) const fn signature_rule(error: CryptoError) -> LeafNodeError {
    match error {
        CryptoError::InvalidPublicKey => LeafNodeError::InvalidSignatureKey(error),
        error => LeafNodeError::InvalidSignature(error),
    }
}

/// Checks that nobody else in `tree` has the leaf's keys. `replacing` is the leaf that goes when this one comes
/// (RFC 9420 sections 7.3 and 16.7).
///
/// # Errors
/// [`LeafNodeError::SignatureKeyInUse`], [`LeafNodeError::EncryptionKeyInUse`].
pub fn check_unique_keys(
    tree: &RatchetTree,
    leaf: &LeafNode,
    replacing: Option<LeafIndex>,
) -> Result<(), LeafNodeError> {
    // req: R-7.3-20, R-16.7-01
    if let Some(other) = tree.find_signature_key(leaf.signature_key.as_bytes())
        && Some(other) != replacing
    {
        return Err(LeafNodeError::SignatureKeyInUse(other));
    }
    // req: R-7.3-21
    if let Some(other) = tree.find_encryption_key(leaf.encryption_key.as_bytes())
        && Some(other) != replacing.map(LeafIndex::node)
    {
        return Err(LeafNodeError::EncryptionKeyInUse(other));
    }
    Ok(())
}

fn check_source(leaf: &LeafNode, context: &LeafContext<'_>) -> Result<(), LeafNodeError> {
    match (context.expected, &leaf.leaf_node_source) {
        // req: R-7.3-16
        (ExpectedSource::KeyPackage | ExpectedSource::Tree, LeafNodeSource::KeyPackage(lifetime)) => {
            check_lifetime(lifetime, context)
        }
        // req: R-7.3-17, R-7.3-18
        (ExpectedSource::Update { old_encryption_key }, LeafNodeSource::Update) => {
            if leaf.encryption_key == *old_encryption_key {
                return Err(LeafNodeError::EncryptionKeyUnchanged);
            }
            Ok(())
        }
        // req: R-7.3-14, R-7.3-19, R-12.4.2-09
        (ExpectedSource::Commit | ExpectedSource::Tree, LeafNodeSource::Commit { .. })
        | (ExpectedSource::Tree, LeafNodeSource::Update) => Ok(()),
        // req: R-10-09
        _ => Err(LeafNodeError::WrongSource),
    }
}

fn check_lifetime(lifetime: &Lifetime, context: &LeafContext<'_>) -> Result<(), LeafNodeError> {
    // req: R-7.2-12
    let span = lifetime.span().ok_or(LeafNodeError::LifetimeInverted)?;
    // req: R-7.2-11
    if context.max_lifetime.is_some_and(|max| span > max) {
        return Err(LeafNodeError::LifetimeTooLong);
    }
    // req: R-7.3-12, R-7.3-13
    match context.now {
        Some(now) if now < lifetime.not_before => Err(LeafNodeError::NotYetValid),
        Some(now) if now > lifetime.not_after => Err(LeafNodeError::Expired),
        _ => Ok(()),
    }
}

fn check_capabilities(leaf: &LeafNode, context: &LeafContext<'_>) -> Result<(), LeafNodeError> {
    let capabilities = &leaf.capabilities;
    // req: R-7.3-06
    if !capabilities.versions.contains(&context.version) {
        return Err(LeafNodeError::VersionUnsupported);
    }
    if !capabilities.cipher_suites.contains(&context.cipher_suite) {
        return Err(LeafNodeError::CipherSuiteUnsupported);
    }
    // req: R-7.3-07, R-11.1-01
    let mut required = context.required.extension_types.iter().copied();
    if let Some(missing) = required.find(|&extension| !capabilities.supports_extension(extension)) {
        return Err(LeafNodeError::RequiredExtensionMissing(missing));
    }
    // req: R-7.3-08
    let mut required = context.required.proposal_types.iter().copied();
    if let Some(missing) = required.find(|&proposal| !capabilities.supports_proposal(proposal)) {
        return Err(LeafNodeError::RequiredProposalMissing(missing));
    }
    // req: R-7.3-09
    let mut required = context.required.credential_types.iter().copied();
    if let Some(missing) = required.find(|&credential| !capabilities.supports_credential(credential)) {
        return Err(LeafNodeError::RequiredCredentialMissing(missing));
    }
    Ok(())
}

fn check_extensions(leaf: &LeafNode, context: &LeafContext<'_>) -> Result<(), LeafNodeError> {
    // req: R-13.4-05
    if leaf.extensions.has_duplicates() {
        return Err(LeafNodeError::DuplicateExtension);
    }
    // Sorted: both lists are as long as their sender likes.
    let mut declared: Vec<ExtensionType> = leaf.capabilities.extensions.clone();
    declared.sort_unstable();
    let supports = |extension: ExtensionType| extension.is_default() || declared.binary_search(&extension).is_ok();
    for extension in leaf.extensions.iter().map(|extension| extension.extension_type) {
        // req: R-17.3-01
        if !context.custom.allows(extension, ExtensionPlace::LeafNode) {
            return Err(LeafNodeError::MisplacedExtension(extension));
        }
        // req: R-7.3-15, R-7.2-06, R-13.4-03
        if !supports(extension) {
            return Err(LeafNodeError::UndeclaredExtension(extension));
        }
    }
    // req: R-13.4-06, R-13.4-09
    match context.group_extensions.iter().copied().find(|&extension| !supports(extension)) {
        Some(missing) => Err(LeafNodeError::GroupExtensionUnsupported(missing)),
        None => Ok(()),
    }
}

fn check_credential(leaf: &LeafNode, context: &LeafContext<'_>) -> Result<(), LeafNodeError> {
    let own = leaf.credential.credential_type();
    // req: R-7.2-07
    if !leaf.capabilities.supports_credential(own) {
        return Err(LeafNodeError::OwnCredentialUnsupported(own));
    }
    let Some(members) = context.members else {
        return Ok(());
    };
    // req: R-7.3-10
    if !members.all_support_credential(own) {
        return Err(LeafNodeError::CredentialNotSupportedByAll(own));
    }
    let mut in_use = members.credential_types_in_use();
    match in_use.find(|&credential| !leaf.capabilities.supports_credential(credential)) {
        Some(missing) => Err(LeafNodeError::CredentialInUseUnsupported(missing)),
        None => Ok(()),
    }
}

/// The rule that a leaf node breaks (RFC 9420 section 7.3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeafNodeError {
    /// The leaf's source is not that of the object it came in (7.3).
    WrongSource,
    /// An Update keeps the encryption key (7.3).
    EncryptionKeyUnchanged,
    /// The lifetime ends before it begins (7.2).
    LifetimeInverted,
    /// The lifetime is longer than we accept (7.2).
    LifetimeTooLong,
    /// The lifetime has not begun (7.3).
    NotYetValid,
    /// The lifetime is over (7.3).
    Expired,
    /// The capabilities list an extension or proposal type that everybody supports; tolerated on receipt (7.2).
    DefaultTypeListed,
    /// The capabilities lack the group's protocol version (7.3).
    VersionUnsupported,
    /// The capabilities lack the group's cipher suite (7.3).
    CipherSuiteUnsupported,
    /// The capabilities lack an extension type that the group requires (7.3).
    RequiredExtensionMissing(ExtensionType),
    /// The capabilities lack a proposal type that the group requires (7.3).
    RequiredProposalMissing(ProposalType),
    /// The capabilities lack a credential type that the group requires (7.3).
    RequiredCredentialMissing(CredentialType),
    /// An extension type occurs twice (13.4).
    DuplicateExtension,
    /// An extension that belongs elsewhere (17.3).
    MisplacedExtension(ExtensionType),
    /// An extension that the leaf's own capabilities do not list (7.3).
    UndeclaredExtension(ExtensionType),
    /// The capabilities lack an extension that the group uses (13.4).
    GroupExtensionUnsupported(ExtensionType),
    /// The capabilities lack the type of the leaf's own credential (7.2).
    OwnCredentialUnsupported(CredentialType),
    /// Some member does not support the leaf's credential (7.3).
    CredentialNotSupportedByAll(CredentialType),
    /// The leaf does not support the credential of some member (7.3).
    CredentialInUseUnsupported(CredentialType),
    /// The encryption key is not a valid key of the suite (7.1).
    InvalidEncryptionKey(CryptoError),
    /// The signature key is not a valid key of the suite (5.1.1).
    InvalidSignatureKey(CryptoError),
    /// The signature does not verify (7.3).
    InvalidSignature(CryptoError),
    /// Another member has the signature key (7.3).
    SignatureKeyInUse(LeafIndex),
    /// Another node has the encryption key (7.3).
    EncryptionKeyInUse(NodeIndex),
}

impl fmt::Display for LeafNodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongSource => f.write_str("leaf node has the wrong source"),
            Self::EncryptionKeyUnchanged => f.write_str("update keeps the encryption key"),
            Self::LifetimeInverted => f.write_str("lifetime ends before it begins"),
            Self::LifetimeTooLong => f.write_str("lifetime is too long"),
            Self::NotYetValid => f.write_str("lifetime has not begun"),
            Self::Expired => f.write_str("lifetime is over"),
            Self::DefaultTypeListed => f.write_str("capabilities list a default type"),
            Self::VersionUnsupported => f.write_str("leaf does not support the protocol version"),
            Self::CipherSuiteUnsupported => f.write_str("leaf does not support the cipher suite"),
            Self::RequiredExtensionMissing(kind) => {
                write!(f, "leaf lacks the required extension {kind:?}")
            }
            Self::RequiredProposalMissing(kind) => {
                write!(f, "leaf lacks the required proposal {kind:?}")
            }
            Self::RequiredCredentialMissing(kind) => {
                write!(f, "leaf lacks the required credential {kind:?}")
            }
            Self::DuplicateExtension => f.write_str("an extension occurs twice"),
            Self::MisplacedExtension(kind) => {
                write!(f, "extension {kind:?} does not belong in a leaf")
            }
            Self::UndeclaredExtension(kind) => {
                write!(f, "extension {kind:?} is not among the capabilities")
            }
            Self::GroupExtensionUnsupported(kind) => {
                write!(f, "leaf lacks the group's extension {kind:?}")
            }
            Self::OwnCredentialUnsupported(kind) => {
                write!(f, "own credential {kind:?} is not among the capabilities")
            }
            Self::CredentialNotSupportedByAll(kind) => {
                write!(f, "some member does not support credential {kind:?}")
            }
            Self::CredentialInUseUnsupported(kind) => {
                write!(f, "leaf lacks credential {kind:?}, which is in use")
            }
            Self::InvalidEncryptionKey(error) => write!(f, "invalid encryption key: {error}"),
            Self::InvalidSignatureKey(error) => write!(f, "invalid signature key: {error}"),
            Self::InvalidSignature(error) => write!(f, "leaf signature does not verify: {error}"),
            Self::SignatureKeyInUse(leaf) => write!(f, "signature key is that of {leaf:?}"),
            Self::EncryptionKeyInUse(node) => write!(f, "encryption key is that of {node:?}"),
        }
    }
}

impl core::error::Error for LeafNodeError {}
