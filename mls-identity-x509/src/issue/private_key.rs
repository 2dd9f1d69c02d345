//! Private keys from elsewhere: PKCS #8 (RFC 5958, RFC 8410) and SEC 1 (RFC 5915).

use alloc::sync::Arc;

use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{AnyRef, Decode, Encode};
use mls_crypto_traits::{CipherSuite, CryptoProvider, SecretBytes, SignaturePrivateKey, SignatureScheme, SigningKey};
use pkcs8::PrivateKeyInfoRef;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use sec1::EcPrivateKey;
use zeroize::Zeroize;

use super::error::IssueError;
use crate::spki::{SCHEMES, scheme_ids};

const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// A private key in the form that the crypto providers take.
#[derive(Debug)]
pub struct ImportedKey {
    scheme: SignatureScheme,
    private: SignaturePrivateKey,
}

impl ImportedKey {
    /// Reads `PrivateKeyInfo` in DER, for every scheme of the suites.
    ///
    /// # Errors
    /// [`IssueError::PrivateKey`]; [`IssueError::UnsupportedKey`] for another algorithm.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, IssueError> {
        let malformed = |_| IssueError::PrivateKey;
        let info = PrivateKeyInfoRef::from_der(der).map_err(malformed)?;
        let algorithm = info.algorithm.to_der()?;
        let id = AnyRef::from_der(&algorithm)?.value();
        let found = |scheme: &SignatureScheme| scheme_ids(*scheme).is_some_and(|(key, _)| key.as_ref() == id);
        let scheme = SCHEMES.into_iter().find(found).ok_or(IssueError::UnsupportedKey)?;
        let content = info.private_key.as_bytes();
        let private = match scheme {
            SignatureScheme::Ed25519 | SignatureScheme::Ed448 => {
                <&OctetStringRef>::from_der(content).map_err(malformed)?.as_bytes()
            }
            _ => {
                let key = EcPrivateKey::from_der(content).map_err(malformed)?;
                match scheme_of_curve(&key) {
                    Ok(inside) if inside != scheme => return Err(IssueError::PrivateKey),
                    _ => key.private_key,
                }
            }
        };
        Ok(Self { scheme, private: SignaturePrivateKey::from(SecretBytes::from_slice(private)) })
    }

    /// Reads `ECPrivateKey` in DER, for P-256, P-384 and P-521. It has to name its curve.
    ///
    /// # Errors
    /// [`IssueError::PrivateKey`]; [`IssueError::UnsupportedKey`] for another curve or none.
    pub fn from_sec1(der: &[u8]) -> Result<Self, IssueError> {
        let key = EcPrivateKey::from_der(der).map_err(|_| IssueError::PrivateKey)?;
        let scheme = scheme_of_curve(&key)?;
        Ok(Self { scheme, private: SignaturePrivateKey::from(SecretBytes::from_slice(key.private_key)) })
    }

    /// Reads the first private key of a PEM text, in either form.
    ///
    /// # Errors
    /// [`IssueError::PrivateKey`], [`IssueError::UnsupportedKey`].
    pub fn from_pem(text: &[u8]) -> Result<Self, IssueError> {
        let mut key = PrivateKeyDer::from_pem_slice(text).map_err(|_| IssueError::PrivateKey)?;
        let imported = match &key {
            PrivateKeyDer::Pkcs8(key) => Self::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Sec1(key) => Self::from_sec1(key.secret_sec1_der()),
            _ => Err(IssueError::UnsupportedKey),
        };
        key.zeroize();
        imported
    }

    /// The scheme that it is for.
    #[must_use]
    pub const fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    /// The key, as [`Suite::signing_key`](mls_crypto_traits::Suite::signing_key) takes it.
    #[must_use]
    pub const fn private_key(&self) -> &SignaturePrivateKey {
        &self.private
    }

    /// The key loaded, by the first suite of `crypto` with its scheme, and that suite.
    ///
    /// # Errors
    /// [`IssueError::NoCipherSuite`]; [`IssueError::Crypto`] where it is out of range.
    pub fn load(&self, crypto: &dyn CryptoProvider) -> Result<(CipherSuite, Arc<dyn SigningKey>), IssueError> {
        let suites = crypto.cipher_suites();
        let mut suites = suites.iter().filter_map(|id| crypto.suite(*id));
        let found = suites.find(|suite| suite.provider().params().signature == self.scheme);
        let suite = found.ok_or(IssueError::NoCipherSuite)?;
        Ok((suite.id(), suite.signing_key(&self.private)?))
    }
}

fn scheme_of_curve(key: &EcPrivateKey<'_>) -> Result<SignatureScheme, IssueError> {
    match key.parameters.and_then(sec1::EcParameters::named_curve) {
        Some(P256) => Ok(SignatureScheme::EcdsaP256),
        Some(P384) => Ok(SignatureScheme::EcdsaP384),
        Some(P521) => Ok(SignatureScheme::EcdsaP521),
        _ => Err(IssueError::UnsupportedKey),
    }
}
