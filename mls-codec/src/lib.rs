//! The TLS presentation language as RFC 9420 uses it: Encode, Decode and their derives.
