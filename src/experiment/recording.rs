//! A trace, read again: one example's inference as it was recorded (see [`super::trace`]).

use super::file::{Dtype, Experiment};
use super::interventions::resolve;
use super::microscope::{MicroscopeSnapshot, Recorded, Subject};
use super::session::Session;
use super::trace::{ABOUT, About, FIELDS, in_file};
use crate::network::{Plan, Scalar};
use npyz::{DType, NpyFile};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use zip::ZipArchive;

/// The most bytes of one array, and of all of them.
const MOST: [u64; 2] = [1 << 30, 4 << 30];

/// An array of a trace.
struct Array {
    shape: Vec<u64>,
    values: Vec<f64>,
}

/// A recording, read and not yet laid out.
pub struct Recording {
    /// The file's name, for what is said of it.
    name: String,
    /// What it says of itself.
    about: About,
    /// The experiment that it is of.
    pub experiment: Experiment,
    arrays: BTreeMap<String, Array>,
}

/// True if a file is a trace, of whichever version.
pub fn is_recording(path: &Path) -> bool {
    let zip = File::open(path).ok().map(ZipArchive::new);
    let Some(Ok(archive)) = zip else {
        return false;
    };
    let names: Vec<String> = archive
        .file_names()
        .filter_map(|name| Some(name.ok()?.into_owned()))
        .collect();
    let has = |name: &str| names.iter().any(|own| own.starts_with(name));
    has("energy.npy") && ["x/", "mu/", "eps/"].into_iter().all(has)
}

impl Recording {
    /// Reads a trace.
    ///
    /// # Errors
    /// One line: damaged, of another version, or one that does not say what it is of.
    pub fn read(path: &Path) -> Result<Self, String> {
        let name = path.display().to_string();
        let fail = |e: &dyn std::fmt::Display| format!("{name}: {e}");
        let file = File::open(path).map_err(|e| fail(&e))?;
        let mut archive = ZipArchive::new(file).map_err(|e| fail(&e))?;
        let (mut arrays, mut about, mut left) = (BTreeMap::new(), None, MOST[1]);
        for i in 0..archive.len() {
            let mut entry = archive.by_index(i).map_err(|e| fail(&e))?;
            let own = entry.name().map_err(|e| fail(&e))?.into_owned();
            let mut bytes = Vec::new();
            let most = MOST[0].min(left);
            let read = entry.by_ref().take(most + 1).read_to_end(&mut bytes);
            read.map_err(|e| fail(&format!("{own}: {e}")))?;
            if bytes.len() as u64 > most {
                return Err(fail(&format!("{own} is too large; expected a trace")));
            }
            left -= bytes.len() as u64;
            let Some(own) = own.strip_suffix(".npy") else {
                continue;
            };
            if own == ABOUT {
                let text = array::<u8>(&bytes).map(|(_, text)| text);
                about = Some(text.map_err(|e| fail(&format!("{own}: {e}")))?);
                continue;
            }
            let array = numbers(&bytes).map_err(|e| fail(&format!("{own}: {e}")))?;
            arrays.insert(own.to_owned(), array);
        }
        let Some(about) = about else {
            return Err(fail(
                &"does not say of which network it is; expected a trace of this version (pcscope trace)",
            ));
        };
        let about: About = serde_json::from_slice(&about)
            .map_err(|e| fail(&format!("{ABOUT}: {e}; expected a trace of this version")))?;
        let origin = format!("{name}: {ABOUT}");
        let experiment = Experiment::parse(&about.experiment, &origin, &[]);
        Ok(Self {
            experiment: experiment.map_err(|e| e.to_string())?,
            name,
            about,
            arrays,
        })
    }

    /// What is seen of it, by the network and the data of its experiment.
    ///
    /// # Errors
    /// One line: an array that is missing, or of another shape.
    pub fn snapshot(&self, session: &Session) -> Result<MicroscopeSnapshot, String> {
        match self.experiment.dtype {
            Dtype::F32 => self.laid_out::<f32>(session),
            Dtype::F64 => self.laid_out::<f64>(session),
        }
    }

    fn array(&self, name: &str, shape: &[u64]) -> Result<&[f64], String> {
        let refuse = |found: String| {
            Err(format!(
                "{}: {name} {found}; expected shape {shape:?}",
                self.name
            ))
        };
        match self.arrays.get(name) {
            None => refuse("is missing".into()),
            Some(array) if array.shape != shape => refuse(format!("has shape {:?}", array.shape)),
            Some(array) => Ok(&array.values),
        }
    }

    fn laid_out<S: Scalar>(&self, session: &Session) -> Result<MicroscopeSnapshot, String> {
        let (plan, e) = (&session.plan, &self.experiment);
        if self.about.example >= session.data.len() {
            return Err(format!(
                "{}: example {}; expected one of {}",
                self.name,
                self.about.example,
                session.data.len()
            ));
        }
        let vertices = plan.graph.vertices.len();
        let rows = self.arrays.get("gamma").map_or(0, |a| a.values.len());
        if rows == 0 {
            return Err(format!("{}: no state; expected one at least", self.name));
        }
        let gamma = self.array("gamma", &[rows as u64])?.to_vec();
        let energy = self.array("energy", &[rows as u64, vertices as u64])?;
        let energy = energy.chunks(vertices).map(<[f64]>::to_vec).collect();
        let mut states: Vec<[Vec<S>; 5]> = Vec::new();
        for t in 0..rows {
            let field = |i: usize| self.field(plan, FIELDS[i].1, Some((t, rows)));
            states.push([field(0)?, field(1)?, field(2)?, field(3)?, field(4)?]);
        }
        let outputs = plan.len_of(plan.output()) as u64;
        let end = |name: &str| -> Result<Vec<S>, String> {
            let values = self.array(name, &[outputs])?;
            Ok(values.iter().map(|v| S::from_f64(*v)).collect())
        };
        let subject = Subject {
            update: self.about.update,
            run: self.about.lane.clone(),
            // Their numbers are in the file; which units they are about is what is shown.
            interventions: Arc::new(resolve(&e.interventions, plan, &|_| 0.0).unwrap_or_default()),
            ..Subject::own(e, &session.data, self.about.example)
        };
        let recorded = Recorded {
            subject,
            states,
            gamma,
            energy,
            delta: self.field(plan, "delta", None)?,
            ends: [end("target")?, end("output")?],
            loss: self.about.loss.unwrap_or(f64::NAN),
            missing: self.about.missing,
        };
        Ok(MicroscopeSnapshot::recorded(plan, &recorded))
    }

    /// A field of all vertices, at a state of so many, in the order of the plan. What a trace has not of the input is 0.
    fn field<S: Scalar>(
        &self,
        plan: &Arc<Plan>,
        name: &str,
        at: Option<(usize, usize)>,
    ) -> Result<Vec<S>, String> {
        let mut all = vec![S::ZERO; plan.units()];
        for (v, vertex) in plan.graph.vertices.iter().enumerate() {
            if v == 0 && name != "x" && name != "fx" {
                continue;
            }
            let (mut shape, order) = in_file(vertex.shape);
            let row = at.map_or(0, |(t, rows)| {
                shape.insert(0, rows as u64);
                t
            });
            let values = self.array(&format!("{name}/{}", vertex.id), &shape)?;
            let start = plan.block(v, 1).start;
            for (value, unit) in values[row * order.len()..].iter().zip(order) {
                all[start + unit] = S::from_f64(*value);
            }
        }
        Ok(all)
    }
}

/// The numbers of an array in single or double precision.
fn numbers(bytes: &[u8]) -> Result<Array, String> {
    let single = array::<f32>(bytes).map(|(shape, values)| Array {
        shape,
        values: values.into_iter().map(f64::from).collect(),
    });
    single.or_else(|_| array::<f64>(bytes).map(|(shape, values)| Array { shape, values }))
}

/// An array of one type, no larger than its bytes.
fn array<T: npyz::Deserialize>(bytes: &[u8]) -> Result<(Vec<u64>, Vec<T>), String> {
    let file = NpyFile::new(bytes).map_err(|e| e.to_string())?;
    let shape = file.shape().to_vec();
    let size = match file.dtype() {
        DType::Plain(plain) => plain.size_field(),
        _ => return Err("records; expected numbers".into()),
    };
    let count = shape.iter().try_fold(1_u64, |all, n| all.checked_mul(*n));
    let claimed = count.and_then(|n| n.checked_mul(size.max(1)));
    if claimed.is_none_or(|claimed| claimed > bytes.len() as u64) {
        return Err(format!("shape {shape:?} of {} bytes", bytes.len()));
    }
    if file.order() != npyz::Order::C {
        return Err("columns first; expected rows first".into());
    }
    let values = file.into_vec::<T>().map_err(|e| e.to_string())?;
    Ok((shape, values))
}
