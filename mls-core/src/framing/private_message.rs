//! Encrypted messages (RFC 9420 section 6.3).

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, Encode, EncodeError, Reader};
use mls_crypto_traits::{CryptoError, Suite};

use super::seal::Sealing;
use super::sender_data::SenderDataAad;
use super::{
    AuthenticatedContent, Content, ContentType, FramedContent, FramedContentAuthData, FramingError, Padding, Sender,
    SenderData, WireFormat,
};
use crate::key_schedule::SenderDataSecret;
use crate::secret_tree::MessageKey;

/// A signed and encrypted message (RFC 9420 section 6.3).
// req: R-6.3-01
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PrivateMessage {
    /// The group it belongs to.
    pub group_id: Vec<u8>,
    /// The epoch it belongs to.
    pub epoch: u64,
    /// What the ciphertext contains.
    pub content_type: ContentType,
    /// The application's own data, authenticated and never encrypted.
    pub authenticated_data: Vec<u8>,
    /// A [`SenderData`], encrypted under the epoch's sender data secret.
    pub encrypted_sender_data: Vec<u8>,
    /// Content, auth data and padding, encrypted under a key of the sender's ratchet.
    pub ciphertext: Vec<u8>,
}

/// What the content's AEAD authenticates (RFC 9420 section 6.3.1).
// req: R-6.3.1-10
#[derive(Encode)]
struct PrivateContentAad<'a> {
    group_id: &'a [u8],
    epoch: u64,
    content_type: ContentType,
    authenticated_data: &'a [u8],
}

impl PrivateMessage {
    /// Encrypts a signed content of a member.
    ///
    /// `key` comes from the sender's handshake ratchet for proposals and Commits, from its
    /// application ratchet for application data. `reuse_guard` is fresh randomness.
    ///
    /// # Errors
    /// [`FramingError::WrongWireFormat`], [`FramingError::NonMemberInPrivateMessage`],
    /// [`FramingError::MissingConfirmationTag`], [`FramingError::UnexpectedConfirmationTag`];
    /// [`FramingError::Crypto`] when the message is too long for the AEAD.
    ///
    /// # Security
    /// No key serves twice: the ratchet's step must be durable before this message leaves.
    pub fn seal(
        suite: Suite<'_>,
        content: &AuthenticatedContent,
        key: &MessageKey,
        reuse_guard: [u8; 4],
        sender_data_secret: &SenderDataSecret,
        padding: Padding,
    ) -> Result<Self, FramingError> {
        let sealed = Sealing { suite, content, key, reuse_guard, sender_data_secret, padding }.behind(&[])?;
        Self::from_bytes(&sealed).map_err(FramingError::Malformed)
    }

    /// Decrypts who sent the message, and with which key.
    ///
    /// # Errors
    /// [`FramingError::DecryptionFailed`], [`FramingError::Malformed`].
    ///
    /// # Security
    /// Any member can have written this. Bound the generation before a ratchet moves, and check
    /// that the leaf is there: the signature alone proves the sender.
    pub fn open_sender_data(
        &self,
        suite: Suite<'_>,
        sender_data_secret: &SenderDataSecret,
    ) -> Result<SenderData, FramingError> {
        let opener = sender_data_secret.key_and_nonce(suite, &self.ciphertext)?;
        let plaintext = suite
            .aead_open(
                opener.key.as_bytes(),
                opener.nonce.as_bytes(),
                &self.sender_data_aad()?,
                &self.encrypted_sender_data,
            )
            .map_err(open_error)?;
        SenderData::from_bytes(plaintext.as_bytes()).map_err(FramingError::Malformed)
    }

    /// Decrypts the content.
    ///
    /// `key` as for [`Self::seal`], of the sender and generation in `sender_data`.
    ///
    /// # Errors
    /// [`FramingError::DecryptionFailed`], [`FramingError::Malformed`],
    /// [`FramingError::NonZeroPadding`].
    ///
    /// # Security
    /// The signature is not verified yet: [`AuthenticatedContent::verify_signature`]. Until it is,
    /// no ratchet may move.
    pub fn open_content(
        &self,
        suite: Suite<'_>,
        key: &MessageKey,
        sender_data: &SenderData,
    ) -> Result<AuthenticatedContent, FramingError> {
        // req: R-6.3.1-09
        let nonce = key.guarded_nonce(sender_data.reuse_guard);
        let plaintext = suite
            .aead_open(key.key().as_bytes(), nonce.as_bytes(), &self.content_aad()?, &self.ciphertext)
            .map_err(open_error)?;
        let (content, auth) = decode_plaintext(self.content_type, plaintext.as_bytes())?;
        Ok(AuthenticatedContent {
            wire_format: WireFormat::PrivateMessage,
            content: FramedContent {
                group_id: self.group_id.clone(),
                epoch: self.epoch,
                sender: Sender::Member(sender_data.leaf_index),
                authenticated_data: self.authenticated_data.clone(),
                content,
            },
            auth,
        })
    }

    fn content_aad(&self) -> Result<Vec<u8>, EncodeError> {
        PrivateContentAad {
            group_id: &self.group_id,
            epoch: self.epoch,
            content_type: self.content_type,
            authenticated_data: &self.authenticated_data,
        }
        .to_bytes()
    }

    fn sender_data_aad(&self) -> Result<Vec<u8>, EncodeError> {
        SenderDataAad { group_id: &self.group_id, epoch: self.epoch, content_type: self.content_type }.to_bytes()
    }
}

// req: R-6.3.1-02, R-6.3.1-03
fn decode_plaintext(
    content_type: ContentType,
    plaintext: &[u8],
) -> Result<(Content, FramedContentAuthData), FramingError> {
    let mut r = Reader::new(plaintext);
    let (content, auth) = decode_content_and_auth(content_type, &mut r).map_err(FramingError::Malformed)?;
    // The length is known to the attacker, and the position of a wrong byte helps nobody.
    if r.rest().iter().fold(0, |all, byte| all | byte) != 0 {
        return Err(FramingError::NonZeroPadding);
    }
    Ok((content, auth))
}

fn decode_content_and_auth(
    content_type: ContentType,
    r: &mut Reader<'_>,
) -> Result<(Content, FramedContentAuthData), DecodeError> {
    let content = Content::decode_body(content_type, r)?;
    let auth = FramedContentAuthData::decode(content_type, r)?;
    Ok((content, auth))
}

/// A failed decryption is a verdict on the message; the rest is the provider's trouble.
fn open_error(error: CryptoError) -> FramingError {
    match error {
        CryptoError::InvalidCiphertext => FramingError::DecryptionFailed,
        error => FramingError::Crypto(error),
    }
}
