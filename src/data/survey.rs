//! What the columns of a table are like, over all rows that were looked at.

use std::collections::HashMap;

use super::fields::{self, DAY_ORDERS, DayOrder};

/// The most different numbers, and words, of a column that are told apart.
const MOST_NUMBERS: usize = 1024;
const MOST_WORDS: usize = 4096;
/// The most rows that are kept, at even distances.
const KEPT: usize = 2000;

/// What a column is like.
#[derive(Debug, Clone)]
pub(super) struct Summary {
    /// Rows that have the column.
    pub(super) rows: u64,
    /// Fields that stand for no value.
    pub(super) gaps: u64,
    /// Of these, the ones that say None, which among words is a word.
    nones: u64,
    /// Fields that are numbers.
    pub(super) numbers: u64,
    /// Fields that are neither.
    pub(super) words: u64,
    /// Whether all numbers are whole.
    pub(super) whole: bool,
    /// Whole numbers with zeros in front.
    pub(super) codes: u64,
    /// Numbers that are not written plainly, and the first of them.
    pub(super) marked: Option<String>,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Sum of all numbers that are finite.
    total: f64,
    /// Whether every number is the one before it plus one.
    pub(super) counting: bool,
    pub(super) first: f64,
    last: f64,
    /// Rows were passed over since the last one.
    jumped: bool,
    /// How often a field differs from the one above it, the first one included.
    pub(super) runs: u64,
    last_mark: u64,
    truths: u64,
    days: [u64; 3],
    /// How often each byte occurs.
    bytes: Option<Box<[u32; 256]>>,
    /// How often each other number occurs, by its bits.
    values: HashMap<u64, u32>,
    /// More different numbers than are told apart.
    many: bool,
    /// How often each word occurs.
    pub(super) known: HashMap<Box<str>, u32>,
    pub(super) many_words: bool,
    /// Whether some value occurs twice.
    repeats: bool,
    /// Bytes of all words.
    length: u64,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            rows: 0,
            gaps: 0,
            nones: 0,
            numbers: 0,
            words: 0,
            whole: true,
            codes: 0,
            marked: None,
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            total: 0.0,
            counting: true,
            first: 0.0,
            last: 0.0,
            jumped: false,
            runs: 0,
            last_mark: 0,
            truths: 0,
            days: [0; 3],
            bytes: None,
            values: HashMap::new(),
            many: false,
            known: HashMap::new(),
            many_words: false,
            repeats: false,
            length: 0,
        }
    }
}

impl Summary {
    /// Takes a field, trimmed.
    pub(super) fn add(&mut self, text: &str, comma: bool) {
        self.rows += 1;
        if fields::is_missing(text) {
            self.gaps += 1;
            self.nones += u64::from(text == fields::NONE);
            self.counting = false;
            return;
        }
        self.take(text, comma);
    }

    /// Takes a field that was read as a number already; one that stands for no value is not a number.
    pub(super) fn add_number(&mut self, value: f64) {
        self.rows += 1;
        if value.is_nan() {
            self.gaps += 1;
            self.counting = false;
        } else {
            self.number(value);
        }
    }

    fn take(&mut self, text: &str, comma: bool) {
        match fields::number(text, comma) {
            Some(value) => {
                if fields::is_code(text) {
                    self.codes += 1;
                    self.word(text);
                } else if self.marked.is_none() && text.parse::<f64>().is_err() {
                    self.marked = Some(text.to_owned());
                }
                self.number(value);
            }
            None => {
                self.words += 1;
                self.counting = false;
                self.truths += u64::from(fields::truth(text).is_some());
                for (count, order) in self.days.iter_mut().zip(DAY_ORDERS) {
                    *count += u64::from(fields::day(text, order).is_some());
                }
                self.word(text);
                let mark = mark(text);
                self.runs += u64::from(self.runs == 0 || mark != self.last_mark);
                self.last_mark = mark;
            }
        }
    }

    /// Whether "None" is one of the column's words, beside "Some" and "Marked", and no gap.
    pub(super) fn takes_none(&self) -> bool {
        self.words > self.numbers
    }

    /// After the last field: what says None is a word, if the column has words.
    fn settle(&mut self) {
        if !self.takes_none() || self.nones == 0 {
            return;
        }
        let n = std::mem::take(&mut self.nones);
        self.gaps -= n;
        self.words += n;
        self.repeats |= n > 1;
        self.length += n * fields::NONE.len() as u64;
        if !self.many_words {
            let known = self.known.entry(fields::NONE.into()).or_insert(0);
            self.runs += u64::from(*known == 0);
            self.repeats |= *known > 0;
            *known = known.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
        }
    }

    fn word(&mut self, text: &str) {
        self.length += text.len() as u64;
        if self.many_words {
            return;
        }
        if let Some(count) = self.known.get_mut(text) {
            *count += 1;
            self.repeats = true;
        } else if self.known.len() == MOST_WORDS {
            self.many_words = true;
        } else {
            self.known.insert(text.into(), 1);
        }
    }

    /// Takes a number.
    fn number(&mut self, value: f64) {
        if self.numbers == 0 {
            self.first = value;
        } else {
            let next = if self.jumped {
                value > self.last
            } else {
                value == self.last + 1.0
            };
            self.counting &= next;
            self.jumped = false;
        }
        self.numbers += 1;
        self.last = value;
        self.whole &= value.fract() == 0.0;
        self.low = self.low.min(value);
        self.high = self.high.max(value);
        if value.is_finite() {
            self.total += value;
        }
        let bits = (value + 0.0).to_bits();
        self.runs += u64::from(self.runs == 0 || bits != self.last_mark);
        self.last_mark = bits;
        if self.many {
            return;
        }
        let byte = value as u8;
        if f64::from(byte) == value {
            let counts = self.bytes.get_or_insert_with(|| Box::new([0; 256]));
            let count = &mut counts[usize::from(byte)];
            self.repeats |= *count > 0;
            *count = count.saturating_add(1);
            return;
        }
        let count = self.values.entry(bits).or_insert(0);
        self.repeats |= *count > 0;
        *count += 1;
        if self.values.len() > MOST_NUMBERS {
            self.many = true;
            self.values = HashMap::new();
        }
    }

    /// Fields that are no gap.
    pub(super) fn present(&self) -> u64 {
        self.numbers + self.words
    }

    /// How many different values there are; `None` if more than are told apart.
    pub(super) fn distinct(&self) -> Option<usize> {
        if self.many || self.many_words {
            return None;
        }
        if self.words == 0 && self.codes > 0 {
            // Of the numbers, those without zeros in front are one more at least.
            return Some(self.known.len() + usize::from(self.numbers > self.codes));
        }
        Some(self.known.len() + self.different_numbers())
    }

    fn different_numbers(&self) -> usize {
        let bytes = self.bytes.as_ref();
        let bytes = bytes.map_or(0, |counts| counts.iter().filter(|n| **n > 0).count());
        bytes + self.values.len()
    }

    /// How often the values occur, of the least frequent and the most frequent.
    pub(super) fn fewest_and_most(&self) -> (u32, u32) {
        let bytes = self.bytes.iter().flat_map(|c| c.iter().copied());
        let numbers = bytes
            .chain(self.values.values().copied())
            .filter(|n| *n > 0);
        let words = self.known.values().copied();
        let all = numbers.chain(words);
        all.fold((u32::MAX, 0), |(low, high), n| (low.min(n), high.max(n)))
    }

    /// The mean of the numbers.
    pub(super) fn mean(&self) -> f64 {
        self.total / self.numbers.max(1) as f64
    }

    /// Every value that is told apart, as text, with how often it occurs.
    pub(super) fn counted_values(&self) -> impl Iterator<Item = (String, u32)> + '_ {
        let bytes = self.bytes.iter().flat_map(|counts| counts.iter().zip(0..));
        let bytes = bytes.map(|(n, byte): (&u32, u32)| (byte.to_string(), *n));
        let numbers = (self.values.iter()).map(|(bits, n)| (f64::from_bits(*bits).to_string(), *n));
        let words = self.known.iter().map(|(word, n)| (word.to_string(), *n));
        // Codes are among the words already.
        let numbers = bytes.chain(numbers).filter(|_| self.codes == 0);
        numbers.chain(words).filter(|(_, n)| *n > 0)
    }

    /// Whether no value was seen twice, in five rows or more.
    pub(super) fn unique(&self) -> bool {
        !self.repeats && self.present() >= 5
    }

    /// Whether the fields are words: most are no numbers, or some are numbers with zeros in front.
    pub(super) fn worded(&self) -> bool {
        self.words > self.numbers || self.words == 0 && self.codes > 0
    }

    /// Whether the words are yes and no, or their like.
    pub(super) fn is_truth(&self) -> bool {
        self.words > 0 && self.truths == self.words && self.numbers == 0
    }

    /// The order in which the words are days, if they all are.
    pub(super) fn days(&self) -> Option<DayOrder> {
        let all = |count: u64| self.words > 0 && count == self.words && self.numbers == 0;
        let found = self.days.iter().position(|count| all(*count));
        found.map(|at| DAY_ORDERS[at])
    }

    /// The mean length of a word, in bytes.
    pub(super) fn mean_length(&self) -> f64 {
        self.length as f64 / (self.words + self.codes).max(1) as f64
    }

    /// Whether all that is there is one value.
    pub(super) fn constant(&self) -> bool {
        self.distinct() == Some(1)
    }

    /// Whether whole numbers look like classes: few, each several times; more than ten only if they count from 0 or 1 and are
    /// about equally frequent.
    pub(super) fn like_classes(&self) -> bool {
        let Some(distinct) = self.distinct() else {
            return false;
        };
        let few = self.words == 0 && self.whole && (2..=20).contains(&distinct);
        if !few || self.numbers < 3 * distinct as u64 {
            return false;
        }
        distinct <= 10 && self.high - self.low < 10_000.0 || self.counted(distinct)
    }

    /// Whether whole numbers are codes rather than settings like 20, 50 and 100: two of them, or nearly all from about 0 on.
    pub(super) fn like_codes(&self) -> bool {
        let Some(distinct) = self.distinct() else {
            return false;
        };
        let dense = self.high - self.low < 2.0 * distinct as f64;
        distinct == 2 || dense && (-1.0..=2.0).contains(&self.low)
    }

    /// Whether the numbers are all those from 0 or 1 on, about equally frequent.
    pub(super) fn counted(&self, distinct: usize) -> bool {
        let (fewest, most) = self.fewest_and_most();
        self.whole
            && (self.low == 0.0 || self.low == 1.0)
            && self.high - self.low + 1.0 == distinct as f64
            && u64::from(fewest) * 10 >= u64::from(most)
    }

    /// Whether equal values stand beside each other only: a table sorted by this column, which has few values.
    pub(super) fn sorted(&self) -> bool {
        self.distinct()
            .is_some_and(|d| d >= 2 && self.runs == d as u64 && self.present() >= 3 * d as u64)
    }
}

fn mark(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What a table is like.
#[derive(Debug, Clone, Default)]
pub(super) struct Survey {
    /// By column.
    pub(super) columns: Vec<Summary>,
    /// Some rows, at even distances.
    pub(super) rows: Vec<Vec<String>>,
    /// All rows that were looked at.
    pub(super) count: u64,
    stride: u64,
}

impl Survey {
    /// Of a table of so many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns: vec![Summary::default(); columns],
            rows: Vec::new(),
            count: 0,
            stride: 1,
        }
    }

    /// Takes a row, its fields trimmed.
    pub(super) fn add<'a>(&mut self, fields: impl Iterator<Item = &'a str> + Clone, comma: bool) {
        let kept = self.keeps();
        self.row(kept.then(|| fields.clone().map(str::to_owned).collect()));
        for (summary, field) in self.columns.iter_mut().zip(fields) {
            summary.add(field, comma);
        }
    }

    /// After the last row.
    pub(super) fn settle(&mut self) {
        for summary in &mut self.columns {
            summary.settle();
        }
    }

    /// Rows are passed over before the next one.
    pub(super) fn jump(&mut self) {
        for summary in &mut self.columns {
            summary.jumped = true;
        }
    }

    /// Whether the next row is one to be kept.
    pub(super) fn keeps(&self) -> bool {
        self.count.is_multiple_of(self.stride)
    }

    /// Counts a row, and keeps it if it is given.
    pub(super) fn row(&mut self, kept: Option<Vec<String>>) {
        if let Some(kept) = kept {
            self.rows.push(kept);
            if self.rows.len() == KEPT {
                let mut at = 0;
                self.rows.retain(|_| {
                    at += 1;
                    at % 2 == 1
                });
                self.stride *= 2;
            }
        }
        self.count += 1;
    }
}
