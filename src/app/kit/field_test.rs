//! Fields as they are typed in.

use super::*;

#[test]
fn a_field_reads_back_what_it_writes() {
    for v in [
        0.0,
        0.05,
        -0.142,
        1234.0,
        -105_866.0,
        2.5e-7,
        0.123_456_789,
        1e300,
        f64::MIN_POSITIVE,
    ] {
        assert_eq!(f64::read(&v.exact()), Some(v), "{}", v.exact());
    }
    for v in [0, 64, 12_345_678, i64::MAX as u64, u64::MAX] {
        assert_eq!(u64::read(&v.exact()), Some(v), "{}", v.exact());
    }
    assert_eq!(u64::read("1e3"), Some(1000));
    assert_eq!(f64::read("\u{2212}0.5"), Some(-0.5));
    for text in ["nonsense", "NaN", "inf", "", "1..2"] {
        assert_eq!(f64::read(text), None, "{text}");
    }
    for text in ["0.5", "-1", "1e17", "18446744073709551616"] {
        assert_eq!(u64::read(text), None, "{text}");
    }
}

#[test]
fn limits_are_said_as_one_would() {
    let both = expected(&(1..=4096u64));
    assert_eq!(both, "expected a whole number from 1 to 4,096");
    let least = expected(&(1..=u64::MAX));
    assert_eq!(least, "expected a whole number, 1 or above");
    let least = expected(&(0.0..=f64::INFINITY));
    assert_eq!(least, "expected a number, 0 or above");
}

#[test]
fn steps_stop_at_the_limits_and_at_what_is_refused() {
    let odd = |v: u64| match v % 2 {
        0 => Err("even".to_owned()),
        _ => Ok(()),
    };
    let field = NumberField::new("n", 1..=9u64);
    let both = (field.step(5, 100.0), field.step(5, -100.0));
    assert_eq!(both, (Some(9), Some(1)));
    let field = field.check(&odd);
    assert_eq!((field.step(5, 1.0), field.step(5, 2.0)), (None, Some(7)));
}

/// What is no number differs from itself: that is no change.
#[test]
fn a_field_of_no_number_changes_nothing_by_itself() {
    let mut ready = false;
    let _ = egui_kittest::Harness::new_ui(move |ui| {
        // The fonts are there from the second pass on.
        if !std::mem::replace(&mut ready, true) {
            crate::app::theme::install(ui.ctx(), Theme::Dark);
            return;
        }
        for mut v in [f64::NAN, f64::INFINITY, 1e300, -0.0] {
            let name = v.exact();
            let field = NumberField::new(&name, f64::NEG_INFINITY..=f64::INFINITY);
            assert!(!field.show(ui, &mut v).changed(), "{v}");
        }
    });
}
