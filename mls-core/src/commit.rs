//! Commits (RFC 9420 section 12.4).

mod secrets;
mod wire;

pub use secrets::EncryptedPathSecrets;
pub use wire::{Commit, UpdatePath, UpdatePathNode};
