//! Demonstrations and cross-checks of the workspace; the binaries are what is of use here.
#![forbid(unsafe_code)]

pub mod conformance;
pub mod inspect;
pub mod vectors;

/// Runs the example of the workspace's README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Runs the example of the codec's README.
#[cfg(doctest)]
#[doc = include_str!("../../mls-codec/README.md")]
struct CodecReadme;
