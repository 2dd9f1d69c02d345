//! Credentials (RFC 9420 section 5.3).

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, Encode, EncodeError, Reader, encode_opaque, opaque_len, open_enum};

#[cfg(test)]
mod tests;

open_enum! {
    /// The kind of a [`Credential`] (RFC 9420 section 17.5). Unknown values are kept.
    // req: R-17.5-01
    pub struct CredentialType: u16 {
        /// An application-defined identity.
        BASIC = 1,
        /// A chain of X.509 certificates.
        X509 = 2,
    }
}

/// What a member presents as its identity (RFC 9420 section 5.3).
///
/// Nothing in it is proven until the authentication service says so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// An identity whose meaning the application defines.
    Basic {
        /// The identity, opaque to the engine.
        identity: Vec<u8>,
    },
    /// A certificate chain, the end entity first.
    X509 {
        /// One DER certificate each; a valid credential has at least one.
        certificates: Vec<Certificate>,
    },
    /// A type that the engine does not know: its body is one `opaque<V>`.
    Other {
        /// Neither [`CredentialType::BASIC`] nor [`CredentialType::X509`].
        credential_type: CredentialType,
        /// The content of the body's `opaque<V>`.
        body: Vec<u8>,
    },
}

/// One entry of an X.509 chain (RFC 9420 section 5.3).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Certificate {
    /// The DER encoding.
    pub cert_data: Vec<u8>,
}

impl Credential {
    /// A basic credential over `identity`.
    pub fn basic(identity: impl Into<Vec<u8>>) -> Self {
        Self::Basic { identity: identity.into() }
    }

    /// The type that stands before the body on the wire.
    #[must_use]
    pub const fn credential_type(&self) -> CredentialType {
        match self {
            Self::Basic { .. } => CredentialType::BASIC,
            Self::X509 { .. } => CredentialType::X509,
            Self::Other { credential_type, .. } => *credential_type,
        }
    }
}

impl Encode for Credential {
    fn encoded_len(&self) -> usize {
        let body = match self {
            Self::Basic { identity: body } | Self::Other { body, .. } => opaque_len(body),
            Self::X509 { certificates } => certificates.encoded_len(),
        };
        body.saturating_add(self.credential_type().encoded_len())
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.credential_type().encode(out)?;
        match self {
            Self::Basic { identity: body } | Self::Other { body, .. } => encode_opaque(body, out),
            Self::X509 { certificates } => certificates.encode(out),
        }
    }
}

impl Decode for Credential {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match CredentialType::decode(r)? {
            // req: R-5.3-01
            CredentialType::BASIC => Self::Basic { identity: r.opaque()?.to_vec() },
            CredentialType::X509 => Self::X509 { certificates: Vec::decode(r)? },
            credential_type => Self::Other { credential_type, body: r.opaque()?.to_vec() },
        })
    }
}
