//! Opening data: what was recognised is shown, choices are made, a network is proposed; only then does a run start.

use super::commands::Command;
use super::format;
use super::kit::button::Button;
use super::kit::{bars, card, notice, paint, progress, section};
use super::state::Action;
use super::text;
use super::theme::{NO_TINT, Theme, metrics};
use crate::data::Dataset;
use crate::data::{self, LoadOptions, Loaded, Preview, Progress};
use crate::experiment::file::Experiment;
use crate::experiment::propose::propose;
use crate::experiment::session::Mode;
use crate::network::Layer;
use egui::{
    Align, Color32, ColorImage, Layout, Rect, Role, Sense, TextureHandle, TextureOptions, Ui,
    WidgetInfo, pos2, vec2,
};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

mod choices;

use choices::choices;

/// Width of the sheet.
pub const WIDTH: f32 = 760.0;

/// Loaded data with the experiment proposed for them.
struct Ready {
    loaded: Loaded,
    proposal: Result<Experiment, String>,
    /// The stored numbers are bytes: without a scale they are divided by the byte that means 1.
    bytes: bool,
}

/// A loading that is under way.
struct Work {
    progress: Progress,
    result: Receiver<Result<Box<Ready>, String>>,
}

/// The dialog's state.
pub struct OpenData {
    path: PathBuf,
    /// What the fields say now.
    options: LoadOptions,
    /// What they said when the last loading began, whatever has come of it.
    asked: LoadOptions,
    ready: Option<Box<Ready>>,
    work: Option<Work>,
    problem: Option<String>,
    mode: Mode,
    pictures: Option<TextureHandle>,
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
            work: None,
            problem: None,
            mode,
            pictures: None,
        };
        new.load();
        new
    }

    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Reads, or arranges what was read, as the options say; what is shown stays until that is done.
    fn load(&mut self) {
        if let Some(old) = &self.work {
            old.progress.cancel();
        }
        self.asked = self.options.clone();
        self.problem = None;
        let (path, options, progress) = (self.path.clone(), self.options.clone(), Progress::new());
        let handle = progress.clone();
        let before = self.ready.as_ref().map(|r| r.loaded.clone());
        let job = move || -> Result<Box<Ready>, String> {
            let arranged = before.and_then(|loaded| loaded.rearranged(&options));
            let loaded = match arranged {
                Some(arranged) => arranged,
                None => data::load(&path, &options, &handle),
            }
            .map_err(|e| e.to_string())?;
            let proposal = propose(&path, &loaded, &handle).map_err(|e| e.to_string());
            let bytes = loaded.dataset().is_ok_and(|d| d.white().is_some());
            Ok(Box::new(Ready {
                loaded,
                proposal,
                bytes,
            }))
        };
        let (sender, result) = channel();
        if self.mode == Mode::InStep {
            let _ = sender.send(job());
        } else {
            std::thread::spawn(move || {
                // The dialog may have been closed in the meantime.
                let _ = sender.send(job());
            });
        }
        self.work = Some(Work { progress, result });
        self.poll();
    }

    /// Takes what is done.
    fn poll(&mut self) {
        let Some(work) = &self.work else { return };
        match work.result.try_recv() {
            Ok(Ok(ready)) => {
                self.ready = Some(ready);
                self.pictures = None;
                self.work = None;
            }
            Ok(Err(problem)) => {
                self.problem = Some(problem);
                self.work = None;
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => {
                self.problem = Some("The loader failed. Nothing was changed.".into());
                self.work = None;
            }
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
    let c = Theme::get(ui);
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
    let mut start = false;
    if let Some(ready) = state.ready.take() {
        let preview = ready.loaded.preview();
        ui.horizontal(|ui| {
            ui.label(text::strong(state.name()).color(c.t1));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let reason = match &ready.proposal {
                    _ if state.work.is_some() => Some("The choices are being applied.".to_owned()),
                    _ if state.problem.is_some() => {
                        Some("Mend the choice that was refused first.".to_owned())
                    }
                    Err(words) => Some(words.clone()),
                    Ok(_) => None,
                };
                start = Button::primary("Open")
                    .disabled(reason.as_deref())
                    .hover("Starts a run on these data with the network proposed; the present run is kept until then.")
                    .show(ui)
                    .clicked();
                if Button::plain("Cancel").show(ui).clicked() {
                    keep = false;
                }
            });
        });
        ui.add_space(2.0);
        ui.add(egui::Label::new(text::body(&preview.learns).color(c.t1)).wrap());
        ui.add(egui::Label::new(text::body(headline(preview)).color(c.t2)).wrap());
        ui.add_space(8.0);
        let whole = ui.available_width();
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 20.0;
            ui.vertical(|ui| {
                ui.set_width(whole - 290.0);
                examples(ui, state, preview);
            });
            ui.vertical(|ui| {
                ui.set_width(270.0);
                choices(ui, &mut state.options, &ready);
                network(ui, &ready.proposal);
            });
        });
        for warning in &preview.warnings {
            ui.add_space(4.0);
            notice::lead(ui, "Note:", &warning.to_string());
        }
        if let (true, Ok(experiment)) = (start, &ready.proposal) {
            actions.push(Action::Begin(Box::new(experiment.clone())));
        }
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

/// "Table: 150 examples of 4 numbers, 3 classes; 105 to train on, 15 to validate, 30 to test".
fn headline(p: &Preview) -> String {
    let mut kind = p.kind.words().to_owned();
    if let Some(first) = kind.get(..1) {
        kind.replace_range(..1, &first.to_uppercase());
    }
    let what = match (p.steps, p.shape.as_slice()) {
        (Some([fewest, most]), [features, ..]) => format!(
            "sequences of {} steps with {} each",
            if fewest == most {
                fewest.to_string()
            } else {
                format!("{fewest} to {most}")
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

fn counted(n: usize, noun: &str) -> String {
    let s = match (n, noun) {
        (1, _) => "",
        (_, "class") => "es",
        _ => "s",
    };
    format!("{} {noun}{s}", format::count(n as u64))
}

/// Pictures or rows of a few examples, the classes with their counts, and what the numbers are like.
fn examples(ui: &mut Ui, state: &mut OpenData, p: &Preview) {
    let c = Theme::get(ui);
    if p.thumbnails.is_empty() {
        rows(ui, p);
    } else {
        let texture = state.pictures.get_or_insert_with(|| {
            ui.ctx()
                .load_texture("preview", atlas(p), TextureOptions::NEAREST)
        });
        pictures(ui, p, texture);
    }
    ui.add_space(8.0);
    if let Some(labels) = &p.labels {
        section::heading(ui, "Classes");
        ui.add_space(3.0);
        let most = labels.counts.iter().copied().max().unwrap_or(1).max(1);
        let shown = labels.names.len().min(12);
        for (name, &count) in labels.names.iter().zip(&labels.counts).take(shown) {
            let (rect, response) = ui.allocate_exact_size(
                vec2(ui.available_width(), metrics::ROW_LIST),
                Sense::hover(),
            );
            response.widget_info(|| {
                WidgetInfo::labeled(Role::Label, true, format!("class {name}: {count}"))
            });
            let painter = ui.painter();
            let y = paint::baseline(painter, rect.center().y, text::size::BODY);
            paint::write_within(
                painter,
                pos2(rect.left(), y),
                110.0,
                name,
                text::body_font(),
                c.t2,
            );
            let bar = Rect::from_min_max(
                pos2(rect.left() + 120.0, rect.top()),
                pos2(rect.right() - 62.0, rect.bottom()),
            );
            bars::share(painter, bar, count as f64 / most as f64, c);
            let words = format::count(count as u64);
            paint::write(
                painter,
                pos2(rect.right(), y),
                Align::RIGHT,
                &words,
                text::mono_font(),
                c.t1,
            );
        }
        if shown < labels.names.len() {
            let more = format!("and {} more", labels.names.len() - shown);
            ui.label(text::caption(more).color(c.t3));
        }
        ui.add_space(6.0);
    }
    if let Some(values) = &p.values {
        let words = format!(
            "{} to {}",
            format::number(values.minimum),
            format::number(values.maximum)
        );
        section::value_row(ui, "values to approximate", &words, metrics::ROW_SETTING);
    }
    if p.letters.is_empty() {
        let words = format!(
            "{} to {}, mean {}",
            format::number(p.minimum),
            format::number(p.maximum),
            format::number(p.mean)
        );
        section::value_row(ui, "stored numbers", &words, metrics::ROW_SETTING);
    } else {
        section::value_row(
            ui,
            "letters",
            &counted(p.letters.chars().count(), "letter"),
            metrics::ROW_SETTING,
        );
    }
}

/// Size of a cell of the atlas, in pixels.
const CELL: usize = 64;

/// All thumbnails below each other, each in the upper left of its cell.
fn atlas(p: &Preview) -> ColorImage {
    let mut image = ColorImage::filled(
        [CELL, CELL * p.thumbnails.len().max(1)],
        Color32::TRANSPARENT,
    );
    for (k, thumb) in p.thumbnails.iter().enumerate() {
        for (i, rgb) in thumb.rgb.chunks_exact(3).enumerate() {
            let (y, x) = (i / thumb.width, i % thumb.width);
            image.pixels[(k * CELL + y) * CELL + x] = Color32::from_rgb(rgb[0], rgb[1], rgb[2]);
        }
    }
    image
}

fn pictures(ui: &mut Ui, p: &Preview, texture: &TextureHandle) {
    let c = Theme::get(ui);
    let cell = vec2(56.0, 68.0);
    let columns = (ui.available_width() / cell.x).floor().max(1.0) as usize;
    let shown = p.thumbnails.len().min(3 * columns);
    let size = vec2(
        ui.available_width(),
        cell.y * shown.div_ceil(columns) as f32,
    );
    let (area, response) = ui.allocate_exact_size(size, Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{shown} of the pictures")));
    let painter = ui.painter();
    for (k, thumb) in p.thumbnails.iter().take(shown).enumerate() {
        let corner = area.min + vec2((k % columns) as f32 * cell.x, (k / columns) as f32 * cell.y);
        let side = thumb.width.max(thumb.height).max(1) as f32;
        let scale = 48.0 / side;
        let rect = Rect::from_min_size(
            corner,
            vec2(thumb.width as f32, thumb.height as f32) * scale,
        );
        let all = p.thumbnails.len() as f32;
        let uv = Rect::from_min_size(
            pos2(0.0, k as f32 / all),
            vec2(
                thumb.width as f32 / CELL as f32,
                thumb.height as f32 / CELL as f32 / all,
            ),
        );
        painter.image(texture.id(), paint::snap_rect(painter, rect), uv, NO_TINT);
        let y = paint::baseline(painter, corner.y + 57.0, text::size::CAPTION);
        paint::write_within(
            painter,
            pos2(corner.x, y),
            52.0,
            &thumb.label,
            text::caption_font(),
            c.t3,
        );
    }
}

fn rows(ui: &mut Ui, p: &Preview) {
    let c = Theme::get(ui);
    let width = ui.available_width();
    // Few columns get room for their names.
    let wide = p.rows.iter().map(|r| r.values.len()).max().unwrap_or(1);
    let column = ((width - 100.0) / wide.max(1) as f32).clamp(62.0, 90.0);
    let most = (((width - 100.0) / column).floor().max(1.0)) as usize;
    let write_row = |ui: &mut Ui, cells: &[String], label: &str, head: bool| {
        let (rect, _) = ui.allocate_exact_size(vec2(width, metrics::ROW_LIST), Sense::hover());
        let painter = ui.painter();
        let font = if head {
            text::caption_font()
        } else {
            text::mono_small_font()
        };
        let ink = if head { c.t3 } else { c.t1 };
        let y = paint::baseline(painter, rect.center().y, font.size);
        for (i, words) in cells.iter().take(most).enumerate() {
            // Numbers end below each other, and names above them where they fit.
            let room = column - 8.0;
            let wide = paint::width(painter, words, font.clone()).min(room);
            let at = pos2(rect.left() + i as f32 * column + room - wide, y);
            paint::write_within(painter, at, room, words, font.clone(), ink);
        }
        let at = pos2(rect.right() - 90.0, y);
        let font = if head {
            text::caption_font()
        } else {
            text::body_font()
        };
        paint::write_within(
            painter,
            at,
            90.0,
            label,
            font,
            if head { c.t3 } else { c.t2 },
        );
    };
    let target = p.target.clone().unwrap_or_else(|| "class".into());
    if p.rows.iter().all(|r| r.text.is_empty()) {
        if !p.columns.is_empty() {
            write_row(ui, &p.columns, &target, true);
        }
        for row in &p.rows {
            let cells: Vec<String> = match row.cells.is_empty() {
                true => row.values.iter().map(|v| format::number(*v)).collect(),
                false => row.cells.clone(),
            };
            write_row(ui, &cells, &row.label, false);
        }
    } else {
        for row in &p.rows {
            section::value_row(ui, &row.text, &row.label, metrics::ROW_LIST);
        }
    }
    let wide = p
        .rows
        .iter()
        .map(|r| r.values.len() + r.more)
        .max()
        .unwrap_or(0);
    if wide > most && p.letters.is_empty() {
        let words = format!("{most} of {} numbers of each", format::count(wide as u64));
        ui.label(text::caption(words).color(c.t3));
    }
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
