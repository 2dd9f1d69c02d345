//! Puts a step together.

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_codec::EncodeError;
use mls_crypto_traits::{CryptoError, Rng};

use crate::group::Group;
use crate::group::edit::Edit;
use crate::group::state::Status;
use crate::group::step::Step;
use crate::record::{Delta, Precondition, RecordKey};
use crate::secret_tree::RatchetMove;

/// A step in the making: writes and edits over a group, which is at a known revision.
pub(crate) struct StepBuilder {
    pub(crate) delta: Delta,
    edits: Vec<Edit>,
    pub(crate) status: Status,
}

/// Why a step could not be put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BuildError {
    Encode(EncodeError),
    Crypto(CryptoError),
}

impl StepBuilder {
    pub(crate) fn new(group: &Group, rng: &mut dyn Rng) -> Result<Self, BuildError> {
        let mut delta = Delta::new(rng)?;
        delta.require(Precondition::Equals(RecordKey::Status(group.id.clone()), group.status.to_record()?));
        Ok(Self { delta, edits: Vec::new(), status: group.status })
    }

    /// Moves a ratchet of an epoch, on disk and in memory.
    pub(crate) fn move_ratchet(
        &mut self,
        group: &Group,
        epoch: u64,
        change: RatchetMove,
    ) -> Result<(), BuildError> {
        super::header::write_ratchet_move(&mut self.delta, &group.id, epoch, &change)?;
        self.edits.push(Edit::MoveRatchet(epoch, change));
        Ok(())
    }

    pub(crate) fn edit(&mut self, edit: Edit) {
        self.edits.push(edit);
    }

    /// The step, at the next revision.
    pub(crate) fn finish<T>(mut self, group: &Group, output: T) -> Result<Step<T>, BuildError> {
        self.status.revision = self.status.revision.wrapping_add(1);
        self.delta.put(RecordKey::Status(group.id.clone()), self.status.to_record()?);
        self.edits.push(Edit::SetStatus(self.status));
        Ok(Step {
            group: group.id.clone(),
            base: group.status.revision,
            delta: self.delta,
            edits: self.edits,
            output,
        })
    }

    /// The step that ends the membership: nothing of the group is left on disk.
    pub(crate) fn finish_removed<T>(mut self, group: &Group, output: T) -> Step<T> {
        self.delta.delete_prefix(crate::record::RecordPrefix::Group(group.id.clone()));
        self.edits.push(Edit::EndMembership(Box::default()));
        Step { group: group.id.clone(), base: group.status.revision, delta: self.delta, edits: self.edits, output }
    }
}

impl From<EncodeError> for BuildError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<CryptoError> for BuildError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}
