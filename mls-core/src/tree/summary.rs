//! What all members below a node have in common (RFC 9420 sections 7.3 and 13).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;

use mls_codec::DecodeError;

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

    fn of_leaf(profile: &LeafProfile<'_>) -> Result<Self, DecodeError> {
        let [extensions, proposals, credentials] = profile.supported()?.map(|encoded| {
            let (values, _) = encoded.as_chunks::<2>();
            Types::of(values.iter().map(|bytes| u16::from_be_bytes(*bytes)))
        });
        Ok(Self {
            vacant: false,
            credentials_in_use: Types::of([profile.credential_type].into_iter()),
            extensions,
            proposals,
            credentials,
        })
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
            let Err(place) = before.binary_search(&value) else { continue };
            let Some(free) = behind.first_mut() else {
                let mut values: Vec<u16> = values.collect();
                values.sort_unstable();
                values.dedup();
                return Self::Many(values.into());
            };
            *free = value;
            len = len.saturating_add(1);
            if let Some(moved) = few.get_mut(place..usize::from(len)) {
                moved.rotate_right(1);
            }
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

/// Makes summaries, and one value of equal ones that it meets close together.
#[derive(Default)]
pub(super) struct Summaries {
    leaf: Option<KnownLeaf>,
    combined: Option<Arc<Summary>>,
}

struct KnownLeaf {
    credential_type: u16,
    capabilities: Vec<u8>,
    summary: Arc<Summary>,
}

impl Summaries {
    /// The summary of one encoded leaf.
    pub(super) fn leaf(&mut self, bytes: &[u8]) -> Result<Arc<Summary>, DecodeError> {
        let profile = LeafProfile::from_bytes(bytes)?;
        if let Some(known) = &self.leaf
            && known.credential_type == profile.credential_type
            && known.capabilities == profile.capabilities
        {
            return Ok(Arc::clone(&known.summary));
        }
        let summary = Summary::of_leaf(&profile)?;
        let summary = match &self.leaf {
            Some(known) if *known.summary == summary => Arc::clone(&known.summary),
            _ => Arc::new(summary),
        };
        let mut capabilities = self.leaf.take().map_or_else(Vec::new, |known| known.capabilities);
        capabilities.clear();
        capabilities.extend_from_slice(profile.capabilities);
        let credential_type = profile.credential_type;
        self.leaf = Some(KnownLeaf { credential_type, capabilities, summary: Arc::clone(&summary) });
        Ok(summary)
    }

    /// The summary of the two halves' members; `None` where there are none. `previous` is what stood there before.
    pub(super) fn combine(
        &mut self,
        left: Option<Arc<Summary>>,
        right: Option<Arc<Summary>>,
        previous: Option<&Arc<Summary>>,
    ) -> Option<Arc<Summary>> {
        let (left, right) = match (left, right) {
            (Some(left), Some(right)) => (left, right),
            (one, None) | (None, one) => return one,
        };
        // Equal values made far apart meet here, and the upper tree holds one of them.
        if Arc::ptr_eq(&left, &right) || left == right {
            return Some(left);
        }
        let combined = left.combine(&right);
        let known = [Some(&left), Some(&right), previous, self.combined.as_ref()];
        if let Some(known) = known.into_iter().flatten().find(|known| ***known == combined) {
            return Some(Arc::clone(known));
        }
        let combined = Arc::new(combined);
        self.combined = Some(Arc::clone(&combined));
        Some(combined)
    }
}
