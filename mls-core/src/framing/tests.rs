//! Tests of framing and of the wire structures.

#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

pub(crate) mod fixtures;
mod malformed;
mod padding;
mod private_message;
mod public_message;
mod round_trip;
mod transcript;
mod vectors;
