//! Seeded mutations of sound and of damaged files, of their bytes and of their structure: whatever comes of them, opening them ends
//! in what they hold or in one line, soon, and takes no memory on the word of a header.
//!
//! Run by name: `PCSCOPE_MUTATIONS=1000000 cargo test --test main mutations -- --ignored`; with `PCSCOPE_FORMAT=npz` only that format,
//! with `PCSCOPE_SEED=7` from another seed.

use crate::structure::{Structure, below, change, one};
use crate::{allocations, samples};
use flate2::read::MultiGzDecoder;
use pcscope::data::{Dataset, LoadOptions, Progress, load};
use pcscope::experiment::checkpoint::{self, About};
use pcscope::experiment::estimate::training_bytes;
use pcscope::experiment::file::Experiment;
use pcscope::experiment::lane::LaneSpec;
use pcscope::experiment::loading::load_data;
use pcscope::experiment::modules::Modules;
use pcscope::experiment::setup::plan_for;
use pcscope::network::{Init, Plan, Weights, init};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng as _, SeedableRng as _};
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Bytes that opening a file may hold at once besides this many times what is in it, unpacked.
const BESIDE: usize = 1 << 20;
const TIMES: usize = 4;

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
    structure: Structure,
    wrap: Wrap,
}

/// How what was made is opened.
enum Opens {
    /// As data.
    Data,
    /// As weights for the network of digits-mlp.
    Weights,
    /// As an experiment on the 8x8 digits, up to what training it would take.
    Experiment,
}

/// A format: where the mutated file is put, what is opened, and what mutations start from.
struct Target {
    format: &'static str,
    file: PathBuf,
    opened: PathBuf,
    opens: Opens,
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
    let seed = |structure, wrap, bytes: Vec<u8>| Seed {
        bytes,
        structure,
        wrap,
    };
    let plain = |structure, bytes: Vec<u8>| seed(structure, Wrap::Plain, bytes);
    let target = |format, file: PathBuf, mut seeds: Vec<Seed>, start: &str| {
        // Damaged files are built as the first seed is, or meant to be.
        let structure = seeds[0].structure;
        seeds.extend(corpus(start).into_iter().map(|b| plain(structure, b)));
        Target {
            format,
            opened: file.clone(),
            opens: Opens::Data,
            file,
            seeds,
        }
    };
    let both = |structure, bytes: Vec<u8>| {
        let packed = seed(structure, Wrap::Gzip, bytes.clone());
        vec![plain(structure, bytes), packed]
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
    put(place("layout/activity_labels.txt"), b"1 UP\n2 DOWN\n");
    put(place("layout/train/y_train.txt"), b"1\n2\n1\n");
    put(place("layout/test/X_test.txt"), b"1 2\n3 4\n");
    put(place("layout/test/y_test.txt"), b"1\n2\n");
    put(place("rows/one.txt"), b"1 2\n3 4\n");
    put(place("sentences/b"), b"");
    put(place("texts/a/1.txt"), b"ab\nba\n");
    put(place("texts/b/2.txt"), b"ab\n");
    for name in [
        "cifar", "npz", "table", "everyday", "packed", "series", "picture", "zip", "tar",
    ] {
        std::fs::create_dir_all(place(name)).expect("writable");
    }
    for name in ["a", "b", "c", "d"] {
        let picture = samples::picture(1, false, false);
        for layout in [
            "listed/train",
            "parts/images/0",
            "parts/images/1",
            "annotated/val/images",
        ] {
            put(place(&format!("{layout}/{name}.png")), &picture);
        }
        put(
            place(&format!("annotated/train/{name}/images/0.png")),
            &picture,
        );
    }
    put(place("parts/test.txt"), b"1/a.png\n0/b\n");
    let png = |colour| {
        let picture = samples::picture(0, colour, false);
        seed(Structure::Png, Wrap::Png, picture)
    };
    let jpeg = |colour| plain(Structure::Jpeg, samples::picture(2, colour, true));
    let mut all = vec![
        target(
            "idx",
            place("idx/images"),
            both(Structure::Idx, samples::idx(12, false)),
            "idx",
        ),
        target(
            "gzip",
            place("idx/images"),
            vec![plain(
                Structure::None,
                samples::gzip(&samples::idx(12, false)),
            )],
            "gz",
        ),
        target(
            "cifar",
            place("cifar/batch.bin"),
            both(Structure::None, samples::cifar(2)),
            "cifar",
        ),
        target(
            "npy",
            place("npy/x.npy"),
            both(Structure::Npy, samples::npy_inputs()),
            "npy",
        ),
        target(
            "npz",
            place("npz/a.npz"),
            vec![
                plain(Structure::Zip, npz(true)),
                plain(Structure::Zip, npz(false)),
                seed(Structure::Npy, Wrap::Member, samples::npy_inputs()),
            ],
            "npz",
        ),
        target(
            "table",
            place("table/a.csv"),
            both(Structure::Lines, samples::table().into_bytes()),
            "csv",
        ),
        // Words, gaps, days, comments, units, decimal commas, blanks, UTF-16, counts in front.
        target(
            "everyday",
            place("everyday/a.csv"),
            samples::everyday()
                .into_iter()
                .map(|table| plain(Structure::Lines, table))
                .collect(),
            "csv",
        ),
        target(
            "packed",
            place("packed/a.zip"),
            vec![
                plain(
                    Structure::Zip,
                    samples::zip(&[("t/a.csv", samples::table().into_bytes())], true),
                ),
                plain(
                    Structure::Zip,
                    samples::zip(&[("a.csv", samples::table().into_bytes())], false),
                ),
            ],
            "npz",
        ),
        target(
            "series",
            place("series/a.ts"),
            [samples::series(), samples::worded_series()]
                .into_iter()
                .flat_map(|text| both(Structure::Lines, text.into_bytes()))
                .collect(),
            "ts",
        ),
        target(
            "picture",
            place("picture/a.png"),
            vec![png(true), png(false)],
            "img",
        ),
        target(
            "jpeg",
            place("picture/a.jpg"),
            vec![jpeg(true), jpeg(false)],
            "img",
        ),
        target(
            "zip",
            place("zip/a.zip"),
            vec![
                plain(
                    Structure::Zip,
                    samples::zip(
                        &[
                            ("0/a.png", samples::picture(0, false, false)),
                            ("1/b.png", samples::picture(1, false, false)),
                        ],
                        true,
                    ),
                ),
                seed(
                    Structure::Png,
                    Wrap::Picture,
                    samples::picture(0, false, false),
                ),
            ],
            "npz",
        ),
    ];
    all.push(Target {
        format: "pictures",
        file: place("pictures/0/a.png"),
        opened: place("pictures"),
        opens: Opens::Data,
        seeds: vec![png(false), png(true), jpeg(false)],
    });
    let named = || {
        let table = samples::table().into_bytes();
        vec![(
            "a-name-that-is-as-long-as-names-get/".repeat(5) + "t.csv",
            table,
        )]
    };
    let picture = |number, colour| samples::picture(number, colour, false);
    let tars = [
        samples::tar(&[
            ("0/a.png", picture(0, false)),
            ("1/b.png", picture(1, false)),
        ]),
        samples::tar(&[
            ("s/train/0/a.png", picture(0, true)),
            ("s/train/1/b.png", picture(1, true)),
            ("s/test/1/b.png", picture(2, true)),
        ]),
        samples::tar(&[("t/a.csv", samples::table().into_bytes())]),
        samples::tar(
            &named()
                .iter()
                .map(|(n, b)| (&**n, b.clone()))
                .collect::<Vec<_>>(),
        ),
        samples::tar(&[
            ("m/train-images-idx3-ubyte", samples::idx(12, false)),
            ("m/train-labels-idx1-ubyte", samples::idx(12, true)),
        ]),
        samples::tar(&[
            ("n/a.txt", b"ab\nba\n".to_vec()),
            ("n/b.txt", b"x\ny\n".to_vec()),
        ]),
    ];
    all.push(Target {
        format: "tar",
        file: place("tar/a.tar"),
        opened: place("tar/a.tar"),
        opens: Opens::Data,
        seeds: tars
            .into_iter()
            .flat_map(|bytes| both(Structure::Tar, bytes))
            .collect(),
    });
    // Tables and texts that list pictures: with classes, for parts, and for a part alone.
    let lists: [(&str, &str, &str, &[&[u8]]); 3] = [
        (
            "listed",
            "listed",
            "listed/labels.csv",
            &[
                b"id,kind\na,x\nb,y\nc,x\ne,y\n",
                b"file\tx\ty\na.png\t1\t0\ntrain/b.png\t0\t1\nc.png\t1\t0\n",
                b"a x 1 1\nb y 2 2\nd x 1 1\n",
            ],
        ),
        (
            "parts",
            "parts",
            "parts/train.txt",
            &[
                b"0/a.png\n1/b.png\n0/c\n1/x\n",
                b"images/0/a.png 0\nimages/1/b.png 1\n",
            ],
        ),
        (
            "annotated",
            "annotated",
            "annotated/val/val_annotations.txt",
            &[b"a.png\ta\t0\t0\t9\t9\nb.png\tb\t0\t0\t9\t9\nc.png\tc\n"],
        ),
    ];
    for (format, opened, file, seeds) in lists {
        let seeds = seeds.iter().map(|b| plain(Structure::Lines, b.to_vec()));
        all.push(Target {
            format,
            file: place(file),
            opened: place(opened),
            opens: Opens::Data,
            seeds: seeds.collect(),
        });
    }
    all.push(Target {
        format: "numbers",
        file: place("numbers/X_train.txt"),
        opened: place("numbers"),
        opens: Opens::Data,
        seeds: both(Structure::Lines, b"1.5 2e3\n -1 0\n7,8\n".to_vec()),
    });
    all.push(Target {
        format: "layout",
        file: place("layout/train/X_train.txt"),
        opened: place("layout"),
        opens: Opens::Data,
        seeds: both(Structure::Lines, b" 1.5 2e3\n -1 0\n 7 8\n".to_vec()),
    });
    all.push(Target {
        format: "rows",
        file: place("rows/two.txt"),
        opened: place("rows"),
        opens: Opens::Data,
        seeds: both(Structure::Lines, b"1.5 2e3\n -1 0\n7,8\n".to_vec()),
    });
    all.push(Target {
        format: "sentences",
        file: place("sentences/a"),
        opened: place("sentences/a"),
        opens: Opens::Data,
        seeds: both(Structure::Lines, samples::sentences().into_bytes()),
    });
    all.push(Target {
        format: "texts",
        file: place("texts/b/2.txt"),
        opened: place("texts"),
        opens: Opens::Data,
        seeds: both(Structure::Lines, "x y\nzzz äöü".into()),
    });
    all.push(Target {
        format: "text",
        file: place("text/two.txt"),
        opened: place("text"),
        opens: Opens::Data,
        seeds: both(Structure::Lines, "x y\nzzz\näöü\nab\n".into()),
    });
    let presets = [
        "moons",
        "digits-mlp",
        "names-rnn",
        "residual-cnn",
        "mnist-cnn",
    ];
    let text = |name: &&str| Experiment::load(name, &[]).expect("a preset").to_toml();
    let mut texts: Vec<Seed> = presets
        .iter()
        .map(|name| plain(Structure::Lines, text(name).expect("TOML").into_bytes()))
        .collect();
    texts.push(plain(Structure::Lines, LAYERS.into()));
    all.push(Target {
        format: "toml",
        file: place("experiment.toml"),
        opened: place("experiment.toml"),
        opens: Opens::Experiment,
        seeds: texts,
    });
    all.push(Target {
        format: "safetensors",
        file: place("weights.safetensors"),
        opened: place("weights.safetensors"),
        opens: Opens::Weights,
        seeds: weights(&place("weights.safetensors"))
            .into_iter()
            .map(|bytes| plain(Structure::Safetensors, bytes))
            .collect(),
    });
    all
}

/// An experiment with every kind of layer.
const LAYERS: &str = "format = 1
[data]
source = \"digits\"
[network]
layers = [{ conv = 3, kernel = 3, stride = 1, padding = 1 }, { max_pool = 2 }, { conv = 3, kernel = 3, padding = 1, skip = 1 },
{ average_pool = 2, stride = 1, padding = 1 }, { dense = 10 }, { join = \"product\", skip = 1 }, { join = \"sum\", skip = 2 }, { dense = 10 }]
[learning]
rate = 0.1
batch = 4
[inference]
steps = 4
gamma = 0.1
precision = [1, 2.5]
[conditions]
gamma = 0.5
";

/// The network that weights are read for, and the data that experiments are on.
fn digits() -> &'static (Dataset, Arc<Plan>, Modules) {
    static DIGITS: OnceLock<(Dataset, Arc<Plan>, Modules)> = OnceLock::new();
    DIGITS.get_or_init(|| {
        let layers = "network.layers=[{ dense = 5 }, { dense = 10 }]";
        let experiment = Experiment::load("digits-mlp", &[layers.to_owned()]).expect("a preset");
        let data = load_data(&experiment).expect("built in");
        let plan = plan_for(&experiment, &data).expect("it fits");
        let network = &experiment.network;
        let modules =
            Modules::of(&network.layers, network.activation, &plan).expect("dense layers");
        (data, plan, modules)
    })
}

/// Weights of that network by both kinds of names, as files.
fn weights(place: &Path) -> Vec<Vec<u8>> {
    let (_, plan, modules) = digits();
    let weights: Weights<f32> = init::initial(plan, Init::UniformFanIn, 1.0, 3);
    let read = || std::fs::read(place).expect("just written");
    let about = About {
        run: Some("a"),
        experiment: &Experiment::load("chain", &[]).expect("a preset"),
        updates: 7,
    };
    checkpoint::save(place, &weights, &about).expect("writable");
    let own = read();
    checkpoint::save_as(place, &weights, modules, &serde_json::json!({})).expect("writable");
    vec![own, read()]
}

/// Bytes in a file, unpacked: all that is packed in it, as far as it can be unpacked.
fn unpacked(bytes: &[u8]) -> usize {
    const MOST: u64 = 64 << 20;
    let counted = |reader: &mut dyn Read| {
        let mut all = 0;
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            all += n;
        }
        all
    };
    let inside = match bytes {
        [0x1f, 0x8b, ..] => {
            let mut inside = Vec::new();
            let _ = MultiGzDecoder::new(bytes)
                .take(MOST)
                .read_to_end(&mut inside);
            match inside.get(257..262) {
                Some(b"ustar") => unpacked(&inside),
                _ => inside.len(),
            }
        }
        _ if bytes.get(257..262) == Some(b"ustar") => {
            let mut archive = tar::Archive::new(bytes);
            let entries = archive.entries().expect("at its start");
            let member = |mut entry: tar::Entry<'_, &[u8]>| {
                let mut inside = Vec::new();
                let _ = (&mut entry).take(MOST).read_to_end(&mut inside);
                unpacked(&inside)
            };
            entries.raw(true).map_while(Result::ok).map(member).sum()
        }
        [b'P', b'K', ..] => zip::ZipArchive::new(Cursor::new(bytes)).map_or(0, |mut archive| {
            let members = 0..archive.len().min(1000);
            let member = |i| match archive.by_index(i) {
                Ok(mut member) => {
                    let mut inside = Vec::new();
                    let _ = (&mut member).take(MOST).read_to_end(&mut inside);
                    inside.len() + unpacked(&inside)
                }
                Err(_) => 0,
            };
            members.map(member).sum()
        }),
        [0x89, b'P', b'N', b'G', ..] => {
            let mut packed = Vec::new();
            let mut at = 8;
            while let Some(&[a, b, c, d, ref kind @ ..]) = bytes.get(at..at + 8) {
                let end = at + 8 + u32::from_be_bytes([a, b, c, d]) as usize;
                if kind == b"IDAT" {
                    packed.extend(bytes.get(at + 8..end.min(bytes.len())).unwrap_or_default());
                }
                at = end.saturating_add(4);
            }
            // What is turned into RGB is three times what was grey.
            3 * counted(&mut flate2::read::ZlibDecoder::new(&packed[..]).take(MOST))
        }
        // What its frame says, as far as a bit for a block of 64 numbers can be.
        [0xff, 0xd8, ..] => {
            let frame = |w: &[u8]| w[0] == 0xff && (0xc0..=0xc2).contains(&w[1]);
            let numbers = bytes.windows(10).filter(|w| frame(w)).map(|w| {
                let side = |at: usize| usize::from(w[at]) << 8 | usize::from(w[at + 1]);
                let channels = usize::from(w[9]).clamp(3, 4);
                (side(5) * side(7) * channels).min(bytes.len() * 512 * channels)
            });
            numbers.max().unwrap_or(0)
        }
        _ => 0,
    };
    bytes.len() + inside
}

/// Files that were opened, not refused.
static OPENED: AtomicU64 = AtomicU64::new(0);
/// Weights of the network that was planned last; its plan may take a byte for each.
static PLANNED: AtomicUsize = AtomicUsize::new(0);

/// Opens a file; `None` where nothing is wrong with what it holds, or with how it is refused.
fn open(target: &Target) -> Option<String> {
    let path = &target.opened;
    let refused = |line: String| {
        // A panic behind the guard; another library's is the file's line.
        if line.contains("its reader failed (src/") {
            return Some(format!("a panic: {line}"));
        }
        (line.is_empty() || line.contains(['\n', '\r'])).then(|| format!("not one line: {line:?}"))
    };
    let (data, plan, modules) = digits();
    match target.opens {
        Opens::Data => match load(path, &LoadOptions::default(), &Progress::new()) {
            Err(error) => refused(error.to_string()),
            Ok(loaded) => {
                let data = loaded.dataset().ok()?;
                OPENED.fetch_add(1, Ordering::Relaxed);
                let mut input = vec![0.0; data.input_len()];
                (0..data.len().min(4)).find_map(|i| {
                    data.write_input(i, &mut input);
                    let finite = input.iter().all(|v| v.is_finite());
                    (!finite).then(|| format!("example {i} is not finite"))
                })
            }
        },
        Opens::Weights => match checkpoint::load::<f32>(path, plan, Some(modules)) {
            Err(line) => refused(line),
            Ok(weights) => {
                OPENED.fetch_add(1, Ordering::Relaxed);
                let finite = weights.values().iter().all(|w| w.is_finite());
                (!finite).then(|| "weights are not finite".into())
            }
        },
        Opens::Experiment => {
            let path = path.to_string_lossy();
            let experiment = match Experiment::load(&path, &[]) {
                Ok(experiment) => experiment,
                Err(error) => return refused(error.to_string()),
            };
            match plan_for(&experiment, data) {
                Ok(plan) => {
                    OPENED.fetch_add(1, Ordering::Relaxed);
                    PLANNED.store(plan.parameter_count(), Ordering::Relaxed);
                    let lanes = LaneSpec::compared(&experiment);
                    let bytes = |lane| training_bytes(&experiment, &plan, data, lane);
                    lanes
                        .iter()
                        .all(|lane| bytes(lane) == 0)
                        .then(|| "trains in no memory".into())
                }
                Err(error) => refused(error.to_string()),
            }
        }
    }
}

/// What is wrong with how opening what was made of a seed went, if anything is; and the most bytes held, with those it may hold.
fn fault(target: &Target, bytes: &[u8]) -> (Option<String>, usize, usize) {
    let start = Instant::now();
    PLANNED.store(0, Ordering::Relaxed);
    allocations::forget_peak();
    let outcome = catch_unwind(AssertUnwindSafe(|| open(target)));
    let took = start.elapsed();
    let peak = allocations::peak();
    let most = BESIDE + TIMES * unpacked(bytes) + PLANNED.load(Ordering::Relaxed);
    let fault = match outcome {
        Err(_) => Some("a panic".to_owned()),
        Ok(Some(fault)) => Some(fault),
        Ok(None) if took > Duration::from_secs(2) => Some(format!("took {took:?}")),
        Ok(None) if peak > most => Some(format!("held {peak} bytes, above {most}")),
        Ok(None) => None,
    };
    (fault, peak, most)
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
        let mut fullest = 0.0;
        OPENED.store(0, Ordering::Relaxed);
        // What is fast to read, and trusted most, is tried ten times as often.
        let tenfold = ["idx", "npy", "safetensors"].contains(&target.format);
        let count = if tenfold { 10 * count } else { count };
        for i in 0..count {
            // Every mutation has a generator of its own, so that one can be made again.
            let mut random = Pcg64Mcg::seed_from_u64(seed ^ (t as u64) << 56 ^ i << 8);
            let from = one(&mut random, &target.seeds);
            let mut bytes = from.bytes.clone();
            let other = one(&mut random, &others);
            let way = match from.structure {
                Structure::None => 2,
                _ => below(&mut random, 3),
            };
            // Its structure, both, or its bytes.
            if way < 2 {
                change(from.structure, &mut bytes, &mut random);
            }
            if way > 0 {
                mutate(&mut bytes, other, &mut random);
            }
            let bytes = wrapped(bytes, from.wrap);
            std::fs::write(&target.file, &bytes).expect("writable");
            let (fault, peak, may) = fault(target, &bytes);
            if peak as f64 / may as f64 > fullest {
                fullest = peak as f64 / may as f64;
            }
            made.fetch_add(1, Ordering::Relaxed);
            if let Some(fault) = fault {
                faults.push(format!("{} {i} (seed {seed}): {fault}", target.format));
                let kept = std::env::temp_dir().join(format!("pcscope-{}-{i}", target.format));
                let _ = std::fs::copy(&target.file, kept);
            }
            if faults.len() > 20 {
                println!("{}: stopped after {i}", target.format);
                break;
            }
        }
        println!(
            "{}: {count} mutations in {:.1} s, {} opened, at most {:.0} % of the memory that they may take",
            target.format,
            start.elapsed().as_secs_f64(),
            OPENED.load(Ordering::Relaxed),
            fullest * 100.0
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
