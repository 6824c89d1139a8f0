//! The walk of the robot through one window: what it has seen, what it presses next, and what came of it.

use super::look::Look;
use super::press::{Outcome, Step};
use super::screen::{FRAME, Node, Screen, heartbeat};
use super::state::{Control, PATIENCE, Robot, Todo};
use super::{Run, Size};
use crate::app::commands::{Command, TABLE};
use crate::app::dialog::Dialog;
use crate::app::layout::Layout;
use crate::app::settings::Settings;
use crate::app::state::{Action, ViewState};
use crate::app::window::{Grain, Window};
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand, RaceState};
use egui::accesskit::Role;
use rand_core::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

/// So many steps are taken before everything is put back as the layout opens.
const FAR: usize = 10;

/// Of so many controls that another run has pressed, one is pressed again.
const SAMPLE: usize = 5;

impl Robot {
    pub fn new(run: Run) -> Self {
        let home = run.home();
        let Size(width, height) = run.size;
        let mut screen = Screen::new(egui::vec2(width as f32, height as f32));
        let mut window = Window::new(home.clone(), Settings::default(), Mode::Threads(1));
        window.shell.choose = super::press::choose;
        let began = Instant::now();
        while window.engine.micro.is_none() && began.elapsed() < Duration::from_secs(60) {
            screen.frame(&mut window, FRAME, Vec::new());
            std::thread::sleep(Duration::from_millis(5));
        }
        let first_example = window.engine.micro.as_ref().unwrap().subject.example;
        let mut robot = Self {
            random: Pcg64Mcg::seed_from_u64(run.seed),
            done: run.done(),
            known: run.known(),
            run,
            screen,
            window,
            home_text: home.to_toml().unwrap(),
            home,
            first_example,
            layout: Layout::Teach,
            controls: BTreeMap::new(),
            todo: VecDeque::new(),
            last: VecDeque::new(),
            taken: Vec::new(),
            typed: 0,
            dragged: 0,
            pressed: 0,
            asked: 0,
            commands: BTreeMap::new(),
            faults: HashSet::new(),
            restless: 0,
            limit_waited_for: String::new(),
            at_rest: String::new(),
            here: false,
            ground: None,
        };
        robot.settle();
        robot
    }

    /// A number below `n`.
    pub fn draw(&mut self, n: usize) -> usize {
        (self.random.next_u64() % n.max(1) as u64) as usize
    }

    /// Presses everything there is.
    pub fn walk(&mut self) {
        for layout in self.run.layouts.clone() {
            self.layout = layout;
            if self.run.product {
                self.controls.values_mut().for_each(|c| c.closed = true);
            }
            self.go_home();
            self.notice_new(&[]);
            self.look_further_down();
            self.work_off(false);
        }
        self.run_commands(false);
        self.work_off(false);
        self.run_commands(true);
        self.todo.append(&mut self.last);
        self.work_off(true);
    }

    fn work_off(&mut self, closing: bool) {
        while let Some(todo) = self.next() {
            if !closing && todo.key.contains("Quit") {
                self.last.push_back(todo);
                continue;
            }
            self.press(&todo);
        }
    }

    /// What is in sight comes first, as no way has to be gone for it; else what was seen first.
    fn next(&mut self) -> Option<Todo> {
        let at = if self.taken.len() < FAR {
            // How many of each name there are, and how many of those stand over the rest.
            let mut seen: HashMap<String, [usize; 2]> = HashMap::new();
            for node in self.screen.tree.iter().filter(|n| n.acts && !n.disabled) {
                let [all, above] = seen.entry(super::mask::key(node)).or_default();
                *all += 1;
                *above += usize::from(node.above);
            }
            // What stands over the rest first: it goes away.
            let first = |above: usize| {
                self.todo.iter().position(|todo| {
                    let own = self.controls.get(&todo.key);
                    todo.try_number == 0
                        && own.is_some_and(|c| c.layout == self.layout)
                        && seen
                            .get(&todo.key)
                            .is_some_and(|n| n[above] > todo.instance)
                })
            };
            first(1).or_else(|| first(0))
        } else {
            None
        };
        self.here = at.is_some();
        self.todo.remove(at.unwrap_or(0))
    }

    /// What lies below the fold of scrolled parts.
    fn look_further_down(&mut self) {
        let Size(width, height) = self.run.size;
        for x in [0.08, 0.35, 0.6, 0.9] {
            for y in [0.3, 0.75] {
                self.go_home();
                let at =
                    egui::pos2(width as f32 * x, height as f32 * y) / self.screen.ctx.zoom_factor();
                let before = self.tree_text();
                let step = Step::wheel(at);
                self.take(&step);
                self.settle();
                if before != self.tree_text() {
                    self.notice_new(&[step]);
                }
            }
        }
    }

    /// The rows of the command table: by key where there is one, and as the menus and the palette do.
    fn run_commands(&mut self, closing: bool) {
        let mut rows: Vec<usize> = (0..TABLE.len())
            .filter(|&i| (TABLE[i].command == Command::Quit) == closing)
            .collect();
        for i in (1..rows.len()).rev() {
            let j = self.draw(i + 1);
            rows.swap(i, j);
        }
        for i in rows {
            // The first run has taken every row.
            if self.run.sample && !closing && self.draw(SAMPLE) != 0 {
                continue;
            }
            let ways: &[bool] = match TABLE[i].key {
                Some(_) if self.run.brief => &[true],
                Some(_) => &[true, false],
                None => &[false],
            };
            for &by_key in ways {
                let step = Step::command(i, by_key);
                for attempt in 0..4 {
                    let which = self.draw(self.run.layouts.len());
                    self.layout = self.run.layouts[which];
                    self.go_home();
                    self.situation(attempt);
                    let name = step.name(self.layout);
                    if let Some(&changed) = self.done.get(&name) {
                        *self.commands.entry(TABLE[i].name).or_default() |= changed;
                        break;
                    }
                    let changed = self.judged(&step, false).changed;
                    heartbeat(&format!("done {} {name}", u8::from(changed)));
                    *self.commands.entry(TABLE[i].name).or_default() |= changed;
                    self.notice_new(std::slice::from_ref(&step));
                    if changed {
                        break;
                    }
                }
            }
        }
    }

    /// Presses one control in every way it has, each time from where its path leads.
    fn press(&mut self, todo: &Todo) {
        let Some(control) = self.controls.get(&todo.key) else {
            return;
        };
        let (path, layout) = (control.path.clone(), control.layout);
        self.layout = layout;
        let mut ways: Option<std::vec::IntoIter<Step>> = None;
        loop {
            if ways.as_ref().is_some_and(|w| w.len() == 0) {
                break;
            }
            if !std::mem::take(&mut self.here) {
                self.go_home();
                // Where it was not found, what stood there at first is best.
                let found = todo.try_number != 1
                    || self.controls.get(&todo.key).is_some_and(|c| c.presses > 0);
                if found {
                    self.situation(todo.try_number);
                }
                self.ground = Some(self.look());
                self.follow(&path);
            }
            let Some(mut node) = self.nth(&todo.key, todo.instance) else {
                self.miss(&todo.key, "was not there again");
                break;
            };
            if self.choose_another_first(&node) {
                // A drop-down closes over it.
                if self.nth(&todo.key, todo.instance).is_none() {
                    self.ground = Some(self.look());
                    self.follow(&path);
                }
                match self.nth(&todo.key, todo.instance) {
                    Some(again) => node = again,
                    None => break,
                }
            }
            if ways.is_none() {
                let all = self.ways(&node, &todo.key, todo.instance, todo.try_number);
                ways = Some(all.into_iter());
            }
            let Some(step) = ways.as_mut().and_then(Iterator::next) else {
                break;
            };
            let name = step.name(self.layout);
            if let Some(&changed) = self.done.get(&name) {
                if let Some(control) = self.controls.get_mut(&todo.key) {
                    control.presses += 1;
                    *control.ways.entry(step.way()).or_default() |= changed;
                }
                continue;
            }
            // That a menu closes is not what its row is for.
            let row = matches!(node.role, Role::MenuItem | Role::ListBoxOption) && node.above;
            let outcome = self.judged(&step, row);
            let way = step.way();
            if let Some(control) = self.controls.get_mut(&todo.key) {
                match &outcome.missed {
                    Some(why) => control.missed = Some(why.clone()),
                    None => {
                        control.presses += 1;
                        control.missed = None;
                        *control.ways.entry(way).or_default() |= outcome.changed;
                    }
                }
            }
            heartbeat(&format!("done {} {name}", u8::from(outcome.changed)));
            let taken = self.taken.clone();
            self.notice_new(&taken);
        }
        let again = todo.try_number < 3
            && self.controls.get(&todo.key).is_some_and(|c| {
                !c.closed && (c.missed.is_some() || !c.ways.values().any(|changed| *changed))
            });
        if again {
            self.todo.push_back(Todo {
                key: todo.key.clone(),
                instance: todo.instance,
                try_number: todo.try_number + 1,
            });
        }
    }

    fn follow(&mut self, path: &[Step]) {
        for step in path {
            self.take(step);
            self.quiet();
            self.settle();
        }
    }

    fn miss(&mut self, key: &str, why: &str) {
        if let Some(control) = self.controls.get_mut(key)
            && control.presses == 0
        {
            control.missed = Some(why.to_owned());
        }
    }

    /// Of a choice, one that is chosen already does nothing: another is pressed before it. True if one was.
    fn choose_another_first(&mut self, node: &Node) -> bool {
        if node.toggled != Some(true)
            || !matches!(
                node.role,
                Role::RadioButton | Role::Tab | Role::ListBoxOption
            )
        {
            return false;
        }
        let other = self.screen.tree.iter().find(|n| {
            n.role == node.role
                && n.place == node.place
                && n.toggled == Some(false)
                && !n.disabled
                && n.acts
        });
        let Some(other) = other else { return false };
        let step = Step::ask_click(other);
        self.take(&step);
        self.settle();
        true
    }

    /// Does what a step says and looks whether anything came of it; of a row of a menu, beside what was before it was opened, too.
    fn judged(&mut self, step: &Step, row: bool) -> Outcome {
        if self.screen.held() {
            self.screen.let_go(&mut self.window);
            self.settle();
        }
        let before = self.look();
        let base = if row { self.ground.take() } else { None };
        if !self.screen.tree.iter().any(|n| n.above) {
            self.ground = Some(before.clone());
        }
        let path: Vec<String> = self
            .taken
            .iter()
            .chain([step])
            .map(ToString::to_string)
            .collect();
        heartbeat(&format!(
            "press {} | {} | t = {}, update {} | {}",
            self.layout.name(),
            path.join(" › "),
            self.window.view.t,
            self.window.engine.race.update,
            step.name(self.layout),
        ));
        let missed = self.take(step);
        let focused = self.screen.ctx.egui_wants_keyboard_input();
        for _ in 0..2 {
            self.screen.frame(&mut self.window, FRAME, Vec::new());
        }
        let at_once = self.document();
        self.screen.let_go(&mut self.window);
        self.quiet();
        self.settle();
        let after = self.look();
        let differs = |from: &Look| {
            at_once != from.document
                || after.document != from.document
                || after.tree != from.tree
                || after.said != from.said
                || self.screen.differ(&from.picture, &after.picture)
        };
        let changed = (focused || differs(&before)) && base.as_ref().is_none_or(differs);
        match step.way() {
            "typed" => self.typed += 1,
            "dragged" => self.dragged += 1,
            "asked" => self.asked += 1,
            _ => self.pressed += 1,
        }
        self.find_faults();
        Outcome { changed, missed }
    }

    /// Everything as the layout opens: the experiment untrained, nothing open, t = 0.
    pub fn go_home(&mut self) {
        self.taken.clear();
        // What was saved over is there again.
        super::parent::furnish(std::path::Path::new("."));
        if self.screen.held() {
            self.screen.let_go(&mut self.window);
        }
        let w = &mut self.window;
        w.shell.dialog = Dialog::None;
        w.shell.notice = None;
        w.shell.overlay = None;
        w.shell.editing_layers = false;
        w.shell.word = None;
        w.shell.word_refused = None;
        w.shell.show_conditions = 0;
        w.shell.quit = false;
        w.shell.presenter = crate::app::presenter::Presenter::default();
        w.player.grain = Grain::Step;
        w.player.speed = 2;
        w.player.repeat = false;
        w.shell.settings = Settings {
            layout: self.layout,
            ..Settings::default()
        };
        w.shell.trees = crate::app::body::Trees::new(&w.shell.settings);
        w.view = ViewState {
            browse_wrong: true,
            ranges: std::mem::take(&mut w.view.ranges),
            selection: w.view.selection,
            t: w.view.t,
            ..ViewState::default()
        };
        egui::Popup::close_all(&self.screen.ctx);
        self.screen
            .ctx
            .memory_mut(|m| m.data = egui::util::IdTypeMap::default());
        let same = |e: &Experiment| e.to_toml().is_ok_and(|t| t == self.home_text);
        let fresh = w
            .engine
            .session
            .as_ref()
            .is_some_and(|s| same(&s.experiment))
            && same(&w.document.draft)
            && w.engine.race.update == 0
            && w.engine.race.state == RaceState::Idle
            && w.engine.opening().is_none();
        if !fresh {
            w.open(self.home.clone(), false, false);
        }
        // The session before goes on until the new one has started.
        let began = Instant::now();
        while (self.window.engine.opening().is_some() || self.window.engine.micro.is_none())
            && began.elapsed() < Duration::from_secs(30)
        {
            self.screen.frame(&mut self.window, FRAME, Vec::new());
            std::thread::sleep(Duration::from_millis(8));
        }
        let w = &mut self.window;
        w.view.playing = false;
        if let Some(micro) = &w.engine.micro {
            let plan = &micro.plan;
            w.view.selection = crate::app::state::Selection {
                vertex: plan.output().saturating_sub(2).max(1),
                unit: 0,
            };
            if micro.subject.drawn
                || micro.subject.example != self.first_example
                || w.shell.pad.is_some()
            {
                w.act(Action::Example(self.first_example));
            }
        }
        w.act(Action::Seek(0));
        self.settle();
    }

    /// Another place in time, with training done or not.
    fn situation(&mut self, try_number: usize) {
        let (at, trained) = match try_number {
            // In the product a control is pressed in many places, in some of them behind training.
            0 => (
                self.draw(3),
                self.draw(if self.run.product { 12 } else { 4 }) == 0,
            ),
            1 => (1, true),
            2 => (2, true),
            _ => (0, false),
        };
        if trained {
            let before = self.window.engine.race.update;
            self.window
                .act(Action::Race(RaceCommand::RunUntil(before + 2)));
            let began = Instant::now();
            while self.window.engine.race.update < before + 2 && began.elapsed() < PATIENCE {
                self.screen.frame(&mut self.window, FRAME, Vec::new());
                std::thread::sleep(Duration::from_millis(8));
            }
            self.quiet();
            self.settle();
        }
        if try_number > 0 {
            // Nothing is as it comes: what puts something back has something to do.
            let w = &mut self.window;
            w.player.speed = 4;
            w.shell.settings.hint_closed = true;
            if try_number == 3 {
                w.shell.settings.scale = 1.1;
            }
            if let Some(micro) = &w.engine.micro {
                let vertices = micro.plan.graph.vertices.len();
                w.view.selection = crate::app::state::Selection::largest(micro, vertices - 1);
            }
            let (rule, inference, mut conditions) = w.inference();
            conditions.gamma = 0.5;
            w.act(Action::Rule {
                rule,
                inference,
                conditions,
            });
            self.settle();
            if try_number == 3 {
                // There is something to make again, and before it something to undo.
                self.window.document.draft.seed += 1;
                self.settle();
                self.window.run_command(Command::Undo);
                self.settle();
            }
        }
        let steps = self.window.engine.micro.as_ref().map_or(0, |m| m.steps);
        let t = [0, steps / 2, steps][at];
        if t != self.window.view.t {
            self.window.act(Action::Seek(t));
            self.settle();
        }
    }

    /// Carries a step out; says why it could not be.
    fn take(&mut self, step: &Step) -> Option<String> {
        let missed = self.carry_out(step);
        self.taken.push(step.clone());
        missed
    }

    /// Puts what was never seen before on the list.
    fn notice_new(&mut self, path: &[Step]) {
        // Other experiments have runs of their own.
        let session = self.window.engine.session.as_ref();
        if session.is_none_or(|s| s.experiment.name != self.home.name) {
            return;
        }
        super::mask::classes(session.map_or(&[], |s| s.data.classes()));
        let mut count: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for node in self.screen.tree.iter().filter(|n| n.acts && !n.disabled) {
            let entry = count.entry(super::mask::key(node)).or_default();
            entry.0 += 1;
            if entry.1.is_empty() {
                node.name().clone_into(&mut entry.1);
            }
        }
        let most = self.run.instances();
        let mut new = Vec::new();
        for (key, (n, name)) in count {
            let layout = self.layout;
            let product = self.run.product;
            let chosen = self.draw(SAMPLE) == 0;
            let control = self.controls.entry(key.clone()).or_insert_with(|| Control {
                path: path.to_vec(),
                layout,
                name,
                ways: BTreeMap::new(),
                presses: 0,
                closed: false,
                missed: None,
                elsewhere: self.known.contains(&key) && !chosen,
                instances: 0,
            });
            if product && control.closed {
                // In every layout anew.
                control.closed = false;
                control.instances = 0;
                control.path = path.to_vec();
                control.layout = layout;
            }
            while control.instances < n.min(most) && !control.elsewhere {
                let instance = if n > most {
                    usize::MAX
                } else {
                    control.instances
                };
                new.push((key.clone(), instance, n));
                control.instances += 1;
            }
        }
        for i in (1..new.len()).rev() {
            let j = self.draw(i + 1);
            new.swap(i, j);
        }
        for (key, instance, n) in new {
            let instance = if instance == usize::MAX {
                self.draw(n)
            } else {
                instance
            };
            self.todo.push_back(Todo {
                key,
                instance,
                try_number: 0,
            });
        }
    }

    /// The nodes of a name, those in front first.
    fn find(&self, key: &str) -> Vec<Node> {
        let mut found: Vec<Node> = self
            .screen
            .tree
            .iter()
            .filter(|n| n.acts && !n.disabled && super::mask::key(n) == key)
            .cloned()
            .collect();
        found.sort_by_key(|n| !n.above);
        found
    }

    /// One of the nodes of a name; the last, where there are fewer.
    pub fn nth(&self, key: &str, instance: usize) -> Option<Node> {
        let mut found = self.find(key);
        let last = found.len().checked_sub(1)?;
        Some(found.swap_remove(instance.min(last)))
    }
}
