//! Bounds on what messages bring in, checked before any signature is.

use core::fmt;

use mls_codec::{Decode, Encode};

use crate::credential::Credential;
use crate::extension::{Extension, ExtensionType, Extensions};
use crate::framing::{Content, Sender};
use crate::key_package::KeyPackage;
use crate::limits::Limits;
use crate::proposal::{Proposal, ProposalOrRef};
use crate::tree::leaf_node::LeafNode;
use crate::tree::ratchet_tree::RatchetTree;
use crate::welcome::GroupInfo;

/// Which bound of [`Limits`] is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitExceeded {
    /// [`Limits::cached_proposal_bytes`].
    CachedProposalBytes,
    /// [`Limits::cached_proposals_per_sender`], by this sender.
    CachedProposalsOfSender(Sender),
    /// [`Limits::psks`].
    Psks,
    /// [`Limits::extension_bytes`].
    ExtensionBytes,
    /// [`Limits::credential_bytes`].
    CredentialBytes,
}

impl Limits {
    /// Whether a handshake message keeps within the bounds, whoever sends it.
    pub(crate) fn check_content(&self, content: &Content) -> Result<(), LimitExceeded> {
        match content {
            Content::Application(_) => Ok(()),
            Content::Proposal(proposal) => self.check_proposal(proposal),
            Content::Commit(commit) => {
                let mut psks = 0_usize;
                for listed in &commit.proposals {
                    let ProposalOrRef::Proposal(proposal) = listed else { continue };
                    self.check_proposal(proposal)?;
                    psks = psks.saturating_add(usize::from(matches!(**proposal, Proposal::PreSharedKey(_))));
                }
                self.check_psks(psks)?;
                commit.path.as_ref().map_or(Ok(()), |path| self.check_leaf(&path.leaf_node))
            }
        }
    }

    pub(crate) fn check_psks(&self, count: usize) -> Result<(), LimitExceeded> {
        if exceeds(count, self.psks) { Err(LimitExceeded::Psks) } else { Ok(()) }
    }

    pub(crate) fn check_proposal(&self, proposal: &Proposal) -> Result<(), LimitExceeded> {
        match proposal {
            Proposal::Add(key_package) => self.check_key_package(key_package),
            Proposal::Update(leaf) => self.check_leaf(leaf),
            Proposal::GroupContextExtensions(extensions) => self.check_extensions(extensions),
            Proposal::ReInit(re_init) => self.check_extensions(&re_init.extensions),
            _ => Ok(()),
        }
    }

    fn check_key_package(&self, key_package: &KeyPackage) -> Result<(), LimitExceeded> {
        self.check_extensions(&key_package.extensions)?;
        self.check_leaf(&key_package.leaf_node)
    }

    pub(crate) fn check_leaf(&self, leaf: &LeafNode) -> Result<(), LimitExceeded> {
        self.check_extensions(&leaf.extensions)?;
        self.check_credential(&leaf.credential)
    }

    /// A tree in a `GroupInfo` does not count: [`Limits::members`] bounds it.
    pub(crate) fn check_extensions(&self, extensions: &Extensions) -> Result<(), LimitExceeded> {
        let bytes = extensions
            .iter()
            .filter(|extension| extension.extension_type != ExtensionType::RATCHET_TREE)
            .fold(0_usize, |sum, extension| sum.saturating_add(extension.encoded_len()));
        if exceeds(bytes, self.extension_bytes) { Err(LimitExceeded::ExtensionBytes) } else { Ok(()) }
    }

    pub(crate) fn check_extension(&self, extension: &Extension) -> Result<(), LimitExceeded> {
        if exceeds(extension.encoded_len(), self.extension_bytes) { Err(LimitExceeded::ExtensionBytes) } else { Ok(()) }
    }

    /// Whether a group that is to be joined keeps within the bounds.
    pub(crate) fn check_group_info(&self, info: &GroupInfo, tree: &RatchetTree) -> Result<(), LimitExceeded> {
        self.check_extensions(&info.group_context.extensions)?;
        self.check_extensions(&info.extensions)?;
        let longest = self.extension_bytes.min(self.credential_bytes);
        // A leaf within the smaller bound has nothing in it that exceeds either.
        let long = tree.leaves().filter(|(_, bytes)| exceeds(bytes.len(), longest));
        long.filter_map(|(_, bytes)| LeafNode::from_bytes(bytes).ok()).try_for_each(|leaf| self.check_leaf(&leaf))
    }

    fn check_credential(&self, credential: &Credential) -> Result<(), LimitExceeded> {
        if exceeds(credential.encoded_len(), self.credential_bytes) {
            return Err(LimitExceeded::CredentialBytes);
        }
        Ok(())
    }
}

/// Whether there is more than the bound allows.
pub(crate) fn exceeds(count: usize, limit: u32) -> bool {
    u32::try_from(count).map_or(true, |count| count > limit)
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CachedProposalBytes => "the cached proposals would take too many bytes",
            Self::CachedProposalsOfSender(_) => "too many proposals of one sender are cached",
            Self::Psks => "too many pre-shared keys",
            Self::ExtensionBytes => "a list of extensions is too long",
            Self::CredentialBytes => "a credential is too long",
        })
    }
}

impl core::error::Error for LimitExceeded {}
