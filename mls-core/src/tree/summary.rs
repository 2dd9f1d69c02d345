//! What all members below a node have in common (RFC 9420 sections 7.3 and 13).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;

use super::view::LeafProfile;
use crate::credential::CredentialType;
use crate::extension::ExtensionType;
use crate::proposal::ProposalType;

/// The types that the members of a (sub)tree use and support.
///
/// Combines upward: union of what is in use, intersection of what is supported. Equal neighbours share one value,
/// so a group of like clients holds very few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// No members at all: everything is supported by all of them.
    vacant: bool,
    credentials_in_use: Types,
    extensions: Types,
    proposals: Types,
    credentials: Types,
}

/// Types in ascending order, each once; on the heap where there are many. Every leaf of a tree that is loaded has
/// lists of its own for a moment.
#[derive(Clone, Debug)]
enum Types {
    Few(u8, [u16; FEW]),
    Many(Box<[u16]>),
}

/// So many types take no more room than a pointer to them.
const FEW: usize = 7;
/// Encoded lists are compared pair by pair up to this product of their lengths in bytes. Members choose the lengths, so
/// longer ones are put in order first.
const PAIRS: usize = 4_096;

impl Summary {
    pub(super) fn vacant() -> Self {
        Self { vacant: true, ..Self::default() }
    }

    /// Whether every member supports extensions of this type; the default types always (section 7.2).
    #[must_use]
    pub fn all_support_extension(&self, extension_type: ExtensionType) -> bool {
        self.vacant || extension_type.is_default() || has(&self.extensions, extension_type.into())
    }

    /// Whether every member supports proposals of this type; the default types always (section 7.2).
    #[must_use]
    pub fn all_support_proposal(&self, proposal_type: ProposalType) -> bool {
        self.vacant || proposal_type.is_default() || has(&self.proposals, proposal_type.into())
    }

    /// Whether every member supports credentials of this type.
    #[must_use]
    pub fn all_support_credential(&self, credential_type: CredentialType) -> bool {
        self.vacant || has(&self.credentials, credential_type.into())
    }

    /// The types of the members' credentials, ascending.
    pub fn credential_types_in_use(&self) -> impl Iterator<Item = CredentialType> + '_ {
        self.credentials_in_use.iter().copied().map(CredentialType)
    }

    pub(super) fn of_leaf(profile: &LeafProfile<'_>) -> Self {
        let LeafProfile { credential_type, extensions, proposals, credentials } = *profile;
        let types = |encoded| Types::of(values(encoded));
        Self {
            vacant: false,
            credentials_in_use: Types::of([credential_type].into_iter()),
            extensions: types(extensions),
            proposals: types(proposals),
            credentials: types(credentials),
        }
    }

    /// Of two subtrees that are a leaf each: what both [are](Self::of_leaf) [together](Self::combine), at less cost.
    fn of_leaves(one: &LeafProfile<'_>, other: &LeafProfile<'_>) -> Self {
        let both = |a: &[u8], b: &[u8]| {
            if a.len().saturating_mul(b.len()) > PAIRS {
                return in_both(&Types::of(values(a)), &Types::of(values(b)));
            }
            Types::of(values(a).filter(|value| values(b).any(|other| other == *value)))
        };
        Self {
            vacant: false,
            credentials_in_use: Types::of([one.credential_type, other.credential_type].into_iter()),
            extensions: both(one.extensions, other.extensions),
            proposals: both(one.proposals, other.proposals),
            credentials: both(one.credentials, other.credentials),
        }
    }

    /// Of two subtrees that both have members.
    fn combine(&self, other: &Self) -> Self {
        let in_use = self.credentials_in_use.iter().chain(&*other.credentials_in_use);
        Self {
            vacant: false,
            credentials_in_use: Types::of(in_use.copied()),
            extensions: in_both(&self.extensions, &other.extensions),
            proposals: in_both(&self.proposals, &other.proposals),
            credentials: in_both(&self.credentials, &other.credentials),
        }
    }
}

/// The types in an encoded list.
fn values(encoded: &[u8]) -> impl Iterator<Item = u16> + Clone + '_ {
    let (values, _) = encoded.as_chunks::<2>();
    values.iter().map(|bytes| u16::from_be_bytes(*bytes))
}

/// Of two lists in order.
fn in_both(a: &[u16], b: &[u16]) -> Types {
    Types::of(a.iter().copied().filter(|value| has(b, *value)))
}

fn has(values: &[u16], value: u16) -> bool {
    values.binary_search(&value).is_ok()
}

impl Types {
    fn of(values: impl Iterator<Item = u16> + Clone) -> Self {
        let (mut few, mut len) = ([0; FEW], 0_u8);
        for value in values.clone() {
            let (before, behind) = few.split_at_mut_checked(usize::from(len)).unwrap_or_default();
            if before.contains(&value) {
                continue;
            }
            let Some(free) = behind.first_mut() else {
                let mut values: Vec<u16> = values.collect();
                values.sort_unstable();
                values.dedup();
                return Self::Many(values.into());
            };
            *free = value;
            len = len.saturating_add(1);
        }
        if let Some(used) = few.get_mut(..usize::from(len)) {
            used.sort_unstable();
        }
        Self::Few(len, few)
    }
}

impl Default for Types {
    fn default() -> Self {
        Self::Few(0, [0; FEW])
    }
}

impl Deref for Types {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        match self {
            Self::Few(len, few) => few.get(..usize::from(*len)).unwrap_or_default(),
            Self::Many(many) => many,
        }
    }
}

impl PartialEq for Types {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // What is not in use is zero.
            (Self::Few(len, few), Self::Few(other_len, other)) => len == other_len && few == other,
            _ => **self == **other,
        }
    }
}

impl Eq for Types {}

/// What the members at and below a node have in common, on its way up.
#[derive(Clone, Copy)]
pub(super) enum Below<'a> {
    /// There are none.
    Nobody,
    /// A leaf's, as it stands there: no place keeps it, since no two leaves may say the same (RFC 9420 section 13.5).
    Leaf(LeafProfile<'a>),
    Known(SummaryId),
}

/// A summary that [`Summaries`] know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SummaryId(usize);

/// Makes summaries, and one value of equal ones that it meets close together.
#[derive(Default)]
pub(super) struct Summaries {
    known: Vec<Arc<Summary>>,
}

/// Among how many summaries an equal one is looked for, the latest first.
const CLOSE: usize = 4;

impl Summaries {
    /// One that a tree has.
    pub(super) fn of(&mut self, summary: &Arc<Summary>) -> SummaryId {
        self.close(|known| Arc::ptr_eq(known, summary)).unwrap_or_else(|| self.push(Arc::clone(summary)))
    }

    /// The summary of the two halves' members. `previous` is what stood there before.
    pub(super) fn combine(
        &mut self,
        left: Below<'_>,
        right: Below<'_>,
        previous: Option<&Arc<Summary>>,
    ) -> Option<SummaryId> {
        let combined = match (left, right) {
            (Below::Leaf(one), Below::Leaf(other)) => Summary::of_leaves(&one, &other),
            (one, Below::Nobody) | (Below::Nobody, one) => return self.id(one),
            (one, other) => {
                let (one, other) = (self.id(one)?, self.id(other)?);
                if one == other {
                    return Some(one);
                }
                let (a, b) = (self.get(one)?, self.get(other)?);
                // Equal values made far apart meet here, and the upper tree holds one of them.
                if a == b {
                    return Some(one);
                }
                let combined = a.combine(b);
                if combined == **a {
                    return Some(one);
                }
                if combined == **b {
                    return Some(other);
                }
                combined
            }
        };
        match previous {
            Some(previous) if **previous == combined => Some(self.of(previous)),
            _ => Some(self.known(combined)),
        }
    }

    /// One value of it that may be kept; `None` where there is nobody.
    pub(super) fn id(&mut self, below: Below<'_>) -> Option<SummaryId> {
        match below {
            Below::Nobody => None,
            Below::Leaf(profile) => Some(self.known(Summary::of_leaf(&profile))),
            Below::Known(id) => Some(id),
        }
    }

    pub(super) fn get(&self, SummaryId(place): SummaryId) -> Option<&Arc<Summary>> {
        self.known.get(place)
    }

    fn known(&mut self, summary: Summary) -> SummaryId {
        self.close(|known| **known == summary).unwrap_or_else(|| self.push(Arc::new(summary)))
    }

    fn close(&self, is: impl Fn(&Arc<Summary>) -> bool) -> Option<SummaryId> {
        let latest = self.known.iter().enumerate().rev().take(CLOSE);
        latest.into_iter().find(|(_, known)| is(known)).map(|(place, _)| SummaryId(place))
    }

    fn push(&mut self, summary: Arc<Summary>) -> SummaryId {
        self.known.push(summary);
        SummaryId(self.known.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests;
