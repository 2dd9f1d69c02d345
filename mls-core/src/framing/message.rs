//! What is sent (RFC 9420 section 6).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader};

use super::{PrivateMessage, ProtocolVersion, PublicMessage, WireFormat};
use crate::key_package::KeyPackage;
use crate::welcome::{GroupInfo, Welcome};

/// A message of any kind, as it is sent (RFC 9420 section 6).
///
/// Decoding refuses all versions but [`ProtocolVersion::MLS10`], and wire formats that are not
/// known, as `UnknownValue`.
///
/// ```
/// use mls_codec::{Decode, Encode};
/// use mls_core::framing::{MlsMessage, MlsMessageBody};
/// use mls_core::welcome::Welcome;
/// use mls_crypto_traits::CipherSuite;
///
/// let welcome = Welcome { cipher_suite: CipherSuite(1), secrets: vec![], encrypted_group_info: vec![7] };
/// let bytes = MlsMessage::new(MlsMessageBody::Welcome(welcome)).to_bytes()?;
/// assert_eq!(bytes, [0, 1, 0, 3, 0, 1, 0, 1, 7]);
/// assert!(matches!(MlsMessage::from_bytes(&bytes)?.body, MlsMessageBody::Welcome(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MlsMessage {
    /// The protocol version.
    pub version: ProtocolVersion,
    /// The message itself.
    pub body: MlsMessageBody,
}

/// A message by its wire format (RFC 9420 section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MlsMessageBody {
    /// A signed message in the clear.
    PublicMessage(PublicMessage),
    /// A signed and encrypted message.
    PrivateMessage(PrivateMessage),
    /// A welcome for new members.
    Welcome(Welcome),
    /// Group information for joiners.
    GroupInfo(Box<GroupInfo>),
    /// A key package.
    KeyPackage(Arc<KeyPackage>),
}

impl MlsMessage {
    /// A message of the only version there is.
    #[must_use]
    pub const fn new(body: MlsMessageBody) -> Self {
        Self { version: ProtocolVersion::MLS10, body }
    }

    /// The message that carries a key package, encoded, from the key package's own encoding.
    ///
    /// # Errors
    /// [`EncodeError::OutOfMemory`].
    pub(crate) fn of_key_package(key_package: &[u8]) -> Result<Vec<u8>, EncodeError> {
        let mut message = (ProtocolVersion::MLS10, WireFormat::KeyPackage).to_bytes()?;
        message.try_reserve_exact(key_package.len()).map_err(|_| EncodeError::OutOfMemory)?;
        message.extend_from_slice(key_package);
        Ok(message)
    }

    /// The wire format of the body.
    #[must_use]
    pub const fn wire_format(&self) -> WireFormat {
        match &self.body {
            MlsMessageBody::PublicMessage(_) => WireFormat::PublicMessage,
            MlsMessageBody::PrivateMessage(_) => WireFormat::PrivateMessage,
            MlsMessageBody::Welcome(_) => WireFormat::Welcome,
            MlsMessageBody::GroupInfo(_) => WireFormat::GroupInfo,
            MlsMessageBody::KeyPackage(_) => WireFormat::KeyPackage,
        }
    }

    /// The group that the message names in the clear; a Welcome and a key package name none.
    #[must_use]
    pub fn group_id(&self) -> Option<&[u8]> {
        match &self.body {
            MlsMessageBody::PublicMessage(message) => Some(&message.content.group_id),
            MlsMessageBody::PrivateMessage(message) => Some(&message.group_id),
            MlsMessageBody::GroupInfo(group_info) => Some(&group_info.group_context.group_id),
            MlsMessageBody::Welcome(_) | MlsMessageBody::KeyPackage(_) => None,
        }
    }

    /// The epoch that the message names in the clear; a Welcome and a key package name none.
    #[must_use]
    pub const fn epoch(&self) -> Option<u64> {
        match &self.body {
            MlsMessageBody::PublicMessage(message) => Some(message.content.epoch),
            MlsMessageBody::PrivateMessage(message) => Some(message.epoch),
            MlsMessageBody::GroupInfo(group_info) => Some(group_info.group_context.epoch),
            MlsMessageBody::Welcome(_) | MlsMessageBody::KeyPackage(_) => None,
        }
    }
}

impl Encode for MlsMessage {
    fn encoded_len(&self) -> usize {
        let body = match &self.body {
            MlsMessageBody::PublicMessage(message) => message.encoded_len(),
            MlsMessageBody::PrivateMessage(message) => message.encoded_len(),
            MlsMessageBody::Welcome(welcome) => welcome.encoded_len(),
            MlsMessageBody::GroupInfo(group_info) => group_info.as_ref().encoded_len(),
            MlsMessageBody::KeyPackage(key_package) => key_package.as_ref().encoded_len(),
        };
        (self.version, self.wire_format()).encoded_len().saturating_add(body)
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        // req: R-6-09
        (self.version, self.wire_format()).encode(out)?;
        match &self.body {
            MlsMessageBody::PublicMessage(message) => message.encode(out),
            MlsMessageBody::PrivateMessage(message) => message.encode(out),
            MlsMessageBody::Welcome(welcome) => welcome.encode(out),
            MlsMessageBody::GroupInfo(group_info) => group_info.as_ref().encode(out),
            MlsMessageBody::KeyPackage(key_package) => key_package.as_ref().encode(out),
        }
    }
}

impl Decode for MlsMessage {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let version = ProtocolVersion::decode(r)?;
        // req: R-6-05
        if version != ProtocolVersion::MLS10 {
            return Err(DecodeError::new(DecodeErrorKind::UnknownValue, offset));
        }
        // req: R-6-06
        let body = match WireFormat::decode(r)? {
            WireFormat::PublicMessage => MlsMessageBody::PublicMessage(PublicMessage::decode(r)?),
            WireFormat::PrivateMessage => MlsMessageBody::PrivateMessage(PrivateMessage::decode(r)?),
            WireFormat::Welcome => MlsMessageBody::Welcome(Welcome::decode(r)?),
            WireFormat::GroupInfo => MlsMessageBody::GroupInfo(Box::new(GroupInfo::decode(r)?)),
            WireFormat::KeyPackage => {
                let offset = r.offset();
                let key_package = KeyPackage::decode(r)?;
                // req: R-10-08
                if key_package.version != version {
                    return Err(DecodeError::new(DecodeErrorKind::InvalidValue, offset));
                }
                MlsMessageBody::KeyPackage(Arc::new(key_package))
            }
        };
        Ok(Self { version, body })
    }
}
