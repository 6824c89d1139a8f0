//! The command line as scripts see it: exit codes, one line per fault, JSON.

use crate::run;
use std::process::Command;

/// Expects exit 2 and exactly one line on standard error that contains every word.
fn refused(args: &[&str], words: &[&str]) {
    let out = run(args);
    let text = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{args:?}: {text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{args:?}: {text}");
    for word in words {
        assert!(text.contains(word), "{args:?}: {text} lacks {word}");
    }
}

#[test]
fn bad_flags_and_files_get_one_line_and_exit_2() {
    refused(
        &["train", "mnist-cn"],
        &["mnist-cn", "did you mean mnist-cnn?"],
    );
    refused(
        &["train", "moons", "--set", "learning.rat=1"],
        &["--set", "did you mean `rate`?"],
    );
    refused(&["train", "moons", "--rule", "zill"], &["zill"]);
    refused(
        &["train", "moons", "--threads", "0"],
        &["--threads 0", "from 1 to 256"],
    );
    refused(&["train", "moons", "--updates", "many"], &["many"]);
    refused(&["train", "moons", "--dtype", "f16"], &["f16"]);
    refused(
        &["train", "moons", "--set", "network.layers=[{dense=3}]"],
        &["3 units", "2 classes"],
    );
    refused(
        &["trace", "moons", "--out", "/nonexistent/x.npz"],
        &["/nonexistent/x.npz"],
    );
    refused(
        &["trace", "moons", "--out", "x.npz", "--example", "1000"],
        &["--example 1000", "from 0 to 99"],
    );
    refused(
        &["bench", "--workload", "rn"],
        &["--workload rn", "cnn_cifar, rnn"],
    );
    refused(
        &["bench", "--against-two-processes", "--threads", "3"],
        &["--threads 3", "expected 2"],
    );
    refused(
        &["bench", "--scaling", "--batch", "8"],
        &["--scaling", "--batch"],
    );
    refused(&["frobnicate"], &["frobnicate"]);
    refused(&["inspect", "/nonexistent"], &["/nonexistent"]);
}

#[test]
fn compare_says_in_json_that_both_lanes_of_zil_equal_bp() {
    let out = run(&["compare", "moons", "--updates", "20", "--json", "-"]);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let v: serde_json::Value =
        serde_json::from_slice(&out.stdout).expect("JSON on standard output");
    for rule in ["zil", "zil-full"] {
        assert_eq!(v["rules"][rule]["differing_bits"], 0, "{rule}");
        assert_eq!(v["rules"][rule]["loss"], v["rules"]["bp"]["loss"]);
    }
    assert!(
        v["rules"]["il"]["relative_distance"]
            .as_f64()
            .is_some_and(|d| d > 0.01)
    );
}

#[test]
fn every_rule_and_optimiser_trains_and_a_t_below_d_is_refused() {
    for rule in ["il", "fixed-prediction", "incremental", "zil-then-il"] {
        for optimiser in ["sgd", "adam", "adamw"] {
            let optimiser = format!("learning.optimiser={optimiser}");
            let out = run(&[
                "train",
                "moons",
                "--rule",
                rule,
                "--updates",
                "3",
                "--set",
                &optimiser,
                "--set",
                "learning.weight_decay=0.01",
                "--set",
                "network.activation=gelu",
                "--json",
                "-",
            ]);
            let text = String::from_utf8_lossy(&out.stderr);
            assert_eq!(out.status.code(), Some(0), "{rule}, {optimiser}: {text}");
            let v: serde_json::Value =
                serde_json::from_slice(&out.stdout).expect("JSON on standard output");
            assert_eq!((&v["rule"], &v["updates"]), (&rule.into(), &3.into()));
        }
        let short = [
            "train",
            "moons",
            "--rule",
            rule,
            "--set",
            "inference.steps=1",
        ];
        if rule == "zil-then-il" {
            assert_eq!(run(&short).status.code(), Some(0));
        } else {
            refused(&short, &["T = 1", "D = 2", "inference.steps"]);
        }
    }
    refused(
        &[
            "train",
            "moons",
            "--rule",
            "fixed-prediction",
            "--set",
            "inference.adaptive=true",
        ],
        &["inference.adaptive", "fixed-prediction"],
    );
}

#[test]
fn trace_says_how_large_gamma_may_be() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let npz = folder.path().join("t.npz");
    let npz = npz.to_string_lossy();
    for (rule, words) in [
        ("il", "stability limit of γ here"),
        ("zil", "not needed"),
        ("fixed-prediction", "2, whatever the weights"),
    ] {
        let out = run(&["trace", "moons", "--rule", rule, "--out", &npz]);
        let text = String::from_utf8_lossy(&out.stdout);
        assert!(text.contains(words), "{rule}: {text}");
    }
}

#[test]
fn generated_data_are_learnt_by_the_network_proposed_for_them() {
    for (name, least) in [
        ("xor", 0.95),
        ("spirals", 0.97),
        ("circles", 0.98),
        ("stripes", 0.99),
        ("waves", 0.95),
    ] {
        for seed in ["0", "1"] {
            let args = [
                "train", name, "--epochs", "100", "--seed", seed, "--json", "-",
            ];
            let out = run(&args);
            let text = String::from_utf8_lossy(&out.stderr);
            assert!(out.status.success(), "{name}: {text}");
            let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
            let accuracy = json["test_accuracy"].as_f64().unwrap();
            assert!(accuracy >= least, "{name}, seed {seed}: {accuracy}");
        }
    }
    refused(&["train", "spiral"], &["spiral", "did you mean spirals?"]);
}

#[test]
fn a_broken_condition_fails_the_claim_with_exit_1() {
    let out = run(&[
        "compare",
        "moons",
        "--updates",
        "5",
        "--set",
        "conditions.capture=late",
    ]);
    assert_eq!(out.status.code(), Some(1));
}

#[test]
fn training_writes_what_it_did_and_repeats_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let train = |name: &str, threads: &str| {
        let out = folder.path().join(name);
        let path = out.to_string_lossy().into_owned();
        let done = run(&[
            "train",
            "digits-mlp",
            "--updates",
            "30",
            "--threads",
            threads,
            "--out",
            &path,
        ]);
        assert_eq!(
            done.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        (
            std::fs::read(out.join("weights.safetensors")).expect("weights"),
            std::fs::read(out.join("metrics.jsonl")).expect("metrics"),
        )
    };
    let (weights, metrics) = train("a", "1");
    assert!(
        (weights.clone(), metrics) == train("b", "3"),
        "the same bytes at any thread count"
    );
    let checkpoint = folder.path().join("a/weights.safetensors");
    let checkpoint = checkpoint.to_string_lossy();
    let out = run(&["inspect", &checkpoint]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("updates: 30"));
    let npz = folder.path().join("t.npz");
    let npz = npz.to_string_lossy();
    let out = run(&[
        "trace",
        "digits-mlp",
        "--weights",
        &checkpoint,
        "--out",
        &npz,
    ]);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert!(npz.len() > 4 && std::fs::metadata(&*npz).is_ok_and(|m| m.len() > 1000));
    std::fs::write(
        folder.path().join("broken.safetensors"),
        &weights[..weights.len() / 2],
    )
    .expect("written");
    let broken = folder.path().join("broken.safetensors");
    refused(
        &[
            "trace",
            "digits-mlp",
            "--weights",
            &broken.to_string_lossy(),
            "--out",
            &npz,
        ],
        &["broken.safetensors", "not a safetensors file"],
    );
}

#[test]
fn a_run_that_cannot_be_saved_is_refused_before_the_work_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let path = out.to_string_lossy().into_owned();
    let train = ["train", "moons", "--updates", "3", "--out", &path];
    let with = |more: &[&'static str]| [&train[..], more].concat();
    refused(
        &with(&["--json", "/nonexistent/x.json"]),
        &["--json /nonexistent/x.json"],
    );
    refused(
        &with(&["--set", "network.layers=[{dense=3}]"]),
        &["3 units"],
    );
    assert!(!out.exists(), "a refused run leaves no folder");
    assert_eq!(run(&train).status.code(), Some(0));
    refused(
        &train,
        &["run.json of a run is there already", "--overwrite"],
    );
    assert_eq!(run(&with(&["--overwrite"])).status.code(), Some(0));
    let record = std::fs::read_to_string(out.join("run.json")).expect("run.json");
    let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
    assert_eq!(
        (&record["state"], &record["updates"]),
        (&"done".into(), &3.into()),
        "{record}"
    );
    assert!(record["results"]["test_accuracy"].is_number(), "{record}");
    let own = out.join("experiment.toml");
    let text = std::fs::read_to_string(&own).expect("the experiment");
    assert!(
        text.contains(record["id"].as_str().expect("an id")),
        "{text}"
    );
    // What a run left is an experiment, and is not written over by the run of it.
    let own = own.to_string_lossy();
    refused(
        &["train", &own, "--out", &path, "--overwrite"],
        &["expected another folder"],
    );
    assert_eq!(run(&["inspect", &own]).status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_run_that_is_ended_from_outside_leaves_what_it_had() {
    use std::io::Read as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    for signal in ["TERM", "HUP", "INT", "KILL"] {
        let out = folder.path().join(signal);
        let mut child = Command::new(env!("CARGO_BIN_EXE_pcscope"))
            .args(["train", "moons", "--updates", "100000000", "--out"])
            .arg(&out)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let began = std::time::Instant::now();
        let lines =
            || std::fs::read_to_string(out.join("metrics.jsonl")).map_or(0, |t| t.lines().count());
        // Of a killed run there is what its checkpoints have, and of those one a second at most.
        let weights = out.join("weights.safetensors");
        let mut first = None;
        let mut saved = || {
            let now = std::fs::read(&weights).ok();
            first = first.take().or_else(|| now.clone());
            signal != "KILL" || now != first
        };
        while lines() < 20 || !saved() {
            assert!(began.elapsed().as_secs() < 60, "no metrics come");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", signal, &id])
                .status()
                .is_ok_and(|s| s.success())
        );
        let status = child.wait().expect("it ends");
        let record = std::fs::read_to_string(out.join("run.json")).expect("run.json");
        let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
        let about = run(&["inspect", &weights.to_string_lossy()]);
        let about = String::from_utf8_lossy(&about.stdout).into_owned();
        let updates = about.lines().find_map(|l| l.strip_prefix("updates: "));
        let updates: u64 = updates.expect("a line").parse().expect("a number");
        if signal == "KILL" {
            // How far it came is what the checkpoint says; an end that did not come is not claimed.
            assert_eq!(record["state"], "running");
            assert!(record["updates"].is_null() && updates > 0, "{about}");
            continue;
        }
        assert_eq!(record["updates"].as_u64(), Some(updates), "{signal}");
        let mut text = String::new();
        child
            .stdout
            .take()
            .expect("piped")
            .read_to_string(&mut text)
            .expect("text");
        assert_eq!(
            (status.code(), &record["state"]),
            (Some(130), &"interrupted".into()),
            "{signal}: {text}"
        );
        assert!(
            updates >= 19 && text.contains("test accuracy"),
            "{signal}: {text}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_told() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("a full device");
    let out = Command::new(env!("CARGO_BIN_EXE_pcscope"))
        .args(["train", "moons", "--updates", "3"])
        .stdout(full)
        .output()
        .expect("the binary runs");
    let text = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{text}");
    assert!(text.contains("standard output"), "{text}");
    assert_eq!(
        run(&["train", "moons", "--updates", "3", "--json", "/dev/null"])
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn every_idx_and_gzip_file_of_the_malformed_corpus_gets_its_line() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/malformed");
    let images = format!("{folder}/ok/idx-images-10.gz");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus is in the repository") {
        let path = entry.expect("readable").path();
        let name = path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        if !(name.starts_with("idx-") || name.starts_with("gz-")) {
            continue;
        }
        seen += 1;
        let file = path.to_string_lossy();
        if name.starts_with("idx-labels") || name == "idx-images-given-as-labels.idx" {
            refused(
                &["inspect", &images, "--labels", &file, "--classes", "10"],
                &[&name],
            );
        } else {
            refused(&["inspect", &file], &[&name]);
        }
    }
    assert!(seen >= 19, "{seen} files");
    for ok in [
        "ok/idx-images-10.gz",
        "ok/idx-labels-10.gz",
        "ok/idx-images-10-uncompressed",
    ] {
        let out = run(&["inspect", &format!("{folder}/{ok}")]);
        assert_eq!(
            out.status.code(),
            Some(0),
            "{ok}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

#[test]
fn without_a_display_the_window_says_what_to_do_instead() {
    if cfg!(all(feature = "window", target_os = "linux")) {
        refused(&[], &["no display", "screenshot"]);
    }
}

#[test]
fn two_threads_are_set_against_two_processes() {
    let out = run(&[
        "bench",
        "--against-two-processes",
        "--threads",
        "2",
        "--workload",
        "mlp",
        "--batch",
        "33",
        "--quick",
        "--json",
        "-",
    ]);
    let text = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(0), "{text}");
    let v: serde_json::Value =
        serde_json::from_slice(&out.stdout).expect("JSON on standard output");
    let rows = v["results"].as_array().expect("rows");
    assert_eq!(rows.len(), 5);
    for row in rows {
        let number = |key: &str| row[key].as_f64().expect("a number");
        let share = number("updates_per_second") / number("of_two_processes");
        // The share is a median of ratios, so only near the ratio of medians.
        assert!(
            (0.3..3.0).contains(&(share / number("share_of_two"))),
            "{row}"
        );
    }
}

#[test]
fn a_run_that_diverges_exits_1_names_the_place_and_leaves_weights_that_can_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let out_dir = folder.path().to_str().expect("UTF-8");
    let wild = [
        "--set",
        "network.activation=relu",
        "--set",
        "network.loss=squared-error",
    ];
    // The last one diverges at the very last update: every update before it is fine.
    for (rule, rate, updates) in [
        ("zil", "1e30", "20"),
        ("bp", "1e30", "20"),
        ("zil", "3e38", "1"),
    ] {
        let rate = format!("learning.rate={rate}");
        let mut args = vec!["train", "moons", "--rule", rule, "--updates", updates];
        args.extend(["--set", &rate, "--out", out_dir, "--overwrite"]);
        args.extend(wild);
        let out = run(&args);
        let (text, line) = (
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr),
        );
        assert_eq!(out.status.code(), Some(1), "{text}{line}");
        assert!(text.contains("test accuracy —"), "{text}");
        assert!(!text.contains("NaN") && !text.contains(" % ("), "{text}");
        assert!(line.contains("is not finite"), "{line}");
        assert!(rule == "bp" || line.contains("t = "), "{line}");
        assert!(line.contains("weights.safetensors"), "{line}");
        let weights = format!("{out_dir}/weights.safetensors");
        let npz = format!("{out_dir}/x.npz");
        let trace = run(&["trace", "moons", "--weights", &weights, "--out", &npz]);
        let line = String::from_utf8_lossy(&trace.stderr);
        assert_ne!(trace.status.code(), Some(2), "{line}");
    }
}

#[test]
fn compare_races_lanes_of_your_own() {
    let out = run(&[
        "compare",
        "moons",
        "--updates",
        "20",
        "--lane",
        "il-60:rule=il,inference.steps=60,inference.gamma=0.05",
        "--lane",
        "other:rule=il,seed=3,label=of another seed",
        "--json",
        "-",
    ]);
    assert_eq!(out.status.code(), Some(0));
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let rules = &report["rules"];
    assert_eq!(rules["zil-full"]["differing_bits"], 0);
    assert_eq!(rules["il-60"]["steps"], 60);
    assert_eq!(rules["il-60"]["gamma"], 0.05);
    assert_ne!(rules["il-60"]["loss"], rules["il"]["loss"]);
    assert_eq!(rules["other"]["seed"], 3);
    assert_eq!(rules["other"]["verdict"], "NOT-COMPARED");
    assert!(rules["other"]["differing_bits"].is_null());
    for (lane, words) in [
        (
            "x:learning.batch=3",
            "lane x: learning.batch is the same for all lanes",
        ),
        ("IL:rule=il", "lane IL: id is \"IL\""),
        (
            "a:network.gain=2",
            "network.gain; expected label, rule, seed",
        ),
        ("a:inference.gamma=fast", "`inference.gamma`"),
        ("a:seed", "seed is no KEY=VALUE"),
        ("a:rule=il,rule=bp", "rule stands there twice"),
        ("a:label=", "label is \"\""),
        ("a:learning.betas=[0.9,2]", "learning.betas is 2"),
    ] {
        refused(&["compare", "moons", "--lane", lane], &[words]);
    }
}

/// A run leaves what another program needs to do the same, and its weights go out and come in by PyTorch's names.
/// The weights of a checkpoint by name: the bytes of each, without what the optimiser remembers.
fn weights_in(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let tensors = safetensors::SafeTensors::deserialize(bytes).expect("a checkpoint");
    let weights = tensors.tensors().into_iter();
    let weights = weights.filter(|(name, _)| !name.starts_with("optimiser."));
    let mut all: Vec<(String, Vec<u8>)> = weights
        .map(|(name, tensor)| (name, tensor.data().to_vec()))
        .collect();
    all.sort();
    all
}

#[test]
fn weights_go_out_by_the_names_of_modules_and_come_in_again() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| home.path().join(name).display().to_string();
    let train = |preset: &str, out: &str, more: &[&str]| {
        let mut args = vec!["train", preset, "--updates", "3", "--out", out];
        args.extend(more);
        let out = run(&args);
        assert_eq!(out.status.code(), Some(0), "{args:?}: {out:?}");
    };
    let read = |path: &str| std::fs::read(path).unwrap();
    for (preset, more, words) in [
        (
            "digits-mlp",
            &["--dtype", "f64"][..],
            &[
                "nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 16)",
                "x = stored / 16",
            ][..],
        ),
        (
            "names-rnn-2",
            &["--set", "learning.batch=8"],
            &[
                "nn.RNN(83, ",
                "num_layers=2",
                "\"head\": nn.Sequential(nn.Linear(",
            ],
        ),
        (
            "vowels-rnn",
            &[],
            &[
                "nn.RNN(12, 64, num_layers=1, nonlinearity=\"tanh\"",
                "5 tensors and 1 of zeros",
            ],
        ),
        (
            "fashion-cnn",
            &["--set", "learning.batch=4"],
            &[
                "nn.Conv2d(1, ",
                "nn.MaxPool2d(2, stride=2, padding=0)",
                "nn.Flatten()",
                "x = stored / 255",
            ],
        ),
    ] {
        let (folder, file) = (path(preset), path(&format!("{preset}.safetensors")));
        let more = [more, &["--record-batches"]].concat();
        train(preset, &folder, &more);
        let out = run(&["export", &folder, "weights", "--out", &file]);
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert_eq!(out.status.code(), Some(0), "{out:?}");
        for word in words {
            assert!(said.contains(word), "{said} lacks {word}");
        }
        // By either name they are the same beginning: of no update, the same bits.
        let again = path(&format!("{preset}-again"));
        let own = format!("{folder}/weights.safetensors");
        let mut bits = Vec::new();
        for weights in [&own, &file] {
            let more = [
                &more[..],
                &["--weights", weights, "--updates", "0", "--overwrite"],
            ]
            .concat();
            let mut args = vec!["train", preset, "--out", &again];
            args.extend(more);
            assert_eq!(run(&args).status.code(), Some(0), "{args:?}");
            bits.push(weights_in(&read(&format!("{again}/weights.safetensors"))));
        }
        let whole = weights_in(&read(&own));
        assert!(
            !whole.is_empty() && bits.iter().all(|b| *b == whole),
            "{preset}"
        );
        assert!(std::path::Path::new(&folder).join("batches.npz").exists());
        assert!(
            std::path::Path::new(&folder)
                .join("initial.safetensors")
                .exists()
        );
    }
    // A beginning is said, and another one is another run.
    let record = std::fs::read_to_string(home.path().join("vowels-rnn-again/run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record["weights"]["sha256"].as_str().map(str::len), Some(64));
    let out = run(&[
        "compare",
        "digits-mlp",
        "--updates",
        "2",
        "--dtype",
        "f64",
        "--weights",
        &path("digits-mlp.safetensors"),
    ]);
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    // What a run has is not written over, nor taken away from below it.
    let digits = path("digits-mlp");
    let own = format!("{digits}/weights.safetensors");
    refused(
        &["export", &digits, "weights", "--out", &own],
        &["--out", "a file of the run itself"],
    );
    refused(
        &[
            "train",
            "digits-mlp",
            "--weights",
            &own,
            "--out",
            &digits,
            "--overwrite",
        ],
        &["--weights is a file of the run there"],
    );
    let mine = path("mine");
    std::fs::create_dir(&mine).unwrap();
    std::fs::write(format!("{mine}/batches.npz"), "mine").unwrap();
    refused(
        &["train", "moons", "--out", &mine, "--overwrite"],
        &["batches.npz there is not a run's"],
    );
    refused(
        &[
            "train",
            "moons",
            "--epochs",
            "99999999",
            "--out",
            &path("huge"),
            "--record-batches",
        ],
        &["--record-batches", "expected at most 2.1 GB"],
    );
    // A map that has shrunk to one place is still one.
    let small = path("small");
    train(
        "digits-mlp",
        &small,
        &["--set", "network.layers=[{conv=4,kernel=8},{dense=10}]"],
    );
    let out = run(&["export", &small, "weights", "--out", &path("small.st")]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        said.contains("nn.Tanh(), nn.Flatten(), nn.Linear(4, 10)"),
        "{said}"
    );
    let series = path("series");
    train(
        "vowels-rnn",
        &series,
        &["--set", "network.layers=[{dense=8},{dense=9}]"],
    );
    let out = run(&["export", &series, "weights", "--out", &path("series.st")]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(said.contains("x has shape (examples, 12, 1, 29)"), "{said}");
    let residual = path("residual");
    train("residual-cnn", &residual, &["--set", "learning.batch=2"]);
    refused(
        &[
            "export",
            &residual,
            "weights",
            "--out",
            &path("x.safetensors"),
        ],
        &["layer 4 has a skip, which nn.Sequential has not"],
    );
    refused(
        &[
            "train",
            "moons",
            "--weights",
            &path("digits-mlp.safetensors"),
        ],
        &[
            "--weights",
            "no tensor dense1.weight (nor 0.weight",
            "expected [8, 2]",
        ],
    );
    refused(&["train", "moons", "--record-batches"], &["--out <DIR>"]);
}

#[test]
fn compare_claims_nothing_without_an_update_or_over_what_is_not_finite() {
    refused(
        &["compare", "moons", "--updates", "0"],
        &["--updates 0", "expected a number from 1"],
    );
    let out = run(&[
        "compare",
        "moons",
        "--updates",
        "20",
        "--set",
        "learning.rate=1e30",
        "--set",
        "network.activation=relu",
        "--set",
        "network.loss=squared-error",
    ]);
    let text = String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{text}");
    assert!(text.contains("NOT FINITE: bp at update"), "{text}");
    for word in ["equal", "differs", "NaN"] {
        assert!(!text.contains(word), "{text}");
    }
}

#[test]
fn what_zil_does_not_read_is_refused_and_limits_are_said_before_the_run() {
    for command in ["train", "compare"] {
        refused(
            &[command, "moons", "--set", "inference.state_decay=0.1"],
            &[
                "inference.state_decay is 0.1",
                "conditions.hidden_precision",
            ],
        );
    }
    let out = run(&["train", "moons", "--rule", "incremental", "--updates", "2"]);
    let text = String::from_utf8_lossy(&out.stdout);
    let limit = text.find("stability limit of γ").expect("the limit");
    let steps = text.find("T = 20 steps an update").expect("the steps");
    let result = text.find("batch loss").expect("the result");
    assert!(limit < result && steps < result, "{text}");
    for (more, words) in [
        ("", "halved where F would rise"),
        ("inference.adaptive=false", "past it"),
    ] {
        let mut line = vec!["train", "moons", "--rule", "il", "--updates", "2"];
        line.extend(["--set", "inference.gamma=1.9"]);
        if !more.is_empty() {
            line.extend(["--set", more]);
        }
        let text = run(&line);
        let text = String::from_utf8_lossy(&text.stdout);
        assert!(text.contains(words), "{text}");
    }
}

/// A run answers for rows that it was not trained on, without the data it was trained on.
#[test]
fn a_run_answers_for_new_rows() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).to_string_lossy().into_owned();
    let (data, run_folder, new, out) = (path("d.csv"), path("run"), path("new.csv"), path("p.csv"));
    let kind = |i: usize| if (i * 7) % 20 < 10 { "low" } else { "high" };
    let row = |i: usize| ((i * 7) % 20, ["red", "blue"][i % 2]);
    let rows = (0..80).map(|i| format!("{},{},{}\n", row(i).0, row(i).1, kind(i)));
    std::fs::write(
        &data,
        format!("size,colour,kind\n{}", rows.collect::<String>()),
    )
    .unwrap();
    let train = [
        "train",
        &data,
        "--updates",
        "300",
        "--out",
        &run_folder,
        "--json",
        "-",
    ];
    assert_eq!(run(&train).status.code(), Some(0));
    std::fs::remove_file(&data).unwrap();
    let rows = (0..20).map(|i| format!("{},x,{}\n", row(i).1, row(i).0));
    std::fs::write(
        &new,
        format!("colour,note,size\n{}", rows.collect::<String>()),
    )
    .unwrap();
    let told = run(&[
        "predict",
        &run_folder,
        &new,
        "--out",
        &out,
        "--probabilities",
    ]);
    let words = String::from_utf8_lossy(&told.stdout).into_owned();
    assert_eq!(
        told.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    assert!(
        words.starts_with("20 examples in ") && words.contains("low 10"),
        "{words}"
    );
    let table = std::fs::read_to_string(&out).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("example,kind,P(high),P(low)"));
    for (i, line) in lines.enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields[..2], [(i + 1).to_string().as_str(), kind(i)]);
        let sum: f64 = fields[2..].iter().map(|p| p.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{line}");
    }
    let printed = run(&["predict", &run_folder, &new, "--out", "-"]);
    assert_eq!(String::from_utf8_lossy(&printed.stdout).lines().count(), 21);
    refused(
        &["predict", &run_folder, &new, "--out", &new],
        &["the file of the examples"],
    );
    std::fs::write(&new, "colour,note\nred,x\n").unwrap();
    refused(
        &["predict", &run_folder, &new, "--out", &out],
        &["no column size"],
    );
    refused(
        &["predict", &path("none"), &new, "--out", &out],
        &["run.json", "train --out"],
    );
    let weights = home.path().join("run/weights.safetensors");
    let other = path("other");
    assert_eq!(
        run(&["train", "moons", "--updates", "2", "--out", &other])
            .status
            .code(),
        Some(0)
    );
    std::fs::copy(home.path().join("other/weights.safetensors"), weights).unwrap();
    refused(
        &["predict", &run_folder, &new, "--out", &out],
        &["different runs"],
    );
}
