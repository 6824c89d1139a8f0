//! Every icon of the window, drawn as shapes on a grid of 16 with lines of 1.5 and round ends.

use egui::{Color32, Painter, Pos2, Rect, Stroke, Vec2, pos2};

use super::paint;
use super::pen::{Pen, arc};
use crate::app::theme::metrics;

/// An icon. Its name is its hover text and its entry in the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // `name` says what each one is.
pub enum Icon {
    Logo,
    Play,
    Pause,
    StepBack,
    StepForward,
    FastBack,
    FastForward,
    First,
    Last,
    Loop,
    Padlock,
    Snowflake,
    Check,
    Cross,
    Warning,
    Exact,
    ExactSoFar,
    NoUpdate,
    NotCompared,
    Rounding,
    RightDirection,
    Different,
    Search,
    Help,
    Fold,
    Fit,
    Table,
    Pin,
    Clock,
    Dots,
    Database,
    Network,
    Wave,
    Toggles,
    Curve,
    Columns,
    Plane,
    Grid,
    Pictures,
    Misses,
    Lens,
    Swap,
    Contract,
    Bolt,
    Pencil,
    Folder,
    Contrast,
    Plus,
    Minus,
    Captured,
    WillBeCaptured,
    Applied,
    ChevronDown,
    ChevronRight,
}

impl Icon {
    /// All icons, in the order of the gallery.
    pub const ALL: [Self; 54] = [
        Self::Play,
        Self::Pause,
        Self::StepBack,
        Self::StepForward,
        Self::FastBack,
        Self::FastForward,
        Self::First,
        Self::Last,
        Self::Loop,
        Self::Padlock,
        Self::Snowflake,
        Self::Check,
        Self::Cross,
        Self::Warning,
        Self::Exact,
        Self::ExactSoFar,
        Self::NoUpdate,
        Self::NotCompared,
        Self::Different,
        Self::Search,
        Self::Help,
        Self::Fold,
        Self::Fit,
        Self::Table,
        Self::Pin,
        Self::Clock,
        Self::Dots,
        Self::Database,
        Self::Network,
        Self::Wave,
        Self::Toggles,
        Self::Curve,
        Self::Columns,
        Self::Plane,
        Self::Grid,
        Self::Pictures,
        Self::Misses,
        Self::Lens,
        Self::Swap,
        Self::Contract,
        Self::Bolt,
        Self::Pencil,
        Self::Folder,
        Self::Contrast,
        Self::Plus,
        Self::Minus,
        Self::Logo,
        Self::Rounding,
        Self::RightDirection,
        Self::Captured,
        Self::WillBeCaptured,
        Self::Applied,
        Self::ChevronDown,
        Self::ChevronRight,
    ];

    /// What the icon stands for, in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logo => "pcscope",
            Self::Play => "play",
            Self::Pause => "pause",
            Self::StepBack => "step back",
            Self::StepForward => "step forward",
            Self::FastBack => "one unit back",
            Self::FastForward => "one unit forward",
            Self::First => "to the start",
            Self::Last => "to the end",
            Self::Loop => "repeat",
            Self::Padlock => "clamped or held",
            Self::Snowflake => "frozen",
            Self::Check => "holds",
            Self::Cross => "close",
            Self::Warning => "warning",
            Self::Exact => "exact",
            Self::Rounding => "rounding",
            Self::ExactSoFar => "exact so far",
            Self::NoUpdate => "no update",
            Self::NotCompared => "not compared",
            Self::RightDirection => "right direction",
            Self::Different => "different rule",
            Self::Search => "search",
            Self::Help => "help",
            Self::Fold => "fold",
            Self::Fit => "fit to the panel",
            Self::Table => "as a table",
            Self::Pin => "pin",
            Self::Clock => "history",
            Self::Dots => "more",
            Self::Database => "data",
            Self::Network => "network",
            Self::Wave => "rule",
            Self::Toggles => "conditions",
            Self::Curve => "train",
            Self::Columns => "panels",
            Self::Plane => "plane of inputs",
            Self::Grid => "confusion",
            Self::Pictures => "examples",
            Self::Misses => "misses",
            Self::Lens => "inspector",
            Self::Swap => "switches",
            Self::Contract => "all of it",
            Self::Bolt => "break it",
            Self::Pencil => "draw",
            Self::Folder => "open",
            Self::Contrast => "theme",
            Self::Plus => "add",
            Self::Minus => "remove",
            Self::Captured => "captured",
            Self::WillBeCaptured => "will be captured",
            Self::Applied => "applied",
            Self::ChevronDown => "choose",
            Self::ChevronRight => "unfold",
        }
    }

    /// Draws the icon at its natural size, centred on `centre`.
    pub fn paint(self, painter: &Painter, centre: Pos2, color: Color32) {
        let square = Rect::from_center_size(centre, Vec2::splat(metrics::ICON));
        self.paint_in(painter, square, color);
    }

    /// Draws the icon in a square.
    pub fn paint_in(self, painter: &Painter, square: Rect, color: Color32) {
        self.paint_lines(painter, square, metrics::STROKE, color);
    }

    /// Draws the icon in a square with stronger lines, as the sign of a verdict.
    pub fn paint_bold(self, painter: &Painter, square: Rect, color: Color32) {
        self.paint_lines(painter, square, metrics::STROKE_STRONG, color);
    }

    fn paint_lines(self, painter: &Painter, square: Rect, width: f32, color: Color32) {
        let scale = square.width() / 16.0;
        let pen = Pen {
            painter,
            origin: pos2(
                paint::snap(painter, square.left()),
                paint::snap(painter, square.top()),
            ),
            scale,
            stroke: Stroke::new(width * scale.max(0.8), color),
        };
        draw(self, &pen);
    }
}

fn draw(icon: Icon, p: &Pen<'_>) {
    match icon {
        Icon::Play
        | Icon::Pause
        | Icon::StepBack
        | Icon::StepForward
        | Icon::FastBack
        | Icon::FastForward
        | Icon::First
        | Icon::Last
        | Icon::Loop
        | Icon::ChevronDown
        | Icon::ChevronRight => transport(icon, p),
        Icon::Padlock
        | Icon::Snowflake
        | Icon::Check
        | Icon::Cross
        | Icon::Warning
        | Icon::Exact
        | Icon::ExactSoFar
        | Icon::NoUpdate
        | Icon::NotCompared
        | Icon::Rounding
        | Icon::RightDirection
        | Icon::Different
        | Icon::Captured
        | Icon::WillBeCaptured
        | Icon::Applied
        | Icon::Clock => state(icon, p),
        Icon::Search
        | Icon::Help
        | Icon::Fold
        | Icon::Fit
        | Icon::Pin
        | Icon::Dots
        | Icon::Bolt
        | Icon::Pencil
        | Icon::Folder
        | Icon::Contrast
        | Icon::Plus
        | Icon::Minus => action(icon, p),
        Icon::Logo
        | Icon::Table
        | Icon::Database
        | Icon::Network
        | Icon::Wave
        | Icon::Toggles
        | Icon::Curve
        | Icon::Columns => panel(icon, p),
        Icon::Plane
        | Icon::Grid
        | Icon::Pictures
        | Icon::Misses
        | Icon::Lens
        | Icon::Swap
        | Icon::Contract => {
            view(icon, p);
        }
    }
}

/// Icons of views.
fn view(icon: Icon, p: &Pen<'_>) {
    match icon {
        Icon::Plane => {
            p.line(&[(3.0, 2.75), (3.0, 13.0), (13.25, 13.0)]);
            for at in [(6.0, 9.75), (8.5, 6.0), (12.0, 4.0)] {
                p.dot(at, 1.25);
            }
        }
        Icon::Grid => {
            for x in [2.75, 6.75, 10.75] {
                for y in [2.75, 6.75, 10.75] {
                    if x == y {
                        p.block((x, y), (x + 2.75, y + 2.75));
                    } else {
                        p.frame((x + 0.5, y + 0.5), (x + 2.25, y + 2.25), 0.5);
                    }
                }
            }
        }
        Icon::Pictures => {
            p.frame((2.5, 2.5), (13.5, 13.5), 1.5);
            p.line(&[
                (3.0, 11.5),
                (6.5, 8.0),
                (9.0, 10.5),
                (11.0, 8.75),
                (13.0, 11.0),
            ]);
            p.dot((10.25, 5.5), 1.1);
        }
        Icon::Misses => {
            p.line(&[(2.75, 13.25), (13.25, 2.75)]);
            for (x, y) in [(5.5, 5.75), (10.75, 10.5)] {
                p.line(&[(x, y), (x, 16.0 - x)]);
                p.dot((x, y), 1.25);
            }
        }
        Icon::Contract => {
            for (x, dx) in [(6.0, -3.25), (10.0, 3.25)] {
                for (y, dy) in [(6.0, -3.25), (10.0, 3.25)] {
                    p.line(&[(x + dx, y), (x, y), (x, y + dy)]);
                }
            }
        }
        Icon::Lens => {
            p.circle((8.0, 8.0), 5.25);
            p.dot((8.0, 8.0), 1.5);
        }
        _ => {
            p.line(&[(2.75, 5.25), (13.0, 5.25)]);
            p.line(&[(10.5, 2.75), (13.0, 5.25), (10.5, 7.75)]);
            p.line(&[(13.25, 10.75), (3.0, 10.75)]);
            p.line(&[(5.5, 8.25), (3.0, 10.75), (5.5, 13.25)]);
        }
    }
}

/// Icons of the time bar, and chevrons.
fn transport(icon: Icon, p: &Pen<'_>) {
    let back = |x: f32| p.line(&[(x + 4.5, 3.5), (x, 8.0), (x + 4.5, 12.5)]);
    let forward = |x: f32| p.line(&[(x - 4.5, 3.5), (x, 8.0), (x - 4.5, 12.5)]);
    match icon {
        Icon::Play => p.fill(&[(4.5, 3.5), (13.0, 8.0), (4.5, 12.5)]),
        Icon::Pause => {
            p.block((4.0, 3.0), (7.0, 13.0));
            p.block((9.0, 3.0), (12.0, 13.0));
        }
        Icon::StepBack => back(5.5),
        Icon::StepForward => forward(10.5),
        Icon::FastBack => [2.75, 8.25].into_iter().for_each(back),
        Icon::FastForward => [13.25, 7.75].into_iter().for_each(forward),
        Icon::First => {
            p.line(&[(3.5, 3.0), (3.5, 13.0)]);
            back(7.5);
        }
        Icon::Last => {
            p.line(&[(12.5, 3.0), (12.5, 13.0)]);
            forward(8.5);
        }
        Icon::Loop => {
            let mut top = vec![(2.5, 7.0)];
            top.extend(arc((4.5, 6.5), (2.0, 2.0), 2.0, 3.0));
            top.push((13.0, 4.5));
            p.line(&top);
            p.line(&[(11.0, 2.25), (13.25, 4.5), (11.0, 6.75)]);
            let bottom: Vec<_> = top.iter().map(|(x, y)| (16.0 - x, 16.0 - y)).collect();
            p.line(&bottom);
            p.line(&[(5.0, 13.75), (2.75, 11.5), (5.0, 9.25)]);
        }
        Icon::ChevronDown => p.line(&[(5.0, 6.5), (8.0, 9.5), (11.0, 6.5)]),
        _ => p.line(&[(6.5, 5.0), (9.5, 8.0), (6.5, 11.0)]),
    }
}

/// Icons that say how something stands.
fn state(icon: Icon, p: &Pen<'_>) {
    match icon {
        Icon::Padlock => {
            p.frame((3.25, 7.25), (12.75, 13.75), 1.5);
            let mut shackle = vec![(5.25, 7.0)];
            shackle.extend(arc((8.0, 4.75), (2.75, 2.75), 2.0, 4.0));
            shackle.push((10.75, 7.0));
            p.line(&shackle);
        }
        Icon::Snowflake => {
            for (x, y) in [(0.0, 6.0), (5.2, 3.0), (5.2, -3.0)] {
                p.line(&[(8.0 - x, 8.0 - y), (8.0 + x, 8.0 + y)]);
            }
        }
        Icon::Check => p.line(&[(2.75, 8.5), (6.25, 12.0), (13.25, 4.25)]),
        Icon::Cross => {
            p.line(&[(3.75, 3.75), (12.25, 12.25)]);
            p.line(&[(12.25, 3.75), (3.75, 12.25)]);
        }
        Icon::Warning => {
            p.closed(&[(8.0, 2.25), (14.25, 13.25), (1.75, 13.25)]);
            p.line(&[(8.0, 6.5), (8.0, 9.25)]);
            p.dot((8.0, 11.25), 0.9);
        }
        Icon::Exact => {
            for y in [4.0, 8.0, 12.0] {
                p.line(&[(2.5, y), (13.5, y)]);
            }
        }
        Icon::ExactSoFar => {
            for (y, right) in [(4.0, 13.5), (8.0, 10.0), (12.0, 6.5)] {
                p.line(&[(2.5, y), (right, y)]);
            }
        }
        Icon::NoUpdate => {
            p.circle((8.0, 8.0), 5.25);
            p.line(&[(4.3, 11.7), (11.7, 4.3)]);
        }
        Icon::NotCompared => {
            for x in [3.5, 8.0, 12.5] {
                p.dot((x, 8.0), 1.1);
            }
        }
        Icon::Rounding => {
            for y in [5.75, 10.25] {
                let wave: Vec<_> = (0..=20)
                    .map(|i| {
                        let share = i as f32 / 20.0;
                        let turn = share * 1.25 * std::f32::consts::TAU;
                        (2.5 + 11.0 * share, y - 1.25 * turn.sin())
                    })
                    .collect();
                p.line(&wave);
            }
        }
        Icon::RightDirection => {
            for x in [5.0, 11.0] {
                p.line(&[(x, 2.75), (x, 13.25)]);
            }
        }
        Icon::Different => {
            for y in [5.75, 10.25] {
                p.line(&[(2.5, y), (13.5, y)]);
            }
            p.line(&[(10.5, 3.0), (5.5, 13.0)]);
        }
        Icon::Captured => p.fill(&[(3.0, 4.0), (13.0, 4.0), (8.0, 12.5)]),
        Icon::WillBeCaptured => p.closed(&[(3.25, 4.25), (12.75, 4.25), (8.0, 12.25)]),
        Icon::Applied => p.frame((3.75, 3.75), (12.25, 12.25), 1.0),
        _ => {
            p.circle((8.0, 8.0), 5.25);
            p.line(&[(8.0, 5.0), (8.0, 8.0), (10.25, 9.25)]);
        }
    }
}

/// Icons of commands.
fn action(icon: Icon, p: &Pen<'_>) {
    match icon {
        Icon::Search => {
            p.circle((7.0, 7.0), 4.0);
            p.line(&[(10.0, 10.0), (13.25, 13.25)]);
        }
        Icon::Help => {
            p.circle((8.0, 8.0), 5.75);
            let mut mark = arc((8.0, 6.5), (1.9, 1.9), 2.1, 4.5);
            mark.push((8.0, 8.7));
            mark.push((8.0, 9.1));
            p.line(&mark);
            p.dot((8.0, 11.25), 0.85);
        }
        Icon::Fold => {
            p.line(&[(2.75, 8.0), (13.25, 8.0)]);
            for (tail, tip, side) in [(2.0, 6.0, 4.0), (14.0, 10.0, 12.0)] {
                p.line(&[(8.0, tail), (8.0, tip)]);
                p.line(&[(6.0, side), (8.0, tip), (10.0, side)]);
            }
        }
        Icon::Fit => {
            for (x, dx) in [(2.75, 3.0), (13.25, -3.0)] {
                for (y, dy) in [(2.75, 3.0), (13.25, -3.0)] {
                    p.line(&[(x + dx, y), (x, y), (x, y + dy)]);
                }
            }
        }
        Icon::Pin => {
            p.line(&[(5.5, 2.25), (10.5, 2.25)]);
            p.closed(&[
                (6.25, 2.25),
                (9.75, 2.25),
                (9.75, 6.5),
                (11.25, 9.25),
                (4.75, 9.25),
                (6.25, 6.5),
            ]);
            p.line(&[(8.0, 9.5), (8.0, 14.0)]);
        }
        Icon::Dots => {
            for x in [3.25, 8.0, 12.75] {
                p.dot((x, 8.0), 1.1);
            }
        }
        Icon::Bolt => p.closed(&[
            (9.25, 1.75),
            (3.5, 9.0),
            (7.5, 9.0),
            (6.75, 14.25),
            (12.5, 7.0),
            (8.5, 7.0),
        ]),
        Icon::Pencil => {
            p.closed(&[
                (2.75, 13.25),
                (3.5, 10.0),
                (10.75, 2.75),
                (13.25, 5.25),
                (6.0, 12.5),
            ]);
        }
        Icon::Folder => p.closed(&[
            (2.0, 3.75),
            (6.25, 3.75),
            (7.75, 5.5),
            (14.0, 5.5),
            (14.0, 13.0),
            (2.0, 13.0),
        ]),
        Icon::Contrast => {
            p.circle((8.0, 8.0), 5.25);
            p.fill(&arc((8.0, 8.0), (5.5, 5.5), -1.0, 1.0));
        }
        Icon::Plus => {
            p.line(&[(8.0, 3.25), (8.0, 12.75)]);
            p.line(&[(3.25, 8.0), (12.75, 8.0)]);
        }
        _ => p.line(&[(3.25, 8.0), (12.75, 8.0)]),
    }
}

/// Icons of panels and the application.
fn panel(icon: Icon, p: &Pen<'_>) {
    match icon {
        Icon::Logo => {
            p.circle((8.0, 8.0), 6.5);
            p.line(&[
                (3.5, 8.25),
                (5.5, 8.25),
                (7.0, 4.75),
                (9.25, 11.0),
                (10.5, 8.25),
                (12.5, 8.25),
            ]);
        }
        Icon::Table => {
            p.frame((2.25, 2.75), (13.75, 13.25), 1.0);
            p.line(&[(2.5, 6.25), (13.5, 6.25)]);
            p.line(&[(2.5, 9.75), (13.5, 9.75)]);
            p.line(&[(6.25, 6.25), (6.25, 13.0)]);
        }
        Icon::Database => {
            p.closed(&arc((8.0, 4.25), (5.0, 2.0), 0.0, 4.0));
            for y in [8.0, 11.75] {
                p.line(&arc((8.0, y), (5.0, 2.0), 0.0, 2.0));
            }
            p.line(&[(3.0, 4.25), (3.0, 11.75)]);
            p.line(&[(13.0, 4.25), (13.0, 11.75)]);
        }
        Icon::Network => {
            p.line(&[(5.25, 7.25), (10.25, 4.5)]);
            p.line(&[(5.25, 8.75), (10.25, 11.5)]);
            for centre in [(3.75, 8.0), (11.75, 4.0), (11.75, 12.0)] {
                p.circle(centre, 1.5);
            }
        }
        Icon::Wave => p.line(&[
            (2.5, 11.75),
            (5.5, 5.0),
            (8.0, 8.5),
            (10.5, 5.0),
            (13.5, 11.75),
        ]),
        Icon::Toggles => {
            for (y, x) in [(2.25, 4.75), (9.25, 11.25)] {
                p.frame((2.25, y), (13.75, y + 4.5), 2.0);
                p.dot((x, y + 2.25), 1.25);
            }
        }
        Icon::Curve => {
            p.line(&[(2.75, 2.5), (2.75, 13.25), (13.5, 13.25)]);
            let fall: Vec<_> = (0..=16)
                .map(|i| {
                    let share = i as f32 / 16.0;
                    (4.5 + 8.5 * share, 11.0 - 8.0 * (1.0 - share).powi(3))
                })
                .collect();
            p.line(&fall);
        }
        _ => {
            p.frame((2.25, 2.75), (13.75, 13.25), 1.0);
            p.line(&[(9.5, 3.0), (9.5, 13.0)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::headless;
    use crate::app::theme::Theme;

    #[test]
    fn every_icon_has_its_own_name_and_leaves_ink_inside_its_square() {
        for (i, icon) in Icon::ALL.iter().enumerate() {
            assert!(!icon.name().is_empty());
            assert!(Icon::ALL[..i].iter().all(|o| o.name() != icon.name()));
            let size = Vec2::splat(24.0);
            let shot = headless::render(size, 1.0, Theme::Dark, 2, |ui| {
                let t1 = Theme::get(ui).t1;
                let centre = pos2(12.0, 12.0);
                icon.paint(&ui.ctx().layer_painter(egui::LayerId::debug()), centre, t1);
            });
            let empty = *shot.get_pixel(0, 0);
            let mut inked = 0;
            for (x, y, pixel) in shot.enumerate_pixels() {
                if *pixel != empty {
                    inked += 1;
                    let inside = (4..20).contains(&x) && (4..20).contains(&y);
                    assert!(inside, "{icon:?} leaks to {x} {y}");
                }
            }
            assert!(inked > 8, "{icon:?}");
        }
    }
}
