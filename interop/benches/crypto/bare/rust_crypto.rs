//! The crates of RustCrypto and dalek.

use core::hint::black_box;
use core::marker::PhantomData;

use aes_gcm::{AeadInOut, Aes128Gcm, Aes256Gcm, Nonce, aead::consts::U12, aead::consts::U16};
use chacha20poly1305::ChaCha20Poly1305;
use ecdsa::signature::{Signer, Verifier};
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use elliptic_curve::sec1::ToSec1Point;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Composed, Library, Operations};
use crate::inputs::{Inputs, NONCE};

/// A group of a KEM.
trait Group {
    type Private;
    type Public;

    fn private(bytes: &[u8]) -> Self::Private;
    fn public_of(private: &Self::Private) -> Vec<u8>;
    fn public(bytes: &[u8]) -> Self::Public;
    fn agree(private: &Self::Private, public: &Self::Public) -> Vec<u8>;
}

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;
type Verify = Box<dyn Fn(&[u8], &[u8]) -> bool>;

struct RustCrypto<G, D, A> {
    sign: Sign,
    verify: Verify,
    types: PhantomData<(G, D, A)>,
}

pub(crate) fn operations(inputs: &Inputs) -> Box<dyn Operations + '_> {
    match inputs.suite {
        1 => composed::<X25519, Sha256, Aes128Gcm>(inputs, ed25519(inputs)),
        2 => composed::<P256, Sha256, Aes128Gcm>(inputs, p256(inputs)),
        3 => composed::<X25519, Sha256, ChaCha20Poly1305>(inputs, ed25519(inputs)),
        4 => composed::<X448, Sha512, Aes256Gcm>(inputs, ed448(inputs)),
        5 => composed::<P521, Sha512, Aes256Gcm>(inputs, p521(inputs)),
        6 => composed::<X448, Sha512, ChaCha20Poly1305>(inputs, ed448(inputs)),
        _ => composed::<P384, Sha384, Aes256Gcm>(inputs, p384(inputs)),
    }
}

fn composed<G, D, A>(inputs: &Inputs, (sign, verify): (Sign, Verify)) -> Box<dyn Operations + '_>
where
    G: Group + 'static,
    D: EagerHash + Digest + 'static,
    Hmac<D>: KeyInit + Mac,
    A: KeyInit + AeadInOut<NonceSize = U12, TagSize = U16> + 'static,
{
    Box::new(Composed { library: RustCrypto::<G, D, A> { sign, verify, types: PhantomData }, inputs })
}

fn ed25519(inputs: &Inputs) -> (Sign, Verify) {
    let seed: &[u8; 32] = inputs.signature_keys.private.as_bytes().try_into().unwrap();
    let expanded = ExpandedSecretKey::from(seed);
    let public = ed25519_dalek::VerifyingKey::from(&expanded);
    (
        Box::new(move |message| raw_sign::<Sha512>(&expanded, message, &public).to_bytes().to_vec()),
        Box::new(move |message, signature| {
            let signature = ed25519_dalek::Signature::from_slice(signature).unwrap();
            public.verify(message, &signature).is_ok()
        }),
    )
}

fn ed448(inputs: &Inputs) -> (Sign, Verify) {
    let seed: &[u8; 57] = inputs.signature_keys.private.as_bytes().try_into().unwrap();
    let key = ed448_goldilocks::SigningKey::from(<&ed448_goldilocks::SecretKey>::from(seed));
    let public = key.verifying_key();
    (
        Box::new(move |message| key.sign(message).to_bytes().to_vec()),
        Box::new(move |message, signature| {
            let signature = ed448_goldilocks::Signature::from_slice(signature).unwrap();
            public.verify(message, &signature).is_ok()
        }),
    )
}

/// A NIST curve, for its KEM and its signatures.
macro_rules! nist {
    ($group:ident, $curve:ident) => {
        struct $group;

        impl Group for $group {
            type Private = $curve::SecretKey;
            type Public = $curve::PublicKey;

            fn private(bytes: &[u8]) -> Self::Private {
                $curve::SecretKey::from_bytes(bytes.try_into().unwrap()).unwrap()
            }

            fn public_of(private: &Self::Private) -> Vec<u8> {
                private.public_key().to_sec1_point(false).as_bytes().to_vec()
            }

            fn public(bytes: &[u8]) -> Self::Public {
                $curve::PublicKey::from_sec1_bytes(bytes).unwrap()
            }

            fn agree(private: &Self::Private, public: &Self::Public) -> Vec<u8> {
                private.diffie_hellman(public).raw_secret_bytes().to_vec()
            }
        }

        fn $curve(inputs: &Inputs) -> (Sign, Verify) {
            let key = $curve::ecdsa::SigningKey::from($group::private(inputs.signature_keys.private.as_bytes()));
            let public = *key.verifying_key();
            (
                Box::new(move |message| {
                    let signature: $curve::ecdsa::Signature = key.sign(message);
                    signature.to_der().as_bytes().to_vec()
                }),
                Box::new(move |message, signature| {
                    public.verify(message, &$curve::ecdsa::Signature::from_der(signature).unwrap()).is_ok()
                }),
            )
        }
    };
}

nist!(P256, p256);
nist!(P384, p384);
nist!(P521, p521);

struct X25519;

impl Group for X25519 {
    type Private = x25519_dalek::StaticSecret;
    type Public = x25519_dalek::PublicKey;

    fn private(bytes: &[u8]) -> Self::Private {
        x25519_dalek::StaticSecret::from(<[u8; 32]>::try_from(bytes).unwrap())
    }

    fn public_of(private: &Self::Private) -> Vec<u8> {
        x25519_dalek::PublicKey::from(private).as_bytes().to_vec()
    }

    fn public(bytes: &[u8]) -> Self::Public {
        x25519_dalek::PublicKey::from(<[u8; 32]>::try_from(bytes).unwrap())
    }

    fn agree(private: &Self::Private, public: &Self::Public) -> Vec<u8> {
        private.diffie_hellman(public).as_bytes().to_vec()
    }
}

struct X448;

impl Group for X448 {
    type Private = x448::StaticSecret;
    type Public = x448::PublicKey;

    fn private(bytes: &[u8]) -> Self::Private {
        x448::StaticSecret::from(<[u8; 56]>::try_from(bytes).unwrap())
    }

    fn public_of(private: &Self::Private) -> Vec<u8> {
        x448::PublicKey::from(private).as_bytes().to_vec()
    }

    fn public(bytes: &[u8]) -> Self::Public {
        x448::PublicKey::from_bytes_unchecked(bytes).unwrap()
    }

    fn agree(private: &Self::Private, public: &Self::Public) -> Vec<u8> {
        private.diffie_hellman(public).as_bytes().to_vec()
    }
}

fn mac<D: EagerHash>(key: &[u8], parts: &[&[u8]]) -> [u8; 64]
where
    Hmac<D>: KeyInit + Mac,
{
    let mut mac = <Hmac<D> as KeyInit>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    let tag = mac.finalize().into_bytes();
    let mut out = [0; 64];
    out[..tag.len()].copy_from_slice(&tag);
    out
}

impl<G, D, A> Library for RustCrypto<G, D, A>
where
    G: Group,
    D: EagerHash + Digest,
    Hmac<D>: KeyInit + Mac,
    A: KeyInit + AeadInOut<NonceSize = U12, TagSize = U16>,
{
    type Private = G::Private;
    type Public = G::Public;

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        (self.sign)(message)
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        (self.verify)(message, signature)
    }

    fn hash(&self, message: &[u8]) {
        black_box(<D as Digest>::digest(message));
    }

    fn extract(&self, salt: &[u8], ikm: &[u8]) -> [u8; 64] {
        mac::<D>(salt, &[ikm])
    }

    fn expand(&self, prk: &[u8], info: &[u8], len: usize) -> [u8; 66] {
        let mut out = [0; 66];
        let mut counter = 0;
        for chunk in out[..len].chunks_mut(self.hash_len()) {
            counter += 1;
            chunk.copy_from_slice(&mac::<D>(prk, &[info, &[counter]])[..chunk.len()]);
        }
        out
    }

    fn hash_len(&self) -> usize {
        <D as Digest>::output_size()
    }

    fn private(&self, bytes: &[u8]) -> G::Private {
        G::private(bytes)
    }

    fn public_of(&self, private: &G::Private) -> Vec<u8> {
        G::public_of(private)
    }

    fn public(&self, bytes: &[u8]) -> G::Public {
        G::public(bytes)
    }

    fn agree(&self, private: &G::Private, public: &G::Public) -> Vec<u8> {
        G::agree(private, public)
    }

    fn seal(&self, key: &[u8], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(plaintext.len() + 16);
        out.extend_from_slice(plaintext);
        let cipher = <A as KeyInit>::new_from_slice(key).unwrap();
        let nonce = Nonce::<U12>::from(NONCE);
        let tag = cipher.encrypt_inout_detached(&nonce, aad, out.as_mut_slice().into()).unwrap();
        out.extend_from_slice(&tag);
        out
    }

    fn open(&self, key: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (body, tag) = sealed.split_last_chunk::<16>()?;
        let mut out = body.to_vec();
        let cipher = <A as KeyInit>::new_from_slice(key).unwrap();
        let nonce = Nonce::<U12>::from(NONCE);
        cipher.decrypt_inout_detached(&nonce, aad, out.as_mut_slice().into(), &(*tag).into()).ok()?;
        Some(out)
    }
}
