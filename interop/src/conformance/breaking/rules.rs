//! How to disable a statement without understanding it. Changes that do not compile do no harm.

use super::super::source::lines;

/// A file with one statement changed.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) what: String,
    pub(super) text: String,
}

/// Operators and what stands for them.
const SWAPS: [(&str, &str); 20] = [
    ("| !", "| "),
    (" == ", " != "),
    (" != ", " == "),
    (" <= ", " > "),
    (" >= ", " < "),
    (" < ", " >= "),
    (" > ", " <= "),
    (" && ", " || "),
    (" || ", " && "),
    (".all(", ".any("),
    (".any(", ".all("),
    (".is_none()", ".is_some()"),
    (".is_some()", ".is_none()"),
    (".is_none_or(", ".is_some_and("),
    (".is_some_and(", ".is_none_or("),
    ("true", "false"),
    ("false", "true"),
    (" + ", " - "),
    (" - ", " + "),
    (".rev()", ""),
];

/// The changes of the statement that begins in a line (from 0), the likeliest first.
pub(super) fn changes(text: &str, line: usize) -> Vec<Change> {
    let Some(statement) = Statement::at(text, line) else { return Vec::new() };
    let mut found = Vec::new();
    found.extend(statement.conditions());
    found.extend(statement.loops());
    found.extend(statement.checks());
    found.extend(statement.bodies());
    found.extend(statement.arms());
    found.extend(statement.swaps());
    found.extend(statement.deletion());
    found.extend(statement.defaults());
    found.extend(statement.literals());
    found.extend(statement.fields());
    found
}

/// A statement, item, arm or field: its characters in the file, and the same with blanks in literals and comments.
struct Statement {
    text: Vec<char>,
    code: Vec<char>,
    start: usize,
    end: usize,
}

impl Statement {
    fn at(text: &str, line: usize) -> Option<Self> {
        let mut code: Vec<char> = Vec::new();
        let mut start = None;
        for (number, (real, masked)) in text.lines().zip(lines(text)).enumerate() {
            if number == line {
                start = Some(code.len());
            }
            let blanks = real.chars().count().saturating_sub(masked.code.chars().count());
            code.extend(masked.code.chars().chain(core::iter::repeat_n(' ', blanks)).chain(['\n']));
        }
        let skip = |start: usize| code.iter().skip(start).take_while(|c| c.is_whitespace() || **c == '}').count();
        let mut start = start.map(|start| start.saturating_add(skip(start)))?;
        // Attributes are no part of what they stand at.
        while code.get(start) == Some(&'#') {
            let line = code.iter().skip(start).take_while(|c| **c != '\n').count();
            start = start.saturating_add(line);
            start = start.saturating_add(skip(start));
        }
        let text = text.lines().flat_map(|line| line.chars().chain(['\n'])).collect();
        let end = end(&code, start);
        Some(Self { text, code, start, end })
    }

    fn code(&self) -> String {
        self.code.get(self.start..self.end).unwrap_or_default().iter().collect()
    }

    /// The file with a part of the statement replaced. Positions count characters from the statement's start.
    fn replaced(&self, what: &str, from: usize, to: usize, with: &str) -> Change {
        let (from, to) = (self.start.saturating_add(from), self.start.saturating_add(to));
        let before = self.text.iter().take(from);
        let after = self.text.iter().skip(to);
        Change { what: what.to_owned(), text: before.copied().chain(with.chars()).chain(after.copied()).collect() }
    }

    fn real(&self, from: usize, to: usize) -> String {
        let (from, to) = (self.start.saturating_add(from), self.start.saturating_add(to));
        self.text.get(from..to).unwrap_or_default().iter().collect()
    }

    /// Character positions of a text in the code.
    fn positions(&self, wanted: &str) -> Vec<usize> {
        let code = self.code();
        code.match_indices(wanted).map(|(at, _)| code.get(..at).map_or(0, |before| before.chars().count())).collect()
    }

    /// `if condition {` never holds, or holds in reverse. Guards of arms, too.
    fn conditions(&self) -> Vec<Change> {
        let code: Vec<char> = self.code().chars().collect();
        let mut found = Vec::new();
        for word in ["if ", "while "] {
            let at = self.positions(word).into_iter().find(|at| {
                let before = at.checked_sub(1).and_then(|before| code.get(before));
                before.is_none_or(|c| !c.is_alphanumeric() && *c != '_')
            });
            let Some(at) = at else { continue };
            let from = at.saturating_add(word.len());
            let Some(to) = condition_end(&code, from) else { continue };
            let condition = self.real(from, to);
            let condition = condition.trim();
            if condition.contains("let ") {
                found.push(self.replaced("never", from, to, &format!("false && {condition} ")));
            } else {
                found.push(self.replaced("never", from, to, &format!("false && ({condition}) ")));
                found.push(self.replaced("negated", from, to, &format!("!({condition}) ")));
            }
        }
        found
    }

    /// `check(..)?;` is made and its verdict dropped.
    fn checks(&self) -> Vec<Change> {
        let code = self.code();
        let trimmed = code.trim_end();
        let expression = !["let ", "return ", "if ", "match ", "use "].iter().any(|word| trimmed.starts_with(word));
        let len = trimmed.chars().count();
        if expression && trimmed.ends_with("?;") {
            let kept = self.real(0, len.saturating_sub(2));
            return vec![self.replaced("verdict dropped", 0, len, &format!("let _ = {kept};"))];
        }
        // The value of a block.
        let tail = expression && !trimmed.ends_with([';', ',', '}']) && !trimmed.starts_with("impl");
        let kept = format!("{{ let _ = {}; Ok(()) }} ", self.real(0, len));
        tail.then(|| self.replaced("verdict dropped", 0, len, &kept)).into_iter().collect()
    }

    /// A loop that does nothing.
    fn loops(&self) -> Vec<Change> {
        let code: Vec<char> = self.code().chars().collect();
        let looping = self.code().starts_with("for ");
        let Some(from) = self.positions(" in ").first().map(|at| at.saturating_add(4)).filter(|_| looping) else {
            return Vec::new();
        };
        let Some(to) = condition_end(&code, from) else { return Vec::new() };
        let all = self.real(from, to);
        vec![self.replaced("never", from, to, &format!("({}).into_iter().take(0) ", all.trim()))]
    }

    /// A structure whose first two fields change places: it is encoded and signed in another order.
    fn fields(&self) -> Vec<Change> {
        let code = self.code();
        let head = code.split('{').next().unwrap_or_default();
        if !head.split_whitespace().any(|word| word == "struct") {
            return Vec::new();
        }
        let lines: Vec<&str> = code.lines().collect();
        let is_field = |line: &&str| line.trim_end().ends_with(',') && line.contains(": ");
        let numbers: Vec<usize> =
            lines.iter().enumerate().filter(|(_, line)| is_field(line)).map(|(at, _)| at).collect();
        let (Some(first), Some(second)) = (numbers.first(), numbers.get(1)) else { return Vec::new() };
        let real: Vec<String> = self.real(0, code.chars().count()).lines().map(str::to_owned).collect();
        let mut swapped = real.clone();
        swapped.swap(*first, *second);
        vec![self.replaced("fields swapped", 0, code.chars().count(), &swapped.join("\n"))]
    }

    /// A function that returns at once.
    fn bodies(&self) -> Vec<Change> {
        let code = self.code();
        let is_function = code
            .split('{')
            .next()
            .is_some_and(|head| head.split_whitespace().any(|word| word == "fn") && !head.contains("=>"));
        let Some(open) = self.positions("{").first().copied().filter(|_| is_function) else { return Vec::new() };
        let head = self.real(0, open);
        let result = head.split_once("->").map_or("", |(_, result)| result.trim());
        let values: &[&str] = match result {
            "" => &["()"],
            "bool" => &["true", "false"],
            result if result.starts_with("Result<()") => &["Ok(())"],
            result if result.starts_with("Result<bool") => &["Ok(true)", "Ok(false)"],
            result if result.starts_with("Result<") => &["Ok(Default::default())"],
            result if result.starts_with("Option<") => &["None"],
            _ => &["Default::default()"],
        };
        let after = open.saturating_add(1);
        let change =
            |value: &&str| self.replaced(&format!("returns {value}"), after, after, &format!("return {value};"));
        values.iter().map(change).collect()
    }

    /// An arm that never matches.
    fn arms(&self) -> Vec<Change> {
        let code: Vec<char> = self.code().chars().collect();
        let arrow = self.positions(" => ").into_iter().next();
        let arm = arrow.filter(|at| depth(code.get(..*at).unwrap_or_default()) == 0);
        let guarded = arm.is_some_and(|at| self.real(0, at).contains(" if "));
        arm.filter(|_| !guarded).map(|at| self.replaced("arm off", at, at, " if false")).into_iter().collect()
    }

    fn swaps(&self) -> Vec<Change> {
        let mut found = Vec::new();
        for (from, to) in SWAPS {
            for at in self.positions(from).into_iter().take(2) {
                let end = at.saturating_add(from.chars().count());
                found.push(self.replaced(&format!("{} for {}", to.trim(), from.trim()), at, end, to));
            }
        }
        found
    }

    fn deletion(&self) -> Vec<Change> {
        let code = self.code();
        let trimmed = code.trim_end();
        let kept = ["let ", "use ", "pub ", "const ", "type ", "mod "].iter().any(|word| trimmed.starts_with(word));
        if kept || !trimmed.ends_with(';') {
            return Vec::new();
        }
        vec![self.replaced("deleted", 0, trimmed.chars().count(), "")]
    }

    /// A value that nobody computed.
    fn defaults(&self) -> Vec<Change> {
        let code = self.code();
        let len = code.trim_end().chars().count().saturating_sub(1);
        let from = if code.starts_with("let ") && !code.contains(" else {") {
            self.positions(" = ").first().map(|at| at.saturating_add(3))
        } else if code.trim_end().ends_with(',') && !code.contains("=>") {
            self.positions(": ").first().map(|at| at.saturating_add(2))
        } else {
            None
        };
        from.map(|from| self.replaced("default", from, len, "Default::default()")).into_iter().collect()
    }

    /// Another number, another label.
    fn literals(&self) -> Vec<Change> {
        let code: Vec<char> = self.code().chars().collect();
        let mut found = Vec::new();
        let before = |at: usize| at.checked_sub(1).and_then(|at| code.get(at)).copied().unwrap_or(' ');
        let number = code.iter().enumerate().position(|(at, c)| {
            c.is_ascii_digit() && !before(at).is_alphanumeric() && before(at) != '_' && before(at) != '.'
        });
        if let Some(at) = number {
            let len = code.iter().skip(at).take_while(|c| c.is_alphanumeric() || **c == '_').count();
            let end = at.saturating_add(len);
            found.push(self.replaced("another number", at, end, &format!("({} + 1)", self.real(at, end))));
            found.push(self.replaced("number 7", at, end, "7"));
        }
        if let Some(at) = code.iter().position(|c| *c == '"') {
            let at = at.saturating_add(1);
            found.push(self.replaced("another label", at, at, "x"));
        }
        found
    }
}

/// How many brackets are open at the end.
fn depth(code: &[char]) -> i64 {
    code.iter().fold(0, |depth: i64, c| match c {
        '(' | '[' | '{' => depth.saturating_add(1),
        ')' | ']' | '}' => depth.saturating_sub(1),
        _ => depth,
    })
}

/// Where a statement ends: after its semicolon, comma or block, or before the bracket that closes what is around it.
fn end(code: &[char], start: usize) -> usize {
    let head: String = code.iter().skip(start).take_while(|c| **c != '\n').collect();
    let begins = |words: &[&str]| words.iter().any(|word| head.starts_with(word));
    let item = begins(&["pub ", "pub(", "fn ", "const ", "impl", "struct ", "enum ", "unsafe "]);
    let flow = begins(&["if ", "else ", "for ", "while ", "match "]);
    let mut depth = 0_i64;
    for (at, c) in code.iter().enumerate().skip(start) {
        let after = at.saturating_add(1);
        match c {
            '(' | '[' | '{' => depth = depth.saturating_add(1),
            ')' | ']' | '}' if depth == 0 => return at,
            ')' | ']' => depth = depth.saturating_sub(1),
            '}' => {
                depth = depth.saturating_sub(1);
                let next: String = code.iter().skip(after).filter(|c| !c.is_whitespace()).take(4).collect();
                let arm = !flow && ["if", "=>", "|"].iter().any(|word| next.starts_with(word));
                let goes_on = arm || next.starts_with(['.', '?', ';', ',', ')']) || next.starts_with("else");
                if depth == 0 && !goes_on {
                    return after;
                }
            }
            ';' if depth == 0 => return after,
            // The commas of an item are those of generic arguments.
            ',' if depth == 0 && !item => return after,
            _ => {}
        }
    }
    code.len()
}

/// The end of a condition: its block, or the arrow of its arm.
fn condition_end(code: &[char], from: usize) -> Option<usize> {
    let mut depth = 0_i64;
    for (at, c) in code.iter().enumerate().skip(from) {
        match c {
            '{' if depth == 0 => return Some(at),
            '=' if depth == 0 && code.get(at.saturating_add(1)) == Some(&'>') => return Some(at),
            '(' | '[' | '{' => depth = depth.saturating_add(1),
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
