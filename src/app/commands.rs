//! The command table: every key, menu entry and palette entry is one row of it.

use super::hands::{CLAMP_KEY, KICK_KEY};
use super::kit::focus;
use super::layout::Layout;
use egui::{Key, KeyboardShortcut, Modifiers};

/// Something a user can do, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Play or pause inference, or the race while it runs.
    PlayPause,
    /// One state, update or epoch forward, as the grain says.
    StepForward,
    /// One state, update or epoch back, as the grain says.
    StepBack,
    /// To state 0, or to the weights of before the first update.
    First,
    /// To the last state computed of the newest weights, and follow.
    Last,
    /// To the newest weights, at the same state.
    Follow,
    /// To the next capture, or to the next epoch or event of the run, as the grain says.
    NextMark,
    /// To the one before.
    PreviousMark,
    /// Slower.
    Slower,
    /// Faster.
    Faster,
    /// A fixed speed, 1 to 5.
    Speed(u8),
    /// Repeat this example.
    Loop,
    /// What is looked at is the first of what playback repeats.
    RepeatFrom,
    /// It is the last.
    RepeatTo,
    /// Playback goes all the way again.
    RepeatAll,
    /// The vertex before.
    PreviousVertex,
    /// The next vertex.
    NextVertex,
    /// The next example.
    NextExample,
    /// The example before.
    PreviousExample,
    /// Open or close the drawing pad.
    Draw,
    /// Train, or pause training.
    Train,
    /// Score the test part now.
    ScoreTest,
    /// One update forward: made, where the newest weights are looked at.
    OneUpdate,
    /// One update back.
    UpdateBack,
    /// A run of its own from the update that is looked at.
    Branch,
    /// The numbers of a view in place of its picture, or its picture again.
    Numbers,
    /// Two runs beside each other, with their difference, or one alone again.
    Pin,
    /// The selected node holds its value, or is let go of.
    Clamp,
    /// Its value jumps.
    Kick,
    /// Back to the initial weights, same seed.
    Rewind,
    /// New initial weights.
    NewSeed,
    /// Show the conditions of exactness.
    BreakIt,
    /// Hold all conditions again.
    Mend,
    /// Open a file.
    Open,
    /// Save the run with all it has come to.
    SaveRun,
    /// Save the experiment.
    Save,
    /// Go on with the experiment that the recording is of.
    LeaveRecording,
    /// Answer the examples of a file with the present weights.
    Predict,
    /// A picture, series or an animation as a file.
    Export,
    /// Take the last edit back.
    Undo,
    /// Make it again.
    Redo,
    /// The first-launch state again.
    Demo,
    /// Dark or light.
    Theme,
    /// High contrast, or not.
    Contrast,
    /// Nothing moves by itself, or as it comes.
    Motion,
    /// Another arrangement of the window.
    Layout(Layout),
    /// Back to the layout as it comes.
    ResetLayout,
    /// Everything larger.
    Larger,
    /// Everything smaller.
    Smaller,
    /// Everything as large as it comes.
    UsualSize,
    /// Full screen.
    FullScreen,
    /// All commands, searchable.
    Palette,
    /// All keys.
    Keys,
    /// Show the hint bar again.
    Hints,
    /// About this program.
    About,
    /// Something that helps to show the window to a room.
    Tool(Tool),
    /// Leave.
    Quit,
}

/// What helps whoever shows the window to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tool {
    /// A ring around the pointer.
    Halo,
    /// Every key that is pressed is shown.
    Keys,
    /// The picture stands while everything goes on.
    Freeze,
    /// A pen that draws over the window.
    Pen,
    /// What the pen drew is gone.
    Wipe,
    /// A black screen.
    Blank,
}

/// Where a command stands in menus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// Files and runs.
    File,
    /// What was changed.
    Edit,
    /// Moving in time.
    Time,
    /// What is seen.
    View,
    /// Help.
    Help,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The command.
    pub command: Command,
    /// Its name.
    pub name: &'static str,
    /// Its key.
    pub key: Option<KeyboardShortcut>,
    /// How the key is written.
    pub written: &'static str,
    /// Another key that does the same, and how it is written; none is written that only a keyboard's layout needs.
    pub also: Option<(KeyboardShortcut, &'static str)>,
    /// Where its keys work.
    pub context: Context,
    /// Where it stands.
    pub menu: Menu,
}

/// Where a key works. In each of them a key means one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Everywhere, also while text is typed.
    Anywhere,
    /// Wherever no text is typed, whatever has the focus.
    Window,
    /// There as well, unless the control that has the focus takes the key itself.
    Free,
    /// In the layout for a projector; there its keys go before those of the window.
    Presenting,
    /// In a field that text is typed into.
    Text,
    /// In a field for a number.
    Number,
    /// On a slider that has the focus.
    Slider,
    /// On the line of updates, while it has the focus.
    Line,
    /// In a list, a menu, a row of choices or a grid that has the focus.
    List,
    /// On the plane of inputs, while it has the focus.
    Plane,
    /// On the drawing pad, while it has the focus.
    Pad,
    /// In the palette.
    Palette,
}

impl Context {
    /// All that a key is looked up in while this is in force, in order: what stands first wins.
    pub fn reach(self) -> &'static [Self] {
        use Context::{
            Anywhere, Free, Line, List, Number, Pad, Palette, Plane, Presenting, Slider, Text,
            Window,
        };
        match self {
            Anywhere => &[Anywhere],
            Window | Free => &[Free, Window, Anywhere],
            Presenting => &[Presenting, Free, Window, Anywhere],
            Text => &[Text, Anywhere],
            Number => &[Number, Text, Anywhere],
            Palette => &[Palette, Text, Anywhere],
            Slider => &[Slider, Free, Window, Anywhere],
            Line => &[Line, Free, Window, Anywhere],
            List => &[List, Free, Window, Anywhere],
            Plane => &[Plane, Free, Window, Anywhere],
            Pad => &[Pad, Free, Window, Anywhere],
        }
    }

    /// Where that is, as a heading of the list of keys.
    pub fn words(self) -> &'static str {
        match self {
            Self::Anywhere => "Everywhere",
            Self::Window | Self::Free => "Where no text is typed",
            Self::Presenting => "In the layout Present",
            Self::Text => "In a text field",
            Self::Number => "In a field for a number",
            Self::Slider => "On a slider",
            Self::Line => "On the line of updates",
            Self::List => "In a list, a menu or a grid",
            Self::Plane => "On the plane of inputs",
            Self::Pad => "On the drawing pad",
            Self::Palette => "In the palette",
        }
    }
}

/// A key that the control with the focus takes itself.
pub struct Own {
    /// Where.
    pub context: Context,
    /// The keys.
    pub keys: &'static [(Modifiers, Key)],
    /// How they are written.
    pub written: &'static str,
    /// What they do.
    pub does: &'static str,
}

const fn own(
    context: Context,
    keys: &'static [(Modifiers, Key)],
    written: &'static str,
    does: &'static str,
) -> Own {
    Own {
        context,
        keys,
        written,
        does,
    }
}

const SIDEWAYS: &[(Modifiers, Key)] = &[(NONE, Key::ArrowLeft), (NONE, Key::ArrowRight)];
const UPRIGHT: &[(Modifiers, Key)] = &[(NONE, Key::ArrowUp), (NONE, Key::ArrowDown)];
const ARROWS: &[(Modifiers, Key)] = &[
    (NONE, Key::ArrowLeft),
    (NONE, Key::ArrowRight),
    (NONE, Key::ArrowUp),
    (NONE, Key::ArrowDown),
];

/// What controls do with keys while they have the focus (Tab leads from one to the next); all others stay with the window.
pub static OWN: &[Own] = &[
    own(
        Context::List,
        ARROWS,
        "Arrows",
        "To the one beside or below",
    ),
    own(Context::List, &[(NONE, Key::Space)], "Space", "Choose it"),
    own(Context::Slider, SIDEWAYS, "Left Right", "Less, more"),
    own(Context::Line, SIDEWAYS, "Left Right", "One update back, on"),
    own(
        Context::Line,
        &[(NONE, Key::Home), (NONE, Key::End)],
        "Home End",
        "First, newest update",
    ),
    own(Context::Plane, ARROWS, "Arrows", "Move the input"),
    own(
        Context::Plane,
        &[(NONE, Key::Space)],
        "Space",
        "Nearest example, or a point here",
    ),
    own(
        Context::Plane,
        &[(NONE, Key::Delete)],
        "Delete",
        "Take the nearest point away",
    ),
    own(Context::Pad, ARROWS, "Arrows", "Move the pen"),
    own(
        Context::Pad,
        &[(NONE, Key::Space)],
        "Space",
        "Set the pen down, or lift it",
    ),
    own(Context::Pad, &[(NONE, Key::Delete)], "Delete", "Wipe"),
    own(Context::Number, UPRIGHT, "Up Down", "More, less"),
    own(Context::Text, SIDEWAYS, "Left Right", "Through the text"),
    own(
        Context::Text,
        &[(Modifiers::COMMAND, Key::Z)],
        "Ctrl Z",
        "Take typing back",
    ),
    own(Context::Text, &[(NONE, Key::Enter)], "Enter", "Take it up"),
    own(Context::Palette, UPRIGHT, "Up Down", "Choose a row"),
];

const fn row(command: Command, name: &'static str, menu: Menu) -> Row {
    Row {
        command,
        name,
        key: None,
        written: "",
        also: None,
        context: Context::Anywhere,
        menu,
    }
}

impl Row {
    /// Its key. With Ctrl it works everywhere; a letter, a digit or a sign where no text is typed.
    const fn key(mut self, modifiers: Modifiers, key: Key, written: &'static str) -> Self {
        self.key = Some(KeyboardShortcut::new(modifiers, key));
        self.written = written;
        self.context = if modifiers.command {
            Context::Anywhere
        } else {
            Context::Window
        };
        self
    }

    /// Another key for the same.
    const fn also(mut self, modifiers: Modifiers, key: Key, written: &'static str) -> Self {
        self.also = Some((KeyboardShortcut::new(modifiers, key), written));
        self
    }

    /// Where its keys work, where that is not said by the key itself.
    const fn works(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Its keys.
    pub fn keys(&self) -> impl Iterator<Item = KeyboardShortcut> {
        self.key.into_iter().chain(self.also.map(|also| also.0))
    }
}

const NONE: Modifiers = Modifiers::NONE;

const fn tool(tool: Tool, name: &'static str) -> Row {
    row(Command::Tool(tool), name, Menu::View)
}

/// The table.
pub static TABLE: &[Row] = &[
    row(Command::Open, "Open file…", Menu::File).key(Modifiers::COMMAND, Key::O, "Ctrl O"),
    row(Command::SaveRun, "Save run…", Menu::File).key(Modifiers::COMMAND, Key::S, "Ctrl S"),
    row(Command::Save, "Save experiment…", Menu::File).key(
        Modifiers::COMMAND.plus(Modifiers::SHIFT),
        Key::S,
        "Ctrl Shift S",
    ),
    row(Command::Predict, "Predict a file…", Menu::File).key(
        Modifiers::COMMAND.plus(Modifiers::SHIFT),
        Key::O,
        "Ctrl Shift O",
    ),
    row(Command::LeaveRecording, "Leave the recording", Menu::File),
    row(Command::Export, "Export…", Menu::File).key(Modifiers::COMMAND, Key::E, "Ctrl E"),
    row(Command::Demo, "New demo", Menu::File),
    row(Command::Quit, "Quit", Menu::File).key(Modifiers::COMMAND, Key::Q, "Ctrl Q"),
    // A text that is typed in has edits of its own.
    row(Command::Undo, "Undo", Menu::Edit)
        .key(Modifiers::COMMAND, Key::Z, "Ctrl Z")
        .works(Context::Window),
    row(Command::Redo, "Redo", Menu::Edit)
        .key(
            Modifiers::COMMAND.plus(Modifiers::SHIFT),
            Key::Z,
            "Ctrl Shift Z",
        )
        .works(Context::Window),
    row(Command::Clamp, "Clamp or free the node", Menu::Edit).key(NONE, Key::C, CLAMP_KEY),
    row(Command::Kick, "Kick the node", Menu::Edit).key(NONE, Key::K, KICK_KEY),
    row(Command::PlayPause, "Play or pause", Menu::Time)
        .key(NONE, Key::Space, "Space")
        .works(Context::Free),
    row(Command::StepForward, "Step forward", Menu::Time)
        .key(NONE, Key::ArrowRight, "Right")
        .works(Context::Free),
    row(Command::StepBack, "Step back", Menu::Time)
        .key(NONE, Key::ArrowLeft, "Left")
        .works(Context::Free),
    row(Command::First, "First state", Menu::Time)
        .key(NONE, Key::Home, "Home")
        .works(Context::Free),
    row(Command::Last, "Latest state, and follow", Menu::Time)
        .key(NONE, Key::End, "End")
        .works(Context::Free),
    row(Command::NextMark, "Next mark", Menu::Time)
        .key(Modifiers::COMMAND, Key::ArrowRight, "Ctrl Right")
        .works(Context::Window),
    row(Command::PreviousMark, "Mark before", Menu::Time)
        .key(Modifiers::COMMAND, Key::ArrowLeft, "Ctrl Left")
        .works(Context::Window),
    row(Command::Slower, "Slower", Menu::Time).key(NONE, Key::Comma, ","),
    row(Command::Faster, "Faster", Menu::Time).key(NONE, Key::Period, "."),
    row(Command::Speed(1), "Speed 1 step/s", Menu::Time).key(NONE, Key::Num1, "1"),
    row(Command::Speed(2), "Speed 2 steps/s", Menu::Time).key(NONE, Key::Num2, "2"),
    row(Command::Speed(3), "Speed 4 steps/s", Menu::Time).key(NONE, Key::Num3, "3"),
    row(Command::Speed(4), "Speed 10 steps/s", Menu::Time).key(NONE, Key::Num4, "4"),
    row(Command::Speed(5), "Speed 30 steps/s", Menu::Time).key(NONE, Key::Num5, "5"),
    row(Command::Loop, "Repeat this example", Menu::Time).key(Modifiers::COMMAND, Key::L, "Ctrl L"),
    row(Command::RepeatFrom, "Repeat from here", Menu::Time),
    row(Command::RepeatTo, "Repeat up to here", Menu::Time),
    row(Command::RepeatAll, "Repeat no part", Menu::Time),
    row(Command::NextExample, "Next example", Menu::Time).key(NONE, Key::PageDown, "Page Down"),
    row(Command::PreviousExample, "Example before", Menu::Time).key(NONE, Key::PageUp, "Page Up"),
    row(Command::Draw, "Draw an example", Menu::Time).key(NONE, Key::P, "P"),
    row(Command::Train, "Train, or pause training", Menu::Time).key(NONE, Key::T, "T"),
    row(Command::ScoreTest, "Score the test part", Menu::Time),
    row(Command::OneUpdate, "One update", Menu::Time).key(
        Modifiers::SHIFT,
        Key::ArrowRight,
        "Shift Right",
    ),
    row(Command::UpdateBack, "One update back", Menu::Time).key(
        Modifiers::SHIFT,
        Key::ArrowLeft,
        "Shift Left",
    ),
    row(Command::Follow, "Back to the newest weights", Menu::Time).key(NONE, Key::F, "F"),
    row(Command::Branch, "Branch from this update", Menu::Time).key(
        Modifiers::COMMAND,
        Key::B,
        "Ctrl B",
    ),
    row(
        Command::Pin,
        "Pin a run beside this one, or unpin",
        Menu::Time,
    )
    .key(NONE, Key::D, "D"),
    row(Command::Rewind, "Back to the initial weights", Menu::Time).key(NONE, Key::R, "R"),
    row(Command::NewSeed, "New seed", Menu::Time).key(Modifiers::SHIFT, Key::R, "Shift R"),
    row(Command::NextVertex, "Next vertex", Menu::View).key(NONE, Key::CloseBracket, "]"),
    row(Command::PreviousVertex, "Vertex before", Menu::View).key(NONE, Key::OpenBracket, "["),
    row(Command::BreakIt, "Conditions of exactness", Menu::View).key(NONE, Key::A, "A"),
    row(Command::Mend, "Hold all conditions", Menu::View).key(Modifiers::SHIFT, Key::A, "Shift A"),
    row(Command::Layout(Layout::Teach), "Layout: Teach", Menu::View).key(
        Modifiers::COMMAND,
        Key::Num1,
        "Ctrl 1",
    ),
    row(
        Command::Layout(Layout::Explore),
        "Layout: Explore",
        Menu::View,
    )
    .key(Modifiers::COMMAND, Key::Num2, "Ctrl 2"),
    row(Command::Layout(Layout::Train), "Layout: Train", Menu::View).key(
        Modifiers::COMMAND,
        Key::Num3,
        "Ctrl 3",
    ),
    row(
        Command::Layout(Layout::Compare),
        "Layout: Compare",
        Menu::View,
    )
    .key(Modifiers::COMMAND, Key::Num4, "Ctrl 4"),
    row(
        Command::Layout(Layout::Present),
        "Layout: Present",
        Menu::View,
    )
    .key(Modifiers::SHIFT, Key::F11, "Shift F11")
    .works(Context::Anywhere),
    tool(Tool::Halo, "Halo around the pointer, or none")
        .key(NONE, Key::H, "H")
        .works(Context::Presenting),
    tool(Tool::Keys, "Show keys as they are pressed, or not")
        .key(NONE, Key::K, "K")
        .works(Context::Presenting),
    tool(Tool::Freeze, "Freeze the picture, or let it go on")
        .key(NONE, Key::S, "S")
        .works(Context::Presenting),
    tool(Tool::Pen, "Pen over the window, or none")
        .key(NONE, Key::P, "P")
        .works(Context::Presenting),
    tool(Tool::Wipe, "Wipe away what the pen drew")
        .key(NONE, Key::E, "E")
        .works(Context::Presenting),
    // Slide shows have B for it.
    tool(Tool::Blank, "Black screen, or the picture again")
        .key(NONE, Key::W, "W")
        .also(NONE, Key::B, "B")
        .works(Context::Presenting),
    row(
        Command::Numbers,
        "Numbers, or the picture again",
        Menu::View,
    )
    .key(NONE, Key::N, "N"),
    row(Command::ResetLayout, "Reset this layout", Menu::View),
    row(Command::Theme, "Dark or light", Menu::View).key(Modifiers::COMMAND, Key::D, "Ctrl D"),
    row(Command::Contrast, "High contrast, or not", Menu::View),
    row(Command::Motion, "Reduced motion, or not", Menu::View),
    // Plus without Shift is the key of the equals sign on many keyboards.
    row(Command::Larger, "Everything larger", Menu::View)
        .key(Modifiers::COMMAND, Key::Plus, "Ctrl +")
        .also(Modifiers::COMMAND, Key::Equals, ""),
    row(Command::Smaller, "Everything smaller", Menu::View).key(
        Modifiers::COMMAND,
        Key::Minus,
        "Ctrl −",
    ),
    row(Command::UsualSize, "Everything as it comes", Menu::View).key(
        Modifiers::COMMAND,
        Key::Num0,
        "Ctrl 0",
    ),
    row(Command::FullScreen, "Full screen", Menu::View)
        .key(NONE, Key::F11, "F11")
        .works(Context::Anywhere),
    row(Command::Palette, "Command palette", Menu::Help)
        .key(Modifiers::COMMAND, Key::K, "Ctrl K")
        .also(Modifiers::COMMAND, Key::P, "Ctrl P"),
    row(Command::Keys, "Keyboard", Menu::Help).key(NONE, Key::Questionmark, "?"),
    row(Command::Hints, "Show the hint again", Menu::Help),
    row(Command::About, "About pcscope", Menu::Help),
];

/// The row of a command.
pub fn row_of(command: Command) -> Option<&'static Row> {
    TABLE.iter().find(|r| r.command == command)
}

/// The commands whose keys were pressed this frame. Only a text field takes letters; a control that has the focus takes the keys that
/// it needs itself (see [`OWN`]), and every other stays with the window. While one is `presenting` that has keys of its own, which go first.
pub fn pressed(ctx: &egui::Context, presenting: bool) -> Vec<Command> {
    let typing = ctx.text_edit_focused();
    let works = |row: &Row, key: Key| match row.context {
        Context::Anywhere => true,
        Context::Window => !typing,
        Context::Free => !typing && !focus::takes(ctx, key),
        Context::Presenting => presenting && !typing,
        _ => false,
    };
    let mut found = Vec::new();
    // Combinations with more modifiers first, so that Shift+Right is not taken for Right.
    for modifiers in (0..=3).rev() {
        for row in in_order() {
            for key in row.keys() {
                let m = key.modifiers;
                let own = [m.command || m.ctrl, m.shift, m.alt];
                if own.into_iter().filter(|on| *on).count() == modifiers
                    && works(row, key.logical_key)
                    && ctx.input_mut(|input| input.consume_shortcut(&key))
                {
                    found.push(row.command);
                }
            }
        }
    }
    found
}

/// The rows in the order in which their keys are looked for.
fn in_order() -> impl Iterator<Item = &'static Row> {
    let own = |presenting: bool| {
        let rows = TABLE.iter();
        rows.filter(move |row| (row.context == Context::Presenting) == presenting)
    };
    own(true).chain(own(false))
}

/// How a key is written, and what it does where it does something by itself.
pub fn written(key: Key, modifiers: Modifiers, presenting: bool) -> (String, Option<&'static str>) {
    let here = |row: &&Row| row.context != Context::Presenting || presenting;
    let is = |k: &KeyboardShortcut| k.logical_key == key && modifiers.matches_exact(k.modifiers);
    for row in in_order().filter(here) {
        if row.key.as_ref().is_some_and(is) {
            return (row.written.to_owned(), Some(row.name));
        }
        if let Some((_, also)) = row.also.filter(|(key, _)| is(key)) {
            let written = if also.is_empty() { row.written } else { also };
            return (written.to_owned(), Some(row.name));
        }
    }
    let mut words = String::new();
    let held = [
        (modifiers.command || modifiers.ctrl, "Ctrl "),
        (modifiers.alt, "Alt "),
        (modifiers.shift, "Shift "),
    ];
    for (_, name) in held.into_iter().filter(|(on, _)| *on) {
        words.push_str(name);
    }
    words.push_str(key.name());
    (words, None)
}
