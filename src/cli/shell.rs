//! `pcscope completions`, `man` and `licences`: what a desktop and a package want beside the program.

use super::common::print;
use super::{Exit, Outcome, parser};
use crate::experiment::save::atomically;
use clap_complete::Shell;
use std::path::{Path, PathBuf};

/// Arguments of `completions`.
#[derive(Clone, Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Arguments of `man`.
#[derive(Clone, Debug, clap::Args)]
pub struct ManArgs {
    /// Write a page for the program and one for each of its commands into this folder, which is made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What is bundled, and on which terms.
const BUNDLED: [(&str, &str); 6] = [
    ("pcscope itself, MIT", include_str!("../../LICENSE-MIT")),
    (
        "or Apache-2.0, as you choose",
        include_str!("../../LICENSE-APACHE"),
    ),
    (
        "data sets: where they come from, and their terms",
        include_str!("../../datasets/PROVENANCE.md"),
    ),
    (
        "Inter",
        include_str!("../../assets/fonts/Inter-LICENSE.txt"),
    ),
    (
        "JetBrains Mono",
        include_str!("../../assets/fonts/JetBrainsMono-LICENSE.txt"),
    ),
    (
        "DejaVu Sans",
        include_str!("../../assets/fonts/DejaVuSans-LICENSE.txt"),
    ),
];

/// The libraries that are compiled in, with their licences.
const LIBRARIES: &str = include_str!("../../assets/licences/libraries.txt");

/// Prints the script that completes commands and flags in a shell.
///
/// # Errors
/// Never: what cannot be printed is said at the end.
pub fn completions(args: &CompletionsArgs) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut parser(), "pcscope", &mut text);
    print(&String::from_utf8_lossy(&text));
    Ok(Exit::Done)
}

/// Prints the manual page, or writes all of them.
///
/// # Errors
/// One line naming what cannot be written.
pub fn man(args: &ManArgs) -> Outcome {
    let own = parser();
    let Some(folder) = &args.out else {
        print(&page(&own, "pcscope"));
        return Ok(Exit::Done);
    };
    std::fs::create_dir_all(folder).map_err(|e| format!("--out {}: {e}", folder.display()))?;
    let write = |name: &str, text: &str| {
        let path: &Path = &folder.join(format!("{name}.1"));
        atomically(path, text.as_bytes()).map_err(|e| format!("--out {e}"))
    };
    write("pcscope", &page(&own, "pcscope"))?;
    let mut count = 1;
    for command in own.get_subcommands() {
        let name = format!("pcscope-{}", command.get_name());
        write(&name, &page(command, &name))?;
        count += 1;
    }
    print(&format!("{count} pages in {}\n", folder.display()));
    Ok(Exit::Done)
}

/// The page of a command, as roff.
fn page(command: &clap::Command, name: &str) -> String {
    let title = name.to_uppercase();
    // Its usage says how it is called, not what its page is called.
    let called = name.replacen('-', " ", 1);
    let own = command
        .clone()
        .bin_name(called)
        .display_name(name)
        .version(env!("CARGO_PKG_VERSION"));
    let man = clap_mangen::Man::new(own).title(title).manual("pcscope");
    let mut text = Vec::new();
    // A vector takes all.
    let _ = man.render(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Prints the licences of all that is bundled.
///
/// # Errors
/// Never: what cannot be printed is said at the end.
pub fn licences() -> Outcome {
    let rule = "=".repeat(78);
    for (what, text) in BUNDLED {
        print(&format!(
            "{rule}\n{what}\n{rule}\n\n{}\n\n",
            text.trim_end()
        ));
    }
    print(LIBRARIES);
    Ok(Exit::Done)
}
