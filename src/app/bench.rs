//! What the window costs: CPU per frame while training, what watching costs the training, and memory over time.

use super::commands::Command;
use super::headless::Headless;
use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::theme::Theme;
use super::window::Window;
use crate::data::memory;
use crate::experiment::file::Experiment;
use crate::experiment::lane::LaneId;
use crate::experiment::session::{Drawn, Mode, RaceCommand, RaceState, Session};
use serde::Serialize;
use std::time::{Duration, Instant};

/// CPU of the frames of one layout.
#[derive(Clone, Debug, Serialize)]
pub struct SceneCost {
    /// The layout.
    pub scene: String,
    /// Frames timed.
    pub frames: usize,
    /// Median of ui + tessellate, in milliseconds.
    pub p50_ms: f64,
    /// 95th percentile.
    pub p95_ms: f64,
}

/// What the window's own thread spends on frames while something is done to it: everything between two frames is counted.
#[derive(Clone, Debug, Serialize)]
pub struct HandCost {
    /// What is done, and to which network.
    pub what: String,
    /// Frames timed.
    pub frames: usize,
    /// Median of action + ui + tessellate, in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// The longest.
    pub longest_ms: f64,
    /// From the last action to the picture of all it asked for.
    pub answered_ms: f64,
}

/// Memory at a moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    /// Minutes since the race began.
    pub minute: f64,
    /// Resident memory in MB (10⁶ bytes).
    pub rss_mb: f64,
    /// Updates made by then.
    pub update: u64,
}

/// The whole report.
#[derive(Clone, Debug, Serialize)]
pub struct WindowCost {
    /// Size in points.
    pub size: [u32; 2],
    /// Frames per layout while the race trains.
    pub scenes: Vec<SceneCost>,
    /// Frames under the hand.
    pub hand: Vec<HandCost>,
    /// Updates per second unwatched ÷ watched at 60 Hz, minus 1: the median over interleaved pairs.
    pub training_slowdown: f64,
    /// Each pair's (unwatched, watched) updates per second.
    pub pairs: Vec<(f64, f64)>,
    /// Resident memory over time with all three lanes racing.
    pub rss_mb: Vec<Memory>,
}

const FRAME: Duration = Duration::from_micros(16_667);

/// Runs the measurements; `minutes` of them watch the memory.
///
/// # Errors
/// One line.
pub fn run(minutes: f64, quick: bool, say: &mut dyn FnMut(&str)) -> Result<WindowCost, String> {
    let hand = hand(quick, say)?;
    let experiment = Experiment::first_launch().map_err(|e| e.to_string())?;
    let (pairs, slowdown) = slowdown(&experiment, quick, say)?;
    let mut window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut headless = Headless::new(egui::vec2(1280.0, 800.0), 1.0, Theme::Dark);
    while window.engine.micro.is_none() {
        headless.pass(Vec::new(), |ui| window.ui(ui));
        if let Some(notice) = &window.shell.notice {
            return Err(format!("{} {}", notice.subject, notice.rest));
        }
        std::thread::sleep(FRAME);
    }
    window.act(Action::Race(RaceCommand::Run));
    let began = Instant::now();
    let mut scenes = Vec::new();
    let each = if quick { 120 } else { 400 };
    for layout in [
        Layout::Teach,
        Layout::Explore,
        Layout::Train,
        Layout::Compare,
    ] {
        say(&format!("frames of {} while training", layout.name()));
        window.shell.settings.layout = layout;
        let mut times = Vec::with_capacity(each);
        for i in 0..each + 20 {
            let started = Instant::now();
            headless.cost(|ui| window.ui(ui));
            let took = started.elapsed();
            if i >= 20 {
                times.push(took.as_secs_f64() * 1e3);
            }
            std::thread::sleep(FRAME.saturating_sub(took));
        }
        times.sort_by(f64::total_cmp);
        scenes.push(SceneCost {
            scene: layout.name().to_owned(),
            frames: times.len(),
            p50_ms: times[times.len() / 2],
            p95_ms: times[times.len() * 95 / 100],
        });
    }
    let mut moments = Vec::new();
    let mut next = began.elapsed().as_secs_f64();
    window.shell.settings.layout = Layout::Train;
    while began.elapsed().as_secs_f64() < minutes * 60.0 {
        let started = Instant::now();
        headless.cost(|ui| window.ui(ui));
        if began.elapsed().as_secs_f64() >= next {
            let point = Memory {
                minute: began.elapsed().as_secs_f64() / 60.0,
                rss_mb: resident()?,
                update: window.engine.race.update,
            };
            say(&format!(
                "minute {:.1}: {:.1} MB resident, update {}",
                point.minute, point.rss_mb, point.update
            ));
            moments.push(point);
            next += 30.0;
        }
        std::thread::sleep(FRAME.saturating_sub(started.elapsed()));
    }
    if moments.is_empty() {
        moments.push(Memory {
            minute: began.elapsed().as_secs_f64() / 60.0,
            rss_mb: resident()?,
            update: window.engine.race.update,
        });
    }
    Ok(WindowCost {
        size: [1280, 800],
        scenes,
        hand,
        training_slowdown: slowdown,
        pairs,
        rss_mb: moments,
    })
}

/// Frames while a hand opens, steps, drags and draws, in every layout that shows inference: with `mnist-cnn` and with a wide one.
fn hand(quick: bool, say: &mut dyn FnMut(&str)) -> Result<Vec<HandCost>, String> {
    let mut all = Vec::new();
    let wide = "network.layers=[{conv=256,kernel=3,padding=1},{max_pool=2},{dense=64},{dense=10}]";
    let relaxing = ["learning.rule=\"il\"", "inference.steps=200"];
    for (name, changes) in [
        ("mnist-cnn", vec![]),
        ("mnist-cnn, IL, T = 200", relaxing.to_vec()),
        ("conv = 256, IL, T = 200", [&[wide][..], &relaxing].concat()),
    ] {
        let changes: Vec<String> = changes.into_iter().map(str::to_owned).collect();
        let load = || Experiment::load("mnist-cnn", &changes).map_err(|e| e.to_string());
        let mut window = Window::new(load()?, Settings::default(), Mode::Threads(1));
        let mut headless = Headless::new(egui::vec2(1280.0, 800.0), 1.0, Theme::Dark);
        let settled = |w: &Window| w.engine.micro.is_some() && w.motion().is_none();
        frames(&mut window, &mut headless, 0, &mut |_, _| (), &settled)?;
        window.view.playing = false;
        let count = if quick { 40 } else { 200 };
        let n = window
            .engine
            .data()
            .map_or(0, crate::data::Dataset::input_len);
        let mut cost = |what: &str,
                        window: &mut Window,
                        count: usize,
                        each: &mut dyn FnMut(&mut Window, usize)| {
            say(&format!("{what}: {name}"));
            let mut cost = frames(window, &mut headless, count, each, &settled)?;
            cost.what = format!("{what}: {name}");
            all.push(cost);
            Ok::<(), String>(())
        };
        for layout in [Layout::Teach, Layout::Explore, Layout::Compare] {
            window.shell.settings.layout = layout;
            let what = |words: &str| format!("{words}, {}", layout.name());
            cost(&what("stepping"), &mut window, count, &mut |w, i| {
                w.act(Action::Seek(i % 200));
            })?;
            cost(&what("dragging γ"), &mut window, count, &mut |w, i| {
                let (rule, inference, conditions) = w.inference();
                w.act(Action::Rule {
                    rule,
                    inference: crate::learning::Inference {
                        gamma: 0.1 + 0.001 * i as f64,
                        ..inference
                    },
                    conditions,
                });
            })?;
            cost(&what("drawing"), &mut window, count, &mut |w, i| {
                let mut input = vec![0.0; n];
                input[..(i + 1) % n].fill(0.8);
                w.act(Action::Draw(std::sync::Arc::new(Drawn {
                    input,
                    label: 3,
                    missing: 0,
                })));
            })?;
            cost(&what("examples"), &mut window, count / 4, &mut |w, i| {
                if i % 4 == 0 {
                    w.run_command(Command::NextExample);
                }
            })?;
        }
        for (i, layout) in [Layout::Teach, Layout::Train, Layout::Explore]
            .into_iter()
            .enumerate()
        {
            window.shell.settings.layout = layout;
            let mut experiment = load()?;
            experiment.seed += i as u64;
            cost("opening", &mut window, 2, &mut |w, i| {
                if i == 0 {
                    w.open(experiment.clone(), false, true);
                }
            })?;
        }
    }
    Ok(all)
}

/// So many frames at 60 a second with something done before each, and on until all is settled.
fn frames(
    window: &mut Window,
    headless: &mut Headless,
    count: usize,
    each: &mut dyn FnMut(&mut Window, usize),
    settled: &dyn Fn(&Window) -> bool,
) -> Result<HandCost, String> {
    let mut times = Vec::with_capacity(count + 600);
    let mut asked = Instant::now();
    for i in 0.. {
        let started = Instant::now();
        if i < count {
            each(window, i);
            asked = started;
        }
        headless.cost(|ui| window.ui(ui));
        let took = started.elapsed();
        times.push(took.as_secs_f64() * 1e3);
        if i >= count && settled(window) {
            break;
        }
        if let Some(notice) = &window.shell.notice {
            return Err(format!("{} {}", notice.subject, notice.rest));
        }
        if asked.elapsed() > Duration::from_secs(120) {
            return Err("two minutes after the last action the window is still not at rest".into());
        }
        std::thread::sleep(FRAME.saturating_sub(took));
    }
    let answered_ms = asked.elapsed().as_secs_f64() * 1e3;
    let frames = times.len();
    times.sort_by(f64::total_cmp);
    Ok(HandCost {
        what: String::new(),
        frames,
        p50_ms: times[frames / 2],
        p99_ms: times[(frames * 99 / 100).min(frames - 1)],
        longest_ms: times[frames - 1],
        answered_ms,
    })
}

/// Pairs of slices of one training of Z-IL: nobody looks, then recording and a 60 Hz subscriber.
fn slowdown(
    experiment: &Experiment,
    quick: bool,
    say: &mut dyn FnMut(&str),
) -> Result<(Vec<(f64, f64)>, f64), String> {
    let mut session =
        Session::start(experiment.clone(), Mode::Threads(1)).map_err(|e| e.to_string())?;
    for lane in [LaneId::BP, LaneId::IL] {
        session.race(RaceCommand::Active(lane, false));
    }
    session.race(RaceCommand::Run);
    let seconds = if quick { 1.5 } else { 4.0 };
    let updates = |session: &Session| -> u64 { session.updates_made() };
    // The first second warms caches and lets the first scoring pass.
    std::thread::sleep(Duration::from_secs_f64(1.0));
    let mut pairs = Vec::new();
    for i in 0..if quick { 3 } else { 7 } {
        say(&format!("training unwatched and watched, pair {}", i + 1));
        let slice = |watched: bool| {
            let (from, started) = (updates(&session), Instant::now());
            while started.elapsed().as_secs_f64() < seconds {
                if watched {
                    let _ = (session.take_race(), session.take_scope());
                }
                std::thread::sleep(FRAME);
            }
            (updates(&session) - from) as f64 / started.elapsed().as_secs_f64()
        };
        // Alternating which comes first, so that a drift of the machine cancels.
        let (unwatched, watched) = if i % 2 == 0 {
            let a = slice(false);
            (a, slice(true))
        } else {
            let b = slice(true);
            (slice(false), b)
        };
        pairs.push((unwatched, watched));
        if let Some(race) = session.take_race()
            && let RaceState::Failed(text) = race.state
        {
            return Err(text);
        }
    }
    let mut ratios: Vec<f64> = pairs.iter().map(|(a, b)| a / b - 1.0).collect();
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    Ok((pairs, median))
}

/// Resident memory of this process, in MB.
fn resident() -> Result<f64, String> {
    memory::resident()
        .map(|bytes| bytes as f64 / 1e6)
        .ok_or_else(|| "this system does not say what a process takes in memory".into())
}
