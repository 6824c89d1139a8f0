//! How the engine joins a side-by-side run with other software: one JSON request on standard input, one JSON line per cell.

use super::MOST_ROWS;
use super::measure::{Runner, Timed};
use super::workloads::Spec;
use crate::learning::Pool;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

/// The request.
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// Threads that share a batch.
    #[serde(default = "one")]
    pub threads: usize,
    /// Seconds per cell.
    pub budget: f64,
    /// Networks by name. One of a kind unknown here fails alone, when a cell asks for it.
    pub workloads: BTreeMap<String, Value>,
    /// What to time.
    pub cells: Vec<Cell>,
}

fn one() -> usize {
    1
}

/// One figure asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct Cell {
    /// A name in the request's workloads.
    pub workload: String,
    /// Examples per update.
    pub batch: usize,
    /// The rule: bp, zil, zil-full, il20, il128.
    pub method: String,
}

/// Fewest chunks of a cell.
const LEAST_CHUNKS: usize = 5;

/// Reads a request.
///
/// # Errors
/// One line saying what is wrong with it.
pub fn request(text: &str) -> Result<Request, String> {
    let request: Request =
        serde_json::from_str(text).map_err(|e| format!("standard input: {e}; expected one JSON object with threads, budget, workloads and cells"))?;
    if !(1..=256).contains(&request.threads) {
        return Err(format!(
            "standard input: threads is {}, expected 1 to 256",
            request.threads
        ));
    }
    if !(request.budget.is_finite() && (0.0..=600.0).contains(&request.budget)) {
        return Err(format!(
            "standard input: budget is {}, expected 0 to 600 seconds",
            request.budget
        ));
    }
    Ok(request)
}

/// Answers a request: `say` gets one JSON value per line, the version first.
pub fn answer(request: &Request, mut say: impl FnMut(&Value)) {
    say(&json!({"version": concat!("pcscope ", env!("CARGO_PKG_VERSION"))}));
    let pool = Pool::new(request.threads);
    for cell in &request.cells {
        let mut line =
            json!({"workload": cell.workload, "batch": cell.batch, "method": cell.method});
        match time(request, cell, &pool) {
            Ok(runner) => {
                line["ms_min"] = json!(runner.least());
                line["ms_median"] = json!(runner.median());
                line["chunks"] = json!(runner.chunks.len());
            }
            Err(reason) => line["error"] = json!(reason),
        }
        say(&line);
    }
}

fn time(request: &Request, cell: &Cell, pool: &Pool<f32>) -> Result<Runner, String> {
    let rule = Timed::named(&cell.method).ok_or_else(|| {
        format!(
            "method {:?}: expected bp, zil, zil-full, il20 or il128",
            cell.method
        )
    })?;
    if !(1..=MOST_ROWS).contains(&cell.batch) {
        return Err(format!("batch {}: expected 1 to {MOST_ROWS}", cell.batch));
    }
    let spec = request
        .workloads
        .get(&cell.workload)
        .ok_or_else(|| format!("workload {:?} is not in the request", cell.workload))?;
    let spec = Spec::deserialize(spec).map_err(|e| e.to_string())?;
    let plan = spec.plan().map_err(|e| e.to_string())?;
    let mut runner = Runner::new(&plan, cell.batch, rule);
    runner.warm_up(pool)?;
    let began = Instant::now();
    while runner.chunks.len() < LEAST_CHUNKS || began.elapsed().as_secs_f64() < request.budget {
        runner.chunk(pool)?;
        // A slow cell is not worth more than a few budgets.
        if runner.chunks.len() >= 3 && began.elapsed().as_secs_f64() > 4.0 * request.budget {
            break;
        }
    }
    Ok(runner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_answered_by_a_figure_or_a_reason() {
        let text = r#"{"peer": "x", "threads": 1, "budget": 0.0,
            "workloads": {"small": {"kind": "mlp", "sizes": [6, 5, 4]}, "odd": {"kind": "reservoir", "n": 3},
                "big": {"kind": "cnn", "image": [1, 4, 4], "convs": [[2, 9, 1, 0]], "out": 3}},
            "cells": [{"workload": "small", "batch": 3, "method": "zil"}, {"workload": "small", "batch": 3, "method": "magic"},
                {"workload": "small", "batch": 0, "method": "bp"}, {"workload": "odd", "batch": 1, "method": "bp"},
                {"workload": "big", "batch": 1, "method": "bp"}, {"workload": "none", "batch": 1, "method": "bp"}]}"#;
        let request = request(text).expect("a sound request");
        let mut lines = Vec::new();
        answer(&request, |line| lines.push(line.clone()));
        assert_eq!(lines.len(), 7);
        assert!(
            lines[0]["version"]
                .as_str()
                .is_some_and(|v| v.starts_with("pcscope "))
        );
        assert!(lines[1]["ms_min"].as_f64().is_some_and(|ms| ms > 0.0));
        for line in &lines[2..] {
            assert!(
                line["error"].as_str().is_some_and(|e| !e.is_empty()),
                "{line}"
            );
        }
    }

    #[test]
    fn a_broken_request_is_one_line() {
        for text in [
            "",
            "{",
            r#"{"budget": 1}"#,
            r#"{"threads": 0, "budget": 1, "workloads": {}, "cells": []}"#,
            r#"{"threads": 1, "budget": -1, "workloads": {}, "cells": []}"#,
        ] {
            let reason = request(text).expect_err("it is not sound");
            assert!(
                !reason.contains('\n') && reason.starts_with("standard input"),
                "{reason}"
            );
        }
    }
}
