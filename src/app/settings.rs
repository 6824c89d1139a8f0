//! What the window remembers between runs of the program.
//!
//! It stands in a file of its own, as JSON, that appears whole or not at all. Every setting is read by itself: one that is broken, or
//! of another version, is dropped and said, and the others stay.

use super::layout::{Layout, MOST_FAR};
use super::theme::Theme;
use crate::experiment::save::atomically;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Remembered settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The theme.
    pub theme: Theme,
    /// The layout shown.
    pub layout: Layout,
    /// How large everything is, 1 as it comes; what a layout adds is not in it.
    pub scale: f32,
    /// The scale with what the layout added when the window was closed: what its size was counted in.
    pub zoom: f32,
    /// The arrangement of tiles, per layout, where the user changed it.
    pub tiles: Option<String>,
    /// The last experiment, as TOML.
    pub experiment: Option<String>,
    /// The set-up, as TOML, where it was changed since that experiment started.
    pub draft: Option<String>,
    /// The hint bar was closed.
    pub hint_closed: bool,
    /// The chip "Break it" was used.
    pub broke_it: bool,
    /// The chip "Draw your own digit" was used.
    pub drew: bool,
    /// Something was trained.
    pub trained: bool,
    /// Files and folders opened, the latest first.
    pub recent: Vec<String>,
    /// Plots whose upright axis was chosen: by powers, or evenly.
    pub logarithmic: BTreeMap<String, bool>,
    /// Nothing moves by itself: examples are not played before somebody asks for it, and not one after the other.
    pub reduce_motion: bool,
    /// Entries of the palette that were used, by name, the latest first.
    pub recent_commands: Vec<String>,
    /// The pointer has a halo; where nobody has said so, in the layout for a projector alone.
    pub halo: Option<bool>,
    /// Keys are shown as they are pressed.
    pub echo_keys: bool,
    /// Full screen.
    #[serde(skip)]
    pub full_screen: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            layout: Layout::default(),
            scale: 1.0,
            zoom: 1.0,
            tiles: None,
            experiment: None,
            draft: None,
            hint_closed: false,
            broke_it: false,
            drew: false,
            trained: false,
            recent: Vec::new(),
            logarithmic: BTreeMap::new(),
            reduce_motion: false,
            recent_commands: Vec::new(),
            halo: None,
            echo_keys: false,
            full_screen: false,
        }
    }
}

/// The least and the largest scale.
const SCALES: std::ops::RangeInclusive<f32> = 0.5..=3.0;

impl Settings {
    /// Makes everything larger or smaller by tenths of the usual size.
    pub fn rescale(&mut self, tenths: i32) {
        let now = (self.scale * 10.0).round() as i32;
        self.scale = ((now + tenths) as f32 / 10.0).clamp(*SCALES.start(), *SCALES.end());
    }

    /// Puts an entry of the palette at the head of those used before.
    pub fn note_used(&mut self, name: String) {
        const MOST: usize = 6;
        self.recent_commands.retain(|used| *used != name);
        self.recent_commands.insert(0, name);
        self.recent_commands.truncate(MOST);
    }

    /// Reads settings; with them, what had to be dropped, in words.
    pub fn read(text: &str) -> (Self, Option<String>) {
        let mut own = Self::default();
        let mut table = match serde_json::from_str(text) {
            Ok(serde_json::Value::Object(table)) => table,
            Ok(_) => return (own, Some("They are no table of settings.".to_owned())),
            Err(error) => return (own, Some(format!("They cannot be read: {error}."))),
        };
        let mut dropped = Vec::new();
        let mut take = Take {
            table: &mut table,
            dropped: &mut dropped,
        };
        take.setting("theme", &mut own.theme);
        take.setting("layout", &mut own.layout);
        take.setting("scale", &mut own.scale);
        take.setting("zoom", &mut own.zoom);
        take.setting("tiles", &mut own.tiles);
        take.setting("experiment", &mut own.experiment);
        take.setting("draft", &mut own.draft);
        take.setting("hint_closed", &mut own.hint_closed);
        take.setting("broke_it", &mut own.broke_it);
        take.setting("drew", &mut own.drew);
        take.setting("trained", &mut own.trained);
        take.setting("recent", &mut own.recent);
        take.setting("logarithmic", &mut own.logarithmic);
        take.setting("reduce_motion", &mut own.reduce_motion);
        take.setting("recent_commands", &mut own.recent_commands);
        take.setting("halo", &mut own.halo);
        take.setting("echo_keys", &mut own.echo_keys);
        let most = *SCALES.end() * MOST_FAR;
        for (name, value) in [("scale", &mut own.scale), ("zoom", &mut own.zoom)] {
            if !(*SCALES.start()..=most).contains(value) {
                *value = 1.0;
                dropped.push(name);
            }
        }
        let words = (!dropped.is_empty()).then(|| {
            format!(
                "What was remembered of {} is of another version or damaged; the rest stays.",
                dropped.join(", ")
            )
        });
        (own, words)
    }

    /// Reads settings from a file; as at first launch where there is none.
    pub fn load(path: &Path) -> (Self, Option<String>) {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::read(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Self::default(), None),
            Err(error) => (
                Self::default(),
                Some(format!("{}: {error}.", path.display())),
            ),
        }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Writes the text of settings to a file, whole or not at all.
    ///
    /// # Errors
    /// One line naming the file.
    pub fn write(path: &Path, text: &str) -> Result<(), String> {
        if let Some(folder) = path.parent() {
            // If it cannot be made, writing says why.
            let _ = std::fs::create_dir_all(folder);
        }
        atomically(path, text.as_bytes())
    }
}

/// Takes settings out of a table one by one.
struct Take<'a> {
    table: &'a mut serde_json::Map<String, serde_json::Value>,
    dropped: &'a mut Vec<&'static str>,
}

impl Take<'_> {
    /// Puts a setting where it belongs; what is not there, or cannot be read, leaves that as it is.
    fn setting<T: DeserializeOwned>(&mut self, name: &'static str, to: &mut T) {
        let Some(value) = self.table.remove(name) else {
            return;
        };
        match serde_json::from_value(value) {
            Ok(value) => *to = value,
            Err(_) => self.dropped.push(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Settings {
        Settings {
            theme: Theme::Light,
            layout: Layout::Present,
            scale: 1.3,
            zoom: 1.3 * 2.3,
            tiles: Some("{}".into()),
            experiment: Some("format = 1".into()),
            draft: Some("format = 1\nseed = 9223372036854775807".into()),
            hint_closed: true,
            broke_it: true,
            drew: true,
            trained: true,
            recent: vec!["a.csv".into()],
            logarithmic: BTreeMap::from([("Loss".into(), false)]),
            reduce_motion: true,
            recent_commands: vec!["Train".into()],
            halo: Some(false),
            echo_keys: true,
            full_screen: false,
        }
    }

    #[test]
    fn settings_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/settings.json");
        assert_eq!(Settings::load(&path), (Settings::default(), None));
        Settings::write(&path, &some().text()).unwrap();
        assert_eq!(Settings::load(&path), (some(), None));
    }

    #[test]
    fn what_is_broken_is_dropped_alone_and_said() {
        let text = some().text().replace("\"Present\"", "\"Hologram\"");
        let (read, words) = Settings::read(&text);
        let expected = Settings {
            layout: Layout::default(),
            ..some()
        };
        assert_eq!(read, expected);
        assert!(words.unwrap().contains("layout"));
        for (from, to, name) in [
            ("1.3,", "1e30,", "scale"),
            ("\"Light\"", "7", "theme"),
            ("\"a.csv\"", "{}", "recent"),
        ] {
            let (read, words) = Settings::read(&some().text().replacen(from, to, 1));
            assert!(words.unwrap().contains(name), "{name}");
            assert_eq!(read.experiment, some().experiment, "{name}");
        }
        for text in ["", "[]", "{\"theme\": ", "(theme:Light)"] {
            let (read, words) = Settings::read(text);
            assert_eq!(read, Settings::default());
            assert!(words.is_some(), "{text}");
        }
        // What a later version adds is no damage.
        let later = some().text().replacen('{', "{\"later\": 1,", 1);
        assert_eq!(Settings::read(&later), (some(), None));
    }

    #[test]
    fn the_scale_goes_by_tenths_within_limits() {
        let mut own = Settings::default();
        own.rescale(1);
        own.rescale(1);
        assert_eq!(own.scale, 1.2);
        for _ in 0..40 {
            own.rescale(-1);
        }
        assert_eq!(own.scale, 0.5);
    }
}
