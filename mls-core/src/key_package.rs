//! Key packages (RFC 9420 section 10).
