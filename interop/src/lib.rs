//! Demonstrations and cross-checks of the workspace; the binaries are what is of use here.
#![forbid(unsafe_code)]

pub mod vectors;
