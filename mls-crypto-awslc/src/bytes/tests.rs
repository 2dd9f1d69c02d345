#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn parts_are_concatenated() {
    let bytes: Vec<u8> = (0..=255).cycle().take(3 * MESSAGE).collect();
    for len in [0, 1, STACK - 1, STACK, STACK + 1, MESSAGE, MESSAGE + 1, COMMIT - 1, COMMIT, COMMIT + 1, 3 * MESSAGE] {
        let whole = bytes.get(..len).unwrap();
        for cut in [0, len / 3, len] {
            let (left, right) = whole.split_at(cut);
            for parts in [vec![left, right], vec![&[], left, &[], right, &[]]] {
                assert_eq!(whole_len(&parts), Some(len));
                assert!(with_whole(&parts, |given| given == whole), "{cut} of {len}");
            }
        }
        assert!(with_whole(&[whole], |given| given.as_ptr() == whole.as_ptr()), "one part is not copied");
    }
    assert!(with_whole(&[], |given| given.is_empty()));
}
