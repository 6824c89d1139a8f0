//! Pictures in folders: which part and class each is of, told by the folders it is in, or by a file that lists them.

use std::collections::{BTreeMap, BTreeSet};

use super::listed::{self, Read};
use crate::data::error::{DataError, Place, counted};
use crate::data::foreign;
use crate::data::found::Warning;
use crate::data::options::{Answer, LoadOptions};

/// Folders for the parts of a dataset, in the order of the parts: training, validation, test.
const PARTS: [&[&str]; 3] = [
    &["train", "training"],
    &["val", "valid", "validation"],
    &["test", "testing"],
];

/// A picture that is to be read.
pub(super) struct Entry {
    /// 0 to train, 1 to validate, 2 to test.
    pub(super) part: usize,
    pub(super) class: String,
    /// Below the folder, or in the archive.
    pub(super) path: String,
}

/// What is to be read of some files.
#[derive(Default)]
pub(super) struct Gathered {
    /// By part and class, and in order.
    pub(super) entries: Vec<Entry>,
    /// What was left out.
    pub(super) warnings: Vec<Warning>,
    /// What a list calls the classes, where it tells them, and why they are learnt.
    pub(super) told: Option<(String, String)>,
    /// Two columns of it that are about as likely.
    pub(super) doubt: Option<[(Answer, String); 2]>,
    /// The columns of it that may be asked for.
    pub(super) columns: Vec<String>,
    /// The files that list pictures.
    pub(super) lists: Vec<String>,
}

/// Whether a name is that of a picture.
pub(in crate::data) fn is_picture(name: &str) -> bool {
    let lower = name.to_lowercase();
    [".png", ".jpg", ".jpeg"]
        .iter()
        .any(|end| lower.ends_with(end))
}

/// The part that a folder's name speaks of: one of its words does.
pub(in crate::data) fn part_of(name: &str) -> Option<usize> {
    let lower = name.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    words.find_map(|word| PARTS.iter().position(|names| names.contains(&word)))
}

/// Whether a file, or a folder it is in, is not for users.
fn hidden(path: &str) -> bool {
    let mut parts = path.split(['/', '\\']);
    parts.any(|p| p.starts_with('.') || p == "__MACOSX")
}

/// By part, class and path.
pub(super) fn sort(entries: &mut [Entry]) {
    entries.sort_by(|a, b| (a.part, &a.class, &a.path).cmp(&(b.part, &b.class, &b.path)));
}

/// The classes' names in order: by number where all are whole numbers, else alphabetically.
pub(super) fn class_names(entries: &[Entry]) -> Vec<String> {
    let mut names: Vec<String> = entries.iter().map(|e| e.class.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let numbers: Option<Vec<u64>> = names.iter().map(|name| name.parse().ok()).collect();
    if numbers.is_some() {
        names.sort_by_key(|name| name.parse::<u64>().unwrap_or(0));
    }
    names
}

/// The pictures among some paths, by part and class and in order, and what is left out.
pub(super) fn gather(
    name: &str,
    paths: &[String],
    options: &LoadOptions,
    read: &mut Read<'_>,
) -> Result<Gathered, DataError> {
    let fail = |problem: String| DataError::malformed(name, Place::File, problem);
    let visible: Vec<&str> = paths.iter().map(String::as_str).collect();
    let visible: Vec<&str> = visible.into_iter().filter(|p| !hidden(p)).collect();
    let others = visible.iter().copied().filter(|p| !is_picture(p));
    let unread = foreign::pictures(others);
    let pictures: Vec<&str> = visible.iter().copied().filter(|p| is_picture(p)).collect();
    let (mut found, strangers) = by_folders(&pictures);
    let mut gathered = Gathered::default();
    let tell = folders_tell(&found);
    // Lists are looked at where folders say too little; also where they say something, unless they are to be passed over.
    let all_lists = options.lists != Some(false);
    let asked = options.label.as_ref();
    let list = match tell {
        _ if asked.is_some() => Some(listed::classes(&visible, asked, read).ok_or_else(|| {
            fail("no table beside the pictures lists them with that column".to_owned())
        })?),
        Tell::Classes => None,
        Tell::Numbers if !all_lists => None,
        _ => listed::classes(&visible, None, read),
    };
    // Folders that differ by a number alone may be classes: only a list of nearly all pictures says otherwise.
    let list = list.filter(|l| tell == Tell::Nothing || l.entries.len() * 10 >= pictures.len() * 9);
    let by_list = list.is_some();
    if let Some(list) = list {
        let verb = if list.files.len() == 1 {
            "lists"
        } else {
            "list"
        };
        let why = format!("{} {verb} the pictures", list.files.join(", "));
        gathered.doubt = list.doubt;
        gathered.columns = list.columns;
        gathered.told = Some((list.column, why));
        gathered.entries = list.entries;
        gathered.warnings = list.warnings;
        gathered.lists = list.files;
    } else {
        if found.is_empty() {
            return Err(fail(match &unread {
                None => "no class folders found; expected pictures (PNG or JPEG) in a folder for each class, or a table that lists them with their classes".to_owned(),
                Some((_, kinds)) => {
                    format!("pictures that are not read ({kinds}); expected PNG or JPEG")
                }
            }));
        }
        if found.iter().all(|e| part_of(&e.class).is_some()) && class_names(&found).len() > 1 {
            return Err(fail(format!(
                "folders for parts ({}) without classes; expected a folder for each class in them, or a table that lists the pictures with their classes",
                class_names(&found).join(", ")
            )));
        }
        if found.iter().all(|e| e.part != 0) {
            return Err(fail(
                "no pictures to train on; expected some in a folder \"train\"".into(),
            ));
        }
        if !strangers.is_empty() {
            let left: usize = strangers.values().sum();
            let names: Vec<&str> = strangers.keys().copied().collect();
            let note = format!(
                "{} left out: {} beside folders for parts",
                counted(left, "picture"),
                names.join(", ")
            );
            gathered.warnings.push(Warning::Reading { note });
        }
        for part in [1, 2] {
            let near = if all_lists { &visible[..] } else { &[] };
            settle(near, &mut found, part, &mut gathered, read);
        }
        sort(&mut found);
        gathered.entries = found;
    }
    if all_lists && gathered.entries.iter().all(|e| e.part == 0) {
        let Gathered {
            entries, warnings, ..
        } = &mut gathered;
        let more = listed::into_parts(&visible, entries, warnings, read);
        gathered.lists.extend(more);
        gathered.lists.sort_unstable();
        gathered.lists.dedup();
    }
    let told = !gathered.warnings.is_empty();
    if let Some((count, kinds)) = &unread {
        gathered.warnings.push(Warning::Reading {
            note: format!(
                "{} left out that are not read: {kinds} (expected PNG or JPEG)",
                counted(*count, "picture")
            ),
        });
    }
    let unread = unread.map_or(0, |(count, _)| count);
    if !all_lists {
        gathered.lists.clear();
    }
    let others = paths.len() - gathered.entries.len() - unread - gathered.lists.len();
    if others > 0 && !told && !by_list {
        gathered.warnings.push(Warning::Skipped { files: others });
    }
    Ok(gathered)
}

/// As [`gather`]; where nothing tells classes, all pictures in the order of their names.
pub(super) fn gather_all(
    name: &str,
    paths: &[String],
    options: &LoadOptions,
    read: &mut Read<'_>,
) -> Result<Gathered, DataError> {
    let refused = match gather(name, paths, options, read) {
        Ok(gathered) => return Ok(gathered),
        Err(refused) => refused,
    };
    let entry = |path: &String| Entry {
        part: 0,
        class: String::new(),
        path: path.clone(),
    };
    let pictures = paths.iter().filter(|p| !hidden(p) && is_picture(p));
    let mut entries: Vec<Entry> = pictures.map(entry).collect();
    sort(&mut entries);
    if entries.is_empty() {
        return Err(refused);
    }
    Ok(Gathered {
        entries,
        ..Gathered::default()
    })
}

/// Whether folders tell classes.
#[derive(Clone, Copy, PartialEq)]
enum Tell {
    Classes,
    /// They differ by a number alone, as classes do and parts of one heap.
    Numbers,
    Nothing,
}

fn folders_tell(found: &[Entry]) -> Tell {
    let classes: BTreeSet<&str> = found.iter().map(|e| e.class.as_str()).collect();
    if classes.len() < 2 || classes.iter().all(|c| part_of(c).is_some()) {
        return Tell::Nothing;
    }
    let words: BTreeSet<&str> = classes
        .iter()
        .map(|c| c.trim_end_matches(|c: char| c.is_ascii_digit()))
        .collect();
    match words.first() {
        Some(word) if words.len() == 1 && !word.is_empty() => Tell::Numbers,
        _ => Tell::Classes,
    }
}

/// Pictures as the folders say that they are in, and the folders beside those for parts, with how many are in them.
fn by_folders<'a>(pictures: &[&'a str]) -> (Vec<Entry>, BTreeMap<&'a str, usize>) {
    let mut kept: Vec<(Vec<&str>, &str)> = pictures
        .iter()
        .map(|path| (path.split(['/', '\\']).collect(), *path))
        .collect();
    // A folder that holds all there is, such as an archive often has, is no class.
    while let Some((first, _)) = kept.first()
        && first.len() > 2
        && let Some(root) = first.first().copied()
        && kept
            .iter()
            .all(|(parts, _)| parts.len() > 2 && parts[0] == root)
        && part_of(root).is_none()
    {
        for (parts, _) in &mut kept {
            parts.remove(0);
        }
    }
    let strangers = beside_parts(&kept);
    kept.retain(|(parts, _)| !strangers.contains_key(parts[0]));
    let in_parts = kept.iter().any(|(parts, _)| parts.len() > 2)
        && kept.iter().all(|(parts, _)| part_of(parts[0]).is_some());
    if in_parts {
        // A part in a folder of its own name once more, such as seg_train/seg_train.
        for (parts, _) in &mut kept {
            if parts.len() > 3 && part_of(parts[1]) == part_of(parts[0]) {
                parts.remove(1);
            }
        }
    }
    // Pictures may be in folders below that of their class.
    let entry = |(parts, path): (Vec<&str>, &str)| {
        let (part, class) = match (&parts[..], in_parts) {
            ([part, class, _, ..], true) => (part_of(part)?, *class),
            ([class, _, ..], false) => (0, *class),
            _ => return None,
        };
        Some(Entry {
            part,
            class: class.to_owned(),
            path: path.to_owned(),
        })
    };
    (kept.into_iter().filter_map(entry).collect(), strangers)
}

/// Where folders for training and for testing or validation have folders for classes in them: what lies beside those, such as
/// `seg_pred`, is no class. Each with how many pictures are in it.
fn beside_parts<'a>(kept: &[(Vec<&'a str>, &str)]) -> BTreeMap<&'a str, usize> {
    let mut inner: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let mut beside = BTreeMap::new();
    for (parts, _) in kept {
        match (part_of(parts[0]), parts.len()) {
            (Some(part), 3..) => {
                let again = parts.len() > 3 && part_of(parts[1]) == Some(part);
                let class = parts[1 + usize::from(again)];
                inner.entry(part).or_default().insert(class);
            }
            (None, 2..) => *beside.entry(parts[0]).or_insert(0) += 1,
            _ => {}
        }
    }
    let trained = inner.remove(&0).unwrap_or_default();
    let same = |classes: &BTreeSet<&str>| !classes.is_disjoint(&trained);
    if trained.len() < 2 || !inner.values().any(same) {
        beside.clear();
    }
    beside
}

/// A part whose folders are none of the classes that train, such as all pictures in one folder: a list beside them tells their
/// classes, or they are left out.
fn settle(
    visible: &[&str],
    found: &mut Vec<Entry>,
    part: usize,
    gathered: &mut Gathered,
    read: &mut Read<'_>,
) {
    let trained: BTreeSet<String> = found
        .iter()
        .filter(|e| e.part == 0)
        .map(|e| e.class.clone())
        .collect();
    let own: Vec<String> = found
        .iter()
        .filter(|e| e.part == part && !trained.contains(&e.class))
        .map(|e| e.path.clone())
        .collect();
    let all = found.iter().filter(|e| e.part == part).count();
    if own.is_empty() || own.len() < all {
        return;
    }
    let pictures: Vec<&str> = own.iter().map(String::as_str).collect();
    let (classes, lists) = listed::of_part(visible, &pictures, &trained, read);
    found.retain_mut(|entry| {
        if entry.part != part {
            return true;
        }
        let class = classes.get(&entry.path);
        entry.class = class.cloned().unwrap_or_default();
        class.is_some()
    });
    let part_name = PARTS[part][0];
    let left = all - classes.len();
    if !classes.is_empty() {
        let note = format!(
            "classes of the {part_name} part as {} lists them",
            lists.join(", ")
        );
        gathered.warnings.push(Warning::Reading { note });
        gathered.lists.extend(lists);
    }
    if left > 0 {
        let why = if classes.is_empty() {
            "their folders are none of the classes to train on"
        } else {
            "it is not listed what they are"
        };
        let note = format!(
            "{} of the {part_name} part left out: {why}",
            counted(left, "picture")
        );
        gathered.warnings.push(Warning::Reading { note });
    }
}
