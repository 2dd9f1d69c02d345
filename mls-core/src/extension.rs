//! Extensions (RFC 9420 section 13).

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, Encode, EncodeError, open_enum};
use mls_crypto_traits::{HpkePublicKey, SignaturePublicKey};

use crate::credential::{Credential, CredentialType};
use crate::proposal::ProposalType;

#[cfg(test)]
mod tests;

open_enum! {
    /// The kind of an [`Extension`] (RFC 9420 section 17.3). Unknown values are kept.
    pub struct ExtensionType: u16 {
        /// An application's own name for a member, in a LeafNode.
        APPLICATION_ID = 1,
        /// The tree, in a GroupInfo.
        RATCHET_TREE = 2,
        /// What every member must support, in a GroupContext.
        REQUIRED_CAPABILITIES = 3,
        /// The key of external joins, in a GroupInfo.
        EXTERNAL_PUB = 4,
        /// Who may propose from outside, in a GroupContext.
        EXTERNAL_SENDERS = 5,
    }
}

/// The objects that carry extensions (RFC 9420 section 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtensionPlace {
    /// `LeafNode.extensions`.
    LeafNode,
    /// `KeyPackage.extensions`.
    KeyPackage,
    /// `GroupContext.extensions`.
    GroupContext,
    /// `GroupInfo.extensions`.
    GroupInfo,
}

impl ExtensionType {
    /// Whether this is one of the types that every implementation supports, and that capabilities
    /// therefore never list (RFC 9420 section 7.2).
    // req: R-7.2-04
    #[must_use]
    pub const fn is_default(self) -> bool {
        matches!(
            self,
            Self::APPLICATION_ID
                | Self::RATCHET_TREE
                | Self::REQUIRED_CAPABILITIES
                | Self::EXTERNAL_PUB
                | Self::EXTERNAL_SENDERS
        )
    }

    /// Whether the registry lets this type stand in `place` (RFC 9420 section 17.3).
    ///
    /// A type outside RFC 9420 may stand anywhere as far as the engine can tell.
    // req: R-17.3-01
    #[must_use]
    pub const fn allowed_in(self, place: ExtensionPlace) -> bool {
        match self {
            Self::APPLICATION_ID => matches!(place, ExtensionPlace::LeafNode),
            Self::RATCHET_TREE | Self::EXTERNAL_PUB => matches!(place, ExtensionPlace::GroupInfo),
            Self::REQUIRED_CAPABILITIES | Self::EXTERNAL_SENDERS => {
                matches!(place, ExtensionPlace::GroupContext)
            }
            // req: R-10-11, R-12.4.3-02, R-13.4-02, R-13.4-04, R-13.5-06
            _ => true,
        }
    }
}

/// One extension (RFC 9420 section 13).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Extension {
    /// What `extension_data` is.
    pub extension_type: ExtensionType,
    /// The encoding of the extension's own structure.
    pub extension_data: Vec<u8>,
}

/// A list of extensions, in wire order (RFC 9420 section 13).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Extensions(pub Vec<Extension>);

/// Why an extension could not be read (RFC 9420 section 13).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtensionError {
    /// The data does not decode as the type's structure.
    Malformed(ExtensionType, DecodeError),
}

impl core::fmt::Display for ExtensionError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Malformed(extension_type, error) => {
                write!(f, "extension {extension_type:?} is malformed: {error}")
            }
        }
    }
}

impl core::error::Error for ExtensionError {}

impl Extensions {
    /// No extensions.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The extensions in wire order.
    pub fn iter(&self) -> core::slice::Iter<'_, Extension> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The data of the first extension of this type.
    #[must_use]
    pub fn get(&self, extension_type: ExtensionType) -> Option<&[u8]> {
        self.iter()
            .find(|extension| extension.extension_type == extension_type)
            .map(|extension| extension.extension_data.as_slice())
    }

    /// Whether there is an extension of this type.
    #[must_use]
    pub fn contains(&self, extension_type: ExtensionType) -> bool {
        self.get(extension_type).is_some()
    }

    /// The first extension of type `T`, decoded.
    ///
    /// # Errors
    /// [`ExtensionError::Malformed`] when it is there and its data is not exactly one `T`.
    pub fn read<T: ExtensionContent>(&self) -> Result<Option<T>, ExtensionError> {
        self.get(T::TYPE).map(T::from_bytes).transpose().map_err(|error| ExtensionError::Malformed(T::TYPE, error))
    }

    /// Puts `content` in place of the extension of its type, or at the end.
    ///
    /// # Errors
    /// [`EncodeError`] when a vector is too long.
    pub fn set<T: ExtensionContent>(&mut self, content: &T) -> Result<(), EncodeError> {
        let extension = Extension::new(content)?;
        match self.0.iter_mut().find(|old| old.extension_type == T::TYPE) {
            Some(old) => *old = extension,
            None => self.0.push(extension),
        }
        Ok(())
    }

    /// Whether some type occurs twice (RFC 9420 section 13.4).
    // req: R-13.4-05
    #[must_use]
    pub fn has_duplicates(&self) -> bool {
        let mut types: Vec<ExtensionType> = self.iter().map(|extension| extension.extension_type).collect();
        types.sort_unstable();
        types.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    }
}

impl From<Vec<Extension>> for Extensions {
    fn from(extensions: Vec<Extension>) -> Self {
        Self(extensions)
    }
}

impl FromIterator<Extension> for Extensions {
    fn from_iter<I: IntoIterator<Item = Extension>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Extensions {
    type Item = &'a Extension;
    type IntoIter = core::slice::Iter<'a, Extension>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extension {
    /// The extension that carries `content`.
    ///
    /// # Errors
    /// [`EncodeError`] when a vector is too long.
    pub fn new<T: ExtensionContent>(content: &T) -> Result<Self, EncodeError> {
        Ok(Self { extension_type: T::TYPE, extension_data: content.to_bytes()? })
    }
}

/// A structure that travels as the data of one extension type.
pub trait ExtensionContent: Encode + Decode {
    /// The type under which it travels.
    const TYPE: ExtensionType;
}

/// An application's own name for a member (RFC 9420 section 5.3.3).
///
/// # Security
/// No authentication service vouches for it, and nothing makes it unique.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ApplicationId {
    /// The name, opaque to the engine.
    pub application_id: Vec<u8>,
}

impl ExtensionContent for ApplicationId {
    const TYPE: ExtensionType = ExtensionType::APPLICATION_ID;
}

/// What every member of a group must support (RFC 9420 section 11.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct RequiredCapabilities {
    /// Extension types; default ones are supported by all.
    pub extension_types: Vec<ExtensionType>,
    /// Proposal types; default ones are supported by all.
    pub proposal_types: Vec<ProposalType>,
    /// Credential types; none is a default.
    pub credential_types: Vec<CredentialType>,
}

impl ExtensionContent for RequiredCapabilities {
    const TYPE: ExtensionType = ExtensionType::REQUIRED_CAPABILITIES;
}

/// The public key to which an external joiner encapsulates (RFC 9420 section 12.4.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ExternalPub {
    /// The public half of the epoch's external key pair.
    pub external_pub: HpkePublicKey,
}

impl ExtensionContent for ExternalPub {
    const TYPE: ExtensionType = ExtensionType::EXTERNAL_PUB;
}

/// Somebody outside who may send proposals (RFC 9420 section 12.1.8.1).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ExternalSender {
    /// Verifies its proposals.
    pub signature_key: SignaturePublicKey,
    /// Its identity.
    pub credential: Credential,
}

/// The list that an external `sender_index` counts in (RFC 9420 section 12.1.8.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ExternalSenders(pub Vec<ExternalSender>);

impl ExtensionContent for ExternalSenders {
    const TYPE: ExtensionType = ExtensionType::EXTERNAL_SENDERS;
}
