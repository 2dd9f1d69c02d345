//! The lists beside the tool: tab-separated, with a heading.

use std::path::{Path, PathBuf};

use super::change::{Change, Rank, With};

/// A change written by hand: in this file, in a line with an id, this text becomes that.
#[derive(Clone, Debug)]
pub(super) struct Patch {
    pub(super) file: PathBuf,
    pub(super) find: String,
    pub(super) replace: String,
}

/// What a list says of a line.
pub(super) enum Advice {
    /// It cannot be broken, and why.
    Unbreakable(String),
    /// How to break it.
    Change(Change),
}

pub(super) fn read(file: &Path) -> Result<Vec<Vec<String>>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

pub(super) fn patches(root: &Path) -> Result<Vec<Patch>, String> {
    let file = root.join("interop/conformance/patches.tsv");
    let parse = |columns: Vec<String>| match columns.as_slice() {
        [file, find, replace] if !find.is_empty() => {
            Ok(Patch { file: file.into(), find: find.clone(), replace: replace.clone() })
        }
        _ => Err(format!("{}: wrong columns: {}", file.display(), columns.join("\t"))),
    };
    read(&file)?.into_iter().map(parse).collect()
}

/// What the patches say of a line (from 0) of a file.
pub(super) fn advice(patches: &[Patch], file: &Path, source: &str, line: usize) -> Option<Advice> {
    let start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let text = source.lines().nth(line)?;
    let patch = patches.iter().find(|patch| patch.file == file && text.contains(&patch.find))?;
    if let Some(reason) = patch.replace.strip_prefix("unbreakable: ") {
        return Some(Advice::Unbreakable(reason.to_owned()));
    }
    let at = start.saturating_add(text.find(&patch.find)?);
    let range = at..at.saturating_add(patch.find.len());
    Some(Advice::Change(Change {
        anchor: range.start,
        around: range.clone(),
        range,
        rank: Rank::Disabled,
        what: format!("{} -> {}", patch.find, patch.replace),
        with: With::Text(patch.replace.clone()),
    }))
}

/// The line that a byte is in, without the blanks around it, and its number from 1.
pub(super) fn line_of(source: &str, byte: usize) -> (usize, &str) {
    let before = source.get(..byte).unwrap_or(source);
    let number = before.matches('\n').count();
    (number.saturating_add(1), source.lines().nth(number).unwrap_or_default().trim())
}
