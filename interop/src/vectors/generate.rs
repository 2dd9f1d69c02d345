//! Test vectors of our own making, in the working group's format.

mod crypto;
mod framing;
mod member;
mod passive;
mod source;
mod tree;

use std::path::Path;

use mls_crypto_traits::{CipherSuite, CryptoProvider};
use serde_json::Value;

use super::cases::must;
use source::Source;

/// What to generate.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Everything random is drawn from it: the same seed gives the same files.
    pub seed: u64,
    /// How large trees, groups and histories get: leaves, members, epochs. At least 2.
    pub size: u32,
    /// The cipher suites.
    pub suites: Vec<CipherSuite>,
}

/// Makes the cases of a file for a suite.
type Make = fn(&mut Source<'_>) -> Result<Vec<Value>, String>;

/// The files with a case or more for each suite.
const FILES: [(&str, Make); 14] = [
    ("crypto-basics", crypto::crypto_basics),
    ("key-schedule", crypto::key_schedule),
    ("message-protection", framing::message_protection),
    ("messages", framing::messages),
    ("passive-client-handling-commit", passive::handling_commit),
    ("passive-client-random", passive::random),
    ("passive-client-welcome", passive::welcome),
    ("psk_secret", crypto::psk_secret),
    ("secret-tree", crypto::secret_tree),
    ("transcript-hashes", crypto::transcript_hashes),
    ("tree-operations", tree::tree_operations),
    ("tree-validation", tree::tree_validation),
    ("treekem", tree::treekem),
    ("welcome", passive::welcome_only),
];

/// Makes all files: their names and cases. `progress` is told each file as it begins.
///
/// # Errors
/// A size below 2, a suite that the provider lacks, or whatever the library refuses to do.
pub fn generate(
    settings: &Settings,
    provider: &dyn CryptoProvider,
    mut progress: impl FnMut(&str),
) -> Result<Vec<(&'static str, Vec<Value>)>, String> {
    if settings.size < 2 {
        return Err("the size is 2 at least".to_owned());
    }
    let mut files =
        vec![("deserialization", crypto::deserialization()?), ("tree-math", tree::tree_math(settings.size)?)];
    for (name, make) in FILES {
        progress(name);
        let mut cases = Vec::new();
        for suite in &settings.suites {
            let made = Source::new(provider, *suite, settings, name).and_then(|mut source| make(&mut source));
            cases.extend(made.map_err(|error| format!("{name}, suite {}: {error}", suite.0))?);
        }
        files.push((name, cases));
    }
    Ok(files)
}

/// Writes the files, one case a line.
///
/// # Errors
/// What keeps them from being written.
pub fn write(folder: &Path, files: &[(&'static str, Vec<Value>)]) -> Result<(), String> {
    must("folder", std::fs::create_dir_all(folder))?;
    for (name, cases) in files {
        let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
        let text = format!("[\n{}\n]\n", lines.join(",\n"));
        must(name, std::fs::write(folder.join(name).with_extension("json"), text))?;
    }
    Ok(())
}
