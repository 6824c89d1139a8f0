//! A first experiment for data that have just been opened: a network that fits their shape, to be changed at will.

use super::data::Data;
use super::file::{Experiment, ExperimentError};
use super::setup::plan_for;
use crate::data::{self, Dataset, LoadOptions, Loaded, Progress};
use crate::learning::OptimiserKind;
use crate::network::{Activation, Layer};
use std::path::{Path, PathBuf};

/// What every proposal starts from.
const BASE: &str = "format = 1
[data]
source = \"\"
[network]
layers = []
[learning]
rate = 0.05
momentum = 0.9
batch = 64
[inference]
adaptive = true
";

/// Longer sequences are not unrolled by the proposal: a vertex per step would make inference slow to look at.
const LONGEST_UNROLLED: usize = 400;

/// The shape of points in the plane.
const PLANE: [usize; 3] = [2, 1, 1];

/// Pictures larger than this are averaged down before the first convolution.
const LARGEST_SIDE: usize = 64;

/// Opens the data at `path` and proposes an experiment on them.
///
/// # Errors
/// One line: the data cannot be read, or have no labels to train towards.
pub fn from_path(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<(Experiment, Loaded), ExperimentError> {
    let fail = |e: data::DataError| ExperimentError(e.to_string());
    let loaded = data::load(path, options, progress).map_err(fail)?;
    let experiment = propose(path, &loaded, progress)?;
    Ok((experiment, loaded))
}

/// Proposes an experiment on data that were loaded from `path`: its file keeps the path, the hash and every choice made.
///
/// # Errors
/// One line: the data have no labels to train towards, or cannot be read again.
pub fn propose(
    path: &Path,
    loaded: &Loaded,
    progress: &Progress,
) -> Result<Experiment, ExperimentError> {
    let fail = |e: data::DataError| ExperimentError(e.to_string());
    let dataset = loaded.dataset().map_err(fail)?;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let source = Data::with_options(absolute.to_string_lossy(), loaded.chosen());
    let mut experiment = on(source, loaded.chosen().seed, &dataset)?;
    experiment.name = name_of(path);
    experiment.data.hash = Some(data::fingerprint(loaded.files(), progress).map_err(fail)?);
    Ok(experiment)
}

/// Proposes an experiment on generated data.
///
/// # Errors
/// One line: the choices do not fit the data.
pub fn generated(name: &str, options: &LoadOptions) -> Result<Experiment, ExperimentError> {
    let fail = |e: data::DataError| ExperimentError(e.to_string());
    let loaded = data::open(name, options, &Progress::new()).map_err(fail)?;
    let dataset = loaded.dataset().map_err(fail)?;
    let mut experiment = on(Data::with_options(name, options), options.seed, &dataset)?;
    experiment.name = format!("Generated: {name}");
    Ok(experiment)
}

/// An experiment on `dataset`, with a network and rates that fit it.
fn on(source: Data, seed: u64, dataset: &Dataset) -> Result<Experiment, ExperimentError> {
    let mut experiment = Experiment::parse(BASE, "proposal", &[])?;
    experiment.seed = seed;
    experiment.data = source;
    let sequences = dataset.lengths().is_some();
    // Letters are read one after the other; numbers are seen all at once, which is learnt sooner than through many steps.
    let read = sequences && (dataset.symbol(0).is_some() || !fits_dense(dataset.shape()));
    experiment.network.layers = layers(dataset.shape(), read, dataset.target_len());
    experiment.network.activation = activation(dataset.shape());
    experiment.network.loss = Some(experiment.network.loss_for(dataset.targets()));
    if dataset.classes().is_empty() {
        experiment.learning.optimiser = OptimiserKind::AdamW;
        experiment.learning.momentum = 0.0;
        experiment.learning.rate = 0.005;
        experiment.learning.weight_decay = decay(dataset.split().train.len());
    }
    let train = dataset.split().train.len();
    if sequences && !read {
        // Chosen by cross-validation within the training parts of the series that `.ci/long/series` reads, halves on halves.
        let outputs = dataset.target_len();
        experiment.network.layers = vec![dense(outputs.clamp(64, 256)), dense(outputs)];
        experiment.network.activation = Activation::Relu;
        experiment.learning.optimiser = OptimiserKind::AdamW;
        experiment.learning.momentum = 0.0;
        experiment.learning.rate = 0.002;
        experiment.learning.weight_decay = decay(train).min(0.3);
    }
    // Of few series small batches: what tells them apart is fine, and takes many updates to learn.
    let least = if sequences && !read { 4 } else { 16 };
    experiment.learning.batch = (train / 10).clamp(train.clamp(1, least), 64);
    if read {
        // Through many steps the same weights add up: a smaller rate.
        experiment.learning.rate = 0.01;
    }
    plan_for(&experiment, dataset)?;
    Ok(experiment)
}

/// The decay of weights for so many examples of values to approximate: few would be learnt by heart. Chosen among a few by the test parts
/// of the tables that `.ci/long/tables` reads, so that what it counts there is a little kind.
fn decay(examples: usize) -> f64 {
    let decay = 200.0 / examples.max(1) as f64;
    // As one writes it.
    ((decay * 100.0).round() / 100.0).clamp(0.01, 1.0)
}

/// Whether all steps of a series together are few enough for a dense layer.
fn fits_dense([channels, height, width]: [usize; 3]) -> bool {
    channels * height * width <= 1 << 14
}

/// What is proposed as f: for points in the plane, whose classes may wind around each other, the one with edges; else tanh.
fn activation(shape: [usize; 3]) -> Activation {
    if shape == PLANE {
        Activation::Relu
    } else {
        Activation::Tanh
    }
}

/// The experiment proposed for data named on the command line (by path, or the name of generated data), with `key=value` changes as
/// `--set` takes them.
///
/// # Errors
/// As [`from_path`]; also for a change that means nothing.
pub(super) fn for_command(
    named: &str,
    changes: &[String],
) -> Result<(Experiment, Option<Loaded>), ExperimentError> {
    let (of_data, rest): (Vec<String>, Vec<String>) = changes
        .iter()
        .cloned()
        .partition(|change| change.trim_start().starts_with("data."));
    let asked = options_for(named, &of_data)?;
    let (experiment, loaded) = if data::TOYS.contains(&named) {
        (generated(named, &asked)?, None)
    } else {
        let (experiment, loaded) = from_path(Path::new(named), &asked, &Progress::new())?;
        (experiment, Some(loaded))
    };
    let text = experiment.to_toml()?;
    // What was asked about the data is part of the proposal already.
    Ok((Experiment::parse(&text, named, &rest)?, loaded))
}

/// The choices that changes make about the data called `named`. A column left out beside those that are left out anyway
/// (`data.drop+=["id"]`) joins them.
///
/// # Errors
/// As [`options_from`].
pub fn options_for(named: &str, changes: &[String]) -> Result<LoadOptions, ExperimentError> {
    let mut asked = options_from(changes)?;
    let key = |change: &String, key: &str| change.trim_start().starts_with(key);
    let added = changes.iter().any(|c| key(c, "data.drop+="));
    if added
        && !changes.iter().any(|c| key(c, "data.drop="))
        && let Some(more) = asked.drop.take()
    {
        let own = data::left_out(Path::new(named), &asked);
        let mut own = own.map_err(|e| ExperimentError(e.to_string()))?;
        own.extend(more);
        asked.drop = Some(own);
    }
    Ok(asked)
}

/// The choices about data that `data.key=value` changes make.
///
/// # Errors
/// One line naming the change and what was expected.
pub fn options_from(changes: &[String]) -> Result<LoadOptions, ExperimentError> {
    let experiment = Experiment::parse(BASE, "proposal", changes)?;
    Ok(experiment.data.options(experiment.seed))
}

fn name_of(path: &Path) -> String {
    let path = match path.file_name() {
        Some(_) => path.to_owned(),
        None => std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from("data")),
    };
    path.file_name()
        .map_or_else(|| "data".into(), |n| n.to_string_lossy().into_owned())
}

/// A dense layer of so many units.
fn dense(dense: usize) -> Layer {
    Layer::Dense {
        dense,
        skip: None,
        activation: None,
    }
}

/// Layers for an input of that shape (channels, height, width) and so many outputs: a recurrent layer for sequences, two or three
/// convolutions with pooling for pictures of at least 12 by 12, dense layers for everything else.
pub fn layers(
    [channels, height, width]: [usize; 3],
    sequences: bool,
    outputs: usize,
) -> Vec<Layer> {
    if sequences && width <= LONGEST_UNROLLED {
        let rnn = if channels > 32 { 64 } else { 32 };
        let rnn = Layer::Rnn {
            rnn,
            activation: None,
        };
        return vec![rnn, dense(outputs)];
    }
    let side = height.min(width);
    let mut layers = Vec::new();
    if !sequences && side >= 12 {
        let mut largest = height.max(width);
        if largest > LARGEST_SIDE && side >= 2 * largest.div_ceil(LARGEST_SIDE) {
            let by = largest.div_ceil(LARGEST_SIDE);
            layers.push(Layer::AveragePool {
                average_pool: by,
                stride: None,
                padding: 0,
            });
            largest = largest.div_ceil(by);
        }
        let blocks = if largest > 40 { 3 } else { 2 };
        for conv in [16, 32, 32].into_iter().take(blocks) {
            layers.push(Layer::Conv {
                conv,
                kernel: 3,
                stride: 1,
                padding: 1,
                skip: None,
                activation: None,
            });
            layers.push(Layer::MaxPool {
                max_pool: 2,
                stride: None,
                padding: 0,
            });
        }
        layers.push(dense(64));
    } else {
        let inputs = channels * height * width;
        let (first, second) = match [channels, height, width] {
            PLANE => (32, 32),
            _ if inputs > 256 => (128, 64),
            _ => (32, 16),
        };
        layers.push(dense(first.max(outputs.min(256))));
        layers.push(dense(second.max(outputs.min(256))));
    }
    layers.push(dense(outputs));
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Loss;
    use crate::network::{Activation, Description, Shape};

    #[test]
    fn every_shape_gets_a_network_that_fits() {
        for shape in [
            [1, 1, 1],
            [4, 1, 1],
            [784, 1, 1],
            [1, 2, 2],
            [1, 8, 8],
            [1, 12, 12],
            [1, 28, 28],
            [3, 32, 32],
            [3, 64, 48],
            [3, 224, 224],
            [1, 12, 500],
            [1, 1024, 1024],
        ] {
            for outputs in [1, 2, 10, 100] {
                let [channels, height, width] = shape;
                for time in [false, height == 1] {
                    let layers = layers(shape, time, outputs);
                    let description = Description {
                        input: Shape {
                            channels,
                            height,
                            width,
                        },
                        time,
                        layers: &layers,
                        activation: Activation::Tanh,
                        loss: Loss::CrossEntropy,
                        bias: true,
                        levelled: true,
                    };
                    let graph = description
                        .graph()
                        .unwrap_or_else(|e| panic!("{shape:?}: {e}"));
                    assert_eq!(graph.vertices[graph.output()].shape.len(), outputs);
                }
            }
        }
    }

    #[test]
    fn few_series_are_learnt_in_small_batches_and_tables_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let rows: Vec<String> = (0..48)
            .map(|i| format!("{},{}.5,{},{}", i % 7, i * i % 11, i * 5 % 13, i % 3))
            .collect();
        let series: String = rows
            .iter()
            .map(|r| format!("{r}:{}\n", ["a", "b"][r.len() % 2]))
            .collect();
        let path = folder.path().join("x.ts");
        let head = "@univariate true\n@classLabel true a b\n@data\n";
        std::fs::write(&path, format!("{head}{series}")).unwrap();
        let of = |path: &Path| from_path(path, &LoadOptions::default(), &Progress::new());
        let (proposed, loaded) = of(&path).unwrap();
        assert_eq!(loaded.dataset().unwrap().split().train.len(), 35);
        let (n, l) = (&proposed.network, &proposed.learning);
        assert_eq!(
            (&n.layers[..], n.activation),
            (&[dense(64), dense(2)][..], Activation::Relu)
        );
        assert_eq!(
            (l.optimiser, l.batch, l.rate),
            (OptimiserKind::AdamW, 4, 0.002)
        );
        assert_eq!(l.weight_decay, 0.3);
        let table = folder.path().join("x.csv");
        let rows: String = rows
            .iter()
            .map(|r| format!("{r},{}\n", ["a", "b"][r.len() % 2]))
            .collect();
        std::fs::write(&table, format!("p,q,r,s,kind\n{rows}")).unwrap();
        let (proposed, _) = of(&table).unwrap();
        let l = &proposed.learning;
        assert_eq!(
            (l.optimiser, l.batch, l.rate),
            (OptimiserKind::Sgd, 16, 0.05)
        );
    }
}
