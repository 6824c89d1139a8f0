//! Rows that belong together (of one patient, one animal), dealt to the parts as one.

use super::batches;
use super::dataset::Dataset;
use super::error::{DataError, counted, grouped};
use super::options::LoadOptions;
use super::split::{Filing, Part};

/// Up to here every sum of groups is looked at; beyond, groups are so many that a cut between two of them is near enough.
const MOST_SUMS: usize = 1 << 24;

/// Which rows belong together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Together {
    /// What they share, in words: the name of a column.
    pub(super) by: String,
    /// A number for each stored row, from 0 in the order in which they come.
    pub(super) of: Vec<u32>,
    /// How many numbers there are.
    pub(super) count: usize,
    /// Rows that have no value, each a group of its own.
    pub(super) alone: usize,
}

/// What the parts have of what stays together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shares {
    /// Different values in the parts to train on, to validate and to test.
    pub(super) parts: [usize; 3],
    /// Of those to test or validate, how many are trained on too.
    pub(super) shared: usize,
}

impl Together {
    /// Deals the examples to the parts so that rows that belong together are in one, and the parts are as near to what is asked for
    /// as that allows. A test file stays one. With the sizes it comes to asked for, the same examples are in the same parts again.
    pub(super) fn deal(
        &self,
        data: &mut Dataset,
        options: &LoadOptions,
        seed: Option<u64>,
    ) -> Result<(), DataError> {
        let own = data.filing().default_split(data.len());
        let own = [own.train.len(), own.validation.len(), own.test.len()];
        let wanted = match (options.split, options.size) {
            (Some(split), _) => split,
            (None, Some(size)) => {
                data.shrink(size)?;
                [Part::Train, Part::Validation, Part::Test].map(|part| data.range(part).len())
            }
            (None, None) => own,
        };
        data.would_split(wanted[0], wanted[1], wanted[2])?;
        let (order, parts) = self
            .dealt(data.filing(), data.len(), wanted, seed)
            .map_err(|problem| DataError::Split {
                dataset: data.name().to_owned(),
                problem,
            })?;
        data.reorder(order, None);
        data.resplit(parts[0], parts[1], parts[2])
    }

    /// An order of the rows, and how many of them each part has.
    fn dealt(
        &self,
        filing: Filing,
        len: usize,
        [train, validation, test]: [usize; 3],
        seed: Option<u64>,
    ) -> Result<(Vec<u32>, [usize; 3]), String> {
        let (rows, tested) = match filing {
            Filing::TrainAndTest { train } => (train, 0),
            Filing::OneFile | Filing::Shared => (len, test),
        };
        let mut sizes = vec![0_usize; self.count];
        for &group in &self.of[..rows] {
            sizes[group as usize] += 1;
        }
        let groups: Vec<u32> = match seed {
            Some(seed) => batches::order(seed, 0, self.count),
            // As stored: what validates and tests is at the end.
            None => (0..self.count as u32).rev().collect(),
        };
        let mut left: Vec<u32> = groups
            .into_iter()
            .filter(|&g| sizes[g as usize] > 0)
            .collect();
        let parts = 1 + usize::from(validation > 0) + usize::from(tested > 0);
        if left.len() < parts {
            return Err(format!(
                "{} has {} to deal to {}; expected at least one for each (data.split with 0 to validate on needs one less)",
                self.by,
                counted(left.len(), "different value"),
                counted(parts, "part")
            ));
        }
        let all = train + validation + tested == rows;
        let testing = take(&mut left, &sizes, tested, 1 + usize::from(validation > 0));
        let validating = take(&mut left, &sizes, validation, 1);
        let training = match all {
            true => std::mem::take(&mut left),
            false => take(&mut left, &sizes, train, 0),
        };
        let mut rank = vec![0_u32; self.count];
        let (mut counts, mut next) = ([0; 3], 0);
        for (part, groups) in [Some(0), None, Some(1), Some(2)].into_iter().zip([
            &training,
            &left,
            &validating,
            &testing,
        ]) {
            for &group in groups {
                rank[group as usize] = next;
                next += 1;
                if let Some(part) = part {
                    counts[part] += sizes[group as usize];
                }
            }
        }
        let mut order: Vec<u32> = (0..rows as u32).collect();
        order.sort_by_key(|&row| rank[self.of[row as usize] as usize]);
        order.extend(rows as u32..len as u32);
        if rows < len {
            counts[2] = test;
        }
        Ok((order, counts))
    }

    /// How many different values the parts have.
    pub(super) fn shares(&self, data: &Dataset) -> Shares {
        let mut seen = vec![[false; 3]; self.count];
        for (at, part) in [Part::Train, Part::Validation, Part::Test]
            .into_iter()
            .enumerate()
        {
            for i in data.range(part) {
                seen[self.of[data.stored_at(i)] as usize][at] = true;
            }
        }
        let count = |which: &dyn Fn(&[bool; 3]) -> bool| seen.iter().filter(|s| which(s)).count();
        Shares {
            parts: [0, 1, 2].map(|part| count(&|s| s[part])),
            shared: count(&|s| s[0] && (s[1] || s[2])),
        }
    }

    /// What is said of it.
    pub(super) fn words(&self, data: &Dataset) -> String {
        let Shares { parts, shared } = self.shares(data);
        let [train, validation, test] = parts.map(grouped);
        let mut text = format!(
            "rows that share {} stay in one part: {train} of {} to train on, {validation} to validate on, {test} to test on",
            self.by,
            counted(self.count, "value")
        );
        if self.alone > 0 {
            text += &format!("; {} without it, each alone", counted(self.alone, "row"));
        }
        if shared > 0 {
            text += &format!(
                "; the test file has {} that {} trained on too",
                grouped(shared),
                if shared == 1 { "is" } else { "are" }
            );
        }
        text
    }
}

/// Takes out of `left` the groups that together are nearest to `want`, the first of them in its order, one at least unless nothing is
/// wanted. The largest `kept` stay.
fn take(left: &mut Vec<u32>, sizes: &[usize], want: usize, kept: usize) -> Vec<u32> {
    if want == 0 {
        return Vec::new();
    }
    let size = |g: u32| sizes[g as usize];
    let mut largest: Vec<usize> = (0..left.len()).collect();
    largest.sort_by_key(|&i| std::cmp::Reverse((size(left[i]), i)));
    let may: Vec<usize> = {
        let mut may: Vec<usize> = largest.into_iter().skip(kept).collect();
        may.sort_unstable();
        may
    };
    let each: Vec<usize> = may.iter().map(|&i| size(left[i])).collect();
    let mut chosen = vec![false; left.len()];
    for (at, taken) in may.into_iter().zip(nearest(&each, want)) {
        chosen[at] = taken;
    }
    let taken = (0..left.len()).filter(|&i| chosen[i]).map(|i| left[i]);
    let taken: Vec<u32> = taken.collect();
    let mut at = 0;
    left.retain(|_| {
        at += 1;
        !chosen[at - 1]
    });
    taken
}

/// Which of some sizes, one at least, sum up nearest to `want` (to less of it, where more is as near). The earliest of all choices
/// with that sum: asked for the sum it came to, the same.
fn nearest(sizes: &[usize], want: usize) -> Vec<bool> {
    let total: usize = sizes.iter().sum();
    let mut chosen = vec![false; sizes.len()];
    if (sizes.len() + 1).saturating_mul(total + 1) > MOST_SUMS {
        let mut sum = 0;
        for (chosen, size) in chosen.iter_mut().zip(sizes) {
            if sum > 0 && (sum + size).abs_diff(want) >= sum.abs_diff(want) {
                break;
            }
            *chosen = true;
            sum += size;
        }
        return chosen;
    }
    // By the first group that may be taken: which sums can be reached.
    let mut reached = vec![vec![false; total + 1]; sizes.len() + 1];
    reached[sizes.len()][0] = true;
    for (i, &size) in sizes.iter().enumerate().rev() {
        for sum in 0..=total {
            reached[i][sum] = reached[i + 1][sum] || sum >= size && reached[i + 1][sum - size];
        }
    }
    let near = (1..=total)
        .filter(|&sum| reached[0][sum])
        .min_by_key(|&sum| (sum.abs_diff(want), sum));
    let mut sum = near.unwrap_or(0);
    for (i, &size) in sizes.iter().enumerate() {
        if sum >= size && reached[i + 1][sum - size] && size > 0 {
            chosen[i] = true;
            sum -= size;
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn together(sizes: &[usize]) -> Together {
        // Rows of a group are spread over the file.
        let mut of: Vec<u32> = Vec::new();
        for round in 0..sizes.iter().copied().max().unwrap_or(0) {
            of.extend((0..sizes.len() as u32).filter(|&g| round < sizes[g as usize]));
        }
        Together {
            by: "patient".into(),
            of,
            count: sizes.len(),
            alone: 0,
        }
    }

    fn parts(t: &Together, order: &[u32], counts: [usize; 3]) -> [Vec<u32>; 3] {
        let n = order.len();
        let held = n - counts[2];
        [0..counts[0], held - counts[1]..held, held..n].map(|range| {
            let mut groups: Vec<u32> = order[range].iter().map(|&r| t.of[r as usize]).collect();
            groups.sort_unstable();
            groups.dedup();
            groups
        })
    }

    #[test]
    fn no_group_is_in_two_parts_and_the_shares_are_near() {
        for (sizes, most) in [
            (vec![10; 10], 0),
            (vec![3; 200], 1),
            ((1..=30).collect::<Vec<usize>>(), 0),
            (vec![98, 1, 1], 28),
            (vec![1; 50], 0),
            (vec![2; 4000], 1),
        ] {
            let t = together(&sizes);
            let n: usize = sizes.iter().sum();
            let (validation, test) = (n / 10, n / 5);
            let want = [n - validation - test, validation, test];
            let mut seen = Vec::new();
            for seed in [None, Some(0), Some(1), Some(2)] {
                let (order, counts) = t.dealt(Filing::OneFile, n, want, seed).unwrap();
                let [a, b, c] = parts(&t, &order, counts);
                assert_eq!(a.len() + b.len() + c.len(), sizes.len(), "{sizes:?}");
                assert!([&a, &b, &c].iter().all(|p| !p.is_empty()));
                assert!(a.iter().all(|g| !b.contains(g) && !c.contains(g)));
                assert!(b.iter().all(|g| !c.contains(g)));
                for (count, want) in counts.into_iter().zip(want) {
                    assert!(count.abs_diff(want) <= most, "{counts:?}, wanted {want}");
                }
                // Asked for what it came to, the same rows are in the same parts.
                let again = t.dealt(Filing::OneFile, n, counts, seed).unwrap();
                assert_eq!(again, (order.clone(), counts));
                seen.push(c);
            }
            assert!(sizes.len() < 10 || seen[1] != seen[2] || seen[2] != seen[3]);
        }
    }

    #[test]
    fn fewer_examples_than_there_are_leave_some_in_no_part() {
        let t = together(&[4; 25]);
        let (order, counts) = t.dealt(Filing::OneFile, 100, [40, 0, 20], Some(3)).unwrap();
        assert_eq!(counts, [40, 0, 20]);
        let again = t.dealt(Filing::OneFile, 100, counts, Some(3)).unwrap();
        assert_eq!(again.0, order);
    }

    #[test]
    fn a_test_file_stays_and_too_few_groups_are_said() {
        let t = together(&[5; 4]);
        let filing = Filing::TrainAndTest { train: 12 };
        let (order, counts) = t.dealt(filing, 20, [9, 3, 8], Some(1)).unwrap();
        assert_eq!(
            (counts, &order[12..]),
            ([9, 3, 8], &[12, 13, 14, 15, 16, 17, 18, 19][..])
        );
        let line = together(&[5, 5]).dealt(Filing::OneFile, 10, [7, 1, 2], Some(0));
        assert_eq!(
            line.unwrap_err(),
            "patient has 2 different values to deal to 3 parts; expected at least one for each (data.split with 0 to validate on needs one less)"
        );
    }
}
