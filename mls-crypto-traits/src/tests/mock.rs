//! A toy suite: everything fits together and nothing is secure.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

use alloc::{sync::Arc, vec, vec::Vec};

use crate::{
    CipherSuite, CipherSuiteProvider, CryptoError, CryptoProvider, Dh, DhCurve, DhKem, Digest, Kdf, Kem, Rng,
    SecretBytes, SignaturePublicKey, SignatureScheme, SigningKey, Suite, SuiteParams, VerifyKey, hkdf_expand_with,
    hkdf_extract_with,
};

pub(crate) const ID: CipherSuite = CipherSuite(0xf0f0);

#[derive(Debug)]
pub(crate) struct Mock {
    params: SuiteParams,
    kem: DhKem<ToyDh, ToyKdf>,
}

impl Mock {
    pub(crate) fn new() -> Self {
        let params = SuiteParams {
            cipher_suite: ID,
            hash_len: 32,
            aead_id: 0xfff0,
            aead_key_len: 16,
            aead_nonce_len: 12,
            aead_tag_len: 16,
            kdf_id: 0xfff0,
            signature: SignatureScheme::Other(0xffff),
        };
        Self { params, kem: DhKem::new(ToyDh, ToyKdf) }
    }

    /// The toy under another scheme's name: its checks are in front, and its signatures do not pass.
    pub(crate) fn with_scheme(signature: SignatureScheme) -> Self {
        let mut mock = Self::new();
        mock.params.signature = signature;
        mock
    }

    pub(crate) fn suite(&self) -> Suite<'_> {
        Suite::new(self)
    }
}

impl CryptoProvider for Mock {
    fn cipher_suites(&self) -> Vec<CipherSuite> {
        vec![ID]
    }

    fn provider(&self, id: CipherSuite) -> Option<&dyn CipherSuiteProvider> {
        (id == ID).then_some(self)
    }
}

/// FNV-1a, once for each eight bytes of output.
fn toy_hash(input: &[&[u8]]) -> [u8; 32] {
    let mut out = [0; 32];
    for (lane, chunk) in (0_u64..).zip(out.chunks_mut(8)) {
        let mut state = 0xcbf2_9ce4_8422_2325 ^ lane;
        for byte in input.iter().copied().flatten() {
            state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            state ^= state >> 29;
        }
        chunk.copy_from_slice(&state.to_be_bytes());
    }
    out
}

fn toy_hmac(key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
    let len = [key.len() as u8];
    let mut parts = vec![&len[..], key];
    parts.extend_from_slice(input);
    Ok(SecretBytes::from_slice(&toy_hash(&parts)))
}

#[derive(Clone, Debug)]
pub(crate) struct ToyKdf;

impl Kdf for ToyKdf {
    fn hash_len(&self) -> usize {
        32
    }

    fn extract(&self, salt: &[u8], ikm: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        hkdf_extract_with(toy_hmac, salt, ikm)
    }

    fn expand(&self, prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError> {
        hkdf_expand_with(toy_hmac, prk, info, len)
    }
}

/// Powers of 3 modulo 2^61 - 1, in the clothes of X25519.
#[derive(Clone, Debug)]
pub(crate) struct ToyDh;

fn power(base: u64, exponent: u64) -> u64 {
    let modulus = (1_u128 << 61) - 1;
    let (mut base, mut result) = (u128::from(base) % modulus, 1);
    for bit in 0..64 {
        if exponent >> bit & 1 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
    }
    result as u64
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[..8].try_into().unwrap())
}

impl Dh for ToyDh {
    type PrivateKey = u64;
    type PublicKey = u64;

    fn curve(&self) -> DhCurve {
        DhCurve::X25519
    }

    fn load_private(&self, private: &[u8]) -> Result<u64, CryptoError> {
        Ok(number(private) | 1)
    }

    fn load_public(&self, public: &[u8]) -> Result<u64, CryptoError> {
        Ok(number(public))
    }

    fn public_key(&self, private: &u64) -> Result<Vec<u8>, CryptoError> {
        Ok([&power(3, *private).to_le_bytes()[..], &[0x55; 24]].concat())
    }

    fn agree(&self, private: &u64, public: &u64) -> Result<SecretBytes, CryptoError> {
        let shared = power(*public, *private).to_le_bytes();
        Ok(SecretBytes::concat(&[&shared, &[0; 24]]))
    }
}

#[derive(Debug)]
struct ToyKey(SignaturePublicKey);

impl ToyKey {
    fn signature(&self, message: &[&[u8]]) -> Vec<u8> {
        let mut parts = vec![self.0.as_bytes()];
        parts.extend_from_slice(message);
        toy_hash(&parts).to_vec()
    }
}

impl VerifyKey for ToyKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        let good = self.signature(message) == signature;
        if good { Ok(()) } else { Err(CryptoError::InvalidSignature) }
    }
}

impl SigningKey for ToyKey {
    fn public_key(&self) -> &SignaturePublicKey {
        &self.0
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        Ok(self.signature(message))
    }
}

impl CipherSuiteProvider for Mock {
    fn params(&self) -> &SuiteParams {
        &self.params
    }

    fn hash(&self, input: &[&[u8]]) -> Result<Digest, CryptoError> {
        Digest::from_slice(&toy_hash(input)).ok_or(CryptoError::Backend)
    }

    fn hmac(&self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        toy_hmac(key, input)
    }

    fn aead_seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let stream = hkdf_expand_with(toy_hmac, key, &[nonce], plaintext.len())?;
        let mut sealed: Vec<u8> = plaintext.iter().zip(stream.as_bytes()).map(|(byte, pad)| byte ^ pad).collect();
        let tag = toy_hash(&[key, nonce, aad, &[0], &sealed]);
        sealed.extend_from_slice(&tag[..16]);
        Ok(sealed)
    }

    fn aead_open(&self, key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CryptoError> {
        let bad = CryptoError::InvalidCiphertext;
        let (body, _) = ciphertext.split_last_chunk::<16>().ok_or(bad)?;
        let stream = hkdf_expand_with(toy_hmac, key, &[nonce], body.len())?;
        let plaintext: Vec<u8> = body.iter().zip(stream.as_bytes()).map(|(byte, pad)| byte ^ pad).collect();
        if self.aead_seal(key, nonce, aad, &plaintext)? == ciphertext {
            Ok(SecretBytes::from(plaintext))
        } else {
            Err(bad)
        }
    }

    fn kem(&self) -> &dyn Kem {
        &self.kem
    }

    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        Ok(Arc::new(ToyKey(SignaturePublicKey::from(public))))
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        let public = toy_hash(&[private]).to_vec();
        Ok(Arc::new(ToyKey(SignaturePublicKey::from(public))))
    }

    fn derive_signature_key(&self, ikm: &[u8]) -> Result<crate::SignaturePrivateKey, CryptoError> {
        Ok(crate::SignaturePrivateKey::from_bytes(ikm.to_vec()))
    }
}

/// Counts upward; fails once it has given `limit` bytes.
pub(crate) struct Counter {
    pub(crate) next: u8,
    pub(crate) limit: usize,
}

impl Counter {
    pub(crate) fn from(next: u8) -> Self {
        Self { next, limit: usize::MAX }
    }
}

impl Rng for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.limit = self.limit.checked_sub(out.len()).ok_or(CryptoError::Randomness)?;
        for byte in out {
            *byte = self.next;
            self.next = self.next.wrapping_mul(5).wrapping_add(1);
        }
        Ok(())
    }
}
