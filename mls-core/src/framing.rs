//! Message framing (RFC 9420 section 6).
//!
//! [`AuthenticatedContent`] is content with its signature. It travels as a [`PublicMessage`], in the
//! clear, or as a [`PrivateMessage`], encrypted; [`MlsMessage`] is what is sent.

use mls_codec::{Decode, Encode, open_enum};

mod auth;
mod content;
mod error;
mod framed;
mod message;
mod padding;
mod peek;
mod private_message;
mod public_message;
mod seal;
mod sender_data;
mod transcript;

pub use auth::{AuthenticatedContent, FramedContentAuthData};
pub use content::{Content, ContentType, FramedContent, Sender};
pub use error::FramingError;
pub(crate) use framed::Framed;
pub use message::{MlsMessage, MlsMessageBody};
pub use padding::Padding;
pub use peek::MessagePeek;
pub use private_message::PrivateMessage;
pub use public_message::PublicMessage;
pub(crate) use seal::Sealing;
pub use sender_data::SenderData;
pub use transcript::{confirmed_transcript_hash, interim_transcript_hash};

#[cfg(test)]
pub(crate) mod tests;

open_enum! {
    /// The version of the protocol (RFC 9420 section 6). Unknown values are kept.
    pub struct ProtocolVersion: u16 {
        /// RFC 9420.
        MLS10 = 1,
    }
}

/// How a message is framed (RFC 9420 sections 6 and 17.2).
// req: R-17.2-01
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[mls(repr = "u16")]
#[non_exhaustive]
pub enum WireFormat {
    /// A signed message in the clear.
    #[mls(value = 1)]
    PublicMessage,
    /// A signed and encrypted message.
    #[mls(value = 2)]
    PrivateMessage,
    /// A welcome for new members.
    #[mls(value = 3)]
    Welcome,
    /// Group information for joiners.
    #[mls(value = 4)]
    GroupInfo,
    /// A key package.
    #[mls(value = 5)]
    KeyPackage,
}
