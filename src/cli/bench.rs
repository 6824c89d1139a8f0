//! `pcscope bench`: what things cost, measured as ratios in one run.

use super::common::{print, progress, write_json};
use super::{Exit, Outcome, common};
use crate::experiment::bench::machine::Machine;
use crate::experiment::bench::workloads::standard;
use crate::experiment::bench::{self, MOST_ROWS, Row, protocol, worker};
use serde::Serialize;
use std::io::Read as _;
use std::path::PathBuf;

/// Arguments of `bench`.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// Only this workload: mlp, mlp_deep, cnn, cnn_cifar, rnn.
    #[arg(long)]
    workload: Option<String>,
    /// Only this batch size (without it: 64 and 1).
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Threads that share a batch.
    #[arg(long, default_value_t = 1, value_name = "N")]
    threads: usize,
    /// Fewer repeats: under 40 seconds in all.
    #[arg(long)]
    quick: bool,
    /// Measure what two threads reach of what two processes with a thread each reach (without --workload: cnn_cifar and rnn).
    #[arg(long, requires = "threads", conflicts_with_all = ["engine", "worker", "scaling"])]
    against_two_processes: bool,
    /// Measure how the time of an update grows with batch, depth, width, T and the length of sequences.
    #[arg(long, conflicts_with_all = ["workload", "batch", "engine", "worker"])]
    scaling: bool,
    /// With --scaling, draw the result to this PNG file.
    #[cfg(feature = "window")]
    #[arg(long, requires = "scaling", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Answer one JSON request on standard input, as an engine in a side-by-side run with other software.
    #[arg(long, conflicts_with_all = ["workload", "batch", "quick", "json"])]
    engine: bool,
    /// Train what standard input says, when it says so: how --against-two-processes starts its processes.
    #[arg(long, hide = true, conflicts_with_all = ["workload", "batch", "quick", "json", "engine"])]
    worker: bool,
    #[cfg(feature = "window")]
    #[command(flatten)]
    window: WindowArgs,
    /// Write the result as JSON to this file (- for standard output).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Arguments of `bench --window`.
#[cfg(feature = "window")]
#[derive(Clone, Debug, clap::Args)]
pub struct WindowArgs {
    /// Measure the window instead: CPU per frame, what watching costs training, memory over time.
    #[arg(long, conflicts_with_all = ["workload", "batch", "engine", "worker", "scaling", "against_two_processes"])]
    window: bool,
    /// Minutes of the race to watch the memory for, with --window.
    #[arg(long, default_value_t = 0.5)]
    minutes: f64,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &BenchArgs) -> Outcome {
    #[cfg(feature = "window")]
    if args.window.window {
        return window(args);
    }
    if args.engine {
        return engine();
    }
    if args.worker {
        let lines = std::io::stdin().lines();
        worker::serve(lines, |line| print(&format!("{line}\n")))?;
        return Ok(Exit::Done);
    }
    if args.scaling {
        return scaling(args);
    }
    if args.against_two_processes {
        return against_two_processes(args);
    }
    let plan = plan(args)?;
    let quiet = is_quiet(args);
    let bar = progress((plan.workloads.len() * plan.batches.len()) as u64, "bench");
    let mut first = true;
    let report = bench::run(&plan, |rows| {
        bar.inc(1);
        if !quiet {
            bar.suspend(|| print(&table(rows, std::mem::take(&mut first))));
        }
    })?;
    bar.finish_and_clear();
    if !quiet {
        print(&limits(&report.machine));
    }
    write(args, &report)
}

/// True if the JSON takes the place of the table.
fn is_quiet(args: &BenchArgs) -> bool {
    args.json.as_deref().is_some_and(|p| p.as_os_str() == "-")
}

fn write(args: &BenchArgs, report: &impl Serialize) -> Outcome {
    if let Some(target) = &args.json {
        write_json(
            target,
            &serde_json::to_value(report).map_err(|e| e.to_string())?,
        )?;
    }
    Ok(Exit::Done)
}

fn limits(m: &Machine) -> String {
    format!(
        "{}: {:.0} GFLOP/s from registers; reading {}\n",
        m.instructions,
        m.fma_gflops,
        m.read_gbs
            .iter()
            .map(|b| format!("{} KiB {:.0} GB/s", b.bytes >> 10, b.gbs))
            .collect::<Vec<_>>()
            .join(", ")
    )
}

fn plan(args: &BenchArgs) -> Result<bench::Plan, String> {
    let threads = common::threads(args.threads)?;
    if let Some(batch) = args.batch.filter(|b| !(1..=MOST_ROWS).contains(b)) {
        return Err(format!(
            "--batch {batch}: expected a number from 1 to {MOST_ROWS}"
        ));
    }
    let mut workloads = standard();
    if let Some(name) = &args.workload {
        let names: Vec<_> = workloads.iter().map(|w| w.name).collect();
        workloads.retain(|w| w.name == name);
        if workloads.is_empty() {
            return Err(format!(
                "--workload {name}: expected one of {}",
                names.join(", ")
            ));
        }
    }
    let (seconds, turns) = if args.quick { (0.1, 3) } else { (0.6, 7) };
    Ok(bench::Plan {
        workloads,
        batches: args.batch.map_or_else(|| vec![64, 1], |b| vec![b]),
        threads,
        seconds,
        turns,
    })
}

/// The first line of the table of [`against_two_processes`].
const SHARES: &str = "workload   batch rule       updates/s  of two processes  share_of_two\n";

fn against_two_processes(args: &BenchArgs) -> Outcome {
    if args.threads != 2 {
        return Err(format!(
            "--threads {}: expected 2 with --against-two-processes",
            args.threads
        ));
    }
    let bench::Plan {
        mut workloads,
        batches,
        ..
    } = plan(args)?;
    if args.workload.is_none() {
        workloads.retain(|w| ["cnn_cifar", "rnn"].contains(&w.name));
    }
    let (seconds, rounds) = if args.quick { (0.15, 3) } else { (0.5, 7) };
    let plan = bench::threads::Plan {
        workloads,
        batch: batches[0],
        seconds,
        rounds,
        worker: &["bench", "--worker"],
    };
    let quiet = is_quiet(args);
    if !quiet {
        print(SHARES);
    }
    let report = bench::threads::run(&plan, |r| {
        if !quiet {
            print(&format!(
                "{:<10} {:>5} {:<9} {:>10.1} {:>17.1} {:>13.3}\n",
                r.workload,
                r.batch,
                r.rule,
                r.updates_per_second,
                r.of_two_processes,
                r.share_of_two
            ));
        }
    })?;
    if !quiet {
        print(&limits(&report.machine));
        print(if report.bound {
            "every process stayed on processors of its own\n"
        } else {
            "processes were not bound to processors\n"
        });
    }
    write(args, &report)
}

fn scaling(args: &BenchArgs) -> Outcome {
    let threads = common::threads(args.threads)?;
    let (seconds, turns, stride) = if args.quick {
        (0.03, 2, 2)
    } else {
        (0.15, 5, 1)
    };
    let plan = bench::scaling::Plan {
        threads,
        seconds,
        turns,
        stride,
    };
    let bar = progress(plan.places() as u64, "scaling");
    let report = bench::scaling::run(&plan, |axis| {
        bar.set_message(axis.label());
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    if !is_quiet(args) {
        print(&exponents(&report));
        print(&limits(&report.machine));
    }
    #[cfg(feature = "window")]
    if let Some(out) = &args.out {
        let picture = crate::app::scaling::picture(&report);
        crate::app::headless::save_png(&picture, out, None).map_err(|e| format!("{e:#}"))?;
    }
    write(args, &report)
}

/// What was found along every axis, a line per rule.
fn exponents(report: &bench::scaling::Report) -> String {
    let mut text = String::from(
        "axis                          rule  ms at the smallest … largest      exponent  of products  theory\n",
    );
    for curve in &report.axes {
        for series in &curve.series {
            let end = |p: Option<&bench::scaling::Point>| {
                p.map_or_else(String::new, |p| format!("{:.4} at {}", p.ms_min, p.x))
            };
            text.push_str(&format!(
                "{:<29} {:<5} {:<15} … {:<15} {:>8.2} {:>12.2} {:>7.0}\n",
                curve.label,
                series.rule.name(),
                end(series.points.first()),
                end(series.points.last()),
                series.exponent,
                series.exponent_of_products,
                curve.theory
            ));
        }
    }
    text
}

fn table(rows: &[Row], heading: bool) -> String {
    let mut text = String::new();
    if heading {
        text.push_str(
            "workload   batch rule       ms/update   ms least  GFLOP/s  of peak  of reading  × limit   × BP\n",
        );
    }
    for r in rows {
        text.push_str(&format!(
            "{:<10} {:>5} {:<9} {:>10.4} {:>10.4} {:>8.1} {:>7.1}% {:>10.1}% {:>8.2} {:>6.2}\n",
            r.workload,
            r.batch,
            r.rule,
            r.ms_per_update,
            r.ms_min,
            r.gflops,
            r.share_of_peak * 100.0,
            r.share_of_bandwidth * 100.0,
            r.times_limit,
            r.ratio_to_bp
        ));
    }
    text
}

/// Answers the request on standard input, a line per cell as soon as it is known.
fn engine() -> Outcome {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|e| format!("standard input: {e}"))?;
    let request = protocol::request(&text)?;
    protocol::answer(&request, |line| print(&format!("{line}\n")));
    Ok(Exit::Done)
}

#[cfg(feature = "window")]
fn window(args: &BenchArgs) -> Outcome {
    let minutes = args.window.minutes;
    if !(minutes.is_finite() && (0.0..=600.0).contains(&minutes)) {
        return Err(format!(
            "--minutes {minutes}: expected a number from 0 to 600"
        ));
    }
    let bar = progress(0, "window");
    let cost = crate::app::bench::run(minutes, args.quick, &mut |words| {
        bar.set_message(words.to_owned());
        bar.tick();
    })?;
    bar.finish_and_clear();
    let mut text = format!(
        "ui + tessellate, {}×{}, while BP, Z-IL and IL race\n",
        cost.size[0], cost.size[1]
    );
    for s in &cost.scenes {
        text.push_str(&format!(
            "  {:<8} median {:.2} ms, p95 {:.2} ms ({} frames)\n",
            s.scene, s.p50_ms, s.p95_ms, s.frames
        ));
    }
    text.push_str("action + ui + tessellate, under the hand\n");
    for h in &cost.hand {
        text.push_str(&format!(
            "  {:<44} median {:>5.2} ms, p99 {:>5.2} ms, longest {:>5.2} ms; all there after {:.0} ms\n",
            h.what, h.p50_ms, h.p99_ms, h.longest_ms, h.answered_ms
        ));
    }
    text.push_str(&format!(
        "training_slowdown by recording and a 60 Hz subscriber: {:.1} %\n",
        cost.training_slowdown * 100.0
    ));
    for m in &cost.rss_mb {
        text.push_str(&format!(
            "  minute {:>5.1}: {:.1} MB resident, update {}\n",
            m.minute, m.rss_mb, m.update
        ));
    }
    if !is_quiet(args) {
        print(&text);
    }
    write(args, &cost)
}
