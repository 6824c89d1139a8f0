//! Pictures in a folder per class, on disk or in a zip archive, perhaps under folders for training and testing.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::archive::FileArchive;
use super::arrays::unlabelled;
use super::dataset::{Dataset, Targets};
use super::error::{DataError, Place, counted, display_path, one_line};
use super::foreign;
use super::found::{Format, Found, Warning};
use super::labels::MOST_CLASSES;
use super::options::{Colour, Fit, LoadOptions};
use super::picture::{self, LARGEST_FILE, Picture};
use super::progress::Progress;
use super::source::{LARGEST, open_file};
use super::split::Filing;

/// The most files that are looked at.
const MOST_FILES: usize = 2_000_000;
/// Folders for the parts of a dataset, in the order of the parts: training, validation, test.
const PARTS: [&[&str]; 3] = [
    &["train", "training"],
    &["val", "valid", "validation"],
    &["test", "testing"],
];
/// What transparent pictures are laid over: what most viewers show.
const WHITE: u8 = 255;
/// How many folders deep pictures are looked for.
const DEEPEST: usize = 8;
/// The largest side that pictures can be brought to.
const LARGEST_FIT: usize = 1024;

/// Whether a name is that of a picture.
pub(super) fn is_picture(name: &str) -> bool {
    let lower = name.to_lowercase();
    [".png", ".jpg", ".jpeg"]
        .iter()
        .any(|end| lower.ends_with(end))
}

/// Where the pictures are.
enum Store {
    Folder(PathBuf),
    Zip(FileArchive),
}

/// A picture that is to be read.
struct Entry {
    /// 0 to train, 1 to validate, 2 to test.
    part: usize,
    class: String,
    /// Below the folder, or in the archive.
    path: String,
}

/// Pictures that were listed and are yet to be read.
struct Album {
    format: Format,
    /// What the whole is called in messages.
    name: String,
    /// The files they come from.
    files: Vec<PathBuf>,
    store: Store,
    /// By part and class, and in order.
    entries: Vec<Entry>,
    /// What was left out.
    warnings: Vec<Warning>,
}

/// Loads the pictures of a folder.
pub(super) fn load_folder(
    folder: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let mut paths = Vec::new();
    let mut bytes = 0;
    list(folder, "", 0, &mut paths, &mut bytes, progress)?;
    progress.expect(bytes);
    let name = display_path(folder);
    let list = list_of(folder, &paths);
    let (entries, warnings, told) = match list {
        Some((entries, warnings, column, file)) => {
            let why = format!("{file} lists the pictures");
            (entries, warnings, Some((column, why)))
        }
        None => {
            let (entries, warnings) = entries(&name, paths)?;
            (entries, warnings, None)
        }
    };
    let files = entries.iter().map(|e| folder.join(&e.path)).collect();
    let album = Album {
        format: Format::ImageFolder,
        name,
        files,
        store: Store::Folder(folder.to_owned()),
        entries,
        warnings,
    };
    let mut found = album.load(options, progress)?;
    if let Some((column, why)) = told {
        found.target = Some(column);
        found.why = Some(why);
    }
    Ok(found)
}

/// The pictures that a table beside them lists with their classes, where folders tell no classes: entries, what is left out, the
/// column of classes, and the table's name.
fn list_of(folder: &Path, paths: &[String]) -> Option<(Vec<Entry>, Vec<Warning>, String, String)> {
    /// The most bytes of a list.
    const MOST: usize = 64 << 20;
    let pictures: Vec<&String> = paths.iter().filter(|p| is_picture(p)).collect();
    // Folders that tell classes: two or more that are no parts, with pictures in each.
    let above = |path: &str| path.rsplit('/').nth(1).map(str::to_owned);
    let mut folders: Vec<Option<String>> = pictures.iter().map(|p| above(p)).collect();
    folders.sort_unstable();
    folders.dedup();
    let parts = |f: &Option<String>| f.as_deref().is_none_or(|f| part_of(f).is_some());
    if folders.len() > 1 && !folders.iter().all(parts) {
        return None;
    }
    let stem = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.rsplit_once('.')
            .map_or(name, |(stem, _)| stem)
            .to_owned()
    };
    let by_stem: BTreeMap<String, &String> = pictures.iter().map(|p| (stem(p), *p)).collect();
    for file in paths.iter().filter(|p| p.to_lowercase().ends_with(".csv")) {
        let (handle, _) = open_file(&folder.join(file)).ok()?;
        let mut text = Vec::new();
        handle.take(MOST as u64).read_to_end(&mut text).ok()?;
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(&text[..]);
        let header = reader.headers().ok()?.clone();
        let rows: Vec<csv::StringRecord> = reader.records().map_while(Result::ok).collect();
        let matches = |c: usize| {
            let known = |r: &&csv::StringRecord| {
                r.get(c)
                    .is_some_and(|f| by_stem.contains_key(&stem(f.trim())))
            };
            rows.iter().filter(known).count()
        };
        let Some(key) = (0..header.len()).max_by_key(|&c| (matches(c), std::cmp::Reverse(c)))
        else {
            continue;
        };
        if header.len() < 2 || matches(key) == 0 || matches(key) * 2 < rows.len() {
            continue;
        }
        let named = |c: &usize| {
            let name = header.get(*c).unwrap_or_default().to_lowercase();
            ["label", "class", "target", "breed", "category", "species"]
                .iter()
                .any(|word| name.contains(word))
        };
        let others: Vec<usize> = (0..header.len()).filter(|c| *c != key).collect();
        let class = others
            .iter()
            .copied()
            .find(|c| named(c))
            .or(others.first().copied())?;
        let mut entries: Vec<Entry> = rows
            .iter()
            .filter_map(|row| {
                let path = by_stem.get(&stem(row.get(key)?.trim()))?;
                let class = row.get(class)?.trim().to_owned();
                Some(Entry {
                    part: 0,
                    class,
                    path: (*path).clone(),
                })
            })
            .collect();
        entries.sort_by(|a, b| (&a.class, &a.path).cmp(&(&b.class, &b.path)));
        entries.dedup_by(|a, b| a.path == b.path);
        let unlisted = pictures.len() - entries.len().min(pictures.len());
        let mut warnings = Vec::new();
        if unlisted > 0 {
            warnings.push(Warning::Reading {
                note: format!(
                    "{} left out that {file} does not list",
                    counted(unlisted, "picture")
                ),
            });
        }
        let column = header.get(class).unwrap_or_default().to_owned();
        return Some((entries, warnings, one_line(&column), one_line(file)));
    }
    None
}

/// Loads the pictures of a zip archive.
pub(super) fn load_zip(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let archive = FileArchive::open(path, progress)?;
    let name = display_path(path);
    let (entries, warnings) = entries(&name, archive.names())?;
    let album = Album {
        format: Format::ImageZip,
        name,
        files: vec![path.to_owned()],
        store: Store::Zip(archive),
        entries,
        warnings,
    };
    album.load(options, progress)
}

/// Loads one picture, which has no label.
pub(super) fn load_one(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let fit = checked_fit(&display_path(path), options)?;
    let file = display_path(path);
    let (mut handle, stored) = open_file(path)?;
    progress.expect(stored);
    let bytes = read_file(&mut handle, &file, progress)?;
    let picture = picture::decode(&file, &bytes, options.colour, fit, WHITE)?;
    let shape = [picture.channels, picture.height, picture.width];
    expected(&file, shape, options)?;
    let data = Dataset::from_bytes(
        &file,
        shape,
        picture.bytes,
        255,
        unlabelled(1),
        Filing::OneFile,
    )?;
    let mut found = Found::new(Format::Image, vec![path.to_owned()], data);
    found.labelled = false;
    if picture.transparent {
        found.warnings.push(Warning::Transparency {
            pictures: 1,
            black: false,
        });
    }
    Ok(found)
}

/// Lists the files of a folder and of the folders in it, eight levels deep, hidden ones left out; adds up their bytes.
fn list(
    folder: &Path,
    below: &str,
    depth: usize,
    paths: &mut Vec<String>,
    bytes: &mut u64,
    progress: &Progress,
) -> Result<(), DataError> {
    let failed = |error: std::io::Error| DataError::from_io(&display_path(folder), &error);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        if progress.is_cancelled() {
            let file = display_path(folder);
            return Err(DataError::Cancelled { file });
        }
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{below}{name}");
        // Of what a link leads to.
        let Ok(kind) = std::fs::metadata(entry.path()) else {
            continue;
        };
        if kind.is_dir() && depth < DEEPEST {
            list(
                &entry.path(),
                &format!("{path}/"),
                depth + 1,
                paths,
                bytes,
                progress,
            )?;
        } else if kind.is_file() {
            *bytes += if is_picture(&name) { kind.len() } else { 0 };
            paths.push(path);
        }
        if paths.len() > MOST_FILES {
            let problem = format!("more than {MOST_FILES} files; expected fewer");
            return Err(DataError::invalid(&display_path(folder), problem));
        }
    }
    Ok(())
}

/// The pictures among some paths, by part and class and in order, and what is left out.
fn entries(name: &str, paths: Vec<String>) -> Result<(Vec<Entry>, Vec<Warning>), DataError> {
    let fail = |problem: String| DataError::malformed(name, Place::File, problem);
    let all = paths.len();
    let split =
        |path: &str| -> Vec<String> { path.split(['/', '\\']).map(str::to_owned).collect() };
    let hidden = |parts: &[String]| {
        let mut parts = parts.iter();
        parts.any(|p| p.starts_with('.') || p == "__MACOSX")
    };
    let mut foreign: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut kept: Vec<(Vec<String>, String)> = Vec::new();
    for path in paths {
        let parts = split(&path);
        if hidden(&parts) {
            continue;
        }
        if is_picture(&path) {
            kept.push((parts, path));
        } else if let Some(kind) = foreign::picture(&path) {
            *foreign.entry(kind).or_insert(0) += 1;
        }
    }
    // A folder that holds all there is, such as an archive often has, is no class.
    while let Some((first, _)) = kept.first()
        && first.len() > 2
        && let Some(root) = first.first().cloned()
        && kept
            .iter()
            .all(|(parts, _)| parts.len() > 2 && parts[0] == root)
        && part_of(&root).is_none()
    {
        for (parts, _) in &mut kept {
            parts.remove(0);
        }
    }
    let in_parts = kept.iter().any(|(parts, _)| parts.len() > 2)
        && kept.iter().all(|(parts, _)| part_of(&parts[0]).is_some());
    if in_parts {
        // A part in a folder of its own name once more, such as seg_train/seg_train.
        for (parts, _) in &mut kept {
            if parts.len() > 3 && part_of(&parts[1]) == part_of(&parts[0]) {
                parts.remove(1);
            }
        }
    }
    // Pictures may be in folders below that of their class.
    let mut found: Vec<Entry> = kept
        .into_iter()
        .filter_map(|(parts, path)| {
            let (part, class) = match (&parts[..], in_parts) {
                ([part, class, _, ..], true) => (part_of(part)?, class.clone()),
                ([class, _, ..], false) => (0, class.clone()),
                _ => return None,
            };
            Some(Entry { part, class, path })
        })
        .collect();
    let kinds: Vec<String> = foreign
        .iter()
        .map(|(kind, n)| format!("{n} in {kind}"))
        .collect();
    if found.is_empty() && !kinds.is_empty() {
        return Err(fail(format!(
            "pictures that are not read ({}); expected PNG or JPEG",
            kinds.join(", ")
        )));
    }
    if found.is_empty() {
        return Err(fail(
            "no class folders found; expected pictures (PNG or JPEG) in a folder for each class"
                .into(),
        ));
    }
    if in_parts && found.iter().all(|e| e.part != 0) {
        return Err(fail(
            "no pictures to train on; expected some in a folder \"train\"".into(),
        ));
    }
    let mut warnings = Vec::new();
    // A part whose folders are none of the classes that train, such as all pictures in one folder beside a list.
    for part in [1, 2] {
        let trained = |class: &str| found.iter().any(|e| e.part == 0 && e.class == class);
        let mut own = found.iter().filter(|e| e.part == part).peekable();
        if own.peek().is_some() && !own.any(|e| trained(&e.class)) {
            let pictures = found.iter().filter(|e| e.part == part).count();
            let part_name = PARTS[part][0];
            warnings.push(Warning::Reading {
                note: format!(
                    "{} of the {part_name} part left out: their folders are none of the classes to train on",
                    counted(pictures, "picture")
                ),
            });
            found.retain(|e| e.part != part);
        }
    }
    let others = all - found.len() - foreign.values().sum::<usize>();
    let told = warnings.len();
    if !kinds.is_empty() {
        warnings.push(Warning::Reading {
            note: format!(
                "{} left out that are not read: {} (expected PNG or JPEG)",
                counted(foreign.values().sum(), "picture"),
                kinds.join(", ")
            ),
        });
    }
    if others > 0 && told == 0 {
        warnings.push(Warning::Skipped { files: others });
    }
    found.sort_by(|a, b| (a.part, &a.class, &a.path).cmp(&(b.part, &b.class, &b.path)));
    Ok((found, warnings))
}

/// The part that a folder's name speaks of: one of its words does.
pub(super) fn part_of(name: &str) -> Option<usize> {
    let lower = name.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    words.find_map(|word| PARTS.iter().position(|names| names.contains(&word)))
}

/// The classes' names in order: by number where all are whole numbers, else alphabetically.
fn class_names(entries: &[Entry]) -> Vec<String> {
    let mut names: Vec<String> = entries.iter().map(|e| e.class.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let numbers: Option<Vec<u64>> = names.iter().map(|name| name.parse().ok()).collect();
    if numbers.is_some() {
        names.sort_by_key(|name| name.parse::<u64>().unwrap_or(0));
    }
    names
}

impl Album {
    fn load(self, options: &LoadOptions, progress: &Progress) -> Result<Found, DataError> {
        let Self {
            format,
            name,
            files,
            mut store,
            entries,
            warnings,
        } = self;
        let name = name.as_str();
        let fit = checked_fit(name, options)?;
        let names = class_names(&entries);
        if names.len() > MOST_CLASSES {
            let problem = format!("{} classes; expected at most {MOST_CLASSES}", names.len());
            return Err(DataError::invalid(name, problem));
        }
        let place_of: std::collections::HashMap<&str, u16> = names
            .iter()
            .zip(0..=u16::MAX)
            .map(|(n, i)| (n.as_str(), i))
            .collect();
        let mut pixels: Vec<u8> = Vec::new();
        let mut labels = Vec::with_capacity(entries.len());
        let mut transparent = 0;
        let mut ground = WHITE;
        let mut first: Option<(String, Picture)> = None;
        for entry in &entries {
            let (file, bytes) = store.read(name, &entry.path, progress)?;
            // Grey or RGB as the first one is, unless that was chosen.
            let mut own = picture::decode(&file, &bytes, options.colour, fit, ground)?;
            let flat = |p: &Picture| p.bytes.iter().all(|b| *b == p.bytes[0]);
            if transparent == 0 && own.transparent && flat(&own) {
                // A white shape that white would hide.
                let other = picture::decode(&file, &bytes, options.colour, fit, 0)?;
                if !flat(&other) {
                    ground = 0;
                    own = other;
                }
            }
            match &first {
                None => {
                    let shape = [own.channels, own.height, own.width];
                    expected(&file, shape, options)?;
                    let each = own.bytes.len() as u64;
                    if each * entries.len() as u64 > LARGEST {
                        let problem = format!(
                            "{} pictures of {each} bytes are too large; expected at most {LARGEST} bytes (data.fit brings them to a smaller size)",
                            entries.len()
                        );
                        return Err(DataError::malformed(name, Place::File, problem));
                    }
                }
                Some((as_in, like)) => alike(&file, &own, as_in, like)?,
            }
            transparent += usize::from(own.transparent);
            if pixels.try_reserve(own.bytes.len()).is_err() {
                let problem = "not enough memory for the pictures; expected fewer or smaller ones";
                return Err(DataError::malformed(name, Place::File, problem));
            }
            pixels.extend_from_slice(&own.bytes);
            labels.push(place_of.get(entry.class.as_str()).copied().unwrap_or(0));
            if first.is_none() {
                first = Some((
                    file,
                    Picture {
                        bytes: Vec::new(),
                        ..own
                    },
                ));
            }
        }
        let Some((_, like)) = first else {
            return Err(DataError::invalid(
                name,
                "no pictures; expected at least one",
            ));
        };
        let count = |part: usize| entries.iter().filter(|e| e.part == part).count();
        let (validation, test) = (count(1), count(2));
        let train = entries.len() - test;
        let filing = if validation + test > 0 {
            Filing::TrainAndTest { train }
        } else {
            Filing::OneFile
        };
        let shape = [like.channels, like.height, like.width];
        let shown = names.iter().map(|n| one_line(n)).collect();
        let targets = Targets::Classes(labels).named(shown);
        let mut data = Dataset::from_bytes(name, shape, pixels, 255, targets, filing)?;
        if validation > 0 {
            data.resplit(train - validation, validation, test)?;
        }
        let mut found = Found::new(format, files, data);
        found.validation = (validation > 0).then_some(validation);
        found.warnings = warnings;
        if transparent > 0 {
            found.warnings.push(Warning::Transparency {
                pictures: transparent,
                black: ground == 0,
            });
        }
        Ok(found)
    }
}

impl Store {
    /// The bytes of a picture, and its name in messages.
    fn read(
        &mut self,
        name: &str,
        path: &str,
        progress: &Progress,
    ) -> Result<(String, Vec<u8>), DataError> {
        match self {
            Self::Folder(folder) => {
                let file = format!("{name}/{}", one_line(path));
                let (mut handle, _) = open_file(&folder.join(path))?;
                let bytes = read_file(&mut handle, &file, progress)?;
                Ok((file, bytes))
            }
            Self::Zip(archive) => {
                let mut source = archive.member(path)?;
                let file = source.file().to_owned();
                let mut bytes = Vec::new();
                source.read_rest(LARGEST_FILE, &mut bytes)?;
                Ok((file, bytes))
            }
        }
    }
}

/// Reads a file of at most [`LARGEST_FILE`] bytes.
fn read_file(
    handle: &mut std::fs::File,
    file: &str,
    progress: &Progress,
) -> Result<Vec<u8>, DataError> {
    if progress.is_cancelled() {
        let file = file.to_owned();
        return Err(DataError::Cancelled { file });
    }
    let mut bytes = Vec::new();
    let read = handle.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| DataError::from_io(file, &error))?;
    if bytes.len() > LARGEST_FILE {
        let problem = format!("is too large; expected at most {LARGEST_FILE} bytes");
        return Err(DataError::malformed(file, Place::File, problem));
    }
    progress.advance(bytes.len() as u64);
    Ok(bytes)
}

fn checked_fit(name: &str, options: &LoadOptions) -> Result<Option<Fit>, DataError> {
    match options.fit {
        Some(fit)
            if [fit.height, fit.width]
                .iter()
                .any(|n| !(1..=LARGEST_FIT).contains(n)) =>
        {
            Err(DataError::invalid(
                name,
                format!(
                    "a fit to {} x {}; expected 1 to {LARGEST_FIT} pixels on a side",
                    fit.height, fit.width
                ),
            ))
        }
        fit => Ok(fit),
    }
}

/// Refuses a picture of another shape than the one asked for.
fn expected(file: &str, shape: [usize; 3], options: &LoadOptions) -> Result<(), DataError> {
    match options.shape {
        Some(wanted) if wanted != shape => {
            let [c, h, w] = shape;
            let problem = format!(
                "picture is {c} x {h} x {w} (channels x height x width); expected {} x {} x {} (data.fit and data.colour bring it there)",
                wanted[0], wanted[1], wanted[2]
            );
            Err(DataError::malformed(file, Place::File, problem))
        }
        _ => Ok(()),
    }
}

/// Refuses a picture that is not like the first.
fn alike(file: &str, own: &Picture, as_in: &str, like: &Picture) -> Result<(), DataError> {
    let fail = |problem: String| Err(DataError::malformed(file, Place::File, problem));
    let colour = |p: &Picture| {
        if p.channels == 1 {
            Colour::Grey
        } else {
            Colour::Rgb
        }
    };
    let word = |c: Colour| match c {
        Colour::Grey => "grey",
        Colour::Rgb => "in colour",
    };
    if colour(own) != colour(like) {
        return fail(format!(
            "picture is {}; expected {} as in {as_in} (data.colour = \"grey\" or \"rgb\" makes all alike)",
            word(colour(own)),
            word(colour(like))
        ));
    }
    if (own.width, own.height) != (like.width, like.height) {
        return fail(format!(
            "picture is {}x{} pixels; expected {}x{} as in {as_in} (data.fit brings all to one size)",
            own.width, own.height, like.width, like.height
        ));
    }
    Ok(())
}

#[cfg(test)]
#[path = "pictures_test.rs"]
mod tests;
