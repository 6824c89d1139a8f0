//! What the program says of itself: the commit it was built of.

use std::path::Path;
use std::process::Command;

/// What git says to this, if there is git and a repository of this program.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| text.trim().to_owned())
        .filter(|t| !t.is_empty())
}

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Packages are built of an archive without a repository: they say the commit themselves.
    println!("cargo:rerun-if-env-changed=PCSCOPE_COMMIT");
    let said = std::env::var("PCSCOPE_COMMIT").ok();
    let commit = said.filter(|c| !c.is_empty()).or_else(|| {
        // Another repository around a plain copy of the source is none of its own.
        let top = git(&["rev-parse", "--show-toplevel"])?;
        let own = std::env::var("CARGO_MANIFEST_DIR").ok()?;
        let same = std::fs::canonicalize(top).ok()? == std::fs::canonicalize(own).ok()?;
        for name in ["HEAD", "logs/HEAD"] {
            let path = git(&["rev-parse", "--git-path", name])?;
            if Path::new(&path).exists() {
                println!("cargo:rerun-if-changed={path}");
            }
        }
        git(&["rev-parse", "--short=12", "HEAD"]).filter(|_| same)
    });
    let words = match commit {
        Some(commit) => format!("commit {commit}"),
        None => "commit unknown".to_owned(),
    };
    println!("cargo:rustc-env=PCSCOPE_COMMIT_WORDS={words}");
}
