//! How a `PrivateMessage` is made: in one buffer, in which the plaintext is encrypted where it stands (RFC 9420 section
//! 6.3).

use alloc::vec::Vec;

use mls_codec::{Encode, EncodeError, encode_header, encode_opaque, header_len, opaque_len};
use mls_crypto_traits::{CryptoError, SecretBytes, Suite};

use super::auth::check_framing;
use super::sender_data::SenderDataAad;
use super::{AuthenticatedContent, FramingError, Padding, ProtocolVersion, SenderData, WireFormat};
use crate::key_schedule::SenderDataSecret;
use crate::secret_tree::MessageKey;

/// A signed content of a member, and what it is encrypted with.
pub(crate) struct Sealing<'a> {
    pub(crate) suite: Suite<'a>,
    pub(crate) content: &'a AuthenticatedContent,
    /// From the sender's ratchet.
    pub(crate) key: &'a MessageKey,
    /// Fresh randomness.
    pub(crate) reuse_guard: [u8; 4],
    pub(crate) sender_data_secret: &'a SenderDataSecret,
    pub(crate) padding: Padding,
}

impl Sealing<'_> {
    /// The encoding of the `MLSMessage`. Its errors are those of [`PrivateMessage::seal`](super::PrivateMessage::seal).
    pub(crate) fn message(&self) -> Result<Vec<u8>, FramingError> {
        self.behind(&(ProtocolVersion::MLS10, WireFormat::PrivateMessage).to_bytes()?)
    }

    /// The encoding of the `PrivateMessage`, behind `start`.
    pub(super) fn behind(&self, start: &[u8]) -> Result<Vec<u8>, FramingError> {
        let AuthenticatedContent { wire_format, content, auth } = self.content;
        if *wire_format != WireFormat::PrivateMessage {
            return Err(FramingError::WrongWireFormat);
        }
        check_framing(*wire_format, content)?;
        let sender_data = SenderData::new(content.sender, self.key.generation(), self.reuse_guard)?;
        auth.check(content.content_type())?;

        let tag_len = self.suite.aead_tag_len();
        let body_len = content.content.body_len().saturating_add(auth.len());
        let layout = Layout {
            sender_len: sender_data.encoded_len().saturating_add(tag_len),
            padded: body_len.saturating_add(self.padding.padding_len(body_len)),
            tag_len,
        };
        let head =
            SenderDataAad { group_id: &content.group_id, epoch: content.epoch, content_type: content.content_type() };
        let len = [start.len(), head.encoded_len(), opaque_len(&content.authenticated_data), layout.len()];
        let mut out = Vec::new();
        // The whole length at once: a buffer that grows leaves its old self behind.
        out.try_reserve_exact(len.into_iter().fold(0, usize::saturating_add)).map_err(|_| EncodeError::OutOfMemory)?;
        out.extend_from_slice(start);
        match self.write(&head, &sender_data, &layout, &mut out) {
            Ok(()) => Ok(out),
            Err(error) => {
                // Plaintext may stand in it.
                drop(SecretBytes::from(out));
                Err(error)
            }
        }
    }

    fn write(
        &self,
        head: &SenderDataAad<'_>,
        sender_data: &SenderData,
        layout: &Layout,
        out: &mut Vec<u8>,
    ) -> Result<(), FramingError> {
        // What each AEAD authenticates is how the message begins (RFC 9420 sections 6.3.1 and 6.3.2).
        let start = out.len();
        head.encode(out)?;
        let sender_aad = start..out.len();
        encode_opaque(&self.content.content.authenticated_data, out)?;
        let content_aad = start..out.len();

        encode_header(layout.sender_len, out)?;
        let sender_start = out.len();
        sender_data.encode(out)?;
        out.resize(sender_start.saturating_add(layout.sender_len), 0);

        encode_header(layout.text_len(), out)?;
        let text_start = out.len();
        self.write_plaintext(layout.padded, out)?;
        out.resize(out.len().saturating_add(layout.tag_len), 0);

        let (before, ciphertext) = out.split_at_mut_checked(text_start).ok_or(CryptoError::Backend)?;
        let aad = before.get(content_aad).ok_or(CryptoError::Backend)?;
        // req: R-6.3.1-07, R-6.3.1-08
        let nonce = self.key.guarded_nonce(self.reuse_guard);
        self.suite.aead_seal_in_place(self.key.key().as_bytes(), nonce.as_bytes(), aad, ciphertext)?;

        // req: R-6.3.2-02
        let sealer = self.sender_data_secret.key_and_nonce(self.suite, ciphertext)?;
        let (before, sender) = before.split_at_mut_checked(sender_start).ok_or(CryptoError::Backend)?;
        let aad = before.get(sender_aad).ok_or(CryptoError::Backend)?;
        let sender = sender.get_mut(..layout.sender_len).ok_or(CryptoError::Backend)?;
        self.suite.aead_seal_in_place(sealer.key.as_bytes(), sealer.nonce.as_bytes(), aad, sender)?;
        Ok(())
    }

    /// `PrivateMessageContent` (RFC 9420 section 6.3.1), in `padded` bytes.
    // req: R-6.3.1-01
    fn write_plaintext(&self, padded: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let end = out.len().saturating_add(padded);
        self.content.content.content.encode_body(out)?;
        self.content.auth.encode(out)?;
        // req: R-15.1-01
        out.resize(end, 0);
        Ok(())
    }
}

/// How long the parts that are encrypted are.
struct Layout {
    /// The sender data, with its tag.
    sender_len: usize,
    /// `PrivateMessageContent` with its padding.
    padded: usize,
    tag_len: usize,
}

impl Layout {
    /// The content, with its padding and its tag.
    const fn text_len(&self) -> usize {
        self.padded.saturating_add(self.tag_len)
    }

    /// Both, as vectors.
    const fn len(&self) -> usize {
        let sender = header_len(self.sender_len).saturating_add(self.sender_len);
        let text = header_len(self.text_len()).saturating_add(self.text_len());
        sender.saturating_add(text)
    }
}
