//! `mls-vectors`: checks the working group's official test vectors.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use interop::vectors::{backends, verify};

const HELP: &str = "\
Checks the official test vectors of RFC 9420, every file in full, on every crypto backend, and prints a table.

Usage: mls-vectors verify [DIR] [--backend NAME]

  DIR             the folder with the JSON files; else MLS_TEST_VECTORS, else ../shared/test-vectors
  --backend NAME  only this backend
  --help          this text

Exits with 0 where every case was run and passed, or where the folder is not there; with 1 where one was not;
with 2 where the call is wrong.";

struct Options {
    folder: PathBuf,
    backend: Option<String>,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("mls-vectors: {error}; see --help");
            return ExitCode::from(2);
        }
    };
    let mut backends = match backends() {
        Ok(backends) => backends,
        Err(error) => {
            eprintln!("mls-vectors: a backend does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(name) = &options.backend {
        backends.retain(|backend| backend.name == name);
        if backends.is_empty() {
            eprintln!("mls-vectors: there is no backend {name}");
            return ExitCode::from(2);
        }
    }
    if !options.folder.is_dir() {
        println!("skipped: there are no test vectors in {}", options.folder.display());
        return ExitCode::SUCCESS;
    }
    let table = verify(&options.folder, &backends, |file| eprintln!("{file} ..."));
    println!("{table}");
    if table.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The options; none where help is asked for.
fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut folder = None;
    let mut backend = None;
    match arguments.next().as_deref() {
        Some("verify") => {}
        Some("--help" | "-h") | None => return Ok(None),
        Some(other) => return Err(format!("unknown command {other}")),
    }
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--backend" => backend = Some(arguments.next().ok_or("--backend takes a name")?),
            option if option.starts_with('-') => return Err(format!("unknown option {option}")),
            _ if folder.is_some() => return Err(format!("one folder too many: {argument}")),
            _ => folder = Some(PathBuf::from(argument)),
        }
    }
    let folder = folder
        .or_else(|| std::env::var_os("MLS_TEST_VECTORS").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/test-vectors"));
    Ok(Some(Options { folder, backend }))
}
