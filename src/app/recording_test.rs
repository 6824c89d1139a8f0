//! Traces opened as recordings: as they were recorded, read-only, and refused in one line where they are none.

use super::settings::Settings;
use super::state::Action;
use super::testing::{self, says, until};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::loading::load_data;
use crate::experiment::microscope::{Field, Microscope, MicroscopeSnapshot, Subject};
use crate::experiment::session::{Mode, RaceState};
use crate::experiment::setup::Setup;
use crate::experiment::trace;
use crate::learning::RunState;
use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use zip::write::SimpleFileOptions;

type Test = Harness<'static, Window>;

/// Traces an example, and what the microscope saw.
fn traced(path: &Path, name: &str, changes: &[&str], example: usize) -> MicroscopeSnapshot {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let e = Experiment::load(name, &changes).unwrap();
    let data = load_data(&e).unwrap();
    let setup = Setup::<f32>::new(e, data).unwrap();
    let e = &setup.experiment;
    let subject = Subject::own(e, &setup.data, example);
    let run = RunState::begin(Arc::clone(&setup.initial), e.learning.settings());
    let mut scope = Microscope::new(run, subject, setup.example(example));
    scope.run_to(usize::MAX);
    let micro = scope.snapshot();
    trace::save(path, &micro, e, None).unwrap();
    micro
}

fn settle(h: &mut Test) {
    h.run_steps(2);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        let rests = session.is_some_and(|s| !s.race_busy()) && w.engine.computing().is_none();
        rests && w.engine.micro.is_some() && w.engine.opening().is_none()
    });
}

fn window() -> Test {
    let experiment = Experiment::load("chain", &[]).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    settle(&mut h);
    h
}

fn same(a: &MicroscopeSnapshot, b: &MicroscopeSnapshot) {
    assert_eq!((a.states.len(), a.steps), (b.states.len(), b.steps));
    for (t, (one, two)) in a.states.iter().zip(&b.states).enumerate() {
        // Numbers of a trace are in the type of the run.
        let singles = |all: &[f64]| all.iter().map(|v| *v as f32).collect::<Vec<f32>>();
        assert_eq!(singles(&one.energy), singles(&two.energy), "{t}");
        assert_eq!((one.gamma as f32, &one.size), (two.gamma as f32, &two.size));
        for v in 0..a.plan.graph.vertices.len() {
            for field in Field::ALL {
                // Of the input a trace has its values alone.
                if v == 0 && !matches!(field, Field::X | Field::Fx) {
                    continue;
                }
                for unit in 0..a.plan.len_of(v) {
                    let [x, y] = [a, b].map(|m| m.value(t, field, v, unit).to_bits());
                    assert_eq!(x, y, "{field:?} of {v}, {unit} at {t}");
                }
            }
        }
    }
}

#[test]
fn a_trace_is_seen_as_it_was_recorded_and_cannot_be_changed() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("il.npz");
    for (name, changes) in [
        ("digits-mlp", &["learning.rule=il", "inference.steps=6"][..]),
        (
            "digits-mlp",
            &["network.layers=[{conv=3,kernel=3},{max_pool=2},{dense=10}]"],
        ),
        ("names-rnn", &["learning.rule=il", "inference.steps=4"]),
    ] {
        let recorded = traced(&file, name, changes, 11);
        let mut h = window();
        h.state_mut().open_path(&file.to_string_lossy());
        settle(&mut h);
        assert!(says(&h, "A recording.") && says(&h, "RECORDING"), "{name}");
        same(h.state().engine.micro.as_ref().unwrap(), &recorded);
        // Through its states by the keys, and every view of every layout.
        h.key_press(Key::ArrowRight);
        h.run_steps(2);
        assert_eq!(h.state().view.t, 1);
        assert!(says(&h, &format!("t = 1 of {}", recorded.steps)));
        for layout in super::layout::Layout::ALL {
            h.state_mut().act(Action::Layout(layout));
            settle(&mut h);
            same(h.state().engine.micro.as_ref().unwrap(), &recorded);
        }
        h.state_mut()
            .act(Action::Layout(super::layout::Layout::Explore));
        settle(&mut h);
        // Nothing of it is changed.
        for key in [Key::PageDown, Key::T] {
            h.key_press(key);
            settle(&mut h);
            assert!(says(&h, "This is a recording."), "{name}: {key:?}");
            assert_eq!(h.state().engine.race.state, RaceState::Idle);
            same(h.state().engine.micro.as_ref().unwrap(), &recorded);
        }
        h.get_by_label("File").click();
        h.run_steps(2);
        h.get_by_label("Leave the recording").click();
        settle(&mut h);
        let micro = h.state().engine.micro.clone().unwrap();
        assert!(!micro.recorded && micro.subject.example == 11);
        assert!(!says(&h, "RECORDING"));
        // The same weights come to the same states.
        h.key_press(Key::PageDown);
        settle(&mut h);
        assert_ne!(h.state().engine.micro.as_ref().unwrap().subject.example, 11);
    }
}

/// A trace without some of its arrays, and with others.
fn altered(from: &Path, to: &Path, without: &str, with: &[(&str, Vec<u8>)]) {
    let mut old = zip::ZipArchive::new(std::fs::File::open(from).unwrap()).unwrap();
    let mut new = zip::ZipWriter::new(std::fs::File::create(to).unwrap());
    for i in 0..old.len() {
        let mut entry = old.by_index(i).unwrap();
        let name = entry.name().unwrap().into_owned();
        if name == without || with.iter().any(|(own, _)| *own == name) {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        new.start_file(name, SimpleFileOptions::default()).unwrap();
        new.write_all(&bytes).unwrap();
    }
    for (name, bytes) in with {
        new.start_file(*name, SimpleFileOptions::default()).unwrap();
        new.write_all(bytes).unwrap();
    }
    new.finish().unwrap();
}

#[test]
fn what_is_no_recording_is_refused_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let (good, bad) = (home.path().join("good.npz"), home.path().join("bad.npz"));
    traced(
        &good,
        "digits-mlp",
        &["network.layers=[{dense=4},{dense=10}]"],
        3,
    );
    let mut h = window();
    let was = h
        .state()
        .engine
        .session
        .as_ref()
        .unwrap()
        .experiment
        .clone();
    let huge = {
        let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999,), }";
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((head.len() as u16 + 1).to_le_bytes());
        bytes.extend(head.as_bytes());
        bytes.push(b'\n');
        bytes
    };
    type Files<'a> = Vec<(&'a str, Vec<u8>)>;
    let cases: [(&str, Files<'_>, &str); 5] = [
        ("about.npy", vec![], "does not say of which network it is"),
        ("gamma.npy", vec![], "no state"),
        ("target.npy", vec![], "target is missing"),
        ("", vec![("gamma.npy", huge)], "shape [999999999999]"),
        ("", vec![("energy.npy", b"no array".to_vec())], "energy"),
    ];
    for (without, with, words) in cases {
        altered(&good, &bad, without, &with);
        h.state_mut().open_path(&bad.to_string_lossy());
        until(&mut h, words, |h| h.state().shell.notice.is_some());
        settle(&mut h);
        let notice = h.state_mut().shell.notice.take().unwrap();
        assert!(notice.rest.contains(words), "{words}: {notice:?}");
        assert!(!notice.rest.contains('\n'), "{notice:?}");
        let session = h.state().engine.session.as_ref().unwrap();
        assert_eq!(
            (&session.experiment, h.state().engine.recording.is_none()),
            (&was, true)
        );
    }
}
