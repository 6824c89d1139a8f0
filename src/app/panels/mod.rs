//! The parts around the views, and where everything stands.

mod announce;
pub(in crate::app) mod conditions;
mod dealt;
pub mod example;
mod fold;
pub mod hint;
pub mod layers;
pub mod optimiser;
pub mod pad;
pub mod pausing;
mod present;
mod reading;
pub mod rule;
pub(in crate::app) mod setting;
pub mod setup;
pub mod status;
pub mod time_bar;
pub mod top_bar;
pub(in crate::app) mod update_line;

use super::arrangement::{Kind, side};
use super::body::{self, Place, Trees};
use super::commands::Command;
use super::dialog::Dialog;
use super::kit::button::{Button, IconButton};
use super::kit::icons::Icon;
use super::kit::{notice, paint, panel};
use super::layout::Layout;
use super::state::{Action, Choice, Rail};
use super::text;
use super::theme::{Theme, metrics};
use super::views;
use super::views::table::Pane;
use super::window::Window;
use crate::experiment::file::Experiment;
use egui::{Frame, Id, Margin, Panel, Rect, Ui, pos2, vec2};

/// Below this width the set-up becomes a rail.
const NARROW: f32 = 1180.0;
/// Below this width both sides become rails, and the centre tabs.
const COMPACT: f32 = 1000.0;
/// Below this height the time bar is one line.
const LOW: f32 = 580.0;

/// What panels may change while they are drawn: it is taken up once all are.
pub struct Lent {
    /// The tiles.
    pub trees: Trees,
    /// The experiment as it is edited.
    pub draft: Experiment,
    /// The open dialog with what is typed there.
    pub dialog: Dialog,
    /// The question that waits has the focus.
    pub question_focused: bool,
}

/// Draws the whole window.
pub fn show(window: &Window, lent: &mut Lent, ui: &mut Ui, actions: &mut Vec<Action>) {
    let screen = ui.max_rect();
    announce::show(window, ui);
    let layout = window.shell.settings.layout;
    if layout == Layout::Present {
        notice_bar(window, ui, actions);
        present::show(window, ui, actions);
        return;
    }
    let c = Theme::get(ui);
    let bar = |id: &'static str, height: f32, top: bool| {
        let panel = if top {
            Panel::top(id)
        } else {
            Panel::bottom(id)
        };
        panel
            .exact_size(height)
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::NONE)
    };
    bar("top bar", metrics::TOP_BAR, true).show(ui, |ui| {
        top_bar::show(window, ui, actions, screen.width());
        paint::hline(
            ui.painter(),
            screen.x_range(),
            screen.top() + metrics::TOP_BAR - 1.0,
            c.line,
        );
    });
    bar("status bar", metrics::STATUS_BAR, false).show(ui, |ui| status::show(window, ui));
    let low = screen.height() < LOW;
    let time = if low {
        metrics::TIME_BAR_LOW
    } else {
        metrics::TIME_BAR
    };
    bar("time bar", time, false).show(ui, |ui| time_bar::show(window, ui, low, actions));
    notice_bar(window, ui, actions);
    if window.engine.micro.is_none() {
        egui::CentralPanel::default()
            .frame(Frame::NONE)
            .show(ui, |ui| {
                waiting(window, ui, actions);
            });
        return;
    }
    let compact = screen.width() < COMPACT;
    let narrow = screen.width() < NARROW;
    let wide = screen.width() >= 1600.0;
    let side = match layout {
        Layout::Train => metrics::RIGHT_WIDE,
        _ if wide => 340.0,
        _ => metrics::RIGHT,
    };
    if narrow {
        rail(window, ui, true, actions);
    } else {
        let width = match layout {
            Layout::Train => metrics::LEFT_LANES,
            _ if wide => 240.0,
            _ => metrics::LEFT,
        };
        Panel::left("left")
            .exact_size(width)
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::NONE)
            .show(ui, |ui| {
                let rect = ui.max_rect();
                left(window, &mut lent.draft, ui, actions);
                paint::vline(ui.painter(), rect.right() - 1.0, rect.y_range(), c.line);
            });
    }
    let kind = window.with_frame(actions, |frame| Kind::of(frame));
    let alone = kind.and_then(|kind| lent.trees.maximised(layout, kind));
    let alone = alone.filter(|_| !compact);
    if let Some(pane) = alone {
        egui::CentralPanel::default()
            .frame(Frame::NONE)
            .show(ui, |ui| {
                window.with_frame(actions, |frame| lent.trees.show_alone(pane, ui, frame));
            });
        overlay(window, &mut lent.draft, ui, (screen, side), actions);
        return;
    }
    if compact {
        rail(window, ui, false, actions);
    } else {
        Panel::right("right")
            .exact_size(side)
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::NONE)
            .show(ui, |ui| {
                let rect = ui.max_rect();
                body::within(ui, rect.with_min_x(rect.left() + 1.0), |ui| {
                    tiles(window, &mut lent.trees, ui, Place::Side, actions)
                });
                paint::vline(ui.painter(), rect.left(), rect.y_range(), c.line);
            });
    }
    egui::CentralPanel::default()
        .frame(Frame::NONE)
        .show(ui, |ui| {
            let rect = ui.max_rect();
            if compact {
                let strip = if low { 0.0 } else { metrics::VERDICT_STRIP };
                let id = body::compact_tab(layout);
                let mut tab = ui.data(|d| d.get_temp::<usize>(id)).unwrap_or(0);
                body::within(ui, rect.with_max_y(rect.bottom() - strip), |ui| {
                    window.with_frame(actions, |frame| body::compact(&mut tab, layout, ui, frame));
                });
                ui.data_mut(|d| d.insert_temp(id, tab));
                if strip > 0.0 {
                    let strip = rect.with_min_y(rect.bottom() - strip);
                    ui.painter().rect_filled(strip, 0, c.bg2);
                    body::within(ui, strip, |ui| {
                        // In a race the trained weights are what is spoken of.
                        window.with_frame(actions, |frame| match layout {
                            Layout::Train => views::race::strip(ui, frame),
                            _ => views::compare::strip(ui, frame),
                        });
                    });
                    paint::hline(ui.painter(), strip.x_range(), strip.top(), c.line);
                }
            } else {
                tiles(window, &mut lent.trees, ui, Place::Centre, actions);
            }
        });
    overlay(window, &mut lent.draft, ui, (screen, side), actions);
}

fn tiles(window: &Window, trees: &mut Trees, ui: &mut Ui, place: Place, actions: &mut Vec<Action>) {
    let layout = window.shell.settings.layout;
    let hint = place == Place::Centre && layout == Layout::Teach && hint::wanted(window);
    let kind = window.with_frame(actions, |frame| {
        frame.foot = if hint { metrics::HINT_BAR } else { 0.0 };
        trees.show(layout, place, ui, frame);
        Kind::of(frame)
    });
    if let Some(kind) = kind.filter(|_| hint)
        && let Some(rect) = trees.rect_of_top(layout, kind)
    {
        // The hint stands at the foot of the network, over its tile.
        // Beside a plane the network is narrow: the bar then stands under both.
        let across = match kind {
            Kind::Plane => ui.max_rect().x_range(),
            _ => rect.x_range(),
        };
        let low = rect.bottom() - metrics::HINT_BAR..=rect.bottom();
        let bar = Rect::from_x_y_ranges(across, low);
        body::within(ui, bar, |ui| hint::show(window, ui, actions));
    }
}

fn left(window: &Window, draft: &mut Experiment, ui: &mut Ui, actions: &mut Vec<Action>) {
    if window.shell.settings.layout == Layout::Train {
        panel::header(ui, "Lanes", |_| {});
        egui::ScrollArea::vertical()
            .id_salt("lanes")
            .show(ui, |ui| {
                window.with_frame(actions, |frame| views::race::lanes(ui, frame));
            });
    } else {
        setup::show(window, draft, ui, actions);
    }
}

/// A rail of icons that open panels as overlays.
fn rail(window: &Window, ui: &mut Ui, left: bool, actions: &mut Vec<Action>) {
    let c = Theme::get(ui);
    let layout = window.shell.settings.layout;
    let panel = if left {
        Panel::left("left rail")
    } else {
        Panel::right("right rail")
    };
    panel
        .exact_size(metrics::RAIL)
        .resizable(false)
        .show_separator_line(false)
        .frame(Frame::NONE)
        .show(ui, |ui| {
            let rect = ui.max_rect();
            let entries: Vec<(Rail, Icon, &str)> = if left {
                vec![(
                    Rail::Setup,
                    Icon::Toggles,
                    if layout == Layout::Train {
                        "Lanes"
                    } else {
                        "Set-up"
                    },
                )]
            } else {
                let kind = window.with_frame(actions, |frame| Kind::of(frame));
                side(layout, kind.unwrap_or(Kind::Any))
                    .into_iter()
                    .map(|p| (Rail::Side(p.view().id), p.view().icon, p.view().title))
                    .collect()
            };
            ui.add_space(6.0);
            ui.vertical_centered(|ui| {
                for (rail, icon, name) in entries {
                    let open = window.shell.overlay == Some(rail);
                    if IconButton::new(icon)
                        .name(name)
                        .side(metrics::RAIL_TARGET)
                        .selected(open)
                        .show(ui)
                        .clicked()
                    {
                        let next = (!open).then_some(rail);
                        actions.push(Action::Choose(Choice::Overlay(next)));
                    }
                }
            });
            let x = if left {
                rect.right() - 1.0
            } else {
                rect.left()
            };
            paint::vline(ui.painter(), x, rect.y_range(), c.line);
        });
}

/// True where a window so wide has a rail that opens this, over what else is there.
pub fn opens_over(rail: Rail, layout: Layout, width: f32) -> bool {
    let below = match rail {
        Rail::Setup => NARROW,
        Rail::Side(_) => COMPACT,
    };
    layout != Layout::Present && width < below
}

/// The panel that a rail icon opened, over the centre; Escape closes it.
fn overlay(
    window: &Window,
    draft: &mut Experiment,
    ui: &mut Ui,
    (screen, side): (Rect, f32),
    actions: &mut Vec<Action>,
) {
    let Some(rail) = window.shell.overlay else {
        return;
    };
    let (compact, narrow) = (screen.width() < COMPACT, screen.width() < NARROW);
    let top = screen.top() + metrics::TOP_BAR;
    let bottom = screen.bottom()
        - metrics::STATUS_BAR
        - if screen.height() < LOW {
            metrics::TIME_BAR_LOW
        } else {
            metrics::TIME_BAR
        };
    let rect = match rail {
        Rail::Setup if narrow => {
            let x = screen.left() + metrics::RAIL;
            Rect::from_min_max(pos2(x, top), pos2(x + metrics::LEFT_LANES, bottom))
        }
        Rail::Side(_) if compact => {
            let x = screen.right() - metrics::RAIL;
            Rect::from_min_max(pos2(x - side, top), pos2(x, bottom))
        }
        _ => return,
    };
    let c = Theme::get(ui);
    egui::Area::new(Id::unique("overlay"))
        .fixed_pos(rect.min)
        .order(egui::Order::Foreground)
        // It covers what lies below, and is nothing to be clicked itself.
        .sense(egui::Sense::hover())
        .show(ui.ctx(), |ui| {
            ui.set_max_size(rect.size());
            ui.allocate_exact_size(rect.size(), egui::Sense::hover());
            ui.painter().rect_filled(rect, 0, c.bg1);
            body::within(ui, rect.shrink(1.0), |ui| match rail {
                Rail::Setup => left(window, draft, ui, actions),
                Rail::Side(id) => {
                    let Some(pane) = Pane::named(id) else { return };
                    panel::header(ui, pane.view().title, |_| {});
                    // Views take the whole of what they are given.
                    let rest = ui.available_rect_before_wrap();
                    body::within(ui, rest, |ui| {
                        window.with_frame(actions, |frame| pane.view().show(ui, frame));
                    });
                }
            });
            ui.painter().rect_stroke(
                rect,
                0,
                egui::Stroke::new(1.0, c.line2),
                egui::StrokeKind::Inside,
            );
        });
}

/// The bar of what went wrong or is being loaded, where there is something of it.
fn notice_bar(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    let c = Theme::get(ui);
    if window.shell.notice.is_some() || window.engine.opening().is_some() {
        Panel::top("notice")
            .resizable(false)
            .show_separator_line(false)
            .frame(
                Frame::new()
                    .fill(c.bg2)
                    .inner_margin(Margin::symmetric(12, 8)),
            )
            .show(ui, |ui| notices(window, ui, actions));
    }
}

/// What went wrong, or what is being loaded, in one bar.
fn notices(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    let c = Theme::get(ui);
    if let Some(name) = window.engine.opening() {
        ui.horizontal(|ui| {
            super::kit::panel::bar_caption(ui, &format!("Starting {name}: loading data, building the network. The present run goes on until then."));
        });
    }
    if let Some(text) = &window.shell.notice {
        ui.horizontal_top(|ui| {
            let find = window.engine.lost.as_ref().map(|e| e.data.source.clone());
            let right = if find.is_some() { 132.0 } else { 40.0 };
            let width = ui.available_width() - right;
            ui.allocate_ui(vec2(width, 16.0), |ui| {
                ui.set_width(width);
                notice::warning(ui, &text.subject, &text.rest);
            });
            if let Some(source) = find
                && Button::new("Find it…")
                    .width(84.0)
                    .hover("Says where the data are now, and opens the experiment on them.")
                    .show(ui)
                    .clicked()
            {
                actions.push(Action::Find(source));
            }
            if IconButton::new(Icon::Cross)
                .name("Dismiss")
                .show(ui)
                .clicked()
            {
                actions.push(Action::Dismiss);
            }
        });
    }
    let rect = ui.min_rect();
    paint::hline(ui.painter(), rect.x_range(), rect.bottom() + 7.0, c.line);
}

/// What is shown until there is something to look at: what is on its way, or what can be done where nothing is.
fn waiting(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    if window.engine.session.is_some() || window.engine.opening().is_some() {
        panel::empty(ui, "Loading the digits and building the network…");
        return;
    }
    let middle = Rect::from_center_size(ui.max_rect().center(), vec2(260.0, 60.0));
    body::within(ui, middle, |ui| {
        ui.vertical_centered(|ui| {
            let c = Theme::get(ui);
            ui.label(text::body("Nothing is open.").color(c.t2));
            ui.add_space(8.0);
            if Button::primary("Open the demo")
                .width(130.0)
                .show(ui)
                .clicked()
            {
                actions.push(Action::Command(Command::Demo));
            }
            if Button::new("Open file…").width(130.0).show(ui).clicked() {
                actions.push(Action::Command(Command::Open));
            }
        });
    });
}
