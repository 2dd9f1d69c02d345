use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

/// Encoded lists of few and of many types, in any order and repeated.
fn types() -> impl Strategy<Value = Vec<u8>> {
    let few = prop::collection::vec(0_u16..10, 0..8);
    let many = prop::collection::vec(0_u16..400, 0..300);
    prop_oneof![few, many].prop_map(|types| types.into_iter().flat_map(u16::to_be_bytes).collect())
}

proptest! {
    #[test]
    fn two_leaves_have_in_common_what_their_summaries_have(
        lists in prop::array::uniform2((0_u16..4, types(), types(), types()))
    ) {
        let [one, other] = lists.each_ref().map(|(credential_type, extensions, proposals, credentials)| {
            LeafProfile { credential_type: *credential_type, extensions, proposals, credentials }
        });
        let expected = Summary::of_leaf(&one).combine(&Summary::of_leaf(&other));
        prop_assert_eq!(Summary::of_leaves(&one, &other), expected.clone());

        // One value of equal ones.
        let mut summaries = Summaries::default();
        let first = summaries.combine(Below::Leaf(one), Below::Leaf(other), None);
        let second = summaries.combine(Below::Leaf(other), Below::Leaf(one), None);
        prop_assert!(first == second && first.is_some());
        let alone = summaries.combine(Below::Nobody, Below::Leaf(one), None).and_then(|id| summaries.get(id).cloned());
        prop_assert_eq!(alone.as_deref(), Some(&Summary::of_leaf(&one)));
        let previous = Arc::new(expected);
        let mut summaries = Summaries::default();
        let kept = summaries.combine(Below::Leaf(one), Below::Leaf(other), Some(&previous));
        prop_assert!(kept.and_then(|id| summaries.get(id)).is_some_and(|kept| Arc::ptr_eq(kept, &previous)));
    }
}

/// Two million types each, 30 000 of them different: pair by pair it would take hours.
#[test]
fn long_lists_are_not_compared_pair_by_pair() {
    let list =
        |first: u16| (first..first + 30_000).flat_map(u16::to_be_bytes).cycle().take(4_000_000).collect::<Vec<_>>();
    let (one, other) = (list(0), list(30_000));
    let profile = |extensions| LeafProfile { credential_type: 1, extensions, proposals: &[], credentials: &[] };
    let summary = Summary::of_leaves(&profile(&one), &profile(&other));
    assert_eq!(summary.extensions.len(), 0);
}
