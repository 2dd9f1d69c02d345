//! Tree indices (RFC 9420 section 4.1 and Appendix C).
