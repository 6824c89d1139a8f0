//! A trace: one example's inference as NPZ, readable by NumPy: `x/<vertex>`, `fx/…`, `mu/…`, `eps/…`, `dx/…` with T + 1 rows, `delta/…`
//! of BP, and what it is of, by which a window opens it as a recording.

use super::file::Experiment;
use super::interventions::as_in_files;
use super::microscope::{Field, MicroscopeSnapshot};
use super::save::atomically;
use crate::learning::Stability;
use crate::network::Shape;
use npyz::WriterBuilder as _;
use serde::{Deserialize, Serialize};
use std::io::Cursor;
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The array with what a trace is of: JSON, as bytes.
pub const ABOUT: &str = "about";

/// What a trace is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The program that wrote it.
    pub program: String,
    /// The experiment, as TOML.
    pub experiment: String,
    /// The example, counted through the whole data set.
    pub example: usize,
    /// Whose weights inferred.
    pub lane: String,
    /// The updates that those had made.
    pub update: u64,
    /// Backpropagation's loss, where it is finite.
    pub loss: Option<f64>,
    /// Time steps that the example lacks at its front.
    pub missing: usize,
}

/// The fields that a trace has of every state, and what they are called there.
pub const FIELDS: [(Field, &str); 5] = [
    (Field::X, "x"),
    (Field::Fx, "fx"),
    (Field::Mu, "mu"),
    (Field::Eps, "eps"),
    (Field::Dx, "dx"),
];

/// The shape of a vertex in a trace, and the stored place of each of its numbers there: channel by channel, as files and other
/// frameworks lay maps out.
pub fn in_file(s: Shape) -> (Vec<u64>, Vec<usize>) {
    let shape = if s.is_flat() {
        vec![s.channels as u64]
    } else {
        vec![s.channels as u64, s.height as u64, s.width as u64]
    };
    (shape, as_in_files(s))
}

/// Writes every state of a microscope that has run to its end.
///
/// Arrays have shape (T + 1, channels, height, width), or (T + 1, units) for flat vertices; row t of `dx` is the move that
/// led to state t (row 0 is zero). `energy` is (T + 1, vertices), `gamma` what was used in the step that led to each state. `target` and
/// `output` are those of backpropagation, and `about` is JSON: the experiment, the example, the update. `gamma_limit`, where the rule has one, is the local limit of γ
/// (see [`crate::learning::stability`]).
///
/// # Errors
/// One line naming the file.
pub fn save(
    path: &Path,
    micro: &MicroscopeSnapshot,
    experiment: &Experiment,
    stability: Option<&Stability>,
) -> Result<(), String> {
    let fail = |e: std::io::Error| format!("{}: {e}", path.display());
    let about = About {
        program: concat!("pcscope ", env!("CARGO_PKG_VERSION")).to_owned(),
        experiment: experiment.to_toml().map_err(|e| e.to_string())?,
        example: micro.subject.example,
        lane: micro.subject.run.clone(),
        update: micro.subject.update,
        loss: Some(micro.loss).filter(|loss| loss.is_finite()),
        missing: micro.missing_steps(),
    };
    let about = serde_json::to_vec(&about).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    {
        let mut archive = ZipWriter::new(Cursor::new(&mut bytes));
        let said = |archive: &mut ZipWriter<_>| -> std::io::Result<()> {
            archive.start_file(format!("{ABOUT}.npy"), SimpleFileOptions::default())?;
            let shape = [about.len() as u64];
            let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
            let mut w = options.writer(archive).begin_nd()?;
            w.extend(about.iter().copied())?;
            w.finish()
        };
        said(&mut archive).map_err(fail)?;
        let single = matches!(micro.delta, super::numbers::Numbers::F32(_));
        let states = micro.states.len();
        let mut write = |name: &str,
                         shape: &[u64],
                         values: &mut dyn Iterator<Item = f64>|
         -> std::io::Result<()> {
            archive.start_file(format!("{name}.npy"), SimpleFileOptions::default())?;
            if single {
                let options = npyz::WriteOptions::new().default_dtype().shape(shape);
                let mut w = options.writer(&mut archive).begin_nd()?;
                w.extend(values.map(|v| v as f32))?;
                w.finish()
            } else {
                let options = npyz::WriteOptions::new().default_dtype().shape(shape);
                let mut w = options.writer(&mut archive).begin_nd()?;
                w.extend(values)?;
                w.finish()
            }
        };
        let names = FIELDS.into_iter().chain([(Field::Delta, "delta")]);
        for (v, vertex) in micro.plan.graph.vertices.iter().enumerate() {
            let (unit_shape, order) = in_file(vertex.shape);
            for (field, name) in names.clone() {
                if v == 0 && !matches!(field, Field::X | Field::Fx) {
                    continue;
                }
                let rows = if field == Field::Delta { 1 } else { states };
                let mut shape = unit_shape.clone();
                if field != Field::Delta {
                    shape.insert(0, rows as u64);
                }
                let mut values =
                    (0..rows).flat_map(|t| order.iter().map(move |&i| micro.value(t, field, v, i)));
                write(&format!("{name}/{}", vertex.id), &shape, &mut values).map_err(fail)?;
            }
        }
        let vertices = micro.plan.graph.vertices.len();
        let mut energies = micro.states.iter().flat_map(|s| s.energy.iter().copied());
        write("energy", &[states as u64, vertices as u64], &mut energies).map_err(fail)?;
        let mut gammas = micro.states.iter().map(|s| s.gamma);
        write("gamma", &[states as u64], &mut gammas).map_err(fail)?;
        for (name, numbers) in [("target", &micro.target), ("output", &micro.output)] {
            let len = micro.plan.len_of(micro.plan.output());
            let mut values = (0..len).map(|i| numbers.get(i));
            write(name, &[len as u64], &mut values).map_err(fail)?;
        }
        if let Some(stability) = stability {
            let mut limit = std::iter::once(stability.limit);
            write("gamma_limit", &[1], &mut limit).map_err(fail)?;
        }
        archive.finish().map_err(|e| fail(e.into()))?;
    }
    atomically(path, &bytes)
}
