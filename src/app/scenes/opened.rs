//! Scenes of data about to be opened.

use super::{Window, seek};

/// Writes files to a folder of their own and opens one of them, as if it had been dropped.
fn dropped(window: &mut Window, name: &str, files: &[(&str, Vec<u8>)]) {
    let folder = std::env::temp_dir().join(format!("pcscope-scene-{}-{name}", std::process::id()));
    let written = std::fs::create_dir_all(&folder).and_then(|()| {
        files
            .iter()
            .try_for_each(|(file, bytes)| std::fs::write(folder.join(file), bytes))
    });
    if written.is_ok() {
        window.open_path(&folder.join(name).to_string_lossy());
    }
    // The preview has been read; what is left behind would only take room.
    let _ = std::fs::remove_dir_all(&folder);
}

/// The first thousand test digits, as the files that MNIST comes in.
pub(super) fn data(window: &mut Window) {
    seek(window, 2);
    let Some(data) = window.engine.data().cloned() else {
        return;
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
    dropped(
        window,
        "digits-images-idx3-ubyte",
        &[
            ("digits-images-idx3-ubyte", images),
            ("digits-labels-idx1-ubyte", labels),
        ],
    );
}

/// The points of two moons, as a table.
pub(super) fn table(window: &mut Window) {
    let Some(data) = window.engine.data().cloned() else {
        return;
    };
    let mut text = "x,y,moon\n".to_owned();
    let mut point = [0.0; 2];
    for i in 0..data.len() {
        data.write_input(i, &mut point);
        let class = data.label(i).and_then(|l| data.classes().get(l));
        let class = class.map_or("", String::as_str);
        text.push_str(&format!("{:.4},{:.4},{class}\n", point[0], point[1]));
    }
    dropped(window, "moons.csv", &[("moons.csv", text.into_bytes())]);
}

/// A table as people have them: row numbers, words, days, gaps and remarks.
pub(super) fn columns(window: &mut Window) {
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
    dropped(window, "trees.csv", &[("trees.csv", text.into_bytes())]);
}

/// A table without names, with classes at both of its ends.
pub(super) fn question(window: &mut Window) {
    let row = |i: usize| {
        let (first, last) = (i * 7 % 3, i * 5 % 4);
        format!("{first},{}.5,{}.25,{last}\n", i * 11 % 17, i * i % 23)
    };
    let text: String = (0..120).map(row).collect();
    dropped(window, "beds.csv", &[("beds.csv", text.into_bytes())]);
}
