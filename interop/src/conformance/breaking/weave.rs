//! Puts many changes into one source, each behind a switch.

use core::ops::Range;
use std::collections::BTreeSet;

use super::change::{Plantable, With};

/// A source with switches, and where they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Woven {
    pub(super) text: String,
    /// For each switch: its number, the bytes of what stands in, and all the bytes that it is about.
    pub(super) places: Vec<Planted>,
    /// Bytes of the source, and how many more the woven text has before what follows them.
    pub(super) shifts: Vec<(usize, usize)>,
}

/// Where a switch is in the woven text.
#[derive(Clone, Debug)]
pub(super) struct Planted {
    pub(super) number: u32,
    pub(super) other: Range<usize>,
    pub(super) whole: Range<usize>,
    /// The bytes in the source of the match or function around.
    pub(super) around: Range<usize>,
    pub(super) arm: bool,
}

/// Text to be put in, in the order of the places.
struct Piece {
    at: usize,
    /// Closing pieces come first, then what stands between, then opening ones.
    order: (u8, usize, usize),
    number: u32,
    text: String,
    opens: bool,
}

/// Weaves the changes with these numbers (indices into the changes, and the numbers of their switches) into a source.
/// Functions that cannot be constant any more lose that.
pub(super) fn weave(source: &str, plantable: &Plantable, chosen: &[(usize, u32)]) -> Woven {
    let mut pieces = Vec::new();
    let mut variable: BTreeSet<usize> = BTreeSet::new();
    for (index, number) in chosen {
        let Some(change) = plantable.changes.get(*index) else { continue };
        let Some((open, close)) = change.switched(*number) else { continue };
        let Range { start, end } = change.range;
        if let Some(function) = plantable.function(start)
            && let Some(constant) = &function.constant
        {
            variable.insert(constant.start);
        }
        if start == end {
            pieces.push(Piece { at: start, order: (1, *index, 0), number: *number, text: open, opens: true });
            continue;
        }
        // At one place, what ends later opens earlier; what began later closes earlier.
        let outer = usize::MAX.saturating_sub(end);
        let inner = usize::MAX.saturating_sub(start);
        let (first, last) = (*index, usize::MAX.saturating_sub(*index));
        pieces.push(Piece { at: start, order: (2, outer, first), number: *number, text: open, opens: true });
        pieces.push(Piece { at: end, order: (0, inner, last), number: *number, text: close.to_owned(), opens: false });
    }
    pieces.sort_by_key(|piece| (piece.at, piece.order));
    let mut woven = Woven::default();
    let mut done = 0;
    let mut constants: Vec<usize> = variable.into_iter().rev().collect();
    for piece in pieces {
        copy(source, &mut woven.text, done, piece.at, &mut constants);
        done = piece.at;
        let from = woven.text.len();
        woven.text.push_str(&piece.text);
        let to = woven.text.len();
        woven.shifts.push((piece.at, to.saturating_sub(piece.at)));
        if piece.opens {
            let change = chosen.iter().find(|(_, number)| *number == piece.number);
            let change = change.and_then(|(index, _)| plantable.changes.get(*index));
            woven.places.push(Planted {
                number: piece.number,
                other: from..to,
                whole: from..to,
                around: change.map(|change| change.around.clone()).unwrap_or_default(),
                arm: change.is_some_and(|change| change.with == With::ArmOff),
            });
        } else if let Some(place) = woven.places.iter_mut().rev().find(|place| place.number == piece.number) {
            place.whole.end = to;
        }
    }
    copy(source, &mut woven.text, done, source.len(), &mut constants);
    woven
}

/// Copies a part of the source, without `const` where it is to go (the next last).
fn copy(source: &str, text: &mut String, from: usize, to: usize, constants: &mut Vec<usize>) {
    let mut from = from;
    while let Some(constant) = constants.last().copied().filter(|constant| *constant < to) {
        constants.pop();
        text.push_str(source.get(from..constant).unwrap_or_default());
        from = constant.saturating_add("const".len());
        text.push_str("     ");
    }
    text.push_str(source.get(from..to).unwrap_or_default());
}
