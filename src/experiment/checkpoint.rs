//! Checkpoints: weights as safetensors, with PyTorch's names and layouts, and the experiment they belong to.

use super::file::Experiment;
use super::save::atomically;
use crate::network::{Plan, Scalar, Weights};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// The entry of the file's metadata that is ours.
const ABOUT: &str = "pcscope";

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

/// Saves weights with their experiment.
///
/// # Errors
/// One line naming the file.
pub fn save<S: Scalar>(path: &Path, weights: &Weights<S>, about: &About<'_>) -> Result<(), String> {
    let double = S::NAME == "f64";
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = weights
        .plan()
        .graph
        .parameters
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let bytes = weights
                .exported(i)
                .iter()
                .flat_map(|v| {
                    if double {
                        v.to_f64().to_le_bytes().to_vec()
                    } else {
                        (v.to_f64() as f32).to_le_bytes().to_vec()
                    }
                })
                .collect();
            (p.name.clone(), p.export_shape.clone(), bytes)
        })
        .collect();
    let dtype = if double { Dtype::F64 } else { Dtype::F32 };
    let mut views = Vec::new();
    for (name, shape, bytes) in &tensors {
        let view = TensorView::new(dtype, shape.clone(), bytes)
            .map_err(|e| format!("{}: {e}", path.display()))?;
        views.push((name.clone(), view));
    }
    // One entry: a map of several would be written in a different order each time.
    let about = serde_json::json!({
        "program": concat!("pcscope ", env!("CARGO_PKG_VERSION")),
        "run": about.run,
        "updates": about.updates,
        "experiment": about.experiment.to_toml().map_err(|e| e.to_string())?,
    });
    let metadata = HashMap::from([(ABOUT.to_owned(), about.to_string())]);
    let bytes = serialize(views, Some(metadata)).map_err(|e| format!("{}: {e}", path.display()))?;
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

/// Loads weights for a plan.
///
/// # Errors
/// One line naming the file, the tensor and what was expected.
pub fn load<S: Scalar>(path: &Path, plan: &Arc<Plan>) -> Result<Weights<S>, String> {
    let bytes = read(path)?;
    let file = path.display();
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|e| format!("{file}: not a safetensors file ({e})"))?;
    let mut parameters = Vec::new();
    for p in &plan.graph.parameters {
        let tensor = tensors.tensor(&p.name).map_err(|_| {
            format!(
                "{file}: there is no tensor {}; expected {:?}",
                p.name, p.export_shape
            )
        })?;
        if tensor.shape() != p.export_shape {
            return Err(format!(
                "{file}: tensor {} has shape {:?}; expected {:?}",
                p.name,
                tensor.shape(),
                p.export_shape
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
                    S::from_f64(f64::from_le_bytes([
                        b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7],
                    ]))
                })
                .collect(),
            other => {
                return Err(format!(
                    "{file}: tensor {} is {other:?}; expected F32 or F64",
                    p.name
                ));
            }
        };
        if let Some(i) = numbers.iter().position(|v| !v.is_finite()) {
            return Err(format!(
                "{file}: tensor {}, element {i} is not finite",
                p.name
            ));
        }
        parameters.push(numbers);
    }
    Ok(Weights::from_exported(Arc::clone(plan), &parameters))
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
