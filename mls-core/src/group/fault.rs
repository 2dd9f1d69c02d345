//! What can keep any operation from being computed, whatever the message or the plan.

use alloc::boxed::Box;
use core::fmt;

use mls_codec::{DecodeError, EncodeError};
use mls_crypto_traits::{CipherSuite, CryptoError, SignaturePublicKey};

use crate::record::{Missing, RecordKey};
use crate::tree::ratchet_tree::TreeError;

/// What can keep any operation from being computed, whatever the message or the plan. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Records are needed that are not resident: read them, [admit](crate::group::Group::admit) them, call again.
    NotResident(Missing),
    /// The crypto provider lacks the cipher suite.
    UnsupportedSuite(CipherSuite),
    /// The signer of this public key is not held.
    NoSigner(SignaturePublicKey),
    /// We are no longer a member.
    NotAMember,
    /// The group is closed in favour of a successor (RFC 9420 section 11.2): nothing more is sent in it.
    ReInitialized,
    /// The group was moved to another store: go on there.
    Moved,
    /// The group came from another store, in this epoch: nothing is sent before another has been entered, by a commit
    /// of somebody else or by joining again.
    Imported(u64),
    /// The group has entered another epoch since the question was asked.
    EpochOver,
    /// The last epoch that a 64-bit number can count is reached (RFC 9420 section 12).
    EpochsExhausted,
    /// A value is too long to encode (RFC 9420 section 2.1.2).
    Encode(EncodeError),
    /// The crypto backend or the source of randomness failed.
    Crypto(CryptoError),
    /// A stored record does not decode.
    Corrupt(DecodeError),
    /// This stored record is gone, does not decode, or does not fit the others.
    Damaged(Box<RecordKey>),
    /// The tree cannot be made.
    Tree(TreeError),
    /// The tree is needed and not kept in the store: obtain it and [admit](crate::group::Group::admit_tree) it.
    TreeOutside,
    /// The epoch was left by [going back](crate::group::rewind), and must not be entered again.
    EpochAbandoned(u64),
    /// The tree that was given is not the one that the group has agreed on.
    WrongTree,
}

impl Fault {
    /// The fault of reading `key`: what was found there, or would be, is damaged.
    pub(crate) fn at(self, key: &RecordKey) -> Self {
        match self {
            Self::Corrupt(_) | Self::Tree(_) => Self::Damaged(Box::new(key.clone())),
            other => other,
        }
    }

    /// What is to be read, where that is all that stands in the way.
    #[must_use]
    pub const fn missing(&self) -> Option<&Missing> {
        match self {
            Self::NotResident(missing) => Some(missing),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotResident(_) => f.write_str("records are needed that are not resident"),
            Self::UnsupportedSuite(suite) => write!(f, "the crypto provider lacks {suite:?}"),
            Self::NoSigner(_) => f.write_str("the signing key is not held"),
            Self::NotAMember => f.write_str("we are no longer a member"),
            Self::ReInitialized => f.write_str("the group is closed in favour of a successor"),
            Self::Moved => f.write_str("the group was moved to another store"),
            Self::Imported(_) => {
                f.write_str("the group came from another store, and sends nothing before the next epoch")
            }
            Self::EpochOver => f.write_str("the group has entered another epoch"),
            Self::EpochsExhausted => f.write_str("the group has used up its epochs"),
            Self::Encode(error) => error.fmt(f),
            Self::Crypto(error) => error.fmt(f),
            Self::Corrupt(error) => write!(f, "a stored record is corrupt: {error}"),
            Self::Damaged(record) => write!(f, "the stored record {record:?} is damaged or gone"),
            Self::Tree(error) => error.fmt(f),
            Self::TreeOutside => f.write_str("the tree is not kept in the store"),
            Self::EpochAbandoned(epoch) => write!(f, "epoch {epoch} was left by going back"),
            Self::WrongTree => f.write_str("the tree is not the group's"),
        }
    }
}

impl core::error::Error for Fault {}

impl From<Missing> for Fault {
    fn from(missing: Missing) -> Self {
        Self::NotResident(missing)
    }
}

impl From<EncodeError> for Fault {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<CryptoError> for Fault {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        Self::Corrupt(error)
    }
}

impl From<TreeError> for Fault {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

/// Lets `?` turn what a [`Fault`] can be made of into an operation's own error.
macro_rules! from_fault {
    ($($error:ident),+ $(,)?) => {$(
        impl<T: Into<$crate::group::Fault>> From<T> for $error {
            fn from(fault: T) -> Self {
                Self::Fault(fault.into())
            }
        }
    )+};
}
pub(crate) use from_fault;
