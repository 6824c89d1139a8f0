//! A process that trains one workload when told to: what `bench --against-two-processes` sets against each other.
//!
//! The first line on standard input is a [`Job`] as JSON; once it is warm the worker says so. Every further line is a number
//! of seconds, written to all workers of a round together, which is what makes them start together; each is answered by the
//! updates per second. The worker ends with its input.

use super::measure::{Runner, Timed};
use super::workloads::Spec;
use crate::learning::Pool;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What a worker trains.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The network.
    pub spec: Spec,
    /// Examples per update.
    pub batch: usize,
    /// Name of the rule.
    pub rule: String,
    /// Threads that share a batch.
    pub threads: usize,
    /// Processors to stay on, where the system can bind a process; all if empty.
    pub processors: Vec<usize>,
}

/// Does a job; `say` gets one value per line read.
///
/// # Errors
/// One line about input that is no job or no number of seconds, or an update that diverged.
pub fn serve(
    mut lines: impl Iterator<Item = std::io::Result<String>>,
    mut say: impl FnMut(&Value),
) -> Result<(), String> {
    let first = lines
        .next()
        .ok_or("standard input: expected a job as JSON, found the end")?
        .map_err(|e| format!("standard input: {e}"))?;
    let job: Job = serde_json::from_str(&first)
        .map_err(|e| format!("standard input: {e}; expected a job as JSON"))?;
    let rule = Timed::named(&job.rule)
        .ok_or_else(|| format!("rule {:?}: expected that of a table row", job.rule))?;
    if !(1..=256).contains(&job.threads) || !(1..=super::MOST_ROWS).contains(&job.batch) {
        return Err("standard input: threads or batch out of range".into());
    }
    // Before the pool starts its threads, which inherit it.
    let bound = bind(&job.processors);
    let plan = job.spec.plan().map_err(|e| e.to_string())?;
    let pool = Pool::new(job.threads);
    let mut runner = Runner::new(&plan, job.batch, rule);
    runner.warm_up(&pool)?;
    say(&json!({"bound": bound}));
    for line in lines {
        let line = line.map_err(|e| format!("standard input: {e}"))?;
        let seconds = line
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|s| (0.0..=600.0).contains(s))
            .ok_or_else(|| format!("standard input: {line:?}, expected seconds"))?;
        say(&json!({"updates_per_second": runner.rate(&pool, seconds)?}));
    }
    Ok(())
}

/// Binds this process to some processors; false if there are none, or the system does not offer it.
#[cfg(target_os = "linux")]
fn bind(processors: &[usize]) -> bool {
    use rustix::thread::{CpuSet, sched_setaffinity};
    let mut set = CpuSet::new();
    for &p in processors.iter().filter(|&&p| p < CpuSet::MAX_CPU) {
        set.set(p);
    }
    set.count() > 0 && sched_setaffinity(None, &set).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn bind(_processors: &[usize]) -> bool {
    false
}

/// The processors this process may run on; empty where the system does not say.
#[cfg(target_os = "linux")]
pub fn processors() -> Vec<usize> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    sched_getaffinity(None).map_or_else(
        |_| Vec::new(),
        |set| (0..CpuSet::MAX_CPU).filter(|&p| set.is_set(p)).collect(),
    )
}

/// The processors this process may run on; empty where the system does not say.
#[cfg(not(target_os = "linux"))]
pub fn processors() -> Vec<usize> {
    Vec::new()
}

/// A worker at the other end of two pipes; it ends when this is dropped.
pub struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// True if it stays on the processors named in its job.
    pub bound: bool,
}

impl Worker {
    /// Starts this program again with `arguments`, hands it the job and waits until it is warm.
    ///
    /// # Errors
    /// One line: it could not be started, or gave up.
    pub fn start(arguments: &[&str], job: &Job) -> Result<Self, String> {
        let fail = |e: std::io::Error| format!("a second process cannot be started: {e}");
        let program = std::env::current_exe().map_err(fail)?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(fail)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a second process was started without pipes".into());
        };
        let mut worker = Self {
            child,
            input,
            output: BufReader::new(output),
            bound: false,
        };
        worker.tell(&serde_json::to_string(job).map_err(|e| e.to_string())?)?;
        worker.bound = worker.answer()?["bound"] == true;
        Ok(worker)
    }

    fn tell(&mut self, line: &str) -> Result<(), String> {
        writeln!(self.input, "{line}")
            .and_then(|()| self.input.flush())
            .map_err(|e| format!("a second process went away: {e}"))
    }

    fn answer(&mut self) -> Result<Value, String> {
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .map_err(|e| e.to_string())
            .and_then(|_| serde_json::from_str(&line).map_err(|e| e.to_string()))
            .map_err(|e| format!("a second process gave up: {e}"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets workers train at the same time for `seconds` each: updates per second of all together.
///
/// # Errors
/// One line if one gave up.
pub fn together(workers: &mut [Worker], seconds: f64) -> Result<f64, String> {
    for worker in workers.iter_mut() {
        worker.tell(&seconds.to_string())?;
    }
    let mut sum = 0.0;
    for worker in workers {
        sum += worker.answer()?["updates_per_second"]
            .as_f64()
            .ok_or("a second process answered without a rate")?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(lines: &[&str]) -> (Vec<Value>, Result<(), String>) {
        let mut said = Vec::new();
        let lines = lines.iter().map(|l| Ok((*l).to_owned()));
        let outcome = serve(lines, |v| said.push(v.clone()));
        (said, outcome)
    }

    const JOB: &str = r#"{"spec": {"kind": "rnn", "steps": 3, "inp": 2, "hid": 4, "out": 2}, "batch": 3,
        "rule": "zil", "threads": 2, "processors": []}"#;

    #[test]
    fn a_job_is_warmed_up_and_every_window_gets_a_rate() {
        let (said, outcome) = served(&[JOB, "0", "0.01"]);
        assert_eq!(outcome, Ok(()));
        assert_eq!(said[0], json!({"bound": false}));
        assert_eq!(said.len(), 3);
        for answer in &said[1..] {
            let rate = answer["updates_per_second"].as_f64();
            assert!(rate.is_some_and(|r| r > 0.0 && r.is_finite()), "{answer}");
        }
    }

    #[test]
    fn what_is_no_job_is_refused() {
        for lines in [
            vec![],
            vec!["{}"],
            vec![JOB, "soon"],
            vec![JOB, "-1"],
            vec![JOB, "nan"],
        ] {
            let reason = served(&lines).1.expect_err("it is not sound");
            assert!(reason.starts_with("standard input"), "{reason}");
        }
        let unknown = JOB.replace("zil", "magic");
        assert!(served(&[&unknown]).1.is_err());
    }
}
