//! What the robot knows while it walks: what it has seen, what it is still to press, and what it found.

use super::Run;
use super::look::Look;
use super::press::Step;
use super::screen::Screen;
use crate::app::layout::Layout;
use crate::app::window::Window;
use crate::experiment::file::Experiment;
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

/// The longest that is waited for the window to come to rest.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// Something that was seen and can be pressed.
pub struct Control {
    /// How it is reached from the layout as it opens.
    pub path: Vec<Step>,
    pub layout: Layout,
    /// What it was called when it was seen first.
    pub name: String,
    /// What each way of pressing came to: true once something changed.
    pub ways: BTreeMap<&'static str, bool>,
    pub presses: usize,
    /// Of a layout that is done with.
    pub closed: bool,
    /// Why it could not be pressed.
    pub missed: Option<String>,
    /// Another run has pressed it, and this one leaves it out.
    pub elsewhere: bool,
    /// Instances pressed or about to be.
    pub instances: usize,
}

/// One thing to do.
pub struct Todo {
    pub key: String,
    pub instance: usize,
    pub try_number: usize,
}

pub struct Robot {
    pub run: Run,
    pub screen: Screen,
    pub window: Window,
    pub random: Pcg64Mcg,
    pub home: Experiment,
    pub home_text: String,
    pub first_example: usize,
    pub layout: Layout,
    pub controls: BTreeMap<String, Control>,
    pub todo: VecDeque<Todo>,
    pub last: VecDeque<Todo>,
    /// Steps taken since the layout was as it opens.
    pub taken: Vec<Step>,
    pub typed: usize,
    pub dragged: usize,
    pub pressed: usize,
    pub asked: usize,
    pub commands: BTreeMap<&'static str, bool>,
    pub faults: HashSet<String>,
    pub restless: usize,
    pub done: HashMap<String, bool>,
    pub known: HashSet<String>,
    pub limit_waited_for: String,
    /// Document and tree when the window rested last.
    pub at_rest: String,
    /// What is pressed next is in sight: there is no need to go home for it.
    pub here: bool,
    /// What was to be seen before a menu was opened.
    pub ground: Option<Look>,
}
