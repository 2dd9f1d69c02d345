//! Groups whose members are ours and those of mls-rs: each makes, joins, changes and leaves the other's groups, with
//! handshakes in the clear and encrypted, in every suite that both have here.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

#[path = "support/mls_rs.rs"]
mod client;
mod support;

use mls_crypto_traits::Rng;
use support::common::TestRng;
use support::group::MixedGroup;
use support::{Ask, Got, Maker, Padding, Settings};

use client::MLS_RS;

const OURS: Maker = Maker::OURS;
const BOTH: [Maker; 2] = [OURS, MLS_RS];

/// Suites 1, 2, 3 and 7 are what the provider of mls-rs has.
const SUITES: [u16; 4] = [1, 2, 3, 7];

/// Every suite, handshakes in the clear and encrypted.
fn all_settings() -> impl Iterator<Item = Settings> {
    SUITES.into_iter().flat_map(|suite| [true, false].map(|encrypt| Settings::new(suite, encrypt)))
}

/// Makers of four members, with each side as the creator.
const MIXES: [[Maker; 4]; 2] = [[OURS, MLS_RS, OURS, MLS_RS], [MLS_RS, OURS, MLS_RS, OURS]];

// req: R-12.4.1-07, R-12.4.1-12, R-12.4.1-15
#[test]
fn each_joins_the_others_group_and_commits() {
    for settings in all_settings() {
        for makers in MIXES {
            let mut group = MixedGroup::new(settings, &makers);
            group.talk();
            for name in group.names() {
                group.commit(&name, &[], vec![]);
                group.talk();
            }
        }
    }
}

// req: R-12.4.1-16, R-12.4.3.1-09
#[test]
fn members_are_added_one_by_one_by_members_of_the_other_kind() {
    for settings in all_settings() {
        for makers in MIXES {
            let mut group = MixedGroup::new(settings, &makers[..1]);
            for (i, maker) in makers.iter().enumerate().skip(1) {
                let mut joiner = group.client(*maker, &format!("{i:02}"));
                let ask = Ask::Add(joiner.key_package());
                group.commit(&format!("{:02}", i - 1), &[ask], vec![joiner]);
                group.talk();
            }
        }
    }
}

#[test]
fn proposals_by_reference_are_committed_by_either() {
    for settings in all_settings() {
        for makers in MIXES {
            for committer in ["01", "02"] {
                let mut group = MixedGroup::new(settings, &makers);
                group.propose("00", &Ask::Update);
                let mut joiner = group.client(makers[1], "04");
                group.propose("02", &Ask::Add(joiner.key_package()));
                let leaf = group.leaf("03");
                group.propose("01", &Ask::Remove(leaf));
                let removed = group.commit(committer, &[], vec![joiner]);
                assert_eq!(removed.len(), 1);
                assert_eq!(removed[0].name(), "03");
                group.talk();
                let mut second = group.client(makers[0], "05");
                group.propose(committer, &Ask::RequireBasic);
                group.propose("04", &Ask::Update);
                let ask = Ask::Add(second.key_package());
                group.commit("00", &[ask], vec![second]);
                group.talk();
            }
        }
    }
}

#[test]
fn removal_by_value_ends_a_membership() {
    for settings in all_settings() {
        for makers in MIXES {
            let mut group = MixedGroup::new(settings, &makers);
            let leaf = group.leaf("02");
            assert_eq!(group.commit("01", &[Ask::Remove(leaf)], vec![])[0].name(), "02");
            let leaf = group.leaf("01");
            assert_eq!(group.commit("00", &[Ask::Remove(leaf)], vec![])[0].name(), "01");
            group.talk();
        }
    }
}

// req: R-12.4.1-08, R-12.4.3.1-22
#[test]
fn commits_without_path_and_the_tree_apart_are_followed() {
    for settings in all_settings() {
        for makers in MIXES {
            for padding in [Padding::None, Padding::Padme] {
                let settings = Settings { path: false, tree_in_welcome: false, padding, ..settings };
                let mut group = MixedGroup::new(settings, &makers);
                let mut joiner = group.client(makers[0], "04");
                let ask = Ask::Add(joiner.key_package());
                group.commit("01", &[ask], vec![joiner]);
                group.talk();
                group.commit("04", &[], vec![]);
                group.commit("03", &[], vec![]);
                group.talk();
            }
        }
    }
}

// req: R-12.4.3.2-06, R-12.4.3.2-07
#[test]
fn external_commits_enter_and_come_back() {
    for settings in all_settings() {
        for makers in MIXES {
            for tree in [true, false] {
                let mut group = MixedGroup::new(settings, &makers[..2]);
                let joiner = group.client(makers[1], "02");
                group.join_external(joiner, "00", tree, None);
                let joiner = group.client(makers[0], "03");
                group.join_external(joiner, "01", tree, None);
                group.talk();
                // Two lose their state and take their own places.
                for (i, from) in [(0, "01"), (1, "00")] {
                    let name = format!("{i:02}");
                    let leaf = group.leaf(&name);
                    let again = group.client(makers[i], &name);
                    group.join_external(again, from, tree, Some(leaf));
                }
                group.talk();
                group.commit("03", &[], vec![]);
            }
        }
    }
}

// req: R-12.4.1-09, R-12.4.1-17
#[test]
fn pre_shared_keys_are_mixed_in() {
    for settings in all_settings() {
        for makers in MIXES {
            let mut group = MixedGroup::new(settings, &makers);
            let mut joiner = group.client(makers[1], "04");
            joiner.store_psk(b"psk", b"a value of the application");
            for actor in group.members.values_mut() {
                actor.store_psk(b"psk", b"a value of the application");
            }
            group.propose("02", &Ask::ExternalPsk(b"psk".to_vec()));
            let ask = Ask::Add(joiner.key_package());
            group.commit("01", &[ask], vec![joiner]);
            // The epoch that all of them have been in, after some others.
            let epoch = group.get("00").view().epoch;
            group.commit("00", &[], vec![]);
            group.commit("03", &[], vec![]);
            group.propose("04", &Ask::ResumptionPsk(epoch));
            group.commit("02", &[Ask::ExternalPsk(b"psk".to_vec())], vec![]);
            group.commit("03", &[Ask::ResumptionPsk(epoch), Ask::ResumptionPsk(epoch + 1)], vec![]);
            group.talk();
        }
    }
}

#[test]
fn messages_arrive_late_and_out_of_order() {
    for settings in all_settings() {
        for makers in MIXES {
            let mut group = MixedGroup::new(settings, &makers[..2]);
            let leaves = [group.leaf("00"), group.leaf("01")];
            for (from, to) in [(0, "01"), (1, "00")] {
                let messages: Vec<_> = (0..12).map(|i| group.get(&format!("{from:02}")).send(&[i], b"")).collect();
                for i in [3, 0, 11, 5] {
                    let want = Got::Message { data: vec![i], aad: vec![], sender: leaves[from] };
                    assert_eq!(group.get(to).receive(&messages[usize::from(i)]), want);
                }
                group.commit("00", &[], vec![]);
                group.commit("01", &[], vec![]);
                for i in [10, 1, 2, 4] {
                    let want = Got::Message { data: vec![i], aad: vec![], sender: leaves[from] };
                    assert_eq!(group.get(to).receive(&messages[usize::from(i)]), want);
                }
            }
        }
    }
}

#[test]
fn signature_keys_change_by_commit_and_by_proposal() {
    for settings in all_settings() {
        for makers in MIXES {
            let mut group = MixedGroup::new(settings, &makers);
            for name in group.names() {
                let sent = group.get(&name).commit_rekey();
                group.follow(&name, &sent, vec![]);
                group.talk();
            }
            group.propose("00", &Ask::Rekey);
            group.propose("01", &Ask::Rekey);
            group.commit("02", &[], vec![]);
            group.talk();
            group.commit("00", &[], vec![]);
            group.commit("01", &[], vec![]);
        }
    }
}

#[test]
fn of_two_commits_at_once_one_wins() {
    for settings in all_settings() {
        for makers in MIXES {
            let mut group = MixedGroup::new(settings, &makers);
            for (winner, loser) in [("00", "01"), ("01", "00"), ("02", "00"), ("03", "01")] {
                group.get(loser).commit(&[]);
                group.commit(winner, &[], vec![]);
                group.commit(loser, &[], vec![]);
            }
            group.talk();
        }
    }
}

/// A number below `bound`.
fn pick(rng: &mut TestRng, bound: usize) -> usize {
    let mut bytes = [0; 4];
    rng.fill(&mut bytes).unwrap();
    u32::from_le_bytes(bytes) as usize % bound
}

/// Members come and go at random until trees have blanks and unmerged leaves everywhere.
fn random_history(settings: Settings, seed: u64, steps: usize) {
    let mut rng = TestRng(seed);
    let mut group = MixedGroup::new(settings, &MIXES[pick(&mut rng, 2)]);
    let mut next = 4;
    for step in 0..steps {
        let mut names = group.names();
        let committer = names.swap_remove(pick(&mut rng, names.len()));
        let mut asks = Vec::new();
        let mut joiners = Vec::new();
        for name in names {
            match pick(&mut rng, 8) {
                0 => group.propose(&name, &Ask::Update),
                1 => group.propose(&name, &Ask::Rekey),
                2 => {
                    let leaf = group.leaf(&name);
                    if pick(&mut rng, 2) == 0 {
                        group.propose(&committer, &Ask::Remove(leaf));
                    } else {
                        asks.push(Ask::Remove(leaf));
                    }
                }
                3 | 4 if group.members.len() + joiners.len() < 20 => {
                    let mut joiner = group.client(BOTH[pick(&mut rng, 2)], &format!("{next:02}"));
                    next += 1;
                    let ask = Ask::Add(joiner.key_package());
                    joiners.push(joiner);
                    if pick(&mut rng, 2) == 0 {
                        group.propose(&name, &ask);
                    } else {
                        asks.push(ask);
                    }
                }
                _ => (),
            }
        }
        group.commit(&committer, &asks, joiners);
        let names = group.names();
        group.get(&names[pick(&mut rng, names.len())]).restart();
        if group.members.len() < 3 || pick(&mut rng, 6) == 0 {
            let joiner = group.client(BOTH[pick(&mut rng, 2)], &format!("{next:02}"));
            next += 1;
            let names = group.names();
            let from = &names[pick(&mut rng, names.len())];
            group.join_external(joiner, from, pick(&mut rng, 2) == 0, None);
        }
        if step % 8 == 7 {
            group.talk();
        }
    }
}

#[test]
fn random_histories_with_paths() {
    for (seed, encrypt) in [(1, true), (2, false)] {
        random_history(Settings::new(1, encrypt), seed, 60);
    }
}

#[test]
fn random_histories_with_paths_where_demanded() {
    for (seed, encrypt) in [(3, true), (4, false)] {
        let settings = Settings { path: false, tree_in_welcome: false, ..Settings::new(2, encrypt) };
        random_history(settings, seed, 40);
    }
}
