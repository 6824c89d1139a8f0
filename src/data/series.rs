//! The `.ts` text format of the time series archives (UCR and UEA): a header of `@` lines, `@data`, then a series a line: its channels
//! separated by colons, the steps of a channel by commas, and its class at the end.

use std::path::Path;

use super::dataset::{Dataset, Targets};
use super::error::{DataError, Place, display_path};
use super::found::{Format, Found, Warning};
use super::inputs::Steps;
use super::lines::Lines;
use super::options::LoadOptions;
use super::progress::Progress;
use super::series_classes::Classes;
use super::source::Source;
use super::split::Filing;
use super::table::number;
use super::test_beside::test_file_beside;

/// Whether the start of a text is a `.ts` header: the first line that is no comment begins with `@`.
pub(super) fn looks_like(start: &[u8]) -> bool {
    let line = start
        .split(|&b| b == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b"%"));
    line.is_some_and(|line| line.starts_with(b"@"))
}

/// Loads a `.ts` file, with the test file beside it by name.
pub(super) fn load(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let mut series = Series::default();
    let gzip = series.append(path, progress)?;
    let train = series.lengths.len();
    let mut files = vec![path.to_owned()];
    let mut filing = Filing::OneFile;
    if let Some(beside) = test_file_beside(path, options) {
        series.append(&beside, progress)?;
        files.push(beside);
        filing = Filing::TrainAndTest { train };
    }
    if series.classes.declared() && !series.values.is_empty() {
        return Err(DataError::invalid(
            &display_path(path),
            "one of training and test file has classes and the other values; expected the same in both",
        ));
    }
    let as_values = series.as_values;
    let (targets, classes) = if series.classes.declared() {
        let (classes, places) = series.classes.finish();
        let each = series.labels.iter().map(|&l| places[usize::from(l)]);
        (Targets::Classes(each.collect()), classes)
    } else {
        let values = Targets::Values {
            dim: 1,
            data: series.values,
        };
        (values, Vec::new())
    };
    let data = Dataset::from_sequences(
        &display_path(path),
        series.channels,
        series.lengths,
        Steps::Reals(series.steps),
        targets.named(classes),
        filing,
    )?;
    let mut found = Found::new(Format::Series, files, data);
    found.gzip = gzip;
    if as_values {
        let note = "the classes declared are numbers, mostly not whole: they are learnt as values";
        found.warnings.push(Warning::Reading { note: note.into() });
    }
    Ok(found)
}

/// Series read so far.
#[derive(Default)]
struct Series {
    /// 0 before the first series.
    channels: usize,
    lengths: Vec<u32>,
    /// Step after step, all channels of a step together.
    steps: Vec<f64>,
    /// None if the targets are values.
    classes: Classes,
    /// By the order in which they came.
    labels: Vec<u16>,
    values: Vec<f64>,
    /// Values were declared as classes.
    as_values: bool,
}

/// From so many declared classes on they can be values.
const LEAST_VALUES: usize = 10;

/// Whether what is declared as classes are measured values, as sktime writes the targets of a regression: all numbers, each once, and
/// mostly not whole.
fn are_values(declared: &str) -> bool {
    let mut seen = std::collections::HashSet::new();
    let mut fractions = 0;
    for word in declared.split_whitespace() {
        match word.parse::<f64>() {
            Ok(v) if v.is_finite() && seen.insert(v.to_bits()) => {
                fractions += usize::from(v.fract() != 0.0);
            }
            _ => return false,
        }
    }
    seen.len() >= LEAST_VALUES && 2 * fractions > seen.len()
}

/// What a header says is at the end of each line.
enum AtEnd {
    Class,
    Value,
}

type Fault = (Place, String);

impl Series {
    fn append(&mut self, path: &Path, progress: &Progress) -> Result<bool, DataError> {
        let source = Source::open_watched(path, progress)?;
        let (file, gzip, stored) = (source.file().to_owned(), source.gzip(), source.stored());
        let fail = |(place, problem): Fault| DataError::malformed(&file, place, problem);
        if stored == 0 {
            return Err(fail((
                Place::File,
                "file is empty; expected time series".into(),
            )));
        }
        let mut lines = Lines::new(source);
        let at_end = self.header(&mut lines, &file)?;
        let before = self.lengths.len();
        while let Some((number, line)) = lines.next()? {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                self.series(line, number, &at_end).map_err(fail)?;
            }
        }
        if self.lengths.len() == before {
            let problem = "no series; expected at least one line under @data".to_owned();
            return Err(fail((Place::File, problem)));
        }
        Ok(gzip)
    }

    fn header(&mut self, lines: &mut Lines, file: &str) -> Result<AtEnd, DataError> {
        let mut at_end = None;
        while let Some((number, line)) = lines.next()? {
            let fail = |problem: String| DataError::malformed(file, Place::Line(number), problem);
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() || line.starts_with(['#', '%']) {
                continue;
            }
            let mut words = line.split_whitespace();
            let key = words.next().unwrap_or_default().to_lowercase();
            let flag = || {
                words
                    .clone()
                    .next()
                    .is_some_and(|w| w.eq_ignore_ascii_case("true"))
            };
            match key.as_str() {
                "@data" => {
                    return at_end.ok_or_else(|| {
                        fail(
                            "neither @classLabel nor @targetLabel is true; expected one, to learn"
                                .into(),
                        )
                    });
                }
                "@timestamps" if flag() => {
                    return Err(fail(
                        "series with time stamps are not read; expected @timeStamps false".into(),
                    ));
                }
                "@classlabel" if flag() => {
                    // Behind the key and "true".
                    let rest = line.split_once(char::is_whitespace).map_or("", |(_, r)| r);
                    let rest = rest.trim_start().get("true".len()..).unwrap_or_default();
                    if are_values(rest) {
                        self.as_values = true;
                        at_end = Some(AtEnd::Value);
                    } else {
                        self.classes.declare(rest).map_err(fail)?;
                        at_end = Some(AtEnd::Class);
                    }
                }
                "@targetlabel" if flag() => at_end = Some(AtEnd::Value),
                _ if key.starts_with('@') => {}
                _ => {
                    return Err(fail(
                        "no @data section before this line; expected a line that begins with @"
                            .into(),
                    ));
                }
            }
        }
        let problem = "no @data section; expected one after the header";
        Err(DataError::malformed(file, Place::File, problem))
    }

    fn series(&mut self, line: &str, number_of_line: usize, at_end: &AtEnd) -> Result<(), Fault> {
        let place = Place::Line(number_of_line);
        let fail = |problem: String| (place, problem);
        let Some((channels, label)) = line.rsplit_once(':') else {
            return Err(fail(
                "no colon; expected channels and a label, separated by colons".into(),
            ));
        };
        let found = channels.split(':').count();
        if self.channels == 0 {
            self.channels = found;
        }
        if found != self.channels {
            return Err(fail(format!(
                "expected {} channels, found {found}",
                self.channels
            )));
        }
        let length = channels
            .split(':')
            .next()
            .map_or(0, |c| c.split(',').count());
        let start = self.steps.len();
        let room = length * found;
        if self.steps.try_reserve(room).is_err() {
            return Err(fail(
                "not enough memory for the series; expected a smaller file".into(),
            ));
        }
        self.steps.resize(start + room, 0.0);
        for (channel, text) in channels.split(':').enumerate() {
            let count = text.split(',').count();
            if count != length {
                return Err(fail(format!(
                    "channels differ in length ({length} and {count}); expected as many steps in each"
                )));
            }
            for (step, text) in text.split(',').enumerate() {
                let text = text.trim();
                let at = format!("step {} of channel {}", step + 1, channel + 1);
                if super::fields::is_missing(text) {
                    return Err(fail(format!(
                        "value is missing ({at}); expected one at every step"
                    )));
                }
                let value = number(text).map_err(|problem| fail(format!("{at} {problem}")))?;
                self.steps[start + step * found + channel] = value;
            }
        }
        let label = label.trim();
        match at_end {
            AtEnd::Value => {
                let value =
                    number(label).map_err(|problem| fail(format!("the target {problem}")))?;
                self.values.push(value);
            }
            AtEnd::Class => {
                self.labels.push(self.classes.take(label).map_err(fail)?);
            }
        }
        self.lengths.push(length as u32);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn loaded(text: &str) -> Result<Found, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.ts");
        std::fs::write(&path, text).unwrap();
        load(&path, &LoadOptions::default(), &Progress::new()).map_err(|e| e.to_string())
    }

    const HEADER: &str = "# two channels\n@problemName X\n@univariate false\n@dimensions 2\n@classLabel true a b\n@data\n";

    #[test]
    fn channels_stand_beside_each_other_at_every_step() {
        let found = loaded(&format!("{HEADER}1,2,3:4,5,6:b\n7:8:a\n")).unwrap();
        assert_eq!(found.data.lengths(), Some(&[3, 1][..]));
        let mut out = [0.0; 6];
        found.data.write_input(0, &mut out);
        assert_eq!(out, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        found.data.write_input(1, &mut out);
        assert_eq!(out, [0.0, 0.0, 0.0, 0.0, 7.0, 8.0]);
        assert_eq!(
            (found.data.label(0), found.data.classes().join("")),
            (Some(1), "ab".into())
        );
        let values = loaded("@targetLabel true\n@data\n1,2:0.5\n").unwrap();
        assert_eq!(values.data.target_len(), 1);
    }

    /// As sktime writes the targets of a regression.
    #[test]
    fn classes_that_are_measured_values_are_learnt_as_values() {
        let targets: Vec<String> = (0..60).map(|i| format!("{}.{}", 40 + i % 17, i)).collect();
        let lines: String = (targets.iter().enumerate())
            .map(|(i, target)| format!("{i},2,3:{target}\n"))
            .collect();
        let header = |classes: &str| format!("@problemName X\n@classLabel true {classes}\n@data\n");
        let found = loaded(&(header(&targets.join(" ")) + &lines)).unwrap();
        assert_eq!(found.data.stored_target(21), Some(&[44.21][..]));
        assert!(
            found
                .warnings
                .iter()
                .any(|w| w.to_string().contains("learnt as values"))
        );
        // Numbers that are names of classes stay so.
        let few = loaded(&(header("1.5 2.5") + "1,2:1.5\n3,4:2.5\n")).unwrap();
        assert_eq!(few.data.classes(), ["1.5", "2.5"]);
        let whole: Vec<String> = (0..12).map(|i| i.to_string()).collect();
        let whole = loaded(&(header(&whole.join(" ")) + "1,2:3\n3,4:11\n")).unwrap();
        assert_eq!(whole.data.classes().len(), 12);
    }

    #[test]
    fn what_is_wrong_is_named_by_line() {
        for (text, words) in [
            (
                format!("{HEADER}1,2,3:4,5,6:a\n1,2,3:b\n"),
                "line 8: expected 2 channels, found 1",
            ),
            (
                format!("{HEADER}1,2,3:4,5:a\n"),
                "line 7: channels differ in length (3 and 2)",
            ),
            (
                format!("{HEADER}1,2:4,5:c\n"),
                "line 7: label \"c\" is not among a, b",
            ),
            (
                format!("{HEADER}1,?:4,5:a\n"),
                "line 7: value is missing (step 2 of channel 1)",
            ),
            (
                format!("{HEADER}1,x:4,5:a\n"),
                "line 7: step 2 of channel 1 is \"x\", which is not a number",
            ),
            (format!("{HEADER}1,2\n"), "line 7: no colon"),
            (HEADER.to_owned(), "no series"),
            ("@classLabel true a b\n".to_owned(), "no @data section"),
            (
                "@data\n1:a\n".to_owned(),
                "line 1: neither @classLabel nor @targetLabel",
            ),
            (
                "@timeStamps true\n@data\n".to_owned(),
                "line 1: series with time stamps",
            ),
        ] {
            let line = loaded(&text)
                .err()
                .unwrap_or_else(|| panic!("{text} loads"));
            assert!(line.contains(words) && !line.contains('\n'), "{line}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn series_written_are_read(
            channels in 1..4_usize,
            series in prop::collection::vec((prop::collection::vec(prop::num::f64::NORMAL, 12), 1..4_usize, any::<bool>()), 1..8),
        ) {
            let mut text = HEADER.to_owned();
            for (values, length, class) in &series {
                for channel in 0..channels {
                    let steps: Vec<String> = (0..*length).map(|s| values[s * channels + channel].to_string()).collect();
                    text.push_str(&steps.join(","));
                    text.push(':');
                }
                text.push_str(if *class { "b\n" } else { "a\n" });
            }
            let found = loaded(&text).unwrap();
            for (i, (values, length, class)) in series.iter().enumerate() {
                let stored: Vec<f64> = found.data.stored_values(i, usize::MAX).into_iter().map(|(_, v)| v).collect();
                prop_assert_eq!(&stored[..], &values[..length * channels]);
                prop_assert_eq!(found.data.label(i), Some(usize::from(*class)));
            }
        }
    }
}
