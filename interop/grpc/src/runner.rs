//! A runner: drives servers of the interface through the working group's scenario files.

mod assign;
mod play;
mod report;
mod script;
mod server;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::task::JoinSet;

pub use report::{Outcome, Report};
pub use script::{Scenario, read_scenarios};
pub use server::Server;

use assign::assignments;
use play::Play;

/// What is to be run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The cipher suites; none for all that servers have.
    pub suites: Vec<u32>,
    /// Whether handshakes are encrypted, for each run to be made.
    pub modes: Vec<bool>,
    /// How many assignments of actors to servers are tried at most, of each scenario in each suite and mode.
    pub max_assignments: usize,
    /// Which assignments those are, where there are more.
    pub seed: u64,
    /// How many runs are under way at once.
    pub jobs: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self { suites: Vec::new(), modes: vec![false, true], max_assignments: 9, seed: 9420, jobs: 4 }
    }
}

/// Runs every scenario in every suite and mode, with every assignment of its actors to servers that have the suite.
pub async fn run(servers: &[Arc<Server>], scenarios: &[Arc<Scenario>], plan: &Plan) -> Report {
    let mut suites = plan.suites.clone();
    if suites.is_empty() {
        suites = servers.iter().flat_map(|server| server.suites.iter().copied()).collect();
        suites.sort_unstable();
        suites.dedup();
    }
    let mut report = Report::new(&suites, &plan.modes, scenarios);
    let mut running = JoinSet::new();
    for (scenario_at, scenario) in scenarios.iter().enumerate() {
        for &suite in &suites {
            let able: Vec<_> = servers.iter().filter(|server| server.suites.contains(&suite)).cloned().collect();
            let actors = scenario.actors();
            for &encrypt in &plan.modes {
                let (chosen, all) = assignments(able.len(), actors.len(), plan.max_assignments, plan.seed);
                report.expect(scenario_at, suite, encrypt, chosen.len(), all);
                for places in chosen {
                    let servers = places.iter().filter_map(|place| able.get(*place)).cloned();
                    let play = Play::new(suite, encrypt, actors.iter().cloned().zip(servers));
                    let scenario = Arc::clone(scenario);
                    if running.len() >= plan.jobs.max(1) {
                        report.take(running.join_next().await);
                    }
                    running.spawn(async move { (scenario_at, suite, encrypt, play.run(&scenario).await) });
                }
            }
        }
    }
    while let Some(ended) = running.join_next().await {
        report.take(Some(ended));
    }
    report
}
