//! Derive macros for mls-codec.
