//! What somebody does to a network while it infers one example: a finger on a node, from some state on.
//!
//! Of what is done at t = 0, all that lasts is part of the start: the forward pass runs through it. What is done at a later state is done
//! once that state holds, before anything of it is captured. A value that the input is given at t = 0 is part of the start as well. Moves ([`Act::Set`], [`Act::Kick`]) are a Δx: ε grows by them, and what is
//! predicted from the unit follows. All else lasts until the phase ends.

use super::clamps::{ClampError, Clamps};
use super::inference::Energetics;
use crate::network::{Gradient, Graph, Loss, Plan, Scalar, Weights};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// One thing that is done. Units are counted as they are stored (see [`crate::network::Shape::position`]).
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// The unit holds a value from now on; without one, what it has come to. Of the output: it has its target again.
    Clamp {
        /// The vertex.
        vertex: usize,
        /// The unit.
        unit: usize,
        /// The value, if not the present one.
        value: Option<f64>,
    },
    /// The unit is held no more. Of the input: its value moves by what it predicts. Of the output: it has no target.
    Free {
        /// The vertex.
        vertex: usize,
        /// The unit.
        unit: usize,
    },
    /// x becomes a value, once.
    Set {
        /// The vertex.
        vertex: usize,
        /// The unit.
        unit: usize,
        /// The value.
        value: f64,
    },
    /// x grows by something, once.
    Kick {
        /// The vertex.
        vertex: usize,
        /// The unit.
        unit: usize,
        /// Δx.
        by: f64,
    },
    /// The unit is taken out: x, f(x), μ and ε are 0.
    Lesion {
        /// The vertex.
        vertex: usize,
        /// The unit.
        unit: usize,
    },
    /// A weight is taken out: it is 0, and nothing that is learned changes it. One that is shared is gone wherever it is read.
    Cut {
        /// Its place in the arena of parameters.
        place: usize,
    },
    /// A weight or bias has another value.
    Weight {
        /// Its place in the arena of parameters.
        place: usize,
        /// The value.
        value: f64,
    },
    /// π of a hidden level; p of level 0.
    Precision {
        /// The level.
        level: usize,
        /// The precision.
        value: f64,
    },
    /// The output's target.
    Target(Vec<f64>),
}

/// Something done from a state on.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervention {
    /// The state t at which it is done.
    pub at: usize,
    /// What.
    pub act: Act,
}

/// Why something cannot be done.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum InterventionError {
    /// The unit cannot be held, freed or taken out.
    #[error(transparent)]
    Clamp(#[from] ClampError),
    /// A unit that is taken out has no value.
    #[error("unit {unit} of vertex {vertex} is lesioned, and has no value to set")]
    Lesioned {
        /// The vertex.
        vertex: usize,
        /// The unit.
        unit: usize,
    },
    /// There is no such weight.
    #[error("there is no weight {place}; expected a place below {count}")]
    NoSuchWeight {
        /// The place.
        place: usize,
        /// Weights and biases there are.
        count: usize,
    },
    /// There is no such level, or it has no number of its own.
    #[error("level {level} has no precision of its own; expected 0 (the output) to {most}")]
    NoSuchLevel {
        /// The level.
        level: usize,
        /// The deepest that has one.
        most: usize,
    },
    /// A number is not what is needed.
    #[error("{what} is {value}; expected {expected}")]
    Value {
        /// Of what.
        what: &'static str,
        /// The number.
        value: String,
        /// What would be accepted.
        expected: &'static str,
    },
    /// A target of another length.
    #[error("a target of {len}; the output has {units} units")]
    Target {
        /// Numbers given.
        len: usize,
        /// Units of the output.
        units: usize,
    },
}

/// All that is done to one example, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interventions(Vec<Intervention>);

/// What lasts at some state, of all that was done by then.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Which units hold their values, which are free, and which are taken out.
    pub clamps: Clamps,
    /// Weights that are gone, as places in the arena of parameters.
    pub cut: BTreeSet<usize>,
    /// Weights that have other values.
    pub weights: BTreeMap<usize, f64>,
    /// Precisions that are not the schedule's: by level.
    pub precisions: BTreeMap<usize, f64>,
    /// The target, if it is not the example's.
    pub target: Option<Vec<f64>>,
    /// Values of the input that the phase begins with, where they are not the example's.
    pub inputs: BTreeMap<usize, f64>,
}

impl Interventions {
    /// Things done, in the order of states; of one state, in the order given.
    ///
    /// # Errors
    /// The first that the network does not have or that means nothing, with its place in `all`.
    pub fn new(
        mut all: Vec<Intervention>,
        plan: &Plan,
    ) -> Result<Self, (usize, InterventionError)> {
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|&i| all[i].at);
        let mut standing = Standing::default();
        for &i in &order {
            let act = &all[i].act;
            let done = check(act, plan, &standing);
            done.map_err(|e| (i, e))?;
            standing.add(&all[i], plan);
        }
        // Under cross-entropy outputs are free together: looked at once all of a state is done.
        let mut standing = Standing::default();
        for (k, &i) in order.iter().enumerate() {
            standing.add(&all[i], plan);
            let next = order.get(k + 1).map(|&n| all[n].at);
            if next != Some(all[i].at) {
                standing.clamps.check(plan).map_err(|e| (i, e.into()))?;
            }
        }
        all.sort_by_key(|one| one.at);
        Ok(Self(all))
    }

    /// Nothing is done.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order in which they are done.
    pub fn all(&self) -> &[Intervention] {
        &self.0
    }

    /// True if something has been done by state t.
    pub fn active(&self, t: usize) -> bool {
        self.0.first().is_some_and(|one| one.at <= t)
    }

    /// What is done at state t.
    pub fn at(&self, t: usize) -> &[Intervention] {
        let first = self.0.partition_point(|one| one.at < t);
        let end = self.0.partition_point(|one| one.at <= t);
        &self.0[first..end]
    }

    /// What lasts at state t.
    pub fn standing(&self, plan: &Plan, t: usize) -> Standing {
        let mut standing = Standing::default();
        for one in self.0.iter().take_while(|one| one.at <= t) {
            standing.add(one, plan);
        }
        standing
    }
}

impl Standing {
    /// Takes one more thing up.
    fn add(&mut self, one: &Intervention, plan: &Plan) {
        let (act, output) = (&one.act, plan.output());
        if let (true, Some((unit, value))) = (one.at == 0, given(act)) {
            self.inputs.insert(unit, value);
        }
        let clamps = std::mem::take(&mut self.clamps);
        self.clamps = match *act {
            Act::Clamp { vertex, unit, .. } if vertex == output => clamps.as_it_comes(vertex, unit),
            Act::Clamp {
                vertex,
                unit,
                value: Some(value),
            } => clamps.hold(vertex, unit, value),
            Act::Clamp {
                vertex,
                unit,
                value: None,
            } if vertex == Graph::INPUT => clamps.as_it_comes(vertex, unit),
            // What is held already has come to that.
            Act::Clamp { vertex, unit, .. } if clamps.held(vertex).any(|(u, _)| u == unit) => {
                clamps
            }
            Act::Clamp {
                vertex,
                unit,
                value: None,
            } => clamps.hold_there(vertex, unit),
            Act::Free { vertex, unit } if vertex == Graph::INPUT || vertex == output => {
                clamps.free(vertex, unit)
            }
            Act::Free { vertex, unit } => clamps.as_it_comes(vertex, unit),
            Act::Lesion { vertex, unit } => clamps.as_it_comes(vertex, unit).lesion(vertex, unit),
            _ => clamps,
        };
        match act {
            Act::Cut { place } => _ = self.cut.insert(*place),
            Act::Weight { place, value } => _ = self.weights.insert(*place, *value),
            Act::Precision { level, value } => _ = self.precisions.insert(*level, *value),
            Act::Target(target) => self.target = Some(target.clone()),
            _ => {}
        }
    }

    /// The energy's weights, of a network whose levels are 0 to `deepest`.
    pub fn energetics(&self, own: Energetics, deepest: usize) -> Energetics {
        let mut all = own;
        for (&level, &value) in &self.precisions {
            if level == 0 {
                all.output = value;
            } else {
                all.hidden = all.hidden.with(level, value, deepest).unwrap_or(all.hidden);
            }
        }
        all
    }

    /// True if weights are not what they were.
    pub fn changes_weights(&self) -> bool {
        !(self.cut.is_empty() && self.weights.is_empty())
    }

    /// Changes the weights that are set or gone.
    pub fn change<S: Scalar>(&self, weights: &mut Weights<S>) {
        if !self.changes_weights() {
            return;
        }
        weights.change(|all| {
            for (&place, &value) in &self.weights {
                all[place] = S::from_f64(value);
            }
            self.cut.iter().for_each(|&place| all[place] = S::ZERO);
        });
    }

    /// What is cut contributes nothing to a sum that is held as numbers.
    pub fn sever<S: Scalar>(&self, gradient: &mut Gradient<S>) {
        self.cut.iter().for_each(|&place| gradient[place] = S::ZERO);
    }

    /// Writes the values of one example's input that are not its own.
    pub fn enter<S: Scalar>(&self, input: &mut [S]) {
        for (&unit, &value) in &self.inputs {
            input[unit] = S::from_f64(value);
        }
        for unit in self.clamps.lesioned(Graph::INPUT) {
            input[unit] = S::ZERO;
        }
    }

    /// Writes the target of one example, where it is not its own.
    pub fn aim<S: Scalar>(&self, target: &mut [S]) {
        if let Some(own) = &self.target {
            let pairs = target.iter_mut().zip(own);
            pairs.for_each(|(y, &own)| *y = S::from_f64(own));
        }
    }
}

/// The unit of the input that is given a value, and that.
fn given(act: &Act) -> Option<(usize, f64)> {
    match *act {
        Act::Set {
            vertex: Graph::INPUT,
            unit,
            value,
        }
        | Act::Clamp {
            vertex: Graph::INPUT,
            unit,
            value: Some(value),
        } => Some((unit, value)),
        _ => None,
    }
}

/// True if something done at t = 0 is no part of the start, but comes behind it.
pub fn follows_start(act: &Act) -> bool {
    matches!(act, Act::Set { .. } | Act::Kick { .. }) && given(act).is_none()
}

/// The deepest level whose precision can be set alone.
fn deepest(plan: &Plan) -> usize {
    plan.depth().min(super::inference::MOST_PRECISIONS)
}

/// Whether a network has what something is done to, in the state that it is in.
fn check(act: &Act, plan: &Plan, standing: &Standing) -> Result<(), InterventionError> {
    let (vertices, output) = (plan.graph.vertices.len(), plan.output());
    let unit_of = |vertex: usize, unit: usize| {
        if vertex >= vertices || unit >= plan.len_of(vertex) {
            return Err(ClampError::NoSuchUnit { vertex, unit });
        }
        Ok(())
    };
    let finite = |what: &'static str, value: f64| {
        if value.is_finite() {
            return Ok(());
        }
        Err(InterventionError::Value {
            what,
            value: value.to_string(),
            expected: "a finite number",
        })
    };
    let place_of = |place: usize| {
        let count = plan.parameter_count();
        if place >= count {
            return Err(InterventionError::NoSuchWeight { place, count });
        }
        Ok(())
    };
    match *act {
        Act::Clamp {
            vertex,
            unit,
            value,
        } => {
            unit_of(vertex, unit)?;
            finite("the value", value.unwrap_or(0.0))?;
            if vertex == output && value.is_some() {
                return Err(ClampError::Output(vertex).into());
            }
        }
        Act::Free { vertex, unit } => {
            unit_of(vertex, unit)?;
            let end = vertex == Graph::INPUT || vertex == output;
            if !end && !standing.clamps.is_held(plan, vertex, unit) {
                return Err(ClampError::NoEnd(vertex).into());
            }
        }
        Act::Set {
            vertex,
            unit,
            value,
        }
        | Act::Kick {
            vertex,
            unit,
            by: value,
        } => {
            unit_of(vertex, unit)?;
            finite("the value", value)?;
            if vertex == output {
                return Err(ClampError::Output(vertex).into());
            }
            if standing.clamps.is_lesioned(vertex, unit) {
                return Err(InterventionError::Lesioned { vertex, unit });
            }
        }
        Act::Lesion { vertex, unit } => {
            unit_of(vertex, unit)?;
            if vertex == output {
                return Err(ClampError::Output(vertex).into());
            }
        }
        Act::Cut { place } => place_of(place)?,
        Act::Weight { place, value } => {
            place_of(place)?;
            finite("the weight", value)?;
        }
        Act::Precision { level, value } => {
            let most = deepest(plan);
            if level > most {
                return Err(InterventionError::NoSuchLevel { level, most });
            }
            if !(value.is_finite() && value > 0.0) {
                return Err(InterventionError::Value {
                    what: "the precision",
                    value: value.to_string(),
                    expected: "a finite number above 0",
                });
            }
        }
        Act::Target(ref target) => {
            let units = plan.len_of(output);
            if target.len() != units {
                return Err(InterventionError::Target {
                    len: target.len(),
                    units,
                });
            }
            target.iter().try_for_each(|&y| finite("the target", y))?;
            let sum: f64 = target.iter().sum();
            let shares = target.iter().all(|y| *y >= 0.0) && (sum - 1.0).abs() < 1e-3;
            if plan.graph.loss == Loss::CrossEntropy && !shares {
                return Err(InterventionError::Value {
                    what: "the target's sum",
                    value: sum.to_string(),
                    expected: "shares, 0 or above, that sum to 1 (the loss is cross-entropy)",
                });
            }
        }
    }
    Ok(())
}
