//! Which actor is played by which server.

/// Up to `max` assignments of `actors` to `servers`, each the places of the servers in the order of the actors; and
/// whether these are all that there are.
///
/// Where there are more, they are drawn from `seed`; those where one server plays all actors are among them if `max`
/// allows.
pub(super) fn assignments(servers: usize, actors: usize, max: usize, seed: u64) -> (Vec<Vec<usize>>, bool) {
    let count = u32::try_from(actors).ok().and_then(|actors| servers.checked_pow(actors));
    if let Some(count) = count.filter(|count| *count <= max) {
        return ((0..count).map(|number| digits(number, servers, actors)).collect(), true);
    }
    let mut state = seed;
    let alone = (0..servers).map(|server| vec![server; actors]);
    let drawn = core::iter::repeat_with(|| (0..actors).map(|_| draw(&mut state, servers)).collect());
    // The even ones are drawn, so that a small bound has mixed groups too.
    let both = drawn.zip(alone.map(Some).chain(core::iter::repeat(None)));
    (both.flat_map(|(drawn, alone)| core::iter::once(drawn).chain(alone)).take(max).collect(), false)
}

fn digits(mut number: usize, base: usize, len: usize) -> Vec<usize> {
    let mut digits = Vec::with_capacity(len);
    for _ in 0..len {
        digits.push(number.checked_rem(base).unwrap_or_default());
        number = number.checked_div(base).unwrap_or_default();
    }
    digits
}

/// A number below `bound` (`SplitMix64`).
fn draw(state: &mut u64, bound: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let bound = u64::try_from(bound).unwrap_or(u64::MAX);
    usize::try_from(mixed.checked_rem(bound).unwrap_or_default()).unwrap_or_default()
}
