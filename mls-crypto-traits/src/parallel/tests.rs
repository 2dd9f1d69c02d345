use alloc::vec::Vec;

use super::*;

#[test]
fn chunks_stand_in_the_order_of_the_items() {
    for len in [0, 1, 7, 8, 9, 1_000] {
        let items: Vec<u32> = (0..len).collect();
        let chunks = map_chunks(&items, 8, <[u32]>::to_vec);
        assert_eq!(chunks.concat(), items);
        let (_, others) = chunks.split_last().unzip();
        assert!(others.unwrap_or_default().iter().all(|chunk| chunk.len() >= 8));
    }
}

#[test]
fn the_first_error_is_reported() {
    let items: Vec<u32> = (0..1_000).collect();
    let up_to = |limit: u32| move |item: &u32| if *item < limit { Ok(()) } else { Err(*item) };
    assert_eq!(try_for_each(&items, 1, up_to(1_000)), Ok(()));
    for limit in [0, 3, 499, 500, 999] {
        assert_eq!(try_for_each(&items, 1, up_to(limit)), Err(limit));
    }
}

#[test]
fn each_item_is_worked_on_once_and_results_stand_in_order() {
    for len in [0_u32, 1, 2, 3, 100] {
        let mut items: Vec<u32> = (0..len).collect();
        let before = map_mut(&mut items, |item| {
            *item += 1_000;
            *item - 1_000
        });
        assert_eq!(before, (0..len).collect::<Vec<_>>());
        assert_eq!(items, (1_000..1_000 + len).collect::<Vec<_>>());
    }
}

#[test]
#[should_panic = "the seventh"]
fn a_panic_is_the_callers() {
    let mut items: Vec<u32> = (0..100).collect();
    map_mut(&mut items, |item| assert!(*item != 7, "the seventh"));
}
