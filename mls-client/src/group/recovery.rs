//! Queries, messages to one member, and ways back.

use mls_core::group as engine;
use mls_core::group::{CommitOutput, Member, MemberPurpose, Pruned, Rewound};
use mls_core::identity::MemberId;
use mls_core::record::Missing;
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::{HpkeCiphertext, SecretBytes};

use super::Group;
use crate::blocking::run;
use crate::driver::readd_plan;
use crate::error::{CommitError, ExportError, LoadError, MemberError, RewindError};

impl Group {
    /// Asks the group something: members by credential or key, the state of the tree, stale members, authenticators of
    /// past epochs, and whatever else [`mls_core::group::Group`] can be asked. What `query` finds missing is read first.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mls_client::{BasicIdentity, CipherSuite, Client, Credential, MemoryStorage, mls_core::group::Group};
    ///
    /// let client = Client::builder(Arc::new(MemoryStorage::default()), Arc::new(BasicIdentity::new())).build()?;
    /// let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
    /// let alice = client.new_identity(suite, Credential::basic("alice"))?;
    /// let mut group = client.create_group(&alice)?;
    /// assert_eq!(group.query(Group::tree_health)?.members, 1);
    /// assert_eq!(group.query(|group| group.stale_members(10))?, []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A [`LoadError`] where a record cannot be read.
    pub fn query<T>(&mut self, query: impl Fn(&engine::Group) -> Result<T, Missing>) -> Result<T, LoadError> {
        run(self.driver.view(&mut self.state, query))
    }

    /// Commits the removal of a member that has lost its state, and its addition with `key_package`, with all pending
    /// proposals. It gets a Welcome.
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub fn readd(&mut self, lost: LeafIndex, key_package: &[u8]) -> Result<CommitOutput, CommitError> {
        self.commit(&readd_plan(lost, key_package)?)
    }

    /// Goes back to a retained epoch, where another commit than the one we followed turns out to be the group's; see
    /// [`mls_core::group::rewind`] for what that costs. The client's limits must have
    /// [`rewind`](mls_core::limits::Limits::rewind) set.
    ///
    /// # Errors
    /// A [`RewindError`]; nothing is changed then.
    pub fn rewind(&mut self, epoch: u64) -> Result<Rewound, RewindError> {
        run(self.driver.rewind(&mut self.state, epoch))
    }

    /// Drops the retained epochs that are too old or too many, with what was skipped in them; see
    /// [`mls_core::group::prune`]. Entering an epoch does so, too; call this now and then for groups that rest.
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is changed then.
    pub fn prune(&mut self) -> Result<Pruned, LoadError> {
        run(self.driver.prune(&mut self.state))
    }

    /// The member that the authentication service calls so; `None` where there is none. See
    /// [`mls_core::group::Group::member_with_id`] for who is not found.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub fn member_with_id(&mut self, id: &MemberId) -> Result<Option<Member>, LoadError> {
        run(self.driver.member_with_id(&mut self.state, id))
    }

    /// Deletes this epoch's exporter secret: nothing is exported until the next.
    ///
    /// # Errors
    /// An [`ExportError`]; nothing is changed then.
    pub fn delete_exporter(&mut self) -> Result<(), ExportError> {
        run(self.driver.delete_exporter(&mut self.state))
    }

    /// Encrypts to one member, outside the group's messages; see [`mls_core::group::seal_to_member`].
    ///
    /// # Errors
    /// A [`MemberError`].
    pub fn seal_to_member(
        &mut self,
        recipient: LeafIndex,
        purpose: MemberPurpose<'_>,
        authenticated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<HpkeCiphertext, MemberError> {
        run(self.driver.seal_to_member(&mut self.state, recipient, purpose, authenticated_data, plaintext))
    }

    /// Decrypts what another member [encrypted](Self::seal_to_member) to us in this epoch.
    ///
    /// # Errors
    /// A [`MemberError`].
    pub fn open_as_member(
        &mut self,
        purpose: MemberPurpose<'_>,
        authenticated_data: &[u8],
        ciphertext: &HpkeCiphertext,
    ) -> Result<SecretBytes, MemberError> {
        run(self.driver.open_as_member(&mut self.state, purpose, authenticated_data, ciphertext))
    }

    /// Keeps the tree out of the store from now on. A group that is loaded is then [given](Self::admit_tree) it before
    /// it receives or commits; until then errors have the disposition to obtain the tree.
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is changed then.
    pub fn keep_tree_outside(&mut self) -> Result<(), LoadError> {
        run(self.driver.keep_tree(&mut self.state, false))
    }

    /// Keeps the tree in the store again.
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is changed then.
    pub fn keep_tree_inside(&mut self) -> Result<(), LoadError> {
        run(self.driver.keep_tree(&mut self.state, true))
    }

    /// Gives the group its tree, where that is kept outside the store. It is compared with what the group has agreed on.
    ///
    /// # Errors
    /// A [`LoadError`] where it is not the group's.
    pub fn admit_tree(&mut self, ratchet_tree: &[u8]) -> Result<(), LoadError> {
        run(self.driver.admit_tree(&mut self.state, ratchet_tree))
    }
}
