//! The window never freezes: what is pressed is answered by a frame, watched from outside.

use super::layout::Layout;
use super::settings::Settings;
use super::theme::{self, Theme};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::Mode;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::Path;
use std::time::Duration;

/// Runs `work` in a thread that must finish in time: a frame that waits for itself would never.
fn watched(seconds: u64, what: &str, work: impl FnOnce() + Send + 'static) {
    let (done, finished) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    match finished.recv_timeout(Duration::from_secs(seconds)) {
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
            panic!("{what}: no frame after {seconds} s")
        }
        _ => thread
            .join()
            .unwrap_or_else(|_| panic!("{what}: see above")),
    }
}

fn harness(preset: &str, layout: Layout, size: [f32; 2], mode: Mode) -> Harness<'static, Window> {
    let settings = Settings {
        layout,
        ..Settings::default()
    };
    let mut window = Window::new(Experiment::load(preset, &[]).unwrap(), settings, mode);
    window.view.playing = false;
    let mut ready = false;
    Harness::builder()
        .with_size(size)
        .with_step_dt(1.0 / 60.0)
        .build_ui_state(
            move |ui, window: &mut Window| {
                if !ready {
                    theme::install(ui.ctx(), Theme::Dark);
                    ready = true;
                }
                window.ui(ui);
            },
            window,
        )
}

#[test]
fn break_it_leads_to_the_conditions_and_outlines_them_for_a_moment() {
    watched(20, "Break it", || {
        for (size, key) in [
            ([1280.0, 800.0], false),
            ([1280.0, 800.0], true),
            ([760.0, 560.0], true),
        ] {
            let mut h = harness("digits-mlp", Layout::Teach, size, Mode::InStep);
            h.run_steps(3);
            assert_eq!(h.state().conditions_outlined(), None);
            if key {
                h.key_press(egui::Key::A);
            } else {
                h.get_by_label("Break it").click();
            }
            h.run_steps(4);
            assert!(h.state().conditions_outlined().is_some(), "{size:?} {key}");
            // It leads there: the switches can be seen and pressed.
            let switch = h.get_by_label("γ = 1").rect();
            let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
            assert!(window.contains_rect(switch), "{switch:?} in {size:?}");
            h.get_by_label("γ = 1").click();
            h.run_steps(3);
            assert_eq!(h.state().inference().2.gamma, 0.5);
            h.run_steps(200);
            assert_eq!(h.state().conditions_outlined(), None, "it fades");
        }
    });
}

/// The calls that hold a lock of the context while their closure runs.
const HOLDERS: [&str; 20] = [
    "data",
    "data_mut",
    "memory",
    "memory_mut",
    "input",
    "input_mut",
    "input_for",
    "output",
    "output_mut",
    "fonts",
    "fonts_mut",
    "options",
    "options_mut",
    "style_mut_of",
    "all_styles_mut",
    "global_style_mut",
    "graphics",
    "graphics_mut",
    "tessellation_options_mut",
    "viewport",
];

/// Closures in `source` that are given to a call that holds a lock of the context, and use the context in it.
fn nested_locks(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for holder in HOLDERS {
        for (at, _) in source.match_indices(&format!(".{holder}(|")) {
            let rest = &source[at..];
            let open = rest.find('(').unwrap_or(0);
            let mut depth = 0_usize;
            let end = rest[open..]
                .char_indices()
                .find(|(_, c)| {
                    depth += usize::from(*c == '(');
                    depth -= usize::from(*c == ')');
                    depth == 0
                })
                .map_or(rest.len(), |(i, _)| open + i);
            let body = &rest[open..end];
            let words: Vec<&str> = body
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .collect();
            let uses = |w: &&str| {
                ["ui", "ctx", "context", "painter"].contains(w)
                    // A field of a response is a value; its calls ask the context.
                    || *w == "response" && body.contains("response.ctx")
            };
            if words.iter().any(|w| uses(&w)) {
                let line = source[..at].lines().count();
                found.push(format!("line {line}: {}", body.trim()));
            }
        }
    }
    found
}

/// A closure that egui runs under the context's lock must not ask the context again: it would wait for itself for ever.
#[test]
fn no_lock_of_the_context_is_taken_inside_another() {
    let old = r#"ui.data_mut(|d| d.insert_temp(id, ui.input(|i| i.time)));"#;
    assert_eq!(nested_locks(old).len(), 1, "the freeze of Break it");
    assert!(
        nested_locks("ui.memory_mut(|m| m.focus(response.id)); ui.data(|d| d.get(id))").is_empty()
    );
    fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs")
                && !path.ends_with("freeze_test.rs")
            {
                found.push(path);
            }
        }
    }
    let mut all = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app"),
        &mut all,
    );
    assert!(all.len() > 50, "{} files", all.len());
    for path in all {
        let found = nested_locks(&std::fs::read_to_string(&path).unwrap());
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
}
