//! What Z-IL costs beside backpropagation, timed on this machine.

use super::Check;
use crate::experiment::bench::measure::{Runner, Timed, interleaved};
use crate::experiment::bench::workloads::{Spec, standard};

/// Z-IL works on one level per step, so an update costs what backpropagation's does; more than this would say that it does not.
const MOST: f64 = 1.3;

/// Examples of a batch.
const BATCH: usize = 64;

/// A share of the machine that others take in the meantime can spoil a measurement: so often it is made at most.
const TRIES: usize = 3;

/// Both rules by turns on standard workloads.
pub fn run(quick: bool, add: &mut dyn FnMut(Check)) {
    let seconds = if quick { 0.2 } else { 1.0 };
    let own = ["mlp", "cnn", "rnn"];
    for workload in standard().into_iter().filter(|w| own.contains(&w.name)) {
        add(row(workload.name, &workload.spec, seconds));
    }
}

/// The ratio of the shortest turns: what else runs only makes some of them longer.
fn row(name: &str, network: &Spec, seconds: f64) -> Check {
    let name = format!("{name}, {BATCH} examples, one thread");
    let expected = format!("time of an update, Z-IL ÷ BP: at most {MOST}");
    let once = || -> Result<[f64; 2], String> {
        let plan = network.plan().map_err(|e| e.to_string())?;
        let rules = [Timed::Bp, Timed::Zil];
        let timed = interleaved(&plan, BATCH, &rules, 1, seconds, 9)?;
        let least: Vec<f64> = timed.iter().map(Runner::least).collect();
        least.try_into().map_err(|_| "two rules".to_owned())
    };
    let mut best = [1.0, f64::INFINITY];
    for _ in 0..TRIES {
        match once() {
            Ok(now) if now[1] / now[0] < best[1] / best[0] => best = now,
            Ok(_) => {}
            Err(words) => return Check::new(name, expected, words, false),
        }
        if best[1] / best[0] <= MOST {
            break;
        }
    }
    let [bp, zil] = best;
    let ratio = zil / bp;
    let measured = format!("{ratio:.2} ({zil:.3} ms ÷ {bp:.3} ms)");
    Check::new(name, expected, measured, ratio <= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_ratio_of_two_times_and_judges_it() {
        let sizes = vec![16, 24, 24, 10];
        let row = row("a small one", &Spec::Mlp { sizes }, 0.02);
        let numbers: Vec<f64> = row
            .measured
            .split(|c: char| !(c.is_ascii_digit() || c == '.'))
            .filter_map(|part| part.parse().ok())
            .collect();
        let [ratio, zil, bp] = numbers[..] else {
            panic!("{row:?}");
        };
        assert!((zil / bp - ratio).abs() < 0.05 * ratio + 0.01, "{row:?}");
        assert!(ratio > 0.2 && row.pass == (ratio <= MOST), "{row:?}");
    }
}
