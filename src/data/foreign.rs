//! Formats that are known by name and not read: what they are, and the way on.

use std::collections::BTreeMap;

use super::fields;

/// How a format is told, what it is, and what to do with it.
struct Foreign {
    /// Where these bytes stand in the file.
    at: usize,
    bytes: &'static [u8],
    words: &'static str,
}

const fn begins(bytes: &'static [u8], words: &'static str) -> Foreign {
    Foreign {
        at: 0,
        bytes,
        words,
    }
}

const TABLE: &[Foreign] = &[
    begins(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old office file (.xls, .doc); expected the sheet saved as CSV",
    ),
    begins(
        b"PAR1",
        "a Parquet file; expected CSV (pandas: read_parquet(…).to_csv(…))",
    ),
    begins(
        b"ARROW1",
        "an Arrow (Feather) file; expected CSV (pandas: read_feather(…).to_csv(…))",
    ),
    begins(
        b"FEA1",
        "a Feather file; expected CSV (pandas: read_feather(…).to_csv(…))",
    ),
    begins(b"ORC", "an ORC file; expected CSV"),
    begins(b"Obj\x01", "an Avro file; expected CSV"),
    begins(
        b"\x89HDF\r\n\x1a\n",
        "an HDF5 file (.h5, MATLAB 7.3); expected its arrays saved as NPZ",
    ),
    begins(b"CDF", "a NetCDF file; expected its arrays saved as NPZ"),
    begins(
        b"MATLAB 5.0",
        "a MATLAB file (.mat); expected its arrays saved as NPZ (scipy.io.loadmat, numpy.savez)",
    ),
    begins(
        b"\x80\x02",
        "a Python pickle, which could run anything; expected NPZ or CSV",
    ),
    begins(
        b"\x80\x03",
        "a Python pickle, which could run anything; expected NPZ or CSV",
    ),
    begins(
        b"\x80\x04",
        "a Python pickle, which could run anything; expected NPZ or CSV",
    ),
    begins(
        b"\x80\x05",
        "a Python pickle, which could run anything; expected NPZ or CSV",
    ),
    begins(b"RDX2\n", "an R data file; expected CSV (write.csv)"),
    begins(b"RDX3\n", "an R data file; expected CSV (write.csv)"),
    begins(
        b"X\n\x00\x00\x00",
        "an R object (.rds); expected CSV (write.csv)",
    ),
    begins(b"$FL2", "an SPSS file (.sav); expected CSV"),
    begins(b"<stata_dta>", "a Stata file (.dta); expected CSV"),
    begins(
        b"SQLite format 3\x00",
        "an SQLite database; expected one table saved as CSV",
    ),
    begins(b"%PDF-", "a PDF; expected data"),
    begins(b"7z\xbc\xaf\x27\x1c", "a 7z archive; expected it unpacked"),
    begins(b"Rar!\x1a\x07", "a RAR archive; expected it unpacked"),
    begins(
        b"BZh",
        "packed with bzip2; expected it unpacked, or packed with gzip",
    ),
    begins(
        b"\xfd7zXZ\x00",
        "packed with xz; expected it unpacked, or packed with gzip",
    ),
    begins(
        b"\x28\xb5\x2f\xfd",
        "packed with zstd; expected it unpacked, or packed with gzip",
    ),
    begins(b"GIF87a", "a GIF picture; expected PNG or JPEG"),
    begins(b"GIF89a", "a GIF picture; expected PNG or JPEG"),
    begins(b"II*\x00", "a TIFF picture; expected PNG or JPEG"),
    begins(b"MM\x00*", "a TIFF picture; expected PNG or JPEG"),
    begins(
        b"fLaC",
        "a sound (FLAC); expected numbers, pictures or text",
    ),
    begins(b"OggS", "a sound (Ogg); expected numbers, pictures or text"),
    begins(b"ID3", "a sound (MP3); expected numbers, pictures or text"),
    begins(b"DICM", "a DICOM picture; expected PNG or JPEG"),
    Foreign {
        at: 128,
        bytes: b"DICM",
        words: "a DICOM picture; expected PNG or JPEG",
    },
    Foreign {
        at: 8,
        bytes: b"WEBP",
        words: "a WebP picture; expected PNG or JPEG",
    },
    Foreign {
        at: 8,
        bytes: b"WAVE",
        words: "a sound (WAV); expected numbers, pictures or text",
    },
    Foreign {
        at: 4,
        bytes: b"ftyp",
        words: "a film or a picture in HEIC; expected PNG or JPEG",
    },
];

/// What the start of a file shows it to be, if that is something that is known and not read; `text` says whether it is text.
pub(super) fn what(start: &[u8], text: bool) -> Option<&'static str> {
    let is = |f: &&Foreign| start.get(f.at..f.at + f.bytes.len()) == Some(f.bytes);
    if let Some(found) = TABLE
        .iter()
        .filter(|f| !text || f.bytes != b"ORC" && f.bytes != b"ID3")
        .find(is)
    {
        return Some(found.words);
    }
    if start.starts_with(b"BM") && !text && start.get(6..10) == Some(&[0; 4]) {
        return Some("a BMP picture; expected PNG or JPEG");
    }
    if !text {
        return None;
    }
    let lines = start.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
    let mut lines = lines.filter(|l| !l.is_empty() && !l.starts_with(b"%") && !l.starts_with(b"#"));
    let first = lines.next().unwrap_or_default();
    let lower = first.to_ascii_lowercase();
    if lower.starts_with(b"@relation") || lower.starts_with(b"@attribute") {
        let series = start
            .windows(16)
            .any(|w| w.eq_ignore_ascii_case(b"@attribute serie"));
        return Some(if series {
            "a .tsf file of forecasting series; expected .ts series or CSV"
        } else {
            "an ARFF file (Weka, OpenML); expected CSV"
        });
    }
    if let [b'{', ..] | [b'[', b'{' | b'[' | b'"' | b'0'..=b'9', ..] | [b'['] = first {
        return Some("JSON; expected CSV (pandas: read_json(…).to_csv(…))");
    }
    if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") {
        return Some("a web page (was the file itself downloaded?); expected data");
    }
    if lower.starts_with(b"<?xml") || lower.starts_with(b"<svg") {
        return Some("XML; expected CSV or pictures");
    }
    if first.starts_with(b"version https://git-lfs") {
        return Some("a pointer of Git LFS, not the file; expected the file itself (git lfs pull)");
    }
    // LIBSVM: a label, then pairs of a number and a value.
    let pairs = std::str::from_utf8(first).ok().is_some_and(|line| {
        let mut fields = line.split_ascii_whitespace();
        let label = fields
            .next()
            .is_some_and(|f| fields::number(f, false).is_some());
        let pair = |f: &str| {
            f.split_once(':').is_some_and(|(i, v)| {
                i.parse::<u32>().is_ok() && fields::number(v, false).is_some()
            })
        };
        let rest: Vec<&str> = fields.collect();
        label && rest.len() >= 2 && rest.into_iter().all(pair)
    });
    pairs.then_some("an SVMLight (LIBSVM) file; expected CSV")
}

/// What an archive of those members is, if it is no archive of data but a file of an office program or the like.
pub(super) fn archive(names: &[String]) -> Option<&'static str> {
    let has = |name: &str| names.iter().any(|n| n == name);
    let below = |folder: &str| names.iter().any(|n| n.starts_with(folder));
    if has("[Content_Types].xml") {
        return Some(if below("xl/") {
            "an Excel book (.xlsx); expected the sheet saved as CSV"
        } else if below("word/") {
            "a Word document (.docx); expected data"
        } else if below("ppt/") {
            "a PowerPoint file (.pptx); expected data"
        } else {
            "an office file; expected the sheet saved as CSV"
        });
    }
    if has("mimetype") && has("content.xml") {
        return Some("an OpenDocument file (.ods, .odt); expected the sheet saved as CSV");
    }
    if has("META-INF/MANIFEST.MF") || has("AndroidManifest.xml") {
        return Some("a program (.jar, .apk); expected data");
    }
    if names.iter().any(|n| n.ends_with("/data.pkl")) {
        return Some("a PyTorch file (.pt); expected its arrays saved as NPZ");
    }
    None
}

/// The format that a picture's name promises, of those that are not read.
pub(super) fn picture(name: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 11] = [
        (".webp", "WebP"),
        (".bmp", "BMP"),
        (".gif", "GIF"),
        (".tif", "TIFF"),
        (".tiff", "TIFF"),
        (".heic", "HEIC"),
        (".avif", "AVIF"),
        (".ppm", "PPM"),
        (".pgm", "PGM"),
        (".svg", "SVG"),
        (".dcm", "DICOM"),
    ];
    let lower = name.to_lowercase();
    let found = KINDS.iter().find(|(end, _)| lower.ends_with(end));
    found.map(|(_, kind)| *kind)
}

/// How many of some files are pictures that are not read, and of which kinds: "6 in WebP, 2 in BMP". `None` if none is.
pub(super) fn pictures<'a>(names: impl Iterator<Item = &'a str>) -> Option<(usize, String)> {
    let mut found: BTreeMap<&'static str, usize> = BTreeMap::new();
    for kind in names.filter_map(picture) {
        *found.entry(kind).or_insert(0) += 1;
    }
    let kinds: Vec<String> = found.iter().map(|(k, n)| format!("{n} in {k}")).collect();
    (!found.is_empty()).then(|| (found.values().sum(), kinds.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        for (bytes, text, word) in [
            (&b"PAR1\x15\x04"[..], false, "Parquet"),
            (b"\x89HDF\r\n\x1a\n\x00", false, "HDF5"),
            (b"RIFF\x10\x00\x00\x00WEBPVP8L", false, "WebP"),
            (b"RIFF\x10\x00\x00\x00WAVEfmt ", false, "WAV"),
            (b"% c\n@RELATION iris\n", true, "ARFF"),
            (
                b"# c\n@relation t\n@attribute series_name string\n",
                true,
                ".tsf",
            ),
            (b"[{\"a\": 1}]", true, "JSON"),
            (b"{\"a\": 1}\n{\"a\": 2}", true, "JSON"),
            (b"<!DOCTYPE html><html>", true, "web page"),
            (b"+1 1:0.5 3:2\n", true, "SVMLight"),
        ] {
            let found = what(bytes, text);
            assert!(found.is_some_and(|f| f.contains(word)), "{word}: {found:?}");
        }
        assert_eq!(what(b"a,b,c\n1,2,x\n", true), None);
        assert_eq!(what(b"1 2 3\n", true), None);
        assert_eq!(what(b"BMI,age,ill\n", true), None);
        assert_eq!(picture("x/Y.WEBP"), Some("WebP"));
    }
}
