//! `mls-conformance`: prints which test proves which requirement of RFC 9420.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use interop::conformance::breaking::{self, Plan};
use interop::conformance::lists::Lists;
use interop::conformance::ran::Ran;
use interop::conformance::{Matrix, Sources, json, missing, table, totals};

const HELP: &str = "\
Prints the matrix of RFC 9420's requirements: for each the lines that enforce it and the tests that name it, then the
catalogue of bad input. Ids stand in comments: `// req: R-12.4.2-07` at lines and tests, `// bad: valn-1202` at tests.

Usage: mls-conformance [--table|--json|--missing|--totals] [--strict] [--ran FILE]... [--root DIR]
       mls-conformance break [--sample N] [--seed N] [--only ID]... [--package NAME]... [--fast]
                             [--write FILE] [--list] [--target-dir DIR] [--root DIR]
       mls-conformance mutants [--only PART]... [--again FILE] [--write FILE] [--list] [--target-dir DIR] [--root DIR]

  --table       the matrix for readers (the default)
  --json        the matrix for programs
  --missing     only what is wrong and what is not there, a line each
  --totals      only the numbers
  --strict      fail where a comment or list is wrong, a testable row has no line or no test and no reason for that in
                interop/conformance/exceptions.tsv, or a test did not run
  --ran FILE    tests named in the matrix have to be in this report: nextest's list
                (`cargo nextest list --message-format json`), its JUnit report, or the output of its run
  --root DIR    the root of the workspace; else the one that this was built from

break: disables, or negates, each line that carries an id, in a copy of the sources; of the tests of each id one has to
fail. All changes are compiled at once, each behind a switch; only what can have none is built by itself.
mutants: breaks everything in the modules that validate, each thing by itself; a test of mls-core has to fail.
  --sample N        only so many lines, chosen by --seed (0 unless told); else all
  --only ID         only lines of this requirement; only mutants in files with this in their path
  --package NAME    only lines and tests of this package; ids without tests there are passed over
  --fast            leave alone what can have no switch: constants, types, macros
  --again FILE      of mutants, only those that survive in this table; the others are as it says
  --write FILE      write what became of each as a table
  --list            print what would be changed, run nothing
  --target-dir DIR  where to build; else target, which has the dependencies already

Exits with 0; with 1 where --strict finds something, a line was broken and every test of an id of it still passed, fewer
than nine mutants of ten were caught, or one survives without a reason in interop/conformance/survivors.tsv; with 2 where
the call is wrong, a list does not parse, or nothing can be built.";

#[derive(Default)]
struct Options {
    show: Option<String>,
    strict: bool,
    ran: Vec<PathBuf>,
    root: Option<PathBuf>,
    breaking: Option<Plan>,
    mutants: bool,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("mls-conformance: {error}; see --help");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mls-conformance: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<bool, String> {
    let root = options.root.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
    let lists = Lists::read(&root.join("interop"))?;
    let sources = Sources::read(&root).map_err(|error| error.to_string())?;
    let mut ran: Option<Ran> = None;
    for file in &options.ran {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let more = Ran::parse(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        ran.get_or_insert_default().extend(more);
    }
    let matrix = Matrix::new(lists, &sources, ran.as_ref());
    if let Some(plan) = options.breaking.as_ref().filter(|_| options.mutants) {
        return breaking::mutants(&root, &matrix, plan);
    }
    if let Some(plan) = &options.breaking {
        return breaking::run(&root, &matrix, plan);
    }
    let text = match options.show.as_deref() {
        Some("--json") => json(&matrix),
        Some("--missing") => missing(&matrix),
        Some("--totals") => totals(&matrix),
        _ => format!("{}\n{}\n{}", table(&matrix), missing(&matrix), totals(&matrix)),
    };
    // A reader that has seen enough is no error.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
    Ok(!options.strict || matrix.faults.is_empty() && matrix.gaps.is_empty())
}

/// The options; none where help is asked for.
fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options::default();
    let mut arguments = arguments.peekable();
    if arguments.next_if(|first| first == "break").is_some() {
        options.breaking = Some(Plan::default());
    }
    if arguments.next_if(|first| first == "mutants").is_some() {
        options.breaking = Some(Plan::default());
        options.mutants = true;
    }
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} takes a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text} is no number"));
        match (argument.as_str(), &mut options.breaking) {
            ("--help" | "-h", _) => return Ok(None),
            ("--root", _) => options.root = Some(value()?.into()),
            ("--table" | "--json" | "--missing" | "--totals", None) => options.show = Some(argument),
            ("--strict", None) => options.strict = true,
            ("--ran", None) => options.ran.push(value()?.into()),
            ("--sample", Some(plan)) => {
                plan.sample = Some(usize::try_from(number(value()?)?).map_err(|e| e.to_string())?)
            }
            ("--seed", Some(plan)) => plan.seed = number(value()?)?,
            ("--only", Some(plan)) => plan.only.push(value()?),
            ("--package", Some(plan)) => plan.packages.push(value()?),
            ("--target-dir", Some(plan)) => plan.target_dir = Some(value()?.into()),
            ("--fast", Some(plan)) => plan.fast = true,
            ("--list", Some(plan)) => plan.list = true,
            ("--again", Some(plan)) => plan.again = Some(value()?.into()),
            ("--write", Some(plan)) => plan.write = Some(value()?.into()),
            (other, _) => return Err(format!("unknown option {other}")),
        }
    }
    Ok(Some(options))
}
