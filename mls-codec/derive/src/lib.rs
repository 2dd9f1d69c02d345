//! Derive macros for `mls-codec`. Use them through that crate, which re-exports both and documents
//! the traits.
//!
//! - A struct encodes its fields in their order; it may be a tuple or unit struct and generic.
//! - An enum carries `#[mls(repr = "u8")]` (or `u16`, `u32`, `u64`), each variant
//!   `#[mls(value = ...)]` with a constant of that type, then the variant's fields. It is closed:
//!   other values are `UnknownValue` at the tag's offset.
//!
//! `Encode` and `Decode` are required of each type parameter.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod attributes;
mod decode;
mod encode;
mod shape;

/// Derives `mls_codec::Encode`: the fields in order, behind the tag if it is an enum.
///
/// See the [crate documentation](crate).
#[proc_macro_derive(Encode, attributes(mls))]
pub fn derive_encode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    encode::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Derives `mls_codec::Decode`: the fields in order, behind the tag if it is an enum.
///
/// See the [crate documentation](crate).
#[proc_macro_derive(Decode, attributes(mls))]
pub fn derive_decode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    decode::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

#[cfg(test)]
mod tests;
