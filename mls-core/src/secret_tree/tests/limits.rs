//! Bounds: jumps, skipped keys, and the last generation.

use super::{super::*, *};

const NONE: SecretTreeLimits =
    SecretTreeLimits { max_forward: u32::MAX, max_skipped_per_sender: 0, max_skipped_per_epoch: 0 };

fn keep(per_sender: u32, per_epoch: u32) -> SecretTreeLimits {
    SecretTreeLimits { max_forward: 100, max_skipped_per_sender: per_sender, max_skipped_per_epoch: per_epoch }
}

/// The kept generations, oldest first, as (leaf, ratchet, generation).
fn kept(tree: &SecretTree) -> Vec<(u32, RatchetType, u32)> {
    let index = tree.index.as_ref().unwrap();
    let ids: Vec<_> = index
        .runs()
        .iter()
        .flat_map(|run| (run.first..=run.last).map(|at| (run.leaf.as_u32(), run.ratchet_type, at)))
        .collect();
    assert_eq!(usize::try_from(index.count()).unwrap(), ids.len());
    let mut resident: Vec<_> = ids.clone();
    resident.sort_unstable();
    let stored = tree.skipped.iter().map(|((leaf, kind, at), key)| {
        assert_eq!(key.generation(), at);
        (leaf.as_u32(), kind, at)
    });
    assert_eq!(Vec::from_iter(stored), resident);
    ids
}

#[test]
fn the_defaults_are_these() {
    let SecretTreeLimits { max_forward, max_skipped_per_sender, max_skipped_per_epoch } = SecretTreeLimits::default();
    assert_eq!(max_forward, 1_000);
    assert_eq!(max_skipped_per_sender, 1_000);
    assert_eq!(max_skipped_per_epoch, 10_000);
}

// req: R-15.3-02
#[test]
fn a_jump_beyond_the_limit_is_refused_before_anything_is_hashed() {
    let mut tree = tree(2);
    open(&mut tree, leaf(1), APPLICATION, 2, &DEFAULT).unwrap();
    let broken = Broken(suite().provider());
    for (index, next) in [(0, 0), (1, 3)] {
        for generation in [next + 1001, u32::MAX] {
            let want = SecretTreeError::TooFarAhead { next, generation };
            refuses(&tree, (leaf(index), APPLICATION, generation), &DEFAULT, want.clone());
            let suite = Suite::new(&broken);
            let tried = tree.plan_open(suite, leaf(index), APPLICATION, generation, &DEFAULT);
            assert_eq!(tried.unwrap_err(), want);
        }
        let key = open(&mut tree, leaf(index), APPLICATION, next + 1000, &DEFAULT);
        assert_eq!(key, Ok(naive(tree.size(), leaf(index), APPLICATION, next + 1000)));
    }
}

// req: R-9.2-02
// req: R-15.3-01
// bad: framing-10
#[test]
fn a_sender_keeps_its_newest_skipped_keys() {
    let mut tree = tree(1);
    let limits = keep(3, 100);
    open(&mut tree, leaf(0), APPLICATION, 2, &limits).unwrap();
    open(&mut tree, leaf(1), APPLICATION, 1, &limits).unwrap();
    open(&mut tree, leaf(0), HANDSHAKE, 1, &limits).unwrap();
    let full = [(0, APPLICATION, 0), (0, APPLICATION, 1), (1, APPLICATION, 0), (0, HANDSHAKE, 0)];
    assert_eq!(kept(&tree), full);

    // Both ratchets count; the other sender's keys stay.
    open(&mut tree, leaf(0), HANDSHAKE, 4, &limits).unwrap();
    let newer = [(1, APPLICATION, 0), (0, HANDSHAKE, 0), (0, HANDSHAKE, 2), (0, HANDSHAKE, 3)];
    assert_eq!(kept(&tree), newer);
    let stale = (leaf(0), APPLICATION, 0);
    refuses(&tree, stale, &limits, SecretTreeError::KeyConsumed);

    // A jump of more than the limit keeps the last ones, and leaves nothing older.
    open(&mut tree, leaf(0), APPLICATION, 10, &limits).unwrap();
    let newest = [(1, APPLICATION, 0), (0, APPLICATION, 7), (0, APPLICATION, 8), (0, APPLICATION, 9)];
    assert_eq!(kept(&tree), newest);
    let dropped = (leaf(0), APPLICATION, 6);
    refuses(&tree, dropped, &limits, SecretTreeError::KeyConsumed);
    let key = open(&mut tree, leaf(0), APPLICATION, 7, &limits);
    assert_eq!(key, Ok(naive(tree.size(), leaf(0), APPLICATION, 7)));
}

// req: R-15.3-01
// bad: framing-10
#[test]
fn an_epoch_keeps_the_newest_skipped_keys_of_all() {
    let mut tree = tree(2);
    let limits = keep(100, 4);
    open(&mut tree, leaf(2), APPLICATION, 2, &limits).unwrap();
    open(&mut tree, leaf(0), APPLICATION, 2, &limits).unwrap();
    let full = [(2, APPLICATION, 0), (2, APPLICATION, 1), (0, APPLICATION, 0), (0, APPLICATION, 1)];
    assert_eq!(kept(&tree), full);
    open(&mut tree, leaf(1), HANDSHAKE, 1, &limits).unwrap();
    let newer = [(2, APPLICATION, 1), (0, APPLICATION, 0), (0, APPLICATION, 1), (1, HANDSHAKE, 0)];
    assert_eq!(kept(&tree), newer);
    // What is used makes room.
    open(&mut tree, leaf(0), APPLICATION, 0, &limits).unwrap();
    open(&mut tree, leaf(1), HANDSHAKE, 3, &limits).unwrap();
    let room = [(2, APPLICATION, 1), (0, APPLICATION, 1), (1, HANDSHAKE, 0), (1, HANDSHAKE, 2)];
    assert_eq!(kept(&tree), room);
    open(&mut tree, leaf(3), HANDSHAKE, 9, &limits).unwrap();
    let swept: Vec<_> = (5..9).map(|at| (3, HANDSHAKE, at)).collect();
    assert_eq!(kept(&tree), swept);
}

#[test]
fn nothing_is_kept_where_nothing_may_be() {
    let mut tree = tree(0);
    let moved = tree.plan_open(suite(), leaf(0), APPLICATION, 4, &NONE).unwrap();
    assert_eq!(bytes(moved.message_key()), naive(tree.size(), leaf(0), APPLICATION, 4));
    // The root goes, both ratchets come.
    assert_eq!(moved.changes().count(), 3);
    drop(tree.apply(moved));
    refuses(&tree, (leaf(0), APPLICATION, 3), &NONE, SecretTreeError::KeyConsumed);
}

/// A one-leaf tree whose application ratchet stands at `generation`.
fn tree_at(generation: u32) -> SecretTree {
    let mut tree = SecretTree::cold(TreeSize::ONE);
    let ratchet = SecretTreeKey::Ratchet(leaf(0), APPLICATION);
    tree.admit(ratchet, Some(&ratchet_record(generation))).unwrap();
    tree.admit(SecretTreeKey::SkippedIndex, None).unwrap();
    tree
}

// req: R-15.2-01
#[test]
fn sending_ends_after_the_last_generation() {
    let mut tree = tree_at(u32::MAX - 1);
    for generation in [u32::MAX - 1, u32::MAX] {
        let moved = tree.plan_next_send(suite(), leaf(0), APPLICATION).unwrap();
        assert_eq!(moved.message_key().generation(), generation);
        drop(tree.apply(moved));
    }
    let before = snapshot(&tree);
    let exhausted = tree.plan_next_send(suite(), leaf(0), APPLICATION);
    assert_eq!(exhausted.unwrap_err(), SecretTreeError::GenerationsExhausted);
    assert_eq!(snapshot(&tree), before);
    // The exhausted ratchet is a record, lest storage take the leaf for a fresh one.
    assert_eq!(before, [(SecretTreeKey::Ratchet(leaf(0), APPLICATION), vec![0])]);
}

// bad: framing-07
#[test]
fn receiving_reaches_the_last_generation_and_no_further() {
    let mut tree = tree_at(u32::MAX - 2);
    open(&mut tree, leaf(0), APPLICATION, u32::MAX, &DEFAULT).unwrap();
    assert_eq!(kept(&tree), [(0, APPLICATION, u32::MAX - 2), (0, APPLICATION, u32::MAX - 1)]);
    for generation in [u32::MAX, 0] {
        let gone = (leaf(0), APPLICATION, generation);
        refuses(&tree, gone, &DEFAULT, SecretTreeError::KeyConsumed);
    }
    for generation in [u32::MAX - 1, u32::MAX - 2] {
        let key = open(&mut tree, leaf(0), APPLICATION, generation, &DEFAULT);
        assert_eq!(key.map(|(at, ..)| at), Ok(generation));
    }
    assert_eq!(kept(&tree), []);
}

#[test]
fn a_reserved_ratchet_is_what_use_leads_to() {
    let mut tree = tree(0);
    open(&mut tree, leaf(0), APPLICATION, 0, &NONE).unwrap();
    let state = |tree: &SecretTree| match tree.ratchets.get(&(leaf(0), APPLICATION)) {
        Slot::Present(state) => state.after(suite(), 32),
        Slot::Absent | Slot::Unknown => panic!("no ratchet"),
    };
    let reserved = state(&tree).unwrap();
    assert_eq!(reserved.generation(), Some(33));
    open(&mut tree, leaf(0), APPLICATION, 32, &NONE).unwrap();
    let key = SecretTreeChange::PutRatchet(leaf(0), APPLICATION, &reserved);
    let record = (key.key(), key.value().unwrap().unwrap().as_bytes().to_vec());
    assert!(snapshot(&tree).contains(&record));
    assert_eq!(state(&tree).unwrap().generation(), Some(33), "it does not go back");
}
