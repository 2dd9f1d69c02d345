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
