//! Random lives of a group, over a delivery service that reorders, repeats and loses messages, and decides which of
//! several commits wins.
//!
//! After each epoch all members agree, and what is stored of them is what they are. A message is read once, by those
//! who were members when it was sent, as long as its epoch is retained, and by nobody else.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod common;
mod delivery;

use delivery::{Service, Text};
use mls_core::group::{CommitPlan, LeafChange, PathPolicy, ProposeError, Proposing, SendOptions, propose};
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::CipherSuite;
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

/// What happens next. Numbers pick among those that can do it, whoever they are then.
#[derive(Clone, Debug)]
enum Action {
    Send {
        from: u8,
    },
    Propose {
        from: u8,
        what: Change,
        encrypt: bool,
    },
    Commit {
        from: u8,
        what: Vec<Change>,
        path: bool,
        pending: bool,
        encrypt: bool,
    },
    /// A commit wins; the winner hears of it in one way or the other.
    Decide {
        which: u8,
        echo: bool,
    },
    /// Somebody withdraws a commit that has not won.
    Withdraw {
        which: u8,
    },
    /// Somebody reads one of the messages that wait, perhaps twice.
    Read {
        who: u8,
        which: u8,
        twice: bool,
    },
    Lose {
        who: u8,
        which: u8,
    },
    Restart {
        who: u8,
    },
    JoinExternally {
        who: u8,
        info: u8,
    },
    Resync {
        who: u8,
        info: u8,
    },
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Add,
    Remove(u8),
    Update,
    Psk,
    OwnPsk,
    Extensions,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => Just(Change::Add),
        2 => any::<u8>().prop_map(Change::Remove),
        3 => Just(Change::Update),
        1 => Just(Change::Psk),
        1 => Just(Change::OwnPsk),
        1 => Just(Change::Extensions),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let number = any::<u8>;
    prop_oneof![
        10 => number().prop_map(|from| Action::Send { from }),
        5 => (number(), change(), any::<bool>())
            .prop_map(|(from, what, encrypt)| Action::Propose { from, what, encrypt }),
        5 => (number(), vec(change(), 0..3), any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(from, what, path, pending, encrypt)| Action::Commit { from, what, path, pending, encrypt }),
        5 => (number(), any::<bool>()).prop_map(|(which, echo)| Action::Decide { which, echo }),
        1 => number().prop_map(|which| Action::Withdraw { which }),
        20 => (number(), number(), prop::bool::weighted(0.2))
            .prop_map(|(who, which, twice)| Action::Read { who, which, twice }),
        2 => (number(), number()).prop_map(|(who, which)| Action::Lose { who, which }),
        4 => number().prop_map(|who| Action::Restart { who }),
        1 => (number(), number()).prop_map(|(who, info)| Action::JoinExternally { who, info }),
        1 => (number(), number()).prop_map(|(who, info)| Action::Resync { who, info }),
    ]
}

/// Mostly the common suites; the others are slow.
fn suite() -> impl Strategy<Value = CipherSuite> {
    prop_oneof![4 => Just(1), 3 => Just(3), 1 => Just(2), 1 => 4..=7_u16].prop_map(CipherSuite)
}

fn proposing(service: &mut Service, from: usize, what: Change) -> Option<Proposing> {
    Some(match what {
        Change::Add => Proposing::Add(Arc::new(service.invite()?)),
        Change::Remove(who) => {
            let others: Vec<usize> = service.members().into_iter().filter(|who| *who != from).collect();
            Proposing::Remove(service.leaf(*others.get(usize::from(who) % others.len().max(1))?))
        }
        Change::Update => Proposing::Update(LeafChange::default()),
        Change::Psk => Proposing::ExternalPsk(b"psk".to_vec()),
        Change::OwnPsk => {
            Proposing::ResumptionPsk { group_id: b"group".to_vec(), epoch: service.peers[from].group().epoch() }
        }
        Change::Extensions => Proposing::GroupContextExtensions(mls_core::extension::Extensions::new()),
    })
}

fn commit(service: &mut Service, from: usize, what: &[Change], plan: CommitPlan) {
    let mut proposals = Vec::new();
    let mut removed: Vec<LeafIndex> = Vec::new();
    for change in what {
        match proposing(service, from, *change) {
            // Neither has a place in a commit by value, nor have two Removes of one leaf; who is added has none of
            // this group's pre-shared keys.
            None | Some(Proposing::Update(_) | Proposing::ResumptionPsk { .. }) => {}
            Some(Proposing::Remove(leaf)) if removed.contains(&leaf) => {}
            Some(Proposing::GroupContextExtensions(_))
                if proposals.iter().any(|one| matches!(one, Proposing::GroupContextExtensions(_))) => {}
            Some(one) => {
                if let Proposing::Remove(leaf) = &one {
                    removed.push(*leaf);
                }
                proposals.push(one);
            }
        }
    }
    let lone = matches!(what, [Change::OwnPsk]) && !plan.include_pending;
    if lone {
        proposals.extend(proposing(service, from, Change::OwnPsk));
    }
    service.candidate(from, &CommitPlan { proposals, ..plan });
}

fn act(service: &mut Service, action: &Action) {
    let pick = |who: u8, of: &[usize]| of.get(usize::from(who) % of.len().max(1)).copied();
    let members = service.members();
    match action {
        Action::Send { from } => service.send(pick(*from, &members).unwrap()),
        Action::Propose { from, what, encrypt } => {
            let from = pick(*from, &members).unwrap();
            // Who joins has none of this group's pre-shared keys.
            if let Some(proposing) = proposing(service, from, *what).filter(|_| !matches!(what, Change::OwnPsk)) {
                service.propose(from, proposing, &SendOptions { encrypt: *encrypt, ..SendOptions::default() });
            }
        }
        Action::Commit { from, what, path, pending, encrypt } => {
            let from = pick(*from, &members).unwrap();
            if !service.peers[from].group().has_pending_commit() {
                let plan = CommitPlan {
                    include_pending: *pending,
                    path: if *path { PathPolicy::Always } else { PathPolicy::WhenRequired },
                    options: SendOptions { encrypt: *encrypt, ..SendOptions::default() },
                    ..CommitPlan::default()
                };
                commit(service, from, what, plan);
            }
        }
        Action::Decide { which, echo } => service.decide(usize::from(*which), *echo),
        Action::Withdraw { which } => service.withdraw(usize::from(*which)),
        Action::Read { who, which, twice } => {
            let who = pick(*who, &members).unwrap();
            if let Some(message) = service.take(who, usize::from(*which)) {
                service.read(who, message);
                if *twice {
                    service.read(who, message);
                }
            }
        }
        Action::Lose { who, which } => drop(service.take(pick(*who, &members).unwrap(), usize::from(*which))),
        Action::Restart { who } => service.restart(pick(*who, &members).unwrap()),
        Action::JoinExternally { who, info } => {
            let outside = service.outside();
            if let Some(who) = pick(*who, &outside) {
                service.join_externally(who, pick(*info, &members).unwrap(), false);
            }
        }
        Action::Resync { who, info } => {
            let (who, info) = (pick(*who, &members).unwrap(), pick(*info, &members).unwrap());
            if who != info {
                service.join_externally(who, info, true);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn members_agree_whatever_happens(suite in suite(), actions in vec(action(), 120..180)) {
        let mut service = Service::new(suite);
        for action in &actions {
            act(&mut service, action);
        }
        // What still waits is read, too.
        for who in service.members() {
            while let Some(message) = service.take(who, 0) {
                service.read(who, message);
            }
        }
        prop_assert!(service.epochs() > 0 || actions.len() < 120);
    }
}

/// The delivery service's own bookkeeping is put to the test: messages are read, refused and forgotten as it expects.
#[test]
fn a_history_by_hand() {
    let mut service = Service::new(CipherSuite(1));
    service.send(0);
    for from in [0, 1, 2] {
        let plan = CommitPlan {
            proposals: vec![Proposing::Add(Arc::new(service.invite().unwrap()))],
            ..CommitPlan::default()
        };
        service.candidate(from.min(service.members().len() - 1), &plan);
        service.decide(0, from == 1);
    }
    assert_eq!(service.members().len(), 5);
    let late = service.take(1, 0).unwrap();
    assert_eq!(service.text(late), Text { epoch: 1, from: 0 });
    service.read(1, late);
    service.read(1, late);
}

/// The same proposal again would have the same reference: it is not made, and the first one stands.
#[test]
fn a_proposal_is_not_made_twice() {
    let mut service = Service::new(CipherSuite(1));
    for encrypt in [true, false] {
        let options = SendOptions { encrypt, ..SendOptions::default() };
        let remove = Proposing::Remove(LeafIndex::new(0).unwrap());
        let bob = &mut service.peers[1];
        let waiting = bob.group().pending_proposals();
        drop(bob.propose(remove.clone(), &options));
        let group = bob.group.take().unwrap();
        let again = propose(&group, remove, &options, &mut bob.world.env()).unwrap_err();
        assert!(matches!(again, ProposeError::DuplicateProposal(_)), "{again:?}");
        assert_eq!(group.pending_proposals(), waiting + 1);
        assert_eq!(mls_core::group::pending_proposals(&group).unwrap().len(), waiting as usize + 1);
        bob.group = Some(group);
    }
}

/// What a history does besides: somebody outside follows what is in the clear, and members go back.
#[test]
fn a_history_is_watched_and_members_go_astray() {
    let mut service = Service::new(CipherSuite(1));
    for round in 0..8 {
        let add = |service: &mut Service| Proposing::Add(Arc::new(service.invite().unwrap()));
        let options = SendOptions { encrypt: round % 2 == 1, ..SendOptions::default() };
        let first = if round < 4 { vec![add(&mut service)] } else { Vec::new() };
        service.send(0);
        service.candidate(0, &CommitPlan { proposals: first, options: options.clone(), ..CommitPlan::default() });
        service.candidate(1, &CommitPlan { options, ..CommitPlan::default() });
        service.decide(round, false);
    }
    assert_eq!((service.epochs(), service.watch.followed, service.watch.restarted), (8, 4, 5));
    assert!(service.astray >= 6, "{}", service.astray);
}
