//! Names without what changes from moment to moment.

use super::screen::Node;
use egui::accesskit::Role;
use std::sync::Mutex;

/// Which control a node is: role, name without numbers, and where it stands.
pub fn key(node: &Node) -> String {
    let place: Vec<String> = node.place.iter().map(|p| numbers(p)).collect();
    let whole = matches!(
        node.role,
        Role::Button
            | Role::MenuItem
            | Role::ListBoxOption
            | Role::RadioButton
            | Role::Switch
            | Role::Tab
    );
    // A picture says after a comma what is to be seen in it just now; other controls say their state after a colon.
    let ends: &[&str] = match whole {
        true => &[": ", "; ", ", size of ", ", clamped"],
        false => &[",", ":", ";"],
    };
    let words = without_some(&without_classes(node.name()));
    let end = ends.iter().filter_map(|e| words.find(e)).min();
    let name = &words[..end.unwrap_or(words.len())];
    format!(
        "{:?} “{}” in {}",
        node.role,
        alike(numbers(name)),
        if place.is_empty() {
            "the window".to_owned()
        } else {
            place.join(", ")
        }
    )
}

/// Names of classes, which the data choose.
static CLASSES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// From now on these names of classes give way to a sign.
pub fn classes(names: &[String]) {
    // Of short names, words might be parts.
    let long = names.iter().filter(|n| n.chars().count() > 2);
    *CLASSES.lock().unwrap() = long.cloned().collect();
}

fn without_classes(words: &str) -> String {
    let mut words = words.to_owned();
    for class in CLASSES.lock().unwrap().iter() {
        words = words.replace(class.as_str(), "class");
    }
    words
}

/// Without how many of how many have room: "output, 10, 5 of 10 units shown, level 0".
fn without_some(words: &str) -> String {
    let parts = words.split(", ").filter(|part| !part.ends_with(" shown"));
    parts.collect::<Vec<_>>().join(", ")
}

/// A row of numbers is one, whatever they are; a letter of a sequence is one, whichever it is.
fn alike(name: String) -> String {
    if name.contains('#') && !name.contains(char::is_alphabetic) {
        return "numbers".to_owned();
    }
    match name.find("letter ") {
        Some(at) => {
            let rest = &name[at + "letter ".len()..];
            let letter = rest.chars().next().map_or(0, char::len_utf8);
            format!("{}letter _{}", &name[..at], &rest[letter..])
        }
        None => name,
    }
}

/// Numbers, and what stands in quotation marks, give way to a sign.
pub fn numbers(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut within = false;
    let mut last = None;
    for c in words.chars() {
        let part = c.is_ascii_digit() || (within && matches!(c, '.' | ',' | 'e' | '−' | '-' | '+'));
        match (part, within) {
            (true, false) => out.push('#'),
            (true, true) => {}
            (false, true) => {
                // A comma or full stop behind a number ends what it stands in.
                out.extend(last.filter(|l| matches!(l, '.' | ',')));
                out.push(c);
            }
            (false, false) => out.push(c),
        }
        within = part;
        last = Some(c);
    }
    out.replace("−#", "#").replace("-#", "#")
}

/// Durations and rates give way to a sign: a clock may go on.
pub fn times(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let chars: Vec<char> = words.chars().collect();
    let mut i = 0;
    while i < chars.len() {
        if chars[i].is_ascii_digit() {
            let end = (i..chars.len())
                .find(|&j| !(chars[j].is_ascii_digit() || matches!(chars[j], '.' | ',')))
                .unwrap_or(chars.len());
            let after: String = chars[end..].iter().take(4).collect();
            let after = after.trim_start();
            let unit = ["ms", "µs", "s/", "/s", "min"]
                .iter()
                .any(|u| after.starts_with(u))
                || after == "s"
                || after.starts_with("s ")
                || after.starts_with("s,");
            if unit {
                out.push('#');
            } else {
                out.extend(&chars[i..end]);
            }
            i = end;
        } else {
            out.push(chars[i]);
            i += 1;
        }
    }
    out
}

#[test]
fn numbers_and_times_are_masked_and_nothing_else() {
    assert_eq!(numbers("unit 12 of h3, x = −0.142"), "unit # of h#, x = #");
    assert_eq!(numbers("1 update"), "# update");
    assert_eq!(numbers("Break it"), "Break it");
    assert_eq!(
        times("IL 0.42 ms per update, seed 7"),
        "IL # ms per update, seed 7"
    );
    assert_eq!(times("drawn 60/s; 1,204 of 3"), "drawn #/s; 1,204 of 3");
    assert_eq!(times("12.5 s"), "# s");
    assert_eq!(times("2 steps"), "2 steps");
}
