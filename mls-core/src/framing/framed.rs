//! Content that is encoded once (RFC 9420 sections 6.1, 6.2 and 8.2).

use alloc::vec::Vec;
use core::fmt;

use mls_codec::{EncodeError, encode_opaque, opaque_len};
use mls_crypto_traits::{CryptoError, Digest, SignaturePublicKey, SigningKey, Suite};

use super::auth::{SIGNATURE_LABEL, check_framing, context_of, tbs_head, verify_tbs};
use super::{
    AuthenticatedContent, Content, FramedContent, FramedContentAuthData, FramingError, PublicMessage, WireFormat,
};
use crate::key_schedule::MembershipKey;

/// Content beside its encoding, which is signed, authenticated, hashed and sent alike.
pub(crate) struct Framed {
    content: AuthenticatedContent,
    /// Version, wire format and content: how `FramedContentTBS` begins, and an `MLSMessage` with a `PublicMessage`.
    /// Application data, which is only signed, is not copied into it.
    head: Vec<u8>,
}

/// The version at the beginning, which the transcript does not cover.
const VERSION_LEN: usize = 2;

impl Framed {
    pub(crate) fn new(content: AuthenticatedContent) -> Result<Self, EncodeError> {
        let (head, _) = tbs_head(content.wire_format, &content.content)?;
        Ok(Self { content, head })
    }

    /// [`AuthenticatedContent::sign`].
    pub(crate) fn sign(
        suite: Suite<'_>,
        key: &dyn SigningKey,
        wire_format: WireFormat,
        content: FramedContent,
        context: Option<&[u8]>,
    ) -> Result<Self, FramingError> {
        check_framing(wire_format, &content)?;
        let context = context_of(content.sender, context)?;
        let auth = FramedContentAuthData { signature: Vec::new(), confirmation_tag: None };
        let mut framed = Self::new(AuthenticatedContent { wire_format, content, auth })?;
        // req: R-6.1-01, R-6.1-02, R-17.6-01
        framed.content.auth.signature = suite.sign_with_label(key, SIGNATURE_LABEL, &framed.tbs(context))?;
        Ok(framed)
    }

    /// `FramedContentTBS`, in parts (section 6.1).
    fn tbs<'a>(&'a self, context: &'a [u8]) -> [&'a [u8]; 3] {
        let data = match &self.content.content.content {
            Content::Application(data) => data.as_slice(),
            Content::Proposal(_) | Content::Commit(_) => &[],
        };
        [&self.head, data, context]
    }

    pub(crate) const fn content(&self) -> &AuthenticatedContent {
        &self.content
    }

    pub(crate) fn into_content(self) -> AuthenticatedContent {
        self.content
    }

    /// Completes a commit.
    pub(crate) fn set_confirmation_tag(&mut self, tag: Vec<u8>) {
        self.content.auth.confirmation_tag = Some(tag);
    }

    /// [`AuthenticatedContent::verify_signature`].
    pub(crate) fn verify_signature(
        &self,
        suite: Suite<'_>,
        key: &SignaturePublicKey,
        context: Option<&[u8]>,
    ) -> Result<(), FramingError> {
        let context = context_of(self.content.content.sender, context)?;
        verify_tbs(suite, key, &self.tbs(context), &self.content.auth.signature)
    }

    /// The confirmed transcript hash after this Commit (section 8.2).
    pub(crate) fn confirmed_transcript_hash(&self, suite: Suite<'_>, interim: &[u8]) -> Result<Digest, CryptoError> {
        let signature = &self.content.auth.signature;
        let mut signed = Vec::with_capacity(opaque_len(signature));
        encode_opaque(signature, &mut signed)?;
        let unversioned = self.head.get(VERSION_LEN..).unwrap_or_default();
        // req: R-8.2-02
        suite.hash(&[interim, unversioned, &signed])
    }

    /// [`PublicMessage::protect`], and the `MLSMessage` with it, encoded.
    pub(crate) fn protect_public(
        self,
        suite: Suite<'_>,
        key: Option<&MembershipKey>,
        context: Option<&[u8]>,
    ) -> Result<Vec<u8>, FramingError> {
        let Self { content, head } = self;
        let message = PublicMessage::protect_as(suite, content, &head, key, context)?;
        let tag_len = message.membership_tag.as_ref().map_or(0, |tag| opaque_len(tag));
        let len = head.len().saturating_add(message.auth.len()).saturating_add(tag_len);
        let mut out = head;
        out.reserve_exact(len.saturating_sub(out.len()));
        message.auth.encode(&mut out)?;
        if let Some(tag) = &message.membership_tag {
            encode_opaque(tag, &mut out)?;
        }
        Ok(out)
    }

    /// [`PublicMessage::unprotect`].
    pub(crate) fn unprotect_public(
        message: &PublicMessage,
        suite: Suite<'_>,
        key: Option<&MembershipKey>,
        context: Option<&[u8]>,
    ) -> Result<Self, FramingError> {
        message.check_form()?;
        let framed = Self::new(message.clone().into_content_unchecked())?;
        message.check_membership(suite, &framed.head, key, context)?;
        Ok(framed)
    }
}

impl fmt::Debug for Framed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { content, head: _ } = self;
        content.fmt(f)
    }
}
