//! Checkpoints: weights as safetensors, with PyTorch's names and layouts, and the experiment they belong to. Those of a run hold what
//! its optimiser remembers as well, so that the run can be gone on with to the same bits.

use super::file::Experiment;
use super::lane::LaneId;
use super::modules::Modules;
use super::save::atomically;
use crate::learning::{Optimiser, OptimiserSettings, RunState};
use crate::network::{Plan, Scalar, Weights};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

/// The entry of the file's metadata that is ours.
const ABOUT: &str = "pcscope";

/// How tensors of an optimiser's memory begin, each of them with a number for every one of the weights: the velocity of SGD, or the
/// means of g and of g².
const MEMORY: [&str; 2] = ["optimiser.first.", "optimiser.second."];

/// The largest checkpoint that is read, in bytes.
const MOST_BYTES: u64 = 4 << 30;

/// What a checkpoint says besides its weights.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The id of the run, if it has a folder.
    pub run: Option<&'a str>,
    /// The experiment.
    pub experiment: &'a Experiment,
    /// Updates made.
    pub updates: u64,
}

/// What a checkpoint of a run says besides its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    /// The id of the run.
    pub run: String,
    /// The lane.
    pub lane: LaneId,
    /// Updates that the run had made.
    pub update: u64,
    /// How many of the edits of the run's journal had been made.
    pub edits: usize,
}

/// Saves a run between two updates, with its experiment as it is then.
///
/// # Errors
/// One line naming the file.
pub fn save_state<S: Scalar>(
    path: &Path,
    state: &RunState<S>,
    experiment: &Experiment,
    stamp: &Stamp,
) -> Result<(), String> {
    let weights = &state.weights;
    let (steps, memory) = state.optimiser.memory();
    let about = serde_json::json!({
        "program": concat!("pcscope ", env!("CARGO_PKG_VERSION")),
        "run": stamp.run,
        "lane": stamp.lane.name(),
        "update": stamp.update,
        "updates": state.updates,
        "edits": stamp.edits,
        "steps": steps,
        "experiment": experiment.to_toml().map_err(|e| e.to_string())?,
    });
    let parameters = &weights.plan().graph.parameters;
    // In the layout of weights, by their names.
    let kept = memory.into_iter().zip(MEMORY).map(|(numbers, name)| {
        let numbers = Weights::from_values(Arc::clone(weights.plan()), numbers);
        (name, numbers)
    });
    let kept: Vec<_> = kept.collect();
    let all = [("", &**weights)].into_iter();
    let all = all.chain(kept.iter().map(|(name, numbers)| (*name, numbers)));
    let named = all.flat_map(|(prefix, numbers)| {
        let each = parameters.iter().enumerate();
        each.map(move |(i, p)| (format!("{prefix}{}", p.name), i, numbers.exported(i)))
    });
    write(path, weights.plan(), named, &about)
}

/// Reads a run between two updates, whose optimiser was set like this then.
///
/// # Errors
/// One line naming the file and what is wrong with it.
pub fn load_state<S: Scalar>(
    path: &Path,
    bytes: &[u8],
    plan: &Arc<Plan>,
    settings: OptimiserSettings,
) -> Result<RunState<S>, String> {
    let file = path.display();
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|e| format!("{file}: not a safetensors file ({e})"))?;
    let about = about(bytes).unwrap_or_default();
    let sum = sum(tensors
        .tensors()
        .iter()
        .map(|(name, t)| (&**name, t.data())));
    if about["sha256"].as_str() != Some(&sum) {
        return Err(format!(
            "{file}: its numbers are not those that were saved; expected those with the sum in its head"
        ));
    }
    let wanted = if S::NAME == "f64" {
        Dtype::F64
    } else {
        Dtype::F32
    };
    if let Some((name, t)) = tensors.tensors().iter().find(|(_, t)| t.dtype() != wanted) {
        return Err(format!(
            "{file}: tensor {name} is {:?}; expected {wanted:?}",
            t.dtype()
        ));
    }
    let (Some(updates), Some(steps)) = (about["updates"].as_u64(), about["steps"].as_u64()) else {
        return Err(format!(
            "{file}: does not say how many updates were made; expected a checkpoint of this version"
        ));
    };
    let of = |prefix: &str| -> Result<Weights<S>, String> {
        let each = plan.graph.parameters.iter();
        let all: Result<Vec<_>, String> = each
            .map(|p| {
                tensor(
                    path,
                    &tensors,
                    &format!("{prefix}{}", p.name),
                    &p.export_shape,
                )
            })
            .collect();
        Ok(Weights::from_exported(Arc::clone(plan), &all?))
    };
    let weights = of("")?;
    let kept: Result<Vec<_>, String> = (MEMORY.iter().take(settings.memories()))
        .map(|prefix| Ok(of(prefix)?.values().to_vec()))
        .collect();
    let memory = (steps, &kept?[..]);
    let optimiser = Optimiser::remembering(settings, plan.parameter_count(), memory);
    let optimiser = optimiser.ok_or_else(|| format!("{file}: another optimiser's memory"))?;
    Ok(RunState {
        weights: Arc::new(weights),
        optimiser: Arc::new(optimiser),
        updates,
    })
}

/// A sum over names and bytes, by which damage is found that leaves a file readable.
fn sum<'a>(tensors: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut sum = Sha256::new();
    for (name, bytes) in tensors.collect::<BTreeMap<_, _>>() {
        sum.update((name.len() as u64).to_le_bytes());
        sum.update(name);
        sum.update((bytes.len() as u64).to_le_bytes());
        sum.update(bytes);
    }
    sum.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// Saves weights with their experiment.
///
/// # Errors
/// One line naming the file.
pub fn save<S: Scalar>(path: &Path, weights: &Weights<S>, about: &About<'_>) -> Result<(), String> {
    let about = serde_json::json!({
        "program": concat!("pcscope ", env!("CARGO_PKG_VERSION")),
        "run": about.run,
        "updates": about.updates,
        "experiment": about.experiment.to_toml().map_err(|e| e.to_string())?,
    });
    let parameters = &weights.plan().graph.parameters;
    let named = parameters.iter().enumerate();
    let named = named.map(|(i, p)| (p.name.clone(), i, weights.exported(i)));
    write(path, weights.plan(), named, &about)
}

/// Saves weights by PyTorch's names for them.
///
/// # Errors
/// One line naming the file.
pub fn save_as<S: Scalar>(
    path: &Path,
    weights: &Weights<S>,
    modules: &Modules,
    about: &serde_json::Value,
) -> Result<(), String> {
    let named = modules.names.iter().enumerate();
    let named = named.map(|(i, name)| (name.clone(), i, weights.exported(i)));
    let zeros = modules.zeros.iter();
    let zeros = zeros.map(|(name, like)| {
        let n = weights.plan().graph.parameters[*like].len();
        (name.clone(), *like, vec![S::ZERO; n])
    });
    write(path, weights.plan(), named.chain(zeros), about)
}

/// Writes tensors: a name, the parameter whose shape it has, and its numbers.
fn write<S: Scalar>(
    path: &Path,
    plan: &Plan,
    named: impl Iterator<Item = (String, usize, Vec<S>)>,
    about: &serde_json::Value,
) -> Result<(), String> {
    let double = S::NAME == "f64";
    let bytes = |numbers: Vec<S>| -> Vec<u8> {
        let each = numbers.iter().map(|v| v.to_f64());
        if double {
            each.flat_map(f64::to_le_bytes).collect()
        } else {
            each.flat_map(|v| (v as f32).to_le_bytes()).collect()
        }
    };
    let tensors: Vec<(String, &[usize], Vec<u8>)> = named
        .map(|(name, like, numbers)| {
            let shape = &plan.graph.parameters[like].export_shape;
            (name, &shape[..], bytes(numbers))
        })
        .collect();
    let dtype = if double { Dtype::F64 } else { Dtype::F32 };
    let fail = |e: safetensors::SafeTensorError| format!("{}: {e}", path.display());
    let mut views = Vec::new();
    for (name, shape, bytes) in &tensors {
        let view = TensorView::new(dtype, shape.to_vec(), bytes).map_err(fail)?;
        views.push((name.clone(), view));
    }
    let mut about = about.clone();
    let named = tensors.iter().map(|(name, _, bytes)| (&**name, &bytes[..]));
    about["sha256"] = sum(named).into();
    // One entry: a map of several would be written in a different order each time.
    let metadata = HashMap::from([(ABOUT.to_owned(), about.to_string())]);
    let bytes = serialize(views, Some(metadata)).map_err(fail)?;
    atomically(path, &bytes)
}

/// Reads the bytes of a checkpoint, refusing what is far too large.
///
/// # Errors
/// One line naming the file.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let fail = |e: std::io::Error| format!("{}: {e}", path.display());
    let about = std::fs::metadata(path).map_err(fail)?;
    if !about.is_file() {
        // A pipe waits for ever, and a device may never end.
        return Err(format!(
            "{}: is no file; expected a regular one",
            path.display()
        ));
    }
    let length = about.len();
    if length > MOST_BYTES {
        return Err(format!(
            "{}: {length} bytes; a checkpoint has at most {MOST_BYTES}",
            path.display()
        ));
    }
    std::fs::read(path).map_err(fail)
}

/// Loads weights for a plan, by pcscope's names or by those of PyTorch's modules.
///
/// # Errors
/// One line naming the file, the tensor and what was expected.
pub fn load<S: Scalar>(
    path: &Path,
    plan: &Arc<Plan>,
    modules: Option<&Modules>,
) -> Result<Weights<S>, String> {
    let bytes = read(path)?;
    let file = path.display();
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|e| format!("{file}: not a safetensors file ({e})"))?;
    let parameters = &plan.graph.parameters;
    let own = parameters
        .first()
        .is_some_and(|p| tensors.tensor(&p.name).is_ok());
    let theirs = modules.and_then(|m| m.names.first());
    if let (false, Some(p), Some(name)) = (own, parameters.first(), theirs)
        && tensors.tensor(name).is_err()
    {
        return Err(format!(
            "{file}: there is no tensor {} (nor {name}, as modules would call it); expected {:?}",
            p.name, p.export_shape
        ));
    }
    let modules = modules.filter(|_| !own);
    let mut all = Vec::new();
    for (i, p) in parameters.iter().enumerate() {
        let name = modules.map_or(&p.name, |m| &m.names[i]);
        let mut numbers: Vec<S> = tensor(path, &tensors, name, &p.export_shape)?;
        let zeros = modules.into_iter().flat_map(|m| &m.zeros);
        for (more, _) in zeros.filter(|(_, like)| *like == i) {
            // nn.RNN has two biases, which are added.
            let more: Vec<S> = tensor(path, &tensors, more, &p.export_shape)?;
            numbers.iter_mut().zip(more).for_each(|(a, b)| *a += b);
        }
        all.push(numbers);
    }
    Ok(Weights::from_exported(Arc::clone(plan), &all))
}

/// The numbers of one tensor, all finite.
fn tensor<S: Scalar>(
    path: &Path,
    tensors: &SafeTensors<'_>,
    name: &str,
    shape: &[usize],
) -> Result<Vec<S>, String> {
    let file = path.display();
    let tensor = tensors
        .tensor(name)
        .map_err(|_| format!("{file}: there is no tensor {name}; expected {shape:?}"))?;
    if tensor.shape() != shape {
        return Err(format!(
            "{file}: tensor {name} has shape {:?}; expected {shape:?}",
            tensor.shape()
        ));
    }
    let numbers: Vec<S> = match tensor.dtype() {
        Dtype::F32 => tensor
            .data()
            .chunks_exact(4)
            .map(|b| S::from_f64(f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))))
            .collect(),
        Dtype::F64 => tensor
            .data()
            .chunks_exact(8)
            .map(|b| {
                let b = [b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]];
                S::from_f64(f64::from_le_bytes(b))
            })
            .collect(),
        other => {
            return Err(format!(
                "{file}: tensor {name} is {other:?}; expected F32 or F64"
            ));
        }
    };
    match numbers.iter().position(|v| !v.is_finite()) {
        Some(i) => Err(format!("{file}: tensor {name}, element {i} is not finite")),
        None => Ok(numbers),
    }
}

/// What a checkpoint says of itself, as it was saved.
fn about(bytes: &[u8]) -> Option<serde_json::Value> {
    let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
    serde_json::from_str(header.metadata().as_ref()?.get(ABOUT)?).ok()
}

/// The id of the run that saved a checkpoint, if it says.
pub fn run_of(bytes: &[u8]) -> Option<String> {
    Some(about(bytes)?["run"].as_str()?.to_owned())
}

/// What a checkpoint of a run says of itself, if it is one.
pub fn stamp_of(bytes: &[u8]) -> Option<Stamp> {
    let about = about(bytes)?;
    Some(Stamp {
        run: about["run"].as_str()?.to_owned(),
        lane: LaneId::new(about["lane"].as_str()?)?,
        update: about["update"].as_u64()?,
        edits: usize::try_from(about["edits"].as_u64()?).ok()?,
    })
}

/// After how many updates a checkpoint was saved, if it says.
pub fn updates_of(bytes: &[u8]) -> Option<u64> {
    about(bytes)?["updates"].as_u64()
}

/// What a checkpoint holds, a line each; `None` if the bytes are no safetensors file.
pub fn describe(bytes: &[u8]) -> Option<Vec<String>> {
    let tensors = SafeTensors::deserialize(bytes).ok()?;
    let mut lines = vec!["a checkpoint (safetensors)".to_owned()];
    if let Some(about) = about(bytes) {
        if let Some(updates) = about["updates"].as_u64() {
            lines.push(format!("updates: {updates}"));
        }
        let experiment = about["experiment"]
            .as_str()
            .and_then(|t| Experiment::parse(t, "checkpoint", &[]).ok());
        if let Some(experiment) = experiment {
            lines.push(format!("experiment: {}", experiment.name));
        }
    }
    let mut names: Vec<_> = tensors
        .names()
        .into_iter()
        .map(ToString::to_string)
        .collect();
    names.sort();
    for name in names {
        if let Ok(t) = tensors.tensor(&name) {
            lines.push(format!("{name}: {:?} {:?}", t.dtype(), t.shape()));
        }
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::loading::load_data;
    use crate::experiment::setup::Setup;

    /// Every layout of weights, convolutions and recurrent layers among them, with every kind of memory.
    #[test]
    fn a_state_comes_back_in_every_bit_and_damage_is_found() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state.safetensors");
        let mut number = 0_u64;
        let mut draw = |n: usize| -> Vec<f32> {
            let next = |_| {
                number += 1;
                // Subnormal numbers and zeros of both signs among them.
                match number % 7 {
                    0 => -0.0,
                    1 => f32::from_bits(number as u32),
                    _ => (number as f32 * 0.37).sin(),
                }
            };
            (0..n).map(next).collect()
        };
        for preset in ["mnist-cnn", "names-rnn-2", "residual-cnn", "deep-mlp"] {
            for change in [
                &["learning.optimiser=sgd", "learning.momentum=0"][..],
                &["learning.optimiser=sgd", "learning.momentum=0.5"],
                &["learning.optimiser=adamw"],
            ] {
                let changes: Vec<String> = change.iter().map(|c| (*c).to_owned()).collect();
                let experiment = Experiment::load(preset, &changes).unwrap();
                let data = load_data(&experiment).unwrap();
                let setup = Setup::<f32>::new(experiment, data).unwrap();
                let settings = setup.experiment.learning.settings();
                let parameters = &setup.plan.graph.parameters;
                // As numbers of the layout that leaves: what else is stored beside them stays at rest.
                let mut all = || -> Weights<f32> {
                    let each: Vec<Vec<f32>> = parameters.iter().map(|p| draw(p.len())).collect();
                    Weights::from_exported(Arc::clone(&setup.plan), &each)
                };
                let kept: Vec<Vec<f32>> = (0..settings.memories())
                    .map(|_| all().values().to_vec())
                    .collect();
                let count = setup.plan.parameter_count();
                let optimiser = Optimiser::remembering(settings, count, (11, &kept)).unwrap();
                let state = RunState {
                    weights: Arc::new(all()),
                    optimiser: Arc::new(optimiser),
                    updates: 9,
                };
                let stamp = Stamp {
                    run: "ab".into(),
                    lane: LaneId::IL,
                    update: 12,
                    edits: 3,
                };
                save_state(&path, &state, &setup.experiment, &stamp).unwrap();
                let mut bytes = read(&path).unwrap();
                assert_eq!(stamp_of(&bytes), Some(stamp));
                let again = load_state::<f32>(&path, &bytes, &setup.plan, settings).unwrap();
                assert_eq!(again.differing_bits(&state), 0, "{preset} {change:?}");
                // By itself it is weights for anybody.
                let weights = load::<f32>(&path, &setup.plan, None).unwrap();
                assert_eq!(weights.values(), state.weights.values());
                let last = bytes.len() - 3;
                bytes[last] ^= 1;
                let told = load_state::<f32>(&path, &bytes, &setup.plan, settings);
                assert!(told.unwrap_err().contains("not those that were saved"));
            }
        }
    }
}
