//! State as records: keys, deltas and the proof that a delta is stored.
