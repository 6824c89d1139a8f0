//! The training examples of a run and the order in which it takes them, as NPZ: with the initial weights, all that another program
//! needs to do the same.

use super::setup::Setup;
use crate::data::{self, Part};
use crate::network::Scalar;
use npyz::WriterBuilder as _;
use std::io::{Cursor, Result, Seek, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The most bytes that are recorded: the archive is made in memory.
const MOST_BYTES: u64 = 2 << 30;

/// Refuses what would be too large to be recorded.
///
/// # Errors
/// One line.
pub fn refuse_too_large<S: Scalar>(
    setup: &Setup<S>,
    epochs: u64,
) -> std::result::Result<(), String> {
    let data = &setup.data;
    let n = data.range(Part::Train).len() as u64;
    let each = (data.input_len() + data.target_len()) as u64 * size_of::<S>() as u64;
    let bytes = epochs
        .saturating_mul(4)
        .saturating_add(each)
        .saturating_mul(n);
    if bytes > MOST_BYTES {
        return Err(format!(
            "--record-batches: {n} examples and their order in {epochs} epochs take {:.1} GB; expected at most {:.1} GB",
            bytes as f64 / 1e9,
            MOST_BYTES as f64 / 1e9
        ));
    }
    Ok(())
}

/// The bytes of the archive. Its members:
///
/// - `inputs`: (examples, channels, height, width), of flat inputs (examples, units), of sequences (examples, steps, features) with what
///   is missing at the front as 0 and `lengths` (examples); as the network is given them.
/// - `targets`: (examples, outputs), as the loss is given them.
/// - `order`: (epochs, examples), which example comes when. A batch is the next `learning.batch` of a row, the last of a row may be
///   short.
/// - `run`: the letters of the run's id.
///
/// # Errors
/// Of the archive alone: it is made in memory.
pub fn archive<S: Scalar>(setup: &Setup<S>, epochs: u64, run: &str) -> Result<Vec<u8>> {
    let data = &setup.data;
    let range = data.range(Part::Train);
    let (n, [channels, height, width]) = (range.len() as u64, data.shape().map(|n| n as u64));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let shape = match (data.lengths(), height * width) {
        (Some(_), _) => vec![n, width, channels],
        (None, 1) => vec![n, channels],
        (None, _) => vec![n, channels, height, width],
    };
    let mut input = vec![0.0; data.input_len()];
    let mut inputs = Vec::with_capacity(range.len() * input.len());
    let mut target = vec![0.0; data.target_len()];
    let mut targets = Vec::with_capacity(range.len() * target.len());
    for i in range.clone() {
        data.fill_input(i, &mut input, |v| S::from_f64(v).to_f64());
        inputs.extend_from_slice(&input);
        data.fill_target(i, &mut target, |v| S::from_f64(v).to_f64());
        targets.extend_from_slice(&target);
    }
    let outputs = target.len() as u64;
    if S::NAME == "f64" {
        member(&mut archive, "inputs", &shape, inputs)?;
        member(&mut archive, "targets", &[n, outputs], targets)?;
    } else {
        let single = |all: Vec<f64>| all.into_iter().map(|v| v as f32);
        member(&mut archive, "inputs", &shape, single(inputs))?;
        member(&mut archive, "targets", &[n, outputs], single(targets))?;
    }
    if let Some(lengths) = data.lengths() {
        member(
            &mut archive,
            "lengths",
            &[n],
            lengths[range].iter().copied(),
        )?;
    }
    let mut orders: Vec<u32> = Vec::new();
    let mut order = vec![0; n as usize];
    for epoch in 0..epochs {
        data::batches::fill_order(setup.experiment.seed, epoch, &mut order);
        orders.extend_from_slice(&order);
    }
    member(&mut archive, "order", &[epochs, n], orders)?;
    member(&mut archive, "run", &[run.len() as u64], run.bytes())?;
    Ok(archive.finish()?.into_inner())
}

/// Adds an array.
fn member<W: Write + Seek, T: npyz::AutoSerialize>(
    archive: &mut ZipWriter<W>,
    name: &str,
    shape: &[u64],
    values: impl IntoIterator<Item = T>,
) -> Result<()> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    archive.start_file(format!("{name}.npy"), options.large_file(true))?;
    let options = npyz::WriteOptions::new().default_dtype().shape(shape);
    let mut writer = options.writer(archive).begin_nd()?;
    writer.extend(values)?;
    writer.finish()
}
