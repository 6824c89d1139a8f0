//! `pcscope train --resume`: goes on with a run from its folder.

use super::Outcome;
use super::common::{interrupted, print, probe_json, threads};
use super::limits;
use super::train::{Told, TrainArgs, finish, refuse_unreached, trainer};
use crate::experiment::batches;
use crate::experiment::file::{Dtype, Experiment};
use crate::experiment::journal::{Edit, Edited, Goal};
use crate::experiment::kept::Kept;
use crate::experiment::lane::LaneSpec;
use crate::experiment::run_folder::{BATCHES, Claim};
use crate::experiment::window_file::WindowFile;
use crate::network::Scalar;
use std::path::Path;
use std::sync::Arc;

/// Goes on with the run in the folder that stands for the experiment.
///
/// # Errors
/// One line about bad input; the folder is as it was then.
pub fn run(args: &TrainArgs) -> Outcome {
    threads(args.experiment.threads)?;
    probe_json(args.experiment.json.as_deref())?;
    let folder = Path::new(&args.experiment.experiment);
    let claim = Claim::again(folder)?;
    let kept = Kept::open(folder)?;
    match kept.experiment.dtype {
        Dtype::F32 => resume::<f32>(args, claim, kept),
        Dtype::F64 => resume::<f64>(args, claim, kept),
    }
}

/// Of a race that a window saved, the run's own lane is gone on with, and the others rest: the edit that says so.
fn alone(kept: &Kept) -> Option<Edit> {
    let raced = kept.journal.begin().is_some_and(|begin| begin.raced);
    let own = kept.lane();
    let lanes = LaneSpec::raced(kept.experiment_after(kept.stamp.edits)).into_iter();
    let set = lanes.filter_map(|lane| {
        let ticked = kept.ticked(lane.id);
        let now = lane.id == own.id;
        (ticked != now).then(|| Edit::ticking(kept.stamp.update, lane.id, now).set)
    });
    let set: Vec<_> = set.flatten().collect();
    (raced && !set.is_empty()).then_some(Edit {
        update: kept.stamp.update,
        set,
    })
}

/// Refuses a run of a window whose own lane has stopped: it can make no more updates.
fn refuse_stopped(kept: &Kept) -> Result<(), String> {
    let file = WindowFile::read(&kept.folder, &kept.id)?;
    let own = file.iter().flat_map(|file| &file.lanes);
    let own = own.into_iter().find(|l| l.lane == kept.stamp.lane.name());
    match own.and_then(|lane| lane.failure.as_ref()) {
        Some(failure) => Err(format!(
            "{}: lane {} stopped at update {}, where {} was not finite; expected a run that can go on",
            kept.folder.display(),
            kept.stamp.lane,
            failure.update,
            failure.vertex
        )),
        None => Ok(()),
    }
}

/// The edit that the flags ask for, if it changes anything.
fn edit(args: &TrainArgs, kept: &Kept) -> Result<Option<(Edit, Edited)>, String> {
    let mut changes = args.experiment.all_changes()?;
    changes.extend(args.rule_change());
    if changes.is_empty() {
        return Ok(None);
    }
    let update = kept.stamp.update;
    let behind = kept.course.iter().take_while(|e| e.update <= update);
    let now = kept.experiment_after(behind.count());
    let text = now.to_toml().map_err(|e| e.to_string())?;
    let origin = kept.folder.to_string_lossy();
    let changed = Experiment::parse(&text, &origin, &changes).map_err(|e| e.to_string())?;
    changed.refuse_unread().map_err(|e| e.to_string())?;
    let raced = kept.journal.begin().is_some_and(|begin| begin.raced);
    if raced && changed.learning.rule != now.learning.rule {
        return Err(format!(
            "--rule: {} is a race of several lanes, each by its own rule; expected no other rule for lane {}",
            kept.folder.display(),
            kept.stamp.lane
        ));
    }
    let edit = Edit::between(update, now, &changed);
    let edited = Edited {
        update,
        experiment: changed,
        ticked: Vec::new(),
    };
    Ok((!edit.set.is_empty()).then_some((edit, edited)))
}

fn resume<S: Scalar>(args: &TrainArgs, claim: Claim, mut kept: Kept) -> Outcome {
    let (_, scored) = kept.metrics()?;
    refuse_stopped(&kept)?;
    let alone = alone(&kept);
    if let Some(edit) = &alone {
        kept.edit(edit)?;
    }
    let begun = kept.setup::<S>()?;
    let update = kept.stamp.update;
    let edit = edit(args, &kept)?;
    if let Some((edit, edited)) = &edit {
        let setup = begun.edited(edited.experiment.clone());
        let setup = setup.map_err(|e| format!("--set: {e}"))?;
        refuse_unreached(&setup, &LaneSpec::own(&edited.experiment))?;
        kept.edit(edit)?;
    }
    let state = kept.state::<S>(&begun.plan)?;
    let mut goal = kept.goal()?;
    goal.evaluate_every = args.evaluate_every.or(goal.evaluate_every);
    let mut trainer = trainer(&Arc::new(begun), goal, args);
    let states = [(kept.stamp.lane, state)];
    let resumed = trainer.resume((update, states), (&kept.course, kept.stamp.edits));
    resumed.map_err(|e| format!("{}: {e}", kept.folder.display()))?;
    goal.until = match (args.updates, args.epochs) {
        (Some(updates), _) => updates,
        (None, Some(epochs)) => trainer.updates_of(epochs),
        (None, None) => goal.until.max(update),
    };
    if goal.until < update {
        return Err(format!(
            "{}: {update} updates are made; expected --updates or --epochs that come to as many or more, not {}",
            kept.folder.display(),
            goal.until
        ));
    }
    let epochs = goal.until.div_ceil(trainer.race.setup.updates_per_epoch());
    let recorded = kept.folder.join(BATCHES).exists();
    if recorded && edit.is_some() {
        return Err(format!(
            "--set: {BATCHES} in {} is for programs that know of no edits; expected a run without it",
            kept.folder.display()
        ));
    }
    if recorded {
        batches::refuse_too_large(&trainer.race.setup, epochs)?;
    }
    trainer.train_until(goal.until, scored);
    if !args.quiet() {
        print(&words(&kept, goal, edit.as_ref().map(|(edit, _)| edit)));
    }
    let stop = interrupted()?;
    if !args.quiet() {
        // What it comes to once trained is known here before it runs.
        let (race, which) = (
            &trainer.race,
            format!("on the weights after {update} updates"),
        );
        let lane = &race.lanes[0];
        let from = (&**lane.learner.weights(), &*which);
        let until = limits::until(&stop);
        let lines = limits::before_from(&race.setup, &lane.spec, from, &until);
        lines.iter().for_each(|line| print(&format!("{line}\n")));
    }
    let told = Told {
        learns: kept.record["data"]["learns"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        notes: (kept.record["data"]["notes"]
            .as_array()
            .into_iter()
            .flatten())
        .filter_map(|note| Some(note.as_str()?.to_owned()))
        .collect(),
    };
    let mut edits: Vec<Edit> = alone.into_iter().collect();
    edits.extend(edit.map(|(edit, _)| edit));
    let folder = claim.resume(kept, goal, edits)?;
    if recorded {
        folder.record_batches(&trainer.race.setup, epochs)?;
    }
    finish(args, (trainer, goal.until), Some(folder), &told, &stop)
}

/// What is gone on with, on a line.
fn words(kept: &Kept, goal: Goal, edit: Option<&Edit>) -> String {
    let set = edit.iter().flat_map(|e| &e.set);
    let set: Vec<String> = set.map(|(key, value)| format!("{key} = {value}")).collect();
    let with = match &set[..] {
        [] => String::new(),
        set => format!(", from there on with {}", set.join(", ")),
    };
    format!(
        "{}: goes on behind update {} of {}{with}\n",
        kept.folder.display(),
        kept.stamp.update,
        goal.until
    )
}
