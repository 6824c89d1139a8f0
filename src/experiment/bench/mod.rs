//! The benchmark: how long one update takes, beside what this machine could do at most.
//!
//! Rates are stated as shares of limits measured in the same run, and rules as ratios to backpropagation, since absolute times
//! say more about the machine than about the engine.

pub mod machine;
pub mod measure;
pub mod protocol;
pub mod scaling;
pub mod threads;
pub mod worker;
pub mod workloads;

use machine::Machine;
use measure::{Timed, gflops, interleaved};
use serde::Serialize;
use workloads::{Workload, work};

/// Most examples of a batch.
pub const MOST_ROWS: usize = 16_384;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Workloads.
    pub workloads: Vec<Workload>,
    /// Batch sizes.
    pub batches: Vec<usize>,
    /// Threads that share a batch.
    pub threads: usize,
    /// Seconds per rule of a workload.
    pub seconds: f64,
    /// Least number of chunks per rule.
    pub turns: usize,
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
    /// Median over chunks, in milliseconds.
    pub ms_per_update: f64,
    /// The shortest chunk.
    pub ms_min: f64,
    /// Operations of the rule by the common model over the median time: work done twice shows as a low rate, levels skipped that
    /// no error has reached yet as a high one, even above the peak.
    pub gflops: f64,
    /// The same as a share of the multiply-add peak of all threads.
    pub share_of_peak: f64,
    /// Bytes of weights that must pass through the cache over the median time, as a share of the measured rate of reading.
    pub share_of_bandwidth: f64,
    /// Median time over the physical limit (see [`Machine::limit_ms`]), which the threads share.
    pub times_limit: f64,
    /// Median time over that of backpropagation in the same run.
    pub ratio_to_bp: f64,
}

/// The report, as `--json` writes it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The limits.
    pub machine: Machine,
    /// One row per workload, batch and rule.
    pub results: Vec<Row>,
}

/// Measures; `each` gets every workload's rows as they come.
///
/// # Errors
/// One line.
pub fn run(plan: &Plan, mut each: impl FnMut(&[Row])) -> Result<Report, String> {
    let machine = Machine::measure();
    let mut results = Vec::new();
    for workload in &plan.workloads {
        let network = workload.spec.plan().map_err(|e| e.to_string())?;
        let numbers = network.parameter_count();
        for &batch in &plan.batches {
            let rules = Timed::ALL;
            let runners = interleaved(
                &network,
                batch,
                &rules,
                plan.threads,
                plan.seconds,
                plan.turns,
            )?;
            let bp = runners[0].median();
            let cores = plan.threads.min(machine.processors) as f64;
            let rows: Vec<_> = rules
                .iter()
                .zip(&runners)
                .map(|(&rule, runner)| {
                    let ms = runner.median();
                    let least = work(&network, batch, rule.steps());
                    let rate = gflops(&network, batch, rule, ms);
                    let bytes = least.weight_bytes / ms * 1e-6;
                    Row {
                        workload: workload.name.to_owned(),
                        batch,
                        rule: rule.name(),
                        threads: plan.threads,
                        ms_per_update: ms,
                        ms_min: runner.least(),
                        gflops: rate,
                        share_of_peak: rate / (machine.fma_gflops * cores),
                        share_of_bandwidth: bytes / machine.read_rate(4.0 * numbers as f64),
                        times_limit: ms * cores / machine.limit_ms(&least, numbers),
                        ratio_to_bp: ms / bp,
                    }
                })
                .collect();
            each(&rows);
            results.extend(rows);
        }
    }
    Ok(Report { machine, results })
}
