//! How one rule's update compares with backpropagation's: cosine, length, relative error, differing bits; the verdict.
//!
//! Bits are compared on weights after the update has been applied to a copy, never on gradients, where +0 and -0 may differ.

use crate::network::{Plan, Scalar};
use serde::Serialize;

/// The least cosine that counts as the same direction.
pub const SAME_DIRECTION: f64 = 0.99;

/// How far a length may be off 1 and still be called right.
pub const SAME_LENGTH: f64 = 0.01;

/// The update of some weights against backpropagation's: of one level, or of one layer where levels share weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LevelComparison {
    /// The level (of a layer: the one nearest the output).
    pub level: usize,
    /// Cosine of the angle between the two gradients; NaN if one of them is zero.
    pub cosine: f64,
    /// |g| / |g_BP|; NaN if both are zero.
    pub length: f64,
    /// |g - g_BP| / |g_BP|; NaN if both are zero.
    pub relative_error: f64,
    /// |g|.
    pub size: f64,
    /// |g_BP|.
    pub reference_size: f64,
    /// Weights whose bits differ after the update.
    pub differing_weights: usize,
    /// Σ popcount of a.to_bits() ^ b.to_bits() over the weights after the update.
    pub differing_bits: u64,
    /// Weights whose bits the update changes.
    pub moved: usize,
    /// Weights whose bits backpropagation's update changes.
    pub reference_moved: usize,
    /// Weights and biases compared.
    pub weights: usize,
    /// False if a number of the rule's update, or of a weight after it, is not finite.
    pub finite: bool,
    /// False if one of backpropagation's is not.
    pub reference_finite: bool,
}

impl LevelComparison {
    /// Equal bits, the same direction, or nothing to compare.
    fn same_direction(&self) -> bool {
        self.differing_bits == 0 || self.cosine >= SAME_DIRECTION
    }

    /// True if the length is off by more than [`SAME_LENGTH`].
    pub fn wrong_length(&self) -> bool {
        self.differing_bits > 0 && (self.length - 1.0).abs() > SAME_LENGTH
    }

    /// Why there is no cosine, where there is none.
    pub fn no_cosine(&self) -> Option<&'static str> {
        if self.cosine.is_finite() {
            return None;
        }
        Some(match (self.size == 0.0, self.reference_size == 0.0) {
            _ if !self.finite => "this rule’s update is not finite",
            _ if !self.reference_finite => "backprop’s update is not finite",
            (true, true) => "no error passes here, and none does in backprop",
            (true, false) => "this rule’s update is 0 here",
            (false, true) => "backprop’s update is 0 here",
            (false, false) => "one of the two updates is too large or too small to measure",
        })
    }

    /// Why there is no length or relative error, where there is none.
    pub fn no_length(&self) -> Option<&'static str> {
        (!self.length.is_finite())
            .then(|| self.no_cosine().unwrap_or("backprop’s update is 0 here"))
    }
}

/// One weight: before, after the rule's update, after backpropagation's, and what the two were made of.
#[derive(Clone, Copy, Debug)]
pub struct Compared<S> {
    /// The weight before.
    pub before: S,
    /// The weight after the rule's update.
    pub after: S,
    /// The weight after backpropagation's.
    pub reference_after: S,
    /// g of the rule.
    pub gradient: S,
    /// g of backpropagation.
    pub reference: S,
}

/// |g|², |g_BP|², |g - g_BP|² and g · g_BP, of numbers divided by `unit`.
fn products<S: Scalar>(numbers: impl Iterator<Item = Compared<S>>, unit: f64) -> [f64; 4] {
    let [mut own, mut other, mut apart, mut dot] = [0.0; 4];
    for n in numbers {
        let (g, r) = (n.gradient.to_f64() / unit, n.reference.to_f64() / unit);
        own += g * g;
        other += r * r;
        apart += (g - r) * (g - r);
        dot += g * r;
    }
    [own, other, apart, dot]
}

/// Compares the updates of some weights.
pub fn compare<S: Scalar>(
    level: usize,
    numbers: impl Iterator<Item = Compared<S>> + Clone,
) -> LevelComparison {
    let mut found = LevelComparison {
        level,
        cosine: f64::NAN,
        length: f64::NAN,
        relative_error: f64::NAN,
        size: 0.0,
        reference_size: 0.0,
        differing_weights: 0,
        differing_bits: 0,
        moved: 0,
        reference_moved: 0,
        weights: 0,
        finite: true,
        reference_finite: true,
    };
    for n in numbers.clone() {
        let bits = n.after.differing_bits(n.reference_after);
        found.weights += 1;
        found.differing_bits += u64::from(bits);
        found.differing_weights += usize::from(bits > 0);
        found.moved += usize::from(n.after.differing_bits(n.before) > 0);
        found.reference_moved += usize::from(n.reference_after.differing_bits(n.before) > 0);
        found.finite &= n.gradient.is_finite() && n.after.is_finite();
        found.reference_finite &= n.reference.is_finite() && n.reference_after.is_finite();
    }
    let [mut own, mut other, mut apart, mut dot] = products(numbers.clone(), 1.0);
    let mut unit = 1.0;
    // Squares of very small or very large numbers leave the range of f64: then in units of the largest number.
    let safe = |square: f64| square > 1e-200 && square < 1e200;
    if !(safe(own) && safe(other)) && found.finite && found.reference_finite {
        let size = |n: Compared<S>| n.gradient.to_f64().abs().max(n.reference.to_f64().abs());
        let largest = numbers.clone().map(size).fold(0.0, f64::max);
        if largest > 0.0 {
            unit = largest;
            [own, other, apart, dot] = products(numbers, unit);
        }
    }
    (found.size, found.reference_size) = (unit * own.sqrt(), unit * other.sqrt());
    found.cosine = if apart == 0.0 && own > 0.0 {
        1.0
    } else {
        (dot / (own.sqrt() * other.sqrt())).clamp(-1.0, 1.0)
    };
    found.length = (own / other).sqrt();
    found.relative_error = (apart / other).sqrt();
    found
}

/// The parts that an update is judged by, as indices of parameters: one per weighted level, output first; where levels share
/// weights, one per layer, since what is applied to a shared weight is the sum over its levels.
pub fn parts(plan: &Plan) -> Vec<(usize, Vec<usize>)> {
    if !plan.shares {
        let levels = plan.weighted_levels();
        return levels
            .map(|l| (l, plan.levels[l].parameters.clone()))
            .collect();
    }
    // Parameters that predict one vertex belong together.
    let mut layer: Vec<usize> = (0..plan.graph.parameters.len()).collect();
    for vertex in &plan.graph.vertices {
        let own = vertex.incoming.iter().flat_map(|&e| {
            let edge = &plan.graph.edges[e];
            [edge.weight, edge.bias].into_iter().flatten()
        });
        let own: Vec<usize> = own.collect();
        if let Some(&first) = own.first() {
            let to = layer[first];
            let from: Vec<usize> = own.iter().map(|&p| layer[p]).collect();
            for l in layer.iter_mut().filter(|l| from.contains(l)) {
                *l = to;
            }
        }
    }
    let mut parts: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut seen: Vec<usize> = Vec::new();
    for (p, &own) in layer.iter().enumerate() {
        let level = plan.graph.parameters[p].levels.0;
        match seen.iter().position(|&l| l == own) {
            Some(i) => {
                parts[i].0 = parts[i].0.min(level);
                parts[i].1.push(p);
            }
            None => {
                seen.push(own);
                parts.push((level, vec![p]));
            }
        }
    }
    parts.sort_by_key(|part| part.0);
    parts
}

/// What is said of an update beside backpropagation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Verdict {
    /// Every bit of every weight equals backpropagation's, and something moved.
    Exact,
    /// The same of what has been captured; more is to come.
    ExactSoFar,
    /// The schedule equals backpropagation in real arithmetic (see [`super::Schedule::equals_backprop`]); bits differ.
    Rounding,
    /// Every cosine is at least [`SAME_DIRECTION`].
    RightDirection,
    /// Anything else: a rule of its own, not a broken one.
    DifferentRule,
    /// Nothing moves.
    NoUpdate,
    /// Backpropagation or the rule was not run at this update, or not on the same batches.
    NotCompared,
    /// A number of the update is NaN or infinite.
    NotFinite,
    /// Somebody has put a finger on the network: backpropagation knows nothing of that, and nothing is judged.
    Intervention,
}

impl Verdict {
    /// All verdicts, from equal to incomparable.
    pub const ALL: [Self; 9] = [
        Self::Exact,
        Self::ExactSoFar,
        Self::Rounding,
        Self::RightDirection,
        Self::DifferentRule,
        Self::NoUpdate,
        Self::NotCompared,
        Self::NotFinite,
        Self::Intervention,
    ];

    /// The words on screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Exact => "EXACT",
            Self::ExactSoFar => "EXACT SO FAR",
            Self::Rounding => "ROUNDING",
            Self::RightDirection => "RIGHT DIRECTION",
            Self::DifferentRule => "DIFFERENT RULE",
            Self::NoUpdate => "NO UPDATE",
            Self::NotCompared => "NOT COMPARED",
            Self::NotFinite => "NOT FINITE",
            Self::Intervention => "—, intervention",
        }
    }

    /// Every bit compared is equal.
    pub fn is_exact(self) -> bool {
        matches!(self, Self::Exact | Self::ExactSoFar)
    }
}

/// Why nothing moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Idle {
    /// α is 0.
    Rate,
    /// The output's error is 0.
    NoError,
    /// There is an error at the output, but every product with f′ or f(x) is 0.
    NotPassed,
    /// α g is too small to change a bit of any weight.
    TooSmall,
}

/// A verdict with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The least cosine of any part (see [`parts`]); NaN if none has one.
    pub cosine: f64,
    /// The length farthest from 1; NaN if no part has one.
    pub length: f64,
    /// The largest relative error; NaN if no part has one.
    pub relative_error: f64,
    /// Weights compared.
    pub weights: usize,
    /// Weights whose bits differ after the update.
    pub differing_weights: usize,
    /// Bits that differ.
    pub differing_bits: u64,
    /// Weights whose bits the update changes.
    pub moved: usize,
    /// Weights whose bits backpropagation's changes.
    pub reference_moved: usize,
    /// Some length is off by more than [`SAME_LENGTH`].
    pub wrong_length: bool,
    /// Why nothing moves, where nothing does.
    pub idle: Option<Idle>,
    /// False if it is backpropagation's own update that is not finite.
    pub finite: bool,
}

/// What a verdict depends on besides the numbers.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// Everything that will be applied is there.
    pub complete: bool,
    /// The schedule equals backpropagation in real arithmetic.
    pub equals_backprop: bool,
    /// α.
    pub rate: f64,
    /// The output's error is 0.
    pub no_error: bool,
}

impl Judgement {
    /// A verdict that no number led to.
    pub fn without(verdict: Verdict) -> Self {
        Self {
            verdict,
            cosine: f64::NAN,
            length: f64::NAN,
            relative_error: f64::NAN,
            weights: 0,
            differing_weights: 0,
            differing_bits: 0,
            moved: 0,
            reference_moved: 0,
            wrong_length: false,
            idle: None,
            finite: true,
        }
    }

    /// Judges what has been captured; `None` if nothing has.
    pub fn of(parts: &[LevelComparison], about: Circumstances) -> Option<Self> {
        if parts.is_empty() {
            return None;
        }
        let sum = |count: fn(&LevelComparison) -> usize| parts.iter().map(count).sum::<usize>();
        let (moved, differing) = (sum(|p| p.moved), sum(|p| p.differing_weights));
        let finite = parts.iter().all(|p| p.finite);
        let verdict = if !finite || parts.iter().any(|p| !p.reference_finite) {
            Verdict::NotFinite
        } else if moved == 0 {
            Verdict::NoUpdate
        } else if differing == 0 {
            if about.complete {
                Verdict::Exact
            } else {
                Verdict::ExactSoFar
            }
        } else if about.equals_backprop {
            Verdict::Rounding
        } else if parts.iter().all(LevelComparison::same_direction) {
            Verdict::RightDirection
        } else {
            Verdict::DifferentRule
        };
        let idle = (verdict == Verdict::NoUpdate).then(|| {
            if about.rate == 0.0 {
                Idle::Rate
            } else if parts.iter().any(|p| p.size > 0.0) {
                Idle::TooSmall
            } else if about.no_error {
                Idle::NoError
            } else {
                Idle::NotPassed
            }
        });
        let extreme = |of: fn(&LevelComparison) -> f64, rank: fn(f64) -> f64| {
            let all = parts.iter().map(of).filter(|v| !v.is_nan());
            all.max_by(|&a, &b| rank(a).total_cmp(&rank(b)))
                .unwrap_or(f64::NAN)
        };
        Some(Self {
            verdict,
            cosine: extreme(|p| p.cosine, |c| -c),
            length: extreme(|p| p.length, |l| l.ln().abs()),
            relative_error: extreme(|p| p.relative_error, |e| e),
            weights: sum(|p| p.weights),
            differing_weights: differing,
            differing_bits: parts.iter().map(|p| p.differing_bits).sum(),
            moved,
            reference_moved: sum(|p| p.reference_moved),
            wrong_length: parts.iter().any(LevelComparison::wrong_length),
            idle,
            finite,
        })
    }
}

/// The distance of a lane's trained weights from backpropagation's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Distance {
    /// Weights whose bits differ.
    pub differing_weights: usize,
    /// Σ popcount over all weights.
    pub differing_bits: u64,
    /// Largest distance in units in the last place.
    pub max_ulp: u64,
    /// Largest |θ - θ_BP|.
    pub max_abs_difference: f64,
    /// |θ - θ_BP| / |θ_BP - θ_0|; NaN if backpropagation moved nothing.
    pub relative_distance: f64,
    /// Cosine of θ - θ_0 with θ_BP - θ_0; NaN if one of them is 0.
    pub cosine: f64,
    /// Weights whose bits are no longer those of θ_0.
    pub moved: usize,
}

impl Distance {
    /// What is said of the trained weights. `equals_backprop`: the lane's schedule does in real arithmetic.
    pub fn verdict(&self, equals_backprop: bool) -> Verdict {
        if !self.max_abs_difference.is_finite() {
            Verdict::NotFinite
        } else if self.moved == 0 {
            Verdict::NoUpdate
        } else if self.differing_bits == 0 {
            Verdict::Exact
        } else if equals_backprop {
            Verdict::Rounding
        } else if self.cosine >= SAME_DIRECTION {
            Verdict::RightDirection
        } else {
            Verdict::DifferentRule
        }
    }
}

/// Compares trained weights with backpropagation's, both started from `initial`.
pub fn distance<S: Scalar>(weights: &[S], reference: &[S], initial: &[S]) -> Distance {
    let mut d = Distance::default();
    let (mut apart, mut moved, mut own, mut dot) = (0.0, 0.0, 0.0, 0.0);
    for ((&w, &r), &start) in weights.iter().zip(reference).zip(initial) {
        let bits = w.differing_bits(r);
        d.differing_bits += u64::from(bits);
        d.differing_weights += usize::from(bits > 0);
        d.moved += usize::from(w.differing_bits(start) > 0);
        if bits > 0 {
            d.max_ulp = d.max_ulp.max(w.ulp_distance(r));
        }
        let (w, r, start) = (w.to_f64(), r.to_f64(), start.to_f64());
        let off = (w - r).abs();
        if off.is_nan() || off > d.max_abs_difference {
            d.max_abs_difference = off;
        }
        apart += (w - r) * (w - r);
        moved += (r - start) * (r - start);
        own += (w - start) * (w - start);
        dot += (w - start) * (r - start);
    }
    d.relative_distance = (apart / moved).sqrt();
    d.cosine = if apart == 0.0 && own > 0.0 {
        1.0
    } else {
        dot / (own.sqrt() * moved.sqrt())
    };
    d
}
