//! A trace: one example's inference as NPZ, readable by NumPy: `x/<vertex>`, `mu/…`, `eps/…`, `dx/…` with T + 1 rows, `delta/…` of BP.

use super::microscope::{Field, MicroscopeSnapshot};
use super::save::atomically;
use crate::learning::Stability;
use npyz::WriterBuilder as _;
use std::io::Cursor;
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Writes every state of a microscope that has run to its end.
///
/// Arrays have shape (T + 1, channels, height, width), or (T + 1, units) for flat vertices; row t of `dx` is the move that
/// led to state t (row 0 is zero). `energy` is (T + 1, vertices). `gamma_limit`, where the rule has one, is the local limit of γ
/// (see [`crate::learning::stability`]).
///
/// # Errors
/// One line naming the file.
pub fn save(
    path: &Path,
    micro: &MicroscopeSnapshot,
    stability: Option<&Stability>,
) -> Result<(), String> {
    let fail = |e: std::io::Error| format!("{}: {e}", path.display());
    let mut bytes = Vec::new();
    {
        let mut archive = ZipWriter::new(Cursor::new(&mut bytes));
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
        let names = [
            (Field::X, "x"),
            (Field::Mu, "mu"),
            (Field::Eps, "eps"),
            (Field::Dx, "dx"),
            (Field::Delta, "delta"),
        ];
        for (v, vertex) in micro.plan.graph.vertices.iter().enumerate() {
            let s = vertex.shape;
            // Channel by channel, as files and other frameworks lay maps out.
            let order: Vec<usize> = (0..s.channels)
                .flat_map(|c| {
                    (0..s.height).flat_map(move |y| (0..s.width).map(move |x| s.index(c, y, x)))
                })
                .collect();
            let unit_shape: Vec<u64> = if s.is_flat() {
                vec![s.channels as u64]
            } else {
                vec![s.channels as u64, s.height as u64, s.width as u64]
            };
            for (field, name) in names {
                if v == 0 && field != Field::X {
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
        if let Some(stability) = stability {
            let mut limit = std::iter::once(stability.limit);
            write("gamma_limit", &[1], &mut limit).map_err(fail)?;
        }
        archive.finish().map_err(|e| fail(e.into()))?;
    }
    atomically(path, &bytes)
}
