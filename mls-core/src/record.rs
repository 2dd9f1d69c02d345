//! State as records: keys, deltas and the proof that a delta is stored.
//!
//! The engine never writes. A transition yields a [`Delta`]: preconditions and writes over records that a store
//! checks and applies in one transaction, whereupon it returns [`Durable`], the only way to what the transition
//! puts out.

pub(crate) mod blocks;
mod delta;
mod key;
mod secret_writer;
mod set;
mod shared_node;

pub use delta::{Delta, Durable, Precondition, Records, Write};
pub use key::{GroupId, Missing, RecordKey, RecordPrefix};
pub(crate) use secret_writer::{SecretWriter, ToRecord, open_record};
pub(crate) use set::NodeRecord;
pub use set::RecordSet;
pub use shared_node::{NodeValue, SharedNode};

/// Version octet in front of every record. It stays 0, free to change, until the first release.
pub const RECORD_VERSION: u8 = 0;

#[cfg(test)]
mod tests;
