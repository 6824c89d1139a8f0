//! Z-IL beside backpropagation: both train on the same batches, from the same weights, and no bit of them differs.
//!
//! `cargo run --example exact` counts the differing bits after every ten updates. IL runs along, to show what another rule does.

use pcscope::experiment::file::{Experiment, ExperimentError};
use pcscope::experiment::lane::LaneSpec;
use pcscope::experiment::loading::load_data;
use pcscope::experiment::setup::Setup;
use pcscope::experiment::trainer::{Scoring, Trainer};
use pcscope::learning::compare::distance;
use std::sync::Arc;

fn main() -> Result<(), ExperimentError> {
    // A preset: real digits, which the crate carries. A path of an experiment file, or of data, would do as well.
    let experiment = Experiment::load("digits-mlp", &[])?;
    let data = load_data(&experiment)?;
    let setup = Arc::new(Setup::<f32>::new(experiment, data)?);
    let lanes = LaneSpec::raced(&setup.experiment);
    let mut trainer = Trainer::new(Arc::clone(&setup), lanes, 1, Scoring::NEVER);

    println!("{} weights and biases", setup.plan.parameter_count());
    for updates in [10, 20, 30, 40] {
        trainer.run(updates);
        let [bp, others @ ..] = &trainer.race.lanes[..] else {
            break;
        };
        let reference = bp.learner.weights().values();
        for lane in others {
            let own = lane.learner.weights().values();
            let apart = distance(own, reference, setup.initial.values());
            println!(
                "after {:2} updates, {:4} beside BP: {} have moved, {} bits differ",
                updates, lane.spec.label, apart.moved, apart.differing_bits
            );
        }
    }
    Ok(())
}
