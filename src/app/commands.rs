//! The command table: every key, menu entry and palette entry is one row of it.

use super::layout::Layout;
use egui::{Key, KeyboardShortcut, Modifiers, gui_zoom};

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
    /// Two runs beside each other, with their difference, or one alone again.
    Pin,
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
    /// Save the experiment.
    Save,
    /// Answer the examples of a file with the present weights.
    Predict,
    /// Take the last edit back.
    Undo,
    /// Make it again.
    Redo,
    /// The first-launch state again.
    Demo,
    /// Dark or light.
    Theme,
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
    /// Leave.
    Quit,
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
    /// Where it stands.
    pub menu: Menu,
}

const fn row(command: Command, name: &'static str, menu: Menu) -> Row {
    Row {
        command,
        name,
        key: None,
        written: "",
        menu,
    }
}

impl Row {
    const fn key(mut self, modifiers: Modifiers, key: Key, written: &'static str) -> Self {
        self.key = Some(KeyboardShortcut::new(modifiers, key));
        self.written = written;
        self
    }
}

const NONE: Modifiers = Modifiers::NONE;

/// The table.
pub static TABLE: &[Row] = &[
    row(Command::Open, "Open file…", Menu::File).key(Modifiers::COMMAND, Key::O, "Ctrl O"),
    row(Command::Save, "Save experiment…", Menu::File).key(Modifiers::COMMAND, Key::S, "Ctrl S"),
    row(Command::Predict, "Predict a file…", Menu::File).key(Modifiers::COMMAND, Key::P, "Ctrl P"),
    row(Command::Demo, "New demo", Menu::File),
    row(Command::Quit, "Quit", Menu::File).key(Modifiers::COMMAND, Key::Q, "Ctrl Q"),
    row(Command::Undo, "Undo", Menu::Edit).key(Modifiers::COMMAND, Key::Z, "Ctrl Z"),
    row(Command::Redo, "Redo", Menu::Edit).key(
        Modifiers::COMMAND.plus(Modifiers::SHIFT),
        Key::Z,
        "Ctrl Shift Z",
    ),
    row(Command::PlayPause, "Play or pause", Menu::Time).key(NONE, Key::Space, "Space"),
    row(Command::StepForward, "Step forward", Menu::Time).key(NONE, Key::ArrowRight, "Right"),
    row(Command::StepBack, "Step back", Menu::Time).key(NONE, Key::ArrowLeft, "Left"),
    row(Command::First, "First state", Menu::Time).key(NONE, Key::Home, "Home"),
    row(Command::Last, "Latest state, and follow", Menu::Time).key(NONE, Key::End, "End"),
    row(Command::NextMark, "Next mark", Menu::Time).key(
        Modifiers::COMMAND,
        Key::ArrowRight,
        "Ctrl Right",
    ),
    row(Command::PreviousMark, "Mark before", Menu::Time).key(
        Modifiers::COMMAND,
        Key::ArrowLeft,
        "Ctrl Left",
    ),
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
    .key(Modifiers::SHIFT, Key::F11, "Shift F11"),
    row(Command::ResetLayout, "Reset this layout", Menu::View),
    row(Command::Theme, "Dark or light", Menu::View).key(Modifiers::COMMAND, Key::D, "Ctrl D"),
    row(Command::Larger, "Everything larger", Menu::View).key(
        Modifiers::COMMAND,
        Key::Plus,
        "Ctrl +",
    ),
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
    row(Command::FullScreen, "Full screen", Menu::View).key(NONE, Key::F11, "F11"),
    row(Command::Palette, "Command palette", Menu::Help).key(Modifiers::COMMAND, Key::K, "Ctrl K"),
    row(Command::Keys, "Keyboard", Menu::Help).key(NONE, Key::Questionmark, "?"),
    row(Command::Hints, "Show the hint again", Menu::Help),
    row(Command::About, "About pcscope", Menu::Help),
];

/// The row of a command.
pub fn row_of(command: Command) -> Option<&'static Row> {
    TABLE.iter().find(|r| r.command == command)
}

/// The commands whose keys were pressed this frame. Keys without a modifier are left to a text field that has focus.
pub fn pressed(ctx: &egui::Context) -> Vec<Command> {
    let typing = ctx.egui_wants_keyboard_input();
    let focused = ctx.memory(|m| m.focused().is_some());
    let mut found = Vec::new();
    ctx.input_mut(|input| {
        // Combinations with more modifiers first, so that Shift+Right is not taken for Right.
        for modifiers in (0..=3).rev() {
            for row in TABLE {
                let Some(key) = row.key else { continue };
                let m = key.modifiers;
                let own = [m.command || m.ctrl, m.shift, m.alt];
                if own.into_iter().filter(|on| *on).count() != modifiers {
                    continue;
                }
                let plain = key.modifiers == NONE || key.modifiers == Modifiers::SHIFT;
                // A text that is typed in has edits of its own.
                let edits = matches!(row.command, Command::Undo | Command::Redo);
                if (plain || edits) && typing {
                    continue;
                }
                // Arrows and Space belong to a focused control; with nothing focused they move time.
                if focused
                    && key.modifiers == NONE
                    && matches!(
                        key.logical_key,
                        Key::ArrowLeft | Key::ArrowRight | Key::Space | Key::Home | Key::End
                    )
                {
                    continue;
                }
                // Plus without Shift is the key of the equals sign on many keyboards.
                let also = Some(gui_zoom::kb_shortcuts::ZOOM_IN_SECONDARY)
                    .filter(|_| row.command == Command::Larger);
                if input.consume_shortcut(&key)
                    || also.is_some_and(|key| input.consume_shortcut(&key))
                {
                    found.push(row.command);
                }
            }
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things() {
        for (i, a) in TABLE.iter().enumerate() {
            for b in &TABLE[i + 1..] {
                assert!(
                    a.key.is_none() || a.key != b.key,
                    "{} and {}",
                    a.name,
                    b.name
                );
                assert_ne!(a.name, b.name);
            }
        }
    }
}
