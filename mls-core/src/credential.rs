//! Credentials (RFC 9420 section 5.3).
