//! Proposal, extension and credential types of the application's own (RFC 9420 sections 13 and 17).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::credential::CredentialType;
use crate::extension::{ExtensionPlace, ExtensionType};
use crate::framing::Sender;
use crate::proposal::ProposalType;
use crate::tree::leaf_node::Capabilities;

#[cfg(test)]
mod tests;

/// The rules of a proposal type that RFC 9420 does not have (section 12.1.8, last paragraph, and section 17.4).
///
/// Its body is one `opaque<V>`. What it does is said by the answer to the policy's question
/// ([`accept_with`](crate::rules::ProposalQuestion::accept_with)).
///
/// # Security
/// Members that register a type differently part ways at the first commit that they judge differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the registry")]
pub struct CustomProposal {
    /// Whether members may propose it.
    pub from_members: bool,
    /// Whether external senders may.
    pub from_external_senders: bool,
    /// Whether an external commit may contain it, made by whoever joins.
    pub in_external_commits: bool,
    /// Whether an external commit may refer to one that a member or an external sender has made.
    pub by_reference_in_external_commits: bool,
    /// Whether a commit that covers it must have a path (section 12.4).
    pub requires_path: bool,
    /// Where its effects stand in the order of section 12.3: in ascending order, those below 0 before the standard
    /// proposals, all others after them; equals in the order of the commit.
    pub order: i16,
}

impl Default for CustomProposal {
    /// Members may propose it, a commit with it has a path, and it comes last.
    fn default() -> Self {
        Self {
            from_members: true,
            from_external_senders: false,
            in_external_commits: false,
            by_reference_in_external_commits: false,
            requires_path: true,
            order: 0,
        }
    }
}

/// The proposal, extension and credential types that an application registers beside those of RFC 9420.
///
/// What is not registered here is not acted on: a proposal of another type makes its commit invalid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomTypes {
    proposals: BTreeMap<ProposalType, CustomProposal>,
    extensions: BTreeMap<ExtensionType, Vec<ExtensionPlace>>,
    credentials: BTreeSet<CredentialType>,
}

/// The type is one of RFC 9420's own, whose rules are not to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotCustom;

impl CustomTypes {
    /// No types.
    #[must_use]
    pub const fn new() -> Self {
        Self { proposals: BTreeMap::new(), extensions: BTreeMap::new(), credentials: BTreeSet::new() }
    }

    /// No types, for an [`Env`](crate::env::Env) without any.
    #[must_use]
    pub fn none() -> &'static Self {
        static NONE: CustomTypes = CustomTypes::new();
        &NONE
    }

    /// Registers a proposal type.
    ///
    /// # Errors
    /// [`NotCustom`] for the types of RFC 9420.
    // req: R-12.1.8-07
    pub fn proposal(mut self, proposal_type: ProposalType, rules: CustomProposal) -> Result<Self, NotCustom> {
        if proposal_type.is_default() {
            return Err(NotCustom);
        }
        self.proposals.insert(proposal_type, rules);
        Ok(self)
    }

    /// Registers an extension type with the places that it may stand in (section 17.3).
    ///
    /// # Errors
    /// [`NotCustom`] for the types of RFC 9420.
    pub fn extension(mut self, extension_type: ExtensionType, places: &[ExtensionPlace]) -> Result<Self, NotCustom> {
        if extension_type.is_default() {
            return Err(NotCustom);
        }
        self.extensions.insert(extension_type, places.to_vec());
        Ok(self)
    }

    /// Registers a credential type: its body is one `opaque<V>`, and the authentication service knows what it means.
    ///
    /// # Errors
    /// [`NotCustom`] for the types of RFC 9420, which need no registration.
    pub fn credential(mut self, credential_type: CredentialType) -> Result<Self, NotCustom> {
        if matches!(credential_type, CredentialType::BASIC | CredentialType::X509) {
            return Err(NotCustom);
        }
        self.credentials.insert(credential_type);
        Ok(self)
    }

    /// Lists the types in what a leaf says that it supports (section 7.2).
    // req: R-7.2-05
    pub fn list_in(&self, capabilities: &mut Capabilities) {
        let Self { proposals, extensions, credentials } = self;
        list(&mut capabilities.proposals, proposals.keys());
        list(&mut capabilities.extensions, extensions.keys());
        list(&mut capabilities.credentials, credentials.iter());
    }

    /// The rules of a proposal type, where it is registered.
    #[must_use]
    pub fn rules_of(&self, proposal_type: ProposalType) -> Option<&CustomProposal> {
        self.proposals.get(&proposal_type)
    }

    /// Whether a commit that covers a proposal of this type must have a path.
    pub(crate) fn requires_path(&self, proposal_type: ProposalType) -> bool {
        // req: R-12.4-15
        self.rules_of(proposal_type).map_or_else(|| proposal_type.requires_path(), |rules| rules.requires_path)
    }

    /// Whether the type may stand there: by its registration, or else by RFC 9420.
    pub(crate) fn allows(&self, extension_type: ExtensionType, place: ExtensionPlace) -> bool {
        self.extensions
            .get(&extension_type)
            .map_or_else(|| extension_type.allowed_in(place), |places| places.contains(&place))
    }

    /// Whether external commits may refer to proposals of any type.
    pub(crate) fn any_by_reference_in_external_commits(&self) -> bool {
        self.proposals.values().any(|rules| rules.by_reference_in_external_commits)
    }
}

impl CustomProposal {
    /// Whether this sender may propose the type.
    pub(crate) const fn allows(&self, sender: Sender) -> bool {
        match sender {
            Sender::Member(_) => self.from_members,
            // req: R-12.1.8-07, R-6.1-08
            Sender::External(_) => self.from_external_senders,
            Sender::NewMemberCommit => self.in_external_commits,
            Sender::NewMemberProposal => false,
        }
    }
}

fn list<'a, T: Copy + PartialEq + 'a>(listed: &mut Vec<T>, types: impl Iterator<Item = &'a T>) {
    for kind in types {
        if !listed.contains(kind) {
            listed.push(*kind);
        }
    }
}

impl core::fmt::Display for NotCustom {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the type is one of RFC 9420's own")
    }
}

impl core::error::Error for NotCustom {}
