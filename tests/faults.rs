//! Data as people have them: sixty-one small inputs, what `inspect` and `train` must say of each, and how `train` must end.
//!
//! The table is the specification. What is not right yet is listed with its kind in [`NOT_YET`]; a row that becomes right must be taken
//! out of that list.

use std::process::{Command, Stdio};

/// How an input is told, and what must come of it.
struct Row {
    kind: &'static str,
    input: &'static str,
    /// Words in what `inspect` answers, each in one line.
    says: &'static [&'static str],
    /// Words that must not be there.
    never: &'static [&'static str],
    /// How `train` ends.
    exit: i32,
    /// Words in what `train` answers.
    trains: &'static [&'static str],
    epochs: &'static str,
}

const fn row(
    kind: &'static str,
    input: &'static str,
    says: &'static [&'static str],
    exit: i32,
    trains: &'static [&'static str],
) -> Row {
    Row {
        kind,
        input,
        says,
        never: &[],
        exit,
        trains,
        epochs: "2",
    }
}

const fn without(row: Row, never: &'static [&'static str]) -> Row {
    Row { never, ..row }
}

const fn epochs(row: Row, epochs: &'static str) -> Row {
    Row { epochs, ..row }
}

/// Rows that are not right yet.
const NOT_YET: &[&str] = &[];

const TABLE: &[Row] = &[
    epochs(
        row(
            "K1",
            "house_prices.csv",
            &[
                "learns price (values): its name says so",
                "targets: 1 values, 131348 to 374425",
            ],
            0,
            &["R² 0.9"],
        ),
        "100",
    ),
    epochs(
        row(
            "K1",
            "targets_near_200.csv",
            &["learns target_value (values): its name says so"],
            0,
            &["R² 0.9"],
        ),
        "100",
    ),
    row(
        "K2",
        "series_TRAIN.tsv",
        &[
            "learns column 1 (2 classes)",
            "shape: 12 features",
            "examples per class: 1: 15; 2: 15",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K2",
        "class_first.data",
        &["learns column 1 (3 classes)", "shape: 3 features"],
        0,
        &["test accuracy"],
    ),
    row(
        "K2",
        "points_xy.csv",
        &[
            "learns cluster (3 classes): its name says so",
            "columns: x, y",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K2",
        "sorted_by_class.csv.gz",
        &[
            "learns column 3 (2 classes)",
            "examples per class: 0: 2,200; 1: 400",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K2",
        "names_first.csv",
        &[
            "learns mpg (values): its name says so",
            "left out: model (a different word in every row)",
            "columns: weight, cylinders",
        ],
        0,
        &[],
    ),
    row(
        "K2",
        "class_second.csv",
        &[
            "learns survived (2 classes): its name says so",
            "columns: age, fare",
            "left out: id (it counts the rows)",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K2",
        "pixels_without_label.csv",
        &["nothing to learn: pixel0 to pixel15 are pictures without labels"],
        2,
        &["no column to learn: pixel0 to pixel15 are pictures without labels"],
    ),
    row(
        "K3",
        "row_numbers.csv",
        &[
            "learns kind (3 classes): its name says so",
            "columns: length, width",
            "left out: column 1 (it counts the rows)",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K3",
        "class_code.csv",
        &[
            "learns kind (3 classes): its name says so",
            "columns: length, width",
            "left out: kind_id (it tells kind exactly)",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K4",
        "float_labels.csv",
        &[
            "learns column 3 (3 classes)",
            "examples per class: 0: 12; 1: 12; 2: 12",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K4",
        "few_rows.csv",
        &["learns price (values): its name says so"],
        0,
        &[],
    ),
    row(
        "K5",
        "numbered_columns.csv",
        &["examples: 30", "learns 3 (2 classes)", "columns: 0, 1, 2"],
        0,
        &["test accuracy"],
    ),
    row(
        "K6",
        "numbers_in_txt",
        &[
            "numbers in text files",
            "examples: 12",
            "shape: 3 features",
            "classes: 2",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K7",
        "book.xlsx",
        &["is an Excel book (.xlsx); expected the sheet saved as CSV"],
        2,
        &["is an Excel book (.xlsx); expected the sheet saved as CSV"],
    ),
    row(
        "K8",
        "pictures_and_csv",
        &[
            "images: 12",
            "classes: 2",
            "learns label (2 classes): labels.csv lists the pictures",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K9",
        "shape_in_alpha",
        &[
            "12 pictures with transparency laid over white",
            "values: 35 to 255",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K9",
        "turned_by_exif",
        &["images: 8", "shape: 1 x 16 x 16", "classes: 2"],
        0,
        &["test accuracy"],
    ),
    row(
        "K10",
        "png_and_webp",
        &["8 pictures left out that are not read: 8 in WebP (expected PNG or JPEG)"],
        0,
        &["8 in WebP"],
    ),
    row(
        "K10",
        "deeper",
        &["images: 10", "examples per class: a: 5; b: 5"],
        0,
        &["test accuracy"],
    ),
    row(
        "K10",
        "own_validation.npz",
        &["split: 20 train, 10 validation, 10 test (as filed)"],
        0,
        &["test accuracy"],
    ),
    epochs(
        row(
            "K11",
            "bump/bump_TRAIN.ts.gz",
            &["examples: 64", "classes: 2"],
            0,
            &["test accuracy 9|test accuracy 100"],
        ),
        "60",
    ),
    row(
        "K11",
        "steps",
        &[
            "two readings are about as likely",
            "--set data.rows=series (series of 10 steps of 2 numbers)",
        ],
        2,
        &["--set data.rows=series", "--set data.rows=features"],
    ),
    without(
        row(
            "K12",
            "two_channels/images.npy",
            &[
                "shape: 2 x 8 x 8 (channels x height x width)",
                "scale: bytes over 255, 0 to 1",
            ],
            0,
            &["test accuracy"],
        ),
        &["8 x 8 x 2"],
    ),
    row(
        "K13",
        "text_feature.csv",
        &[
            "learns species (2 classes): its name says so",
            "shape: 5 features",
            "words become inputs of 0 and 1: island (north, south), sex (f, m)",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "missing_values.csv",
        &[
            "4 gaps in a (4): filled with the mean of the training part",
            "examples: 30",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "blanks.data",
        &[
            "examples: 30",
            "shape: 3 features",
            "learns column 4 (3 classes)",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "decimal_comma.csv",
        &[
            "learns art (2 classes)",
            "values: 0 to 9",
            "numbers have a decimal comma",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "comment_lines.csv",
        &[
            "learns kind (2 classes)",
            "2 lines that begin with # or % left out",
            "columns: a, b",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "trailing_separator.csv",
        &["learns kind (2 classes)", "columns: a, b", "examples: 30"],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "booleans.csv",
        &[
            "learns ill (2 classes)",
            "columns: smokes, age",
            "examples per class: False: 16; True: 14",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "count_header.csv",
        &[
            "examples: 30",
            "examples per class: no: 15; yes: 15",
            "the first line, which counts rows and columns, left out",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "utf16.csv",
        &["learns kind (2 classes)", "examples: 30", "read as UTF-16"],
        0,
        &["test accuracy"],
    ),
    row(
        "K14",
        "flowers.arff",
        &["is an ARFF file (Weka, OpenML); expected CSV"],
        2,
        &["is an ARFF file (Weka, OpenML); expected CSV"],
    ),
    row(
        "K14",
        "archive.zip",
        &[
            "archive.zip/train.csv: table",
            "learns kind (2 classes)",
            "examples: 30",
        ],
        0,
        &["test accuracy"],
    ),
    without(
        row(
            "K14",
            "cut.csv.gz",
            &["gzip stream is truncated; expected a complete gzip file"],
            2,
            &["gzip stream is truncated"],
        ),
        &["IDX"],
    ),
    row(
        "K14",
        "texts_by_folder",
        &[
            "texts in a folder per class",
            "examples: 8",
            "examples per class: neg: 4; pos: 4",
        ],
        0,
        &[],
    ),
    row(
        "K14",
        "webp_only",
        &["holds pictures that are not read (6 in WebP); expected PNG or JPEG"],
        2,
        &["6 in WebP"],
    ),
    row(
        "K14",
        "one_label_short/X.npy",
        &["y.npy: 12 examples but 11 labels; expected one for each"],
        2,
        &["12 examples but 11 labels"],
    ),
    row(
        "K14",
        "windows.zip",
        &["images: 6", "examples per class: a: 3; b: 3"],
        0,
        &[],
    ),
    row(
        "K14",
        "set_folders",
        &[
            "images: 12",
            "examples per class: cats: 6; dogs: 6",
            "6 test (as filed)",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K15",
        "competition/train.csv",
        &[
            "learns label (2 classes): its name says so",
            "test.csv has no column label: it is for predictions",
            "examples: 30",
        ],
        0,
        &["test accuracy"],
    ),
    without(
        row(
            "K16",
            "two_pictures",
            &["images: 2"],
            0,
            &["nothing to test on"],
        ),
        &["NaN"],
    ),
    row(
        "K17",
        "labels_0_4000.csv",
        &["learns label (2 classes)", "0: 15; 4000: 15"],
        0,
        &["test accuracy"],
    ),
    row(
        "K17",
        "codes.csv",
        &[
            "learns code (3 classes)",
            "examples per class: 001: 10; 01: 10; 1: 10",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K2",
        "acceleration.csv",
        &[
            "learns activity (4 classes): its name says so",
            "columns: x, y, z",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K2",
        "names_last.csv",
        &[
            "two readings are about as likely: --target 1",
            "left out: column 4 (a different word in every row)",
        ],
        2,
        &["--target 1", "--target 3"],
    ),
    row(
        "K3",
        "one_hot.csv",
        &[
            "learns is_red, is_green, is_blue (3 classes): the last 3 columns are one class in 3 columns",
            "columns: a, b",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K4",
        "visits.csv",
        &["learns visits (values): the last column"],
        0,
        &[],
    ),
    row(
        "K8",
        "always_yes.csv",
        &["only one class (yes): there is nothing to tell apart"],
        2,
        &["only one class (yes): there is nothing to tell apart"],
    ),
    row(
        "K9",
        "turned_8",
        &["images: 8", "shape: 1 x 12 x 18"],
        0,
        &["test accuracy"],
    ),
    row(
        "K10",
        "png_and_bmp",
        &["6 pictures left out that are not read: 6 in BMP (expected PNG or JPEG)"],
        0,
        &["6 in BMP"],
    ),
    row(
        "K10",
        "class_only_in_test",
        &["classes that no example to train on has: c"],
        0,
        &["classes that no example to train on has: c"],
    ),
    row(
        "K11",
        "trace_like.npz",
        &["shape: 1 a step, 40 to 40 steps"],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "units.csv",
        &[
            "a line of units (cm, kg) left out",
            "examples: 24",
            "learns kind (2 classes)",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "total_line.csv",
        &[
            "line 26, the last (\"Total: 24 rows\"), is no row: left out",
            "examples: 24",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K13",
        "thousands.csv",
        &[
            "learns kind (2 classes)",
            "people is written with signs (\"1,000\"): read as plain numbers",
            "values: 0 to 4151",
        ],
        0,
        &["test accuracy"],
    ),
    row(
        "K14",
        "words/X.npy",
        &["examples: 12", "examples per class: cat: 6; dog: 6"],
        0,
        &["test accuracy"],
    ),
    row(
        "K14",
        "tiny_net",
        &[
            "images: 6",
            "6 pictures of the val part left out: their folders are none of the classes to train on",
        ],
        0,
        &[],
    ),
    row(
        "K14",
        "qmnist",
        &["images: 12", "examples per class: 0: 6; 1: 6"],
        0,
        &["test accuracy"],
    ),
];

/// Exit code and all that was answered.
fn run(args: &[&str]) -> (Option<i32>, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_pcscope"))
        .args(args)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let text = [out.stdout, out.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (out.status.code(), text)
}

/// What is wrong with the answers to an input; nothing if all is right.
fn faults(row: &Row) -> Vec<String> {
    let mut wrong = Vec::new();
    let (inspected, said) = run(&["inspect", row.input]);
    let (exit, trained) = run(&["train", row.input, "--epochs", row.epochs]);
    let any = |text: &str, words: &str| words.split('|').any(|w| text.contains(w));
    for words in row.says.iter().filter(|words| !any(&said, words)) {
        wrong.push(format!("inspect does not say \"{words}\":\n{said}"));
    }
    for words in row.trains.iter().filter(|words| !any(&trained, words)) {
        wrong.push(format!("train does not say \"{words}\":\n{trained}"));
    }
    for words in row.never.iter().chain(&["NaN", "panicked"]) {
        if said.contains(words) || trained.contains(words) {
            wrong.push(format!("\"{words}\" is said:\n{said}\n{trained}"));
        }
    }
    if exit != Some(row.exit) {
        wrong.push(format!("train ends with {exit:?}:\n{trained}"));
    }
    if row.exit == 0 {
        // What is learnt comes first, and every note of inspect is one of train.
        let learns = said.lines().next().unwrap_or_default();
        if inspected != Some(0) || trained.lines().next() != Some(learns) {
            wrong.push(format!("the first lines differ:\n{said}\n{trained}"));
        }
        let notes = said.lines().filter(|line| line.starts_with("note: "));
        for note in notes.filter(|note| !trained.contains(note)) {
            wrong.push(format!("train is silent about \"{note}\":\n{trained}"));
        }
    } else if trained.lines().count() != 1 {
        wrong.push(format!("the refusal is not one line:\n{trained}"));
    }
    wrong
}

#[test]
fn every_input_is_read_for_what_it_is_or_asked_about_or_refused_by_name() {
    assert_eq!(TABLE.len(), 61);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let results = std::sync::Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(row) =
                    TABLE.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    let found = faults(row);
                    results.lock().expect("no panic").push((row, found));
                }
            });
        }
    });
    let results = results.into_inner().expect("no panic");
    let right = results.iter().filter(|(_, wrong)| wrong.is_empty()).count();
    println!("{right} of {} inputs are right", TABLE.len());
    let mut unexpected = Vec::new();
    for (row, wrong) in &results {
        let known = NOT_YET.contains(&row.input);
        if wrong.is_empty() && known {
            unexpected.push(format!(
                "{} ({}) is right: take it out of the list",
                row.input, row.kind
            ));
        } else if !wrong.is_empty() && !known {
            unexpected.push(format!(
                "{} ({}): {}",
                row.input,
                row.kind,
                wrong.join("\n")
            ));
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n\n"));
}
