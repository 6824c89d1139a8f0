//! `pcscope predict`: what a trained run says of new examples, as a table.

use super::common::{self, print};
use super::{Exit, Outcome};
use crate::experiment::predict::{Answering, Answers};
use crate::experiment::save::{atomically, probe, same_file};
use crate::experiment::score::largest;
use std::path::PathBuf;

/// Arguments of `predict`.
#[derive(Clone, Debug, clap::Args)]
pub struct PredictArgs {
    /// The folder of a run (train --out).
    run: PathBuf,
    /// New examples: a table with the same columns in any order, or data of the kind that the run was trained on.
    data: PathBuf,
    /// The table to write (- for standard output).
    #[arg(long, value_name = "FILE.csv")]
    out: PathBuf,
    /// A column more for the probability of each class.
    #[arg(long)]
    probabilities: bool,
    /// Threads that share the examples; the bits are the same for any number.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &PredictArgs) -> Outcome {
    common::threads(args.threads)?;
    let printed = args.out.as_os_str() == "-";
    if !printed {
        if same_file(&args.out, &args.data) {
            return Err(format!(
                "--out {}: that is the file of the examples; expected another",
                args.out.display()
            ));
        }
        probe(&args.out).map_err(|e| format!("--out {e}"))?;
    }
    let run = Answering::open(&args.run)?;
    let answers = run.answers(&args.data, args.threads)?;
    if args.probabilities && !answers.probabilities {
        return Err(format!(
            "--probabilities: {} has no probabilities; expected a run on classes with cross-entropy",
            args.run.display()
        ));
    }
    let text = table(&run, &answers, args.probabilities).map_err(|e| format!("the table: {e}"))?;
    if printed {
        print(&text);
        return Ok(Exit::Done);
    }
    atomically(&args.out, text.as_bytes())?;
    let notes = answers.notes.iter().map(|n| format!("note: {n}\n"));
    print(&(notes.collect::<String>() + &summary(&run, &answers, &args.out.display().to_string())));
    Ok(Exit::Done)
}

/// What one example is: its class, or values.
fn answer(run: &Answering, output: &[f64]) -> Vec<String> {
    match run.learnt.classes.get(largest(output)) {
        Some(class) => vec![class.clone()],
        None => output.iter().map(f64::to_string).collect(),
    }
}

fn table(run: &Answering, answers: &Answers, probabilities: bool) -> Result<String, String> {
    let learnt = &run.learnt;
    let target = learnt.target.clone().unwrap_or_else(|| "answer".into());
    let mut names = vec!["example".to_owned()];
    if learnt.classes.is_empty() && learnt.outputs > 1 {
        names.extend((1..=learnt.outputs).map(|i| format!("{target} {i}")));
    } else {
        names.push(target);
    }
    if probabilities {
        names.extend(learnt.classes.iter().map(|class| format!("P({class})")));
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&names).map_err(|e| e.to_string())?;
    for (i, output) in answers.outputs.iter().enumerate() {
        let mut row = vec![(i + 1).to_string()];
        match output {
            Some(output) => {
                row.extend(answer(run, output));
                if probabilities {
                    row.extend(output.iter().map(f64::to_string));
                }
            }
            None => row.resize(names.len(), String::new()),
        }
        writer.write_record(&row).map_err(|e| e.to_string())?;
    }
    let bytes = writer.into_inner().map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}

fn summary(run: &Answering, answers: &Answers, file: &str) -> String {
    let told: Vec<&Vec<f64>> = answers.outputs.iter().flatten().collect();
    let n = told.len();
    let mut text = format!(
        "{n} {} in {file}",
        if n == 1 { "example" } else { "examples" }
    );
    if !run.learnt.classes.is_empty() {
        let mut counts = vec![0_usize; run.learnt.classes.len()];
        told.iter().for_each(|output| counts[largest(output)] += 1);
        let mut all: Vec<(usize, &String)> = counts.into_iter().zip(&run.learnt.classes).collect();
        all.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let shown = all.iter().filter(|(count, _)| *count > 0).take(6);
        let shown: Vec<String> = shown
            .map(|(count, class)| format!("{class} {count}"))
            .collect();
        text += &format!(": {}", shown.join(", "));
        let more = all
            .iter()
            .filter(|(count, _)| *count > 0)
            .count()
            .saturating_sub(6);
        if more > 0 {
            text += &format!(" and {more} more classes");
        }
    } else if let (Some(low), Some(high)) = (
        told.iter().map(|o| o[0]).min_by(f64::total_cmp),
        told.iter().map(|o| o[0]).max_by(f64::total_cmp),
    ) {
        text += &format!(": {low:.6} to {high:.6}");
    }
    let empty = answers.outputs.len() - n;
    if empty > 0 {
        text += &format!(
            "; {empty} left empty: they have gaps, and the training part had none to fill them by"
        );
    }
    text + "\n"
}
