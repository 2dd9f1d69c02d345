//! How much padding hides a message's length (RFC 9420 section 6.3.1).

/// How much padding hides the length of a `PrivateMessage`'s content.
///
/// The default, [`Padding::Step`], leaves few lengths to tell apart and costs at most an eighth
/// (below 256 bytes, at most 31 bytes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Padding {
    /// None: the length shows.
    None,
    /// Up to a multiple of this many bytes; 0 means none.
    Block(u16),
    /// Up to a multiple of 32 or, above 256 bytes, of the eighth part of the greatest power of two
    /// that is not above the length.
    #[default]
    Step,
    /// Up to the next length whose binary form has only `log2(log2(length)) + 1` significant bits
    /// (Padmé, from "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
    /// 2019).
    Padme,
}

impl Padding {
    /// How many zero bytes follow a content of `content_len` bytes.
    #[must_use]
    pub fn padding_len(self, content_len: usize) -> usize {
        let granularity = match self {
            Self::None => 1,
            Self::Block(block) => usize::from(block),
            Self::Step => step(content_len),
            Self::Padme => padme(content_len),
        };
        match content_len.checked_rem(granularity) {
            None | Some(0) => 0,
            Some(rest) => granularity.saturating_sub(rest),
        }
    }
}

const fn step(len: usize) -> usize {
    match len.checked_ilog2() {
        Some(log @ 8..) => 1 << log.saturating_sub(3),
        _ => 32,
    }
}

const fn padme(len: usize) -> usize {
    // Below two bytes there is nothing to round.
    let Some(exponent @ 1..) = len.checked_ilog2() else {
        return 1;
    };
    let kept_bits = exponent.ilog2().saturating_add(1);
    1 << exponent.saturating_sub(kept_bits)
}
