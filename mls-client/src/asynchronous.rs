//! The asynchronous face: the same operations, awaited.

mod builder;
mod client;
mod external;
mod group;

pub use builder::AsyncClientBuilder;
pub use client::AsyncClient;
pub use external::AsyncExternalJoin;
pub use group::AsyncGroup;

#[cfg(test)]
mod tests;
