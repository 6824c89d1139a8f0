//! Export: the window or one of its views as a picture, all series as a table, a range of states or updates as an animation.

use super::dialog::{Choose, Wanted, browse};
use super::export::{Along, Asked, Course, Export, Of, Picture, Range, Table};
use super::format;
use super::kit::dropdown::Dropdown;
use super::kit::field::{self, Number, NumberField};
use super::kit::segmented::Segmented;
use super::kit::{card, progress, section};
use super::remembered::Remembered;
use super::save_place::{self, Buttons, there_already};
use super::state::Action;
use super::text;
use super::theme::Theme;
use super::work::Work;
use crate::experiment::save::same_file;
use crate::experiment::session::Mode;
use egui::{Key, Ui, Vec2};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Width of the sheet.
pub const WIDTH: f32 = 520.0;

/// The size of a view that stands in no tile now, in points.
const USUAL: (u32, u32) = (800, 500);

/// Sizes that can be chosen, in points.
const LEAST: (u32, u32) = (320, 240);
const MOST: (u32, u32) = (4096, 4096);

/// What kind of file it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Picture,
    Series,
    Numbers,
    Animation,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Picture, Self::Series, Self::Numbers, Self::Animation];

    /// How its files' names end.
    fn ends(self) -> &'static [&'static str] {
        match self {
            Self::Picture => &["png", "svg"],
            Self::Series => &["csv", "json"],
            Self::Numbers => &["csv"],
            Self::Animation => &["gif"],
        }
    }
}

/// How much there is to be exported.
pub struct Has {
    /// The last state of the inference that is looked at.
    pub states: u64,
    /// Updates made.
    pub updates: u64,
    /// Runs that are kept beside the present one.
    pub kept: usize,
    /// The most points that are one in the series.
    pub thinned: u64,
}

/// The dialog's state.
pub struct ExportFile {
    kind: Kind,
    /// What can be drawn, with the size that it has in the window: everything first.
    offers: Vec<(Of, (u32, u32))>,
    of: usize,
    width: u32,
    height: u32,
    /// Pixels per point, of a picture and of an animation.
    scale: [usize; 2],
    theme: Theme,
    along: Along,
    from: u64,
    to: u64,
    every: u64,
    rate: f64,
    /// Where the file goes.
    out: String,
    /// The name that it was given; what the user types stays.
    named: String,
    native: Option<Receiver<Option<PathBuf>>>,
    work: Option<Work<String, Course>>,
    /// Why nothing was written, or what was.
    said: Option<Result<String, String>>,
    /// What the widgets remember, as of the press of Save.
    memory: Option<Remembered>,
}

fn title(of: Of) -> &'static str {
    match of {
        Of::Window => "The whole window",
        Of::View(view) => view.title,
    }
}

impl ExportFile {
    /// What can be drawn, with the size in points that it has on the screen, if it is there.
    pub(super) fn new(offers: Vec<(Of, Option<Vec2>)>, theme: Theme, has: &Has) -> Self {
        let within = |size: Vec2| {
            let side = |v: f32, least, most| (v.round() as u32).clamp(least, most);
            (side(size.x, LEAST.0, MOST.0), side(size.y, LEAST.1, MOST.1))
        };
        let offers: Vec<_> = (offers.into_iter())
            .map(|(of, size)| (of, size.map_or(USUAL, |size| within(of.around(size)))))
            .collect();
        let (width, height) = offers.first().map_or(USUAL, |offer| offer.1);
        let mut new = Self {
            kind: Kind::Picture,
            offers,
            of: 0,
            width,
            height,
            scale: [2, 1],
            theme,
            along: Along::States,
            from: 0,
            to: 0,
            every: 1,
            rate: 4.0,
            out: String::new(),
            named: String::new(),
            native: None,
            work: None,
            said: None,
            memory: None,
        };
        new.whole(has);
        new.name();
        new
    }

    /// Chooses an animation.
    pub(super) fn animate(&mut self) {
        self.kind = Kind::Animation;
        self.name();
    }

    /// Chooses the numbers of a view.
    pub(super) fn number(&mut self, id: &str) {
        self.kind = Kind::Numbers;
        let of = |offer: &(Of, _)| matches!(offer.0, Of::View(view) if view.id == id);
        self.of = self.offers.iter().position(of).unwrap_or(self.of);
        self.name();
    }

    /// Chosen to be drawn.
    fn drawn(&self) -> Of {
        self.offers.get(self.of).map_or(Of::Window, |offer| offer.0)
    }

    /// The last state, or the last update made.
    fn last(&self, has: &Has) -> u64 {
        match self.along {
            Along::States => has.states,
            Along::Updates => has.updates,
        }
    }

    /// All there is, in at most a hundred pictures.
    fn whole(&mut self, has: &Has) {
        (self.from, self.to) = (0, self.last(has));
        self.every = self.to.div_ceil(100).max(1);
        self.rate = match self.along {
            Along::States => 4.0,
            Along::Updates => 10.0,
        };
    }

    /// Gives the file a name that says what it is, unless the user has.
    fn name(&mut self) {
        if self.out != self.named {
            return;
        }
        let stem = match (self.kind, self.drawn()) {
            (Kind::Series, _) => "series".to_owned(),
            (_, Of::Window) => "pcscope".to_owned(),
            (_, Of::View(view)) => view.id.to_lowercase(),
        };
        let before = Path::new(&self.out).extension();
        let ends = self.kind.ends();
        let same = ends.iter().find(|end| before.is_some_and(|e| e == **end));
        let end = same.or(ends.first()).copied().unwrap_or_default();
        self.out = format!("{stem}.{end}");
        self.named.clone_from(&self.out);
    }

    /// Which of the kind's formats the name asks for.
    fn format(&self) -> Option<usize> {
        let name = self.out.trim().to_lowercase();
        let mut ends = self.kind.ends().iter();
        ends.position(|end| name.ends_with(&format!(".{end}")))
    }

    /// The same name with the ending of another format.
    fn ending(&mut self, format: usize) {
        let Some(end) = self.kind.ends().get(format) else {
            return;
        };
        let automatic = self.out == self.named;
        let path = Path::new(self.out.trim()).with_extension(end);
        self.out = path.to_string_lossy().into_owned();
        if automatic {
            self.named.clone_from(&self.out);
        }
    }

    fn asked(&self) -> Asked {
        Asked {
            of: self.drawn(),
            size: (self.width, self.height),
            scale: self.scale[usize::from(self.kind == Kind::Animation)] as f32,
            theme: self.theme,
        }
    }

    fn range(&self) -> Range {
        Range {
            along: self.along,
            from: self.from,
            to: self.to,
            every: self.every,
            rate: self.rate,
        }
    }

    /// What is to be exported.
    ///
    /// # Errors
    /// Why it cannot be, in a line.
    fn wanted(&self, has: &Has) -> Result<Export, String> {
        let ends = self.kind.ends().join(" or .");
        let format = self.format();
        let format = format.ok_or_else(|| format!("The name ends in .{ends}."))?;
        let asked = self.asked();
        match self.kind {
            Kind::Picture if format == 0 => {
                asked.check()?;
                Ok(Export::Picture(asked, Picture::Png))
            }
            Kind::Picture => Ok(Export::Picture(asked, Picture::Svg)),
            Kind::Series if has.updates == 0 => Err("Nothing has been trained yet.".into()),
            Kind::Series if format == 0 => Ok(Export::Series(Table::Csv)),
            Kind::Series => Ok(Export::Series(Table::Json)),
            Kind::Numbers => match self.drawn() {
                Of::View(view) => Ok(Export::Numbers(view)),
                Of::Window => Err("Choose a view.".into()),
            },
            Kind::Animation => {
                self.range().check(asked.pixels(), self.last(has))?;
                Ok(Export::Animation(asked, self.range()))
            }
        }
    }

    /// What kind of file it is to be, for tests.
    #[cfg(test)]
    pub(super) fn kind_of_file(&self) -> String {
        format!("export {:?} {}", self.kind, self.out)
    }

    /// What is chosen and shown, for the robot that presses everything.
    #[cfg(test)]
    pub(super) fn shown(&self) -> String {
        format!(
            "export {:?} {} {}x{} {:?} {:?} {:?} {} {:?}",
            self.kind,
            title(self.drawn()),
            self.width,
            self.height,
            self.scale,
            self.theme,
            self.range(),
            self.out,
            self.said
        )
    }

    /// True while a file is made.
    pub(super) fn busy(&self) -> bool {
        self.work.is_some()
    }

    /// What the widgets remembered when Save was pressed.
    pub(super) fn remembered(&mut self) -> Remembered {
        self.memory.take().unwrap_or_default()
    }

    /// Makes the file: over one that is there only once that has been said, and never over `data`.
    pub(super) fn begin(
        &mut self,
        has: &Has,
        (data, mode): (&Path, Mode),
        make: impl FnOnce(Export, &Path, &Course) -> Result<String, String> + Send + 'static,
    ) {
        let out = PathBuf::from(self.out.trim());
        let export = match self.wanted(has) {
            Ok(export) => export,
            Err(words) => return self.said = Some(Err(words)),
        };
        if same_file(&out, data) {
            let words = "that is the file of the data; expected another";
            return self.said = Some(Err(format!("{}: {words}", out.display())));
        }
        let there = there_already(&out);
        if out.exists() && self.said != Some(Err(there.clone())) {
            return self.said = Some(Err(there));
        }
        self.said = None;
        self.work = Some(Work::begin(mode, move |course: &Course| {
            make(export, &out, course)
        }));
        self.poll();
    }

    /// Takes what is done.
    fn poll(&mut self) {
        if let Some(result) = self.work.as_ref().and_then(Work::poll) {
            self.work = None;
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
}

impl Drop for ExportFile {
    fn drop(&mut self) {
        if let Some(work) = &self.work {
            work.progress.give_up();
        }
    }
}

/// Draws the dialog; false once it is done with.
pub fn show(
    (has, choose): (&Has, Choose),
    ui: &mut Ui,
    state: &mut ExportFile,
    actions: &mut Vec<Action>,
) -> bool {
    state.poll();
    if state.work.is_some() || state.native.is_some() {
        ui.ctx().request_repaint_after(Duration::from_millis(40));
    }
    let before = state.shape();
    let names = ["Picture", "Series", "Numbers", "Animation"];
    let mut kind = Kind::ALL.iter().position(|k| *k == state.kind).unwrap_or(0);
    let width = ui.available_width();
    let choice = Segmented::new("Kind", &names).width(width);
    if choice.show(ui, &mut kind).changed() {
        state.kind = Kind::ALL[kind.min(3)];
        state.name();
    }
    ui.add_space(8.0);
    match state.kind {
        Kind::Series => series(has, ui),
        Kind::Numbers => numbers(ui, state),
        Kind::Picture => drawn(ui, state),
        Kind::Animation => {
            drawn(ui, state);
            ui.add_space(6.0);
            range(has, ui, state);
        }
    }
    section::rule(ui);
    if before != state.shape() {
        state.said = None;
    }
    place((has, choose), ui, state, actions)
}

impl ExportFile {
    /// All that is chosen but the name: what was said of another choice says nothing of this.
    fn shape(&self) -> (Kind, usize, (u32, u32), [usize; 2], Theme) {
        let size = (self.width, self.height);
        (self.kind, self.of, size, self.scale, self.theme)
    }
}

/// A number with its word before it.
fn number<V: Number + Send + Sync + 'static>(
    ui: &mut Ui,
    word: &str,
    field: NumberField<'_, V>,
    value: &mut V,
) -> egui::Response {
    let c = Theme::get(ui);
    ui.label(text::body(word).color(c.t2));
    field.show(ui, value)
}

/// What is drawn, how large, in which colours.
fn drawn(ui: &mut Ui, state: &mut ExportFile) {
    let names: Vec<&str> = state.offers.iter().map(|offer| title(offer.0)).collect();
    let list = Dropdown::new("Of", &names)
        .width(ui.available_width())
        .show(ui, &mut state.of);
    if list.changed() {
        if let Some((_, size)) = state.offers.get(state.of) {
            (state.width, state.height) = *size;
        }
        state.name();
    }
    ui.add_space(6.0);
    field::row(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let side = |ui: &mut Ui, word, name, value: &mut u32, (least, most): (u32, u32)| {
            let mut typed = u64::from(*value);
            let field = NumberField::new(name, u64::from(least)..=u64::from(most)).width(52.0);
            let field = number(ui, word, field, &mut typed);
            card::hover(
                field,
                "In points, with the line below that says what it was made of.",
            );
            *value = u32::try_from(typed).unwrap_or(*value);
        };
        side(ui, "size", "Width", &mut state.width, (LEAST.0, MOST.0));
        side(ui, "×", "Height", &mut state.height, (LEAST.1, MOST.1));
        ui.add_space(6.0);
        let vector = state.kind == Kind::Picture && state.format() == Some(1);
        if !vector {
            let own = &mut state.scale[usize::from(state.kind == Kind::Animation)];
            let mut scale = own.saturating_sub(1);
            let names = ["1×", "2×", "3×", "4×"];
            let choice = Segmented::new("Pixels per point", &names).show(ui, &mut scale);
            if choice.changed() {
                *own = scale + 1;
            }
            ui.add_space(6.0);
        }
        let mut light = usize::from(state.theme == Theme::Light);
        if (Segmented::new("Colours", &["dark", "light"]).show(ui, &mut light)).changed() {
            state.theme = [Theme::Dark, Theme::Light][light.min(1)];
        }
    });
}

/// The view whose numbers are written.
fn numbers(ui: &mut Ui, state: &mut ExportFile) {
    // Of the window as a whole there is no table.
    let first = usize::from(matches!(state.offers.first(), Some((Of::Window, _))));
    let names: Vec<&str> = state.offers[first..]
        .iter()
        .map(|offer| title(offer.0))
        .collect();
    let mut of = state.of.saturating_sub(first);
    let list = Dropdown::new("Of", &names)
        .width(ui.available_width())
        .show(ui, &mut of);
    let of = of + first;
    if list.changed() || state.of != of {
        state.of = of;
        if let Some((_, size)) = state.offers.get(of) {
            (state.width, state.height) = *size;
        }
        state.name();
    }
    ui.add_space(6.0);
    let c = Theme::get(ui);
    let words = "All rows of its table of numbers, in all the digits they have.";
    ui.add(egui::Label::new(text::body(words).color(c.t2)).wrap());
}

/// What an animation goes through.
fn range(has: &Has, ui: &mut Ui, state: &mut ExportFile) {
    let c = Theme::get(ui);
    let mut along = usize::from(state.along == Along::Updates);
    let none = "Nothing has been trained yet.";
    let disabled = [(1, none)];
    let disabled = match has.updates {
        0 => &disabled[..],
        _ => &[],
    };
    let names = ["Steps of inference", "Updates"];
    let choice = Segmented::new("Over", &names).disabled(disabled);
    if choice.show(ui, &mut along).changed() {
        state.along = [Along::States, Along::Updates][along.min(1)];
        state.whole(has);
        state.said = None;
    }
    ui.add_space(6.0);
    let last = state.last(has);
    field::row(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let field = NumberField::new("From", 0..=last).width(56.0);
        number(ui, "from", field, &mut state.from);
        let field = NumberField::new("To", 0..=last).width(56.0);
        number(ui, "to", field, &mut state.to);
        let field = NumberField::new("Every", 1..=u64::MAX).width(46.0);
        number(ui, "every", field, &mut state.every);
        let field = NumberField::new("Pictures a second", 0.1..=50.0).width(40.0);
        number(ui, "a second", field, &mut state.rate);
    });
    ui.add_space(4.0);
    let (range, pixels) = (state.range(), state.asked().pixels());
    let words = match range.check(pixels, last) {
        Ok(()) => format!(
            "{} pictures of {} × {} pixels, about {}.",
            format::count(range.frames()),
            pixels.0,
            pixels.1,
            format::bytes(range.estimate(pixels))
        ),
        Err(words) => format!("{words}."),
    };
    ui.add(egui::Label::new(text::body(words).color(c.t2)).wrap());
}

/// What there is of series.
fn series(has: &Has, ui: &mut Ui) {
    let c = Theme::get(ui);
    let words = match has.updates {
        0 => "Nothing has been trained yet.".to_owned(),
        update => {
            let runs = match has.kept {
                0 => String::new(),
                n => format!(", and of {n} kept beside it"),
            };
            format!(
                "Loss, scores and distance from BP of every lane, up to update {}{runs}. {}",
                format::count(update),
                match has.thinned {
                    0 | 1 => "Every point that was taken.".to_owned(),
                    most => format!(
                        "Thinned: up to {most} points are one, with their mean, least and most."
                    ),
                }
            )
        }
    };
    ui.add(egui::Label::new(text::body(words).color(c.t2)).wrap());
}

/// Where the file goes, and what came of it; false once the dialog is done with.
fn place(
    (has, choose): (&Has, Choose),
    ui: &mut Ui,
    state: &mut ExportFile,
    actions: &mut Vec<Action>,
) -> bool {
    let c = Theme::get(ui);
    ui.horizontal(|ui| {
        ui.label(text::body("Save to").color(c.t2));
        let ends = state.kind.ends();
        let names: Vec<String> = ends.iter().map(|end| end.to_uppercase()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut format = state.format().unwrap_or(usize::MAX);
        // One format is no choice.
        if names.len() > 1
            && Segmented::new("Format", &names)
                .show(ui, &mut format)
                .changed()
        {
            state.ending(format);
            state.said = None;
        }
    });
    ui.add_space(4.0);
    let hint = "where to write the file";
    let field = save_place::path(ui, &mut state.out, hint, &mut state.said);
    if let Some(work) = &state.work {
        let (done, bytes) = work.progress.done();
        let of = state.range().frames();
        let (words, share) = match state.kind {
            Kind::Animation if done > 0 => (
                format!(
                    "picture {done} of {of}, {} so far, about {} in all",
                    format::bytes(bytes),
                    format::bytes((bytes as f64 / done as f64 * of as f64) as u64)
                ),
                done as f32 / of.max(1) as f32,
            ),
            _ => (format!("{}, drawing", state.out.trim()), 0.0),
        };
        if progress::progress(ui, &words, share).clicked() {
            work.progress.give_up();
        }
        return true;
    }
    let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    let reason = match state.wanted(has) {
        _ if state.out.trim().is_empty() => Some("Type a path first.".to_owned()),
        Err(words) => Some(words),
        Ok(_) => None,
    };
    let buttons = Buttons {
        reason: reason.as_deref(),
        enter,
        done: matches!(state.said, Some(Ok(_))),
        asks: &|ctx| browse(choose, Wanted::Export, ctx),
    };
    let memory = &mut state.memory;
    buttons.show(ui, &mut state.native, actions, |ui| {
        *memory = Some(Remembered::of(ui.ctx()));
        Action::Export
    })
}
