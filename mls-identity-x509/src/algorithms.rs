//! Signature verification for the path search, by the crypto provider.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use mls_crypto_traits::{CertificateSignature, CipherSuite, CryptoProvider, SignatureScheme, checks};
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

use crate::memo::Memo;
use crate::spki::{SCHEMES, certificate_ids, is_good_rsa_key, scheme_ids};

/// What a provider has, as the path search takes it.
pub(crate) struct Algorithms(Vec<Box<dyn SignatureVerificationAlgorithm>>);

impl Algorithms {
    /// Those of the suites, and whatever the provider has for certificates besides. `None` without any suite.
    pub(crate) fn of(crypto: &Arc<dyn CryptoProvider>, memo: &Arc<Memo>) -> Option<Self> {
        let suites = crypto.cipher_suites();
        let hash_suite = *suites.first()?;
        let mut all: Vec<Box<dyn SignatureVerificationAlgorithm>> = Vec::new();
        let mut add = |ids: Option<(AlgorithmIdentifier, AlgorithmIdentifier)>, how: How| {
            if let Some((public_key, signature)) = ids {
                let (crypto, memo) = (Arc::clone(crypto), Arc::clone(memo));
                all.push(Box::new(Algorithm { crypto, memo, hash_suite, public_key, signature, how }));
            }
        };
        for scheme in SCHEMES {
            let has_it = |id: &&CipherSuite| crypto.provider(**id).is_some_and(|p| p.params().signature == scheme);
            if let Some(suite) = suites.iter().find(has_it) {
                add(scheme_ids(scheme), How::Suite(*suite, scheme));
            }
        }
        if let Some(others) = crypto.certificate_signatures() {
            for algorithm in CertificateSignature::ALL {
                if others.supports(algorithm) {
                    add(certificate_ids(algorithm), How::Certificate(algorithm));
                }
            }
        }
        Some(Self(all))
    }

    pub(crate) fn as_refs(&self) -> Vec<&dyn SignatureVerificationAlgorithm> {
        self.0.iter().map(|algorithm| &**algorithm).collect()
    }
}

impl fmt::Debug for Algorithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(all) = self;
        f.debug_tuple("Algorithms").field(&all.len()).finish()
    }
}

/// By what an algorithm verifies.
#[derive(Clone, Copy, Debug)]
enum How {
    Suite(CipherSuite, SignatureScheme),
    Certificate(CertificateSignature),
}

/// One algorithm of the provider. Signatures that verified are remembered.
struct Algorithm {
    crypto: Arc<dyn CryptoProvider>,
    memo: Arc<Memo>,
    hash_suite: CipherSuite,
    public_key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    how: How,
}

impl Algorithm {
    fn verify(&self, public: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
        match self.how {
            How::Suite(suite, scheme) => {
                checks::signature_public_key(scheme, public).ok()?;
                checks::signature(scheme, signature).ok()?;
                let key = self.crypto.provider(suite)?.load_verify_key(public).ok()?;
                key.verify(&[message], signature).ok()
            }
            How::Certificate(algorithm) => {
                match algorithm {
                    CertificateSignature::EcdsaP256Sha384 => {
                        checks::signature_public_key(SignatureScheme::EcdsaP256, public).ok()?;
                        checks::signature(SignatureScheme::EcdsaP256, signature).ok()?;
                    }
                    CertificateSignature::EcdsaP384Sha256 => {
                        checks::signature_public_key(SignatureScheme::EcdsaP384, public).ok()?;
                        checks::signature(SignatureScheme::EcdsaP384, signature).ok()?;
                    }
                    _ if !is_good_rsa_key(public) => return None,
                    _ => {}
                }
                self.crypto.certificate_signatures()?.verify(algorithm, public, message, signature).ok()
            }
        }
    }

    /// What stands for a signature in the memory: a hash over all that decides whether it verifies.
    fn fingerprint(&self, public: &[u8], message: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
        let hash = self.crypto.provider(self.hash_suite)?;
        let parts: [&[u8]; 5] = [self.public_key.as_ref(), self.signature.as_ref(), public, signature, message];
        let lengths = parts.map(|part| u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        let [a, b, c, d, e] = &lengths;
        let [key_id, signature_id, public, signature, message] = parts;
        let input = [&a[..], b, c, d, e, key_id, signature_id, public, signature, message];
        Some(hash.hash(&input).ok()?.as_ref().to_vec())
    }
}

impl SignatureVerificationAlgorithm for Algorithm {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        if !self.memo.is_used() {
            return self.verify(public_key, message, signature).ok_or(InvalidSignature);
        }
        let fingerprint = self.fingerprint(public_key, message, signature).ok_or(InvalidSignature)?;
        if self.memo.contains(&fingerprint) {
            return Ok(());
        }
        self.verify(public_key, message, signature).ok_or(InvalidSignature)?;
        self.memo.insert(fingerprint);
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.public_key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

impl fmt::Debug for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { crypto: _, memo: _, hash_suite: _, public_key: _, signature: _, how } = self;
        f.debug_tuple("Algorithm").field(how).finish()
    }
}
