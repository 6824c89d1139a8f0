//! The three parts of a dataset, and how many examples each may take.

use std::fmt;
use std::ops::Range;

use super::error::{counted, grouped};

/// One of the three parts of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Examples that weights are learnt from.
    Train,
    /// Examples held back while learning, to choose settings by.
    Validation,
    /// Examples used only to report accuracy.
    Test,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        })
    }
}

/// Which examples belong to which part: ranges over the one index space of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The first examples of the training file.
    pub train: Range<usize>,
    /// The last examples of the training file.
    pub validation: Range<usize>,
    /// The first examples of the test file; the last of the file where there is only one.
    pub test: Range<usize>,
}

impl Split {
    /// The range of a part.
    pub fn range(&self, part: Part) -> Range<usize> {
        match part {
            Part::Train => self.train.clone(),
            Part::Validation => self.validation.clone(),
            Part::Test => self.test.clone(),
        }
    }

    /// The examples to look at one by one: those that test, or those that train where none test.
    pub fn to_look_at(&self) -> Range<usize> {
        if self.test.is_empty() {
            self.train.clone()
        } else {
            self.test.clone()
        }
    }

    /// The split itself, unless it has examples of one group (a run of equal numbers in `groups`) on two sides.
    pub(super) fn keeps_together(self, groups: &[u32]) -> Result<Self, String> {
        for (end, start, sides) in [
            (
                self.train.end,
                self.validation.start,
                "train and validation",
            ),
            (self.train.end, self.test.start, "train and test"),
            (self.validation.end, self.test.start, "validation and test"),
        ] {
            if end == 0 || start >= groups.len() || groups[end - 1] != groups[start] {
                continue;
            }
            let same = |i: &usize| groups[*i] == groups[start];
            let before = (0..end).rev().take_while(same).count();
            let after = (start..groups.len()).take_while(same).count();
            return Err(format!(
                "split has copies of one example in {sides}; expected {before} fewer before that cut or {after} more"
            ));
        }
        Ok(self)
    }
}

/// How the examples of a dataset were filed, which decides what a split may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filing {
    /// A training file of that many examples, then a test file with the rest.
    TrainAndTest {
        /// Number of examples in the training file.
        train: usize,
    },
    /// One file: train from its start, test at its end, validation just before test.
    OneFile,
    /// So few examples that all parts hold the same ones: each part is the first of them.
    Shared,
}

impl Filing {
    /// The split with these counts over `len` examples, or what is wrong with them.
    pub(super) fn split(
        self,
        len: usize,
        train: usize,
        validation: usize,
        test: usize,
    ) -> Result<Split, String> {
        let too_many = |asked: usize, which: &str, place: &str, held: usize| {
            Err(format!(
                "split wants {}{which}; {place} holds {}",
                counted(asked, "example"),
                grouped(held)
            ))
        };
        if train == 0 {
            return Err("split wants 0 training examples; expected at least 1".to_owned());
        }
        let learning = train.saturating_add(validation);
        match self {
            Self::TrainAndTest { train: held } => {
                if learning > held {
                    return too_many(
                        learning,
                        " to train and validate on",
                        "the training file",
                        held,
                    );
                }
                if test > len - held {
                    return too_many(test, " to test on", "the test file", len - held);
                }
                Ok(Split {
                    train: 0..train,
                    validation: held - validation..held,
                    test: held..held + test,
                })
            }
            Self::OneFile => {
                let all = learning.saturating_add(test);
                if all > len {
                    return too_many(all, " in all", "the dataset", len);
                }
                let held = len - test;
                Ok(Split {
                    train: 0..train,
                    validation: held - validation..held,
                    test: held..len,
                })
            }
            Self::Shared => {
                let most = train.max(validation).max(test);
                if most > len {
                    return too_many(most, " in one part", "the dataset", len);
                }
                Ok(Split {
                    train: 0..train,
                    validation: 0..validation,
                    test: 0..test,
                })
            }
        }
    }

    /// The split used when none is asked for.
    ///
    /// A training file gives one in twelve to validation (5,000 of MNIST's 60,000); one file alone gives a tenth to validation and
    /// a fifth to test; shared examples go to every part.
    pub(super) fn default_split(self, len: usize) -> Split {
        match self {
            Self::TrainAndTest { train } => {
                let held = train - train / 12;
                Split {
                    train: 0..held,
                    validation: held..train,
                    test: train..len,
                }
            }
            Self::OneFile => {
                let (validation, test) = (len / 10, len / 5);
                let held = len - test;
                Split {
                    train: 0..held - validation,
                    validation: held - validation..held,
                    test: held..len,
                }
            }
            Self::Shared => Split {
                train: 0..len,
                validation: 0..len,
                test: 0..len,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MNIST: Filing = Filing::TrainAndTest { train: 60_000 };

    #[test]
    fn validation_is_the_last_of_the_training_file() {
        let split = MNIST.split(70_000, 1_000, 500, 200).unwrap();
        assert_eq!(
            split,
            Split {
                train: 0..1_000,
                validation: 59_500..60_000,
                test: 60_000..60_200
            }
        );
        assert_eq!(
            MNIST.default_split(70_000),
            MNIST.split(70_000, 55_000, 5_000, 10_000).unwrap()
        );
    }

    #[test]
    fn one_file_is_cut_from_both_ends() {
        let split = Filing::OneFile.split(600, 400, 100, 100).unwrap();
        assert_eq!(
            split,
            Split {
                train: 0..400,
                validation: 400..500,
                test: 500..600
            }
        );
        assert_eq!(
            Filing::OneFile.split(600, 10, 5, 1).unwrap().validation,
            594..599
        );
        assert_eq!(
            Filing::OneFile.default_split(1),
            Split {
                train: 0..1,
                validation: 1..1,
                test: 1..1
            }
        );
        assert_eq!(
            Filing::OneFile.default_split(10),
            Split {
                train: 0..7,
                validation: 7..8,
                test: 8..10
            }
        );
    }

    #[test]
    fn what_does_not_fit_is_said_with_both_counts() {
        let line =
            |train, validation, test| MNIST.split(70_000, train, validation, test).unwrap_err();
        assert_eq!(
            line(60_000, 10_001, 0),
            "split wants 70,001 examples to train and validate on; the training file holds 60,000"
        );
        assert_eq!(
            line(1, 0, 10_001),
            "split wants 10,001 examples to test on; the test file holds 10,000"
        );
        assert_eq!(
            line(0, 1, 1),
            "split wants 0 training examples; expected at least 1"
        );
        assert!(line(usize::MAX, usize::MAX, 0).contains("training file"));
        assert!(
            Filing::OneFile
                .split(600, usize::MAX, 1, 1)
                .unwrap_err()
                .contains("the dataset holds 600")
        );
        assert!(
            Filing::Shared
                .split(1, 2, 1, 1)
                .unwrap_err()
                .contains("the dataset holds 1")
        );
    }
}
