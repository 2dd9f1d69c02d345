//! `mls`: shows what MLS objects are.
#![forbid(unsafe_code)]

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use interop::inspect::{Drawing, Hints, Kind, bytes_of, inspect, surroundings};
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::CipherSuite;

const HELP: &str = "\
Shows an MLS object (RFC 9420): every field with its name, and what can be verified without the group.

Usage: mls inspect FILE|- [options]

  FILE|-               the object, or - for standard input: binary, hexadecimal or base64; found out by itself
  --as KIND            message (anything in an MLSMessage), tree, key-package, group-info, welcome, leaf, or export
                       (a group that was moved out of a store); else they are tried in this order
  --json               for programs: {kind, object, checks}
  --tree text|dot|svg  draw the ratchet tree of a tree, GroupInfo or export, instead: blanks are dashed or ( ), each
                       parent tells the leaves below it that do not know its key
  --ratchet-tree FILE  the tree of a GroupInfo that has none inside
  --suite N            the cipher suite of a tree or leaf; else the one that its keys fit
  --secrets            print the secrets of an export; else only their lengths
  --help               this text

Verified are: signatures and keys of a KeyPackage; signature, tree hash, parent hashes and the whole tree of a GroupInfo;
tree hash, parent hashes and the whole tree of an export; tree hash, parent hashes, unmerged leaves and uniqueness of keys
of a tree. `unknown` tells what it would take.

Exits with 0; with 1 where something is wrong with the object, or where it cannot be read (then the byte and the reason
are told); with 2 where the call is wrong.";

#[derive(Default)]
struct Options {
    file: String,
    kind: Option<Kind>,
    json: bool,
    drawing: Option<Drawing>,
    tree: Option<Vec<u8>>,
    secrets: bool,
    suite: Option<CipherSuite>,
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)).and_then(|options| options.map_or(Ok(true), |options| run(&options))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mls: {error}; see --help");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<bool, String> {
    let (form, bytes) = bytes_of(&read(&options.file)?);
    let hints =
        Hints { kind: options.kind, suite: options.suite, tree: options.tree.as_deref(), secrets: options.secrets };
    let report = match inspect(&bytes, hints, &RustCryptoProvider::new()) {
        Ok(report) => report,
        Err(unreadable) => {
            eprintln!("mls: {} bytes, read as {form:?}, are no MLS object", bytes.len());
            for (kind, error) in unreadable.0 {
                eprintln!("  as {}: {error}: {}", kind.name(), surroundings(&bytes, error.offset()));
            }
            return Ok(false);
        }
    };
    let text = match (options.drawing, options.json) {
        (Some(drawing), _) => drawing.of(report.tree.as_ref().ok_or("there is no ratchet tree in it")?),
        (None, true) => format!("{:#}\n", report.json()),
        (None, false) => report.text(),
    };
    // A reader that has seen enough is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(!report.checks.iter().any(|check| matches!(check.result, Some(Err(_)))))
}

fn read(file: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = if file == "-" {
        std::io::stdin().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(file).map(|found| bytes = found)
    };
    read.map_err(|error| format!("{file}: {error}"))?;
    Ok(bytes)
}

/// The options; none where help is asked for.
fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options::default();
    match arguments.next().as_deref() {
        Some("inspect") => {}
        Some("--help" | "-h") | None => {
            println!("{HELP}");
            return Ok(None);
        }
        Some(other) => return Err(format!("unknown command {other}")),
    }
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} takes a value"));
        match argument.as_str() {
            "--help" | "-h" => {
                println!("{HELP}");
                return Ok(None);
            }
            "--json" => options.json = true,
            "--secrets" => options.secrets = true,
            "--as" => {
                let name = value()?;
                let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
                options.kind = Some(kind.ok_or_else(|| format!("unknown kind {name}"))?);
            }
            "--tree" => {
                options.drawing = Some(match value()?.as_str() {
                    "text" => Drawing::Text,
                    "dot" => Drawing::Dot,
                    "svg" => Drawing::Svg,
                    other => return Err(format!("unknown drawing {other}")),
                });
            }
            "--ratchet-tree" => options.tree = Some(bytes_of(&read(&value()?)?).1),
            "--suite" => {
                let number = value()?;
                options.suite = Some(CipherSuite(number.parse().map_err(|_| format!("{number} is no suite"))?));
            }
            option if option.starts_with("--") => return Err(format!("unknown option {option}")),
            _ if options.file.is_empty() => options.file = argument,
            _ => return Err(format!("one file too many: {argument}")),
        }
    }
    if options.file.is_empty() { Err("there is no file".to_owned()) } else { Ok(Some(options)) }
}
