//! Messages in the clear (RFC 9420 section 6.2).

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, Encode, EncodeError, Reader, encode_opaque, opaque_len};
use mls_crypto_traits::Suite;

use super::auth::{check_framing, context_of, tbs_head};
use super::{AuthenticatedContent, FramedContent, FramedContentAuthData, FramingError, Sender, WireFormat};
use crate::key_schedule::MembershipKey;

/// A signed message in the clear (RFC 9420 section 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicMessage {
    /// The content.
    pub content: FramedContent,
    /// What authenticates it.
    pub auth: FramedContentAuthData,
    /// Of a member, and only there: proves that the sender knows the epoch's secrets.
    pub membership_tag: Option<Vec<u8>>,
}

impl PublicMessage {
    /// Frames a signed content, with a membership tag if a member sends it.
    ///
    /// `membership_key` and `context`, the encoded group context, are those of the content's epoch.
    ///
    /// # Errors
    /// [`FramingError::WrongWireFormat`], [`FramingError::ApplicationDataInPublicMessage`],
    /// [`FramingError::MissingConfirmationTag`], [`FramingError::UnexpectedConfirmationTag`],
    /// those of [`FramedContent::check_sender`], [`FramingError::MissingMembershipKey`],
    /// [`FramingError::MissingGroupContext`].
    pub fn protect(
        suite: Suite<'_>,
        content: AuthenticatedContent,
        membership_key: Option<&MembershipKey>,
        context: Option<&[u8]>,
    ) -> Result<Self, FramingError> {
        // Application data, which stands apart, is refused.
        let (head, _) = tbs_head(content.wire_format, &content.content)?;
        Self::protect_as(suite, content, &head, membership_key, context)
    }

    /// [`Self::protect`], where `head` is how the content's `FramedContentTBS` begins.
    pub(super) fn protect_as(
        suite: Suite<'_>,
        content: AuthenticatedContent,
        head: &[u8],
        membership_key: Option<&MembershipKey>,
        context: Option<&[u8]>,
    ) -> Result<Self, FramingError> {
        if content.wire_format != WireFormat::PublicMessage {
            return Err(FramingError::WrongWireFormat);
        }
        let AuthenticatedContent { wire_format: _, content, auth } = content;
        let mut message = Self { content, auth, membership_tag: None };
        message.check_form()?;
        if let Sender::Member(_) = message.content.sender {
            let key = membership_key.ok_or(FramingError::MissingMembershipKey)?;
            let tbm = message.tbm(head, context)?;
            // req: R-6.2-01
            let tag = suite.mac(key.as_bytes(), &tbm.parts())?;
            message.membership_tag = Some(tag.as_bytes().to_vec());
        }
        Ok(message)
    }

    /// Content type and sender go together, and with what authenticates them.
    pub(super) fn check_form(&self) -> Result<(), FramingError> {
        check_framing(WireFormat::PublicMessage, &self.content)?;
        self.auth.check(self.content.content_type())
    }

    /// Checks content type, sender and membership tag, and yields the signed content.
    ///
    /// Arguments as for [`Self::protect`].
    ///
    /// # Errors
    /// [`FramingError::ApplicationDataInPublicMessage`], those of [`FramedContent::check_sender`],
    /// [`FramingError::MissingMembershipTag`], [`FramingError::UnexpectedMembershipTag`],
    /// [`FramingError::WrongMembershipTag`], [`FramingError::MissingMembershipKey`],
    /// [`FramingError::MissingGroupContext`].
    ///
    /// # Security
    /// The signature is not verified yet: [`AuthenticatedContent::verify_signature`].
    pub fn unprotect(
        self,
        suite: Suite<'_>,
        membership_key: Option<&MembershipKey>,
        context: Option<&[u8]>,
    ) -> Result<AuthenticatedContent, FramingError> {
        self.check_form()?;
        let (head, _) = tbs_head(WireFormat::PublicMessage, &self.content)?;
        self.check_membership(suite, &head, membership_key, context)?;
        Ok(self.into_content_unchecked())
    }

    /// Whether the membership tag is right, and is there exactly if a member sends; `head` is how the content's
    /// `FramedContentTBS` begins.
    pub(super) fn check_membership(
        &self,
        suite: Suite<'_>,
        head: &[u8],
        membership_key: Option<&MembershipKey>,
        context: Option<&[u8]>,
    ) -> Result<(), FramingError> {
        match (self.content.sender, &self.membership_tag) {
            (Sender::Member(_), None) => Err(FramingError::MissingMembershipTag),
            (Sender::Member(_), Some(tag)) => {
                let key = membership_key.ok_or(FramingError::MissingMembershipKey)?;
                // req: R-6.2-03
                if !suite.verify_mac(key.as_bytes(), &self.tbm(head, context)?.parts(), tag)? {
                    return Err(FramingError::WrongMembershipTag);
                }
                Ok(())
            }
            (_, None) => Ok(()),
            (_, Some(_)) => Err(FramingError::UnexpectedMembershipTag),
        }
    }

    /// Checks content type, sender, and that a membership tag is there where one must be, and yields the signed
    /// content: for those that hold no membership key.
    ///
    /// # Errors
    /// Those of [`Self::unprotect`] that do not take the key.
    ///
    /// # Security
    /// The membership tag is not verified, nor yet the signature: [`AuthenticatedContent::verify_signature`].
    pub fn without_membership(self) -> Result<AuthenticatedContent, FramingError> {
        self.check_form()?;
        match (self.content.sender, &self.membership_tag) {
            (Sender::Member(_), None) => Err(FramingError::MissingMembershipTag),
            (Sender::Member(_), Some(_)) | (_, None) => Ok(self.into_content_unchecked()),
            // req: R-6.2-02
            (_, Some(_)) => Err(FramingError::UnexpectedMembershipTag),
        }
    }

    /// The content as signed, with no check at all: for those that hold no membership key, such as
    /// a delivery service or an external joiner.
    ///
    /// # Security
    /// Nothing shows that a member sent this. Verify the signature at least.
    #[must_use]
    pub fn into_content_unchecked(self) -> AuthenticatedContent {
        let Self { content, auth, membership_tag: _ } = self;
        AuthenticatedContent { wire_format: WireFormat::PublicMessage, content, auth }
    }

    fn tbm<'a>(
        &self,
        tbs_head: &'a [u8],
        context: Option<&'a [u8]>,
    ) -> Result<AuthenticatedContentTbm<'a>, FramingError> {
        let context = context_of(self.content.sender, context)?;
        let mut auth = Vec::with_capacity(self.auth.len());
        self.auth.encode(&mut auth)?;
        Ok(AuthenticatedContentTbm { tbs_head, context, auth })
    }
}

/// What the membership tag covers: `FramedContentTBS`, then the auth data (RFC 9420 section 6.2).
struct AuthenticatedContentTbm<'a> {
    tbs_head: &'a [u8],
    context: &'a [u8],
    auth: Vec<u8>,
}

impl AuthenticatedContentTbm<'_> {
    fn parts(&self) -> [&[u8]; 3] {
        [self.tbs_head, self.context, &self.auth]
    }
}

impl Encode for PublicMessage {
    fn encoded_len(&self) -> usize {
        let tag = self.membership_tag.as_ref().map_or(0, |tag| opaque_len(tag));
        self.content.encoded_len().saturating_add(self.auth.len()).saturating_add(tag)
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.content.encode(out)?;
        self.auth.encode(out)?;
        self.membership_tag.as_ref().map_or(Ok(()), |tag| encode_opaque(tag, out))
    }
}

impl Decode for PublicMessage {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let content = FramedContent::decode(r)?;
        let auth = FramedContentAuthData::decode(content.content_type(), r)?;
        let membership_tag = match content.sender {
            Sender::Member(_) => Some(r.opaque()?.to_vec()),
            Sender::External(_) | Sender::NewMemberProposal | Sender::NewMemberCommit => None,
        };
        Ok(Self { content, auth, membership_tag })
    }
}
