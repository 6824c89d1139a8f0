//! How values relax: steps, rate, and the terms that change the energy or the way down it.

use super::prior::PriorKind;
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

    /// True if every hidden level has precision 1.
    pub fn are_one(&self) -> bool {
        self.list().iter().all(|precision| *precision == 1.0)
    }

    /// The one number that every hidden level has; `None` if they differ.
    pub fn single(&self) -> Option<f64> {
        let first = self.of(1);
        self.list().iter().all(|p| *p == first).then_some(first)
    }

    /// The same but for one hidden level, of `levels` in all; `None` where that is none that can be given a number of its own.
    pub fn with(&self, level: usize, precision: f64, levels: usize) -> Option<Self> {
        let most = levels.min(MOST_PRECISIONS);
        if !(1..=most).contains(&level) {
            return None;
        }
        let mut own = Self {
            count: most,
            ..Self::default()
        };
        for (i, value) in own.values[..most].iter_mut().enumerate() {
            *value = if i + 1 == level {
                precision
            } else {
                self.of(i + 1)
            };
        }
        // Levels beyond the list go on with its last number.
        Some(own)
    }
}

/// Precisions as the conditions of Z-IL write them: one number where every hidden level has it, else a list from level 1 on.
pub mod one_or_more {
    use super::Precisions;
    use serde::de::{Error, SeqAccess, Visitor};
    use serde::{Deserializer, Serialize as _, Serializer};

    /// Writes one number, or the list.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(of: &Precisions, to: S) -> Result<S::Ok, S::Error> {
        match of.single() {
            Some(one) => one.serialize(to),
            None => of.list().serialize(to),
        }
    }

    /// Reads one number, or a list.
    ///
    /// # Errors
    /// Something else, or more numbers than there can be.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Precisions, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Precisions;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, or a list with one for each hidden level, from level 1 on")
            }
            fn visit_f64<E: Error>(self, one: f64) -> Result<Precisions, E> {
                Ok(Precisions::all(one))
            }
            fn visit_i64<E: Error>(self, one: i64) -> Result<Precisions, E> {
                Ok(Precisions::all(one as f64))
            }
            fn visit_u64<E: Error>(self, one: u64) -> Result<Precisions, E> {
                Ok(Precisions::all(one as f64))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Precisions, A::Error> {
                let mut list = Vec::new();
                while let Some(next) = seq.next_element::<f64>()? {
                    list.push(next);
                }
                if list.is_empty() {
                    return Err(A::Error::custom(
                        "an empty list; expected a number, or one for each hidden level",
                    ));
                }
                let own = Precisions::try_from(list).map_err(A::Error::custom)?;
                // However often one number is said, it is written once.
                Ok(own.single().map_or(own, Precisions::all))
            }
        }
        from.deserialize_any(OneOrMore)
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
    /// What a freed input is drawn to.
    #[serde(skip_serializing_if = "is_none")]
    pub input_prior: PriorKind,
    /// λ of that prior.
    #[serde(skip_serializing_if = "is_usual")]
    pub prior_strength: f64,
}

/// λ of a prior where none is given.
const USUAL_STRENGTH: f64 = 0.3;

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_none(kind: &PriorKind) -> bool {
    *kind == PriorKind::None
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_usual(strength: &f64) -> bool {
    *strength == USUAL_STRENGTH
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
            input_prior: PriorKind::None,
            prior_strength: USUAL_STRENGTH,
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

    #[test]
    fn one_number_is_written_as_one_and_several_as_a_list() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Holds {
            #[serde(with = "one_or_more")]
            p: Precisions,
        }
        let read = |text: &str| toml::from_str::<Holds>(text).map(|h| h.p);
        let written = |p: Precisions| toml::to_string(&Holds { p }).unwrap();
        for (text, again, levels) in [
            ("p = 1.0", "p = 1.0\n", [1.0, 1.0, 1.0]),
            ("p = 2", "p = 2.0\n", [2.0, 2.0, 2.0]),
            ("p = [0.5, 0.5]", "p = 0.5\n", [0.5, 0.5, 0.5]),
            ("p = [0.5, 2]", "p = [0.5, 2.0]\n", [0.5, 2.0, 2.0]),
        ] {
            let own = read(text).unwrap();
            assert_eq!([1, 2, 3].map(|l| own.of(l)), levels, "{text}");
            assert_eq!(written(own), again);
            assert_eq!(read(again).unwrap(), own);
        }
        assert_eq!(read("p = 1.0").unwrap(), Precisions::default());
        for (text, said) in [
            ("p = []", "empty list"),
            ("p = 'soft'", "a number, or a list"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let one = Precisions::default().with(2, 3.0, 3).unwrap();
        assert_eq!([1, 2, 3, 9].map(|l| one.of(l)), [1.0, 3.0, 1.0, 1.0]);
        assert!(one.with(4, 1.0, 3).is_none() && one.with(0, 1.0, 3).is_none());
    }
}
