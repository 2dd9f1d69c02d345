//! Pre-shared keys (RFC 9420 section 8.4).
