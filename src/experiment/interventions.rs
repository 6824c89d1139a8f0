//! Interventions as an experiment file writes them: `[[intervention]]` tables, by the names of vertices and parameters, and what they
//! come to on a network.
//!
//! They are done to the example that is watched (in the window, and in `trace`), at a state t of its inference. Training knows nothing of
//! them: what training can be made to differ in are keys of the file.

mod raw;

use self::raw::Raw;
use super::error::ExperimentError;
use super::file::closest;
use crate::learning::{Act, Intervention, Interventions};
use crate::network::{Graph, Loss, Plan, Shape};
use serde::{Deserialize, Serialize};

/// What is to be said where the output is free, nothing else pulls, and F is 0 at every t.
pub const FREE_OUTPUT: &str = "The output is free, so nothing pulls: F = 0 at every t, and what is freed in the input stays as it is. That is a theorem, not a fault: give the output a target to have a picture completed.";

/// Which units of a vertex, counted as files lay them out: channel by channel, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Units {
    /// Every one.
    #[default]
    All,
    /// These, in rising order.
    Some(Vec<usize>),
    /// The one at a channel, row and column.
    At([usize; 3]),
}

/// What units of the input set out from when they are freed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum From {
    /// What they are.
    #[default]
    There,
    /// The mean of the training examples.
    Mean,
    /// A value.
    Value(f64),
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Units hold a value, or what they have come to.
    Clamp {
        /// The vertex's id.
        vertex: String,
        /// Which units.
        units: Units,
        /// The value.
        value: Option<f64>,
    },
    /// Units are held no more.
    Free {
        /// The vertex's id.
        vertex: String,
        /// Which units.
        units: Units,
        /// What they set out from, of the input.
        from: From,
    },
    /// x becomes a value, once.
    Set {
        /// The vertex's id.
        vertex: String,
        /// Which units.
        units: Units,
        /// The value.
        value: f64,
    },
    /// x grows by something, once.
    Kick {
        /// The vertex's id.
        vertex: String,
        /// Which units.
        units: Units,
        /// Δx.
        by: f64,
    },
    /// Units are taken out.
    Lesion {
        /// The vertex's id.
        vertex: String,
        /// Which units.
        units: Units,
    },
    /// A weight is taken out: of a dense or recurrent layer the edge between two nodes.
    Cut {
        /// The parameter's name.
        parameter: String,
        /// Row (the unit or channel predicted) and column (what it reads, as files lay it out).
        place: [usize; 2],
    },
    /// A weight or bias has another value.
    Weight {
        /// The parameter's name.
        parameter: String,
        /// Row and column; of a bias the column is 0.
        place: [usize; 2],
        /// The value.
        value: f64,
    },
    /// π of a hidden level, or p of level 0.
    Precision {
        /// The level.
        level: usize,
        /// The value.
        value: f64,
    },
    /// The target is another class.
    Class(usize),
    /// The target has these values.
    Values(Vec<f64>),
}

/// An entry of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Entry {
    /// The state t at which it is done.
    pub at: usize,
    /// What.
    pub what: What,
}

/// The most units that one entry names one by one.
const MOST_UNITS: usize = 1 << 20;

impl Units {
    /// One unit.
    pub fn one(unit: usize) -> Self {
        Self::Some(vec![unit])
    }

    /// Reads "32-63, 70".
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "unit is \"{text}\"; expected numbers and ranges in rising order, as in \"32-63, 70\""
            )
        };
        let mut all: Vec<usize> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let number = |text: &str| text.trim().parse::<usize>().map_err(|_| wrong());
            let (from, to) = match part.split_once('-') {
                Some((from, to)) => (number(from)?, number(to)?),
                None => (number(part)?, number(part)?),
            };
            let follows = all.last().is_none_or(|last| *last < from);
            if to < from || !follows {
                return Err(wrong());
            }
            if to - from >= MOST_UNITS || all.len() + (to - from) >= MOST_UNITS {
                return Err(format!(
                    "unit names more than {MOST_UNITS} units; expected fewer"
                ));
            }
            all.extend(from..=to);
        }
        Ok(Self::Some(all))
    }
}

/// What the entries of a file come to on a network; `mean` is that of the training examples, of a stored unit of the input.
///
/// # Errors
/// One line naming the entry, what does not exist and what was expected.
pub fn resolve(
    entries: &[Entry],
    plan: &Plan,
    mean: &dyn Fn(usize) -> f64,
) -> Result<Interventions, ExperimentError> {
    let mut all = Vec::new();
    let mut of = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        let acts = acts(&entry.what, plan, mean);
        let acts = acts.map_err(|e| ExperimentError(format!("intervention {}: {e}", i + 1)))?;
        for act in acts {
            all.push(Intervention { at: entry.at, act });
            of.push(i);
        }
    }
    Interventions::new(all, plan).map_err(|(i, error)| {
        let words = named(&error.to_string(), plan);
        ExperimentError(format!("intervention {}: {words}", of[i] + 1))
    })
}

/// Refuses entries that a network does not have.
///
/// # Errors
/// As [`resolve`].
pub fn refuse_unknown(entries: &[Entry], plan: &Plan) -> Result<(), ExperimentError> {
    resolve(entries, plan, &|_| 0.0).map(|_| ())
}

/// Says "dense1" where the engine says "vertex 1".
fn named(words: &str, plan: &Plan) -> String {
    let mut said = words.to_owned();
    for (v, vertex) in plan.graph.vertices.iter().enumerate().rev() {
        said = said.replace(&format!("vertex {v} "), &format!("{} ", vertex.id));
        said = said.replace(&format!("vertex {v}"), &vertex.id);
    }
    said
}

/// True if some of the input is freed by these entries.
pub fn free_input(entries: &[Entry], plan: &Plan) -> bool {
    let input = &plan.graph.vertices[Graph::INPUT].id;
    let frees = |e: &Entry| matches!(&e.what, What::Free { vertex, .. } if vertex == input);
    entries.iter().any(frees)
}

/// Refuses what a phase never comes to: a state behind its last, or for a rule without steps what is done at one.
///
/// # Errors
/// One line naming the entry and what was expected.
pub fn refuse_unreached(
    entries: &[Entry],
    steps: Option<usize>,
    rule: &str,
) -> Result<(), ExperimentError> {
    for (i, entry) in entries.iter().enumerate() {
        let moves = matches!(entry.what, What::Set { .. } | What::Kick { .. });
        let problem = match steps {
            Some(steps) if entry.at > steps => {
                format!("at is {}; expected a state from 0 to T = {steps}", entry.at)
            }
            None if entry.at > 0 || moves => {
                format!("{rule} has no steps; expected another rule, or what lasts from at = 0 on")
            }
            _ => continue,
        };
        return Err(ExperimentError(format!(
            "intervention {}: {problem}",
            i + 1
        )));
    }
    Ok(())
}

/// The entries among these that a network has, in their order.
pub fn fitting(entries: &[Entry], plan: &Plan) -> Vec<Entry> {
    let mut kept: Vec<Entry> = Vec::new();
    for entry in entries {
        kept.push(entry.clone());
        if refuse_unknown(&kept, plan).is_err() {
            kept.pop();
        }
    }
    kept
}

fn acts(what: &What, plan: &Plan, mean: &dyn Fn(usize) -> f64) -> Result<Vec<Act>, String> {
    let of = |vertex: &str, units: &Units, act: &dyn Fn(usize, usize) -> Act| {
        let (v, units) = places(vertex, units, plan)?;
        Ok(units.into_iter().map(|unit| act(v, unit)).collect())
    };
    match what {
        What::Clamp {
            vertex,
            units,
            value,
        } => of(vertex, units, &|vertex, unit| Act::Clamp {
            vertex,
            unit,
            value: *value,
        }),
        What::Free {
            vertex,
            units,
            from,
        } => {
            let (v, units) = places(vertex, units, plan)?;
            if v != Graph::INPUT && *from != From::There {
                return Err(format!(
                    "{vertex} is not the input, and sets out from what it is; expected it without from"
                ));
            }
            let mut all = Vec::new();
            for unit in units {
                let value = match from {
                    From::There => None,
                    From::Mean => Some(mean(unit)),
                    From::Value(value) => Some(*value),
                };
                all.extend(value.map(|value| Act::Set {
                    vertex: v,
                    unit,
                    value,
                }));
                all.push(Act::Free { vertex: v, unit });
            }
            Ok(all)
        }
        What::Set {
            vertex,
            units,
            value,
        } => of(vertex, units, &|vertex, unit| Act::Set {
            vertex,
            unit,
            value: *value,
        }),
        What::Kick { vertex, units, by } => of(vertex, units, &|vertex, unit| Act::Kick {
            vertex,
            unit,
            by: *by,
        }),
        What::Lesion { vertex, units } => {
            of(vertex, units, &|vertex, unit| Act::Lesion { vertex, unit })
        }
        What::Cut { parameter, place } => {
            let (p, place) = weight(parameter, *place, plan)?;
            let own = &plan.graph.parameters[p];
            let of_kernel = plan.edges.iter().any(|edge| {
                edge.weight.as_ref().is_some_and(|w| w.parameter == p) && !edge.op.by_unit()
            });
            if own.is_bias || of_kernel {
                return Err(format!(
                    "{parameter} has no edge between two nodes: {}; expected a matrix of a dense or recurrent layer",
                    match own.is_bias {
                        true => "it is a bias",
                        false =>
                            "its numbers are shared over positions (a weight can be set, and a node lesioned)",
                    }
                ));
            }
            Ok(vec![Act::Cut { place }])
        }
        What::Weight {
            parameter,
            place,
            value,
        } => {
            let (_, place) = weight(parameter, *place, plan)?;
            Ok(vec![Act::Weight {
                place,
                value: *value,
            }])
        }
        What::Precision { level, value } => Ok(vec![Act::Precision {
            level: *level,
            value: *value,
        }]),
        What::Class(class) => {
            let units = plan.len_of(plan.output());
            if plan.graph.loss != Loss::CrossEntropy {
                return Err(format!(
                    "target is class {class}, and the loss is {}; expected a list with {units} values",
                    plan.graph.loss.name()
                ));
            }
            if *class >= units {
                return Err(format!(
                    "target is class {class}; expected a number from 0 to {}",
                    units - 1
                ));
            }
            let mut target = vec![0.0; units];
            target[*class] = 1.0;
            Ok(vec![Act::Target(target)])
        }
        What::Values(values) => Ok(vec![Act::Target(values.clone())]),
    }
}

/// A vertex by its id, and stored places of some of its units.
fn places(id: &str, units: &Units, plan: &Plan) -> Result<(usize, Vec<usize>), String> {
    let vertices = &plan.graph.vertices;
    let v = vertices.iter().position(|v| v.id == id).ok_or_else(|| {
        let names = || vertices.iter().map(|v| v.id.as_str());
        let hint =
            closest(id, names()).map_or_else(String::new, |n| format!("; did you mean {n}?"));
        let all: Vec<&str> = names().collect();
        let few = match &all[..] {
            [first, .., last] if all.len() > 12 => format!("{first} to {last}"),
            all => all.join(", "),
        };
        format!("there is no vertex {id}; expected one of {few}{hint}")
    })?;
    let shape = vertices[v].shape;
    let order = as_in_files(shape);
    let last = order.len() - 1;
    let sized = match shape.is_flat() {
        true => String::new(),
        false => format!(
            " (or [channel, row, column] up to [{}, {}, {}])",
            shape.channels - 1,
            shape.height - 1,
            shape.width - 1
        ),
    };
    match units {
        Units::All => Ok((v, order)),
        Units::At([c, y, x]) => {
            if *c >= shape.channels || *y >= shape.height || *x >= shape.width {
                return Err(format!(
                    "{id} is {shape}; unit is [{c}, {y}, {x}]; expected a number from 0 to {last}{sized}"
                ));
            }
            Ok((v, vec![shape.index(*c, *y, *x)]))
        }
        Units::Some(all) => {
            if let Some(unit) = all.iter().find(|u| **u > last) {
                return Err(format!(
                    "{id} has {} units; unit is {unit}; expected a number from 0 to {last}{sized}",
                    last + 1
                ));
            }
            Ok((v, all.iter().map(|&u| order[u]).collect()))
        }
    }
}

/// A parameter by its name, and the place of one of its numbers in the arena of parameters.
fn weight(name: &str, [row, column]: [usize; 2], plan: &Plan) -> Result<(usize, usize), String> {
    let parameters = &plan.graph.parameters;
    let p = parameters
        .iter()
        .position(|p| p.name == name)
        .ok_or_else(|| {
            let names = || parameters.iter().map(|p| p.name.as_str());
            let hint =
                closest(name, names()).map_or_else(String::new, |n| format!("; did you mean {n}?"));
            let first = names().next().unwrap_or_default();
            format!("there is no parameter {name}; expected a name as {first}{hint}")
        })?;
    let own = &parameters[p];
    if row >= own.rows || column >= own.cols {
        return Err(format!(
            "{name} is {} × {}; place is [{row}, {column}]; expected [0, 0] to [{}, {}]",
            own.rows,
            own.cols,
            own.rows - 1,
            own.cols - 1
        ));
    }
    let stored = own.stored_index(row * own.cols + column);
    Ok((p, plan.parameter(p).start + stored))
}

/// The stored place of each unit of a shape, as files lay it out: channel by channel, row by row.
pub fn as_in_files(s: Shape) -> Vec<usize> {
    (0..s.channels)
        .flat_map(|c| (0..s.height).flat_map(move |y| (0..s.width).map(move |x| s.index(c, y, x))))
        .collect()
}

/// The number that files count a stored unit by.
pub fn unit_in_file(plan: &Plan, vertex: usize, stored: usize) -> usize {
    let shape = plan.graph.vertices[vertex].shape;
    let (channel, row, column) = shape.position(stored);
    (channel * shape.height + row) * shape.width + column
}

impl Entry {
    /// It in one line, by the names on screen of a plan or else those of files: "kick dense 1, unit 4, by 0.5 at t = 3".
    pub fn words(&self, plan: Option<&Plan>) -> String {
        let of = |id: &str, units: &Units| {
            let mut vertices = plan.iter().flat_map(|p| &p.graph.vertices);
            let vertex = vertices.find(|v| v.id == id);
            let name = vertex.map_or(id, |v| v.label.as_str());
            match units {
                Units::All => format!("all of {name}"),
                Units::At([c, y, x]) => format!("{name}, ch {c} [{y}, {x}]"),
                Units::Some(all) if all.len() == 1 => match vertex.map(|v| v.shape) {
                    Some(s) if !s.is_flat() => {
                        let (c, y, x) = (
                            all[0] / (s.height * s.width),
                            all[0] / s.width % s.height,
                            all[0] % s.width,
                        );
                        format!("{name}, ch {c} [{y}, {x}]")
                    }
                    _ => format!("{name}, unit {}", all[0]),
                },
                Units::Some(all) => format!("{} units of {name}", all.len()),
            }
        };
        let said = match &self.what {
            What::Clamp {
                vertex,
                units,
                value: Some(value),
            } => format!("clamp {} at {value}", of(vertex, units)),
            What::Clamp { vertex, units, .. } => format!("clamp {}", of(vertex, units)),
            What::Free {
                vertex,
                units,
                from,
            } => {
                let from = match from {
                    From::There => String::new(),
                    From::Mean => " from the mean".into(),
                    From::Value(value) => format!(" from {value}"),
                };
                format!("free {}{from}", of(vertex, units))
            }
            What::Set {
                vertex,
                units,
                value,
            } => format!("set {} to {value}", of(vertex, units)),
            What::Kick { vertex, units, by } => format!("kick {} by {by}", of(vertex, units)),
            What::Lesion { vertex, units } => format!("lesion {}", of(vertex, units)),
            What::Cut { parameter, place } => {
                format!("cut {parameter} [{}, {}]", place[0], place[1])
            }
            What::Weight {
                parameter,
                place,
                value,
            } => format!("{parameter} [{}, {}] is {value}", place[0], place[1]),
            What::Precision { level: 0, value } => format!("p of the output is {value}"),
            What::Precision { level, value } => format!("π of level {level} is {value}"),
            What::Class(class) => format!("target is class {class}"),
            What::Values(_) => "target is another".to_owned(),
        };
        format!("{said} at t = {}", self.at)
    }
}

#[cfg(test)]
#[path = "interventions_test.rs"]
mod tests;
