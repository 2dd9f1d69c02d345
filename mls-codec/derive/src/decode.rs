//! The implementation of `Decode`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use crate::shape::{Field, Shape, Variant, bounded, constants};

/// The implementation of `Decode` for `input`.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let (constants, decode) = match Shape::new(input)? {
        Shape::Struct(fields) => {
            let fields = decoded(&fields);
            (TokenStream::new(), quote! { ::core::result::Result::Ok(Self { #fields }) })
        }
        Shape::Enum(repr, variants) => {
            let arms = variants.iter().map(|Variant { name, constant, fields, .. }| {
                let fields = decoded(fields);
                quote! { #constant => ::core::result::Result::Ok(Self::#name { #fields }), }
            });
            let decode = quote! {
                let __at = __r.offset();
                match <#repr as ::mls_codec::Decode>::decode(__r)? {
                    #(#arms)*
                    // A `u8` may have all its values taken.
                    #[allow(unreachable_patterns)]
                    _ => ::core::result::Result::Err(::mls_codec::DecodeError::new(
                        ::mls_codec::DecodeErrorKind::UnknownValue,
                        __at,
                    )),
                }
            };
            (constants(&repr, &variants), decode)
        }
    };
    let name = &input.ident;
    let generics = bounded(input.generics.clone(), &quote!(::mls_codec::Decode));
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    Ok(quote! {
        const _: () = {
            #constants
            #[automatically_derived]
            impl #impl_generics ::mls_codec::Decode for #name #type_generics #where_clause {
                fn decode(
                    __r: &mut ::mls_codec::Reader<'_>,
                ) -> ::core::result::Result<Self, ::mls_codec::DecodeError> {
                    #decode
                }
            }
        };
    })
}

/// `member: decode, ...`, in the order of the fields, which is the order of evaluation.
fn decoded(fields: &[Field]) -> TokenStream {
    let members = fields.iter().map(|field| &field.member);
    quote! { #(#members: ::mls_codec::Decode::decode(__r)?),* }
}
