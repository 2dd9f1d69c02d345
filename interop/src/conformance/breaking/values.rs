//! What may stand for a value, judged by how it looks.

use syn::{Expr, Pat};

use super::change::Rank;

/// Another value.
pub(super) struct Other {
    pub(super) rank: Rank,
    pub(super) what: &'static str,
    pub(super) value: String,
}

/// Methods and what may be called instead.
pub(super) const SWAPPED_METHODS: [(&str, &str); 22] = [
    ("all", "any"),
    ("any", "all"),
    ("is_none", "is_some"),
    ("is_some", "is_none"),
    ("is_ok", "is_err"),
    ("is_err", "is_ok"),
    ("is_none_or", "is_some_and"),
    ("is_some_and", "is_none_or"),
    ("saturating_add", "saturating_sub"),
    ("saturating_sub", "saturating_add"),
    ("checked_add", "checked_sub"),
    ("checked_sub", "checked_add"),
    ("wrapping_add", "wrapping_sub"),
    ("wrapping_sub", "wrapping_add"),
    ("min", "max"),
    ("max", "min"),
    ("first", "last"),
    ("last", "first"),
    ("left", "right"),
    ("right", "left"),
    ("take_while", "skip_while"),
    ("skip_while", "take_while"),
];

/// Methods with a verdict.
const VERDICTS: [&str; 16] = [
    "all",
    "any",
    "is_none",
    "is_some",
    "is_ok",
    "is_err",
    "is_none_or",
    "is_some_and",
    "is_empty",
    "contains",
    "contains_key",
    "starts_with",
    "ends_with",
    "insert",
    "eq",
    "ct_eq",
];

/// What may stand for an operator.
pub(super) fn operators(operator: &str) -> &'static [&'static str] {
    match operator {
        "==" => &["!="],
        "!=" => &["=="],
        "<" => &[">=", "<=", ">"],
        "<=" => &[">", "<"],
        ">" => &["<=", ">=", "<"],
        ">=" => &["<", ">"],
        "&&" => &["||"],
        "||" => &["&&"],
        "+" => &["-"],
        "-" => &["+"],
        "*" => &["+"],
        "/" => &["*"],
        "&" => &["|"],
        "|" => &["&"],
        "^" => &["|"],
        "<<" => &[">>"],
        ">>" => &["<<"],
        "+=" => &["-="],
        "-=" => &["+="],
        "|=" => &["&="],
        _ => &[],
    }
}

/// Whether an expression is true or false by its looks.
fn is_verdict(expression: &Expr) -> bool {
    match expression {
        Expr::Binary(binary) => operators_of_verdicts(&binary.op),
        Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Not(_)),
        Expr::MethodCall(call) => VERDICTS.contains(&call.method.to_string().as_str()),
        Expr::Macro(call) => call.mac.path.is_ident("matches"),
        Expr::Paren(inner) => is_verdict(&inner.expr),
        _ => false,
    }
}

fn operators_of_verdicts(operator: &syn::BinOp) -> bool {
    use syn::BinOp::{And, Eq, Ge, Gt, Le, Lt, Ne, Or};
    matches!(operator, And(_) | Eq(_) | Ge(_) | Gt(_) | Le(_) | Lt(_) | Ne(_) | Or(_))
}

/// What may stand for the value of a function, an arm, a branch or a closure.
pub(super) fn others(expression: &Expr, text: &str) -> Vec<Other> {
    let other = |rank, what, value: &str| Other { rank, what, value: value.to_owned() };
    let verdicts = || {
        vec![
            other(Rank::Reversed, "always", "true"),
            other(Rank::Reversed, "never", "false"),
            other(Rank::Reversed, "negated", &format!("!({text})")),
        ]
    };
    if is_verdict(expression) {
        return verdicts();
    }
    let refusal = |expression: &Expr| match expression {
        Expr::Call(call) => matches!(call.func.as_ref(), Expr::Path(path) if path.path.is_ident("Err")),
        _ => false,
    };
    match expression {
        Expr::Return(node) if node.expr.as_deref().is_some_and(refusal) => vec![
            other(Rank::Disabled, "no refusal", "return Ok(())"),
            other(Rank::Disabled, "no refusal", "return Ok(Default::default())"),
            other(Rank::Disabled, "no refusal", "{}"),
            other(Rank::Reversed, "refusal by default", "Default::default()"),
        ],
        Expr::Return(_) | Expr::If(_) | Expr::Match(_) | Expr::Block(_) | Expr::ForLoop(_) | Expr::While(_) => {
            Vec::new()
        }
        Expr::Lit(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Closure(_) => Vec::new(),
        expression if refusal(expression) => vec![
            other(Rank::Disabled, "no refusal", "Ok(())"),
            other(Rank::Disabled, "no refusal", "Ok(Default::default())"),
            other(Rank::Disabled, "no refusal", "Ok(false)"),
            other(Rank::Disabled, "not refused", "panic!()"),
        ],
        Expr::Call(call) if matches!(call.func.as_ref(), Expr::Path(path) if path.path.is_ident("Some")) => {
            vec![other(Rank::Reversed, "none", "None")]
        }
        Expr::Call(call) if matches!(call.func.as_ref(), Expr::Path(path) if path.path.is_ident("Ok")) => {
            vec![other(Rank::Altered, "default", "Ok(Default::default())")]
        }
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Macro(_) => {
            let mut others = vec![
                other(Rank::Disabled, "verdict dropped", &format!("{{ let _ = {text}; Ok(()) }}")),
                other(Rank::Disabled, "left out", "()"),
                other(Rank::Altered, "default", "Default::default()"),
                other(Rank::Altered, "default", "Ok(Default::default())"),
            ];
            others.extend(verdicts());
            others
        }
        _ => vec![other(Rank::Altered, "default", "Default::default()")],
    }
}

/// What a function of this type may return at once.
pub(super) fn returned(result: &str) -> Vec<(Rank, String)> {
    let values: &[(Rank, &str)] = match result {
        "" => &[(Rank::Disabled, "()")],
        "bool" => &[(Rank::Reversed, "true"), (Rank::Reversed, "false")],
        "usize" | "u8" | "u16" | "u32" | "u64" => &[(Rank::Altered, "0"), (Rank::Altered, "1")],
        _ if result.starts_with("Result<()") => &[(Rank::Disabled, "Ok(())")],
        _ if result.starts_with("Result<bool") => &[(Rank::Reversed, "Ok(true)"), (Rank::Reversed, "Ok(false)")],
        _ if result.starts_with("Result<") => &[(Rank::Altered, "Ok(Default::default())")],
        _ if result.starts_with("Option<") => &[(Rank::Reversed, "None"), (Rank::Altered, "Some(Default::default())")],
        "fmt::Result" => &[(Rank::Disabled, "Ok(())")],
        _ => &[(Rank::Altered, "Default::default()")],
    };
    values.iter().map(|(rank, value)| (*rank, (*value).to_owned())).collect()
}

/// Whether a pattern gives names to what it matches.
pub(super) fn binds(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(_) => true,
        Pat::TupleStruct(pattern) => pattern.elems.iter().any(binds),
        Pat::Tuple(pattern) => pattern.elems.iter().any(binds),
        Pat::Struct(pattern) => pattern.fields.iter().any(|field| binds(&field.pat)),
        Pat::Or(pattern) => pattern.cases.iter().any(binds),
        Pat::Paren(pattern) => binds(&pattern.pat),
        Pat::Reference(pattern) => binds(&pattern.pat),
        Pat::Slice(pattern) => pattern.elems.iter().any(binds),
        _ => false,
    }
}
