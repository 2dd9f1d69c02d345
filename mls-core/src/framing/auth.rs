//! Content authentication (RFC 9420 section 6.1).

use alloc::vec::Vec;

use mls_codec::{
    Decode, DecodeError, Encode, EncodeError, Reader, encode_header, encode_opaque, header_len, opaque_len,
};
use mls_crypto_traits::{CryptoError, SignaturePublicKey, SigningKey, Suite};

use super::{Content, ContentType, Framed, FramedContent, FramingError, ProtocolVersion, Sender, WireFormat};

pub(super) const SIGNATURE_LABEL: &[u8] = b"FramedContentTBS";

/// What authenticates a content (RFC 9420 section 6.1).
///
/// It has no codec of its own, since on the wire the content's type says whether there is a
/// confirmation tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramedContentAuthData {
    /// Over the content, its wire format and, for most senders, the group context.
    pub signature: Vec<u8>,
    /// On a Commit, and only there: the MAC over the new transcript hash.
    pub confirmation_tag: Option<Vec<u8>>,
}

/// Content with what authenticates it (RFC 9420 section 6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatedContent {
    /// The framing that the content was signed for.
    pub wire_format: WireFormat,
    /// The content.
    pub content: FramedContent,
    /// What authenticates it.
    pub auth: FramedContentAuthData,
}

impl FramedContentAuthData {
    /// Checks that there is a confirmation tag exactly if the content is a Commit.
    pub(super) fn check(&self, content_type: ContentType) -> Result<(), FramingError> {
        match (content_type, &self.confirmation_tag) {
            (ContentType::Commit, None) => Err(FramingError::MissingConfirmationTag),
            (ContentType::Application | ContentType::Proposal, Some(_)) => Err(FramingError::UnexpectedConfirmationTag),
            _ => Ok(()),
        }
    }

    pub(super) fn len(&self) -> usize {
        let tag = self.confirmation_tag.as_ref().map_or(0, |tag| opaque_len(tag));
        opaque_len(&self.signature).saturating_add(tag)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        encode_opaque(&self.signature, out)?;
        self.confirmation_tag.as_ref().map_or(Ok(()), |tag| encode_opaque(tag, out))
    }

    // req: R-6.1-14
    pub(super) fn decode(content_type: ContentType, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let signature = r.opaque()?.to_vec();
        let confirmation_tag = match content_type {
            ContentType::Commit => Some(r.opaque()?.to_vec()),
            ContentType::Application | ContentType::Proposal => None,
        };
        Ok(Self { signature, confirmation_tag })
    }
}

impl AuthenticatedContent {
    /// Signs `content` for `wire_format`. A Commit then still lacks its confirmation tag: set
    /// `auth.confirmation_tag` once the transcript hash is known.
    ///
    /// `context` is the encoded group context of the content's epoch; senders of type `external`
    /// and `new_member_proposal` do not sign over it.
    ///
    /// # Errors
    /// [`FramingError::ApplicationDataInPublicMessage`],
    /// [`FramingError::NonMemberInPrivateMessage`], [`FramingError::WrongWireFormat`], those of
    /// [`FramedContent::check_sender`], [`FramingError::MissingGroupContext`]; the signing key's.
    pub fn sign(
        suite: Suite<'_>,
        key: &dyn SigningKey,
        wire_format: WireFormat,
        content: FramedContent,
        context: Option<&[u8]>,
    ) -> Result<Self, FramingError> {
        Framed::sign(suite, key, wire_format, content, context).map(Framed::into_content)
    }

    /// Verifies the signature under `key`, which the sender's type selects; `context` as for
    /// [`Self::sign`].
    ///
    /// # Errors
    /// [`FramingError::WrongSignature`], [`FramingError::MissingGroupContext`].
    ///
    /// # Security
    /// A Commit is authentic only when its confirmation tag verifies too.
    // req: R-6.1-12, R-6.1-17, R-6.2-04, R-6.3.1-11
    pub fn verify_signature(
        &self,
        suite: Suite<'_>,
        key: &SignaturePublicKey,
        context: Option<&[u8]>,
    ) -> Result<(), FramingError> {
        let context = context_of(self.content.sender, context)?;
        let (head, data) = tbs_head(self.wire_format, &self.content)?;
        verify_tbs(suite, key, &[&head, data, context], &self.auth.signature)
    }
}

/// Verifies the signature over a `FramedContentTBS`.
pub(super) fn verify_tbs(
    suite: Suite<'_>,
    key: &SignaturePublicKey,
    tbs: &[&[u8]],
    signature: &[u8],
) -> Result<(), FramingError> {
    suite.verify_with_label(key, SIGNATURE_LABEL, tbs, signature).map_err(|error| match error {
        CryptoError::InvalidSignature => FramingError::WrongSignature,
        error => FramingError::Crypto(error),
    })
}

/// The part of `FramedContentTBS` before the group context (RFC 9420 section 6.1), and behind it application data,
/// which is not copied.
pub(super) fn tbs_head(wire_format: WireFormat, content: &FramedContent) -> Result<(Vec<u8>, &[u8]), EncodeError> {
    let Content::Application(data) = &content.content else {
        return Ok(((ProtocolVersion::MLS10, wire_format, content).to_bytes()?, &[]));
    };
    let FramedContent { group_id, epoch, sender, authenticated_data, content: _ } = content;
    let framed = (group_id, epoch, sender, authenticated_data);
    let before = (ProtocolVersion::MLS10, wire_format, framed, ContentType::Application);
    let mut head = Vec::with_capacity(before.encoded_len().saturating_add(header_len(data.len())));
    before.encode(&mut head)?;
    encode_header(data.len(), &mut head)?;
    Ok((head, data))
}

/// The part of `FramedContentTBS` after the content: the group context, for those senders that
/// know it (RFC 9420 section 6.1).
// req: R-6.1-01
pub(super) fn context_of(sender: Sender, context: Option<&[u8]>) -> Result<&[u8], FramingError> {
    match sender {
        Sender::Member(_) | Sender::NewMemberCommit => context.ok_or(FramingError::MissingGroupContext),
        Sender::External(_) | Sender::NewMemberProposal => Ok(&[]),
    }
}

/// Checks that `content` may be framed so, and may come from its sender (RFC 9420 sections 6 and
/// 6.1).
pub(super) fn check_framing(wire_format: WireFormat, content: &FramedContent) -> Result<(), FramingError> {
    match (wire_format, &content.content, content.sender) {
        // req: R-6-01, R-6-02
        (WireFormat::PublicMessage, Content::Application(_), _) => {
            return Err(FramingError::ApplicationDataInPublicMessage);
        }
        (WireFormat::PublicMessage, _, _) | (WireFormat::PrivateMessage, _, Sender::Member(_)) => {}
        // req: R-6-08
        (WireFormat::PrivateMessage, ..) => return Err(FramingError::NonMemberInPrivateMessage),
        (WireFormat::Welcome | WireFormat::GroupInfo | WireFormat::KeyPackage, ..) => {
            return Err(FramingError::WrongWireFormat);
        }
    }
    content.check_sender()
}

impl Encode for AuthenticatedContent {
    fn encoded_len(&self) -> usize {
        (self.wire_format, &self.content).encoded_len().saturating_add(self.auth.len())
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        (self.wire_format, &self.content).encode(out)?;
        self.auth.encode(out)
    }
}

impl Decode for AuthenticatedContent {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let wire_format = WireFormat::decode(r)?;
        let content = FramedContent::decode(r)?;
        let auth = FramedContentAuthData::decode(content.content_type(), r)?;
        Ok(Self { wire_format, content, auth })
    }
}
