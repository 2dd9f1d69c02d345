//! The implementation of `Encode`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use crate::shape::{Field, Shape, Variant, bounded, constants};

/// The implementation of `Encode` for `input`.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let (constants, len, encode) = match Shape::new(input)? {
        Shape::Struct(fields) => {
            let pattern = pattern(&fields);
            let (len, encode) = bodies(&fields);
            (
                TokenStream::new(),
                quote! { let Self #pattern = self; 0usize #len },
                quote! { let Self #pattern = self; #encode },
            )
        }
        Shape::Enum(repr, variants) => {
            let constants = constants(&repr, &variants);
            let lens = variants.iter().map(|Variant { name, constant, fields, .. }| {
                let pattern = pattern(fields);
                let (len, _) = bodies(fields);
                quote! { Self::#name #pattern => ::mls_codec::Encode::encoded_len(&#constant) #len, }
            });
            let encodes = variants.iter().map(|Variant { name, constant, fields, .. }| {
                let pattern = pattern(fields);
                let (_, encode) = bodies(fields);
                quote! {
                    Self::#name #pattern => {
                        ::mls_codec::Encode::encode(&#constant, __out)?;
                        #encode
                    }
                }
            });
            (constants, quote! { match self { #(#lens)* } }, quote! { match self { #(#encodes)* } })
        }
    };
    let name = &input.ident;
    let generics = bounded(input.generics.clone(), &quote!(::mls_codec::Encode));
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    Ok(quote! {
        const _: () = {
            #constants
            #[automatically_derived]
            impl #impl_generics ::mls_codec::Encode for #name #type_generics #where_clause {
                fn encoded_len(&self) -> usize {
                    #len
                }

                fn encode(
                    &self,
                    __out: &mut ::mls_codec::__private::Vec<u8>,
                ) -> ::core::result::Result<(), ::mls_codec::EncodeError> {
                    #encode
                    ::core::result::Result::Ok(())
                }
            }
        };
    })
}

/// `{ member: binding, ... }`, which fits structs and variants of every form.
fn pattern(fields: &[Field]) -> TokenStream {
    let fields = fields.iter().map(|Field { member, binding }| quote! { #member: #binding });
    quote! { { #(#fields),* } }
}

/// What adds the lengths of the fields, and what encodes them.
fn bodies(fields: &[Field]) -> (TokenStream, TokenStream) {
    let bindings: Vec<_> = fields.iter().map(|field| &field.binding).collect();
    (
        quote! { #(.saturating_add(::mls_codec::Encode::encoded_len(#bindings)))* },
        quote! { #(::mls_codec::Encode::encode(#bindings, __out)?;)* },
    )
}
