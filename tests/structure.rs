//! Changes that keep to a format's structure: its lengths, dimensions, chunks, members, lines and cells are what is changed, so that
//! most of what is made gets far into a reader.

use crate::samples;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng as _;

/// What is known of how a file is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// Nothing: its bytes are changed.
    None,
    Idx,
    Npy,
    Safetensors,
    /// Chunks of a length in front, a name, bytes and a checksum.
    Png,
    /// Segments of a marker and a length.
    Jpeg,
    /// Local headers, a directory and its end.
    Zip,
    /// Blocks of 512 bytes: a header with a checksum before each member.
    Tar,
    /// Lines of cells.
    Lines,
}

/// A number below `bound`; 0 where there is none.
pub fn below(random: &mut Pcg64Mcg, bound: usize) -> usize {
    (random.next_u64() % bound.max(1) as u64) as usize
}

/// One of some.
pub fn one<'a, T>(random: &mut Pcg64Mcg, of: &'a [T]) -> &'a T {
    &of[below(random, of.len())]
}

/// A count as files claim it: mostly small, sometimes about a power of two, sometimes anything.
fn count(random: &mut Pcg64Mcg) -> u64 {
    match below(random, 6) {
        0..3 => below(random, 20) as u64,
        3 => (1_u64 << below(random, 64)).wrapping_sub(below(random, 3) as u64),
        4 => *one(
            random,
            &[0, 1, 255, 256, 65_535, 65_536, 1 << 31, 1 << 32, u64::MAX],
        ),
        _ => random.next_u64() >> below(random, 64),
    }
}

/// The examples of the samples.
const EXAMPLES: u64 = 12;

/// A dimension: small three times out of four, the first often that of the samples.
fn dimension(random: &mut Pcg64Mcg, first: bool) -> u64 {
    match below(random, 8) {
        0 | 1 => count(random),
        2..6 if first => EXAMPLES,
        _ => 1 + below(random, 6) as u64,
    }
}

/// Makes another file of that structure of `bytes`.
pub fn change(structure: Structure, bytes: &mut Vec<u8>, random: &mut Pcg64Mcg) {
    match structure {
        Structure::None => {}
        Structure::Idx => idx(bytes, random),
        Structure::Npy => npy(bytes, random),
        Structure::Safetensors => safetensors(bytes, random),
        Structure::Png => png(bytes, random),
        Structure::Jpeg => jpeg(bytes, random),
        Structure::Zip => zip(bytes, random),
        Structure::Tar => tar(bytes, random),
        Structure::Lines => lines(bytes, random),
    }
}

/// Type, number of dimensions and each dimension, with data that are as long as they say, or not.
fn idx(bytes: &mut Vec<u8>, random: &mut Pcg64Mcg) {
    let kind = *one(random, &[8, 8, 8, 9, 0xb, 0xc, 0xd, 0xe, 0, 255]);
    let dimensions = *one(random, &[3, 3, 3, 1, 2, 4, 0, 5, 255]);
    let mut file = vec![0, 0, kind, dimensions];
    let mut product = 1_u64;
    for _ in 0..below(random, usize::from(dimensions) + 2).max(usize::from(dimensions.min(5))) {
        let d = dimension(random, file.len() == 4) as u32;
        product = product.saturating_mul(u64::from(d));
        file.extend(d.to_be_bytes());
    }
    let size = [1, 1, 1, 2, 4, 4, 8][usize::from(kind.saturating_sub(8)).min(6)];
    let length = length(random, product.saturating_mul(size));
    let old = std::mem::take(bytes);
    file.extend(old.into_iter().cycle().take(length));
    *bytes = file;
}

/// So many bytes of data as a header asks for, a few more or fewer, or others; at most 20,000.
fn length(random: &mut Pcg64Mcg, asked: u64) -> usize {
    let asked = asked.min(20_000) as usize;
    match below(random, 8) {
        0 => below(random, 200),
        1 => (asked + below(random, 9)).saturating_sub(4),
        _ => asked,
    }
}

/// The header's entries, as they are written or nearly so, and its length, true or not.
fn npy(bytes: &mut Vec<u8>, random: &mut Pcg64Mcg) {
    let types = [
        "<f4",
        "<f8",
        ">f4",
        "|u1",
        "<i8",
        ">i2",
        "|b1",
        "<f2",
        "<U5",
        "|O",
        "<c8",
        "<m8[s]",
        "=f4",
        "f4",
        "",
        "|S3",
        "<f16",
        "[('a','<f4')]",
        "<f4",
        "<f8",
        "<i4",
        "|u1",
        ">f4",
    ];
    let kind = *one(random, &types);
    let mut dimensions: Vec<u64> = (0..*one(random, &[1, 2, 2, 2, 3, 3, 0, 4, 40]))
        .map(|_| dimension(random, false))
        .collect();
    if let Some(first) = dimensions.first_mut().filter(|_| below(random, 3) > 0) {
        *first = EXAMPLES;
    }
    let asked = dimensions.iter().fold(4_u64, |a, b| a.saturating_mul(*b));
    let mut shape = dimensions
        .iter()
        .map(|d| {
            format!(
                "{d}{}",
                one(random, &["", "", "", "", "", "", "", "L", " ", ".0", "_0"])
            )
        })
        .collect::<Vec<_>>()
        .join(*one(random, &[", ", ", ", ", ", ",", " , ", ";", ",,"]));
    if dimensions.len() == 1 || below(random, 5) == 0 {
        shape.push(',');
    }
    for _ in 0..*one(random, &[1, 1, 1, 1, 1, 1, 1, 1, 0, 2, 60]) {
        shape = format!("({shape})");
    }
    let mut entries = vec![
        format!("'descr': '{kind}'"),
        format!(
            "'fortran_order': {}",
            one(
                random,
                &["False", "True", "False", "True", "False", "None", "0"]
            )
        ),
        format!("'shape': {shape}"),
    ];
    match below(random, 12) {
        0 => entries.swap(0, 2),
        1 => {
            let i = below(random, entries.len());
            entries.remove(i);
        }
        2 => {
            let entry = one(random, &entries).clone();
            entries.push(entry);
        }
        3 => entries.push("'more': 1".into()),
        _ => {}
    }
    let mut header = format!("{{{}, }}", entries.join(", "));
    header.push_str(&" ".repeat(below(random, 64)));
    let end = *one(random, &["\n", "\n", "\n", "\n", "\n", "", "\0", "\r\n"]);
    header.push_str(end);
    let version = *one(random, &[1_u8, 1, 1, 1, 1, 2, 2, 3, 0, 4]);
    let mut file = b"\x93NUMPY".to_vec();
    file.extend([version, 0]);
    let said = match below(random, 12) {
        0 => count(random),
        _ => header.len() as u64,
    };
    match version {
        2 | 3 => file.extend((said as u32).to_le_bytes()),
        _ => file.extend((said as u16).to_le_bytes()),
    }
    file.extend(header.as_bytes());
    let length = length(random, asked);
    let old = std::mem::take(bytes);
    file.extend(old.into_iter().cycle().take(length));
    *bytes = file;
}

/// The header of tensors: names, types, shapes and places, each as it was or another's.
fn safetensors(bytes: &mut Vec<u8>, random: &mut Pcg64Mcg) {
    let Some(head) = bytes.get(..8) else { return };
    let long = u64::from_le_bytes(head.try_into().expect("eight bytes")) as usize;
    let Some(text) = bytes.get(8..long.saturating_add(8)) else {
        return;
    };
    let Ok(serde_json::Value::Object(mut all)) = serde_json::from_slice(text) else {
        return;
    };
    let data = bytes[8 + long..].to_vec();
    let names: Vec<String> = all.keys().cloned().collect();
    for _ in 0..=below(random, 3) {
        let (name, other) = (one(random, &names).clone(), one(random, &names).clone());
        let number = |random: &mut Pcg64Mcg| match below(random, 4) {
            0 => serde_json::json!(count(random)),
            1 => serde_json::json!(data.len() + below(random, 3)),
            2 => one(
                random,
                &[
                    serde_json::json!(-1),
                    serde_json::json!(0.5),
                    serde_json::json!("4"),
                    serde_json::json!(null),
                    serde_json::json!([]),
                ],
            )
            .clone(),
            _ => serde_json::json!(below(random, data.len() + 1)),
        };
        match below(random, 7) {
            0 => {
                all.remove(&name);
            }
            1 => {
                if let Some(tensor) = all.get(&other).cloned() {
                    all.insert(name, tensor);
                }
            }
            2 => {
                if let Some(tensor) = all.remove(&name) {
                    all.insert(format!("{name}{}", below(random, 3)), tensor);
                }
            }
            3 => {
                let kind = *one(
                    random,
                    &["F64", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "x"],
                );
                if let Some(tensor) = all.get_mut(&name) {
                    tensor["dtype"] = kind.into();
                }
            }
            4 => {
                let shape: Vec<_> = (0..below(random, 5)).map(|_| number(random)).collect();
                if let Some(tensor) = all.get_mut(&name) {
                    tensor["shape"] = shape.into();
                }
            }
            5 => {
                let places: Vec<_> = (0..*one(random, &[2, 2, 2, 1, 3]))
                    .map(|_| number(random))
                    .collect();
                if let Some(tensor) = all.get_mut(&name) {
                    tensor["data_offsets"] = places.into();
                }
            }
            _ => {
                all.insert(
                    "__metadata__".into(),
                    serde_json::json!({ "format": count(random).to_string() }),
                );
            }
        }
    }
    let text = serde_json::Value::Object(all).to_string();
    let said = match below(random, 6) {
        0 => count(random),
        1 => (text.len() + below(random, 5)) as u64,
        _ => text.len() as u64,
    };
    *bytes = said.to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    let kept = length(random, data.len() as u64).min(data.len());
    bytes.extend(&data[..kept]);
}

/// Takes pieces away, doubles, swaps and shortens them.
fn shuffle<T: Clone>(pieces: &mut Vec<T>, random: &mut Pcg64Mcg) {
    if pieces.is_empty() {
        return;
    }
    let (a, b) = (below(random, pieces.len()), below(random, pieces.len()));
    match below(random, 4) {
        0 => {
            pieces.remove(a);
        }
        1 => {
            let piece = pieces[a].clone();
            for _ in 0..=below(random, 3) {
                pieces.insert(b, piece.clone());
            }
        }
        2 => pieces.swap(a, b),
        _ => pieces.truncate(a),
    }
}

/// Chunks and what the first of them says; the checksums are made right afterwards.
fn png(bytes: &mut Vec<u8>, random: &mut Pcg64Mcg) {
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        let end = at
            .saturating_add(12)
            .saturating_add(length)
            .min(bytes.len());
        chunks.push(bytes[at..end].to_vec());
        at = end;
    }
    match below(random, 4) {
        0 => shuffle(&mut chunks, random),
        1 => {
            let kind = *one(
                random,
                &[
                    *b"PLTE", *b"tRNS", *b"gAMA", *b"eXIf", *b"zTXt", *b"iCCP", *b"acTL", *b"fcTL",
                    *b"fdAT", *b"IDAT", *b"ABCD", *b"tEXt",
                ],
            );
            let data: Vec<u8> = (0..below(random, 40))
                .map(|_| random.next_u64() as u8)
                .collect();
            let mut chunk = (data.len() as u32).to_be_bytes().to_vec();
            chunk.extend(kind);
            chunk.extend(data);
            chunk.extend([0; 4]);
            let place = below(random, chunks.len() + 1);
            chunks.insert(place, chunk);
        }
        _ => {
            if let Some(first) = chunks.first_mut().filter(|c| c.len() >= 21) {
                match below(random, 5) {
                    0 => first[8..12].copy_from_slice(&(count(random) as u32).to_be_bytes()),
                    1 => first[12..16].copy_from_slice(&(count(random) as u32).to_be_bytes()),
                    2 => first[16] = *one(random, &[1, 2, 4, 8, 16, 3, 0, 255]),
                    3 => first[17] = *one(random, &[0, 2, 3, 4, 6, 1, 5, 255]),
                    _ => first[20] = *one(random, &[0, 1, 2, 255]),
                }
            }
        }
    }
    bytes.truncate(8);
    bytes.extend(chunks.concat());
}

/// Segments up to the scan: taken away, doubled, swapped, or with other numbers in them.
fn jpeg(bytes: &mut Vec<u8>, random: &mut Pcg64Mcg) {
    let mut segments: Vec<Vec<u8>> = Vec::new();
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        let length = usize::from(high) << 8 | usize::from(low);
        let end = (at + 2 + length).min(bytes.len());
        segments.push(bytes[at..end].to_vec());
        at = end;
        if marker == 0xda {
            break;
        }
    }
    let mut scan = bytes[at.min(bytes.len())..].to_vec();
    match below(random, 4) {
        0 => shuffle(&mut segments, random),
        1 if !scan.is_empty() => {
            let place = below(random, scan.len());
            let marker = *one(random, &[0xd0, 0xd7, 0xd9, 0xc4, 0xda, 0x00]);
            scan.splice(place..place, [0xff, marker]);
        }
        _ if !segments.is_empty() => {
            let which = below(random, segments.len());
            let segment = &mut segments[which];
            if segment.len() > 4 {
                let i = 4 + below(random, (segment.len() - 4).min(24));
                segment[i] = match below(random, 3) {
                    0 => count(random) as u8,
                    1 => *one(random, &[0, 1, 2, 3, 0x11, 0x22, 0x44, 0x7f, 0xff]),
                    _ => segment[i].wrapping_add(1),
                };
            }
            if below(random, 4) == 0 && segment.len() > 3 {
                segment[2..4].copy_from_slice(&(count(random) as u16).to_be_bytes());
            }
        }
        _ => {}
    }
    bytes.truncate(2);
    bytes.extend(segments.concat());
    bytes.extend(scan);
}

/// Name, size, kind or mark of headers, with checksums that are right again, and blocks that are left out, repeated or put in.
fn tar(bytes: &mut Vec<u8>, random: &mut Pcg64Mcg) {
    const BLOCK: usize = 512;
    for _ in 0..=below(random, 3) {
        let headers: Vec<usize> = (0..bytes.len() / BLOCK)
            .map(|i| i * BLOCK)
            .filter(|at| bytes[at + 257..at + 262] == *b"ustar")
            .collect();
        if headers.is_empty() {
            return;
        }
        let at = *one(random, &headers);
        let header = &mut bytes[at..at + BLOCK];
        match below(random, 7) {
            0 => {
                let names: [&[u8]; 8] = [
                    b"../a.png\0",
                    b"/etc/a.csv\0",
                    b"a/../../b.csv\0",
                    b"\0",
                    b"./././x.csv\0",
                    b"0/\0",
                    b"\xff\xfe.png\0",
                    b"train/images-idx3-ubyte\0",
                ];
                let name = *one(random, &names);
                header[..name.len()].copy_from_slice(name);
            }
            1 => {
                let size = count(random);
                let digits = format!("{:011o}\0", size & ((1 << 33) - 1));
                header[124..136].copy_from_slice(digits.as_bytes());
            }
            2 => {
                // In binary, as larger sizes are written.
                header[124..136].fill(0);
                header[124] = 0x80;
                header[128..136].copy_from_slice(&count(random).to_be_bytes());
            }
            3 => header[156] = *one(random, b"0012345LKxgS7AV\0"),
            4 => {
                let block: Vec<u8> = header.to_vec();
                bytes.splice(at..at, block);
                continue;
            }
            5 => {
                bytes.drain(at..at + BLOCK);
                continue;
            }
            _ => {
                // A header before the header: a long name, or what POSIX has for it.
                let words: [&[u8]; 6] = [
                    b"24 path=some/other/a.csv\n",
                    b"10 size=7\n",
                    b"22 GNU.sparse.major=1\n",
                    b"99 path=x\n",
                    b"a/long/name/b.png\0",
                    b"\xff\xff",
                ];
                let word = *one(random, &words);
                let mut more = header.to_vec();
                more[156] = *one(random, b"Lxg");
                let digits = format!("{:011o}\0", word.len());
                more[124..136].copy_from_slice(digits.as_bytes());
                with_sum(&mut more);
                more.extend(word);
                more.resize(2 * BLOCK, 0);
                bytes.splice(at..at, more);
                continue;
            }
        }
        if below(random, 8) > 0 {
            with_sum(&mut bytes[at..at + BLOCK]);
        }
    }
}

/// Puts the right checksum into a header of a tar archive.
fn with_sum(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// Members under other names, or packed otherwise; or fields of the headers and the directory.
fn zip(bytes: &mut Vec<u8>, random: &mut Pcg64Mcg) {
    if below(random, 2) == 0 {
        let Ok(mut archive) = zip::ZipArchive::new(std::io::Cursor::new(bytes.clone())) else {
            return;
        };
        let mut members: Vec<(String, Vec<u8>)> = Vec::new();
        for i in 0..archive.len().min(40) {
            let Ok(mut member) = archive.by_index(i) else {
                return;
            };
            let Ok(name) = member.name().map(|n| n.into_owned()) else {
                return;
            };
            let mut inside = Vec::new();
            let limited = &mut std::io::Read::take(&mut member, 100_000);
            if std::io::Read::read_to_end(limited, &mut inside).is_err() {
                return;
            }
            members.push((name, inside));
        }
        shuffle(&mut members, random);
        if let Some(i) = members
            .len()
            .checked_sub(1)
            .map(|last| below(random, last + 1))
        {
            let name = members[i].0.clone();
            members[i].0 = match below(random, 6) {
                0 => format!("../{name}"),
                1 => format!("{name}/"),
                2 => name.to_uppercase(),
                3 => format!("{}{name}", "a/".repeat(below(random, 60))),
                4 => String::new(),
                _ => name,
            };
            if below(random, 4) == 0 {
                members[i].1 = vec![0; below(random, 20_000)];
            }
        }
        // An archive has no two members of one name, but for damage.
        let mut seen = std::collections::HashSet::new();
        members.retain(|(name, _)| seen.insert(name.clone()));
        let members: Vec<(&str, Vec<u8>)> =
            members.iter().map(|(n, b)| (&**n, b.clone())).collect();
        *bytes = samples::zip(&members, below(random, 2) == 0);
        return;
    }
    let signatures: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"];
    let places: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, w)| signatures.contains(w))
        .map(|(i, _)| i)
        .collect();
    if places.is_empty() {
        return;
    }
    for _ in 0..=below(random, 2) {
        // Version, flags, method, time, sum, sizes, lengths of names: all of two or four bytes.
        let at = one(random, &places) + 4 + 2 * below(random, 20);
        let value = count(random).to_le_bytes();
        let width = *one(random, &[2, 4]);
        for (place, byte) in bytes.iter_mut().skip(at).zip(&value[..width]) {
            *place = *byte;
        }
    }
}

/// Lines, and cells between whatever parts them, taken away, doubled, swapped or said otherwise.
fn lines(bytes: &mut Vec<u8>, random: &mut Pcg64Mcg) {
    const SAID: [&str; 28] = [
        "",
        "0",
        "-1",
        "1e999",
        "-0",
        "NaN",
        "inf",
        "9223372036854775808",
        "4294967296",
        "1_000",
        "0x10",
        "1,5",
        "true",
        "?",
        "\"",
        "\"a\nb\"",
        "''",
        "[]",
        "[1, [2, [3]]]",
        "{}",
        "2020-02-30",
        "1:2:3",
        ":",
        "@data",
        "#",
        "ä",
        "\u{feff}",
        "1e-400",
    ];
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for _ in 0..=below(random, 3) {
        match below(random, 5) {
            0 => shuffle(&mut lines, random),
            1 => {
                // A column.
                let by = *one(random, &[',', ';', '\t', ' ', ':']);
                let column = below(random, 4);
                let twice = below(random, 2) == 0;
                for line in &mut lines {
                    let mut cells: Vec<&str> = line.split(by).collect();
                    if column < cells.len() {
                        let cell = cells[column];
                        match twice {
                            true => cells.insert(column, cell),
                            false => {
                                cells.remove(column);
                            }
                        }
                        *line = cells.join(&by.to_string());
                    }
                }
            }
            2 => {
                let (from, to) = (
                    *one(random, &[',', ';', '\t', ' ', ':', '=', '"']),
                    *one(random, &[',', ';', '\t', ' ', ':', '=', '"', '\r']),
                );
                lines = lines
                    .iter()
                    .map(|l| l.replace(from, &to.to_string()))
                    .collect();
            }
            _ if !lines.is_empty() => {
                let which = below(random, lines.len());
                let line = &mut lines[which];
                // A cell is what stands between two letters that no word has.
                let word = |c: char| c.is_alphanumeric() || "._-\"'".contains(c);
                let ends: Vec<usize> = line
                    .char_indices()
                    .filter(|(_, c)| !word(*c))
                    .map(|(i, c)| i + c.len_utf8())
                    .collect();
                let start = if ends.is_empty() || below(random, 4) == 0 {
                    0
                } else {
                    *one(random, &ends)
                };
                let rest = &line[start..];
                let end = start + rest.find(|c| !word(c)).unwrap_or(rest.len());
                let said = match below(random, 4) {
                    0 => count(random).to_string(),
                    1 => one(random, &SAID).repeat(1 + below(random, 40)),
                    _ => (*one(random, &SAID)).to_owned(),
                };
                line.replace_range(start..end, &said);
            }
            _ => {}
        }
    }
    *bytes = lines.join("\n").into_bytes();
}
