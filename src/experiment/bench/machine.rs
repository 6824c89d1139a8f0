//! What this machine can do at most: the rates that the benchmark's shares are shares of.

use crate::network::kernels::limits;
use serde::Serialize;
use std::time::Instant;

/// Nanoseconds that one evaluation of tanh is taken to need at least, as in the table of the peers.
pub const TANH_NS: f64 = 0.25;

/// The measured limits of one core.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Instructions that the kernels use here.
    pub instructions: &'static str,
    /// Single-precision fused multiply-adds from registers, in 10⁹ operations per second (2 per multiply-add).
    pub fma_gflops: f64,
    /// Bytes read in 10⁹ per second, by the size of what is read over and over.
    pub read_gbs: Vec<Bandwidth>,
    /// Logical processors.
    pub processors: usize,
}

/// A rate of reading.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bandwidth {
    /// Bytes of the buffer.
    pub bytes: usize,
    /// 10⁹ bytes per second.
    pub gbs: f64,
}

/// Sizes of buffers read: from the first cache to memory.
const SIZES: [usize; 6] = [16 << 10, 128 << 10, 512 << 10, 1 << 20, 4 << 20, 64 << 20];

impl Machine {
    /// Measures for about a tenth of a second per figure.
    pub fn measure() -> Self {
        let buffer = vec![0.5f32; SIZES[SIZES.len() - 1] / 4];
        let rounds = 20_000;
        let flop = limits::multiply_add_rate(rounds).1;
        let fma = best(&mut || {
            std::hint::black_box(limits::multiply_add_rate(rounds));
        });
        let read_gbs = SIZES
            .iter()
            .map(|&bytes| {
                let part = &buffer[..bytes / 4];
                let passes = ((8 << 20) / bytes).max(1);
                let seconds = best(&mut || {
                    for _ in 0..passes {
                        std::hint::black_box(limits::read(std::hint::black_box(part)));
                    }
                });
                Bandwidth {
                    bytes,
                    gbs: (passes * bytes) as f64 / seconds * 1e-9,
                }
            })
            .collect();
        Self {
            instructions: limits::instructions(),
            fma_gflops: flop as f64 / fma * 1e-9,
            read_gbs,
            processors: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// The rate of reading a buffer of `bytes`, interpolated between the measured sizes.
    pub fn read_rate(&self, bytes: f64) -> f64 {
        let point = |b: &Bandwidth| ((b.bytes as f64).ln(), b.gbs);
        let x = bytes.max(1.0).ln();
        let above = self.read_gbs.iter().position(|b| point(b).0 >= x);
        match above {
            Some(0) => self.read_gbs[0].gbs,
            None => self.read_gbs[self.read_gbs.len() - 1].gbs,
            Some(i) => {
                let ((x0, y0), (x1, y1)) = (point(&self.read_gbs[i - 1]), point(&self.read_gbs[i]));
                y0 + (y1 - y0) * (x - x0) / (x1 - x0)
            }
        }
    }

    /// The least milliseconds one core needs for `work` on `parameters` numbers: products at the rate of registers or
    /// weights through the cache that holds them, whichever takes longer, and the activation function.
    pub fn limit_ms(&self, work: &super::workloads::Work, parameters: usize) -> f64 {
        let products = work.least_flop / self.fma_gflops * 1e-6;
        let weights = work.weight_bytes / self.read_rate(4.0 * parameters as f64) * 1e-6;
        products.max(weights) + work.activations * TANH_NS * 1e-6
    }
}

/// The shortest of repeated runs, in seconds.
fn best(run: &mut dyn FnMut()) -> f64 {
    run();
    let (began, mut least) = (Instant::now(), f64::INFINITY);
    while began.elapsed().as_secs_f64() < 0.1 || least.is_infinite() {
        let started = Instant::now();
        run();
        least = least.min(started.elapsed().as_secs_f64());
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::bench::workloads::Work;

    #[test]
    fn a_limit_is_the_slower_of_products_and_weights_plus_tanh() {
        let rate = |bytes, gbs| Bandwidth { bytes, gbs };
        let machine = Machine {
            instructions: "none",
            fma_gflops: 100.0,
            read_gbs: vec![rate(1 << 10, 80.0), rate(1 << 12, 40.0)],
            processors: 1,
        };
        assert_eq!(machine.read_rate(10.0), 80.0);
        assert_eq!(machine.read_rate(1e9), 40.0);
        assert!((machine.read_rate(2048.0) - 60.0).abs() < 1e-9);
        let mut work = Work {
            flop: 2e8,
            least_flop: 1e8,
            weight_bytes: 1e6,
            activations: 4e6,
        };
        assert!((machine.limit_ms(&work, 1 << 20) - 2.0).abs() < 1e-9);
        work.weight_bytes = 8e7;
        assert!((machine.limit_ms(&work, 1 << 20) - 3.0).abs() < 1e-9);
    }
}
