//! The key schedule (RFC 9420 section 8).
