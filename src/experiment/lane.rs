//! What a lane of a race is: a rule with settings of its own, by a name that is unique in its race.

use super::file::{Experiment, ExperimentError, LaneEntry, set};
use crate::learning::learner::{Method, method};
use crate::learning::{Conditions, Inference, OptimiserSettings, Path, REFERENCE, Rule, rule};
use crate::network::Plan;
use std::fmt;

/// The most bytes of a lane's name.
const ID_BYTES: usize = 24;

/// The most letters of what a lane is called on screen.
pub(super) const LABEL_LETTERS: usize = 24;

/// The most lanes that a file may describe, each seed a lane.
const MOST_LANES: usize = 32;

/// The name of a lane, unique in its race: the key in files, flags and results.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneId {
    bytes: [u8; ID_BYTES],
}

impl LaneId {
    /// Backpropagation, which the others are compared with.
    pub const BP: Self = Self::of(REFERENCE);
    /// Z-IL by the front-only path (or under broken conditions, by what they need).
    pub const ZIL: Self = Self::of(Conditions::RULE);
    /// Z-IL by full dynamics.
    pub const ZIL_FULL: Self = Self::fixed("zil-full");
    /// Inference learning.
    pub const IL: Self = Self::of(Rule::Il);

    /// A name of 1 to 24 small letters, digits and hyphens.
    pub fn new(name: &str) -> Option<Self> {
        let fits = (1..=ID_BYTES).contains(&name.len());
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (fits && name.bytes().all(plain)).then(|| Self::fixed(name))
    }

    /// The lane of a rule with the settings of the experiment.
    pub const fn of(rule: Rule) -> Self {
        Self::fixed(rule.name())
    }

    const fn fixed(name: &str) -> Self {
        let mut bytes = [0; ID_BYTES];
        let mut i = 0;
        while i < name.len() {
            bytes[i] = name.as_bytes()[i];
            i += 1;
        }
        Self { bytes }
    }

    /// The name.
    pub fn name(&self) -> &str {
        let end = self.bytes.iter().position(|b| *b == 0);
        std::str::from_utf8(&self.bytes[..end.unwrap_or(ID_BYTES)]).unwrap_or_default()
    }
}

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One competitor of a race, described.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneSpec {
    /// Its name.
    pub id: LaneId,
    /// The name on screen.
    pub label: String,
    /// The rule.
    pub rule: Rule,
    /// Inference of IL and its kin.
    pub inference: Inference,
    /// The conditions of Z-IL.
    pub conditions: Conditions,
    /// How an update is applied.
    pub optimiser: OptimiserSettings,
    /// Seed of initial weights and noise.
    pub seed: u64,
    /// How many lanes of the same rule look alike before it; the first looks as its rule does.
    pub look: usize,
    /// The first of the lanes that differ from it by their seeds alone, where a file asks for several; drawn as one band.
    pub band: Option<LaneId>,
}

impl LaneSpec {
    /// The lane of a rule with the settings of the experiment.
    pub fn of(experiment: &Experiment, rule: Rule) -> Self {
        Self {
            id: LaneId::of(rule),
            label: rule.label().to_owned(),
            rule,
            inference: experiment.inference,
            conditions: experiment.conditions,
            optimiser: experiment.learning.settings(),
            seed: experiment.seed,
            look: 0,
            band: None,
        }
    }

    /// The lane of the experiment's own rule.
    pub fn own(experiment: &Experiment) -> Self {
        Self::of(experiment, experiment.learning.rule)
    }

    /// Z-IL by full dynamics.
    pub fn zil_full(experiment: &Experiment) -> Self {
        let zil = Self::of(experiment, Conditions::RULE);
        Self {
            id: LaneId::ZIL_FULL,
            label: format!("{}, full dynamics", zil.label),
            conditions: Conditions {
                path: Path::Full,
                ..zil.conditions
            },
            look: 1,
            ..zil
        }
    }

    /// A lane of the file.
    ///
    /// # Errors
    /// One line naming the lane, the key and what was expected.
    fn described(experiment: &Experiment, entry: &LaneEntry) -> Result<Self, ExperimentError> {
        let origin = format!("lane {}", entry.id);
        let refuse = |words: String| Err(ExperimentError(format!("{origin}: {words}")));
        let Some(id) = LaneId::new(&entry.id) else {
            return refuse(format!(
                "id is {:?}; expected 1 to {ID_BYTES} small letters, digits and hyphens",
                entry.id
            ));
        };
        if id == LaneId::ZIL_FULL || rule::all().any(|rule| LaneId::of(rule) == id) {
            return refuse("id is that of a rule; expected a name of its own".into());
        }
        for shared in ["batch", "reduction", "rule"] {
            if entry.learning.contains_key(shared) {
                return refuse(match shared {
                    "rule" => "learning.rule; expected the key rule".into(),
                    _ => format!("learning.{shared} is the same for all lanes of a race"),
                });
            }
        }
        let plain = Experiment {
            lanes: Vec::new(),
            ..experiment.clone()
        };
        let fail = |e: &dyn fmt::Display| ExperimentError(format!("{origin}: {e}"));
        let mut table = toml::Table::try_from(&plain).map_err(|e| fail(&e))?;
        for (section, keys) in [
            ("learning", &entry.learning),
            ("inference", &entry.inference),
            ("conditions", &entry.conditions),
        ] {
            for (key, value) in keys {
                set(&mut table, &format!("{section}.{key}={value}"))?;
            }
        }
        let mut own: Experiment = table
            .try_into()
            .map_err(|e: toml::de::Error| fail(&e.to_string().trim_end().replace('\n', " ")))?;
        own.seed = entry.seed.unwrap_or(own.seed);
        own.learning.rule = entry.rule.unwrap_or(own.learning.rule);
        own.name = origin.clone();
        if !entry.inference.contains_key("adaptive") {
            own.let_gamma_give_way(experiment);
        }
        own.validate_own(&origin)?;
        if ["precision", "state_decay"]
            .iter()
            .any(|key| entry.inference.contains_key(*key))
        {
            own.refuse_unread()?;
        }
        let label = entry.label.as_deref().unwrap_or(&entry.id);
        let shown = 1..=LABEL_LETTERS;
        if !shown.contains(&label.chars().count()) || label.contains(char::is_control) {
            return refuse(format!(
                "label is {:?}; expected 1 to {LABEL_LETTERS} letters on one line",
                label.chars().take(LABEL_LETTERS).collect::<String>()
            ));
        }
        Ok(Self {
            id,
            label: label.to_owned(),
            ..Self::own(&own)
        })
    }

    /// The lanes that the file describes, in its order.
    ///
    /// # Errors
    /// One line: a lane that means nothing, or two of one name.
    pub fn of_file(experiment: &Experiment) -> Result<Vec<Self>, ExperimentError> {
        let seeds = |entry: &LaneEntry| entry.seeds.unwrap_or(1);
        let all = experiment.lanes.iter().map(seeds);
        let all = all.fold(0_u64, u64::saturating_add);
        if all > MOST_LANES as u64 || experiment.lanes.len() > MOST_LANES {
            return Err(ExperimentError(format!(
                "{}: {all} lanes; expected at most {MOST_LANES}, each seed a lane",
                experiment.name,
            )));
        }
        let mut lanes: Vec<Self> = Vec::new();
        for entry in &experiment.lanes {
            let mut lane = Self::described(experiment, entry)?;
            let alike = lanes.iter().filter(|l| l.rule == lane.rule && l.is_first());
            lane.look = 1 + alike.count();
            for lane in lane.with_seeds(entry)? {
                if lanes.iter().any(|l| l.id == lane.id) {
                    return Err(ExperimentError(format!(
                        "lane {}: there are two of this id; expected a name of its own",
                        lane.id
                    )));
                }
                lanes.push(lane);
            }
        }
        Ok(lanes)
    }

    /// The lanes of an entry: itself, or one for each of its seeds.
    fn with_seeds(self, entry: &LaneEntry) -> Result<Vec<Self>, ExperimentError> {
        let refuse = |words: String| Err(ExperimentError(format!("lane {}: {words}", self.id)));
        let seeds = match entry.seeds {
            None | Some(1) => return Ok(vec![self]),
            Some(0) => return refuse("seeds is 0; expected a number from 1".into()),
            Some(seeds) => seeds,
        };
        let mut all = Vec::new();
        for i in 0..seeds {
            let seed = self
                .seed
                .checked_add(i)
                .filter(|s| i64::try_from(*s).is_ok());
            let Some(seed) = seed else {
                return refuse(format!(
                    "seeds is {seeds}; expected seeds up to {}",
                    i64::MAX
                ));
            };
            let id = match i {
                0 => Some(self.id),
                _ => LaneId::new(&format!("{}-s{seed}", self.id)),
            };
            let Some(id) = id else {
                return refuse(format!(
                    "id is too long for {seeds} seeds; expected one of which {}-s{seed} has at most {ID_BYTES} letters",
                    self.id
                ));
            };
            all.push(Self {
                id,
                seed,
                band: Some(self.id),
                ..self.clone()
            });
        }
        Ok(all)
    }

    /// True unless it is one of a band's other seeds.
    pub fn is_first(&self) -> bool {
        self.band.is_none_or(|first| first == self.id)
    }

    /// `lanes` with that of the experiment's rule, if it is not among them, and those of its file.
    pub fn with_own(experiment: &Experiment, mut lanes: Vec<Self>) -> Vec<Self> {
        let own = Self::own(experiment);
        if lanes.iter().all(|l| l.id != own.id) {
            lanes.push(own);
        }
        // What cannot be described was refused when the file was read.
        lanes.extend(Self::of_file(experiment).unwrap_or_default());
        lanes
    }

    /// The lanes that the window races.
    pub fn raced(experiment: &Experiment) -> Vec<Self> {
        let usual = [Rule::Bp, Rule::Zil, Rule::Il].map(|rule| Self::of(experiment, rule));
        Self::with_own(experiment, usual.into())
    }

    /// The lanes that `compare` races: Z-IL by both of its paths.
    pub fn compared(experiment: &Experiment) -> Vec<Self> {
        let of = |rule| Self::of(experiment, rule);
        let usual = vec![
            of(Rule::Bp),
            of(Rule::Zil),
            Self::zil_full(experiment),
            of(Rule::Il),
        ];
        Self::with_own(experiment, usual)
    }

    /// How it updates.
    pub fn method(&self, plan: &Plan) -> Method {
        method(plan, self.rule, self.inference, &self.conditions)
    }

    /// True if its updates equal backpropagation's in real arithmetic, of the lane `bp`.
    pub fn equals(&self, bp: &Self, plan: &Plan) -> bool {
        let same = self.optimiser == bp.optimiser
            && self.seed == bp.seed
            && self.inference.output_precision == bp.inference.output_precision;
        same && match self.method(plan) {
            Method::Backprop => true,
            Method::Schedule(s) => s.equals_backprop(plan),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moons(lanes: &str) -> Result<Experiment, ExperimentError> {
        Experiment::load("moons", &[format!("lanes+=[{lanes}]")])
    }

    #[test]
    fn a_lane_of_a_file_differs_in_what_it_names_and_survives_a_round_trip() {
        let experiment =
            moons(r#"{ id = "il-128", rule = "il", inference = { steps = 128, gamma = 1 }, learning = { rate = 1 }, seed = 9 }, { id = "again", label = "the same" }"#)
                .unwrap();
        let lanes = LaneSpec::raced(&experiment);
        let names: Vec<&str> = lanes.iter().map(|l| l.id.name()).collect();
        assert_eq!(names, ["bp", "zil", "il", "il-128", "again"]);
        let (il, own, again) = (&lanes[2], &lanes[3], &lanes[4]);
        assert_eq!(
            (own.rule, own.inference.steps, own.seed),
            (Rule::Il, 128, 9)
        );
        assert_eq!((own.inference.gamma, own.optimiser.rate), (1.0, 1.0));
        assert_eq!(own.inference.noise, il.inference.noise);
        assert_eq!((again.rule, &*again.label), (Rule::Zil, "the same"));
        let text = experiment.to_toml().unwrap();
        assert_eq!(Experiment::parse(&text, "again", &[]).unwrap(), experiment);
    }

    #[test]
    fn several_seeds_of_a_lane_are_lanes_alike_but_for_their_seeds() {
        let experiment = moons(
            r#"{ id = "many", rule = "il", inference = { gamma = 0.5 }, seeds = 3, seed = 9 }, { id = "il-2", rule = "il", seeds = 1 }"#,
        )
        .unwrap();
        let lanes = LaneSpec::of_file(&experiment).unwrap();
        let said: Vec<_> = lanes
            .iter()
            .map(|l| (l.id.name(), l.seed, l.look))
            .collect();
        assert_eq!(
            said,
            [
                ("many", 9, 1),
                ("many-s10", 10, 1),
                ("many-s11", 11, 1),
                ("il-2", 7, 2)
            ]
        );
        assert!(
            lanes[..3]
                .iter()
                .all(|l| l.band == LaneId::new("many") && l.inference.gamma == 0.5)
        );
        assert_eq!(lanes[3].band, None);
        assert_eq!(lanes.iter().filter(|l| l.is_first()).count(), 2);
        let text = experiment.to_toml().unwrap();
        assert_eq!(Experiment::parse(&text, "again", &[]).unwrap(), experiment);
    }

    #[test]
    fn what_the_experiment_sets_for_another_rule_is_no_fault_of_a_lane() {
        let changes = [
            "learning.rule=il",
            "inference.adaptive=true",
            "inference.state_decay=0.01",
            r#"lanes+=[{ id = "z", rule = "zil" }, { id = "i", rule = "incremental" }]"#,
        ];
        let experiment = Experiment::load("moons", &changes.map(str::to_owned)).unwrap();
        let lanes = LaneSpec::of_file(&experiment).unwrap();
        assert!(!lanes[1].inference.adaptive);
    }

    #[test]
    fn gamma_stops_adapting_for_what_is_asked_for_unless_it_is_asked_for_itself() {
        let adapts = |changes: &[&str]| {
            let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
            Experiment::load("digits-mlp", &changes).map(|e| e.inference.adaptive)
        };
        assert!(adapts(&[]).unwrap());
        assert!(adapts(&["learning.rule=il"]).unwrap());
        for change in [
            "learning.rule=incremental",
            "learning.rule=fixed-prediction",
            "inference.noise=0.1",
            "inference.gamma_correction=true",
        ] {
            assert!(!adapts(&[change]).unwrap(), "{change}");
            let refused = adapts(&[change, "inference.adaptive=true"]);
            assert!(refused.is_err(), "{change}");
        }
    }

    #[test]
    fn a_lane_that_means_nothing_is_refused_in_one_line() {
        for (lane, words) in [
            (r#"{ id = "IL 128" }"#, "id is \"IL 128\"; expected 1 to 24"),
            (r#"{ id = "zil" }"#, "lane zil: id is that of a rule"),
            (
                r#"{ id = "a" }, { id = "a" }"#,
                "lane a: there are two of this id",
            ),
            (
                r#"{ id = "a", learning = { batch = 3 } }"#,
                "learning.batch is the same for all",
            ),
            (
                r#"{ id = "a", learning = { rule = "il" } }"#,
                "expected the key rule",
            ),
            (r#"{ id = "a", rule = "li" }"#, "unknown variant `li`"),
            (
                r#"{ id = "a", inference = { stops = 3 } }"#,
                "lane a: unknown field `stops`",
            ),
            (
                r#"{ id = "a", inference = { gamma = -1 } }"#,
                "inference.gamma is -1",
            ),
            (
                r#"{ id = "a", inference = { precision = [2] } }"#,
                "which zil does not read",
            ),
            (
                r#"{ id = "a", label = "" }"#,
                "label is \"\"; expected 1 to 24",
            ),
            (r#"{ id = "a", label = "x\u0007" }"#, "label is"),
            (r#"{ di = "a" }"#, "unknown field `di`"),
            (r#"{ id = "a", seeds = 0 }"#, "lane a: seeds is 0"),
            (
                r#"{ id = "a", seeds = 30 }, { id = "b", seeds = 3 }"#,
                "33 lanes; expected at most 32",
            ),
            (
                r#"{ id = "a", seeds = 9223372036854775807 }"#,
                "9223372036854775807 lanes",
            ),
            (
                r#"{ id = "a", seeds = 2, seed = 9223372036854775807 }"#,
                "expected seeds up to",
            ),
            (
                r#"{ id = "a", seeds = 2, seed = 3 }, { id = "a-s4" }"#,
                "lane a-s4: there are two",
            ),
            (
                r#"{ id = "abcdefghijklmnopqrstuv", seeds = 2 }"#,
                "id is too long for 2 seeds",
            ),
        ] {
            let line = moons(lane).unwrap_err().0;
            assert!(
                line.contains(words) && !line.contains('\n'),
                "{lane}: {line}"
            );
        }
    }
}
