//! The time bar: transport, grain, speed, the line of inference states and the line of updates.

use crate::app::commands::{Command, row_of};
use crate::app::format;
use crate::app::kit::badge::Badge;
use crate::app::kit::button::IconButton;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::icons::Icon;
use crate::app::kit::segmented::Segmented;
use crate::app::kit::{card, focus, paint};
use crate::app::panels::{pausing, update_line};
use crate::app::region::{self, Asked, Region};
use crate::app::state::{Action, Choice};
use crate::app::text;
use crate::app::theme::{Theme, Tokens, metrics};
use crate::app::views::touched::line_mark;
use crate::app::window::{Grain, SPEEDS, Window};
use crate::experiment::microscope::{Half, MicroscopeSnapshot};
use crate::experiment::session::RaceState;
use egui::{Align, Layout, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// Draws the time bar; a `low` one has one line: that of updates where one goes by updates, else that of states.
pub fn show(window: &Window, ui: &mut Ui, low: bool, actions: &mut Vec<Action>) {
    let rect = ui.max_rect();
    let c = Theme::get(ui);
    paint::hline(ui.painter(), rect.x_range(), rect.top(), c.line);
    let top = Rect::from_min_size(rect.min, vec2(rect.width(), if low { 27.0 } else { 38.0 }));
    transport(window, ui, top, actions);
    let Some(micro) = window.engine.micro.clone() else {
        return;
    };
    let line_y = top.bottom() + if low { 19.0 } else { 20.0 };
    let x0 = rect.left() + metrics::PAD;
    if low && window.player.grain.of_updates() {
        return updates(window, ui, (rect, line_y), actions);
    }
    let y = paint::baseline(ui.painter(), line_y, text::size::BODY);
    paint::write(
        ui.painter(),
        pos2(x0, y),
        Align::LEFT,
        "inference",
        text::body_font(),
        c.t2,
    );
    let line = Line {
        rect: Rect::from_min_max(
            pos2(rect.left() + 108.0, line_y - 14.0),
            pos2(rect.right() - 118.0, line_y + 8.0),
        ),
        y: line_y,
        zoom: 1.0,
        applies: true,
    };
    inference_line(window, ui, &micro, line, actions);
    if !low {
        updates(window, ui, (rect, rect.bottom() - 12.0), actions);
    }
}

/// The line of updates, at a height of the bar.
fn updates(window: &Window, ui: &mut Ui, (rect, line): (Rect, f32), actions: &mut Vec<Action>) {
    let c = Theme::get(ui);
    let y = paint::baseline(ui.painter(), line, text::size::BODY);
    let at = pos2(rect.left() + metrics::PAD, y);
    paint::write(
        ui.painter(),
        at,
        Align::LEFT,
        "updates",
        text::body_font(),
        c.t2,
    );
    let rail = Rect::from_min_max(
        pos2(rect.left() + 92.0, line - 3.0),
        pos2(rect.right() - metrics::PAD, line + 3.0),
    );
    update_line::show(window, ui, rail, actions);
}

/// Below this width grains are a list.
const SMALL: f32 = 760.0;

/// Words for the hover of a transport button: name and key.
fn button(
    ui: &mut Ui,
    icon: Icon,
    command: Command,
    actions: &mut Vec<Action>,
    filled: bool,
    disabled: Option<&str>,
) {
    let row = row_of(command);
    let mut widget = IconButton::new(icon)
        .name(row.map_or("", |r| r.name))
        .shortcut(row.map_or("", |r| r.written))
        .side(if ui.max_rect().height() < 30.0 {
            24.0
        } else {
            28.0
        })
        .disabled(disabled);
    if filled {
        widget = widget.filled();
    }
    if widget.show(ui).clicked() {
        actions.push(Action::Command(command));
    }
}

fn transport(window: &Window, ui: &mut Ui, rect: Rect, actions: &mut Vec<Action>) {
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(rect.shrink2(vec2(10.0, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    let ui = &mut row;
    ui.spacing_mut().item_spacing.x = 2.0;
    let moving = window.moving();
    let back = (window.player.grain.of_updates() && window.shown_update() == 0)
        .then_some("The weights of before the first update are shown.");
    button(ui, Icon::First, Command::First, actions, false, back);
    button(
        ui,
        Icon::FastBack,
        Command::PreviousMark,
        actions,
        false,
        None,
    );
    button(ui, Icon::StepBack, Command::StepBack, actions, false, back);
    ui.add_space(2.0);
    button(
        ui,
        if moving { Icon::Pause } else { Icon::Play },
        Command::PlayPause,
        actions,
        true,
        None,
    );
    ui.add_space(2.0);
    button(
        ui,
        Icon::StepForward,
        Command::StepForward,
        actions,
        false,
        None,
    );
    button(
        ui,
        Icon::FastForward,
        Command::NextMark,
        actions,
        false,
        None,
    );
    button(ui, Icon::Last, Command::Last, actions, false, None);
    ui.add_space(14.0);
    let mut grain = window.player.grain as usize;
    let grains = ["half", "step", "update", "epoch"];
    // In a small window a list in place of three words.
    let response = match rect.width() < SMALL {
        true => Dropdown::new("One step is", &grains)
            .width(76.0)
            .show(ui, &mut grain),
        false => Segmented::new("One step is", &grains).show(ui, &mut grain),
    };
    if response.changed() {
        let grain = [Grain::Half, Grain::Step, Grain::Update, Grain::Epoch][grain];
        actions.push(Action::Choose(Choice::Grain(grain)));
    }
    ui.add_space(12.0);
    speed(window, ui, actions);
    let repeat = IconButton::new(Icon::Loop)
        .name("Repeat this example")
        .shortcut("Ctrl L")
        .selected(window.player.repeat)
        .show(ui);
    if repeat.clicked() {
        actions.push(Action::Command(Command::Loop));
    }
    if let (Some(micro), Some(data)) = (&window.engine.micro, window.engine.data()) {
        let given = pausing::Given {
            micro,
            race: &window.engine.race,
            view: &window.view,
            classes: !data.classes().is_empty(),
            grain: Some(window.player.grain),
        };
        pausing::icon(ui, &given, actions);
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        let Some(micro) = window.engine.micro.clone() else {
            return;
        };
        if badge(window, &micro).show(ui).clicked() {
            actions.push(Action::Command(Command::Last));
        }
        // One count everywhere, that of the race; if the microscope has other weights, that is said.
        let (made, shown) = (window.engine.race.update, micro.subject.update);
        let (made, shown) = match window.engine.at {
            Some(at) => (at, at),
            None => (made, shown),
        };
        let update = format!("update {}", format::count(made));
        let hover = if window.engine.at.is_some() {
            let newest = format::count(window.engine.race.update);
            format!("The weights looked at are those after this update; {newest} have been made")
        } else if made == shown {
            "Updates made; the weights after the last of them are looked at".to_owned()
        } else {
            let shown = format::count(shown);
            format!("Updates made; the weights looked at are those after update {shown}")
        };
        let rests = window.engine.race.state != RaceState::Running && made != shown;
        let weak = if window.engine.at.is_some() {
            format!(" of {}", format::count(window.engine.race.update))
        } else if rests {
            format!(", seen {}", format::count(shown))
        } else {
            String::new()
        };
        let wide = |words: &str, font| paint::width(ui.painter(), words, font).ceil();
        let large = egui::FontId::new(text::size::TITLE, text::mono_font().family);
        let (own, more) = (wide(&update, large), wide(&weak, text::mono_font()));
        // Where both have no room, what is of less weight goes first; the hover has it.
        let room = ui.available_width();
        if own <= room {
            let weak = if own + more <= room { &*weak } else { "" };
            readout(ui, &update, weak, &hover);
        }
        if ui.available_width() > 110.0 {
            let (weak, hover) = match window.half() {
                Some(half) => half_words(&micro, window.view.t, half),
                None => (
                    format!(" of {}", micro.steps),
                    "The inference state shown, of T".to_owned(),
                ),
            };
            readout(ui, &format!("t = {}", window.view.t), &weak, &hover);
        }
    });
}

/// Which half of the step at state t is shown: what it brings up to date, and what has changed by it.
fn half_words(micro: &MicroscopeSnapshot, t: usize, half: Half) -> (String, String) {
    let (vertices, levels) = micro.changed_by(t, half);
    let label = |&v: &usize| micro.plan.graph.vertices[v].label.clone();
    let names: Vec<String> = vertices.iter().map(label).collect();
    let levels: Vec<String> = levels.iter().map(|l| format!("level {l}")).collect();
    let (short, what) = match half {
        Half::Captured => (
            "captured",
            "Half a step: what is due at this state is captured",
        ),
        Half::Moved => (
            "x",
            "Half a step: every x moves by its Δx; μ and ε are still those from before",
        ),
        Half::Followed => (
            "μ, ε",
            "Half a step: μ and ε follow x; nothing of this state is captured yet",
        ),
    };
    let changed = match (names.is_empty(), levels.is_empty()) {
        (true, true) => "nothing has changed by it".to_owned(),
        (false, _) => format!("changed by it: {}", names.join(", ")),
        (_, false) => format!("captured by it: {}", levels.join(", ")),
    };
    (format!(", {short}"), format!("{what}. {changed}."))
}

/// What the picture is: live, paused, history, or being computed.
pub(super) fn badge(window: &Window, micro: &Arc<MicroscopeSnapshot>) -> Badge {
    if micro.recorded {
        return Badge::Recording;
    }
    if let Some((done, wanted)) = window.engine.computing() {
        return Badge::Computing(done as u64, wanted as u64);
    }
    if window.engine.at.is_some() || window.view.t + 1 < micro.states.len() {
        return Badge::History;
    }
    if window.moving() {
        Badge::Live
    } else {
        Badge::Paused
    }
}

fn readout(ui: &mut Ui, strong: &str, weak: &str, hover: &str) {
    let c = Theme::get(ui);
    let font = egui::FontId::new(text::size::TITLE, text::mono_font().family);
    let (a, b) = (
        paint::width(ui.painter(), strong, font.clone()).ceil(),
        paint::width(ui.painter(), weak, text::mono_font()).ceil(),
    );
    let (rect, response) = ui.allocate_exact_size(vec2(a + b, 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{strong}{weak}")));
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::TITLE);
    paint::write(
        ui.painter(),
        pos2(rect.left(), y),
        Align::LEFT,
        strong,
        font,
        c.t1,
    );
    paint::write(
        ui.painter(),
        pos2(rect.left() + a, y),
        Align::LEFT,
        weak,
        text::mono_font(),
        c.t3,
    );
    card::hover(response, hover);
}

/// The speed in words; a click goes to the next speed, a right click to the one before.
fn speed(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    let c = Theme::get(ui);
    let words = if window.engine.race_at_work() {
        "as fast as it goes".to_owned()
    } else {
        let s = SPEEDS[window.player.speed];
        format!(
            "{} step{}/s",
            format::number(s),
            if s == 1.0 { "" } else { "s" }
        )
    };
    let width = paint::width(ui.painter(), &words, text::body_font())
        .ceil()
        .max(64.0)
        + 8.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Speed {words}")));
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
    let ink = if response.hovered() { c.t1 } else { c.t2 };
    paint::write(
        ui.painter(),
        pos2(rect.left() + 4.0, y),
        Align::LEFT,
        &words,
        text::body_font(),
        ink,
    );
    paint::focus_ring(ui, &response, rect);
    if response.clicked() && window.engine.race_at_work() {
        // It says that nothing comes of it now.
        actions.push(Action::Command(Command::Faster));
    } else if response.clicked() {
        let next = (window.player.speed + 1) % SPEEDS.len();
        actions.push(Action::Choose(Choice::Speed(next)));
    }
    if response.secondary_clicked() {
        actions.push(Action::Command(Command::Slower));
    }
    card::hover(
        response,
        "Speed of play: click for faster (period), right click for slower (comma), 1 to 5 for fixed speeds.",
    );
}

/// Where the states of inference stand.
struct Line {
    /// From the first to the last; here it can be dragged.
    rect: Rect,
    /// The height of the line.
    y: f32,
    /// How large dots and cursor are.
    zoom: f32,
    /// What comes after the last state is drawn too.
    applies: bool,
}

/// The states of inference as dots on a line, with a triangle per capture and the cursor; drag to scrub.
fn inference_line(
    window: &Window,
    ui: &mut Ui,
    micro: &Arc<MicroscopeSnapshot>,
    line: Line,
    actions: &mut Vec<Action>,
) {
    let Line {
        rect: rail,
        y,
        zoom,
        applies,
    } = line;
    let c = Theme::get(ui);
    let steps = micro.steps.max(1);
    let x_of = |t: usize| rail.left() + rail.width() * t as f32 / steps as f32;
    let response = ui.interact(
        rail.expand2(vec2(8.0, 2.0)),
        ui.scope_id().with("inference line"),
        Sense::click_and_drag(),
    );
    focus::takes_keys(&response, focus::Keys::Nothing);
    let t_at = |x: f32| {
        (((x - rail.left()) / rail.width() * steps as f32)
            .round()
            .max(0.0) as usize)
            .min(micro.steps)
    };
    let repeated = window.player.region.and_then(Region::states);
    let asked = region::asked(ui, &response, repeated, &|x| t_at(x) as u64);
    match asked {
        Asked::Part(part) => {
            actions.push(Action::Choose(Choice::Repeat(part.map(Region::States))));
        }
        Asked::Left => actions.push(Action::Choose(Choice::Repeat(None))),
        Asked::Nothing => {}
    }
    if let Some(pointer) = response.interact_pointer_pos()
        && !matches!(asked, Asked::Part(_))
        && (response.clicked() || response.dragged())
    {
        actions.push(Action::Seek(t_at(pointer.x)));
    }
    let newest = micro.states.len().saturating_sub(1);
    let shown = window.view.t.min(newest);
    response.widget_info(|| {
        WidgetInfo::slider(
            true,
            shown as f64,
            match window.player.region.filter(|_| repeated.is_some()) {
                Some(region) => {
                    let repeats = region.words();
                    format!(
                        "Inference states, t = {shown} of {}, {repeats}",
                        micro.steps
                    )
                }
                None => format!("Inference states, t = {shown} of {}", micro.steps),
            },
        )
    });
    stepped(ui, &response, (shown, micro.steps), actions);
    let painter = ui.painter().clone();
    if let Some(ends) = repeated {
        let [from, to] = ends.map(|t| x_of(t.min(steps as u64) as usize));
        let band = Rect::from_x_y_ranges(from - 3.0..=to + 3.0, y - 8.0..=y + 8.0);
        region::paint(&painter, band, c);
    }
    let line = |from: f32, to: f32, width: f32, ink| {
        painter.hline(from..=to, paint::snap(&painter, y), Stroke::new(width, ink))
    };
    line(x_of(0) - 16.0 * zoom, x_of(micro.steps), 1.5, c.line2);
    line(x_of(0) - 16.0 * zoom, x_of(newest), 2.0, c.t2);
    let label_y = paint::baseline(&painter, y - 14.0 * zoom, text::size::CAPTION);
    // Names of captured vertices over their states; with many states only every so-many-th number.
    let marks: Vec<(usize, String)> = micro
        .plan
        .weighted_levels()
        .filter_map(|level| {
            let t = micro.capture_time(level)?;
            let v = micro.vertex_of(level)?;
            Some((t, crate::app::views::steps::short_name(micro, v)))
        })
        .collect();
    let every = (steps as f32 * 46.0 / rail.width()).ceil().max(1.0) as usize;
    let every = if every == 1 { 1 } else { every.div_ceil(5) * 5 };
    let mut free = f32::NEG_INFINITY;
    for t in 0..=micro.steps {
        let x = x_of(t);
        let known = t <= newest;
        let names: Vec<&str> = marks
            .iter()
            .filter(|m| m.0 == t)
            .map(|m| m.1.as_str())
            .collect();
        let radius = if steps > 60 { 1.5 } else { 2.5 };
        if known {
            painter.circle_filled(pos2(x, y), radius, c.t2);
        } else {
            painter.circle(pos2(x, y), radius, c.bg1, Stroke::new(1.0, c.line2));
        }
        let here = t == shown;
        if !names.is_empty() || t % every == 0 || here {
            let name = if names.len() > 1 {
                "all"
            } else {
                names.first().copied().unwrap_or("")
            };
            let triangle = if names.is_empty() { 0.0 } else { 13.0 };
            let number = t.to_string();
            let (wn, wt) = (
                paint::width(&painter, name, text::caption_font()),
                paint::width(&painter, &number, text::mono_small_font()),
            );
            let total = triangle + wt + if name.is_empty() { 0.0 } else { 5.0 + wn };
            let start = if names.is_empty() {
                x - total / 2.0
            } else {
                x - triangle / 2.0 + 1.0
            };
            if start > free {
                let ink = if known { c.t1 } else { c.t3 };
                if !names.is_empty() {
                    paint::capture_mark(&painter, pos2(x, y - 14.0 * zoom), 8.0, ink, known);
                }
                let font = if here {
                    text::mono_strong_font()
                } else {
                    text::mono_small_font()
                };
                paint::write(
                    &painter,
                    pos2(start + triangle, label_y),
                    Align::LEFT,
                    &number,
                    font,
                    ink,
                );
                paint::write(
                    &painter,
                    pos2(start + triangle + wt + 5.0, label_y),
                    Align::LEFT,
                    name,
                    text::caption_font(),
                    if known { c.t2 } else { c.t3 },
                );
                free = start + total + 6.0;
            }
        }
    }
    // Where somebody puts a finger on the network.
    let done = window.document.draft.interventions.iter();
    let mut touched: Vec<usize> = done
        .map(|entry| entry.at)
        .filter(|t| *t <= micro.steps)
        .collect();
    touched.dedup();
    for &t in &touched {
        line_mark(&painter, pos2(x_of(t), y), c);
    }
    if applies {
        applied(
            &painter,
            x_of(micro.steps),
            rail.right() + 82.0 * zoom.min(1.0),
            y,
            c,
        );
    }
    let cursor = pos2(x_of(shown), y);
    painter.circle(cursor, 5.0 * zoom, c.bg1, Stroke::new(2.5 * zoom, c.t1));
    if let Some(pointer) = response.hover_pos() {
        let t = t_at(pointer.x);
        let what: Vec<&str> = marks
            .iter()
            .filter(|m| m.0 == t)
            .map(|m| m.1.as_str())
            .collect();
        let words = format!(
            "t = {t}{}{}",
            if what.is_empty() {
                String::new()
            } else {
                format!(": {} captured", what.join(", "))
            },
            if t > newest {
                "; not computed yet, a click computes up to here"
            } else {
                ""
            }
        );
        let done = window.document.draft.interventions.iter();
        let done: String = done
            .filter(|entry| entry.at == t)
            .map(|entry| format!("\n{}", entry.words(Some(&micro.plan))))
            .collect();
        let words = format!("{words}{done}");
        let words = format!("{words}\nA drag with Shift: playback repeats a part.");
        card::hover(response, &words);
    }
}

/// What happens after the last state, at `last`: everything captured is applied.
fn applied(painter: &egui::Painter, last: f32, apply: f32, y: f32, c: &Tokens) {
    let dots = (0..)
        .map(|i| last + 8.0 + 6.0 * i as f32)
        .take_while(|x| *x < apply - 8.0);
    for x in dots {
        painter.circle_filled(pos2(x, y), 0.8, c.line2);
    }
    Icon::Applied.paint(painter, pos2(apply, y), c.t2);
    let label = paint::baseline(painter, y - 14.0, text::size::CAPTION);
    paint::write(
        painter,
        pos2(apply, label),
        Align::Center,
        "apply",
        text::caption_font(),
        c.t3,
    );
}

/// What assistive technology does with the line: a step, or a state by its number.
fn stepped(
    ui: &Ui,
    response: &egui::Response,
    (shown, last): (usize, usize),
    actions: &mut Vec<Action>,
) {
    use egui::accesskit::{Action as Asked, ActionData};
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(last as f64);
        for asked in [Asked::SetValue, Asked::Increment, Asked::Decrement] {
            node.add_action(asked);
        }
    });
    let to = ui.input(|i| {
        let more = i.num_accesskit_action_requests(response.id, Asked::Increment);
        let less = i.num_accesskit_action_requests(response.id, Asked::Decrement);
        let stepped = (more + less > 0).then(|| (shown + more).saturating_sub(less));
        let set = i.accesskit_action_requests(response.id, Asked::SetValue);
        let set = set.filter_map(|request| match &request.data {
            Some(ActionData::NumericValue(v)) if v.is_finite() => Some(v.round().max(0.0) as usize),
            _ => None,
        });
        set.last().or(stepped)
    });
    if let Some(to) = to {
        actions.push(Action::Seek(to.min(last)));
    }
}

/// The line of states as large as a projector wants it.
pub(super) fn large_line(
    window: &Window,
    ui: &mut Ui,
    micro: &Arc<MicroscopeSnapshot>,
    rect: Rect,
    actions: &mut Vec<Action>,
) {
    // The name of the last state reaches beyond it.
    let last = micro.vertex_of(micro.plan.weighted_levels().last().unwrap_or(0));
    let words = last.map_or_else(String::new, |v| {
        crate::app::views::steps::short_name(micro, v)
    });
    let words = format!("{} {words}", micro.steps);
    let beyond = paint::width(ui.painter(), &words, text::caption_font()) + 24.0;
    let line = Line {
        rect: rect.with_max_x((rect.right() - beyond).max(rect.left() + 60.0)),
        y: rect.center().y + 4.0,
        zoom: 1.2,
        applies: false,
    };
    inference_line(window, ui, micro, line, actions);
}
