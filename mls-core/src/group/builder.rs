//! Puts a step together.

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_crypto_traits::Rng;

use crate::group::edit::Edit;
use crate::group::state::{Held, Status};
use crate::group::step::Step;
use crate::group::{Fault, Group};
use crate::record::{Delta, Precondition, RecordKey, ToRecord};
use crate::secret_tree::RatchetMove;

/// A step in the making: writes and edits over a group, which is at a known revision.
pub(crate) struct StepBuilder {
    pub(crate) delta: Delta,
    edits: Vec<Edit>,
    pub(crate) status: Status,
}

impl StepBuilder {
    pub(crate) fn new(group: &Group, rng: &mut dyn Rng) -> Result<Self, Fault> {
        let mut id = [0; 16];
        rng.fill(&mut id)?;
        Self::drawn(group, id)
    }

    /// The same with the delta's `id` drawn at random before.
    pub(crate) fn drawn(group: &Group, id: [u8; 16]) -> Result<Self, Fault> {
        let unchanged = Precondition::Equals(RecordKey::Status(group.id.clone()), group.status.to_record()?);
        let delta = Delta::of_store(id, alloc::vec![unchanged]);
        // Few steps have more.
        Ok(Self { delta, edits: Vec::with_capacity(2), status: group.status })
    }

    /// Moves a ratchet of an epoch, on disk and in memory.
    pub(crate) fn move_ratchet(&mut self, group: &Group, epoch: u64, change: RatchetMove) -> Result<(), Fault> {
        self.delta.use_keys(change.used_keys());
        super::header::write_secret_tree(&mut self.delta, &group.id, epoch, change.changes())?;
        self.edits.push(Edit::MoveRatchet(epoch, change));
        Ok(())
    }

    pub(crate) fn edit(&mut self, edit: Edit) {
        self.edits.push(edit);
    }

    /// The step, at the next revision.
    pub(crate) fn finish<T>(mut self, group: &Group, output: T) -> Result<Step<T>, Fault> {
        self.status.revision = self.status.revision.wrapping_add(1);
        self.delta.write(RecordKey::Status(group.id.clone()), &self.status)?;
        self.edits.push(Edit::SetStatus(self.status));
        Ok(self.finish_as_it_is(group, output))
    }

    /// The step at the same revision: nothing that is stored changes.
    pub(crate) fn finish_unwritten<T>(self, group: &Group, output: T) -> Step<T> {
        debug_assert!(self.delta.is_empty() && self.status == group.status, "a write moves the revision");
        self.finish_as_it_is(group, output)
    }

    fn finish_as_it_is<T>(self, group: &Group, output: T) -> Step<T> {
        let Self { delta, edits, status: _ } = self;
        let sent = group.epoch.secret_tree.sent();
        Step { group: group.id.clone(), base: group.status, sent, delta, edits, output }
    }

    /// The step that ends the membership: nothing of the group is left on disk.
    pub(crate) fn finish_removed<T>(mut self, group: &Group, output: T) -> Step<T> {
        self.delta.delete_prefix(crate::record::RecordPrefix::Group(group.id.clone()));
        // A step computed before finds that the group has moved on.
        self.status.revision = self.status.revision.wrapping_add(1);
        self.edits.push(Edit::SetStatus(self.status));
        self.edits.push(Edit::SwapHeld(Box::new(Held::nothing(group.epoch.secret_tree.size()))));
        self.finish_as_it_is(group, output)
    }
}
