//! How wishes are carried out: those of views, and commands from keys, menus and the palette.

use super::{Grain, Notice, SPEEDS, Window};
use crate::app::commands::Command;
use crate::app::dialog::Dialog;
use crate::app::layout::Layout;
use crate::app::pad::Pad;
use crate::app::panels;
use crate::app::region::Region;
use crate::app::settings::Settings;
use crate::app::state::{Action, Rail, Selection};
use crate::app::theme::Theme;
use crate::app::views::scored;
use crate::experiment::file::{Experiment, ExperimentError};
use crate::experiment::microscope::Field;
use crate::experiment::session::{MOST_RUNS, Mode, RaceCommand, RaceState, ScopeCommand};
use crate::learning::Conditions;
use std::path::Path;

impl Window {
    /// Carries out a wish of a view.
    pub fn act(&mut self, action: Action) {
        if self.refused_by_recording(&action) {
            return;
        }
        match action {
            Action::Seek(t) => {
                self.view.playing = false;
                self.player.rested = 0.0;
                self.seek(t);
            }
            Action::At(update) => self.go_to(update),
            Action::Select(selection) => self.view.selection = selection,
            Action::PlayPause => self.run_command(Command::PlayPause),
            Action::Example(example) => {
                self.shell.pad = None;
                self.shell.word = None;
                self.shell.word_refused = None;
                self.view.t = 0;
                self.player.rested = 0.0;
                self.player.waiting = None;
                self.engine.tell_scope(ScopeCommand::Example(example));
            }
            Action::Draw(drawn) => {
                // The cursor stays where it is, so that every stroke shows what it changes there.
                let t = self.player.waiting.map_or(self.view.t, |(t, _)| t);
                self.player.rested = 0.0;
                self.engine.tell_scope(ScopeCommand::Draw(drawn));
                self.wait_for(t);
            }
            Action::Rule {
                rule,
                inference,
                conditions,
            } => {
                self.document.draft.learning.rule = rule;
                self.document.draft.inference = inference;
                self.document.draft.conditions = conditions;
                let valid = self.document.draft.validate("set-up");
                self.say_if_refused(valid.as_ref().err());
                if valid.is_ok() {
                    // The cursor stays as far as its state exists: what a change does is seen where one looks.
                    let t = self.player.waiting.map_or(self.view.t, |(t, _)| t);
                    let optimiser = self.document.draft.learning.settings();
                    self.player.rested = 0.0;
                    self.engine.tell_scope(ScopeCommand::Rule {
                        rule,
                        inference,
                        conditions,
                        optimiser,
                    });
                    if !self.view.playing {
                        // At rest, the end of the new phase is what a change of rule is about.
                        self.engine.tell_scope(ScopeCommand::RunTo(usize::MAX));
                    }
                    self.wait_for(t);
                }
            }
            Action::Touch(touch) => self.touch(touch),
            Action::Points(points) => self.take_points(points),
            Action::UsePoints => {
                // The draft may have been discarded since they were set.
                self.take_points(self.view.points.clone());
                let draft = self.document.draft.clone();
                self.view.adding = None;
                self.open(draft, false, false);
            }
            Action::Race(command) => self.race_command(command),
            Action::PauseRace(paused) => {
                if let Some(session) = &self.engine.session {
                    session.pause_race(paused);
                }
            }
            Action::Open(experiment) => match experiment.validate("set-up") {
                Ok(()) => self.open(*experiment, false, true),
                Err(error) => {
                    self.shell.notice = Some(Notice {
                        subject: "Not started.".into(),
                        rest: format!("{error}. The running experiment was not changed."),
                    });
                }
            },
            Action::OpenPath(path) => self.open_path(&path),
            Action::Used(name) => self.shell.settings.note_used(name),
            Action::Layout(layout) if layout == self.shell.settings.layout => {}
            Action::Layout(layout) => self.shell.show_layout(layout),
            Action::Edit(draft) => {
                let followed = |e: &Experiment| (e.learning.rule, e.inference, e.conditions);
                self.take_draft(*draft, followed);
            }
            Action::Start => self.act(Action::Open(Box::new(self.document.draft.clone()))),
            Action::TakeUp { branch } => self.take_up(branch),
            Action::Discard => {
                if let Some(session) = &self.engine.session {
                    self.act(Action::Edit(Box::new(session.experiment.clone())));
                }
            }
            Action::Pad(pad) => self.shell.pad = Some(pad),
            Action::Word { typed, refused } => {
                self.shell.word = Some(typed);
                self.shell.word_refused = refused;
            }
            Action::Say(notice) => self.shell.notice = Some(notice),
            Action::Dismiss => {
                self.shell.notice = None;
                self.engine.lost = None;
            }
            Action::Find(source) => self.shell.dialog = Dialog::find(&source),
            Action::Choose(choice) => self.choose(choice),
            Action::Close => self.shell.dialog = Dialog::None,
            Action::Answer(yes) => self.answer(yes),
            Action::Path(purpose, path) => self.take_path(purpose, &path),
            Action::SaveNumbers(view) => self.ask_to_save_numbers(view),
            Action::SaveAnswers(path) => {
                if let Dialog::Predict(state) = &mut self.shell.dialog {
                    state.save(Path::new(&path));
                }
            }
            Action::Export => self.export(),
            Action::Begin(experiment) => self.begin(*experiment),
            Action::Command(command) => self.run_command(command),
        }
    }

    /// Makes a draft the present one. Where what is `followed` of it differs, the microscope takes it up at once.
    pub(super) fn take_draft<T: PartialEq>(
        &mut self,
        draft: Experiment,
        followed: impl Fn(&Experiment) -> T,
    ) {
        let before = followed(&self.document.draft);
        self.document.draft = draft;
        self.follow_hands();
        if before != followed(&self.document.draft) {
            let (rule, inference, conditions) = self.inference();
            self.act(Action::Rule {
                rule,
                inference,
                conditions,
            });
        }
    }

    pub(super) fn race_command(&mut self, command: RaceCommand) {
        if self.refused_by_recording(&Action::Race(command.clone())) {
            return;
        }
        match &command {
            RaceCommand::PauseWhen(when) => self.view.pause_when.clone_from(when),
            RaceCommand::Close(name) => {
                self.view.not_overlaid.retain(|r| r != name);
                self.view.pins.retain(|r| r != name);
            }
            _ => {}
        }
        // A run that has an end goes no further.
        let made = self.engine.race.update;
        let end = self.view.ends_at.filter(|end| *end > made);
        let command = match (command, end) {
            (RaceCommand::RunUntil(to), Some(end)) if to >= end => RaceCommand::RunToEnd(end),
            (command, _) => command,
        };
        let starts = matches!(
            command,
            RaceCommand::Run | RaceCommand::RunUntil(_) | RaceCommand::RunToEnd(_)
        );
        if starts || command == RaceCommand::Reset {
            // What is trained is looked at.
            self.go_to(None);
        }
        // Nothing has been trained yet: what the set-up says now is what will be trained.
        let changed = self
            .engine
            .session
            .as_ref()
            .is_some_and(|s| s.experiment != self.document.draft);
        if starts && changed && self.engine.race.update == 0 && !self.engine.race.kept.is_empty() {
            // A new run in this place would be the end of those that are kept.
            if self.can_take_up() {
                self.take_up(false);
            } else {
                let title = "Start a new run?".to_owned();
                self.ask(title, "Start it", |window| window.act(Action::Start));
                return;
            }
        } else if starts && changed && self.engine.race.update == 0 {
            match self.document.draft.validate("set-up") {
                Ok(()) => {
                    self.engine.then = Some(command);
                    self.engine.falls_back = self.engine.stands_in;
                    self.open_now(self.document.draft.clone(), true, true);
                }
                Err(error) => {
                    self.shell.notice = Some(Notice {
                        subject: "Not started.".into(),
                        rest: error.to_string(),
                    })
                }
            }
            return;
        }
        if let Some(session) = &mut self.engine.session {
            if starts {
                self.engine.race.state = RaceState::Running;
                self.shell.settings.trained = true;
            }
            session.race(command);
        }
        if self.engine.mode == Mode::InStep {
            self.poll();
        }
    }

    /// Why a command would change nothing as things stand; menus and the palette say it, and so does its key.
    pub fn idle(&self, command: Command) -> Option<&'static str> {
        let makes = matches!(&self.shell.dialog, Dialog::Export(state) if state.busy());
        match command {
            Command::Open
            | Command::Save
            | Command::SaveRun
            | Command::Predict
            | Command::Export
            | Command::Palette
            | Command::Keys
            | Command::About
                if makes =>
            {
                Some("A file is being made; Escape gives it up.")
            }
            Command::Mend if self.document.draft.conditions == Conditions::default() => {
                Some("All conditions hold.")
            }
            Command::Undo if !self.document.can_go_back(false) => Some("Nothing has been changed."),
            Command::Clamp | Command::Kick => self.idle_of_hands(),
            Command::Redo if !self.document.can_go_back(true) => Some("Nothing has been undone."),
            Command::SaveRun | Command::LeaveRecording => self.idle_of_folders(command),
            Command::Tool(_) => self.idle_of_tools(command),
            Command::Predict if self.engine.session.is_none() => Some("Nothing is open yet."),
            Command::Export | Command::Draw | Command::NewSeed | Command::Predict
                if self.engine.recording.is_some() =>
            {
                Some("This is a recording.")
            }
            Command::Export | Command::Numbers if self.engine.micro.is_none() => {
                Some("Nothing is open yet.")
            }
            Command::ScoreTest => match self.engine.data() {
                None => Some("Nothing is open yet."),
                Some(data) => scored::no_test(data),
            },
            Command::Hints if panels::hint::wanted(self) => Some("The hint is shown."),
            Command::UpdateBack if self.shown_update() == 0 => {
                Some("The weights of before the first update are shown.")
            }
            Command::Branch if self.engine.race.update == 0 => {
                Some("Nothing has been trained yet.")
            }
            Command::Branch if self.engine.race.kept.len() + 1 >= MOST_RUNS => {
                Some("So many runs are kept that one has to be closed first (Train, Runs).")
            }
            Command::Branch if self.engine.race.stored.frames == 0 => {
                Some("No update of this run could be kept to go back to.")
            }
            Command::Pin if self.engine.race.kept.is_empty() => Some(
                "There is one run alone: a branch (Ctrl B) makes a second to look at beside it.",
            ),
            Command::Follow if self.engine.wished().is_none() => {
                Some("The newest weights are looked at.")
            }
            Command::RepeatAll if self.player.region.is_none() => {
                Some("No part of a line is repeated.")
            }
            Command::StepBack | Command::First
                if self.player.grain.of_updates() && self.shown_update() == 0 =>
            {
                Some("The weights of before the first update are shown.")
            }
            Command::Slower | Command::Faster | Command::Speed(_)
                if self.engine.race_at_work() && !self.plays() =>
            {
                Some(
                    "Training goes as fast as it can; this is the speed at which inference plays while it rests.",
                )
            }
            Command::UsualSize if self.shell.settings.scale == 1.0 => {
                Some("Everything has its usual size.")
            }
            Command::ResetLayout if !self.shell.trees.changed(self.shell.settings.layout) => {
                Some("The layout is as it comes.")
            }
            _ => None,
        }
    }

    /// Carries out a command of the table.
    pub fn run_command(&mut self, command: Command) {
        if let Some(why) = self.idle(command) {
            self.shell.notice = Some(Notice {
                subject: "Nothing to do.".into(),
                rest: why.into(),
            });
            return;
        }
        let steps = self.engine.micro.as_ref().map_or(0, |m| m.steps);
        match command {
            Command::PlayPause => {
                let repeats = self.player.region.and_then(Region::updates).is_some();
                let running = self.engine.race.state == RaceState::Running;
                if self.engine.race_at_work() && (running || !repeats) {
                    self.pause_race();
                } else {
                    self.view.playing = !self.view.playing;
                    self.player.rested = 0.0;
                    if self.view.playing && self.view.t >= steps {
                        self.view.t = 0;
                    }
                    if !self.view.playing && !self.player.first_pause_seen {
                        self.player.first_pause_seen = true;
                        self.select_largest();
                    }
                }
            }
            Command::StepForward => match self.player.grain {
                Grain::Half => self.half_step(true),
                Grain::Step => {
                    let t = self.view.t + 1;
                    self.act(Action::Seek(t));
                }
                Grain::Update => self.run_command(Command::OneUpdate),
                Grain::Epoch => {
                    let epochs = &self.engine.race.epochs;
                    let next = epochs.end(epochs.whole(self.shown_update()) + 1);
                    match self.engine.wished() {
                        Some(_) => self.go_to(Some(next)),
                        None => self.race_command(RaceCommand::RunUntil(next)),
                    }
                }
            },
            Command::StepBack => match self.player.grain {
                Grain::Half => self.half_step(false),
                Grain::Step => {
                    let t = self.view.t.saturating_sub(1);
                    self.act(Action::Seek(t));
                }
                Grain::Update => self.run_command(Command::UpdateBack),
                Grain::Epoch => {
                    let epochs = &self.engine.race.epochs;
                    let before = self.shown_update().saturating_sub(1);
                    let before = epochs.end(epochs.whole(before));
                    self.go_to(Some(before));
                }
            },
            Command::UpdateBack => self.go_to(Some(self.shown_update().saturating_sub(1))),
            Command::Follow => self.go_to(None),
            Command::First if self.player.grain.of_updates() => self.go_to(Some(0)),
            Command::First => self.act(Action::Seek(0)),
            Command::Last => {
                self.go_to(None);
                let last = self
                    .engine
                    .micro
                    .as_ref()
                    .map_or(0, |m| m.states.len().saturating_sub(1));
                self.act(Action::Seek(last));
            }
            Command::NextMark | Command::PreviousMark if self.player.grain.of_updates() => {
                let stops = panels::update_line::stops(&self.engine.race);
                let now = self.shown_update();
                let to = if command == Command::NextMark {
                    stops.into_iter().find(|u| *u > now)
                } else {
                    stops.into_iter().rev().find(|u| *u < now)
                };
                self.go_to(to.or(self.engine.wished()));
            }
            Command::NextMark | Command::PreviousMark => {
                let marks = self.marks();
                let t = self.view.t;
                let to = if command == Command::NextMark {
                    marks.into_iter().find(|m| *m > t).unwrap_or(steps)
                } else {
                    marks.into_iter().rev().find(|m| *m < t).unwrap_or(0)
                };
                self.act(Action::Seek(to));
            }
            Command::Slower => self.player.speed = self.player.speed.saturating_sub(1),
            Command::Faster => self.player.speed = (self.player.speed + 1).min(SPEEDS.len() - 1),
            Command::Speed(n) => self.player.speed = usize::from(n).clamp(1, SPEEDS.len() - 1),
            Command::RepeatFrom => self.repeat_from_here(true),
            Command::RepeatTo => self.repeat_from_here(false),
            Command::RepeatAll => self.repeat_part(None),
            Command::Loop => self.player.repeat = !self.player.repeat,
            Command::NextVertex | Command::PreviousVertex => {
                if let Some(micro) = &self.engine.micro {
                    let n = micro.plan.graph.vertices.len();
                    let v = self.view.selection.vertex;
                    let vertex = if command == Command::NextVertex {
                        (v + 1) % n
                    } else {
                        (v + n - 1) % n
                    };
                    self.view.selection = Selection::largest(micro, vertex);
                }
            }
            Command::NextExample | Command::PreviousExample => {
                if let (Some(session), Some(micro)) = (&self.engine.session, &self.engine.micro) {
                    let test = session.data.split().to_look_at();
                    let at = micro
                        .subject
                        .example
                        .clamp(test.start, test.end.saturating_sub(1))
                        - test.start;
                    let n = test.len();
                    let next = if command == Command::NextExample {
                        (at + 1) % n
                    } else {
                        (at + n - 1) % n
                    };
                    self.act(Action::Example(test.start + next));
                }
            }
            Command::Draw => self.toggle_pad(),
            Command::Train => {
                if self.engine.race_at_work() {
                    self.pause_race();
                } else {
                    if matches!(self.shell.settings.layout, Layout::Teach | Layout::Explore)
                        && self.engine.race.update == 0
                    {
                        self.shell.settings.layout = Layout::Train;
                    }
                    let end = self
                        .view
                        .ends_at
                        .filter(|end| *end > self.engine.race.update);
                    self.race_command(end.map_or(RaceCommand::Run, RaceCommand::RunToEnd));
                }
            }
            Command::ScoreTest => self.race_command(RaceCommand::ScoreTest),
            Command::OneUpdate => match self.engine.wished() {
                Some(at) => self.go_to(Some(at + 1)),
                None => {
                    let next = self.engine.race.update + 1;
                    self.race_command(RaceCommand::RunUntil(next));
                }
            },
            Command::Branch => self.branch(None),
            Command::Pin => self.pin(),
            Command::Rewind => {
                let title = "Back to the initial weights?".to_owned();
                self.ask(title, "Go back", |window| {
                    window.race_command(RaceCommand::Reset);
                    window.start_draft_again(window.document.draft.seed);
                });
            }
            Command::NewSeed => {
                let title = "Start again with a new seed?".to_owned();
                self.ask(title, "Start again", |window| {
                    // Seeds in files go as far as TOML's whole numbers.
                    let now = window.document.draft.seed;
                    let last = now >= i64::MAX as u64;
                    window.start_draft_again(if last { 0 } else { now + 1 });
                });
            }
            Command::BreakIt => {
                self.shell.settings.broke_it = true;
                self.shell.mark_conditions();
            }
            Command::Mend => {
                let (rule, inference, _) = self.inference();
                self.act(Action::Rule {
                    rule,
                    inference,
                    conditions: Conditions::default(),
                });
            }
            Command::Clamp | Command::Kick => self.touch_by_key(command),
            Command::Undo => self.go_back(false),
            Command::Redo => self.go_back(true),
            Command::Open => self.shell.dialog = Dialog::open(),
            Command::Save => self.shell.dialog = Dialog::save(),
            Command::SaveRun => self.shell.dialog = self.save_run_dialog(),
            Command::LeaveRecording => self.leave_recording(),
            Command::Predict => self.shell.dialog = Dialog::predict(),
            Command::Export => self.ask_to_export(),
            Command::Numbers => self.numbers_of_what_is_pointed_at(),
            Command::Demo => match Experiment::first_launch() {
                Ok(experiment) => {
                    let title = "Start the demo?".to_owned();
                    self.ask(title, "Start it", |window| window.demo(experiment));
                }
                Err(error) => {
                    self.shell.notice = Some(Notice {
                        subject: "No demo.".into(),
                        rest: error.to_string(),
                    })
                }
            },
            Command::Larger => self.shell.settings.rescale(1),
            Command::Smaller => self.shell.settings.rescale(-1),
            Command::UsualSize => self.shell.settings.scale = 1.0,
            Command::Theme => {
                self.shell.settings.theme = match self.shell.settings.theme {
                    Theme::Dark | Theme::Contrast => Theme::Light,
                    Theme::Light => Theme::Dark,
                };
            }
            Command::Contrast => {
                self.shell.settings.theme = match self.shell.settings.theme {
                    Theme::Dark | Theme::Light => Theme::Contrast,
                    Theme::Contrast => Theme::Dark,
                };
            }
            Command::Motion => {
                let still = !self.shell.settings.reduce_motion;
                self.shell.settings.reduce_motion = still;
                if still {
                    self.view.playing = false;
                }
            }
            Command::Layout(layout) => self.shell.show_layout(layout),
            Command::Tool(tool) => self.use_tool(tool),
            Command::ResetLayout => self.shell.trees.reset(self.shell.settings.layout),
            Command::FullScreen => {
                self.shell.settings.full_screen = !self.shell.settings.full_screen
            }
            Command::Palette => self.shell.dialog = Dialog::palette(),
            Command::Keys => self.shell.dialog = Dialog::Keys,
            Command::Hints => {
                self.shell.settings.hint_closed = false;
                self.shell.settings.broke_it = false;
                self.shell.settings.drew = false;
            }
            Command::About => self.shell.dialog = Dialog::About,
            Command::Quit if self.is_kept() => self.shell.quit = true,
            Command::Quit => self.ask("Quit?".to_owned(), "Quit", |window| {
                window.shell.quit = true
            }),
        }
    }

    /// Pauses the race within an update, or goes on with it.
    fn pause_race(&mut self) {
        let paused = self.engine.race.state == RaceState::Paused;
        if paused {
            // What is trained is looked at.
            self.go_to(None);
        }
        self.act(Action::PauseRace(!paused));
        self.engine.race.state = if paused {
            RaceState::Running
        } else {
            RaceState::Paused
        };
    }

    /// As at the first launch. What the user has gathered stays: files opened, arrangement, size, theme.
    fn demo(&mut self, experiment: Experiment) {
        let now = &self.shell.settings;
        self.shell.settings = Settings {
            theme: now.theme,
            scale: now.scale,
            recent: now.recent.clone(),
            logarithmic: now.logarithmic.clone(),
            recent_commands: now.recent_commands.clone(),
            reduce_motion: now.reduce_motion,
            zoom: now.zoom,
            ..Settings::default()
        };
        self.player.speed = 2;
        self.player.repeat = false;
        self.player.first_pause_seen = false;
        self.open_now(experiment, false, false);
    }

    /// Says why a change of rule, inference or conditions is not taken up by the microscope, and takes it back once one is.
    fn say_if_refused(&mut self, error: Option<&ExperimentError>) {
        const SUBJECT: &str = "Not taken up.";
        match error {
            Some(error) => {
                self.shell.notice = Some(Notice {
                    subject: SUBJECT.into(),
                    rest: format!("{error}. The microscope shows what was set before."),
                });
            }
            None if self
                .shell
                .notice
                .as_ref()
                .is_some_and(|n| n.subject == SUBJECT) =>
            {
                self.shell.notice = None;
            }
            None => {}
        }
    }

    /// Opens the drawing pad in the set-up panel, or closes it and goes back to the example.
    pub(super) fn toggle_pad(&mut self) {
        let (Some(session), Some(micro)) = (&self.engine.session, &self.engine.micro) else {
            return;
        };
        if self.shell.pad.take().is_some() {
            let example = micro.subject.example;
            self.act(Action::Example(example));
            return;
        }
        self.shell.pad = Pad::new(&session.data, micro.subject.label.unwrap_or(0));
        match &self.shell.pad {
            Some(pad) => {
                let drawn = pad.drawn(&session.data);
                self.shell.show_setup();
                self.shell.settings.drew = true;
                self.shell.overlay = Some(Rail::Setup);
                self.act(Action::Draw(drawn));
            }
            None => {
                let [channels, rows, columns] = session.data.shape();
                self.shell.notice = Some(Notice {
                    subject: "No pad for these examples.".into(),
                    rest: format!(
                        "They are {channels} × {rows} × {columns}; the pad draws grey images of 4 to 64 pixels a side with classes."
                    ),
                });
            }
        }
    }

    /// The states at which something is captured, in order.
    pub fn marks(&self) -> Vec<usize> {
        let Some(micro) = &self.engine.micro else {
            return Vec::new();
        };
        let mut marks: Vec<usize> = micro
            .plan
            .weighted_levels()
            .filter_map(|l| micro.capture_time(l))
            .collect();
        marks.sort_unstable();
        marks.dedup();
        marks
    }

    /// Selects the unit with the largest error at the cursor: what the first pause is about.
    pub(super) fn select_largest(&mut self) {
        let Some(micro) = &self.engine.micro else {
            return;
        };
        let t = self.view.t.min(micro.states.len() - 1);
        let output = micro.plan.output();
        let front = (1..=output)
            .filter(|&v| micro.states[t].size[v] > 0.0)
            .min_by_key(|&v| v)
            .unwrap_or(output);
        let unit = (0..micro.plan.len_of(front))
            .max_by(|&a, &b| {
                let size = |i| micro.value(t, Field::Eps, front, i).abs();
                size(a).total_cmp(&size(b))
            })
            .unwrap_or(0);
        self.view.selection = Selection {
            vertex: front,
            unit,
        };
    }

    /// Asks the microscope for the table of switches while a layout shows it.
    pub(super) fn want_switches(&mut self) {
        let wanted = self.shell.settings.layout == Layout::Compare;
        if wanted != self.engine.switches_on {
            self.engine.switches_on = wanted;
            self.engine.tell_scope(ScopeCommand::Switches(wanted));
        }
    }
}
