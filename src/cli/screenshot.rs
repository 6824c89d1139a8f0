//! `pcscope screenshot`: the real window, drawn without display or GPU.

use super::common::{print, progress};
use super::export::ends_in;
use super::{Exit, Outcome};
use crate::app::headless::save_png;
use crate::app::scenes::{SCENES, Scene, find};
use crate::app::theme::Theme;
use crate::experiment::save::atomically;
use std::path::{Path, PathBuf};

/// Arguments of `screenshot`.
#[derive(Clone, Debug, clap::Args)]
pub struct ScreenshotArgs {
    /// The scene (first-launch if left out; --list names them).
    scene: Option<String>,
    /// The PNG or SVG file to write; with --all a folder.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Size in points, as 1280x800 (the scene's own if left out).
    #[arg(long, value_name = "WxH")]
    size: Option<String>,
    /// Physical pixels per point.
    #[arg(long, default_value_t = 1.0)]
    scale: f32,
    /// dark, light or contrast (the scene's own if left out).
    #[arg(long)]
    theme: Option<String>,
    /// Draw every scene.
    #[arg(long)]
    all: bool,
    /// Compare the pictures in --out with the references in this folder.
    #[arg(long, value_name = "DIR")]
    check: Option<PathBuf>,
    /// List the scenes.
    #[arg(long)]
    list: bool,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &ScreenshotArgs) -> Outcome {
    if args.list {
        let lines: Vec<String> = SCENES
            .iter()
            .map(|s| format!("{:<20} {}×{}  {}\n", s.name, s.size.0, s.size.1, s.about))
            .collect();
        print(&lines.concat());
        return Ok(Exit::Done);
    }
    let size = args.size.as_deref().map(parse_size).transpose()?;
    if !(0.5..=4.0).contains(&args.scale) {
        return Err(format!(
            "--scale {}: expected a number from 0.5 to 4",
            args.scale
        ));
    }
    let theme = args.theme.as_deref().map(parse_theme).transpose()?;
    if let Some(references) = &args.check {
        let folder = args
            .out
            .clone()
            .unwrap_or_else(|| PathBuf::from("screenshots"));
        return check(references, &folder);
    }
    if args.all {
        let folder = args
            .out
            .clone()
            .unwrap_or_else(|| PathBuf::from("screenshots"));
        std::fs::create_dir_all(&folder).map_err(|e| format!("--out {}: {e}", folder.display()))?;
        let bar = progress(SCENES.len() as u64, "scenes");
        for scene in SCENES {
            bar.set_message(scene.name);
            draw(
                scene,
                &folder.join(format!("{}.png", scene.name)),
                size,
                args.scale,
                theme,
            )?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        return Ok(Exit::Done);
    }
    let name = args.scene.as_deref().unwrap_or("first-launch");
    let Some(scene) = find(name) else {
        let names = SCENES.iter().map(|s| s.name);
        let hint = crate::experiment::file::closest(name, names)
            .map_or_else(String::new, |n| format!("; did you mean {n}?"));
        return Err(format!("there is no scene {name}{hint} (--list names all)"));
    };
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{name}.png")));
    draw(scene, &out, size, args.scale, theme)?;
    Ok(Exit::Done)
}

fn draw(
    scene: &Scene,
    out: &Path,
    size: Option<(u32, u32)>,
    scale: f32,
    theme: Option<Theme>,
) -> Result<(), String> {
    let (size, theme) = (size.unwrap_or(scene.size), theme.unwrap_or(scene.theme));
    if ends_in(out, ".svg") {
        return atomically(out, scene.svg(size, theme)?.as_bytes());
    }
    let image = scene.render(size, scale, theme)?;
    save_png(&image, out, Some(&scene.provenance()?)).map_err(|e| format!("{e:#}"))
}

pub(super) fn parse_size(text: &str) -> Result<(u32, u32), String> {
    text.split_once(['x', '×'])
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)))
        .filter(|(w, h)| (320..=4096).contains(w) && (240..=4096).contains(h))
        .ok_or_else(|| format!("--size {text}: expected WIDTHxHEIGHT, from 320x240 to 4096x4096"))
}

pub(super) fn parse_theme(name: &str) -> Result<Theme, String> {
    match name {
        "dark" => Ok(Theme::Dark),
        "light" => Ok(Theme::Light),
        "contrast" => Ok(Theme::Contrast),
        other => Err(format!("--theme {other}: expected dark, light or contrast")),
    }
}

/// A channel may be off by this much before a pixel counts as different.
const TOLERANCE: u8 = 24;
/// This share of pixels may differ: text is rasterised a little differently on another kind of CPU.
const SHARE: f64 = 0.002;

/// Compares every scene's picture with its reference.
fn check(references: &Path, pictures: &Path) -> Outcome {
    let load = |folder: &Path, name: &str| {
        let path = folder.join(format!("{name}.png"));
        image::open(&path)
            .map(|i| i.to_rgba8())
            .map_err(|e| format!("{}: {e}", path.display()))
    };
    let mut failed = 0;
    for scene in SCENES {
        let (reference, picture) = (load(references, scene.name)?, load(pictures, scene.name)?);
        let words = if reference.dimensions() == picture.dimensions() {
            let differing = reference
                .pixels()
                .zip(picture.pixels())
                .filter(|(a, b)| a.0.iter().zip(b.0).any(|(x, y)| x.abs_diff(y) > TOLERANCE))
                .count();
            let share = differing as f64 / f64::from(reference.width() * reference.height());
            failed += usize::from(share > SHARE);
            format!(
                "{:.3} % of pixels differ{}",
                share * 100.0,
                if share > SHARE {
                    ", more than 0.2 %: FAIL"
                } else {
                    ""
                }
            )
        } else {
            failed += 1;
            format!(
                "{:?}, the reference is {:?}: FAIL",
                picture.dimensions(),
                reference.dimensions()
            )
        };
        print(&format!("{:<20} {words}\n", scene.name));
    }
    Ok(if failed == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}
