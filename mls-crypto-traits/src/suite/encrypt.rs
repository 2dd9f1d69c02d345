//! Public-key encryption with labels (RFC 9420 section 5.1.3), and the external init (section 8.3).

use alloc::{sync::Arc, vec::Vec};

use super::Suite;
use crate::{
    CryptoError, HpkeCiphertext, HpkePrivateKey, HpkePublicKey, KemPrivateKey, Rng, SealItem, SecretBytes,
    hpke::{self, KeySchedule, Mode},
    label::{Header, PREFIX},
    parallel::map_chunks,
    random_bytes,
};

/// So many seals are worth a thread: it costs as much as one or two.
const AT_ONCE: usize = 16;

/// Label and context of `EncryptWithLabel`, hashed once for any number of receivers.
#[derive(Debug)]
pub struct EncryptContext<'a> {
    suite: Suite<'a>,
    schedule: KeySchedule,
}

impl EncryptContext<'_> {
    /// Encrypts to `public`.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`], [`CryptoError::SharedSecretZero`],
    /// [`CryptoError::Randomness`].
    pub fn seal(
        &self,
        public: &HpkePublicKey,
        plaintext: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<HpkeCiphertext, CryptoError> {
        let provider = self.suite.provider();
        let ikm_e = random_bytes(rng, provider.kem().encap_ikm_len())?;
        let item = seal_item(public, plaintext, &ikm_e);
        provider.hpke_seal(&self.schedule, &item)
    }

    /// Encrypts each plaintext to its key; the results stand in the order of the items. Same draws and
    /// same results as [`seal`](Self::seal) one by one.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`] for all; what else fails is the single item's.
    pub fn seal_batch(
        &self,
        items: &[(&HpkePublicKey, &[u8])],
        rng: &mut dyn Rng,
    ) -> Result<Vec<Result<HpkeCiphertext, CryptoError>>, CryptoError> {
        let provider = self.suite.provider();
        let len = provider.kem().encap_ikm_len();
        let ikms: Vec<_> = items.iter().map(|_| random_bytes(rng, len)).collect::<Result<_, _>>()?;
        let items: Vec<_> =
            items.iter().zip(&ikms).map(|((public, plaintext), ikm_e)| seal_item(public, plaintext, ikm_e)).collect();
        let sealed = map_chunks(&items, AT_ONCE, |items| {
            let mut sealed = provider.hpke_seal_batch(&self.schedule, items);
            // A provider that answers less than it was asked has failed for the rest.
            sealed.resize_with(items.len(), || Err(CryptoError::Backend));
            sealed
        });
        Ok(sealed.into_iter().flatten().collect())
    }

    /// Decrypts with `private`.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`]; [`CryptoError::InvalidPublicKey`] or
    /// [`CryptoError::SharedSecretZero`] for the `kem_output`; [`CryptoError::InvalidCiphertext`].
    pub fn open(&self, private: &HpkePrivateKey, ciphertext: &HpkeCiphertext) -> Result<SecretBytes, CryptoError> {
        self.suite.provider().hpke_open(&self.schedule, private.as_bytes(), &[], ciphertext)
    }

    /// Decrypts with a key that [`Suite::hpke_key`] or [`Suite::hpke_key_pair`] has loaded, which saves parsing it and
    /// computing its public key.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) but the first.
    pub fn open_with(&self, key: &dyn KemPrivateKey, ciphertext: &HpkeCiphertext) -> Result<SecretBytes, CryptoError> {
        self.suite.provider().hpke_open_with(&self.schedule, key, &[], ciphertext)
    }
}

fn seal_item<'a>(public: &'a HpkePublicKey, plaintext: &'a [u8], ikm_e: &'a SecretBytes) -> SealItem<'a> {
    SealItem { public: public.as_bytes(), aad: &[], plaintext, ikm_e: ikm_e.as_bytes() }
}

/// What the external init exports (RFC 9420 section 8.3).
const EXTERNAL_INIT: &[u8] = b"MLS 1.0 external init secret";

impl<'a> Suite<'a> {
    /// `EncryptContext` of `EncryptWithLabel` (RFC 9420 section 5.1.3), to encrypt to many or to decrypt
    /// several; `label` is without the prefix `MLS 1.0 `.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] beyond what a vector holds.
    // req: R-5.1.3-01
    pub fn encrypt_context(self, label: &[u8], context: &[u8]) -> Result<EncryptContext<'a>, CryptoError> {
        let label_len = Header::of(&[PREFIX, label])?;
        let context_len = Header::new(context.len())?;
        let info: &[&[u8]] = &[label_len.as_bytes(), PREFIX, label, context_len.as_bytes(), context];
        Ok(EncryptContext { suite: self, schedule: KeySchedule::new(self.provider(), Mode::Base, info)? })
    }

    /// `EncryptWithLabel` (RFC 9420 section 5.1.3).
    ///
    /// # Errors
    /// Those of [`EncryptContext::seal`]; [`CryptoError::TooLong`].
    pub fn encrypt_with_label(
        self,
        public: &HpkePublicKey,
        label: &[u8],
        context: &[u8],
        plaintext: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<HpkeCiphertext, CryptoError> {
        self.encrypt_context(label, context)?.seal(public, plaintext, rng)
    }

    /// `DecryptWithLabel` (RFC 9420 section 5.1.3).
    ///
    /// # Errors
    /// Those of [`EncryptContext::open`]; [`CryptoError::TooLong`].
    // req: R-5.1.3-02
    pub fn decrypt_with_label(
        self,
        private: &HpkePrivateKey,
        label: &[u8],
        context: &[u8],
        ciphertext: &HpkeCiphertext,
    ) -> Result<SecretBytes, CryptoError> {
        self.encrypt_context(label, context)?.open(private, ciphertext)
    }

    /// Parses and checks an HPKE private key, to decrypt with it more than once.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`].
    pub fn hpke_key(self, private: &HpkePrivateKey) -> Result<Arc<dyn KemPrivateKey>, CryptoError> {
        self.provider().kem().load_private(private.as_bytes())
    }

    /// [`hpke_key`](Self::hpke_key) where the public key is known and need not be computed: worth it for one decryption
    /// too.
    ///
    /// # Errors
    /// Those of [`Kem::load_key_pair`](crate::Kem::load_key_pair).
    ///
    /// # Security
    /// That the two belong together is the caller's to know; otherwise nothing decrypts.
    pub fn hpke_key_pair(
        self,
        private: &HpkePrivateKey,
        public: &HpkePublicKey,
    ) -> Result<Arc<dyn KemPrivateKey>, CryptoError> {
        self.provider().kem().load_key_pair(private.as_bytes(), public.as_bytes())
    }

    /// Checks an HPKE public key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`].
    // req: R-10-03, R-10-05
    pub fn check_hpke_public_key(self, public: &[u8]) -> Result<(), CryptoError> {
        self.provider().kem().check_public_key(public)
    }

    /// The joiner's side of an external init (RFC 9420 section 8.3): `kem_output`, and the init secret of
    /// the new epoch.
    ///
    /// # Errors
    /// Those of [`EncryptContext::seal`].
    // req: R-8.3-01
    pub fn external_init_sender(
        self,
        external_pub: &HpkePublicKey,
        rng: &mut dyn Rng,
    ) -> Result<(Vec<u8>, SecretBytes), CryptoError> {
        let len = self.hash_len();
        hpke::send_export(self, Mode::Base, external_pub, &[], EXTERNAL_INIT, len, rng)
    }

    /// The members' side of an external init (RFC 9420 section 8.3): the init secret of the new epoch.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`]; [`CryptoError::InvalidPublicKey`] or
    /// [`CryptoError::SharedSecretZero`] for the `kem_output`.
    // req: R-8.3-02
    pub fn external_init_receiver(
        self,
        external_priv: &HpkePrivateKey,
        kem_output: &[u8],
    ) -> Result<SecretBytes, CryptoError> {
        let len = self.hash_len();
        hpke::receive_export(self, Mode::Base, external_priv, kem_output, &[], EXTERNAL_INIT, len)
    }
}
