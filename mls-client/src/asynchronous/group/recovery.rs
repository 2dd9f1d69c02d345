//! Queries, messages to one member, and ways back.

use mls_core::group as engine;
use mls_core::group::{CommitOutput, Member, MemberPurpose, Pruned, Rewound};
use mls_core::identity::MemberId;
use mls_core::record::Missing;
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::{HpkeCiphertext, SecretBytes};

use super::AsyncGroup;
use crate::driver::readd_plan;
use crate::error::{CommitError, ExportError, LoadError, MemberError, RewindError};

impl AsyncGroup {
    /// Asks the group something: members by credential or key, the state of the tree, stale members, authenticators of
    /// past epochs, and whatever else [`mls_core::group::Group`] can be asked. What `query` finds missing is read first.
    ///
    /// # Errors
    /// A [`LoadError`] where a record cannot be read.
    pub async fn query<T>(&mut self, query: impl Fn(&engine::Group) -> Result<T, Missing>) -> Result<T, LoadError> {
        self.driver.view(&mut self.state, query).await
    }

    /// Commits the removal of a member that has lost its state, and its addition with `key_package`, with all pending
    /// proposals. It gets a Welcome.
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub async fn readd(&mut self, lost: LeafIndex, key_package: &[u8]) -> Result<CommitOutput, CommitError> {
        self.commit(&readd_plan(lost, key_package)?).await
    }

    /// Goes back to a retained epoch, where another commit than the one we followed turns out to be the group's; see
    /// [`mls_core::group::rewind`] for what that costs. The client's limits must have
    /// [`rewind`](mls_core::limits::Limits::rewind) set.
    ///
    /// # Errors
    /// A [`RewindError`]; nothing is changed then.
    pub async fn rewind(&mut self, epoch: u64) -> Result<Rewound, RewindError> {
        self.driver.rewind(&mut self.state, epoch).await
    }

    /// Drops the retained epochs that are too old or too many, with what was skipped in them; see
    /// [`mls_core::group::prune`]. Entering an epoch does so, too; call this now and then for groups that rest.
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is changed then.
    pub async fn prune(&mut self) -> Result<Pruned, LoadError> {
        self.driver.prune(&mut self.state).await
    }

    /// The member that the authentication service calls so; `None` where there is none. See
    /// [`mls_core::group::Group::member_with_id`] for who is not found.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn member_with_id(&mut self, id: &MemberId) -> Result<Option<Member>, LoadError> {
        self.driver.member_with_id(&mut self.state, id).await
    }

    /// Deletes this epoch's exporter secret: nothing is exported until the next.
    ///
    /// # Errors
    /// An [`ExportError`]; nothing is changed then.
    pub async fn delete_exporter(&mut self) -> Result<(), ExportError> {
        self.driver.delete_exporter(&mut self.state).await
    }

    /// Encrypts to one member, outside the group's messages; see [`mls_core::group::seal_to_member`].
    ///
    /// # Errors
    /// A [`MemberError`].
    pub async fn seal_to_member(
        &mut self,
        recipient: LeafIndex,
        purpose: MemberPurpose<'_>,
        authenticated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<HpkeCiphertext, MemberError> {
        self.driver.seal_to_member(&mut self.state, recipient, purpose, authenticated_data, plaintext).await
    }

    /// Decrypts what another member [encrypted](Self::seal_to_member) to us in this epoch.
    ///
    /// # Errors
    /// A [`MemberError`].
    pub async fn open_as_member(
        &mut self,
        purpose: MemberPurpose<'_>,
        authenticated_data: &[u8],
        ciphertext: &HpkeCiphertext,
    ) -> Result<SecretBytes, MemberError> {
        self.driver.open_as_member(&mut self.state, purpose, authenticated_data, ciphertext).await
    }

    /// Keeps the tree out of the store from now on. A group that is loaded is then [given](Self::admit_tree) it before
    /// it receives or commits; until then errors have the disposition to obtain the tree.
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is changed then.
    pub async fn keep_tree_outside(&mut self) -> Result<(), LoadError> {
        self.driver.keep_tree(&mut self.state, false).await
    }

    /// Keeps the tree in the store again.
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is changed then.
    pub async fn keep_tree_inside(&mut self) -> Result<(), LoadError> {
        self.driver.keep_tree(&mut self.state, true).await
    }

    /// Gives the group its tree, where that is kept outside the store. It is compared with what the group has agreed on.
    ///
    /// # Errors
    /// A [`LoadError`] where it is not the group's.
    pub async fn admit_tree(&mut self, ratchet_tree: &[u8]) -> Result<(), LoadError> {
        self.driver.admit_tree(&mut self.state, ratchet_tree).await
    }
}
