//! What a desktop and a package want of the program: version, help, completions, manual pages, licences.

use crate::run;
use std::collections::BTreeSet;

/// What a call prints, which must succeed.
fn said(args: &[&str]) -> String {
    let out = run(args);
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{args:?}: {error}");
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// The commands that the help lists.
fn commands() -> BTreeSet<String> {
    let help = said(&["--help"]);
    let listed = help.split("Commands:\n").nth(1).unwrap_or_default();
    let lines = listed.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_version_names_the_commit_and_the_help_every_preset() {
    let version = said(&["--version"]);
    let number = concat!("pcscope ", env!("CARGO_PKG_VERSION"), " (commit ");
    assert!(
        version.starts_with(number) && version.ends_with(")\n"),
        "{version}"
    );
    let (help, train) = (said(&["--help"]), said(&["train", "--help"]));
    for (name, _) in pcscope::experiment::file::PRESETS {
        assert!(help.contains(&format!("\n  {name} ")), "{name} in {help}");
        assert!(train.contains(name), "{name} in {train}");
    }
}

#[test]
fn completions_and_manual_pages_have_every_command() {
    let commands = commands();
    assert!(commands.len() >= 12, "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(&["completions", shell]);
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell} lacks {command}");
        }
    }
    let page = said(&["man"]);
    assert!(page.starts_with(".ie") || page.starts_with(".TH") || page.contains(".TH PCSCOPE 1"));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    let text = said(&["man", "--out", &out.to_string_lossy()]);
    assert!(
        text.starts_with(&format!("{} pages", commands.len() + 1)),
        "{text}"
    );
    for command in &commands {
        let page = std::fs::read_to_string(out.join(format!("pcscope-{command}.1"))).unwrap();
        assert!(
            page.contains(&format!("PCSCOPE\\-{}", command.to_uppercase()))
                || page.contains(&format!("PCSCOPE-{}", command.to_uppercase())),
            "{page}"
        );
    }
    let refused = run(&["completions", "tcsh"]);
    assert_eq!(refused.status.code(), Some(2));
    let line = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(line.trim_end().lines().count(), 1);
    assert!(line.contains("tcsh") && line.contains("bash"), "{line}");
}

#[test]
fn licences_are_of_all_that_is_bundled() {
    let text = said(&["licences"]);
    for bundled in [
        "MIT License",
        "Apache License",
        "SIL Open Font License",
        "Bitstream Vera",
        "CC BY 4.0",
        "Fashion-MNIST",
        "egui 0.37",
        "ndarray 0.17",
    ] {
        assert!(text.contains(bundled), "{bundled}");
    }
}
