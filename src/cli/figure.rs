//! `pcscope export RUN figure`: a view of the window, drawn from a run's folder.

use super::common::{print, progress};
use super::export::ends_in;
use super::screenshot::{parse_size, parse_theme};
use super::{Exit, Outcome};
use crate::app::animation;
use crate::app::export::{Along, Asked, Course, Of, Range};
use crate::app::figure::Figure;
use crate::app::format;
use crate::app::remembered::Remembered;
use crate::app::settings::Settings;
use crate::app::theme::Theme;
use crate::app::views::table::VIEWS;
use crate::app::window::Window;
use crate::experiment::file::closest;
use crate::experiment::kept::Kept;
use crate::experiment::provenance::Provenance;
use crate::experiment::save::atomically;
use crate::experiment::session::{Mode, Session};
use std::path::Path;

/// What is drawn, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct FigureArgs {
    /// Of a figure or GIF: the view (Network, Wave, Loss, Accuracy, Energy, Maps, …), or Window for everything.
    #[arg(long, value_name = "NAME")]
    view: Option<String>,
    /// Of a figure: the state of inference that is looked at (the last if left out).
    #[arg(long, value_name = "N")]
    t: Option<usize>,
    /// Of a figure or GIF: size in points, as 800x500 (1280x800 of the whole window).
    #[arg(long, value_name = "WxH")]
    size: Option<String>,
    /// Of a PNG or GIF: physical pixels per point (2 and 1 if left out).
    #[arg(long)]
    scale: Option<f32>,
    /// Of a GIF: what it goes along, states or updates.
    #[arg(long, value_name = "WHAT", default_value = "states")]
    over: String,
    /// Of a GIF: the first state or update.
    #[arg(long, value_name = "N")]
    from: Option<u64>,
    /// Of a GIF: the last (of all there are if left out).
    #[arg(long, value_name = "N")]
    to: Option<u64>,
    /// Of a GIF: every so many.
    #[arg(long, value_name = "N", default_value_t = 1)]
    every: u64,
    /// Of a GIF: pictures in a second.
    #[arg(long, value_name = "N", default_value_t = 4.0)]
    rate: f64,
    /// Of a figure or GIF: dark or light.
    #[arg(long, default_value = "light")]
    theme: String,
}

/// The view of an id or title, or all of them.
fn find(name: &str) -> Result<Of, String> {
    let is = |text: &str| text.eq_ignore_ascii_case(name);
    if is(WINDOW) {
        return Ok(Of::Window);
    }
    let found = VIEWS.iter().find(|view| is(view.id) || is(view.title));
    found.map(Of::View).ok_or_else(|| {
        let names = names();
        let hint = closest(name, names.iter().copied())
            .map_or_else(String::new, |name| format!("; did you mean {name}?"));
        format!("--view {name}: expected one of {}{hint}", names.join(", "))
    })
}

/// The name of everything.
const WINDOW: &str = "Window";

fn names() -> Vec<&'static str> {
    let views = VIEWS.iter().map(|view| view.id);
    views.chain([WINDOW]).collect()
}

/// What is asked for, as far as it can be seen without the run.
fn asked(args: &FigureArgs, what: &str, scale: f32) -> Result<Asked, String> {
    let Some(name) = &args.view else {
        let names = names().join(", ");
        return Err(format!("{what}: expected --view with one of {names}"));
    };
    let of = find(name)?;
    let usual = match of {
        Of::Window => "1280x800",
        Of::View(_) => "800x500",
    };
    let size = parse_size(args.size.as_deref().unwrap_or(usual))?;
    let theme: Theme = parse_theme(&args.theme)?;
    let scale = args.scale.unwrap_or(scale);
    if !(0.5..=4.0).contains(&scale) {
        return Err(format!("--scale {scale}: expected a number from 0.5 to 4"));
    }
    let asked = Asked {
        of,
        size,
        scale,
        theme,
    };
    asked.check()?;
    Ok(asked)
}

/// The window on a run, with the run's last state of inference. Updates of the past are made again.
fn window(run: &Path, asked: &Asked, past: bool) -> Result<(Window, Provenance, usize), String> {
    let kept = Kept::open(run)?;
    let of = Provenance::of_run(run)?;
    let session = match past {
        true => Session::made_again(&kept)?,
        false => Session::of_run(&kept, Mode::InStep)?,
    };
    let window = Window::showing(session, Settings::default());
    if let Of::View(view) = asked.of
        && !Figure::applies(&window, view)
    {
        return Err(format!(
            "--view {}: \"{}\" is not for data of this kind; expected another view",
            view.id, view.title
        ));
    }
    let last = window.engine.micro.as_ref().map_or(0, |micro| micro.steps);
    Ok((window, of, last))
}

/// What a view is called.
fn title(of: Of) -> &'static str {
    match of {
        Of::Window => "The window",
        Of::View(view) => view.title,
    }
}

/// Draws a view of a run.
///
/// # Errors
/// One line about bad input.
pub fn export(run: &Path, out: &Path, args: &FigureArgs) -> Outcome {
    let asked = asked(args, "figure", 2.0)?;
    let (mut window, of, last) = window(run, &asked, false)?;
    let t = args.t.unwrap_or(last);
    if t > last {
        return Err(format!("--t {t}: expected a number from 0 to {last}"));
    }
    window.go_to_state(t);
    let mut figure = Figure::new(window, asked, of, Remembered::default());
    let bytes = match ends_in(out, ".svg") {
        true => figure.svg().into_bytes(),
        false => figure.png()?,
    };
    atomically(out, &bytes)?;
    print(&format!(
        "{} of {} in {}\n",
        title(asked.of),
        run.display(),
        out.display()
    ));
    Ok(Exit::Done)
}

/// Draws a view of a run over a range of states or updates.
///
/// # Errors
/// One line about bad input.
pub fn animate(run: &Path, out: &Path, args: &FigureArgs) -> Outcome {
    let asked = asked(args, "gif", 1.0)?;
    let along = match &*args.over {
        "states" => Along::States,
        "updates" => Along::Updates,
        other => return Err(format!("--over {other}: expected states or updates")),
    };
    let (window, of, last) = window(run, &asked, along == Along::Updates)?;
    let last = match along {
        Along::States => last as u64,
        Along::Updates => window.engine.race.update,
    };
    let range = Range {
        along,
        from: args.from.unwrap_or(0),
        to: args.to.unwrap_or(last),
        every: args.every,
        rate: args.rate,
    };
    range.check(asked.pixels(), last)?;
    let mut figure = Figure::new(window, asked, of, Remembered::default());
    if let Some(t) = args.t {
        figure.to_state(t as u64);
    }
    let bar = progress(range.frames(), "pictures");
    let course = Course::default();
    let written = animation::write(&mut figure, &range, out, &course, &mut |done| {
        bar.set_position(done);
    });
    bar.finish_and_clear();
    print(&format!(
        "{} of {} in {}, {} pictures, {}\n",
        title(asked.of),
        run.display(),
        out.display(),
        range.frames(),
        format::bytes(written?)
    ));
    Ok(Exit::Done)
}
