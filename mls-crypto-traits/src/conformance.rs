//! Cases that every provider has to pass.
