//! What stands in the tables of numbers: a function for each view.

use super::levels;
use super::steps::short_name;
use super::twin::{Twin, Value};
use super::vertices::unit_place;
use crate::app::naming;
use crate::app::state::Frame;
use crate::experiment::board::{self, SETTINGS};
use crate::experiment::contributions::{contributions, shared_matrices};
use crate::experiment::file::Dtype;
use crate::experiment::fitted::loss_unit;
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::experiment::plane::SIDE;
use crate::experiment::series::Series;
use crate::experiment::session::LaneSnapshot;
use crate::learning::{Judgement, LevelComparison};
use std::collections::BTreeMap;

/// What a table is made by: none where there are no numbers yet.
pub type Make = for<'f> fn(&'f Frame<'_>) -> Option<Twin<'f>>;

fn words(text: impl Into<String>) -> Value {
    Value::Words(text.into())
}

fn whole(n: usize) -> Value {
    Value::Whole(n as u64)
}

/// A number of the engine, in the digits of its own type.
fn own(micro: &MicroscopeSnapshot, v: f64) -> Value {
    match micro.dtype() {
        Dtype::F32 => Value::Single(v as f32),
        Dtype::F64 => Value::Number(v),
    }
}

const FIELDS: [Field; 6] = [
    Field::X,
    Field::Fx,
    Field::Mu,
    Field::Eps,
    Field::Dx,
    Field::Delta,
];

fn fields(micro: &MicroscopeSnapshot, t: usize, vertex: usize, unit: usize) -> Vec<Value> {
    let of = |field| own(micro, micro.value(t, field, vertex, unit));
    FIELDS.into_iter().map(of).collect()
}

/// Every value node that the example has, with its numbers at the cursor.
pub fn network<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let (micro, t) = (frame.micro, frame.t());
    let present = (0..micro.plan.graph.vertices.len()).filter(|&v| !micro.is_missing(v));
    let mut ends = Vec::new();
    let mut all = 0;
    for v in present {
        all += micro.plan.len_of(v);
        ends.push((all, v));
    }
    let columns = [
        "vertex",
        "place",
        "x",
        "f(x)",
        "μ",
        "ε",
        "Δx",
        "δ of backprop",
    ];
    Some(Twin::new(&columns, all, move |i| {
        let (end, v) = ends[ends.partition_point(|(end, _)| *end <= i)];
        let unit = i + micro.plan.len_of(v) - end;
        let mut row = vec![
            words(short_name(micro, v)),
            words(unit_place(micro, frame.data.classes(), v, unit)),
        ];
        row.extend(fields(micro, t, v, unit));
        row
    }))
}

/// The units of the selected vertex, by channel, row and column.
pub fn maps<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let (micro, t, v) = (frame.micro, frame.t(), frame.view.selection.vertex);
    let shape = micro.plan.graph.vertices.get(v)?.shape;
    let columns = [
        "channel",
        "row",
        "column",
        "x",
        "f(x)",
        "μ",
        "ε",
        "Δx",
        "δ of backprop",
    ];
    Some(Twin::new(&columns, micro.plan.len_of(v), move |unit| {
        let (channel, y, x) = shape.position(unit);
        let mut row = vec![whole(channel), whole(y), whole(x)];
        row.extend(fields(micro, t, v, unit));
        row
    }))
}

/// The numbers of the selected unit over all states.
pub fn inspector<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let (micro, at) = (frame.micro, frame.view.selection);
    (at.vertex < micro.plan.graph.vertices.len()).then_some(())?;
    let columns = ["t", "x", "f(x)", "μ", "ε", "Δx", "δ of backprop"];
    Some(Twin::new(&columns, micro.states.len(), move |t| {
        let mut row = vec![whole(t)];
        row.extend(fields(micro, t, at.vertex, at.unit));
        row
    }))
}

/// How large the errors of each vertex are at each state.
pub fn wave<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let micro = frame.micro;
    let vertices = (1..micro.plan.graph.vertices.len()).rev();
    let vertices: Vec<usize> = vertices.filter(|&v| !micro.is_missing(v)).collect();
    let columns = [
        "vertex",
        "level",
        "t",
        "|ε|",
        "largest |ε − δ|",
        "|δ| of backprop",
        "x moved",
    ];
    let states = micro.states.len();
    Some(Twin::new(&columns, vertices.len() * states, move |i| {
        let (v, t) = (vertices[i / states], i % states);
        let record = &micro.states[t];
        vec![
            words(short_name(micro, v)),
            whole(micro.plan.graph.vertices[v].level),
            whole(t),
            Value::Number(record.size[v]),
            Value::Number(record.off[v]),
            Value::Number(micro.delta_size(v)),
            words(if record.moved[v] { "yes" } else { "no" }),
        ]
    }))
}

/// F and its parts at each state.
pub fn energy<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let micro = frame.micro;
    let vertices: Vec<usize> = (1..micro.plan.graph.vertices.len()).rev().collect();
    let mut columns = vec!["t".to_owned(), "γ of the step".to_owned(), "F".to_owned()];
    columns.extend(vertices.iter().map(|&v| short_name(micro, v)));
    Some(Twin::named(columns, micro.states.len(), move |t| {
        let record = &micro.states[t];
        let mut row = vec![whole(t), Value::Number(record.gamma)];
        row.push(Value::Number(record.total_energy()));
        row.extend(vertices.iter().map(|&v| Value::Number(record.energy[v])));
        row
    }))
}

fn level_columns(first: &[&str]) -> Vec<String> {
    let own = [
        "cosine",
        "length",
        "relative error",
        "bits that differ",
        "weights that differ",
        "weights",
        "|ΔW|",
        "|ΔW| of backprop",
    ];
    first
        .iter()
        .chain(&own)
        .map(|name| (*name).to_owned())
        .collect()
}

fn compared(captured: Option<&LevelComparison>) -> Vec<Value> {
    let Some(l) = captured else {
        return vec![Value::Nothing; 8];
    };
    vec![
        Value::Number(l.cosine),
        Value::Number(l.length),
        Value::Number(l.relative_error),
        Value::Whole(l.differing_bits),
        whole(l.differing_weights),
        whole(l.weights),
        Value::Number(l.size),
        Value::Number(l.reference_size),
    ]
}

/// What is captured of each level at the cursor, beside backpropagation's.
pub fn against<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let rows = levels::rows(frame.micro, frame.t());
    let columns = level_columns(&["level", "vertices"]);
    Some(Twin::named(columns, rows.len(), move |i| {
        let row = &rows[i];
        let mut all = vec![whole(row.level), words(&row.label)];
        all.extend(compared(row.captured.as_ref()));
        all
    }))
}

/// The same at every state.
pub fn proof<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let micro = frame.micro;
    let each = levels::rows(micro, 0).len();
    let columns = level_columns(&["t", "level", "vertices"]);
    Some(Twin::named(columns, each * micro.states.len(), move |i| {
        let t = i / each;
        let rows = levels::rows(micro, t);
        let row = &rows[i % each];
        let mut all = vec![whole(t), whole(row.level), words(&row.label)];
        all.extend(compared(row.captured.as_ref()));
        all
    }))
}

fn judged(judgement: Option<&Judgement>) -> Vec<Value> {
    let Some(j) = judgement else {
        return vec![Value::Nothing; 7];
    };
    vec![
        words(j.verdict.words()),
        Value::Number(j.cosine),
        Value::Number(j.length),
        Value::Number(j.relative_error),
        Value::Whole(j.differing_bits),
        whole(j.differing_weights),
        whole(j.weights),
    ]
}

const JUDGED: [&str; 7] = [
    "verdict",
    "least cosine",
    "worst length",
    "largest relative error",
    "bits that differ",
    "weights that differ",
    "weights",
];

/// What would be said of each state, if inference stopped there.
pub fn stopped<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let micro = frame.micro;
    let columns = [&["t"][..], &JUDGED].concat();
    Some(Twin::new(&columns, micro.states.len(), move |t| {
        let mut row = vec![whole(t)];
        row.extend(judged(micro.states[t].judgement.as_ref()));
        row
    }))
}

/// What is said with each condition broken.
pub fn switches<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let rows = frame.switches?;
    let columns = [&["switch"][..], &JUDGED].concat();
    Some(Twin::new(&columns, rows.len(), move |i| {
        let mut row = vec![words(rows[i].name)];
        row.extend(judged(rows[i].judgement.as_ref()));
        row
    }))
}

/// The first weight that is wrong, with its factors.
pub fn first_wrong<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let wrong = frame.micro.first_wrong.as_ref()?;
    let of = |side: Option<(f64, f64)>| {
        let [error, value] = [side.map(|s| s.0), side.map(|s| s.1)];
        [Value::maybe(error), Value::maybe(value)]
    };
    let row = |name: &str, t: usize, gradient: f64, factors: [Value; 2]| {
        let parameter = &frame.micro.plan.graph.parameters[wrong.parameter];
        let place = [whole(wrong.place.0), whole(wrong.place.1)];
        let first = [words(name), words(&parameter.name)];
        let last = [whole(t), Value::Number(gradient)];
        [&first[..], &place, &last, &factors].concat()
    };
    let rows = vec![
        row("taken", wrong.taken.0, wrong.gradient.0, of(wrong.factors)),
        row(
            "backprop",
            wrong.taken.1,
            wrong.gradient.1,
            of(wrong.reference),
        ),
    ];
    let columns = [
        "whose",
        "matrix",
        "row",
        "column",
        "taken at t",
        "ε f(x)",
        "ε or δ",
        "f(x)",
    ];
    Some(Twin::of_rows(&columns, rows))
}

/// What each time step contributes to the shared matrices at the cursor.
pub fn shares<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let (micro, t) = (frame.micro, frame.t());
    let mut rows = Vec::new();
    for (which, parameter) in shared_matrices(&micro.plan).into_iter().enumerate() {
        let name = &micro.plan.graph.parameters[parameter].name;
        let all = contributions(micro, (which, parameter), t);
        for step in &all.steps {
            let taken = step.taken.map_or(Value::Nothing, whole);
            let vertex = words(short_name(micro, step.vertex));
            let sizes = [Value::maybe(step.size), Value::Number(step.reference)];
            rows.push([&[words(name), vertex, whole(step.level), taken][..], &sizes].concat());
        }
        let sums = [Value::Number(all.sum), Value::Number(all.reference_sum)];
        let sum = [words(name), words("sum"), Value::Nothing, Value::Nothing];
        rows.push([&sum[..], &sums].concat());
    }
    let columns = [
        "matrix",
        "time step",
        "level",
        "taken at t",
        "|ΔW|",
        "|ΔW| of backprop",
    ];
    Some(Twin::of_rows(&columns, rows))
}

/// What the network says over the plane.
pub fn plane<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let plane = frame.plane?;
    let mut columns: Vec<String> = ["first input", "second input", "answer", "how sure"]
        .map(str::to_owned)
        .into();
    let classes = frame.data.classes();
    let name = |k: usize| classes.get(k).cloned().unwrap_or_else(|| k.to_string());
    columns.extend((0..plane.classes).map(|k| format!("output {}", name(k))));
    Some(Twin::named(columns, SIDE * SIDE, move |i| {
        let [x, y] = plane.at(i % SIDE, i / SIDE);
        let class = name(usize::from(plane.class[i]));
        let mut row = vec![Value::Number(x), Value::Number(y), words(class)];
        row.push(Value::Single(plane.confidence[i]));
        let outputs = &plane.outputs[i * plane.classes..(i + 1) * plane.classes];
        row.extend(outputs.iter().map(|v| Value::Number(*v)));
        row
    }))
}

/// The series of all lanes by update; of a point that is a mean, that.
fn curves<'f>(frame: &'f Frame<'_>, unit: f64, of: &[Of]) -> Option<Twin<'f>> {
    let mut columns = vec!["update".to_owned()];
    let mut rows: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    let lanes = &frame.race.lanes;
    let wide = lanes.len() * of.len();
    for lane in lanes {
        for (name, series) in of {
            let at = columns.len() - 1;
            columns.push(format!("{}{name}", lane.spec.label));
            for bucket in series(lane).buckets() {
                let row = rows.entry(bucket.update);
                let row = row.or_insert_with(|| vec![Value::Nothing; wide]);
                row[at] = Value::Number(bucket.mean * unit);
            }
        }
    }
    let rows: Vec<(u64, Vec<Value>)> = rows.into_iter().collect();
    Some(Twin::named(columns, rows.len(), move |i| {
        let (update, values) = &rows[i];
        [&[Value::Whole(*update)][..], values].concat()
    }))
}

/// The name of a series, and the series.
type Of = (&'static str, fn(&LaneSnapshot) -> &Series);

/// The loss of every lane by update.
pub fn loss<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let unit = loss_unit(frame.data, frame.micro.plan.graph.loss).unwrap_or(1.0);
    curves(frame, unit, &[("", |lane| &lane.loss)])
}

/// The scores of every lane by update, of each part.
pub fn scores<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let of: [Of; 3] = [
        (", validation", |lane| &lane.validation),
        (", test", |lane| &lane.accuracy),
        (", training", |lane| &lane.training),
    ];
    curves(frame, 1.0, &of)
}

/// The distance of every lane from backpropagation's weights by update.
pub fn distance<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    curves(frame, 1.0, &[("", |lane| &lane.distance)])
}

/// How far each lane has come.
pub fn count<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let columns = [
        "lane",
        "updates",
        "updates compared",
        "updates with differing bits",
        "weights that differ",
        "bits that differ",
        "cosine with backprop",
        "relative distance",
        "median ms",
        "compute s",
        "matrix products",
    ];
    let lanes = &frame.race.lanes;
    Some(Twin::new(&columns, lanes.len(), move |i| {
        let lane = &lanes[i];
        let apart = lane.apart.as_ref();
        vec![
            words(&lane.spec.label),
            Value::Whole(lane.updates),
            Value::Whole(lane.compared),
            Value::Whole(lane.differing_updates),
            apart.map_or(Value::Nothing, |d| whole(d.differing_weights)),
            apart.map_or(Value::Nothing, |d| Value::Whole(d.differing_bits)),
            Value::maybe(apart.map(|d| d.cosine)),
            Value::maybe(apart.map(|d| d.relative_distance)),
            Value::Number(lane.median_ms),
            Value::Number(lane.seconds),
            Value::Whole(lane.worked),
        ]
    }))
}

/// What is true and what was said of the values.
pub fn fit<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let fitted = frame.race.fitted.as_ref()?;
    let dim = fitted.targets.len();
    let columns = ["example", "target", "true", "predicted", "true − predicted"];
    Some(Twin::new(&columns, fitted.examples.len() * dim, move |i| {
        let (example, target) = (fitted.examples.start + i / dim, i % dim);
        let truth = frame.data.stored_target(example).map(|all| all[target]);
        let said = fitted.said(example, target);
        vec![
            whole(naming::number(frame.data, example)),
            whole(target),
            Value::maybe(truth),
            Value::maybe(said),
            Value::maybe(truth.zip(said).map(|(truth, said)| truth - said)),
        ]
    }))
}

/// How often each class was taken for each.
pub fn confusion<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let (_, _, predictions) = frame.race.predictions.as_ref()?;
    let classes = frame.data.classes();
    let mut counts: BTreeMap<(u16, u16), u64> = BTreeMap::new();
    for p in predictions.iter() {
        *counts.entry((p.label, p.predicted)).or_default() += 1;
    }
    let name = |k: u16| classes.get(usize::from(k)).map_or("?", String::as_str);
    let rows = counts.iter();
    let rows = rows
        .map(|((label, said), n)| vec![words(name(*label)), words(name(*said)), Value::Whole(*n)]);
    Some(Twin::of_rows(
        &["true", "predicted", "examples"],
        rows.collect(),
    ))
}

/// The examples, with what was predicted of those that were read.
pub fn examples<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let Some((_, _, predictions)) = &frame.race.predictions else {
        return fit(frame);
    };
    let classes = frame.data.classes();
    let name = move |k: u16| words(classes.get(usize::from(k)).map_or("?", String::as_str));
    let columns = [
        "example",
        "true",
        "predicted",
        "how sure",
        "energy at t = 0",
    ];
    Some(Twin::new(&columns, predictions.len(), move |i| {
        let p = &predictions[i];
        vec![
            whole(naming::number(frame.data, p.example as usize)),
            name(p.label),
            name(p.predicted),
            Value::Single(p.confidence),
            Value::Single(p.energy),
        ]
    }))
}

/// The lanes and what each is set to.
pub fn lanes<'f>(frame: &'f Frame<'_>) -> Option<Twin<'f>> {
    let lanes = board::columns(frame.draft);
    let mut columns = vec!["setting".to_owned()];
    columns.extend(lanes.iter().map(|column| column.lane.label.clone()));
    Some(Twin::named(columns, SETTINGS.len(), move |i| {
        let values = lanes.iter().map(|column| match &column.values[i] {
            Some(text) => words(text),
            None => Value::Nothing,
        });
        std::iter::once(words(SETTINGS[i].name))
            .chain(values)
            .collect()
    }))
}
