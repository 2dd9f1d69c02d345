//! What was dropped of all groups at once.

use mls_core::group::Pruned;
use mls_core::key_package::KeyPackageRef;
use mls_core::record::GroupId;

use crate::error::LoadError;

/// What was dropped because it had been kept for long enough.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct PrunedAll {
    /// What was dropped of groups; those of which nothing was are not here.
    pub groups: Vec<(GroupId, Pruned)>,
    /// Key packages that had expired.
    pub key_packages: Vec<KeyPackageRef>,
    /// Groups that could not be pruned, and why.
    pub failed: Vec<(GroupId, LoadError)>,
}
