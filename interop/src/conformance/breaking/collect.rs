//! Finds what can be changed in a source, by its syntax. What does not compile does no harm.

use core::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, Stmt};

use super::change::{Change, Function, Plantable, Rank, With};
use super::values::{self, Other, SWAPPED_METHODS, operators};

/// A change of nothing: it tells who comes by a branch.
pub(super) const MARK: &str = "mark";

/// Everything that can be changed.
///
/// # Errors
/// Where it is no Rust.
pub(super) fn collect(source: &str) -> Result<Plantable, String> {
    let file = syn::parse_file(source).map_err(|error| error.to_string())?;
    let whole = 0..source.len();
    let mut collector = Collector { source, found: Plantable::default(), around: vec![whole], constant: false };
    collector.visit_file(&file);
    Ok(collector.found)
}

/// The bytes of a piece of syntax.
pub(super) fn bytes(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}

/// Whether an attribute says that it is for tests only.
fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        let cfg_test = path.is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|ident| ident == "test");
        path.is_ident("test") || cfg_test
    })
}

struct Collector<'a> {
    source: &'a str,
    found: Plantable,
    /// The functions around, the innermost last.
    around: Vec<Range<usize>>,
    /// Whether the place must be known at compile time.
    constant: bool,
}

impl Collector<'_> {
    fn text(&self, range: &Range<usize>) -> &str {
        self.source.get(range.clone()).unwrap_or_default()
    }

    fn of(&self, node: &impl Spanned) -> String {
        self.text(&bytes(node)).to_owned()
    }

    fn add(&mut self, range: Range<usize>, anchor: usize, rank: Rank, what: &str, with: With) {
        let around = self.around.last().cloned().unwrap_or_default();
        let with = match with {
            With::Value(value) if self.constant => With::Text(value),
            With::Text(_) => with,
            _ if self.constant => return,
            with => with,
        };
        // Nothing is nothing changed.
        if let With::Value(value) | With::Text(value) = &with
            && value == self.text(&range)
        {
            return;
        }
        self.found.changes.push(Change { range, anchor, around, rank, what: what.to_owned(), with });
    }

    fn value(&mut self, range: &Range<usize>, rank: Rank, what: &str, value: String) {
        self.add(range.clone(), range.start, rank, what, With::Value(value));
    }

    /// What a value in a place where its type is not known may be instead.
    fn others(&mut self, expression: &Expr) {
        let range = bytes(expression);
        let text = self.text(&range).to_owned();
        for Other { rank, what, value } in values::others(expression, &text) {
            self.value(&range, rank, what, value);
        }
    }

    /// `if condition`, `while condition`, guards. `refuses` says whether what follows is an error.
    fn condition(&mut self, condition: &Expr, refuses: Option<bool>) {
        let range = bytes(condition);
        if has_let(condition) {
            self.conjunct(condition);
            return;
        }
        let text = self.text(&range).to_owned();
        let (never, always) = match refuses {
            Some(false) => (Rank::Reversed, Rank::Disabled),
            _ => (Rank::Disabled, Rank::Reversed),
        };
        self.value(&range, never, "never", "false".to_owned());
        self.value(&range, always, "always", "true".to_owned());
        self.value(&range, Rank::Reversed, "negated", format!("!({text})"));
    }

    /// The parts of a condition with a `let`.
    fn conjunct(&mut self, condition: &Expr) {
        let range = bytes(condition);
        match condition {
            Expr::Let(_) => {
                self.add(range.start..range.start, range.start, Rank::Disabled, "never", With::LetOff);
            }
            Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
                self.conjunct(&binary.left);
                self.conjunct(&binary.right);
            }
            _ => {
                self.value(&range, Rank::Reversed, "part never", "false".to_owned());
                self.value(&range, Rank::Reversed, "part always", "true".to_owned());
            }
        }
    }

    fn function(&mut self, node: &impl Spanned, signature: &syn::Signature, block: &Block) {
        let range = bytes(node);
        let constant = signature.constness.map(|token| bytes(&token));
        self.found.functions.push(Function { name: signature.ident.to_string(), range: range.clone(), constant });
        self.around.push(range);
        let constant = core::mem::replace(&mut self.constant, false);
        let open = block.brace_token.span.open().byte_range();
        let result = match &signature.output {
            syn::ReturnType::Default => String::new(),
            syn::ReturnType::Type(_, result) => self.of(result),
        };
        for (rank, value) in values::returned(&result) {
            let what = format!("returns {value}");
            let with = With::Insert(format!("return {value};"));
            self.add(open.end..open.end, open.start, rank, &what, with);
        }
        self.visit_block(block);
        if let Some(Stmt::Expr(last, None)) = block.stmts.last() {
            self.others(last);
        }
        self.constant = constant;
        self.around.pop();
    }

    fn is_encoded(&self, attributes: &[syn::Attribute]) -> bool {
        let derives = |attribute: &&syn::Attribute| attribute.path().is_ident("derive");
        attributes.iter().filter(derives).any(|attribute| self.of(attribute).contains("Encode"))
    }

    /// Arguments with other values, or in another order.
    fn arguments(&mut self, whole: &Range<usize>, arguments: &syn::punctuated::Punctuated<Expr, syn::Token![,]>) {
        for argument in arguments.iter().filter(|argument| !matches!(argument, Expr::Closure(_) | Expr::Lit(_))) {
            let range = bytes(argument);
            for value in ["&[]", "None", "0", "Default::default()"] {
                self.value(&range, Rank::Altered, &format!("{value} for an argument"), value.to_owned());
            }
        }
        for (one, other) in arguments.iter().zip(arguments.iter().skip(1)) {
            let (first, second) = (bytes(one), bytes(other));
            let before = self.text(&(whole.start..first.start));
            let between = self.text(&(first.end..second.start));
            let after = self.text(&(second.end..whole.end));
            let swapped = format!("{before}{}{between}{}{after}", self.text(&second), self.text(&first));
            self.add(whole.clone(), first.start, Rank::Reversed, "arguments swapped", With::Value(swapped));
        }
    }

    fn constant(&mut self, expression: &Expr) {
        let before = core::mem::replace(&mut self.constant, true);
        self.visit_expr(expression);
        self.constant = before;
    }
}

/// Whether an expression is, or ends in, a refusal.
fn refuses(source: &str, block: Range<usize>) -> bool {
    source.get(block).is_some_and(|text| text.contains("Err(") || text.contains("return None"))
}

fn has_let(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

/// Whether a pattern takes all there is.
fn takes_all(pattern: &syn::Pat) -> bool {
    match pattern {
        syn::Pat::Wild(_) => true,
        syn::Pat::Ident(ident) => ident.subpat.is_none() && ident.ident.to_string().starts_with(char::is_lowercase),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes: &[syn::Attribute] = match item {
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            _ => &[],
        };
        if !for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(item, &item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !for_tests(&item.attrs) {
            self.function(item, &item.sig, &item.block);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(item, &item.sig, block);
        }
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.constant(&item.expr);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.constant(&item.expr);
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.constant(&item.expr);
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        if let Some((_, discriminant)) = &variant.discriminant {
            self.constant(discriminant);
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let derives = self.is_encoded(&item.attrs);
        let mut fields = item.fields.iter();
        // A structure whose first two fields change places is encoded and signed in another order.
        if let (Some(first), Some(second)) = (fields.next(), fields.next()) {
            let whole = bytes(item);
            if derives {
                self.add(whole.start..whole.start, whole.start, Rank::Altered, "fields swapped", With::Derived);
                return;
            }
            let (first, second) = (bytes(first), bytes(second));
            let between = self.text(&(first.end..second.start));
            let swapped = format!("{}{between}{}", self.text(&second), self.text(&first));
            let range = first.start..second.end;
            self.add(range.clone(), range.start, Rank::Altered, "fields swapped", With::Text(swapped));
        }
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        if self.is_encoded(&item.attrs) {
            let start = bytes(item).start;
            self.add(start..start, start, Rank::Altered, "another tag", With::Derived);
        }
        visit::visit_item_enum(self, item);
    }

    fn visit_expr_try(&mut self, node: &'ast syn::ExprTry) {
        // Where a value is needed, what is not refused has none.
        let unwrapped = format!("{}.unwrap()", self.of(&node.expr));
        let question = bytes(&node.question_token).start;
        self.add(bytes(node), question, Rank::Disabled, "not refused", With::Value(unwrapped));
        visit::visit_expr_try(self, node);
    }

    fn visit_expr_call(&mut self, node: &'ast syn::ExprCall) {
        self.arguments(&bytes(node), &node.args);
        visit::visit_expr_call(self, node);
    }

    fn visit_expr_tuple(&mut self, node: &'ast syn::ExprTuple) {
        self.arguments(&bytes(node), &node.elems);
        visit::visit_expr_tuple(self, node);
    }

    fn visit_expr_range(&mut self, node: &'ast syn::ExprRange) {
        if let syn::RangeLimits::Closed(limits) = &node.limits {
            let range = bytes(limits);
            self.add(range.clone(), range.start, Rank::Reversed, ".. for ..=", With::Text("..".to_owned()));
        }
        visit::visit_expr_range(self, node);
    }

    fn visit_expr(&mut self, node: &'ast Expr) {
        if !self.constant {
            let range = bytes(node);
            self.found.expressions.insert((range.start, range.end));
        }
        visit::visit_expr(self, node);
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let range = bytes(statement);
        match statement {
            Stmt::Local(local) => {
                if let Some(init) = &local.init {
                    let at = bytes(&init.expr);
                    self.value(&at, Rank::Altered, "default", "Default::default()".to_owned());
                }
            }
            Stmt::Expr(expression, Some(_)) => {
                if let Expr::Try(tried) = expression {
                    let dropped = With::Statement(format!("let _ = {};", self.of(&tried.expr)));
                    self.add(range.clone(), range.start, Rank::Disabled, "verdict dropped", dropped);
                }
                let flow = matches!(expression, Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Macro(_));
                if !flow {
                    self.add(range.clone(), range.start, Rank::Disabled, "deleted", With::Statement(String::new()));
                }
            }
            _ => {}
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_expr_if(&mut self, node: &'ast syn::ExprIf) {
        let then = refuses(self.source, bytes(&node.then_branch));
        let other = node.else_branch.as_ref().is_some_and(|(_, other)| refuses(self.source, bytes(other)));
        self.condition(&node.cond, (then != other).then_some(then));
        let mut branches = vec![&node.then_branch];
        if let Some((_, other)) = &node.else_branch
            && let Expr::Block(block) = other.as_ref()
        {
            branches.push(&block.block);
        }
        for block in &branches {
            let open = block.brace_token.span.open().byte_range();
            self.add(open.end..open.end, open.start, Rank::Altered, MARK, With::Insert(String::new()));
        }
        for block in branches.iter().filter(|_| node.else_branch.is_some()) {
            if let Some(Stmt::Expr(last, None)) = block.stmts.last() {
                self.others(last);
            }
        }
        visit::visit_expr_if(self, node);
    }

    fn visit_expr_while(&mut self, node: &'ast syn::ExprWhile) {
        self.condition(&node.cond, None);
        visit::visit_expr_while(self, node);
    }

    fn visit_expr_for_loop(&mut self, node: &'ast syn::ExprForLoop) {
        let open = node.body.brace_token.span.open().byte_range();
        let with = With::Insert("break;".to_owned());
        self.add(open.end..open.end, open.start, Rank::Disabled, "loop left", with);
        visit::visit_expr_for_loop(self, node);
    }

    fn visit_expr_match(&mut self, node: &'ast syn::ExprMatch) {
        let open = node.arms.last().is_some_and(|arm| arm.guard.is_none() && takes_all(&arm.pat));
        let whole = bytes(node);
        for arm in &node.arms {
            let pattern = bytes(&arm.pat);
            match &arm.guard {
                Some((_, guard)) => {
                    let refusing = refuses(self.source, bytes(&arm.body));
                    self.condition(guard, Some(refusing));
                }
                None if open && !takes_all(&arm.pat) && !self.constant => {
                    self.found.changes.push(Change {
                        range: pattern.end..pattern.end,
                        anchor: pattern.start,
                        around: whole.clone(),
                        rank: Rank::Disabled,
                        what: "arm off".to_owned(),
                        with: With::ArmOff,
                    });
                }
                None => {}
            }
            if arm.comma.is_some() || !matches!(*arm.body, Expr::Block(_)) {
                self.others(&arm.body);
            }
            let own = self.of(&arm.body);
            let sibling =
                node.arms.iter().rev().find(|other| !values::binds(&other.pat) && self.of(&other.body) != own);
            if let Some(sibling) = sibling {
                let other = self.of(&sibling.body);
                let body = bytes(&arm.body);
                // A block needs no comma after it, and so must what it becomes.
                let with = if arm.comma.is_some() { With::Value(other) } else { With::Statement(other) };
                self.add(body.clone(), body.start, Rank::Reversed, "as another arm", with);
            }
        }
        visit::visit_expr_match(self, node);
    }

    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        let range = bytes(node);
        let (left, right) = (self.of(&node.left), self.of(&node.right));
        let (operator, anchor) = (self.of(&node.op), bytes(&node.op).start);
        if !has_let(&node.left) && !has_let(&node.right) {
            for other in operators(&operator) {
                let what = format!("{other} for {operator}");
                let with = With::Value(format!("{left} {other} {right}"));
                self.add(range.clone(), anchor, Rank::Reversed, &what, with);
            }
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'ast syn::ExprUnary) {
        if matches!(node.op, syn::UnOp::Not(_)) {
            let inner = self.of(&node.expr);
            self.value(&bytes(node), Rank::Reversed, "without !", inner);
        }
        visit::visit_expr_unary(self, node);
    }

    fn visit_expr_method_call(&mut self, node: &'ast syn::ExprMethodCall) {
        let (range, name) = (bytes(node), node.method.to_string());
        let (receiver, anchor) = (self.of(&node.receiver), bytes(&node.dot_token).start);
        let method = bytes(&node.method);
        let arguments = self.text(&(method.end..range.end)).to_owned();
        let swaps = SWAPPED_METHODS.iter().filter(|(from, _)| *from == name);
        for (_, other) in swaps {
            let with = With::Value(format!("{receiver}.{other}{arguments}"));
            self.add(range.clone(), anchor, Rank::Reversed, &format!("{other} for {name}"), with);
        }
        if name == "ok_or" || name == "ok_or_else" {
            // Where a value is needed, what is not refused has none.
            let with = With::Value(format!("Ok({receiver}.unwrap())"));
            self.add(range.clone(), anchor, Rank::Disabled, "not refused", with);
        }
        if ["filter", "rev", "skip", "take", "chain", "or", "min", "max"].contains(&name.as_str()) {
            self.add(range, anchor, Rank::Disabled, &format!("without {name}"), With::Value(receiver));
        }
        self.arguments(&bytes(node), &node.args);
        visit::visit_expr_method_call(self, node);
    }

    fn visit_expr_closure(&mut self, node: &'ast syn::ExprClosure) {
        if !matches!(*node.body, Expr::Block(_)) {
            self.others(&node.body);
        }
        visit::visit_expr_closure(self, node);
    }

    fn visit_expr_return(&mut self, node: &'ast syn::ExprReturn) {
        if let Some(returned) = &node.expr {
            self.others(returned);
        }
        visit::visit_expr_return(self, node);
    }

    fn visit_expr_lit(&mut self, node: &'ast syn::ExprLit) {
        let range = bytes(node);
        let text = self.text(&range).to_owned();
        match &node.lit {
            syn::Lit::Int(_) => {
                self.value(&range, Rank::Altered, "another number", format!("{text} + 1"));
                self.value(&range, Rank::Altered, "number 7", "7".to_owned());
            }
            syn::Lit::Bool(bool) => self.value(&range, Rank::Reversed, "negated", (!bool.value).to_string()),
            syn::Lit::Str(_) | syn::Lit::ByteStr(_) => {
                self.value(&range, Rank::Altered, "another label", text.replacen('"', "\"x", 1));
            }
            _ => {}
        }
    }

    fn visit_field_value(&mut self, node: &'ast syn::FieldValue) {
        let range = bytes(&node.expr);
        for value in ["Default::default()", "None", "&[]", "0"] {
            if node.colon_token.is_some() {
                self.value(&range, Rank::Altered, "default", value.to_owned());
            } else {
                // In short, the name is the value.
                let what = format!("{} by default", self.text(&range));
                self.add(range.clone(), range.start, Rank::Altered, &what, With::Field(value.to_owned()));
            }
        }
        if node.colon_token.is_some() {
            visit::visit_field_value(self, node);
        }
    }

    fn visit_pat(&mut self, _: &'ast syn::Pat) {}

    fn visit_type(&mut self, _: &'ast syn::Type) {}

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}
