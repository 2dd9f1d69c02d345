//! Basic credentials taken at their word.

use mls_core::credential::Credential;
use mls_core::identity::{CredentialCheck, IdentityError, IdentityErrorKind, IdentityProvider, MemberId};

/// Accepts every basic credential (RFC 9420 section 5.3) and takes its identity for the member.
///
/// A credential may be followed only by one with the same identity. Each client is to have an identity of its own, the
/// devices of one person too: see [`MemberId`].
///
/// # Security
/// Nothing proves a basic credential: whoever adds members vouches for them. It suits tests, and applications that
/// check the signature keys themselves.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct BasicIdentity;

impl BasicIdentity {
    /// The provider.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl IdentityProvider for BasicIdentity {
    fn validate(&self, check: &CredentialCheck) -> Result<MemberId, IdentityError> {
        let Credential::Basic { identity } = &check.credential else {
            return Err(IdentityError::new(IdentityErrorKind::Rejected));
        };
        match &check.predecessor {
            // req: R-5.3.1-08
            Some((before, _)) if *before != check.credential => Err(IdentityError::new(IdentityErrorKind::Rejected)),
            _ => Ok(MemberId(identity.clone())),
        }
    }
}
