//! A policy to start with.

use mls_core::framing::Sender;
use mls_core::psk::PreSharedKeyId;
use mls_core::rules::{MlsRules, ProposalQuestion, Ruling};

/// Accepts what members commit, and external commits only where [asked to](Self::allow_external_commits).
///
/// # Security
/// Members whose policies differ part ways at the first commit that they judge differently: give every member of a
/// group the same rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultRules {
    external_commits: bool,
    psks_of_other_groups: bool,
}

impl DefaultRules {
    /// Members commit what they like; nobody joins by an external commit.
    #[must_use]
    pub const fn new() -> Self {
        Self { external_commits: false, psks_of_other_groups: false }
    }

    /// Lets anybody with a `GroupInfo` join by an external commit (RFC 9420 section 12.4.3.2).
    #[must_use]
    pub const fn allow_external_commits(mut self) -> Self {
        self.external_commits = true;
        self
    }
}

impl DefaultRules {
    /// Lets commits and Welcomes name the resumption PSKs of other groups of ours (RFC 9420 section 8.6).
    ///
    /// # Security
    /// Members of one group can then find out whether we are in another one whose identifier they know.
    #[must_use]
    pub const fn allow_psks_of_other_groups(mut self) -> Self {
        self.psks_of_other_groups = true;
        self
    }
}

impl MlsRules for DefaultRules {
    fn judge(&self, question: &ProposalQuestion) -> Ruling {
        let welcome = match question.committer {
            Sender::Member(_) => true,
            // Our own is a wish already.
            Sender::NewMemberCommit => self.external_commits || question.own,
            _ => false,
        };
        if welcome { question.accept() } else { question.refuse() }
    }

    fn allows_psk_of_another_group(&self, _: &PreSharedKeyId) -> bool {
        self.psks_of_other_groups
    }
}
