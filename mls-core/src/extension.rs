//! Extensions (RFC 9420 section 13).
