//! Own commits that the caller keeps (RFC 9420 section 14).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, DecodeError, EncodeError};
use mls_crypto_traits::SecretBytes;

use crate::env::Env;
use crate::group::advance::write_epoch_change;
use crate::group::builder::StepBuilder;
use crate::group::commit::CommitError;
use crate::group::commit_merge::own_change;
use crate::group::edit::Edit;
use crate::group::epoch::NewEpoch;
use crate::group::pending::PendingCommit;
use crate::group::process::EpochChange;
use crate::group::resident::read_pending;
use crate::group::{Fault, Group, Step};
use crate::record::{GroupId, RECORD_VERSION, SecretWriter, ToRecord, open_record};

/// An own commit with the secrets of the epoch that it leads to, kept by the caller until it is known which commit the
/// delivery service takes.
///
/// It belongs to the epoch in which it was made and is of no use when that is over.
///
/// # Security
/// It is secret. Drop it once another commit has been accepted: forward secrecy waits for that.
pub struct DetachedCommit {
    group: GroupId,
    membership: [u8; 8],
    epoch: u64,
    message: Vec<u8>,
    pending: SecretBytes,
}

/// Enters the epoch that a detached commit leads to: the delivery service has accepted it. The
/// [pending](crate::group::pending_commit) one is dropped, if there is one.
///
/// # Errors
/// [`CommitError::DetachedElsewhere`], [`CommitError::Fault`]; nothing has changed.
pub fn accept_detached(
    group: &Group,
    commit: &DetachedCommit,
    env: &mut Env<'_>,
) -> Result<Step<EpochChange>, CommitError> {
    group.check_sends()?;
    let here = commit.group == group.id && commit.membership == group.status.membership;
    if !here || commit.epoch != group.epoch() {
        return Err(CommitError::DetachedElsewhere);
    }
    let missing = group.missing_for_handshake();
    if !missing.is_empty() {
        return Err(Fault::NotResident(missing).into());
    }
    let suite = group.suite(env)?;
    let PendingCommit { sent, staged } = *read_pending(suite, group.tree()?, &commit.pending)?;
    let mut builder = StepBuilder::new(group, env.rng)?;
    let end = write_epoch_change(&mut builder, group, &staged, env)?;
    let change = own_change(group, &sent, &staged)?;
    builder.edit(Edit::EnterEpoch(Box::new(NewEpoch { staged, end })));
    Ok(builder.finish(group, change)?)
}

impl DetachedCommit {
    pub(crate) fn new(group: &Group, pending: &PendingCommit) -> Result<Self, Fault> {
        Ok(Self {
            group: group.id.clone(),
            membership: group.status.membership,
            epoch: group.epoch(),
            message: pending.sent.message.clone(),
            pending: pending.record(group.tree()?)?.to_record()?,
        })
    }

    /// The commit as it was sent: to be recognised when it comes back.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The epoch that it was made in.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The commit as bytes, to be stored.
    ///
    /// # Errors
    /// [`EncodeError`] where a vector is too long.
    pub fn to_record(&self) -> Result<SecretBytes, EncodeError> {
        let Self { group, membership, epoch, message, pending } = self;
        let mut w = SecretWriter::new(RECORD_VERSION);
        w.put(group)?;
        w.put(membership)?;
        w.put(epoch)?;
        w.put(message)?;
        w.opaque(pending.as_bytes())?;
        Ok(w.finish())
    }

    /// The commit that [`Self::to_record`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] where the bytes are none.
    pub fn from_record(record: &[u8]) -> Result<Self, DecodeError> {
        let mut r = open_record(record)?;
        let commit = Self {
            group: GroupId::decode(&mut r)?,
            membership: <[u8; 8]>::decode(&mut r)?,
            epoch: u64::decode(&mut r)?,
            message: Vec::decode(&mut r)?,
            pending: SecretBytes::from_slice(r.opaque()?),
        };
        r.finish()?;
        Ok(commit)
    }
}

impl fmt::Debug for DetachedCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, membership: _, epoch, message, pending: _ } = self;
        f.debug_struct("DetachedCommit")
            .field("group", group)
            .field("epoch", epoch)
            .field("message", &message.len())
            .finish_non_exhaustive()
    }
}
