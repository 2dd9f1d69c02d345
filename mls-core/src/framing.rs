//! Message framing (RFC 9420 section 6).
