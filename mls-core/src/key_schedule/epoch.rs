//! The chain from init secret to epoch secrets (RFC 9420 section 8, figure 22).

use core::{borrow::Borrow, fmt};

use mls_crypto_traits::{CryptoError, Expansion, SecretBytes, Suite};

use super::{
    CommitSecret, ConfirmationKey, EncryptionSecret, EpochAuthenticator, EpochSecret, ExporterSecret, ExternalSecret,
    InitSecret, JoinerSecret, MembershipKey, PskSecret, ResumptionPsk, SenderDataSecret, WelcomeSecret,
};

impl JoinerSecret {
    /// The joiner secret of the epoch that a Commit starts.
    ///
    /// `group_context` is the encoded `GroupContext` of the *new* epoch. The init secret is the old epoch's, by
    /// value where it ends here, or by reference where the Commit may still be dropped.
    ///
    /// # Errors
    /// Whatever the backend's HKDF fails with.
    // req: R-8-03
    pub fn derive(
        suite: Suite<'_>,
        init_secret: impl Borrow<InitSecret>,
        commit_secret: &CommitSecret,
        group_context: &[u8],
    ) -> Result<Self, CryptoError> {
        let mixed = suite.extract(init_secret.borrow().as_bytes(), commit_secret.as_bytes())?;
        suite.expand_with_label(mixed.as_bytes(), b"joiner", group_context, suite.hash_len()).map(Self::from_bytes)
    }

    /// Mixes the pre-shared keys in.
    ///
    /// The joiner secret stays, since a committer encrypts it to new members after the epoch is entered.
    ///
    /// # Errors
    /// Whatever the backend's HKDF fails with.
    pub fn mix_psk(&self, suite: Suite<'_>, psk_secret: &PskSecret) -> Result<Intermediate, CryptoError> {
        suite.extract(self.as_bytes(), psk_secret.as_bytes()).map(Intermediate)
    }
}

/// The secret between joiner and epoch secret (RFC 9420 section 8); it has no name there.
pub struct Intermediate(SecretBytes);

impl Intermediate {
    /// The secret that seals the GroupInfo for new members (RFC 9420 section 12.4.3.1).
    ///
    /// # Errors
    /// Whatever the backend's HKDF fails with.
    // req: R-8-04
    pub fn welcome_secret(&self, suite: Suite<'_>) -> Result<WelcomeSecret, CryptoError> {
        suite.derive_secret(self.0.as_bytes(), b"welcome").map(WelcomeSecret::from_bytes)
    }

    /// The secrets of the new epoch. `group_context` is the encoded `GroupContext` of the new epoch.
    ///
    /// # Errors
    /// Whatever the backend's HKDF fails with.
    // req: R-8-05
    pub fn enter_epoch(self, suite: Suite<'_>, group_context: &[u8]) -> Result<EpochSecrets, CryptoError> {
        let epoch_secret = suite.expand_with_label(self.0.as_bytes(), b"epoch", group_context, suite.hash_len())?;
        EpochSecrets::from_epoch_secret(suite, EpochSecret::from_bytes(epoch_secret))
    }
}

impl fmt::Debug for Intermediate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Intermediate(..)")
    }
}

/// The secrets of one epoch (RFC 9420 section 8, table 4), each to be moved to where it is used.
#[derive(Debug)]
#[non_exhaustive]
pub struct EpochSecrets {
    /// Protects the sender of a `PrivateMessage` (section 6.3.2).
    pub sender_data: SenderDataSecret,
    /// Root of the secret tree (section 9).
    pub encryption: EncryptionSecret,
    /// What exported secrets come from (section 8.5).
    pub exporter: ExporterSecret,
    /// What the external key pair comes from (section 8.3).
    pub external: ExternalSecret,
    /// MAC key of confirmation tags (section 6.1).
    pub confirmation_key: ConfirmationKey,
    /// MAC key of membership tags (section 6.2).
    pub membership_key: MembershipKey,
    /// Pre-shared key for later epochs and successors (section 8.6).
    pub resumption_psk: ResumptionPsk,
    /// What members compare (section 8.7).
    pub epoch_authenticator: EpochAuthenticator,
    /// What the next epoch starts from.
    pub init: InitSecret,
}

impl EpochSecrets {
    /// The secrets of the epoch that has this epoch secret; a group's creator draws it at random (RFC 9420
    /// section 11).
    ///
    /// # Errors
    /// Whatever the backend's HKDF fails with.
    // req: R-8-06
    // req: R-8.7-01
    pub fn from_epoch_secret(suite: Suite<'_>, epoch_secret: EpochSecret) -> Result<Self, CryptoError> {
        const LABELS: [&[u8]; 9] = [
            b"sender data",
            b"encryption",
            b"exporter",
            b"external",
            b"confirm",
            b"membership",
            b"resumption",
            b"authentication",
            b"init",
        ];
        let mut secrets = LABELS.map(|_| SecretBytes::zeros(suite.hash_len()));
        let mut outputs = secrets.iter_mut();
        let expansions = LABELS.map(|label| {
            let out = outputs.next().map(SecretBytes::as_mut_bytes).unwrap_or_default();
            Expansion { label, context: b"", out }
        });
        suite.expand_each(epoch_secret.as_bytes(), expansions)?;
        let [sender_data, encryption, exporter, external, confirm, membership, resumption, authentication, init] =
            secrets;
        Ok(Self {
            sender_data: SenderDataSecret::from_bytes(sender_data),
            encryption: EncryptionSecret::from_bytes(encryption),
            exporter: ExporterSecret::from_bytes(exporter),
            external: ExternalSecret::from_bytes(external),
            confirmation_key: ConfirmationKey::from_bytes(confirm),
            membership_key: MembershipKey::from_bytes(membership),
            resumption_psk: ResumptionPsk::from_bytes(resumption),
            epoch_authenticator: EpochAuthenticator::from_bytes(authentication),
            init: InitSecret::from_bytes(init),
        })
    }
}
