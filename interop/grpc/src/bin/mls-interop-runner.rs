//! Drives servers of the working group's interoperability interface through scenario files.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use interop_grpc::runner::{Plan, Server, read_scenarios, run};

const HELP: &str = "\
mls-interop-runner: drives MLS clients over gRPC through the working group's scenario files

Usage: mls-interop-runner --client HOST:PORT ... --config FILE ... [options]

  --client HOST:PORT      a server of the interface; may be repeated
  --config FILE           a scenario file (JSON); may be repeated
  --suites N[,N..]        the cipher suites (default: all that any server has)
  --mode MODE             handshakes in the clear or encrypted: public, private, both (default)
  --max-assignments N     of each scenario, suite and mode, try at most N assignments of actors to servers (default 9)
  --seed N                which those are, where there are more (default 9420)
  --jobs N                runs under way at once (default 4)

Every scenario is run in every suite with the servers that have it. The table has a column for each suite and mode
(pub: handshakes in the clear; priv: encrypted) and says how many assignments passed. The exit code is 0 only if all
have, and no scenario was left out or met a call that is not implemented.
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match drive(std::env::args().skip(1).collect()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mls-interop-runner: {error}");
            ExitCode::from(2)
        }
    }
}

async fn drive(arguments: Vec<String>) -> Result<bool, Box<dyn core::error::Error + Send + Sync>> {
    let (mut servers, mut scenarios, mut plan) = (Vec::new(), Vec::new(), Plan::default());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} lacks its value"));
        match argument.as_str() {
            "--client" => servers.push(Arc::new(Server::connect(&value()?).await?)),
            "--config" => {
                let path = value()?;
                let json = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
                let name = Path::new(&path).file_stem().unwrap_or_default().to_string_lossy();
                scenarios.extend(read_scenarios(&name, &json)?.into_iter().map(Arc::new));
            }
            "--suites" => plan.suites = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--mode" => {
                plan.modes = match value()?.as_str() {
                    "public" => vec![false],
                    "private" => vec![true],
                    "both" => vec![false, true],
                    other => return Err(format!("no mode is called {other}").into()),
                }
            }
            "--max-assignments" => plan.max_assignments = value()?.parse()?,
            "--seed" => plan.seed = value()?.parse()?,
            "--jobs" => plan.jobs = value()?.parse()?,
            "--help" | "-h" => {
                print!("{HELP}");
                return Ok(true);
            }
            _ => return Err(format!("{argument} is not known; see --help").into()),
        }
    }
    if servers.is_empty() || scenarios.is_empty() {
        return Err("there is no --client or no --config; see --help".into());
    }
    for server in &servers {
        println!("{} at {}: suites {:?}", server.name, server.address, server.suites);
    }
    println!("seed {}, at most {} assignments\n", plan.seed, plan.max_assignments);
    let report = run(&servers, &scenarios, &plan).await;
    print!("{report}");
    Ok(report.all_passed())
}
