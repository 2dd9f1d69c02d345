//! Diffie-Hellman groups of the suites' KEMs (RFC 9180 section 7.1).

pub(crate) mod nist;
pub(crate) mod x25519;
#[cfg(feature = "curve448")]
pub(crate) mod x448;

#[cfg(test)]
mod tests;
