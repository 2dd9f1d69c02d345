//! Ways back for a member that has lost its state, or its group.

use alloc::sync::Arc;

use crate::group::{CommitPlan, ExternalJoinPlan, LeafSpec, Member, Proposing, VerifiedGroupInfo};
use crate::key_package::KeyPackage;
use crate::tree::math::LeafIndex;

impl CommitPlan {
    /// Removes the member at `lost` and adds it again with `key_package`, in one commit: for a member that has lost its
    /// state, or cannot follow any more. It gets a Welcome; what was sent between it cannot read.
    ///
    /// # Security
    /// That the key package is the same user's is for the caller to know: the authentication service is asked about its
    /// credential as about any that is added.
    #[must_use]
    pub fn readd(lost: LeafIndex, key_package: impl Into<Arc<KeyPackage>>) -> Self {
        let proposals = alloc::vec![Proposing::Remove(lost), Proposing::Add(key_package.into())];
        Self { proposals, ..Self::default() }
    }
}

impl ExternalJoinPlan {
    /// Joins the group of `info` with `leaf` as its leaf, in place of the leaf that we have had there, if there is one:
    /// for ourselves, when our state is lost or the group has gone where we cannot follow (RFC 9420 section 12.4.3.2).
    ///
    /// The old leaf is the one with the same signature key, or else the one with the same credential, if there is only
    /// one: a credential may name several clients of one user, and none is removed on a guess.
    #[must_use]
    pub fn rejoin(info: &VerifiedGroupInfo, leaf: LeafSpec) -> Self {
        let tree = info.tree();
        let by_key = tree.find_signature_key(leaf.signature_key.as_bytes());
        let resync = by_key.or_else(|| {
            let mut same = info.members().into_iter().filter(|member| member.credential == leaf.credential);
            match (same.next(), same.next()) {
                (Some(Member { index, .. }), None) => Some(index),
                _ => None,
            }
        });
        Self { resync, ..Self::new(leaf) }
    }
}
