//! The group context (RFC 9420 section 8.1).

use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::CipherSuite;

use crate::extension::Extensions;
use crate::framing::ProtocolVersion;

/// What all members of an epoch agree on (RFC 9420 section 8.1).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GroupContext {
    /// The protocol version.
    pub version: ProtocolVersion,
    /// The cipher suite of the group.
    pub cipher_suite: CipherSuite,
    /// The group's name, opaque to the engine.
    pub group_id: Vec<u8>,
    /// Counts the Commits since the group was created.
    pub epoch: u64,
    /// The hash of the tree's root: `suite.hash_len()` bytes.
    pub tree_hash: Vec<u8>,
    /// Covers every Commit so far (section 8.2): `suite.hash_len()` bytes, none at epoch 0.
    pub confirmed_transcript_hash: Vec<u8>,
    /// The group's own extensions.
    pub extensions: Extensions,
}
