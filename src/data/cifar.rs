//! CIFAR-10's binary batches: records of 3,073 bytes, a class from 0 to 9 and then 32 x 32 pixels of red, of green, of blue
//! (Krizhevsky 2009).

use std::path::{Path, PathBuf};

use super::dataset::{Dataset, Targets, numbered};
use super::error::{DataError, Place, display_path};
use super::files;
use super::found::{Format, Found};
use super::progress::Progress;
use super::source::{LARGEST, Source};
use super::split::Filing;

/// Bytes of a record.
pub(super) const RECORD: usize = 1 + PIXELS;
const PIXELS: usize = 3 * 32 * 32;
const CLASSES: usize = 10;
/// Where the names of the classes are kept, a line each.
const NAMES: &str = "batches.meta.txt";
/// Records read at a time.
const AT_ONCE: usize = 64;

/// Loads one batch (with the test batch beside it, if its name is that of a training batch) or, of a folder, all of them.
pub(super) fn load(path: &Path, progress: &Progress) -> Result<Found, DataError> {
    let (training, test) = if files::is_folder(path) {
        batches_in(path)
    } else {
        let folder = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let test = if is_training(path) {
            batches_in(folder).1
        } else {
            Vec::new()
        };
        (vec![path.to_owned()], test)
    };
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for file in &training {
        append(file, progress, &mut pixels, &mut labels)?;
    }
    let train = labels.len();
    for file in &test {
        append(file, progress, &mut pixels, &mut labels)?;
    }
    let filing = if test.is_empty() {
        Filing::OneFile
    } else {
        Filing::TrainAndTest { train }
    };
    let mut files = training;
    files.extend(test);
    let classes = match files.first().and_then(|first| first.parent()) {
        Some(folder) => class_names(&folder.join(NAMES)),
        None => None,
    };
    if classes.is_some()
        && let Some(names) = files.first().map(|first| first.with_file_name(NAMES))
    {
        files.push(names);
    }
    let names = classes.unwrap_or_else(|| numbered(CLASSES));
    let data = Dataset::from_bytes(
        &display_path(path),
        [3, 32, 32],
        pixels,
        255,
        Targets::Classes(labels).named(names),
        filing,
    )?;
    let mut found = Found::new(Format::Cifar10, files, data);
    // The batches were shuffled by their authors.
    found.shuffled = false;
    Ok(found)
}

/// The training and the test batches of a folder, by name, in order.
pub(super) fn batches_in(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut all: Vec<PathBuf> = files::listing(folder, 10_000).unwrap_or_default();
    all.retain(|path| files::is_file(path));
    all.sort_unstable();
    let training = all.iter().filter(|p| is_training(p)).cloned().collect();
    let test = all.into_iter().filter(|p| named(p, "test_batch"));
    (training, test.collect())
}

fn is_training(path: &Path) -> bool {
    named(path, "data_batch")
}

fn named(path: &Path, start: &str) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
    name.is_some_and(|n| n.starts_with(start) && (n.ends_with(".bin") || n.ends_with(".bin.gz")))
}

/// Ten names, one a line; `None` if the file is not that.
fn class_names(path: &Path) -> Option<Vec<String>> {
    let mut text = Vec::new();
    Source::open(path)
        .ok()?
        .read_rest(64 << 10, &mut text)
        .ok()?;
    let names: Vec<String> = std::str::from_utf8(&text)
        .ok()?
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    (names.len() == CLASSES).then_some(names)
}

/// Whether the start of a file looks like records: as far as it goes, every record begins with a class.
pub(super) fn looks_like(start: &[u8]) -> bool {
    start.len() >= RECORD
        && start
            .iter()
            .step_by(RECORD)
            .all(|&class| usize::from(class) < CLASSES)
}

fn append(
    path: &Path,
    progress: &Progress,
    pixels: &mut Vec<u8>,
    labels: &mut Vec<u16>,
) -> Result<(), DataError> {
    let mut source = Source::open_watched(path, progress)?;
    let file = source.file().to_owned();
    let fail = |place: Place, problem: String| Err(DataError::malformed(&file, place, problem));
    if source.stored() == 0 {
        return fail(
            Place::File,
            "file is empty; expected CIFAR-10 records of 3073 bytes".to_owned(),
        );
    }
    if !source.gzip() && !source.stored().is_multiple_of(RECORD as u64) {
        let problem = format!(
            "size {} is not a multiple of {RECORD}; expected whole CIFAR-10 records",
            source.stored()
        );
        return fail(Place::File, problem);
    }
    if !source.gzip() && source.stored() <= LARGEST {
        // The file is there in this size, so its pixels are.
        let records = source.stored() as usize / RECORD;
        let room = pixels.try_reserve_exact(records * PIXELS);
        if room
            .and_then(|()| labels.try_reserve_exact(records))
            .is_err()
        {
            let problem = "not enough memory for the pictures; expected fewer".to_owned();
            return fail(Place::File, problem);
        }
    }
    let mut piece = vec![0; RECORD * AT_ONCE];
    loop {
        let start = source.taken();
        let found = source.fill(&mut piece)?;
        if !found.is_multiple_of(RECORD) {
            let size = start + found as u64;
            let problem = format!(
                "size {size} is not a multiple of {RECORD}; expected whole CIFAR-10 records"
            );
            return fail(Place::File, problem);
        }
        if start + found as u64 > LARGEST {
            return fail(
                Place::File,
                format!("is too large; expected at most {LARGEST} bytes"),
            );
        }
        for (i, record) in piece[..found].chunks_exact(RECORD).enumerate() {
            if usize::from(record[0]) >= CLASSES {
                let problem = format!("class {}; expected 0 to 9", record[0]);
                return fail(source.place(start + (i * RECORD) as u64), problem);
            }
            labels.push(u16::from(record[0]));
            pixels.extend_from_slice(&record[1..]);
        }
        if found < piece.len() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Part;
    use proptest::prelude::*;

    fn record(class: u8, shade: u8) -> Vec<u8> {
        let mut bytes = vec![shade; RECORD];
        bytes[0] = class;
        bytes[RECORD - 1] = shade.wrapping_add(1);
        bytes
    }

    #[test]
    fn batches_are_read_in_order_with_the_test_batch_and_the_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("data_batch_2.bin"), record(2, 20)).unwrap();
        std::fs::write(
            at("data_batch_1.bin"),
            [record(1, 10), record(0, 11)].concat(),
        )
        .unwrap();
        std::fs::write(at("test_batch.bin"), record(9, 90)).unwrap();
        std::fs::write(at(NAMES), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n").unwrap();
        let found = load(folder.path(), &Progress::new()).unwrap();
        let labels: Vec<_> = (0..4).filter_map(|i| found.data.label(i)).collect();
        assert_eq!(labels, [1, 0, 2, 9]);
        assert_eq!(found.data.range(Part::Test), 3..4);
        assert_eq!((&found.data.classes()[9][..], found.files.len()), ("j", 4));
        assert_eq!(found.data.input_bytes(2).unwrap()[3070..], [20, 21]);
        let one = load(&at("data_batch_2.bin"), &Progress::new()).unwrap();
        assert_eq!((one.data.len(), one.data.range(Part::Test)), (2, 1..2));
        let test = load(&at("test_batch.bin"), &Progress::new()).unwrap();
        assert_eq!(test.data.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let line = |bytes: &[u8]| {
            let path = folder.path().join("b.bin");
            std::fs::write(&path, bytes).unwrap();
            load(&path, &Progress::new()).unwrap_err().to_string()
        };
        assert!(line(&[]).contains("b.bin: file is empty"));
        assert!(line(&[0; 3072]).contains("size 3072 is not a multiple of 3073"));
        let late = [record(3, 1), record(10, 1)].concat();
        assert!(line(&late).contains("b.bin, byte 3073: class 10; expected 0 to 9"));
        assert!(looks_like(&record(3, 1)) && !looks_like(&late) && !looks_like(&[0; 3072]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn records_written_are_read(
            records in prop::collection::vec((0..10_u8, any::<u8>(), any::<u8>()), 1..130),
            gzip in any::<bool>(),
        ) {
            let written: Vec<Vec<u8>> = records
                .iter()
                .map(|&(class, start, step)| {
                    let pixel = |i: usize| start.wrapping_add(step.wrapping_mul(i as u8));
                    std::iter::once(class).chain((0..PIXELS).map(pixel)).collect()
                })
                .collect();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("b.bin");
            let mut bytes = written.concat();
            if gzip {
                let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                std::io::Write::write_all(&mut packer, &bytes).unwrap();
                bytes = packer.finish().unwrap();
            }
            std::fs::write(&path, bytes).unwrap();
            let found = load(&path, &Progress::new()).unwrap();
            prop_assert_eq!(found.data.len(), written.len());
            for (i, record) in written.iter().enumerate() {
                prop_assert_eq!(found.data.label(i), Some(usize::from(record[0])));
                prop_assert_eq!(found.data.input_bytes(i).unwrap(), &record[1..]);
            }
        }
    }
}
