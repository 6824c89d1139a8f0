//! The command line: one file per subcommand; scripts, CI and machines without a screen use the same engine.
//!
//! Exit codes: 0 done; 1 ran, and the claim failed or the run diverged; 2 bad input (one line); 130 interrupted.

pub mod bench;
pub mod common;
pub mod compare;
pub mod complete;
pub mod export;
#[cfg(feature = "window")]
pub mod figure;
pub mod inspect;
mod limits;
pub mod predict;
pub mod replay;
mod resume;
#[cfg(feature = "window")]
pub mod screenshot;
pub mod shell;
pub mod trace;
pub mod train;
pub mod verify;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// An oscilloscope for predictive coding networks.
#[derive(Debug, Parser)]
#[command(
    name = "pcscope",
    version = VERSION,
    about,
    after_help = common::presets_in_lines(),
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    window: WindowArgs,
}

/// How the window opens.
#[derive(Clone, Debug, clap::Args)]
pub struct WindowArgs {
    /// What is opened.
    #[arg(help = format!("An experiment file, a preset ({}), or a file or folder of data", common::presets()))]
    pub file: Option<String>,
    /// Start as at first launch, whatever was remembered.
    #[arg(long)]
    pub demo: bool,
    /// Print the time to the first frame, and close.
    #[arg(long)]
    pub timings: bool,
    /// Threads the engine works on (default: as many as there are processors, at most 8).
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Write what laying out and tessellating each frame took to a CSV file.
    #[arg(long, value_name = "FILE")]
    pub frame_times: Option<std::path::PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a network without a window.
    Train(train::TrainArgs),
    /// Train BP, Z-IL (both paths) and IL in lockstep and compare their weights to the bit.
    Compare(compare::CompareArgs),
    /// Check every claim on this machine, and time Z-IL beside BP; plants faults and must find them.
    Verify(verify::VerifyArgs),
    /// Answer for new examples with a trained run, as a table.
    Predict(predict::PredictArgs),
    /// Compute a run again from its seed and journal, and compare it with what its folder has, to the bit.
    Replay(replay::ReplayArgs),
    /// Write what a run has for other programs: its weights, its series, a view of it.
    Export(export::ExportArgs),
    /// Write one example's inference, state by state, as NPZ.
    Trace(trace::TraceArgs),
    /// Free part of pictures, let inference fill it in, and measure beside the means.
    Complete(complete::CompleteArgs),
    /// Time updates on standard networks beside the machine's limits, or what the window costs.
    Bench(bench::BenchArgs),
    /// Draw the window without display or GPU.
    #[cfg(feature = "window")]
    Screenshot(screenshot::ScreenshotArgs),
    /// Say what a data file, experiment or checkpoint holds, or exactly what is wrong with it.
    Inspect(inspect::InspectArgs),
    /// Print the script that completes commands and flags in a shell.
    Completions(shell::CompletionsArgs),
    /// Print the manual page, or write one for each command.
    Man(shell::ManArgs),
    /// Print the licences of all that is bundled: fonts, data sets, libraries.
    Licences,
}

/// The version, and the commit it was built of.
pub const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("PCSCOPE_COMMIT_WORDS"),
    ")"
);

/// The command line as a whole, for what is made of it.
fn parser() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// What a command ends with.
pub type Outcome = Result<Exit, String>;

/// How a command that could run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Ran, and the claim failed or the run diverged.
    Failed,
    /// Stopped by Ctrl-C; what was done is kept.
    Interrupted,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            use clap::error::ErrorKind;
            if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
                // A closed pipe is no failure of ours.
                let _ = e.print();
                return ExitCode::SUCCESS;
            }
            let odd = std::env::args_os()
                .skip(1)
                .find(|a| e.kind() == ErrorKind::InvalidUtf8 && a.to_str().is_none());
            match odd {
                Some(name) => eprintln!(
                    "error: {}: the name is not UTF-8, and no experiment could name it; expected a file of another name",
                    name.to_string_lossy()
                ),
                None => eprintln!("{}", one_line(&e.render().to_string())),
            }
            return ExitCode::from(2);
        }
    };
    let outcome = match cli.command {
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Verify(args)) => verify::run(&args),
        Some(Command::Predict(args)) => predict::run(&args),
        Some(Command::Replay(args)) => replay::run(&args),
        Some(Command::Export(args)) => export::run(&args),
        Some(Command::Trace(args)) => trace::run(&args),
        Some(Command::Complete(args)) => complete::run(&args),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Completions(args)) => shell::completions(&args),
        Some(Command::Man(args)) => shell::man(&args),
        Some(Command::Licences) => shell::licences(),
        #[cfg(feature = "window")]
        Some(Command::Screenshot(args)) => screenshot::run(&args),
        None => window(&cli.window),
    };
    let outcome = match (outcome, common::unprinted()) {
        (Ok(_), Some(why)) => Err(why.to_owned()),
        (outcome, _) => outcome,
    };
    match outcome {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Failed) => ExitCode::from(1),
        Ok(Exit::Interrupted) => ExitCode::from(130),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

#[cfg(feature = "window")]
fn window(args: &WindowArgs) -> Outcome {
    let options = crate::app::run::Options {
        file: args.file.clone(),
        demo: args.demo,
        timings: args.timings,
        threads: args.threads.map(common::threads).transpose()?,
        frame_times: args.frame_times.clone(),
    };
    crate::app::run::run(&options).map(|()| Exit::Done)
}

#[cfg(not(feature = "window"))]
fn window(_args: &WindowArgs) -> Outcome {
    Err("this build has no window; run a command instead: train, compare, replay, trace, complete, verify, bench, inspect (see --help)".into())
}

/// The first paragraph of a message, as one line.
fn one_line(message: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for line in message.lines().map(str::trim) {
        if line.starts_with("Usage:") || line.starts_with("For more information") {
            break;
        }
        words.extend(line.split_whitespace());
    }
    words.join(" ")
}
