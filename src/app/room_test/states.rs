//! What was pressed before one looks.

use crate::app::commands::Command;
use crate::app::dialog::Dialog;
use crate::app::layout::Layout;
use crate::app::settings::Settings;
use crate::app::state::{Action, Choice, Of, Selection};
use crate::app::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand};
use crate::learning::rule::named;
use crate::learning::{Capture, Conditions, Inference};
use crate::network::Graph;

/// A state that a window is brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it opens, one step on.
    Fresh,
    /// IL, with the last unit of the widest vertex.
    Wide,
    /// The last unit of the input.
    Input,
    /// IL beyond what is stable.
    Diverged,
    /// A condition is broken, at the last state.
    Broken,
    /// Backprop.
    Reverse,
    /// After some updates.
    Trained,
    /// Many of them, looked back at.
    Past,
    /// With a rate at which lanes stop.
    Burst,
    /// Settings changed after training, and a branch.
    Edited,
    /// Two runs beside each other, and what the second is more.
    Pair,
    /// Layers are edited.
    Layers,
    /// An example is drawn, placed or typed.
    Drawn,
    /// All commands.
    Palette,
    /// All keys.
    Keys,
    /// About the program.
    About,
    /// A path is asked for.
    Path,
    /// Something was refused, after some updates.
    Notice,
}

impl State {
    pub const ALL: [Self; 18] = [
        Self::Fresh,
        Self::Wide,
        Self::Input,
        Self::Diverged,
        Self::Broken,
        Self::Reverse,
        Self::Trained,
        Self::Past,
        Self::Burst,
        Self::Edited,
        Self::Pair,
        Self::Layers,
        Self::Drawn,
        Self::Palette,
        Self::Keys,
        Self::About,
        Self::Path,
        Self::Notice,
    ];

    /// It is seen so often that it is looked at in every size.
    pub fn is_usual(self) -> bool {
        use State::{Diverged, Fresh, Past, Trained, Wide};
        matches!(self, Fresh | Wide | Diverged | Trained | Past)
    }

    /// The layouts that it is looked at in.
    pub fn layouts(self) -> &'static [Layout] {
        match self {
            Self::Fresh | Self::Wide | Self::Diverged | Self::Past | Self::Trained => &Layout::ALL,
            Self::Input => &[Layout::Teach, Layout::Explore],
            Self::Broken | Self::Reverse => &[
                Layout::Teach,
                Layout::Compare,
                Layout::Explore,
                Layout::Present,
            ],
            Self::Burst => &[Layout::Train, Layout::Teach],
            Self::Edited => &[Layout::Train, Layout::Teach],
            Self::Pair => &[Layout::Teach, Layout::Explore, Layout::Train],
            Self::Layers | Self::Drawn => &[Layout::Teach],
            Self::Notice => &[Layout::Train, Layout::Teach, Layout::Compare],
            Self::Palette | Self::Keys | Self::About | Self::Path => &[Layout::Teach],
        }
    }

    /// A window in this state, where the preset has it.
    pub fn window(self, preset: &str) -> Option<Window> {
        let rate = if self == Self::Burst {
            vec!["learning.rate=1000".to_owned()]
        } else {
            vec![]
        };
        let experiment = Experiment::load(preset, &rate).unwrap();
        let mut window = Window::new(experiment, Settings::default(), Mode::InStep);
        window.poll();
        seek(&mut window, 1);
        match self {
            Self::Fresh => {}
            Self::Wide => {
                rule(&mut window, "il", (40, 0.1), Conditions::default());
                seek(&mut window, 25);
                let widest = |g: &Graph| {
                    (1..g.vertices.len() - 1).max_by_key(|&v| g.vertices[v].shape.len())
                };
                last_unit(&mut window, |g| widest(g).unwrap_or(1));
            }
            Self::Input => last_unit(&mut window, |_| Graph::INPUT),
            Self::Diverged => {
                rule(&mut window, "il", (60, 3.0), Conditions::default());
                seek(&mut window, 60);
            }
            Self::Broken => {
                let conditions = Conditions {
                    capture: Capture::Late,
                    ..Conditions::default()
                };
                rule(&mut window, "zil", (20, 0.1), conditions);
                seek(&mut window, 100);
            }
            Self::Reverse => {
                rule(&mut window, "bp", (20, 0.1), Conditions::default());
                seek(&mut window, 2);
            }
            Self::Trained => train(&mut window, 12),
            Self::Past => {
                train(&mut window, 25);
                window.act(Action::At(Some(10)));
            }
            Self::Burst => train(&mut window, 25),
            Self::Edited => {
                train(&mut window, 12);
                let mut draft = window.document.draft.clone();
                draft.conditions.gamma = 0.5;
                draft.learning.rate *= 1.5;
                window.act(Action::Edit(Box::new(draft)));
                window.act(Action::TakeUp { branch: false });
                train(&mut window, 20);
                window.act(Action::At(Some(5)));
                window.run_command(Command::Branch);
                train(&mut window, 15);
                window.act(Action::At(Some(10)));
                let mut draft = window.document.draft.clone();
                draft.learning.rate *= 2.0;
                window.act(Action::Edit(Box::new(draft)));
            }
            Self::Pair => {
                train(&mut window, 12);
                window.act(Action::At(Some(5)));
                let mut draft = window.document.draft.clone();
                draft.learning.rate *= 0.5;
                window.act(Action::Edit(Box::new(draft)));
                window.act(Action::TakeUp { branch: true });
                train(&mut window, 15);
                window.run_command(Command::Pin);
                window.act(Action::Choose(Choice::Of(Of::Difference)));
            }
            Self::Layers => window.act(Action::Choose(Choice::EditLayers(true))),
            Self::Drawn => {
                window.run_command(Command::Draw);
                window.act(Action::Choose(Choice::Ask(true)));
            }
            Self::Palette => window.run_command(Command::Palette),
            Self::Keys => window.run_command(Command::Keys),
            Self::About => window.run_command(Command::About),
            Self::Path => {
                window.shell.choose = |_| None;
                window.run_command(Command::Save);
            }
            Self::Notice => {
                train(&mut window, 12);
                window.open_path("/none/train-images-idx3-ubyte.gz");
            }
        }
        window.poll();
        let small = matches!(self, Self::Palette | Self::Keys | Self::About | Self::Path);
        // These say the same of every preset.
        if small && preset != "moons" {
            return None;
        }
        let opened = matches!(self, Self::Palette | Self::Keys | Self::About | Self::Path);
        assert_eq!(
            opened,
            !matches!(window.shell.dialog, Dialog::None),
            "{self:?}"
        );
        Some(window)
    }
}

fn seek(window: &mut Window, t: usize) {
    window.act(Action::Seek(t));
    window.poll();
}

fn train(window: &mut Window, updates: u64) {
    window.act(Action::Race(RaceCommand::RunUntil(updates)));
    window.poll();
}

fn rule(window: &mut Window, name: &str, (steps, gamma): (usize, f64), conditions: Conditions) {
    let inference = Inference {
        steps,
        gamma,
        ..window.document.draft.inference
    };
    let rule = named(name).unwrap();
    window.act(Action::Rule {
        rule,
        inference,
        conditions,
    });
    window.poll();
}

fn last_unit(window: &mut Window, of: impl Fn(&Graph) -> usize) {
    let graph = &window.engine.session.as_ref().unwrap().plan.graph;
    let vertex = of(graph);
    let unit = graph.vertices[vertex].shape.len() - 1;
    window.act(Action::Select(Selection { vertex, unit }));
}
