//! Two ways of doing the same, measured in turn.
#![expect(clippy::disallowed_methods, reason = "a measurement")]

use core::time::Duration;
use std::time::Instant;

/// How long a round takes, about.
const ROUND: Duration = Duration::from_micros(400);
const ROUNDS: usize = 61;

/// Nanoseconds of ours and of the bare library's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) ours: f64,
    pub(crate) bare: f64,
}

impl Pair {
    /// Whether ours takes 5 % or 300 ns more at the most.
    pub(crate) fn is_good(self) -> bool {
        self.ours <= self.bare * 1.05 || self.ours <= self.bare + 300.0
    }
}

/// The medians of many rounds, taken in turn, so that both see the same machine.
pub(crate) fn compare(ours: &mut dyn FnMut(), bare: &mut dyn FnMut()) -> Pair {
    let calls = calls_in_a_round(bare);
    for _ in 0..2 {
        time(calls, ours);
        time(calls, bare);
    }
    let (mut of_ours, mut of_bare) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    for round in 0..ROUNDS {
        // The one that comes first changes.
        if round % 2 == 0 {
            of_ours.push(time(calls, ours));
            of_bare.push(time(calls, bare));
        } else {
            of_bare.push(time(calls, bare));
            of_ours.push(time(calls, ours));
        }
    }
    Pair { ours: median(of_ours), bare: median(of_bare) }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn calls_in_a_round(run: &mut dyn FnMut()) -> u32 {
    let mut calls = 1;
    loop {
        let taken = time(calls, run) * f64::from(calls) / 1e9;
        if taken >= ROUND.as_secs_f64() / 2.0 {
            return calls;
        }
        calls *= 2;
    }
}

/// Nanoseconds a call.
fn time(calls: u32, run: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        run();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}
