//! One type for each secret of the key schedule (RFC 9420 section 8).

use mls_crypto_traits::{SecretBytes, Suite};

/// Declares newtypes over [`SecretBytes`]: wiped on drop, redacted in `Debug`, no `Clone`, no comparison,
/// no wire encoding.
macro_rules! secret_types {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        pub struct $name(::mls_crypto_traits::SecretBytes);

        impl $name {
            /// Takes over a secret that was derived before, as storage gives it back.
            #[must_use]
            pub fn from_bytes(secret: ::mls_crypto_traits::SecretBytes) -> Self {
                Self(secret)
            }

            /// The secret's bytes.
            ///
            /// # Security
            /// A copy made of them is the caller's to wipe.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl ::core::fmt::Debug for $name {
            // req: R-2-01
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let Self(_) = self;
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}
pub(crate) use secret_types;

secret_types! {
    /// What an epoch hands to the next one: `init_secret`, `KDF.Nh` bytes (RFC 9420 section 8).
    InitSecret;
    /// The entropy of a Commit's path: `commit_secret`, `KDF.Nh` bytes (RFC 9420 section 7.4).
    CommitSecret;
    /// What a Welcome gives a new member: `joiner_secret`, `KDF.Nh` bytes (RFC 9420 section 8).
    JoinerSecret;
    /// The pre-shared keys of a Commit, combined: `psk_secret`, `KDF.Nh` bytes (RFC 9420 section 8.4).
    PskSecret;
    /// What a Welcome's GroupInfo is sealed under: `welcome_secret`, `KDF.Nh` bytes (RFC 9420 section 12.4.3.1).
    WelcomeSecret;
    /// What all secrets of an epoch come from: `epoch_secret`, `KDF.Nh` bytes (RFC 9420 section 8).
    EpochSecret;
    /// What protects the sender of a `PrivateMessage`: `sender_data_secret`, `KDF.Nh` bytes (RFC 9420 section 6.3.2).
    SenderDataSecret;
    /// The root of the secret tree: `encryption_secret`, `KDF.Nh` bytes (RFC 9420 section 9).
    EncryptionSecret;
    /// What exported secrets come from: `exporter_secret`, `KDF.Nh` bytes (RFC 9420 section 8.5).
    ExporterSecret;
    /// What the group's external key pair comes from: `external_secret`, `KDF.Nh` bytes (RFC 9420 section 8.3).
    ExternalSecret;
    /// The MAC key that confirms a Commit: `confirmation_key`, `KDF.Nh` bytes (RFC 9420 section 6.1).
    ConfirmationKey;
    /// The MAC key of members' `PublicMessage`s: `membership_key`, `KDF.Nh` bytes (RFC 9420 section 6.2).
    MembershipKey;
    /// A pre-shared key for later epochs and successor groups: `resumption_psk`, `KDF.Nh` bytes (RFC 9420 section 8.6).
    ResumptionPsk;
    /// A value that members compare to see that they are in the same epoch: `epoch_authenticator`, `KDF.Nh` bytes
    /// (RFC 9420 section 8.7). No secret to members; nobody else should see it.
    EpochAuthenticator;
}

impl CommitSecret {
    /// The commit secret of a Commit without a path: `KDF.Nh` zero bytes (RFC 9420 section 8).
    // req: R-8-07
    #[must_use]
    pub fn zeros(suite: Suite<'_>) -> Self {
        Self(SecretBytes::zeros(suite.hash_len()))
    }
}

impl PskSecret {
    /// The PSK secret where there are no pre-shared keys: `KDF.Nh` zero bytes (RFC 9420 section 8).
    // req: R-8-07
    #[must_use]
    pub fn zeros(suite: Suite<'_>) -> Self {
        Self(SecretBytes::zeros(suite.hash_len()))
    }
}

impl ResumptionPsk {
    /// A second copy, which outlives its epoch under the bound on past resumption PSKs.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }

    /// The secret itself, where it becomes the value of a pre-shared key.
    pub(crate) fn into_secret(self) -> SecretBytes {
        self.0
    }
}

impl EpochAuthenticator {
    /// A second copy, which a retained epoch keeps.
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }
}

impl EncryptionSecret {
    /// The secret itself, where it becomes the root of the secret tree.
    pub(crate) fn into_secret(self) -> SecretBytes {
        self.0
    }
}

impl SenderDataSecret {
    /// A second copy, which a retained epoch keeps.
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }
}
