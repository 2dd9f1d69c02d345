//! What registered custom proposals do, as standard proposals and extensions (RFC 9420 section 12.3).

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::custom::CustomTypes;
use crate::extension::{Extension, ExtensionType};
use crate::framing::Sender;
use crate::key_package::KeyPackage;
use crate::limits::{LimitExceeded, Limits};
use crate::proposal::list::{ListedProposal, ProposalListError};
use crate::proposal::{Proposal, ProposalType};
use crate::tree::math::LeafIndex;

/// Something that a registered custom proposal does. It is validated like a standard proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Adds the client of a key package.
    Add(Arc<KeyPackage>),
    /// Removes a member.
    Remove(LeafIndex),
    /// Puts an extension into the group context, in place of the one of its type.
    SetExtension(Extension),
    /// Takes an extension out of the group context.
    RemoveExtension(ExtensionType),
}

/// The effects of a commit's custom proposals, in the order in which they apply.
#[derive(Default)]
pub(crate) struct Effects {
    /// Those before the standard proposals.
    pub(crate) before: Vec<PlacedEffect>,
    /// Those after them.
    pub(crate) after: Vec<PlacedEffect>,
}

/// An effect as the list has it.
pub(crate) enum PlacedEffect {
    Proposal(ListedProposal),
    SetExtension(Extension),
    RemoveExtension(ExtensionType),
}

/// An effect is of a proposal that is not a custom one, or that is not there.
pub(crate) struct NoCause(pub(crate) usize);

impl Effects {
    /// Puts effects in order; each comes with the place of its proposal in the list.
    pub(crate) fn place(
        list: &[ListedProposal],
        effects: Vec<(usize, Effect)>,
        custom: &CustomTypes,
    ) -> Result<Self, NoCause> {
        let mut ordered = Vec::with_capacity(effects.len());
        for (cause, effect) in effects {
            let listed = list.get(cause).ok_or(NoCause(cause))?;
            let rules = custom.rules_of(listed.proposal.proposal_type()).ok_or(NoCause(cause))?;
            let proposal = |proposal| ListedProposal { sender: listed.sender, proposal, reference: None, member: None };
            let placed = match effect {
                Effect::Add(key_package) => PlacedEffect::Proposal(proposal(Proposal::Add(key_package))),
                Effect::Remove(leaf) => PlacedEffect::Proposal(proposal(Proposal::Remove(leaf.into()))),
                Effect::SetExtension(extension) => PlacedEffect::SetExtension(extension),
                Effect::RemoveExtension(kind) => PlacedEffect::RemoveExtension(kind),
            };
            ordered.push((rules.order, cause, placed));
        }
        // Stable: several effects of one proposal stay in their order.
        // req: R-12.3-07
        ordered.sort_by_key(|(order, cause, _)| (*order, *cause));
        let mut placed = Self::default();
        for (order, _, effect) in ordered {
            if order < 0 { placed.before.push(effect) } else { placed.after.push(effect) }
        }
        Ok(placed)
    }

    /// Whether they keep within the bounds that the proposals which they stand for are held to.
    pub(crate) fn check_limits(&self, limits: &Limits) -> Result<(), LimitExceeded> {
        self.before.iter().chain(&self.after).try_for_each(|effect| match effect {
            PlacedEffect::Proposal(listed) => limits.check_proposal(&listed.proposal),
            PlacedEffect::SetExtension(extension) => limits.check_extension(extension),
            PlacedEffect::RemoveExtension(_) => Ok(()),
        })
    }

    /// Whether they change or remove a leaf that the list or another effect changes, remove the committer, or add
    /// somebody with an external commit, which has no Welcome.
    pub(crate) fn check(&self, list: &[ListedProposal], committer: Sender) -> Result<(), ProposalListError> {
        let mut touched: BTreeSet<LeafIndex> = list
            .iter()
            .filter_map(|listed| match (&listed.proposal, listed.sender) {
                (Proposal::Remove(removed), _) => removed.leaf(),
                (Proposal::Update(_), Sender::Member(leaf)) => Some(leaf),
                _ => None,
            })
            .collect();
        for listed in self.proposals() {
            // req: R-12.2-24
            if committer == Sender::NewMemberCommit && matches!(listed.proposal, Proposal::Add(_)) {
                return Err(ProposalListError::NotInExternalCommit(ProposalType::ADD));
            }
            let Proposal::Remove(removed) = &listed.proposal else { continue };
            let leaf = removed.leaf().ok_or(ProposalListError::RemoveOfNonMember(*removed))?;
            // req: R-12.2-05
            if committer == Sender::Member(leaf) {
                return Err(ProposalListError::RemoveOfCommitter);
            }
            // req: R-12.2-06
            if !touched.insert(leaf) {
                return Err(ProposalListError::ConflictingChanges(leaf));
            }
        }
        Ok(())
    }

    /// The Adds and Removes, in the order in which they apply.
    pub(crate) fn proposals(&self) -> impl Iterator<Item = &ListedProposal> {
        self.before.iter().chain(&self.after).filter_map(|effect| match effect {
            PlacedEffect::Proposal(listed) => Some(listed),
            PlacedEffect::SetExtension(_) | PlacedEffect::RemoveExtension(_) => None,
        })
    }

    /// Whether group context extensions are among what they change.
    pub(crate) fn change_extensions(&self) -> bool {
        self.before.iter().chain(&self.after).any(|effect| matches!(effect, PlacedEffect::SetExtension(_)))
    }

    /// Whether anybody is removed: the path then keeps them out.
    pub(crate) fn remove_somebody(&self) -> bool {
        self.proposals().any(|listed| matches!(listed.proposal, Proposal::Remove(_)))
    }
}
