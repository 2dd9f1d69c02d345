//! The questions to an authentication service (RFC 9420 section 5.3.1).
