//! The ratchet_tree array (RFC 9420 section 12.4.3.3).
