//! Why an operation failed: the engine said no, or something around it did.

use core::error::Error;
use core::fmt;

use mls_codec::DecodeError;
use mls_core::group::{self, Disposition, Fault, Missing as Wanted, Stale};
use mls_core::identity::{IdentityError, IdentityErrorKind};
use mls_core::record::Missing;
use mls_core::storage::{StorageError, StorageErrorKind};
use mls_crypto_traits::SignaturePublicKey;

use crate::trace::Failed;

/// What went wrong around the engine. Whatever it is, the operation has had no effect that is visible to others.
#[derive(Debug)]
#[non_exhaustive]
pub enum DriverError {
    /// The store failed. At [`StorageErrorKind::Conflict`] another handle has moved the group on: load it again.
    Storage(StorageError),
    /// A credential was not vouched for (RFC 9420 section 5.3.1).
    Identity(IdentityError),
    /// A stored record cannot be read.
    Record(Fault),
    /// The group handle has moved on since the step was computed.
    Stale(Stale),
    /// An earlier part of the backlog could not be stored, and this was not tried: receive it again.
    Skipped,
    /// The engine asked for records again and again: the store does not answer with what it is asked for.
    Unsettled,
    /// A future of the blocking face was not ready.
    NotReady,
    /// The engine is newer and yields what this driver does not know.
    Unknown,
}

impl DriverError {
    /// What to do next.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            // Whether a busy store has written is not known: loading tells.
            Self::Storage(error) => match error.kind() {
                StorageErrorKind::Full
                | StorageErrorKind::ReadOnly
                | StorageErrorKind::Corrupt
                | StorageErrorKind::Application
                | StorageErrorKind::Unsupported => Disposition::FixCaller,
                _ => Disposition::Reload,
            },
            Self::Stale(_) | Self::Skipped => Disposition::Reload,
            Self::Identity(error) if error.kind() == IdentityErrorKind::Rejected => Disposition::Discard,
            Self::Identity(_) => Disposition::Retry(Wanted::Identity),
            Self::Record(fault) => fault.disposition(),
            Self::Unsettled | Self::NotReady | Self::Unknown => Disposition::FixCaller,
        }
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Storage(_) => "the store failed",
            Self::Identity(_) => "a credential was not vouched for",
            Self::Record(_) => "a stored record cannot be read",
            Self::Stale(_) => "the group handle has moved on",
            Self::Skipped => "an earlier part of the backlog could not be stored",
            Self::Unsettled => "the store does not answer with what it is asked for",
            Self::NotReady => "a future of the blocking face was not ready",
            Self::Unknown => "the engine yields what the driver does not know",
        })
    }
}

impl Error for DriverError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Storage(error) => Some(error),
            Self::Identity(error) => Some(error),
            Self::Record(error) => Some(error),
            Self::Stale(error) => Some(error),
            Self::Skipped | Self::Unsettled | Self::NotReady | Self::Unknown => None,
        }
    }
}

macro_rules! driver_error_from {
    ($($variant:ident($source:ty)),+ $(,)?) => {$(
        impl From<$source> for DriverError {
            fn from(error: $source) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}

driver_error_from!(Storage(StorageError), Identity(IdentityError), Record(Fault), Stale(Stale));

/// What the driver asks of an operation's error.
pub(crate) trait OperationError: From<DriverError> {
    /// The records to read before the operation is tried again.
    fn missing(&self) -> Option<&Missing>;

    /// The signer that is not loaded.
    fn absent_signer(&self) -> Option<&SignaturePublicKey>;
}

macro_rules! cause {
    () => {
        None
    };
    ($cause:ident) => {
        Some($cause)
    };
}

/// Defines the error of a family of operations: the engine's, the driver's, and some of its own, each of these with
/// its text and what to do next.
macro_rules! operation_errors {
    ($(
        $(#[$doc:meta])*
        $name:ident($engine:ty) = $text:literal {
            $( $(#[$own_doc:meta])* $own:ident $(($cause:ident: $payload:ty))? = $own_text:literal, $next:expr; )*
        }
    )+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum $name {
            /// The engine refused.
            Engine($engine),
            /// Something around the engine failed.
            Driver(DriverError),
            $( $(#[$own_doc])* $own $(($payload))?, )*
        }

        impl $name {
            /// What to do next.
            #[must_use]
            pub fn disposition(&self) -> Disposition {
                match self {
                    Self::Engine(error) => error.disposition(),
                    Self::Driver(error) => error.disposition(),
                    $( Self::$own { .. } => $next, )*
                }
            }
        }

        impl Failed for $name {
            fn disposition(&self) -> Disposition {
                Self::disposition(self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    Self::Engine(_) | Self::Driver(_) => $text,
                    $( Self::$own { .. } => $own_text, )*
                })
            }
        }

        impl Error for $name {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                match self {
                    Self::Engine(error) => Some(error),
                    Self::Driver(error) => Some(error),
                    $( Self::$own $(($cause))? => cause!($($cause)?), )*
                }
            }
        }

        impl From<$engine> for $name {
            fn from(error: $engine) -> Self {
                Self::Engine(error)
            }
        }

        impl From<DriverError> for $name {
            fn from(error: DriverError) -> Self {
                Self::Driver(error)
            }
        }
    )+};
}

operation_errors! {
    /// Why a signer, a key package or a group was not made.
    CreateError(group::CreateError) = "it could not be made" {}

    /// Why something could not be loaded from the store.
    LoadError(Fault) = "it could not be loaded" {
        /// The store has no such group.
        NoSuchGroup = "the store has no such group", Disposition::FixCaller;
    }

    /// Why a group was not joined.
    JoinError(group::JoinError) = "the group could not be joined" {
        /// The message does not decode.
        Malformed(cause: DecodeError) = "the message does not decode", Disposition::Discard;
        /// The message is of another kind than is wanted.
        WrongMessage = "the message is of another kind", Disposition::FixCaller;
        /// The Welcome is for none of our key packages, or for one that is used up (RFC 9420 section 12.4.3.1).
        NoKeyPackage = "the Welcome is for none of our key packages", Disposition::Discard;
    }

    /// Why no successor of a group was founded, accepted or abandoned.
    SuccessorError(group::SuccessorError) = "the successor could not be founded or accepted" {
        /// The group that is to be succeeded is not in the store.
        NoFormerGroup = "the group that is to be succeeded is not there", Disposition::FixCaller;
    }

    /// Why an application message was not sent.
    SendError(group::EncryptError) = "the message could not be encrypted" {}

    /// Why a proposal was not made.
    ProposeError(group::ProposeError) = "the proposal could not be made" {}

    /// Why a commit was not made, accepted or dropped.
    CommitError(group::CommitError) = "the commit could not be made or merged" {
        /// A key package does not decode.
        Malformed(cause: DecodeError) = "a key package does not decode", Disposition::FixCaller;
        /// A message is no key package.
        NotAKeyPackage = "a message is no key package", Disposition::FixCaller;
    }

    /// Why a message was not received.
    ReceiveError(group::ReceiveError) = "the message could not be received" {
        /// The message does not decode.
        Malformed(cause: DecodeError) = "the message does not decode", Disposition::Discard;
    }

    /// Why a group did not go back to a past epoch.
    RewindError(group::RewindError) = "the group could not go back" {}

    /// Why a message to one member was not encrypted or decrypted.
    MemberError(group::MemberError) = "the message to one member could not be handled" {}

    /// Why something was not exported from a group.
    ExportError(group::ExportError) = "it could not be exported" {}
}

macro_rules! tried_again {
    ($($name:ident($engine:ident)),+ $(,)?) => {$(
        impl OperationError for $name {
            fn missing(&self) -> Option<&Missing> {
                match self {
                    Self::Engine(error) => error.missing(),
                    _ => None,
                }
            }

            fn absent_signer(&self) -> Option<&SignaturePublicKey> {
                match self {
                    Self::Engine(group::$engine::Fault(Fault::NoSigner(key))) => Some(key),
                    _ => None,
                }
            }
        }
    )+};
}

tried_again!(
    SendError(EncryptError),
    ProposeError(ProposeError),
    CommitError(CommitError),
    ReceiveError(ReceiveError),
    ExportError(ExportError),
    JoinError(JoinError),
    SuccessorError(SuccessorError),
    RewindError(RewindError),
    MemberError(MemberError),
);

impl OperationError for LoadError {
    fn missing(&self) -> Option<&Missing> {
        match self {
            Self::Engine(fault) => fault.missing(),
            _ => None,
        }
    }

    fn absent_signer(&self) -> Option<&SignaturePublicKey> {
        match self {
            Self::Engine(Fault::NoSigner(key)) => Some(key),
            _ => None,
        }
    }
}

/// Why a client could not be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// No crypto provider was given, and the feature `rustcrypto` is off.
    NoCrypto,
    /// No source of randomness was given, and the feature `rustcrypto` is off.
    NoRng,
    /// The stored signers could not be loaded.
    Signers(CreateError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCrypto => "no crypto provider was given",
            Self::NoRng => "no source of randomness was given",
            Self::Signers(_) => "the stored signers could not be loaded",
        })
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Signers(error) => Some(error),
            Self::NoCrypto | Self::NoRng => None,
        }
    }
}

#[cfg(test)]
mod tests;
