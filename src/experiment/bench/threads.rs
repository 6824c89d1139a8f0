//! What two threads reach of what two processes reach: how well one batch is split, apart from what the machine's
//! cores take from each other.

use super::machine::Machine;
use super::measure::{Timed, median};
use super::worker::{Job, Worker, processors, together};
use super::{MOST_ROWS, Workload};
use serde::Serialize;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Workloads.
    pub workloads: Vec<Workload>,
    /// Examples per update.
    pub batch: usize,
    /// Seconds of a window in which both sides of a pair train.
    pub seconds: f64,
    /// Windows per side.
    pub rounds: usize,
    /// Arguments that make this program a worker (see [`super::worker::serve`]).
    pub worker: &'static [&'static str],
}

/// One row of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the workload.
    pub workload: String,
    /// Examples per update.
    pub batch: usize,
    /// Name of the rule.
    pub rule: String,
    /// Threads that share the batch.
    pub threads: usize,
    /// Updates per second of one process with two threads, median over windows.
    pub updates_per_second: f64,
    /// Updates per second of two processes with a thread each, added up.
    pub of_two_processes: f64,
    /// The first over the second, median over pairs of windows.
    pub share_of_two: f64,
}

/// The report, as `--json` writes it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The limits.
    pub machine: Machine,
    /// True if every process stayed on processors of its own.
    pub bound: bool,
    /// One row per workload and rule.
    pub results: Vec<Row>,
}

/// Measures; `each` gets every row as it comes.
///
/// # Errors
/// One line.
pub fn run(plan: &Plan, mut each: impl FnMut(&Row)) -> Result<Report, String> {
    debug_assert!(plan.batch <= MOST_ROWS);
    let machine = Machine::measure();
    let free = processors();
    let (mut bound, mut results) = (true, Vec::new());
    for workload in &plan.workloads {
        for rule in Timed::ALL {
            let start = |threads, processors: &[usize]| {
                let job = Job {
                    spec: workload.spec.clone(),
                    batch: plan.batch,
                    rule: rule.name(),
                    threads,
                    processors: processors.to_vec(),
                };
                Worker::start(plan.worker, &job)
            };
            let two = free.get(..2).unwrap_or_default();
            let mut alone = [start(2, two)?];
            let mut pair = [
                start(1, two.get(..1).unwrap_or_default())?,
                start(1, two.get(1..).unwrap_or_default())?,
            ];
            bound &= alone.iter().chain(&pair).all(|worker| worker.bound);
            let mut rates = Vec::new();
            for round in 0..plan.rounds {
                // Alternating which side is first, so that a drift of the machine cancels.
                let (a, b) = if round % 2 == 0 {
                    let a = together(&mut alone, plan.seconds)?;
                    (a, together(&mut pair, plan.seconds)?)
                } else {
                    let b = together(&mut pair, plan.seconds)?;
                    (together(&mut alone, plan.seconds)?, b)
                };
                rates.push((a, b));
            }
            let of =
                |f: &dyn Fn(&(f64, f64)) -> f64| median(&rates.iter().map(f).collect::<Vec<_>>());
            let row = Row {
                workload: workload.name.to_owned(),
                batch: plan.batch,
                rule: rule.name(),
                threads: 2,
                updates_per_second: of(&|r| r.0),
                of_two_processes: of(&|r| r.1),
                share_of_two: of(&|r| r.0 / r.1),
            };
            each(&row);
            results.push(row);
        }
    }
    Ok(Report {
        machine,
        bound,
        results,
    })
}
