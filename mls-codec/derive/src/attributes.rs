//! `#[mls(repr = "...")]` and `#[mls(value = ...)]`.

use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Result, Variant, spanned::Spanned};

/// The tag's type from the attributes of an enum.
pub(crate) fn repr(name: &Ident, attributes: &[Attribute]) -> Result<Ident> {
    let mut repr = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("mls")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("repr") {
                return Err(meta.error("expected `repr = \"u8\"`"));
            }
            if repr.is_some() {
                return Err(meta.error("`repr` is given twice"));
            }
            let value: LitStr = meta.value()?.parse()?;
            repr = match value.value().as_str() {
                "u8" | "u16" | "u32" | "u64" => Some(value.parse::<Ident>()?),
                _ => return Err(Error::new(value.span(), "expected u8, u16, u32 or u64")),
            };
            Ok(())
        })?;
    }
    repr.ok_or_else(|| Error::new(name.span(), "an enum needs `#[mls(repr = \"u8\")]`"))
}

/// The tag's value from the attributes of a variant.
pub(crate) fn value(variant: &Variant) -> Result<Expr> {
    let mut value = None;
    for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("mls")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("value") {
                return Err(meta.error("expected `value = 1`"));
            }
            if value.is_some() {
                return Err(meta.error("`value` is given twice"));
            }
            value = Some(meta.value()?.parse::<Expr>()?);
            Ok(())
        })?;
    }
    value.ok_or_else(|| Error::new(variant.ident.span(), "a variant needs `#[mls(value = 1)]`"))
}

/// Refuses `#[mls(...)]` where it has no meaning.
pub(crate) fn none<'a>(attributes: impl IntoIterator<Item = &'a Attribute>) -> Result<()> {
    match attributes.into_iter().find(|attribute| attribute.path().is_ident("mls")) {
        None => Ok(()),
        Some(attribute) => Err(Error::new(attribute.span(), "`mls` has no meaning here")),
    }
}

/// The number, where a tag's value is written as one.
pub(crate) fn literal(value: &Expr) -> Option<u64> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => int.base10_parse().ok(),
        _ => None,
    }
}
