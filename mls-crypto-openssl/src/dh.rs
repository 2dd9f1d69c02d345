//! Diffie-Hellman groups of the suites' KEMs (RFC 9180 section 7.1).

pub(crate) mod nist;
pub(crate) mod xdh;

#[cfg(test)]
mod tests;
