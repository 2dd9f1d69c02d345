//! The structure of a Welcome (RFC 9420 section 12.4.3.1).

use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CipherSuite, HpkeCiphertext};

use crate::key_package::KeyPackageRef;

/// Brings new members into an epoch (RFC 9420 section 12.4.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Welcome {
    /// The cipher suite of the group.
    pub cipher_suite: CipherSuite,
    /// One for each new member that this message serves.
    pub secrets: Vec<EncryptedGroupSecrets>,
    /// A GroupInfo under key and nonce from the welcome secret.
    pub encrypted_group_info: Vec<u8>,
}

/// The group secrets for one new member (RFC 9420 section 12.4.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct EncryptedGroupSecrets {
    /// Names the key package by which it was added.
    pub new_member: KeyPackageRef,
    /// A [`GroupSecrets`](super::GroupSecrets), encrypted to that key package's init key.
    pub encrypted_group_secrets: HpkeCiphertext,
}

impl Welcome {
    /// The secrets for the holder of `key_package`, if this message serves it.
    // req: R-12.4.3.1-03
    #[must_use]
    pub fn secrets_for(&self, key_package: &KeyPackageRef) -> Option<&EncryptedGroupSecrets> {
        self.secrets.iter().find(|secrets| secrets.new_member == *key_package)
    }
}
