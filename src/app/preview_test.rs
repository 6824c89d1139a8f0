//! Data about to be opened: columns chosen, questions answered and a run begun, pressed through the accessibility tree with the
//! engine and the loader on threads of their own, watched from outside.

use super::dialog::Dialog;
use super::freeze_test::watched;
use super::kept_test::settle;
use super::settings::Settings;
use super::testing::{self, says, until};
use super::window::Window;
use crate::data::{Column, ColumnKind};
use crate::experiment::file::Experiment;
use crate::experiment::session::Mode;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A window that a file was dropped on, once the file has been looked at.
fn dropped(folder: &Path, name: &str, text: &str) -> (PathBuf, Harness<'static, Window>) {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    let experiment = Experiment::load("moons", &[]).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    settle(&mut h);
    // As what is dropped is.
    h.state_mut().open_path(&path.to_string_lossy());
    until(&mut h, "the preview", |h| !looking(h));
    (path, h)
}

fn looking(h: &Harness<'_, Window>) -> bool {
    match &h.state().shell.dialog {
        Dialog::Data(data) => data.works(),
        _ => true,
    }
}

/// Chooses from a drop-down.
fn choose(h: &mut Harness<'_, Window>, dropdown: &str, option: &str) {
    h.get_by_label(dropdown).click();
    settle(h);
    h.get_by_role_and_label(Role::ListBoxOption, option).click();
    settle(h);
    until(h, "the choice", |h| !looking(h));
}

fn value(h: &Harness<'_, Window>, dropdown: &str) -> String {
    h.get_by_role_and_label(Role::ComboBox, dropdown)
        .value()
        .unwrap_or_default()
}

fn begin(h: &mut Harness<'_, Window>) {
    h.get_by_label("Open").click();
    until(h, "the run", |h| {
        h.state().document.draft.data.source.ends_with(".csv")
            && h.state().engine.micro.is_some()
            && matches!(h.state().shell.dialog, Dialog::None)
    });
}

fn trees() -> String {
    let row = |i: usize| {
        let sort = ["oak", "elm", "ash"][i % 3];
        let sun = ["yes", "no"][i / 2 % 2];
        format!(
            "{},{}.5,{}.25,{sun},{sort},note {i}\n",
            i + 1,
            i * 7 % 11,
            i * 5 % 13
        )
    };
    let rows: String = (0..90).map(row).collect();
    format!("id,length,width,sun,species,remark\n{rows}")
}

#[test]
fn every_column_is_there_with_its_use_its_kind_and_why_and_choices_become_keys_of_the_file() {
    watched(120, "columns", || {
        let folder = tempfile::tempdir().unwrap();
        let (_, mut h) = dropped(folder.path(), "trees.csv", &trees());
        assert!(says(&h, "learns species (3 classes): "));
        for (column, used, kind) in [
            ("id", "leave out", "number"),
            ("length", "input", "number"),
            ("width", "input", "number"),
            ("sun", "input", "number"),
            ("species", "learn", "category"),
            ("remark", "leave out", "text"),
        ] {
            assert_eq!(value(&h, &format!("Use of {column}")), used, "{column}");
            assert_eq!(value(&h, &format!("Kind of {column}")), kind, "{column}");
        }
        assert!(says(
            &h,
            "id: leave out (it counts the rows); number (all its fields are numbers). 1 to 90, mean 45.5. First 1, 2, 3."
        ));
        assert!(says(
            &h,
            "sun: input (every column that is not left out is an input); number (all its words are yes and no). "
        ));
        // Another column is learnt: the first line, the proposal and what was proposed follow.
        choose(&mut h, "Use of width", "learn");
        assert!(
            says(&h, "learns width (values): as asked"),
            "{:?}",
            testing::said(&h)
        );
        assert!(says(&h, "Your choice; proposed was species."));
        assert!(says(&h, "dense 1") && value(&h, "Use of species") == "input");
        assert_eq!(value(&h, "Use of id"), "leave out");
        // As classes, without length, with id as a category.
        choose(&mut h, "Kind of width", "category");
        assert!(says(&h, "learns width (13 classes): as asked") && says(&h, "dense 13"));
        choose(&mut h, "Use of length", "leave out");
        choose(&mut h, "Kind of id", "category");
        assert_eq!(value(&h, "Use of id"), "input");
        begin(&mut h);
        let data = &h.state().document.draft.data;
        assert_eq!(data.label, Some(Column::Name("width".into())));
        let drop = ["remark", "length"].map(|name| Column::Name(name.into()));
        let kept = data.drop.clone().unwrap();
        assert!(
            kept.len() == 2 && drop.iter().all(|c| kept.contains(c)),
            "{kept:?}"
        );
        for (column, kind) in [
            ("width", ColumnKind::Category),
            ("id", ColumnKind::Category),
        ] {
            assert_eq!(data.kind.get(column), Some(&kind), "{column}");
        }
    });
}

#[test]
fn where_two_readings_are_as_likely_one_click_answers_and_four_lead_to_training() {
    watched(120, "question", || {
        let folder = tempfile::tempdir().unwrap();
        let row = |i: usize| {
            let (first, last) = (i * 7 % 3, i * 5 % 4);
            format!("{first},{}.5,{}.25,{last}\n", i * 11 % 17, i * i % 23)
        };
        let text: String = (0..120).map(row).collect();
        let (_, mut h) = dropped(folder.path(), "beds.csv", &text);
        assert!(says(
            &h,
            "Which column is to be learnt? Two readings are about as likely."
        ));
        assert!(h.get_by_label("Open").accesskit_node().is_disabled());
        // Click one: the answer. Click two: open. Click three: play.
        h.get_by_label("Column 4: 4 classes");
        h.get_by_label("Column 1: 3 classes").click();
        settle(&mut h);
        until(&mut h, "the answer", |h| !looking(h));
        assert!(says(&h, "learns column 1 (3 classes): as asked"));
        begin(&mut h);
        assert_eq!(h.state().document.draft.data.label, Some(Column::Number(1)));
        assert_eq!(h.state().engine.data().unwrap().classes().len(), 3);
        h.get_by_role_and_label(Role::Button, "Train").click();
        until(&mut h, "updates", |h| h.state().engine.race.update > 0);
    });
}

#[test]
fn rows_of_one_animal_are_suggested_to_stay_together_and_one_click_does_it() {
    watched(120, "together", || {
        let folder = tempfile::tempdir().unwrap();
        let row = |i: usize| {
            format!(
                "r{},{}.5,{},{}\n",
                i % 12,
                i * 7 % 31,
                i % 6,
                ["a", "b"][i % 2]
            )
        };
        let text: String = (0..60).map(row).collect();
        let (_, mut h) = dropped(
            folder.path(),
            "rats.csv",
            &format!("rat,weight,day,kind\n{text}"),
        );
        assert_eq!(value(&h, "Column that keeps rows together"), "no column");
        h.get_by_label("Keep each rat together").click();
        settle(&mut h);
        until(&mut h, "the answer", |h| !looking(h));
        assert_eq!(value(&h, "Column that keeps rows together"), "rat");
        assert!(says(&h, "rows that share rat stay in one part: "));
        assert!(h.query_by_label("Keep each rat together").is_none());
        begin(&mut h);
        let by = h.state().document.draft.data.split_by.clone();
        assert_eq!(by, Some(Column::Name("rat".into())));
    });
}

#[test]
fn arrays_that_may_be_series_are_asked_about() {
    watched(120, "arrays", || {
        let folder = tempfile::tempdir().unwrap();
        let header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (40, 12, 2), }";
        let array = |header: &[u8], data: Vec<u8>| {
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            let pad = 63 - (10 + header.len()) % 64;
            let length = (header.len() + pad + 1) as u16;
            bytes.extend(length.to_le_bytes());
            bytes.extend(header);
            bytes.extend(std::iter::repeat_n(b' ', pad));
            bytes.push(b'\n');
            bytes.extend(data);
            bytes
        };
        let values = (0..40 * 24).flat_map(|i: usize| ((i * i % 37) as f32 / 7.0).to_le_bytes());
        std::fs::write(folder.path().join("x.npy"), array(header, values.collect())).unwrap();
        let header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (40,), }";
        let labels = (0..40).map(|i| i % 2).collect();
        std::fs::write(folder.path().join("y.npy"), array(header, labels)).unwrap();
        let experiment = Experiment::load("moons", &[]).unwrap();
        let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
        let mut h = testing::usual(window);
        settle(&mut h);
        h.state_mut()
            .open_path(&folder.path().join("x.npy").to_string_lossy());
        until(&mut h, "the preview", |h| !looking(h));
        assert!(says(
            &h,
            "What is an example? Two readings are about as likely."
        ));
        h.get_by_label("series of 12 steps of 2 numbers").click();
        settle(&mut h);
        until(&mut h, "the answer", |h| !looking(h));
        assert!(says(&h, "sequences of 12 steps with 2 numbers each"));
        assert!(!h.get_by_label("Open").accesskit_node().is_disabled());
    });
}

/// A table of sixty thousand columns opens, is filtered and changed, and no frame takes long.
#[test]
fn very_many_columns_stay_quick() {
    watched(240, "many columns", || {
        let folder = tempfile::tempdir().unwrap();
        const COLUMNS: usize = 60_000;
        let mut text: String = (0..COLUMNS).map(|c| format!("gene{c},")).collect();
        text += "kind\n";
        for i in 0..12 {
            for c in 0..COLUMNS {
                text.push(char::from(b'0' + ((c * 7 + i * i) % 10) as u8));
                text.push_str(".5,");
            }
            text += ["a\n", "b\n"][i % 2];
        }
        let (_, mut h) = dropped(folder.path(), "genes.csv", &text);
        assert!(says(&h, "60,001 columns"));
        assert!(says(&h, "learns kind (2 classes)"));
        // Only the rows in sight are there.
        let rows = h
            .query_all_by(|n| n.label().is_some_and(|l| l.starts_with("Use of ")))
            .count();
        assert!((5..40).contains(&rows), "{rows}");
        h.get_by_label("Filter columns").focus();
        settle(&mut h);
        h.get_by_label("Filter columns").type_text("gene59999");
        settle(&mut h);
        assert_eq!(value(&h, "Use of gene59999"), "input");
        let began = Instant::now();
        h.run_steps(10);
        let frame = began.elapsed() / 10;
        assert!(frame < Duration::from_millis(100), "{frame:?} a frame");
        choose(&mut h, "Use of gene59999", "leave out");
        assert_eq!(value(&h, "Use of gene59999"), "leave out");
    });
}

/// A large table is shown by a spread of its rows, marked as that; the rest is counted behind it, with a cancel; and what all rows say
/// otherwise is said.
#[test]
fn a_large_table_is_shown_at_once_and_what_all_rows_say_otherwise_is_said() {
    watched(300, "a large table", || {
        let folder = tempfile::tempdir().unwrap();
        // Beyond the rows that are looked at first, the classes have fractions: they are values.
        let mut text = String::with_capacity(19 << 20);
        text.push_str("length,width,remark,grade\n");
        // Long lines: many bytes and few rows.
        let remark = "what was seen of it ".repeat(10);
        let mut i = 0_usize;
        while text.len() < 18 << 20 {
            let hidden = (5 << 20..21 << 18).contains(&text.len());
            let part = if hidden { ".5" } else { "" };
            let (length, width) = (i % 97, i * 3 % 89);
            text.push_str(&format!(
                "{length}.5,{width}.25,{remark}{i},{}{part}\n",
                i % 8
            ));
            i += 1;
        }
        let path = folder.path().join("large.csv");
        std::fs::write(&path, &text).unwrap();
        drop(text);
        let experiment = Experiment::load("moons", &[]).unwrap();
        let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
        let mut h = testing::usual(window);
        settle(&mut h);
        h.state_mut().open_path(&path.to_string_lossy());
        until(&mut h, "a first look", |h| says(h, "Provisional, from "));
        assert!(looking(&h));
        let words = "rows spread over the file: learns grade (8 classes)";
        assert!(says(&h, words), "{:?}", testing::said(&h));
        assert!(h.get_by_label("Open").accesskit_node().is_disabled());
        assert_eq!(value(&h, "Kind of grade"), "category");
        assert!(says(&h, "large.csv, "));
        until(&mut h, "all rows", |h| !looking(h));
        assert!(!says(&h, "Provisional, "));
        assert!(
            says(
                &h,
                "All rows say otherwise than the first look: grade is a number, not a category (its numbers are approximated)."
            ),
            "{:?}",
            testing::said(&h)
        );
        // A choice brings a first look again, and cancelling leaves the present run.
        choose_without_waiting(&mut h, "Use of width", "leave out");
        until(&mut h, "another look", |h| says(h, "Provisional, from "));
        assert_eq!(value(&h, "Use of width"), "leave out");
        h.get_by_label("Cancel").click();
        settle(&mut h);
        assert!(matches!(h.state().shell.dialog, Dialog::None));
        assert_eq!(h.state().engine.data().unwrap().name(), "moons");
    });
}

fn choose_without_waiting(h: &mut Harness<'_, Window>, dropdown: &str, option: &str) {
    h.get_by_label(dropdown).click();
    settle(h);
    h.get_by_role_and_label(Role::ListBoxOption, option).click();
    settle(h);
}
