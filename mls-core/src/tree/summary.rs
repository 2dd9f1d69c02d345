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
        let types = |encoded: &[u8]| {
            let (values, _) = encoded.as_chunks::<2>();
            Types::of(values.iter().map(|bytes| u16::from_be_bytes(*bytes)))
        };
        Self {
            vacant: false,
            credentials_in_use: Types::of([credential_type].into_iter()),
            extensions: types(extensions),
            proposals: types(proposals),
            credentials: types(credentials),
        }
    }

    /// Of two subtrees that both have members.
    fn combine(&self, other: &Self) -> Self {
        let both = |a: &[u16], b: &[u16]| Types::of(a.iter().copied().filter(|value| has(b, *value)));
        let in_use = self.credentials_in_use.iter().chain(&*other.credentials_in_use);
        Self {
            vacant: false,
            credentials_in_use: Types::of(in_use.copied()),
            extensions: both(&self.extensions, &other.extensions),
            proposals: both(&self.proposals, &other.proposals),
            credentials: both(&self.credentials, &other.credentials),
        }
    }
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
        **self == **other
    }
}

impl Eq for Types {}

/// What the members at and below a node have in common, on its way up.
pub(super) enum Below {
    /// There are none.
    Nobody,
    /// A leaf's: no place keeps it.
    Leaf(Summary),
    Shared(Arc<Summary>),
}

impl Below {
    fn summary(&self) -> Option<&Summary> {
        match self {
            Self::Nobody => None,
            Self::Leaf(summary) => Some(summary),
            Self::Shared(summary) => Some(summary),
        }
    }
}

/// Makes summaries, and one value of equal ones that it meets close together.
#[derive(Default)]
pub(super) struct Summaries {
    last: Option<Arc<Summary>>,
}

impl Summaries {
    /// The summary of the two halves' members; `None` where there are none. `previous` is what stood there before.
    pub(super) fn combine(
        &mut self,
        left: Below,
        right: Below,
        previous: Option<&Arc<Summary>>,
    ) -> Option<Arc<Summary>> {
        let combined = match (left.summary(), right.summary()) {
            // Equal values made far apart meet here, and the upper tree holds one of them.
            (Some(one), Some(other)) if !core::ptr::eq(one, other) && one != other => one.combine(other),
            (Some(_), _) => return self.shared(left, previous),
            (None, _) => return self.shared(right, previous),
        };
        let known = [&left, &right].into_iter().find_map(|half| match half {
            Below::Shared(summary) if **summary == combined => Some(Arc::clone(summary)),
            _ => None,
        });
        known.or_else(|| self.shared(Below::Leaf(combined), previous))
    }

    /// One value of it that may be kept.
    pub(super) fn shared(&mut self, below: Below, previous: Option<&Arc<Summary>>) -> Option<Arc<Summary>> {
        let summary = match below {
            Below::Nobody => return None,
            Below::Shared(summary) => return Some(summary),
            Below::Leaf(summary) => summary,
        };
        if let Some(known) = [previous, self.last.as_ref()].into_iter().flatten().find(|known| ***known == summary) {
            return Some(Arc::clone(known));
        }
        let summary = Arc::new(summary);
        self.last = Some(Arc::clone(&summary));
        Some(summary)
    }
}
