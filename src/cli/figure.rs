//! `pcscope export RUN figure`: a view of the window, drawn from a run's folder.

use super::common::print;
use super::export::ends_in;
use super::screenshot::{parse_size, parse_theme};
use super::{Exit, Outcome};
use crate::app::headless::{Headless, save_png};
use crate::app::settings::Settings;
use crate::app::state::{Action, Frame};
use crate::app::text;
use crate::app::theme::Theme;
use crate::app::views::table::{VIEWS, View};
use crate::app::window::Window;
use crate::experiment::file::closest;
use crate::experiment::kept::Kept;
use crate::experiment::provenance::Provenance;
use crate::experiment::save::atomically;
use crate::experiment::session::{Mode, Session};
use egui::{Align2, Ui, UiBuilder, pos2};
use std::path::Path;

/// What is drawn, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct FigureArgs {
    /// Of a figure: the view (Network, Wave, Loss, Accuracy, Energy, Maps, …).
    #[arg(long, value_name = "NAME")]
    view: Option<String>,
    /// Of a figure: the state of inference that is looked at (the last if left out).
    #[arg(long, value_name = "N")]
    t: Option<usize>,
    /// Of a figure: size in points, as 800x500.
    #[arg(long, value_name = "WxH")]
    size: Option<String>,
    /// Of a PNG: physical pixels per point.
    #[arg(long, default_value_t = 2.0)]
    scale: f32,
    /// Of a figure: dark or light.
    #[arg(long, default_value = "light")]
    theme: String,
}

/// How high the line with title and caption is, in points.
const HEAD: f32 = 30.0;

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
    crate::app::kit::plot::without_tools(ui.ctx());
    let below = all.with_min_y(all.top() + HEAD);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(below));
    inner.shrink_clip_rect(below);
    (view.ui)(&mut inner, frame);
}

/// The view of an id or title.
fn find(name: &str) -> Result<&'static View, String> {
    let is = |text: &str| text.eq_ignore_ascii_case(name);
    let found = VIEWS.iter().find(|view| is(view.id) || is(view.title));
    found.ok_or_else(|| {
        let names = VIEWS.iter().map(|view| view.id);
        let hint = closest(name, names.clone())
            .map_or_else(String::new, |name| format!("; did you mean {name}?"));
        let names: Vec<&str> = names.collect();
        format!("--view {name}: expected one of {}{hint}", names.join(", "))
    })
}

/// Draws a view of a run.
///
/// # Errors
/// One line about bad input.
pub fn export(run: &Path, out: &Path, args: &FigureArgs) -> Outcome {
    let Some(name) = &args.view else {
        let names: Vec<&str> = VIEWS.iter().map(|view| view.id).collect();
        return Err(format!(
            "figure: expected --view with one of {}",
            names.join(", ")
        ));
    };
    let view = find(name)?;
    let theme: Theme = parse_theme(&args.theme)?;
    let size = parse_size(args.size.as_deref().unwrap_or("800x500"))?;
    if !(0.5..=4.0).contains(&args.scale) {
        return Err(format!(
            "--scale {}: expected a number from 0.5 to 4",
            args.scale
        ));
    }
    let kept = Kept::open(run)?;
    let of = Provenance::of_run(run)?;
    let session = Session::of_run(&kept, Mode::InStep)?;
    let mut settings = Settings {
        theme,
        ..Settings::default()
    };
    // What the view needs is worked out for a layout that has it.
    if let Some((layout, _)) = view.places.first() {
        settings.layout = *layout;
    }
    let mut window = Window::showing(session, settings);
    let last = window.engine.micro.as_ref().map_or(0, |micro| micro.steps);
    let t = args.t.unwrap_or(last);
    if t > last {
        return Err(format!("--t {t}: expected a number from 0 to {last}"));
    }
    window.act(Action::Seek(t));
    window.poll();
    let applies = window.with_frame(&mut Vec::new(), |frame| {
        view.applies
            .contains(&crate::app::arrangement::Kind::of(frame))
    });
    if applies != Some(true) {
        return Err(format!(
            "--view {name}: \"{}\" is not for data of this kind; expected another view",
            view.title
        ));
    }
    let mut headless = Headless::new(egui::vec2(size.0 as f32, size.1 as f32), args.scale, theme);
    let mut draw = |ui: &mut Ui| {
        let mut actions = Vec::new();
        window.with_frame(&mut actions, |frame| framed(ui, view, frame));
        // What a view asks for to be shown; nobody presses anything.
        for action in actions {
            window.act(action);
        }
        window.poll();
    };
    for _ in 0..5 {
        headless.pass(Vec::new(), &mut draw);
    }
    if ends_in(out, ".svg") {
        let title = format!(
            "{}: {}, update {}, t = {t}",
            of.experiment, view.title, kept.stamp.update
        );
        let mut about = of.json();
        about["view"] = view.id.into();
        about["update"] = kept.stamp.update.into();
        about["t"] = t.into();
        let text = headless.svg((&title, &about), &mut draw);
        atomically(out, text.as_bytes())?;
    } else {
        headless.frame(Vec::new(), &mut draw);
        save_png(headless.image(), out, Some(&of)).map_err(|e| format!("{e:#}"))?;
    }
    print(&format!(
        "{} of {} in {}\n",
        view.title,
        run.display(),
        out.display()
    ));
    Ok(Exit::Done)
}
