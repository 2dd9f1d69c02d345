//! Clients of different implementations behind one interface that speaks encoded messages only, the group that they make
//! together, and what happens in it.

pub mod actor;
pub mod group;
pub mod mls_rs;
pub mod ours;
pub mod scenario;
pub mod tally;
