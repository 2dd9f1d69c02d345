//! Finds the comments with ids, and what each of them stands at.

use core::ops::ControlFlow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::source::{Blocks, Kind, Line, Span, blocks, lines};

/// Which list an id is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TagKind {
    /// `// req:`, a requirement of RFC 9420.
    Requirement,
    /// `// bad:`, an entry of the catalogue of bad input.
    BadInput,
}

/// What a comment stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Code that is no test: the line, from 1.
    Code {
        /// The line of the statement, from 1.
        line: usize,
    },
    /// A test function.
    Test {
        /// Where the function begins, attributes included; from 1.
        line: usize,
        /// The path of the function in its package, as test runners print it.
        name: String,
    },
    /// Code of tests, at no test.
    Nothing,
}

/// One id of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Which list the id is of.
    pub kind: TagKind,
    /// The id as it stands there.
    pub id: String,
    /// The file, relative to the root of the sources.
    pub file: PathBuf,
    /// The line of the comment, from 1.
    pub line: usize,
    /// The package that the file belongs to.
    pub package: String,
    /// What the comment stands at.
    pub target: Target,
}

/// The tags of a source tree.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// All tags, by file and line.
    pub tags: Vec<Tag>,
    /// Comments that begin like a tag and are none.
    pub malformed: Vec<(PathBuf, usize, String)>,
}

impl Sources {
    /// Reads every Rust file below `root`, build results and hidden folders aside.
    ///
    /// # Errors
    /// A file or folder that cannot be read.
    pub fn read(root: &Path) -> Result<Self, std::io::Error> {
        let mut files = Vec::new();
        rust_files(root, &mut files)?;
        files.sort();
        let mut parsed = Vec::new();
        let mut test_paths = BTreeSet::new();
        for file in files {
            let lines = lines(&std::fs::read_to_string(&file)?);
            let blocks = blocks(&lines);
            test_paths.extend(blocks.test_modules.iter().map(|name| module_folder(&file).join(name)));
            parsed.push((file, lines, blocks));
        }
        let mut sources = Self::default();
        for (file, lines, blocks) in parsed {
            let package = Package::of(root, &file);
            let relative = file.strip_prefix(root).unwrap_or(&file).to_owned();
            let test_file = is_test_file(&relative)
                || test_paths.iter().any(|path| file.starts_with(path))
                || test_paths.contains(&file.with_extension(""));
            let file = File { relative, package, test_file, lines, blocks };
            file.tags(&mut sources);
        }
        Ok(sources)
    }
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), std::io::Error> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "node_modules" && !name.starts_with('.') {
                rust_files(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Where the modules that a file declares are.
fn module_folder(file: &Path) -> PathBuf {
    match file.file_stem().and_then(|stem| stem.to_str()) {
        Some("lib" | "main" | "mod") => file.parent().unwrap_or(file).to_owned(),
        _ => file.with_extension(""),
    }
}

fn is_test_file(relative: &Path) -> bool {
    relative.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs" | "benches")))
}

/// The package of a file, and the file's place in it.
struct Package {
    name: String,
    /// The modules from the crate's root to the file.
    modules: Vec<String>,
}

impl Package {
    fn of(root: &Path, file: &Path) -> Self {
        let folders = file.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
        let found = folders
            .map(|folder| (folder, std::fs::read_to_string(folder.join("Cargo.toml"))))
            .find_map(|(folder, manifest)| Some((folder, package_name(&manifest.ok()?)?)));
        let Some((folder, name)) = found else { return Self { name: String::new(), modules: Vec::new() } };
        let inside = file.strip_prefix(folder).unwrap_or(file).with_extension("");
        let mut parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        // The folder of sources, and the name of a binary or of a file of tests.
        let is_root = parts.first().is_some_and(|first| first == "src");
        parts.drain(..parts.len().min(1));
        if !is_root || parts.first().is_some_and(|first| first == "bin") {
            let own = if is_root { 2 } else { 1 };
            parts.drain(..parts.len().min(own));
        }
        parts.retain(|part| !matches!(part.as_str(), "lib" | "main" | "mod"));
        Self { name, modules: parts }
    }
}

fn package_name(manifest: &str) -> Option<String> {
    let mut inside = false;
    for line in manifest.lines() {
        match line.trim() {
            "[package]" => inside = true,
            line if line.starts_with('[') => inside = false,
            line if inside && line.starts_with("name") => return line.split('"').nth(1).map(str::to_owned),
            _ => {}
        }
    }
    None
}

struct File {
    relative: PathBuf,
    package: Package,
    test_file: bool,
    lines: Vec<Line>,
    blocks: Blocks,
}

impl File {
    fn tags(&self, sources: &mut Sources) {
        for (number, line) in self.lines.iter().enumerate() {
            let Some(comment) = &line.comment else { continue };
            let found = [("req:", TagKind::Requirement), ("bad:", TagKind::BadInput)];
            let Some((text, kind)) =
                found.iter().find_map(|(prefix, kind)| Some((comment.strip_prefix(prefix)?, *kind)))
            else {
                continue;
            };
            let shown = number.saturating_add(1);
            let ids = ids(text);
            if ids.is_empty() {
                sources.malformed.push((self.relative.clone(), shown, comment.clone()));
            }
            for id in ids {
                sources.tags.push(Tag {
                    kind,
                    id,
                    file: self.relative.clone(),
                    line: shown,
                    package: self.package.name.clone(),
                    target: self.target(number),
                });
            }
        }
    }

    /// What the comment in this line stands at: the code of the line, or else the next code.
    fn target(&self, comment: usize) -> Target {
        let code = self.lines.iter().enumerate().skip(comment).find(|(_, line)| line.has_code());
        let code = code.map_or(comment, |(number, _)| number);
        // A test that contains the comment, or that begins at the next code.
        let test = self.innermost(comment, |kind| matches!(kind, Kind::Function { test: true, .. })).or_else(|| {
            let begins = |span: &&Span| span.start == code && matches!(span.kind, Kind::Function { test: true, .. });
            self.blocks.spans.iter().find(begins)
        });
        if let Some(span) = test {
            return Target::Test { line: span.start.saturating_add(1), name: self.name(span) };
        }
        let only_tests = |kind: &Kind| match kind {
            Kind::Function { test, .. } | Kind::Module { test, .. } | Kind::Other { test } => *test,
        };
        if self.test_file || self.innermost(code, only_tests).is_some() {
            return Target::Nothing;
        }
        Target::Code { line: code.saturating_add(1) }
    }

    /// The smallest block of a kind around a line.
    fn innermost(&self, line: usize, wanted: impl Fn(&Kind) -> bool) -> Option<&Span> {
        self.blocks.spans.iter().find(|span| span.contains(line) && wanted(&span.kind))
    }

    fn name(&self, test: &Span) -> String {
        let mut around: Vec<&Span> = self.blocks.spans.iter().filter(|span| span.contains(test.start)).collect();
        around.reverse();
        let inner = around.into_iter().filter_map(|span| match &span.kind {
            Kind::Module { name, .. } => Some(name.clone()),
            _ => None,
        });
        let mut parts: Vec<String> = self.package.modules.iter().cloned().chain(inner).collect();
        if let Kind::Function { name, .. } = &test.kind {
            parts.push(name.clone());
        }
        parts.join("::")
    }
}

/// The ids of a list such as `R-2.1.2-01, R-2.1.2-02 (a note)`. None where it is no such list.
fn ids(text: &str) -> Vec<String> {
    let text = text.split_once('(').map_or(text, |(ids, _)| ids);
    let parsed = text.split(',').map(str::trim).try_fold(Vec::new(), |mut ids, id| {
        if id.is_empty() || id.contains(char::is_whitespace) {
            return ControlFlow::Break(());
        }
        ids.push(id.to_owned());
        ControlFlow::Continue(ids)
    });
    match parsed {
        ControlFlow::Continue(ids) => ids,
        ControlFlow::Break(()) => Vec::new(),
    }
}
