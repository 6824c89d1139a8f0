//! `pcscope verify`: every claim of exactness, checked on this machine.

use super::common::{interrupted, print, probe_json, write_json};
use super::{Exit, Outcome};
use crate::experiment::verify::{Check, SECTIONS, run as verify};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Arguments of `verify`.
#[derive(Clone, Debug, clap::Args)]
pub struct VerifyArgs {
    /// Fewer updates per row: seconds instead of most of a minute.
    #[arg(long)]
    quick: bool,
    /// Write all rows as JSON to this file (- for standard output).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the command; any row that does not hold fails it.
///
/// # Errors
/// One line if the result cannot be written.
pub fn run(args: &VerifyArgs) -> Outcome {
    let stop = interrupted()?;
    let began = Instant::now();
    probe_json(args.json.as_deref())?;
    let quiet = args.json.as_deref().is_some_and(|p| p.as_os_str() == "-");
    let mut shown = None;
    let report = verify(args.quick, |section, check| {
        if !quiet {
            if shown != Some(section) {
                let gap = if shown.is_some() { "\n" } else { "" };
                print(&format!("{gap}{}\n", SECTIONS[section].title));
                shown = Some(section);
            }
            print(&row(check));
        }
        !stop.load(Ordering::Relaxed)
    });
    if !quiet {
        print(&format!(
            "\n{} passed, {} failed, {:.1} s\n",
            report.passed,
            report.failed,
            began.elapsed().as_secs_f64()
        ));
        for check in report.checks.iter().filter(|c| !c.pass) {
            print(&row(check));
        }
    }
    if let Some(target) = &args.json {
        write_json(target, &json!(report))?;
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(Exit::Interrupted);
    }
    Ok(if report.failed == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn row(check: &Check) -> String {
    format!(
        "  {}  {}: {} (expected: {})\n",
        if check.pass { "pass" } else { "FAIL" },
        check.name,
        check.measured,
        check.expected
    )
}
