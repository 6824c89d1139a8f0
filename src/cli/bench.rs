//! `pcscope bench`: what things cost, measured as ratios in one run.

use super::common::{print, progress, write_json};
use super::{Exit, Outcome};
use crate::app::bench;
use std::path::PathBuf;

/// Arguments of `bench`.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// Measure the window: CPU per frame, what watching costs training, memory over time.
    #[arg(long, required = true)]
    window: bool,
    /// Minutes of the race to watch the memory for.
    #[arg(long, default_value_t = 0.5)]
    minutes: f64,
    /// Fewer frames and shorter slices.
    #[arg(long)]
    quick: bool,
    /// Write the result as JSON to this file (- for standard output).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &BenchArgs) -> Outcome {
    if !(args.window && args.minutes.is_finite() && (0.0..=600.0).contains(&args.minutes)) {
        return Err(format!(
            "--minutes {}: expected a number from 0 to 600",
            args.minutes
        ));
    }
    let bar = progress(0, "window");
    let cost = bench::run(args.minutes, args.quick, &mut |words| {
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
    if args.json.as_deref().is_none_or(|p| p.as_os_str() != "-") {
        print(&text);
    }
    if let Some(target) = &args.json {
        write_json(
            target,
            &serde_json::to_value(&cost).map_err(|e| e.to_string())?,
        )?;
    }
    Ok(Exit::Done)
}
