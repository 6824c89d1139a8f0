//! What can leave the window as a file: pictures of it or of a view, its series, animations.

use super::theme::Theme;
use super::views::table::View;
use egui::{Vec2, vec2};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How high the line with title and caption is, in points.
pub const HEAD: f32 = 30.0;

/// How high the line of what it was made of is, in points.
pub const FOOT: f32 = 18.0;

/// What a figure is of.
#[derive(Clone, Copy)]
pub enum Of {
    /// Everything.
    Window,
    /// One view, with its title and caption above.
    View(&'static View),
}

impl Of {
    /// How large a figure of this is where it is itself as large as this.
    pub fn around(self, size: Vec2) -> Vec2 {
        let head = match self {
            Of::Window => 0.0,
            Of::View(_) => HEAD,
        };
        size + vec2(0.0, head + FOOT)
    }
}

/// What is to be drawn, and how.
#[derive(Clone, Copy)]
pub struct Asked {
    /// What of.
    pub of: Of,
    /// Width and height in points, with the line below.
    pub size: (u32, u32),
    /// Physical pixels per point.
    pub scale: f32,
    /// Its colours.
    pub theme: Theme,
}

/// The most pixels of a picture: a quarter of a gigabyte.
const MOST_PIXELS: u64 = 64_000_000;

impl Asked {
    /// Whether it can be drawn.
    ///
    /// # Errors
    /// One line: how large it would be, and what was expected.
    pub fn check(&self) -> Result<(), String> {
        let (width, height) = self.pixels();
        match u64::from(width) * u64::from(height) > MOST_PIXELS {
            true => Err(format!(
                "{width} × {height} pixels: expected at most {MOST_PIXELS} in all"
            )),
            false => Ok(()),
        }
    }

    /// Physical pixels.
    pub fn pixels(&self) -> (u32, u32) {
        let side = |points: u32| (points as f32 * self.scale).round() as u32;
        (side(self.size.0), side(self.size.1))
    }
}

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// Pixels.
    Png,
    /// Text and lines.
    Svg,
}

/// How series are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// A line for each update.
    Csv,
    /// A list for each series.
    Json,
}

/// What is exported.
#[derive(Clone, Copy)]
pub enum Export {
    /// A picture of what is shown.
    Picture(Asked, Picture),
    /// All series of the run, and of those kept beside it.
    Series(Table),
    /// The numbers of a view, as CSV.
    Numbers(&'static View),
    /// Pictures over a range, as GIF.
    Animation(Asked, Range),
}

/// The most pictures of an animation.
pub const MOST_FRAMES: u64 = 1000;

/// The most pixels of each.
pub const MOST_PIXELS_MOVING: u64 = 16_000_000;

/// Bytes of a pixel of the first picture, and of each of those that follow, of which as a rule a part changes: as measured of the
/// presets, generously.
const FIRST: f64 = 0.15;
const FOLLOWING: f64 = 0.1;

/// What an animation goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// The states of one inference.
    States,
    /// The updates of the run.
    Updates,
}

/// What an animation goes through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// What it goes along.
    pub along: Along,
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// Every so many.
    pub every: u64,
    /// Pictures in a second.
    pub rate: f64,
}

impl Range {
    /// All that is shown; the last of the range always is.
    pub fn points(&self) -> impl Iterator<Item = u64> + use<> {
        let (to, every) = (self.to, self.every.max(1));
        let within = (self.from..=to).step_by(usize::try_from(every).unwrap_or(usize::MAX));
        let ends = self.from <= to && !(to - self.from).is_multiple_of(every);
        within.chain(ends.then_some(to))
    }

    /// How many pictures.
    pub fn frames(&self) -> u64 {
        match self.to.checked_sub(self.from) {
            Some(span) => span.div_ceil(self.every.max(1)) + 1,
            None => 0,
        }
    }

    /// About how many bytes pictures of so many pixels take.
    pub fn estimate(&self, (width, height): (u32, u32)) -> u64 {
        let pixels = f64::from(width) * f64::from(height);
        let following = self.frames().saturating_sub(1) as f64;
        (pixels * (FIRST + FOLLOWING * following)) as u64
    }

    /// Hundredths of a second that a picture stands.
    pub fn delay(&self) -> u16 {
        (100.0 / self.rate).round().clamp(2.0, 6000.0) as u16
    }

    /// Whether it can be drawn in so many pixels, of a run with so many states and updates.
    ///
    /// # Errors
    /// One line: what there is, and what was expected.
    pub fn check(&self, (width, height): (u32, u32), last: u64) -> Result<(), String> {
        let what = match self.along {
            Along::States => "state",
            Along::Updates => "update",
        };
        if self.from > self.to || self.to > last {
            return Err(format!(
                "{what} {} to {}: expected a range within 0 to {last}",
                self.from, self.to
            ));
        }
        if self.every == 0 {
            return Err(format!("every 0: expected every {what}, or every so many"));
        }
        if !(0.1..=50.0).contains(&self.rate) {
            return Err(format!(
                "{} pictures in a second: expected 0.1 to 50",
                self.rate
            ));
        }
        let frames = self.frames();
        if frames > MOST_FRAMES {
            let every = (self.to - self.from).div_ceil(MOST_FRAMES - 1);
            return Err(format!(
                "{frames} pictures: expected at most {MOST_FRAMES}, as with every {every}"
            ));
        }
        let pixels = u64::from(width) * u64::from(height);
        let side = u32::from(u16::MAX);
        if pixels > MOST_PIXELS_MOVING || width > side || height > side {
            return Err(format!(
                "{width} × {height} pixels: expected at most {MOST_PIXELS_MOVING} of an animation"
            ));
        }
        Ok(())
    }
}

/// How far an export is, seen and given up from another thread.
#[derive(Clone, Debug, Default)]
pub struct Course(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    given_up: AtomicBool,
    done: AtomicU64,
    bytes: AtomicU64,
}

impl Course {
    /// It is to end, with nothing written.
    pub fn give_up(&self) {
        self.0.given_up.store(true, Ordering::Relaxed);
    }

    /// Whether it is to end.
    pub fn given_up(&self) -> bool {
        self.0.given_up.load(Ordering::Relaxed)
    }

    /// So many more bytes have been written.
    pub(super) fn wrote(&self, bytes: u64) {
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many pictures are done.
    pub(super) fn drew(&self, pictures: u64) {
        self.0.done.store(pictures, Ordering::Relaxed);
    }

    /// Pictures done, and their bytes.
    pub fn done(&self) -> (u64, u64) {
        let bytes = self.0.bytes.load(Ordering::Relaxed);
        (self.0.done.load(Ordering::Relaxed), bytes)
    }
}

#[cfg(test)]
#[path = "export_range_test.rs"]
mod tests;
