//! What the operations get, and the operations through `Suite`.

use core::hint::black_box;
use std::sync::Arc;

use mls_crypto_traits::{
    CheckedVerifyKey, CryptoError, EncryptContext, HpkeCiphertext, HpkeKeyPair, Rng, SignatureKeyPair, SigningKey,
    Suite,
};

use crate::bare::Operations;

pub(crate) const LABEL: &[u8] = b"label";
pub(crate) const AAD: &[u8] = b"aad";
pub(crate) const NONCE: [u8; 12] = [5; 12];
/// Key material of the ephemeral key, again and again.
const IKM_E: u8 = 0x51;

/// Keys and messages of one suite.
pub(crate) struct Inputs {
    pub(crate) suite: u16,
    pub(crate) message: [u8; 256],
    /// What `SignWithLabel` signs of it.
    pub(crate) framed: Vec<u8>,
    pub(crate) signature_keys: SignatureKeyPair,
    pub(crate) signature: Vec<u8>,
    pub(crate) receiver: HpkeKeyPair,
    pub(crate) ephemeral: HpkeKeyPair,
    pub(crate) ikm: [u8; 64],
    /// A path secret's length.
    pub(crate) plaintext: Vec<u8>,
    pub(crate) sealed: HpkeCiphertext,
    pub(crate) key: Vec<u8>,
    pub(crate) kib: Vec<u8>,
    pub(crate) sealed_kib: Vec<u8>,
}

struct Same;

impl Rng for Same {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.fill(IKM_E);
        Ok(())
    }
}

fn context(suite: Suite<'_>) -> EncryptContext<'_> {
    suite.encrypt_context(LABEL, b"context").unwrap()
}

impl Inputs {
    pub(crate) fn new(suite: Suite<'_>) -> Self {
        let message = [0x61; 256];
        let signature_keys = suite.derive_signature_key_pair(&[7; 64]).unwrap();
        let signer = suite.signing_key(&signature_keys.private).unwrap();
        let signature = suite.sign_with_label(&*signer, LABEL, &[&message]).unwrap();
        let receiver = suite.derive_key_pair(&[9; 64]).unwrap();
        let ephemeral = suite.derive_key_pair(&vec![IKM_E; suite.provider().kem().encap_ikm_len()]).unwrap();
        let plaintext = vec![0x62; suite.hash_len()];
        let sealed = context(suite).seal(&receiver.public, &plaintext, &mut Same).unwrap();
        assert_eq!(sealed.kem_output, ephemeral.public.as_bytes());
        let key = vec![4; suite.aead_key_len()];
        let kib = vec![0x63; 1024];
        let sealed_kib = suite.aead_seal(&key, &NONCE, AAD, &kib).unwrap();
        // The content's length takes two bytes.
        let framed = [&[13][..], b"MLS 1.0 ", LABEL, &[0x41, 0], &message].concat();
        Self {
            suite: u16::from(suite.id()),
            message,
            framed,
            signature_keys,
            signature,
            receiver,
            ephemeral,
            ikm: [9; 64],
            plaintext,
            sealed,
            key,
            kib,
            sealed_kib,
        }
    }
}

/// The operations as callers have them.
pub(crate) struct Ours<'a> {
    suite: Suite<'a>,
    inputs: &'a Inputs,
    signer: Arc<dyn SigningKey>,
    verifier: CheckedVerifyKey,
    context: EncryptContext<'a>,
}

impl<'a> Ours<'a> {
    pub(crate) fn new(suite: Suite<'a>, inputs: &'a Inputs) -> Self {
        Self {
            suite,
            inputs,
            signer: suite.signing_key(&inputs.signature_keys.private).unwrap(),
            verifier: suite.verify_key(inputs.signature_keys.public.as_bytes()).unwrap(),
            context: context(suite),
        }
    }
}

impl Operations for Ours<'_> {
    fn sign(&mut self) {
        black_box(self.suite.sign_with_label(&*self.signer, LABEL, &[&self.inputs.message]).unwrap());
    }

    fn verify(&mut self) -> bool {
        self.verifier.verify_with_label(LABEL, &[&self.inputs.message], &self.inputs.signature).is_ok()
    }

    fn hpke_seal(&mut self) {
        black_box(self.context.seal(&self.inputs.receiver.public, &self.inputs.plaintext, &mut Same).unwrap());
    }

    fn hpke_open(&mut self) {
        black_box(self.context.open(&self.inputs.receiver.private, &self.inputs.sealed).unwrap());
    }

    fn derive(&mut self) {
        black_box(self.suite.derive_key_pair(&self.inputs.ikm).unwrap());
    }

    fn hash(&mut self) {
        black_box(self.suite.hash(&[&self.inputs.message]).unwrap());
    }

    fn aead_seal(&mut self) {
        black_box(self.suite.aead_seal(&self.inputs.key, &NONCE, AAD, &self.inputs.kib).unwrap());
    }

    fn aead_open(&mut self) {
        black_box(self.suite.aead_open(&self.inputs.key, &NONCE, AAD, &self.inputs.sealed_kib).unwrap());
    }
}
