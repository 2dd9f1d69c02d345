//! What makes one group the successor of another (RFC 9420 sections 11.2 and 11.3).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use crate::framing::ProtocolVersion;
use crate::group::{Disposition, Group};
use crate::group_context::GroupContext;
use crate::identity::{CredentialEvent, MemberId};
use crate::proposal::apply::Newcomer;
use crate::psk::{PreSharedKeyId, Psk, ResumptionPskUsage};
use crate::record::{GroupId, Missing};
use crate::tree::leaf_node::LeafNode;
use crate::tree::math::LeafIndex;

/// How a group comes out of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Succession {
    /// It replaces a group that a `ReInit` has closed (section 11.2): the same members, other parameters.
    ReInit,
    /// It branches off (section 11.3): some of the members, the same version and cipher suite.
    Branch,
}

/// The group that another one succeeds, as a Welcome names it: by its resumption PSK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predecessor {
    /// How the groups are related.
    pub succession: Succession,
    /// The former group.
    pub group_id: GroupId,
    /// Its epoch: for a `ReInit` the one that it was closed in.
    pub epoch: u64,
}

/// Why a group is not such a successor as is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuccessionError {
    /// No `ReInit` has closed the former group (section 11.2).
    NotReInitialized,
    /// The former group has been succeeded: the first successor that is accepted stands.
    AlreadySucceeded,
    /// The Welcome names no former group.
    NoPredecessor,
    /// The groups are related in another way: a branch must not satisfy a `ReInit`, nor the reverse.
    OtherSuccession(Succession),
    /// The Welcome names another former group.
    OtherPredecessor(GroupId),
    /// The former group has not entered that epoch yet.
    FutureEpoch(u64),
    /// The former group's members in that epoch are not known any more, or it is not the one it was closed in.
    PastEpoch(u64),
    /// The new group is not in epoch 1.
    NotFirstEpoch(u64),
    /// The new group's identifier is not that of the `ReInit`, or a branch has that of the former group.
    GroupId,
    /// The new group's version is not that of the `ReInit`, or of the group that it branches from.
    Version,
    /// The new group's cipher suite is not that of the `ReInit`, or of the group that it branches from.
    CipherSuite,
    /// The new group's extensions are not those of the `ReInit`.
    Extensions,
    /// A member of the former group is missing.
    MemberMissing(MemberId),
    /// A member of the new group was none of the former one.
    NotAFormerMember(MemberId),
    /// A client would be in the new group twice.
    SameClientTwice(MemberId),
}

impl Succession {
    pub(crate) const fn usage(self) -> ResumptionPskUsage {
        match self {
            Self::ReInit => ResumptionPskUsage::Reinit,
            Self::Branch => ResumptionPskUsage::Branch,
        }
    }
}

impl Predecessor {
    /// The former group that a pre-shared key of usage reinit or branch names.
    pub(crate) fn named_by(id: &PreSharedKeyId) -> Option<Self> {
        let Psk::Resumption { usage, psk_group_id, psk_epoch } = &id.psk else { return None };
        let succession = match usage {
            ResumptionPskUsage::Application => return None,
            ResumptionPskUsage::Reinit => Succession::ReInit,
            ResumptionPskUsage::Branch => Succession::Branch,
        };
        Some(Self { succession, group_id: GroupId::from(psk_group_id.as_slice()), epoch: *psk_epoch })
    }

    /// The pre-shared key that names the group.
    pub(crate) fn psk(&self) -> Psk {
        Psk::Resumption {
            usage: self.succession.usage(),
            psk_group_id: self.group_id.as_bytes().to_vec(),
            psk_epoch: self.epoch,
        }
    }

    /// Whether a Welcome that names this group is one to a successor of `old` of the kind that is expected.
    pub(crate) fn check(&self, old: &Group, expected: Succession) -> Result<(), SuccessionError> {
        // req: R-11.2-05, R-11.3-06
        if self.succession != expected {
            return Err(SuccessionError::OtherSuccession(self.succession));
        }
        if self.group_id != old.id {
            return Err(SuccessionError::OtherPredecessor(self.group_id.clone()));
        }
        if self.epoch > old.epoch() {
            return Err(SuccessionError::FutureEpoch(self.epoch));
        }
        if expected == Succession::ReInit {
            check_closed(old)?;
            // req: R-11.2-04
            if self.epoch != old.epoch() {
                return Err(SuccessionError::PastEpoch(self.epoch));
            }
        }
        Ok(())
    }
}

/// Whether a `ReInit` has closed the group and nothing has succeeded it yet.
pub(crate) fn check_closed(old: &Group) -> Result<(), SuccessionError> {
    if old.epoch.re_init.is_none() {
        return Err(SuccessionError::NotReInitialized);
    }
    if old.is_succeeded() { Err(SuccessionError::AlreadySucceeded) } else { Ok(()) }
}

/// Whether a new group has the parameters that its predecessor asks for.
pub(crate) fn check_parameters(old: &Group, succession: Succession, new: &GroupContext) -> Result<(), SuccessionError> {
    // req: R-11.2-03, R-11.3-04, R-12.4.3.1-24
    if new.epoch != 1 {
        return Err(SuccessionError::NotFirstEpoch(new.epoch));
    }
    let (version, cipher_suite) = match succession {
        Succession::ReInit => {
            // req: R-12.1.5-02
            let re_init = old.epoch.re_init.as_ref().ok_or(SuccessionError::NotReInitialized)?;
            // req: R-11.2-02, R-12.4.3.1-25
            if new.group_id != re_init.group_id {
                return Err(SuccessionError::GroupId);
            }
            if new.extensions != re_init.extensions {
                return Err(SuccessionError::Extensions);
            }
            (re_init.version, re_init.cipher_suite)
        }
        // req: R-11.3-03, R-12.4.3.1-27
        Succession::Branch => (old.context().version, old.context().cipher_suite),
    };
    if succession == Succession::Branch && new.group_id == old.id.as_bytes() {
        return Err(SuccessionError::GroupId);
    }
    if new.version != version || version != ProtocolVersion::MLS10 {
        return Err(SuccessionError::Version);
    }
    if new.cipher_suite != cipher_suite { Err(SuccessionError::CipherSuite) } else { Ok(()) }
}

/// Whether the members of a new group are those that it may have, ourselves included on both sides.
pub(crate) fn check_membership(
    succession: Succession,
    former: &[MemberId],
    new: &[MemberId],
) -> Result<(), SuccessionError> {
    let former: BTreeSet<_> = former.iter().collect();
    let mut seen = BTreeSet::new();
    for member in new {
        // req: R-11.3-05, R-12.4.3.1-27, R-12.4.1-19
        if !former.contains(member) {
            return Err(SuccessionError::NotAFormerMember(member.clone()));
        }
        if !seen.insert(member) {
            return Err(SuccessionError::SameClientTwice(member.clone()));
        }
    }
    match former.difference(&seen).next() {
        // req: R-12.4.3.1-26
        Some(missing) if succession == Succession::ReInit => {
            Err(SuccessionError::MemberMissing(MemberId::clone(missing)))
        }
        _ => Ok(()),
    }
}

/// The questions who the members of the former group were.
pub(crate) fn former_members(old: &Group, epoch: u64) -> Result<Option<Vec<Newcomer>>, Missing> {
    let ask = |leaf, signature_key, credential| Newcomer {
        event: CredentialEvent::FormerMember,
        leaf: Some(leaf),
        credential,
        signature_key,
        predecessor: None,
    };
    if epoch == old.epoch() {
        let leaves = old.tree()?.leaves();
        return Ok(Some(
            leaves
                .filter_map(|(index, bytes)| {
                    let leaf = <LeafNode as mls_codec::Decode>::from_bytes(bytes).ok()?;
                    Some(ask(index, leaf.signature_key, leaf.credential))
                })
                .collect(),
        ));
    }
    let Some(past) = old.past_epoch(epoch)? else { return Ok(None) };
    // Leaves that have changed since are told by the epochs in between, the others by the tree.
    let _ = old.tree()?;
    let mut members = Vec::new();
    for index in (0..past.secret_tree.size().leaf_count()).filter_map(LeafIndex::new) {
        if let Some((signature_key, credential)) = old.sender_at(epoch, index)? {
            members.push(ask(index, signature_key, credential));
        }
    }
    Ok(Some(members))
}

impl SuccessionError {
    /// What to do about the error.
    #[must_use]
    pub const fn disposition(&self) -> Disposition {
        match self {
            Self::FutureEpoch(epoch) => Disposition::AwaitEpoch(*epoch),
            Self::OtherPredecessor(_) | Self::OtherSuccession(_) | Self::NoPredecessor => Disposition::FixCaller,
            _ => Disposition::Discard,
        }
    }
}

impl fmt::Display for SuccessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FutureEpoch(epoch) => return write!(f, "the former group has not entered epoch {epoch} yet"),
            Self::PastEpoch(epoch) => return write!(f, "epoch {epoch} of the former group is over"),
            Self::NotFirstEpoch(epoch) => return write!(f, "the new group is in epoch {epoch}"),
            Self::NotReInitialized => "no ReInit has closed the former group",
            Self::AlreadySucceeded => "the former group has been succeeded",
            Self::NoPredecessor => "the Welcome names no former group",
            Self::OtherSuccession(_) => "the groups are related in another way",
            Self::OtherPredecessor(_) => "the Welcome names another former group",
            Self::GroupId => "the new group has the wrong identifier",
            Self::Version => "the new group has the wrong version",
            Self::CipherSuite => "the new group has the wrong cipher suite",
            Self::Extensions => "the new group has the wrong extensions",
            Self::MemberMissing(_) => "a member of the former group is missing",
            Self::NotAFormerMember(_) => "a member was none of the former group",
            Self::SameClientTwice(_) => "a client would be in the new group twice",
        })
    }
}

impl core::error::Error for SuccessionError {}
