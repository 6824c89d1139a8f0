//! Every damaged file gets its line, within 2 s and 256 MiB of address space above an idle process; every odd one that is sound loads.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How a file is inspected, and what the answer must say.
enum Answer {
    /// Exit 2 and one line with these words.
    Refused(&'static [&'static str]),
    /// Exit 0 and these lines.
    Loads(&'static [&'static str]),
}
use Answer::{Loads, Refused};

/// Path below `tests/malformed`, flags, answer.
type Row = (&'static str, &'static [&'static str], Answer);

const TABLE: &[Row] = &[
    (
        "ok/idx-images-10.gz",
        &[],
        Loads(&[
            "images: 10",
            "shape: 1 x 28 x 28 (channels x height x width)",
        ]),
    ),
    (
        "ok/idx-labels-10.gz",
        &[],
        Loads(&[
            "images: 10",
            "examples per class: 0: 1; 1: 2; 2: 1; 3: 0; 4: 2; 5: 1; 6: 0; 7: 1; 8: 0; 9: 2",
        ]),
    ),
    (
        "ok/idx-images-10-uncompressed",
        &[],
        Loads(&["images: 10", "labels: none given and none found"]),
    ),
    (
        "ok/npy-fortran-order-f32.npy",
        &["--set", "data.shuffle=none"],
        Loads(&[
            "examples: 20",
            "shape: 64 features",
            "  0: 0 0 0.3125 0.8125 0.5625 0.0625 0 0 0 0 0.8125 0.9375 and 52 more -> no label",
        ]),
    ),
    (
        "ok/npy-version-2-header.npy",
        &[],
        Loads(&["images: 20", "shape: 1 x 8 x 8 (channels x height x width)"]),
    ),
    (
        "ok/npy-float16.npy",
        &[],
        Loads(&["examples: 20", "shape: 64 features"]),
    ),
    (
        "ok/csv-crlf-bom-quoted.csv",
        &[],
        Loads(&[
            "examples: 2",
            "columns: f1, f2",
            "classes: 2",
            "examples per class: a: 1; b: 1",
        ]),
    ),
    ("ok/csv-blank-line-at-end.csv", &[], Loads(&["examples: 2"])),
    (
        "gz-truncated.gz",
        &[],
        Refused(&["unpacked byte", "gzip stream is truncated"]),
    ),
    ("gz-bad-crc.gz", &[], Refused(&["checksum differs"])),
    (
        "gz-corrupt-body.gz",
        &[],
        Refused(&["corrupt or their checksum"]),
    ),
    (
        "gz-name-but-plain-text.gz",
        &[],
        Refused(&["not an IDX file (magic 74 68 69 73)"]),
    ),
    ("gz-empty.gz", &[], Refused(&["file is empty"])),
    (
        "gz-bomb-64MiB-of-zeros.gz",
        &[],
        Refused(&["expected 7840 data bytes", "found more"]),
    ),
    (
        "idx-wrong-magic.idx",
        &[],
        Refused(&["unsupported IDX element type 0x09"]),
    ),
    (
        "idx-garbage-magic.idx",
        &[],
        Refused(&["not an IDX file (magic de ad be ef)"]),
    ),
    (
        "idx-float-type.idx",
        &[],
        Refused(&["unsupported IDX element type 0x0D"]),
    ),
    (
        "idx-header-only-3-bytes.idx",
        &[],
        Refused(&["IDX header truncated"]),
    ),
    (
        "idx-dims-truncated.idx",
        &[],
        Refused(&["IDX header truncated"]),
    ),
    (
        "idx-count-larger-than-data.idx",
        &[],
        Refused(&["expected 784000 data bytes", "found 7840"]),
    ),
    (
        "idx-trailing-bytes.idx",
        &[],
        Refused(&["expected 7840 data bytes", "found 7845"]),
    ),
    ("idx-zero-items.idx", &[], Refused(&["dataset is empty"])),
    ("idx-zero-rows.idx", &[], Refused(&["zero-size dimension"])),
    ("idx-zero-cols.idx", &[], Refused(&["zero-size dimension"])),
    ("idx-dims-overflow-u64.idx", &[], Refused(&["too large"])),
    (
        "idx-255-dimensions.idx",
        &[],
        Refused(&["images need 3 dimensions, found 255"]),
    ),
    (
        "idx-images-given-as-labels.idx",
        AS_LABELS,
        Refused(&["labels need 1 dimension, found 3"]),
    ),
    (
        "idx-labels-9-for-10-images.idx",
        AS_LABELS,
        Refused(&["10 images but 9 labels"]),
    ),
    (
        "idx-labels-out-of-range.idx",
        AS_LABELS,
        Refused(&["label 200 at index 9 is outside 0..9 (for 10 classes)"]),
    ),
    (
        "cifar-not-multiple-of-3073.bin",
        &[],
        Refused(&["size 15265 is not a multiple of 3073"]),
    ),
    ("cifar-empty.bin", &[], Refused(&["file is empty"])),
    ("csv-empty.csv", &[], Refused(&["file is empty"])),
    ("csv-header-only.csv", &[], Refused(&["no data rows"])),
    (
        "csv-ragged-short.csv",
        &[],
        Refused(&["line 3: expected 3 fields, found 2"]),
    ),
    (
        "csv-nan.csv",
        &[],
        Refused(&["line 3, column 1: f1 is not finite"]),
    ),
    (
        "csv-overflow-1e400.csv",
        &[],
        Refused(&["line 3, column 1: f1 is not finite"]),
    ),
    (
        "csv-non-numeric.csv",
        &[],
        Refused(&["line 3, column 2: f2 is \"abc\", which is not a number"]),
    ),
    (
        "csv-missing-value.csv",
        &[],
        Refused(&["line 2, column 2: f2 is missing"]),
    ),
    (
        "csv-decimal-comma.csv",
        &[],
        Loads(&["examples: 2", "note: numbers have a decimal comma"]),
    ),
    (
        "csv-not-utf8.csv",
        &[],
        Loads(&["examples: 1", "note: read as Latin-1, which Windows writes"]),
    ),
    (
        "csv-single-class.csv",
        &[],
        Loads(&["note: only one class (0): there is nothing to tell apart"]),
    ),
    (
        "csv-label-negative.csv",
        &[],
        Loads(&["examples per class: -1: 1; 0: 1"]),
    ),
    (
        "csv-label-fraction.csv",
        &[],
        Refused(&["line 3: label 1.5 is not a whole number"]),
    ),
    (
        "csv-constant-column.csv",
        &[],
        Loads(&[
            "examples: 2",
            "note: constant columns, which teach nothing: f2",
        ]),
    ),
    (
        "csv-one-huge-line.csv",
        &[],
        Refused(&["line 2, column 1: f1 is not finite"]),
    ),
    (
        "npy-object-pickle.npy",
        &[],
        Refused(&["object arrays (pickle) are refused"]),
    ),
    ("npy-bad-magic.npy", &[], Refused(&["not an NPY file"])),
    (
        "npy-truncated-header.npy",
        &[],
        Refused(&["NPY header truncated"]),
    ),
    (
        "npy-truncated-data.npy",
        &[],
        Refused(&["expected 320 data bytes", "found 310"]),
    ),
    (
        "npy-shape-2pow31.npy",
        &[],
        Refused(&["expected 6734508720128 data bytes", "found 320"]),
    ),
    ("npy-shape-overflow.npy", &[], Refused(&["too large"])),
    ("npy-zero-dim.npy", &[], Refused(&["dataset is empty"])),
    (
        "npy-scalar.npy",
        &[],
        Refused(&["at least 2 dimensions, found 0"]),
    ),
    (
        "npy-1d-as-X.npy",
        &[],
        Refused(&["at least 2 dimensions, found 1"]),
    ),
    (
        "npy-structured.npy",
        &[],
        Refused(&["structured dtype is not supported"]),
    ),
    (
        "npy-unicode-strings.npy",
        &[],
        Refused(&["dtype <U3 is not supported"]),
    ),
    (
        "npy-nan.npy",
        &[],
        Refused(&["value at row 2, column 1 is not finite"]),
    ),
    (
        "npy-header-length-65535.npy",
        &[],
        Refused(&["NPY header truncated"]),
    ),
    (
        "npz-X-y-length-differ.npz",
        &[],
        Refused(&["10 examples but 9 labels"]),
    ),
    (
        "npz-no-usable-keys.npz",
        &[],
        Refused(&["no array of inputs", "found: bar, foo"]),
    ),
    (
        "npz-truncated.npz",
        &[],
        Refused(&["not a valid zip archive"]),
    ),
    (
        "img-folder-mixed-size",
        &[],
        Refused(&["1/b.png: picture is 28x30 pixels; expected 28x28"]),
    ),
    (
        "img-folder-mixed-mode",
        &[],
        Loads(&[
            "note: 1 picture stored as RGB, all grey: read as grey (data.colour = \"stored\" keeps three channels)",
        ]),
    ),
    (
        "img-folder-one-corrupt",
        &[],
        Refused(&["1/b.png: PNG is truncated"]),
    ),
    ("img-folder-flat", &[], Refused(&["no class folders found"])),
    (
        "img-png-wrong-size-5x5.png",
        &["--set", "data.shape=[1,28,28]"],
        Refused(&["picture is 1 x 5 x 5", "expected 1 x 28 x 28"]),
    ),
    ("img-text-with-png-name.png", &[], Refused(&["not a PNG"])),
    (
        "img-png-claims-2pow31-square.png",
        &[],
        Refused(&["too large"]),
    ),
    (
        "names-empty-file",
        &[],
        Refused(&["class Empty has no samples"]),
    ),
    (
        "names-one-class",
        &[],
        Loads(&["note: only one class (Only): there is nothing to tell apart"]),
    ),
    (
        "names-not-utf8",
        &[],
        Refused(&["Latin1.txt, line 1: not valid UTF-8"]),
    ),
    (
        "ts-channel-count-differs.ts",
        &[],
        Refused(&["line 7: expected 2 channels, found 1"]),
    ),
    (
        "ts-channel-length-differs.ts",
        &[],
        Refused(&["line 6: channels differ in length (3 and 2)"]),
    ),
    (
        "ts-unknown-label.ts",
        &[],
        Refused(&["line 4: label \"c\" is not among a, b"]),
    ),
    (
        "ts-missing-value.ts",
        &[],
        Refused(&["line 4: value is missing"]),
    ),
    ("ts-no-data-section.ts", &[], Refused(&["no @data section"])),
];

/// The file is the label file of ten sound images of ten classes.
const AS_LABELS: &[&str] = &["--labels", "", "--classes", "10"];

fn folder() -> String {
    format!("{}/tests/malformed", env!("CARGO_MANIFEST_DIR"))
}

/// Address space of the program while it waits for its standard input, in KiB; `None` where the system does not say.
fn idle() -> Option<u64> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pcscope"))
        .args(["bench", "--engine"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    std::thread::sleep(Duration::from_millis(500));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    // Only our own child; it may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
    let line = status.ok()?;
    let line = line.lines().find(|l| l.starts_with("VmPeak:"))?.to_owned();
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Inspects a file under the limits: exit code, standard output, standard error.
fn inspect(name: &str, flags: &[&str], limit: Option<u64>) -> (Option<i32>, String, String) {
    let path = format!("{}/{name}", folder());
    let mut args = vec![
        env!("CARGO_BIN_EXE_pcscope").to_owned(),
        "inspect".to_owned(),
    ];
    if flags == AS_LABELS {
        args.push(format!("{}/ok/idx-images-10.gz", folder()));
        args.extend(["--labels", &path, "--classes", "10"].map(str::to_owned));
    } else {
        args.push(path);
        args.extend(flags.iter().map(|f| (*f).to_owned()));
    }
    let mut command = match limit {
        Some(limit) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("ulimit -v {limit} && exec \"$@\""), "sh"]);
            shell.args(&args);
            shell
        }
        None => {
            let mut own = Command::new(&args[0]);
            own.args(&args[1..]);
            own
        }
    };
    let start = Instant::now();
    let mut child = command
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The answers are a few lines, so neither pipe fills up before it is read.
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child's state can be asked for") {
            break status;
        }
        if start.elapsed() > Duration::from_secs(2) {
            let _ = child.kill();
            panic!("{name}: no answer within 2 s");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let (mut out, mut err) = (String::new(), String::new());
    let mut pipe = child.stdout.take().expect("piped");
    pipe.read_to_string(&mut out).expect("text");
    let mut pipe = child.stderr.take().expect("piped");
    pipe.read_to_string(&mut err).expect("text");
    (status.code(), out, err)
}

#[test]
fn every_file_is_answered_as_its_manifest_says_within_the_limits() {
    let limit = if cfg!(target_os = "linux") {
        Some(idle().expect("Linux tells the address space of a process") + 256 * 1024)
    } else {
        None
    };
    for (name, flags, answer) in TABLE {
        let (code, out, err) = inspect(name, flags, limit);
        match answer {
            Refused(words) => {
                assert_eq!(code, Some(2), "{name}: {out}{err}");
                assert_eq!(err.trim_end().lines().count(), 1, "{name}: {err}");
                let last = name.rsplit('/').next().expect("a name");
                assert!(err.contains(last), "{name} is not named: {err}");
                for word in *words {
                    assert!(err.contains(word), "{name}: \"{word}\" is not in: {err}");
                }
            }
            Loads(lines) => {
                assert_eq!(code, Some(0), "{name}: {err}");
                for line in *lines {
                    assert!(
                        out.lines().any(|l| l == *line),
                        "{name}: \"{line}\" is not in:\n{out}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_limit_of_address_space_is_one() {
    if let Some(idle) = idle() {
        let (code, ..) = inspect("ok/idx-images-10.gz", &[], Some(idle / 4));
        assert!(
            !matches!(code, Some(0 | 2)),
            "less than an idle process takes was enough: {code:?}"
        );
    }
}

#[test]
fn the_table_has_every_file() {
    let mut missing = Vec::new();
    for folder in [folder(), format!("{}/ok", folder())] {
        for entry in std::fs::read_dir(&folder).expect("the files are in the repository") {
            let path = entry.expect("readable").path();
            let below = path.strip_prefix(self::folder()).expect("below the folder");
            let name = below.to_string_lossy().into_owned();
            let none = ["ok", "MANIFEST.md", ".gitattributes"].contains(&name.as_str());
            if !none
                && !TABLE
                    .iter()
                    .any(|(listed, _, _)| Path::new(listed) == below)
            {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}
