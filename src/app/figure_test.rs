use super::*;
use crate::app::settings::Settings;
use crate::app::state::Action;
use crate::app::theme::Theme;
use crate::app::views::table::Pane;
use crate::experiment::file::Experiment;
use crate::experiment::lane::LaneId;
use crate::experiment::session::{Mode, RaceCommand};
use crate::learning::Uninterrupted;
use std::sync::Arc;

/// Two moons after so many updates.
fn trained(updates: u64) -> Window {
    let experiment = Experiment::load("moons", &[]).unwrap();
    let mut window = Window::new(experiment, Settings::default(), Mode::InStep);
    window.view.playing = false;
    window.act(Action::Race(RaceCommand::RunUntil(updates)));
    window.poll();
    window
}

fn figure(window: &Window, of: Of) -> Figure {
    let still = window.still().unwrap();
    let (window, made_of) = still.window(Arc::new(Uninterrupted));
    let asked = Asked {
        of,
        size: (800, 500),
        scale: 1.0,
        theme: Theme::Light,
    };
    Figure::new(window, asked, made_of, Remembered::default())
}

fn view(id: &str) -> Of {
    Of::View(Pane::named(id).unwrap().view())
}

/// The points of a path.
fn points(path: &str) -> Vec<(f64, f64)> {
    let d = path
        .split(" d=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let pairs = d.split(['M', 'L']).filter(|p| !p.is_empty());
    let number = |n: Option<&str>| n.unwrap().parse().unwrap();
    pairs
        .map(|p| {
            let mut both = p.split(' ');
            (number(both.next()), number(both.next()))
        })
        .collect()
}

#[test]
fn the_numbers_in_a_path_are_those_of_the_series_and_a_thinned_curve_says_so() {
    // Below and above what a series keeps of its points.
    for (updates, size) in [(130, 5), (2_600, 52)] {
        let window = trained(updates);
        let lanes = &window.engine.race.lanes;
        let zil = lanes.iter().find(|l| l.spec.id == LaneId::ZIL).unwrap();
        let buckets = zil.loss.grouped(size);
        let mut figure = figure(&window, view("Loss"));
        let svg = figure.svg();
        // Z-IL is the wide line without dashes.
        let paths: Vec<&str> = svg.lines().filter(|l| l.starts_with("<path ")).collect();
        let wide: Vec<_> = paths
            .iter()
            .filter(|l| l.contains("stroke-width=\"4\""))
            .map(|l| points(l))
            .collect();
        assert_eq!(wide.len(), 1, "one line");
        assert_eq!(wide[0].len(), buckets.len(), "of as many points");
        // x is even in updates and y in the logarithm of the loss: what two points give holds of all others.
        let truth = |i: usize| (buckets[i].update as f64, buckets[i].mean.ln());
        let (a, b) = (0, buckets.len() - 1);
        let (from, to) = (truth(a), truth(b));
        let (start, end) = (wide[0][a], wide[0][b]);
        for (i, (x, y)) in wide[0].iter().enumerate() {
            let (u, loss) = truth(i);
            let along = (u - from.0) / (to.0 - from.0);
            let up = (loss - from.1) / (to.1 - from.1);
            let expected = (
                start.0 + along * (end.0 - start.0),
                start.1 + up * (end.1 - start.1),
            );
            // Written with two decimals, as are the ends.
            let near = |a: f64, b: f64| (a - b).abs() < 0.03;
            assert!(
                near(*x, expected.0) && near(*y, expected.1),
                "point {i}: {x} {y}, expected {expected:?}"
            );
        }
        // And the scale itself is that of the ticks, which stand at the left.
        let part = |line: &str, before: &str, behind: char| -> Option<f64> {
            line.split(before)
                .nth(1)?
                .split(behind)
                .next()?
                .parse()
                .ok()
        };
        let mut ticks: Vec<(f64, f64)> = svg
            .lines()
            .filter(|l| l.starts_with("<text ") && part(l, " x=\"", '"') < Some(start.0 - 4.0))
            .filter_map(|l| {
                Some((
                    part(l, "xml:space=\"preserve\">", '<')?,
                    part(l, " y=\"", '"')?,
                ))
            })
            .filter(|(value, _)| *value > 0.0)
            .collect();
        ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let per = (end.1 - start.1) / (to.1 - from.1);
        let (least, most) = (ticks[0], ticks[ticks.len() - 1]);
        let apart = most.1 - least.1 - per * (most.0 / least.0).ln();
        assert!(ticks.len() > 2 && apart.abs() < 1.1, "{ticks:?}");
        let said = format!("mean, min and max of {size} updates");
        assert!(svg.contains(&said), "{said}");
        assert!(figure.about()["caption"].as_str().unwrap().contains(&said));
    }
}

#[test]
fn what_a_figure_was_made_of_stands_in_it_and_its_foot() {
    let mut window = trained(20);
    let mut draft = window.document.draft.clone();
    draft.learning.rate *= 2.0;
    let begun = Provenance::of(
        window
            .engine
            .session
            .as_ref()
            .map(|s| &s.experiment)
            .unwrap(),
    );
    window.act(Action::Edit(Box::new(draft)));
    window.act(Action::TakeUp { branch: false });
    window.act(Action::Race(RaceCommand::RunUntil(30)));
    for of in [view("Wave"), Of::Window] {
        let mut figure = figure(&window, of);
        let (svg, about) = (figure.svg(), figure.about());
        let metadata = svg.split("<metadata>").nth(1).unwrap();
        let metadata = metadata.split("</metadata>").next().unwrap();
        let metadata = metadata.replace("&quot;", "\"");
        assert_eq!(serde_json::from_str::<Value>(&metadata).unwrap(), about);
        assert_eq!(about["settings"], begun.settings.as_str(), "as it began");
        assert_eq!(about["edits"][0]["update"], 20);
        assert_eq!(
            (&about["update"], &about["seed"]),
            (&30.into(), &begun.seed.into())
        );
        let foot = format!("settings {} · data moons · seed", &begun.settings[..12]);
        for part in [foot.as_str(), "1 edit · update 30 · t = "] {
            assert!(
                svg.lines()
                    .any(|l| l.starts_with("<text ") && l.contains(part)),
                "{part}"
            );
        }
        let png = String::from_utf8_lossy(&figure.png().unwrap()).into_owned();
        assert!(png.contains(&begun.settings) && png.contains("Source"));
    }
}

#[test]
fn a_figure_goes_anywhere_and_leaves_the_window_where_it_is() {
    let mut window = trained(40);
    let before = (window.view.t, window.engine.micro.clone().unwrap());
    let session = window.engine.session.as_ref().unwrap();
    let asked = session.asked();
    let mut figure = figure(&window, view("Network"));
    // What was looked at then has the bits of what the window has when it goes there.
    for (update, t) in [(7, 1), (40, 2), (0, 0), (23, 2)] {
        assert!(figure.to_update(update), "{update}");
        assert!(
            figure.to_state(t),
            "{t} of {}",
            figure.window.engine.micro.as_ref().unwrap().steps
        );
        assert_eq!(figure.place(), (update, t as usize));
        assert_eq!(window.engine.session.as_ref().unwrap().asked(), asked);
        assert_eq!(window.view.t, before.0);
    }
    assert!(Arc::ptr_eq(
        &before.1,
        window.engine.micro.as_ref().unwrap()
    ));
    assert!(!figure.to_state(99), "there is no such state");
    assert!(figure.to_update(7));
    window.act(Action::At(Some(7)));
    window.poll();
    let (own, other) = (
        window.engine.micro.unwrap(),
        figure.window.engine.micro.unwrap(),
    );
    for v in 0..own.plan.graph.vertices.len() {
        for unit in 0..own.plan.len_of(v) {
            let field = crate::experiment::microscope::Field::X;
            let value = |m: &crate::experiment::microscope::MicroscopeSnapshot| {
                m.value(1, field, v, unit).to_bits()
            };
            assert_eq!(value(&own), value(&other));
        }
    }
}
