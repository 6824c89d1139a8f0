//! The folder of a run: left anywhere, gone on with to the same bytes, computed again to the same bits.

use crate::run;
use pcscope::experiment::checkpoint::Stamp;
use pcscope::experiment::file::Experiment;
use pcscope::experiment::keep_run::Writing;
use pcscope::experiment::kept::{Kept, keep_frame};
use pcscope::experiment::lane::LaneId;
use pcscope::experiment::save_folder::Place;
use pcscope::experiment::session::{Mode, RaceCommand, Session};
use pcscope::learning::RunState;
use std::collections::BTreeMap;
use std::path::Path;

/// Runs, expects an exit code, and gives what was printed.
fn ends(args: &[&str], code: i32) -> String {
    let out = run(args);
    let (told, warned) = (
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr),
    );
    assert_eq!(out.status.code(), Some(code), "{args:?}: {told}{warned}");
    if code == 2 {
        assert_eq!(warned.trim_end().lines().count(), 1, "{args:?}: {warned}");
    }
    format!("{told}{warned}")
}

fn read(folder: &Path, file: &str) -> Vec<u8> {
    std::fs::read(folder.join(file)).expect("a file of a run")
}

/// All files of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let files = entries.filter(|e| e.path().is_file());
    files
        .map(|e| {
            let name = e.file_name().to_string_lossy().into_owned();
            let bytes = std::fs::read(e.path()).expect("readable");
            (name, bytes)
        })
        .collect()
}

fn journal(folder: &Path) -> Vec<String> {
    let text = String::from_utf8(read(folder, "journal.jsonl")).expect("UTF-8");
    let event = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        value["event"].as_str().expect("an event").to_owned()
    };
    text.lines().map(event).collect()
}

#[test]
fn a_run_that_is_gone_on_with_has_the_bytes_of_one_that_never_stopped() {
    let home = tempfile::tempdir().expect("a temporary folder");
    for (name, flags) in [
        (
            "adam",
            &["learning.optimiser=adam", "learning.rate=0.002"][..],
        ),
        (
            "noise",
            &[
                "learning.momentum=0.9",
                "inference.noise=0.01",
                "learning.rule=il",
                "inference.steps=5",
            ],
        ),
    ] {
        let mut train = vec!["train", "digits-mlp"];
        for flag in flags {
            train.extend(["--set", flag]);
        }
        let (whole, parts) = (
            home.path().join(name),
            home.path().join(format!("{name}-parts")),
        );
        let [whole_path, parts_path] = [&whole, &parts].map(|p| p.to_string_lossy().into_owned());
        // More than a thousand updates, so that series are thinned meanwhile; epochs are of 23.
        let end = if name == "adam" { "1100" } else { "90" };
        ends(
            &[&train[..], &["--updates", end, "--out", &whole_path]].concat(),
            0,
        );
        // Ended at the end of an epoch, which is then not the last, and within one.
        ends(
            &[&train[..], &["--updates", "23", "--out", &parts_path]].concat(),
            0,
        );
        let told = ends(&["train", "--resume", &parts_path, "--updates", "50"], 0);
        assert!(told.contains("goes on behind update 23 of 50"), "{told}");
        // As a kill leaves it: lines behind the checkpoint, the last one half, and no end.
        let mut metrics = read(&parts, "metrics.jsonl");
        metrics.extend(b"{\"loss\":1.0,\"update\":51}\n{\"loss\":1.0,\"upd");
        std::fs::write(parts.join("metrics.jsonl"), metrics).expect("written");
        let mut text = read(&parts, "journal.jsonl");
        text.extend(b"{\"event\":\"edit\",\"upda");
        std::fs::write(parts.join("journal.jsonl"), text).expect("written");
        ends(
            &[
                "train",
                &parts_path,
                "--resume",
                "--updates",
                end,
                "--threads",
                "2",
            ],
            0,
        );
        for file in ["weights.safetensors", "metrics.jsonl", "experiment.toml"] {
            assert!(read(&whole, file) == read(&parts, file), "{name}: {file}");
        }
        let events = ["begin", "ended", "resumed", "ended", "resumed", "ended"];
        assert_eq!(journal(&parts), events);
        // What is done is done: nothing is trained, and the results are told again.
        let told = ends(&["train", "--resume", &parts_path], 0);
        assert!(told.contains("test accuracy"), "{told}");
        assert!(read(&whole, "weights.safetensors") == read(&parts, "weights.safetensors"));
    }
}

#[test]
fn what_was_changed_in_the_midst_of_a_run_is_computed_again_to_the_same_bits() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let out = home.path().join("run");
    let path = out.to_string_lossy().into_owned();
    let train = [
        "train",
        "moons",
        "--rule",
        "il",
        "--updates",
        "12",
        "--out",
        &path,
    ];
    ends(&train, 0);
    let more = |updates: &'static str, change: &'static str| {
        let set = [
            "train",
            "--resume",
            &path,
            "--updates",
            updates,
            "--set",
            change,
        ];
        ends(&set, 0)
    };
    let told = more("17", "learning.rate=0.05");
    assert!(told.contains("learning.rate = 0.05"), "{told}");
    more("25", "inference.steps=9");
    more("33", "learning.momentum=0.5");
    more("41", "learning.batch=7");
    // What is so already is no edit.
    let told = more("45", "learning.batch=7");
    assert!(!told.contains("learning.batch"), "{told}");
    assert_eq!(journal(&out).iter().filter(|e| *e == "edit").count(), 4);
    for threads in ["1", "4"] {
        let told = ends(&["replay", &path, "--threads", threads], 0);
        assert!(
            told.contains("45 updates computed again, equal in every bit: 45 losses"),
            "{told}"
        );
    }
    let told = ends(&["replay", &path, "--update", "20", "--json", "-"], 0);
    let json: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(
        (&json["updates"], &json["checkpoint"]),
        (&20.into(), &false.into())
    );
    // Killed before the checkpoint that an edit comes behind: the edit is made when its update comes.
    let (early, late) = (home.path().join("early"), home.path().join("late"));
    let [early_path, late_path] = [&early, &late].map(|p| p.to_string_lossy().into_owned());
    for path in [&early_path, &late_path] {
        ends(
            &[
                "train",
                "moons",
                "--rule",
                "il",
                "--updates",
                "12",
                "--out",
                path,
            ],
            0,
        );
    }
    let line = "{\"event\":\"edit\",\"update\":20,\"set\":[[\"inference.gamma\",0.02],[\"inference.noise\",0.1]]}\n";
    let mut text = read(&early, "journal.jsonl");
    text.extend(line.bytes());
    std::fs::write(early.join("journal.jsonl"), text).expect("written");
    ends(&["train", "--resume", &early_path, "--updates", "30"], 0);
    ends(&["train", "--resume", &late_path, "--updates", "20"], 0);
    let set = [
        "--set",
        "inference.gamma=0.02",
        "--set",
        "inference.noise=0.1",
    ];
    ends(
        &[
            &["train", "--resume", &late_path, "--updates", "30"][..],
            &set,
        ]
        .concat(),
        0,
    );
    assert!(read(&early, "weights.safetensors") == read(&late, "weights.safetensors"));
    assert!(read(&early, "metrics.jsonl") == read(&late, "metrics.jsonl"));
    ends(&["replay", &early_path], 0);
}

#[test]
fn replay_says_where_a_run_differs_first() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let out = home.path().join("run");
    let path = out.to_string_lossy().into_owned();
    ends(&["train", "moons", "--updates", "20", "--out", &path], 0);
    let kept = Kept::open(&out).expect("a run");
    let setup = kept.setup::<f32>().expect("its set-up");
    let frame = |update: u64, state: &RunState<f32>| {
        let stamp = Stamp {
            run: kept.id.clone(),
            lane: LaneId::ZIL,
            update,
            edits: 0,
        };
        keep_frame(&out, state, &setup.experiment, &stamp).expect("written");
    };
    frame(0, &setup.begin());
    frame(20, &kept.state::<f32>(&setup.plan).expect("a state"));
    let told = ends(&["replay", &path], 0);
    assert!(
        told.contains("20 losses, 2 key frames, the checkpoint"),
        "{told}"
    );
    // One bit of one weight.
    let mut off = setup.begin();
    let nudge = |w: &mut [f32]| w[5] = f32::from_bits(w[5].to_bits() ^ 1);
    std::sync::Arc::make_mut(&mut off.weights).change(nudge);
    frame(0, &off);
    let told = ends(&["replay", &path, "--update", "3"], 1);
    assert!(
        told.contains("DIFFERS") && told.contains("zil-000000000.safetensors"),
        "{told}"
    );
    assert!(
        told.contains("element") && told.contains("was kept"),
        "{told}"
    );
    // A loss that was not.
    frame(0, &setup.begin());
    let text = String::from_utf8(read(&out, "metrics.jsonl")).expect("UTF-8");
    let line = text
        .lines()
        .find(|l| l.ends_with("\"update\":7}"))
        .expect("a line");
    let other = text.replace(line, "{\"loss\":0.25,\"update\":7}");
    std::fs::write(out.join("metrics.jsonl"), other).expect("written");
    let told = ends(&["replay", &path, "--threads", "2"], 1);
    assert!(
        told.contains("first at update 7") && told.contains("0.25 was noted"),
        "{told}"
    );
    let told = ends(&["replay", &path, "--update", "21"], 2);
    assert!(
        told.contains("--update 21") && told.contains("20 updates"),
        "{told}"
    );
    // Another run in its place takes the frames away.
    ends(
        &[
            "train",
            "moons",
            "--updates",
            "2",
            "--out",
            &path,
            "--overwrite",
        ],
        0,
    );
    assert!(!out.join("frames").exists());
}

#[test]
fn a_folder_that_cannot_be_gone_on_with_gets_one_line_and_stays_as_it_is() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let out = home.path().join("run");
    let data = home.path().join("data.csv");
    let rows: String = (0..60)
        .map(|i| format!("{},{},{}\n", i % 7, i % 5, ["a", "b"][i % 2]))
        .collect();
    std::fs::write(&data, format!("x,y,kind\n{rows}")).expect("written");
    let [path, csv] = [&out, &data].map(|p| p.to_string_lossy().into_owned());
    ends(&["train", &csv, "--updates", "9", "--out", &path], 0);
    let whole = files(&out);
    let resume = ["train", "--resume", &path, "--updates", "12"];
    let refused = |args: &[&str], words: &str| {
        let before = files(&out);
        let told = ends(args, 2);
        assert!(told.contains(words), "{args:?}: {told} lacks {words}");
        assert!(files(&out) == before, "{args:?}: the folder is as it was");
    };
    let with = |more: &[&'static str]| [&resume[..], more].concat();
    refused(
        &["train", "--resume", &path, "--updates", "8"],
        "9 updates are made",
    );
    refused(&with(&["--set", "seed=4"]), "seed cannot change");
    refused(&with(&["--set", "learning.rat=1"]), "did you mean");
    refused(&with(&["--dtype", "f64"]), "dtype cannot change");
    refused(&with(&["--set", "learning.rate=-1"]), "learning.rate is -1");
    refused(&with(&["--out", "x"]), "cannot be used with");
    refused(&["train", "--resume", &csv], "there is no run.json");
    let swap = |file: &str, from: &str, to: &str| {
        let text = String::from_utf8_lossy(&whole[file]).into_owned();
        assert!(text.contains(from), "{file} lacks {from}");
        text.replacen(from, to, 1).into_bytes()
    };
    let mut flipped = whole["weights.safetensors"].clone();
    *flipped.last_mut().expect("numbers") ^= 4;
    let version = concat!("pcscope ", env!("CARGO_PKG_VERSION"));
    let damages: &[(&str, Option<Vec<u8>>, &str)] = &[
        ("run.json", None, "there is no run.json"),
        (
            "run.json",
            Some(swap("run.json", version, "pcscope 0.0.1")),
            "a run of pcscope 0.0.1",
        ),
        ("run.json", Some(b"{".to_vec()), "not JSON"),
        (
            "experiment.toml",
            Some(swap("experiment.toml", "rate = ", "rate = 1")),
            "has changed since the run began",
        ),
        ("experiment.toml", None, "experiment.toml"),
        ("journal.jsonl", None, "journal.jsonl"),
        (
            "journal.jsonl",
            Some(swap("journal.jsonl", "begin", "gin")),
            "line 1",
        ),
        (
            "weights.safetensors",
            Some(flipped),
            "not those that were saved",
        ),
        (
            "weights.safetensors",
            Some(whole["weights.safetensors"][..900].to_vec()),
            "weights.safetensors",
        ),
        (
            "metrics.jsonl",
            Some(swap("metrics.jsonl", "\"update\":4}", "\"update\":5}")),
            "expected update 4",
        ),
        (
            "metrics.jsonl",
            Some(swap("metrics.jsonl", "{\"loss", "{loss")),
            "expected a JSON object",
        ),
        (
            "metrics.jsonl",
            Some(swap("metrics.jsonl", "\"update\":9}\n", "\"upd")),
            "ends at update 8",
        ),
    ];
    for (file, bytes, words) in damages {
        match bytes {
            Some(bytes) => std::fs::write(out.join(file), bytes).expect("written"),
            None => std::fs::remove_file(out.join(file)).expect("removed"),
        }
        refused(&resume, words);
        if *file != "metrics.jsonl" || !words.contains("ends at") {
            refused(&["replay", &path], words);
        }
        std::fs::write(out.join(file), &whole[*file]).expect("written");
    }
    std::fs::write(&data, format!("x,y,kind\n{rows}1,1,a\n")).expect("written");
    refused(&resume, "the data have changed since the run began");
    std::fs::remove_file(&data).expect("removed");
    refused(&resume, "the data have moved or are gone");
    refused(&["replay", &path], "the data have moved or are gone");
    std::fs::write(&data, format!("x,y,kind\n{rows}")).expect("written");
    ends(&resume, 0);
    ends(&["replay", &path], 0);
}

#[test]
fn a_run_that_began_with_weights_of_a_file_needs_the_file_no_more() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let out = home.path().join("run");
    let [path, first] =
        [out.clone(), home.path().join("first")].map(|p| p.to_string_lossy().into_owned());
    ends(
        &[
            "train",
            "moons",
            "--updates",
            "5",
            "--seed",
            "4",
            "--out",
            &first,
        ],
        0,
    );
    let weights = format!("{first}/weights.safetensors");
    ends(
        &[
            "train",
            "moons",
            "--updates",
            "6",
            "--weights",
            &weights,
            "--out",
            &path,
        ],
        0,
    );
    std::fs::remove_dir_all(&first).expect("removed");
    ends(&["train", "--resume", &path, "--updates", "9"], 0);
    ends(&["replay", &path], 0);
}

#[test]
fn series_leave_whole_with_what_they_were_made_of() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let out = home.path().join("run");
    let path = out.to_string_lossy().into_owned();
    let train = [
        "train",
        "moons",
        "--updates",
        "30",
        "--evaluate-every",
        "7",
        "--out",
        &path,
    ];
    ends(&train, 0);
    let more = ["--updates", "1100", "--set", "learning.rate=0.01"];
    ends(&[&["train", "--resume", &path][..], &more].concat(), 0);
    let file = |name: &str| home.path().join(name).to_string_lossy().into_owned();
    let (csv, json) = (file("s.csv"), file("S.JSON"));
    let told = ends(&["export", &path, "series", "--out", &csv], 0);
    assert!(
        told.contains("3 series, 1414 points, all that were noted"),
        "{told}"
    );
    let text = std::fs::read_to_string(&csv).expect("written");
    let lines: Vec<&str> = text.lines().collect();
    let journal = String::from_utf8(read(&out, "journal.jsonl")).expect("UTF-8");
    let begin: serde_json::Value =
        serde_json::from_str(journal.lines().next().expect("a line")).expect("JSON");
    let settings = begin["settings"].as_str().expect("a hash");
    for part in [
        "# pcscope ",
        settings,
        "data moons",
        "seed ",
        "behind update 30: learning.rate = 0.01",
    ] {
        assert!(lines[0].contains(part), "{} lacks {part}", lines[0]);
    }
    assert_eq!(lines[1], "update,loss,validation_accuracy,validation_loss");
    assert_eq!(lines.len(), 1102);
    // As they were noted, digit by digit.
    let noted = String::from_utf8(read(&out, "metrics.jsonl")).expect("UTF-8");
    for update in [1_usize, 1050] {
        let line = noted
            .lines()
            .find(|l| l.ends_with(&format!("\"update\":{update}}}")));
        let loss = line.and_then(|l| l.strip_prefix("{\"loss\":")?.split(',').next());
        let fields: Vec<&str> = lines[update + 1].split(',').collect();
        assert_eq!((fields[0], Some(fields[1])), (&*update.to_string(), loss));
        assert_eq!(fields[2].is_empty(), update % 7 != 0);
    }
    ends(&["export", &path, "series", "--out", &json], 0);
    let text = std::fs::read_to_string(&json).expect("written");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&value["thinned"], &value["settings"]),
        (&false.into(), &settings.into())
    );
    let losses = value["series"]["loss"]["value"].as_array().expect("values");
    assert_eq!(losses.len(), 1100);
    assert_eq!(value["series"]["validation_loss"]["update"][0], 7);
    let inside = format!("{path}/metrics.jsonl");
    for (args, words) in [
        (
            ["series", "--out", "x.txt"],
            "expected a name that ends in .csv or .json",
        ),
        (["serie", "--out", "x.csv"], "weights, series"),
        (["weights", "--out", &inside], "a file of the run itself"),
    ] {
        let told = ends(&[&["export", &path][..], &args].concat(), 2);
        assert!(told.contains(words), "{told}");
    }
}

#[cfg(feature = "window")]
/// Where values are learnt, the score is R², under its own name.
#[test]
fn a_run_that_learns_values_notes_r2_and_no_accuracy() {
    let home = tempfile::tempdir().expect("a folder");
    let table = home.path().join("prices.csv");
    let rows = (0..80).map(|i| format!("{}.5,{}.25,{}.5\n", i * 7 % 23, i * i % 17, i * 70 % 230));
    std::fs::write(
        &table,
        "area,age,price\n".to_owned() + &rows.collect::<String>(),
    )
    .expect("written");
    let out = home.path().join("run");
    let (path, table) = (out.to_string_lossy(), table.to_string_lossy());
    let train = [
        "train",
        &table,
        "--updates",
        "30",
        "--evaluate-every",
        "10",
        "--out",
        &path,
    ];
    ends(&train, 0);
    let csv = home.path().join("s.csv").to_string_lossy().into_owned();
    ends(&["export", &path, "series", "--out", &csv], 0);
    let text = std::fs::read_to_string(&csv).expect("written");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[1], "update,loss,validation_loss,validation_r2");
    let scored: Vec<f64> = (lines[2..].iter())
        .filter_map(|line| line.rsplit(',').next()?.parse().ok())
        .collect();
    assert!(
        scored.len() == 2 && scored.iter().all(|r2| *r2 <= 1.0),
        "{scored:?}"
    );
}

#[test]
fn a_view_of_a_run_is_drawn_as_it_is_there() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let out = home.path().join("run");
    let path = out.to_string_lossy().into_owned();
    ends(&["train", "moons", "--updates", "60", "--out", &path], 0);
    let file = |name: &str| home.path().join(name).to_string_lossy().into_owned();
    let (svg, png) = (file("loss.svg"), file("plane.png"));
    let settings = {
        let journal = String::from_utf8(read(&out, "journal.jsonl")).expect("UTF-8");
        let begin: serde_json::Value =
            serde_json::from_str(journal.lines().next().expect("a line")).expect("JSON");
        begin["settings"].as_str().expect("a hash").to_owned()
    };
    ends(
        &["export", &path, "figure", "--view", "loss", "--out", &svg],
        0,
    );
    let text = std::fs::read_to_string(&svg).expect("written");
    assert!(
        text.starts_with("<svg ") && text.ends_with("</svg>\n"),
        "{text}"
    );
    let metadata = text
        .split("<metadata>")
        .nth(1)
        .and_then(|t| t.split("</metadata>").next());
    let metadata = metadata.expect("metadata").replace("&quot;", "\"");
    let about: serde_json::Value = serde_json::from_str(&metadata).expect("JSON");
    assert_eq!(
        (&about["settings"], &about["update"]),
        (&settings.clone().into(), &60.into())
    );
    assert!(text.contains(">Z-IL</text>"), "{text}");
    assert!(!text.contains("<image"), "a curve is no raster");
    ends(
        &[
            "export", &path, "figure", "--view", "Plane", "--out", &png, "--size", "400x300",
        ],
        0,
    );
    let bytes = std::fs::read(&png).expect("written");
    let image = image::load_from_memory(&bytes).expect("a picture");
    assert_eq!((image.width(), image.height()), (800, 600));
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        text.contains("tEXtSource\0pcscope ") && text.contains(&settings),
        "text in the PNG"
    );
    let gif = file("wave.gif");
    let args = ["gif", "--view", "Wave", "--size", "320x240", "--out", &gif];
    let told = ends(&[&["export", &path][..], &args].concat(), 0);
    assert!(told.contains("wave.gif, 3 pictures"), "{told}");
    let bytes = std::fs::read(&gif).expect("written");
    assert!(bytes.starts_with(b"GIF89a"));
    assert!(String::from_utf8_lossy(&bytes).contains(&format!("\"settings\":\"{settings}\"")));
    // Updates of the past are made again: at the last of them the picture is that of the run.
    let more = ["--over", "updates", "--every", "20"];
    let told = ends(&[&["export", &path][..], &args, &more].concat(), 0);
    assert!(told.contains("wave.gif, 4 pictures"), "{told}");
    for (args, words) in [
        (
            ["--over", "updates", "--to", "61"],
            "update 0 to 61: expected a range within 0 to 60",
        ),
        (
            ["--over", "epochs", "--to", "1"],
            "--over epochs: expected states or updates",
        ),
        (["--every", "0", "--to", "1"], "every 0"),
    ] {
        let given = ["gif", "--view", "Window", "--out", &gif];
        let told = ends(&[&["export", &path][..], &given, &args].concat(), 2);
        assert!(told.contains(words), "{told}");
    }
    for (args, words) in [
        (
            ["figure", "--out", "x.svg", "--t", "1"],
            "expected --view with one of Dials, Network",
        ),
        (
            ["figure", "--out", "x.svg", "--view", "Netwrk"],
            "did you mean Network?",
        ),
        (
            ["figure", "--out", "x.svg", "--view", "Contributions"],
            "not for data of this kind",
        ),
        (
            ["figure", "--out", "x.gif", "--view", "Network"],
            "ends in .svg or .png",
        ),
    ] {
        let told = ends(&[&["export", &path][..], &args].concat(), 2);
        assert!(told.contains(words), "{told}");
    }
    let told = ends(
        &[
            "export", &path, "figure", "--view", "Network", "--t", "99", "--out", &svg,
        ],
        2,
    );
    assert!(
        told.contains("--t 99: expected a number from 0 to"),
        "{told}"
    );
}

/// A session in step, of a run that its window would race.
fn session(changes: &[&str]) -> Session {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load("digits-mlp", &changes).expect("a preset");
    Session::start(experiment, Mode::InStep).expect("a session")
}

/// Saves a session as its window does.
fn keep(session: &mut Session, folder: &Path) {
    let captured = session.capture().expect("a run");
    let how = Writing {
        budget: 1 << 20,
        most: 100,
        ..Writing::default()
    };
    let place = Place::new(folder).expect("a place");
    place
        .fill(|half| captured.write(half, &how))
        .expect("written");
}

#[test]
fn a_run_that_a_window_saved_is_computed_again_told_of_and_gone_on_with() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| home.path().join(name).to_string_lossy().into_owned();
    let (run, series) = (path("run"), path("series.json"));
    let small = ["network.layers=[{dense=8},{dense=10}]", "inference.steps=3"];
    let mut own = session(&small);
    own.race(RaceCommand::RunUntil(1200));
    let mut edited = own.experiment.clone();
    edited.learning.rate = 0.02;
    own.race(RaceCommand::Edit(Box::new(edited)));
    own.race(RaceCommand::RunUntil(1210));
    keep(&mut own, Path::new(&run));
    let told = ends(&["replay", &run], 0);
    assert!(
        told.contains("1210 losses") && told.contains("noted as means"),
        "{told}"
    );
    assert!(told.contains("key frames"), "{told}");
    ends(&["replay", &run, "--update", "700", "--threads", "2"], 0);
    let told = ends(&["export", &run, "series", "--out", &series], 0);
    assert!(told.contains("thinned"), "{told}");
    let text = std::fs::read_to_string(&series).expect("written");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["thinned"], true);
    ends(
        &["export", &run, "weights", "--out", &path("w.safetensors")],
        0,
    );
    let figure = ["export", &run, "figure", "--view", "Loss", "--out"];
    ends(&[&figure[..], &[&path("loss.svg")]].concat(), 0);
    ends(&["inspect", &format!("{run}/weights.safetensors")], 0);
    let told = ends(&["train", "--resume", &run, "--rule", "il"], 2);
    assert!(told.contains("a race of several lanes"), "{told}");
    // The lane of the experiment's rule goes on to the bits that it would have come to in the window.
    let told = ends(&["train", "--resume", &run, "--updates", "1230"], 0);
    assert!(
        told.contains("goes on behind update 1210 of 1230"),
        "{told}"
    );
    ends(&["replay", &run], 0);
    own.race(RaceCommand::RunUntil(1230));
    let window = home.path().join("window");
    keep(&mut own, &window);
    let weights = |folder: &Path| {
        let bytes = read(folder, "weights.safetensors");
        let header = u64::from_le_bytes(bytes[..8].try_into().expect("eight"));
        bytes[8 + header as usize..].to_vec()
    };
    assert!(weights(Path::new(&run)) == weights(&window));
    // And is opened again as it was left there, the others at rest.
    let kept = Kept::open(Path::new(&run)).expect("a run");
    let opened = Session::reopen(&kept, Mode::InStep).expect("a session");
    let race = opened.take_race().expect("a picture");
    let lanes: Vec<(u64, bool)> = race.lanes.iter().map(|l| (l.updates, l.active)).collect();
    assert_eq!(race.update, 1230);
    assert_eq!(lanes, [(1210, false), (1230, true), (1210, false)]);
}
