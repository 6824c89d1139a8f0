//! What views share: the one cursor, the one selection, held colour ranges, and the actions views ask for.

use super::hands::Touch;
use super::kit::shown::Shown;
use super::pad::Pad;
pub use super::playing::{Grain, Halts};
use super::purpose::Purpose;
pub use super::ranges::{Held, Ranges, nice};
use super::region::Region;
use super::views::network_layout::Look as NetworkLook;
use crate::data::{Dataset, Point};
use crate::experiment::board::Column;
use crate::experiment::file::Experiment;
use crate::experiment::lane::LaneId;
use crate::experiment::microscope::{Field, Half, MicroscopeSnapshot, SwitchRow};
use crate::experiment::plane::Plane;
use crate::experiment::session::{Beside, PauseWhen, RaceCommand, RaceSnapshot};
use crate::learning::{Conditions, Inference, Rule};
use crate::network::graph::Vertex;
use egui::Rect;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A line that something went wrong or needs saying, until it is dismissed.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// What it is about.
    pub subject: String,
    /// What happened, what was expected, and what did not change.
    pub rest: String,
}

/// A rail of a narrow window, or the panel that it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rail {
    /// The set-up panel.
    Setup,
    /// The right-hand panel with the view of this id.
    Side(&'static str),
}

/// The unit everything points at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Vertex index in the plan.
    pub vertex: usize,
    /// Stored index of the unit within the vertex (see [`crate::network::Shape::position`]).
    pub unit: usize,
}

/// Something a view wants done. The app carries actions out after all views are drawn.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a few hundred bytes per user action are not worth a box"
)]
pub enum Action {
    /// Move the inference cursor to state t (computing up to it if need be).
    Seek(usize),
    /// Look at the weights after this update of the race, or at the newest.
    At(Option<u64>),
    /// Select a unit.
    Select(Selection),
    /// Play or pause.
    PlayPause,
    /// Look at another example (index in the data set).
    Example(usize),
    /// Look at what was drawn on the pad.
    Draw(Arc<crate::experiment::session::Drawn>),
    /// Change rule, T, γ or conditions of the microscope.
    Rule {
        /// The rule.
        rule: Rule,
        /// Inference of IL and its kin.
        inference: Inference,
        /// The conditions of Z-IL.
        conditions: Conditions,
    },
    /// Put a finger on the network that is watched, or take it off.
    Touch(Touch),
    /// These are the points made by hand; what runs is not changed yet.
    Points(Vec<Point>),
    /// Start a run on the points made by hand.
    UsePoints,
    /// Tell the race something.
    Race(RaceCommand),
    /// Pause or resume the race within an update.
    PauseRace(bool),
    /// Open an experiment file, a preset or data, by its path or name.
    OpenPath(String),
    /// This entry of the palette was chosen, by its name.
    Used(String),
    /// Start another experiment; the present one is kept until the new one has started.
    Open(Box<Experiment>),
    /// Show another layout.
    Layout(super::layout::Layout),
    /// Run a command of the command table by its identifier.
    Command(super::commands::Command),
    /// This is the draft now.
    Edit(Box<Experiment>),
    /// Start a run of the draft.
    Start,
    /// Go on with the draft's settings from the next update on; with `branch`, in a run of its own from the update that is looked at.
    TakeUp {
        /// The present run is kept, and left for a branch of it.
        branch: bool,
    },
    /// Make the draft what runs again.
    Discard,
    /// This is drawn on the pad now.
    Pad(Pad),
    /// This is typed in place of a text example; `refused` says why it is not taken up, if it is not.
    Word {
        /// What is typed.
        typed: String,
        /// Why it is no text of the data.
        refused: Option<String>,
    },
    /// Say that something went wrong, or needs saying.
    Say(Notice),
    /// The notice has been read.
    Dismiss,
    /// Ask where the data of the experiment named in the notice are now.
    Find(String),
    /// Show things another way.
    Choose(Choice),
    /// Close the dialog.
    Close,
    /// Answer the question that waits: do what it is about, or nothing.
    Answer(bool),
    /// Open, save or look for what is at a path; the dialog stays open where that cannot be.
    Path(Purpose, String),
    /// Save the answers that the dialog shows as a table.
    SaveAnswers(String),
    /// Ask where the numbers of this view are to be saved.
    SaveNumbers(&'static str),
    /// Make the file that the dialog of exports describes.
    Export,
    /// Start a run on the data that the dialog shows, with this network.
    Begin(Box<Experiment>),
}

/// How things are shown: no file holds it, and nothing is computed anew.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// The example browser shows wrong predictions only.
    Wrong(bool),
    /// The class that the example browser is filtered by.
    Class(Option<usize>),
    /// The confusion cell (true, predicted) that filters the browser.
    Cell(Option<(usize, usize)>),
    /// The order of the example browser.
    Order(BrowseOrder),
    /// Residuals are drawn in place of what was predicted against what is true.
    Residuals(bool),
    /// Which of several targets is looked at.
    Target(usize),
    /// What the network reads in an input made by hand is shown.
    Ask(bool),
    /// What the race's x axis counts.
    Axis(RaceAxis),
    /// What is shown of a plot's axes.
    Plot(&'static str, Shown),
    /// The part of a line that playback repeats.
    Repeat(Option<Region>),
    /// Steps, updates or epochs that a press of "Run" makes.
    RunNext(u64),
    /// When playing through the states of inference pauses.
    HaltAt(Halts),
    /// The lane that conditions to pause at are chosen for.
    PauseLane(LaneId),
    /// Plays up to this state, then pauses.
    PlayUntil(usize),
    /// The update at which training ends.
    EndsAt(Option<u64>),
    /// A run is called like this, and drawn in this colour.
    RunLook(char, RunLook),
    /// A run that was kept is drawn in the plots, or is not.
    Overlaid(char, bool),
    /// How far the network is drawn apart, and what of it is folded.
    Network(NetworkLook),
    /// A run that was kept is pinned, or is not.
    Pin(char, bool),
    /// Which of a pair of runs is drawn by views that draw one.
    Of(Of),
    /// Which of the shared matrices the contributions are of.
    Matrix(usize),
    /// Points of this class are added by a click on the plane.
    Adding(Option<u16>),
    /// How far one step goes.
    Grain(Grain),
    /// The speed of play, by its place in the list.
    Speed(usize),
    /// The panel that a rail has opened.
    Overlay(Option<Rail>),
    /// Layers are edited.
    EditLayers(bool),
    /// A drag over the input brushes it away.
    Brush(bool),
    /// The numbers of this view are drawn in place of its picture, or its picture again.
    Numbers(&'static str),
    /// The hint is shown no more.
    CloseHint,
}

impl Selection {
    /// The unit of a vertex that says most: the largest |δ|, or where there is none (the input, a step that the example lacks) the
    /// largest |x|.
    pub fn largest(micro: &MicroscopeSnapshot, vertex: usize) -> Self {
        let largest = |field| {
            let value = micro.values(0, field, vertex);
            let units = (0..micro.plan.len_of(vertex)).filter(|&u| value(u).is_finite());
            // The first of equals.
            units
                .rev()
                .max_by(|&a, &b| value(a).abs().total_cmp(&value(b).abs()))
                .filter(|&u| value(u) != 0.0)
        };
        let unit = largest(Field::Delta).or_else(|| largest(Field::X));
        Self {
            vertex,
            unit: unit.unwrap_or(0),
        }
    }

    /// What is looked at first: two vertices before the output, or the nearest one to it that an error comes to.
    fn first(micro: &MicroscopeSnapshot) -> Self {
        let output = micro.plan.output();
        let wanted = output.saturating_sub(2).max(1);
        let said = |v: &usize| micro.largest(0, Field::Delta, *v) > 0.0;
        let vertex = (wanted..=output).chain((1..wanted).rev()).find(said);
        Self::largest(micro, vertex.unwrap_or(wanted))
    }
}

/// What stays from frame to frame and belongs to no single view.
#[derive(Clone, Debug, Default)]
pub struct ViewState {
    /// The inference cursor: the state t that every view shows.
    pub t: usize,
    /// The selected unit.
    pub selection: Selection,
    /// What the last frame found: nobody has chosen it.
    pub found: Found,
    /// Another network has come, or the same one anew: the unit that is looked at first is chosen with its first state.
    pub choose: bool,
    /// Held colour ranges.
    pub ranges: Ranges,
    /// The phase, the state and how far the step there is through, where one goes by half steps; of any other state it says nothing.
    pub half: Option<(u64, usize, Half)>,
    /// Playing through inference states.
    pub playing: bool,
    /// The views of which numbers are drawn in place of pictures.
    pub numbers: BTreeSet<&'static str>,
    /// Class that the example browser is filtered by.
    pub browse_class: Option<usize>,
    /// The example browser shows wrong predictions only.
    pub browse_wrong: bool,
    /// The confusion cell (true, predicted) that filters the browser.
    pub browse_cell: Option<(usize, usize)>,
    /// The order of the example browser.
    pub browse_order: BrowseOrder,
    /// Residuals are drawn in place of what was predicted against what is true.
    pub residuals: bool,
    /// Which of several targets is looked at.
    pub target: usize,
    /// What the network reads in an input made by hand is shown.
    pub asked: bool,
    /// What the race's x axis counts.
    pub race_axis: RaceAxis,
    /// What is shown of the axes of plots, where that was chosen.
    pub plots: BTreeMap<String, Shown>,
    /// When the race pauses by itself.
    pub pause_when: Vec<PauseWhen>,
    /// The lane that conditions to pause at are chosen for; of the one whose weights are looked at, if nobody has said so.
    pub pause_lane: Option<LaneId>,
    /// When playing through the states of inference does.
    pub halts: Halts,
    /// The state that playing goes up to, where somebody said so.
    pub play_until: Option<usize>,
    /// Steps, updates or epochs that a press of "Run" makes.
    pub run_next: u64,
    /// The update at which training ends; `None` goes on until it is paused.
    pub ends_at: Option<u64>,
    /// Runs that are kept and not drawn in the plots.
    pub not_overlaid: Vec<char>,
    /// What runs are called, and in which colours they are drawn, where somebody said so.
    pub run_looks: BTreeMap<char, RunLook>,
    /// How often something was chosen of how runs are shown.
    pub runs_chosen: u64,
    /// Runs that are pinned, to be looked at beside each other or beside the present one.
    pub pins: Vec<char>,
    /// Which of a pair of runs is drawn by views that draw one.
    pub of: Of,
    /// Points of this class are added by a click on the plane.
    pub adding: Option<u16>,
    /// The points made by hand so far.
    pub points: Vec<Point>,
    /// How far the network is drawn apart, and what of it is folded.
    pub network: NetworkLook,
    /// Which of the shared matrices the contributions are of.
    pub shared_matrix: usize,
    /// A drag over the input brushes it away.
    pub brush: bool,
}

/// What views find while they are drawn, for captions and for each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The unit under the pointer, shown by every view that can.
    pub hover: Cell<Option<Selection>>,
    /// Channels or units that the feature maps had room for.
    pub maps_shown: Cell<usize>,
    /// Time steps that the unrolled view had room for, and how many the example has.
    pub steps_shown: Cell<(usize, usize)>,
    /// Where the unrolled view has no room for all units of a step: how many it shows, of how many.
    pub units_shown: Cell<Option<(usize, usize)>>,
    /// The views that were drawn, and where.
    pub views: RefCell<Vec<(&'static str, Rect)>>,
    /// The columns of the board of lanes, of this draft.
    pub board: RefCell<Option<(Experiment, Arc<Vec<Column>>)>>,
}

impl ViewState {
    /// Takes up a snapshot: the ranges of a new phase, and of a new network the unit looked at first.
    pub fn look_at(&mut self, micro: &MicroscopeSnapshot) {
        let other = self.ranges.plan.as_ref().is_some_and(|p| {
            let (old, new) = (&p.graph.vertices, &micro.plan.graph.vertices);
            let alike = |(a, b): (&Vertex, &Vertex)| a.id == b.id && a.shape == b.shape;
            old.len() != new.len() || !old.iter().zip(new).all(alike)
        });
        self.ranges.update(micro);
        if self.choose || other {
            self.choose = false;
            self.found.hover.set(None);
            self.network = NetworkLook::default();
            self.selection = Selection::first(micro);
        }
    }
}

/// The order in which the example browser lists what is left by its filters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BrowseOrder {
    /// As in the data set.
    #[default]
    Stored,
    /// The least sure first.
    LeastSure,
    /// The highest energy of the feed-forward state (its loss) first.
    HighestEnergy,
}

/// What the race's x axis counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RaceAxis {
    /// Updates.
    #[default]
    Updates,
    /// Each lane's own compute time, in seconds.
    Time,
    /// Matrix products.
    Products,
}

/// Where the pointer is, as seen from what answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Over it.
    It,
    /// Over it, but something else there answers.
    PartOfIt,
    /// Elsewhere.
    Nothing,
}

impl Over {
    /// Of a response that stands for all of `rect`.
    pub fn of(ui: &egui::Ui, response: &egui::Response, rect: egui::Rect) -> Self {
        match response.hovered() {
            true => Self::It,
            false if ui.rect_contains_pointer(rect) => Self::PartOfIt,
            false => Self::Nothing,
        }
    }
}

/// What a run is called besides its letter, and in which colour its curves are drawn once it was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLook {
    /// Its name; none if it is empty.
    pub name: String,
    /// The place of its colour among those of runs; that of each lane's rule, if nothing is said.
    pub colour: Option<usize>,
}

/// Which of a pair of runs is drawn by a view that has room for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// The first.
    First,
    /// The second.
    #[default]
    Second,
    /// What the second is more than the first.
    Difference,
}

impl Of {
    /// In the order in which they are named.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Difference];
}

/// A column of a pair of runs.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Its name: that of the run, or "B − A".
    pub name: &'a str,
    /// It shows what the second is more than the first.
    pub difference: bool,
    /// It is the leftmost, which has names for all.
    pub first: bool,
}

/// What a view gets to draw one frame.
pub struct Frame<'a> {
    /// The microscope: states of one example, δ, weights, comparison.
    pub micro: &'a MicroscopeSnapshot,
    /// The race.
    pub race: &'a RaceSnapshot,
    /// The update of it that is looked at, where it is not the newest.
    pub at: Option<u64>,
    /// The data set (thumbnails, class names).
    pub data: &'a Dataset,
    /// The experiment that runs.
    pub experiment: &'a Experiment,
    /// That which the next run would have.
    pub draft: &'a Experiment,
    /// The two differ in what has to be started or applied.
    pub changed: bool,
    /// The run can take the draft up.
    pub can_take_up: bool,
    /// What each switch does to this example, once worked out.
    pub switches: Option<&'a [SwitchRow]>,
    /// What the network says all over the plane of two inputs, where the data has one.
    pub plane: Option<&'a Arc<Plane>>,
    /// Two runs that are looked at beside each other.
    pub pair: Option<[char; 2]>,
    /// What the microscope shows of both, once it is there; or the one that it cannot show.
    pub beside: Option<Result<&'a Beside, char>>,
    /// Which of the columns of a pair is drawn, where it is one.
    pub side: Option<Side<'a>>,
    /// Shared state.
    pub view: &'a ViewState,
    /// Points at the foot of the network view that the hint bar covers.
    pub foot: f32,
    /// It is read from the back row: what would be too small there is left out.
    pub far: bool,
    /// Wishes of the views, carried out after the frame.
    pub actions: &'a mut Vec<Action>,
}

impl Frame<'_> {
    /// The cursor, within the states computed so far.
    pub fn t(&self) -> usize {
        self.view.t.min(self.micro.states.len().saturating_sub(1))
    }

    /// True if what is drawn is what the second of a pair of runs is more than the first.
    pub fn difference(&self) -> bool {
        self.side.is_some_and(|side| side.difference)
    }

    /// An error stands at a vertex; of the difference of a pair, one that is not the same in both.
    pub fn stands(&self, v: usize) -> bool {
        self.micro.largest(self.t(), Field::Eps, v) != 0.0
    }

    /// What the input is read from, which is the same in both of a pair.
    pub fn clamped(&self) -> &MicroscopeSnapshot {
        match self.beside {
            Some(Ok(beside)) if self.difference() => &beside.sides[1],
            _ => self.micro,
        }
    }

    /// What a run is called: its letter, and its name where it has one.
    pub fn called(&self, run: char) -> String {
        let look = self.view.run_looks.get(&run);
        match look.filter(|look| !look.name.is_empty()) {
            Some(look) => format!("{run} ({})", look.name),
            None => run.to_string(),
        }
    }

    /// How words begin that are of one column of a pair alone.
    pub fn of_side(&self) -> String {
        self.side
            .map_or_else(String::new, |side| format!("{}: ", side.name))
    }

    /// What was chosen of a plot's axes.
    pub fn shown(&self, plot: &str) -> Shown {
        self.view.plots.get(plot).copied().unwrap_or_default()
    }

    /// Asks for things to be shown another way.
    pub fn choose(&mut self, choice: Choice) {
        self.actions.push(Action::Choose(choice));
    }

    /// Notes whether the pointer is over what is drawn of a vertex, and over which unit of it.
    pub fn note_hover(&self, v: usize, unit: Option<usize>, over: Over) {
        let hover = &self.view.found.hover;
        match over {
            Over::It => hover.set(unit.map(|unit| Selection { vertex: v, unit })),
            Over::Nothing if hover.get().is_some_and(|h| h.vertex == v) => hover.set(None),
            Over::Nothing | Over::PartOfIt => {}
        }
    }
}
