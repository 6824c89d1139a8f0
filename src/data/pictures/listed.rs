//! Pictures that a file beside them lists: with their classes (`labels.csv`, `val_annotations.txt`), or the part they are for
//! (`train.txt`, `test.txt`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::folders::{self, Entry, is_picture, part_of};
use crate::data::error::{counted, one_line};
use crate::data::found::Warning;
use crate::data::options::{Answer, Column};

/// The most bytes of a list, and the most lists that are looked at.
const MOST_BYTES: usize = 64 << 20;
const MOST_LISTS: usize = 64;
/// The most columns of a list that are looked at.
const MOST_COLUMNS: usize = 512;

/// Reads a file beside the pictures, at most so many bytes.
pub(super) type Read<'a> = dyn FnMut(&str, usize) -> Option<Vec<u8>> + 'a;

/// Pictures by the last part of their names, to be found by what a list calls them.
pub(super) struct Index<'a> {
    pictures: Vec<&'a str>,
    by_stem: HashMap<&'a str, Vec<usize>>,
}

/// The name in its folder, and that without its ending.
fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn stem(path: &str) -> &str {
    let base = base(path);
    base.rsplit_once('.').map_or(base, |(stem, _)| stem)
}

impl<'a> Index<'a> {
    pub(super) fn new(paths: impl Iterator<Item = &'a str>) -> Self {
        let pictures: Vec<&str> = paths.filter(|p| is_picture(p)).collect();
        let mut by_stem: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, path) in pictures.iter().enumerate() {
            by_stem.entry(stem(path)).or_default().push(i);
        }
        Self { pictures, by_stem }
    }

    /// The picture that a field names, with or without folders and ending; `None` if there is none, or more than one.
    fn find(&self, field: &str) -> Option<usize> {
        let field = field.trim().trim_matches('"');
        if field.is_empty() {
            return None;
        }
        let whole = self.by_stem.get(base(field)).into_iter().flatten();
        let short = self.by_stem.get(stem(field)).into_iter().flatten();
        // The more of the folders and the ending agree, the likelier.
        let alike = |i: usize| {
            let own = self.pictures[i].rsplit(['/', '\\']);
            let theirs = field.rsplit(['/', '\\']);
            let folders = own.zip(theirs).skip(1).take_while(|(a, b)| a == b).count();
            (folders, base(self.pictures[i]) == base(field))
        };
        let mut best: Option<((usize, bool), usize)> = None;
        let mut several = false;
        for &i in whole.chain(short).take(10_000) {
            let own = alike(i);
            match &best {
                Some((of, at)) if *at == i || own < *of => {}
                Some((of, _)) if own == *of => several = true,
                _ => {
                    best = Some((own, i));
                    several = false;
                }
            }
        }
        best.filter(|_| !several).map(|(_, i)| i)
    }
}

/// A file that lists pictures.
pub(super) struct List {
    file: String,
    header: Option<Vec<String>>,
    /// The picture of each row, as far as it is there, and the row's fields.
    rows: Vec<(Option<usize>, Vec<String>)>,
    /// The column that names pictures.
    key: usize,
}

impl List {
    /// Reads `text` as a list of pictures; `None` if it is none.
    fn parse(file: &str, text: &[u8], index: &Index<'_>) -> Option<Self> {
        let first = text.split(|b| *b == b'\n').find(|line| !line.is_empty())?;
        let delimiter = [b',', b'\t', b';', b' ']
            .into_iter()
            .find(|d| first.contains(d))
            .unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(delimiter)
            .from_reader(text);
        let mut record = csv::ByteRecord::new();
        let mut rows: Vec<Vec<String>> = Vec::new();
        while reader.read_byte_record(&mut record).ok()? {
            let fields = record.iter().take(MOST_COLUMNS);
            let fields = fields.map(|f| String::from_utf8_lossy(f).trim().to_owned());
            rows.push(
                fields
                    .filter(|f| delimiter != b' ' || !f.is_empty())
                    .collect(),
            );
        }
        rows.retain(|row| row.iter().any(|f| !f.is_empty()));
        let width = rows.iter().take(100).map(Vec::len).max()?;
        let found = |rows: &[Vec<String>], c: usize| -> BTreeSet<usize> {
            let fields = rows.iter().filter_map(|row| index.find(row.get(c)?));
            fields.collect()
        };
        // Of a few rows the column that names most, then all of that.
        let few = &rows[..rows.len().min(200)];
        let key = (0..width).max_by_key(|&c| (found(few, c).len(), std::cmp::Reverse(c)))?;
        let named = rows[0].get(key).and_then(|f| index.find(f)).is_some();
        let header = (!named).then(|| rows.remove(0));
        let rows: Vec<(Option<usize>, Vec<String>)> = rows
            .into_iter()
            .map(|row| (row.get(key).and_then(|f| index.find(f)), row))
            .collect();
        let known: BTreeSet<usize> = rows.iter().filter_map(|row| row.0).collect();
        (!known.is_empty() && known.len() * 2 >= rows.len()).then(|| Self {
            file: file.to_owned(),
            header,
            rows,
            key,
        })
    }

    fn field<'r>(&self, row: &'r [String], c: usize) -> Option<&'r str> {
        row.get(c).map(String::as_str).filter(|f| !f.is_empty())
    }

    /// The columns besides the names.
    fn others(&self) -> Vec<usize> {
        let width = self.rows.iter().take(100).map(|r| r.1.len()).max();
        (0..width.unwrap_or(0)).filter(|c| *c != self.key).collect()
    }

    fn column_name(&self, c: usize) -> String {
        let name = self.header.as_ref().and_then(|h| h.get(c));
        match name.filter(|n| !n.is_empty()) {
            Some(name) => name.clone(),
            None => format!("column {}", c + 1),
        }
    }

    /// The values of a column, each once; at most so many.
    fn values(&self, c: usize, most: usize) -> BTreeSet<&str> {
        let mut values = BTreeSet::new();
        for field in self.rows.iter().filter_map(|row| self.field(&row.1, c)) {
            values.insert(field);
            if values.len() > most {
                break;
            }
        }
        values
    }

    /// The column that says which part each picture is for.
    fn part_column(&self) -> Option<usize> {
        const WORDS: [&str; 8] = [
            "split",
            "partition",
            "set",
            "data set",
            "dataset",
            "subset",
            "part",
            "phase",
        ];
        let said = |c: &usize| {
            let name = self.column_name(*c).to_lowercase().replace('_', " ");
            let values = self.values(*c, 3);
            WORDS.contains(&name.as_str())
                && (2..=3).contains(&values.len())
                && values.iter().all(|v| part_in(v).is_some())
        };
        self.others().into_iter().find(said)
    }

    /// What says the class of each row: a column, or columns of 0 and 1 with a single 1 in each row. With it come two columns that are
    /// about as likely, if there are some.
    fn classes(&self, asked: Option<&Column>) -> Option<(Classes, Option<[usize; 2]>)> {
        let mut others = self.others();
        let by_name = |name: &str| {
            others
                .iter()
                .copied()
                .find(|c| self.column_name(*c) == name)
        };
        match asked {
            Some(Column::Name(name)) => return Some((Classes::Column(by_name(name)?), None)),
            Some(Column::Number(n)) => {
                let c = by_name(&n.to_string()).or(n.checked_sub(1))?;
                return others.contains(&c).then_some((Classes::Column(c), None));
            }
            Some(Column::OneHot(names)) => {
                let columns: Option<Vec<usize>> = names.iter().map(|n| by_name(n)).collect();
                return Some((Classes::OneHot(columns?), None));
            }
            None => {}
        }
        let part = self.part_column();
        others.retain(|c| Some(*c) != part);
        const WORDS: [&str; 8] = [
            "label",
            "class",
            "target",
            "breed",
            "category",
            "species",
            "diagnosis",
            "dx",
        ];
        let said = |c: &usize| {
            let name = self.column_name(*c).to_lowercase();
            self.header.is_some() && WORDS.iter().any(|word| name.contains(word))
        };
        if let Some(c) = others.iter().copied().find(said) {
            return Some((Classes::Column(c), None));
        }
        let one = |row: &[String]| {
            let fields: Vec<&str> = others.iter().filter_map(|c| self.field(row, *c)).collect();
            let number = |f: &&str| matches!(*f, "0" | "1" | "0.0" | "1.0");
            fields.len() == others.len()
                && fields.iter().all(number)
                && fields.iter().filter(|f| f.starts_with('1')).count() == 1
        };
        if others.len() > 1 && self.header.is_some() && self.rows.iter().all(|r| one(&r.1)) {
            return Some((Classes::OneHot(others), None));
        }
        // Without names the first column beside that of the pictures is the class; with names it is asked, where several could be.
        let several = |c: &usize| {
            let most = (self.rows.len() / 2).max(2);
            (2..=most).contains(&self.values(*c, most).len())
        };
        let mut likely = others.iter().copied().filter(several);
        let (first, second) = (likely.next(), likely.next());
        let doubt = match (first, second, &self.header) {
            (Some(a), Some(b), Some(_)) => Some([a, b]),
            _ => None,
        };
        let c = match self.header {
            Some(_) => first.or(others.first().copied())?,
            None => others.first().copied()?,
        };
        Some((Classes::Column(c), doubt))
    }

    fn class_of(&self, row: &[String], classes: &Classes) -> Option<String> {
        match classes {
            Classes::Column(c) => self.field(row, *c).map(str::to_owned),
            Classes::OneHot(columns) => {
                let c = columns
                    .iter()
                    .find(|c| self.field(row, **c).is_some_and(|f| f.starts_with('1')))?;
                Some(self.column_name(*c))
            }
        }
    }

    fn class_name(&self, classes: &Classes) -> String {
        match classes {
            Classes::Column(c) => self.column_name(*c),
            Classes::OneHot(columns) => {
                let names: Vec<String> = columns.iter().map(|c| self.column_name(*c)).collect();
                names.join(", ")
            }
        }
    }

    /// What it lists that is not there.
    fn missing(&self) -> Vec<&str> {
        let rows = self.rows.iter().filter(|row| row.0.is_none());
        rows.filter_map(|row| self.field(&row.1, self.key))
            .collect()
    }

    /// Says what it lists that is not there.
    fn tell_missing(&self, warnings: &mut Vec<Warning>) {
        let missing = self.missing();
        if missing.is_empty() {
            return;
        }
        const MOST: usize = 3;
        let mut names: Vec<String> = missing.iter().take(MOST).map(|n| one_line(n)).collect();
        if missing.len() > MOST {
            names.push("…".to_owned());
        }
        let note = format!(
            "{} that {} lists not found: {}",
            counted(missing.len(), "picture"),
            one_line(&self.file),
            names.join(", ")
        );
        warnings.push(Warning::Reading { note });
    }
}

/// The part that a field speaks of, by a word or by the number that stands for it.
fn part_in(field: &str) -> Option<usize> {
    match field {
        "0" | "1" | "2" => field.parse().ok(),
        word => part_of(word),
    }
}

/// What says the class of a row.
enum Classes {
    Column(usize),
    OneHot(Vec<usize>),
}

/// The files among `paths` that may be lists, those nearest to the top first.
fn candidates<'p>(paths: &[&'p str]) -> Vec<&'p str> {
    let text = |p: &&str| {
        let lower = p.to_lowercase();
        [".csv", ".tsv", ".txt"]
            .iter()
            .any(|end| lower.ends_with(end))
    };
    let mut files: Vec<&str> = paths.iter().copied().filter(text).collect();
    files.sort_by_key(|p| (p.matches(['/', '\\']).count(), *p));
    files.truncate(MOST_LISTS);
    files
}

fn lists(paths: &[&str], index: &Index<'_>, read: &mut Read<'_>) -> Vec<List> {
    let files = candidates(paths).into_iter();
    files
        .filter_map(|file| List::parse(file, &read(file, MOST_BYTES)?, index))
        .collect()
}

/// Pictures with classes that a list tells.
pub(super) struct Told {
    pub(super) entries: Vec<Entry>,
    pub(super) warnings: Vec<Warning>,
    /// The column of classes.
    pub(super) column: String,
    /// Two columns that are about as likely, and what they are like.
    pub(super) doubt: Option<[(Answer, String); 2]>,
    /// The columns that may be asked for, where they have names.
    pub(super) columns: Vec<String>,
    /// The lists.
    pub(super) files: Vec<String>,
}

/// The pictures that tables list with their classes, where folders tell none; `asked` is the column of classes, if it was chosen.
pub(super) fn classes(paths: &[&str], asked: Option<&Column>, read: &mut Read<'_>) -> Option<Told> {
    let index = Index::new(paths.iter().copied());
    let lists = lists(paths, &index, read);
    let with_classes = |list: &List| {
        let (classes, _) = list.classes(asked)?;
        let known = list.rows.iter().filter(|row| row.0.is_some());
        let known = known.filter(|row| list.class_of(&row.1, &classes).is_some());
        Some((known.count(), list.class_name(&classes)))
    };
    let (main, column) = lists
        .iter()
        .enumerate()
        .filter_map(|(i, list)| Some((with_classes(list)?, i)))
        .max_by_key(|((known, _), i)| (*known, std::cmp::Reverse(*i)))
        .map(|((_, column), i)| (i, column))?;
    let doubt = lists[main].classes(asked)?.1.map(|both| {
        both.map(|c| {
            let like = lists[main].values(c, lists[main].rows.len()).len();
            let column = Column::Name(lists[main].column_name(c));
            (Answer::Learn(column), counted(like, "value"))
        })
    });
    let named = lists[main].header.is_some();
    let columns = lists[main].others().into_iter().filter(|_| named);
    let columns = columns.map(|c| lists[main].column_name(c)).collect();
    let mut warnings = Vec::new();
    let mut of: BTreeMap<usize, (usize, String)> = BTreeMap::new();
    let (mut contrary, mut files) = (BTreeSet::new(), Vec::new());
    // Parts may be said by a list that says no classes.
    let mut by_column: HashMap<usize, usize> = HashMap::new();
    for list in &lists {
        let Some(c) = list.part_column() else {
            continue;
        };
        for (picture, row) in &list.rows {
            if let (Some(i), Some(part)) = (*picture, list.field(row, c).and_then(part_in)) {
                by_column.entry(i).or_insert(part);
            }
        }
        files.push(list.file.clone());
    }
    let others = (0..lists.len()).filter(|i| *i != main);
    for list in std::iter::once(main).chain(others).map(|i| &lists[i]) {
        let Some((classes, _)) = list.classes(asked) else {
            continue;
        };
        if list.class_name(&classes) != column {
            continue;
        }
        let by_file = part_of(stem(&list.file));
        for (picture, row) in &list.rows {
            let (Some(i), Some(class)) = (*picture, list.class_of(row, &classes)) else {
                continue;
            };
            let folders = index.pictures[i].split(['/', '\\']);
            let by_folder = folders.rev().skip(1).find_map(part_of);
            let by_list = by_column.get(&i).copied();
            let part = by_list.or(by_folder).or(by_file).unwrap_or(0);
            match of.get(&i) {
                Some((_, before)) if *before != class => {
                    contrary.insert(i);
                }
                Some(_) => {}
                None => {
                    of.insert(i, (part, class));
                }
            }
        }
        list.tell_missing(&mut warnings);
        if !files.contains(&list.file) {
            files.push(list.file.clone());
        }
    }
    if of.values().all(|(part, _)| *part != 0) {
        for (part, _) in of.values_mut() {
            *part = 0;
        }
    }
    let unlisted = index.pictures.len() - of.len();
    let names = files.join(", ");
    if unlisted > 0 {
        let note = format!(
            "{} left out that {} {} not list",
            counted(unlisted, "picture"),
            one_line(&names),
            if files.len() == 1 { "does" } else { "do" }
        );
        warnings.push(Warning::Reading { note });
    }
    if !contrary.is_empty() {
        let note = format!(
            "{} that {} {} in two classes: the first is taken",
            counted(contrary.len(), "picture"),
            one_line(&names),
            if files.len() == 1 { "lists" } else { "list" }
        );
        warnings.push(Warning::Reading { note });
    }
    let mut entries: Vec<Entry> = of
        .into_iter()
        .map(|(i, (part, class))| Entry {
            part,
            class,
            path: index.pictures[i].to_owned(),
        })
        .collect();
    folders::sort(&mut entries);
    (!entries.is_empty()).then_some(Told {
        entries,
        warnings,
        column,
        doubt,
        columns,
        files,
    })
}

/// The classes of those `pictures` that a list in a folder of theirs tells, as long as they are among `trained`; with the lists.
pub(super) fn of_part(
    paths: &[&str],
    pictures: &[&str],
    trained: &BTreeSet<String>,
    read: &mut Read<'_>,
) -> (HashMap<String, String>, Vec<String>) {
    let index = Index::new(pictures.iter().copied());
    let folder = |path: &str| path.rsplit_once(['/', '\\']).map(|(f, _)| f.to_owned());
    let above: BTreeSet<String> = pictures
        .iter()
        .flat_map(|p| {
            let mut at = folder(p);
            std::iter::from_fn(move || {
                let own = at.clone()?;
                at = folder(&own);
                Some(own)
            })
        })
        .collect();
    let near: Vec<&str> = paths
        .iter()
        .copied()
        .filter(|p| folder(p).is_some_and(|f| above.contains(&f)))
        .collect();
    let (mut found, mut files) = (HashMap::new(), Vec::new());
    for list in lists(&near, &index, read) {
        let tells = |c: &usize| {
            let classes = list.rows.iter().filter_map(|(_, r)| list.field(r, *c));
            let known = classes.filter(|f| trained.contains(*f)).count();
            known * 2 >= list.rows.len()
        };
        let Some(c) = list.others().into_iter().find(tells) else {
            continue;
        };
        for (picture, row) in &list.rows {
            if let (Some(i), Some(class)) = (*picture, list.field(row, c))
                && trained.contains(class)
            {
                found.insert(index.pictures[i].to_owned(), class.to_owned());
            }
        }
        files.push(list.file.clone());
    }
    (found, files)
}

/// Moves pictures to the parts that files such as `train.txt` and `test.txt` list them for; returns those files. What is in none of
/// them is left out and counted. Of several divisions (`train1.txt`, `train2.txt`, …) the first is taken.
pub(super) fn into_parts(
    paths: &[&str],
    entries: &mut Vec<Entry>,
    warnings: &mut Vec<Warning>,
    read: &mut Read<'_>,
) -> Vec<String> {
    let named = |path: &str| {
        let lower = stem(path).to_lowercase();
        let number = lower
            .trim_start_matches(|c: char| !c.is_ascii_digit())
            .to_owned();
        let word = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_' || c == '-');
        let part = match word.rsplit(['_', '-', ' ']).next() {
            Some("trainval") => Some(0),
            _ => part_of(word),
        };
        Some((number, part?))
    };
    let of_parts: Vec<&str> = candidates(paths)
        .into_iter()
        .filter(|p| named(p).is_some())
        .collect();
    let index = Index::new(entries.iter().map(|e| e.path.as_str()));
    let mut divisions: BTreeMap<String, Vec<(usize, List)>> = BTreeMap::new();
    for list in lists(&of_parts, &index, read) {
        if let Some((number, part)) = named(&list.file) {
            divisions.entry(number).or_default().push((part, list));
        }
    }
    let whole = |lists: &&Vec<(usize, List)>| {
        let has = |part: usize| lists.iter().any(|(p, _)| *p == part);
        has(0) && (has(1) || has(2))
    };
    let Some(chosen) = divisions.values().find(whole) else {
        return Vec::new();
    };
    let mut part_for: Vec<Option<usize>> = vec![None; index.pictures.len()];
    for (part, list) in chosen {
        for i in list.rows.iter().filter_map(|row| row.0) {
            part_for[i].get_or_insert(*part);
        }
        list.tell_missing(warnings);
    }
    let files: Vec<String> = chosen.iter().map(|(_, list)| list.file.clone()).collect();
    let lost = part_for.iter().filter(|part| part.is_none()).count();
    let mut at = 0;
    entries.retain_mut(|entry| {
        let part = part_for[at];
        at += 1;
        entry.part = part.unwrap_or(0);
        part.is_some()
    });
    let names = one_line(&files.join(", "));
    warnings.push(Warning::Reading {
        note: format!("parts as {names} list them"),
    });
    if lost > 0 {
        let note = format!(
            "{} left out that none of {names} lists",
            counted(lost, "picture")
        );
        warnings.push(Warning::Reading { note });
    }
    folders::sort(entries);
    files
}
