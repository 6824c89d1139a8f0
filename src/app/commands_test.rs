//! The command table: no key means two things.

use super::commands::{Context, OWN, TABLE, written};
use egui::{Key, KeyboardShortcut, Modifiers};

const NONE: Modifiers = Modifiers::NONE;

const CONTEXTS: [Context; 12] = [
    Context::Anywhere,
    Context::Window,
    Context::Free,
    Context::Presenting,
    Context::Text,
    Context::Number,
    Context::Slider,
    Context::Line,
    Context::List,
    Context::Plane,
    Context::Pad,
    Context::Palette,
];

/// What a key means, and where: of all tables.
fn meanings() -> Vec<(Context, Modifiers, Key, &'static str)> {
    let commands = TABLE.iter().flat_map(|row| {
        let of =
            move |key: KeyboardShortcut| (row.context, key.modifiers, key.logical_key, row.name);
        row.keys().map(of)
    });
    let own = OWN.iter().flat_map(|own| {
        let of = move |key: &(Modifiers, Key)| (own.context, key.0, key.1, own.does);
        own.keys.iter().map(of)
    });
    commands.chain(own).collect()
}

#[test]
fn no_key_means_two_things_in_one_context() {
    let all = meanings();
    for context in CONTEXTS {
        for (i, a) in all.iter().enumerate() {
            for b in &all[i + 1..] {
                let same = (a.1, a.2) == (b.1, b.2) && a.0 == context && b.0 == context;
                assert!(!same, "{context:?}: {} and {}", a.3, b.3);
            }
        }
    }
    for (i, a) in TABLE.iter().enumerate() {
        for b in &TABLE[i + 1..] {
            assert_ne!(a.name, b.name);
        }
    }
}

/// One context covers another only where that is meant: the focused control's keys those that are free, a text's edits the window's;
/// and while one presents, P is a pen, as the pad stands in no sight there, and K shows keys: a node is kicked by its menu.
#[test]
fn a_context_covers_no_key_of_another_unless_it_is_free() {
    let all = meanings();
    let mut presenting = std::collections::BTreeSet::new();
    for context in CONTEXTS {
        let reach = context.reach();
        assert!(reach.contains(&context));
        for a in &all {
            for b in &all {
                let place = |c: Context| reach.iter().position(|r| *r == c);
                let (Some(over), Some(under)) = (place(a.0), place(b.0)) else {
                    continue;
                };
                let covered = over < under && (a.1, a.2) == (b.1, b.2);
                if covered && a.0 == Context::Presenting {
                    presenting.insert((a.3, b.3));
                    continue;
                }
                assert!(
                    !covered || b.0 == Context::Free || b.0 == Context::Text,
                    "{context:?}: {} covers {}",
                    a.3,
                    b.3
                );
            }
        }
    }
    let pen = ("Pen over the window, or none", "Draw an example");
    let keys = ("Show keys as they are pressed, or not", "Kick the node");
    assert_eq!(presenting.into_iter().collect::<Vec<_>>(), [pen, keys]);
}

#[test]
fn a_key_is_written_as_in_the_table() {
    let plain = |key, presenting| written(key, NONE, presenting);
    let p = |name| ("P".to_owned(), Some(name));
    assert_eq!(plain(Key::P, false), p("Draw an example"));
    assert_eq!(plain(Key::P, true), p("Pen over the window, or none"));
    assert_eq!(plain(Key::ArrowRight, true).0, "Right");
    let shift = written(Key::ArrowRight, Modifiers::SHIFT, false);
    assert_eq!(shift, ("Shift Right".to_owned(), Some("One update")));
    let other = Modifiers::CTRL | Modifiers::SHIFT;
    assert_eq!(
        written(Key::X, other, true),
        ("Ctrl Shift X".to_owned(), None)
    );
}

#[test]
fn a_letter_is_of_no_context_in_which_text_is_typed() {
    for row in TABLE {
        for key in row.keys() {
            let plain = !key.modifiers.command && !key.modifiers.alt;
            let types = !matches!(key.logical_key, Key::F11);
            assert!(
                !(plain && types && row.context == Context::Anywhere),
                "{} would be lost to typing",
                row.name
            );
        }
    }
}
