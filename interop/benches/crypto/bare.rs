//! The same work in bare calls of the libraries.

use core::hint::black_box;

use crate::inputs::Inputs;

pub(crate) mod aws_lc;
pub(crate) mod openssl;
pub(crate) mod rust_crypto;

/// What is measured.
pub(crate) trait Operations {
    fn sign(&mut self);
    fn verify(&mut self) -> bool;
    fn hpke_seal(&mut self);
    fn hpke_open(&mut self);
    fn derive(&mut self);
    fn hash(&mut self);
    fn aead_seal(&mut self);
    fn aead_open(&mut self);
}

/// A library's functions for one suite.
pub(crate) trait Library {
    type Private;
    type Public;

    fn sign(&self, message: &[u8]) -> Vec<u8>;
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool;
    fn hash(&self, message: &[u8]);
    /// HMAC or HKDF-Extract.
    fn extract(&self, salt: &[u8], ikm: &[u8]) -> [u8; 64];
    fn expand(&self, prk: &[u8], info: &[u8], len: usize) -> [u8; 66];
    fn hash_len(&self) -> usize;
    fn private(&self, bytes: &[u8]) -> Self::Private;
    fn public_of(&self, private: &Self::Private) -> Vec<u8>;
    fn public(&self, bytes: &[u8]) -> Self::Public;
    fn agree(&self, private: &Self::Private, public: &Self::Public) -> Vec<u8>;
    fn seal(&self, key: &[u8], aad: &[u8], plaintext: &[u8]) -> Vec<u8>;
    fn open(&self, key: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>>;
}

/// What RFC 9180 makes of them: the steps and their lengths, not the labels.
pub(crate) struct Composed<'a, L> {
    pub(crate) library: L,
    pub(crate) inputs: &'a Inputs,
}

impl<L: Library> Composed<'_, L> {
    /// `DeriveKeyPair`: extract, expand, the public key. The key is `private`.
    fn key_pair(&self, ikm: &[u8], private: &[u8]) -> (L::Private, Vec<u8>) {
        let library = &self.library;
        let prk = library.extract(&[], &self.filler(19, ikm));
        black_box(library.expand(&prk[..library.hash_len()], &[2; 23], private.len()));
        let private = library.private(private);
        let public = library.public_of(&private);
        (private, public)
    }

    /// `ExtractAndExpand` and the key schedule: the AEAD's key.
    fn aead_key(&self, shared: &[u8], public_len: usize) -> Vec<u8> {
        let (library, hash_len) = (&self.library, self.library.hash_len());
        let secret_len = if shared.len() > 56 { 64 } else { hash_len };
        let prk = library.extract(&[], &self.filler(19, shared));
        let secret = library.expand(&prk[..hash_len], &vec![3; 27 + 2 * public_len], secret_len);
        let prk = library.extract(&secret[..secret_len], &[4; 23]);
        let info = vec![5; 23 + 2 * hash_len];
        let key = library.expand(&prk[..hash_len], &info, self.inputs.key.len());
        black_box(library.expand(&prk[..hash_len], &info, 12));
        key[..self.inputs.key.len()].to_vec()
    }

    /// A label in front.
    fn filler(&self, len: usize, bytes: &[u8]) -> Vec<u8> {
        let mut all = vec![1; len];
        all.extend_from_slice(bytes);
        all
    }
}

impl<L: Library> Operations for Composed<'_, L> {
    fn sign(&mut self) {
        black_box(self.library.sign(&self.inputs.framed));
    }

    fn verify(&mut self) -> bool {
        self.library.verify(&self.inputs.framed, &self.inputs.signature)
    }

    fn hpke_seal(&mut self) {
        let Inputs { ephemeral, receiver, ikm, plaintext, .. } = self.inputs;
        let (ephemeral, kem_output) = self.key_pair(ikm, ephemeral.private.as_bytes());
        let public = self.library.public(receiver.public.as_bytes());
        let key = self.aead_key(&self.library.agree(&ephemeral, &public), kem_output.len());
        black_box(self.library.seal(&key, &[], plaintext));
    }

    fn hpke_open(&mut self) {
        let Inputs { receiver, sealed, .. } = self.inputs;
        let private = self.library.private(receiver.private.as_bytes());
        let own = self.library.public_of(&private);
        let public = self.library.public(&sealed.kem_output);
        let key = self.aead_key(&self.library.agree(&private, &public), own.len());
        // Not the key: it does the same work and refuses.
        black_box(self.library.open(&key, &[], &sealed.ciphertext));
    }

    fn derive(&mut self) {
        black_box(self.key_pair(&self.inputs.ikm, self.inputs.receiver.private.as_bytes()));
    }

    fn hash(&mut self) {
        self.library.hash(&self.inputs.message);
    }

    fn aead_seal(&mut self) {
        black_box(self.library.seal(&self.inputs.key, crate::inputs::AAD, &self.inputs.kib));
    }

    fn aead_open(&mut self) {
        let opened = self.library.open(&self.inputs.key, crate::inputs::AAD, &self.inputs.sealed_kib);
        assert!(black_box(opened).is_some());
    }
}
