//! Where the values of cases come from.

use std::sync::Arc;

use mls_codec::Encode;
use mls_core::credential::Credential;
use mls_core::extension::Extensions;
use mls_core::framing::ProtocolVersion;
use mls_core::group_context::GroupContext;
use mls_core::key_package::KeyPackage;
use mls_core::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource, Lifetime};
use mls_crypto_traits::{
    CipherSuite, CryptoError, CryptoProvider, HpkeKeyPair, Rng, SecretBytes, SignaturePrivateKey, SigningKey, Suite,
};

use serde_json::Value;

use super::super::cases::must;
use super::super::suite;
use super::Settings;

/// The time at which everything happens.
pub(super) const NOW: u64 = 1_700_000_000;

/// Keys and numbers for the cases of one file and suite.
pub(super) struct Source<'a> {
    pub(super) crypto: &'a dyn CryptoProvider,
    pub(super) suite: Suite<'a>,
    pub(super) size: u32,
    pub(super) rng: Seeded,
}

/// Bytes that follow from a seed (`SplitMix64`). Nothing here has to stay secret.
pub(super) struct Seeded(pub(super) u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Rng for Seeded {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for chunk in out.chunks_mut(8) {
            for (byte, random) in chunk.iter_mut().zip(self.next().to_le_bytes()) {
                *byte = random;
            }
        }
        Ok(())
    }
}

/// A signer with its private key in the files' form.
pub(super) struct Signer {
    pub(super) private: Vec<u8>,
    pub(super) key: Arc<dyn SigningKey>,
}

/// A key package with its private keys.
pub(super) struct OwnKeyPackage {
    pub(super) key_package: KeyPackage,
    pub(super) init: HpkeKeyPair,
    pub(super) leaf: HpkeKeyPair,
    pub(super) signer: Signer,
}

impl<'a> Source<'a> {
    pub(super) fn new(
        crypto: &'a dyn CryptoProvider,
        id: CipherSuite,
        settings: &Settings,
        file: &str,
    ) -> Result<Self, String> {
        let mut state = Seeded(settings.seed);
        for byte in file.bytes().map(u64::from).chain([u64::from(id.0)]) {
            state.0 = state.next() ^ byte;
        }
        Ok(Self { crypto, suite: suite(crypto, id.0)?, size: settings.size, rng: state })
    }

    pub(super) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        // It never fails.
        let _ = self.rng.fill(&mut bytes);
        bytes
    }

    /// As many bytes as the suite's hash has.
    pub(super) fn hash(&mut self) -> Vec<u8> {
        self.bytes(self.suite.hash_len())
    }

    pub(super) fn secret(&mut self) -> SecretBytes {
        SecretBytes::from_slice(&self.hash())
    }

    /// A number below the bound, which is not zero.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let number = self.rng.next().checked_rem(u64::from(bound)).unwrap_or(0);
        u32::try_from(number).unwrap_or(0)
    }

    pub(super) fn signer(&mut self) -> Result<Signer, String> {
        let pair = must("signature key", self.suite.generate_signature_key_pair(&mut self.rng))?;
        let private = pair.private.as_bytes().to_vec();
        let key = must("signer", self.suite.signing_key(&SignaturePrivateKey::from_bytes(private.clone())))?;
        Ok(Signer { private, key })
    }

    pub(super) fn key_pair(&mut self) -> Result<HpkeKeyPair, String> {
        must("HPKE key", self.suite.generate_hpke_key_pair(&mut self.rng))
    }

    pub(super) fn key_package(&mut self, name: &str) -> Result<OwnKeyPackage, String> {
        let (init, leaf, signer) = (self.key_pair()?, self.key_pair()?, self.signer()?);
        let mut leaf_node = LeafNode {
            encryption_key: leaf.public.clone(),
            signature_key: signer.key.public_key().clone(),
            credential: Credential::Basic { identity: name.as_bytes().to_vec() },
            capabilities: Capabilities::of_engine(self.crypto),
            leaf_node_source: LeafNodeSource::KeyPackage(lifetime()),
            extensions: Extensions::new(),
            signature: Vec::new(),
        };
        must("sign leaf", leaf_node.sign(self.suite, signer.key.as_ref(), None))?;
        let mut key_package = KeyPackage {
            version: ProtocolVersion::MLS10,
            cipher_suite: self.suite.id(),
            init_key: init.public.clone(),
            leaf_node,
            extensions: Extensions::new(),
            signature: Vec::new(),
        };
        must("sign key package", key_package.sign(self.suite, signer.key.as_ref()))?;
        Ok(OwnKeyPackage { key_package, init, leaf, signer })
    }

    /// A group context of this tree; its transcript hash is drawn.
    pub(super) fn context(&mut self, group_id: &[u8], epoch: u64, tree_hash: &[u8]) -> GroupContext {
        GroupContext {
            version: ProtocolVersion::MLS10,
            cipher_suite: self.suite.id(),
            group_id: group_id.to_vec(),
            epoch,
            tree_hash: tree_hash.to_vec(),
            confirmed_transcript_hash: self.hash(),
            extensions: Extensions::new(),
        }
    }
}

/// Sets a field of a case.
pub(super) fn put(case: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(fields) = case.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
}

pub(super) const fn lifetime() -> Lifetime {
    Lifetime { not_before: NOW.saturating_sub(3600), not_after: NOW.saturating_add(60 * 24 * 3600) }
}

pub(super) fn encoded(what: &str, value: &impl Encode) -> Result<Vec<u8>, String> {
    must(what, value.to_bytes())
}
