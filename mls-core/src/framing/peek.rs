//! What a message tells without a group (RFC 9420 section 6).

use alloc::vec::Vec;

use mls_crypto_traits::CipherSuite;

use super::{ContentType, MlsMessage, MlsMessageBody, Sender, WireFormat};
use crate::key_package::KeyPackageRef;
use crate::record::GroupId;

/// What a message tells without a group: enough to route it. Nothing of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessagePeek {
    /// How the message is framed.
    pub wire_format: WireFormat,
    /// The group that it belongs to; a Welcome and a key package name none.
    pub group_id: Option<GroupId>,
    /// The epoch that it belongs to: for a commit, the one that it ends.
    pub epoch: Option<u64>,
    /// What a public or private message contains.
    pub content_type: Option<ContentType>,
    /// Who sends a public message; the sender of a private one is encrypted.
    pub sender: Option<Sender>,
    /// The cipher suite that a Welcome, a GroupInfo or a key package names.
    pub cipher_suite: Option<CipherSuite>,
    /// The key packages that a Welcome serves.
    pub key_packages: Vec<KeyPackageRef>,
}

impl MlsMessage {
    /// What the message tells without a group, to route it by (RFC 9420 section 6).
    ///
    /// ```
    /// use mls_core::framing::{MlsMessage, MlsMessageBody, WireFormat};
    /// use mls_core::welcome::Welcome;
    /// use mls_crypto_traits::CipherSuite;
    ///
    /// let welcome = Welcome { cipher_suite: CipherSuite(1), secrets: vec![], encrypted_group_info: vec![7] };
    /// let peek = MlsMessage::new(MlsMessageBody::Welcome(welcome)).peek();
    /// assert_eq!((peek.wire_format, peek.cipher_suite), (WireFormat::Welcome, Some(CipherSuite(1))));
    /// assert_eq!((peek.group_id, peek.sender), (None, None));
    /// ```
    ///
    /// # Security
    /// Nothing is verified: anybody can write any group, epoch or sender into a message.
    #[must_use]
    pub fn peek(&self) -> MessagePeek {
        let (mut content_type, mut sender, mut cipher_suite) = (None, None, None);
        let mut key_packages = Vec::new();
        match &self.body {
            MlsMessageBody::PublicMessage(message) => {
                content_type = Some(message.content.content_type());
                sender = Some(message.content.sender);
            }
            MlsMessageBody::PrivateMessage(message) => content_type = Some(message.content_type),
            MlsMessageBody::Welcome(welcome) => {
                cipher_suite = Some(welcome.cipher_suite);
                key_packages = welcome.secrets.iter().map(|secrets| secrets.new_member).collect();
            }
            MlsMessageBody::GroupInfo(info) => cipher_suite = Some(info.group_context.cipher_suite),
            MlsMessageBody::KeyPackage(key_package) => cipher_suite = Some(key_package.cipher_suite),
        }
        MessagePeek {
            wire_format: self.wire_format(),
            group_id: self.group_id().map(GroupId::from),
            epoch: self.epoch(),
            content_type,
            sender,
            cipher_suite,
            key_packages,
        }
    }
}
