//! What a Welcome tells before it is taken.

use mls_core::group::Member;
use mls_core::key_package::KeyPackageRef;
use mls_core::psk::PreSharedKeyId;
use mls_core::tree::math::LeafIndex;
use mls_core::welcome::GroupInfo;

/// What a Welcome tells before it is taken: the group that we would join, with its signature and tree verified.
///
/// Who the members are has not been asked; [joining](crate::Client::join) does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WelcomePeek {
    /// The key package of ours that the Welcome is for. It is not used up.
    pub key_package: KeyPackageRef,
    /// The group's GroupInfo: identifier, epoch, cipher suite, extensions.
    pub group_info: GroupInfo,
    /// The members, ourselves included.
    pub members: Vec<Member>,
    /// The leaf that we would have.
    pub own_leaf: LeafIndex,
    /// The pre-shared keys that it took to look.
    pub psks: Vec<PreSharedKeyId>,
}
