//! Timing updates: rules of one workload take turns, so that a drift of the machine meets all alike.

use super::workloads::work;
use crate::learning::cost::matrix_products;
use crate::learning::{
    Batch, Conditions, Interrupt, Learner, Method, Optimiser, OptimiserSettings, Path, Pool,
    REFERENCE, Rule, Uninterrupted,
};
use crate::network::{Graph, Init, Plan, init};
use rand_core::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;
use std::time::Instant;

/// α: small, since an update is timed and not judged.
const RATE: f64 = 1e-4;
/// γ of IL.
const GAMMA: f64 = 0.1;
/// Seconds of a chunk, the unit that is timed.
const CHUNK: f64 = 0.005;

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timed {
    /// Backpropagation.
    Bp,
    /// Z-IL where only the front is simulated.
    Zil,
    /// Z-IL as full dynamics.
    ZilFull,
    /// IL with this many steps.
    Il(usize),
}

impl Timed {
    /// All of the table, in its order.
    pub const ALL: [Self; 5] = [
        Self::Bp,
        Self::Zil,
        Self::ZilFull,
        Self::Il(20),
        Self::Il(128),
    ];

    /// The name in the table and in the protocol.
    pub fn name(self) -> String {
        match self {
            Self::Bp => "bp".into(),
            Self::Zil => "zil".into(),
            Self::ZilFull => "zil-full".into(),
            Self::Il(steps) => format!("il{steps}"),
        }
    }

    /// The rule of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// The rule.
    pub fn rule(self) -> Rule {
        match self {
            Self::Bp => REFERENCE,
            Self::Zil | Self::ZilFull => Conditions::RULE,
            Self::Il(_) => Rule::Il,
        }
    }

    fn method(self, plan: &Plan) -> Method {
        let on = |path| Conditions {
            path,
            ..Conditions::default()
        };
        match self {
            Self::Bp => Method::Backprop,
            Self::Zil => Method::zil(plan, &on(Path::Front)),
            Self::ZilFull => Method::zil(plan, &on(Path::Full)),
            Self::Il(steps) => Method::il(plan, steps, GAMMA, &on(Path::Front)),
        }
    }

    /// Matrix products of one update (see [`matrix_products`]).
    pub fn products(self, plan: &Plan) -> usize {
        matrix_products(plan, self.method(plan))
    }

    /// Inference steps that the least work counts; backpropagation and Z-IL need the same.
    pub fn steps(self) -> Option<usize> {
        match self {
            Self::Il(steps) => Some(steps),
            _ => None,
        }
    }
}

/// One rule on one workload: everything that an update needs, in place.
pub struct Runner {
    learner: Learner<f32>,
    batch: Arc<Batch<f32>>,
    interrupt: Arc<dyn Interrupt>,
    per_chunk: usize,
    /// Milliseconds per update, one number per chunk.
    pub chunks: Vec<f64>,
}

impl Runner {
    /// A rule at seeded weights, on a seeded batch that stays in memory.
    pub fn new(plan: &Arc<Plan>, batch: usize, rule: Timed) -> Self {
        // U(-a, a) with the variance 1 / fan_in that the peers' weights have.
        let weights = init::initial(plan, Init::UniformFanIn, 3f64.sqrt(), 1);
        let optimiser = Optimiser::new(OptimiserSettings::sgd(RATE), plan.parameter_count());
        let mut generator = Pcg64Mcg::seed_from_u64(7);
        let mut uniform = || init::unit_interval(generator.next_u64());
        let inputs = (0..batch * plan.len_of(Graph::INPUT))
            .map(|_| ((2.0 * uniform() - 1.0) * 3f64.sqrt()) as f32)
            .collect();
        let classes = plan.len_of(plan.output());
        let mut targets = vec![0.0; batch * classes];
        for row in targets.chunks_exact_mut(classes) {
            row[((uniform() * classes as f64) as usize).min(classes - 1)] = 1.0;
        }
        Self {
            learner: Learner::new(weights, rule.method(plan), optimiser, true, 0),
            batch: Arc::new(Batch {
                inputs,
                targets,
                missing: Vec::new(),
                rows: batch,
            }),
            interrupt: Arc::new(Uninterrupted),
            per_chunk: 1,
            chunks: Vec::new(),
        }
    }

    fn updates(&mut self, pool: &Pool<f32>, count: usize) -> Result<f64, String> {
        let started = Instant::now();
        for _ in 0..count {
            self.learner
                .update(pool, &self.batch, &self.interrupt)
                .map_err(|e| e.to_string())?;
        }
        Ok(started.elapsed().as_secs_f64())
    }

    /// First updates, untimed, from which the number of updates per chunk follows.
    ///
    /// # Errors
    /// If the update diverges.
    pub fn warm_up(&mut self, pool: &Pool<f32>) -> Result<(), String> {
        let mut last = self.updates(pool, 1)?;
        if last < 0.25 {
            last = self.updates(pool, 2)? / 2.0;
        }
        self.per_chunk = ((CHUNK / last.max(1e-7)) as usize).max(1);
        Ok(())
    }

    /// Times one chunk and returns its seconds.
    ///
    /// # Errors
    /// If the update diverges.
    pub fn chunk(&mut self, pool: &Pool<f32>) -> Result<f64, String> {
        let seconds = self.updates(pool, self.per_chunk)?;
        self.chunks.push(seconds / self.per_chunk as f64 * 1e3);
        Ok(seconds)
    }

    /// Updates per second over at least `seconds`.
    ///
    /// # Errors
    /// If the update diverges.
    pub fn rate(&mut self, pool: &Pool<f32>, seconds: f64) -> Result<f64, String> {
        let (started, mut count) = (Instant::now(), 0);
        loop {
            self.updates(pool, self.per_chunk)?;
            count += self.per_chunk;
            let elapsed = started.elapsed().as_secs_f64();
            if elapsed >= seconds {
                return Ok(count as f64 / elapsed);
            }
        }
    }

    /// The shortest chunk, in milliseconds per update.
    pub fn least(&self) -> f64 {
        self.chunks.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The median chunk, in milliseconds per update.
    pub fn median(&self) -> f64 {
        median(&self.chunks)
    }
}

/// The middle of some numbers (of an even count, the upper one); NaN of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Times `rules` on one workload by turns until each has had `seconds`, at least `turns` chunks each.
///
/// # Errors
/// If an update diverges.
pub fn interleaved(
    plan: &Arc<Plan>,
    batch: usize,
    rules: &[Timed],
    threads: usize,
    seconds: f64,
    turns: usize,
) -> Result<Vec<Runner>, String> {
    let pool = Pool::new(threads);
    let mut runners: Vec<_> = rules
        .iter()
        .map(|&rule| Runner::new(plan, batch, rule))
        .collect();
    for runner in &mut runners {
        runner.warm_up(&pool)?;
    }
    let mut spent = vec![0.0; runners.len()];
    loop {
        let mut ran = false;
        for (runner, spent) in runners.iter_mut().zip(&mut spent) {
            if *spent < seconds || runner.chunks.len() < turns {
                *spent += runner.chunk(&pool)?;
                ran = true;
            }
        }
        if !ran {
            return Ok(runners);
        }
    }
}

/// GFLOP/s of an update by the model of least work.
pub fn gflops(plan: &Plan, batch: usize, rule: Timed, ms: f64) -> f64 {
    work(plan, batch, rule.steps()).flop / ms * 1e-6
}
