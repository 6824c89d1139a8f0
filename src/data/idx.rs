//! IDX files (the format of MNIST): images of three dimensions, labels of one, plain or gzip.
//!
//! An IDX file is two zero bytes, a byte for the element type (0x08: unsigned byte), a byte for the number of dimensions, each
//! dimension as a big-endian 32-bit count, then the elements with the last dimension running fastest.

use std::path::{Path, PathBuf};

use super::error::{DataError, Place, counted, display_path};
use super::files::is_file;
use super::source::Source;

/// The most classes that can be asked for: as many labels as 16 bits tell apart.
const MOST_CLASSES: usize = 1 << 16;

/// How labels in two dimensions of 32-bit numbers begin.
const WIDE: [u8; 4] = [0, 0, 0x0c, 2];

/// Images from an IDX file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxImages {
    /// The file they came from, as shown in messages.
    pub file: String,
    /// Whether the file was packed with gzip.
    pub gzip: bool,
    /// Number of images, at least 1.
    pub count: usize,
    /// Height of each image in pixels, at least 1.
    pub rows: usize,
    /// Width of each image in pixels, at least 1.
    pub cols: usize,
    /// `count * rows * cols` bytes: image by image, each row by row from the top left.
    pub pixels: Vec<u8>,
}

/// Labels from an IDX file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxLabels {
    /// The file they came from, as shown in messages.
    pub file: String,
    /// Whether the file was packed with gzip.
    pub gzip: bool,
    /// Number of classes: the number asked for, or the highest label + 1.
    pub classes: usize,
    /// One label per example, each below `classes`.
    pub labels: Vec<u8>,
}

/// Loads an IDX file of unsigned bytes with three dimensions: count, rows, columns.
///
/// # Errors
/// One line that names the file, the byte and what was expected, if the file is missing, is not such a file, ends early, goes on
/// too long, is empty or is damaged. No memory is taken on the word of the header.
pub fn load_images(path: &Path) -> Result<IdxImages, DataError> {
    read_images(Source::open(path)?)
}

/// Loads an IDX file of unsigned bytes with one dimension.
///
/// With `classes`, each label must be below it. With `count`, there must be that many labels, one for each image.
///
/// # Errors
/// As for [`load_images`]; also for a label out of range and for another number of labels than `count`.
pub fn load_labels(
    path: &Path,
    classes: Option<usize>,
    count: Option<usize>,
) -> Result<IdxLabels, DataError> {
    read_labels(Source::open(path)?, classes, count)
}

/// Where the labels of an image file are kept by custom: the file name with its last "images" turned into "labels" and "idx3" into
/// "idx1", with or without ".gz". Returns the first such file that exists.
pub fn labels_beside(images: &Path) -> Option<PathBuf> {
    let names = label_names(images);
    // QMNIST's labels have more columns than one.
    let wide = names.first().and_then(|first| {
        let name = first.file_name()?.to_str()?;
        Some(images.with_file_name(name.replace("idx1-ubyte", "idx2-int")))
    });
    names
        .into_iter()
        .chain(wide)
        .find(|candidate| is_file(candidate))
}

/// The names [`labels_beside`] looks for, the likeliest first; empty if the name of the image file has no "images" in it.
pub fn label_names(images: &Path) -> Vec<PathBuf> {
    let Some(name) = images.file_name().and_then(|name| name.to_str()) else {
        return Vec::new();
    };
    let Some(at) = name.rfind("images") else {
        return Vec::new();
    };
    let (before, after) = (&name[..at], &name[at + "images".len()..]);
    let same = format!("{before}labels{}", after.replace("idx3", "idx1"));
    let other = match same.strip_suffix(".gz") {
        Some(plain) => plain.to_owned(),
        None => format!("{same}.gz"),
    };
    [same, other].map(|name| images.with_file_name(name)).into()
}

/// The image file that goes with a label file by its name, if it exists: [`labels_beside`] the other way round.
pub fn images_beside(labels: &Path) -> Option<PathBuf> {
    let name = labels.file_name()?.to_str()?;
    let at = name.rfind("labels")?;
    let (before, after) = (&name[..at], &name[at + "labels".len()..]);
    let after = after.replace("idx1-ubyte", "idx3-ubyte");
    let after = after
        .replace("idx2-int", "idx3-ubyte")
        .replace("idx1", "idx3");
    let same = format!("{before}images{after}");
    let other = match same.strip_suffix(".gz") {
        Some(plain) => plain.to_owned(),
        None => format!("{same}.gz"),
    };
    [same, other]
        .map(|name| labels.with_file_name(name))
        .into_iter()
        .find(|candidate| is_file(candidate))
}

/// Whether a file begins like labels, in one column or in several.
pub(super) fn are_labels(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = Source::open(path).and_then(|mut source| source.fill(&mut magic));
    read.is_ok_and(|n| n == 4) && (magic == WIDE || magic == [0, 0, 8, 1])
}

/// Labels in several columns of 32-bit numbers (QMNIST): the first column is the class. `None` if the file is another.
pub(super) fn read_wide_labels(
    mut source: Source<'_>,
    count: usize,
) -> Option<Result<IdxLabels, DataError>> {
    let mut magic = [0; 4];
    let found = source.fill(&mut magic).ok()?;
    if found < 4 || magic != WIDE {
        return None;
    }
    Some(wide_labels(source, count))
}

fn wide_labels(mut source: Source<'_>, count: usize) -> Result<IdxLabels, DataError> {
    let fail = |source: &Source<'_>, problem: String| {
        Err(DataError::malformed(source.file(), Place::File, problem))
    };
    let mut sizes = [0; 8];
    if source.fill(&mut sizes)? < sizes.len() {
        return fail(
            &source,
            "IDX header truncated; expected 12 bytes".to_owned(),
        );
    }
    let [a, b, c, d, e, f, g, h] = sizes;
    let rows = u32::from_be_bytes([a, b, c, d]) as usize;
    let columns = u32::from_be_bytes([e, f, g, h]) as usize;
    if rows != count || columns == 0 {
        let problem =
            format!("{count} images but {rows} labels; expected one label for each image");
        return fail(&source, problem);
    }
    let length = rows.checked_mul(columns).and_then(|n| n.checked_mul(4));
    let Some(length) = length else {
        return fail(&source, "dimensions are too large".to_owned());
    };
    let meaning = format!("{rows} rows of {columns} numbers");
    source.check_promise(length as u64, &meaning)?;
    let mut bytes = Vec::new();
    source.read_exactly(length, &meaning, &mut bytes)?;
    let mut labels = Vec::with_capacity(rows);
    for (i, row) in bytes.chunks_exact(4 * columns).enumerate() {
        match row[..4] {
            [0, 0, 0, class] => labels.push(class),
            _ => {
                let problem = format!("label at index {i} is outside 0..256");
                return fail(&source, problem);
            }
        }
    }
    let highest = labels.iter().copied().max().unwrap_or(0);
    Ok(IdxLabels {
        file: source.file().to_owned(),
        gzip: source.gzip(),
        classes: usize::from(highest) + 1,
        labels,
    })
}

/// The labels' file: the one given, or the one found beside the images.
pub(super) fn labels_of(images: &Path, given: Option<&Path>) -> Result<PathBuf, DataError> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    labels_beside(images).ok_or_else(|| {
        let looked = match label_names(images).first() {
            Some(first) => format!("no label file {} beside it", display_path(first)),
            None => "no label file, and none can be guessed from its name".to_owned(),
        };
        DataError::Unreadable {
            file: display_path(images),
            reason: format!("{looked}; expected one label file, given or of that kind of name"),
        }
    })
}

/// The first four bytes of an IDX file of unsigned bytes.
pub(super) struct Magic {
    /// How many dimensions follow.
    pub(super) dimensions: u8,
}

/// Reads and checks the magic.
pub(super) fn read_magic(source: &mut Source<'_>) -> Result<Magic, DataError> {
    if source.stored() == 0 {
        return Err(DataError::malformed(
            source.file(),
            super::Place::File,
            "file is empty; expected an IDX file",
        ));
    }
    let mut magic = [0_u8; 4];
    let found = source.fill(&mut magic)?;
    let place = source.place(0);
    let fail = |problem: String| Err(DataError::malformed(source.file(), place, problem));
    if found == 0 {
        return fail("file is empty once unpacked; expected an IDX file".to_owned());
    }
    let seen: Vec<String> = magic[..found]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let unknown = format!(
        "not an IDX file (magic {}); expected 00 00 08 03 for images or 00 00 08 01 for labels",
        seen.join(" ")
    );
    if magic[..found.min(2)].iter().any(|&byte| byte != 0) {
        return fail(unknown);
    }
    let known = matches!(magic[2], 0x08 | 0x09 | 0x0b..=0x0e);
    if found > 2 && !known {
        return fail(unknown);
    }
    if found < 4 {
        return fail(format!(
            "IDX header truncated: expected 4 bytes of magic, found {found}"
        ));
    }
    if magic[2] != 0x08 {
        return Err(DataError::malformed(
            source.file(),
            source.place(2),
            format!(
                "unsupported IDX element type 0x{:02X}; expected 0x08 (unsigned bytes)",
                magic[2]
            ),
        ));
    }
    Ok(Magic {
        dimensions: magic[3],
    })
}

/// Reads `N` dimensions and returns them with their checked product, which this file can hold.
fn read_dimensions<const N: usize>(
    source: &mut Source<'_>,
) -> Result<([u32; N], usize), DataError> {
    let mut dimensions = [0_u32; N];
    for (i, dimension) in dimensions.iter_mut().enumerate() {
        let mut bytes = [0_u8; 4];
        let found = source.fill(&mut bytes)?;
        if found < 4 {
            return Err(DataError::malformed(
                source.file(),
                source.place(source.taken()),
                format!(
                    "IDX header truncated: expected {} bytes, found {}",
                    4 + 4 * N,
                    4 + 4 * i + found
                ),
            ));
        }
        *dimension = u32::from_be_bytes(bytes);
    }
    let text = dimensions.map(|d| d.to_string()).join(" x ");
    let fail = |i: usize, problem: String| {
        Err(DataError::malformed(
            source.file(),
            source.place(4 + 4 * i as u64),
            problem,
        ))
    };
    match dimensions.iter().position(|&d| d == 0) {
        None => {}
        Some(0) => {
            return fail(
                0,
                "dataset is empty (0 examples); expected at least 1".to_owned(),
            );
        }
        Some(i) => {
            return fail(
                i,
                format!("zero-size dimension in {text}; expected at least 1"),
            );
        }
    }
    let product = dimensions
        .iter()
        .try_fold(1_u64, |product, &d| product.checked_mul(u64::from(d)));
    let Some(product) = product else {
        return fail(
            0,
            format!(
                "dimensions {text} are too large; expected at most {} bytes",
                super::source::LARGEST
            ),
        );
    };
    source.check_promise(product, &text)?;
    match usize::try_from(product) {
        Ok(length) => Ok((dimensions, length)),
        Err(_) => fail(
            0,
            format!("dimensions {text} are too large for this machine"),
        ),
    }
}

/// Reads all images.
pub(super) fn read_images(mut source: Source<'_>) -> Result<IdxImages, DataError> {
    let mut pixels = Vec::new();
    let (count, rows, cols) = append_images(&mut source, None, &mut pixels)?;
    Ok(IdxImages {
        file: source.file().to_owned(),
        gzip: source.gzip(),
        count,
        rows,
        cols,
        pixels,
    })
}

/// Appends all images, or only the first `limit` of them (the rest of the file then stays unread and unchecked).
///
/// Returns how many, their rows and their columns.
pub(super) fn append_images(
    source: &mut Source<'_>,
    limit: Option<usize>,
    pixels: &mut Vec<u8>,
) -> Result<(usize, usize, usize), DataError> {
    let magic = read_magic(source)?;
    if magic.dimensions != 3 {
        let hint = if magic.dimensions == 1 {
            " (a label file?)"
        } else {
            ""
        };
        return Err(DataError::malformed(
            source.file(),
            source.place(3),
            format!("images need 3 dimensions, found {}{hint}", magic.dimensions),
        ));
    }
    let ([count, rows, cols], length) = read_dimensions::<3>(source)?;
    let meaning = format!("{count} images of {rows} x {cols}");
    let (count, rows, cols) = (count as usize, rows as usize, cols as usize);
    match limit {
        Some(limit) if limit < count => {
            source.read_some(limit * (length / count), &meaning, pixels)?;
            Ok((limit, rows, cols))
        }
        _ => {
            source.read_exactly(length, &meaning, pixels)?;
            Ok((count, rows, cols))
        }
    }
}

/// Reads all labels and checks them.
pub(super) fn read_labels(
    mut source: Source<'_>,
    classes: Option<usize>,
    count: Option<usize>,
) -> Result<IdxLabels, DataError> {
    if let Some(classes) = classes.filter(|classes| !(1..=MOST_CLASSES).contains(classes)) {
        return Err(DataError::invalid(
            source.file(),
            format!("{classes} classes asked for; expected 1 to {MOST_CLASSES}"),
        ));
    }
    let magic = read_magic(&mut source)?;
    if magic.dimensions != 1 {
        let hint = if magic.dimensions == 3 {
            " (an image file?)"
        } else {
            ""
        };
        return Err(DataError::malformed(
            source.file(),
            source.place(3),
            format!("labels need 1 dimension, found {}{hint}", magic.dimensions),
        ));
    }
    let (_, length) = read_dimensions::<1>(&mut source)?;
    if let Some(count) = count.filter(|&count| count != length) {
        return Err(DataError::malformed(
            source.file(),
            source.place(4),
            format!("{count} images but {length} labels; expected one label for each image"),
        ));
    }
    let start = source.taken();
    let mut labels = Vec::new();
    source.read_exactly(length, &counted(length, "label"), &mut labels)?;
    if let Some(classes) = classes
        && let Some(i) = labels
            .iter()
            .position(|&label| usize::from(label) >= classes)
    {
        return Err(DataError::malformed(
            source.file(),
            source.place(start + i as u64),
            format!(
                "label {} at index {i} is outside 0..{} (for {classes} classes)",
                labels[i],
                classes - 1
            ),
        ));
    }
    let highest = labels.iter().copied().max().unwrap_or(0);
    let classes = classes.unwrap_or(usize::from(highest) + 1);
    Ok(IdxLabels {
        file: source.file().to_owned(),
        gzip: source.gzip(),
        classes,
        labels,
    })
}

#[cfg(test)]
#[path = "idx_test.rs"]
mod tests;
