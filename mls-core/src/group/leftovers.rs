//! Own proposals that were not committed (RFC 9420 section 12.4).

use alloc::vec::Vec;

use crate::framing::Sender;
use crate::group::propose::{LeafChange, Proposing};
use crate::group::{Fault, Group, Member};
use crate::proposal::{Proposal, ProposalRef};
use crate::psk::{Psk, ResumptionPskUsage};
use crate::record::Missing;

/// A proposal of our own that the epoch ended without: somebody else's commit came first and did not cover it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The proposal as it was made.
    pub proposal: Proposal,
    /// What it was referred to by; `None` where it stood in a commit of ours that was not accepted.
    pub reference: Option<ProposalRef>,
    /// The member that a Remove was about.
    pub removed: Option<Member>,
}

impl Leftover {
    /// The proposal adapted to the group as it is now, to be proposed or committed again; `None` where it is moot: the
    /// member to be removed is gone, the client to be added is there.
    ///
    /// Members that were removed and added again since are others.
    ///
    /// # Errors
    /// What is [`Missing`] where the tree is not resident.
    // req: R-12.4-08
    pub fn proposing(&self, group: &Group) -> Result<Option<Proposing>, Missing> {
        let tree = group.tree()?;
        Ok(match &self.proposal {
            Proposal::Add(key_package) => {
                let there = tree.find_signature_key(key_package.leaf_node.signature_key.as_bytes()).is_some();
                (!there).then(|| Proposing::Add(key_package.clone()))
            }
            Proposal::Remove(_) => {
                let Some(removed) = &self.removed else { return Ok(None) };
                (group.member(removed.index)?.as_ref() == Some(removed)).then_some(Proposing::Remove(removed.index))
            }
            Proposal::Update(leaf) => Some(Proposing::Update(LeafChange {
                credential: Some(leaf.credential.clone()),
                signature_key: Some(leaf.signature_key.clone()),
                capabilities: Some(leaf.capabilities.clone()),
                extensions: Some(leaf.extensions.clone()),
            })),
            Proposal::PreSharedKey(id) => match &id.psk {
                Psk::External { psk_id } => Some(Proposing::ExternalPsk(psk_id.clone())),
                Psk::Resumption { usage: ResumptionPskUsage::Application, psk_group_id, psk_epoch } => {
                    Some(Proposing::ResumptionPsk { group_id: psk_group_id.clone(), epoch: *psk_epoch })
                }
                Psk::Resumption { .. } => None,
            },
            Proposal::ReInit(re_init) => group.re_init().is_none().then(|| Proposing::ReInit(re_init.clone())),
            Proposal::GroupContextExtensions(extensions) => (*extensions != group.context().extensions)
                .then(|| Proposing::GroupContextExtensions(extensions.clone())),
            _ => None,
        })
    }
}

/// What somebody else's commit leaves over, which covers the proposals that `covered` knows.
pub(crate) fn leftovers(group: &Group, covered: impl Fn(&ProposalRef) -> bool) -> Result<Vec<Leftover>, Fault> {
    let mut left = of_cache(group, covered)?;
    if let Some(pending) = &group.pending {
        for proposal in &pending.sent.proposals {
            left.push(left_over(group, proposal.clone(), None)?);
        }
    }
    Ok(left)
}

/// Our own cached proposals but those that are `covered`.
pub(crate) fn of_cache(group: &Group, covered: impl Fn(&ProposalRef) -> bool) -> Result<Vec<Leftover>, Missing> {
    let own = Sender::Member(group.own_leaf());
    let cached = group.proposals()?.in_order().into_iter();
    cached
        .filter(|(reference, cached)| cached.sender == own && !covered(reference))
        .map(|(reference, cached)| left_over(group, cached.proposal.clone(), Some(*reference)))
        .collect()
}

fn left_over(group: &Group, proposal: Proposal, reference: Option<ProposalRef>) -> Result<Leftover, Missing> {
    let removed = match &proposal {
        Proposal::Remove(removed) => match removed.leaf() {
            Some(leaf) => group.member(leaf)?,
            None => None,
        },
        _ => None,
    };
    Ok(Leftover { proposal, reference, removed })
}
