#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use super::Limits;

// req: R-15.3-01
#[test]
fn the_epochs_share_the_groups_skipped_keys() {
    let limits = Limits::default();
    let epochs = limits.past_epochs + 1;
    assert_eq!(limits.secret_tree().max_skipped_per_epoch, 2_500);
    assert!(limits.secret_tree().max_skipped_per_epoch * epochs <= limits.skipped_keys_per_group);
    let none = Limits { past_epochs: 0, ..limits };
    assert_eq!(none.secret_tree().max_skipped_per_epoch, 10_000);
    let all = Limits { past_epochs: u32::MAX, ..limits };
    assert_eq!(all.secret_tree().max_skipped_per_epoch, 0);
}
