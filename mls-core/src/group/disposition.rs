//! What to do about an error.

use alloc::boxed::Box;

use crate::framing::Sender;
use crate::group::Fault;
use crate::key_package::KeyPackageRef;
use crate::proposal::ProposalRef;
use crate::psk::PreSharedKeyId;
use crate::record::Missing as MissingRecords;

/// What to do about an error: the next step for an application that does not want to know more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// The input is of no use. Drop it.
    Discard,
    /// The input was handled before. Drop it.
    Duplicate,
    /// Obtain what is missing, then try again with the same input.
    Retry(Missing),
    /// The input belongs to a later epoch, or what is asked for can be done in one: keep it until that has been entered.
    AwaitEpoch(u64),
    /// Load the group again, then try again.
    Reload,
    /// The group has gone on in a way that cannot be followed: join again.
    Rejoin,
    /// The sender has broken the protocol, under its own signature.
    Blame(Sender),
    /// The call itself is at fault.
    FixCaller,
}

/// What is missing for an operation to succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// A proposal that a commit refers to.
    Proposal(ProposalRef),
    /// A pre-shared key.
    Psk(Box<PreSharedKeyId>),
    /// The private part of a key package.
    KeyPackage(KeyPackageRef),
    /// The ratchet tree.
    Tree,
    /// Records of the group.
    Records(MissingRecords),
    /// The answer of the authentication service.
    Identity,
}

impl Fault {
    /// What to do about it.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::NotResident(missing) => Disposition::Retry(Missing::Records(missing.clone())),
            Self::TreeOutside | Self::WrongTree => Disposition::Retry(Missing::Tree),
            Self::EpochOver | Self::Corrupt(_) | Self::Damaged(_) => Disposition::Reload,
            Self::Imported(epoch) => Disposition::AwaitEpoch(epoch.saturating_add(1)),
            Self::NotAMember | Self::ReInitialized | Self::EpochsExhausted | Self::EpochAbandoned(_) => {
                Disposition::Rejoin
            }
            Self::Moved
            | Self::UnsupportedSuite(_)
            | Self::NoSigner(_)
            | Self::Encode(_)
            | Self::Crypto(_)
            | Self::Tree(_) => Disposition::FixCaller,
        }
    }
}
