//! Dialogs over the window: the command palette, the keys, opening and saving files, about.

use super::commands::{Context as Where, Menu, OWN, Row, TABLE};
use super::data_dialog;
use super::dialog::{Dialog, Offers, Wanted, browse};
use super::export_dialog;
use super::kit::button::{Button, IconButton};
use super::kit::dropdown::menu_item;
use super::kit::field::text_field;
use super::kit::icons::Icon;
use super::kit::{badge, notice, panel, section};
use super::palette;
use super::panels::Lent;
use super::predict_dialog;
use super::purpose::Purpose;
use super::state::Action;
use super::text;
use super::theme::{Theme, metrics};
use super::window::{Question, Window};
use egui::{Align, Align2, Area, Context, Frame, Id, Key, Layout, Margin, Order, Ui, vec2};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;

/// Draws the open dialog, if any.
pub fn show(window: &Window, lent: &mut Lent, ctx: &Context, actions: &mut Vec<Action>) {
    if let Some(asked) = &window.shell.question {
        // What is open waits below for the answer.
        question(window, asked, &mut lent.question_focused, ctx, actions);
        return;
    }
    let mut asked = Vec::new();
    let keep = match &mut lent.dialog {
        Dialog::None => return,
        Dialog::Palette { query, chosen } => sheet(ctx, "Commands", 420.0, |ui| {
            palette::show(window, ui, query, chosen, &mut asked)
        }),
        Dialog::Keys => sheet(ctx, "Keyboard", 520.0, keys),
        Dialog::About => sheet(ctx, "About pcscope", 440.0, about),
        Dialog::Data(state) => sheet(ctx, "Open data", state.width(), |ui| {
            data_dialog::show(ui, state, &mut asked)
        }),
        Dialog::Predict(state) => sheet(ctx, "Predict a file", predict_dialog::WIDTH, |ui| {
            predict_dialog::show(
                (&window.engine.race.lanes, window.shell.choose),
                ui,
                state,
                &mut asked,
            )
        }),
        Dialog::Export(state) => sheet(ctx, "Export", export_dialog::WIDTH, |ui| {
            export_dialog::show((&window.has(), window.shell.choose), ui, state, &mut asked)
        }),
        Dialog::Path {
            purpose,
            path,
            native,
            problem,
            offers,
        } => sheet(ctx, purpose.title(), 480.0, |ui| {
            path_dialog(
                window,
                ui,
                *purpose,
                path,
                (native, offers),
                problem,
                &mut asked,
            )
        }),
    };
    if !keep {
        actions.push(Action::Close);
    }
    // What is asked for may open another dialog.
    actions.append(&mut asked);
}

/// What is left of the window behind a sheet.
const BEHIND: f32 = 0.55;

/// A sheet in the upper middle; false once it is closed. The window behind it is dimmed.
fn sheet(ctx: &Context, title: &str, width: f32, contents: impl FnOnce(&mut Ui) -> bool) -> bool {
    let mut keep = true;
    let c = Theme::of_context(ctx);
    let behind = egui::LayerId::new(Order::Middle, Id::unique("behind a sheet"));
    let veil = c.bg0.gamma_multiply(1.0 - BEHIND);
    ctx.layer_painter(behind)
        .rect_filled(ctx.content_rect(), 0, veil);
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

fn keys(ui: &mut Ui) -> bool {
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
        let own = |r: &&Row| r.menu == menu && r.context != Where::Presenting;
        for row in TABLE.iter().filter(own) {
            command_row(ui, row);
        }
        ui.add_space(6.0);
    }
    section::heading(ui, Where::Presenting.words());
    ui.add_space(2.0);
    let presenting = |r: &&Row| r.context == Where::Presenting;
    for row in TABLE.iter().filter(presenting) {
        command_row(ui, row);
    }
    ui.add_space(6.0);
    let c = Theme::get(ui);
    ui.label(
        text::caption(
            "Tab goes from control to control. Keys without Ctrl are left to a text field that is being typed in, and these to the control that has the focus:",
        )
        .color(c.t3),
    );
    ui.add_space(6.0);
    let mut last: Option<Where> = None;
    for own in OWN {
        if last != Some(own.context) {
            last = Some(own.context);
            section::heading(ui, own.context.words());
            ui.add_space(2.0);
        }
        key_row(ui, own.does, &[own.written]);
    }
    true
}

/// A command with its keys, if it has any.
fn command_row(ui: &mut Ui, row: &Row) {
    if !row.written.is_empty() {
        let also = row.also.map_or("", |also| also.1);
        key_row(ui, row.name, &[row.written, also]);
    }
}

/// What is done, and the keys that do it.
fn key_row(ui: &mut Ui, name: &str, keys: &[&str]) {
    let c = Theme::get(ui);
    ui.horizontal(|ui| {
        ui.label(text::body(name).color(c.t1));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            // The scroll bar floats over the last few points.
            ui.add_space(6.0);
            for key in keys.iter().rev().filter(|key| !key.is_empty()) {
                badge::key_cap(ui, key);
            }
        });
    });
}

fn about(ui: &mut Ui) -> bool {
    let c = Theme::get(ui);
    ui.spacing_mut().item_spacing.y = 8.0;
    for (words, ink) in [
        (
            concat!(
                "pcscope ",
                env!("CARGO_PKG_VERSION"),
                " (",
                env!("PCSCOPE_COMMIT_WORDS"),
                "), an oscilloscope for predictive coding networks."
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
            "MIT or Apache-2.0. MNIST: Y. LeCun, C. Cortes, C. Burges, CC BY-SA 3.0. 8×8 digits: E. Alpaydin, C. Kaynak, CC BY 4.0. Fonts: Inter and JetBrains Mono (OFL), DejaVu Sans. “pcscope licences” prints the terms of all that is bundled, libraries too.",
            c.t3,
        ),
    ] {
        ui.add(egui::Label::new(text::body(words).color(ink)).wrap());
    }
    true
}

fn path_dialog(
    window: &Window,
    ui: &mut Ui,
    purpose: Purpose,
    path: &mut String,
    (native, offers): (&mut Option<Receiver<Option<PathBuf>>>, &mut Offers),
    problem: &mut Option<String>,
    actions: &mut Vec<Action>,
) -> bool {
    let c = Theme::get(ui);
    let save = purpose.writes();
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
        (false, true) if purpose == Purpose::Predict => Vec::new(),
        (false, true) => window.shell.settings.recent.clone(),
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
            actions.push(Action::Path(purpose, path.trim().to_owned()));
        }
        let open = native.is_some().then_some("The desktop's dialog is open.");
        let ways: &[(&str, Wanted)] = if purpose == Purpose::SaveRun {
            &[("Browse…", Wanted::NewFolder)]
        } else if save {
            &[("Browse…", Wanted::Place)]
        } else {
            &[("Browse…", Wanted::File), ("Folder…", Wanted::Folder)]
        };
        for (words, wanted) in ways {
            if Button::new(words).disabled(open).show(ui).clicked() {
                *native = Some(browse(window.shell.choose, *wanted, ui.ctx().clone()));
            }
        }
        if Button::plain("Cancel").show(ui).clicked() {
            keep = false;
        }
    });
    ui.add_space(6.0);
    let words = match purpose {
        Purpose::SaveRun => {
            "The folder has weights, curves, edits and key frames: the window and “pcscope train --resume” go on with it. Training goes on meanwhile."
        }
        Purpose::Predict => "Where the desktop has no file dialog, type the path.",
        _ => {
            "A file can also be dropped onto the window. Where the desktop has no file dialog, type the path."
        }
    };
    ui.label(text::caption(words).color(c.t3));
    keep
}

/// What would lose training, to be answered: Enter does it, Escape leaves everything as it is.
fn question(
    window: &Window,
    question: &Question,
    focused: &mut bool,
    ctx: &Context,
    actions: &mut Vec<Action>,
) {
    let lost = question.lost.clone();
    let stake = lost.or_else(|| window.stake_in_words());
    let running = window.engine.race_at_work();
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
                match &question.words {
                    Some(words) => {
                        ui.add(egui::Label::new(text::body(words).color(c.t2)).wrap());
                    }
                    None => {
                        let gone = format!("{stake} will be gone.");
                        notice::warning(ui, &gone, "There is no way back to it.");
                    }
                }
                ui.add_space(12.0);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let yes = Button::primary(question.verb).show(ui);
                    let keep = match (question.no, running) {
                        (Some(no), _) => no,
                        (None, true) => "Keep training",
                        (None, false) => "Keep it",
                    };
                    let no = Button::new(keep).show(ui);
                    // Enter is an answer from the first moment on, and Tab goes from one to the other.
                    if !*focused {
                        *focused = true;
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
        actions.push(Action::Answer(yes));
    }
}
