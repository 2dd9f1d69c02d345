//! Commits (RFC 9420 section 12.4).
