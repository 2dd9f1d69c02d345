//! The storage traits: read a record, scan a prefix, commit a delta.
