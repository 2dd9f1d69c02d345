//! What a member's store holds of the group: what is needed, and nothing that is over.

use std::collections::BTreeSet;

use mls_client::mls_core::proposal::ProposalRef;
use mls_client::mls_core::record::{RecordKey, RecordPrefix};

use crate::reading::RETAINED;
use crate::service::Service;

/// Resumption PSKs that are kept by default.
const RESUMPTION_PSKS: u64 = 16;

impl Service {
    /// The tree in the store is the one that the oracle knows, the proposals are those that wait, and secrets of epochs
    /// that are over have gone as they should.
    pub(crate) fn check_stored(&self, who: usize) {
        let user = &self.users[who];
        let Some(group) = &user.group else { return };
        let (now, own) = (group.epoch(), group.own_leaf());
        let retained = |epoch: u64| epoch + RETAINED >= now && epoch <= now && epoch >= user.joined;
        let (mut nodes, mut proposals, mut commits) = (BTreeSet::new(), BTreeSet::<ProposalRef>::new(), 0);
        for key in user.store.keys(&RecordPrefix::Group(self.group_id.clone())) {
            match &key {
                RecordKey::TreeNode(_, node) => drop(nodes.insert(usize::try_from(node.as_u32()).unwrap())),
                RecordKey::Proposal(_, reference) => drop(proposals.insert(**reference)),
                RecordKey::PendingCommit(_) => commits += 1,
                RecordKey::Ratchet(_, epoch, leaf, _) => {
                    assert!(retained(*epoch), "{}: {key:?} in epoch {now}", user.name);
                    // Nothing more is sent in an epoch that is over.
                    assert!(*epoch == now || *leaf != own, "{}: {key:?} in epoch {now}", user.name);
                }
                RecordKey::Epoch(_, epoch)
                | RecordKey::SecretNode(_, epoch, _)
                | RecordKey::SkippedKey(_, epoch, ..)
                | RecordKey::SkippedIndex(_, epoch) => {
                    assert!(retained(*epoch), "{}: {key:?} in epoch {now}", user.name);
                }
                RecordKey::ResumptionPsk(_, epoch) => {
                    let kept = *epoch + RESUMPTION_PSKS >= now && *epoch < now && *epoch >= user.joined;
                    assert!(kept, "{}: {key:?} in epoch {now}", user.name);
                }
                _ => {}
            }
        }
        assert_eq!(commits, usize::from(group.has_pending_commit()), "{}: stored commits", user.name);
        let waiting: BTreeSet<ProposalRef> = user.cached.iter().map(|id| self.proposed_in(*id).reference).collect();
        assert_eq!(proposals, waiting, "{}: stored proposals", user.name);
        assert_eq!(nodes, self.facts[&now].tree.occupied(), "{}: stored nodes", user.name);
        let joins = user.store.keys(&RecordPrefix::ExternalJoins).len();
        assert_eq!(joins, usize::from(self.is_joining(who)), "{}: stored external joins", user.name);
    }
}
