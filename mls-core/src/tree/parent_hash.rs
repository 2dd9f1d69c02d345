//! Parent hashes (RFC 9420 section 7.9).
