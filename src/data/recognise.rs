//! What a path holds, told by content; names decide only which file of several is meant, and whose words an error is in.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::archive::FileArchive;
use super::error::{DataError, Place, display_path, one_line};
use super::files::{self, Mounted};
use super::origin::Origin;
use super::progress::Progress;
use super::source::Source;
use super::{cifar, foreign, npy, number_texts, picture, pictures, series, table_layout, tar};

/// What was recognised, with the path to hand to its loader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Recognised {
    Idx(PathBuf),
    /// One batch, or a folder of them.
    Cifar10(PathBuf),
    Npy(PathBuf),
    Npz(PathBuf),
    Table(PathBuf),
    /// The one table in an archive.
    PackedTable(Origin),
    /// Anything else in an archive, which is read like a folder.
    Archive(PathBuf),
    Series(PathBuf),
    Picture(PathBuf),
    PictureFolder(PathBuf),
    PictureZip(PathBuf),
    /// Numbers in text files, the inputs and their labels.
    NumberTexts {
        inputs: PathBuf,
        labels: PathBuf,
    },
    /// Texts in a folder per class: part, class and file.
    TextClasses(Vec<(usize, String, PathBuf)>),
    TextFolder {
        path: PathBuf,
        files: Vec<PathBuf>,
        /// Files of the folder that are none of these.
        skipped: usize,
    },
}

/// How much of a file's start is looked at.
const START: usize = 16 << 10;
/// How many entries of a folder are looked at.
const ENTRIES: usize = 10_000;
/// How many folders that hold nothing but a folder are gone through.
const DEEPEST: usize = 8;
const EXPECTED: &str = "IDX, CIFAR-10, NPY, NPZ, a table (CSV, TSV), .ts series, a folder or zip of pictures by class, or a folder of text files by class";

/// Looks at the start of a file, or at what a folder holds.
///
/// # Errors
/// One line: the path cannot be read, or is nothing that a loader knows.
pub(super) fn recognise(path: &Path) -> Result<Recognised, DataError> {
    if files::is_folder(path) {
        return folder(path);
    }
    let mut source = Source::open(path)?;
    let stored = source.stored();
    let gzip = source.gzip();
    let mut start = Vec::new();
    // A file that is damaged from the start on is left to its loader, which says where.
    let read = source.by_ref().take(START as u64).read_to_end(&mut start);
    let damaged = read.is_err();
    let own = path.to_owned();
    if start.starts_with(npy::MAGIC) {
        return Ok(Recognised::Npy(own));
    }
    if start.starts_with(b"PK\x03\x04") && !gzip {
        return zip(path);
    }
    if picture::looks_like(&start) && !gzip {
        return Ok(Recognised::Picture(own));
    }
    let idx =
        start.len() >= 4 && start[..2] == [0, 0] && matches!(start[2], 0x08 | 0x09 | 0x0b..=0x0e);
    // A record of CIFAR-10 may start with the same bytes, but its size tells.
    let records =
        cifar::looks_like(&start) && (gzip || stored.is_multiple_of(cifar::RECORD as u64));
    if idx && !(records && start[3] != 1 && start[3] != 3) {
        return Ok(Recognised::Idx(own));
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| name_of(path).ends_with(end));
    let named = ends(&[".csv", ".tsv", ".csv.gz", ".tsv.gz", ".data", ".data.gz"]);
    let text = is_text(&start, named);
    if records && !text {
        return Ok(Recognised::Cifar10(own));
    }
    if tar::looks_like(&start) {
        return tar_archive(path);
    }
    if let Some(words) = foreign::what(&start, text) {
        let problem = format!("is {words}");
        return Err(DataError::malformed(
            &display_path(path),
            Place::File,
            problem,
        ));
    }
    if text && series::looks_like(&start) {
        return Ok(Recognised::Series(own));
    }
    // Inputs whose labels are in a file beside them.
    if text
        && ends(&[".txt", ".txt.gz"])
        && let Some(labels) = number_texts::labels_of(path)
    {
        let inputs = own;
        return Ok(Recognised::NumberTexts { inputs, labels });
    }
    if text && !(damaged && start.is_empty()) && (named || table_layout::looks_like(&start)) {
        return Ok(Recognised::Table(own));
    }
    by_name(path, &start, damaged)
}

/// As [`recognise`]; where an archive holds something else than a table or pictures in a zip, that is recognised as in a folder, and
/// the archive stays open as long as what is returned with it.
pub(super) fn recognise_within(
    path: &Path,
    progress: &Progress,
) -> Result<(Recognised, Option<Mounted>), DataError> {
    let recognised = recognise(path)?;
    if !matches!(recognised, Recognised::Archive(_)) {
        return Ok((recognised, None));
    }
    let mounted = Mounted::open(path, progress)?;
    let what = format!("a {} archive", mounted.kind());
    let several = |error| match (error, unread(mounted.names().into_iter())) {
        (DataError::Invalid { .. }, Some(problem)) => {
            DataError::invalid(&display_path(path), problem)
        }
        // Several sets, or none that is known.
        (DataError::Invalid { .. }, None) => packed(path, &what, &mounted.names()),
        (other, _) => other,
    };
    match recognise(path).map_err(several)? {
        Recognised::Archive(_) => Err(packed(path, &what, &mounted.names())),
        within => Ok((within, Some(mounted))),
    }
}

/// Whether a file begins like a tar archive, packed or not.
pub(super) fn is_tar(path: &Path) -> bool {
    let mut start = [0; 512];
    let read = Source::open(path).and_then(|mut source| source.fill(&mut start));
    read.is_ok_and(|n| tar::looks_like(&start[..n]))
}

/// Whether a file begins like text.
pub(super) fn is_text_file(path: &Path) -> bool {
    let mut start = Vec::new();
    let Ok(mut source) = Source::open(path) else {
        return false;
    };
    let read = source.by_ref().take(START as u64).read_to_end(&mut start);
    read.is_ok() && !start.is_empty() && is_text(&start, false)
}

/// Whether a text file is of a format that is known and not read.
pub(super) fn is_foreign(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = Source::open(path).map(|source| source.take(START as u64).read_to_end(&mut start));
    read.is_ok() && foreign::what(&start, true).is_some()
}

/// Text as far as it was read: UTF-16 with its mark, or no zero bytes, and UTF-8 in its first line (of what is `named` like a table,
/// Latin-1 will do).
fn is_text(start: &[u8], named: bool) -> bool {
    if start.len() >= 4 && (start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff])) {
        let high = usize::from(start[0] == 0xff);
        let units = start.as_chunks::<2>().0;
        // Most of a table are digits and separators.
        return units.iter().filter(|unit| unit[high] == 0).count() * 3 > units.len() * 2;
    }
    let line = start.split(|&b| b == b'\n').next().unwrap_or_default();
    let cut = start.len() == START && line.len() == start.len();
    let control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c);
    let latin = named && !start.iter().any(control);
    !start.contains(&0) && (cut || latin || std::str::from_utf8(line).is_ok())
}

/// A file's name in small letters.
fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}

/// A file that its content does not tell: whoever its name promises reads it, and says what is wrong.
fn by_name(path: &Path, start: &[u8], damaged: bool) -> Result<Recognised, DataError> {
    let own = path.to_owned();
    let name = name_of(path);
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&[".npy"]) {
        return Ok(Recognised::Npy(own));
    }
    if ends(&[".npz"]) {
        return Ok(Recognised::Npz(own));
    }
    if ends(&[".zip"]) {
        return Ok(Recognised::PictureZip(own));
    }
    if ends(&[".bin", ".bin.gz"]) {
        return Ok(Recognised::Cifar10(own));
    }
    if pictures::is_picture(&name) {
        return Ok(Recognised::Picture(own));
    }
    if ends(&[".ts", ".ts.gz"]) {
        return Ok(Recognised::Series(own));
    }
    if damaged && ends(&[".csv.gz", ".tsv.gz", ".data.gz"]) {
        return Ok(Recognised::Table(own));
    }
    if damaged || ends(&[".gz", ".idx", "ubyte"]) {
        return Ok(Recognised::Idx(own));
    }
    let file = display_path(path);
    if ends(&[".csv", ".tsv", ".data"]) && !start.is_empty() {
        let problem = "no table of text; expected rows of numbers separated by commas or tabs";
        return Err(DataError::malformed(&file, Place::Byte(0), problem));
    }
    if start.is_empty() {
        let problem = format!("file is empty; expected {EXPECTED}");
        return Err(DataError::malformed(&file, Place::File, problem));
    }
    let bytes: Vec<String> = start.iter().take(8).map(|b| format!("{b:02x}")).collect();
    Err(DataError::malformed(
        &file,
        Place::Byte(0),
        format!(
            "starts with {}, which is no data known here; expected {EXPECTED}",
            bytes.join(" ")
        ),
    ))
}

/// An archive of pictures, or of arrays.
fn zip(path: &Path) -> Result<Recognised, DataError> {
    let names = FileArchive::open(path, &Progress::new())?.names();
    if let Some(words) = foreign::archive(&names) {
        let problem = format!("is {words}");
        return Err(DataError::malformed(
            &display_path(path),
            Place::File,
            problem,
        ));
    }
    if names.iter().any(|name| pictures::is_picture(name)) {
        return Ok(Recognised::PictureZip(path.to_owned()));
    }
    let named: Vec<&str> = names.iter().map(String::as_str).collect();
    match one_table(&named) {
        Some(at) => Ok(Recognised::PackedTable(Origin::in_zip(path, &names[at]))),
        None if names.iter().any(|name| name.ends_with(".npy")) => {
            Ok(Recognised::Npz(path.to_owned()))
        }
        None => Ok(Recognised::Archive(path.to_owned())),
    }
}

/// A tar archive, which may be packed with gzip.
fn tar_archive(path: &Path) -> Result<Recognised, DataError> {
    let members = files::tar_members(path)?.files;
    let names: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
    let others = |name: &&str| pictures::is_picture(name) || name.ends_with(".npy");
    match one_table(&names).filter(|_| !names.iter().any(others)) {
        Some(at) => Ok(Recognised::PackedTable(Origin::in_tar(
            path,
            members[at].clone(),
        ))),
        None => Ok(Recognised::Archive(path.to_owned())),
    }
}

/// Of the files in an archive the one table, or the one to train on.
fn one_table(names: &[&str]) -> Option<usize> {
    let tables: Vec<usize> = (0..names.len())
        .filter(|&i| {
            let name = names[i].to_lowercase();
            let hidden = name
                .split(['/', '\\'])
                .any(|p| p.starts_with('.') || p == "__macosx");
            !hidden
                && [".csv", ".tsv", ".data"]
                    .iter()
                    .any(|end| name.ends_with(end))
        })
        .collect();
    match tables[..] {
        [only] => Some(only),
        _ => {
            let mut trained = tables
                .into_iter()
                .filter(|&i| names[i].to_lowercase().contains("train"));
            trained.next().filter(|_| trained.next().is_none())
        }
    }
}

/// The refusal of an archive that is not one set of data.
fn packed(path: &Path, what: &str, names: &[&str]) -> DataError {
    let some: Vec<String> = names.iter().take(8).map(|name| one_line(name)).collect();
    let problem = format!(
        "is {what} of {}; expected one set of data in it, or that it is unpacked",
        some.join(", ")
    );
    DataError::malformed(&display_path(path), Place::File, problem)
}

/// CIFAR-10's batches, pictures by class, files of text, or the one file that is data (of several, the one to train on).
fn folder(path: &Path) -> Result<Recognised, DataError> {
    folder_at(path, 0)
}

fn folder_at(path: &Path, depth: usize) -> Result<Recognised, DataError> {
    let own = path.to_owned();
    let (training, test) = cifar::batches_in(path);
    if !training.is_empty() || !test.is_empty() {
        return Ok(Recognised::Cifar10(own));
    }
    let (folders, files) = listing(path)?;
    let picture_in = |files: &[PathBuf]| files.iter().any(|f| pictures::is_picture(&name_of(f)));
    let below = |folder: &PathBuf| {
        let (inner, files) = listing(folder).unwrap_or_default();
        let deeper = || {
            inner.iter().take(20).any(|folder| {
                let (innermost, files) = listing(folder).unwrap_or_default();
                let last = || {
                    innermost
                        .iter()
                        .take(5)
                        .any(|folder| picture_in(&listing(folder).unwrap_or_default().1))
                };
                picture_in(&files) || last()
            })
        };
        picture_in(&files) || deeper()
    };
    if folders.iter().take(100).any(below) {
        return Ok(Recognised::PictureFolder(own));
    }
    let (mut texts, others): (Vec<PathBuf>, Vec<PathBuf>) = files
        .iter()
        .filter(|file| !pictures::is_picture(&name_of(file)))
        .cloned()
        .partition(|file| name_of(file).ends_with(".txt") || name_of(file).ends_with(".txt.gz"));
    let data: Vec<(PathBuf, Recognised)> = others
        .iter()
        .take(100)
        .filter_map(|file| Some((file.clone(), recognise(file).ok()?)))
        .collect();
    let preferred = |words: &[&str]| {
        data.iter()
            .find(|(file, _)| words.iter().all(|word| name_of(file).contains(word)))
    };
    let chosen = match &data[..] {
        [only] => Some(only),
        [(_, Recognised::Npy(_)), (_, Recognised::Npy(_))] if pair(&data).is_some() => pair(&data),
        _ => preferred(&["train", "images"])
            .or_else(|| preferred(&["x_train"]))
            .or_else(|| preferred(&["train"]))
            .or_else(|| preferred(&["images"])),
    };
    if let Some((_, recognised)) = chosen {
        return Ok(recognised.clone());
    }
    let name = display_path(path);
    if let Some(number_texts::Pair { inputs, labels }) = number_texts::pair(&texts, &folders) {
        return Ok(Recognised::NumberTexts { inputs, labels });
    }
    if !data.is_empty() {
        let some: Vec<String> = data
            .iter()
            .take(8)
            .map(|(file, _)| one_line(&file.file_name().unwrap_or_default().to_string_lossy()))
            .collect();
        return Err(DataError::invalid(
            &name,
            format!(
                "holds several data files; expected one of them: {}",
                some.join(", ")
            ),
        ));
    }
    if !texts.is_empty() {
        texts.sort_unstable();
        let skipped = files.len() - texts.len();
        return Ok(Recognised::TextFolder {
            path: own,
            files: texts,
            skipped,
        });
    }
    if picture_in(&files) {
        return Ok(Recognised::PictureFolder(own));
    }
    // One folder of texts is no class: there would be nothing to tell apart.
    let told = |c: &Vec<(usize, String, PathBuf)>| c.iter().any(|(_, class, _)| *class != c[0].1);
    if let Some(classes) = text_classes(&folders).filter(told) {
        return Ok(Recognised::TextClasses(classes));
    }
    let within = folders.iter().take(100);
    let all = within.flat_map(|folder| listing(folder).unwrap_or_default().1);
    let all: Vec<String> = all.chain(files).map(|file| name_of(&file)).collect();
    if let Some(problem) = unread(all.iter().map(String::as_str)) {
        return Err(DataError::invalid(&name, problem));
    }
    // A folder around the one that holds the data.
    if let ([only], true) = (&folders[..], depth < DEEPEST) {
        return folder_at(only, depth + 1);
    }
    let problem = format!("is a folder without data known here; expected {EXPECTED}");
    Err(DataError::invalid(&name, problem))
}

/// What is said of files that are pictures in formats that are not read; `None` if there is none.
fn unread<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let (_, kinds) = foreign::pictures(names)?;
    Some(format!(
        "holds pictures that are not read ({kinds}); expected PNG or JPEG"
    ))
}

/// Of two NPY files called X and y (or data and target, and so on), the inputs.
fn pair(data: &[(PathBuf, Recognised)]) -> Option<&(PathBuf, Recognised)> {
    let stem = |i: usize| {
        data[i]
            .0
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase()
    };
    let is = |text: &str, words: &[&str]| {
        let mut parts = text.split(['_', '-', '.', ' ']);
        parts.any(|p| words.contains(&p))
    };
    const INPUTS: [&str; 5] = ["x", "data", "features", "inputs", "images"];
    const LABELS: [&str; 6] = ["y", "labels", "label", "target", "targets", "classes"];
    [(0, 1), (1, 0)]
        .into_iter()
        .find(|&(x, y)| is(&stem(x), &INPUTS) && is(&stem(y), &LABELS))
        .map(|(x, _)| &data[x])
}

/// The texts of folders per class, perhaps below folders for training and testing: (part, class, file), in order.
fn text_classes(folders: &[PathBuf]) -> Option<Vec<(usize, String, PathBuf)>> {
    let of = |folder: &Path| {
        folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let mut found = Vec::new();
    let mut add = |part: usize, class: &Path| {
        let files = listing(class).unwrap_or_default().1;
        let texts = files.into_iter().filter(|f| name_of(f).ends_with(".txt"));
        found.extend(texts.map(|file| (part, of(class), file)));
    };
    let parts = !folders.is_empty() && folders.iter().all(|f| pictures::part_of(&of(f)).is_some());
    for folder in folders.iter().take(1000) {
        match pictures::part_of(&of(folder)).filter(|_| parts) {
            Some(part) => {
                for class in listing(folder).unwrap_or_default().0 {
                    add(part, &class);
                }
            }
            None => add(0, folder),
        }
    }
    found.sort();
    found.iter().any(|(part, ..)| *part == 0).then_some(found)
}

/// The folders and the files in a folder, in order, hidden ones left out.
fn listing(path: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), DataError> {
    let failed = |e: std::io::Error| DataError::from_io(&display_path(path), &e);
    let hidden = |name: &str| name.starts_with('.') || name == "__macosx";
    let mut all: Vec<PathBuf> = files::listing(path, ENTRIES).map_err(failed)?;
    all.retain(|p| !hidden(&name_of(p)));
    all.sort_unstable();
    let (folders, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|p| files::is_folder(p));
    Ok((
        folders,
        rest.into_iter().filter(|p| files::is_file(p)).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::is_data;

    fn written(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_is_what_it_holds() {
        let table: &[u8] = b"a,b\n1,2\n";
        let folder = written(&[("readme.txt", b"about"), ("a.csv", table)]);
        let found = recognise(folder.path()).unwrap();
        assert_eq!(found, Recognised::Table(folder.path().join("a.csv")));
        let folder = written(&[("a_train.csv", table), ("a_test.csv", table)]);
        let found = recognise(folder.path()).unwrap();
        assert_eq!(found, Recognised::Table(folder.path().join("a_train.csv")));
        let folder = written(&[("a.csv", table), ("b.csv", table)]);
        let line = recognise(folder.path()).unwrap_err().to_string();
        assert!(
            line.contains("expected one of them: a.csv, b.csv"),
            "{line}"
        );
        let folder = written(&[("a.txt", b"one"), ("b.txt", b"two"), ("c.md", b"three")]);
        let found = recognise(folder.path()).unwrap();
        assert!(
            matches!(found, Recognised::TextFolder { files, skipped: 1, .. } if files.len() == 2)
        );
        let folder = written(&[("x/y.png", b""), ("a.txt", b"one")]);
        let found = recognise(folder.path()).unwrap();
        assert_eq!(found, Recognised::PictureFolder(folder.path().to_owned()));
        let line = recognise(written(&[]).path()).unwrap_err().to_string();
        assert!(
            line.contains("is a folder without data known here"),
            "{line}"
        );
    }

    #[test]
    fn an_experiment_file_is_no_data_and_noise_is_nothing() {
        let folder = written(&[
            ("e.toml", b"format = 1\n[data]\nsource = \"moons\"\n"),
            (
                "experiment",
                b"format = 1\nlayers = [{ dense = 1 }, { dense = 2 }]\n",
            ),
            ("noise", b"\xf0\x01\x02\x03\x00\xff\xfe\xfd"),
            ("empty", b""),
            ("table", b"1;2\n3;4\n"),
        ]);
        let of = |name: &str| is_data(&folder.path().join(name)).map_err(|e| e.to_string());
        assert_eq!(
            (of("e.toml"), of("experiment"), of("table")),
            (Ok(false), Ok(false), Ok(true))
        );
        let line = of("noise").unwrap_err();
        assert!(
            line.contains("noise, byte 0: starts with f0 01 02 03 00 ff fe fd"),
            "{line}"
        );
        assert!(of("empty").unwrap_err().contains("file is empty"));
        assert!(of("missing").unwrap_err().contains("no such file"));
    }

    #[test]
    fn records_that_begin_like_idx_are_told_by_their_size() {
        // Class 0, then pixels 0, 8 and 7: an IDX file would have 7 dimensions.
        let mut record = vec![0; cifar::RECORD];
        record[2..4].copy_from_slice(&[8, 7]);
        let folder = written(&[("a", &record), ("b", &record[..3000])]);
        let of = |name: &str| recognise(&folder.path().join(name)).unwrap();
        assert!(matches!(of("a"), Recognised::Cifar10(_)));
        assert!(matches!(of("b"), Recognised::Idx(_)));
    }
}
