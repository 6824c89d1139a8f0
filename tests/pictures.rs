//! Rendered scenes against the committed pictures.

use pcscope::app::scenes;

/// Shares of pixels that differ visibly between a scene and its reference.
fn differing(name: &str) -> f64 {
    let scene = scenes::find(name).expect("the scene exists");
    let picture = scene
        .render(scene.size, 1.0, scene.theme)
        .expect("the scene renders");
    let path = format!("{}/screenshots/{name}.png", env!("CARGO_MANIFEST_DIR"));
    let reference = image::open(path)
        .expect("the reference is in the repository")
        .to_rgba8();
    assert_eq!(picture.dimensions(), reference.dimensions());
    let off = picture
        .pixels()
        .zip(reference.pixels())
        .filter(|(a, b)| a.0.iter().zip(b.0).any(|(x, y)| x.abs_diff(y) > 24))
        .count();
    off as f64 / f64::from(picture.width() * picture.height())
}

#[test]
fn scenes_look_as_committed() {
    for name in ["first-launch", "first-launch-light", "compact", "moons"] {
        let share = differing(name);
        assert!(
            share < 0.002,
            "{name}: {:.3} % of pixels differ",
            share * 100.0
        );
    }
}

#[test]
fn another_state_is_another_picture() {
    let first = scenes::find("first-launch").expect("exists");
    let finished = scenes::find("finished").expect("exists");
    let a = first.render((640, 480), 1.0, first.theme).expect("renders");
    let b = finished
        .render((640, 480), 1.0, first.theme)
        .expect("renders");
    assert_ne!(a.as_raw(), b.as_raw());
}
