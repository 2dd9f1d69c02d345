//! `mls-demo`: a group of processes over a local delivery service, with a transcript of what each can read.
#![forbid(unsafe_code)]

mod member;
// The example of the crate for X.509 credentials, as a scene of its own.
#[path = "../../../../mls-identity-x509/examples/organisation.rs"]
mod organisation;
mod process;
mod protocol;
mod report;
mod script;
mod service;

use core::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use mls_client::CipherSuite;

/// What goes wrong here is shown to a person.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

const HELP: &str = "\
mls-demo: an MLS group (RFC 9420) of four processes over a local delivery service

USAGE
    mls-demo [--suite N] [--dir DIR]

Starts a delivery service on an ephemeral port of 127.0.0.1 and four members, each a process of its own with its own
SQLite file, on different crypto backends: alice and dave on RustCrypto, bob on OpenSSL, carol on AWS-LC (on OpenSSL
with suites 4 and 6). Prints what they do and who can read what: joining by Welcome and by external commit, a race of
two commits, messages out of order and late, a member that is killed at several points and goes on, healing after a
theft, and a removal. At last an organisation of X.509 certificates renews one and revokes one. Takes a few seconds. Exits with 1 if anything is not as it should be.

OPTIONS
    --suite N    the cipher suite, 1 to 7 (default 1)
    --dir DIR    keep the members' files, DIR/NAME/mls.db, in DIR (default: a temporary directory, removed at the end)
    --help       this text
";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mls-demo: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Outcome<()> {
    let mut options = Options { suite: 1, dir: None, member: None, port: 0 };
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--help" | "-h" => {
                print!("{HELP}");
                return Ok(());
            }
            "--suite" => options.suite = value()?.parse()?,
            "--dir" => options.dir = Some(value()?.into()),
            // How the demo starts its members.
            "--member" => options.member = Some(value()?),
            "--port" => options.port = value()?.parse()?,
            _ => return Err(format!("unknown argument {argument}; see --help").into()),
        }
    }
    let suite = CipherSuite(options.suite);
    match (options.member, options.dir) {
        (Some(name), Some(dir)) => member::run(&name, &dir, options.port, suite),
        (Some(_), None) => Err("--member needs --dir".into()),
        (None, dir) => script::run(suite, dir),
    }
}

struct Options {
    suite: u16,
    dir: Option<PathBuf>,
    member: Option<String>,
    port: u16,
}
