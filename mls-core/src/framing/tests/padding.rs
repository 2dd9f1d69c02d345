//! How much padding there is.

use proptest::prelude::*;

use crate::framing::Padding;

fn padded(padding: Padding, len: usize) -> usize {
    len + padding.padding_len(len)
}

#[test]
fn none_adds_nothing() {
    for len in [0, 1, 31, 1000] {
        assert_eq!(Padding::None.padding_len(len), 0);
        assert_eq!(Padding::Block(0).padding_len(len), 0);
        assert_eq!(Padding::Block(1).padding_len(len), 0);
    }
}

#[test]
fn a_block_is_filled_and_never_begun_for_nothing() {
    for (len, want) in [(0, 0), (1, 100), (99, 100), (100, 100), (101, 200)] {
        assert_eq!(padded(Padding::Block(100), len), want);
    }
    assert_eq!(padded(Padding::Block(u16::MAX), 1), 65535);
}

#[test]
fn a_step_is_an_eighth_of_the_power_of_two() {
    let cases = [
        (0, 0),
        (1, 32),
        (32, 32),
        (33, 64),
        (255, 256),
        (256, 256),
        (257, 288),
        (511, 512),
        (512, 512),
        (513, 576),
        (1000, 1024),
        (1025, 1152),
        (65537, 73728),
    ];
    for (len, want) in cases {
        assert_eq!(padded(Padding::Step, len), want, "{len}");
    }
    assert_eq!(Padding::default(), Padding::Step);
}

#[test]
fn padme_keeps_the_significant_bits() {
    // Worked by hand: 9 = 0b1001 has exponent 3, which keeps 2 bits below the first and clears 1.
    let cases = [
        (0, 0),
        (1, 1),
        (2, 2),
        (7, 7),
        (8, 8),
        (9, 10),
        (15, 16),
        (16, 16),
        (17, 18),
        (33, 36),
        (100, 104),
        (129, 144),
        (1000, 1024),
        (1025, 1088),
        (100_000, 100_352),
    ];
    for (len, want) in cases {
        assert_eq!(padded(Padding::Padme, len), want, "{len}");
    }
}

#[test]
fn the_greatest_lengths_do_not_overflow() {
    for padding in [Padding::None, Padding::Block(u16::MAX), Padding::Step, Padding::Padme] {
        for len in [usize::MAX, usize::MAX - 1, usize::MAX / 2 + 1] {
            assert!(padding.padding_len(len) <= usize::MAX / 2);
        }
    }
}

proptest! {
    #[test]
    fn padding_is_bounded_and_stable(len in 0usize..1 << 26) {
        for padding in [Padding::Step, Padding::Padme, Padding::Block(512)] {
            let padded = padded(padding, len);
            // A padded length needs no more, so lengths fall into classes.
            prop_assert_eq!(padding.padding_len(padded), 0);
        }
        prop_assert!(Padding::Step.padding_len(len) <= (len / 8).max(31));
        prop_assert!(Padding::Padme.padding_len(len) <= len * 12 / 100 + 1);
    }
}
