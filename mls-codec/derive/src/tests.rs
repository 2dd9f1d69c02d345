use syn::{DeriveInput, parse_quote};

use crate::{decode, encode};

/// The message of the error that both derives make of `input`.
fn refused(input: &DeriveInput) -> String {
    let message = encode::expand(input).unwrap_err().to_string();
    assert_eq!(decode::expand(input).unwrap_err().to_string(), message);
    message
}

#[test]
fn an_enum_needs_a_repr() {
    let message = "an enum needs `#[mls(repr = \"u8\")]`";
    assert_eq!(
        refused(&parse_quote!(
            enum E {
                #[mls(value = 1)]
                A,
            }
        )),
        message
    );
    let repr = parse_quote! { #[repr(u8)] enum E { #[mls(value = 1)] A } };
    assert_eq!(refused(&repr), message);
}

#[test]
fn a_repr_is_an_unsigned_integer_given_once() {
    let signed = parse_quote! { #[mls(repr = "i8")] enum E { #[mls(value = 1)] A } };
    assert_eq!(refused(&signed), "expected u8, u16, u32 or u64");
    let twice = parse_quote! {
        #[mls(repr = "u8")] #[mls(repr = "u8")] enum E { #[mls(value = 1)] A }
    };
    assert_eq!(refused(&twice), "`repr` is given twice");
    let other = parse_quote! { #[mls(tag = "u8")] enum E { #[mls(value = 1)] A } };
    assert_eq!(refused(&other), "expected `repr = \"u8\"`");
}

#[test]
fn a_variant_needs_a_value_given_once() {
    let none = parse_quote! { #[mls(repr = "u8")] enum E { #[mls(value = 1)] A, B } };
    assert_eq!(refused(&none), "a variant needs `#[mls(value = 1)]`");
    let discriminant = parse_quote! { #[mls(repr = "u8")] enum E { A = 1 } };
    assert_eq!(refused(&discriminant), "a variant needs `#[mls(value = 1)]`");
    let twice = parse_quote! { #[mls(repr = "u8")] enum E { #[mls(value = 1, value = 2)] A } };
    assert_eq!(refused(&twice), "`value` is given twice");
    let other = parse_quote! { #[mls(repr = "u8")] enum E { #[mls(tag = 1)] A } };
    assert_eq!(refused(&other), "expected `value = 1`");
}

#[test]
fn two_variants_may_not_share_a_value() {
    let enumeration = parse_quote! {
        #[mls(repr = "u16")] enum E { #[mls(value = 16)] A, #[mls(value = 0x10)] B }
    };
    assert_eq!(refused(&enumeration), "`A` has the value 16 already");
}

#[test]
fn attributes_without_meaning_are_refused() {
    let message = "`mls` has no meaning here";
    assert_eq!(
        refused(&parse_quote!(
            #[mls(repr = "u8")]
            struct S;
        )),
        message
    );
    assert_eq!(
        refused(&parse_quote!(
            struct S {
                #[mls(skip)]
                a: u8,
            }
        )),
        message
    );
    let variant = parse_quote! {
        #[mls(repr = "u8")] enum E { #[mls(value = 1)] A(#[mls(skip)] u8) }
    };
    assert_eq!(refused(&variant), message);
}

#[test]
fn types_without_an_encoding_are_refused() {
    assert_eq!(refused(&parse_quote!(union U { a: u8 })), "a union has no encoding");
    assert_eq!(
        refused(&parse_quote!(
            #[mls(repr = "u8")]
            enum E {}
        )),
        "an enum needs a variant"
    );
}

#[test]
fn type_parameters_are_bounded_and_other_attributes_ignored() {
    let generic: DeriveInput = parse_quote! { /// Doc.
    #[repr(C)] struct S<'a, T: Clone, const N: usize>(&'a T, [u8; N]) where T: Eq; };
    let encode = encode::expand(&generic).unwrap().to_string();
    let expected = "impl < 'a , T : Clone + :: mls_codec :: Encode , const N : usize > \
                    :: mls_codec :: Encode for S < 'a , T , N > where T : Eq";
    assert!(encode.contains(expected), "{encode}");
}
