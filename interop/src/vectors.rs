//! The working group's official test vectors, every file in full, on every backend.

mod cases;
mod crypto;
mod framing;
pub mod generate;
mod passive;
mod table;
mod tree;

use std::path::Path;
use std::sync::Arc;

use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_openssl::OpenSslProvider;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{CipherSuite, CryptoError, CryptoProvider, Suite};
use serde_json::Value;

pub use cases::Outcome;
pub use table::{Row, Table};

/// A crypto provider with its name in the table.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The name.
    pub name: &'static str,
    /// The provider.
    pub provider: Arc<dyn CryptoProvider>,
    /// The suites that its library does not have. It must have all others.
    pub lacks: &'static [u16],
}

/// Checks one case of a file.
type Check = fn(&dyn CryptoProvider, Value) -> Outcome;

/// Each file with its check. The names are those of the working group.
const FILES: [(&str, Check); 16] = [
    ("crypto-basics", crypto::crypto_basics),
    ("deserialization", crypto::deserialization),
    ("key-schedule", crypto::key_schedule),
    ("message-protection", framing::message_protection),
    ("messages", framing::messages),
    ("passive-client-handling-commit", passive::passive_client),
    ("passive-client-random", passive::passive_client),
    ("passive-client-welcome", passive::passive_client),
    ("psk_secret", crypto::psk_secret),
    ("secret-tree", crypto::secret_tree),
    ("transcript-hashes", crypto::transcript_hashes),
    ("tree-math", tree::tree_math),
    ("tree-operations", tree::tree_operations),
    ("tree-validation", tree::tree_validation),
    ("treekem", tree::treekem),
    ("welcome", framing::welcome),
];

/// The backends of this build.
///
/// # Errors
/// What keeps OpenSSL from starting.
pub fn backends() -> Result<Vec<Backend>, CryptoError> {
    Ok(vec![
        Backend { name: "rustcrypto", provider: Arc::new(RustCryptoProvider::new()), lacks: &[] },
        Backend { name: "openssl", provider: Arc::new(OpenSslProvider::new()?), lacks: &[] },
        Backend { name: "awslc", provider: Arc::new(AwsLcProvider::new()), lacks: &[4, 6] },
    ])
}

/// The names of the files.
pub fn files() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// Runs every case of every file in `folder` on every backend. `progress` is told each file as it begins.
///
/// A file that is missing or does not parse is a row that failed.
pub fn verify(folder: &Path, backends: &[Backend], mut progress: impl FnMut(&str)) -> Table {
    let mut table = Table::default();
    for (name, check) in FILES {
        progress(name);
        let cases = std::fs::read_to_string(folder.join(name).with_extension("json"))
            .map_err(|error| error.to_string())
            .and_then(|text| serde_json::from_str::<Vec<Value>>(&text).map_err(|error| error.to_string()));
        match cases {
            Ok(cases) => run_file(&mut table, name, check, &cases, backends),
            Err(error) => table.unreadable(name, &error),
        }
    }
    table
}

/// Runs the cases of one file, those of a suite that a backend is known to lack excepted.
fn run_file(table: &mut Table, name: &'static str, check: Check, cases: &[Value], backends: &[Backend]) {
    for backend in backends {
        for case in cases {
            table.expect(name, suite_of(case), backend.name);
        }
        for (number, case) in cases.iter().enumerate() {
            let suite = suite_of(case);
            let lacks = |id| backend.lacks.contains(&id) && backend.provider.provider(CipherSuite(id)).is_none();
            let outcome = (!suite.is_some_and(lacks)).then(|| check(backend.provider.as_ref(), case.clone()));
            table.count(name, suite, backend.name, number, outcome);
        }
    }
}

/// The suite that a case names; none where the file's cases have none.
fn suite_of(case: &Value) -> Option<u16> {
    case.get("cipher_suite").and_then(Value::as_u64).and_then(|id| u16::try_from(id).ok())
}

/// The backend's suite of that number.
fn suite(provider: &dyn CryptoProvider, id: u16) -> Result<Suite<'_>, String> {
    provider.suite(CipherSuite(id)).ok_or_else(|| format!("no cipher suite {id}"))
}

#[cfg(test)]
mod tests;
