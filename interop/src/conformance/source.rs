//! What a Rust source says, line by line: code without the contents of literals and comments, and comments without code.

use core::iter::Peekable;
use core::str::Chars;

/// One line of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The code, character under character, with blanks in literals and without comments.
    pub(super) code: String,
    /// The line comment that ends it, without its slashes. Documentation is no comment.
    pub(super) comment: Option<String>,
}

impl Line {
    pub(super) fn has_code(&self) -> bool {
        !self.code.trim().is_empty()
    }
}

/// Splits a source into lines.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut splitter = Splitter { chars: text.chars().peekable(), done: Vec::new(), line: Line::default() };
    splitter.run();
    splitter.done.push(splitter.line);
    splitter.done
}

struct Splitter<'a> {
    chars: Peekable<Chars<'a>>,
    done: Vec<Line>,
    line: Line,
}

impl Splitter<'_> {
    fn run(&mut self) {
        let mut last = ' ';
        while let Some(c) = self.chars.next() {
            let word = last.is_alphanumeric() || last == '_';
            match (c, self.chars.peek()) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(),
                ('r', Some('"' | '#')) if !word || last == 'b' || last == 'c' => self.raw_string(),
                ('\'', _) => self.char_or_lifetime(),
                ('\n', _) => self.end_line(),
                _ => self.line.code.push(c),
            }
            last = c;
        }
    }

    fn end_line(&mut self) {
        self.done.push(core::mem::take(&mut self.line));
    }

    /// Skips a character: a blank stands for it.
    fn step(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        if c == '\n' {
            self.end_line();
        } else {
            self.line.code.push(' ');
        }
        Some(c)
    }

    /// The end of a literal stands for itself, in place of its blank.
    fn close(&mut self, quote: char) {
        self.line.code.pop();
        self.line.code.push(quote);
    }

    fn line_comment(&mut self) {
        let mut text = String::new();
        while let Some(c) = self.chars.next_if(|c| *c != '\n') {
            text.push(c);
        }
        // The first slash is gone.
        let text = text.strip_prefix('/').unwrap_or(&text);
        if !text.starts_with(['/', '!']) {
            self.line.comment = Some(text.trim().to_owned());
        }
    }

    fn block_comment(&mut self) {
        self.line.code.push(' ');
        self.step();
        let mut depth = 1_usize;
        while let Some(c) = self.step() {
            match (c, self.chars.peek()) {
                ('*', Some('/')) => {
                    self.step();
                    depth = depth.saturating_sub(1);
                }
                ('/', Some('*')) => {
                    self.step();
                    depth = depth.saturating_add(1);
                }
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.line.code.push('"');
        while let Some(c) = self.step() {
            match c {
                '\\' => {
                    self.step();
                }
                '"' => return self.close('"'),
                _ => {}
            }
        }
    }

    fn raw_string(&mut self) {
        self.line.code.push('r');
        let mut hashes = 0_usize;
        while self.chars.next_if_eq(&'#').is_some() {
            self.line.code.push('#');
            hashes = hashes.saturating_add(1);
        }
        if self.chars.next_if_eq(&'"').is_none() {
            // A raw identifier.
            return;
        }
        self.line.code.push('"');
        while let Some(c) = self.step() {
            let closes = |mut ahead: Peekable<Chars<'_>>| (0..hashes).all(|_| ahead.next() == Some('#'));
            if c == '"' && closes(self.chars.clone()) {
                self.close('"');
                for _ in 0..hashes {
                    self.step();
                }
                return;
            }
        }
    }

    fn char_or_lifetime(&mut self) {
        let mut ahead = self.chars.clone();
        let first = ahead.next();
        if first != Some('\\') && ahead.next() != Some('\'') {
            self.line.code.push('\'');
            return;
        }
        self.line.code.push('\'');
        while let Some(c) = self.step() {
            match c {
                '\\' => {
                    self.step();
                }
                '\'' => return self.close('\''),
                _ => {}
            }
        }
    }
}

/// What a block of code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Function { name: String, test: bool },
    Module { name: String, test: bool },
    Other { test: bool },
}

/// A block with the lines from its first attribute to its closing brace. Lines count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    pub(super) fn contains(&self, line: usize) -> bool {
        (self.start..=self.end).contains(&line)
    }
}

/// The blocks of a file, each after those inside it, and the names of modules in other files that are for tests only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Blocks {
    pub(super) spans: Vec<Span>,
    pub(super) test_modules: Vec<String>,
}

/// A word or a character, with its line.
#[derive(Clone, Debug)]
struct Token {
    line: usize,
    text: String,
}

/// Finds functions, modules and other blocks.
pub(super) fn blocks(lines: &[Line]) -> Blocks {
    let mut found = Blocks::default();
    // For each open block its header, and then what has been read in it since the last item ended.
    let mut open: Vec<(Vec<Token>, Vec<Token>)> = Vec::new();
    let mut pending: Vec<Token> = Vec::new();
    for token in tokens(lines) {
        match token.text.as_str() {
            "{" => {
                let header = core::mem::take(&mut pending);
                open.push((header.clone(), header));
            }
            "}" => {
                let (header, outer) = open.pop().unwrap_or_default();
                let start = header.first().map_or(token.line, |first| first.line);
                let mut kind = classify(&header);
                if let (Kind::Function { test, .. }, true) = (&mut kind, open.last().is_some_and(makes_tests)) {
                    *test = true;
                }
                found.spans.push(Span { kind, start, end: token.line });
                // Braces in an argument list end no item.
                pending = if depth(&outer) > 0 { outer } else { Vec::new() };
            }
            ";" if depth(&pending) == 0 => {
                let words: Vec<_> = pending.iter().map(|token| token.text.as_str()).collect();
                if let (true, Some(name)) = (is_test(&words), after(&words, "mod")) {
                    found.test_modules.push(name.to_owned());
                }
                pending.clear();
            }
            _ => pending.push(token),
        }
    }
    found
}

/// Whether the block is what `scenario!` makes tests of: a module of the function's name, with a test for each backend.
fn makes_tests((header, _): &(Vec<Token>, Vec<Token>)) -> bool {
    matches!(header.as_slice(), [name, bang] if name.text == "scenario" && bang.text == "!")
}

fn tokens(lines: &[Line]) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (line, Line { code, .. }) in lines.iter().enumerate() {
        let mut word = String::new();
        for c in code.chars().chain([' ']) {
            if c.is_alphanumeric() || c == '_' || c == '$' {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                tokens.push(Token { line, text: core::mem::take(&mut word) });
            }
            if !c.is_whitespace() {
                tokens.push(Token { line, text: c.to_string() });
            }
        }
    }
    tokens
}

/// How many parentheses and brackets are open.
fn depth(tokens: &[Token]) -> i64 {
    tokens.iter().fold(0, |depth: i64, token| match token.text.as_str() {
        "(" | "[" => depth.saturating_add(1),
        ")" | "]" => depth.saturating_sub(1),
        _ => depth,
    })
}

fn classify(header: &[Token]) -> Kind {
    let words: Vec<_> = header.iter().map(|token| token.text.as_str()).collect();
    let test = is_test(&words);
    let is_name = |name: &&str| name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$');
    if let Some(name) = after(&words, "fn").filter(is_name) {
        Kind::Function { name: name.to_owned(), test }
    } else if let Some(name) = after(&words, "mod").filter(is_name) {
        Kind::Module { name: name.to_owned(), test }
    } else {
        Kind::Other { test }
    }
}

fn after<'a>(words: &[&'a str], word: &str) -> Option<&'a str> {
    words.iter().position(|found| *found == word).and_then(|at| words.get(at.saturating_add(1))).copied()
}

/// Whether an attribute makes it a test, or something for tests only.
fn is_test(words: &[&str]) -> bool {
    words.windows(3).any(|window| matches!(window, ["[" | ":", "test", "]"] | ["(", "test", ")"] | ["(", "test", ","]))
}
