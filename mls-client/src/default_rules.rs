//! A policy to start with.

use mls_core::framing::Sender;
use mls_core::psk::PreSharedKeyId;
use mls_core::rules::{ExternalProposalQuestion, MlsRules, ProposalQuestion, Ruling};

/// Accepts what members commit. What comes from outside (external commits, proposals of external senders and of new
/// members) is refused until it is allowed.
///
/// # Security
/// Members whose policies differ part ways at the first commit that they judge differently: give every member of a
/// group the same rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultRules {
    external_commits: bool,
    external_senders: bool,
    new_member_proposals: bool,
    psks_of_other_groups: bool,
}

impl DefaultRules {
    /// Members commit what they like; nobody from outside joins or proposes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            // req: R-12.4.3.2-09
            external_commits: false,
            external_senders: false,
            new_member_proposals: false,
            psks_of_other_groups: false,
        }
    }

    /// Lets anybody with a `GroupInfo` join by an external commit (RFC 9420 section 12.4.3.2).
    #[must_use]
    pub const fn allow_external_commits(mut self) -> Self {
        self.external_commits = true;
        self
    }

    /// Lets those that the group's `external_senders` name propose (RFC 9420 section 12.1.8.1).
    #[must_use]
    pub const fn allow_external_senders(mut self) -> Self {
        self.external_senders = true;
        self
    }

    /// Lets anybody propose to be added (RFC 9420 section 12.1.8). A member still has to commit it, and the
    /// authentication service to vouch for the credential.
    #[must_use]
    pub const fn allow_new_member_proposals(mut self) -> Self {
        self.new_member_proposals = true;
        self
    }

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

    fn judge_external_proposal(&self, question: &ExternalProposalQuestion) -> Ruling {
        let welcome = match question.sender {
            Sender::External(_) => self.external_senders,
            Sender::NewMemberProposal => self.new_member_proposals,
            _ => false,
        };
        if welcome { question.accept() } else { question.refuse() }
    }

    fn allows_psk_of_another_group(&self, _: &PreSharedKeyId) -> bool {
        self.psks_of_other_groups
    }
}
