//! Binary, hexadecimal and base64.

/// How an input was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// As it is.
    Binary,
    /// In hexadecimal digits.
    Hex,
    /// In base64 of either alphabet, padded or not.
    Base64,
}

/// The bytes of an input. What can be read as hexadecimal is, then what can be read as base64.
#[must_use]
pub fn bytes_of(input: &[u8]) -> (Form, Vec<u8>) {
    let text: Vec<u8> = input.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if !text.is_empty() {
        if let Ok(bytes) = hex::decode(&text) {
            return (Form::Hex, bytes);
        }
        if let Some(bytes) = base64(&text) {
            return (Form::Base64, bytes);
        }
    }
    (Form::Binary, input.to_vec())
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = text.get(..text.len().checked_sub(padding)?)?;
    if padding > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len());
    let (mut bits, mut buffer) = (0_u32, 0_u32);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit.wrapping_sub(b'A'),
            b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        buffer = (buffer << 6 | u32::from(value)) & 0xffff;
        bits = bits.wrapping_add(6);
        if bits >= 8 {
            bits = bits.wrapping_sub(8);
            bytes.push((buffer >> bits).to_le_bytes()[0]);
        }
    }
    Some(bytes)
}
