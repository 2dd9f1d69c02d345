//! What must hold in each epoch: all of its members see the same, and it is what the oracle expects.

use std::collections::BTreeSet;

use mls_client::mls_core::group_context::GroupContext;
use mls_client::mls_core::tree::math::NodeIndex;
use mls_client::{Credential, EpochChange, LeafIndex};

use crate::faces::Group;
use crate::oracle::{Committer, Tree, number};
use crate::service::Service;

/// What a member sees of its epoch.
pub(crate) struct Facts {
    /// Tree hash and confirmed transcript hash among it.
    pub(crate) context: GroupContext,
    authenticator: Vec<u8>,
    exported: Vec<u8>,
    exported_tree: Vec<u8>,
    pub(crate) tree: Tree,
}

fn export(group: &mut Group) -> Vec<u8> {
    group.export(b"model", b"context", 32).unwrap().as_bytes().to_vec()
}

impl Facts {
    fn of(group: &mut Group) -> Self {
        let context = group.context().clone();
        let exported_tree = group.ratchet_tree().unwrap();
        Self {
            authenticator: group.epoch_authenticator().to_vec(),
            exported: export(group),
            tree: Tree::of(&exported_tree, context.cipher_suite),
            exported_tree,
            context,
        }
    }

    fn assert_same(&self, other: &Self, name: &str) {
        let Self { context, authenticator, exported, exported_tree, tree: _ } = self;
        assert_eq!(*context, other.context, "{name}");
        assert_eq!(*authenticator, other.authenticator, "{name}");
        assert_eq!(*exported, other.exported, "{name}");
        assert_eq!(*exported_tree, other.exported_tree, "{name}");
    }
}

impl Service {
    /// Somebody has entered an epoch: by a commit that says what it changed, or in another way.
    pub(crate) fn enter(&mut self, who: usize, change: Option<EpochChange>) {
        self.users[who].cached.clear();
        self.look(who);
        if let Some(change) = change {
            self.check_change(&change);
            self.users[who].leftovers.extend(change.leftovers);
        }
    }

    /// Somebody is in an epoch, and sees what all see.
    pub(crate) fn look(&mut self, who: usize) {
        self.count("(epochs entered)");
        let user = &mut self.users[who];
        let group = user.group.as_mut().unwrap();
        let own = group.own_leaf();
        let epoch = group.epoch();
        // Who has rotated signs with the new key from here on.
        user.identity.signature_key = group.query(|group| group.leaf_node(own)).unwrap().signature_key;
        let facts = Facts::of(group);
        assert!(group.is_active() && !group.has_pending_commit());
        assert_eq!(usize::try_from(group.pending_proposals()).unwrap(), user.cached.len());
        assert_eq!(self.roster_at(epoch).get(&number(own)), Some(&who), "the leaf of user {who}");
        match self.facts.get(&epoch) {
            Some(known) => known.assert_same(&facts, &self.users[who].name),
            None => {
                self.check_epoch(who, epoch, &facts);
                self.facts.insert(epoch, facts);
            }
        }
        self.check_stored(who);
    }

    /// An epoch is what its commit must have made of the one before.
    fn check_epoch(&mut self, who: usize, epoch: u64, facts: &Facts) {
        assert_eq!(facts.context.epoch, epoch);
        assert_eq!(facts.tree.tree_hash(), facts.context.tree_hash, "the tree hash of epoch {epoch}");
        facts.tree.check();
        if let Some(before) = epoch.checked_sub(1) {
            let transition = &self.transitions[usize::try_from(before).unwrap()];
            let old = &self.facts[&before];
            let _ = old.tree.expect(&transition.change, &facts.tree, transition.path.as_ref());
            let extensions = transition.extensions.as_ref().unwrap_or(&old.context.extensions);
            assert_eq!(facts.context.extensions, *extensions, "the extensions of epoch {epoch}");
            assert_ne!(old.context.confirmed_transcript_hash, facts.context.confirmed_transcript_hash);
            assert_ne!((&old.authenticator, &old.exported), (&facts.authenticator, &facts.exported));
        }
        let roster = self.roster_at(epoch).clone();
        assert_eq!(facts.tree.leaves(), roster.keys().copied().collect::<Vec<_>>());
        for (leaf, user) in &roster {
            assert_eq!(facts.tree.leaf(*leaf).unwrap().credential, Credential::basic(format!("user {user}").as_str()));
        }
        let group = self.users[who].group.as_mut().unwrap();
        let resolutions = facts.tree.resolutions();
        let paths = facts.tree.filtered_direct_paths();
        group.query(|group| {
            let tree = group.tree()?;
            let index = |node: &NodeIndex| usize::try_from(node.as_u32()).unwrap();
            for (node, expected) in resolutions.iter().enumerate() {
                let node = NodeIndex::new(u32::try_from(node).unwrap()).unwrap();
                assert_eq!(tree.resolution(node).iter().map(index).collect::<Vec<_>>(), *expected, "{node:?}");
            }
            for (leaf, expected) in &paths {
                let leaf = LeafIndex::new(u32::try_from(*leaf).unwrap()).unwrap();
                let path = tree.filtered_direct_path(leaf);
                assert_eq!(path.iter().map(|step| index(&step.node)).collect::<Vec<_>>(), *expected, "{leaf:?}");
            }
            Ok(())
        });
        if let Some(watch) = &mut self.watch {
            watch.agrees(group);
        }
        let largest = match roster.len() {
            33.. => "(epochs of more than 32 members)",
            9.. => "(epochs of 9 to 32 members)",
            3.. => "(epochs of 3 to 8 members)",
            _ => "(epochs of one or two members)",
        };
        self.count(largest);
    }

    /// A member is told what a commit did.
    fn check_change(&self, change: &EpochChange) {
        let before = change.epoch - 1;
        let transition = &self.transitions[usize::try_from(before).unwrap()];
        let roster = self.roster_at(change.epoch);
        let mut joined = transition.added.clone();
        joined.extend((transition.change.committer == Committer::Newcomer).then_some(transition.committer));
        let added: Vec<usize> = change.added.iter().map(|member| roster[&number(member.index)]).collect();
        assert_eq!(added, joined, "who joined");
        let set = |leaves: &[LeafIndex]| leaves.iter().map(|leaf| number(*leaf)).collect::<BTreeSet<_>>();
        assert_eq!(set(&change.removed), transition.change.removed.iter().copied().collect(), "who was removed");
        assert_eq!(set(&change.updated), transition.change.updated.iter().map(|(leaf, _)| *leaf).collect());
        assert!(!change.removed_self);
    }

    /// Whatever has just happened: all members see what the other members of their epoch see.
    pub(crate) fn check_agreement(&mut self) {
        for user in &mut self.users {
            let Some(group) = &mut user.group else { continue };
            let facts = &self.facts[&group.epoch()];
            assert_eq!(group.epoch_authenticator(), facts.authenticator, "{}", user.name);
            assert_eq!(*group.context(), facts.context, "{}", user.name);
            assert_eq!(export(group), facts.exported, "{}", user.name);
        }
        let current = (0..self.users.len()).filter(|who| self.is_up_to_date(*who)).count();
        if current == self.roster().len() {
            self.count("(steps after which all members are up to date)");
        }
    }
}
