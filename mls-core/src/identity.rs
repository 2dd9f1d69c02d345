//! The questions to an authentication service (RFC 9420 section 5.3.1).
//!
//! The engine asks: a transition that brings in a credential yields a [`CredentialCheck`] for it and goes on only with
//! a [`Vouched`] for each. A driver answers them through an [`IdentityProvider`].

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use mls_crypto_traits::SignaturePublicKey;

use crate::credential::Credential;
use crate::env::UnixTime;
use crate::storage::BoxFuture;
use crate::tree::math::LeafIndex;

/// Who a member is to the application: two credentials of one client have the same `MemberId`.
///
/// A member is a client, one installation of an application (RFC 9420 section 2), and no client is a member twice: an
/// Add, an external commit or a new credential that would make it so is refused, unless the same commit removes the
/// client's leaf. The devices of one person are so many clients, each with an identity of its own: the person's name and
/// the device's, say. A provider that gives them one identity lets one of them into a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub Vec<u8>);

/// On what occasion a credential is to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialEvent {
    /// A leaf of the tree of a group that we join (RFC 9420 section 12.4.3.1).
    Join,
    /// An Add proposal (section 12.1.1).
    Add,
    /// An Update proposal that changes the credential or its key (section 12.1.2).
    Update,
    /// The new leaf of a committer, where it changes the credential or its key (section 12.4.2).
    Commit,
    /// The leaf of somebody who joins by an external commit (section 12.4.3.2).
    ExternalCommit,
    /// A member of the group that another one succeeds (sections 11.2 and 11.3). Who it is is asked, to be compared with
    /// the members of the new group; it was vouched for when it came in, and its credential may have run out since.
    FormerMember,
    /// A member of the group whose name is not known here (section 12.2). Who it is is asked, to be compared with who
    /// comes in; it was vouched for when it came in, and its credential may have run out since.
    ///
    /// We ourselves are asked about on joining, or at the first Add in a group that we created; everybody else where
    /// the tree comes from outside the store.
    Member,
    /// An entry of `external_senders` that is new or changed (section 12.1.8.1).
    ExternalSender,
}

/// Is this credential valid, who is it, and may it follow its predecessor?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialCheck {
    pub(crate) question: [u8; 16],
    pub(crate) number: usize,
    /// The occasion.
    pub event: CredentialEvent,
    /// The leaf in question; `None` for an external sender, and for an Add that has no leaf yet.
    pub leaf: Option<LeafIndex>,
    /// The credential.
    pub credential: Credential,
    /// The signature key that goes with it.
    pub signature_key: SignaturePublicKey,
    /// What the credential replaces: the new one must be an acceptable successor (section 5.3.1).
    pub predecessor: Option<(Credential, SignaturePublicKey)>,
    /// The time of the question.
    pub now: UnixTime,
}

/// A credential that was vouched for: the answer to one [`CredentialCheck`], and to no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    pub(crate) question: [u8; 16],
    pub(crate) number: usize,
    pub(crate) member: MemberId,
}

impl CredentialCheck {
    /// Vouches for the credential: it is valid, it names `member`, and it may follow its predecessor.
    ///
    /// # Security
    /// What is accepted here is what the user is told about who is in the group.
    #[must_use]
    pub const fn accept(&self, member: MemberId) -> Vouched {
        Vouched { question: self.question, number: self.number, member }
    }
}

/// An authentication service.
pub trait IdentityProvider: Send + Sync {
    /// Checks a credential and names the member that it belongs to.
    ///
    /// # Errors
    /// [`IdentityErrorKind::Rejected`] where the credential is not acceptable, [`IdentityErrorKind::Unavailable`]
    /// where that cannot be told now.
    fn validate(&self, check: &CredentialCheck) -> Result<MemberId, IdentityError>;
}

/// An authentication service behind futures. The contract is that of [`IdentityProvider`].
pub trait AsyncIdentityProvider: Send + Sync {
    /// See [`IdentityProvider::validate`].
    fn validate<'a>(&'a self, check: &'a CredentialCheck) -> BoxFuture<'a, Result<MemberId, IdentityError>>;
}

/// Why a credential was not vouched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdentityErrorKind {
    /// The credential is not acceptable.
    Rejected,
    /// Whether it is cannot be told now: ask again later.
    Unavailable,
}

/// A credential that was not vouched for, with the cause.
#[derive(Debug)]
pub struct IdentityError {
    kind: IdentityErrorKind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl IdentityError {
    /// An error without a further cause.
    #[must_use]
    pub const fn new(kind: IdentityErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// The error with its cause.
    #[must_use]
    pub fn with_source(mut self, source: Box<dyn Error + Send + Sync>) -> Self {
        self.source = Some(source);
        self
    }

    /// Whether the credential was refused or could not be checked.
    #[must_use]
    pub const fn kind(&self) -> IdentityErrorKind {
        self.kind
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            IdentityErrorKind::Rejected => "the credential is not acceptable",
            IdentityErrorKind::Unavailable => "the credential cannot be checked now",
        })
    }
}

impl Error for IdentityError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}
