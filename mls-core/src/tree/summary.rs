//! What all members below a node have in common (RFC 9420 sections 7.3 and 13).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

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
    credentials_in_use: Box<[u16]>,
    extensions: Box<[u16]>,
    proposals: Box<[u16]>,
    credentials: Box<[u16]>,
}

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
        let [extensions, proposals, credentials] = profile.supported()?.map(sorted);
        Ok(Self {
            vacant: false,
            credentials_in_use: Box::from([profile.credential_type]),
            extensions,
            proposals,
            credentials,
        })
    }

    /// Of two subtrees that both have members.
    fn combine(&self, other: &Self) -> Self {
        let both = |a: &[u16], b: &[u16]| a.iter().copied().filter(|value| has(b, *value)).collect();
        let mut in_use = [&*self.credentials_in_use, &*other.credentials_in_use].concat();
        in_use.sort_unstable();
        in_use.dedup();
        Self {
            vacant: false,
            credentials_in_use: in_use.into(),
            extensions: both(&self.extensions, &other.extensions),
            proposals: both(&self.proposals, &other.proposals),
            credentials: both(&self.credentials, &other.credentials),
        }
    }
}

fn has(values: &[u16], value: u16) -> bool {
    values.binary_search(&value).is_ok()
}

fn sorted(encoded: &[u8]) -> Box<[u16]> {
    let (values, _) = encoded.as_chunks::<2>();
    let mut values: Vec<u16> = values.iter().map(|bytes| u16::from_be_bytes(*bytes)).collect();
    values.sort_unstable();
    values.dedup();
    values.into()
}

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
        self.leaf = Some(KnownLeaf {
            credential_type: profile.credential_type,
            capabilities: profile.capabilities.to_vec(),
            summary: Arc::clone(&summary),
        });
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
