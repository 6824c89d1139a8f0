//! The example under the microscope in the set-up panel: its picture, its text, and which comes next.

use super::fold::{self, Part};
use super::setting::setting;
use crate::app::commands::Command;
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::button::{Button, IconButton};
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::field::{self, NumberField, text_field};
use crate::app::kit::icons::Icon;
use crate::app::kit::maps::corner_tick;
use crate::app::kit::pictures::Small;
use crate::app::kit::slider::Slider;
use crate::app::kit::{card, paint, section};
use crate::app::naming;
use crate::app::state::Action;
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::window::{Notice, Window};
use crate::data::{LoadOptions, MOONS_SIZE, Progress, TOYS, usual_noise};
use crate::experiment::file::{Experiment, PRESETS};
use crate::experiment::microscope::{Field, MicroscopeSnapshot, Subject};
use crate::experiment::propose;
use crate::experiment::session::Drawn;
use crate::network::Graph;
use egui::{Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use std::sync::{Arc, LazyLock};

/// The section: what is looked at, and where it comes from.
pub(super) fn data(
    window: &Window,
    draft: &mut Experiment,
    ui: &mut Ui,
    actions: &mut Vec<Action>,
) {
    section::heading(ui, "Data");
    ui.add_space(4.0);
    let Some(session) = &window.engine.session else {
        return;
    };
    let Some(micro) = window.engine.micro.clone() else {
        return;
    };
    let dataset = session.data.clone();
    let example = micro.subject.example;
    if window.shell.pad.is_some() {
        super::pad::show(window, ui, actions);
        return;
    }
    ui.horizontal(|ui| {
        let (rect, response) = ui.allocate_exact_size(vec2(56.0, 56.0), Sense::hover());
        if dataset.lengths().is_some() {
            sequence(ui, rect, &micro);
        } else {
            let input = (0..dataset.input_len()).map(|i| input_of(&micro, i));
            let drawn: Option<Vec<f64>> = micro.subject.drawn.then(|| input.collect());
            let values = drawn.unwrap_or_else(|| {
                let mut values = vec![0.0; dataset.input_len()];
                dataset.write_input(example, &mut values);
                values
            });
            thumbnail(ui, rect, &dataset, &values);
        }
        let label = answer_name(&dataset, &micro.subject);
        let part = part_of_features(&dataset);
        let words = format!("{}, {label}{part}", naming::example(&dataset, example));
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
        card::hover(response, &words);
        ui.vertical(|ui| {
            let names: Vec<&str> = PRESETS.iter().map(|(name, _)| title_of(name)).collect();
            let current = PRESETS
                .iter()
                .position(|(name, _)| preset_name(name) == Some(&session.experiment.name));
            let own = session.experiment.name.clone();
            let mut options = names.clone();
            let mut chosen = current.unwrap_or(options.len());
            if current.is_none() {
                options.push(&own);
            }
            let before = chosen;
            let changed = Dropdown::new("Experiment", &options)
                .width(ui.available_width().max(60.0))
                .plain()
                .show(ui, &mut chosen)
                .changed();
            if changed
                && chosen != before
                && let Some((name, _)) = PRESETS.get(chosen)
                && let Ok(experiment) = Experiment::load(name, &[])
            {
                actions.push(Action::Open(Box::new(experiment)));
            }
            let c = Theme::get(ui);
            let number = format::count(naming::number(&dataset, example) as u64);
            let test = if dataset.split().test.contains(&example) { "test " } else { "" };
            let words = format!("{test}{} {number}, {label}", noun(&dataset));
            // As high as for the longest class, so that nothing below moves while examples pass.
            let longest = dataset.classes().iter().max_by_key(|name| name.chars().count());
            let longest = longest.map_or("a number of any length", String::as_str);
            let most = format!("test {} {}, a {longest}", noun(&dataset), format::count(dataset.len() as u64));
            let room = ui.available_width();
            let lines = match paint::width(ui.painter(), &most, text::caption_font()) <= room {
                true => 1.0,
                false => 2.0,
            };
            let high = lines * ui.text_style_height(&egui::TextStyle::Small).max(text::line_height(text::size::CAPTION));
            let top = ui.cursor().top();
            let example = ui.label(text::caption(words).color(c.t3));
            explain::mark(example, Mark::Words, "example");
            ui.add_space((high - (ui.cursor().top() - top)).max(0.0));
            ui.add_space(2.0);
            field::row(ui, |ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                if IconButton::new(Icon::StepBack).name("Example before").shortcut("Page Up").outlined().show(ui).clicked() {
                    actions.push(Action::Command(Command::PreviousExample));
                }
                if IconButton::new(Icon::StepForward).name("Next example").shortcut("Page Down").outlined().show(ui).clicked() {
                    actions.push(Action::Command(Command::NextExample));
                }
                let c = Theme::get(ui);
                explain::mark(ui.label(text::caption("seed").color(c.t3)), Mark::Words, "seed");
                let most = i64::MAX as u64;
                let field = NumberField::new("Seed", 0..=most)
                    .width(24.0)
                    .up_to(200.0)
                    .show(ui, &mut draft.seed);
                card::hover(field, "Seed of the initial weights and of the batch order. A change takes effect with the next run; Shift R starts one.");
            });
        });
    });
    word(window, ui, actions);
    generated(window, draft, ui, actions);
}

/// Unit `i` of the input, as the microscope infers it.
fn input_of(micro: &MicroscopeSnapshot, i: usize) -> f64 {
    micro.value(0, Field::X, Graph::INPUT, i)
}

/// Draws a sequence small: time to the right, its features downwards.
fn sequence(ui: &Ui, rect: Rect, micro: &MicroscopeSnapshot) {
    let c = Theme::get(ui);
    let input = &micro.plan.graph.vertices[Graph::INPUT];
    let features = input.shape.channels;
    let first = micro.missing_steps();
    let steps = micro.plan.graph.steps().max(first + 1) - first;
    let cell = vec2(rect.width() / steps as f32, rect.height() / features as f32);
    let largest = (0..micro.plan.len_of(Graph::INPUT))
        .map(|i| input_of(micro, i).abs())
        .fold(0.0, f64::max);
    let mut mesh = egui::Mesh::default();
    for step in 0..steps {
        for feature in 0..features {
            let value = input_of(micro, (first + step) * features + feature);
            if value != 0.0 {
                let at = rect.min + vec2(step as f32 * cell.x, feature as f32 * cell.y);
                let size = vec2((cell.x - 1.0).max(1.0), cell.y.max(1.0));
                mesh.add_colored_rect(
                    Rect::from_min_size(at, size),
                    c.diverging_activity(value, largest),
                );
            }
        }
    }
    ui.painter().rect_filled(rect, metrics::RADIUS_CELL, c.bg2);
    ui.painter().add(egui::Shape::mesh(mesh));
}

/// The text of a text example, which can be changed: inference follows the typing.
fn word(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    let (Some(session), Some(micro)) = (&window.engine.session, &window.engine.micro) else {
        return;
    };
    let data = &session.data;
    let subject = &micro.subject;
    let Some(stored) = data.text(subject.example) else {
        return;
    };
    let mut typed = window.shell.word.clone().unwrap_or_else(|| stored.clone());
    ui.add_space(5.0);
    let field = text_field(ui, &mut typed, "Text", "type a word", ui.available_width());
    if field.changed() {
        let refused = match data.spell(&typed) {
            Some(input) => {
                let missing = data.shape()[2] - typed.chars().count();
                actions.push(Action::Draw(Arc::new(Drawn {
                    input,
                    label: subject.label.unwrap_or(0),
                    missing: missing as u32,
                })));
                None
            }
            None => {
                let strange = typed.chars().find(|c| data.spell(&c.to_string()).is_none());
                Some(match strange {
                    Some(c) => format!("“{c}” does not occur in the data; the last text stands."),
                    None => format!("1 to {} characters; the last text stands.", data.shape()[2]),
                })
            }
        };
        actions.push(Action::Word { typed, refused });
    }
    let c = Theme::get(ui);
    if let Some(words) = window
        .shell
        .word_refused
        .as_ref()
        .filter(|_| window.shell.word.is_some())
    {
        ui.add_space(3.0);
        ui.add(egui::Label::new(text::caption(words).color(c.t1)).wrap());
    }
    super::reading::show(window, ui, actions);
    if micro.subject.drawn || window.shell.word.is_some() {
        ui.add_space(3.0);
        let back = format!("Back to “{stored}”");
        if Button::plain(&back).show(ui).clicked() {
            actions.push(Action::Example(micro.subject.example));
        }
    }
}

/// What can be chosen about generated data; it takes effect with the next run.
fn generated(window: &Window, draft: &mut Experiment, ui: &mut Ui, actions: &mut Vec<Action>) {
    let source = draft.data.source.clone();
    let Some(now) = TOYS.iter().position(|toy| *toy == source) else {
        return;
    };
    let top = ui.cursor().top();
    let made = (draft.data.size, draft.data.noise);
    let (size, noise) = (
        made.0.unwrap_or(MOONS_SIZE),
        made.1.unwrap_or_else(|| usual_noise(&source)),
    );
    let summary = format!(
        "{source}, {} points, noise {}",
        format::count(size as u64),
        format::number(noise)
    );
    if fold::is_offered(ui, Part::Generated) {
        fold::row(ui, Part::Generated, "what is generated", &summary);
    }
    if !fold::is_folded(ui, Part::Generated) {
        toy(window, draft, now, ui, actions);
    }
    fold::measured(ui, Part::Generated, ui.cursor().top() - top);
}

/// Which data are made, how many, and how noisy.
fn toy(
    window: &Window,
    draft: &mut Experiment,
    now: usize,
    ui: &mut Ui,
    actions: &mut Vec<Action>,
) {
    let mut which = now;
    setting(
        ui,
        "generated",
        "Which data are made. A change takes effect with the next run.",
        |ui| {
            Dropdown::new("Generated data", &TOYS)
                .width(96.0)
                .show(ui, &mut which);
        },
    );
    if which != now {
        let shape = window.engine.data().map(crate::data::Dataset::shape);
        if let Err(error) = choose_toy(draft, TOYS[which], shape) {
            actions.push(Action::Say(Notice {
                subject: "Not made.".into(),
                rest: format!("{error}. Nothing was changed."),
            }));
        }
    }
    let data = &mut draft.data;
    let width = ui.available_width();
    let mut size = data.size.unwrap_or(MOONS_SIZE) as f64;
    let count = |v: f64| format::count(v as u64);
    let slider = Slider::new("size", 12.0..=6000.0)
        .logarithmic()
        .write(&count)
        .width(width)
        .show(ui, &mut size);
    if slider.changed() {
        data.size = Some(size.round() as usize);
        if let Some(split) = data.split.take() {
            actions.push(Action::Say(Notice {
                subject: "Changed with the size.".into(),
                rest: format!(
                    "The split of the file ({} to train on, {} to validate, {} to test) gave way: two thirds train.",
                    split.train, split.validation, split.test
                ),
            }));
        }
    }
    card::hover(
        slider,
        "How many examples are made: two thirds train. A change takes effect with the next run.",
    );
    let mut noise = data.noise.unwrap_or_else(|| usual_noise(&data.source));
    let slider = Slider::new("noise", 0.0..=0.6)
        .step(0.01)
        .width(width)
        .show(ui, &mut noise);
    if slider.changed() {
        data.noise = Some((noise * 100.0).round() / 100.0);
    }
    card::hover(
        slider,
        "Standard deviation of the noise of each value. A change takes effect with the next run.",
    );
}

/// Whether the network of an experiment is neither a preset's nor one that was proposed for its data.
fn built_by_hand(experiment: &Experiment) -> bool {
    let own = &experiment.network;
    let preset = |(name, _): &(&str, &str)| {
        Experiment::load(name, &[]).is_ok_and(|preset| preset.network == *own)
    };
    let proposed = propose::generated(&experiment.data.source, &LoadOptions::default())
        .is_ok_and(|proposed| proposed.network == *own);
    !proposed && !PRESETS.iter().any(preset)
}

/// Drafts an experiment on other generated data, with the network proposed for them; one built by hand stays where it fits the
/// present shape.
fn choose_toy(draft: &mut Experiment, name: &str, shape: Option<[usize; 3]>) -> Result<(), String> {
    let data = crate::data::open(name, &LoadOptions::default(), &Progress::new())
        .and_then(|l| l.dataset())
        .map_err(|e| e.to_string())?;
    let proposed = propose::generated(name, &LoadOptions::default()).map_err(|e| e.to_string())?;
    let fits = Some(data.shape()) == shape && data.lengths().is_none();
    if !fits || !built_by_hand(draft) {
        draft.network = proposed.network;
        draft.learning.rate = proposed.learning.rate;
    }
    draft.name = proposed.name;
    // How many and how noisy stays as it was chosen.
    let (size, noise) = (draft.data.size, draft.data.noise);
    draft.data = proposed.data;
    draft.data.size = size.or(draft.data.size);
    draft.data.noise = noise.or(draft.data.noise);
    Ok(())
}

/// The name that a preset's file gives itself; every file is read once.
fn preset_name(preset: &str) -> Option<&'static str> {
    static NAMES: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
        PRESETS
            .iter()
            .filter_map(|(key, _)| Some((*key, Experiment::load(key, &[]).ok()?.name)))
            .collect()
    });
    NAMES
        .iter()
        .find(|(key, _)| *key == preset)
        .map(|(_, name)| name.as_str())
}

/// The name of a preset in the list.
pub(in crate::app) fn title_of(name: &str) -> &'static str {
    match name {
        "mnist-cnn" => "MNIST, CNN",
        "mnist-mlp" => "MNIST, MLP",
        "digits-mlp" => "8×8 digits, MLP",
        "moons" => "Two moons",
        "names-rnn" => "Names, RNN",
        "names-rnn-2" => "Names, stacked RNN",
        "vowels-rnn" => "Vowels, RNN",
        "residual-cnn" => "Residual CNN",
        "deep-mlp" => "Deep MLP",
        "fashion-cnn" => "Fashion, CNN",
        "chain" => "Chain 1-1-1-1",
        other => preset_name(other).unwrap_or(""),
    }
}

/// What one example is called.
fn noun(data: &crate::data::Dataset) -> &'static str {
    let digits = || data.classes().iter().all(|c| c.len() == 1);
    match () {
        () if data.lengths().is_some() => "sequence",
        () if data.shape()[1] > 1 && digits() => "digit",
        () if data.shape()[1] > 1 => "image",
        () => "example",
    }
}

/// What an example is: its class, or the values that it is to be answered with.
fn answer_name(data: &crate::data::Dataset, subject: &Subject) -> String {
    const SHOWN: usize = 3;
    let Some(values) = data.stored_target(subject.example) else {
        return class_name(data, subject.label);
    };
    let name = data.target_name().unwrap_or("target");
    let words = values.iter().take(SHOWN).map(|v| format::number(*v));
    let words = words.collect::<Vec<_>>().join(", ");
    let more = if values.len() > SHOWN { ", …" } else { "" };
    format!("{name} {words}{more}")
}

/// "a 3", or the class's name.
fn class_name(data: &crate::data::Dataset, label: Option<usize>) -> String {
    label.and_then(|l| data.classes().get(l)).map_or_else(
        || "no class".into(),
        |name| {
            if name.len() == 1 {
                format!("a {name}")
            } else {
                name.clone()
            }
        },
    )
}

/// Features that are drawn of an example that is no picture.
const FEATURES: usize = 3;

/// ±r of their colours; what lies beyond is marked.
const FEATURE_RANGE: f64 = 2.0;

/// What part of its features is drawn, where it is not all.
fn part_of_features(data: &crate::data::Dataset) -> String {
    let [_, rows, _] = data.shape();
    let n = data.input_len();
    if rows > 1 || data.lengths().is_some() || n <= FEATURES {
        return String::new();
    }
    let part = format::of(FEATURES as u64, n as u64);
    format!(", the first {part} features drawn")
}

/// Draws an example small: its picture, or the first of its features as cells with their numbers.
fn thumbnail(ui: &mut Ui, rect: Rect, data: &crate::data::Dataset, values: &[f64]) {
    let c = Theme::get(ui);
    let [_, rows, columns] = data.shape();
    if rows == 1 {
        let shown = values.len().min(FEATURES);
        for (i, &value) in values.iter().take(shown).enumerate() {
            let cell = Rect::from_min_size(
                rect.min + vec2(0.0, 4.0 + 18.0 * i as f32),
                vec2(rect.width(), 16.0),
            );
            let fill = c.diverging_activity(value, FEATURE_RANGE);
            ui.painter().rect_filled(cell, metrics::RADIUS_CELL, fill);
            if value.abs() > FEATURE_RANGE {
                corner_tick(ui.painter(), cell, c);
            }
            paint::centred(
                ui.painter(),
                cell,
                &format::signed_short(value),
                text::mono_small_font(),
                c.ink_on(fill),
            );
        }
        return;
    }
    let id = egui::Id::unique("set-up thumbnail");
    let small = Small::new([columns, rows], rect.size(), ui.pixels_per_point());
    let image = small.image(values, &data.look(), c);
    type Kept = Option<(Arc<egui::ColorImage>, egui::TextureHandle)>;
    let kept: Kept = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    let texture = match kept {
        Some((old, texture)) if *old == image => texture,
        _ => {
            let image = Arc::new(image);
            let texture = ui.ctx().load_texture(
                "set-up thumbnail",
                Arc::clone(&image),
                egui::TextureOptions::NEAREST,
            );
            ui.data_mut(|d| d.insert_temp::<Kept>(id, Some((image, texture.clone()))));
            texture
        }
    };
    let area = Rect::from_min_size(rect.min, small.size());
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(
        texture.id(),
        paint::snap_rect(ui.painter(), area),
        uv,
        crate::app::theme::NO_TINT,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Layer;

    #[test]
    fn other_generated_data_bring_their_network_unless_one_was_built_by_hand() {
        let experiment = Experiment::load("moons", &[]).unwrap();
        let mut draft = experiment;
        // All of them are points of a plane.
        let shape = Some([2, 1, 1]);
        let proposed = |name: &str| {
            let proposed = propose::generated(name, &LoadOptions::default());
            proposed.unwrap().network
        };
        choose_toy(&mut draft, "spirals", shape).unwrap();
        assert_eq!(draft.data.source, "spirals");
        assert_eq!(draft.network, proposed("spirals"));
        let dense = |dense| Layer::Dense {
            dense,
            skip: None,
            activation: None,
        };
        draft.network.layers = vec![dense(5), dense(2)];
        let own = draft.network.clone();
        choose_toy(&mut draft, "circles", shape).unwrap();
        assert_eq!(draft.network, own);
        choose_toy(&mut draft, "stripes", shape).unwrap();
        assert_eq!(draft.network, proposed("stripes"));
    }
}
