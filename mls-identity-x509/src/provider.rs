//! The authentication service.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use mls_core::credential::Credential;
use mls_core::env::UnixTime;
use mls_core::identity::{
    AsyncIdentityProvider, CredentialCheck, CredentialEvent, IdentityError, IdentityProvider, MemberId,
};
use mls_core::storage::BoxFuture;
use mls_crypto_traits::{CryptoProvider, SignaturePublicKey};

use crate::algorithms::Algorithms;
use crate::anchors::TrustAnchors;
use crate::chain::Chain;
use crate::error::{ConfigError, X509Error};
use crate::identity::IdentitySource;
use crate::memo::Memo;
use crate::options::{ExtendedKeyUsage, Limits, Pin, SuccessorRule};
use crate::path;
use crate::read::Read;
use crate::revocation::{Revocation, RevocationSource};

/// An authentication service for X.509 credentials (RFC 9420 section 5.3).
///
/// It holds no state but the memory of verified signatures; the time comes with each question. Cloning shares it.
///
/// # Security
/// Whoever can have a certificate issued below one of the trust anchors can be the member that it names. Where the
/// anchors are used for other things too, demand an [`ExtendedKeyUsage`] or [pin](Pin) an issuer.
#[derive(Clone, Debug)]
pub struct X509Identity(pub(crate) Arc<Settings>);

/// Puts an [`X509Identity`] together: [`X509Identity::builder`] starts one.
#[must_use = "a builder does nothing until it is built"]
pub struct X509IdentityBuilder {
    crypto: Arc<dyn CryptoProvider>,
    anchors: TrustAnchors,
    intermediates: Vec<Vec<u8>>,
    identity: IdentitySource,
    extended_key_usage: ExtendedKeyUsage,
    revocation: Revocation,
    source: Option<Arc<dyn RevocationSource>>,
    successor: SuccessorRule,
    pins: Vec<Pin>,
    limits: Limits,
}

/// What an [`X509Identity`] is made of.
pub(crate) struct Settings {
    pub(crate) algorithms: Algorithms,
    pub(crate) anchors: TrustAnchors,
    pub(crate) intermediates: Vec<Vec<u8>>,
    identity: IdentitySource,
    pub(crate) extended_key_usage: ExtendedKeyUsage,
    pub(crate) revocation: Revocation,
    pub(crate) source: Option<Arc<dyn RevocationSource>>,
    successor: SuccessorRule,
    pub(crate) pins: Vec<Pin>,
    limits: Limits,
}

impl X509Identity {
    /// Starts a provider that trusts `anchors` and verifies with what `crypto` has.
    pub fn builder(crypto: Arc<dyn CryptoProvider>, anchors: TrustAnchors) -> X509IdentityBuilder {
        X509IdentityBuilder {
            crypto,
            anchors,
            intermediates: Vec::new(),
            identity: IdentitySource::Uri,
            extended_key_usage: ExtendedKeyUsage::default(),
            revocation: Revocation::default(),
            source: None,
            successor: SuccessorRule::default(),
            pins: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// Validates a credential for `signature_key` at `now`, and names its member.
    ///
    /// # Errors
    /// An [`X509Error`].
    pub fn verify(
        &self,
        credential: &Credential,
        signature_key: &SignaturePublicKey,
        now: UnixTime,
    ) -> Result<MemberId, X509Error> {
        Ok(self.verified(credential, signature_key, now)?.0)
    }

    /// Checks that a credential of ours, say one just issued, will be accepted after `predecessor`.
    ///
    /// # Errors
    /// An [`X509Error`].
    pub fn verify_successor(
        &self,
        credential: &Credential,
        signature_key: &SignaturePublicKey,
        predecessor: (&Credential, &SignaturePublicKey),
        now: UnixTime,
    ) -> Result<MemberId, X509Error> {
        // req: R-5.3.1-08, R-5.3.2-01
        let (member, anchor) = self.verified(credential, signature_key, now)?;
        let settings = &*self.0;
        let (before, key_before) = predecessor;
        let invalid = |_| X509Error::PredecessorInvalid;
        let chain = Chain::read(before, &settings.limits).map_err(invalid)?;
        if settings.identity.of(&chain.end_entity).map_err(invalid)? != member {
            return Err(X509Error::IdentityChanged);
        }
        if !settings.successor.new_key && key_before != signature_key {
            return Err(X509Error::KeyChanged);
        }
        if settings.successor.same_anchor {
            // It was good when it came in and may have expired or been revoked since: a time when it was good.
            let then = UnixTime(now.0.min(chain.earliest_end()));
            let before = path::verify_unrevoked(settings, &chain, then).map_err(invalid)?;
            if before != anchor {
                return Err(X509Error::AnchorChanged);
            }
        }
        Ok(member)
    }

    fn verified(
        &self,
        credential: &Credential,
        signature_key: &SignaturePublicKey,
        now: UnixTime,
    ) -> Result<(MemberId, path::AnchorId), X509Error> {
        let settings = &*self.0;
        let chain = Chain::read(credential, &settings.limits)?;
        chain.check_end_entity(signature_key.as_bytes())?;
        settings.extended_key_usage.check_end_entity(&chain.end_entity)?;
        let lists = settings.source.as_ref().map(|source| source.lists());
        let anchor = path::verify(settings, &chain, now, lists.as_deref())?;
        Ok((settings.identity.of(&chain.end_entity)?, anchor))
    }

    /// Names the member of a credential that was good when it came in, and may have expired or been revoked since.
    fn name(&self, credential: &Credential, now: UnixTime) -> Result<MemberId, X509Error> {
        let settings = &*self.0;
        let chain = Chain::read(credential, &settings.limits)?;
        path::verify_unrevoked(settings, &chain, UnixTime(now.0.min(chain.earliest_end())))?;
        settings.identity.of(&chain.end_entity)
    }

    fn answer(&self, check: &CredentialCheck) -> Result<MemberId, X509Error> {
        match &check.predecessor {
            None if matches!(check.event, CredentialEvent::FormerMember | CredentialEvent::Member) => {
                self.name(&check.credential, check.now)
            }
            None => self.verify(&check.credential, &check.signature_key, check.now),
            Some((before, key)) => {
                self.verify_successor(&check.credential, &check.signature_key, (before, key), check.now)
            }
        }
    }
}

impl IdentityProvider for X509Identity {
    fn validate(&self, check: &CredentialCheck) -> Result<MemberId, IdentityError> {
        Ok(self.answer(check)?)
    }
}

/// Nothing is waited for: the future is ready at once.
impl AsyncIdentityProvider for X509Identity {
    fn validate<'a>(&'a self, check: &'a CredentialCheck) -> BoxFuture<'a, Result<MemberId, IdentityError>> {
        Box::pin(core::future::ready(self.answer(check).map_err(IdentityError::from)))
    }
}

impl X509IdentityBuilder {
    /// Adds the certificate of an issuer, in DER, that chains may leave out (RFC 9420 section 5.3).
    ///
    /// # Errors
    /// [`ConfigError::Certificate`].
    pub fn intermediate(mut self, certificate: &[u8]) -> Result<Self, ConfigError> {
        Read::from_der(certificate, 0).map_err(|_| ConfigError::Certificate)?;
        self.intermediates.push(certificate.to_vec());
        Ok(self)
    }

    /// From what the identity is taken; [`IdentitySource::Uri`] if not given.
    pub fn identity(mut self, source: IdentitySource) -> Self {
        self.identity = source;
        self
    }

    /// Which extended key usages are demanded; [`ExtendedKeyUsage::im_uri_if_present`] if not given.
    pub fn extended_key_usage(mut self, usage: ExtendedKeyUsage) -> Self {
        self.extended_key_usage = usage;
        self
    }

    /// What is demanded of revocation lists, and where they are; [`Revocation::BestEffort`] without any if not given.
    pub fn revocation(mut self, policy: Revocation, source: Arc<dyn RevocationSource>) -> Self {
        self.revocation = policy;
        self.source = Some(source);
        self
    }

    /// Which credential may follow another.
    pub const fn successor(mut self, rule: SuccessorRule) -> Self {
        self.successor = rule;
        self
    }

    /// Adds a key, of which one at least must be on every path.
    pub fn pin(mut self, pin: Pin) -> Self {
        self.pins.push(pin);
        self
    }

    /// How much a credential may make us do.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The provider.
    ///
    /// # Errors
    /// [`ConfigError::NoTrustAnchor`], [`ConfigError::NoCipherSuite`].
    pub fn build(self) -> Result<X509Identity, ConfigError> {
        let Self {
            crypto,
            anchors,
            intermediates,
            identity,
            extended_key_usage,
            revocation,
            source,
            successor,
            pins,
            limits,
        } = self;
        if anchors.is_empty() {
            return Err(ConfigError::NoTrustAnchor);
        }
        let memo = Arc::new(Memo::new(limits.remembered_signatures));
        let algorithms = Algorithms::of(&crypto, &memo).ok_or(ConfigError::NoCipherSuite)?;
        Ok(X509Identity(Arc::new(Settings {
            algorithms,
            anchors,
            intermediates,
            identity,
            extended_key_usage,
            revocation,
            source,
            successor,
            pins,
            limits,
        })))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("algorithms", &self.algorithms)
            .field("anchors", &self.anchors.len())
            .field("intermediates", &self.intermediates.len())
            .field("identity", &self.identity)
            .field("extended_key_usage", &self.extended_key_usage)
            .field("revocation", &self.revocation)
            .field("successor", &self.successor)
            .field("pins", &self.pins.len())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for X509IdentityBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("X509IdentityBuilder")
            .field("crypto", &self.crypto)
            .field("anchors", &self.anchors.len())
            .finish_non_exhaustive()
    }
}
