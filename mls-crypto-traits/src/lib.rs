//! What an MLS cipher suite is: provider traits, HPKE and the labelled functions of RFC 9420 above them, and a conformance kit.
