//! The claims, checked on the user's own machine: every row says what was expected and what was measured.
//!
//! No row compares with a stored result of this program. References are an independent evaluation by plain loops
//! ([`plain`], [`plain_rules`]), central differences, numbers that a separate program computed ([`mod@reference`]), or backpropagation.

pub mod ablations;
pub mod claims;
mod draw;
pub mod exactness;
pub mod faults;
pub mod gradients;
pub mod laws;
pub mod nets;
pub mod plain;
pub mod plain_hands;
pub mod plain_rules;
pub mod precisions;
pub mod products;
pub mod reference;
pub mod relaxation;
pub mod runs;
pub mod symmetries;
pub mod tables;
pub mod times;
pub mod touched;
pub mod unlevelled;

use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// One claim and what this machine measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What is claimed, of what.
    pub name: String,
    /// What must be seen.
    pub expected: String,
    /// What was seen.
    pub measured: String,
    /// Whether the claim holds.
    pub pass: bool,
}

impl Check {
    /// A row.
    pub fn new(
        name: impl Into<String>,
        expected: impl Into<String>,
        measured: impl Into<String>,
        pass: bool,
    ) -> Self {
        Self {
            name: name.into(),
            expected: expected.into(),
            measured: measured.into(),
            pass,
        }
    }
}

/// All rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The rows in the order in which they were made.
    pub checks: Vec<Check>,
    /// How many hold.
    pub passed: usize,
    /// How many do not.
    pub failed: usize,
}

/// A group of rows about one claim.
pub struct Section {
    /// The claim.
    pub title: &'static str,
    run: fn(quick: bool, add: &mut dyn FnMut(Check)),
}

/// The groups, in order.
pub const SECTIONS: [Section; 13] = [
    Section {
        title: "Z-IL equals backpropagation in every bit of every weight",
        run: exactness::weights,
    },
    Section {
        title: "At t = l, ε of level l is backpropagation's δ, and nothing stirs ahead of the front",
        run: exactness::front,
    },
    Section {
        title: "Breaking any one condition breaks it",
        run: ablations::run,
    },
    Section {
        title: "Backpropagation agrees with central differences, in f64",
        run: gradients::backprop,
    },
    Section {
        title: "Inference descends the energy that is displayed, in f64",
        run: gradients::energy,
    },
    Section {
        title: "Laws of the rules, with drawn networks and parameters",
        run: laws::run,
    },
    Section {
        title: "Numbers that another program computed",
        run: tables::run,
    },
    Section {
        title: "The same bits at any number of threads, and every time",
        run: runs::threads,
    },
    Section {
        title: "The built-in experiments",
        run: runs::presets,
    },
    Section {
        title: "What is descended, what stops a run, and what is said of it",
        run: claims::run,
    },
    Section {
        title: "Interventions: every number, gradient and limit obeys them",
        run: touched::run,
    },
    Section {
        title: "Z-IL costs what backpropagation costs",
        run: times::run,
    },
    Section {
        title: "Planted faults are found",
        run: faults::run,
    },
];

/// Works on independent groups of rows with as many threads as the machine has, and adds the rows in the order of the groups.
fn side_by_side<J: Sync>(
    jobs: &[J],
    rows: impl Fn(&J) -> Vec<Check> + Sync,
    add: &mut dyn FnMut(Check),
) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let (send, receive) = crossbeam_channel::unbounded();
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            let (send, next, rows) = (send.clone(), &next, &rows);
            scope.spawn(move || {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(i) else { break };
                    if send.send((i, rows(job))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut waiting = BTreeMap::new();
        let mut due = 0;
        for (i, rows) in receive {
            waiting.insert(i, rows);
            while let Some(rows) = waiting.remove(&due) {
                rows.into_iter().for_each(&mut *add);
                due += 1;
            }
        }
    });
}

/// Of a section that is at work.
enum News {
    Row(Check),
    End,
}

/// Runs every check; `quick` makes fewer updates. Sections work side by side, and `each` hears of every row (with its section's
/// index) in the order of sections, as soon as it is due; it says whether to go on.
pub fn run(quick: bool, mut each: impl FnMut(usize, &Check) -> bool) -> Report {
    let mut report = Report::default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (send, receive) = crossbeam_channel::unbounded();
    std::thread::scope(|scope| {
        for _ in 0..threads.min(SECTIONS.len()) {
            let (send, next, stopped) = (send.clone(), &next, &stopped);
            scope.spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(section) = SECTIONS.get(index) else {
                        break;
                    };
                    // Nobody listens any more once it was stopped.
                    let tell = |news| _ = send.send((index, news));
                    (section.run)(quick, &mut |check| tell(News::Row(check)));
                    tell(News::End);
                }
            });
        }
        drop(send);
        let mut waiting: Vec<VecDeque<News>> = SECTIONS.iter().map(|_| VecDeque::new()).collect();
        let mut due = 0;
        for (index, news) in receive {
            waiting[index].push_back(news);
            while let Some(news) = waiting.get_mut(due).and_then(VecDeque::pop_front) {
                let check = match news {
                    News::End => {
                        due += 1;
                        continue;
                    }
                    News::Row(check) => check,
                };
                let go_on = each(due, &check);
                if check.pass {
                    report.passed += 1;
                } else {
                    report.failed += 1;
                }
                report.checks.push(check);
                if !go_on {
                    stopped.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    });
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_passes_on_this_machine() {
        let report = run(true, |section, check| {
            assert!(check.pass, "{}: {check:?}", SECTIONS[section].title);
            true
        });
        assert_eq!(report.failed, 0);
        assert_eq!(report.passed, report.checks.len());
        assert!(report.checks.len() > 100);
    }

    #[test]
    fn a_stop_is_heard() {
        let report = run(true, |_, _| false);
        assert_eq!(report.checks.len(), 1);
    }
}
