//! A rule made outside the crate: a schedule that no built-in rule has.
//!
//! A rule is what a [`Schedule`] says: when values move and at what rate, and when the contribution of a level is taken. A learner
//! trains by any schedule that can be written down. This one is IL in two gears: a large γ until the error has come to every
//! level, then a small one. `cargo run --example own_rule` trains it beside IL and backpropagation.
//!
//! What the fields of a schedule cannot say (a step of another form), and a name in files and menus, needs a change of the crate.

use pcscope::experiment::file::Experiment;
use pcscope::experiment::loading::load_data;
use pcscope::experiment::setup::Setup;
use pcscope::learning::compare::distance;
use pcscope::learning::{
    Batch, Conditions, Interrupt, Learner, Method, Optimiser, OptimiserSettings, Pool, Schedule,
    Uninterrupted,
};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let experiment = Experiment::load("moons", &[])?;
    let data = load_data(&experiment)?;
    let setup = Setup::<f32>::new(experiment, data)?;
    let plan = &setup.plan;

    let il = Schedule::il(plan, 20, 0.1, &Conditions::default());
    let gears = Schedule {
        gamma: 0.5,
        later: Some((plan.depth() + 1, 0.05)),
        ..il
    };

    let mut batch = Batch::default();
    setup.fill(setup.data.split().train.clone().take(64), &mut batch);
    let batch = Arc::new(batch);
    let (pool, never): (_, Arc<dyn Interrupt>) = (Pool::new(1), Arc::new(Uninterrupted));
    let lanes = [
        ("BP", Method::Backprop),
        ("IL", Method::Schedule(il)),
        ("two gears", Method::Schedule(gears)),
    ];
    let mut trained = Vec::new();
    for (name, method) in lanes {
        let sgd = Optimiser::new(OptimiserSettings::sgd(0.5), plan.parameter_count());
        let mut learner = Learner::new((*setup.initial).clone(), method, sgd, true, 7);
        let mut losses = Vec::new();
        for _ in 0..100 {
            losses.push(learner.update(&pool, &batch, &never)?.loss);
        }
        let (first, last) = (losses[0], losses[losses.len() - 1]);
        println!("{name:>9}: loss {first:.6} before the first update, {last:.6} before the last");
        trained.push((name, learner));
    }

    let reference = Arc::clone(trained[0].1.weights());
    for (name, learner) in &trained[1..] {
        let own = learner.weights().values();
        let apart = distance(own, reference.values(), setup.initial.values());
        println!(
            "{name:>9}: distance {:.4} from BP (1 = as far as BP itself moved)",
            apart.relative_distance
        );
    }
    Ok(())
}
