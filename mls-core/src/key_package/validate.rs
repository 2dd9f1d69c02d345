//! Validation of key packages (RFC 9420 section 10.1).

use core::fmt;

use mls_crypto_traits::{CipherSuite, CryptoError, Suite};

use crate::custom::CustomTypes;
use crate::extension::{ExtensionPlace, ExtensionType, RequiredCapabilities};
use crate::framing::ProtocolVersion;
use crate::key_package::KeyPackage;
use crate::tree::summary::Summary;
use crate::tree::validate::{ExpectedSource, LeafContext, LeafNodeError, validate_leaf};

/// The group that a key package is to be added to.
#[derive(Clone, Copy, Debug)]
pub struct KeyPackageContext<'a> {
    /// The group's protocol version.
    pub version: ProtocolVersion,
    /// The group's cipher suite.
    pub cipher_suite: CipherSuite,
    /// What the group requires of its members.
    pub required: &'a RequiredCapabilities,
    /// The types of the group context's extensions.
    pub group_extensions: &'a [ExtensionType],
    /// The members that the leaf will be among; none outside any group.
    pub members: Option<&'a Summary>,
    /// Seconds since the Unix epoch.
    pub now: u64,
    /// The longest lifetime accepted, in seconds.
    pub max_lifetime: u64,
    /// Whether the two signatures are known to be good: the key package was verified before.
    pub verified: bool,
    /// The registered types: they say which extensions have a place in a key package and in its leaf.
    pub custom: &'a CustomTypes,
}

/// Why a key package is invalid (RFC 9420 section 10.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPackageError {
    /// Its protocol version is not the group's.
    Version,
    /// Its cipher suite is not the group's.
    CipherSuite,
    /// The crypto provider lacks its cipher suite, so that nothing can be verified.
    UnsupportedSuite(CipherSuite),
    /// Its init key is not a valid key of the suite (section 10).
    InvalidInitKey(CryptoError),
    /// Its init key is also its leaf's encryption key.
    InitKeyIsEncryptionKey,
    /// An extension type is repeated (section 13.4).
    DuplicateExtension,
    /// An extension has no place in a key package (section 17.3).
    MisplacedExtension(ExtensionType),
    /// Its leaf is invalid (section 7.3).
    Leaf(LeafNodeError),
    /// Its signature does not verify.
    InvalidSignature,
}

/// Checks a key package against the group that it is to be added to.
///
/// That its keys are in nobody else's use, and that the authentication service knows its credential, is checked apart.
///
/// # Errors
/// The first rule broken; signatures are verified last.
pub fn validate_key_package(
    suite: Suite<'_>,
    key_package: &KeyPackage,
    context: &KeyPackageContext<'_>,
) -> Result<(), KeyPackageError> {
    // req: R-10.1-03
    if key_package.version != context.version {
        return Err(KeyPackageError::Version);
    }
    if key_package.cipher_suite != context.cipher_suite {
        return Err(KeyPackageError::CipherSuite);
    }
    // req: R-10.1-06
    if key_package.init_key == key_package.leaf_node.encryption_key {
        return Err(KeyPackageError::InitKeyIsEncryptionKey);
    }
    // req: R-13.4-05
    if key_package.extensions.has_duplicates() {
        return Err(KeyPackageError::DuplicateExtension);
    }
    // req: R-17.3-01
    if let Some(misplaced) =
        key_package.extensions.iter().find(|e| !context.custom.allows(e.extension_type, ExtensionPlace::KeyPackage))
    {
        return Err(KeyPackageError::MisplacedExtension(misplaced.extension_type));
    }
    // req: R-10-03
    suite.check_hpke_public_key(key_package.init_key.as_bytes()).map_err(KeyPackageError::InvalidInitKey)?;
    let leaf = LeafContext {
        position: None,
        expected: ExpectedSource::KeyPackage,
        version: context.version,
        cipher_suite: context.cipher_suite,
        required: context.required,
        group_extensions: context.group_extensions,
        members: context.members,
        now: Some(context.now),
        max_lifetime: Some(context.max_lifetime),
        verified: context.verified,
        custom: context.custom,
    };
    // req: R-10.1-04
    validate_leaf(suite, &key_package.leaf_node, &leaf).map_err(KeyPackageError::Leaf)?;
    if context.verified {
        return Ok(());
    }
    // req: R-10.1-05
    key_package.verify_signature(suite).map_err(|_| KeyPackageError::InvalidSignature)
}

impl fmt::Display for KeyPackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => f.write_str("the protocol version is not the group's"),
            Self::CipherSuite => f.write_str("the cipher suite is not the group's"),
            Self::UnsupportedSuite(suite) => write!(f, "the crypto provider lacks {suite:?}"),
            Self::InvalidInitKey(_) => f.write_str("the init key is invalid"),
            Self::InitKeyIsEncryptionKey => f.write_str("the init key is also the leaf's encryption key"),
            Self::DuplicateExtension => f.write_str("an extension type is repeated"),
            Self::MisplacedExtension(kind) => write!(f, "extension {kind:?} has no place in a key package"),
            Self::Leaf(error) => write!(f, "the leaf is invalid: {error}"),
            Self::InvalidSignature => f.write_str("the signature does not verify"),
        }
    }
}

impl core::error::Error for KeyPackageError {}
