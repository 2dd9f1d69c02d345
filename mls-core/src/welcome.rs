//! Welcome messages and group information (RFC 9420 section 12.4.3).
