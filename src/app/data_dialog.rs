//! Opening data: what was recognised is shown, choices are made, a network is proposed; only then does a run start.

use super::commands::Command;
use super::format;
use super::kit::button::Button;
use super::kit::{card, notice, progress, section};
use super::state::Action;
use super::text;
use super::theme::Theme;
use crate::data::{self, Answer, Column, Columns, Dataset, LoadOptions, Loaded, Preview, Progress};
use crate::experiment::file::Experiment;
use crate::experiment::propose::propose;
use crate::experiment::session::Mode;
use crate::network::Layer;
use egui::{Align, Layout, TextureHandle, Ui};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

mod choices;
mod columns;
mod edits;
mod examples;
mod together;

use choices::choices;
use columns::{Listed, list};
use examples::examples;

/// Width of the sheet, and where the columns of a table are in it.
const WIDTH: f32 = 760.0;
const WIDTH_OF_TABLE: f32 = 1060.0;

/// Loaded data with the experiment proposed for them.
struct Ready {
    loaded: Loaded,
    proposal: Result<Experiment, String>,
    /// The stored numbers are bytes: without a scale they are divided by the byte that means 1.
    bytes: bool,
}

/// What a loading sends.
enum Message {
    /// What a spread of rows says.
    First(Box<First>),
    /// What came of it.
    Done(Result<Box<Ready>, String>),
}

/// What is known of a table before it is read.
struct First {
    learns: String,
    columns: Arc<Columns>,
    rows: u64,
    whole: bool,
}

/// A loading that is under way.
struct Work {
    progress: Progress,
    messages: Receiver<Message>,
}

/// The dialog's state.
pub struct OpenData {
    path: PathBuf,
    /// What the fields say now.
    options: LoadOptions,
    /// What they said when the last loading began, whatever has come of it.
    asked: LoadOptions,
    ready: Option<Box<Ready>>,
    /// Shown in place of `ready` until all has been read, and where reading is refused.
    first: Option<Box<First>>,
    /// What all rows say otherwise than the first look.
    changed: Vec<String>,
    work: Option<Work>,
    problem: Option<String>,
    mode: Mode,
    pictures: Option<TextureHandle>,
    listed: Listed,
}

impl OpenData {
    /// Where the data are, and what was loaded of them, if that has come.
    pub(super) fn chosen(&self) -> (&std::path::Path, Option<Result<Dataset, String>>) {
        let loaded = self.ready.as_ref().map(|ready| &ready.loaded);
        let data = loaded.map(|loaded| loaded.dataset().map_err(|e| e.to_string()));
        (&self.path, data)
    }

    /// Says why nothing can be started on them.
    pub(super) fn refuse(&mut self, words: String) {
        self.problem = Some(words);
    }

    /// Starts looking at what is at `path`.
    pub fn new(path: PathBuf, mode: Mode) -> Self {
        let mut new = Self {
            path,
            options: LoadOptions::default(),
            asked: LoadOptions::default(),
            ready: None,
            first: None,
            changed: Vec::new(),
            work: None,
            problem: None,
            mode,
            pictures: None,
            listed: Listed::default(),
        };
        new.load();
        new
    }

    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// How wide the sheet is.
    pub fn width(&self) -> f32 {
        let table = |ready: &Ready| !ready.loaded.preview().all_columns.all.is_empty();
        if self.first.is_some() || self.ready.as_deref().is_some_and(table) {
            WIDTH_OF_TABLE
        } else {
            WIDTH
        }
    }

    /// Reads, or arranges what was read, as the options say; what is shown stays until that is done, or until there is a first look.
    fn load(&mut self) {
        if let Some(old) = &self.work {
            old.progress.cancel();
        }
        self.asked = self.options.clone();
        self.problem = None;
        self.changed.clear();
        let (path, options, progress) = (self.path.clone(), self.options.clone(), Progress::new());
        let handle = progress.clone();
        let before = self.ready.as_ref().map(|r| r.loaded.clone());
        let (sender, messages) = channel();
        let job = move || {
            // The dialog may have been closed in the meantime.
            let send = |message| drop(sender.send(message));
            let glimpse = |send: &dyn Fn(Message)| {
                if let Ok(Some(glimpse)) = data::glimpse(&path, &options, &handle) {
                    send(Message::First(Box::new(First::from(glimpse))));
                }
            };
            let arranged = before.and_then(|loaded| loaded.rearranged(&options));
            let large =
                std::fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() > data::LARGE);
            let looked = arranged.is_none() && large;
            if looked {
                glimpse(&send);
            }
            let loaded = arranged.unwrap_or_else(|| data::load(&path, &options, &handle));
            let ready = loaded.map_err(|e| e.to_string()).map(|loaded| {
                let proposal = propose(&path, &loaded, &handle).map_err(|e| e.to_string());
                let bytes = loaded.dataset().is_ok_and(|d| d.white().is_some());
                Box::new(Ready {
                    loaded,
                    proposal,
                    bytes,
                })
            });
            if ready.is_err() && !looked {
                // What was refused may be mended by a choice about a column.
                glimpse(&send);
            }
            send(Message::Done(ready));
        };
        if self.mode == Mode::InStep {
            job();
        } else {
            std::thread::spawn(job);
        }
        self.work = Some(Work { progress, messages });
        self.poll();
    }

    /// Takes what has come.
    fn poll(&mut self) {
        while let Some(work) = &self.work {
            match work.messages.try_recv() {
                Ok(Message::First(first)) => {
                    // What was read before would only be in the way of what is being read.
                    self.ready = None;
                    self.first = Some(first);
                }
                Ok(Message::Done(Ok(ready))) => {
                    let columns = &ready.loaded.preview().all_columns;
                    if let Some(first) = self.first.take().filter(|first| !first.whole) {
                        self.changed = columns.changes_since(&first.columns);
                    }
                    self.ready = Some(ready);
                    self.pictures = None;
                    self.work = None;
                }
                Ok(Message::Done(Err(problem))) => {
                    self.problem = Some(problem);
                    self.work = None;
                }
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    self.problem = Some("The loader failed. Nothing was changed.".into());
                    self.work = None;
                }
            }
        }
    }
}

impl From<data::Glimpse> for First {
    fn from(glimpse: data::Glimpse) -> Self {
        Self {
            learns: glimpse.learns,
            columns: Arc::new(glimpse.columns),
            rows: glimpse.rows,
            whole: glimpse.whole,
        }
    }
}

impl Drop for OpenData {
    fn drop(&mut self) {
        if let Some(work) = &self.work {
            work.progress.cancel();
        }
    }
}

/// Draws the dialog; false once it is done with.
pub fn show(ui: &mut Ui, state: &mut OpenData, actions: &mut Vec<Action>) -> bool {
    state.poll();
    if let Some(work) = &state.work {
        let amount = match work.progress.total() {
            0 => format!("{}, looking", state.name()),
            total => format!(
                "{}, {} of {}",
                state.name(),
                format::bytes(work.progress.done()),
                format::bytes(total)
            ),
        };
        let share = work.progress.fraction().unwrap_or(0.0) as f32;
        if progress::progress(ui, &amount, share).clicked() {
            work.progress.cancel();
            return false;
        }
        ui.ctx()
            .request_repaint_after(std::time::Duration::from_millis(40));
        ui.add_space(8.0);
    }
    if let Some(problem) = &state.problem {
        notice::warning(ui, "Refused.", &format!("{problem}. Nothing was changed."));
        ui.add_space(8.0);
    }
    let mut keep = true;
    if let Some(first) = state.first.take() {
        keep = provisional(ui, state, &first);
        state.first = Some(first);
    } else if let Some(ready) = state.ready.take() {
        keep = read(ui, state, &ready, actions);
        state.ready = Some(ready);
    } else if state.work.is_none() {
        ui.horizontal(|ui| {
            if Button::new("Choose another…").show(ui).clicked() {
                actions.push(Action::Command(Command::Open));
            }
        });
    }
    // A choice that was refused stays in its field, with what is wrong, until it is changed again.
    if state.options != state.asked {
        state.load();
    }
    keep
}

/// The name of the data, and the buttons: whether to go on with the dialog, and whether to open.
fn title(ui: &mut Ui, state: &OpenData, reason: Option<&str>) -> (bool, bool) {
    let (mut keep, mut start) = (true, false);
    ui.horizontal(|ui| {
        ui.label(text::strong(state.name()).color(Theme::get(ui).t1));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            start = Button::primary("Open")
                .disabled(reason)
                .hover("Starts a run on these data with the network proposed; the present run is kept until then.")
                .show(ui)
                .clicked();
            // While something is read, its progress has the button.
            if state.work.is_none() && Button::plain("Cancel").show(ui).clicked() {
                keep = false;
            }
        });
    });
    ui.add_space(2.0);
    (keep, start)
}

/// What a spread of rows says, while the rest is read or where that was refused.
fn provisional(ui: &mut Ui, state: &mut OpenData, first: &First) -> bool {
    let c = Theme::get(ui);
    let reason = if state.work.is_some() {
        "All rows are being read; the first look may be wrong."
    } else {
        "Mend the choice that was refused first."
    };
    let (keep, _) = title(ui, state, Some(reason));
    let rows = format::count(first.rows);
    let (learns, caption) = if first.whole {
        (first.learns.clone(), format!("{rows} rows"))
    } else {
        (
            format!(
                "Provisional, from {rows} rows spread over the file: {}",
                first.learns
            ),
            "provisional".to_owned(),
        )
    };
    ui.add(egui::Label::new(text::body(&learns).color(c.t1)).wrap());
    ui.add_space(8.0);
    list(
        ui,
        &first.columns,
        &caption,
        &mut state.listed,
        &mut state.options,
    );
    keep
}

/// What was read: what is learnt, the columns or examples, the choices, and what is to be known.
fn read(ui: &mut Ui, state: &mut OpenData, ready: &Ready, actions: &mut Vec<Action>) -> bool {
    let c = Theme::get(ui);
    let preview = ready.loaded.preview();
    let reason = match &ready.proposal {
        _ if state.work.is_some() => Some("The choices are being applied."),
        _ if state.problem.is_some() => Some("Mend the choice that was refused first."),
        Err(_) if preview.question.is_some() => Some("Answer the question first."),
        Err(words) => Some(words.as_str()),
        Ok(_) => None,
    };
    let (keep, start) = title(ui, state, reason);
    match &preview.question {
        Some(both) => question(ui, both, &mut state.options),
        None => {
            ui.add(egui::Label::new(text::body(&preview.learns).color(c.t1)).wrap());
        }
    }
    ui.add(egui::Label::new(text::body(headline(preview)).color(c.t2)).wrap());
    if !state.changed.is_empty() {
        ui.add_space(4.0);
        let words = in_short(&state.changed);
        notice::warning(ui, "All rows say otherwise than the first look:", &words);
    }
    ui.add_space(8.0);
    let table = !preview.all_columns.all.is_empty();
    let whole = ui.available_width();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 20.0;
        ui.vertical(|ui| {
            ui.set_width(whole - 290.0);
            if table {
                let columns = &preview.all_columns;
                list(ui, columns, "", &mut state.listed, &mut state.options);
                ui.add_space(8.0);
            }
            examples(ui, state, preview);
        });
        ui.vertical(|ui| {
            ui.set_width(270.0);
            choices(ui, &mut state.options, ready);
            match &ready.proposal {
                Err(_) if preview.question.is_some() => {}
                proposal => network(ui, proposal),
            }
            if table && !preview.warnings.is_empty() {
                section::rule(ui);
                section::heading(ui, "Worth knowing");
                notes(ui, preview);
            }
        });
    });
    if !table {
        notes(ui, preview);
    }
    if let (true, Ok(experiment)) = (start, &ready.proposal) {
        actions.push(Action::Begin(Box::new(experiment.clone())));
    }
    keep
}

/// What is to be known of the data.
fn notes(ui: &mut Ui, preview: &Preview) {
    for warning in &preview.warnings {
        ui.add_space(4.0);
        notice::lead(ui, "Note:", &warning.to_string());
    }
}

/// The first few lines, and how many more there are.
fn in_short(lines: &[String]) -> String {
    const MOST: usize = 6;
    let more = match lines.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("; and {} more", format::count(more as u64)),
    };
    let shown = &lines[..lines.len().min(MOST)];
    format!("{}{more}.", shown.join("; "))
}

/// Asks which of two readings is right.
fn question(ui: &mut Ui, both: &[(Answer, String); 2], options: &mut LoadOptions) {
    let asks = match &both[0].0 {
        Answer::Learn(_) => "Which column is to be learnt?",
        Answer::Rows(_) => "What is an example?",
    };
    notice::warning(ui, asks, "Two readings are about as likely.");
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        for (answer, like) in both {
            let words = match answer {
                Answer::Learn(Column::Number(n)) => format!("Column {n}: {like}"),
                Answer::Learn(Column::Name(name)) => format!("{name}: {like}"),
                Answer::Learn(Column::OneHot(names)) => format!("{}: {like}", names.join(", ")),
                Answer::Rows(_) => like.clone(),
            };
            let hover = format!("As {answer} on the command line.");
            if Button::new(&words).hover(&hover).show(ui).clicked() {
                *options = answer.chosen(options);
            }
        }
    });
    ui.add_space(4.0);
}

/// "Table: 150 examples of 4 numbers, 3 classes; 105 to train on, 15 to validate, 30 to test".
fn headline(p: &Preview) -> String {
    let mut kind = p.kind.words().to_owned();
    if let Some(first) = kind.get(..1) {
        kind.replace_range(..1, &first.to_uppercase());
    }
    let what = match (p.steps, p.shape.as_slice()) {
        (Some([fewest, most]), [features, ..]) => format!(
            "sequences of {} with {} each",
            if fewest == most {
                counted(fewest as usize, "step")
            } else {
                format!("{fewest} to {most} steps")
            },
            counted(
                *features,
                if p.letters.is_empty() {
                    "number"
                } else {
                    "possible letter"
                }
            )
        ),
        (None, [channels, height, width]) if *height > 1 => format!(
            "pictures of {height} × {width}{}",
            if *channels == 3 { ", in colour" } else { "" }
        ),
        (None, [features, ..]) => format!("examples of {}", counted(*features, "number")),
        _ => "labels alone".into(),
    };
    let towards = match (&p.labels, &p.values) {
        (Some(l), _) => format!(", {}", counted(l.classes, "class")),
        (None, Some(v)) => format!(", {} to approximate", counted(v.dim, "value")),
        (None, None) => String::new(),
    };
    let [train, validation, test] = p.parts.map(|n| format::count(n as u64));
    format!(
        "{kind}: {} {what}{towards}. {train} to train on, {validation} to validate, {test} to test.",
        format::count(p.examples as u64)
    )
}

#[cfg(test)]
impl OpenData {
    /// Whether something is being read or arranged.
    pub(super) fn works(&self) -> bool {
        self.work.is_some() || self.options != self.asked
    }
}

fn counted(n: usize, noun: &str) -> String {
    let s = match (n, noun) {
        (1, _) => "",
        (_, "class") => "es",
        _ => "s",
    };
    format!("{} {noun}{s}", format::count(n as u64))
}

/// The network that will see them.
fn network(ui: &mut Ui, proposal: &Result<Experiment, String>) {
    let c = Theme::get(ui);
    section::rule(ui);
    section::heading_with(ui, "Network", "proposed");
    ui.add_space(3.0);
    match proposal {
        Ok(experiment) => {
            let words: Vec<String> = experiment.network.layers.iter().map(layer_words).collect();
            let response =
                ui.add(egui::Label::new(text::mono_small(words.join("  ")).color(c.t1)).wrap());
            card::hover(
                response,
                "A network that fits the shape of these data. Its layers can be edited in the set-up once it is open.",
            );
            ui.add_space(2.0);
            ui.label(text::caption("editable once open, like everything else").color(c.t3));
        }
        Err(words) => {
            ui.add(egui::Label::new(text::body(words).color(c.t2)).wrap());
        }
    }
}

fn layer_words(layer: &Layer) -> String {
    match layer {
        Layer::Dense { dense, .. } => format!("dense {dense}"),
        Layer::Conv { conv, kernel, .. } => format!("conv {conv} ({kernel}×{kernel})"),
        Layer::MaxPool { max_pool, .. } => format!("max pool {max_pool}"),
        Layer::AveragePool { average_pool, .. } => format!("mean pool {average_pool}"),
        Layer::Rnn { rnn, .. } => format!("rnn {rnn}"),
        Layer::Join { join, skip, .. } => format!("{} with {skip} back", join.words().name),
    }
}

#[cfg(test)]
mod tests {
    use super::choices::in_proportion;

    #[test]
    fn a_smaller_number_keeps_the_proportions_chosen() {
        assert_eq!(in_proportion([105, 15, 30], 50), [35, 5, 10]);
        assert_eq!(in_proportion([120, 0, 30], 10), [8, 0, 2]);
        assert_eq!(in_proportion([1, 0, 0], 7), [7, 0, 0]);
    }
}
