//! How much of a plot's axes is shown: all it has, a part that somebody chose, or what they were held at.

use super::axis::{Axis, Unit};
use egui::Vec2;

/// A part of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    ends: [f64; 2],
    /// What the axis counts: as something else it is of no use.
    of: u32,
    /// Its end is the newest there is, and goes along with it.
    follows: bool,
}

/// What somebody has chosen of a plot's axes; nothing, as long as it fits itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shown {
    /// By powers or evenly, where that was chosen.
    pub log: Option<bool>,
    /// The part across that is looked at.
    pub x: Option<Span>,
    /// The part upwards.
    pub y: Option<Span>,
    /// The axes are held at these, whatever comes.
    pub held: Option<[Span; 2]>,
}

impl Shown {
    /// The same part across, and nothing said of the axis upwards.
    pub fn across(&self) -> Self {
        Self {
            x: self.held.map(|held| held[0]).or(self.x),
            ..Self::default()
        }
    }

    /// How much is shown across, where that was chosen and is counted in `of`.
    pub fn width(&self, of: u32) -> Option<f64> {
        let span = self.held.map(|held| held[0]).or(self.x);
        let span = span.filter(|span| span.of == of)?;
        Some(span.ends[1] - span.ends[0])
    }
}

/// What a plot has to show: its axes as they come.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// The ends across.
    pub x: [f64; 2],
    /// The ends upwards, evenly.
    pub y: [f64; 2],
    /// The ends by powers; `None` where nothing is above 0.
    pub powers: Option<[f64; 2]>,
    /// It comes by powers.
    pub log: bool,
    /// By powers means both axes: they count the same.
    pub both: bool,
    /// What the axes count, as a number: a part of an axis that counts something else is forgotten.
    pub of: u32,
    /// What stands at the axes.
    pub units: [Unit; 2],
    /// More comes at the right: a part that ends there goes along.
    pub grows: bool,
}

/// A part whose end is so near to the newest, in its own widths, ends there.
const NEWEST: f64 = 0.03;
/// The least part of an axis that is shown, relative to its values.
const FINEST: f64 = 1e-6;

impl Fit {
    /// True if the upright axis goes by powers.
    pub fn log(&self, shown: &Shown) -> bool {
        self.powers.is_some() && shown.log.unwrap_or(self.log)
    }

    /// The axes that show everything.
    fn whole(&self, log: bool) -> [Axis; 2] {
        match self.powers.filter(|_| log) {
            Some(ends) if self.both => [Axis::powers(ends); 2],
            Some(ends) => [Axis::even(self.x), Axis::powers(ends)],
            None => [Axis::even(self.x), Axis::even(self.y)],
        }
    }

    /// True if the axes are held, and at ends of what is drawn now: those of time are none of updates.
    pub fn is_held(&self, shown: &Shown) -> bool {
        let own = |held: [Span; 2]| held.iter().all(|span| span.of == self.of);
        shown.held.is_some_and(own)
    }

    /// The axes, across and upwards.
    pub fn axes(&self, shown: &Shown) -> [Axis; 2] {
        let whole = self.whole(self.log(shown));
        if let Some(held) = shown.held.filter(|_| self.is_held(shown)) {
            return [0, 1].map(|i| within(whole[i], held[i].ends));
        }
        [shown.x, shown.y]
            .into_iter()
            .zip(whole)
            .map(|(span, whole)| {
                let Some(span) = span.filter(|span| span.of == self.of) else {
                    return whole;
                };
                let [mut low, mut high] = span.ends;
                if span.follows {
                    low = (whole.high - (high - low)).max(whole.low);
                    high = whole.high;
                }
                // Where nothing is any more, all is shown.
                match high > whole.low && low < whole.high {
                    true => within(whole, [low, high]),
                    false => whole,
                }
            })
            .collect::<Vec<_>>()
            .try_into()
            .unwrap_or(whole)
    }

    /// True if less than everything is shown.
    pub(super) fn zoomed(&self, shown: &Shown) -> bool {
        let own = |span: &Option<Span>| span.is_some_and(|span| span.of == self.of);
        own(&shown.x) || own(&shown.y)
    }

    /// The parts between these shares of the present axes are shown.
    pub(super) fn zoom(&self, shown: &Shown, parts: [[f64; 2]; 2]) -> Shown {
        if self.is_held(shown) {
            return *shown;
        }
        let (axes, whole) = (self.axes(shown), self.whole(self.log(shown)));
        let mut spans = [shown.x, shown.y];
        for i in 0..2 {
            if parts[i] == [0.0, 1.0] {
                continue;
            }
            let [low, high] = axes[i].part(parts[i]);
            let (low, high) = (low.max(whole[i].low), high.min(whole[i].high));
            let fine = FINEST * low.abs().max(high.abs());
            let least = match self.units[i] {
                Unit::Whole => 1.0,
                Unit::Plain | Unit::Percent => fine,
            };
            // What ends near the newest is meant to end there.
            let newest = i == 0 && self.grows && whole[i].high - high < NEWEST * (high - low);
            let high = if newest { whole[i].high } else { high };
            let narrower = high - low < axes[i].high - axes[i].low;
            if !(high - low > least || !narrower && high > low) {
                continue;
            }
            // Going nearer and back again leaves the last bits of a number.
            let (first, last) = (whole[i].share(low), whole[i].share(high));
            let all = first <= 1e-9 && last >= 1.0 - 1e-9;
            spans[i] = (!all).then_some(Span {
                ends: [low, high],
                of: self.of,
                follows: newest,
            });
        }
        Shown {
            x: spans[0],
            y: spans[1],
            ..*shown
        }
    }

    /// The axes move by these shares, no further than there is something.
    pub(super) fn moved(&self, shown: &Shown, by: Vec2) -> Shown {
        let (axes, whole) = (self.axes(shown), self.whole(self.log(shown)));
        let parts = [by.x, by.y].map(f64::from);
        let part = |i: usize| {
            // The ends of everything, as shares of what is shown.
            let (first, last) = (axes[i].share(whole[i].low), axes[i].share(whole[i].high));
            let by = parts[i].max(first.min(0.0)).min((last - 1.0).max(0.0));
            match by {
                0.0 => [0.0, 1.0],
                by => [by, 1.0 + by],
            }
        };
        self.zoom(shown, [part(0), part(1)])
    }

    /// Nearer, or further away, by a factor about a point that stays where it is.
    pub(super) fn nearer(&self, shown: &Shown, factor: f64, about: [Option<f64>; 2]) -> Shown {
        let part = |at: Option<f64>| match at {
            Some(at) => [at - at / factor, at + (1.0 - at) / factor],
            None => [0.0, 1.0],
        };
        self.zoom(shown, about.map(part))
    }

    /// The axes stay as they are, or do no longer.
    pub(super) fn hold(&self, shown: &Shown) -> Shown {
        let now = self.axes(shown).map(|axis| Span {
            ends: [axis.low, axis.high],
            of: self.of,
            follows: false,
        });
        Shown {
            held: (!self.is_held(shown)).then_some(now),
            ..*shown
        }
    }
}

/// An axis like `whole` between these ends; by powers none is 0.
fn within(whole: Axis, [low, high]: [f64; 2]) -> Axis {
    if !whole.log {
        return Axis::even([low, high]);
    }
    if high <= 0.0 {
        return whole;
    }
    let low = match low > 0.0 {
        true => low,
        false => whole.low.min(0.1 * high),
    };
    Axis::powers([low, high])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use egui::vec2;

    /// A plot of a thousand updates, of values up to 2.
    pub const FIT: Fit = Fit {
        x: [0.0, 1000.0],
        y: [0.0, 2.0],
        powers: Some([0.01, 2.0]),
        log: false,
        both: false,
        of: 0,
        units: [Unit::Whole, Unit::Plain],
        grows: true,
    };

    fn ends(shown: &Shown, fit: &Fit) -> [f64; 4] {
        let [x, y] = fit.axes(shown);
        [x.low, x.high, y.low, y.high]
    }

    #[test]
    fn a_part_that_ends_at_the_newest_goes_along() {
        let all = Shown::default();
        let zoomed = FIT.zoom(&all, [[0.9, 1.0], [0.0, 1.0]]);
        assert_eq!(ends(&zoomed, &FIT), [900.0, 1000.0, 0.0, 2.0]);
        let later = Fit {
            x: [0.0, 5000.0],
            ..FIT
        };
        assert_eq!(ends(&zoomed, &later), [4900.0, 5000.0, 0.0, 2.0]);
        // One in the past stays where it is.
        let past = FIT.zoom(&all, [[0.5, 0.6], [0.25, 0.75]]);
        assert_eq!(ends(&past, &later), [500.0, 600.0, 0.5, 1.5]);
        // Of another axis it means nothing, and neither where nothing is.
        let other = Fit { of: 1, ..later };
        assert_eq!(ends(&past, &other), [0.0, 5000.0, 0.0, 2.0]);
        let new = Fit {
            x: [0.0, 100.0],
            ..FIT
        };
        assert_eq!(ends(&past, &new)[..2], [0.0, 100.0]);
    }

    #[test]
    fn the_wheel_keeps_what_is_under_the_pointer_and_comes_back() {
        let mut shown = FIT.nearer(&Shown::default(), 2.0, [Some(0.25), None]);
        assert_eq!(ends(&shown, &FIT), [125.0, 625.0, 0.0, 2.0]);
        for _ in 0..80 {
            shown = FIT.nearer(&shown, 1.5, [Some(0.5); 2]);
        }
        let [low, high, bottom, top] = ends(&shown, &FIT);
        assert!(high - low > 0.9 && high - low < 3.0, "{low} {high}");
        assert!(top > bottom && (top - bottom) / top < 1e-5);
        for _ in 0..80 {
            shown = FIT.nearer(&shown, 1.0 / 1.5, [Some(0.5); 2]);
        }
        assert_eq!(shown, Shown::default());
    }

    #[test]
    fn held_axes_stay_whatever_comes() {
        let held = FIT.hold(&Shown::default());
        let later = Fit {
            x: [0.0, 9000.0],
            y: [-3.0, 7.0],
            ..FIT
        };
        assert_eq!(ends(&held, &later), [0.0, 1000.0, 0.0, 2.0]);
        assert_eq!(later.nearer(&held, 2.0, [Some(0.5); 2]), held);
        // By powers no end is 0.
        let log = Shown {
            log: Some(true),
            ..held
        };
        assert_eq!(ends(&log, &later), [0.0, 1000.0, 0.01, 2.0]);
        assert_eq!(later.hold(&held), Shown::default());
    }

    #[test]
    fn what_is_moved_stops_at_the_ends() {
        let part = FIT.zoom(&Shown::default(), [[0.2, 0.4], [0.0, 1.0]]);
        let [low, high, ..] = ends(&FIT.moved(&part, vec2(0.5, 0.3)), &FIT);
        assert!((low - 300.0).abs() < 1e-3 && (high - 500.0).abs() < 1e-3);
        let [low, high, ..] = ends(&FIT.moved(&part, vec2(-9.0, 0.0)), &FIT);
        assert!(low.abs() < 1e-9 && (high - 200.0).abs() < 1e-3);
    }
}
