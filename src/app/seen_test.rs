//! What is to be seen: the wave fills its panel, the plane is the hero, lanes are one table, what is to come is a ghost, what nothing
//! reads is dim, and data that are open can be dealt anew.

use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, says};
use super::theme::Theme;
use super::window::Window;
use crate::data::Part;
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand};
use egui::accesskit::Role;
use egui::{Key, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

fn harness(preset: &str, layout: Layout, size: [f32; 2]) -> Harness<'static, Window> {
    let experiment = Experiment::load(preset, &[]).unwrap();
    let settings = Settings {
        layout,
        ..Settings::default()
    };
    let window = Window::new(experiment, settings, Mode::InStep);
    let mut h = testing::harness(window, size, 1.0 / 60.0);
    h.run_steps(8);
    h
}

fn act(h: &mut Harness<'_, Window>, action: Action) {
    h.state_mut().act(action);
    h.run_steps(4);
}

fn named(h: &Harness<'_, Window>, start: &str) -> Rect {
    h.get_by(|node| node.label().is_some_and(|l| l.starts_with(start)))
        .rect()
}

/// 60 % of the wave's panel was empty at 1920; drawn alone, it was a stamp in a corner.
#[test]
fn the_wave_grows_with_its_panel() {
    for preset in ["mnist-cnn", "moons", "digits-mlp"] {
        for (layout, size) in [
            (Layout::Explore, [1920.0, 1080.0]),
            (Layout::Teach, [1920.0, 1080.0]),
            (Layout::Present, [1920.0, 1080.0]),
            (Layout::Teach, [1280.0, 800.0]),
        ] {
            let h = harness(preset, layout, size);
            let wave = named(&h, "Error wave, size of");
            let title = h
                .get_by(|n| {
                    matches!(n.role(), Role::Tab | Role::Heading)
                        && n.label().is_some_and(|l| l == "Error wave")
                })
                .rect();
            // From its title to the panel's end, without names, numbers and the legend.
            let screen = h.ctx.content_rect();
            let right = match layout {
                Layout::Present => screen.right(),
                _ => h.get_by_label("Maximise Error wave").rect().right(),
            };
            let share = (wave.right() - title.left()) / (right - title.left());
            assert!(share > 0.9, "{preset} {layout:?} {size:?}: {share}");
        }
    }
    // Alone it has the window.
    let mut h = harness("moons", Layout::Teach, [1920.0, 1080.0]);
    h.get_by_label("Maximise Error wave").click();
    h.run_steps(4);
    let wave = named(&h, "Error wave, size of");
    assert!(wave.width() > 800.0 && wave.height() > 400.0, "{wave}");
}

#[test]
fn the_plane_is_the_hero_of_points_of_a_plane() {
    let h = harness("moons", Layout::Teach, [1280.0, 800.0]);
    let plane = named(&h, "Plane of two inputs");
    assert!(plane.width() > 250.0, "{plane}");
    let wave = named(&h, "Error wave, size of");
    assert!(plane.area() > 1.5 * wave.area());
    // What is read and pressed below it is in sight.
    let button = h.get_by_label("Make points").rect();
    assert!(button.top() > plane.bottom() && button.bottom() < wave.top());
    let h = harness("moons", Layout::Train, [1280.0, 800.0]);
    let plane = named(&h, "Plane of two inputs");
    assert!(plane.width() > 210.0, "{plane}");
}

#[test]
fn lanes_are_one_table_with_all_of_it_in_sight() {
    let mut h = harness("digits-mlp", Layout::Train, [1280.0, 800.0]);
    act(&mut h, Action::Race(RaceCommand::RunUntil(20)));
    h.run_steps(6);
    // One head, and a line a lane.
    let heads: Vec<String> = h
        .query_all_by(|n| n.role() == Role::ColumnHeader)
        .filter_map(|n| n.accesskit_node().label())
        .filter(|l| ["validation", "loss", "time", "products"].contains(&l.as_str()))
        .collect();
    assert_eq!(heads, ["validation", "loss", "time", "products"]);
    let of = |h: &Harness<'_, Window>, start: &str| -> Vec<Rect> {
        let starts = |l: Option<String>| l.is_some_and(|l| l.starts_with(start));
        h.query_all_by(|n| starts(n.value()) || starts(n.label()))
            .map(|n| n.rect())
            .collect()
    };
    let (scores, losses) = (of(&h, "validation at "), of(&h, "loss, last 20 "));
    assert_eq!((scores.len(), losses.len()), (3, 3));
    for (score, loss) in scores.iter().zip(&losses) {
        assert!(score.top() == loss.top() && score.left() == scores[0].left());
        assert!(loss.left() == losses[0].left() && loss.left() >= score.right());
    }
    // Below it stands what was below the fold.
    let axis = h
        .get_by_role_and_label(Role::Heading, "Horizontal axis")
        .rect();
    let time = h.get_by_label("Play or pause").rect();
    assert!(axis.bottom() + 30.0 < time.top(), "{axis} {time}");
}

/// What a dial says of a level that is to be captured.
fn to_come(h: &Harness<'_, Window>, level: &str, t: usize) -> bool {
    let ends = format!("not captured yet; it will be at t = {t}");
    let all = super::testing::said(h);
    all.iter()
        .any(|s| s.starts_with(level) && s.ends_with(&ends))
}

#[test]
fn at_t_0_dials_show_the_arrow_that_is_to_come() {
    let mut h = harness("digits-mlp", Layout::Compare, [1280.0, 800.0]);
    // No state beyond it is computed: the table of switches knows.
    assert_eq!(h.state().engine.micro.as_ref().unwrap().states.len(), 1);
    assert!(to_come(&h, "dense 1", 2));
    act(&mut h, Action::Seek(2));
    assert!(!says(&h, "it will be at t ="));
    act(&mut h, Action::Seek(0));
    assert!(to_come(&h, "dense 2", 1));
    assert!(to_come(&h, "dense 1", 2));
}

#[test]
fn behind_the_front_cells_are_dim_and_say_why_the_energy_may_grow() {
    let mut h = harness("digits-mlp", Layout::Teach, [1280.0, 800.0]);
    act(&mut h, Action::Seek(2));
    let wave = named(&h, "Error wave, size of");
    let cell = |row: usize, t: usize| {
        let part = |i: usize| (i as f32 + 0.5) / 3.0;
        wave.min + egui::vec2(part(t) * wave.width(), part(row) * wave.height())
    };
    // The last hidden level was captured at t = 1; at t = 2 nothing reads it.
    h.hover_at(cell(1, 2));
    h.run_steps(40);
    assert!(says(&h, "|ε| here"));
    let why = |h: &Harness<'_, Window>| {
        testing::said(h)
            .iter()
            .any(|s| s.starts_with("Nothing reads this any more"))
    };
    assert!(why(&h));
    h.hover_at(cell(2, 2));
    h.run_steps(40);
    assert!(!why(&h), "the front itself is read");
}

/// A dark orange is a brown.
#[test]
fn bands_are_grey_with_edges_of_their_colours() {
    let mut h = harness("moons", Layout::Train, [1280.0, 800.0]);
    act(&mut h, Action::Race(RaceCommand::RunUntil(200)));
    h.run_steps(4);
    let c = Theme::Dark.tokens();
    let fills: Vec<egui::Color32> = h
        .output()
        .shapes
        .iter()
        .flat_map(|clipped| match &clipped.shape {
            egui::Shape::Mesh(mesh) if mesh.texture_id == egui::TextureId::default() => {
                let colours = mesh.vertices.iter().map(|v| v.color);
                colours.collect::<std::collections::HashSet<_>>()
            }
            _ => Default::default(),
        })
        .collect();
    let grey = super::theme::mix(c.bg1, c.t3, 0.2);
    assert!(
        fills.iter().filter(|f| **f == grey).count() >= 2,
        "{fills:?}"
    );
    // Red beyond blue by so much is a brown.
    let brown = |f: &&egui::Color32| {
        f.a() == 255 && i32::from(f.r()) - i32::from(f.b()) > 24 && f.r() < 140
    };
    assert_eq!(fills.iter().find(brown), None);
}

#[test]
fn what_is_computed_stands_beside_what_is_drawn() {
    let mut h = harness("moons", Layout::Teach, [1280.0, 800.0]);
    h.state_mut().shell.drawn = Some(60.0);
    h.key_press(Key::Space);
    h.run_steps(70);
    let said = testing::said(&h);
    let status = said.iter().find(|s| s.contains("drawn ")).unwrap();
    assert!(
        status.contains("computed ") && status.contains(" states/s, drawn "),
        "{status}"
    );
}

/// Split, size and noise of any data stay changeable after opening.
#[test]
fn data_that_are_open_can_be_dealt_anew() {
    let field = |h: &mut Harness<'static, Window>, name: &str, text: &str| {
        super::kept_test::type_into(h, name, text, Key::Enter);
    };
    let parts = |h: &Harness<'_, Window>| {
        let data = h.state().engine.data().unwrap();
        [Part::Train, Part::Validation, Part::Test].map(|part| data.range(part).len())
    };
    let mut h = harness("digits-mlp", Layout::Teach, [1920.0, 1080.0]);
    let before = parts(&h);
    field(&mut h, "train on", "1000");
    field(&mut h, "validate on", "150");
    assert_eq!(
        parts(&h),
        before,
        "the present run has the data it began with"
    );
    h.get_by_role_and_label(Role::Slider, "noise").focus();
    h.run_steps(2);
    for _ in 0..5 {
        h.key_press(Key::ArrowRight);
        h.run_steps(2);
    }
    h.get_by_label("Start new run").click();
    h.run_steps(8);
    assert_eq!(parts(&h), [1000, 150, before[2]]);
    let experiment = &h.state().engine.session.as_ref().unwrap().experiment;
    assert_eq!(experiment.data.noise, Some(0.05));
    // Too many are refused in words, and nothing is changed.
    field(&mut h, "train on", "99999");
    assert_eq!(h.state().document.draft.data.split.unwrap().train, 1000);
    assert!(says(&h, "holds"));
    h.key_press(Key::Escape);
    h.run_steps(4);
    // Smaller and larger again, each part in proportion.
    let slider = h.get_by_role_and_label(Role::Slider, "size");
    slider.focus();
    h.run_steps(2);
    h.key_press(Key::ArrowLeft);
    h.run_steps(4);
    let split = h.state().document.draft.data.split.unwrap();
    let total = 1000 + 150 + before[2];
    assert!(
        split.train < 1000 && split.train + split.validation + split.test < total,
        "{split:?}"
    );
    // Generated data have a split too.
    let mut h = harness("moons", Layout::Teach, [1920.0, 1080.0]);
    field(&mut h, "test on", "40");
    h.get_by_label("Start new run").click();
    h.run_steps(8);
    assert_eq!(parts(&h), [400, 100, 40]);
    field(&mut h, "test on", "900");
    assert!(says(&h, "at most 600 in all are made"));
    // At 1280 × 800 it folds before the conditions would have to.
    let mut h = harness("digits-mlp", Layout::Teach, [1280.0, 800.0]);
    h.run_steps(8);
    h.get_by(|n| {
        n.label()
            .is_some_and(|l| l.starts_with("Unfold split: split "))
    })
    .click();
    h.run_steps(8);
    h.get_by_label("validate on");
}
