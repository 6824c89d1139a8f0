//! The step that led to a state, for one unit: equations with its numbers filled in, and the terms of their sums.
//!
//! Every number is the engine's own or worked out here from its numbers; what is written adds up to the digits written.

use super::steps;
use crate::app::format;
use crate::app::state::Frame;
use crate::experiment::microscope::terms::{self, Term, predictions};
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::learning::{Course, Epsilon};
use crate::network::ops::{Backward, THROUGH_WEIGHTS};
use crate::network::{Graph, Loss};

/// A symbol of an equation with its number, or a sign between two of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What is written above: `Δx`, `=`, `γ`.
    pub symbol: &'static str,
    /// The number below it; none for signs, which are repeated there.
    pub number: Option<Number>,
}

/// A number of an equation.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// What it is.
    pub value: f64,
    /// What is written.
    pub text: String,
    /// True if the engine holds it as it is; false if it was worked out of such numbers.
    pub held: bool,
}

/// A sum with its terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    /// What is summed over.
    pub head: String,
    /// What the factors of a term are.
    pub factors: &'static str,
    /// All terms.
    pub terms: Vec<Term>,
    /// The bias, which is part of the sum.
    pub bias: Option<f64>,
    /// The symbol of the whole.
    pub symbol: &'static str,
}

impl Sum {
    /// The terms and the bias added up.
    pub fn value(&self) -> f64 {
        sum(&self.terms) + self.bias.unwrap_or(0.0)
    }
}

/// How a unit came to its numbers at a state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worked {
    /// What is shown, in words.
    pub captions: Vec<String>,
    /// The equations.
    pub equations: Vec<Vec<Part>>,
    /// What the sum in them is made of.
    pub sum: Option<Sum>,
    /// What is to be said instead of a sum.
    pub note: Option<String>,
}

/// A number as tables and equations have it: signed, four decimals or a power of ten.
pub fn cell(value: f64) -> String {
    format::column(value, 4)
}

fn sign(symbol: &'static str) -> Part {
    Part {
        symbol,
        number: None,
    }
}

/// A number that the engine holds.
fn held(symbol: &'static str, value: f64) -> Part {
    let text = cell(value);
    part(symbol, value, text, true)
}

/// A number worked out of the engine's.
fn worked(symbol: &'static str, value: f64) -> Part {
    let text = cell(value);
    part(symbol, value, text, false)
}

fn part(symbol: &'static str, value: f64, text: String, held: bool) -> Part {
    let number = Some(Number { value, text, held });
    Part { symbol, number }
}

fn sum(terms: &[Term]) -> f64 {
    terms.iter().map(Term::value).sum()
}

const MOVED: &str = "Weights have moved since t = 0, so the sums through them are not listed.";

/// How unit `unit` of vertex `v` came to its numbers at state `t`.
pub fn work(micro: &MicroscopeSnapshot, v: usize, unit: usize, t: usize) -> Worked {
    let caption = |words: &str| Worked {
        captions: vec![words.to_owned()],
        ..Worked::default()
    };
    let vertex = &micro.plan.graph.vertices[v];
    if v == Graph::INPUT {
        return caption("The input is clamped: it has no prediction, no error and no pull.");
    }
    if micro.is_missing(v) {
        return caption(
            "This example has no such step: its numbers are 0, and nothing is predicted from them.",
        );
    }
    if v == micro.plan.output() {
        return output(micro, unit, t);
    }
    if micro.subject.rule.is_reference() {
        if vertex.level > t {
            let words = format!(
                "the reverse pass has not come to level {} yet; the unit’s prediction:",
                vertex.level
            );
            return predicted(micro, v, unit, t, words);
        }
        return reverse(micro, v, unit, t);
    }
    match micro.schedule.filter(|_| micro.has_moved(t, v)) {
        Some(schedule) => step(micro, v, unit, t, &schedule),
        None if t == 0 => {
            let start = micro.schedule.map(|s| s.start);
            let words = match start {
                Some(crate::learning::Start::Random) => {
                    "at t = 0 x is drawn at random; where its prediction comes from:"
                }
                _ => "at t = 0: where its prediction comes from",
            };
            predicted(micro, v, unit, t, words.to_owned())
        }
        None => {
            // What predicts it may have moved, or the weights.
            let mu = |t: usize| micro.value(t, Field::Mu, v, unit);
            let why = if mu(t) != mu(t - 1) {
                "no error had come by then. Its prediction moved, and ε with it:"
            } else {
                "the front has not come. Its prediction:"
            };
            let words = format!("x did not move from t = {} to t = {t}: {why}", t - 1);
            predicted(micro, v, unit, t, words)
        }
    }
}

/// ε of the output from its target and its prediction, and the prediction's terms.
fn output(micro: &MicroscopeSnapshot, unit: usize, t: usize) -> Worked {
    let v = micro.plan.output();
    let softmax = micro.plan.graph.loss == Loss::CrossEntropy;
    let words = match (micro.subject.rule.course(), softmax) {
        (Course::Reverse, _) => "the output’s error, where the reverse pass starts",
        (_, true) => "the output’s error, from μ at every state",
        (_, false) => "the output’s error, recomputed from μ at every state",
    };
    let mu = micro.value(t, Field::Mu, v, unit);
    let said = if softmax {
        let share = share(micro, t, unit);
        part("softmax(μ)", share, format::fixed(share, 4), false)
    } else {
        held("μ", mu)
    };
    let y = micro.target.get(unit);
    let error = if micro.subject.rule.is_reference() {
        "δ"
    } else {
        "ε"
    };
    let equation = vec![
        held(error, micro.value(t, Field::Eps, v, unit)),
        sign("="),
        part("y", y, format::number(y), true),
        sign("−"),
        said,
    ];
    let mut all = predicted(micro, v, unit, t, words.to_owned());
    all.equations = vec![equation];
    all
}

/// softmax(μ) of one output.
pub fn share(micro: &MicroscopeSnapshot, t: usize, unit: usize) -> f64 {
    shares(micro, t)[unit]
}

/// The output after softmax.
fn shares(micro: &MicroscopeSnapshot, t: usize) -> Vec<f64> {
    let v = micro.plan.output();
    let mu = (0..micro.plan.len_of(v)).map(|i| micro.value(t, Field::Mu, v, i));
    let mu: Vec<f64> = mu.collect();
    let mut shares = vec![0.0; mu.len()];
    crate::network::loss::softmax(&mu, &mut shares);
    shares
}

/// The output after softmax at the cursor; of the difference of a pair, what the second has more.
pub fn shares_of(frame: &Frame<'_>) -> Vec<f64> {
    let t = frame.t();
    match frame.beside {
        Some(Ok(beside)) if frame.difference() => {
            let [a, b] = beside.sides.each_ref().map(|side| shares(side, t));
            b.into_iter().zip(a).map(|(b, a)| b - a).collect()
        }
        _ => shares(frame.micro, t),
    }
}

/// μ of a unit, and what it is made of.
fn predicted(micro: &MicroscopeSnapshot, v: usize, unit: usize, t: usize, words: String) -> Worked {
    let mut all = Worked {
        captions: vec![words],
        ..Worked::default()
    };
    let mu = held("μ", micro.value(t, Field::Mu, v, unit));
    let Some(weights) = micro.weights_of_prediction(t) else {
        all.equations.push(vec![mu]);
        all.note = Some(MOVED.to_owned());
        return all;
    };
    let (terms, bias) = predictions(micro, weights, t, v, unit);
    let mut predicting = micro.plan.predicting(v).map(|(_, edge)| edge.op.words());
    let (symbol, factors) = match (predicting.next(), predicting.next()) {
        (Some(words), None) => (words.sum, words.term),
        _ => ("Σ W f(x)", "W · f(x)"),
    };
    let mut equation = vec![mu, sign("="), worked(symbol, sum(&terms))];
    if let Some(b) = bias {
        equation.extend([sign("+"), held("b", b)]);
    }
    all.equations.push(equation);
    all.sum = Some(Sum {
        head: match terms.len() {
            0 | 1 => "μ is made of".into(),
            n => format!(
                "μ is made of {} terms, the largest",
                format::count(n as u64)
            ),
        },
        factors,
        terms,
        bias,
        symbol: "μ",
    });
    all
}

/// δ of a unit from the vertices it predicts.
fn reverse(micro: &MicroscopeSnapshot, v: usize, unit: usize, t: usize) -> Worked {
    let (slope, terms) = terms::reverse(micro, v, unit, t);
    let back = backward(micro, v);
    let equation = vec![
        held("δ", micro.value(t, Field::Delta, v, unit)),
        sign("="),
        part("f′", slope, format::number3(slope), false),
        sign("·"),
        worked(back.sums[2], sum(&terms)),
    ];
    let mut all = Worked {
        captions: vec!["backprop: δ from the vertices it predicts".to_owned()],
        equations: vec![equation],
        ..Worked::default()
    };
    list_pulls(micro, v, terms, (back.terms[2], back.sums[2]), &mut all);
    all
}

/// Δx of the step that led to state `t`, and what became of ε.
fn step(
    micro: &MicroscopeSnapshot,
    v: usize,
    unit: usize,
    t: usize,
    schedule: &crate::learning::Schedule,
) -> Worked {
    let value = |field, t: usize| micro.value(t, field, v, unit);
    let b = t - 1;
    let mut all = Worked {
        captions: vec![format!("the step from t = {b} to t = {t}")],
        ..Worked::default()
    };
    let Some(step) = terms::step(micro, v, unit, t) else {
        all.equations.push(vec![held("Δx", value(Field::Dx, t))]);
        all.equations.extend(error(micro, v, unit, t, schedule));
        all.note = Some(MOVED.to_owned());
        return all;
    };
    let weighed = step.weighed;
    let back = backward(micro, v);
    let symbol = back.sums[usize::from(weighed)];
    let mut parts = vec![
        held("Δx", value(Field::Dx, t)),
        sign("="),
        part("γ", step.gamma, format::number(step.gamma), true),
        sign("("),
        if weighed {
            worked("−π ε", step.own)
        } else {
            held("−ε", step.own)
        },
        sign("+"),
        part("f′", step.slope, format::number3(step.slope), false),
        sign("·"),
        worked(symbol, sum(&step.pulls)),
    ];
    if let Some(decay) = step.decay {
        parts.push(sign("−"));
        parts.push(worked("λ x", decay));
    }
    parts.push(sign(")"));
    if let Some(noise) = step.noise {
        parts.push(sign("+"));
        parts.push(worked("noise", noise));
    }
    all.equations.push(parts);
    all.equations.extend(error(micro, v, unit, t, schedule));
    let factors = back.terms[usize::from(weighed)];
    list_pulls(micro, v, step.pulls, (factors, symbol), &mut all);
    all
}

/// How what is pulled back to a vertex is written: as all the vertices it predicts have it, or else through weights.
fn backward(micro: &MicroscopeSnapshot, v: usize) -> Backward {
    let outgoing = micro.plan.graph.vertices[v].outgoing.iter();
    let mut all = outgoing.map(|&e| micro.plan.edges[e].op.words().back);
    let first = all.next().unwrap_or(THROUGH_WEIGHTS);
    if all.all(|own| own == first) {
        first
    } else {
        THROUGH_WEIGHTS
    }
}

/// What became of ε: by increments where the prediction moved, or as x − μ where the rule has it so.
fn error(
    micro: &MicroscopeSnapshot,
    v: usize,
    unit: usize,
    t: usize,
    schedule: &crate::learning::Schedule,
) -> Option<Vec<Part>> {
    let value = |field, t: usize| micro.value(t, field, v, unit);
    let b = t - 1;
    let eps = held("ε", value(Field::Eps, t));
    if schedule.epsilon == Epsilon::Naive {
        return Some(vec![
            eps,
            sign("="),
            held("x", value(Field::X, t)),
            sign("−"),
            held("μ", value(Field::Mu, t)),
        ]);
    }
    (value(Field::Mu, t) != value(Field::Mu, b)).then(|| {
        vec![
            eps,
            sign("="),
            worked("(ε + Δx)", value(Field::Eps, b) + value(Field::Dx, t)),
            sign("−"),
            worked("(μ new − old)", value(Field::Mu, t) - value(Field::Mu, b)),
        ]
    })
}

fn list_pulls(
    micro: &MicroscopeSnapshot,
    v: usize,
    terms: Vec<Term>,
    (factors, symbol): (&'static str, &'static str),
    all: &mut Worked,
) {
    let children: Vec<String> = micro.plan.graph.vertices[v]
        .outgoing
        .iter()
        .map(|e| steps::short_name(micro, micro.plan.edges[*e].to))
        .collect();
    let children = children.join(", ");
    if terms.is_empty() {
        all.note = Some(format!(
            "nothing comes back: this unit is not the largest one under any window of {children}"
        ));
        return;
    }
    all.sum = Some(Sum {
        head: match terms.len() {
            1 => format!("Σ over the unit of {children}"),
            n => format!("Σ over {} units of {children}", format::count(n as u64)),
        },
        factors,
        terms,
        bias: None,
        symbol,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::Fixture;

    /// The number of a symbol, and how far it may be off: half its last digit.
    fn written(parts: &[Part], symbol: &str) -> Option<(f64, f64)> {
        let number = parts
            .iter()
            .find(|p| p.symbol == symbol)?
            .number
            .as_ref()
            .unwrap();
        let (value, half) = read(&number.text);
        assert!((value - number.value).abs() <= half * 1.0001, "{number:?}");
        assert!(
            number.value == 0.0 || value.signum() == number.value.signum(),
            "{number:?}"
        );
        Some((value, half))
    }

    /// What a text says, and half of its last digit.
    fn read(text: &str) -> (f64, f64) {
        let plain: String = text
            .chars()
            .filter(|c| *c != ',' && *c != '+')
            .map(|c| if c == format::MINUS { '-' } else { c })
            .collect();
        let value: f64 = plain.parse().unwrap();
        let (mantissa, exponent) = plain.split_once('e').unwrap_or((&plain, "0"));
        let decimals = mantissa.split_once('.').map_or(0, |m| m.1.len() as i32);
        let exponent: i32 = exponent.parse().unwrap();
        (value, 0.5 * 10f64.powi(exponent - decimals))
    }

    fn check(preset: &str, changes: &[&str], all: &[usize]) -> usize {
        let f = Fixture::new(preset, changes, usize::MAX);
        let m = &f.micro;
        let mut checked = 0;
        for &t in all {
            for v in 1..m.plan.graph.vertices.len() {
                let units = m.plan.len_of(v);
                for unit in (0..units).step_by(units.div_ceil(5)) {
                    let w = work(m, v, unit, t.min(m.steps));
                    checked += equations(&w, &format!("{preset} {changes:?} {v}/{unit} t = {t}"));
                }
            }
        }
        checked
    }

    /// Every equation holds to the digits written; returns how many.
    fn equations(w: &Worked, place: &str) -> usize {
        for parts in &w.equations {
            let get = |symbol| written(parts, symbol);
            let or = |a: &'static str, b: &'static str| get(a).or_else(|| get(b));
            let (got, wanted) = if let (Some(dx), Some(gamma)) = (get("Δx"), get("γ")) {
                let eps = or("−ε", "−π ε").unwrap();
                let (f, s) = (get("f′").unwrap(), or("Σ W ε", "Σ W π ε").unwrap());
                let decay = get("λ x").unwrap_or_default();
                let noise = get("noise").unwrap_or_default();
                let inside = eps.0 + f.0 * s.0 - decay.0;
                let half = eps.1 + f.0.abs() * s.1 + f.1 * s.0.abs() + f.1 * s.1 + decay.1;
                let right = gamma.0 * inside + noise.0;
                let half = gamma.0 * half + gamma.1 * (inside.abs() + half) + noise.1;
                (dx, (right, half))
            } else if let (Some(mu), Some(sum)) = (
                get("μ").filter(|_| parts[0].symbol == "μ"),
                or("Σ W f(x)", "f(x)").or_else(|| or("largest f(x)", "mean of f(x)")),
            ) {
                let b = get("b").unwrap_or_default();
                (mu, (sum.0 + b.0, sum.1 + b.1))
            } else if let (Some(delta), Some(f)) = (get("δ"), get("f′")) {
                let s = get("Σ W δ").unwrap();
                (
                    delta,
                    (f.0 * s.0, f.0.abs() * s.1 + f.1 * s.0.abs() + f.1 * s.1),
                )
            } else if let (Some(e), Some(moved)) = (get("ε"), get("(ε + Δx)")) {
                let mu = get("(μ new − old)").unwrap();
                (e, (moved.0 - mu.0, moved.1 + mu.1))
            } else if let (Some(e), Some(x)) = (get("ε"), get("x")) {
                let mu = get("μ").unwrap();
                (e, (x.0 - mu.0, x.1 + mu.1))
            } else if let Some(y) = get("y") {
                let (e, s) = (or("ε", "δ").unwrap(), or("softmax(μ)", "μ").unwrap());
                (e, (y.0 - s.0, y.1 + s.1))
            } else {
                assert_eq!(parts.len(), 1, "{place}: {parts:?}");
                continue;
            };
            assert!(
                (got.0 - wanted.0).abs() <= (got.1 + wanted.1) * 1.01 + 1e-7 * got.0.abs(),
                "{place}: {got:?} is not {wanted:?} in {parts:?}"
            );
        }
        if let Some(sum) = &w.sum {
            let same = w
                .equations
                .iter()
                .flatten()
                .find(|p| p.symbol == sum.symbol)
                .and_then(|p| p.number.as_ref());
            if let Some(number) = same {
                let off = (sum.value() - number.value).abs();
                assert!(
                    off <= 2e-5 * number.value.abs().max(1e-2),
                    "{place}: {sum:?}"
                );
            }
        }
        w.equations.len()
    }

    #[test]
    fn every_equation_holds_to_the_digits_written() {
        let il = &["learning.rule=il", "inference.steps=8"];
        let mut n = check("digits-mlp", il, &[0, 1, 3, 8]);
        n += check("chain", &[], &[0, 1, 2, 3]);
        n += check("digits-mlp", &["learning.rule=bp"], &[0, 1, 2, 3]);
        n += check("residual-cnn", &["network.levelled=false"], &[0, 1, 2, 4]);
        let layers = "network.layers=[{conv=3,kernel=3,padding=1},{max_pool=2},{conv=4,kernel=3,stride=2,padding=1},{average_pool=2},{dense=6},{dense=10}]";
        n += check("digits-mlp", &[il[0], il[1], layers], &[0, 2, 5, 8]);
        n += check("names-rnn", &[il[0], il[1]], &[0, 1, 4]);
        for change in [
            "learning.rule=fixed-prediction",
            "learning.rule=incremental",
            "learning.rule=zil-then-il",
        ] {
            n += check("digits-mlp", &[change, il[1]], &[0, 1, 2, 8]);
        }
        for change in [
            "conditions.start=random",
            "conditions.gamma=0.5",
            "conditions.order=w-first",
            "conditions.epsilon=naive",
            "conditions.hidden_precision=0.5",
        ] {
            n += check("digits-mlp", &["learning.rule=zil", change], &[0, 1, 2, 3]);
        }
        let terms = [
            "inference.noise=0.02",
            "inference.state_decay=0.1",
            "inference.output_precision=0.7",
        ];
        n += check(
            "digits-mlp",
            &[il[0], il[1], terms[0], terms[1], terms[2]],
            &[1, 4, 8],
        );
        n += check(
            "digits-mlp",
            &[il[0], il[1], "inference.adaptive=true"],
            &[1, 4],
        );
        let shared = ["learning.rule=zil", "conditions.shared=at-once"];
        n += check("names-rnn", &shared, &[0, 1, 3]);
        assert!(n > 1000, "{n}");
    }
}
