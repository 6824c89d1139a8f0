//! The tools of whoever shows the window to a room, and the way into the layout for it and back.

use super::{Shell, Window};
use crate::app::commands::{Command, Tool};
use crate::app::layout::Layout;
use crate::app::panels;

impl Shell {
    /// True while the layout for a projector is shown.
    pub fn presents(&self) -> bool {
        self.settings.layout == Layout::Present
    }

    /// The pointer has its halo: while one presents, unless somebody said otherwise.
    pub fn halo(&self) -> bool {
        self.settings.halo.unwrap_or(self.presents())
    }

    /// Shows another layout; the one for a projector again leads back to where one was before it.
    pub(super) fn show_layout(&mut self, layout: Layout) {
        let now = self.settings.layout;
        let next = match layout {
            Layout::Present if now == Layout::Present => self.before_present,
            other => other,
        };
        if next == now {
            return;
        }
        if next == Layout::Present {
            self.before_present = now;
        }
        self.settings.layout = next;
        self.presenter.turn_over();
    }

    /// Closes what a rail has opened; true if it was in sight.
    pub(super) fn close_overlay(&mut self) -> bool {
        let (layout, enlarged) = (
            self.settings.layout,
            self.settings.layout.enlarged(self.size),
        );
        let width = self.size.x / (self.settings.scale * enlarged);
        let open = self.overlay.take();
        open.is_some_and(|rail| panels::opens_over(rail, layout, width))
    }

    /// What is changed in the set-up is in sight: not every layout has it.
    pub(super) fn show_setup(&mut self) {
        if matches!(self.settings.layout, Layout::Train | Layout::Present) {
            self.show_layout(Layout::Teach);
        }
    }
}

impl Window {
    /// Takes a tool up, or puts it away.
    pub(super) fn use_tool(&mut self, tool: Tool) {
        let now = self.shell.last_time.unwrap_or(0.0);
        let halo = !self.shell.halo();
        let shell = &mut self.shell;
        let presenter = &mut shell.presenter;
        match tool {
            Tool::Halo => {
                shell.settings.halo = Some(halo);
                presenter.say(if halo { "Halo" } else { "No halo" }, now);
            }
            Tool::Keys => {
                let on = !shell.settings.echo_keys;
                shell.settings.echo_keys = on;
                let words = if on {
                    "Keys are shown"
                } else {
                    "Keys are not shown"
                };
                presenter.say(words, now);
            }
            Tool::Freeze => {
                let on = !presenter.frozen();
                presenter.freeze(on);
            }
            Tool::Pen => {
                presenter.pen = !presenter.pen;
                presenter.say(if presenter.pen { "Pen" } else { "No pen" }, now);
            }
            Tool::Wipe => presenter.wipe(),
            Tool::Blank => presenter.blank = !presenter.blank,
        }
    }

    /// Why a tool would change nothing.
    pub(super) fn idle_of_tools(&self, command: Command) -> Option<&'static str> {
        let none = command == Command::Tool(Tool::Wipe) && self.shell.presenter.strokes() == 0;
        none.then_some("Nothing is drawn.")
    }
}
