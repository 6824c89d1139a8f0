//! How choices about what is shown are carried out.

use super::Window;
use crate::app::commands::Command;
use crate::app::state::Choice;
use crate::experiment::session::RaceCommand;

impl Window {
    /// Shows things another way.
    pub(super) fn choose(&mut self, choice: Choice) {
        let view = &mut self.view;
        match choice {
            Choice::Wrong(only) => view.browse_wrong = only,
            Choice::Class(class) => view.browse_class = class,
            Choice::Cell(cell) => view.browse_cell = cell,
            Choice::Order(order) => view.browse_order = order,
            Choice::Residuals(on) => view.residuals = on,
            Choice::Target(target) => view.target = target,
            Choice::Ask(on) => view.asked = on,
            Choice::Axis(axis) => view.race_axis = axis,
            Choice::Plot(plot, shown) => {
                if let Some(log) = shown.log {
                    let settings = &mut self.shell.settings;
                    settings.logarithmic.insert(plot.to_owned(), log);
                }
                view.plots.insert(plot.to_owned(), shown);
            }
            Choice::Repeat(region) => self.repeat_part(region),
            Choice::RunNext(count) => view.run_next = count,
            Choice::HaltAt(halts) => view.halts = halts,
            Choice::PauseLane(lane) => view.pause_lane = Some(lane),
            Choice::PlayUntil(t) => {
                view.play_until = Some(t);
                if !view.playing {
                    self.run_command(Command::PlayPause);
                }
            }
            Choice::EndsAt(update) => {
                view.ends_at = update;
                if self.engine.race_at_work() {
                    self.race_command(RaceCommand::EndAt(update));
                }
            }
            Choice::RunLook(run, look) => {
                view.run_looks.insert(run, look);
                view.runs_chosen += 1;
            }
            Choice::Overlaid(run, on) => {
                view.runs_chosen += 1;
                view.not_overlaid.retain(|r| *r != run);
                if !on {
                    view.not_overlaid.push(run);
                }
            }
            Choice::Pin(run, on) => {
                view.runs_chosen += 1;
                view.pins.retain(|r| *r != run);
                if on {
                    view.pins.push(run);
                }
                // The one that was pinned last but one makes room.
                if view.pins.len() > 2 {
                    view.pins.remove(0);
                }
            }
            Choice::Of(of) => view.of = of,
            Choice::Network(look) => view.network = look,
            Choice::Matrix(which) => view.shared_matrix = which,
            Choice::Adding(class) => {
                let own = self.engine.session.as_ref().map(|s| &s.experiment);
                if class.is_some()
                    && view.adding.is_none()
                    && view.points.is_empty()
                    && let Some(points) = own.and_then(|e| e.data.points.as_ref())
                {
                    view.points.clone_from(points);
                }
                view.adding = class;
            }
            Choice::Grain(grain) => self.player.grain = grain,
            Choice::Speed(speed) => self.player.speed = speed,
            Choice::Overlay(rail) => self.shell.overlay = rail,
            Choice::EditLayers(on) => self.shell.editing_layers = on,
            Choice::Numbers(id) => {
                if !view.numbers.remove(id) {
                    view.numbers.insert(id);
                }
            }
            Choice::CloseHint => self.shell.settings.hint_closed = true,
        }
    }
}
