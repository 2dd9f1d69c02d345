//! Keys, pseudonyms and sealed values.

use std::sync::{Arc, Mutex, PoisonError};

use mls_codec::{Decode, Encode, Reader};
use mls_core::key_package::KeyPackageRef;
use mls_core::proposal::ProposalRef;
use mls_core::record::{GroupId, RecordKey, RecordPrefix};
use mls_core::storage::{StorageError, StorageErrorKind};
use mls_crypto_traits::{
    CipherSuite, CryptoError, CryptoProvider, Digest, Rng, SecretBytes, SignaturePublicKey, Suite,
};

use super::error::{NotSealed, crypto};

/// Octet in front of every sealed value: the format's version.
const VERSION: u8 = 0;
/// 192 random bits: two writes have the same with a probability that can be neglected, whatever their number.
const SALT: usize = 24;
/// The length of a pseudonym.
const NAME: usize = 32;

/// The key of an [`Encrypted`](super::Encrypted) store: at least 32 bytes of which nobody knows anything.
///
/// # Security
/// It is not a passphrase: make it at random and keep it in the system's key store, or derive it from a passphrase by a
/// function that is made for that.
pub struct StoreKey(SecretBytes);

impl StoreKey {
    /// The key; `None` for less than 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: SecretBytes) -> Option<Self> {
        (bytes.len() >= 32).then_some(Self(bytes))
    }
}

/// What a store is sealed with beside the key: an AEAD and a key derivation function, those of a cipher suite, and a
/// source of randomness. Their choice is not stored; it has to be the same each time.
pub struct Sealing {
    crypto: Arc<dyn CryptoProvider>,
    suite: CipherSuite,
    rng: Arc<Mutex<Box<dyn Rng>>>,
}

impl Sealing {
    /// The AEAD and the key derivation function of `suite`, as `crypto` has them.
    #[must_use]
    pub fn new(crypto: Arc<dyn CryptoProvider>, suite: CipherSuite, rng: Box<dyn Rng>) -> Self {
        Self { crypto, suite, rng: Arc::new(Mutex::new(rng)) }
    }

    pub(super) fn suite(&self) -> Result<Suite<'_>, CryptoError> {
        self.crypto.suite(self.suite).ok_or(CryptoError::Unsupported)
    }

    pub(super) fn random<const N: usize>(&self) -> Result<[u8; N], CryptoError> {
        let mut bytes = [0; N];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn share(&self) -> Self {
        let Self { crypto, suite, rng } = self;
        Self { crypto: Arc::clone(crypto), suite: *suite, rng: Arc::clone(rng) }
    }

    /// Seals under a key of its own for each call, derived from `key` and a random salt.
    ///
    /// The suites' nonces have 96 bits, too few to be drawn at random for as many writes as a store sees; with a subkey
    /// for each 192-bit salt no key and nonce meet twice.
    pub(super) fn seal(&self, key: &SecretBytes, name: &[u8], plaintext: &[u8]) -> Result<SecretBytes, CryptoError> {
        let suite = self.suite()?;
        let salt: [u8; SALT] = self.random()?;
        let (key, nonce) = subkey(suite, key, &salt)?;
        let sealed = suite.aead_seal(key.as_bytes(), nonce.as_bytes(), name, plaintext)?;
        Ok(SecretBytes::concat(&[&[VERSION], &salt, &sealed]))
    }

    /// Opens what [`Self::seal`] gives, of the same name.
    pub(super) fn open(&self, key: &SecretBytes, name: &[u8], sealed: &[u8]) -> Result<SecretBytes, CryptoError> {
        let suite = self.suite()?;
        let Some((&[VERSION], rest)) = sealed.split_first_chunk() else {
            return Err(CryptoError::InvalidCiphertext);
        };
        let (salt, ciphertext) = rest.split_first_chunk::<SALT>().ok_or(CryptoError::InvalidCiphertext)?;
        let (key, nonce) = subkey(suite, key, salt)?;
        suite.aead_open(key.as_bytes(), nonce.as_bytes(), name, ciphertext)
    }
}

fn subkey(suite: Suite<'_>, key: &SecretBytes, salt: &[u8; SALT]) -> Result<(SecretBytes, SecretBytes), CryptoError> {
    let key_of_record = suite.expand_with_label(key.as_bytes(), b"record key", salt, suite.aead_key_len())?;
    let nonce = suite.expand_with_label(key.as_bytes(), b"record nonce", salt, suite.aead_nonce_len())?;
    Ok((key_of_record, nonce))
}

/// Gives records pseudonyms and seals their values, under one key.
pub(super) struct Sealer {
    pub(super) sealing: Sealing,
    names: SecretBytes,
    values: SecretBytes,
    /// Seals the key of the application's space in the header.
    pub(super) header: SecretBytes,
    /// Tells this key from others; says nothing about it.
    pub(super) check: Vec<u8>,
}

impl Sealer {
    pub(super) fn new(sealing: Sealing, key: &StoreKey) -> Result<Self, CryptoError> {
        let suite = sealing.suite()?;
        let root = suite.extract(b"mls-client encrypted store", key.0.as_bytes())?;
        let derive = |label: &[u8]| suite.derive_secret(root.as_bytes(), label);
        let (names, values, header) = (derive(b"names")?, derive(b"values")?, derive(b"header")?);
        let check = suite.expand_with_label(root.as_bytes(), b"check", &[], NAME)?.as_bytes().to_vec();
        Ok(Self { sealing, names, values, header, check })
    }

    fn pseudonym(&self, kind: &[u8], name: &[u8]) -> Result<Vec<u8>, StorageError> {
        let suite = self.sealing.suite().map_err(crypto)?;
        let secret = self.names.as_bytes();
        Ok(suite.expand_with_label(secret, kind, name, NAME).map_err(crypto)?.as_bytes().to_vec())
    }

    fn digest(&self, kind: &[u8], name: &[u8]) -> Result<Digest, StorageError> {
        Digest::from_slice(&self.pseudonym(kind, name)?).ok_or_else(|| crypto(CryptoError::TooLong))
    }

    fn group(&self, id: &GroupId) -> Result<GroupId, StorageError> {
        Ok(GroupId::from(self.pseudonym(b"group", id.as_bytes())?))
    }

    /// What a record is called in the store below: of the same kind and at the same place in its group, so that sets
    /// stay sets.
    pub(super) fn key(&self, key: &RecordKey) -> Result<RecordKey, StorageError> {
        Ok(match key {
            RecordKey::Group(id) => RecordKey::Group(self.group(id)?),
            RecordKey::Status(id) => RecordKey::Status(self.group(id)?),
            RecordKey::TreeNode(id, node) => RecordKey::TreeNode(self.group(id)?, *node),
            RecordKey::PathKeys(id) => RecordKey::PathKeys(self.group(id)?),
            RecordKey::Proposal(id, reference) => {
                let digest = self.digest(b"proposal", &[id.as_bytes(), reference.0.as_bytes()].concat())?;
                RecordKey::Proposal(self.group(id)?, ProposalRef(digest).into())
            }
            RecordKey::PendingCommit(id) => RecordKey::PendingCommit(self.group(id)?),
            RecordKey::Epoch(id, epoch) => RecordKey::Epoch(self.group(id)?, *epoch),
            RecordKey::SecretNode(id, epoch, node) => RecordKey::SecretNode(self.group(id)?, *epoch, *node),
            RecordKey::Ratchet(id, epoch, leaf, kind) => RecordKey::Ratchet(self.group(id)?, *epoch, *leaf, *kind),
            RecordKey::SkippedKey(id, epoch, leaf, kind, generation) => {
                RecordKey::SkippedKey(self.group(id)?, *epoch, *leaf, *kind, *generation)
            }
            RecordKey::SkippedIndex(id, epoch) => RecordKey::SkippedIndex(self.group(id)?, *epoch),
            RecordKey::ResumptionPsk(id, epoch) => RecordKey::ResumptionPsk(self.group(id)?, *epoch),
            RecordKey::ExternalJoin(id) => RecordKey::ExternalJoin(self.group(id)?),
            RecordKey::Successor(id) => RecordKey::Successor(self.group(id)?),
            RecordKey::KeyPackage(reference) => {
                RecordKey::KeyPackage(KeyPackageRef(self.digest(b"key package", reference.0.as_bytes())?).into())
            }
            RecordKey::Psk(id) => RecordKey::Psk(self.pseudonym(b"psk", id)?),
            RecordKey::Signer(key) => {
                RecordKey::Signer(SignaturePublicKey::from(self.pseudonym(b"signer", key.as_bytes())?))
            }
            // A kind that this does not know would be stored under its own name.
            _ => return Err(StorageError::at(StorageErrorKind::Unsupported, key.clone())),
        })
    }

    /// What a set is called in the store below.
    pub(super) fn prefix(&self, prefix: &RecordPrefix) -> Result<RecordPrefix, StorageError> {
        Ok(match prefix {
            RecordPrefix::Group(id) => RecordPrefix::Group(self.group(id)?),
            RecordPrefix::Tree(id) => RecordPrefix::Tree(self.group(id)?),
            RecordPrefix::Proposals(id) => RecordPrefix::Proposals(self.group(id)?),
            RecordPrefix::Epoch(id, epoch) => RecordPrefix::Epoch(self.group(id)?, *epoch),
            RecordPrefix::Groups
            | RecordPrefix::ExternalJoins
            | RecordPrefix::Successors
            | RecordPrefix::KeyPackages
            | RecordPrefix::Signers
            | RecordPrefix::Psks => prefix.clone(),
            _ => return Err(StorageError::new(StorageErrorKind::Unsupported)),
        })
    }

    /// Seals a record for its name in the store below. The true name is sealed with it.
    pub(super) fn seal(&self, key: &RecordKey, below: &RecordKey, value: &[u8]) -> Result<SecretBytes, StorageError> {
        let name = name(key)?;
        let prefix = name.as_slice().to_bytes().map_err(encode)?;
        let plaintext = SecretBytes::concat(&[&prefix, value]);
        self.sealing.seal(&self.values, &self::name(below)?, plaintext.as_bytes()).map_err(crypto)
    }

    /// Opens a record: its true name and its value.
    pub(super) fn open(&self, below: &RecordKey, sealed: &[u8]) -> Result<(RecordKey, SecretBytes), StorageError> {
        let damaged = || StorageError::at(StorageErrorKind::Corrupt, below.clone()).with_source(Box::new(NotSealed));
        let plaintext = self.sealing.open(&self.values, &name(below)?, sealed).map_err(|error| match error {
            CryptoError::InvalidCiphertext => damaged(),
            other => crypto(other),
        })?;
        let mut r = Reader::new(plaintext.as_bytes());
        let name = Vec::<u8>::decode(&mut r).map_err(|_| damaged())?;
        let key = RecordKey::from_bytes(&name).map_err(|_| damaged())?;
        Ok((key, SecretBytes::from_slice(r.rest())))
    }
}

fn name(key: &RecordKey) -> Result<Vec<u8>, StorageError> {
    key.to_bytes().map_err(encode)
}

fn encode(error: mls_codec::EncodeError) -> StorageError {
    StorageError::new(StorageErrorKind::Other).with_source(Box::new(error))
}

impl core::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self(_) = self;
        f.debug_struct("StoreKey").finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { crypto, suite, rng: _ } = self;
        f.debug_struct("Sealing").field("crypto", crypto).field("suite", suite).finish_non_exhaustive()
    }
}
