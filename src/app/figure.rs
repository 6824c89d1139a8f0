//! Figures: the window or one of its views, drawn away from the screen, above a line that says what it was made of.

use super::export::{Asked, FOOT, HEAD, Of};
use super::headless::{Headless, png};
use super::kit::paint;
use super::remembered::Remembered;
use super::state::Frame;
use super::text;
use super::theme::Theme;
use super::views::table::View;
use super::window::Window;
use crate::experiment::provenance::Provenance;
use egui::{Align2, Ui, UiBuilder, pos2, vec2};
use serde_json::Value;

/// Passes until a layout has settled, and of one that had until what it shows has.
const PASSES: usize = 5;
const FEW_PASSES: usize = 2;

/// A window that is drawn away from the screen.
pub struct Figure {
    window: Window,
    headless: Headless,
    asked: Asked,
    made_of: Provenance,
    settled: bool,
}

impl Figure {
    /// Draws what is asked for of a window at rest, in step with its engine, with what the screen's widgets remember.
    pub fn new(mut window: Window, asked: Asked, made_of: Provenance, memory: Remembered) -> Self {
        let settings = &mut window.shell.settings;
        settings.theme = asked.theme;
        // What a view needs is worked out for a layout that has it.
        if let Of::View(view) = asked.of
            && !view.places.iter().any(|place| place.0 == settings.layout)
            && let Some((layout, _)) = view.places.first()
        {
            settings.layout = *layout;
        }
        window.look();
        let (w, h) = asked.size;
        let size = vec2(w as f32, h as f32);
        let headless = Headless::new(size, asked.scale, asked.theme);
        memory.give(headless.ctx());
        Self {
            window,
            headless,
            asked,
            made_of,
            settled: false,
        }
    }

    /// Whether the data are of a kind that a view is for.
    pub fn applies(window: &Window, view: &View) -> bool {
        let kind = window.with_frame(&mut Vec::new(), |frame| {
            view.applies.contains(&super::arrangement::Kind::of(frame))
        });
        kind == Some(true)
    }

    /// Goes to a state of inference; false if there is none.
    pub fn to_state(&mut self, t: u64) -> bool {
        let t = usize::try_from(t).unwrap_or(usize::MAX);
        self.window.go_to_state(t);
        self.window.view.t == t
    }

    /// Goes to the weights after an update; false if they cannot be computed again.
    pub fn to_update(&mut self, update: u64) -> bool {
        self.window.go_to_update(update);
        let newest = self.window.engine.race.update;
        update == newest || self.window.engine.at == Some(update)
    }

    /// What is looked at: the update and the state.
    fn place(&self) -> (u64, usize) {
        let micro = self.window.engine.micro.as_ref();
        let update = micro.map_or(0, |micro| micro.subject.update);
        (update, self.window.view.t)
    }

    /// What it was made of and shows, as JSON.
    pub fn about(&self) -> Value {
        let (update, t) = self.place();
        let mut about = self.made_of.json();
        about["view"] = match self.asked.of {
            Of::Window => "window".into(),
            Of::View(view) => view.id.into(),
        };
        if let Of::View(view) = self.asked.of {
            let caption = (self.window).with_frame(&mut Vec::new(), |frame| (view.caption)(frame));
            about["caption"] = caption.unwrap_or_default().into();
        }
        about["update"] = update.into();
        about["t"] = t.into();
        about
    }

    /// What it shows, in words.
    fn title(&self) -> String {
        let (update, t) = self.place();
        let what = match self.asked.of {
            Of::Window => "pcscope",
            Of::View(view) => view.title,
        };
        let name = &self.made_of.experiment;
        format!("{name}: {what}, update {update}, t = {t}")
    }

    fn run(&mut self, pass: impl FnOnce(&mut Headless, &mut dyn FnMut(&mut Ui))) {
        let (update, t) = self.place();
        let foot = format!("{} · update {update} · t = {t}", self.made_of.caption());
        let (window, of) = (&mut self.window, self.asked.of);
        pass(&mut self.headless, &mut |ui| draw(ui, window, of, &foot));
    }

    /// Lets the layout settle.
    fn settle(&mut self) {
        let passes = match std::mem::replace(&mut self.settled, true) {
            false => PASSES,
            true => FEW_PASSES,
        };
        for _ in 0..passes {
            self.run(|headless, ui| headless.pass(Vec::new(), ui));
        }
    }

    /// As SVG: text is text, lines are paths.
    pub fn svg(&mut self) -> String {
        self.settle();
        let (title, about) = (self.title(), self.about());
        let mut text = String::new();
        self.run(|headless, ui| text = headless.svg((&title, &about), ui));
        text
    }

    /// As pixels.
    pub fn image(&mut self) -> &image::RgbaImage {
        self.settle();
        self.run(|headless, ui| _ = headless.frame(Vec::new(), ui));
        self.headless.image()
    }

    /// As PNG.
    ///
    /// # Errors
    /// One line.
    pub fn png(&mut self) -> Result<Vec<u8>, String> {
        let title = self.title();
        let made_of = self.made_of.clone();
        png(self.image(), Some((&made_of, &title))).map_err(|e| format!("{e:#}"))
    }
}

/// Draws what is asked for above the line of what it was made of.
fn draw(ui: &mut Ui, window: &mut Window, of: Of, foot: &str) {
    let all = ui.max_rect();
    let below = all.with_min_y(all.bottom() - FOOT);
    ui.set_max_height(all.height() - FOOT);
    {
        let c = Theme::get(ui);
        let painter = ui.painter().with_clip_rect(below);
        painter.rect_filled(below, 0, c.bg1);
        paint::hline(&painter, below.x_range(), below.top(), c.line);
        let y = paint::baseline(&painter, below.center().y, text::size::CAPTION);
        let (at, room) = (pos2(below.left() + 12.0, y), below.width() - 24.0);
        paint::write_within(&painter, at, room, foot, text::caption_font(), c.t3);
    }
    let view = match of {
        Of::Window => return window.ui(ui),
        Of::View(view) => view,
    };
    let mut actions = Vec::new();
    window.with_frame(&mut actions, |frame| framed(ui, view, frame));
    // What a view asks for to be shown; nobody presses anything.
    for action in actions {
        window.act(action);
    }
    window.poll();
}

/// Draws a view below its title and its caption, which says what curves are means of.
fn framed(ui: &mut Ui, view: &View, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let all = ui.max_rect();
    let y = all.top() + HEAD / 2.0;
    let painter = ui.painter();
    let (left, right) = (pos2(all.left() + 12.0, y), pos2(all.right() - 12.0, y));
    painter.text(
        left,
        Align2::LEFT_CENTER,
        view.title,
        text::title_font(),
        c.t1,
    );
    let caption = (view.caption)(frame);
    painter.text(
        right,
        Align2::RIGHT_CENTER,
        caption,
        text::caption_font(),
        c.t2,
    );
    let below = all.with_min_y(all.top() + HEAD);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(below));
    inner.shrink_clip_rect(below);
    super::kit::plot::without_tools(inner.ctx());
    (view.ui)(&mut inner, frame);
}

#[cfg(test)]
#[path = "figure_test.rs"]
mod tests;
