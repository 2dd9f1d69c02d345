//! Groups whose members are ours and other implementations': every scenario with every peer in every suite, as a table;
//! then random histories.
//!
//! `mls-interop [--only TEXT] [--epochs N] [--seed N]`

mod caught;
mod histories;
mod matrix;
mod openmls;
mod peers;
mod ts_mls;
mod world;

use std::process::ExitCode;

const HELP: &str = "\
Plays groups of ours, mls-rs and OpenMLS, and prints what was played as a table.

Usage: interop-peers [OPTIONS]

  --only TEXT   the scenarios with this text in their line (`OpenMLS: ReInit`) and no others
  --ts SCRIPT   with ts-mls, by `ts/client.mjs` beside its node_modules, and not without
  --epochs N    random histories until all have agreed on so many epochs; 0 without this
  --seed N      the first history's seed; 9420 without this
";

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let number = |name: &str, otherwise: u64| match option(name).map(|text| text.parse()) {
        None => Some(otherwise),
        Some(number) => number.ok(),
    };
    let (Some(epochs), Some(seed)) = (number("--epochs", 0), number("--seed", 9420)) else {
        eprint!("{HELP}");
        return ExitCode::FAILURE;
    };
    if arguments.iter().any(|argument| argument == "--help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let only = option("--only").unwrap_or_default();
    caught::keep_panics();
    let jobs = std::thread::available_parallelism().map_or(1, core::num::NonZero::get);
    let sides = match option("--ts") {
        Some(script) => {
            ts_mls::SCRIPT.get_or_init(|| script);
            peers::TS_SIDES
        }
        None => peers::SIDES,
    };
    let mut wrong = matrix::run(sides, &only, jobs).report(&only);
    if epochs != 0 {
        wrong.extend(histories::run(usize::try_from(epochs).unwrap_or(usize::MAX), seed, jobs));
    }
    if wrong.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("\nWrong:");
    wrong.iter().for_each(|line| eprintln!("- {line}"));
    ExitCode::FAILURE
}
