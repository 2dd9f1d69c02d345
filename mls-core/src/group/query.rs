//! Asking a group what it is: its members and how it is doing.

use alloc::vec::Vec;

use mls_crypto_traits::SignaturePublicKey;

use crate::credential::Credential;
use crate::env::Env;
use crate::group::clients::ClientTag;
use crate::group::{Fault, Group, Member};
use crate::identity::MemberId;
use crate::psk::PskValue;
use crate::record::{Missing, RecordKey};
use crate::tree::health::{PathCost, TreeHealth};
use crate::tree::leaf_node::LeafNode;
use crate::tree::math::LeafIndex;
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::view::identity_of;

/// The members of a tree in the order of their leaves.
pub(crate) fn members_of(tree: &RatchetTree) -> impl Iterator<Item = Member> + '_ {
    tree.leaves().filter_map(|(index, bytes)| {
        let (signature_key, credential) = identity_of(bytes).ok()?;
        Some(Member { index, credential, signature_key })
    })
}

impl Group {
    /// The members that present this very credential: a user may have several clients.
    ///
    /// # Errors
    /// What is [`Missing`] where the tree is not resident.
    pub fn members_with_credential(&self, credential: &Credential) -> Result<Vec<Member>, Missing> {
        Ok(members_of(self.tree()?).filter(|member| member.credential == *credential).collect())
    }

    /// The member that signs with this key: there is one at most (RFC 9420 section 7.3).
    ///
    /// # Errors
    /// What is [`Missing`] where the tree is not resident.
    pub fn member_with_signature_key(&self, key: &SignaturePublicKey) -> Result<Option<Member>, Missing> {
        match self.tree()?.find_signature_key(key.as_bytes()) {
            Some(index) => self.member(index),
            None => Ok(None),
        }
    }

    /// The member that the authentication service calls so; `None` where there is none.
    ///
    /// Whoever has not been asked about is not found: ourselves in a group that we founded, until somebody is added, and
    /// everybody where the tree came [from outside](Self::admit_tree).
    ///
    /// # Errors
    /// [`Fault::NotResident`] where the tree is not; [`Fault::UnsupportedSuite`], [`Fault::Crypto`].
    pub fn member_with_id(&self, id: &MemberId, env: &Env<'_>) -> Result<Option<Member>, Fault> {
        self.tree()?;
        let client = ClientTag::of(self.suite(env)?, id)?;
        let leaf = self.clients.leaves_of(client).next();
        Ok(leaf.map(|leaf| self.member(leaf)).transpose()?.flatten())
    }

    /// The leaf node at an index, with capabilities, extensions and keys; `None` where the leaf is blank (RFC 9420
    /// section 7.2).
    ///
    /// # Errors
    /// What is [`Missing`] where neither the tree nor that leaf is resident.
    pub fn leaf_node(&self, index: LeafIndex) -> Result<Option<LeafNode>, Missing> {
        let leaf = self.current_leaf(index)?;
        Ok(leaf.and_then(|bytes| <LeafNode as mls_codec::Decode>::from_bytes(bytes).ok()))
    }

    /// The resumption PSK of the current epoch or of one before that is kept; `None` where it is not (RFC 9420 section
    /// 8.6).
    ///
    /// # Errors
    /// What is [`Missing`] where that epoch's is not resident.
    ///
    /// # Security
    /// Whoever has it can pass for a member of that epoch wherever it is asked for.
    pub fn resumption_psk_of(&self, epoch: u64) -> Result<Option<PskValue>, Missing> {
        if epoch == self.epoch() && self.is_active() {
            return Ok(Some(self.resumption_psk()));
        }
        match self.resumption.get(&epoch) {
            None => Ok(None),
            Some(Some(psk)) => Ok(Some(PskValue::from(psk.duplicate()))),
            Some(None) => Err(Missing::key(RecordKey::ResumptionPsk(self.id.clone(), epoch))),
        }
    }

    /// How far the tree is from its best state. O(n).
    ///
    /// # Errors
    /// What is [`Missing`] where the tree is not resident.
    pub fn tree_health(&self) -> Result<TreeHealth, Missing> {
        Ok(self.tree()?.health())
    }

    /// What our next path commit costs, if it adds and removes nobody.
    ///
    /// A path commit is worth its price where [`PathCost::seals`] is well above [`PathCost::nodes`]: it repairs the
    /// nodes above us, for everybody else's paths.
    ///
    /// # Errors
    /// What is [`Missing`] where the tree is not resident.
    pub fn path_cost(&self) -> Result<PathCost, Missing> {
        Ok(self.tree()?.path_cost(self.own_leaf()))
    }
}
