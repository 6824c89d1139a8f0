//! A robot that presses, types into and drags everything in the window, with the engine's threads running.
//!
//! It works in a child process; the parent counts its frames and ends it when none comes for two seconds, and says what was
//! pressed last. From a preset, a layout, a size and a seed a run can be repeated:
//!
//! ```text
//! PCSCOPE_ROBOT="digits-mlp Teach 1280x800 7" cargo test --lib robot::one -- --ignored --nocapture
//! ```
//!
//! Without names or with `all` in the place of the layout all layouts are walked, one after the other.

mod look;
mod mask;
mod parent;
mod press;
pub(in crate::app) mod screen;
mod state;
mod walk;

use super::layout::Layout;
use crate::experiment::file::{Experiment, PRESETS, Split};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Begins a line from the child to the parent.
const MARK: char = '\u{1}';

/// Where a child finds what to do.
const RUN: &str = "PCSCOPE_ROBOT_RUN";
/// A file of what was pressed before the child was ended and started again.
const DONE: &str = "PCSCOPE_ROBOT_DONE";
/// A file of what need not be pressed again, but for a sample.
const KNOWN: &str = "PCSCOPE_ROBOT_KNOWN";
/// What [`one`] walks.
const ONE: &str = "PCSCOPE_ROBOT";
/// The seed of the others.
const SEED: &str = "PCSCOPE_ROBOT_SEED";

/// Names of presets, if the product is of them alone: it takes hours, and can be had in parts.
const ONLY: &str = "PCSCOPE_ROBOT_ONLY";

/// Width and height in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u32, pub u32);

const SIZES: [Size; 3] = [Size(960, 600), Size(1280, 800), Size(1920, 1080)];

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.0, self.1)
    }
}

/// What one child walks.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub preset: String,
    pub layouts: Vec<Layout>,
    pub size: Size,
    pub seed: u64,
    /// Few values and few of many alike.
    pub brief: bool,
    /// Each control in one way only, which the seed chooses.
    pub glance: bool,
    /// Of what the first run pressed, only a sample is pressed again.
    pub sample: bool,
    /// What was pressed in one layout is pressed in the next again.
    pub product: bool,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layouts = match &self.layouts[..] {
            [one] => one.name(),
            _ => "all",
        };
        write!(f, "{} {layouts} {} {}", self.preset, self.size, self.seed)?;
        if self.brief {
            write!(f, " brief")?;
        }
        if self.glance {
            write!(f, " glance")?;
        }
        if self.sample {
            write!(f, " sample")?;
        }
        if self.product {
            write!(f, " product")?;
        }
        Ok(())
    }
}

impl Run {
    fn new(preset: &str, size: Size, seed: u64) -> Self {
        Self {
            preset: preset.to_owned(),
            layouts: Layout::ALL.to_vec(),
            size,
            seed,
            brief: false,
            glance: false,
            sample: false,
            product: false,
        }
    }

    /// What [`fmt::Display`] writes, read back.
    fn parse(words: &str) -> Option<Self> {
        let mut words = words.split_whitespace();
        let mut run = Self::new(words.next()?, Size(1280, 800), 1);
        if let Some(name) = words.next() {
            if let Some(layout) = Layout::ALL.into_iter().find(|l| l.name() == name) {
                run.layouts = vec![layout];
            } else if name != "all" {
                return None;
            }
        }
        if let Some(size) = words.next() {
            let (w, h) = size.split_once('x')?;
            run.size = Size(w.parse().ok()?, h.parse().ok()?);
        }
        if let Some(seed) = words.next() {
            run.seed = seed.parse().ok()?;
        }
        for word in words {
            match word {
                "brief" => run.brief = true,
                "glance" => run.glance = true,
                "sample" => run.sample = true,
                "product" => run.product = true,
                _ => return None,
            }
        }
        Some(run)
    }

    /// The preset with small batches and, of many pictures, a few: what can be pressed is the same, and the engine is at rest sooner.
    fn home(&self) -> Experiment {
        let mut home = Experiment::load(&self.preset, &[]).unwrap();
        home.learning.batch = home.learning.batch.min(4);
        if ["mnist", "fashion"].contains(&&*home.data.source) {
            // More to test on than are scored in training, so that the others can be asked for.
            home.data.split = Some(Split {
                train: 600,
                validation: 100,
                test: 1_200,
            });
        }
        home
    }

    /// So many of those that are called alike are pressed.
    fn instances(&self) -> usize {
        if self.brief { 1 } else { 3 }
    }

    /// Names that were pressed in another run.
    fn known(&self) -> HashSet<String> {
        let path = std::env::var_os(KNOWN).filter(|_| self.sample);
        let text = path.and_then(|path| std::fs::read_to_string(path).ok());
        let text = text.unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What was pressed before, and whether something changed.
    fn done(&self) -> HashMap<String, bool> {
        let text = std::env::var_os(DONE).and_then(|path| std::fs::read_to_string(path).ok());
        text.unwrap_or_default()
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(changed, name)| (name.to_owned(), changed == "1"))
            .collect()
    }
}

fn seed() -> u64 {
    std::env::var(SEED)
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(1)
}

/// The child's side: walks what it is told to and says what it found.
#[test]
#[ignore = "started by the tests of the robot, in a process of its own"]
fn child() {
    let run = std::env::var(RUN).ok().and_then(|words| Run::parse(&words));
    let Some(run) = run else { return };
    let mut robot = state::Robot::new(run);
    robot.walk();
    parent::report(&robot);
}

/// A small preset, all layouts.
#[test]
fn everything_is_pressed_in_one_preset() {
    let run = Run {
        brief: true,
        glance: true,
        ..Run::new("moons", Size(1280, 800), seed())
    };
    parent::check(&[run]);
}

/// Every preset at 1280×800, and every size of the first preset: one of them in full, of the others what is new and a sample.
#[test]
#[ignore = "minutes; run by .ci/robot"]
fn everything_is_pressed_in_every_preset() {
    const FULL: &str = "digits-mlp";
    let own = |preset, size| Run {
        brief: true,
        glance: true,
        sample: preset != FULL,
        ..Run::new(preset, size, seed())
    };
    let usual = Size(1280, 800);
    let mut runs = vec![own(FULL, usual)];
    let presets = PRESETS.iter().map(|p| p.0).filter(|p| *p != FULL);
    runs.extend(presets.map(|preset| own(preset, usual)));
    let sizes = SIZES.into_iter().filter(|size| *size != usual);
    runs.extend(sizes.map(|size| own(PRESETS[0].0, size)));
    parent::check(&runs);
}

/// Every preset in every layout and size: each control of each of them, in one of its ways. As the seed chooses the way in each place
/// anew, a control is pressed in all its ways somewhere.
#[test]
#[ignore = "hours; run by .ci/long/robot"]
fn everything_is_pressed_in_every_preset_layout_and_size() {
    let only = std::env::var(ONLY).unwrap_or_default();
    let only: Vec<&str> = only.split_whitespace().collect();
    let presets = || PRESETS.iter().map(|p| p.0);
    let presets = || presets().filter(|name| only.is_empty() || only.contains(name));
    let runs: Vec<Run> = SIZES
        .into_iter()
        .flat_map(|size| {
            presets().map(move |preset| Run {
                brief: true,
                glance: true,
                product: true,
                ..Run::new(preset, size, seed())
            })
        })
        .collect();
    parent::check(&runs);
}

/// What the variable PCSCOPE_ROBOT says: preset, layout, size and seed.
#[test]
#[ignore = "repeats one run, which an environment variable names"]
fn one() {
    let words = std::env::var(ONE).unwrap_or_default();
    let Some(run) = Run::parse(&words) else {
        panic!("{ONE} is {words:?}; expected such as \"digits-mlp Teach 1280x800 7\"");
    };
    parent::check(&[run]);
}

#[test]
fn a_run_is_read_as_it_is_written() {
    let mut run = Run::new("moons", Size(960, 600), 12);
    for product in [false, true] {
        run.product = product;
        run.glance = !product;
        assert_eq!(Run::parse(&run.to_string()), Some(run.clone()));
        run.layouts = vec![Layout::Train];
        run.brief = true;
    }
    assert_eq!(Run::parse("moons Nowhere"), None);
}
