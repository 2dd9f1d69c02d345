//! Building the copy, and what the compiler says of it.

use core::ops::Range;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::workshop::Workshop;

/// An error of the compiler.
#[derive(Clone, Debug, Default)]
pub(super) struct Diagnostic {
    pub(super) code: String,
    pub(super) message: String,
    /// Files and bytes that it is about, the main ones first.
    pub(super) spans: Vec<(PathBuf, Range<usize>)>,
    pub(super) rendered: String,
}

/// A test binary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Binary {
    pub(super) package: String,
    /// The name of the file in `tests/`; none for the library's own.
    pub(super) target: Option<String>,
    pub(super) executable: PathBuf,
}

/// What came of a build.
pub(super) enum Built {
    Done(Vec<Binary>),
    Failed(Vec<Diagnostic>),
}

/// Which tests to build: packages, and files in `tests/`.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets {
    pub(super) packages: BTreeSet<String>,
    pub(super) files: BTreeSet<String>,
    pub(super) examples: BTreeSet<String>,
}

/// Features that tests need, as the Makefile turns them on.
const FEATURES: [&str; 6] = [
    "mls-core/conformance",
    "mls-core/hazmat",
    "mls-crypto-rustcrypto/curve448",
    "mls-crypto-traits/conformance",
    "mls-identity-x509/issue",
    "mls-identity-x509/native-roots",
];

impl Workshop {
    /// Checks that libraries compile.
    pub(super) fn check(&self, packages: &BTreeSet<String>) -> Result<Built, String> {
        let mut arguments = vec!["check".to_owned(), "--lib".to_owned(), "--keep-going".to_owned()];
        arguments.extend(packages.iter().flat_map(|package| ["-p".to_owned(), package.clone()]));
        arguments.extend(features(packages));
        self.cargo(&arguments)
    }

    /// Builds tests.
    pub(super) fn build(&self, targets: &Targets) -> Result<Built, String> {
        let mut arguments = vec!["test".to_owned(), "--no-run".to_owned(), "--lib".to_owned()];
        arguments.extend(targets.packages.iter().flat_map(|package| ["-p".to_owned(), package.clone()]));
        arguments.extend(targets.files.iter().flat_map(|file| ["--test".to_owned(), file.clone()]));
        arguments.extend(targets.examples.iter().flat_map(|file| ["--example".to_owned(), file.clone()]));
        arguments.extend(features(&targets.packages));
        self.cargo(&arguments)
    }

    fn cargo(&self, arguments: &[String]) -> Result<Built, String> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.copy).args(arguments).args(["--message-format", "json"]);
        command.arg("--target-dir").arg(&self.target_dir);
        let output = command.output().map_err(|error| format!("cargo: {error}"))?;
        let mut errors = Vec::new();
        let mut binaries = Vec::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
            errors.extend(message.get("message").and_then(diagnostic));
            binaries.extend(binary(&message));
        }
        if output.status.success() {
            return Ok(Built::Done(binaries));
        }
        if errors.is_empty() {
            return Err(format!("cargo {}:\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)));
        }
        Ok(Built::Failed(errors))
    }
}

fn features(packages: &BTreeSet<String>) -> Vec<String> {
    let chosen =
        FEATURES.iter().filter(|feature| feature.split('/').next().is_some_and(|package| packages.contains(package)));
    chosen.flat_map(|feature| ["--features".to_owned(), (*feature).to_owned()]).collect()
}

fn diagnostic(message: &Value) -> Option<Diagnostic> {
    if message.get("level")?.as_str()? != "error" {
        return None;
    }
    let text = |key: &str| message.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut spans: Vec<(bool, PathBuf, Range<usize>)> = Vec::new();
    for span in message.get("spans")?.as_array()? {
        let primary = span.get("is_primary").and_then(Value::as_bool) == Some(true);
        let mut span = Some(span);
        // What a macro makes is where it is called, too.
        while let Some(at) = span {
            let byte = |key: &str| at.get(key).and_then(Value::as_u64).and_then(|byte| usize::try_from(byte).ok());
            if let (Some(file), Some(start), Some(end)) =
                (at.get("file_name").and_then(Value::as_str), byte("byte_start"), byte("byte_end"))
            {
                spans.push((primary, file.into(), start..end));
            }
            span = at.get("expansion").and_then(|expansion| expansion.get("span"));
        }
    }
    spans.sort_by_key(|(primary, ..)| !primary);
    let code = message.get("code").and_then(|code| code.get("code")).and_then(Value::as_str);
    Some(Diagnostic {
        code: code.unwrap_or_default().to_owned(),
        message: text("message"),
        rendered: text("rendered"),
        spans: spans.into_iter().map(|(_, file, range)| (file, range)).collect(),
    })
}

fn binary(message: &Value) -> Option<Binary> {
    let executable = message.get("executable")?.as_str()?;
    let target = message.get("target")?;
    let kind = target.get("kind")?.as_array()?.first()?.as_str()?;
    // `path+file:///folder/mls-core#0.1.0`, or `path+file:///folder#mls-core@0.1.0`.
    let id = message.get("package_id")?.as_str()?;
    let (path, version) = id.rsplit_once('#')?;
    let package = match version.split_once('@') {
        Some((name, _)) => name,
        None => path.rsplit('/').next()?,
    };
    let name = target.get("name")?.as_str()?;
    Some(Binary {
        package: package.to_owned(),
        target: (kind != "lib").then(|| name.to_owned()),
        executable: executable.into(),
    })
}
