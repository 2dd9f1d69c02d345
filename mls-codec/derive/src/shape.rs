//! What both derives read off the type: its variants with their fields, and the bounds to require.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Expr, Fields, GenericParam, Generics, Ident, Member, Result, parse_quote};

use crate::attributes;

/// A struct, or an enum with its tag.
pub(crate) enum Shape {
    /// The fields of a struct.
    Struct(Vec<Field>),
    /// The tag's type, and the variants.
    Enum(Ident, Vec<Variant>),
}

/// One variant of an enum.
pub(crate) struct Variant {
    /// Its name.
    pub(crate) name: Ident,
    /// The name of the constant that holds its tag in the code made.
    pub(crate) constant: Ident,
    /// Its tag.
    pub(crate) value: Expr,
    /// Its fields.
    pub(crate) fields: Vec<Field>,
}

/// One field of a struct or variant.
pub(crate) struct Field {
    /// Its name or index.
    pub(crate) member: Member,
    /// A name to bind it to.
    pub(crate) binding: Ident,
}

impl Shape {
    /// Reads the shape off `input`.
    pub(crate) fn new(input: &DeriveInput) -> Result<Self> {
        match &input.data {
            Data::Struct(data) => {
                attributes::none(&input.attrs)?;
                Ok(Self::Struct(fields(&data.fields)?))
            }
            Data::Enum(data) => {
                let repr = attributes::repr(&input.ident, &input.attrs)?;
                let variants = data
                    .variants
                    .iter()
                    .enumerate()
                    .map(|(index, variant)| {
                        Ok(Variant {
                            name: variant.ident.clone(),
                            constant: format_ident!("__TAG_{index}"),
                            value: attributes::value(variant)?,
                            fields: fields(&variant.fields)?,
                        })
                    })
                    .collect::<Result<Vec<_>>>()?;
                if variants.is_empty() {
                    return Err(Error::new(input.ident.span(), "an enum needs a variant"));
                }
                refuse_duplicates(&variants)?;
                Ok(Self::Enum(repr, variants))
            }
            Data::Union(_) => Err(Error::new(input.ident.span(), "a union has no encoding")),
        }
    }
}

/// The constants that hold the tags of `variants`, with a check that no two are the same.
pub(crate) fn constants(repr: &Ident, variants: &[Variant]) -> TokenStream {
    let definitions = variants.iter().map(|Variant { constant, value, .. }| {
        quote! { const #constant: #repr = #value; }
    });
    // Literals are checked by `refuse_duplicates`, with a better message.
    let checks = variants.iter().enumerate().flat_map(|(index, one)| {
        variants.iter().skip(index.saturating_add(1)).filter_map(move |other| {
            let both = [one, other].map(|variant| attributes::literal(&variant.value).is_some());
            let (a, b) = (&one.constant, &other.constant);
            (both != [true, true]).then(|| quote! { const _: () = ::core::assert!(#a != #b, "equal values"); })
        })
    });
    quote! { #(#definitions)* #(#checks)* }
}

/// `generics` with `bound` required of each type parameter.
pub(crate) fn bounded(mut generics: Generics, bound: &TokenStream) -> Generics {
    for parameter in &mut generics.params {
        if let GenericParam::Type(parameter) = parameter {
            parameter.bounds.push(parse_quote!(#bound));
        }
    }
    generics
}

fn fields(fields: &Fields) -> Result<Vec<Field>> {
    attributes::none(fields.iter().flat_map(|field| &field.attrs))?;
    Ok(fields
        .members()
        .enumerate()
        .map(|(index, member)| Field { member, binding: format_ident!("__field_{index}") })
        .collect())
}

fn refuse_duplicates(variants: &[Variant]) -> Result<()> {
    let mut seen = BTreeMap::new();
    for variant in variants {
        let Some(value) = attributes::literal(&variant.value) else {
            continue;
        };
        if let Some(other) = seen.insert(value, &variant.name) {
            let message = format!("`{other}` has the value {value} already");
            return Err(Error::new(variant.name.span(), message));
        }
    }
    Ok(())
}
