//! Update paths (RFC 9420 sections 7.4 to 7.6).
