//! The protocol engine of Messaging Layer Security (RFC 9420): no I/O, no clock, no global state.
