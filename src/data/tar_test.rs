//! Tests of tar archives: members are found where they are, whatever wrote them, and nothing leads out of the archive.

use std::io::{Cursor, Write as _};

use tar::{Builder, EntryType, Header};

use super::*;
use crate::data::{LoadOptions, Part, Progress, load};

/// A tar archive of those files.
pub(in crate::data) fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn found(bytes: &[u8]) -> Result<Members, String> {
    let ended = [bytes, &[0; 1024]].concat();
    let bytes = if bytes.ends_with(&[0; 1024]) {
        bytes
    } else {
        &ended
    };
    let streamed = members("a.tar", bytes).map_err(|e| e.to_string());
    let sought = members_within("a.tar", Cursor::new(bytes), bytes.len() as u64);
    if let (Ok(streamed), Ok(sought)) = (&streamed, &sought) {
        assert_eq!(streamed, sought);
    }
    streamed
}

/// A member with a header of its own kind.
fn with(kind: EntryType, name: &str, size: u64, bytes: &[u8]) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.set_path(name).unwrap();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_cksum();
    let mut out = header.as_bytes().to_vec();
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

#[test]
fn names_of_any_length_are_read_and_ways_out_are_not() {
    let long = format!("{}/b.csv", "folder/".repeat(40).trim_end_matches('/'));
    let files: [(&str, &[u8]); 2] = [(&long, b"1,2\n"), ("./c.csv", b"3")];
    let names = |bytes: &[u8]| -> Vec<String> {
        let files = found(bytes).unwrap().files;
        files.into_iter().map(|m| m.name).collect()
    };
    assert_eq!(names(&tarred(&files)), [long.as_str(), "c.csv"]);
    // As POSIX has long names.
    let record = "25 path=somewhere/else.csv";
    let record = format!("{}{}\n", record.len() + 1, &record[2..]);
    let mut pax = with(
        EntryType::XHeader,
        "x",
        record.len() as u64,
        record.as_bytes(),
    );
    pax.extend(with(EntryType::Regular, "short", 3, b"abc"));
    assert_eq!(names(&pax), ["somewhere/else.csv"]);
    let mut odd = with(EntryType::Regular, "a/b.csv", 1, b"1");
    odd.extend(with(EntryType::Symlink, "link", 0, b""));
    odd.extend(with(EntryType::Link, "hard", 0, b""));
    odd.extend(with(EntryType::Char, "dev", 0, b""));
    let mut out = with(EntryType::Regular, "xx/xx/passwd", 1, b"1");
    out[..12].copy_from_slice(b"../../passwd");
    let mut header = Header::new_ustar();
    header.as_mut_bytes().copy_from_slice(&out[..512]);
    header.set_cksum();
    out[..512].copy_from_slice(header.as_bytes());
    odd.extend(out);
    let found = found(&odd).unwrap();
    assert_eq!(found.files.len(), 1);
    assert_eq!(
        found.notes,
        [
            "3 links or devices in the archive left out",
            "1 member with a name that leads out of the archive left out"
        ]
    );
}

#[test]
fn claims_are_refused_before_they_are_met() {
    let line = |bytes: &[u8]| found(bytes).unwrap_err();
    let huge = with(EntryType::GNULongName, "x", 1 << 40, b"name");
    assert!(
        line(&huge).contains("a header of 1099511627776 bytes"),
        "{}",
        line(&huge)
    );
    let name = vec![b'a'; 5000];
    let mut long = with(EntryType::GNULongName, "x", 5000, &name);
    long.extend(with(EntryType::Regular, "y", 0, b""));
    assert!(
        line(&long).contains("a name of 5000 bytes"),
        "{}",
        line(&long)
    );
    let sparse = with(EntryType::GNUSparse, "big.bin", 0, b"");
    assert!(line(&sparse).contains("big.bin is stored with its holes left out"));
    let record = "22 GNU.sparse.major=1\n";
    let mut pax = with(
        EntryType::XHeader,
        "x",
        record.len() as u64,
        record.as_bytes(),
    );
    pax.extend(with(EntryType::Regular, "holes", 1, b"1"));
    assert!(
        line(&pax).contains("holes is stored with its holes left out"),
        "{}",
        line(&pax)
    );
    let record = "10 size=7\n";
    let mut pax = with(
        EntryType::XHeader,
        "x",
        record.len() as u64,
        record.as_bytes(),
    );
    pax.extend(with(EntryType::Regular, "two", 1, b"1"));
    assert!(line(&pax).contains("two has two sizes"), "{}", line(&pax));
    let whole = with(EntryType::Regular, "a.csv", 4, b"1,2\n");
    assert!(members("a.tar", &whole[..]).is_err(), "without its end");
    let cut = with(EntryType::Regular, "a.csv", 5000, b"1,2\n");
    assert!(line(&cut).contains("cut short"), "{}", line(&cut));
    let sought = members_within("a.tar", Cursor::new(&cut), cut.len() as u64);
    assert!(sought.unwrap_err().to_string().contains("cut short"));
    let mut wrong = with(EntryType::Regular, "a.csv", 1, b"1");
    wrong[0] ^= 1;
    assert!(line(&wrong).contains("damaged"), "{}", line(&wrong));
}

fn image(shade: u8) -> Vec<u8> {
    crate::data::picture::tests::png(2, 2, 1, &[shade; 4])
}

type Files = Vec<(&'static str, Vec<u8>)>;

#[test]
fn a_set_in_an_archive_is_read_as_in_a_folder() {
    let images = |count: u8| {
        let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 2, 0, 0, 0, 2];
        bytes.extend((0..count * 4).collect::<Vec<u8>>());
        bytes
    };
    let labels = |labels: &[u8]| [&[0, 0, 8, 1, 0, 0, 0, labels.len() as u8], labels].concat();
    let record = |class: u8| [vec![class], vec![class * 20; 3072]].concat();
    let sets: [(&str, Files); 6] = [
        (
            "pictures",
            vec![
                ("top/train/a/1.png", image(1)),
                ("top/train/b/2.png", image(2)),
                ("top/val/a/3.png", image(3)),
                ("top/test/b/4.png", image(4)),
                ("top/readme.md", b"about".to_vec()),
            ],
        ),
        (
            "IDX",
            vec![
                ("m/train-images-idx3-ubyte.gz", gzipped(&images(6))),
                (
                    "m/train-labels-idx1-ubyte.gz",
                    gzipped(&labels(&[0, 1, 0, 1, 0, 1])),
                ),
                ("m/t10k-images-idx3-ubyte", images(2)),
                ("m/t10k-labels-idx1-ubyte", labels(&[1, 0])),
            ],
        ),
        (
            "CIFAR-10",
            vec![
                ("cifar-10-batches-bin/readme.html", b"<html>".to_vec()),
                (
                    "cifar-10-batches-bin/data_batch_1.bin",
                    [record(1), record(2)].concat(),
                ),
                (
                    "cifar-10-batches-bin/data_batch_2.bin",
                    [record(2), record(1)].concat(),
                ),
                ("cifar-10-batches-bin/test_batch.bin", record(1)),
            ],
        ),
        (
            "texts",
            vec![
                ("names/a.txt", b"ab\nba\naa\n".to_vec()),
                ("names/b.txt", b"xy\nyx\nyy\n".to_vec()),
            ],
        ),
        (
            "table",
            vec![("t/t.csv", b"a,kind\n1,x\n2,y\n3,x\n4,y\n".to_vec())],
        ),
        (
            "table and pictures",
            vec![
                ("labels.csv", b"id,kind\na,x\nb,y\n".to_vec()),
                ("train/a.png", image(1)),
                ("train/b.png", image(2)),
            ],
        ),
    ];
    for (what, files) in sets {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("set");
        for (name, bytes) in &files {
            let path = plain.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let members: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (*n, &b[..])).collect();
        let tar = tarred(&members);
        let put = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let zip = crate::data::pictures::tests::zipped(&files);
        let packed = [
            put("set.tar", &tar),
            put("set.tgz", &gzipped(&tar)),
            put("set.zip", &zip),
        ];
        let open = |path: &std::path::Path| {
            let loaded = load(path, &LoadOptions::default(), &Progress::new());
            loaded.unwrap_or_else(|e| panic!("{what}: {e}"))
        };
        let loose = open(&plain).dataset().unwrap();
        for path in packed {
            let loaded = open(&path);
            let data = loaded.dataset().unwrap();
            let bits = |data: &crate::data::Dataset| -> Vec<Vec<u64>> {
                let mut input = vec![0.0; data.input_len()];
                let mut of = |i| {
                    data.write_input(i, &mut input);
                    input.iter().map(|v: &f64| v.to_bits()).collect()
                };
                (0..data.len()).map(&mut of).collect()
            };
            assert_eq!(bits(&data), bits(&loose), "{what}, {}", path.display());
            assert_eq!(data.targets(), loose.targets(), "{what}");
            assert_eq!(data.split(), loose.split(), "{what}");
            assert_eq!(data.range(Part::Test), loose.range(Part::Test));
            assert_eq!(loaded.files(), [path], "{what}");
        }
    }
}

#[test]
fn an_archive_that_is_no_set_is_refused_with_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar");
    let table: &[u8] = b"a,b\n1,2\n";
    let line = |files: &[(&str, &[u8])]| {
        std::fs::write(&path, tarred(files)).unwrap();
        let loaded = load(&path, &LoadOptions::default(), &Progress::new());
        loaded.unwrap_err().to_string()
    };
    let several = line(&[("a.csv", table), ("b.csv", table)]);
    assert!(
        several.contains("is a tar archive of a.csv, b.csv; expected one set"),
        "{several}"
    );
    let inner = tarred(&[("a/1.png", &image(1)), ("b/2.png", &image(2))]);
    let nested = line(&[("inner.tar", &inner)]);
    assert!(
        nested.contains("is a tar archive of inner.tar; expected one set"),
        "{nested}"
    );
    let webp = line(&[("a/1.webp", b"RIFF"), ("b/2.webp", b"RIFF")]);
    assert!(
        webp.contains("holds pictures that are not read (2 in WebP)"),
        "{webp}"
    );
    let broken = line(&[("a/1.png", &image(1)), ("b/2.png", b"text")]);
    assert!(
        broken.contains("a.tar/b/2.png: not a PNG or JPEG picture"),
        "{broken}"
    );
}
