//! The ways in which the robot presses, types and drags.

use super::screen::{FRAME, Node};
use super::state::Robot;
use crate::app::commands::TABLE;
use crate::app::dialog::Wanted;
use crate::app::layout::Layout;
use egui::accesskit::{Action, ActionData, Role};
use egui::{Event, Key, Modifiers, Pos2, Rect, vec2};
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What came of a press.
pub struct Outcome {
    pub changed: bool,
    /// Why nothing was pressed.
    pub missed: Option<String>,
}

/// How something is done.
#[derive(Clone, Debug)]
enum How {
    /// A click at this share of its width and height.
    Press(f32, f32),
    /// An action of the accessibility tree.
    Ask(Action, Option<f64>),
    /// From one share of it to another.
    Drag([f32; 4]),
    /// A click, everything selected, this text, Enter.
    Type(String),
    /// Focus, then this key.
    Key(Key),
    /// The mouse wheel, far down.
    Wheel(Pos2),
    /// A row of the command table; by its key, or as menus do.
    Command(usize, bool),
}

/// One step of a path.
#[derive(Clone, Debug)]
pub struct Step {
    key: String,
    instance: usize,
    how: How,
}

impl Step {
    pub fn wheel(at: Pos2) -> Self {
        Self {
            key: String::new(),
            instance: 0,
            how: How::Wheel(at),
        }
    }

    pub fn command(row: usize, by_key: bool) -> Self {
        Self {
            key: String::new(),
            instance: 0,
            how: How::Command(row, by_key),
        }
    }

    pub fn ask_click(node: &Node) -> Self {
        Self {
            key: super::mask::key(node),
            instance: 0,
            how: How::Ask(Action::Click, None),
        }
    }

    /// What is remembered of it, so that it is not done again after it froze the window.
    pub fn name(&self, layout: Layout) -> String {
        let what = match &self.how {
            How::Command(row, _) => TABLE[*row].name,
            _ => &self.key,
        };
        format!("{}: {what} {}", layout.name(), self.way())
    }

    /// The way, for counting.
    pub fn way(&self) -> &'static str {
        match self.how {
            How::Press(..) => "pressed",
            How::Ask(..) => "asked",
            How::Drag(_) => "dragged",
            How::Type(_) => "typed",
            How::Key(_) => "by key",
            How::Wheel(_) => "scrolled",
            How::Command(..) => "command",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        let nth = if self.instance > 0 {
            format!(" no. {}", self.instance + 1)
        } else {
            String::new()
        };
        match &self.how {
            How::Press(x, y) => write!(f, "click {key}{nth} at {x:.2}, {y:.2}"),
            How::Ask(action, None) => write!(f, "{action:?} {key}{nth}"),
            How::Ask(action, Some(v)) => write!(f, "{action:?} {v} of {key}{nth}"),
            How::Drag([a, b, c, d]) => {
                write!(f, "drag {key}{nth} from {a:.2}, {b:.2} to {c:.2}, {d:.2}")
            }
            How::Type(text) if text.len() > 40 => {
                write!(f, "type {} letters into {key}{nth}", text.len())
            }
            How::Type(text) => write!(f, "type “{text}” into {key}{nth}"),
            How::Key(k) => write!(f, "focus {key}{nth}, press {k:?}"),
            How::Wheel(at) => write!(f, "scroll down at {:.0}, {:.0}", at.x, at.y),
            How::Command(row, true) => {
                write!(f, "key {} ({})", TABLE[*row].written, TABLE[*row].name)
            }
            How::Command(row, false) => write!(f, "command {}", TABLE[*row].name),
        }
    }
}

/// Stands in for the desktop's dialog: by turns a file of data, nothing, and an experiment.
pub fn choose(wanted: Wanted) -> Option<PathBuf> {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    match (wanted, turn % 3) {
        (_, 1) => None,
        (Wanted::File, 0) => Some("few.csv".into()),
        (Wanted::File, _) => Some("saved.toml".into()),
        (Wanted::Folder, _) => Some(".".into()),
        (Wanted::Place, _) => Some("written.toml".into()),
        (Wanted::NewFolder, _) => Some("written-run".into()),
        (Wanted::Table, _) => Some("predictions.csv".into()),
        (Wanted::Export, _) => Some("exported.svg".into()),
    }
}

/// What is typed into a field of words.
fn words(name: &str, brief: bool, turn: usize) -> Vec<String> {
    let huge = "9".repeat(400);
    let all: Vec<String> = match name {
        "Path" => ["few.csv", "saved.toml", "", "bad.toml", "no such file", "."]
            .map(str::to_owned)
            .to_vec(),
        "Search commands" => ["layout", "", "zzz"].map(str::to_owned).to_vec(),
        _ => vec![
            "Anna".into(),
            String::new(),
            "¿?💥\u{202e}".into(),
            huge.clone(),
        ],
    };
    pick(all, brief, turn)
}

fn numbers(brief: bool, turn: usize) -> Vec<String> {
    let all = [
        "3",
        "",
        "0",
        "nonsense",
        "999999999999",
        "−5",
        "1e400",
        "0.5",
    ]
    .map(str::to_owned)
    .to_vec();
    pick(all, brief, turn)
}

fn pick(all: Vec<String>, brief: bool, turn: usize) -> Vec<String> {
    if !brief {
        return all;
    }
    let n = all.len();
    vec![all[0].clone(), all[1 + turn % (n - 1)].clone()]
}

impl Robot {
    /// The ways in which a control is pressed.
    pub fn ways(
        &mut self,
        node: &Node,
        key: &str,
        instance: usize,
        try_number: usize,
    ) -> Vec<Step> {
        let brief = self.run.brief;
        let can = |a: Action| node.actions.contains(&a);
        let mut how = Vec::new();
        let turn = self.draw(1000);
        let share = |robot: &mut Self| 0.05 + 0.9 * (robot.draw(1000) as f32 / 1000.0);
        // Somewhere in the window, as seen from the node.
        let away = |robot: &mut Self| {
            let to = robot
                .screen
                .ctx
                .content_rect()
                .lerp_inside(vec2(share(robot), share(robot)));
            let by = (to - node.rect.min) / node.rect.size();
            [by.x, by.y]
        };
        match node.role {
            Role::TextInput | Role::MultilineTextInput | Role::SearchInput => {
                how.extend(words(node.name(), brief, turn).into_iter().map(How::Type));
            }
            Role::SpinButton => {
                how.push(How::Drag([0.5, 0.5, 0.5 + share(self), 0.5]));
                how.extend(numbers(brief, turn).into_iter().map(How::Type));
                for action in [Action::Increment, Action::Decrement] {
                    if can(action) && !brief {
                        how.push(How::Ask(action, None));
                    }
                }
                if can(Action::SetValue) {
                    how.push(How::Ask(
                        Action::SetValue,
                        Some([3.0, 1e12, -1.0][turn % 3]),
                    ));
                }
            }
            Role::Splitter => {
                for _ in 0..3 {
                    let [x, y] = away(self);
                    how.push(How::Drag([0.5, 0.5, x, y]));
                }
            }
            Role::Slider => {
                how.push(How::Press(share(self), 0.4));
                how.push(How::Drag([0.35, 0.4, share(self), 0.4]));
                how.push(How::Key([Key::ArrowRight, Key::ArrowLeft][turn % 2]));
            }
            _ if node.sense.senses_click() => {
                // A large area shows another thing at each of its places.
                let large = node.rect.width() > 160.0 && node.rect.height() > 60.0;
                if large || node.role == Role::Image {
                    for _ in 0..if brief { 2 } else { 5 } {
                        how.push(How::Press(share(self), share(self)));
                    }
                } else {
                    how.push(How::Press(0.5, 0.5));
                }
                if !brief || turn.is_multiple_of(4) || try_number > 0 {
                    how.push(How::Ask(Action::Click, None));
                }
                if matches!(node.role, Role::Tab | Role::GenericContainer) {
                    // Past the tabs, a bar is its own.
                    let x = if node.role == Role::Tab { 0.5 } else { 0.98 };
                    for _ in 0..3 {
                        let [to_x, to_y] = away(self);
                        how.push(How::Drag([x, 0.5, to_x, to_y]));
                    }
                } else if node.sense.senses_drag() {
                    how.push(How::Drag([
                        share(self),
                        share(self),
                        share(self),
                        share(self),
                    ]));
                }
            }
            _ if node.sense.senses_drag() => {
                let [a, b] = [share(self), share(self)];
                how.push(How::Drag([0.5, 0.5, a * 4.0 - 2.0, b * 4.0 - 2.0]));
            }
            _ => how.push(How::Press(0.5, 0.5)),
        }
        let several = matches!(
            node.role,
            Role::Tab | Role::GenericContainer | Role::Splitter | Role::Image
        );
        // A tab that stands alone is only for being dragged; in the product another place presses it another way.
        let one = self.run.product && try_number == 0 || !several;
        if self.run.glance && how.len() > 1 && one {
            let chosen = how.swap_remove(turn % how.len());
            how = vec![chosen];
        }
        how.into_iter()
            .map(|how| Step {
                key: key.to_owned(),
                instance,
                how,
            })
            .collect()
    }

    /// Does what a step says; says why it could not.
    pub fn carry_out(&mut self, step: &Step) -> Option<String> {
        match &step.how {
            How::Wheel(at) => {
                self.screen.point(&mut self.window, *at);
                for _ in 0..3 {
                    let wheel = Event::MouseWheel {
                        unit: egui::MouseWheelUnit::Point,
                        delta: vec2(0.0, -400.0),
                        phase: egui::TouchPhase::Move,
                        source: egui::MouseWheelSource::Wheel,
                        modifiers: Modifiers::NONE,
                    };
                    self.screen.frame(&mut self.window, FRAME, vec![wheel]);
                }
                None
            }
            How::Command(row, by_key) => {
                match TABLE[*row].key.filter(|_| *by_key) {
                    Some(key) => self
                        .screen
                        .key(&mut self.window, key.logical_key, key.modifiers),
                    None => {
                        self.window.run_command(TABLE[*row].command);
                        self.screen.frame(&mut self.window, FRAME, Vec::new());
                    }
                }
                None
            }
            _ => self.on_node(step),
        }
    }

    fn on_node(&mut self, step: &Step) -> Option<String> {
        let Some(node) = self.nth(&step.key, step.instance) else {
            return Some("was not there again".into());
        };
        if let How::Ask(action, value) = &step.how {
            let data = value.map(ActionData::NumericValue);
            self.screen.ask(&mut self.window, node.id, *action, data);
            return None;
        }
        let Some((node, rect)) = self.in_sight(node, step) else {
            return Some("lies where no pointer reaches".into());
        };
        let at =
            |x: f32, y: f32| Rect::from_min_size(rect.min, rect.size()).lerp_inside(vec2(x, y));
        match &step.how {
            How::Press(x, y) => {
                let missed = self.over(&node, at(*x, *y));
                self.click();
                missed
            }
            How::Drag([a, b, c, d]) => {
                let missed = self.over(&node, at(*a, *b));
                self.screen.button(&mut self.window, true);
                let (from, mut to) = (at(*a, *b), at(*c, *d));
                if (to - from).length() < 12.0 {
                    to = from + vec2(24.0, 12.0);
                }
                for i in 1..=4 {
                    self.screen
                        .point(&mut self.window, from + (to - from) * (i as f32 / 4.0));
                }
                self.screen.button(&mut self.window, false);
                missed
            }
            How::Type(text) => {
                let missed = self.over(&node, at(0.5, 0.5));
                self.click();
                self.screen
                    .key(&mut self.window, Key::A, Modifiers::COMMAND);
                self.screen
                    .key(&mut self.window, Key::Delete, Modifiers::NONE);
                if !text.is_empty() {
                    self.screen
                        .frame(&mut self.window, FRAME, vec![Event::Text(text.clone())]);
                }
                self.screen
                    .key(&mut self.window, Key::Enter, Modifiers::NONE);
                missed
            }
            How::Key(key) => {
                self.screen
                    .ask(&mut self.window, node.id, Action::Focus, None);
                self.screen.key(&mut self.window, *key, Modifiers::NONE);
                None
            }
            How::Ask(..) | How::Wheel(_) | How::Command(..) => None,
        }
    }

    /// The part of a node that a pointer reaches, scrolled to if need be.
    fn in_sight(&mut self, node: Node, step: &Step) -> Option<(Node, Rect)> {
        let reached = |n: &Node| n.seen.filter(|r| r.width() >= 2.0 && r.height() >= 2.0);
        if let Some(rect) = reached(&node) {
            return Some((node, rect));
        }
        self.screen
            .ask(&mut self.window, node.id, Action::ScrollIntoView, None);
        for _ in 0..3 {
            self.screen.frame(&mut self.window, FRAME, Vec::new());
        }
        self.settle();
        let node = self.nth(&step.key, step.instance)?;
        reached(&node).map(|rect| (node, rect))
    }

    /// Moves the pointer over a node; says what lies in the way.
    fn over(&mut self, node: &Node, at: Pos2) -> Option<String> {
        self.screen.point(&mut self.window, at);
        let hit = self.screen.hit(node.sense.senses_click())?;
        if hit == node.id {
            return None;
        }
        let other = self.screen.tree.iter().find(|n| n.id == hit)?;
        // Of a large area a part may well be another's.
        if node.rect.contains_rect(other.rect) {
            return None;
        }
        Some(format!("is covered by {}", super::mask::key(other)))
    }

    fn click(&mut self) {
        self.screen.button(&mut self.window, true);
        self.screen.button(&mut self.window, false);
    }
}
