//! Every format from the file to a trained network, and an experiment file that notices when its data are not the same any more.

use crate::samples;
use pcscope::data::{Format, LoadOptions, Part, Progress, load};
use pcscope::experiment::file::Experiment;
use pcscope::experiment::loading::load_watched;
use pcscope::experiment::propose;
use std::path::Path;
use std::process::{Command, Output};

fn pcscope(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pcscope"))
        .args(args)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program runs")
}

#[test]
fn every_format_is_recognised_by_content_proposed_and_trained_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (format, path) in samples::write_all(folder.path()) {
        let options = LoadOptions::default();
        let (experiment, loaded) = propose::from_path(&path, &options, &Progress::new())
            .unwrap_or_else(|e| panic!("{format}: {e}"));
        let preview = loaded.preview();
        assert!(preview.examples >= 11, "{format}");
        assert!(
            preview.labels.as_ref().is_some_and(|l| l.classes >= 2),
            "{format}"
        );
        let shown = preview.thumbnails.len() + preview.rows.len();
        assert!(shown > 0, "{format}");
        assert!(
            preview.lines().iter().all(|line| !line.contains('\n')),
            "{format}"
        );
        // By content: under a name that says nothing, files are the same.
        if path.is_file() && !["idx", "npy"].contains(&format) {
            let bare = folder
                .path()
                .join(format!("bare-{}", format.replace('.', "-")));
            std::fs::copy(&path, &bare).expect("copied");
            let again =
                load(&bare, &options, &Progress::new()).unwrap_or_else(|e| panic!("{format}: {e}"));
            assert_eq!(again.preview().kind, preview.kind, "{format}");
            assert_eq!(again.preview().labels, preview.labels, "{format}");
        }
        let file = folder.path().join(format!("{format}.toml"));
        std::fs::write(&file, experiment.to_toml().expect("TOML")).expect("written");
        let out = pcscope(&[
            "train",
            &file.to_string_lossy(),
            "--updates",
            "3",
            "--json",
            "-",
        ]);
        let error = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(0), "{format}: {error}");
        let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
        assert!(
            report["loss"].as_f64().is_some_and(f64::is_finite),
            "{format}"
        );
    }
}

#[test]
fn data_on_the_command_line_get_the_proposed_experiment() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("few.csv");
    std::fs::write(&path, samples::table()).expect("written");
    let path = path.to_string_lossy();
    let out = pcscope(&[
        "compare",
        &path,
        "--updates",
        "4",
        "--set",
        "data.label=kind",
        "--set",
        "data.size=10",
        "--set",
        "learning.batch=2",
        "--json",
        "-",
    ]);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(report["rules"]["zil"]["differing_bits"], 0);
    assert_eq!(report["batch"], 2);
    let out = pcscope(&["train", &path, "--set", "data.label=kin"]);
    let error = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{error}");
    assert!(
        error.contains("no column \"kin\"; expected one of height, width, kind"),
        "{error}"
    );
    let out = pcscope(&["inspect", &path, "--json", "-"]);
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(report["kind"], "table");
    assert_eq!(report["examples"], 12);
    assert_eq!(report["labels"]["counts"], serde_json::json!([6, 6]));
    assert_eq!(report["proposal"]["data"]["label"], "kind");
    assert_eq!(
        report["proposal"]["data"]["hash"].as_str().map(str::len),
        Some(64)
    );
}

#[test]
fn an_experiment_notices_data_that_moved_or_changed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("few.csv");
    std::fs::write(&path, samples::table()).expect("written");
    let (mut experiment, _) =
        propose::from_path(&path, &LoadOptions::default(), &Progress::new()).expect("sound");
    // As a file beside its data would name them.
    experiment.data.source = "few.csv".into();
    let file = folder.path().join("few.toml");
    std::fs::write(&file, experiment.to_toml().expect("TOML")).expect("written");
    let file = file.to_string_lossy();
    let read = || {
        let experiment = Experiment::load(&file, &[]).expect("sound");
        load_watched(&experiment, &Progress::new())
    };
    assert_eq!(read().expect("unchanged").preview().examples, 12);
    std::fs::write(&path, samples::table().replace("0,0.5", "1,0.5")).expect("written");
    let line = read().expect_err("changed").to_string();
    assert!(
        line.contains("few.csv: the data have changed") && !line.contains('\n'),
        "{line}"
    );
    let kept = Experiment::load(&file, &["data.hash=".into()]).expect("sound");
    assert!(load_watched(&kept, &Progress::new()).is_err());
    std::fs::remove_file(&path).expect("removed");
    let line = read().expect_err("moved").to_string();
    assert!(
        line.contains("few.csv: the data have moved or are gone") && !line.contains('\n'),
        "{line}"
    );
}

#[test]
fn a_cancelled_loading_ends_with_a_line_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (format, path) in samples::write_all(folder.path()) {
        let progress = Progress::new();
        progress.cancel();
        let error = load(&path, &LoadOptions::default(), &progress).expect_err(format);
        assert!(
            error.to_string().ends_with("loading was cancelled"),
            "{format}: {error}"
        );
        let progress = Progress::new();
        load(&path, &LoadOptions::default(), &progress).expect(format);
        assert!(
            progress.fraction().is_some_and(|f| f > 0.5),
            "{format}: {progress:?}"
        );
    }
}

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn bundled_files_open_as_what_they_are() {
    let open = |path: &str| {
        load(&repository(path), &LoadOptions::default(), &Progress::new()).expect(path)
    };
    let digits = open("datasets/digits/digits_test.csv");
    let preview = digits.preview();
    assert_eq!(
        (preview.kind, &preview.shape[..]),
        (Format::Table, &[1, 8, 8][..])
    );
    let labels = preview.labels.as_ref().expect("labels");
    assert_eq!(
        labels.counts,
        [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    );
    let both = open("datasets/digits");
    assert_eq!(
        (both.preview().examples, both.preview().published_test),
        (5620, true)
    );
    let names = open("datasets/names");
    assert_eq!(
        (names.preview().kind, names.preview().examples),
        (Format::TextFolder, 18_012)
    );
    let vowels = open("datasets/vowels/japanese_vowels_train.npz");
    assert_eq!(vowels.preview().steps, Some([7, 29]));
    let data = vowels.dataset().expect("labelled");
    assert_eq!(
        (
            data.len(),
            data.range(Part::Test).len(),
            data.classes().len()
        ),
        (640, 370, 9)
    );
    let fashion = open("datasets/fashion");
    assert_eq!(
        fashion.preview().labels.as_ref().map(|l| l.counts.clone()),
        Some(vec![1000; 10])
    );
}
