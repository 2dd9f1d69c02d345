//! What the library costs: the parts of the benchmark (`mls-speed`) and of the guards (`mls-guards`).
#![allow(
    unsafe_code,
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::exhaustive_enums,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "measurements; a counting allocator cannot be written without unsafe code"
)]

pub mod count;
pub mod floor;
pub mod guard;
pub mod ours;
pub mod plot;
pub mod row;
pub mod scenario;
pub mod table;
