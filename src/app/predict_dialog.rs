//! Predicting a file: new examples are answered with the present weights of a lane, looked at, and saved as a table.

use super::commands::Command;
use super::dialog::{Choose, Wanted, browse};
use super::format;
use super::kit::button::Button;
use super::kit::dropdown::Dropdown;
use super::kit::table::{Columns, Row, Tone};
use super::kit::{notice, progress, section, toggle};
use super::save_place::{self, Buttons, there_already};
use super::state::Action;
use super::text;
use super::theme::Theme;
use super::work::Work;
use crate::data::Progress;
use crate::experiment::lane::LaneId;
use crate::experiment::predict::columns;
use crate::experiment::save::{atomically, same_file};
use crate::experiment::score::largest;
use crate::experiment::session::{Answerer, LaneSnapshot, Mode, Present};
use egui::{Key, Ui};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Width of the sheet.
pub const WIDTH: f32 = 560.0;

/// Width of a column of answers.
const COLUMN: f32 = 130.0;

/// So many answers are shown.
const SHOWN: usize = 8;

/// So many values of each.
const VALUES: usize = 3;

/// The dialog's state.
pub struct PredictFile {
    /// New examples.
    path: PathBuf,
    lane: LaneId,
    answerer: Arc<dyn Answerer>,
    mode: Mode,
    asking: Option<Work<Present>>,
    present: Option<Arc<Present>>,
    problem: Option<String>,
    /// A column more for the probability of each class.
    probabilities: bool,
    /// Where the table goes.
    pub(super) out: String,
    native: Option<Receiver<Option<PathBuf>>>,
    saving: Option<Work<String>>,
    /// Why it was not saved, or what was.
    said: Option<Result<String, String>>,
}

impl PredictFile {
    /// Starts to answer the examples at `path`.
    pub(super) fn new(
        path: PathBuf,
        lane: LaneId,
        answerer: Arc<dyn Answerer>,
        mode: Mode,
    ) -> Self {
        let out = path.with_file_name("predictions.csv");
        let mut new = Self {
            path,
            lane,
            answerer,
            mode,
            asking: None,
            present: None,
            problem: None,
            probabilities: false,
            out: out.to_string_lossy().into_owned(),
            native: None,
            saving: None,
            said: None,
        };
        new.ask();
        new
    }

    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// What is chosen and shown, for the robot that presses everything.
    #[cfg(test)]
    pub(super) fn shown(&self) -> String {
        format!(
            "predict {:?} {:?} {} {} {:?} {:?}",
            self.path, self.lane, self.probabilities, self.out, self.problem, self.said
        )
    }

    fn ask(&mut self) {
        if let Some(old) = &self.asking {
            old.progress.cancel();
        }
        self.problem = None;
        let (answerer, lane, path) = (Arc::clone(&self.answerer), self.lane, self.path.clone());
        self.asking = Some(Work::begin(self.mode, move |progress: &Progress| {
            answerer.answers(lane, &path, progress)
        }));
        self.poll();
    }

    /// Takes what is done.
    fn poll(&mut self) {
        if let Some(result) = self.asking.as_ref().and_then(Work::poll) {
            self.asking = None;
            match result {
                Ok(present) => self.present = Some(Arc::new(present)),
                Err(problem) => (self.present, self.problem) = (None, Some(problem)),
            }
        }
        if let Some(result) = self.saving.as_ref().and_then(Work::poll) {
            self.saving = None;
            self.said = Some(result);
        }
        if let Some(chosen) = self.native.as_ref().and_then(|r| r.try_recv().ok()) {
            self.native = None;
            if let Some(chosen) = chosen {
                self.out = chosen.to_string_lossy().into_owned();
                self.said = None;
            }
        }
    }

    /// Writes the table of answers to `out`: over a file that is there only once that has been said.
    pub(super) fn save(&mut self, out: &Path) {
        let Some(present) = self.present.clone() else {
            return;
        };
        if same_file(out, &self.path) {
            let words = "that is the file of the examples; expected another";
            self.said = Some(Err(format!("{}: {words}", out.display())));
            return;
        }
        let there = there_already(out);
        if out.exists() && self.said != Some(Err(there.clone())) {
            self.said = Some(Err(there));
            return;
        }
        self.said = None;
        let (out, probabilities) = (out.to_owned(), self.probabilities);
        self.saving = Some(Work::begin(self.mode, move |_: &Progress| {
            let table = present.answers.table(&present.learnt, probabilities)?;
            atomically(&out, table.as_bytes())?;
            Ok(present.answers.counted(&out.display().to_string()))
        }));
        self.poll();
    }
}

impl Drop for PredictFile {
    fn drop(&mut self) {
        if let Some(work) = &self.asking {
            work.progress.cancel();
        }
    }
}

/// Draws the dialog for these lanes, with what asks the desktop for a path; false once it is done with.
pub fn show(
    (lanes, choose): (&[LaneSnapshot], Choose),
    ui: &mut Ui,
    state: &mut PredictFile,
    actions: &mut Vec<Action>,
) -> bool {
    state.poll();
    let mut keep = true;
    if let Some(work) = &state.asking {
        let share = work.progress.fraction().unwrap_or(0.0) as f32;
        let words = format!("{}, reading and answering", state.name());
        if progress::progress(ui, &words, share).clicked() {
            keep = false;
        }
        ui.add_space(8.0);
    }
    if state.asking.is_some() || state.saving.is_some() || state.native.is_some() {
        ui.ctx().request_repaint_after(Duration::from_millis(40));
    }
    if let Some(problem) = &state.problem {
        notice::warning(ui, "Not predicted.", &format!("{problem}."));
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            if Button::primary("Choose another…").show(ui).clicked() {
                actions.push(Action::Command(Command::Predict));
            }
            if Button::plain("Cancel").show(ui).clicked() {
                keep = false;
            }
        });
    }
    let Some(present) = state.present.clone() else {
        return keep;
    };
    head(lanes, ui, state, &present);
    ui.add_space(8.0);
    ui.scope(|ui| answers(ui, &present));
    for note in &present.answers.notes {
        ui.add_space(4.0);
        notice::lead(ui, "Note:", note);
    }
    section::rule(ui);
    if present.answers.probabilities {
        let more = "Adds the probability of each class to the table, a column each.";
        toggle::row(ui, &mut state.probabilities, "Probabilities too", more);
        ui.add_space(4.0);
    }
    keep && place(choose, ui, state, actions)
}

/// What was answered, by which weights.
fn head(lanes: &[LaneSnapshot], ui: &mut Ui, state: &mut PredictFile, present: &Present) {
    let c = Theme::get(ui);
    let summary = headline(present, &state.name());
    ui.add(egui::Label::new(text::strong(summary).color(c.t1)).wrap());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(text::body("by").color(c.t2));
        let names: Vec<&str> = lanes.iter().map(|l| &*l.spec.label).collect();
        let at = lanes.iter().position(|l| l.spec.id == state.lane);
        let mut chosen = at.unwrap_or(0);
        let changed = Dropdown::new("Lane", &names)
            .plain()
            .show(ui, &mut chosen)
            .changed();
        if changed && let Some(lane) = lanes.get(chosen) {
            state.lane = lane.spec.id;
            state.said = None;
            state.ask();
        }
        let words = format!("after update {}", format::count(present.update));
        ui.label(text::body(words).color(c.t2));
    });
}

/// How many examples were answered, and with what: "3 examples in new.csv: 195,154 to 252,223".
fn headline(present: &Present, file: &str) -> String {
    let (answers, learnt) = (&present.answers, &present.learnt);
    let first = || answers.outputs.iter().flatten().filter_map(|o| o.first());
    let ends = first()
        .copied()
        .min_by(f64::total_cmp)
        .zip(first().copied().max_by(f64::total_cmp));
    match ends {
        // Here numbers are short; the table has all of their digits.
        Some((low, high)) if learnt.classes.is_empty() => {
            let (low, high) = (format::number(low), format::number(high));
            format!("{}: {low} to {high}", answers.counted(file))
        }
        _ => answers.summary(learnt, file),
    }
}

/// The first answers.
fn answers(ui: &mut Ui, present: &Present) {
    let c = Theme::get(ui);
    let (answers, learnt) = (&present.answers, &present.learnt);
    let classes = !learnt.classes.is_empty();
    let mut names = columns(learnt, false);
    names.remove(0);
    names.truncate(VALUES);
    if answers.probabilities {
        names.push("probability".into());
    }
    let widths = vec![COLUMN; names.len()];
    let table = Columns::of_widths(&widths);
    let whole = ui.available_width();
    ui.set_max_width((COLUMN * (names.len() as f32 + 0.6)).min(whole));
    let captions: Vec<&str> = names.iter().map(String::as_str).collect();
    ui.spacing_mut().item_spacing.y = 0.0;
    table.captions(ui, "example", &captions);
    for (i, output) in answers.outputs.iter().take(SHOWN).enumerate() {
        let values: Vec<String> = match output {
            None => vec![format::NONE.to_owned()],
            Some(output) if classes => {
                let best = largest(output);
                let name = learnt.classes.get(best).cloned().unwrap_or_default();
                let sure = answers.probabilities.then(|| format::cell(output[best]));
                [Some(name), sure].into_iter().flatten().collect()
            }
            Some(output) => {
                let shown = output.iter().take(VALUES);
                shown.map(|v| format::number(*v)).collect()
            }
        };
        let values: Vec<(&str, Tone)> = values.iter().map(|v| (&**v, Tone::Value)).collect();
        table.row(ui, Row::new(&format::count(i as u64 + 1), &values));
    }
    let more = answers.outputs.len().saturating_sub(SHOWN);
    if more > 0 {
        let words = format!("and {} more", format::count(more as u64));
        ui.label(text::caption(words).color(c.t3));
    }
}

/// Where the table is saved, and what came of it; false once the dialog is done with.
fn place(choose: Choose, ui: &mut Ui, state: &mut PredictFile, actions: &mut Vec<Action>) -> bool {
    let c = Theme::get(ui);
    ui.label(text::body("Save the answers as a table to").color(c.t2));
    ui.add_space(2.0);
    let hint = "where to write the table (CSV)";
    let field = save_place::path(ui, &mut state.out, hint, &mut state.said);
    let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    let reason = match () {
        () if state.asking.is_some() => Some("The examples are being answered."),
        () if state.saving.is_some() => Some("The table is being written."),
        () if state.out.trim().is_empty() => Some("Type a path first."),
        () => None,
    };
    let buttons = Buttons {
        reason,
        enter,
        done: matches!(state.said, Some(Ok(_))),
        asks: &|ctx| browse(choose, Wanted::Table, ctx),
    };
    let out = state.out.trim().to_owned();
    buttons.show(ui, &mut state.native, actions, |_| Action::SaveAnswers(out))
}
