//! Scenes: the real window brought to an exact state and drawn without display or GPU.

mod picture;

use super::dialog::Dialog;
use super::kit::shown::Shown;
use super::layout::Layout;
use super::region::Region;
use super::settings::Settings;
use super::state::{Action, Choice, Selection};
use super::theme::Theme;
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand, ScopeCommand};
use crate::learning::rule::named;
use crate::learning::{Capture, Conditions, Inference, Start};

mod boards;
mod opened;

use boards::{bands, lanes};
use opened::{answers, columns, data, question, regression, table};

/// One scene.
#[derive(Clone, Copy)]
pub struct Scene {
    /// The name on the command line.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// Its own size in points.
    pub size: (u32, u32),
    /// Its own theme.
    pub theme: Theme,
    build: fn(&mut Window),
}

/// All scenes.
pub static SCENES: &[Scene] = &[
    Scene {
        name: "first-launch",
        about: "Z-IL at t = 2 on a real digit",
        size: (1280, 800),
        theme: Theme::Dark,
        build: first_launch,
    },
    Scene {
        name: "first-launch-light",
        about: "the same, light",
        size: (1280, 800),
        theme: Theme::Light,
        build: first_launch,
    },
    Scene {
        name: "finished",
        about: "Z-IL at t = D, every level captured",
        size: (1280, 800),
        theme: Theme::Dark,
        build: finished,
    },
    Scene {
        name: "broken",
        about: "a broken condition in the Compare layout",
        size: (1280, 800),
        theme: Theme::Dark,
        build: broken,
    },
    Scene {
        name: "random-start",
        about: "no front with a random start",
        size: (1280, 800),
        theme: Theme::Light,
        build: random_start,
    },
    Scene {
        name: "il",
        about: "IL at t = 10 of 40 in the Explore layout",
        size: (1920, 1080),
        theme: Theme::Dark,
        build: il,
    },
    Scene {
        name: "bp",
        about: "the reverse pass of backprop",
        size: (1280, 800),
        theme: Theme::Dark,
        build: bp,
    },
    Scene {
        name: "race",
        about: "BP, Z-IL and IL after 200 updates",
        size: (1280, 800),
        theme: Theme::Dark,
        build: race,
    },
    Scene {
        name: "branch",
        about: "a run with an edit, and a branch of it without",
        size: (1280, 800),
        theme: Theme::Dark,
        build: branch,
    },
    Scene {
        name: "pair",
        about: "two runs beside each other, with their difference",
        size: (1280, 800),
        theme: Theme::Dark,
        build: pair,
    },
    Scene {
        name: "pair-race",
        about: "their curves, and what one is more than the other",
        size: (1280, 800),
        theme: Theme::Light,
        build: pair_race,
    },
    Scene {
        name: "zoomed",
        about: "part of the energy on a logarithmic axis, and a part of the states that repeats",
        size: (1280, 800),
        theme: Theme::Dark,
        build: zoomed,
    },
    Scene {
        name: "present",
        about: "without chrome, for a projector",
        size: (1280, 720),
        theme: Theme::Light,
        build: present,
    },
    Scene {
        name: "compact",
        about: "960×600",
        size: (960, 600),
        theme: Theme::Dark,
        build: compact,
    },
    Scene {
        name: "drawn",
        about: "a digit drawn on the pad",
        size: (1280, 800),
        theme: Theme::Light,
        build: drawn,
    },
    Scene {
        name: "moons",
        about: "two moons on 2-8-8-2",
        size: (1280, 800),
        theme: Theme::Dark,
        build: moons,
    },
    Scene {
        name: "plane",
        about: "two moons after 200 updates, with the boundary",
        size: (1280, 800),
        theme: Theme::Dark,
        build: plane,
    },
    Scene {
        name: "regression",
        about: "prices after 300 updates: predicted against true, and the largest misses",
        size: (1280, 800),
        theme: Theme::Light,
        build: regression,
    },
    Scene {
        name: "residuals",
        about: "the same prices: what is true less what was predicted",
        size: (960, 600),
        theme: Theme::Dark,
        build: residuals,
    },
    Scene {
        name: "answers",
        about: "flats of a new file, answered with the present weights",
        size: (1280, 800),
        theme: Theme::Dark,
        build: answers,
    },
    Scene {
        name: "rnn",
        about: "a recurrent network on a name, blame running back in time",
        size: (1280, 800),
        theme: Theme::Dark,
        build: rnn,
    },
    Scene {
        name: "rnn-stacked",
        about: "two recurrent layers, the front an anti-diagonal",
        size: (1280, 800),
        theme: Theme::Light,
        build: rnn_stacked,
    },
    Scene {
        name: "vowels",
        about: "a spoken vowel of many steps",
        size: (960, 600),
        theme: Theme::Dark,
        build: vowels,
    },
    Scene {
        name: "deep",
        about: "twelve matrices",
        size: (1280, 800),
        theme: Theme::Dark,
        build: deep,
    },
    Scene {
        name: "columns",
        about: "a table about to be opened: what each column is for, and why",
        size: (1280, 800),
        theme: Theme::Light,
        build: columns,
    },
    Scene {
        name: "question",
        about: "a table that can be read in two ways, to be answered",
        size: (960, 600),
        theme: Theme::Dark,
        build: question,
    },
    Scene {
        name: "residual",
        about: "a skip connection levelled by relays",
        size: (1280, 800),
        theme: Theme::Dark,
        build: residual,
    },
    Scene {
        name: "chain",
        about: "the board example at equilibrium",
        size: (1280, 800),
        theme: Theme::Light,
        build: chain,
    },
    Scene {
        name: "data",
        about: "a folder's images before they are opened",
        size: (1280, 800),
        theme: Theme::Light,
        build: data,
    },
    Scene {
        name: "table",
        about: "a table before it is opened, in a small window",
        size: (960, 600),
        theme: Theme::Dark,
        build: table,
    },
    Scene {
        name: "lanes",
        about: "the board of lanes, trained for two epochs",
        size: (1280, 800),
        theme: Theme::Dark,
        build: lanes,
    },
    Scene {
        name: "bands",
        about: "five seeds of a lane as a band, and a lane that has been changed",
        size: (1280, 800),
        theme: Theme::Light,
        build: bands,
    },
    Scene {
        name: "refused",
        about: "a file that was refused",
        size: (1280, 800),
        theme: Theme::Dark,
        build: refused,
    },
    Scene {
        name: "export",
        about: "updates of a race about to be saved as an animation",
        size: (1280, 800),
        theme: Theme::Dark,
        build: export,
    },
    Scene {
        name: "numbers",
        about: "the table of numbers of the network at t = 2",
        size: (1280, 800),
        theme: Theme::Dark,
        build: numbers,
    },
    Scene {
        name: "palette",
        about: "the command palette",
        size: (1280, 800),
        theme: Theme::Dark,
        build: palette,
    },
];

/// A scene by name.
pub fn find(name: &str) -> Option<&'static Scene> {
    SCENES.iter().find(|s| s.name == name)
}

/// The preset a scene runs.
fn preset(scene: &Scene) -> &'static str {
    match scene.name {
        "moons" | "plane" | "export" | "branch" | "table" | "columns" | "question"
        | "regression" | "residuals" | "answers" => "moons",
        "lanes" | "bands" => "digits-mlp",
        "deep" => "deep-mlp",
        "residual" => "residual-cnn",
        "rnn" => "names-rnn",
        "rnn-stacked" => "names-rnn-2",
        "vowels" => "vowels-rnn",
        "chain" => "chain",
        "pair" | "pair-race" | "zoomed" => "digits-mlp",
        _ => "mnist-cnn",
    }
}

impl Scene {
    /// The window in the scene's state.
    ///
    /// # Errors
    /// One line.
    pub fn window(&self, theme: Theme) -> Result<Window, String> {
        let experiment = Experiment::load(preset(self), &[]).map_err(|e| e.to_string())?;
        self.on(experiment, theme)
    }

    /// The same on an experiment that is like its preset.
    fn on(&self, experiment: Experiment, theme: Theme) -> Result<Window, String> {
        let mut window = Window::new(
            experiment,
            Settings {
                theme,
                ..Settings::default()
            },
            Mode::InStep,
        );
        window.view.playing = false;
        if let Some(notice) = &window.shell.notice {
            return Err(format!("{} {}", notice.subject, notice.rest));
        }
        (self.build)(&mut window);
        Ok(window)
    }
}

fn seek(window: &mut Window, t: usize) {
    window.act(Action::Seek(t));
}

fn select(window: &mut Window, id: &str, unit: (usize, usize, usize)) {
    let Some(session) = &window.engine.session else {
        return;
    };
    let found = session.plan.graph.vertices.iter().position(|v| v.id == id);
    if let Some(vertex) = found {
        let unit = session.plan.graph.vertices[vertex]
            .shape
            .index(unit.0, unit.1, unit.2);
        window.act(Action::Select(Selection { vertex, unit }));
    }
}

fn first_launch(window: &mut Window) {
    seek(window, 2);
    select(window, "pool2", (10, 4, 6));
    // As it is met: playing. The few passes of a picture are shorter than a step of slow motion.
    window.view.playing = true;
}

fn finished(window: &mut Window) {
    seek(window, 5);
    select(window, "conv1", (3, 14, 14));
}

/// Chooses a rule by its name in files, T and γ; of inference the rest stays.
fn rule(window: &mut Window, name: &str, (steps, gamma): (usize, f64), conditions: Conditions) {
    let Some(rule) = named(name) else { return };
    let inference = Inference {
        steps,
        gamma,
        ..window.document.draft.inference
    };
    window.act(Action::Rule {
        rule,
        inference,
        conditions,
    });
    window.poll();
}

fn broken(window: &mut Window) {
    rule(
        window,
        "zil",
        (20, 0.1),
        Conditions {
            capture: Capture::Late,
            ..Conditions::default()
        },
    );
    window.shell.settings.layout = Layout::Compare;
    seek(window, 6);
    select(window, "output", (3, 0, 0));
}

fn random_start(window: &mut Window) {
    rule(
        window,
        "zil",
        (20, 0.1),
        Conditions {
            start: Start::Random,
            ..Conditions::default()
        },
    );
    seek(window, 3);
    select(window, "conv2", (4, 6, 6));
}

fn il(window: &mut Window) {
    rule(window, "il", (40, 0.1), Conditions::default());
    if let Some(session) = &mut window.engine.session {
        session.scope(ScopeCommand::Stability);
    }
    window.poll();
    window.shell.settings.layout = Layout::Explore;
    seek(window, 40);
    seek(window, 10);
    select(window, "dense1", (46, 0, 0));
}

fn bp(window: &mut Window) {
    rule(window, "bp", (20, 0.1), Conditions::default());
    seek(window, 3);
    select(window, "conv2", (4, 6, 6));
}

fn race(window: &mut Window) {
    window.shell.settings.layout = Layout::Train;
    window.act(Action::Race(RaceCommand::RunUntil(200)));
}

/// Two moons: a condition is broken after 40 updates, and from 30 on the run is made again without.
fn branch(window: &mut Window) {
    window.shell.settings.layout = Layout::Train;
    window.act(Action::Race(RaceCommand::RunUntil(40)));
    let mut edited = window.document.draft.clone();
    edited.conditions.gamma = 0.5;
    edited.learning.rate *= 2.0;
    window.act(Action::Edit(Box::new(edited)));
    window.act(Action::TakeUp { branch: false });
    window.act(Action::Race(RaceCommand::RunUntil(120)));
    window.act(Action::At(Some(30)));
    window.run_command(super::commands::Command::Branch);
    window.act(Action::Race(RaceCommand::RunUntil(80)));
    window.act(Action::At(Some(60)));
    let mut draft = window.document.draft.clone();
    draft.conditions.gamma = 0.5;
    window.act(Action::Edit(Box::new(draft)));
    window.poll();
}

/// A run, and a branch of it that learns half as fast, after the same update.
fn pair(window: &mut Window) {
    window.act(Action::Race(RaceCommand::RunUntil(40)));
    window.act(Action::At(Some(10)));
    let mut draft = window.document.draft.clone();
    draft.learning.rate *= 0.5;
    window.act(Action::Edit(Box::new(draft)));
    window.act(Action::TakeUp { branch: true });
    window.act(Action::Race(RaceCommand::RunUntil(60)));
    window.run_command(super::commands::Command::Pin);
    window.act(Action::At(Some(40)));
    seek(window, 3);
}

fn pair_race(window: &mut Window) {
    window.shell.settings.layout = Layout::Train;
    pair(window);
    window.act(Action::At(None));
}

fn zoomed(window: &mut Window) {
    window.shell.settings.layout = Layout::Explore;
    rule(window, "il", (60, 0.1), Conditions::default());
    seek(window, 60);
    window.act(Action::Choose(Choice::Repeat(Some(Region::States([
        8, 30,
    ])))));
    let log = Shown {
        log: Some(true),
        ..Shown::default()
    };
    window.act(Action::Choose(Choice::Plot("Energy", log)));
    seek(window, 20);
}

fn present(window: &mut Window) {
    window.shell.settings.layout = Layout::Present;
    seek(window, 2);
    select(window, "pool2", (10, 4, 6));
}

fn compact(window: &mut Window) {
    seek(window, 3);
    select(window, "conv2", (4, 6, 6));
}

fn drawn(window: &mut Window) {
    // The first test digit is a 7, and so is what is drawn.
    let first = window.engine.data().map_or(0, |d| d.split().test.start);
    window.act(Action::Example(first));
    window.poll();
    seek(window, 2);
    select(window, "pool2", (10, 4, 6));
    window.run_command(super::commands::Command::Draw);
    let (Some(pad), Some(session)) = (&mut window.shell.pad, &window.engine.session) else {
        return;
    };
    for (x, y) in [(7.0, 7.0), (20.0, 6.5), (15.5, 14.0), (13.0, 22.0)] {
        pad.stroke(egui::pos2(x, y), false);
    }
    let drawn = pad.drawn(&session.data);
    window.act(Action::Draw(drawn));
    window.act(Action::Choose(Choice::Ask(true)));
}

fn moons(window: &mut Window) {
    seek(window, 1);
    select(window, "dense2", (3, 0, 0));
}

fn plane(window: &mut Window) {
    window.shell.settings.layout = Layout::Train;
    window.act(Action::Race(RaceCommand::RunUntil(200)));
    window.poll();
}

fn residuals(window: &mut Window) {
    regression(window);
    window.act(Action::Choose(Choice::Residuals(true)));
}

fn deep(window: &mut Window) {
    seek(window, 6);
    select(window, "dense6", (7, 0, 0));
}

fn residual(window: &mut Window) {
    seek(window, 4);
    select(window, "conv2", (4, 6, 6));
}

/// The next test name of eight letters, from the one that is looked at on.
fn name(window: &mut Window) {
    let from = window
        .engine
        .micro
        .as_ref()
        .map_or(0, |m| m.subject.example);
    let found = window.engine.data().and_then(|data| {
        let mut test = from..data.split().test.end;
        test.find(|&i| data.text(i).is_some_and(|name| name.len() == 8))
    });
    if let Some(example) = found {
        window.act(Action::Example(example));
        window.poll();
    }
}

fn rnn(window: &mut Window) {
    name(window);
    seek(window, 5);
    select(window, "rnn1.16", (9, 0, 0));
}

fn rnn_stacked(window: &mut Window) {
    name(window);
    seek(window, 4);
    select(window, "rnn2.18", (9, 0, 0));
}

fn vowels(window: &mut Window) {
    seek(window, 7);
    select(window, "rnn1.23", (9, 0, 0));
}

fn chain(window: &mut Window) {
    rule(window, "il", (40, 0.2), Conditions::default());
    window.shell.settings.layout = Layout::Explore;
    seek(window, 40);
    select(window, "dense2", (0, 0, 0));
}

fn refused(window: &mut Window) {
    seek(window, 2);
    window.open_path("train-images-idx3-ubyte.gz");
}

fn export(window: &mut Window) {
    plane(window);
    window.run_command(super::commands::Command::Export);
    if let Dialog::Export(state) = &mut window.shell.dialog {
        state.animate();
    }
}

fn numbers(window: &mut Window) {
    seek(window, 2);
    window.run_command(super::commands::Command::Numbers);
}

fn palette(window: &mut Window) {
    seek(window, 2);
    window.run_command(super::commands::Command::Palette);
}

#[cfg(test)]
#[path = "scenes/presses_test.rs"]
mod presses;
