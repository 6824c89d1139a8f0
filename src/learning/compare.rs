//! How one rule's update compares with backpropagation's: cosine, length, relative error, differing bits; the verdict.

use crate::network::{Plan, Scalar};
use serde::Serialize;

/// One level's update against backpropagation's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LevelComparison {
    /// The level.
    pub level: usize,
    /// Cosine of the angle between the two gradients; NaN if one of them is zero.
    pub cosine: f64,
    /// |g| / |g_BP|.
    pub length: f64,
    /// |g - g_BP| / |g_BP|.
    pub relative_error: f64,
    /// Weights whose bits differ after the update.
    pub differing_weights: usize,
    /// Σ popcount of a.to_bits() ^ b.to_bits() over the level's weights after the update.
    pub differing_bits: u64,
    /// Weights and biases of the level.
    pub weights: usize,
}

/// Compares the gradients of one level, and the weights after an update of rate `rate` times `scale` on a copy.
pub fn compare_level<S: Scalar>(
    plan: &Plan,
    level: usize,
    weights: &[S],
    gradient: &[S],
    reference: &[S],
    rate: f64,
    scale: f64,
) -> LevelComparison {
    let (rate, scale) = (S::from_f64(rate), S::from_f64(scale));
    let (mut dot, mut own, mut other, mut apart) = (0.0, 0.0, 0.0, 0.0);
    let (mut count, mut differing_weights, mut differing_bits) = (0, 0, 0);
    for &p in &plan.levels[level].parameters {
        for i in plan.parameter(p) {
            let (g, r) = (gradient[i].to_f64(), reference[i].to_f64());
            dot += g * r;
            own += g * g;
            other += r * r;
            apart += (g - r) * (g - r);
            let bits = (weights[i] + rate * (gradient[i] * scale))
                .differing_bits(weights[i] + rate * (reference[i] * scale));
            count += 1;
            differing_bits += u64::from(bits);
            differing_weights += usize::from(bits > 0);
        }
    }
    LevelComparison {
        level,
        cosine: if apart == 0.0 && own > 0.0 {
            1.0
        } else {
            dot / (own.sqrt() * other.sqrt())
        },
        length: (own / other).sqrt(),
        relative_error: (apart / other).sqrt(),
        differing_weights,
        differing_bits,
        weights: count,
    }
}

/// What the exactness meter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Verdict {
    /// Every bit of every captured weight equals backpropagation's.
    Exact,
    /// Directions and lengths agree; bits do not.
    Rounding,
    /// Every cosine is at least 0.99, but some length is more than 1 % off.
    RightDirectionWrongLength,
    /// Anything else: a rule of its own, not a broken one.
    DifferentRule,
}

impl Verdict {
    /// The verdict on the levels captured so far; `None` if there are none.
    pub fn of(levels: &[LevelComparison]) -> Option<Self> {
        if levels.is_empty() {
            return None;
        }
        Some(if levels.iter().all(|l| l.differing_bits == 0) {
            Self::Exact
        } else if levels
            .iter()
            .all(|l| l.cosine >= 0.99 || l.differing_bits == 0)
        {
            if levels
                .iter()
                .all(|l| (l.length - 1.0).abs() <= 0.01 || l.differing_bits == 0)
            {
                Self::Rounding
            } else {
                Self::RightDirectionWrongLength
            }
        } else {
            Self::DifferentRule
        })
    }

    /// The words on screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Exact => "EXACT",
            Self::Rounding => "ROUNDING",
            Self::RightDirectionWrongLength => "RIGHT DIRECTION, WRONG LENGTH",
            Self::DifferentRule => "DIFFERENT RULE",
        }
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
    /// |θ - θ_BP| / |θ_BP - θ_0|.
    pub relative_distance: f64,
    /// Cosine of θ - θ_0 with θ_BP - θ_0.
    pub cosine: f64,
}

/// Compares trained weights with backpropagation's, both started from `initial`.
pub fn distance<S: Scalar>(weights: &[S], reference: &[S], initial: &[S]) -> Distance {
    let mut d = Distance::default();
    let (mut apart, mut moved, mut own, mut dot) = (0.0, 0.0, 0.0, 0.0);
    for ((&w, &r), &start) in weights.iter().zip(reference).zip(initial) {
        let bits = w.differing_bits(r);
        d.differing_bits += u64::from(bits);
        d.differing_weights += usize::from(bits > 0);
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
