//! Validation of leaf nodes and whole trees (RFC 9420 sections 7.3 and 12.4.3.1).
