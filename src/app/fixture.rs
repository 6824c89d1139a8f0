//! A session in step with the caller, for rendering views in tests.

use super::headless::Headless;
use super::state::{Action, Frame, Selection, ViewState};
use super::theme::Theme;
use crate::experiment::file::Experiment;
use crate::experiment::microscope::{MicroscopeSnapshot, SwitchRow};
use crate::experiment::plane::Plane;
use crate::experiment::session::{Mode, RaceCommand, RaceSnapshot, ScopeCommand, Session};
use std::sync::Arc;

/// Everything a [`Frame`] borrows.
pub struct Fixture {
    /// The session.
    pub session: Session,
    /// The microscope's snapshot.
    pub micro: Arc<MicroscopeSnapshot>,
    /// The race's snapshot.
    pub race: RaceSnapshot,
    /// The table of switches.
    pub switches: Option<Arc<Vec<SwitchRow>>>,
    /// The plane of two inputs.
    pub plane: Option<Arc<Plane>>,
    /// Shared state.
    pub view: ViewState,
    /// What views asked for.
    pub actions: Vec<Action>,
}

impl Fixture {
    /// A preset with changes (`key=value`), its microscope run to state `t`.
    pub fn new(preset: &str, changes: &[&str], t: usize) -> Self {
        let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
        let experiment = Experiment::load(preset, &changes).unwrap();
        let mut session = Session::start(experiment, Mode::InStep).unwrap();
        session.scope(ScopeCommand::Switches(true));
        session.scope(ScopeCommand::Plane(true));
        session.scope(ScopeCommand::RunTo(t));
        let scope = session.take_scope().unwrap();
        let race = session.take_race().unwrap();
        let mut view = ViewState {
            t,
            ..ViewState::default()
        };
        view.ranges.update(&scope.microscope);
        view.selection = Selection {
            vertex: scope.microscope.plan.output() - 1,
            unit: 0,
        };
        Self {
            session,
            micro: scope.microscope,
            race,
            switches: scope.switches,
            plane: scope.plane,
            view,
            actions: Vec::new(),
        }
    }

    /// Trains the race up to `update`.
    pub fn train(&mut self, update: u64) {
        self.session.race(RaceCommand::RunUntil(update));
        if let Some(race) = self.session.take_race() {
            self.race = race;
        }
        if let Some(scope) = self.session.take_scope() {
            self.micro = scope.microscope;
            self.switches = scope.switches;
            self.plane = scope.plane;
            self.view.ranges.update(&self.micro);
        }
    }

    /// Renders a view to a PNG (a few passes, so that layout settles) and returns what it asked for.
    pub fn render(
        &mut self,
        size: (f32, f32),
        scale: f32,
        theme: Theme,
        path: &str,
        mut draw: impl FnMut(&mut egui::Ui, &mut Frame<'_>),
    ) -> Vec<Action> {
        let mut headless = Headless::new(egui::vec2(size.0, size.1), scale, theme);
        for _ in 0..3 {
            self.actions.clear();
            let mut frame = Frame {
                micro: &self.micro,
                pair: None,
                beside: None,
                side: None,
                race: &self.race,
                at: None,
                data: &self.session.data,
                experiment: &self.session.experiment,
                draft: &self.session.experiment,
                changed: false,
                can_take_up: false,
                switches: self.switches.as_ref().map(|s| s.as_slice()),
                plane: self.plane.as_ref(),
                view: &self.view,
                foot: 0.0,
                far: false,
                actions: &mut self.actions,
            };
            headless.frame(Vec::new(), |ui| draw(ui, &mut frame));
        }
        super::headless::save_png(headless.image(), std::path::Path::new(path), None).unwrap();
        std::mem::take(&mut self.actions)
    }
}
