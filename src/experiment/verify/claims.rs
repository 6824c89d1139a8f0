//! What the program says of itself: ε⁰ of any target, p of any rule, runs that stop, and the sentences of a comparison.

use super::Check;
use super::nets::{self, ARCHITECTURES, Training, learner, plan, train, weights};
use super::reference::SplitMix64;
use crate::experiment::conclusion::Conclusion;
use crate::experiment::file::{Experiment, ExperimentError};
use crate::experiment::lane::LaneSpec;
use crate::experiment::loading::load_data;
use crate::experiment::setup::Setup;
use crate::experiment::trainer::{Scoring, Trainer};
use crate::learning::compare::distance;
use crate::learning::learner::{UpdateError, method};
use crate::learning::{
    Batch, Conditions, Course, Inference, Interrupt, Method, OptimiserKind, OptimiserSettings,
    Path, Pool, REFERENCE, Rule, Uninterrupted, rule,
};
use crate::network::{Activation, Loss, Scalar, Weights};
use std::sync::Arc;

/// Every row.
pub fn run(_quick: bool, add: &mut dyn FnMut(Check)) {
    for loss in Loss::ALL {
        add(any_target(loss));
    }
    for architecture in &ARCHITECTURES {
        for path in [Path::Front, Path::Full] {
            add(output_precision::<f32>(architecture, path));
        }
    }
    for rule in rule::all() {
        for kind in OptimiserKind::ALL {
            add(applied(rule, kind));
        }
    }
    for rule in [REFERENCE, Conditions::RULE] {
        add(named(rule));
    }
    for path in [Path::Front, Path::Full] {
        add(behind(path));
    }
    for case in SENTENCES {
        add(sentence(&case));
    }
}

/// ε⁰ = -∂Loss/∂μ⁰ for targets that are neither shares nor one-hot.
fn any_target(loss: Loss) -> Check {
    const H: f64 = 1e-5;
    let mut draw = SplitMix64(11);
    let mut worst = 0.0_f64;
    for _ in 0..200 {
        let mut five = || -> Vec<f64> { (0..5).map(|_| draw.uniform(3.0)).collect() };
        let (mut mu, y) = (five(), five());
        let mut error = vec![0.0; 5];
        loss.error(&mu, &y, &mut error);
        for (i, e) in error.iter().enumerate() {
            let at = mu[i];
            mu[i] = at + H;
            let up = loss.value(&mu, &y);
            mu[i] = at - H;
            let rise = up - loss.value(&mu, &y);
            mu[i] = at;
            worst = worst.max((e + rise / (2.0 * H)).abs());
        }
    }
    Check::new(
        format!(
            "ε⁰ against central differences, {}, any target",
            loss.name()
        ),
        "off by less than 1e-7",
        format!("{worst:.1e}"),
        worst < 1e-7,
    )
}

/// With p at the output Z-IL and BP both descend p Loss: equal bits, and other ones than without p.
fn output_precision<S: Scalar>(architecture: &nets::Architecture, path: Path) -> Check {
    const P: f64 = 0.37;
    let training = Training {
        updates: 3,
        rows: 40,
        optimiser: OptimiserSettings::sgd(0.05),
        mean: true,
        threads: 1,
    };
    let plan = plan(architecture, Activation::Tanh, Loss::CrossEntropy);
    let start = weights::<S>(&plan, 51);
    let inference = Inference {
        output_precision: P,
        ..Inference::default()
    };
    let conditions = Conditions {
        path,
        ..Conditions::default()
    };
    let after = |rule, p| -> Result<Vec<S>, UpdateError> {
        let inference = Inference {
            output_precision: p,
            ..inference
        };
        let method = method(&plan, rule, inference, &conditions);
        let mut learner = learner(&start, method, &training);
        learner.output_precision = p;
        train(&mut learner, &training)?;
        Ok(learner.weights().values().to_vec())
    };
    let name = format!("{}, output precision {P}, {path:?}", architecture.name);
    match (
        after(Conditions::RULE, P),
        after(REFERENCE, P),
        after(REFERENCE, 1.0),
    ) {
        (Ok(zil), Ok(bp), Ok(plain)) => {
            let d = distance(&zil, &bp, start.values());
            let without = distance(&plain, &bp, start.values());
            Check::new(
                name,
                "Z-IL 0 bits from BP of p Loss, which is not BP of Loss",
                format!("{} bits, and {}", d.differing_bits, without.differing_bits),
                d.differing_bits == 0 && without.differing_bits > 0 && d.moved > 0,
            )
        }
        (Err(e), ..) | (_, Err(e), _) | (.., Err(e)) => {
            Check::new(name, "finite", e.to_string(), false)
        }
    }
}

/// One example of a chain of three identity units.
fn chain(values: [f32; 3], input: f32, target: f32) -> (Weights<f32>, Arc<Batch<f32>>) {
    let plan = nets::mlp(&[1; 4], Activation::Identity, Loss::SquaredError, false);
    let batch = Batch {
        inputs: vec![input],
        targets: vec![target],
        missing: Vec::new(),
        rows: 1,
    };
    (Weights::from_values(plan, &values), Arc::new(batch))
}

fn update(
    start: &Weights<f32>,
    batch: &Arc<Batch<f32>>,
    method: Method,
    optimiser: OptimiserSettings,
) -> (Result<(), UpdateError>, Vec<f32>) {
    let training = Training {
        updates: 1,
        rows: 1,
        optimiser,
        mean: true,
        threads: 1,
    };
    let mut learner = learner(start, method, &training);
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let done = learner.update(&Pool::new(1), batch, &never);
    (done.map(|_| ()), learner.weights().values().to_vec())
}

/// A weight that overflows when the update is applied stops the run at that update; the weights are as before.
fn applied(rule: Rule, kind: OptimiserKind) -> Check {
    let (start, batch) = chain([1.0; 3], 1.0, 1000.0);
    let own = method(start.plan(), rule, (4, 0.1), &Conditions::default());
    let optimiser = OptimiserSettings {
        kind,
        ..OptimiserSettings::sgd(f64::from(f32::MAX))
    };
    let (done, left) = update(
        &start,
        &batch,
        own,
        OptimiserSettings {
            momentum: 0.9,
            ..optimiser
        },
    );
    let same = left == start.values();
    let timed = |t: &Option<usize>| t.is_some() != rule.is_reference();
    let stopped = matches!(&done, Err(UpdateError::NotFinite { t, .. }) if timed(t));
    Check::new(
        format!(
            "{}, {}: a weight that overflows",
            rule.label(),
            kind.label()
        ),
        "the update stops, and no weight has changed",
        format!(
            "{}; weights {}",
            done.map_or_else(|e| e.to_string(), |()| "made".into()),
            if same { "as before" } else { "changed" }
        ),
        stopped && same,
    )
}

/// Where a δ overflows, the vertex is named, by Z-IL with the state at which the front is there; not what lies behind the front.
fn named(rule: Rule) -> Check {
    // δ of level 2 is 1e25 times 1e20; behind Z-IL's front the output overflows one state earlier.
    let (start, batch) = chain([1.0, 1e25, 1e20], 0.0, 1.0);
    let plan = start.plan();
    let own = method(plan, rule, (0, 0.1), &Conditions::default());
    let (done, _) = update(&start, &batch, own, OptimiserSettings::sgd(0.1));
    let deep = plan.graph.vertices.iter().find(|v| v.level == 2);
    let label = deep.map_or("", |v| &v.label);
    let expected = match rule.course() {
        Course::Reverse => format!("δ of {label} is not finite"),
        _ => format!("{label} is not finite from t = 2"),
    };
    let measured = done.map_or_else(|e| e.to_string(), |()| "made".into());
    let pass = measured == expected;
    Check::new(
        format!("{}: the vertex that overflows is named", rule.label()),
        expected,
        measured,
        pass,
    )
}

/// What lies behind Z-IL's front may overflow: it is read by nothing.
fn behind(path: Path) -> Check {
    let (start, batch) = chain([1.0, 1.0, 1e20], 1e-25, 1.0);
    let conditions = Conditions {
        path,
        ..Conditions::default()
    };
    let own = Method::zil(start.plan(), &conditions);
    let sgd = OptimiserSettings::sgd(0.1);
    let (done, zil) = update(&start, &batch, own, sgd);
    let (_, bp) = update(&start, &batch, Method::Backprop, sgd);
    let d = distance(&zil, &bp, start.values());
    Check::new(
        format!("an overflow behind Z-IL's front, {path:?}"),
        "the update is made, 0 bits from BP",
        match done {
            Ok(()) => format!("{} bits, {} weights moved", d.differing_bits, d.moved),
            Err(e) => e.to_string(),
        },
        d.differing_bits == 0 && d.moved > 0,
    )
}

/// One thing that a comparison can come to.
struct Sentence {
    changes: &'static [&'static str],
    updates: u64,
    /// What the sentence says, and what it must not.
    says: &'static str,
    never: &'static [&'static str],
}

const SENTENCES: [Sentence; 6] = [
    Sentence {
        changes: &[],
        updates: 5,
        says: "equal BP in every bit",
        never: &["differs"],
    },
    Sentence {
        changes: &[],
        updates: 0,
        says: "nothing to compare",
        never: &["equal", "differs"],
    },
    Sentence {
        changes: &["learning.rate=0"],
        updates: 5,
        says: "NO UPDATE",
        never: &["equal", "differs"],
    },
    Sentence {
        changes: &["conditions.capture=late"],
        updates: 5,
        says: "a condition of exactness does not hold",
        never: &["equal", "in 0 bits"],
    },
    Sentence {
        changes: &["conditions.epsilon=naive"],
        updates: 20,
        says: "by rounding alone",
        never: &["equal", "in 0 bits"],
    },
    Sentence {
        changes: &[
            "learning.rate=1e30",
            "network.activation=relu",
            "network.loss=squared-error",
        ],
        updates: 20,
        says: "NOT FINITE",
        never: &["equal", "differs"],
    },
];

fn sentence(case: &Sentence) -> Check {
    let said = said_of(case);
    let measured = said.unwrap_or_else(|e| e.to_string());
    let pass = measured.contains(case.says) && !case.never.iter().any(|w| measured.contains(w));
    Check::new(
        format!(
            "the sentence of a comparison, moons{}, {} updates",
            case.changes
                .iter()
                .map(|c| format!(", {c}"))
                .collect::<String>(),
            case.updates
        ),
        format!("says \"{}\"", case.says),
        measured,
        pass,
    )
}

fn said_of(case: &Sentence) -> Result<String, ExperimentError> {
    let changes: Vec<String> = case.changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load("moons", &changes)?;
    let data = load_data(&experiment)?;
    let setup: Setup<f32> = Setup::new(experiment, data)?;
    let of = |rule| LaneSpec::of(&setup.experiment, rule);
    let lanes = [
        of(REFERENCE),
        of(Conditions::RULE),
        LaneSpec::zil_full(&setup.experiment),
    ];
    let mut trainer = Trainer::new(Arc::new(setup), lanes, 1, Scoring::NEVER);
    trainer.run(case.updates);
    let race = trainer.race;
    Ok(Conclusion::of(&race, &[]).sentence())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_holds() {
        run(true, &mut |check| assert!(check.pass, "{check:?}"));
    }

    /// A batch of many examples is spread over shards: the earliest state counts, whichever shard it is in.
    #[test]
    fn the_earliest_state_is_named_whichever_shard_it_is_in() {
        let (start, _) = chain([1.0, 1e25, 1e20], 0.0, 1.0);
        let plan = start.plan();
        let mut inputs = vec![0.0; 40];
        inputs[39] = 1e15;
        let batch = Arc::new(Batch {
            inputs,
            targets: vec![1.0; 40],
            missing: Vec::new(),
            rows: 40,
        });
        let own = Method::zil(plan, &Conditions::default());
        let (done, left) = update(&start, &batch, own, OptimiserSettings::sgd(0.1));
        assert!(
            matches!(&done, Err(UpdateError::NotFinite { t: Some(0), .. })),
            "{done:?}"
        );
        assert_eq!(left, start.values());
    }
}
