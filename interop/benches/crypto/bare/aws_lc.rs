//! aws-lc-rs.

use aws_lc_rs::{
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{self, ParsedPublicKey, PrivateKey, UnparsedPublicKey},
    digest, hkdf, hmac,
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair},
};
use core::hint::black_box;

use super::{Composed, Library, Operations};
use crate::inputs::{Inputs, NONCE};

struct AwsLc {
    digest: &'static digest::Algorithm,
    hkdf: hkdf::Algorithm,
    aead: &'static aead::Algorithm,
    agreement: &'static agreement::Algorithm,
    signer: Signer,
    verifier: signature::ParsedPublicKey,
}

enum Signer {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair, SystemRandom),
}

pub(crate) fn operations(inputs: &Inputs) -> Box<dyn Operations + '_> {
    let (private, public) = (inputs.signature_keys.private.as_bytes(), inputs.signature_keys.public.as_bytes());
    let (digest, hkdf, agreement) = match inputs.suite {
        1 | 3 => (&digest::SHA256, hkdf::HKDF_SHA256, &agreement::X25519),
        2 => (&digest::SHA256, hkdf::HKDF_SHA256, &agreement::ECDH_P256),
        7 => (&digest::SHA384, hkdf::HKDF_SHA384, &agreement::ECDH_P384),
        _ => (&digest::SHA512, hkdf::HKDF_SHA512, &agreement::ECDH_P521),
    };
    let aead = match inputs.suite {
        1 | 2 => &aead::AES_128_GCM,
        3 => &aead::CHACHA20_POLY1305,
        _ => &aead::AES_256_GCM,
    };
    let ecdsa = match inputs.suite {
        2 => Some((&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &signature::ECDSA_P256_SHA256_ASN1)),
        7 => Some((&signature::ECDSA_P384_SHA384_ASN1_SIGNING, &signature::ECDSA_P384_SHA384_ASN1)),
        5 => Some((&signature::ECDSA_P521_SHA512_ASN1_SIGNING, &signature::ECDSA_P521_SHA512_ASN1)),
        _ => None,
    };
    let (signer, verifier) = match ecdsa {
        Some((signing, verification)) => {
            let key = EcdsaKeyPair::from_private_key_and_public_key(signing, private, public).unwrap();
            (Signer::Ecdsa(key, SystemRandom::new()), signature::ParsedPublicKey::new(verification, public).unwrap())
        }
        None => (
            Signer::Ed25519(Ed25519KeyPair::from_seed_unchecked(private).unwrap()),
            signature::ParsedPublicKey::new(&signature::ED25519, public).unwrap(),
        ),
    };
    Box::new(Composed { library: AwsLc { digest, hkdf, aead, agreement, signer, verifier }, inputs })
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl AwsLc {
    fn keyed(&self, key: &[u8]) -> (LessSafeKey, Nonce) {
        (LessSafeKey::new(UnboundKey::new(self.aead, key).unwrap()), Nonce::assume_unique_for_key(NONCE))
    }
}

impl Library for AwsLc {
    type Private = PrivateKey;
    type Public = ParsedPublicKey;

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.signer {
            Signer::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Signer::Ecdsa(key, rng) => key.sign(rng, message).unwrap().as_ref().to_vec(),
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifier.verify_sig(message, signature).is_ok()
    }

    fn hash(&self, message: &[u8]) {
        black_box(digest::digest(self.digest, message));
    }

    fn extract(&self, salt: &[u8], ikm: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        let key = hmac::Key::new(self.hkdf.hmac_algorithm(), salt);
        hmac::sign_to_buffer(&key, ikm, &mut out).unwrap();
        out
    }

    fn expand(&self, prk: &[u8], info: &[u8], len: usize) -> [u8; 66] {
        let mut out = [0; 66];
        hkdf::Prk::new_less_safe(self.hkdf, prk).expand(&[info], Length(len)).unwrap().fill(&mut out[..len]).unwrap();
        out
    }

    fn hash_len(&self) -> usize {
        self.digest.output_len()
    }

    fn private(&self, bytes: &[u8]) -> PrivateKey {
        PrivateKey::from_private_key(self.agreement, bytes).unwrap()
    }

    fn public_of(&self, private: &PrivateKey) -> Vec<u8> {
        private.compute_public_key().unwrap().as_ref().to_vec()
    }

    fn public(&self, bytes: &[u8]) -> ParsedPublicKey {
        ParsedPublicKey::try_from(UnparsedPublicKey::new(self.agreement, bytes)).unwrap()
    }

    fn agree(&self, private: &PrivateKey, public: &ParsedPublicKey) -> Vec<u8> {
        agreement::agree(private, public.clone(), (), |shared| Ok(shared.to_vec())).unwrap()
    }

    fn seal(&self, key: &[u8], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let (key, nonce) = self.keyed(key);
        let mut out = Vec::with_capacity(plaintext.len() + 16);
        out.extend_from_slice(plaintext);
        key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut out).unwrap();
        out
    }

    fn open(&self, key: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (key, nonce) = self.keyed(key);
        let mut out = sealed.to_vec();
        let len = key.open_in_place(nonce, Aad::from(aad), &mut out).ok()?.len();
        out.truncate(len);
        Some(out)
    }
}
