//! What is said of a level beside backprop: its row, and its numbers in words.

use super::steps;
use crate::app::format;
use crate::experiment::microscope::MicroscopeSnapshot;
use crate::learning::{Capture, Epsilon, LevelComparison, Order, Shared, Start};

/// A weighted level with what was captured of it, at state t.
pub(super) struct Row {
    /// The level.
    pub level: usize,
    /// The vertex that stands there.
    pub vertex: usize,
    /// Its name.
    pub label: String,
    /// What is captured, if anything is.
    pub captured: Option<LevelComparison>,
}

/// The weighted levels that the example has, output first.
pub(super) fn rows(micro: &MicroscopeSnapshot, t: usize) -> Vec<Row> {
    micro
        .plan
        .weighted_levels()
        .zip(&micro.states[t].levels)
        .filter_map(|(level, captured)| {
            let mut present = micro.plan.levels[level]
                .weighted
                .iter()
                .filter(|&&v| !micro.is_missing(v));
            let vertex = *present.next()?;
            let more = present.count();
            let name = steps::short_name(micro, vertex);
            Some(Row {
                level,
                vertex,
                label: if more == 0 {
                    name
                } else {
                    format!("{name} + {more}")
                },
                captured: *captured,
            })
        })
        .collect()
}

/// Which condition is off, in words, and which step of the proof it breaks.
pub(super) fn broken_words(micro: &MicroscopeSnapshot) -> Option<String> {
    let (c, corrected) = (
        &micro.subject.conditions,
        micro.subject.inference.gamma_correction,
    );
    let mut parts = Vec::new();
    if c.start == Start::Random {
        parts.push("Values start at random. The proof breaks at its first step: there are errors at t = 0 that backprop knows nothing of.".to_owned());
    }
    if c.gamma != 1.0 && !corrected {
        parts.push(format!("γ is {}, not 1. The proof breaks at its second step: at the front, level l has only γ to the power l of backprop’s δ.", format::number(c.gamma)));
    }
    if !micro.plan.levelled {
        parts.push("Skips are not levelled. The proof breaks at its second step: errors come by the short way first, and what is taken at t = l is not the sum over all ways.".into());
    }
    match c.capture {
        Capture::OnTime => {}
        Capture::Late => parts.push("Each level is taken one step late. The proof breaks at its last step: when level l is read at t = l + 1, its own error has already been recomputed and is no longer backprop’s δ.".into()),
        Capture::End => parts.push("All levels are taken at t = D. The proof breaks at its last step: only the deepest level is read on time.".into()),
    }
    if c.order == Order::WFirst {
        parts.push("W changes as soon as it is captured. The proof breaks in the step itself: Δx is computed through weights that backprop has not changed yet.".into());
    }
    if c.shared == Shared::AtOnce {
        parts.push("Shared weights change with every contribution. The proof breaks at its third step: ahead of the front predictions move, and errors appear where there must be none.".into());
    }
    if c.epsilon == Epsilon::Naive {
        parts.push("ε is computed as x − μ. The proof holds, floating point does not: the difference of two nearby numbers loses bits.".into());
    }
    match c.hidden_precision.single() {
        Some(1.0) => {}
        Some(precision) => parts.push(format!("Hidden levels weigh their errors by π = {}, not 1. The proof breaks at its second step: every hidden level that blame passes multiplies it by π, so level l gives π to the power l of backprop’s.", format::number(precision))),
        None => {
            let all: Vec<String> = c.hidden_precision.list().iter().map(|p| format::number(*p)).collect();
            parts.push(format!("Hidden levels weigh their errors by π = {} (from level 1 on), not 1. The proof breaks at its second step: every hidden level that blame passes multiplies it by its π, so level l gives the product of π up to l of backprop’s.", all.join(", ")));
        }
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// "1 weight", "860 weights".
pub fn plural(n: usize, one: &str, many: &str) -> String {
    format::plural(n as u64, one, many)
}

/// A level's cosine, or a dash where there is none.
pub fn cosine(l: &LevelComparison) -> String {
    match l.no_cosine() {
        None => format::cosine(l.cosine),
        Some(_) => format::NONE.to_owned(),
    }
}

/// A level's length, or a dash where there is none.
pub fn length(l: &LevelComparison) -> String {
    match l.no_length() {
        None if l.length >= 1e4 => format!("×{}", format::scientific(l.length, 2)),
        None => format::times(l.length),
        Some(_) => format::NONE.to_owned(),
    }
}

/// A level's relative error, or a dash where there is none.
pub fn error(l: &LevelComparison) -> String {
    match l.no_length() {
        None if l.relative_error == 0.0 => "0".to_owned(),
        None if l.relative_error >= 1e4 => format::scientific(l.relative_error, 2),
        None => format::number3(l.relative_error),
        Some(_) => format::NONE.to_owned(),
    }
}

/// A level's numbers as they are drawn, and why some are missing.
pub fn said(l: &LevelComparison) -> String {
    numbers(l, [cosine(l), length(l), error(l)])
}

fn numbers(l: &LevelComparison, [cosine, length, error]: [String; 3]) -> String {
    let why = l.no_cosine().or_else(|| l.no_length());
    format!(
        "cosine {cosine}, length {length}, relative error {error}{}",
        why.map_or_else(String::new, |why| format!(" ({why})"))
    )
}

/// A level's numbers in full, for hover.
pub fn in_full(l: &LevelComparison) -> String {
    let number = |v: f64, missing: Option<_>| match missing {
        None => format::significant(v, 6),
        Some(_) => format::NONE.to_owned(),
    };
    let all = [
        number(l.cosine, l.no_cosine()),
        number(l.length, l.no_length()),
        number(l.relative_error, l.no_length()),
    ];
    numbers(l, all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::Fixture;

    /// A relay has no weights: a level is not called after one, and nothing of it is captured.
    #[test]
    fn what_is_captured_is_named_after_what_has_weights() {
        let layers = "network.layers=[{dense=6},{dense=6},{join='product',skip=2},{dense=10}]";
        let f = Fixture::new("digits-mlp", &[layers], 3);
        let names: Vec<String> = rows(&f.micro, 3).into_iter().map(|r| r.label).collect();
        assert_eq!(names, ["output", "dense 2", "dense 1"]);
        let vertices = f.micro.plan.graph.vertices.iter().enumerate();
        let captured: Vec<_> = vertices
            .map(|(v, vertex)| (vertex.id.as_str(), f.micro.captured_at(v)))
            .collect();
        let expected = [
            ("input", None),
            ("dense1", Some(3)),
            ("dense1.relay1", None),
            ("dense2", Some(2)),
            ("product1", None),
            ("output", Some(0)),
        ];
        assert_eq!(captured, expected);
    }
}
