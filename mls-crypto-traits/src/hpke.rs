//! Hybrid public key encryption (RFC 9180), base and PSK mode, over any suite's primitives.
//!
//! [`seal`] and [`open`] are the single-shot calls, [`setup_sender`] and [`setup_receiver`] give
//! contexts that seal, open and export in sequence. MLS itself uses `EncryptWithLabel`, which is
//! [`Suite::encrypt_with_label`].

use alloc::vec::Vec;

use crate::{
    CipherSuiteProvider, CryptoError, HpkeCiphertext, HpkePrivateKey, HpkePublicKey, KemPrivateKey, Rng, SealItem,
    SecretBytes, Suite, random_bytes,
};

mod context;
mod schedule;

pub use context::{ReceiverContext, SenderContext};
pub use schedule::{KeySchedule, Mode};

/// Sets up a context to send with (`SetupBaseS`, `SetupPSKS`; RFC 9180 section 5.1): the encapsulated
/// key for the receiver, and the context.
///
/// # Errors
/// [`CryptoError::InvalidPublicKey`], [`CryptoError::SharedSecretZero`], [`CryptoError::InvalidPsk`],
/// [`CryptoError::Randomness`].
pub fn setup_sender<'a>(
    suite: Suite<'a>,
    mode: Mode<'_>,
    public: &HpkePublicKey,
    info: &[u8],
    rng: &mut dyn Rng,
) -> Result<(Vec<u8>, SenderContext<'a>), CryptoError> {
    let ikm_e = random_bytes(rng, suite.provider().kem().encap_ikm_len())?;
    setup_sender_from_ikm(suite, mode, public, info, ikm_e.as_bytes())
}

/// [`setup_sender`] with the ephemeral key's material given.
pub(crate) fn setup_sender_from_ikm<'a>(
    suite: Suite<'a>,
    mode: Mode<'_>,
    public: &HpkePublicKey,
    info: &[u8],
    ikm_e: &[u8],
) -> Result<(Vec<u8>, SenderContext<'a>), CryptoError> {
    let provider = suite.provider();
    let schedule = KeySchedule::new(provider, mode, &[info])?;
    let encapsulation = provider.kem().encap(public.as_bytes(), ikm_e)?;
    let context = schedule.context(provider, &encapsulation.shared_secret)?;
    Ok((encapsulation.kem_output, SenderContext(context)))
}

/// Sets up a context to receive with (`SetupBaseR`, `SetupPSKR`; RFC 9180 section 5.1).
///
/// # Errors
/// [`CryptoError::InvalidPrivateKey`], [`CryptoError::InvalidPublicKey`] where `kem_output` is
/// malformed, [`CryptoError::SharedSecretZero`], [`CryptoError::InvalidPsk`].
pub fn setup_receiver<'a>(
    suite: Suite<'a>,
    mode: Mode<'_>,
    private: &HpkePrivateKey,
    kem_output: &[u8],
    info: &[u8],
) -> Result<ReceiverContext<'a>, CryptoError> {
    let provider = suite.provider();
    let schedule = KeySchedule::new(provider, mode, &[info])?;
    let shared_secret = provider.kem().decap(private.as_bytes(), kem_output)?;
    schedule.context(provider, &shared_secret).map(ReceiverContext)
}

/// Encrypts one message to `public` (RFC 9180 section 6.1).
///
/// # Errors
/// Those of [`setup_sender`].
pub fn seal(
    suite: Suite<'_>,
    mode: Mode<'_>,
    public: &HpkePublicKey,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut dyn Rng,
) -> Result<HpkeCiphertext, CryptoError> {
    let schedule = KeySchedule::new(suite.provider(), mode, &[info])?;
    let ikm_e = random_bytes(rng, suite.provider().kem().encap_ikm_len())?;
    let item = SealItem { public: public.as_bytes(), aad, plaintext, ikm_e: ikm_e.as_bytes() };
    suite.provider().hpke_seal(&schedule, &item)
}

/// Decrypts one message (RFC 9180 section 6.1).
///
/// # Errors
/// Those of [`setup_receiver`]; [`CryptoError::InvalidCiphertext`].
pub fn open(
    suite: Suite<'_>,
    mode: Mode<'_>,
    private: &HpkePrivateKey,
    info: &[u8],
    aad: &[u8],
    ciphertext: &HpkeCiphertext,
) -> Result<SecretBytes, CryptoError> {
    let schedule = KeySchedule::new(suite.provider(), mode, &[info])?;
    suite.provider().hpke_open(&schedule, private.as_bytes(), aad, ciphertext)
}

/// Encapsulates to `public` and exports a secret of `len` bytes (RFC 9180 section 6.2): the
/// encapsulated key and the secret.
///
/// # Errors
/// Those of [`setup_sender`]; [`CryptoError::TooLong`].
pub fn send_export(
    suite: Suite<'_>,
    mode: Mode<'_>,
    public: &HpkePublicKey,
    info: &[u8],
    exporter_context: &[u8],
    len: usize,
    rng: &mut dyn Rng,
) -> Result<(Vec<u8>, SecretBytes), CryptoError> {
    let provider = suite.provider();
    let schedule = KeySchedule::new(provider, mode, &[info])?;
    let ikm_e = random_bytes(rng, provider.kem().encap_ikm_len())?;
    let encapsulation = provider.kem().encap(public.as_bytes(), ikm_e.as_bytes())?;
    let shared = &encapsulation.shared_secret;
    let secret = schedule.export(provider, shared, exporter_context, len)?;
    Ok((encapsulation.kem_output, secret))
}

/// The receiver's side of [`send_export`].
///
/// # Errors
/// Those of [`setup_receiver`]; [`CryptoError::TooLong`].
pub fn receive_export(
    suite: Suite<'_>,
    mode: Mode<'_>,
    private: &HpkePrivateKey,
    kem_output: &[u8],
    info: &[u8],
    exporter_context: &[u8],
    len: usize,
) -> Result<SecretBytes, CryptoError> {
    let provider = suite.provider();
    let schedule = KeySchedule::new(provider, mode, &[info])?;
    let shared = provider.kem().decap(private.as_bytes(), kem_output)?;
    schedule.export(provider, &shared, exporter_context, len)
}

/// The body of [`CipherSuiteProvider::hpke_seal`].
pub(crate) fn seal_with_schedule<P: CipherSuiteProvider + ?Sized>(
    provider: &P,
    schedule: &KeySchedule,
    item: &SealItem<'_>,
) -> Result<HpkeCiphertext, CryptoError> {
    let encapsulation = provider.kem().encap(item.public, item.ikm_e)?;
    let (key, nonce) = schedule.key_and_nonce(provider, &encapsulation.shared_secret)?;
    Ok(HpkeCiphertext {
        kem_output: encapsulation.kem_output,
        ciphertext: provider.aead_seal(key.as_bytes(), nonce.as_bytes(), item.aad, item.plaintext)?,
    })
}

/// The body of [`CipherSuiteProvider::hpke_open`].
pub(crate) fn open_with_schedule<P: CipherSuiteProvider + ?Sized>(
    provider: &P,
    schedule: &KeySchedule,
    private: &[u8],
    aad: &[u8],
    ciphertext: &HpkeCiphertext,
) -> Result<SecretBytes, CryptoError> {
    let shared_secret = provider.kem().decap(private, &ciphertext.kem_output)?;
    open_shared(provider, schedule, &shared_secret, aad, ciphertext)
}

/// The body of [`CipherSuiteProvider::hpke_open_with`].
pub(crate) fn open_with_key<P: CipherSuiteProvider + ?Sized>(
    provider: &P,
    schedule: &KeySchedule,
    key: &dyn KemPrivateKey,
    aad: &[u8],
    ciphertext: &HpkeCiphertext,
) -> Result<SecretBytes, CryptoError> {
    let shared_secret = key.decap(&ciphertext.kem_output)?;
    open_shared(provider, schedule, &shared_secret, aad, ciphertext)
}

fn open_shared<P: CipherSuiteProvider + ?Sized>(
    provider: &P,
    schedule: &KeySchedule,
    shared_secret: &SecretBytes,
    aad: &[u8],
    ciphertext: &HpkeCiphertext,
) -> Result<SecretBytes, CryptoError> {
    let (key, nonce) = schedule.key_and_nonce(provider, shared_secret)?;
    context::open_aead(provider, key.as_bytes(), nonce.as_bytes(), aad, &ciphertext.ciphertext)
}

#[cfg(test)]
mod tests;
