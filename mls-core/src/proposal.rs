//! Proposals (RFC 9420 section 12.1).
