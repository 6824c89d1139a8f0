//! Files on disk, and in the archive that is being read: loaders open both by their paths, a member by that of the archive with its own
//! name below it. Members are read where they are; nothing is unpacked to disk.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::archive::FileArchive;
use super::error::{DataError, Place, display_path};
use super::progress::Progress;
use super::source::{LARGEST, Source};
use super::tar;

thread_local! {
    /// The archive whose members this thread reads by their paths.
    static OPEN: RefCell<Option<Rc<Archive>>> = const { RefCell::new(None) };
}

/// An archive whose members can be read by their paths, as long as this is kept.
pub(super) struct Mounted {
    archive: Rc<Archive>,
    before: Option<Rc<Archive>>,
}

struct Archive {
    path: PathBuf,
    /// Members by their names, with `/` between folders.
    members: BTreeMap<String, Member>,
    store: Store,
    notes: Vec<String>,
}

enum Member {
    /// By its name in the archive.
    Zip(String),
    /// Where it begins, and how long it is.
    Tar(u64, u64),
}

enum Store {
    Zip(RefCell<Zip>),
    Tar,
    /// An archive that was packed as a whole, unpacked.
    Packed(Rc<Vec<u8>>),
}

struct Zip {
    archive: Box<FileArchive>,
    /// The member that was opened last, unpacked: most are opened more than once.
    last: Option<(String, Rc<Vec<u8>>)>,
}

impl Mounted {
    /// Opens the archive at `path`, a zip or a tar that may be packed with gzip.
    pub(super) fn open(path: &Path, progress: &Progress) -> Result<Self, DataError> {
        let mut start = [0; 512];
        let mut source = Source::open(path)?;
        let read = source.fill(&mut start)?;
        let archive = if tar::looks_like(&start[..read]) {
            tar_archive(path, source.gzip(), progress)?
        } else {
            zip_archive(path, progress)?
        };
        let archive = Rc::new(archive);
        let before = OPEN.replace(Some(Rc::clone(&archive)));
        Ok(Self { archive, before })
    }

    /// The names of its members, in order.
    pub(super) fn names(&self) -> Vec<&str> {
        self.archive.members.keys().map(String::as_str).collect()
    }

    /// What it is, in a word.
    pub(super) fn kind(&self) -> &'static str {
        match self.archive.store {
            Store::Zip(_) => "zip",
            Store::Tar | Store::Packed(_) => "tar",
        }
    }

    /// What was left out.
    pub(super) fn notes(&self) -> &[String] {
        &self.archive.notes
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        OPEN.set(self.before.take());
    }
}

fn tar_archive(path: &Path, gzip: bool, progress: &Progress) -> Result<Archive, DataError> {
    let file = display_path(path);
    let (store, members) = if gzip {
        let bytes = Rc::new(unpacked(path, progress)?);
        let length = bytes.len() as u64;
        let members = tar::members_within(&file, Cursor::new(&bytes[..]), length)?;
        (Store::Packed(bytes), members)
    } else {
        (Store::Tar, tar_members(path)?)
    };
    let files = members.files.into_iter();
    Ok(Archive {
        path: path.to_owned(),
        // Of two of one name the later counts, as where an archive is unpacked.
        members: files
            .map(|m| (m.name, Member::Tar(m.start, m.size)))
            .collect(),
        store,
        notes: members.notes,
    })
}

/// The members of a tar archive, wherever it is; one that is packed is read from its start to its end.
pub(super) fn tar_members(path: &Path) -> Result<tar::Members, DataError> {
    let file = display_path(path);
    let source = Source::open(path)?;
    if source.gzip() {
        return tar::members(&file, source.take(LARGEST));
    }
    drop(source);
    let (handle, length) = open(path)?;
    tar::members_within(&file, io::BufReader::new(handle), length)
}

fn unpacked(path: &Path, progress: &Progress) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::new();
    let mut source = Source::open_watched(path, progress)?;
    source.read_rest(LARGEST as usize, &mut bytes)?;
    Ok(bytes)
}

fn zip_archive(path: &Path, progress: &Progress) -> Result<Archive, DataError> {
    let archive = FileArchive::open(path, progress)?;
    let names = archive.names();
    let all = names.len();
    let members: BTreeMap<String, Member> = names
        .into_iter()
        .filter_map(|name| Some((tar::inside(&name.replace('\\', "/"))?, Member::Zip(name))))
        .collect();
    let mut notes = Vec::new();
    if members.len() < all {
        let left = super::error::counted(all - members.len(), "member");
        notes.push(format!(
            "{left} with a name that leads out of the archive, or that another has, left out"
        ));
    }
    Ok(Archive {
        path: path.to_owned(),
        members,
        store: Store::Zip(RefCell::new(Zip {
            archive: Box::new(archive),
            last: None,
        })),
        notes,
    })
}

impl Archive {
    /// The name of a member, or of a folder, that has this path; the archive's own path is that of the folder that holds all.
    fn name_of(&self, path: &Path) -> Option<String> {
        let below = path.strip_prefix(&self.path).ok()?;
        let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
        Some(parts?.join("/"))
    }

    fn is_folder(&self, name: &str) -> bool {
        if name.is_empty() {
            return true;
        }
        let start = format!("{name}/");
        let mut after = self.members.range(start.clone()..);
        after
            .next()
            .is_some_and(|(first, _)| first.starts_with(&start))
    }

    /// The names in a folder, each with whether it is a folder itself.
    fn listing(&self, name: &str) -> Vec<(String, bool)> {
        let start = match name {
            "" => String::new(),
            name => format!("{name}/"),
        };
        let mut found: Vec<(String, bool)> = Vec::new();
        let mut from = start.clone();
        while let Some((member, _)) = self.members.range(from.clone()..).next()
            && let Some(rest) = member.strip_prefix(&start)
        {
            match rest.split_once('/') {
                Some((folder, _)) => {
                    found.push((folder.to_owned(), true));
                    // The character after `/`: behind all that is in the folder.
                    from = format!("{start}{folder}0");
                }
                None => {
                    found.push((rest.to_owned(), false));
                    from = format!("{member}\0");
                }
            }
        }
        found
    }

    fn open(&self, member: &Member) -> Result<(Handle, u64), DataError> {
        match (member, &self.store) {
            (Member::Zip(name), Store::Zip(store)) => {
                let Zip { archive, last } = &mut *store.borrow_mut();
                let bytes = match last {
                    Some((of, bytes)) if of == name => Rc::clone(bytes),
                    _ => {
                        *last = None;
                        let mut bytes = Vec::new();
                        let mut member = archive.member(name)?;
                        member.read_rest(LARGEST as usize, &mut bytes)?;
                        let bytes = Rc::new(bytes);
                        *last = Some((name.clone(), Rc::clone(&bytes)));
                        bytes
                    }
                };
                let length = bytes.len() as u64;
                Ok((Handle::Memory(Window::new(bytes, 0, length)), length))
            }
            (Member::Tar(start, size), Store::Packed(bytes)) => {
                let window = Window::new(Rc::clone(bytes), *start, *size);
                Ok((Handle::Memory(window), *size))
            }
            (Member::Tar(start, size), _) => {
                let failed = |e: io::Error| DataError::from_io(&display_path(&self.path), &e);
                let mut file = File::open(&self.path).map_err(failed)?;
                file.seek(SeekFrom::Start(*start)).map_err(failed)?;
                let part = Part {
                    file,
                    start: *start,
                    size: *size,
                    at: 0,
                };
                Ok((Handle::Part(part), *size))
            }
            (Member::Zip(name), _) => Err(DataError::malformed(name, Place::File, "is lost")),
        }
    }
}

/// A file that is open for reading.
pub(super) enum Handle {
    Disk(File),
    /// In a file.
    Part(Part),
    Memory(Window),
}

/// A part of a file.
pub(super) struct Part {
    file: File,
    start: u64,
    size: u64,
    at: u64,
}

/// A part of bytes in memory.
pub(super) struct Window {
    bytes: Rc<Vec<u8>>,
    start: usize,
    size: usize,
    at: u64,
}

impl Window {
    fn new(bytes: Rc<Vec<u8>>, start: u64, size: u64) -> Self {
        let all = bytes.len();
        let start = usize::try_from(start).unwrap_or(all).min(all);
        let size = usize::try_from(size).unwrap_or(all).min(all - start);
        Self {
            bytes,
            start,
            size,
            at: 0,
        }
    }
}

impl Read for Handle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Disk(file) => file.read(buffer),
            Self::Part(part) => {
                let left = part.size.saturating_sub(part.at);
                let most = buffer
                    .len()
                    .min(usize::try_from(left).unwrap_or(usize::MAX));
                let n = part.file.read(&mut buffer[..most])?;
                part.at += n as u64;
                Ok(n)
            }
            Self::Memory(window) => {
                let all = &window.bytes[window.start..window.start + window.size];
                let from = usize::try_from(window.at).map_or(all.len(), |at| at.min(all.len()));
                let n = (&all[from..]).read(buffer)?;
                window.at += n as u64;
                Ok(n)
            }
        }
    }
}

impl Seek for Handle {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (at, size) = match self {
            Self::Disk(file) => return file.seek(to),
            Self::Part(part) => (part.at, part.size),
            Self::Memory(window) => (window.at, window.size as u64),
        };
        let new = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => size.checked_add_signed(by),
            SeekFrom::Current(by) => at.checked_add_signed(by),
        };
        let new = new.ok_or(io::ErrorKind::InvalidInput)?;
        match self {
            Self::Disk(_) => {}
            Self::Part(part) => {
                let place = part.start.checked_add(new);
                let place = place.ok_or(io::ErrorKind::InvalidInput)?;
                part.file.seek(SeekFrom::Start(place))?;
                part.at = new;
            }
            Self::Memory(window) => window.at = new,
        }
        Ok(new)
    }
}

/// What `look` says of the open archive, if the path is in it.
fn in_archive<T>(path: &Path, look: impl FnOnce(&Archive, &str) -> T) -> Option<T> {
    let archive = OPEN.with_borrow(Clone::clone)?;
    let name = archive.name_of(path)?;
    Some(look(&archive, &name))
}

/// Whether there is a file at a path.
pub(super) fn is_file(path: &Path) -> bool {
    in_archive(path, |archive, name| archive.members.contains_key(name))
        .unwrap_or_else(|| path.is_file())
}

/// Whether there is a folder at a path.
pub(super) fn is_folder(path: &Path) -> bool {
    in_archive(path, Archive::is_folder).unwrap_or_else(|| path.is_dir())
}

/// What there is at a path.
pub(super) enum Kind {
    Folder,
    /// With its bytes as stored; 0 if they are not known before it is opened.
    File(u64),
}

/// What there is at a path, behind links; `None` for nothing, and for what is neither a folder nor a file.
pub(super) fn kind(path: &Path) -> Option<Kind> {
    let within = in_archive(path, |archive, name| match archive.members.get(name) {
        Some(Member::Tar(_, size)) => Some(Kind::File(*size)),
        Some(Member::Zip(_)) => Some(Kind::File(0)),
        None => archive.is_folder(name).then_some(Kind::Folder),
    });
    within.unwrap_or_else(|| {
        let found = std::fs::metadata(path).ok()?;
        match (found.is_dir(), found.is_file()) {
            (true, _) => Some(Kind::Folder),
            (_, true) => Some(Kind::File(found.len())),
            _ => None,
        }
    })
}

/// The paths in a folder, at most so many.
pub(super) fn listing(folder: &Path, most: usize) -> io::Result<Vec<PathBuf>> {
    let within = in_archive(folder, |archive, name| {
        let names = archive.listing(name).into_iter().take(most);
        names.map(|(name, _)| folder.join(name)).collect()
    });
    if let Some(found) = within {
        return Ok(found);
    }
    let entries = std::fs::read_dir(folder)?.take(most);
    Ok(entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect())
}

/// Opens a regular file; anything else (a folder, a pipe, a device) is refused before it is touched. Returns its length as well.
pub(super) fn open(path: &Path) -> Result<(Handle, u64), DataError> {
    let within = in_archive(path, |archive, name| match archive.members.get(name) {
        // The archive itself, where it is not taken for the folder that it is.
        None if name.is_empty() => None,
        None => Some(Err(DataError::from_io(
            &display_path(path),
            &io::ErrorKind::NotFound.into(),
        ))),
        Some(member) => Some(archive.open(member)),
    });
    if let Some(opened) = within.flatten() {
        return opened;
    }
    let file = display_path(path);
    let failed = |error: io::Error| DataError::from_io(&file, &error);
    // Examined before it is opened: opening a pipe would wait for a writer.
    let kind = std::fs::metadata(path).map_err(failed)?;
    if kind.is_dir() {
        return Err(DataError::directory(&file));
    }
    if !kind.is_file() {
        let reason = "is not a regular file; expected a file on disk".to_owned();
        return Err(DataError::Unreadable { file, reason });
    }
    let handle = File::open(path).map_err(failed)?;
    let stored = handle.metadata().map_err(failed)?.len();
    Ok((Handle::Disk(handle), stored))
}
