//! A group whose tree is kept outside the store.

use alloc::vec::Vec;

use crate::env::Env;
use crate::group::advance::write_nodes;
use crate::group::builder::StepBuilder;
use crate::group::clients::Clients;
use crate::group::leaf_epochs::LeafEpochs;
use crate::group::resident::index_seed;
use crate::group::{Fault, Group, Step};
use crate::record::RecordPrefix;
use crate::tree::ratchet_tree::RatchetTree;

/// Keeps the group's tree out of the store from now on: its records are deleted and no more written.
///
/// The tree stays in memory. A group that is loaded again has none, and is given it with [`Group::admit_tree`], from
/// wherever it is served: a delivery service has it, say, for joiners. Sending needs no tree; receiving, commits,
/// proposals and the roster do, and fail with [`Fault::TreeOutside`] until it is there. When leaves changed last is
/// forgotten with each load, and so is who the members are to the authentication service: the first commit after it that
/// brings somebody in asks about all of them.
///
/// # Errors
/// [`Fault::TreeOutside`] where the tree is not resident, or kept outside already; nothing has changed.
///
/// # Security
/// Whoever serves the tree can withhold it, and with it everything that others say in the group.
pub fn keep_tree_outside(group: &Group, env: &mut Env<'_>) -> Result<Step<()>, Fault> {
    group.check_active()?;
    group.tree()?;
    if group.is_tree_outside() {
        return Err(Fault::TreeOutside);
    }
    let mut builder = StepBuilder::new(group, env.rng)?;
    builder.delta.delete_prefix(RecordPrefix::Tree(group.id.clone()));
    builder.status.tree_outside = 1;
    builder.finish(group, ())
}

/// Keeps the group's tree in the store again: all of its records are written.
///
/// # Errors
/// [`Fault::TreeOutside`] where the tree is not resident; nothing has changed.
pub fn keep_tree_inside(group: &Group, env: &mut Env<'_>) -> Result<Step<()>, Fault> {
    group.check_active()?;
    let Some(tree) = &group.tree else {
        return Err(if group.is_tree_outside() { Fault::TreeOutside } else { group.tree_missing().into() });
    };
    let mut builder = StepBuilder::new(group, env.rng)?;
    let nodes: Vec<_> = tree.nodes().map(|(node, bytes)| (node, Some(bytes.clone()))).collect();
    builder.delta.delete_prefix(RecordPrefix::Tree(group.id.clone()));
    write_nodes(&mut builder.delta, &group.id, (tree, &nodes), group.epoch(), |leaf| group.clients.get(leaf))?;
    builder.status.tree_outside = 0;
    builder.finish(group, ())
}

impl Group {
    /// Whether the tree is kept outside the store.
    #[must_use]
    pub const fn is_tree_outside(&self) -> bool {
        self.status.tree_outside != 0
    }

    /// Makes the tree resident that `ratchet_tree`, the data of a `ratchet_tree` extension, gives (RFC 9420 section
    /// 12.4.3.3). It must be this epoch's.
    ///
    /// Not a transition: what the group is, and what is stored of it, does not change.
    ///
    /// # Errors
    /// [`Fault::WrongTree`] where its hash is not the one in the group context, [`Fault::Tree`] where it has not the
    /// form of a tree.
    ///
    /// # Security
    /// The tree may come from anybody: it is compared with the hash that the group has agreed on.
    pub fn admit_tree(&mut self, ratchet_tree: &[u8], env: &mut Env<'_>) -> Result<(), Fault> {
        let suite = self.suite(env)?;
        let tree = RatchetTree::from_extension(suite, index_seed(env)?, ratchet_tree)?;
        self.epoch.check_tree(&tree).map_err(|_| Fault::WrongTree)?;
        if self.tree.is_none() {
            self.tree = Some(tree);
            self.leaf_epochs = LeafEpochs::all_since(self.epoch());
            self.clients = Clients::default();
            self.leaves.clear();
        }
        Ok(())
    }
}
