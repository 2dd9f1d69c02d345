//! What users do: send, propose, commit, join from outside, start again.

use std::collections::BTreeSet;
use std::sync::Arc;

use mls_client::mls_core::extension::Extensions;
use mls_client::mls_core::group::{self as engine, DroppedProposal, waiting_proposals};
use mls_client::mls_core::proposal::{Proposal, ProposalRef};
use mls_client::mls_core::psk::Psk;
use mls_client::mls_core::tree::leaf_node::LeafNode;
use mls_client::{
    CommitOutput, CommitPlan, EncryptOptions, ExternalJoinPlan, GroupInfoOptions, LeafChange, LeafIndex,
    OutgoingProposal, PathPolicy, ProposeError, Proposing, SendOptions, Welcomes,
};

use crate::actions::{How, Wish};
use crate::faces::Again;
use crate::oracle::{Change, Committer, number};
use crate::service::{Candidate, Kind, Made, Proposed, Service, Transition, seen, visible_path};
use crate::watch::external_sender;

/// How many external pre-shared keys there are.
const PSKS: u8 = 3;

fn leaf_index(leaf: usize) -> LeafIndex {
    LeafIndex::new(u32::try_from(leaf).unwrap()).unwrap()
}

fn psk_id(number: u8) -> Vec<u8> {
    format!("psk {}", number % PSKS).into_bytes()
}

/// What each of two wishes at most one may be granted of.
fn subject(proposal: &Proposal) -> Option<String> {
    match proposal {
        Proposal::Add(key_package) => Some(format!("add {:?}", key_package.leaf_node.credential)),
        Proposal::Remove(leaf) => Some(format!("leaf {}", leaf.0)),
        Proposal::GroupContextExtensions(_) => Some("extensions".to_owned()),
        _ => None,
    }
}

impl Service {
    pub(crate) fn send(&mut self, from: usize) {
        let data = format!("message {}", self.log.len()).into_bytes();
        let options = EncryptOptions { allow_pending_proposals: true, ..EncryptOptions::default() };
        let outgoing = self.users[from].group.as_mut().unwrap().send_with(&data, &options).unwrap();
        self.post(Some(from), outgoing.epoch, outgoing.message, Kind::Application(data), &[]);
    }

    /// What a wish comes to for somebody. Who lags behind does not know what the others know, and wishes less.
    fn proposing(&mut self, from: usize, what: Wish) -> Option<Proposing> {
        let current = self.is_up_to_date(from);
        Some(match what {
            Wish::Add(number) if current => {
                let outside = self.outside();
                let who = *outside.get(usize::from(number) % outside.len().max(1))?;
                Proposing::Add(Arc::new(self.users[who].key_package()))
            }
            Wish::Remove(number) if current && self.roster().len() > 2 => {
                let own = self.leaf(from);
                let others: Vec<usize> = self.roster().keys().copied().filter(|leaf| Some(*leaf) != own).collect();
                Proposing::Remove(leaf_index(others[usize::from(number) % others.len()]))
            }
            Wish::Rotation => {
                let signature_key = Some(self.users[from].client.new_signer(self.suite).unwrap());
                Proposing::Update(LeafChange { signature_key, ..LeafChange::default() })
            }
            Wish::Psk(number) => {
                self.users[from].store_psk(&psk_id(number));
                Proposing::ExternalPsk(psk_id(number))
            }
            Wish::Resumption(back) if current => {
                // All members were there.
                let joined = self.roster().values().map(|who| self.begun(*who)).max().unwrap_or(0);
                let epoch = self.latest.saturating_sub(u64::from(back % 4)).max(joined);
                Proposing::ResumptionPsk { group_id: self.group_id.as_bytes().to_vec(), epoch }
            }
            Wish::Extensions(named) if current => {
                let extensions = match &self.watch {
                    _ if !named => Extensions::new(),
                    Some(watch) => watch.extensions(),
                    None => external_sender("nobody", &self.users[from].identity.signature_key),
                };
                Proposing::GroupContextExtensions(extensions)
            }
            Wish::Update => Proposing::Update(LeafChange::default()),
            _ => return None,
        })
    }

    /// When a member's membership begins, whether it knows or not.
    fn begun(&self, who: usize) -> u64 {
        self.users[who].welcome.as_ref().map_or(self.users[who].joined, |waiting| waiting.epoch)
    }

    pub(crate) fn propose(&mut self, from: usize, what: Wish, encrypt: bool) -> Option<&'static str> {
        // Who is added later in the epoch has no resumption PSK.
        if matches!(what, Wish::Resumption(_)) {
            return None;
        }
        let proposing = self.proposing(from, what)?;
        let options = SendOptions { encrypt: encrypt && !self.public, ..SendOptions::default() };
        let group = self.users[from].group.as_mut()?;
        let waiting = group.pending_proposals();
        match group.propose_with(&proposing, &options) {
            Ok(outgoing) => {
                assert_eq!(group.pending_proposals(), waiting + 1);
                self.proposed(from, outgoing);
            }
            // With a deterministic signature, saying the same again is the same.
            Err(ProposeError::Engine(engine::ProposeError::DuplicateProposal(_))) => return None,
            Err(error) => panic!("{proposing:?}: {error:?}"),
        }
        Some(match what {
            Wish::Add(_) => "propose an Add",
            Wish::Remove(_) => "propose a Remove",
            Wish::Update => "propose an Update",
            Wish::Rotation => "propose an Update with a new signature key",
            Wish::Psk(_) | Wish::Resumption(_) => "propose a pre-shared key",
            Wish::Extensions(_) => "propose extensions",
        })
    }

    /// A proposal that a member has made goes out.
    fn proposed(&mut self, from: usize, outgoing: OutgoingProposal) {
        let group = self.users[from].group.as_mut().unwrap();
        let epoch = group.epoch();
        let waiting = group.query(waiting_proposals);
        let proposal = waiting.into_iter().find(|one| one.reference == outgoing.reference).unwrap().proposal;
        let proposed = Proposed { reference: outgoing.reference, proposal };
        if let Some(watch) = &mut self.watch {
            watch.see(&outgoing.message);
        }
        let id = self.post(Some(from), epoch, outgoing.message, Kind::Proposal(Box::new(proposed)), &[]);
        self.users[from].cached.push(id);
    }

    /// What an epoch ended without is proposed again.
    pub(crate) fn propose_again(&mut self, who: usize) -> bool {
        let leftovers = core::mem::take(&mut self.users[who].leftovers);
        // Those of somebody who lags behind are kept: so are the key packages of users that have come in since.
        if leftovers.is_empty() || !self.is_up_to_date(who) {
            self.users[who].leftovers = leftovers;
            return false;
        }
        let outside = self.outside();
        let usable = leftovers.into_iter().filter(|one| match &one.proposal {
            Proposal::Add(key_package) => outside
                .iter()
                .any(|who| self.users[*who].key_package.as_ref().is_some_and(|current| *current == **key_package)),
            Proposal::PreSharedKey(id) => matches!(id.psk, Psk::External { .. }),
            _ => true,
        });
        let usable: Vec<_> = usable.collect();
        let group = self.users[who].group.as_mut().unwrap();
        let outgoing = group.propose_again(&usable).unwrap();
        for one in outgoing {
            self.proposed(who, one);
        }
        true
    }

    /// The server proposes, where the group lets it.
    pub(crate) fn propose_outside(&mut self, what: Wish) -> bool {
        let latest = self.latest;
        if self.watch.as_ref().is_none_or(|watch| !watch.may_propose(latest)) {
            return false;
        }
        let proposal = match what {
            Wish::Add(number) => {
                let outside = self.outside();
                let Some(who) = outside.get(usize::from(number) % outside.len().max(1)) else { return false };
                Proposal::Add(Arc::new(self.users[*who].key_package()))
            }
            Wish::Remove(number) if self.roster().len() > 2 => {
                let leaves: Vec<usize> = self.roster().keys().copied().collect();
                Proposal::Remove(leaf_index(leaves[usize::from(number) % leaves.len()]).into())
            }
            _ => return false,
        };
        let watch = self.watch.as_mut().unwrap();
        let Some(outgoing) = watch.propose(proposal.clone()) else { return false };
        let known = |id: &ProposalRef| {
            self.log.iter().any(|post| matches!(&post.kind, Kind::Proposal(one) if one.reference == *id))
        };
        if known(&outgoing.reference) {
            return false;
        }
        watch.see(&outgoing.message);
        let proposed = Proposed { reference: outgoing.reference, proposal };
        self.post(None, latest, outgoing.message, Kind::Proposal(Box::new(proposed)), &[]);
        true
    }

    /// Adds users in one commit, which may win.
    pub(crate) fn add_all(&mut self, newcomers: &[usize]) {
        let proposals = newcomers.iter().map(|who| Proposing::Add(Arc::new(self.users[*who].key_package()))).collect();
        assert!(self.commit_plan(0, &CommitPlan { proposals, ..CommitPlan::default() }));
    }

    pub(crate) fn commit(&mut self, from: usize, what: &[Wish], how: How) -> bool {
        let mut subjects = BTreeSet::new();
        let mut proposals = Vec::new();
        let mut pending = how.pending;
        for wish in what {
            // Updates have no place in a commit; and who is added has no resumption PSK.
            let alone = matches!(wish, Wish::Resumption(_));
            let another = what.iter().any(|other| matches!(other, Wish::Resumption(_)));
            if matches!(wish, Wish::Update | Wish::Rotation) || another && !alone {
                continue;
            }
            pending &= !alone;
            let Some(proposing) = self.proposing(from, *wish) else { continue };
            let subject = match &proposing {
                Proposing::Add(key_package) => Some(format!("{:?}", key_package.leaf_node.credential)),
                Proposing::Remove(leaf) => Some(format!("{leaf:?}")),
                Proposing::GroupContextExtensions(_) => Some("extensions".to_owned()),
                _ => None,
            };
            if subject.is_none_or(|subject| subjects.insert(subject)) {
                proposals.push(proposing);
            }
        }
        let signature_key = how.rotate.then(|| self.users[from].client.new_signer(self.suite).unwrap());
        let plan = CommitPlan {
            proposals,
            include_pending: pending,
            path: if how.path { PathPolicy::Always } else { PathPolicy::WhenRequired },
            leaf: LeafChange { signature_key, ..LeafChange::default() },
            options: SendOptions { encrypt: how.encrypt && !self.public, ..SendOptions::default() },
            ratchet_tree_in_welcome: !how.tree_apart,
            welcomes: if how.one_each { Welcomes::OneEach } else { Welcomes::OneForAll },
            ..CommitPlan::default()
        };
        self.commit_plan(from, &plan)
    }

    fn commit_plan(&mut self, from: usize, plan: &CommitPlan) -> bool {
        if self.users[from].group.as_ref().unwrap().has_pending_commit() {
            return false;
        }
        let output = loop {
            let user = &mut self.users[from];
            match user.group.as_mut().unwrap().commit(plan) {
                Ok(output) => break output,
                // A proposal that was received names a key that is still to be got.
                Err(error) => self.supply_psk(from, &error.disposition()),
            }
        };
        self.candidate(from, plan, output);
        true
    }

    /// A commit was made: it may win, unless the delivery service knows better already.
    pub(crate) fn candidate(&mut self, from: usize, plan: &CommitPlan, output: CommitOutput) {
        let group = self.users[from].group.as_mut().unwrap();
        assert!(group.has_pending_commit() && output.epoch == group.epoch() + 1);
        if !self.is_up_to_date(from) {
            self.count("(commits that come too late)");
            return self.reject(from, output.message);
        }
        let transition = self.transition(from, plan, &output);
        self.count(if transition.change.path { "(commits with a path)" } else { "(commits without a path)" });
        for (what, any) in [
            ("(commits that add)", !transition.added.is_empty()),
            ("(commits that remove)", !transition.change.removed.is_empty()),
            ("(commits that rotate the signature key)", plan.leaf.signature_key.is_some()),
            ("(commits of Updates)", !transition.change.updated.is_empty()),
            ("(commits of received proposals)", !transition.covered.is_empty()),
            ("(commits that drop proposals)", !output.dropped.is_empty()),
            ("(paths whose recipients were counted)", transition.path.is_some()),
            (
                "(commits with a resumption PSK)",
                plan.proposals.iter().any(|one| matches!(one, Proposing::ResumptionPsk { .. })),
            ),
            (
                "(commits with an external PSK)",
                plan.proposals.iter().any(|one| matches!(one, Proposing::ExternalPsk(_))),
            ),
        ] {
            if any {
                self.count(what);
            }
        }
        self.candidates.push(Candidate { from, made: Made::Member(Box::new(output)), transition });
    }

    /// What a commit does, by what was asked for and what was received.
    fn transition(&mut self, from: usize, plan: &CommitPlan, output: &CommitOutput) -> Transition {
        let own = self.leaf(from).unwrap();
        let dropped = |reference: &ProposalRef| output.dropped.iter().any(|one| one.reference == *reference);
        let received: Vec<usize> = if plan.include_pending { self.users[from].cached.clone() } else { Vec::new() };
        self.assert_dropped_with_reason(from, plan, &received, &output.dropped);
        let covered: Vec<usize> =
            received.into_iter().filter(|id| !dropped(&self.proposed_in(*id).reference)).collect();
        let mut change = Change {
            updated: Vec::new(),
            removed: Vec::new(),
            added: Vec::new(),
            committer: Committer::Member(own),
            path: plan.path == PathPolicy::Always || plan.leaf != LeafChange::default(),
            signature_key: Some(self.users[from].identity.signature_key.clone()),
        };
        let mut extensions = None;
        if plan.leaf.signature_key.is_some() {
            change.signature_key.clone_from(&plan.leaf.signature_key);
        }
        for proposing in &plan.proposals {
            match proposing {
                Proposing::Add(key_package) => change.added.push(key_package.leaf_node.clone()),
                Proposing::Remove(leaf) => change.removed.push(number(*leaf)),
                Proposing::GroupContextExtensions(new) => extensions = Some(new.clone()),
                _ => {}
            }
            let light =
                matches!(proposing, Proposing::Add(_) | Proposing::ExternalPsk(_) | Proposing::ResumptionPsk { .. });
            change.path |= !light;
        }
        for id in &covered {
            match &self.proposed_in(*id).proposal {
                Proposal::Add(key_package) => change.added.push(key_package.leaf_node.clone()),
                Proposal::Remove(leaf) => change.removed.push(number(leaf.leaf().unwrap())),
                Proposal::Update(leaf) => {
                    let sender = self.log[*id].from.unwrap();
                    change.updated.push((self.leaf(sender).unwrap(), leaf.as_ref().clone()));
                }
                Proposal::GroupContextExtensions(new) => extensions = Some(new.clone()),
                _ => {}
            }
            let light = matches!(self.proposed_in(*id).proposal, Proposal::Add(_) | Proposal::PreSharedKey(_));
            change.path |= !light;
        }
        // Without a proposal there is nothing else to it.
        change.path |= plan.proposals.is_empty() && covered.is_empty();
        let added = change.added.iter().map(|leaf| self.user_of(leaf)).collect();
        Transition { change, committer: from, added, extensions, covered, path: visible_path(&output.message) }
    }

    fn user_of(&self, leaf: &LeafNode) -> usize {
        self.users.iter().position(|user| user.identity.credential == leaf.credential).unwrap()
    }

    pub(crate) fn proposed_in(&self, id: usize) -> &Proposed {
        match &self.log[id].kind {
            Kind::Proposal(proposed) => proposed,
            other => panic!("{other:?}"),
        }
    }

    /// A received proposal is left out of a commit only where another one is in its way.
    fn assert_dropped_with_reason(
        &self,
        from: usize,
        plan: &CommitPlan,
        received: &[usize],
        dropped: &[DroppedProposal],
    ) {
        let own = self.leaf(from).unwrap();
        let by_value = plan.proposals.iter().filter_map(|proposing| match proposing {
            Proposing::Add(key_package) => Some(format!("add {:?}", key_package.leaf_node.credential)),
            Proposing::Remove(leaf) => Some(format!("leaf {}", leaf.as_u32())),
            Proposing::GroupContextExtensions(_) => Some("extensions".to_owned()),
            _ => None,
        });
        let mut subjects: Vec<String> = by_value.collect();
        let subject_of = |id: usize| match &self.proposed_in(id).proposal {
            Proposal::Update(_) => self.leaf(self.log[id].from.unwrap()).map(|leaf| format!("leaf {leaf}")),
            proposal => subject(proposal),
        };
        subjects.extend(received.iter().filter_map(|id| subject_of(*id)));
        for one in dropped {
            let id = *received.iter().find(|id| self.proposed_in(**id).reference == one.reference).unwrap();
            let subject = subject_of(id).unwrap_or_else(|| panic!("{one:?} is dropped without need"));
            let contested = subjects.iter().filter(|other| **other == subject).count() > 1;
            assert!(contested || subject == format!("leaf {own}"), "{one:?} is dropped without need");
        }
    }

    pub(crate) fn withdraw(&mut self, which: usize) -> bool {
        if self.candidates.is_empty() {
            return false;
        }
        let Candidate { from, made, .. } = self.candidates.swap_remove(which % self.candidates.len());
        match made {
            Made::Member(_) => {
                let group = self.users[from].group.as_mut().unwrap();
                group.drop_commit().unwrap();
                assert!(!group.has_pending_commit());
            }
            Made::External(join) => (*join).unwrap().abandon().unwrap(),
        }
        true
    }

    /// Somebody outside makes an external commit, or a member that gives up its state.
    pub(crate) fn join_externally(&mut self, who: usize, info_of: usize, psk: bool, tree_apart: bool) {
        let resync = self.leaf(who);
        let member = self.users[info_of].group.as_mut().unwrap();
        let info = member.group_info(GroupInfoOptions { external_pub: true, ratchet_tree: !tree_apart }).unwrap();
        let tree = tree_apart.then(|| member.ratchet_tree().unwrap());
        let user = &mut self.users[who];
        let mut psks = Vec::new();
        if psk {
            user.store_psk(&psk_id(0));
            psks.push(Psk::External { psk_id: psk_id(0) });
        }
        let leaf = user.client.leaf(&user.identity);
        let plan = ExternalJoinPlan { resync: resync.map(leaf_index), psks, ..ExternalJoinPlan::new(leaf) };
        let join = user.client.join_external(&plan, &info, tree.as_deref()).unwrap();
        let change = Change {
            updated: Vec::new(),
            removed: resync.into_iter().collect(),
            added: Vec::new(),
            committer: Committer::Newcomer,
            path: true,
            signature_key: Some(user.identity.signature_key.clone()),
        };
        let path = visible_path(join.message());
        assert!(path.is_some());
        let transition =
            Transition { change, committer: who, added: Vec::new(), extensions: None, covered: Vec::new(), path };
        self.candidates.push(Candidate { from: who, made: Made::External(Box::new(Some(join))), transition });
    }

    /// Somebody's process dies, and another one starts over the same store.
    pub(crate) fn restart(&mut self, who: usize) {
        let before = self.users[who].group.as_mut().map(|group| (seen(group), group.pending_commit().unwrap()));
        self.start_again(who);
        let user = &mut self.users[who];
        let after = user.group.as_mut().map(|group| (seen(group).1, group.pending_commit().unwrap()));
        assert_eq!(before.map(|((_, authenticator), commit)| (authenticator, commit)), after);
        let waiting = user.group.as_ref().map_or(0, |group| usize::try_from(group.pending_proposals()).unwrap());
        assert_eq!(waiting, user.cached.len(), "proposals that wait at {}", user.name);
        self.check_stored(who);
    }

    /// A client over the old store, with what that has of the group.
    pub(crate) fn start_again(&mut self, who: usize) {
        for candidate in self.candidates.iter_mut().filter(|one| one.from == who) {
            if let Made::External(join) = &mut candidate.made {
                **join = None;
            }
        }
        let user = &mut self.users[who];
        user.restart();
        if user.client.groups().unwrap().contains(&self.group_id) {
            user.group = Some(user.client.load_group(&self.group_id).unwrap());
        }
        let (mut commits, mut proposals) = (0, 0);
        for again in user.client.resume().unwrap() {
            match again {
                Again::Commit(commit) => {
                    commits += 1;
                    assert_eq!(user.group.as_mut().unwrap().pending_commit().unwrap(), Some(*commit));
                }
                Again::Proposal(again) => {
                    proposals += 1;
                    assert!(user.cached.iter().any(|id| self.log[*id].bytes == again.message), "{}", user.name);
                }
                Again::ExternalJoin(again) => {
                    let candidate = self.candidates.iter_mut().find(|one| one.from == who).unwrap();
                    let Made::External(join) = &mut candidate.made else { panic!("user {who} is not joining") };
                    assert!(join.is_none());
                    **join = Some(*again);
                }
            }
        }
        let pending = self.users[who].group.as_ref().is_some_and(crate::faces::Group::has_pending_commit);
        assert_eq!(commits, usize::from(pending), "commits of {who} that may not have gone out");
        let own = self.users[who].cached.iter().filter(|id| self.log[**id].from == Some(who)).count();
        assert!(proposals == own || self.is_joining(who), "{proposals} proposals of {who}, and not {own}");
    }
}
