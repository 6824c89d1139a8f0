//! Time steps of a recurrent network in words: which of them an example has, and what stands at each.

use crate::app::format;
use crate::app::state::Frame;
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::network::{Graph, Role};

/// The letter at step n (counted from 1 over all steps of the network), where the example is text.
pub fn letter(frame: &Frame<'_>, step: usize) -> Option<char> {
    let micro = frame.micro;
    let features = micro.plan.graph.vertices[Graph::INPUT].shape.channels;
    let start = (step - 1) * features;
    let input = |i: usize| micro.value(0, Field::X, Graph::INPUT, start + i);
    let which = (0..features).find(|&i| input(i) == 1.0)?;
    frame.data.symbol(which)
}

/// The name of a vertex where there is little room: "h4" for the fourth step that the example has, "h4/2" in the second of
/// several recurrent layers, else its label.
pub fn short_name(micro: &MicroscopeSnapshot, v: usize) -> String {
    let vertex = &micro.plan.graph.vertices[v];
    match vertex.role {
        Role::Step { layer, step } => {
            let n = format!("h{}", step.saturating_sub(micro.missing_steps()));
            match rank(micro, layer) {
                (_, 1) => n,
                (rank, _) => format!("{n}/{rank}"),
            }
        }
        _ => vertex.label.clone(),
    }
}

/// Which recurrent layer a layer is, and how many there are.
pub fn rank(micro: &MicroscopeSnapshot, layer: usize) -> (usize, usize) {
    let mut layers: Vec<usize> = micro
        .plan
        .graph
        .vertices
        .iter()
        .filter_map(|v| match v.role {
            Role::Step { layer, .. } => Some(layer),
            _ => None,
        })
        .collect();
    layers.dedup();
    let rank = layers.iter().position(|&l| l == layer).unwrap_or(0) + 1;
    (rank, layers.len())
}

/// The name of a vertex with the letter that stands there: "h4, letter h".
pub fn long_name(frame: &Frame<'_>, v: usize) -> String {
    let vertex = &frame.micro.plan.graph.vertices[v];
    match vertex.role {
        Role::Step { step, .. } => {
            let name = short_name(frame.micro, v);
            match letter(frame, step) {
                Some(letter) => format!("{name}, letter {letter}"),
                None => format!(
                    "{name}, step {} of {}",
                    format::count((step - frame.micro.missing_steps()) as u64),
                    format::count(
                        (frame.micro.plan.graph.steps() - frame.micro.missing_steps()) as u64
                    )
                ),
            }
        }
        _ => vertex.label.clone(),
    }
}

/// [`short_name`] with the letter that stands there, if one does: "h4 r".
pub fn row_name(frame: &Frame<'_>, v: usize) -> String {
    let name = short_name(frame.micro, v);
    match frame.micro.plan.graph.vertices[v].role {
        Role::Step { step, .. } => {
            letter(frame, step).map_or(name.clone(), |letter| format!("{name} {letter}"))
        }
        _ => name,
    }
}
