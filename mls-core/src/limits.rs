//! Bounds on what the engine keeps and accepts.

use crate::secret_tree::SecretTreeLimits;

mod check;

pub use check::LimitExceeded;
pub(crate) use check::exceeds;

/// Bounds on what the engine keeps and accepts, all with defaults that suit a chat application.
///
/// They are checked before any signature is verified. They are the same for every member of a group only where the
/// application makes them so.
///
/// # Security
/// Four of them say which commits are accepted at all: [`max_lifetime`](Self::max_lifetime), which RFC 9420 section 7.2
/// leaves to the application, [`psks`](Self::psks), [`extension_bytes`](Self::extension_bytes) and
/// [`credential_bytes`](Self::credential_bytes). Members that differ in these part ways. A proposal that did not fit in
/// the cache can be received again before the commit that refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Past epochs whose late messages can still be read.
    pub past_epochs: u32,
    /// How long they can, in seconds.
    pub past_epoch_seconds: u64,
    /// Resumption PSKs kept per group.
    pub resumption_psks: u32,
    /// How many generations one message may move a ratchet forward.
    pub max_forward: u32,
    /// Skipped message keys kept for one sender in one epoch.
    pub skipped_keys_per_sender: u32,
    /// Skipped message keys kept for one group. The current epoch and those that are retained have an equal part each:
    /// with the defaults 2 500.
    pub skipped_keys_per_group: u32,
    /// Generations that sending application data reserves at a time: so many messages take one write between them, and a
    /// crash skips so many numbers at most. 0 and 1 reserve none. Those of all members should be well below
    /// [`max_forward`](Self::max_forward) of any.
    pub reserved_generations: u32,
    /// Whether retained epochs keep what it takes to [go back](crate::group::rewind) to them. Off by default: as long
    /// as they are retained, all of their secrets stay, and whoever gets the state gets those.
    pub rewind: bool,
    /// Proposals cached for one epoch.
    pub cached_proposals: u32,
    /// Proposals cached for one sender in one epoch. All who propose to be added themselves count as one.
    pub cached_proposals_per_sender: u32,
    /// Bytes of the proposals cached for one epoch.
    pub cached_proposal_bytes: u32,
    /// Pre-shared keys in one commit or Welcome.
    pub psks: u32,
    /// Bytes of one list of extensions, without a tree.
    pub extension_bytes: u32,
    /// Bytes of one credential.
    pub credential_bytes: u32,
    /// Members of a group that we join.
    pub members: u32,
    /// The longest lifetime of a key package that is accepted, in seconds, `not_after` less `not_before`
    /// (RFC 9420 section 7.2).
    pub max_lifetime: u64,
    /// Whether leaves in a tree that we receive on joining must be within their lifetime.
    pub strict_tree_lifetimes: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            past_epochs: 3,
            past_epoch_seconds: 7 * 24 * 3600,
            resumption_psks: 16,
            max_forward: 1000,
            skipped_keys_per_sender: 1000,
            skipped_keys_per_group: 10_000,
            reserved_generations: 32,
            rewind: false,
            cached_proposals: 1000,
            cached_proposals_per_sender: 250,
            cached_proposal_bytes: 4 << 20,
            psks: 64,
            extension_bytes: 256 << 10,
            credential_bytes: 64 << 10,
            members: 1 << 20,
            max_lifetime: 366 * 24 * 3600,
            strict_tree_lifetimes: false,
        }
    }
}

impl Limits {
    /// The bounds on one epoch's secret tree.
    pub(crate) const fn secret_tree(&self) -> SecretTreeLimits {
        let mut bounds = SecretTreeLimits::DEFAULT;
        bounds.max_forward = self.max_forward;
        bounds.max_skipped_per_sender = self.skipped_keys_per_sender;
        // req: R-15.3-01
        bounds.max_skipped_per_epoch = match self.skipped_keys_per_group.checked_div(self.past_epochs.saturating_add(1))
        {
            Some(part) => part,
            None => self.skipped_keys_per_group,
        };
        bounds
    }
}

#[cfg(test)]
mod tests;
