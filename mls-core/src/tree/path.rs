//! Update paths (RFC 9420 sections 7.4 to 7.6).
//!
//! A committer refreshes the keys from its leaf to the root and sends each new secret to those below that node who may have it:
//! [`generate_path`], [`NewPath::merge`], [`NewPath::encrypt`]. A receiver runs [`check_path`], [`merge_path`] and, when the provisional
//! group context is known, [`decrypt_path`]. Nothing here changes a group: trees come out as new values, keys as a [`PathKeysUpdate`].

mod error;
mod generate;
mod keys;
mod receive;
mod secret;

#[cfg(test)]
pub(super) mod tests;

pub use error::PathError;
pub use generate::{NewPath, generate_path};
pub use keys::{OwnPathKeys, PathKeysUpdate};
pub use receive::{check_path, decrypt_path, keys_from_welcome, merge_path};
pub use secret::PathSecret;

/// The label that path secrets are encrypted under (RFC 9420 section 7.6).
// req: R-17.7-01
const UPDATE_PATH_NODE: &[u8] = b"UpdatePathNode";
