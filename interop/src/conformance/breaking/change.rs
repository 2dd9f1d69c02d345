//! One change of a source, and how it stands beside what it changes.

use core::ops::Range;
use std::collections::BTreeSet;

/// How much a change says about a test that fails by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// What stands there is not done, or its verdict dropped.
    Disabled,
    /// It is done the other way round.
    Reversed,
    /// It is done with another value.
    Altered,
}

/// What stands in for a piece of source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum With {
    /// Another expression.
    Value(String),
    /// Other statements.
    Statement(String),
    /// A statement before the place.
    Insert(String),
    /// The arm whose pattern ends here never matches.
    ArmOff,
    /// The `let` of a condition never matches.
    LetOff,
    /// The field with this name, in short, has another value.
    Field(String),
    /// What is derived encodes the first two fields in reverse, or has another tag.
    Derived,
    /// Other text, where no switch can stand.
    Text(String),
}

/// A change of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The bytes that are changed.
    pub(super) range: Range<usize>,
    /// The byte that the change is at: an operator, a name, or the start of the range.
    pub(super) anchor: usize,
    /// The bytes of the match that an arm is of; else those of the function.
    pub(super) around: Range<usize>,
    pub(super) rank: Rank,
    pub(super) what: String,
    pub(super) with: With,
}

impl Change {
    /// What stands before and after the bytes so that a switch chooses; none where that cannot be.
    pub(super) fn switched(&self, number: u32) -> Option<(String, &'static str)> {
        let on = format!("::mls_switch::on({number})");
        match &self.with {
            With::Value(value) => Some((format!("(if {on} {{ {value} }} else {{ "), " })")),
            With::Statement(statement) => Some((format!("if {on} {{ {statement} }} else {{ "), " }")),
            With::Insert(statement) => Some((format!(" if {on} {{ {statement} }} "), "")),
            With::ArmOff => Some((format!(" if !{on}"), "")),
            With::LetOff => Some((format!("!{on} && "), "")),
            With::Field(value) => {
                let name = self.what.split(' ').next().unwrap_or_default();
                Some((format!("{name}: (if {on} {{ {value} }} else {{ "), " })"))
            }
            With::Derived => Some((format!("#[doc = \"mls-switch {number}\"] "), "")),
            With::Text(_) => None,
        }
    }

    /// The source with the change in it, without a switch.
    pub(super) fn replaced(&self, source: &str) -> Option<String> {
        let (before, rest) = (source.get(..self.range.start)?, source.get(self.range.start..)?);
        let after = source.get(self.range.end..)?;
        Some(match &self.with {
            With::Value(value) => format!("{before}({value}){after}"),
            With::Statement(text) | With::Text(text) => format!("{before}{text}{after}"),
            With::Insert(statement) => format!("{before} {statement} {rest}"),
            With::ArmOff => format!("{before} if false{rest}"),
            With::LetOff => format!("{before}false && {rest}"),
            With::Field(value) => {
                let name = self.what.split(' ').next()?;
                format!("{before}{name}: {value}{after}")
            }
            With::Derived => return None,
        })
    }
}

/// A function of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) range: Range<usize>,
    /// Its `const`, without which it can have switches.
    pub(super) constant: Option<Range<usize>>,
}

/// Everything that can be changed in a source.
#[derive(Clone, Debug, Default)]
pub(super) struct Plantable {
    pub(super) changes: Vec<Change>,
    pub(super) functions: Vec<Function>,
    /// The bytes of each expression that has a value when the program runs.
    pub(super) expressions: BTreeSet<(usize, usize)>,
}

impl Plantable {
    /// The innermost function around a byte.
    pub(super) fn function(&self, at: usize) -> Option<&Function> {
        let around = self.functions.iter().filter(|function| function.range.contains(&at));
        around.min_by_key(|function| function.range.len())
    }
}
