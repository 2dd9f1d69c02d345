//! The ratchet tree as a persistent Merkle tree.
