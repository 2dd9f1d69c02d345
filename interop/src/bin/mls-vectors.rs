//! `mls-vectors`: checks the working group's official test vectors, and makes others of the same form.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use interop::vectors::generate::{Settings, generate, write};
use interop::vectors::{Backend, backends, verify};
use mls_crypto_traits::CipherSuite;

const HELP: &str = "\
Checks test vectors of RFC 9420 in the working group's format, every file in full, on every crypto backend, and prints a
table; or makes such files.

Usage: mls-vectors verify [DIR] [--backend NAME]
       mls-vectors generate --out DIR [--seed N] [--size N] [--suites LIST] [--backend NAME]

  DIR             the folder with the JSON files; else MLS_TEST_VECTORS, else ../shared/test-vectors
  --backend NAME  only this backend: rustcrypto (which generates by default), openssl, awslc
  --out DIR       where the files go; it is made if need be
  --seed N        everything random is drawn from it (default 0)
  --size N        how large trees, groups and histories get (default 8, at least 2)
  --suites LIST   the cipher suites, such as 1,2,3 (default all seven)
  --help          this text

Exits with 0 where every case was run and passed, or where the folder is not there; with 1 where one was not;
with 2 where the call is wrong.";

/// What is asked for.
enum Command {
    Help,
    Verify { folder: PathBuf, backend: Option<String> },
    Generate { out: PathBuf, settings: Settings, backend: Option<String> },
}

fn main() -> ExitCode {
    let command = match parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("mls-vectors: {error}; see --help");
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mls-vectors: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<bool, String> {
    match command {
        Command::Help => println!("{HELP}"),
        Command::Verify { folder, .. } if !folder.is_dir() => {
            println!("skipped: there are no test vectors in {}", folder.display());
        }
        Command::Verify { folder, backend } => {
            let table = verify(&folder, &chosen(backend)?, |file| eprintln!("{file} ..."));
            println!("{table}");
            return Ok(table.is_good());
        }
        Command::Generate { out, settings, backend } => {
            let backends = chosen(Some(backend.unwrap_or_else(|| "rustcrypto".to_owned())))?;
            let provider = &backends.first().ok_or("no backend")?.provider;
            let files = generate(&settings, provider.as_ref(), |file| eprintln!("{file} ..."))?;
            write(&out, &files)?;
            for (name, cases) in files {
                println!("{name}: {}", cases.len());
            }
        }
    }
    Ok(true)
}

/// The backends, or the one of that name.
fn chosen(name: Option<String>) -> Result<Vec<Backend>, String> {
    let mut backends = backends().map_err(|error| format!("a backend does not start: {error}"))?;
    if let Some(name) = name {
        backends.retain(|backend| backend.name == name);
        if backends.is_empty() {
            return Err(format!("there is no backend {name}"));
        }
    }
    Ok(backends)
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let command = arguments.next();
    let generating = match command.as_deref() {
        Some("verify") => false,
        Some("generate") => true,
        Some("--help" | "-h") | None => return Ok(Command::Help),
        Some(other) => return Err(format!("unknown command {other}")),
    };
    let (mut folder, mut out, mut backend) = (None, None, None);
    let mut settings = Settings { seed: 0, size: 8, suites: (1..=7).map(CipherSuite).collect() };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} takes a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--backend" => backend = Some(value()?),
            "--out" if generating => out = Some(PathBuf::from(value()?)),
            "--seed" if generating => settings.seed = number(&value()?)?,
            "--size" if generating => settings.size = number(&value()?)?,
            "--suites" if generating => {
                settings.suites =
                    value()?.split(',').map(|id| number(id).map(CipherSuite)).collect::<Result<_, _>>()?;
            }
            option if option.starts_with('-') => return Err(format!("unknown option {option}")),
            _ if generating || folder.is_some() => return Err(format!("one folder too many: {argument}")),
            _ => folder = Some(PathBuf::from(argument)),
        }
    }
    if generating {
        return Ok(Command::Generate { out: out.ok_or("--out is missing")?, settings, backend });
    }
    let folder = folder
        .or_else(|| std::env::var_os("MLS_TEST_VECTORS").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/test-vectors"));
    Ok(Command::Verify { folder, backend })
}

fn number<T: core::str::FromStr>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("{text} is no number"))
}
