//! The order in which runs go through the examples they train on.

use super::setup::Setup;
use crate::data;
use crate::learning::Batch;
use crate::network::Scalar;

/// The examples of one epoch in the order in which they come.
#[derive(Clone, Debug, Default)]
pub struct Order {
    examples: Vec<u32>,
    epoch: Option<u64>,
    /// Where batches of another size began, in the order of updates; none in a run of one size.
    turns: Vec<Turn>,
}

/// Which updates of a run its epochs end with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Epochs {
    /// As in [`Order`], but never empty once there is a run.
    turns: Vec<Turn>,
    /// Examples of an epoch.
    len: u64,
}

impl Epochs {
    /// The update that ends epoch `epoch`, counted from 1; 0 is the beginning.
    pub fn end(&self, epoch: u64) -> u64 {
        let before = self.turns.iter().rev().find(|t| t.epoch < epoch);
        before.map_or(0, |turn| turn.updates(epoch, self.len))
    }

    /// Whole epochs behind the first `update` updates.
    pub fn whole(&self, update: u64) -> u64 {
        let before = self.turns.iter().rev().find(|t| t.update <= update);
        before.map_or(0, |turn| turn.place(update, self.len).0)
    }

    /// Epochs behind the first `update` updates: 1.5 where half of the updates of the second have been made.
    pub fn at(&self, update: u64) -> f64 {
        let whole = self.whole(update);
        let (begin, end) = (self.end(whole), self.end(whole + 1));
        match end > begin {
            true => whole as f64 + (update - begin) as f64 / (end - begin) as f64,
            false => 0.0,
        }
    }
}

/// From an update on, batches of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn {
    /// Updates made before.
    update: u64,
    /// The epoch it falls into…
    epoch: u64,
    /// … and the examples taken of it before.
    taken: u64,
    /// Examples of an update.
    batch: u64,
}

impl Turn {
    /// A run of one size, from its beginning.
    fn first(batch: usize) -> Self {
        Self {
            update: 0,
            epoch: 0,
            taken: 0,
            batch: batch.max(1) as u64,
        }
    }

    /// The epoch behind the first `update` updates, and the examples taken of it, of `len` in each.
    fn place(&self, update: u64, len: u64) -> (u64, u64) {
        let past = update - self.update;
        let rest = (len - self.taken).div_ceil(self.batch);
        if past < rest {
            return (self.epoch, self.taken + past * self.batch);
        }
        let each = len.div_ceil(self.batch).max(1);
        let past = past - rest;
        (self.epoch + 1 + past / each, past % each * self.batch)
    }

    /// How many updates there are up to the end of epoch `epochs`, counted from 1.
    fn updates(&self, epochs: u64, len: u64) -> u64 {
        let rest = (len - self.taken).div_ceil(self.batch).max(1);
        let each = len.div_ceil(self.batch).max(1);
        match epochs.checked_sub(self.epoch + 1) {
            None => self.update,
            Some(more) => {
                (self.update.saturating_add(rest)).saturating_add(more.saturating_mul(each))
            }
        }
    }
}

impl Order {
    /// The turn that the update behind the first `update` belongs to.
    fn turn<S: Scalar>(&self, setup: &Setup<S>, update: u64) -> Turn {
        let before = self.turns.iter().rev().find(|t| t.update <= update);
        before.copied().unwrap_or_else(|| {
            // Before the first of them the size is that which the run began with.
            let first = self.turns.first().filter(|t| t.update == 0);
            Turn::first(first.map_or(setup.experiment.learning.batch, |t| t.batch as usize))
        })
    }

    /// From the update behind the first `update` on, batches are of the size that `after` names; before, of that of `before`. An epoch
    /// in its midst is gone on with.
    pub fn resize<S: Scalar>(&mut self, update: u64, before: &Setup<S>, after: &Setup<S>) {
        let batch = after.experiment.learning.batch.max(1) as u64;
        if self.turns.is_empty() {
            self.turns
                .push(Turn::first(before.experiment.learning.batch));
        }
        let turn = self.turn(before, update);
        if turn.batch == batch {
            return;
        }
        let (epoch, taken) = turn.place(update, before.data.split().train.len() as u64);
        self.turns.retain(|t| t.update < update);
        self.epoch = None;
        self.turns.push(Turn {
            update,
            epoch,
            taken,
            batch,
        });
    }

    /// Which updates epochs end with.
    pub fn epochs<S: Scalar>(&self, setup: &Setup<S>) -> Epochs {
        let first = || vec![Turn::first(setup.experiment.learning.batch)];
        Epochs {
            turns: match self.turns.is_empty() {
                true => first(),
                false => self.turns.clone(),
            },
            len: setup.data.split().train.len() as u64,
        }
    }

    /// Is of a run whose batches were of the sizes of another one; what has been drawn is kept if those are its own.
    pub fn follow(&mut self, other: Self) {
        if self.turns != other.turns {
            *self = other;
        }
    }

    /// True if an epoch ends with update `update`, counted from 1.
    pub fn ends_epoch<S: Scalar>(&self, setup: &Setup<S>, update: u64) -> bool {
        let len = setup.data.split().train.len() as u64;
        let turn = self.turn(setup, update.saturating_sub(1));
        update > 0 && turn.place(update, len).1 == 0
    }

    /// Updates up to the end of epoch `epochs`, if nothing is edited any more; at least as many as have been made.
    pub fn updates_of<S: Scalar>(&self, setup: &Setup<S>, epochs: u64) -> u64 {
        let len = setup.data.split().train.len() as u64;
        self.turn(setup, u64::MAX).updates(epochs, len)
    }

    /// Fills the batch of the update behind the first `update`: a function of seed, epoch and the place in the epoch alone.
    pub fn fill<S: Scalar>(&mut self, setup: &Setup<S>, update: u64, batch: &mut Batch<S>) {
        let train = setup.data.split().train.clone();
        let turn = self.turn(setup, update);
        let (epoch, taken) = turn.place(update, train.len() as u64);
        if self.epoch != Some(epoch) {
            self.examples.resize(train.len(), 0);
            data::batches::fill_order(setup.experiment.seed, epoch, &mut self.examples);
            self.epoch = Some(epoch);
        }
        let begin = taken as usize;
        let end = (begin + turn.batch as usize).min(train.len());
        let chosen = &mut self.examples[begin..end];
        let examples = |i: u32| train.start + i as usize;
        if setup.plan.graph.steps() > 0 {
            // Long sequences first: shards and steps then leave out what is missing. Numbers break ties, so that the order is fixed.
            chosen.sort_unstable_by_key(|&i| (setup.missing(examples(i)), i));
        }
        setup.fill(chosen.iter().map(|&i| examples(i)), batch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::Experiment;
    use crate::experiment::loading::load_data;

    fn setup(batch: usize) -> Setup<f32> {
        let experiment = Experiment::load("moons", &[format!("learning.batch={batch}")]).unwrap();
        let data = load_data(&experiment).unwrap();
        Setup::new(experiment, data).unwrap()
    }

    /// The numbers of the examples of the first updates, found by their inputs.
    fn taken(
        order: &mut Order,
        setup: &Setup<f32>,
        updates: std::ops::Range<u64>,
    ) -> Vec<Vec<f32>> {
        let mut batch = Batch::default();
        let mut all = Vec::new();
        for update in updates {
            order.fill(setup, update, &mut batch);
            let each = batch.inputs.chunks(2).map(<[f32]>::to_vec);
            all.extend(each);
        }
        all
    }

    #[test]
    fn a_batch_of_another_size_goes_on_with_the_epoch_and_every_example_comes_once() {
        let len = setup(1).data.split().train.len() as u64;
        let (ten, seven, one) = (setup(10), setup(7), setup(1));
        let mut plain = Order::default();
        let wanted = taken(&mut plain, &one, 0..3 * len);
        let mut order = Order::default();
        let per = ten.updates_per_epoch();
        assert_eq!(order.updates_of(&ten, 3), 3 * per);
        // In the midst of the second epoch; and in its end, where nothing is left of it.
        for at in [per + 3, 2 * per, per + 3] {
            let mut order = Order::default();
            order.resize(at, &ten, &seven);
            let before = at * 10 - (at / per) * (per * 10 - len);
            let left = if at == 2 * per { len } else { 2 * len - before };
            let more = left.div_ceil(7);
            let mut all = taken(&mut order, &seven, 0..at + more);
            let end = if at == 2 * per { 3 } else { 2 };
            assert_eq!(all.len() as u64, end * len);
            assert_eq!(all, wanted[..(end * len) as usize]);
            assert!(order.ends_epoch(&seven, per) && order.ends_epoch(&seven, at + more));
            let ends = (1..=at + more).filter(|u| order.ends_epoch(&seven, *u));
            assert_eq!(ends.count() as u64, end);
            assert_eq!(order.updates_of(&seven, end), at + more);
            // What is said of epochs is of the same updates.
            let epochs = order.epochs(&seven);
            let said: Vec<u64> = (0..=end).map(|epoch| epochs.end(epoch)).collect();
            let ends = (1..=at + more).filter(|u| order.ends_epoch(&seven, *u));
            assert_eq!(said, [0].into_iter().chain(ends).collect::<Vec<_>>());
            assert_eq!((epochs.at(per), epochs.whole(per + 1)), (1.0, 1));
            assert!(epochs.at(at + 1) > 1.0 && epochs.at(at + more) == end as f64);
            // Back before the edit, the size is the old one.
            all = taken(&mut order, &seven, 0..at);
            assert_eq!(all, wanted[..all.len()]);
        }
        order.resize(5, &ten, &seven);
        order.resize(5, &seven, &ten);
        let all = taken(&mut order, &ten, 0..2 * per);
        assert_eq!(all, wanted[..all.len()], "taken back at once");
    }
}
