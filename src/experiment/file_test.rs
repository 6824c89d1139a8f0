//! Experiment files, good and bad.

use super::*;

#[test]
fn presets_are_sound_and_survive_a_round_trip() {
    for (name, _) in PRESETS {
        let own = Experiment::load(name, &[]).unwrap();
        let again = Experiment::parse(&own.to_toml().unwrap(), name, &[]).unwrap();
        assert_eq!(own, again);
    }
}

#[test]
fn what_is_quoted_from_a_file_breaks_no_line() {
    let text = PRESETS[0]
        .1
        .replace("\"cross-entropy\"", "\"\\ross\\u2028\\u001b\"");
    let error = Experiment::parse(&text, "a\nb.toml", &[]).unwrap_err();
    let line = error.to_string();
    assert!(line.starts_with("a\\nb.toml line "), "{line}");
    assert!(
        line.contains("unknown variant `\\ross\\u{2028}\\u{1b}`"),
        "{line}"
    );
}

#[test]
fn wrong_files_get_one_line_with_place_and_suggestion() {
    let good = PRESETS[0].1;
    for (from, to, words) in [
        (
            "rate = 0.05",
            "rat = 0.05",
            &["line 26", "unknown field `rat`", "did you mean `rate`?"][..],
        ),
        (
            "rate = 0.05",
            "rate = \"fast\"",
            &["line 26", "expected f64"],
        ),
        (
            "rule = \"zil\"",
            "rule = \"zill\"",
            &["line 25", "zill", "`zil`"],
        ),
        (
            "rate = 0.05",
            "rate = -1.0",
            &["learning.rate is -1", "0 or above"],
        ),
        ("rate = 0.05", "rate = nan", &["learning.rate is NaN"]),
        (
            "batch = 64",
            "batch = 0",
            &["learning.batch is 0", "from 1 to"],
        ),
        ("format = 1", "format = 2", &["format is 2", "expected 1"]),
        ("kernel = 3, ", "", &["needs a `kernel`"]),
        (
            "{ dense = 64 }",
            "{ dens = 64 }",
            &["unknown field `dens`", "did you mean `dense`?"],
        ),
        ("gamma = 0.1", "gamma = 0.0", &["inference.gamma is 0"]),
        (
            "gamma = 0.1",
            "gamma = 0.1\nprecision = [1.0, 0.0]",
            &["inference.precision is 0", "above 0"],
        ),
        (
            "gamma = 0.1",
            "gamma = 0.1\nnoise = 0.1",
            &["inference.adaptive is true", "noise"],
        ),
        (
            "gamma = 0.1",
            "gamma = 0.1\nstate_decay = -1.0",
            &["inference.state_decay is -1", "0 or above"],
        ),
        (
            "adaptive = true",
            "adaptive = true\n[conditions]\nhidden_precision = 0.0",
            &["conditions.hidden_precision is 0", "above 0"],
        ),
        ("[inference]", "[inference", &["line"]),
        (
            "rate = 0.05",
            "rate = 0.05\nbetas = [0.9, 1.0]",
            &["learning.betas is 1", "below 1"],
        ),
        (
            "rate = 0.05",
            "rate = 0.05\nweight_decay = -0.1",
            &["learning.weight_decay is -0.1", "0 or above"],
        ),
        (
            "rate = 0.05",
            "rate = 0.05\nepsilon = 0.0",
            &["learning.epsilon is 0", "above 0"],
        ),
        (
            "momentum = 0.9",
            "nesterov = true",
            &["learning.nesterov is true", "a momentum above 0"],
        ),
    ] {
        let text = good.replacen(from, to, 1);
        let error = Experiment::parse(&text, "x.toml", &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("x.toml") && !error.contains('\n'),
            "{error}"
        );
        for word in words {
            assert!(error.contains(word), "{error} lacks {word}");
        }
    }
}

#[test]
fn any_key_can_be_set() {
    let set = |changes: &[&str]| {
        Experiment::load(
            "mnist-cnn",
            &changes.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>(),
        )
    };
    let e = set(&[
        "learning.rate=1",
        "conditions.capture=late",
        "seed=3",
        "network.layers=[{dense=10}]",
    ])
    .unwrap();
    assert_eq!(
        (e.learning.rate, e.seed, e.network.layers.len()),
        (1.0, 3, 1)
    );
    assert_eq!(e.conditions.capture, crate::learning::Capture::Late);
    for (change, words) in [
        ("learning.rat=1", "did you mean `rate`?"),
        ("learnin.rate=1", "did you mean learning?"),
        ("rate", "expected key=value"),
        ("learning.rate=-3", "0 or above"),
        ("learning.optimiser=adamm", "adamw"),
        ("inference.output_precision=0", "above 0"),
    ] {
        let error = set(&[change]).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("--set"), "{error}");
    }
}

#[test]
fn zil_refuses_what_it_would_pass_over() {
    let set = |changes: &[&str]| {
        let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
        Experiment::load("moons", &changes).unwrap()
    };
    for (change, key) in [
        (
            "inference.precision=[1.0, 0.5]",
            "inference.precision is 0.5",
        ),
        ("inference.state_decay=0.1", "inference.state_decay is 0.1"),
    ] {
        let line = set(&[change]).refuse_unread().unwrap_err().to_string();
        assert!(
            line.contains(key) && line.contains("conditions.hidden_precision"),
            "{line}"
        );
        assert!(!line.contains('\n'), "{line}");
        let il = set(&[change, "learning.rule=il"]);
        assert_eq!(il.refuse_unread(), Ok(()));
    }
    let fine = [
        "inference.precision=[1.0]",
        "inference.output_precision=0.5",
    ];
    assert_eq!(set(&fine).refuse_unread(), Ok(()));
}
