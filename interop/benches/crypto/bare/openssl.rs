//! The crate `openssl`, its algorithms fetched once. HMAC and HKDF are over the fetched digest: its own cost
//! microseconds.

use core::hint::black_box;

use openssl::{
    bn::{BigNum, BigNumContext},
    cipher::Cipher,
    cipher_ctx::CipherCtx,
    derive::Deriver,
    ec::{EcGroup, EcKey, EcPoint, PointConversionForm},
    ecdsa::EcdsaSig,
    md::Md,
    md_ctx::MdCtx,
    nid::Nid,
    pkey::{Id, PKey, Private, Public},
};

use super::{Composed, Library, Operations};
use crate::inputs::{Inputs, NONCE};

struct OpenSsl {
    digest: Md,
    cipher: Cipher,
    curve: Curve,
    keys: Keys,
}

/// The group of the KEM.
enum Curve {
    Montgomery(Id),
    Nist(EcGroup),
}

enum Keys {
    Edwards(PKey<Private>, PKey<Public>),
    Nist(EcKey<Private>, EcKey<Public>),
}

enum PrivateKey {
    Montgomery(PKey<Private>),
    Nist(BigNum, EcPoint),
}

enum PublicKey {
    Montgomery(PKey<Public>),
    Nist(EcPoint),
}

pub(crate) fn operations(inputs: &Inputs) -> Box<dyn Operations + '_> {
    let (private, public) = (inputs.signature_keys.private.as_bytes(), inputs.signature_keys.public.as_bytes());
    let digest = match inputs.suite {
        1..=3 => "SHA256",
        7 => "SHA384",
        _ => "SHA512",
    };
    let cipher = match inputs.suite {
        1 | 2 => "AES-128-GCM",
        3 | 6 => "ChaCha20-Poly1305",
        _ => "AES-256-GCM",
    };
    let edwards = |id| {
        let private = PKey::private_key_from_raw_bytes(private, id).unwrap();
        Keys::Edwards(private, PKey::public_key_from_raw_bytes(public, id).unwrap())
    };
    let nist = |nid| {
        let group = EcGroup::from_curve_name(nid).unwrap();
        let (scalar, point) = (BigNum::from_slice(private).unwrap(), point(&group, public));
        let private = EcKey::from_private_components(&group, &scalar, &point).unwrap();
        let public = EcKey::from_public_key(&group, &point).unwrap();
        (Curve::Nist(group), Keys::Nist(private, public))
    };
    let (curve, keys) = match inputs.suite {
        1 | 3 => (Curve::Montgomery(Id::X25519), edwards(Id::ED25519)),
        4 | 6 => (Curve::Montgomery(Id::X448), edwards(Id::ED448)),
        2 => nist(Nid::X9_62_PRIME256V1),
        7 => nist(Nid::SECP384R1),
        _ => nist(Nid::SECP521R1),
    };
    let digest = Md::fetch(None, digest, None).unwrap();
    let library = OpenSsl { digest, cipher: Cipher::fetch(None, cipher, None).unwrap(), curve, keys };
    Box::new(Composed { library, inputs })
}

fn point(group: &EcGroup, bytes: &[u8]) -> EcPoint {
    EcPoint::from_bytes(group, bytes, &mut BigNumContext::new().unwrap()).unwrap()
}

impl OpenSsl {
    fn digest(&self, parts: &[&[u8]]) -> [u8; 64] {
        let mut out = [0; 64];
        let mut context = MdCtx::new().unwrap();
        context.digest_init(&self.digest).unwrap();
        for part in parts {
            context.digest_update(part).unwrap();
        }
        context.digest_final(&mut out).unwrap();
        out
    }

    fn hmac(&self, key: &[u8], message: &[&[u8]]) -> [u8; 64] {
        let len = if self.hash_len() == 32 { 64 } else { 128 };
        let mut block = [0x36; 128];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        let mut out = [0; 64];
        let mut context = MdCtx::new().unwrap();
        context.digest_init(&self.digest).unwrap();
        context.digest_update(&block[..len]).unwrap();
        for part in message {
            context.digest_update(part).unwrap();
        }
        context.digest_final(&mut out).unwrap();
        block.iter_mut().for_each(|byte| *byte ^= 0x36 ^ 0x5c);
        context.digest_init(&self.digest).unwrap();
        context.digest_update(&block[..len]).unwrap();
        context.digest_update(&out[..self.hash_len()]).unwrap();
        context.digest_final(&mut out).unwrap();
        out
    }
}

impl Library for OpenSsl {
    type Private = PrivateKey;
    type Public = PublicKey;

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.keys {
            Keys::Edwards(key, _) => {
                let mut out = vec![0; 114];
                let mut context = MdCtx::new().unwrap();
                context.digest_sign_init(None, key).unwrap();
                let len = context.digest_sign(message, Some(&mut out)).unwrap();
                out.truncate(len);
                out
            }
            Keys::Nist(key, _) => {
                let digest = &self.digest(&[message])[..self.hash_len()];
                EcdsaSig::sign(digest, key).unwrap().to_der().unwrap()
            }
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.keys {
            Keys::Edwards(_, key) => {
                let mut context = MdCtx::new().unwrap();
                context.digest_verify_init(None, key).unwrap();
                context.digest_verify(message, signature).unwrap()
            }
            Keys::Nist(_, key) => {
                let digest = &self.digest(&[message])[..self.hash_len()];
                EcdsaSig::from_der(signature).unwrap().verify(digest, key).unwrap()
            }
        }
    }

    fn hash(&self, message: &[u8]) {
        black_box(self.digest(&[message]));
    }

    fn extract(&self, salt: &[u8], ikm: &[u8]) -> [u8; 64] {
        self.hmac(salt, &[ikm])
    }

    fn expand(&self, prk: &[u8], info: &[u8], len: usize) -> [u8; 66] {
        let mut out = [0; 66];
        let mut counter = 0;
        for chunk in out[..len].chunks_mut(self.hash_len()) {
            counter += 1;
            chunk.copy_from_slice(&self.hmac(prk, &[info, &[counter]])[..chunk.len()]);
        }
        out
    }

    fn hash_len(&self) -> usize {
        self.digest.size()
    }

    fn private(&self, bytes: &[u8]) -> PrivateKey {
        match &self.curve {
            Curve::Montgomery(id) => PrivateKey::Montgomery(PKey::private_key_from_raw_bytes(bytes, *id).unwrap()),
            Curve::Nist(group) => {
                let mut scalar = BigNum::new_secure().unwrap();
                scalar.copy_from_slice(bytes).unwrap();
                // As OpenSSL's own keys are marked.
                scalar.set_const_time();
                let mut point = EcPoint::new(group).unwrap();
                point.mul_generator2(group, &scalar, &mut BigNumContext::new().unwrap()).unwrap();
                PrivateKey::Nist(scalar, point)
            }
        }
    }

    fn public_of(&self, private: &PrivateKey) -> Vec<u8> {
        match (&self.curve, private) {
            (Curve::Nist(group), PrivateKey::Nist(_, point)) => {
                let mut context = BigNumContext::new().unwrap();
                point.to_bytes(group, PointConversionForm::UNCOMPRESSED, &mut context).unwrap()
            }
            (_, PrivateKey::Montgomery(key)) => key.raw_public_key().unwrap(),
            _ => unreachable!(),
        }
    }

    fn public(&self, bytes: &[u8]) -> PublicKey {
        match &self.curve {
            Curve::Montgomery(id) => PublicKey::Montgomery(PKey::public_key_from_raw_bytes(bytes, *id).unwrap()),
            Curve::Nist(group) => PublicKey::Nist(point(group, bytes)),
        }
    }

    fn agree(&self, private: &PrivateKey, public: &PublicKey) -> Vec<u8> {
        match (private, public, &self.curve) {
            (PrivateKey::Montgomery(private), PublicKey::Montgomery(public), _) => {
                let mut deriver = Deriver::new(private).unwrap();
                deriver.set_peer_ex(public, false).unwrap();
                deriver.derive_to_vec().unwrap()
            }
            (PrivateKey::Nist(scalar, _), PublicKey::Nist(point), Curve::Nist(group)) => {
                let mut context = BigNumContext::new().unwrap();
                let mut shared = EcPoint::new(group).unwrap();
                shared.mul2(group, point, scalar, &mut context).unwrap();
                let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
                shared.affine_coordinates(group, &mut x, &mut y, &mut context).unwrap();
                x.to_vec_padded(i32::try_from(group.degree().div_ceil(8)).unwrap()).unwrap()
            }
            _ => unreachable!(),
        }
    }

    fn seal(&self, key: &[u8], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut context = CipherCtx::new().unwrap();
        context.encrypt_init(Some(&self.cipher), Some(key), Some(&NONCE)).unwrap();
        context.cipher_update(aad, None).unwrap();
        let mut out = vec![0; plaintext.len() + 16];
        let (body, tag) = out.split_at_mut(plaintext.len());
        context.cipher_update(plaintext, Some(body)).unwrap();
        context.cipher_final(&mut []).unwrap();
        context.tag(tag).unwrap();
        out
    }

    fn open(&self, key: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut context = CipherCtx::new().unwrap();
        context.decrypt_init(Some(&self.cipher), Some(key), Some(&NONCE)).unwrap();
        let (body, tag) = sealed.split_at(sealed.len() - 16);
        context.set_tag(tag).unwrap();
        context.cipher_update(aad, None).unwrap();
        let mut out = vec![0; body.len()];
        context.cipher_update(body, Some(&mut out)).unwrap();
        context.cipher_final(&mut []).ok()?;
        Some(out)
    }
}
