//! The work of a suite in bare calls of the crate `openssl`: no checks, nothing wiped, no labels.

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

pub(crate) struct Bare {
    digest: Md,
    cipher: Cipher,
    curves: Curves,
}

enum Curves {
    Edwards { dh: Id, signature: Id },
    Nist(EcGroup),
}

pub(crate) enum Key<T> {
    Edwards(PKey<T>),
    Nist(
        EcKey<T>,
        #[cfg_attr(not(deterministic_ecdsa), expect(dead_code, reason = "what signs deterministically"))] PKey<T>,
    ),
}

impl Bare {
    pub(crate) fn new(suite: u16) -> Self {
        let curves = match suite {
            1 | 3 => Curves::Edwards { dh: Id::X25519, signature: Id::ED25519 },
            4 | 6 => Curves::Edwards { dh: Id::X448, signature: Id::ED448 },
            2 => Curves::Nist(EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()),
            5 => Curves::Nist(EcGroup::from_curve_name(Nid::SECP521R1).unwrap()),
            _ => Curves::Nist(EcGroup::from_curve_name(Nid::SECP384R1).unwrap()),
        };
        let digest = match suite {
            1..=3 => "SHA256",
            7 => "SHA384",
            _ => "SHA512",
        };
        let cipher = match suite {
            1 | 2 => "AES-128-GCM",
            3 | 6 => "ChaCha20-Poly1305",
            _ => "AES-256-GCM",
        };
        let digest = Md::fetch(None, digest, None).unwrap();
        Self { digest, cipher: Cipher::fetch(None, cipher, None).unwrap(), curves }
    }

    pub(crate) fn signing_key(&self, private: &[u8]) -> Key<Private> {
        match &self.curves {
            Curves::Edwards { signature, .. } => {
                Key::Edwards(PKey::private_key_from_raw_bytes(private, *signature).unwrap())
            }
            Curves::Nist(group) => {
                let (scalar, point) = self.nist_pair(group, private);
                let key = EcKey::from_private_components(group, &scalar, &point).unwrap();
                Key::Nist(key.clone(), PKey::from_ec_key(key).unwrap())
            }
        }
    }

    pub(crate) fn verify_key(&self, public: &[u8]) -> Key<Public> {
        match &self.curves {
            Curves::Edwards { signature, .. } => {
                Key::Edwards(PKey::public_key_from_raw_bytes(public, *signature).unwrap())
            }
            Curves::Nist(group) => {
                let mut context = BigNumContext::new().unwrap();
                let point = EcPoint::from_bytes(group, public, &mut context).unwrap();
                let key = EcKey::from_public_key(group, &point).unwrap();
                Key::Nist(key.clone(), PKey::from_ec_key(key).unwrap())
            }
        }
    }

    pub(crate) fn sign(&self, key: &Key<Private>, message: &[u8]) -> Vec<u8> {
        match key {
            Key::Edwards(key) => {
                let mut out = vec![0; 114];
                let mut context = MdCtx::new().unwrap();
                context.digest_sign_init(None, key).unwrap();
                let len = context.digest_sign(message, Some(&mut out)).unwrap();
                out.truncate(len);
                out
            }
            #[cfg(not(deterministic_ecdsa))]
            Key::Nist(key, _) => EcdsaSig::sign(&self.hash(message), key).unwrap().to_der().unwrap(),
            #[cfg(deterministic_ecdsa)]
            Key::Nist(_, key) => {
                use openssl::pkey_ctx::{NonceType, PkeyCtx};
                let mut context = PkeyCtx::new(key).unwrap();
                context.sign_init().unwrap();
                context.set_signature_md(&self.digest).unwrap();
                context.set_nonce_type(NonceType::DETERMINISTIC_K).unwrap();
                let mut out = vec![0; key.size()];
                let len = context.sign(&self.hash(message), Some(&mut out)).unwrap();
                out.truncate(len);
                out
            }
        }
    }

    pub(crate) fn verify(&self, key: &Key<Public>, message: &[u8], signature: &[u8]) -> bool {
        match key {
            Key::Edwards(key) => {
                let mut context = MdCtx::new().unwrap();
                context.digest_verify_init(None, key).unwrap();
                context.digest_verify(message, signature).unwrap()
            }
            Key::Nist(key, _) => EcdsaSig::from_der(signature).unwrap().verify(&self.hash(message), key).unwrap(),
        }
    }

    /// Both keys parsed, the private one's public key, the agreement, the HMACs, the AEAD.
    pub(crate) fn hpke(&self, private: &[u8], public: &[u8], plaintext: &[u8], seal: bool) {
        let shared = match &self.curves {
            Curves::Edwards { dh, .. } => {
                let private = PKey::private_key_from_raw_bytes(private, *dh).unwrap();
                let public = PKey::public_key_from_raw_bytes(public, *dh).unwrap();
                private.raw_public_key().unwrap();
                let mut deriver = Deriver::new(&private).unwrap();
                deriver.set_peer_ex(&public, false).unwrap();
                deriver.derive_to_vec().unwrap()
            }
            Curves::Nist(group) => {
                let mut context = BigNumContext::new().unwrap();
                let (scalar, own) = self.nist_pair(group, private);
                own.to_bytes(group, PointConversionForm::UNCOMPRESSED, &mut context).unwrap();
                let point = EcPoint::from_bytes(group, public, &mut context).unwrap();
                let mut shared = EcPoint::new(group).unwrap();
                shared.mul2(group, &point, &scalar, &mut context).unwrap();
                let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
                shared.affine_coordinates(group, &mut x, &mut y, &mut context).unwrap();
                x.to_vec_padded(i32::try_from(private.len()).unwrap()).unwrap()
            }
        };
        // Sealing derives the ephemeral key too.
        let derivation = if seal { 1 + self.expands(private.len()) } else { 0 };
        // shared secret: extract, expand; schedule: extract, key, nonce.
        for _ in 0..derivation + 1 + self.expands(shared.len().min(64)) + 3 {
            self.hmac(&shared[..32], &[0; 64]);
        }
        let key = [5; 32];
        // To seal and to open cost the same.
        self.seal(&key[..self.cipher.key_length()], &key[..12], b"", plaintext);
    }

    pub(crate) fn derive_key_pair(&self, private: &[u8]) {
        match &self.curves {
            Curves::Edwards { dh, .. } => {
                PKey::private_key_from_raw_bytes(private, *dh).unwrap().raw_public_key().unwrap();
            }
            Curves::Nist(group) => {
                let mut context = BigNumContext::new().unwrap();
                let (_, point) = self.nist_pair(group, private);
                point.to_bytes(group, PointConversionForm::UNCOMPRESSED, &mut context).unwrap();
            }
        }
        for _ in 0..=self.expands(private.len()) {
            self.hmac(&[0; 32], &[0; 64]);
        }
    }

    /// HMACs of an HKDF-Expand.
    fn expands(&self, len: usize) -> usize {
        len.div_ceil(self.digest.size())
    }

    fn nist_pair(&self, group: &EcGroup, private: &[u8]) -> (BigNum, EcPoint) {
        let scalar = BigNum::from_slice(private).unwrap();
        let mut point = EcPoint::new(group).unwrap();
        point.mul_generator2(group, &scalar, &mut BigNumContext::new().unwrap()).unwrap();
        (scalar, point)
    }

    pub(crate) fn hash(&self, message: &[u8]) -> Vec<u8> {
        let mut context = MdCtx::new().unwrap();
        let mut out = vec![0; self.digest.size()];
        context.digest_init(&self.digest).unwrap();
        context.digest_update(message).unwrap();
        context.digest_final(&mut out).unwrap();
        out
    }

    pub(crate) fn hmac(&self, key: &[u8], message: &[u8]) -> Vec<u8> {
        let len = if self.digest.size() == 32 { 64 } else { 128 };
        let mut block = [0x36; 128];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        let mut out = vec![0; self.digest.size()];
        let mut context = MdCtx::new().unwrap();
        context.digest_init(&self.digest).unwrap();
        context.digest_update(&block[..len]).unwrap();
        context.digest_update(message).unwrap();
        context.digest_final(&mut out).unwrap();
        block.iter_mut().for_each(|byte| *byte ^= 0x36 ^ 0x5c);
        context.digest_init(&self.digest).unwrap();
        context.digest_update(&block[..len]).unwrap();
        context.digest_update(&out).unwrap();
        context.digest_final(&mut out).unwrap();
        out
    }

    pub(crate) fn seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut context = CipherCtx::new().unwrap();
        context.encrypt_init(Some(&self.cipher), Some(key), Some(nonce)).unwrap();
        context.cipher_update(aad, None).unwrap();
        let mut out = vec![0; plaintext.len() + 16];
        let (body, tag) = out.split_at_mut(plaintext.len());
        context.cipher_update(plaintext, Some(body)).unwrap();
        context.cipher_final(&mut []).unwrap();
        context.tag(tag).unwrap();
        out
    }

    pub(crate) fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Vec<u8> {
        let mut context = CipherCtx::new().unwrap();
        context.decrypt_init(Some(&self.cipher), Some(key), Some(nonce)).unwrap();
        context.cipher_update(aad, None).unwrap();
        let (body, tag) = ciphertext.split_at(ciphertext.len() - 16);
        let mut out = vec![0; body.len()];
        context.cipher_update(body, Some(&mut out)).unwrap();
        context.set_tag(tag).unwrap();
        context.cipher_final(&mut []).unwrap();
        out
    }
}
