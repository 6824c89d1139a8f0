//! "Pause when…": what playing and training pause at, and how far a press runs, in a card that a button opens.

use crate::app::format;
use crate::app::kit::button::{Button, IconButton};
use crate::app::kit::field::{self, Number, NumberField};
use crate::app::kit::icons::Icon;
use crate::app::kit::segmented::Segmented;
use crate::app::kit::{card, section, toggle};
use crate::app::state::{Action, Choice, Grain, ViewState};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::lane::LaneId;
use crate::experiment::microscope::MicroscopeSnapshot;
use crate::experiment::session::{LIMIT_EVERY, PauseWhen, RaceCommand, RaceSnapshot, Watched};
use egui::{Popup, PopupCloseBehavior, Response, Ui, vec2};
use std::ops::RangeInclusive;

/// Steps, updates or epochs that are run at a press, where nobody has said how many.
pub const USUAL: u64 = 100;

/// The most of them.
pub const MOST: u64 = 1_000_000;

/// The width of the card.
const WIDTH: f32 = 300.0;

/// Lanes that stand side by side.
const LANES_IN_ROW: usize = 3;

/// What the card speaks of.
pub struct Given<'a> {
    /// The states that play.
    pub micro: &'a MicroscopeSnapshot,
    /// The race.
    pub race: &'a RaceSnapshot,
    /// What is on.
    pub view: &'a ViewState,
    /// The targets are classes.
    pub classes: bool,
    /// How far a step goes, where a press that runs so many is offered.
    pub grain: Option<Grain>,
}

impl Given<'_> {
    /// How many conditions are on.
    fn count(&self) -> usize {
        self.view.halts.count() + self.view.pause_when.len()
    }
}

/// An icon that opens the card.
pub fn icon(ui: &mut Ui, given: &Given<'_>, actions: &mut Vec<Action>) {
    let response = IconButton::new(Icon::Clock)
        .name("Pause when…")
        .selected(given.count() > 0)
        .show(ui);
    open(&response, given, actions);
}

/// A button that opens the card, and says how many conditions are on.
pub fn button(ui: &mut Ui, given: &Given<'_>, actions: &mut Vec<Action>) {
    let words = match given.view.pause_when.len() {
        0 => "Pause training when…".to_owned(),
        1 => "Pause training when… 1 is on".to_owned(),
        n => format!("Pause training when… {n} are on"),
    };
    let response = Button::new(&words).width(ui.available_width()).show(ui);
    open(&response, given, actions);
}

fn open(response: &Response, given: &Given<'_>, actions: &mut Vec<Action>) {
    Popup::from_toggle_button_response(response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name("Pause when")
        .show(|ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing = vec2(6.0, 0.0);
            if let Some(grain) = given.grain {
                run_next(ui, given, grain, actions);
                section::close_rule(ui);
            }
            inference(ui, given, actions);
            section::close_rule(ui);
            training(ui, given, actions);
        });
}

/// A condition that is on or off, with its number while it is on; what it is then, if it changed.
fn condition<V: Number + Send + Sync + 'static>(
    ui: &mut Ui,
    (words, hover): (&str, &str),
    now: Option<V>,
    usual: V,
    number: Option<impl FnOnce(&mut Ui, &mut V) -> bool>,
) -> Option<Option<V>> {
    let numbered = number.is_some();
    let mut on = now.is_some();
    let mut changed = None;
    field::row(ui, |ui| {
        let width = ui.available_width();
        // Beside one that is on stands its number, if it has one.
        let room = width - if on && numbered { 72.0 } else { 0.0 };
        let switched = ui
            .allocate_ui(vec2(room, metrics::CONTROL), |ui| {
                toggle::row(ui, &mut on, words, hover).changed()
            })
            .inner;
        if switched {
            changed = Some(on.then_some(usual));
        } else if let Some(mut value) = now
            && number.is_some_and(|number| number(ui, &mut value))
        {
            changed = Some(Some(value));
        }
    });
    changed
}

/// A number field as wide as the column of them.
fn number<V: Number + Send + Sync + 'static>(
    name: &str,
    range: RangeInclusive<V>,
) -> impl FnOnce(&mut Ui, &mut V) -> bool {
    move |ui, value| {
        let field = NumberField::new(name, range).speed(0.01).width(60.0);
        field.show(ui, value).changed()
    }
}

/// A field that is not there.
const NO_NUMBER: Option<fn(&mut Ui, &mut f64) -> bool> = None;

/// A condition without a number.
fn plain(ui: &mut Ui, words: (&str, &str), now: bool) -> Option<bool> {
    let now = now.then_some(0.0);
    condition(ui, words, now, 0.0, NO_NUMBER).map(|value| value.is_some())
}

/// What playing through the states of inference pauses at.
fn inference(ui: &mut Ui, given: &Given<'_>, actions: &mut Vec<Action>) {
    section::heading(ui, "While inference plays, pause when");
    let now = given.view.halts;
    let mut new = now;
    let micro = given.micro;
    let weighted: Vec<usize> = micro.plan.weighted_levels().collect();
    let deepest = weighted.last().copied().unwrap_or(0);
    let words = (
        "a level is taken, number",
        "At the state at which the contribution of this level is captured; the output is level 0.",
    );
    let known = |level: usize| match weighted.contains(&level) {
        true => Ok(()),
        false => Err(format!("no level with weights; there are {weighted:?}")),
    };
    let level = |ui: &mut Ui, value: &mut usize| {
        let field = NumberField::new("Level that is taken", 0..=deepest);
        let field = field.speed(0.1).width(60.0).check(&known);
        field.show(ui, value).changed()
    };
    if let Some(level) = condition(ui, words, now.captured, deepest, Some(level)) {
        new.captured = level;
    }
    let words = (
        "the energy rises",
        "At a state whose F is higher than that of the state before.",
    );
    if let Some(on) = plain(ui, words, now.energy_rises) {
        new.energy_rises = on;
    }
    let words = (
        "γ of a step is past its limit",
        "At the first state that a step with γ above its limit has led to; the limit is worked out while nothing is pressed.",
    );
    if let Some(on) = plain(ui, words, now.past_limit) {
        new.past_limit = on;
    }
    let words = (
        "a level’s cosine falls below",
        "The cosine of what a level would contribute with what backprop has it contribute.",
    );
    let field = number("Cosine of a level", -1.0..=1.0);
    if let Some(bound) = condition(ui, words, now.cosine_below, 0.99, Some(field)) {
        new.cosine_below = bound;
    }
    let words = (
        "a number is not finite",
        "At the first state that holds a number which is read and not finite.",
    );
    if let Some(on) = plain(ui, words, now.not_finite) {
        new.not_finite = on;
    }
    if new != now {
        actions.push(Action::Choose(Choice::HaltAt(new)));
    }
}

/// The conditions of training: what is looked at with its usual number, words, what they mean, and the number's name.
fn trained(classes: bool) -> [(Watched, &'static str, String, &'static str); 7] {
    let score = match classes {
        true => "the accuracy rises above",
        false => "R² rises above",
    };
    [
        (
            Watched::LossBelow(0.1),
            "the batch loss falls below",
            "The loss of the last batch, before its update.".into(),
            "Batch loss",
        ),
        (
            Watched::ScoreAbove(0.9),
            score,
            "The score on the validation part, or on the test part where there is none, whenever it is scored.".into(),
            "Score",
        ),
        (
            Watched::ApartAbove(0.01),
            "weights are apart from BP’s by",
            "|W − W of BP| over |W of BP − first W|.".into(),
            "Distance",
        ),
        (
            Watched::CosineBelow(0.99),
            "the cosine with BP falls below",
            "The cosine of all that the weights have moved with what BP’s have.".into(),
            "Cosine",
        ),
        (
            Watched::PastLimit,
            "γ is past its stability limit",
            format!(
                "γ, where it does not adapt, lies above the limit on the weights of then: looked at after the first update and after every {LIMIT_EVERY}, since it takes a while."
            ),
            "",
        ),
        (
            Watched::EnergyRises,
            "the energy rises in its inference",
            "F is higher at some state than at the one before, in what this lane infers of the example that is looked at: inferred once after every update. Backprop infers nothing."
                .into(),
            "",
        ),
        (
            Watched::Stop,
            "a lane stops: not finite",
            "Something of an update of any ticked lane is not finite.".into(),
            "",
        ),
    ]
}

/// What training pauses at: of the lane that is chosen, and what was set of others.
fn training(ui: &mut Ui, given: &Given<'_>, actions: &mut Vec<Action>) {
    let looked_at = LaneId::new(&given.micro.subject.run).unwrap_or(LaneId::BP);
    let known = |id: &LaneId| given.race.lanes.iter().any(|l| l.spec.id == *id);
    let own = given.view.pause_lane.filter(known).unwrap_or(looked_at);
    section::heading(ui, "While a lane trains, pause when");
    ui.add_space(4.0);
    for some in given.race.lanes.chunks(LANES_IN_ROW) {
        let labels: Vec<&str> = some.iter().map(|l| &*l.spec.label).collect();
        let mut chosen = (some.iter().position(|l| l.spec.id == own)).unwrap_or(usize::MAX);
        let row = Segmented::new("Lane to pause at", &labels).width(ui.available_width());
        if row.show(ui, &mut chosen).changed()
            && let Some(lane) = some.get(chosen)
        {
            actions.push(Action::Choose(Choice::PauseLane(lane.spec.id)));
        }
        ui.add_space(3.0);
    }
    let now = &given.view.pause_when;
    let mut new = now.clone();
    let all = trained(given.classes);
    let mut row = |ui: &mut Ui,
                   when: Option<PauseWhen>,
                   lane: LaneId,
                   kind: &(Watched, &str, String, &str),
                   other: bool| {
        let (usual, words, hover, name) = kind;
        let words = match other {
            true => format!("{}: {words}", given.race.label(&lane)),
            false => (*words).to_owned(),
        };
        let name = &match other {
            true => format!("{name} of {}", given.race.label(&lane)),
            false => (*name).to_owned(),
        };
        let bound = |what: Watched| what.bound().unwrap_or(0.0);
        let value = when.map(|when| bound(when.what));
        let (words, usual_bound) = ((&*words, &**hover), bound(*usual));
        let changed = match usual.bound() {
            None => condition(ui, words, value, 0.0, NO_NUMBER),
            Some(_) => condition(
                ui,
                words,
                value,
                usual_bound,
                Some(number(name, -1.0..=1e9)),
            ),
        };
        if let Some(value) = changed {
            let place = new.iter().position(|w| Some(*w) == when);
            let told = value.map(|v| PauseWhen {
                lane,
                what: usual.with(v),
            });
            match (place, told) {
                (Some(i), Some(told)) => new[i] = told,
                (Some(i), None) => _ = new.remove(i),
                (None, told) => new.extend(told),
            }
        }
    };
    for kind in &all {
        let of = |w: &&PauseWhen| {
            w.what.same_kind(&kind.0) && (w.lane == own || kind.0 == Watched::Stop)
        };
        let when = now.iter().find(of).copied();
        row(ui, when, when.map_or(own, |w| w.lane), kind, false);
    }
    for when in now
        .iter()
        .filter(|w| w.lane != own && w.what != Watched::Stop)
    {
        if let Some(kind) = all.iter().find(|k| k.0.same_kind(&when.what)) {
            row(ui, Some(*when), when.lane, kind, true);
        }
    }
    if new != *now {
        actions.push(Action::Race(RaceCommand::PauseWhen(new)));
    }
}

/// So many steps, updates or epochs more at a press.
fn run_next(ui: &mut Ui, given: &Given<'_>, grain: Grain, actions: &mut Vec<Action>) {
    section::heading(ui, "Run the next, then pause");
    ui.add_space(3.0);
    let mut next = match given.view.run_next {
        0 => USUAL,
        next => next,
    };
    let words = match grain {
        Grain::Half | Grain::Step => "steps",
        Grain::Update => "updates",
        Grain::Epoch => "epochs",
    };
    field::row(ui, |ui| {
        let c = Theme::get(ui);
        let field = NumberField::new("To run", 1..=MOST).width(64.0);
        if field.show(ui, &mut next).changed() {
            actions.push(Action::Choose(Choice::RunNext(next)));
        }
        let label = ui.label(text::body(words).color(c.t2));
        card::hover(label, "As one step of the time bar is.");
        let hover = format!("{} {words}, then a pause.", format::count(next));
        let pressed = Button::new("Run").hover(&hover).show(ui).clicked();
        if pressed {
            actions.push(far(given, grain, next));
            ui.close();
        }
    });
}

/// What runs so many steps, updates or epochs more.
fn far(given: &Given<'_>, grain: Grain, next: u64) -> Action {
    let (race, epochs) = (given.race, &given.race.epochs);
    let until = match grain {
        Grain::Half | Grain::Step => {
            let to = given.view.t.saturating_add(next as usize);
            return Action::Choose(Choice::PlayUntil(to));
        }
        Grain::Update => race.update + next,
        Grain::Epoch => epochs.end(epochs.whole(race.update).saturating_add(next)),
    };
    Action::Race(RaceCommand::RunUntil(until))
}
