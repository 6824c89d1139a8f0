//! Pictures in a folder per class, on disk or in a zip archive, perhaps under folders for training and testing, or listed with their
//! classes.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::archive::FileArchive;
use super::arrays::unlabelled;
use super::dataset::{Dataset, Targets};
use super::error::{DataError, Place, counted, display_path, one_line};
use super::files::{self, Handle, Kind};
use super::found::{Format, Found, Warning};
use super::labels::MOST_CLASSES;
use super::options::{Colour, Fit, LoadOptions, Luma};
use super::picture::{self, LARGEST_FILE, Picture, Reading};
use super::progress::Progress;
use super::source::{LARGEST, open_file};
use super::split::Filing;

mod folders;
mod listed;

use folders::{Gathered, class_names, gather, gather_all};
pub(super) use folders::{is_picture, part_of};

/// The most files that are looked at.
const MOST_FILES: usize = 2_000_000;
/// What transparent pictures are laid over: what most viewers show.
const WHITE: u8 = 255;
/// How many folders deep pictures are looked for.
const DEEPEST: usize = 8;
/// The largest side that pictures can be brought to.
const LARGEST_FIT: usize = 1024;

/// Where the pictures are.
enum Store {
    Folder(PathBuf),
    Zip(FileArchive),
}

/// Pictures that were gathered and are yet to be read.
struct Album {
    format: Format,
    /// What the whole is called in messages.
    name: String,
    /// The files they come from.
    files: Vec<PathBuf>,
    store: Store,
    gathered: Gathered,
}

/// Loads the pictures of a folder.
pub(super) fn load_folder(
    folder: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    album_of_folder(folder, options, progress, gather)?.load(options, progress)
}

/// Loads the pictures of a zip archive.
pub(super) fn load_zip(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    album_of_zip(path, options, progress, gather)?.load(options, progress)
}

/// Loads the pictures of a folder or of a zip archive, whether or not there is anything that tells their classes.
pub(super) fn load_unseen(
    path: &Path,
    zip: bool,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let album = match zip {
        true => album_of_zip(path, options, progress, gather_all),
        false => album_of_folder(path, options, progress, gather_all),
    };
    album?.load(options, progress)
}

/// What is to be read of some files, which can be read themselves.
type Gather =
    fn(&str, &[String], &LoadOptions, &mut listed::Read<'_>) -> Result<Gathered, DataError>;

fn album_of_folder(
    folder: &Path,
    options: &LoadOptions,
    progress: &Progress,
    gather: Gather,
) -> Result<Album, DataError> {
    let mut paths = Vec::new();
    let mut bytes = 0;
    list(folder, "", 0, &mut paths, &mut bytes, progress)?;
    progress.expect(bytes);
    let name = display_path(folder);
    let mut read = |path: &str, most: usize| {
        let (handle, _) = open_file(&folder.join(path)).ok()?;
        let mut bytes = Vec::new();
        handle.take(most as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let gathered = gather(&name, &paths, options, &mut read)?;
    let pictures = gathered.entries.iter().map(|e| &e.path);
    let files = pictures
        .chain(&gathered.lists)
        .map(|path| folder.join(path));
    Ok(Album {
        format: Format::ImageFolder,
        name,
        files: files.collect(),
        store: Store::Folder(folder.to_owned()),
        gathered,
    })
}

fn album_of_zip(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
    gather: Gather,
) -> Result<Album, DataError> {
    let mut archive = FileArchive::open(path, progress)?;
    let name = display_path(path);
    let names = archive.names();
    let mut read = |path: &str, most: usize| {
        let mut bytes = Vec::new();
        let member = archive.member(path).ok()?;
        member.take(most as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let gathered = gather(&name, &names, options, &mut read)?;
    Ok(Album {
        format: Format::ImageZip,
        name,
        files: vec![path.to_owned()],
        store: Store::Zip(archive),
        gathered,
    })
}

/// Loads one picture, which has no label.
pub(super) fn load_one(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let file = display_path(path);
    let (mut handle, stored) = open_file(path)?;
    progress.expect(stored);
    let bytes = read_file(&mut handle, &file, progress)?;
    let mut page = Page::new(&file, 1, options)?;
    page.add(file.clone(), &bytes, options)?;
    let (notes, made_grey) = (page.notes(), page.made_grey());
    let shape = page
        .first
        .map_or([0; 3], |(_, p)| [p.channels, p.height, p.width]);
    let data = Dataset::from_bytes(
        &file,
        shape,
        page.pixels,
        255,
        unlabelled(1),
        Filing::OneFile,
    )?;
    let mut found = Found::new(Format::Image, vec![path.to_owned()], data);
    found.labelled = false;
    found.made_grey = made_grey;
    found.warnings = notes;
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
    for at in files::listing(folder, MOST_FILES + 1).map_err(failed)? {
        if progress.is_cancelled() {
            let file = display_path(folder);
            return Err(DataError::Cancelled { file });
        }
        let Some(name) = at.file_name().map(|n| n.to_string_lossy().into_owned()) else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{below}{name}");
        match files::kind(&at) {
            Some(Kind::Folder) if depth < DEEPEST => {
                let below = format!("{path}/");
                list(&at, &below, depth + 1, paths, bytes, progress)?;
            }
            Some(Kind::File(length)) => {
                *bytes += if is_picture(&name) { length } else { 0 };
                paths.push(path);
            }
            _ => {}
        }
        if paths.len() > MOST_FILES {
            let problem = format!("more than {MOST_FILES} files; expected fewer");
            return Err(DataError::invalid(&display_path(folder), problem));
        }
    }
    Ok(())
}

impl Album {
    fn load(self, options: &LoadOptions, progress: &Progress) -> Result<Found, DataError> {
        let Self {
            format,
            name,
            files,
            mut store,
            gathered,
        } = self;
        let Gathered {
            entries,
            warnings,
            told,
            doubt,
            columns,
            lists,
        } = gathered;
        let name = name.as_str();
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
        let mut page = Page::new(name, entries.len(), options)?;
        for entry in &entries {
            let (file, bytes) = store.read(name, &entry.path, progress)?;
            page.add(file, &bytes, options)?;
        }
        let labels = entries
            .iter()
            .map(|e| place_of.get(e.class.as_str()).copied().unwrap_or(0))
            .collect();
        let Some((_, like)) = &page.first else {
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
        let notes = page.notes();
        let made_grey = page.made_grey();
        let mut data = Dataset::from_bytes(name, shape, page.pixels, 255, targets, filing)?;
        if validation > 0 {
            data.resplit(train - validation, validation, test)?;
        }
        let mut found = Found::new(format, files, data);
        found.validation = (validation > 0).then_some(validation);
        found.made_grey = made_grey;
        found.listed = !lists.is_empty();
        found.doubt = doubt;
        found.listed_columns = columns;
        found.warnings = warnings;
        found.warnings.extend(notes);
        if let Some((column, why)) = told {
            found.target = Some(one_line(&column));
            found.why = Some(one_line(&why));
        }
        Ok(found)
    }
}

/// Pictures that are read one after the other and must be alike.
struct Page<'a> {
    name: &'a str,
    /// How many there will be.
    all: usize,
    how: Reading,
    pixels: Vec<u8>,
    /// The first one, without its bytes, and its file.
    first: Option<(String, Picture)>,
    read: usize,
    transparent: usize,
    /// Stored in colour and read as grey, because they are.
    grey_in_colour: usize,
    /// With colours that became grey.
    weighed: usize,
}

impl<'a> Page<'a> {
    fn new(name: &'a str, all: usize, options: &LoadOptions) -> Result<Self, DataError> {
        // Where so many channels are expected, they are taken as they are stored.
        let stored = options.shape.map(|_| Colour::Stored);
        Ok(Self {
            name,
            all,
            how: Reading {
                colour: options.colour.or(stored),
                luma: options.grey.unwrap_or_default(),
                fit: checked_fit(name, options)?,
                ground: WHITE,
            },
            pixels: Vec::new(),
            first: None,
            read: 0,
            transparent: 0,
            grey_in_colour: 0,
            weighed: 0,
        })
    }

    fn add(&mut self, file: String, bytes: &[u8], options: &LoadOptions) -> Result<(), DataError> {
        let mut own = picture::decode(&file, bytes, self.how)?;
        let flat = |p: &Picture| p.bytes.iter().all(|b| *b == p.bytes[0]);
        if self.transparent == 0 && own.transparent && flat(&own) {
            // A white shape that white would hide.
            let ground = 0;
            let other = picture::decode(&file, bytes, Reading { ground, ..self.how })?;
            if !flat(&other) {
                self.how.ground = ground;
                own = other;
            }
        }
        if self.how.colour.is_none() && own.channels == 3 {
            // Not all are grey: what is stored in colour stays so.
            self.how.colour = Some(Colour::Stored);
            self.spread()?;
        }
        match &self.first {
            None => {
                let shape = [own.channels, own.height, own.width];
                expected(&file, shape, options)?;
                self.fits(own.bytes.len())?;
            }
            Some((as_in, like)) => alike(&file, &own, as_in, like)?,
        }
        self.transparent += usize::from(own.transparent);
        self.grey_in_colour += usize::from(own.grey_in_colour && own.channels == 1);
        self.weighed += usize::from(own.weighed);
        self.read += 1;
        if self.pixels.try_reserve(own.bytes.len()).is_err() {
            return Err(self.no_memory());
        }
        self.pixels.extend_from_slice(&own.bytes);
        if self.first.is_none() {
            let bytes = Vec::new();
            self.first = Some((file, Picture { bytes, ..own }));
        }
        Ok(())
    }

    /// Pictures that were read as grey, because all so far were, become what they are stored as; unless some are stored in grey.
    fn spread(&mut self) -> Result<(), DataError> {
        let Some((_, like)) = &mut self.first else {
            return Ok(());
        };
        if self.grey_in_colour < self.read || self.read == 0 {
            return Ok(());
        }
        like.channels = 3;
        let each = like.height * like.width;
        self.fits(3 * each)?;
        let mut pixels = Vec::new();
        if pixels.try_reserve(3 * self.pixels.len()).is_err() {
            return Err(self.no_memory());
        }
        for picture in self.pixels.chunks_exact(each) {
            for _ in 0..3 {
                pixels.extend_from_slice(picture);
            }
        }
        self.pixels = pixels;
        self.grey_in_colour = 0;
        Ok(())
    }

    /// Refuses what would be too large, before it is read.
    fn fits(&self, each: usize) -> Result<(), DataError> {
        if each as u64 * self.all as u64 <= LARGEST {
            return Ok(());
        }
        let problem = format!(
            "{} pictures of {each} bytes are too large; expected at most {LARGEST} bytes (data.fit brings them to a smaller size)",
            self.all
        );
        Err(DataError::malformed(self.name, Place::File, problem))
    }

    fn no_memory(&self) -> DataError {
        let problem = "not enough memory for the pictures; expected fewer or smaller ones";
        DataError::malformed(self.name, Place::File, problem)
    }

    /// Whether pictures that are stored in colour were read as grey without being asked.
    fn made_grey(&self) -> bool {
        self.how.colour.is_none() && self.grey_in_colour > 0
    }

    /// What was noticed.
    fn notes(&self) -> Vec<Warning> {
        let mut notes = Vec::new();
        if self.transparent > 0 {
            notes.push(Warning::Transparency {
                pictures: self.transparent,
                black: self.how.ground == 0,
            });
        }
        if self.made_grey() {
            let note = format!(
                "{} stored as RGB, all grey: read as grey (data.colour = \"stored\" keeps three channels)",
                counted(self.grey_in_colour, "picture")
            );
            notes.push(Warning::Reading { note });
        }
        if self.weighed > 0 {
            let how = match self.how.luma {
                Luma::Bt709 => {
                    "BT.709 (data.grey = \"bt601\" weighs colours as Pillow and torchvision do)"
                }
                Luma::Bt601 => "BT.601, as Pillow and torchvision do",
            };
            let note = format!(
                "{} in colour made grey by {how}",
                counted(self.weighed, "picture")
            );
            notes.push(Warning::Reading { note });
        }
        notes
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
fn read_file(handle: &mut Handle, file: &str, progress: &Progress) -> Result<Vec<u8>, DataError> {
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
    let word = |p: &Picture| match p.channels {
        1 => "grey",
        _ => "in colour",
    };
    if own.channels != like.channels {
        return fail(format!(
            "picture is {}; expected {} as in {as_in} (data.colour = \"grey\" or \"rgb\" makes all alike)",
            word(own),
            word(like)
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
pub(super) mod tests;
