//! Values that single precision cannot hold once they are scaled.

use super::{Dataset, LearntTable, Reading, Targets};
use crate::data::error::one_line;
use crate::data::inputs::Affine;

/// Whether a number is infinite in single precision.
fn is_beyond(value: f64) -> bool {
    !(value as f32).is_finite()
}

/// Whether numbers up to `most` in size may be beyond once they are scaled.
fn may_be(affine: Option<&Affine>, most: f64) -> bool {
    match affine {
        None => is_beyond(most),
        Some(a) => {
            let mut all = a.shift.iter().zip(&a.divisor);
            all.any(|(shift, divisor)| is_beyond((most + shift.abs()) / divisor))
        }
    }
}

impl LearntTable {
    /// The names of the columns that the inputs come from, or their numbers, an input each.
    pub(in crate::data) fn input_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for column in &self.inputs {
            let name = column.name.clone();
            let name = name.unwrap_or_else(|| column.number.to_string());
            let words = match &column.reading {
                Reading::Category { words, other } => words.len() + usize::from(*other),
                _ => 1,
            };
            let width = words + usize::from(column.indicator);
            names.extend(std::iter::repeat_n(name, width));
        }
        names
    }
}

impl Dataset {
    /// Where the first input or target stands that is infinite in single precision as it is handed out, and what it is, in words;
    /// `None` where there is none. `names` are those of the columns.
    pub(in crate::data) fn beyond_singles_in(&self, names: &[String]) -> Option<String> {
        self.input_beyond(names).or_else(|| self.target_beyond())
    }

    /// The same in one line, that names the data.
    pub fn beyond_singles(&self) -> Option<String> {
        let table = self.columns.as_ref().and_then(|c| c.learnt.as_ref());
        let names = table.map(LearntTable::input_names).unwrap_or_default();
        let beyond = self.beyond_singles_in(&names)?;
        Some(format!(
            "{}, {beyond}; expected smaller numbers, or --dtype f64",
            self.name
        ))
    }

    fn input_beyond(&self, names: &[String]) -> Option<String> {
        if self.inputs.symbolic() || self.white().is_some() {
            return None;
        }
        let range = self.stored_range();
        let most = range.minimum.abs().max(range.maximum.abs());
        if !may_be(self.affine.as_deref(), most) {
            return None;
        }
        for i in 0..self.len {
            let mut found = None;
            let mut at = 0;
            let see = |channel: usize, value: f64| {
                let scaled = match self.affine.as_deref() {
                    Some(affine) => affine.apply(channel, value),
                    None => value,
                };
                if found.is_none() && is_beyond(scaled) {
                    found = Some((at, channel, value, scaled));
                }
                at += 1;
            };
            let row = self.row(i);
            self.inputs.visit(row, self.input_len(), self.plane(), see);
            let Some((at, channel, value, scaled)) = found else {
                continue;
            };
            let [channels, height, width] = self.shape;
            let place = match (names.get(channel), &self.lengths) {
                (_, Some(_)) => format!("step {}, channel {}", at / channels + 1, channel + 1),
                (Some(name), None) => format!("column {}", one_line(name)),
                (None, None) if height * width == 1 => format!("column {}", channel + 1),
                (None, None) => format!("value {}", at + 1),
            };
            return Some(format!(
                "row {}, {place}: {}",
                row + 1,
                words(value, scaled)
            ));
        }
        None
    }

    fn target_beyond(&self) -> Option<String> {
        let Targets::Values { dim, data } = &*self.targets else {
            return None;
        };
        let most = data.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        let affine = self.target_affine.as_deref();
        if !may_be(affine, most) {
            return None;
        }
        data.iter().enumerate().find_map(|(at, &value)| {
            let scaled = affine.map_or(value, |affine| affine.apply(at % dim, value));
            let row = self.row(at / dim) + 1;
            let target = self.target_name().unwrap_or("the target");
            is_beyond(scaled)
                .then(|| format!("row {row}, {}: {}", one_line(target), words(value, scaled)))
        })
    }
}

fn words(value: f64, scaled: f64) -> String {
    if value == scaled {
        format!("{value:e} is beyond single precision")
    } else {
        format!("{value:e}, which is {scaled:e} as it is scaled, is beyond single precision")
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{LoadOptions, Progress, Scale, Shuffle, load};

    #[test]
    fn the_first_value_beyond_single_precision_is_named_by_row_and_column() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let open = |text: &str, scale: Scale| {
            std::fs::write(&path, text).unwrap();
            let options = LoadOptions {
                scale: Some(scale),
                target_scale: Some(scale),
                shuffle: Some(Shuffle::None),
                ..LoadOptions::default()
            };
            let loaded = load(&path, &options, &Progress::new()).unwrap();
            let notes = loaded.preview().lines().join("\n");
            let line = loaded.dataset().unwrap().beyond_singles();
            assert_eq!(
                notes.contains("beyond single precision"),
                line.is_some(),
                "{notes}"
            );
            line.unwrap_or_default()
        };
        let rows = |last: &str| -> String {
            let rows =
                (0..20).map(|i| format!("{}.5,{},{}\n", i % 7, i * 3 % 5, ["a", "b"][i % 2]));
            format!("wide,high,kind\n{}{last}", rows.collect::<String>())
        };
        let line = open(&rows("1,1e39,a\n"), Scale::None);
        assert!(
            line.ends_with("t.csv, row 21, column high: 1e39 is beyond single precision; expected smaller numbers, or --dtype f64"),
            "{line}"
        );
        // The last row tests: what is learnt of the others does not bring it down.
        let line = open(&rows("1e100,2,a\n"), Scale::Standardise);
        assert!(
            line.contains("row 21, column wide: 1e100, which is "),
            "{line}"
        );
        assert_eq!(open(&rows("1e30,2,a\n"), Scale::Standardise), "");
        // All are large: scaled, none is.
        let large: String = (0..20)
            .map(|i| format!("{}e200,{i},{}\n", i + 1, i % 2))
            .collect();
        assert_eq!(
            open(&format!("wide,high,kind\n{large}"), Scale::Standardise),
            ""
        );
        let values: String = (0..20)
            .map(|i| format!("{i},{i}.5e{}\n", 30 + 10 * (i / 19)))
            .collect();
        let line = open(&format!("a,y\n{values}"), Scale::None);
        assert!(line.contains("row 20, y: 1.95e41 is beyond"), "{line}");
    }
}
