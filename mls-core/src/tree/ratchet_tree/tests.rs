#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests")]

mod build;
mod extension;
mod naive;
mod rows;
mod scenarios;
mod support;
mod vectors;
