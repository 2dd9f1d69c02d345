#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests")]

mod extension;
mod naive;
mod scenarios;
mod support;
mod vectors;
