//! The window: what it holds from frame to frame.

mod choices;
mod document;
mod engine;
mod exports;
mod frame;
mod halts;
mod halves;
mod hands;
mod keeping;
mod opening;
mod paths;
mod player;
mod presenting;
mod recorded;
mod runs;
mod saving;
mod shell;
mod still;
mod wishes;

pub use document::Document;
pub use engine::Engine;
pub use keeping::{LITTLE, Question};
pub use player::{Player, SPEEDS};
pub use saving::OpenedRun;
pub use shell::Shell;
pub use still::Still;

use super::body;
use super::commands;
use super::dialog::Dialog;
use super::kit::field;
use super::kit::shown::Shown;
use super::layout::Layout;
use super::settings::Settings;
use super::state::{Action, Frame, ViewState};
pub use super::state::{Grain, Notice};
use crate::data::Point;
use crate::experiment::data::Data;
use crate::experiment::file::Experiment;
use crate::experiment::session::Mode;
use crate::learning::{Conditions, Inference, Rule};
use crate::network::Layer;
use std::path::PathBuf;

/// The window.
pub struct Window {
    /// What is at work.
    pub engine: Engine,
    /// How time passes.
    pub player: Player,
    /// What is edited.
    pub document: Document,
    /// What stands around the views.
    pub shell: Shell,
    /// Shared by the views.
    pub view: ViewState,
}

impl Window {
    /// A window that loads `experiment` at once. With [`Mode::InStep`] it has loaded when this returns.
    pub fn new(experiment: Experiment, settings: Settings, mode: Mode) -> Self {
        let mut window = Self::empty(experiment.clone(), settings, mode);
        window.open(experiment, false, false);
        window
    }

    /// A window in which nothing is at work or on its way.
    fn empty(draft: Experiment, settings: Settings, mode: Mode) -> Self {
        let trees = body::Trees::new(&settings);
        let damaged = trees.damage();
        let plots = settings.logarithmic.iter().map(|(plot, log)| {
            let shown = Shown {
                log: Some(*log),
                ..Shown::default()
            };
            (plot.clone(), shown)
        });
        let plots = plots.collect();
        let playing = !settings.reduce_motion;
        let mut window = Self {
            engine: Engine::new(mode),
            player: Player::default(),
            document: Document::new(draft),
            shell: Shell::new(settings, trees),
            view: ViewState {
                browse_wrong: true,
                playing,
                choose: true,
                plots,
                ..ViewState::default()
            },
        };
        if let Some(words) = damaged {
            window
                .shell
                .add_notice("The arrangement is as it comes.", &words);
        }
        window
    }

    /// Settings have been changed that only a new run can take up.
    pub fn has_draft(&self) -> bool {
        self.engine.session.as_ref().is_some_and(|s| {
            let mut own = s.experiment.clone();
            // What the microscope takes up at once is no draft until something has been trained with the old value.
            if self.engine.race.update == 0 {
                own.learning.rule = self.document.draft.learning.rule;
                own.inference = self.document.draft.inference;
                own.conditions = self.document.draft.conditions;
            }
            own != self.document.draft
        })
    }

    /// The run that goes on can take the changed settings up, from its next update on.
    pub fn can_take_up(&self) -> bool {
        let race = &self.engine.race;
        let made = race.update > 0 || !race.kept.is_empty();
        let session = self.engine.session.as_ref().filter(|_| made);
        session.is_some_and(|s| s.experiment.takes_up(&self.document.draft))
    }

    /// The rule, inference and conditions of the microscope.
    pub fn inference(&self) -> (Rule, Inference, Conditions) {
        let d = &self.document.draft;
        (d.learning.rule, d.inference, d.conditions)
    }

    /// Commands of the keyboard. A field that is typed in takes up its text before one is carried out.
    fn take_keys(&mut self, ctx: &egui::Context) {
        let typed_in = field::typed_in(ctx);
        let pressed = commands::pressed(ctx, self.shell.presents());
        let mut wanted = std::mem::take(&mut self.shell.later);
        if self.shell.question.is_some() {
            wanted.clear();
        } else if let (Some(field), false) = (typed_in, pressed.is_empty()) {
            ctx.memory_mut(|m| m.surrender_focus(field));
            ctx.request_repaint();
            self.shell.later = pressed;
        } else {
            wanted.extend(pressed);
        }
        for command in wanted {
            self.run_command(command);
        }
        // Escape in a field gives up what was typed there, and no more.
        if ctx.input(|i| i.key_pressed(egui::Key::Escape)) && typed_in.is_none() {
            self.escape();
        }
    }

    fn escape(&mut self) {
        if self.shell.question.is_some() {
            self.answer(false);
        } else if self.shell.dialog.is_open() {
            self.shell.dialog = Dialog::None;
        } else if self.shell.close_overlay() {
            // What lay over the rest is gone.
        } else if self.shell.presenter.put_away() {
            // What helps to present goes before what is presented.
        } else if self.shell.trees.restore(self.shell.settings.layout) {
            // Every view has its own room again.
        } else if self.player.region.is_some() {
            self.repeat_part(None);
        } else if self.shell.presents() {
            self.shell.show_layout(Layout::Present);
        }
    }

    /// A file dropped onto the window is opened like one chosen in the dialog.
    fn take_drops(&mut self, ctx: &egui::Context) {
        let dropped: Vec<PathBuf> = ctx.input(|i| {
            let files = i.raw.dropped_files.iter();
            files.map(|f| f.path().to_path_buf()).collect()
        });
        let Some((first, others)) = dropped.split_first() else {
            return;
        };
        if self.shell.question.is_some() {
            let rest = "A question waits for its answer first.";
            return self.shell.add_notice("Nothing was opened.", rest);
        }
        self.open_path(&first.to_string_lossy());
        if !others.is_empty() {
            let name = |path: &PathBuf| match path.file_name() {
                Some(name) => name.to_string_lossy().into_owned(),
                None => path.to_string_lossy().into_owned(),
            };
            let others: Vec<String> = others.iter().map(name).collect();
            let rest = format!(
                "Looked at is {}, with what belongs to it (its labels, a test file). One file or folder is opened at a time; not opened by themselves: {}. Of pictures by class, drop their folder.",
                name(first),
                others.join(", ")
            );
            self.shell.add_notice("Several files were dropped.", &rest);
        }
    }

    /// Makes a draft of an experiment on points made by hand, with as many outputs as they have classes.
    fn take_points(&mut self, points: Vec<Point>) {
        let classes = points.iter().map(|p| usize::from(p.class) + 1).max();
        let outputs = classes.unwrap_or(0).max(2);
        if let Some(Layer::Dense { dense, .. }) = self.document.draft.network.layers.last_mut() {
            *dense = outputs;
        }
        self.document.draft.name = "Points made by hand".into();
        self.document.draft.data = Data {
            points: Some(points.clone()),
            ..Data::from_source(crate::data::points::SOURCE)
        };
        self.view.points = points;
    }

    /// Lends views what they draw from; `None` until the first experiment has loaded.
    pub fn with_frame<R>(
        &self,
        actions: &mut Vec<Action>,
        run: impl FnOnce(&mut Frame<'_>) -> R,
    ) -> Option<R> {
        let session = self.engine.session.as_ref()?;
        let micro = self.engine.micro.as_ref()?;
        let micro = self.at_half(micro);
        let pair = self.pair();
        let beside = self.engine.beside.as_ref().filter(|_| pair.is_some());
        let beside = beside.map(|beside| match beside {
            Ok(beside) => Ok(&**beside),
            Err(run) => Err(*run),
        });
        let mut frame = Frame {
            micro: &micro,
            pair,
            // Of another pair nothing is shown.
            beside: beside.filter(|b| b.is_err() || b.is_ok_and(|b| Some(b.runs) == pair)),
            side: None,
            race: &self.engine.race,
            at: self.engine.at,
            data: &session.data,
            experiment: &session.experiment,
            draft: &self.document.draft,
            changed: self.has_draft(),
            can_take_up: self.can_take_up(),
            switches: self.engine.switches.as_ref().map(|s| s.as_slice()),
            plane: self.engine.plane.as_ref(),
            view: &self.view,
            foot: 0.0,
            far: self.shell.presents(),
            actions,
        };
        Some(run(&mut frame))
    }
}
