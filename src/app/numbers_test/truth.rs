//! What the numbers on screen must be, and how they are read and compared.

use super::LAST;
use super::loops::{self, Example, Loops};
use crate::app::format;
use crate::app::views::steps;
use crate::experiment::file::{Dtype, Experiment};
use crate::experiment::loading::load_data;
use crate::experiment::microscope::{Field, Microscope, MicroscopeSnapshot, Subject};
use crate::experiment::setup::Setup;
use crate::network::{Graph, Scalar, Weights};
use std::sync::Arc;

/// What a text says of a number, and half of its last digit.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    pub value: f64,
    pub half: f64,
}

/// Reads a number as it is written on screen; `None` if the text is none.
pub fn read(text: &str) -> Option<Said> {
    let text = text.trim_end_matches([',', ')', ';']);
    let mut plain: String = text
        .chars()
        .filter(|c| *c != ',' && *c != '+')
        .map(|c| if c == format::MINUS { '-' } else { c })
        .collect();
    if let Some(rest) = plain.strip_prefix('×') {
        plain = rest.to_owned();
    }
    let value: f64 = plain.parse().ok()?;
    let (mantissa, exponent) = plain.split_once('e').unwrap_or((&plain, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |m| m.1.len() as i32);
    let exponent: i32 = exponent.parse().ok()?;
    let digits = mantissa.chars().filter(char::is_ascii_digit).count();
    // A whole number of more than four digits may be rounded to four.
    let half = match decimals {
        0 if value == 0.0 => 0.0,
        _ => 0.5 * 10f64.powi(exponent - decimals),
    };
    let whole = decimals == 0 && digits >= 4;
    Some(Said {
        value,
        half: if whole {
            half.max(5e-4 * value.abs())
        } else {
            half
        },
    })
}

/// The numbers of a text, in order.
pub fn numbers(text: &str) -> Vec<Said> {
    text.split_whitespace().filter_map(read).collect()
}

/// What the numbers on screen must be.
pub struct Truth {
    /// The engine's trace, from the same file with the same seed.
    pub trace: MicroscopeSnapshot,
    weights: Weights<f64>,
    input: Vec<f64>,
    pub target: Vec<f64>,
    missing: usize,
    pub classes: Vec<String>,
}

impl Truth {
    pub fn new(experiment: &Experiment, subject: &Subject) -> Self {
        match experiment.dtype {
            Dtype::F32 => Self::with::<f32>(experiment, subject),
            Dtype::F64 => Self::with::<f64>(experiment, subject),
        }
    }

    pub fn with<S: Scalar>(experiment: &Experiment, subject: &Subject) -> Self {
        let data = load_data(experiment).unwrap();
        let classes = data.classes().to_vec();
        let setup = Setup::<S>::new(experiment.clone(), data).unwrap();
        let example = setup.example(subject.example);
        let double = |values: &[S]| values.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
        let weights =
            Weights::from_values(Arc::clone(&setup.plan), &double(setup.initial.values()));
        let (input, target) = (double(&example.inputs), double(&example.targets));
        let missing = example.missing.first().map_or(0, |&n| n as usize);
        let mut scope = Microscope::new(setup.begin(), subject.clone(), example);
        scope.run_to(LAST);
        Self {
            trace: scope.snapshot(),
            weights,
            input,
            target,
            missing,
            classes,
        }
    }

    pub fn loops(&self) -> Loops<'_> {
        let trace = &self.trace;
        let gamma = trace.schedule.map_or(0.0, |s| s.gamma);
        let example = Example {
            plan: &trace.plan,
            weights: &self.weights,
            input: &self.input,
            target: &self.target,
            missing: self.missing,
        };
        let last = LAST.min(trace.steps);
        Loops::new(example, trace.subject.rule, gamma, last)
    }
}

/// What is checked and counted.
pub struct Checker<'a> {
    pub truth: &'a Truth,
    pub loops: &'a Loops<'a>,
    pub t: usize,
    pub place: String,
    pub checked: usize,
}

impl Checker<'_> {
    /// A number on screen against the trace's and the loops'.
    pub fn same(&mut self, said: Said, trace: f64, plain: f64, what: &str) {
        let place = &self.place;
        let off = (said.value - trace).abs();
        assert!(
            off <= said.half * (1.0 + 1e-9) + 1e-12 * trace.abs(),
            "{place}: {what} is said to be {said:?}; the trace has {trace}"
        );
        // Errors of single precision are of the size of what they were subtracted from.
        let slack = 4e-6 + 1e-4 * plain.abs();
        assert!(
            (said.value - plain).abs() <= said.half + slack,
            "{place}: {what} is said to be {said:?}; plain loops have {plain}"
        );
        if said.value != 0.0 && plain.abs() > said.half + slack {
            assert_eq!(said.value < 0.0, plain < 0.0, "{place}: the sign of {what}");
        }
        if said.half == 0.0 {
            assert!(
                trace == 0.0,
                "{place}: {what} is said to be 0; it is {trace}"
            );
        }
        self.checked += 1;
    }

    /// All digits on screen are the trace's number, bit for bit.
    pub fn exactly(&mut self, text: &str, trace: f64, what: &str) {
        let said = read(text).unwrap_or_else(|| panic!("{}: {what}: {text}", self.place));
        let equal = match self.truth.trace.dtype() {
            Dtype::F32 => (said.value as f32).to_bits() == (trace as f32).to_bits(),
            Dtype::F64 => said.value.to_bits() == trace.to_bits(),
        };
        assert!(
            equal,
            "{}: {what} is said to be {text}; the trace has {trace}",
            self.place
        );
        let digits = text.chars().filter(char::is_ascii_digit).count();
        if self.truth.trace.dtype() == Dtype::F32 && !text.contains('e') && trace.abs() > 1e-3 {
            assert!(
                digits <= 12,
                "{}: {what} has {digits} digits: {text}",
                self.place
            );
        }
        self.checked += 1;
    }

    pub fn trace(&self, field: Field, v: usize, unit: usize) -> f64 {
        self.truth.trace.value(self.t, field, v, unit)
    }

    pub fn plain(&self, field: Field, t: usize, v: usize, unit: usize) -> f64 {
        let state = &self.loops.states[t];
        match field {
            Field::X => state.x[v][unit],
            Field::Fx => state.fx[v][unit],
            Field::Mu => state.mu[v][unit],
            Field::Eps => state.eps[v][unit],
            Field::Dx => state.dx[v][unit],
            Field::Delta => self.loops.delta[v][unit],
        }
    }

    /// The field of a symbol on screen.
    pub fn field(symbol: &str) -> Option<Field> {
        Some(match symbol {
            "x" => Field::X,
            "f(x)" => Field::Fx,
            "μ" => Field::Mu,
            "ε" | "δ so far" => Field::Eps,
            "Δx" => Field::Dx,
            "δ" | "δ (BP)" | "δ (BPTT)" => Field::Delta,
            _ => return None,
        })
    }

    /// A text like "x −0.06, μ −0.07, ε 0": symbols, each with its number.
    pub fn pairs(&mut self, text: &str, v: usize, unit: usize, exact: bool) -> usize {
        let mut found = 0;
        for pair in text.split(", ") {
            let Some((symbol, number)) = pair.rsplit_once(' ') else {
                continue;
            };
            let Some(field) = Self::field(symbol) else {
                if symbol == "softmax(μ)" {
                    let share = self.share(unit);
                    self.near(read(number).unwrap(), share, symbol);
                }
                continue;
            };
            let trace = self.trace(field, v, unit);
            if exact {
                self.exactly(number, trace, symbol);
            }
            let plain = self.plain(field, self.t, v, unit);
            self.same(read(number).unwrap(), trace, plain, symbol);
            found += 1;
        }
        found
    }

    /// softmax(μ) of an output: y − ε.
    pub fn share(&self, unit: usize) -> f64 {
        let output = self.truth.trace.plan.output();
        self.truth.target[unit] - self.plain(Field::Eps, self.t, output, unit)
    }

    /// A row of the inspector's table: now, before, and the change.
    pub fn row(&mut self, text: &str, v: usize, unit: usize) -> bool {
        let symbols = ["f(x)", "δ so far", "δ (BP)", "x", "μ", "ε"];
        let Some(symbol) = symbols.iter().find(|s| {
            text.strip_prefix(**s)
                .is_some_and(|rest| rest.starts_with(' '))
        }) else {
            return false;
        };
        let rest = &text[symbol.len()..];
        let said = numbers(rest);
        if said.is_empty() || said.len() != rest.split_whitespace().count() {
            return false;
        }
        let field = Self::field(symbol).unwrap();
        let t = self.t;
        let now = (self.trace(field, v, unit), self.plain(field, t, v, unit));
        self.same(said[0], now.0, now.1, symbol);
        if let (Some(b), Some(said)) = (t.checked_sub(1), said.get(1..3)) {
            let before = (
                self.truth.trace.value(b, field, v, unit),
                self.plain(field, b, v, unit),
            );
            self.same(said[0], before.0, before.1, "the number before");
            self.same(said[1], now.0 - before.0, now.1 - before.1, "the change");
        }
        true
    }

    /// An equation: its numbers, and that it holds to the digits said.
    pub fn equation(&mut self, text: &str, v: usize, unit: usize) {
        let t = self.t;
        let b = t.saturating_sub(1);
        let after = |symbol: &str| -> Option<Said> {
            let (_, rest) = text.split_once(&format!("{symbol} "))?;
            read(rest.split_whitespace().next()?)
        };
        let at = |me: &Self, field, t: usize| {
            (
                me.truth.trace.value(t, field, v, unit),
                me.plain(field, t, v, unit),
            )
        };
        let sum = |terms: &[[f64; 3]]| terms.iter().map(|p| p[2]).sum::<f64>();
        let activation = self.truth.trace.plan.graph.vertices[v].activation;
        let holds = |left: Said, right: f64, half: f64| {
            assert!(
                (left.value - right).abs() <= (left.half + half) * 1.001 + 1e-9,
                "{}: {text} does not hold: {right} ± {half}",
                self.place
            );
        };
        let slope = |x: f64| loops::slope(activation, x);
        if text.starts_with("Δx") {
            let (dx, gamma) = (after("Δx").unwrap(), after("γ").unwrap());
            let (eps, f, s) = (
                after("−ε").unwrap(),
                after("f′").unwrap(),
                after("Σ W ε").unwrap(),
            );
            let inside = eps.value + f.value * s.value;
            let half = eps.half + f.value.abs() * s.half + f.half * (s.value.abs() + s.half);
            let half = gamma.value * half + gamma.half * inside.abs();
            holds(dx, gamma.value * inside, half);
            let (trace, plain) = at(self, Field::Dx, t);
            self.same(dx, trace, plain, "Δx");
            let (trace, plain) = at(self, Field::Eps, b);
            self.same(eps, -trace, -plain, "−ε");
            let held = if self.truth.trace.schedule.unwrap().frozen {
                Field::Mu
            } else {
                Field::X
            };
            let (trace, plain) = at(self, held, b);
            self.same(f, slope(trace), slope(plain), "f′");
            let pulls = self.loops.pulls(b, v, unit);
            let sum = sum(&pulls);
            // The trace has no sums: they are made of its numbers.
            let own = self.pulls_of_trace(b, v, unit);
            self.same(s, own, sum, "Σ W ε");
        } else if text.starts_with("δ") && text.contains("f′") {
            let (d, f, s) = (
                after("δ").unwrap(),
                after("f′").unwrap(),
                after("Σ W δ").unwrap(),
            );
            let half = f.value.abs() * s.half + f.half * (s.value.abs() + s.half);
            holds(d, f.value * s.value, half);
            let (trace, plain) = at(self, Field::Delta, t);
            self.same(d, trace, plain, "δ");
            let pulls = sum(&self.loops.pulls(t, v, unit));
            let own = self.pulls_of_trace(t, v, unit);
            self.same(s, own, pulls, "Σ W δ");
        } else if text.starts_with("μ") {
            let mu = after("μ").unwrap();
            let (trace, plain) = at(self, Field::Mu, t);
            self.same(mu, trace, plain, "μ");
            let sums = ["Σ W f(x)", "largest f(x)", "mean of f(x)", "= f(x)"];
            let s = sums.into_iter().find_map(after).unwrap();
            let predicts = sum(&self.loops.predicts(t, v, unit));
            let bias = self.loops.bias(v, unit).unwrap_or(0.0);
            self.same(s, trace - bias, predicts, "what predicts it")
        } else if text.starts_with("ε") && text.contains("(ε + Δx)") {
            let (e, moved, mu) = (
                after("ε").unwrap(),
                after("(ε + Δx)").unwrap(),
                after("(μ new − old)").unwrap(),
            );
            holds(e, moved.value - mu.value, moved.half + mu.half);
            let (trace, plain) = at(self, Field::Eps, t);
            self.same(e, trace, plain, "ε");
            let (now, before) = (at(self, Field::Mu, t), at(self, Field::Mu, b));
            self.same(mu, now.0 - before.0, now.1 - before.1, "the change of μ");
        } else {
            // The output: its error from the target and what is said.
            let symbol = text.split(' ').next().unwrap();
            let (e, y) = (after(symbol).unwrap(), after("y").unwrap());
            let said = after("softmax(μ)").or_else(|| after("− μ")).unwrap();
            holds(e, y.value - said.value, y.half + said.half);
            let (trace, plain) = at(self, Field::Eps, t);
            self.same(e, trace, plain, "the output's error");
            let target = self.truth.target[unit];
            self.same(y, target, target, "y");
            self.same(said, target - trace, target - plain, "what the output says");
        }
    }

    /// Σ W ε of a unit from the numbers of the trace.
    pub fn pulls_of_trace(&self, t: usize, v: usize, unit: usize) -> f64 {
        let trace = &self.truth.trace;
        let fx: Vec<f64> = (0..trace.plan.len_of(v))
            .map(|i| trace.value(t, Field::Fx, v, i))
            .collect();
        let mut sum = 0.0;
        for edge in trace.plan.graph.edges.iter().filter(|e| e.from == v) {
            self.loops.products(edge, &fx, &mut |p| {
                if p.from == unit {
                    sum += p.weight * trace.value(t, Field::Eps, edge.to, p.to);
                }
            });
        }
        sum
    }

    /// The list of terms below an equation: the largest, each the product that is written beside it, the rest, and the sum.
    pub fn terms(&mut self, lines: &[&str], v: usize, unit: usize) {
        let t = self.t;
        let Some(head) = lines
            .iter()
            .position(|l| l.starts_with("Σ over") || l.starts_with("μ is made of"))
        else {
            return;
        };
        let predicts = lines[head].starts_with('μ');
        let bp = self.truth.trace.subject.rule.is_reference();
        let mut all = match (predicts, bp) {
            (true, _) => self.loops.predicts(t, v, unit),
            (false, true) => self.loops.pulls(t, v, unit),
            (false, false) => self.loops.pulls(t - 1, v, unit),
        };
        all.sort_by(|a, b| b[2].abs().total_cmp(&a[2].abs()));
        let bias = self.loops.bias(v, unit).filter(|_| predicts);
        let (mut added, mut half, mut listed) = (0.0, 0.0, 0);
        for line in &lines[head + 1..] {
            let is_term = line.contains(" · ") || line.contains(" more ");
            if !is_term && !line.starts_with("bias ") && !line.starts_with("sum, ") {
                break;
            }
            let said = *numbers(line).last().unwrap();
            if line.starts_with("sum, ") {
                assert!(
                    (added - said.value).abs() <= (half + said.half) * 1.001 + 1e-9,
                    "{}: the terms make {added} ± {half}, not {said:?}: {lines:?}",
                    self.place
                );
                let whole = all.iter().map(|p| p[2]).sum::<f64>() + bias.unwrap_or(0.0);
                self.same(said, whole, whole, "the sum");
                return;
            }
            (added, half) = (added + said.value, half + said.half);
            if line.contains(" more") {
                let rest: f64 = all[listed..].iter().map(|p| p[2]).sum();
                let count = numbers(line)[0].value as usize;
                assert_eq!(count, all.len() - listed, "{}: {line}", self.place);
                self.near(said, rest, "the rest");
            } else if line.starts_with("bias") {
                let bias = bias.unwrap();
                self.near(said, bias, "the bias");
            } else {
                let (_, factors) = line.split_once(" · ").unwrap();
                let before = line.split(" · ").next().unwrap();
                let weight = numbers(before).last().copied().unwrap();
                let other = numbers(factors)[0];
                let off = (weight.value * other.value - said.value).abs();
                let most = said.half
                    + weight.half * (other.value.abs() + other.half)
                    + other.half * weight.value.abs();
                assert!(off <= most * 1.001 + 1e-9, "{}: {line}", self.place);
                self.near(said, all[listed][2], "a term");
                listed += 1;
            }
        }
        // One term and no bias: it is the sum.
        assert!(
            all.len() <= 1 && bias.is_none(),
            "{}: no sum in {lines:?}",
            self.place
        );
    }

    pub fn near(&mut self, said: Said, plain: f64, what: &str) {
        let slack = 4e-6 + 2e-4 * plain.abs();
        assert!(
            (said.value - plain).abs() <= said.half + slack,
            "{}: {what} is said to be {said:?}; plain loops have {plain}",
            self.place
        );
        self.checked += 1;
    }

    /// "name 0.95, name 0.54": a number per vertex.
    pub fn per_vertex(
        &mut self,
        text: &str,
        trace: impl Fn(usize) -> f64,
        plain: impl Fn(usize) -> f64,
    ) {
        let graph = &self.truth.trace.plan.graph;
        let present: Vec<usize> = (1..graph.vertices.len())
            .filter(|&v| !self.truth.trace.is_missing(v))
            .collect();
        let mut seen = 0;
        for part in text.split(", ") {
            let (name, number) = part.rsplit_once(' ').unwrap();
            let v = present
                .iter()
                .copied()
                .find(|&v| steps::short_name(&self.truth.trace, v) == name);
            if let Some(v) = v {
                self.same(read(number).unwrap(), trace(v), plain(v), name);
                seen += 1;
            }
        }
        assert_eq!(seen, present.len(), "{}: {text}", self.place);
    }

    /// The unit that a heading or a card names.
    pub fn unit(&self, name: &str) -> Option<(usize, usize)> {
        let trace = &self.truth.trace;
        let (vertex, place) = name.split_once("  ")?;
        let named = |v: &usize| {
            let short = steps::short_name(trace, *v);
            short == vertex
                || vertex
                    .strip_prefix(&short)
                    .is_some_and(|r| r.starts_with(", "))
        };
        let v = (0..trace.plan.graph.vertices.len())
            .filter(|&v| v == Graph::INPUT || !trace.is_missing(v))
            .find(named)?;
        let shape = trace.plan.graph.vertices[v].shape;
        let number = |key: &str| -> Option<usize> {
            let (_, rest) = place.split_once(key)?;
            read(rest.split([',', ' ']).next()?).map(|s| s.value as usize)
        };
        let unit = match number("channel ") {
            Some(channel) => shape.index(channel, number("row ")?, number("column ")?),
            None => match number("unit ") {
                Some(unit) => unit,
                None => self.truth.classes.iter().position(|c| c == place)?,
            },
        };
        Some((v, unit))
    }
}
