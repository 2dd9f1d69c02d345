//! Which node holds which public key (RFC 9420 section 16.7).
