//! How values relax: steps, rate, and the terms that change the energy or the way down it.

use serde::{Deserialize, Serialize};

/// Most levels whose precision can be given one by one; deeper levels take the last.
pub const MOST_PRECISIONS: usize = 16;

/// π of the hidden levels, from level 1 on; levels beyond the list take its last number, an empty list means 1 everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Precisions {
    values: [f64; MOST_PRECISIONS],
    count: usize,
}

impl Precisions {
    /// The same precision at every hidden level.
    pub fn all(precision: f64) -> Self {
        let mut own = Self::default();
        if precision != 1.0 {
            own.values[0] = precision;
            own.count = 1;
        }
        own
    }

    /// π of a hidden level (1 or deeper).
    pub fn of(&self, level: usize) -> f64 {
        match self.list().get(level.saturating_sub(1)) {
            Some(&precision) => precision,
            None => self.list().last().copied().unwrap_or(1.0),
        }
    }

    /// The numbers given.
    pub fn list(&self) -> &[f64] {
        &self.values[..self.count]
    }
}

impl TryFrom<Vec<f64>> for Precisions {
    type Error = String;

    fn try_from(list: Vec<f64>) -> Result<Self, String> {
        if list.len() > MOST_PRECISIONS {
            return Err(format!(
                "{} precisions; expected at most {MOST_PRECISIONS}, from level 1 on (deeper levels take the last)",
                list.len()
            ));
        }
        let mut values = [0.0; MOST_PRECISIONS];
        values[..list.len()].copy_from_slice(&list);
        Ok(Self {
            values,
            count: list.len(),
        })
    }
}

impl From<Precisions> for Vec<f64> {
    fn from(precisions: Precisions) -> Self {
        precisions.list().to_vec()
    }
}

/// What the energy weighs its terms by: F = p Loss + Σ ½ π_l |ε|² + ½ λ Σ |x|² over the free vertices.
///
/// ε stays x - μ, unweighted; pulls and contributions carry π.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Energetics {
    /// p.
    pub output: f64,
    /// π of the hidden levels.
    pub hidden: Precisions,
    /// λ of state decay.
    pub decay: f64,
}

impl Default for Energetics {
    fn default() -> Self {
        Self {
            output: 1.0,
            hidden: Precisions::default(),
            decay: 0.0,
        }
    }
}

impl Energetics {
    /// The factor of a level's errors: p at level 0, π_l deeper.
    pub fn precision(&self, level: usize) -> f64 {
        if level == 0 {
            self.output
        } else {
            self.hidden.of(level)
        }
    }
}

/// Inference of IL and its kin (Z-IL's own γ stands among the conditions, and its T is D).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inference {
    /// T; of Z-IL then IL, the steps after the front has passed.
    pub steps: usize,
    /// γ.
    pub gamma: f64,
    /// σ: every step adds σ √(2γ) times a draw from N(0, 1) to Δx (Langevin dynamics of temperature σ²). Seeded.
    pub noise: f64,
    /// p, the precision of the output: F⁰ = p · Loss.
    pub output_precision: f64,
    /// π of the hidden levels, from level 1 on.
    pub precision: Precisions,
    /// λ: F gets ½ λ |x|² over the free vertices.
    pub state_decay: f64,
    /// γ is halved, for each example by itself and step by step, until its F does not rise.
    pub adaptive: bool,
    /// The contribution of level l is divided by γ^l.
    pub gamma_correction: bool,
}

impl Default for Inference {
    fn default() -> Self {
        Self::of(20, 0.1)
    }
}

impl Inference {
    /// Plain inference.
    pub fn of(steps: usize, gamma: f64) -> Self {
        Self {
            steps,
            gamma,
            noise: 0.0,
            output_precision: 1.0,
            precision: Precisions::default(),
            state_decay: 0.0,
            adaptive: false,
            gamma_correction: false,
        }
    }

    /// What the energy weighs its terms by.
    pub fn energetics(&self) -> Energetics {
        Energetics {
            output: self.output_precision,
            hidden: self.precision,
            decay: self.state_decay,
        }
    }
}

impl From<(usize, f64)> for Inference {
    fn from((steps, gamma): (usize, f64)) -> Self {
        Self::of(steps, gamma)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeper_levels_take_the_last_precision() {
        let precisions = Precisions::try_from(vec![0.5, 2.0]).unwrap();
        assert_eq!([1, 2, 3, 9].map(|l| precisions.of(l)), [0.5, 2.0, 2.0, 2.0]);
        assert_eq!(Precisions::default().of(4), 1.0);
        assert_eq!(Precisions::all(1.0), Precisions::default());
        assert_eq!(Precisions::all(3.0).of(7), 3.0);
        assert!(Precisions::try_from(vec![1.0; 17]).is_err());
    }
}
