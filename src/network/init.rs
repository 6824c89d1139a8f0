//! Initial weights: drawn from a portable generator, in export order, so that a seed means the same everywhere.

use super::plan::Plan;
use super::scalar::Scalar;
use super::weights::Weights;
use rand_core::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How weights start. Biases start at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// U(-a, a) with a = gain / sqrt(fan_in).
    UniformFanIn,
    /// Every weight 1: the chain that can be checked by hand.
    Ones,
}

/// A double in [0, 1) from the upper 53 bits of `bits`.
pub fn unit_interval(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// Initial weights of `plan` for a seed; `gain` scales the bound. Drawn in double precision, then rounded to `S`.
pub fn initial<S: Scalar>(plan: &Arc<Plan>, init: Init, gain: f64, seed: u64) -> Weights<S> {
    let mut generator = Pcg64Mcg::seed_from_u64(seed);
    let parameters: Vec<Vec<S>> = plan
        .graph
        .parameters
        .iter()
        .map(|p| {
            if p.is_bias {
                return vec![S::ZERO; p.len()];
            }
            match init {
                Init::Ones => vec![S::ONE; p.len()],
                Init::UniformFanIn => {
                    let a = gain / (p.fan_in as f64).sqrt();
                    (0..p.len())
                        .map(|_| S::from_f64((2.0 * unit_interval(generator.next_u64()) - 1.0) * a))
                        .collect()
                }
            }
        })
        .collect();
    Weights::from_exported(Arc::clone(plan), &parameters)
}
