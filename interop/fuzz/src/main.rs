//! Runs fuzz targets on inputs, and on mutations of them, and writes their seeds.
#![expect(clippy::disallowed_methods, reason = "a tool that runs for some seconds")]

use core::error::Error;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use interop_fuzz::mutate::{Chance, mutated, name_of};
use interop_fuzz::{TARGETS, Target, target};

const HELP: &str = "\
Runs fuzz targets.

  mls-fuzz list                         the targets, a line each
  mls-fuzz seeds [FOLDER]               write the seeds of every target to FOLDER/TARGET/NAME
  mls-fuzz run TARGET FILE..            run a target on files, and on all files of folders
  mls-fuzz mutate TARGET [OPTION VALUE]..  run it on mutations of its corpus and seeds
      --seconds N    for so long (60)
      --seed S       the mutations of this seed (1)
      --failures F   write inputs that fail to this folder (.)

FOLDER is interop/fuzz/corpora of the repository unless given.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [] | ["--help" | "-h" | "help", ..] => {
            print!("{HELP}");
            Ok(true)
        }
        ["list"] => {
            for Target { name, about, .. } in TARGETS {
                println!("{name:12} {about}");
            }
            Ok(true)
        }
        ["seeds"] => seeds(&corpora()),
        ["seeds", folder] => seeds(Path::new(folder)),
        ["run", name, files @ ..] if !files.is_empty() => run(name, files),
        ["mutate", name, options @ ..] => mutate(name, options),
        _ => Err("see --help".into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mls-fuzz: {error}");
            ExitCode::from(2)
        }
    }
}

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora")
}

fn named(name: &str) -> Result<&'static Target, Box<dyn Error>> {
    target(name).ok_or_else(|| format!("no target {name}; see `mls-fuzz list`").into())
}

fn seeds(folder: &Path) -> Result<bool, Box<dyn Error>> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder)?;
        for seed in (target.seeds)() {
            fs::write(folder.join(&seed.name), &seed.bytes)?;
        }
    }
    Ok(true)
}

/// A file and what is in it.
type InputFile = (PathBuf, Vec<u8>);

/// These files, and those in these folders, in order of their names.
fn inputs(paths: &[&str]) -> Result<Vec<InputFile>, Box<dyn Error>> {
    let mut files = Vec::new();
    for path in paths.iter().map(PathBuf::from) {
        if path.is_dir() {
            let mut inside =
                fs::read_dir(&path)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, Box<dyn Error>>>()?;
            inside.sort();
            files.append(&mut inside);
        } else {
            files.push(path);
        }
    }
    files
        .into_iter()
        .map(|file| Ok((file.clone(), fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?)))
        .collect()
}

fn run(name: &str, paths: &[&str]) -> Result<bool, Box<dyn Error>> {
    let target = named(name)?;
    let mut good = true;
    for (path, bytes) in inputs(paths)? {
        let passed = passes(target, &bytes);
        println!("{} {}", if passed { "ok    " } else { "FAILED" }, path.display());
        good &= passed;
    }
    Ok(good)
}

fn passes(target: &Target, bytes: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).is_ok()
}

fn mutate(name: &str, options: &[&str]) -> Result<bool, Box<dyn Error>> {
    let target = named(name)?;
    let (mut seconds, mut seed, mut failures) = (60_u64, 1_u64, PathBuf::from("."));
    for option in options.chunks(2) {
        match *option {
            ["--seconds", value] => seconds = value.parse()?,
            ["--seed", value] => seed = value.parse()?,
            ["--failures", value] => failures = value.into(),
            _ => return Err("see --help".into()),
        }
    }
    let folder = corpora().join(name);
    let mut corpus: Vec<Vec<u8>> = (target.seeds)().into_iter().map(|seed| seed.bytes).collect();
    if let Some(folder) = folder.to_str().filter(|_| folder.is_dir()) {
        corpus.extend(inputs(&[folder])?.into_iter().map(|(_, bytes)| bytes));
    }
    corpus.sort();
    corpus.dedup();

    let mut chance = Chance::new(seed);
    let begin = Instant::now();
    let (mut runs, mut said, mut failed) = (0_u64, 0_u64, 0_u32);
    while begin.elapsed() < Duration::from_secs(seconds) && failed < 10 {
        let mut any = || corpus.get(chance.below(corpus.len())).map_or(&[][..], Vec::as_slice);
        let (one, other) = (any(), any());
        let bytes = mutated(one, other, &mut chance);
        runs = runs.saturating_add(1);
        if !passes(target, &bytes) {
            failed = failed.saturating_add(1);
            fs::create_dir_all(&failures)?;
            let file = failures.join(format!("{name}-{}", name_of(&bytes)));
            fs::write(&file, &bytes)?;
            println!("FAILED; again by: mls-fuzz run {name} {}", file.display());
        }
        let elapsed = begin.elapsed().as_secs();
        if elapsed >= said.saturating_add(5) || elapsed >= seconds {
            said = elapsed;
            println!(
                "{name}: {elapsed} s, {runs} runs, {}/s, {failed} failed",
                runs.checked_div(elapsed).unwrap_or(runs)
            );
        }
    }
    Ok(failed == 0)
}
