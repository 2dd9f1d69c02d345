//! The groups of the Diffie-Hellman KEMs (RFC 9180 section 7.1).

/// A group of a Diffie-Hellman KEM; lengths are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DhCurve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// X25519 (RFC 7748).
    X25519,
    /// X448 (RFC 7748).
    X448,
}

impl DhCurve {
    /// The HPKE identifier of DHKEM over this group with the hash that RFC 9180 gives it.
    #[must_use]
    pub const fn kem_id(self) -> u16 {
        match self {
            Self::P256 => 0x0010,
            Self::P384 => 0x0011,
            Self::P521 => 0x0012,
            Self::X25519 => 0x0020,
            Self::X448 => 0x0021,
        }
    }

    /// `Npk` and `Nenc`: bytes of a serialised public key.
    #[must_use]
    pub const fn public_key_len(self) -> usize {
        match self {
            Self::P256 => 65,
            Self::P384 => 97,
            Self::P521 => 133,
            Self::X25519 => 32,
            Self::X448 => 56,
        }
    }

    /// `Nsk`: bytes of a serialised private key.
    #[must_use]
    pub const fn private_key_len(self) -> usize {
        match self {
            Self::P256 | Self::X25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
            Self::X448 => 56,
        }
    }

    /// `Ndh`: bytes of a Diffie-Hellman result (the X coordinate on the NIST curves).
    #[must_use]
    pub const fn shared_point_len(self) -> usize {
        self.private_key_len()
    }

    /// `Nsecret`: bytes of a shared secret.
    #[must_use]
    pub const fn shared_secret_len(self) -> usize {
        match self {
            Self::P256 | Self::X25519 => 32,
            Self::P384 => 48,
            Self::P521 | Self::X448 => 64,
        }
    }
}
