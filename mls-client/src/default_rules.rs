//! A policy to start with.

use mls_core::framing::Sender;
use mls_core::rules::{MlsRules, ProposalQuestion, Ruling};

/// Accepts what members commit, and external commits only where [asked to](Self::allow_external_commits).
///
/// # Security
/// Members whose policies differ part ways at the first commit that they judge differently: give every member of a
/// group the same rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultRules {
    external_commits: bool,
}

impl DefaultRules {
    /// Members commit what they like; nobody joins by an external commit.
    #[must_use]
    pub const fn new() -> Self {
        Self { external_commits: false }
    }

    /// Lets anybody with a `GroupInfo` join by an external commit (RFC 9420 section 12.4.3.2).
    #[must_use]
    pub const fn allow_external_commits(mut self) -> Self {
        self.external_commits = true;
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
}
