//! Successors and external joins through either face.

use mls_client::{GroupId, JoinError, SuccessorError};

use super::{ExternalJoin, Group, Successor};

impl Successor {
    pub(crate) fn welcome(&self) -> Option<&[u8]> {
        plain!(self, face => face.welcome())
    }

    pub(crate) fn abandon(self) -> Result<(), SuccessorError> {
        both!(self, face => face.abandon())
    }

    pub(crate) fn accept(self) -> Result<Group, SuccessorError> {
        made!(Group, self, face => face.accept())
    }
}

impl ExternalJoin {
    pub(crate) fn message(&self) -> &[u8] {
        plain!(self, face => face.message())
    }

    pub(crate) fn group_id(&self) -> GroupId {
        plain!(self, face => face.group_id())
    }

    pub(crate) fn accept(self) -> Result<Group, JoinError> {
        made!(Group, self, face => face.accept())
    }

    pub(crate) fn abandon(self) -> Result<(), JoinError> {
        both!(self, face => face.abandon())
    }
}
