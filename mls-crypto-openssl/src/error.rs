//! What becomes of OpenSSL's errors.

use mls_crypto_traits::CryptoError;
use openssl::error::ErrorStack;

/// For calls that cannot fail by their input. The reasons that OpenSSL gives are dropped: they may speak
/// of secrets.
pub(crate) fn backend(_: ErrorStack) -> CryptoError {
    CryptoError::Backend
}
