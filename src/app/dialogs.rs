//! Dialogs over the window: the command palette, the keys, opening and saving files, about.

use super::commands::{Command, Menu, TABLE};
use super::data_dialog::{self, OpenData};
use super::kit::button::{Button, IconButton};
use super::kit::dropdown::menu_item;
use super::kit::field::text_field;
use super::kit::icons::Icon;
use super::kit::{badge, notice, panel, section};
use super::state::Action;
use super::text;
use super::theme::{Theme, metrics};
use super::window::Window;
use crate::experiment::save::atomically;
use egui::{Align, Align2, Area, Context, Frame, Id, Key, Layout, Margin, Order, Ui, vec2};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

/// What a path is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Opening an experiment or data.
    Open,
    /// Saving the experiment.
    Save,
    /// The data of an experiment that are no longer where it says.
    Find,
}

impl Purpose {
    fn title(self) -> &'static str {
        match self {
            Self::Open => "Open a file",
            Self::Save => "Save experiment",
            Self::Find => "Find the data",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Save => "Save",
            Self::Find => "Use these data",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Open => "an experiment (.toml), a preset's name, or data: a file or a folder",
            Self::Save => "where to write the experiment (TOML)",
            Self::Find => "the file or folder that holds the data now",
        }
    }

    fn refused(self) -> &'static str {
        match self {
            Self::Open => "File refused.",
            Self::Save => "Not saved.",
            Self::Find => "Not found.",
        }
    }
}

/// The open dialog.
#[derive(Default)]
pub enum Dialog {
    /// None.
    #[default]
    None,
    /// All commands, searchable.
    Palette {
        /// What is searched for.
        query: String,
        /// The chosen row.
        chosen: usize,
    },
    /// All keys.
    Keys,
    /// About this program.
    About,
    /// Data about to be opened.
    Data(Box<OpenData>),
    /// A path to open or save to.
    Path {
        /// What the path is for.
        purpose: Purpose,
        /// The path typed.
        path: String,
        /// The desktop's own dialog, while it is open.
        native: Option<Receiver<Option<PathBuf>>>,
        /// What is wrong with the path.
        problem: Option<String>,
        /// How the path may go on.
        offers: Offers,
    },
}

/// How a path may go on: what its folder holds, read on a thread of its own, as a folder may be far away.
#[derive(Default)]
pub struct Offers {
    of: String,
    found: Vec<String>,
    coming: Option<Receiver<Vec<String>>>,
}

impl Offers {
    /// What there is for `path` so far.
    fn get(&mut self, path: &str, ctx: &Context) -> Vec<String> {
        if let Some(found) = self.coming.as_ref().map(Receiver::try_recv) {
            match found {
                Ok(found) => (self.found, self.coming) = (found, None),
                Err(TryRecvError::Disconnected) => self.coming = None,
                Err(TryRecvError::Empty) => {}
            }
        }
        if self.coming.is_none() && self.of != path {
            path.clone_into(&mut self.of);
            let (sender, receiver) = channel();
            let (path, ctx) = (path.to_owned(), ctx.clone());
            std::thread::spawn(move || {
                // The dialog may have been closed in the meantime.
                let _ = sender.send(completions(&path));
                ctx.request_repaint();
            });
            self.coming = Some(receiver);
        }
        let begins = |offer: &&String| offer.starts_with(path);
        self.found.iter().filter(begins).cloned().collect()
    }
}

impl Dialog {
    /// The command palette.
    pub fn palette() -> Self {
        Self::Palette {
            query: String::new(),
            chosen: 0,
        }
    }

    /// Opening a file.
    pub fn open() -> Self {
        Self::Path {
            purpose: Purpose::Open,
            path: String::new(),
            native: None,
            problem: None,
            offers: Offers::default(),
        }
    }

    /// Saving the experiment.
    pub fn save() -> Self {
        Self::Path {
            purpose: Purpose::Save,
            path: "experiment.toml".into(),
            native: None,
            problem: None,
            offers: Offers::default(),
        }
    }

    /// Finding the data of an experiment; `source` is where they were.
    pub fn find(source: &str) -> Self {
        Self::Path {
            purpose: Purpose::Find,
            path: source.to_owned(),
            native: None,
            problem: None,
            offers: Offers::default(),
        }
    }

    /// True while a dialog is open.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// Draws the open dialog, if any.
pub fn show(window: &mut Window, ctx: &Context, actions: &mut Vec<Action>) {
    if window.question.is_some() {
        // What is open waits below for the answer.
        question(window, ctx);
        return;
    }
    let mut dialog = std::mem::take(&mut window.dialog);
    let keep = match &mut dialog {
        Dialog::None => return,
        Dialog::Palette { query, chosen } => sheet(ctx, "Commands", 420.0, |ui| {
            palette(window, ui, query, chosen, actions)
        }),
        Dialog::Keys => sheet(ctx, "Keyboard", 520.0, keys),
        Dialog::About => sheet(ctx, "About pcscope", 440.0, about),
        Dialog::Data(state) => sheet(ctx, "Open data", data_dialog::WIDTH, |ui| {
            data_dialog::show(window, ui, state)
        }),
        Dialog::Path {
            purpose,
            path,
            native,
            problem,
            offers,
        } => sheet(ctx, purpose.title(), 480.0, |ui| {
            path_dialog(window, ui, *purpose, path, (native, offers), problem)
        }),
    };
    if keep && !window.dialog.is_open() {
        window.dialog = dialog;
    }
}

/// A sheet in the upper middle; false once it is closed.
fn sheet(ctx: &Context, title: &str, width: f32, contents: impl FnOnce(&mut Ui) -> bool) -> bool {
    let mut keep = true;
    let c = Theme::of_context(ctx);
    let width = width.min(ctx.content_rect().width() - 40.0);
    let top = if ctx.content_rect().height() < 620.0 {
        40.0
    } else {
        64.0
    };
    let most = ctx.content_rect().height() - top - 24.0;
    Area::new(Id::unique("dialog"))
        .order(Order::Foreground)
        // Nothing of it is to be clicked but what stands in it.
        .sense(egui::Sense::hover())
        .anchor(Align2::CENTER_TOP, vec2(0.0, top))
        .show(ctx, |ui| {
            Frame::new()
                .fill(c.bg2)
                .stroke(egui::Stroke::new(1.0, c.line2))
                .corner_radius(metrics::RADIUS_VERTEX)
                .show(ui, |ui| {
                    ui.set_width(width);
                    panel::header(ui, title, |ui| {
                        if IconButton::new(Icon::Cross)
                            .name("Close")
                            .shortcut("Esc")
                            .show(ui)
                            .clicked()
                        {
                            keep = false;
                        }
                    });
                    Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
                        egui::ScrollArea::vertical()
                            .max_height(most - 60.0)
                            .min_scrolled_height(most - 60.0)
                            .show(ui, |ui| {
                                ui.set_width(width - 24.0);
                                keep &= contents(ui);
                            });
                    });
                });
        });
    keep
}

fn palette(
    window: &Window,
    ui: &mut Ui,
    query: &mut String,
    chosen: &mut usize,
    actions: &mut Vec<Action>,
) -> bool {
    let before = query.clone();
    let field = text_field(
        ui,
        query,
        "Search commands",
        "type a few letters",
        ui.available_width(),
    );
    if !field.has_focus() {
        field.request_focus();
    }
    if *query != before {
        *chosen = 0;
    }
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let found: Vec<_> = TABLE
        .iter()
        .filter(|row| {
            let name = row.name.to_lowercase();
            row.command != Command::Palette && words.iter().all(|w| name.contains(w.as_str()))
        })
        .collect();
    let (up, down, enter) = ui.input(|i| {
        (
            i.key_pressed(Key::ArrowUp),
            i.key_pressed(Key::ArrowDown),
            i.key_pressed(Key::Enter),
        )
    });
    if down {
        *chosen += 1;
    }
    if up {
        *chosen = chosen.saturating_sub(1);
    }
    *chosen = (*chosen).min(found.len().saturating_sub(1));
    ui.add_space(6.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut keep = true;
    for (i, row) in found.iter().enumerate() {
        let response = menu_item(ui, row.name, row.written, window.idle(row.command));
        if i == *chosen {
            let c = Theme::get(ui);
            ui.painter().rect_stroke(
                response.rect,
                metrics::RADIUS_TAG,
                egui::Stroke::new(1.0, c.t3),
                egui::StrokeKind::Inside,
            );
            if down || up {
                response.scroll_to_me(None);
            }
        }
        if response.clicked() || (enter && i == *chosen) {
            actions.push(Action::Command(row.command));
            keep = false;
        }
    }
    if found.is_empty() {
        let c = Theme::get(ui);
        ui.label(text::body("No command has these letters in its name.").color(c.t2));
    }
    keep
}

fn keys(ui: &mut Ui) -> bool {
    let c = Theme::get(ui);
    ui.spacing_mut().item_spacing.y = 2.0;
    for (menu, name) in [
        (Menu::Edit, "Edit"),
        (Menu::Time, "Time"),
        (Menu::View, "View"),
        (Menu::File, "File"),
        (Menu::Help, "Help"),
    ] {
        section::heading(ui, name);
        ui.add_space(2.0);
        for row in TABLE
            .iter()
            .filter(|r| r.menu == menu && !r.written.is_empty())
        {
            ui.horizontal(|ui| {
                ui.label(text::body(row.name).color(c.t1));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    badge::key_cap(ui, row.written);
                });
            });
        }
        ui.add_space(6.0);
    }
    ui.label(
        text::caption("Keys without Ctrl are left to a text field that is being typed in.")
            .color(c.t3),
    );
    true
}

fn about(ui: &mut Ui) -> bool {
    let c = Theme::get(ui);
    ui.spacing_mut().item_spacing.y = 8.0;
    for (words, ink) in [
        (
            concat!(
                "pcscope ",
                env!("CARGO_PKG_VERSION"),
                ", an oscilloscope for predictive coding networks."
            ),
            c.t1,
        ),
        (
            "It implements Salvatori, Song, Lukasiewicz, Bogacz and Xu, “Predictive Coding Can Do Exact Backpropagation on Convolutional and Recurrent Neural Networks” (arXiv 2103.03725, 2021).",
            c.t2,
        ),
        (
            "Every number on screen is computed by the engine that also runs “pcscope verify”.",
            c.t2,
        ),
        (
            "MIT or Apache-2.0. MNIST: Y. LeCun, C. Cortes, C. Burges, CC BY-SA 3.0. 8×8 digits: E. Alpaydin, C. Kaynak, CC BY 4.0. Fonts: Inter and JetBrains Mono (OFL), DejaVu Sans.",
            c.t3,
        ),
    ] {
        ui.add(egui::Label::new(text::body(words).color(ink)).wrap());
    }
    true
}

fn path_dialog(
    window: &mut Window,
    ui: &mut Ui,
    purpose: Purpose,
    path: &mut String,
    (native, offers): (&mut Option<Receiver<Option<PathBuf>>>, &mut Offers),
    problem: &mut Option<String>,
) -> bool {
    let c = Theme::get(ui);
    let save = purpose == Purpose::Save;
    let field = text_field(ui, path, "Path", purpose.hint(), ui.available_width());
    if ui.memory(|m| m.focused().is_none()) {
        field.request_focus();
    }
    if field.changed() {
        *problem = None;
    }
    // Completion: what a folder holds that begins like this.
    let offers = match (save, path.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => window.settings.recent.clone(),
        (false, false) => offers.get(path, ui.ctx()),
    };
    if !offers.is_empty() {
        ui.add_space(2.0);
        if path.is_empty() {
            ui.label(text::caption("opened before").color(c.t3));
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        for offer in offers.iter().take(6) {
            if menu_item(ui, offer, "", None).clicked() {
                *path = offer.clone();
                field.request_focus();
            }
        }
    }
    if let Some(chosen) = native.as_ref().and_then(|r| r.try_recv().ok()) {
        *native = None;
        if let Some(chosen) = chosen {
            *path = chosen.to_string_lossy().into_owned();
        }
    }
    if let Some(words) = problem {
        ui.add_space(8.0);
        notice::warning(ui, purpose.refused(), words);
    }
    ui.add_space(10.0);
    let enter = ui.input(|i| i.key_pressed(Key::Enter));
    let mut keep = true;
    ui.horizontal(|ui| {
        let empty = path.trim().is_empty().then_some("Type a path first.");
        let go = Button::primary(purpose.verb())
            .disabled(empty)
            .show(ui)
            .clicked();
        if (go || enter) && empty.is_none() {
            keep = finish(window, purpose, path.trim(), problem);
        }
        let open = native.is_some().then_some("The desktop's dialog is open.");
        let ways: &[(&str, Wanted)] = if save {
            &[("Browse…", Wanted::Place)]
        } else {
            &[("Browse…", Wanted::File), ("Folder…", Wanted::Folder)]
        };
        for (words, wanted) in ways {
            if Button::new(words).disabled(open).show(ui).clicked() {
                *native = Some(browse(window.choose, *wanted, ui.ctx().clone()));
            }
        }
        if Button::plain("Cancel").show(ui).clicked() {
            keep = false;
        }
    });
    ui.add_space(6.0);
    ui.label(text::caption("A file can also be dropped onto the window. Where the desktop has no file dialog, type the path.").color(c.t3));
    keep
}

/// Opens or saves; false once done.
fn finish(window: &mut Window, purpose: Purpose, path: &str, problem: &mut Option<String>) -> bool {
    let done = match purpose {
        Purpose::Save => {
            let there = format!("{path}: there is a file already; “Save” once more replaces it");
            if Path::new(path).exists() && problem.as_ref() != Some(&there) {
                Err(there)
            } else {
                let text = window.draft.to_toml().map_err(|e| e.to_string());
                text.and_then(|text| atomically(Path::new(path), text.as_bytes()))
            }
        }
        Purpose::Find => window.find_data(Path::new(path)),
        Purpose::Open => {
            let before = window.notice.take();
            window.open_path(path);
            match window.notice.take() {
                // Refused at once: said here, where the path can be mended.
                Some(refused) => {
                    window.notice = before;
                    Err(refused.rest)
                }
                None => Ok(()),
            }
        }
    };
    match done {
        // Until a question about it is answered, what was typed stays.
        Ok(()) => window.question.is_some(),
        Err(words) => {
            *problem = Some(words);
            true
        }
    }
}

/// What would lose training, to be answered: Enter does it, Escape leaves everything as it is.
fn question(window: &mut Window, ctx: &Context) {
    let stake = window.stake_in_words();
    let running = window.race_at_work();
    let Some(question) = &mut window.question else {
        return;
    };
    let c = Theme::of_context(ctx);
    let width = 380.0f32.min(ctx.content_rect().width() - 40.0);
    let frame = Frame::new()
        .fill(c.bg2)
        .stroke(egui::Stroke::new(1.0, c.line2))
        .corner_radius(metrics::RADIUS_VERTEX);
    let modal = egui::Modal::new(Id::unique("question"))
        .backdrop_color(c.bg0.gamma_multiply(0.6))
        .frame(frame);
    let answer = modal
        .show(ctx, |ui| {
            ui.set_width(width);
            panel::header(ui, &question.title, |_| {});
            let mut answer = None;
            Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
                ui.set_width(width - 24.0);
                let stake = stake.as_deref().unwrap_or("Nothing");
                notice::warning(
                    ui,
                    &format!("{stake} will be gone."),
                    "There is no way back to it.",
                );
                ui.add_space(12.0);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let yes = Button::primary(question.verb).show(ui);
                    let keep = if running { "Keep training" } else { "Keep it" };
                    let no = Button::new(keep).show(ui);
                    // Enter is an answer from the first moment on, and Tab goes from one to the other.
                    if !question.focused {
                        question.focused = true;
                        yes.request_focus();
                    }
                    if yes.clicked() {
                        answer = Some(true);
                    } else if no.clicked() {
                        answer = Some(false);
                    }
                });
            });
            answer
        })
        .inner;
    if let Some(yes) = answer {
        window.answer(yes);
    }
}

/// What the desktop is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A file to read.
    File,
    /// A folder of data.
    Folder,
    /// Where to write an experiment.
    Place,
}

/// Asks for a path and waits for the answer; none if it was cancelled.
pub type Choose = fn(Wanted) -> Option<PathBuf>;

/// The desktop's own dialog.
pub fn desktop(wanted: Wanted) -> Option<PathBuf> {
    let dialog = rfd::FileDialog::new();
    match wanted {
        Wanted::File => dialog.pick_file(),
        Wanted::Folder => dialog.pick_folder(),
        Wanted::Place => dialog.set_file_name("experiment.toml").save_file(),
    }
}

/// Asks for a path, off the window's thread.
fn browse(choose: Choose, wanted: Wanted, ctx: egui::Context) -> Receiver<Option<PathBuf>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let chosen = choose(wanted);
        // The dialog of ours may have been closed in the meantime.
        let _ = sender.send(chosen);
        ctx.request_repaint();
    });
    receiver
}

fn completions(path: &str) -> Vec<String> {
    if path.is_empty() {
        return Vec::new();
    }
    let (folder, start) = path.rsplit_once('/').map_or((".", path), |(f, s)| {
        (if f.is_empty() { "/" } else { f }, s)
    });
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let prefix = path
        .rsplit_once('/')
        .map_or(String::new(), |(f, _)| format!("{f}/"));
    let mut found: Vec<String> = entries
        .take(2000)
        .filter_map(Result::ok)
        .filter_map(|e| {
            let name = e.file_name().into_string().ok()?;
            (name.starts_with(start)
                && name != start
                && (!name.starts_with('.') || start.starts_with('.')))
            .then(|| {
                let slash = if e.file_type().is_ok_and(|t| t.is_dir()) {
                    "/"
                } else {
                    ""
                };
                format!("{prefix}{name}{slash}")
            })
        })
        .collect();
    found.sort();
    found
}
