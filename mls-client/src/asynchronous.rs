//! The asynchronous face: the same operations, awaited.

mod builder;
mod client;
mod external;
mod group;
mod observed;
mod successor;
mod waiting;

pub use builder::AsyncClientBuilder;
pub use client::AsyncClient;
pub use external::AsyncExternalJoin;
pub use group::AsyncGroup;
pub use observed::AsyncObservedGroup;
pub use successor::AsyncSuccessor;

#[cfg(test)]
mod tests;
