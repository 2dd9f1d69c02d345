use alloc::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

fn tag(of: u8) -> ClientTag {
    // Some begin alike.
    ClientTag(u64::from(of / 2) << 32 | u64::from(of), 7)
}

fn check(clients: &Clients, oracle: &BTreeMap<LeafIndex, ClientTag>) {
    let all: Vec<_> = oracle.iter().map(|(leaf, client)| (*leaf, Some(*client))).collect();
    assert_eq!(clients.all(), all);
    assert_eq!(clients.known(), oracle.len());
    for of in 0..6 {
        let at: Vec<_> = oracle.iter().filter(|(_, client)| **client == tag(of)).map(|(leaf, _)| *leaf).collect();
        assert_eq!(clients.leaves_of(tag(of)).collect::<Vec<_>>(), at);
    }
    // Nothing is kept behind the last leaf that is known.
    assert_eq!(clients.tags.len(), oracle.last_key_value().map_or(0, |(leaf, _)| place_of(*leaf).saturating_add(1)));
}

proptest! {
    #[test]
    fn changes_are_as_in_a_map_and_are_undone(
        rounds in prop::collection::vec(prop::collection::btree_map(0_u32..40, prop::option::of(0_u8..6), 0..30), 0..8)
    ) {
        let mut clients = Clients::default();
        let mut oracle = BTreeMap::new();
        for round in rounds {
            let before = (clients.clone(), oracle.clone());
            let changes: Vec<_> = round.iter().map(|(at, of)| (leaf(*at), of.map(tag))).collect();
            for (at, client) in &changes {
                match client {
                    Some(client) => drop(oracle.insert(*at, *client)),
                    None => drop(oracle.remove(at)),
                }
            }
            let undo = clients.change(&changes);
            check(&clients, &oracle);
            let mut back = clients.clone();
            let redo = back.change(&undo);
            prop_assert_eq!(&back, &before.0);
            drop(back.change(&redo));
            prop_assert_eq!(&back, &clients);
        }
    }
}
