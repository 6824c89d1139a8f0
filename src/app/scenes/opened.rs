//! Scenes of data about to be opened.

use super::{Window, seek};
use crate::app::commands::Command;
use crate::app::dialog::Dialog;
use crate::app::layout::Layout;
use crate::app::purpose::Purpose;
use crate::app::state::Action;
use crate::experiment::file::Experiment;
use crate::experiment::propose::propose;
use crate::experiment::session::{RaceCommand, Session};
use std::path::Path;

/// Files by their names; the first is the one that is opened.
pub(super) type Files = Vec<(&'static str, Vec<u8>)>;

/// Writes files to a folder of their own for as long as `with` needs the first of them.
pub(super) fn written<R>(files: &Files, with: impl FnOnce(&Path) -> R) -> Option<R> {
    let name = files.first()?.0;
    let folder = std::env::temp_dir().join(format!("pcscope-scene-{}-{name}", std::process::id()));
    let written = std::fs::create_dir_all(&folder).and_then(|()| {
        let mut files = files.iter();
        files.try_for_each(|(file, bytes)| std::fs::write(folder.join(file), bytes))
    });
    let done = written.is_ok().then(|| with(&folder.join(name)));
    // It has been read; what is left behind would only take room.
    let _ = std::fs::remove_dir_all(&folder);
    done
}

/// Opens the first of some files, as if it had been dropped.
fn dropped(window: &mut Window, files: &Files) {
    written(files, |path| window.open_path(&path.to_string_lossy()));
}

pub(super) fn data(window: &mut Window) {
    seek(window, 2);
    let files = digit_files(window);
    dropped(window, &files);
}

/// The first thousand test digits, as the files that MNIST comes in.
pub(super) fn digit_files(window: &Window) -> Files {
    let Some(data) = window.engine.data() else {
        return Files::new();
    };
    let test = data.split().test.clone();
    let shown = test.start..(test.start + 1000).min(test.end);
    let count = (shown.len() as u32).to_be_bytes();
    let mut images = [&[0, 0, 8, 3][..], &count, &[0, 0, 0, 28, 0, 0, 0, 28]].concat();
    let mut labels = [&[0, 0, 8, 1][..], &count].concat();
    for i in shown {
        images.extend_from_slice(data.input_bytes(i).unwrap_or(&[0; 784]));
        labels.push(data.label(i).unwrap_or(0) as u8);
    }
    vec![
        ("digits-images-idx3-ubyte", images),
        ("digits-labels-idx1-ubyte", labels),
    ]
}

pub(super) fn table(window: &mut Window) {
    let files = points_file(window);
    dropped(window, &files);
}

/// The points of two moons, as a table.
pub(super) fn points_file(window: &Window) -> Files {
    let Some(data) = window.engine.data() else {
        return Files::new();
    };
    let mut text = "x,y,moon\n".to_owned();
    let mut point = [0.0; 2];
    for i in 0..data.len() {
        data.write_input(i, &mut point);
        let class = data.label(i).and_then(|l| data.classes().get(l));
        let class = class.map_or("", String::as_str);
        text.push_str(&format!("{:.4},{:.4},{class}\n", point[0], point[1]));
    }
    vec![("moons.csv", text.into_bytes())]
}

pub(super) fn columns(window: &mut Window) {
    dropped(window, &trees_file(window));
}

/// A table as people have them: row numbers, words, days, gaps and remarks.
pub(super) fn trees_file(_: &Window) -> Files {
    let part = |i: u32, step: f64| (f64::from(i) * step).fract();
    let mut text = "id,bed,planted,length,width,shade,species,remark\n".to_owned();
    for i in 0..240_u32 {
        let species = ["oak", "elm", "ash"][(part(i, 0.618_034) * 2.9) as usize];
        let length = 4.0 + 3.0 * part(i, 0.414_214) + f64::from(species.len() as u32 + i % 2);
        let width = 1.5 + length / 4.0 + part(i, 0.732_051);
        let width = if i % 40 == 7 {
            String::new()
        } else {
            format!("{width:.1}")
        };
        let (bed, shade) = (
            ["north", "south", "wall", "pond"][i as usize % 4],
            i % 3 == 0,
        );
        let (month, day) = (1 + i % 12, 1 + i % 28);
        text.push_str(&format!(
            "{},{bed},2024-{month:02}-{day:02},{length:.1},{width},{},{species},note {}\n",
            i + 1,
            if shade { "yes" } else { "no" },
            i * i
        ));
    }
    vec![("trees.csv", text.into_bytes())]
}

pub(super) fn question(window: &mut Window) {
    dropped(window, &beds_file(window));
}

/// A table without names, with classes at both of its ends.
pub(super) fn beds_file(_: &Window) -> Files {
    let row = |i: usize| {
        let (first, last) = (i * 7 % 3, i * 5 % 4);
        format!("{first},{}.5,{}.25,{last}\n", i * 11 % 17, i * i % 23)
    };
    let text: String = (0..120).map(row).collect();
    vec![("beds.csv", text.into_bytes())]
}

/// A table of flats with their prices, made by a rule that a straight line does not follow.
fn prices() -> String {
    let mut text = "area,rooms,age,distance,price\n".to_owned();
    // The same numbers each time, as evenly spread as need be.
    let part = |i: u32, step: f64| (f64::from(i) * step).fract();
    for i in 0..300 {
        let area = 30.0 + 130.0 * part(i, 0.618_034);
        let rooms = (area / 28.0 + 1.5 * part(i, 0.414_214)).round().max(1.0);
        let age = (90.0 * part(i, 0.732_051)).round();
        let distance = 12.0 * part(i, 0.236_068);
        let luck = part(i, 0.449_49) + part(i, 0.645_751) + part(i, 0.162_278) - 1.5;
        let place = 1.0 + 1.4 * (-distance / 3.0).exp();
        let price = area * 2900.0 * place * (1.0 - 0.004 * age) + rooms * 9000.0 + luck * 60_000.0;
        let price = (price / 100.0).round() * 100.0;
        text.push_str(&format!("{area:.1},{rooms},{age},{distance:.1},{price}\n"));
    }
    text
}

/// Trains on a table of flats with the network that is proposed for it.
pub(super) fn regression(window: &mut Window) {
    let made = written(&flats_file(window), proposed);
    let Some(Ok((experiment, data))) = made else {
        return;
    };
    window.start_session(experiment.name.clone(), move |mode| {
        Session::start_on(experiment, data, mode)
    });
    // What is opened plays; the first pause selects what it is about.
    if window.view.playing {
        window.run_command(Command::PlayPause);
    }
    window.shell.settings.layout = Layout::Train;
    window.act(Action::Race(RaceCommand::RunUntil(300)));
    window.poll();
    // The example that was missed most.
    let fitted = window.engine.race.fitted.clone();
    let missed = fitted.zip(window.engine.data()).and_then(|(fitted, data)| {
        let miss = |&i: &usize| {
            let truth = data.stored_target(i).and_then(|t| t.first());
            let said = fitted.said(i, 0);
            truth.zip(said).map_or(0.0, |(a, b)| (a - b).abs())
        };
        let examples = fitted.examples.clone();
        examples.max_by(|a, b| miss(a).total_cmp(&miss(b)))
    });
    if let Some(example) = missed {
        window.act(Action::Example(example));
        window.poll();
    }
}

/// Answers to a file whose columns stand in another order.
pub(super) fn answers(window: &mut Window) {
    regression(window);
    written(&new_flats_file(window), |path| {
        let path = path.to_string_lossy().into_owned();
        window.act(Action::Path(Purpose::Predict, path));
    });
    if let Dialog::Predict(state) = &mut window.shell.dialog {
        state.out = "predictions.csv".into();
    }
}

/// Flats without their prices, the columns in another order.
pub(super) fn new_flats_file(_: &Window) -> Files {
    let mut text = "distance,age,rooms,area\n".to_owned();
    for line in prices().lines().skip(5).step_by(17) {
        let cells: Vec<&str> = line.split(',').take(4).collect();
        let turned: Vec<&str> = cells.into_iter().rev().collect();
        text.push_str(&(turned.join(",") + "\n"));
    }
    vec![("new-flats.csv", text.into_bytes())]
}

/// The table of flats.
pub(super) fn flats_file(_: &Window) -> Files {
    vec![("flats.csv", prices().into_bytes())]
}

/// The experiment proposed for a table, and its data.
fn proposed(path: &std::path::Path) -> Result<(Experiment, crate::data::Dataset), String> {
    use crate::data::{LoadOptions, Progress, load};
    let loaded =
        load(path, &LoadOptions::default(), &Progress::new()).map_err(|e| e.to_string())?;
    let experiment = propose(path, &loaded, &Progress::new()).map_err(|e| e.to_string())?;
    Ok((experiment, loaded.dataset().map_err(|e| e.to_string())?))
}
