//! The group context (RFC 9420 section 8.1).
