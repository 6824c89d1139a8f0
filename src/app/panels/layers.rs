//! The network in the set-up panel: its layers with their parameters, and an editor for them.

use super::fold::{self, Part};
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::button::{Button, IconButton};
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::field::{self, NumberField};
use crate::app::kit::icons::Icon;
use crate::app::kit::{card, paint, section};
use crate::app::state::{Action, Choice};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::window::Window;
use crate::data::Dataset;
use crate::experiment::estimate;
use crate::experiment::file::{Experiment, ExperimentError, Network};
use crate::experiment::setup::plan_for;
use crate::network::{Activation, Layer, Loss, Op, Plan, Role};
use egui::{Align, Layout, Sense, Ui, WidgetInfo, pos2, vec2};

/// Draws the list of layers, or its editor.
pub fn show(window: &Window, draft: &mut Experiment, ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let width = ui.available_width() - 30.0;
        ui.allocate_ui(vec2(width, 20.0), |ui| {
            ui.set_width(width);
            section::heading_with(
                ui,
                "Network",
                if window.shell.editing_layers {
                    ""
                } else {
                    "parameters"
                },
            );
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let name = if window.shell.editing_layers {
                "Stop editing layers"
            } else {
                "Edit layers"
            };
            if IconButton::new(Icon::Pencil)
                .name(name)
                .selected(window.shell.editing_layers)
                .show(ui)
                .clicked()
            {
                // What was edited stays in the draft, which the foot of the panel starts or discards.
                actions.push(Action::Choose(Choice::EditLayers(
                    !window.shell.editing_layers,
                )));
            }
        });
    });
    if window.shell.editing_layers {
        editor(window, draft, ui, actions);
    } else if let Some(session) = &window.engine.session {
        let plan = &session.plan;
        let top = ui.cursor().top();
        if fold::is_offered(ui, Part::Layers) {
            let vertices = plan.graph.vertices.iter();
            let layers = vertices.filter(|v| listed(v.role)).count();
            let all = format::plural(plan.parameter_count() as u64, "parameter", "parameters");
            let summary = format!(
                "{}, {all}",
                format::plural(layers as u64, "layer", "layers")
            );
            fold::row(ui, Part::Layers, "layers", &summary);
        }
        if !fold::is_folded(ui, Part::Layers) {
            list(ui, plan);
        }
        fold::measured(ui, Part::Layers, ui.cursor().top() - top);
    }
}

/// What is a line of the list: time steps share their parameters and are one; relays have none.
fn listed(role: Role) -> bool {
    match role {
        Role::Layer(_) => true,
        Role::Step { step, .. } => step == 1,
        Role::Input | Role::Relay { .. } => false,
    }
}

fn list(ui: &mut Ui, plan: &Plan) {
    let c = Theme::get(ui);
    let graph = &plan.graph;
    let line = |ui: &mut Ui, name: &str, size: &str, count: &str, strong: bool, operation: &str| {
        let of_count = match count {
            "1" => "1 parameter".to_owned(),
            count => format!("{count} parameters"),
        };
        let (rect, response) = ui.allocate_exact_size(
            vec2(ui.available_width(), metrics::ROW_LIST),
            Sense::hover(),
        );
        response.widget_info(|| {
            WidgetInfo::labeled(
                egui::Role::Label,
                true,
                format!("{name} {size}, {of_count}"),
            )
        });
        let painter = ui.painter();
        let y = paint::baseline(painter, rect.center().y, text::size::BODY);
        let ink = if strong { c.t1 } else { c.t2 };
        paint::write(
            painter,
            pos2(rect.left(), y),
            Align::LEFT,
            name,
            text::body_font(),
            ink,
        );
        let at = pos2(rect.left() + 78.0, y);
        paint::write(
            painter,
            at,
            Align::LEFT,
            size,
            text::mono_small_font(),
            c.t3,
        );
        paint::write(
            painter,
            pos2(rect.right(), y),
            Align::RIGHT,
            count,
            text::mono_font(),
            if strong { c.t1 } else { c.t2 },
        );
        if let Some(text) = explain::text(Mark::Operation, operation) {
            let here = match size {
                "" => format!("{name}; {of_count}"),
                size => format!("{size}, {of_count}"),
            };
            card::hover(response, &format!("{text} Here: {here}."));
        }
    };
    let vertices = graph.vertices.iter().enumerate();
    for (v, vertex) in vertices.filter(|(_, vertex)| listed(vertex.role)) {
        let edge = &graph.edges[vertex.incoming[0]];
        let name = graph.edges[vertex.incoming[0]]
            .weight
            .map(|w| graph.parameters[w].name.as_str());
        let layer = name
            .and_then(|name| name.split_once('.'))
            .map(|(layer, _)| layer);
        // A recurrent layer's first step is not yet predicted with all of the layer's parameters.
        let own = graph
            .parameters
            .iter()
            .filter(|p| layer.is_some_and(|l| p.name.split_once('.').is_some_and(|n| n.0 == l)));
        let parameters: usize = own.map(crate::network::graph::Parameter::len).sum();
        let size = match edge.op.size() {
            none if none.is_empty() => vertex.shape.to_string(),
            size => size,
        };
        let kind = edge.op.words().before;
        let count = if parameters == 0 {
            "–".to_owned()
        } else {
            format::count(parameters as u64)
        };
        let name = if v == plan.output() {
            "output".to_owned()
        } else {
            let label = vertex
                .label
                .split_once(", n = ")
                .map_or(&*vertex.label, |(label, _)| label);
            format!("{kind}{label}")
        };
        line(ui, &name, &size, &count, false, edge.op.words().name);
    }
    ui.add_space(3.0);
    section::hairline(ui);
    ui.add_space(2.0);
    let f = graph
        .vertices
        .iter()
        .skip(1)
        .map(|v| v.activation)
        .find(|f| *f != Activation::Identity);
    let words = format!(
        "{}, {}",
        f.unwrap_or(Activation::Identity).name(),
        graph.loss.name()
    );
    line(
        ui,
        &words,
        "",
        &format::count(plan.parameter_count() as u64),
        true,
        "all",
    );
}

/// Puts a size into a layer.
type SetSize = fn(&mut Layer, usize);

/// Units, channels or the side of a window.
fn set_size(layer: &mut Layer, n: usize) {
    match layer {
        Layer::Dense { dense: own, .. }
        | Layer::Rnn { rnn: own, .. }
        | Layer::Conv { conv: own, .. }
        | Layer::MaxPool { max_pool: own, .. }
        | Layer::AveragePool {
            average_pool: own, ..
        }
        | Layer::Join { skip: own, .. } => *own = n,
    }
}

/// The side of a kernel. "Same" padding stays one: it follows an odd kernel, so that maps keep their size.
fn set_kernel(layer: &mut Layer, n: usize) {
    if let Layer::Conv {
        kernel, padding, ..
    } = layer
    {
        if *padding == kernel.saturating_sub(1) / 2 {
            *padding = n.saturating_sub(1) / 2;
        }
        *kernel = n;
    }
}

/// What else a file says of a layer, which has no field here and is kept.
fn unusual(layer: &Layer) -> String {
    let mut words = Vec::new();
    match *layer {
        Layer::Conv {
            kernel,
            stride,
            padding,
            ..
        } => {
            if stride != 1 {
                words.push(format!("stride {stride}"));
            }
            if padding != kernel.saturating_sub(1) / 2 {
                words.push(format!("padding {padding}"));
            }
        }
        Layer::MaxPool {
            stride, padding, ..
        }
        | Layer::AveragePool {
            stride, padding, ..
        } => {
            if let Some(stride) = stride {
                words.push(format!("stride {stride}"));
            }
            if padding != 0 {
                words.push(format!("padding {padding}"));
            }
        }
        Layer::Dense { .. } | Layer::Rnn { .. } | Layer::Join { .. } => {}
    }
    let (skip, activation) = match *layer {
        Layer::Dense {
            skip, activation, ..
        }
        | Layer::Conv {
            skip, activation, ..
        } => (skip, activation),
        Layer::Rnn { activation, .. } | Layer::Join { activation, .. } => (None, activation),
        Layer::MaxPool { .. } | Layer::AveragePool { .. } => (None, None),
    };
    if let Some(skip) = skip {
        words.push(format!("skip {skip}"));
    }
    if let Some(f) = activation {
        words.push(f.name().to_owned());
    }
    words.join(", ")
}

/// Whether a network fits the data and the memory, in the engine's words.
fn fitting(draft: &Experiment, network: &Network, data: &Dataset) -> Result<(), String> {
    let own = Experiment {
        network: network.clone(),
        ..draft.clone()
    };
    let origin = format!("{}: ", own.name);
    let words = |e: ExperimentError| e.to_string().trim_start_matches(&origin).to_owned();
    let plan = plan_for(&own, data).map_err(words)?;
    estimate::refuse_too_large(&own, &plan, data).map_err(words)
}

fn editor(window: &Window, draft: &mut Experiment, ui: &mut Ui, actions: &mut Vec<Action>) {
    let c = Theme::get(ui);
    let now = draft.clone();
    let mut network = now.network.clone();
    let data = window.engine.data().cloned();
    let fits = |network: &Network| match &data {
        Some(data) => fitting(&now, network, data),
        None => Ok(()),
    };
    let fitted = fits(&network).is_ok();
    let mut remove = None;
    let count = network.layers.len();
    for i in 0..count {
        ui.push_id(i, |ui| {
            field::row(ui, |ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let last = i + 1 == count;
                let name = match network.layers[i] {
                    _ if last => "output",
                    Layer::Dense { .. } => "dense",
                    Layer::Conv { .. } => "conv",
                    Layer::MaxPool { .. } => "max pool",
                    Layer::AveragePool { .. } => "avg pool",
                    Layer::Rnn { .. } => "rnn",
                    Layer::Join { join, .. } => join.words().name,
                };
                let (rect, _) =
                    ui.allocate_exact_size(vec2(52.0, metrics::CONTROL), Sense::hover());
                let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
                paint::write(
                    ui.painter(),
                    pos2(rect.left(), y),
                    Align::LEFT,
                    name,
                    text::body_font(),
                    c.t2,
                );
                let before = network.clone();
                let number = |ui: &mut Ui, what: &str, value: usize, width: f32, set: SetSize| {
                    let check = |v: usize| {
                        let mut new = before.clone();
                        set(&mut new.layers[i], v);
                        // What does not fit anyway is mended in any order.
                        if fitted { fits(&new) } else { Ok(()) }
                    };
                    let mut new = value;
                    NumberField::new(what, 1..=usize::MAX)
                        .width(width)
                        .up_to(width + 16.0)
                        .check(&check)
                        .show(ui, &mut new);
                    new
                };
                let mut edits: Vec<(SetSize, usize, usize)> = Vec::new();
                let mut edit = |ui: &mut Ui, what: &str, value: usize, width: f32, set: SetSize| {
                    let new = number(ui, what, value, width, set);
                    edits.push((set, value, new));
                };
                match network.layers[i] {
                    Layer::Dense { dense, .. } if last => {
                        ui.label(text::mono(dense.to_string()).color(c.t2));
                    }
                    Layer::Dense { dense: n, .. } | Layer::Rnn { rnn: n, .. } => {
                        edit(ui, "Units", n, 44.0, set_size);
                    }
                    Layer::Conv { conv, kernel, .. } => {
                        edit(ui, "Channels", conv, 34.0, set_size);
                        ui.label(text::caption("k").color(c.t3));
                        edit(ui, "Kernel", kernel, 24.0, set_kernel);
                    }
                    Layer::MaxPool { max_pool: n, .. }
                    | Layer::AveragePool {
                        average_pool: n, ..
                    } => {
                        edit(ui, "Window", n, 44.0, set_size);
                    }
                    Layer::Join { skip, .. } => {
                        edit(ui, "Layers back", skip, 34.0, set_size);
                        ui.label(text::caption("back").color(c.t3));
                    }
                }
                for (set, old, new) in edits {
                    if new != old {
                        set(&mut network.layers[i], new);
                    }
                }
                if !last {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let kind = std::mem::discriminant(&network.layers[i]);
                        let before = network.layers[..=i].iter();
                        let nth = before
                            .filter(|l| std::mem::discriminant(*l) == kind)
                            .count();
                        let name = format!("Remove {name} {nth}");
                        if IconButton::new(Icon::Minus).name(&name).show(ui).clicked() {
                            remove = Some(i);
                        }
                    });
                }
            });
            let rest = unusual(&network.layers[i]);
            if !rest.is_empty() {
                ui.horizontal(|ui| {
                    ui.add_space(56.0);
                    ui.add(egui::Label::new(text::caption(&rest).color(c.t3)).wrap());
                });
            }
        });
    }
    if let Some(i) = remove {
        network.layers.remove(i);
    }
    ui.add_space(4.0);
    let mut add = vec![
        ("add…", None),
        (
            "dense 32",
            Some(Layer::Dense {
                dense: 32,
                skip: None,
                activation: None,
            }),
        ),
        (
            "conv 3×3, 16",
            Some(Layer::Conv {
                conv: 16,
                kernel: 3,
                stride: 1,
                padding: 1,
                skip: None,
                activation: None,
            }),
        ),
        (
            "max pool 2",
            Some(Layer::MaxPool {
                max_pool: 2,
                stride: None,
                padding: 0,
            }),
        ),
        (
            "average pool 2",
            Some(Layer::AveragePool {
                average_pool: 2,
                stride: None,
                padding: 0,
            }),
        ),
        (
            "rnn 64",
            Some(Layer::Rnn {
                rnn: 64,
                activation: None,
            }),
        ),
    ];
    add.extend(Op::joins().map(|join| {
        let joined = Layer::Join {
            join,
            skip: 1,
            activation: None,
        };
        (join.words().name, Some(joined))
    }));
    let options: Vec<&str> = add.iter().map(|a| a.0).collect();
    let mut chosen = 0;
    Dropdown::new("Add a layer before the output", &options)
        .width(ui.available_width())
        .show(ui, &mut chosen);
    if let Some(layer) = add[chosen].1 {
        // Dense layers and what joins two go before the output, others before the first dense layer.
        let dense = network
            .layers
            .iter()
            .position(|l| matches!(l, Layer::Dense { .. }))
            .unwrap_or(0);
        let at = if matches!(layer, Layer::Dense { .. } | Layer::Join { .. }) {
            network.layers.len() - 1
        } else {
            dense
        };
        network.layers.insert(at, layer);
    }
    ui.add_space(4.0);
    let names: Vec<&str> = Activation::ALL.iter().map(|a| a.name()).collect();
    let mut f = Activation::ALL
        .iter()
        .position(|a| *a == network.activation)
        .unwrap_or(0);
    if Dropdown::new("Activation f", &names)
        .width(ui.available_width())
        .show(ui, &mut f)
        .changed()
    {
        network.activation = Activation::ALL[f];
    }
    ui.add_space(4.0);
    let names: Vec<&str> = Loss::ALL.iter().map(|l| l.name()).collect();
    // Left out in the file, it is what the targets call for.
    let shown = network.loss.or_else(|| {
        let data = window.engine.data()?;
        Some(network.loss_for(data.targets()))
    });
    let mut loss = Loss::ALL
        .iter()
        .position(|l| Some(*l) == shown)
        .unwrap_or(0);
    if Dropdown::new("Loss", &names)
        .width(ui.available_width())
        .show(ui, &mut loss)
        .changed()
    {
        network.loss = Some(Loss::ALL[loss]);
    }
    let changed = network != now.network;
    draft.network = network;
    ui.add_space(6.0);
    let problem = window
        .engine
        .data()
        .and_then(|data| fitting(draft, &draft.network, data).err());
    if let Some(problem) = &problem {
        crate::app::kit::notice::warning(ui, "Does not fit:", problem);
        ui.add_space(4.0);
    }
    let same = window
        .engine
        .session
        .as_ref()
        .is_some_and(|s| s.experiment.network == draft.network);
    let reason = if problem.is_some() {
        Some("The layers do not fit the data yet.")
    } else if same && !changed {
        Some("Nothing has been changed.")
    } else {
        None
    };
    if Button::new("Start new run with these layers")
        .disabled(reason)
        .width(ui.available_width())
        .show(ui)
        .clicked()
    {
        actions.push(Action::Start);
    }
}
