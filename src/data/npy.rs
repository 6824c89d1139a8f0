//! NPY arrays (NumPy's format), alone in a file or as members of an NPZ archive: booleans, integers and reals of either byte order,
//! in C or Fortran order.
//!
//! An NPY file is `\x93NUMPY`, two bytes of version, the length of the header (2 bytes, from version 2 on 4 bytes, little-endian),
//! the header (a Python dictionary with `descr`, `fortran_order` and `shape`), then the elements.

use super::error::{DataError, Place, grouped, one_line};
use super::npy_header::{self, Said};
use super::numbers::Numbers;
use super::source::Source;

/// The longest header that is read: NumPy's own are below a few hundred bytes.
const LONGEST_HEADER: usize = 1 << 16;
/// The magic that an NPY file starts with.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// An array.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    /// The file, or file and member, that it came from.
    pub(super) file: String,
    /// Its element type in NumPy's words, such as `<f4`.
    pub(super) dtype: String,
    /// Its dimensions; none for a scalar.
    pub(super) shape: Vec<usize>,
    /// The elements in C order (the last index runs fastest), all finite.
    pub(super) values: Numbers,
    /// What the values stand for where the file holds words, in the order in which they came: a value is the place of its word.
    pub(super) words: Vec<String>,
}

/// What the header says of the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
    /// Letters of four bytes each.
    Unicode,
    /// Letters of a byte each.
    Letters,
}

struct Header {
    dtype: String,
    kind: Kind,
    /// Bytes of an element.
    width: usize,
    big_endian: bool,
    fortran: bool,
    shape: Vec<usize>,
    /// Product of the shape.
    count: usize,
}

/// Reads an array to the end of the source.
///
/// # Errors
/// One line with the file, the place and what was expected. No memory is taken on the word of the header.
pub(super) fn read(mut source: Source<'_>) -> Result<Array, DataError> {
    let header = read_header(&mut source)?;
    if matches!(header.kind, Kind::Unicode | Kind::Letters) {
        let problem = format!("dtype {} is not supported; {SUPPORTED}", header.dtype);
        return Err(DataError::malformed(
            source.file(),
            source.place(10),
            problem,
        ));
    }
    read_numbers(source, header)
}

/// As [`read`], of an array that may hold words as well.
pub(super) fn read_labels(mut source: Source<'_>) -> Result<Array, DataError> {
    let header = read_header(&mut source)?;
    let letter = match header.kind {
        Kind::Unicode => 4,
        Kind::Letters => 1,
        _ => return read_numbers(source, header),
    };
    let length = header.count * header.width;
    let meaning = format!("shape {} of {}", shape_text(&header.shape), header.dtype);
    source.check_promise(length as u64, &meaning)?;
    let mut bytes = Vec::new();
    source.read_exactly(length, &meaning, &mut bytes)?;
    let mut words: Vec<String> = Vec::new();
    let mut known = std::collections::HashMap::new();
    let mut values = Vec::new();
    for element in bytes.chunks_exact(header.width.max(1)) {
        let code = |c: &[u8]| match *c {
            [a, b, c, d] if header.big_endian => u32::from_be_bytes([a, b, c, d]),
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
            _ => u32::from(c[0]),
        };
        let letters = element.chunks_exact(letter).map(code);
        let word: String = letters
            .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        let word = one_line(word.trim_end_matches('\0').trim());
        let next = words.len() as i64;
        let place = *known.entry(word.clone()).or_insert(next);
        if place == next {
            words.push(word);
        }
        values.push(place);
    }
    Ok(Array {
        file: source.file().to_owned(),
        dtype: header.dtype,
        shape: header.shape,
        values: Numbers::Integers(values),
        words,
    })
}

fn read_numbers(mut source: Source<'_>, header: Header) -> Result<Array, DataError> {
    let length = header
        .count
        .checked_mul(header.width)
        .ok_or_else(|| DataError::malformed(source.file(), Place::File, "shape is too large"))?;
    let meaning = format!("shape {} of {}", shape_text(&header.shape), header.dtype);
    source.check_promise(length as u64, &meaning)?;
    let mut values = match (header.kind, header.width) {
        (Kind::Bool | Kind::Unsigned, 1) => Numbers::BYTES,
        (Kind::Float, 2 | 4) => Numbers::SINGLES,
        (Kind::Float, _) => Numbers::REALS,
        _ => Numbers::INTEGERS,
    };
    let start = source.taken();
    source.read_pieces(length, header.width, &meaning, |piece, offset| {
        decode(&header, piece, &mut values).map_err(|(at, problem)| (offset + at as u64, problem))
    })?;
    debug_assert_eq!(source.taken(), start + length as u64);
    if header.fortran && header.shape.len() > 1 {
        values = values.transposed(&header.shape);
    }
    if let Some(at) = values.first_not_finite() {
        let each: usize = header.shape.iter().skip(1).product();
        return Err(DataError::malformed(
            source.file(),
            Place::File,
            format!(
                "value at row {}, column {} is not finite; expected finite numbers",
                at / each.max(1),
                at % each.max(1)
            ),
        ));
    }
    Ok(Array {
        file: source.file().to_owned(),
        dtype: header.dtype,
        shape: header.shape,
        values,
        words: Vec::new(),
    })
}

/// The shape that the header names; the elements stay unread.
///
/// # Errors
/// As [`read`].
pub(super) fn shape_of(source: &mut Source<'_>) -> Result<Vec<usize>, DataError> {
    read_header(source).map(|header| header.shape)
}

fn read_header(source: &mut Source<'_>) -> Result<Header, DataError> {
    let mut start = [0_u8; 12];
    let found = source.fill(&mut start[..8])?;
    if found == 0 {
        let problem = "file is empty; expected an NPY array";
        return Err(DataError::malformed(source.file(), Place::File, problem));
    }
    if !start[..found].starts_with(&MAGIC[..found.min(MAGIC.len())]) {
        let problem = "not an NPY file (bad magic); expected 93 4e 55 4d 50 59 (NUMPY)";
        return Err(DataError::malformed(
            source.file(),
            source.place(0),
            problem,
        ));
    }
    let version = start[6];
    if found == 8 && !(1..=3).contains(&version) {
        return Err(DataError::malformed(
            source.file(),
            source.place(6),
            format!("NPY version {version}; expected 1, 2 or 3"),
        ));
    }
    let truncated = |source: &Source<'_>, expected: usize, found: usize| {
        DataError::malformed(
            source.file(),
            source.place(source.taken()),
            format!("NPY header truncated: expected {expected} bytes, found {found}"),
        )
    };
    let size = if version == 1 { 2 } else { 4 };
    let length_found = if found == 8 {
        source.fill(&mut start[8..8 + size])?
    } else {
        0
    };
    if length_found < size {
        return Err(truncated(source, 8 + size, found + length_found));
    }
    let length = start[8..8 + size]
        .iter()
        .rev()
        .fold(0_usize, |sum, &byte| sum << 8 | usize::from(byte));
    if length > LONGEST_HEADER {
        return Err(DataError::malformed(
            source.file(),
            source.place(8),
            format!("NPY header of {length} bytes; expected at most {LONGEST_HEADER}"),
        ));
    }
    let mut text = vec![0; length];
    let found = source.fill(&mut text)?;
    if found < length {
        return Err(truncated(source, 8 + size + length, 8 + size + found));
    }
    interpret(&text).map_err(|problem| {
        DataError::malformed(source.file(), source.place(8 + size as u64), problem)
    })
}

fn interpret(text: &[u8]) -> Result<Header, String> {
    let Said {
        dtype,
        fortran,
        shape,
    } = npy_header::read(text)?;
    let (kind, width, big_endian) = element(&dtype)?;
    let product = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
    let bytes = product.and_then(|n| n.checked_mul(width));
    let (Some(count), Some(_)) = (product, bytes) else {
        return Err(format!(
            "shape {} is too large; expected at most {} bytes",
            shape_text(&shape),
            super::source::LARGEST
        ));
    };
    Ok(Header {
        dtype,
        kind,
        width,
        big_endian,
        fortran,
        shape,
        count,
    })
}

/// What elements may be.
const SUPPORTED: &str = "expected booleans, integers (1 to 8 bytes) or reals (2, 4 or 8 bytes)";

/// Kind, width in bytes and byte order of a type like `<f4`.
fn element(dtype: &str) -> Result<(Kind, usize, bool), String> {
    let supported = SUPPORTED;
    let refuse = || format!("dtype {dtype} is not supported; {supported}");
    let mut rest = dtype.chars();
    let big_endian = match rest.clone().next() {
        Some('>') => true,
        Some('<' | '|' | '=') => false,
        _ => return Err(refuse()),
    };
    rest.next();
    let kind = match rest.next() {
        Some('b') => Kind::Bool,
        Some('u') => Kind::Unsigned,
        Some('i') => Kind::Signed,
        Some('f') => Kind::Float,
        Some(letter @ ('U' | 'S')) => {
            let count: usize = rest.as_str().parse().map_err(|_| refuse())?;
            if !(1..=1000).contains(&count) {
                return Err(refuse());
            }
            return Ok(match letter {
                'U' => (Kind::Unicode, 4 * count, big_endian),
                _ => (Kind::Letters, count, big_endian),
            });
        }
        Some('O') => {
            return Err(format!("object arrays (pickle) are refused; {supported}"));
        }
        _ => return Err(refuse()),
    };
    let width = match (kind, rest.as_str()) {
        (Kind::Bool | Kind::Unsigned | Kind::Signed, "1") => 1,
        (Kind::Unsigned | Kind::Signed | Kind::Float, "2") => 2,
        (Kind::Unsigned | Kind::Signed | Kind::Float, "4") => 4,
        (Kind::Unsigned | Kind::Signed | Kind::Float, "8") => 8,
        _ => return Err(refuse()),
    };
    Ok((kind, width, big_endian))
}

/// Appends whole elements to `values`; on failure the byte within the piece, and why.
fn decode(header: &Header, piece: &[u8], values: &mut Numbers) -> Result<(), (usize, String)> {
    let width = header.width;
    // Little-endian bits of each element, whatever its width.
    let bits = piece.chunks_exact(width).map(|element| {
        element.iter().enumerate().fold(0_u64, |bits, (i, &byte)| {
            let place = if header.big_endian { width - 1 - i } else { i };
            bits | u64::from(byte) << (8 * place)
        })
    });
    match values {
        Numbers::Bytes(out) => out.extend_from_slice(piece),
        Numbers::Singles(out) if width == 2 => out.extend(bits.map(|b| half(b as u16))),
        Numbers::Singles(out) => out.extend(bits.map(|b| f32::from_bits(b as u32))),
        Numbers::Reals(out) => out.extend(bits.map(f64::from_bits)),
        Numbers::Integers(out) => {
            let unused = 64 - 8 * width as u32;
            for (i, bits) in bits.enumerate() {
                out.push(match header.kind {
                    // Moved to the top and back, so that the sign is carried down.
                    Kind::Signed => (bits << unused).cast_signed() >> unused,
                    _ => i64::try_from(bits).map_err(|_| {
                        let problem = format!("{bits} is too large; expected at most {}", i64::MAX);
                        (i * width, problem)
                    })?,
                });
            }
        }
    }
    Ok(())
}

/// A half-precision number (IEEE 754 binary16) in single precision, exactly.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2.0_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2.0_f32.powi(exponent - 25),
    }
}

/// A shape in Python's words.
pub(super) fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({},)", grouped(*one)),
        _ => format!(
            "({})",
            shape
                .iter()
                .map(usize::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

#[cfg(test)]
#[path = "npy_test.rs"]
mod tests;
