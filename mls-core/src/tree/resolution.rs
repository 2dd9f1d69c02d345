//! Resolutions and the filtered direct path (RFC 9420 section 4.1).
