//! The secret tree (RFC 9420 section 9).
