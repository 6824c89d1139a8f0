//! Choices about examples that need no reading: their order, how many are used, noise, and what they are like as a whole.

use std::sync::Arc;

use super::{Dataset, Filing, Inputs, Noise, Part};
use crate::data::batches;
use crate::data::error::{DataError, grouped};
use std::collections::BTreeMap;

/// What the stored values are like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::data) struct Range {
    /// The lowest.
    pub(in crate::data) minimum: f64,
    /// The highest.
    pub(in crate::data) maximum: f64,
    /// The mean.
    pub(in crate::data) mean: f64,
}

impl Dataset {
    /// Deals the examples anew from `seed`; a test file's examples, and the last `kept` of the training file, stay where they are.
    ///
    /// With `groups`, neighbours with the same number (all examples of one file then) are dealt as one.
    pub(in crate::data) fn shuffle(&mut self, seed: u64, kept: usize, groups: Option<&[u32]>) {
        let all = match self.filing {
            Filing::TrainAndTest { train } => train,
            Filing::OneFile | Filing::Shared => self.len,
        };
        let dealt = all.saturating_sub(kept);
        let Some(groups) = groups.filter(|g| g.len() == self.len && dealt == self.len) else {
            let mut order = batches::order(seed, 0, dealt);
            order.extend(dealt as u32..self.len as u32);
            self.reorder(order, None);
            return;
        };
        let count = groups.iter().copied().max().map_or(0, |g| g as usize + 1);
        let mut rank = vec![0; count];
        for (place, group) in batches::order(seed, 0, count).into_iter().enumerate() {
            rank[group as usize] = place as u32;
        }
        let mut order: Vec<u32> = (0..self.len as u32).collect();
        order.sort_by_key(|&example| rank[groups[example as usize] as usize]);
        let numbers = order
            .iter()
            .map(|&example| rank[groups[example as usize] as usize])
            .collect();
        self.reorder(order, Some(numbers));
    }

    /// As [`Dataset::resplit`], but where a cut would separate copies of one example it is moved so that the parts get smaller.
    ///
    /// # Errors
    /// As [`Dataset::resplit`].
    pub(in crate::data) fn resplit_whole(
        &mut self,
        [mut train, mut validation, mut test]: [usize; 3],
    ) -> Result<(), DataError> {
        if let (Some(groups), Filing::OneFile) = (&self.groups, self.filing) {
            let separate = |at: usize| at == 0 || at >= self.len || groups[at] != groups[at - 1];
            let later = |at: usize| (at..=self.len).find(|&i| separate(i)).unwrap_or(self.len);
            let tested = later(self.len.saturating_sub(test));
            test = self.len - tested;
            let validated = later(tested.saturating_sub(validation)).min(tested);
            validation = tested - validated;
            train = (0..=train.min(validated))
                .rev()
                .find(|&i| separate(i))
                .unwrap_or(0);
        }
        self.resplit(train, validation, test)
    }

    /// Uses only `size` examples, each part in the proportion it has now.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if there are not so many, or fewer than one to train on is left.
    pub(in crate::data) fn shrink(&mut self, size: usize) -> Result<(), DataError> {
        let counts = [Part::Train, Part::Validation, Part::Test].map(|part| self.range(part).len());
        if self.filing == Filing::Shared {
            return Err(DataError::invalid(
                &self.name,
                "has no option \"size\"; expected it with data of several examples",
            ));
        }
        let total: usize = counts.iter().sum();
        if !(1..=total).contains(&size) {
            return Err(DataError::invalid(
                &self.name,
                format!("size is {size}; expected 1 to {}", grouped(total)),
            ));
        }
        let part = |count: usize| (count as u128 * size as u128 / total as u128) as usize;
        let (validation, test) = (part(counts[1]), part(counts[2]));
        self.resplit_whole([size - validation - test, validation, test])
    }

    /// Adds noise of that standard deviation to every input handed out from now on (padding stays 0): the same noise for an example
    /// whenever it is seen.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if `deviation` is not 0 to 10, or the inputs are symbols.
    pub(in crate::data) fn add_noise(
        &mut self,
        deviation: f64,
        seed: u64,
    ) -> Result<(), DataError> {
        if !(0.0..=10.0).contains(&deviation) {
            return Err(DataError::invalid(
                &self.name,
                format!("noise is {deviation}; expected 0 to 10"),
            ));
        }
        if self.inputs.symbolic() {
            return Err(DataError::invalid(
                &self.name,
                "noise on letters means nothing; expected it with numbers",
            ));
        }
        self.noise = (deviation > 0.0).then_some(Noise { deviation, seed });
        Ok(())
    }

    /// Swaps rows and columns of every picture.
    ///
    /// # Errors
    /// One line if the examples are no pictures.
    pub(in crate::data) fn turn(&mut self) -> Result<(), DataError> {
        let [channels, height, width] = self.shape;
        let plane = height * width;
        let pictures = self.lengths.is_none() && height > 1 && width > 1;
        match &mut self.inputs {
            Inputs::Bytes { values, .. } if pictures => {
                swap(Arc::make_mut(values).as_mut_slice(), plane, width)
            }
            Inputs::Singles(values) if pictures => {
                swap(Arc::make_mut(values).as_mut_slice(), plane, width)
            }
            Inputs::Reals(values) if pictures => {
                swap(Arc::make_mut(values).as_mut_slice(), plane, width)
            }
            _ => {
                let problem = "data.turned is for pictures; expected rows and columns";
                return Err(DataError::invalid(&self.name, problem));
            }
        }
        self.shape = [channels, width, height];
        self.stored = Arc::default();
        Ok(())
    }

    /// What the stored values are like, over all examples; padding is no value.
    pub(in crate::data) fn stored_range(&self) -> Range {
        *self.stored.get_or_init(|| self.range_of_stored())
    }

    fn range_of_stored(&self) -> Range {
        /// A power of two by which no sum of numbers that fit in memory overflows.
        const TINY: f64 = 1.0 / (1_u64 << 40) as f64;
        if let Inputs::Bytes { values, .. } = &self.inputs {
            let sum: u64 = values.iter().map(|&v| u64::from(v)).sum();
            return Range {
                minimum: f64::from(values.iter().copied().min().unwrap_or(0)),
                maximum: f64::from(values.iter().copied().max().unwrap_or(0)),
                mean: sum as f64 / values.len().max(1) as f64,
            };
        }
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut sum, mut count) = (0.0, 0_u64);
        for row in 0..self.len {
            let mut of_row = 0.0;
            self.inputs
                .visit(row, self.input_len(), self.plane(), |_, v| {
                    low = low.min(v);
                    high = high.max(v);
                    of_row += v * TINY;
                    count += 1;
                });
            sum += of_row;
        }
        let mean = sum / count.max(1) as f64 / TINY;
        Range {
            minimum: low,
            maximum: high,
            mean,
        }
    }

    /// The channels (features of flat data and of sequences) that have one value only in all examples that train.
    pub(in crate::data) fn constant_channels(&self) -> Vec<usize> {
        let mut first: Vec<Option<f64>> = vec![None; self.shape[0]];
        let mut varies = vec![false; self.shape[0]];
        let mut constant = varies.len();
        for i in self.split.train.clone() {
            // Mostly a few examples tell.
            if constant == 0 {
                break;
            }
            self.inputs
                .visit(self.row(i), self.input_len(), self.plane(), |c, v| {
                    if *first[c].get_or_insert(v) != v && !varies[c] {
                        varies[c] = true;
                        constant -= 1;
                    }
                });
        }
        (0..varies.len()).filter(|&c| !varies[c]).collect()
    }

    /// How many examples that validate or test have the inputs of one that trains.
    pub(in crate::data) fn shared_with_training(&self) -> usize {
        if self.filing == Filing::Shared {
            return 0;
        }
        let of = |i: usize| {
            self.inputs
                .fingerprint(self.row(i), self.input_len(), self.plane())
        };
        // In passes over ranges of the fingerprints, so that little memory is taken however many examples there are.
        const AT_ONCE: usize = 4 << 20;
        let train = self.split.train.clone();
        let passes = train.len().div_ceil(AT_ONCE).max(1) as u64;
        let mut trained = Vec::with_capacity(train.len().min(AT_ONCE + AT_ONCE / 8));
        let mut shared = 0;
        for pass in 0..passes {
            let here = |mark: &u64| mark % passes == pass;
            trained.clear();
            trained.extend(train.clone().map(of).filter(here));
            trained.sort_unstable();
            shared += [Part::Validation, Part::Test]
                .into_iter()
                .flat_map(|part| self.range(part))
                .map(of)
                .filter(|mark| here(mark) && trained.binary_search(mark).is_ok())
                .count();
        }
        shared
    }

    /// Calls classes by other names, where there is one for each.
    pub(in crate::data) fn rename_classes(&mut self, names: &BTreeMap<String, String>) {
        let renamed = self.classes.iter().map(|class| names.get(class).cloned());
        if let Some(all) = renamed.collect::<Option<Vec<String>>>() {
            self.classes = Arc::new(all);
        }
    }

    /// Where an example is stored.
    pub(in crate::data) fn stored_at(&self, i: usize) -> usize {
        self.row(i)
    }

    /// Whether the inputs are letters or other symbols, one-hot.
    pub(in crate::data) fn has_symbols(&self) -> bool {
        self.inputs.symbolic()
    }

    /// Shows every stored value of an example in turn, unscaled.
    pub(in crate::data) fn each_stored(&self, i: usize, mut show: impl FnMut(f64)) {
        let (row, plane) = (self.row(i), self.plane());
        self.inputs
            .visit(row, self.input_len(), plane, |_, v| show(v));
    }

    /// The first stored values of an example, at most `most`, unscaled, with their channels.
    pub(in crate::data) fn stored_values(&self, i: usize, most: usize) -> Vec<(usize, f64)> {
        let mut values = Vec::with_capacity(most.min(self.input_len()));
        self.inputs
            .visit(self.row(i), self.input_len(), self.plane(), |c, v| {
                if values.len() < most {
                    values.push((c, v));
                }
            });
        values
    }
}

/// Swaps rows and columns in every `plane` of values, rows of `width`.
fn swap<T: Copy>(values: &mut [T], plane: usize, width: usize) {
    let mut before = Vec::with_capacity(plane);
    for values in values.chunks_exact_mut(plane) {
        before.clear();
        before.extend_from_slice(values);
        let columns = (0..width).flat_map(|x| before[x..].iter().step_by(width));
        for (value, new) in values.iter_mut().zip(columns) {
            *value = *new;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Filing, Targets, numbered};
    use super::*;

    fn made(len: usize, filing: Filing) -> Dataset {
        let labels = (0..len).map(|i| (i % 2) as u16).collect();
        let values = (0..len).flat_map(|i| [i as f64, 7.0]).collect();
        let targets = Targets::Classes(labels).named(numbered(2));
        Dataset::from_reals("made", [2, 1, 1], values, targets, filing).unwrap()
    }

    fn first_values(data: &Dataset) -> Vec<f64> {
        (0..data.len())
            .map(|i| data.stored_values(i, 1)[0].1)
            .collect()
    }

    #[test]
    fn a_shuffle_keeps_the_test_file_and_the_examples_filed_for_validation() {
        let mut data = made(20, Filing::TrainAndTest { train: 15 });
        data.shuffle(3, 5, None);
        let values = first_values(&data);
        let mut head = values[..10].to_vec();
        assert_ne!(head, (0..10).map(f64::from).collect::<Vec<_>>());
        head.sort_by(f64::total_cmp);
        assert_eq!(head, (0..10).map(f64::from).collect::<Vec<_>>());
        assert_eq!(values[10..], (10..20).map(f64::from).collect::<Vec<_>>());
        assert!((0..20).all(|i| data.label(i) == Some(values[i] as usize % 2)));
    }

    #[test]
    fn groups_are_dealt_as_one_and_cuts_go_between_them() {
        let groups: Vec<u32> = (0..30).map(|i| i / 3).collect();
        for seed in 0..10 {
            let mut data = made(30, Filing::OneFile);
            data.shuffle(seed, 0, Some(&groups));
            data.resplit_whole([20, 5, 5]).unwrap();
            let group = |i: usize| first_values(&data)[i] as u32 / 3;
            let split = data.split().clone();
            assert_eq!((split.train.len() % 3, split.test.len() % 3), (0, 0));
            for (a, b) in [
                (split.train.clone(), split.test.clone()),
                (split.train.clone(), split.validation.clone()),
                (split.validation, split.test),
            ] {
                assert!(a.clone().all(|i| b.clone().all(|j| group(i) != group(j))));
            }
        }
    }

    #[test]
    fn a_smaller_size_keeps_the_proportions() {
        let mut data = made(100, Filing::OneFile);
        data.shrink(50).unwrap();
        let counts =
            |d: &Dataset| [Part::Train, Part::Validation, Part::Test].map(|p| d.range(p).len());
        assert_eq!(counts(&data), [35, 5, 10]);
        data.shrink(1).unwrap();
        assert_eq!(counts(&data), [1, 0, 0]);
        let line = made(10, Filing::OneFile)
            .shrink(11)
            .unwrap_err()
            .to_string();
        assert_eq!(line, "made: size is 11; expected 1 to 10");
    }

    #[test]
    fn noise_is_fixed_for_an_example_and_has_its_deviation() {
        let mut data = made(4000, Filing::OneFile);
        data.add_noise(0.5, 9).unwrap();
        let (mut once, mut again) = ([0.0; 2], [0.0; 2]);
        let mut squares = 0.0;
        for i in 0..4000 {
            data.write_input(i, &mut once);
            data.write_input(i, &mut again);
            assert_eq!(once, again);
            squares += (once[1] - 7.0).powi(2);
        }
        assert!(
            (squares / 4000.0 - 0.25).abs() < 0.02,
            "{}",
            squares / 4000.0
        );
        assert!(data.add_noise(f64::NAN, 0).is_err());
    }

    #[test]
    fn what_the_values_are_like() {
        let data = made(10, Filing::OneFile);
        let range = data.stored_range();
        assert_eq!((range.minimum, range.maximum), (0.0, 9.0));
        assert!((range.mean - 5.75).abs() < 1e-12);
        assert_eq!(data.constant_channels(), [1]);
        assert_eq!(data.shared_with_training(), 0);
        let values = [1.0, 2.0, 1.0, 2.0, 3.0];
        let targets = Targets::Classes(vec![0; 5]);
        let copies = Dataset::from_reals(
            "made",
            [1, 1, 1],
            values.to_vec(),
            targets.named(numbered(1)),
            Filing::TrainAndTest { train: 2 },
        )
        .unwrap();
        assert_eq!(copies.shared_with_training(), 2);
    }
}
