//! Values that threads pass on and share.

use crate::group::*;
use crate::observer::{Observer, ObserverStep};
use crate::record::{Delta, Durable, Records};

const fn shared<T: Send + Sync + 'static>() {}

#[test]
fn groups_and_all_that_is_computed_of_them_are_shared_by_threads() {
    shared::<Group>();
    shared::<Observer>();
    shared::<Step<CommitOutput>>();
    shared::<Fresh<Group>>();
    shared::<ObserverStep<EpochChange>>();
    shared::<(Inbound, PendingCommit, VettedCommit, PendingProposal, PendingExternalProposal)>();
    shared::<(PendingOwnCommit, VettedOwnCommit, DetachedCommit)>();
    shared::<(OpenedWelcome, PendingJoin, OpenedSuccessor, PendingSuccessorJoin)>();
    shared::<(PendingExternalJoin, VettedExternalJoin, ExternalJoin)>();
    shared::<(PendingSuccessor, Successor)>();
    shared::<(Answers, Delta, Durable, Records)>();
}
