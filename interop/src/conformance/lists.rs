//! The lists that the matrix is made from: tab-separated, with a heading.

use std::path::Path;

/// A requirement of RFC 9420, in our words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// `R-`, the section, and a number.
    pub id: String,
    /// `MUST`, `SHOULD`, `ALG` (an algorithm) and so on.
    pub level: String,
    /// Whose duty it is.
    pub applies_to: String,
    /// What is required.
    pub text: String,
    /// Whether this library can be tested for it. Else it is the application's, or nobody's.
    pub testable: bool,
}

/// An entry with its description: an exception with its reason, or a bad input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id.
    pub id: String,
    /// The reason or description.
    pub text: String,
}

/// All lists.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// `rfc9420-requirements.tsv`
    pub requirements: Vec<Requirement>,
    /// `conformance/exceptions.tsv`: why a requirement has no line, or no test
    pub exceptions: Vec<Entry>,
    /// `conformance/bad-input.tsv`
    pub bad_input: Vec<Entry>,
}

impl Lists {
    /// Reads the lists from the folder of this crate.
    ///
    /// # Errors
    /// What is wrong, with file and line.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let requirements = rows(&folder.join("rfc9420-requirements.tsv"), requirement)?;
        let exceptions = rows(&folder.join("conformance/exceptions.tsv"), entry)?;
        let bad_input = rows(&folder.join("conformance/bad-input.tsv"), entry)?;
        Ok(Self { requirements, exceptions, bad_input })
    }
}

fn rows<T>(file: &Path, parse: impl Fn(&[&str]) -> Option<T>) -> Result<Vec<T>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let malformed = || format!("{}:{}: wrong columns", file.display(), number.saturating_add(1));
        rows.push(parse(&columns).ok_or_else(malformed)?);
    }
    Ok(rows)
}

fn requirement(columns: &[&str]) -> Option<Requirement> {
    let [id, level, applies_to, text, testable] = columns else { return None };
    let testable = match *testable {
        "yes" => true,
        "app" | "no" => false,
        _ => return None,
    };
    let [id, level, applies_to, text] = [id, level, applies_to, text].map(|column| (*column).to_owned());
    Some(Requirement { id, level, applies_to, text, testable })
}

fn entry(columns: &[&str]) -> Option<Entry> {
    match columns {
        [id, text] if !id.is_empty() && !text.trim().is_empty() => {
            Some(Entry { id: (*id).to_owned(), text: (*text).to_owned() })
        }
        _ => None,
    }
}
