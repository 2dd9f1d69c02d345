//! Welcome messages and group information (RFC 9420 section 12.4.3).

mod group_info;
mod group_secrets;
mod wire;

pub use group_info::GroupInfo;
pub use group_secrets::GroupSecrets;
pub use wire::{EncryptedGroupSecrets, Welcome};

#[cfg(test)]
mod tests;
