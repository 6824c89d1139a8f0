//! Seeded mutations of sound and of damaged files: whatever comes of them, loading ends in data or in one line, soon, and takes no
//! memory on the word of a header.
//!
//! Run by name: `PCSCOPE_MUTATIONS=1000000 cargo test --test main mutations -- --ignored`; with `PCSCOPE_FORMAT=npz` only that format,
//! with `PCSCOPE_SEED=7` from another seed.

use crate::{allocations, samples};
use pcscope::data::{LoadOptions, Progress, load};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng as _, SeedableRng as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The largest piece of memory that a loader may ask for at once on these small files: far above what any of them needs, far below
/// what their headers can be made to promise.
const LARGEST_PIECE: usize = 32 << 20;

/// What is done to the mutated bytes before they are written, so that mutations reach behind checksums.
#[derive(Clone, Copy, Debug)]
enum Wrap {
    Plain,
    Gzip,
    /// The checksums of PNG chunks are made right again.
    Png,
    /// As the member `x.npy` of an archive beside sound labels.
    Member,
    /// As the picture `0/a.png` of an archive beside a sound one.
    Picture,
}

struct Seed {
    bytes: Vec<u8>,
    wrap: Wrap,
}

/// A format: where the mutated file is put, what is opened, and what mutations start from.
struct Target {
    format: &'static str,
    file: PathBuf,
    opened: PathBuf,
    seeds: Vec<Seed>,
}

fn wrapped(bytes: Vec<u8>, wrap: Wrap) -> Vec<u8> {
    match wrap {
        Wrap::Plain => bytes,
        Wrap::Gzip => samples::gzip(&bytes),
        Wrap::Png => with_checksums(bytes),
        Wrap::Member => samples::zip(&[("x.npy", bytes), ("y.npy", samples::npy_labels())], false),
        Wrap::Picture => {
            let members = [
                ("0/a.png", with_checksums(bytes)),
                ("1/b.png", samples::picture(1, false, false)),
            ];
            samples::zip(&members, false)
        }
    }
}

/// Puts the right checksum under every whole chunk.
fn with_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
        let end = at.saturating_add(8).saturating_add(length);
        if end.saturating_add(4) > bytes.len() {
            break;
        }
        let mut sum = flate2::Crc::new();
        sum.update(&bytes[at + 4..end]);
        bytes[end..end + 4].copy_from_slice(&sum.sum().to_be_bytes());
        at = end + 4;
    }
    bytes
}

fn below(random: &mut Pcg64Mcg, bound: usize) -> usize {
    (random.next_u64() % bound.max(1) as u64) as usize
}

/// One to four changes of the kinds that break readers.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Pcg64Mcg) {
    const ODD: [u8; 12] = [
        0, 1, 2, 0x7f, 0x80, 0xff, b'\n', b'"', b',', b'-', b'9', b'(',
    ];
    const WORDS: [&[u8]; 10] = [
        b"99999999999",
        b"-1",
        b"1e999",
        b"nan",
        b"\xff\xfe",
        b"\"",
        b"\n\n",
        b"@data",
        b",,",
        b"0x",
    ];
    for _ in 0..=below(random, 4) {
        let at = below(random, bytes.len());
        match below(random, 10) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << below(random, 8),
            1 if !bytes.is_empty() => bytes[at] = ODD[below(random, ODD.len())],
            2 if !bytes.is_empty() => bytes[at] = random.next_u64() as u8,
            3 => bytes.truncate(at),
            4 => {
                let end = (at + below(random, 64)).min(bytes.len());
                bytes.drain(at..end);
            }
            5 => {
                let end = (at + below(random, 64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            6 => {
                // A count, in either byte order.
                let value: u64 = [
                    0,
                    1,
                    0x7fff_ffff,
                    0x8000_0000,
                    0xffff_ffff,
                    u64::MAX,
                    1 << 40,
                    random.next_u64(),
                ][below(random, 8)];
                let width = [2, 4, 8][below(random, 3)];
                let big = value.to_be_bytes();
                let little = value.to_le_bytes();
                let piece = if below(random, 2) == 0 {
                    &big[8 - width..]
                } else {
                    &little[..width]
                };
                for (place, byte) in bytes.iter_mut().skip(at).zip(piece) {
                    *place = *byte;
                }
            }
            7 => {
                let word = WORDS[below(random, WORDS.len())];
                bytes.splice(at..at, word.iter().copied());
            }
            8 => {
                let from = below(random, other.len());
                let end = (from + below(random, 256)).min(other.len());
                let until = (at + below(random, 64)).min(bytes.len());
                bytes.splice(at..until, other[from..end].iter().copied());
            }
            _ => {
                let count = below(random, 512);
                let byte = ODD[below(random, ODD.len())];
                bytes.splice(at..at, std::iter::repeat_n(byte, count));
            }
        }
    }
}

/// The damaged files of the corpus whose name begins like that.
fn corpus(start: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/malformed");
    let mut files: Vec<PathBuf> = [folder.clone(), folder.join("ok")]
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("the corpus is there"))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|p| {
            p.is_file()
                && p.file_name()
                    .is_some_and(|n| n.to_string_lossy().starts_with(start))
        })
        .filter(|p| std::fs::metadata(p).is_ok_and(|m| m.len() < 20_000))
        .collect();
    files.sort();
    files
        .iter()
        .map(|p| std::fs::read(p).expect("readable"))
        .collect()
}

fn targets(folder: &Path) -> Vec<Target> {
    let place = |name: &str| folder.join(name);
    let plain = |bytes: Vec<u8>| Seed {
        bytes,
        wrap: Wrap::Plain,
    };
    let from_corpus = |start: &str| corpus(start).into_iter().map(plain).collect::<Vec<_>>();
    let target = |format: &'static str, file: PathBuf, mut seeds: Vec<Seed>, start: &str| {
        seeds.extend(from_corpus(start));
        Target {
            format,
            opened: file.clone(),
            file,
            seeds,
        }
    };
    let both = |bytes: Vec<u8>| {
        [
            plain(bytes.clone()),
            Seed {
                bytes,
                wrap: Wrap::Gzip,
            },
        ]
    };
    let npz = |packed| {
        samples::zip(
            &[
                ("x.npy", samples::npy_inputs()),
                ("y.npy", samples::npy_labels()),
            ],
            packed,
        )
    };
    let put = |path: PathBuf, bytes: &[u8]| {
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("writable");
        std::fs::write(path, bytes).expect("writable");
    };
    put(place("idx/labels"), &samples::idx(12, true));
    put(place("npy/y.npy"), &samples::npy_labels());
    put(
        place("pictures/1/b.png"),
        &samples::picture(1, false, false),
    );
    put(place("pictures/0/a.png"), &[]);
    put(place("text/one.txt"), b"ab\nba\n");
    put(place("numbers/y_train.txt"), b"1\n2\n1\n");
    put(place("texts/a/1.txt"), b"ab\nba\n");
    put(place("texts/b/2.txt"), b"ab\n");
    for name in [
        "cifar", "npz", "table", "everyday", "packed", "series", "picture", "zip",
    ] {
        std::fs::create_dir_all(place(name)).expect("writable");
    }
    let png = |colour| Seed {
        bytes: samples::picture(0, colour, false),
        wrap: Wrap::Png,
    };
    let mut all = vec![
        target(
            "idx",
            place("idx/images"),
            both(samples::idx(12, false)).into(),
            "idx",
        ),
        target(
            "gzip",
            place("idx/images"),
            vec![plain(samples::gzip(&samples::idx(12, false)))],
            "gz",
        ),
        target(
            "cifar",
            place("cifar/batch.bin"),
            both(samples::cifar(2)).into(),
            "cifar",
        ),
        target(
            "npy",
            place("npy/x.npy"),
            both(samples::npy_inputs()).into(),
            "npy",
        ),
        target(
            "npz",
            place("npz/a.npz"),
            vec![
                plain(npz(true)),
                plain(npz(false)),
                Seed {
                    bytes: samples::npy_inputs(),
                    wrap: Wrap::Member,
                },
            ],
            "npz",
        ),
        target(
            "table",
            place("table/a.csv"),
            both(samples::table().into_bytes()).into(),
            "csv",
        ),
        // Words, gaps, days, comments, units, decimal commas, blanks, UTF-16, counts in front.
        target(
            "everyday",
            place("everyday/a.csv"),
            samples::everyday().into_iter().map(plain).collect(),
            "csv",
        ),
        target(
            "packed",
            place("packed/a.zip"),
            vec![
                plain(samples::zip(
                    &[("t/a.csv", samples::table().into_bytes())],
                    true,
                )),
                plain(samples::zip(
                    &[("a.csv", samples::table().into_bytes())],
                    false,
                )),
            ],
            "npz",
        ),
        target(
            "series",
            place("series/a.ts"),
            both(samples::series().into_bytes()).into(),
            "ts",
        ),
        target(
            "picture",
            place("picture/a.png"),
            vec![
                png(true),
                png(false),
                plain(samples::picture(2, true, true)),
            ],
            "img",
        ),
        target(
            "zip",
            place("zip/a.zip"),
            vec![
                plain(samples::zip(
                    &[
                        ("0/a.png", samples::picture(0, false, false)),
                        ("1/b.png", samples::picture(1, false, false)),
                    ],
                    true,
                )),
                Seed {
                    bytes: samples::picture(0, false, false),
                    wrap: Wrap::Picture,
                },
            ],
            "npz",
        ),
    ];
    all.push(Target {
        format: "pictures",
        file: place("pictures/0/a.png"),
        opened: place("pictures"),
        seeds: vec![
            png(false),
            png(true),
            plain(samples::picture(2, false, true)),
        ],
    });
    all.push(Target {
        format: "numbers",
        file: place("numbers/X_train.txt"),
        opened: place("numbers"),
        seeds: both(b"1.5 2e3\n -1 0\n7,8\n".to_vec()).into(),
    });
    all.push(Target {
        format: "texts",
        file: place("texts/b/2.txt"),
        opened: place("texts"),
        seeds: both("x y\nzzz äöü".as_bytes().to_vec()).into(),
    });
    all.push(Target {
        format: "text",
        file: place("text/two.txt"),
        opened: place("text"),
        seeds: both("x y\nzzz\näöü\nab\n".as_bytes().to_vec()).into(),
    });
    all
}

/// Loads what was made of a seed; what is wrong with how that went, if anything is.
fn fault(opened: &Path) -> Option<String> {
    let start = Instant::now();
    allocations::forget_largest();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        match load(opened, &LoadOptions::default(), &Progress::new()) {
            Err(error) => {
                let line = error.to_string();
                // A panic behind the guard; another library's is the file's line.
                if line.contains("its reader failed (src/") {
                    return Some(format!("a panic: {line}"));
                }
                (line.is_empty() || line.contains(['\n', '\r']))
                    .then(|| format!("not one line: {line:?}"))
            }
            Ok(loaded) => {
                let Ok(data) = loaded.dataset() else {
                    return None;
                };
                let mut input = vec![0.0; data.input_len()];
                for i in 0..data.len().min(4) {
                    data.write_input(i, &mut input);
                    if input.iter().any(|v| !v.is_finite()) {
                        return Some(format!("example {i} is not finite"));
                    }
                }
                None
            }
        }
    }));
    let took = start.elapsed();
    let piece = allocations::largest();
    match outcome {
        Err(_) => Some("a panic".to_owned()),
        Ok(Some(fault)) => Some(fault),
        Ok(None) if took > Duration::from_secs(2) => Some(format!("took {took:?}")),
        Ok(None) if piece > LARGEST_PIECE => Some(format!("asked for {piece} bytes at once")),
        Ok(None) => None,
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
#[ignore = "heavy: run by name, with a count"]
fn mutations() {
    let count = number("PCSCOPE_MUTATIONS", 2000);
    let seed = number("PCSCOPE_SEED", 1);
    let only = std::env::var("PCSCOPE_FORMAT").ok();
    // Memory rather than a disk, where there is such a place.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    let folder = folder.expect("a temporary folder");
    let targets = targets(folder.path());
    let others: Vec<Vec<u8>> = targets
        .iter()
        .flat_map(|t| &t.seeds)
        .map(|s| s.bytes.clone())
        .collect();
    // A loading that never ends would end nothing here: another thread looks after it.
    let made = Arc::new(AtomicU64::new(0));
    let watched = Arc::clone(&made);
    std::thread::spawn(move || {
        loop {
            let before = watched.load(Ordering::Relaxed);
            std::thread::sleep(Duration::from_secs(30));
            if watched.load(Ordering::Relaxed) == before && before != u64::MAX {
                eprintln!("mutation {before} has not ended within 30 s");
                std::process::abort();
            }
        }
    });
    std::panic::set_hook(Box::new(|_| {}));
    let mut faults = Vec::new();
    for (t, target) in targets.iter().enumerate() {
        if only.as_deref().is_some_and(|only| only != target.format) {
            continue;
        }
        let start = Instant::now();
        for i in 0..count {
            // Every mutation has a generator of its own, so that one can be made again.
            let mut random = Pcg64Mcg::seed_from_u64(seed ^ (t as u64) << 56 ^ i << 8);
            let from = &target.seeds[below(&mut random, target.seeds.len())];
            let mut bytes = from.bytes.clone();
            let other = &others[below(&mut random, others.len())];
            mutate(&mut bytes, other, &mut random);
            std::fs::write(&target.file, wrapped(bytes, from.wrap)).expect("writable");
            let fault = fault(&target.opened);
            made.fetch_add(1, Ordering::Relaxed);
            if let Some(fault) = fault {
                faults.push(format!("{} {i} (seed {seed}): {fault}", target.format));
                let kept = std::env::temp_dir().join(format!("pcscope-{}-{i}", target.format));
                let _ = std::fs::copy(&target.file, kept);
            }
            if faults.len() > 20 {
                break;
            }
        }
        println!(
            "{}: {count} mutations in {:.1} s",
            target.format,
            start.elapsed().as_secs_f64()
        );
    }
    made.store(u64::MAX, Ordering::Relaxed);
    let _ = std::panic::take_hook();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
