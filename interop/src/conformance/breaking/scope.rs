//! What stands at a line.

use core::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::super::source::lines;
use super::collect::bytes;

/// The bytes of what begins in a line: what is there to do it, and all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// Without the body of a condition, loop or function.
    pub(super) near: Range<usize>,
    pub(super) far: Range<usize>,
}

/// What begins in a line (from 0).
pub(super) fn scope(source: &str, line: usize) -> Option<Scope> {
    let code = code(source);
    let start = source.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
    let mut start = skip(&code, start);
    if code.get(start..).is_some_and(|rest| rest.starts_with("else if ")) {
        start = start.saturating_add("else ".len());
    }
    let file = syn::parse_file(source).ok()?;
    let mut finder = Finder { code: &code, start, found: None, call: None };
    finder.visit_file(&file);
    finder.found.or(finder.call).or_else(|| {
        let end = code.get(start..)?.find('\n')?.saturating_add(start);
        Some(Scope { near: start..end, far: start..end })
    })
}

/// The source with blanks for comments and what literals contain, byte under byte.
fn code(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    for (real, masked) in source.split_inclusive('\n').zip(lines(source)) {
        let mut masked = masked.code.chars();
        for c in real.chars() {
            match masked.next() {
                _ if c == '\n' => code.push(c),
                Some(shown) if shown == c => code.push(c),
                _ => code.extend(core::iter::repeat_n(' ', c.len_utf8())),
            }
        }
    }
    code
}

/// The next byte that is code and closes no block.
fn skip(code: &str, start: usize) -> usize {
    let rest = code.get(start..).unwrap_or_default();
    let blanks = rest.find(|c: char| !c.is_whitespace() && c != '}').unwrap_or(rest.len());
    start.saturating_add(blanks)
}

struct Finder<'a> {
    code: &'a str,
    start: usize,
    found: Option<Scope>,
    call: Option<Scope>,
}

impl Finder<'_> {
    /// Takes what begins at the line, the largest first; `attributes` may be before it.
    fn consider(&mut self, node: &impl Spanned, attributes: &[syn::Attribute], body: Option<Range<usize>>) {
        let whole = bytes(node);
        let after = attributes.iter().map(|attribute| bytes(attribute).end).max();
        let first = after.map_or(whole.start, |after| skip(self.code, after));
        let begins = whole.start <= self.start && self.start <= first;
        if !begins || self.found.as_ref().is_some_and(|found| found.far.len() >= whole.len()) {
            return;
        }
        // What is put at the beginning of the body belongs to the head.
        let near = body.map_or(whole.end, |body| body.start.saturating_add(2));
        self.found = Some(Scope { near: whole.start..near, far: whole });
    }
}

fn body(expression: &syn::Expr) -> Option<Range<usize>> {
    match expression {
        syn::Expr::If(node) => Some(bytes(&node.then_branch)),
        syn::Expr::While(node) => Some(bytes(&node.body)),
        syn::Expr::ForLoop(node) => Some(bytes(&node.body)),
        _ => None,
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_stmt(&mut self, node: &'ast syn::Stmt) {
        let body = match node {
            syn::Stmt::Expr(expression, _) => body(expression),
            _ => None,
        };
        self.consider(node, &[], body);
        visit::visit_stmt(self, node);
    }

    fn visit_expr(&mut self, node: &'ast syn::Expr) {
        self.consider(node, &[], body(node));
        visit::visit_expr(self, node);
    }

    fn visit_expr_method_call(&mut self, node: &'ast syn::ExprMethodCall) {
        let dot = bytes(&node.dot_token).start;
        if dot == self.start {
            let range = dot..bytes(node).end;
            self.call = Some(Scope { near: range.clone(), far: range });
        }
        visit::visit_expr_method_call(self, node);
    }

    fn visit_arm(&mut self, node: &'ast syn::Arm) {
        self.consider(node, &node.attrs, None);
        visit::visit_arm(self, node);
    }

    fn visit_field_value(&mut self, node: &'ast syn::FieldValue) {
        self.consider(node, &node.attrs, None);
        visit::visit_field_value(self, node);
    }

    fn visit_item(&mut self, node: &'ast syn::Item) {
        match node {
            syn::Item::Fn(item) => self.consider(item, &item.attrs, Some(bytes(&item.block))),
            syn::Item::Struct(item) => self.consider(item, &item.attrs, None),
            syn::Item::Enum(item) => self.consider(item, &item.attrs, None),
            syn::Item::Impl(item) => self.consider(item, &item.attrs, None),
            syn::Item::Const(item) => self.consider(item, &item.attrs, None),
            _ => {}
        }
        visit::visit_item(self, node);
    }

    fn visit_impl_item(&mut self, node: &'ast syn::ImplItem) {
        match node {
            syn::ImplItem::Fn(item) => self.consider(item, &item.attrs, Some(bytes(&item.block))),
            syn::ImplItem::Const(item) => self.consider(item, &item.attrs, None),
            _ => {}
        }
        visit::visit_impl_item(self, node);
    }

    fn visit_trait_item_fn(&mut self, node: &'ast syn::TraitItemFn) {
        self.consider(node, &node.attrs, node.default.as_ref().map(bytes));
        visit::visit_trait_item_fn(self, node);
    }

    fn visit_field(&mut self, node: &'ast syn::Field) {
        self.consider(node, &node.attrs, None);
    }

    fn visit_variant(&mut self, node: &'ast syn::Variant) {
        self.consider(node, &node.attrs, None);
    }
}
