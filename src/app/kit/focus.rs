//! Which keys the control with the focus takes itself, and how arrows go from one to the next inside a list or a grid.
//!
//! A control that wants more than Space and Enter says so while it is drawn ([`takes_keys`]); what stands in a list, a menu, a row of
//! choices or a grid is an [`item`] of it. The window asks [`takes`] before it carries a key out, and ends every frame with [`settle`].
//! Tab goes everywhere; arrows never leave the list.

use crate::app::theme::{Theme, metrics};
use egui::{Context, Event, EventFilter, Id, Key, Rect, Response, Stroke, StrokeKind, Vec2};

/// What a control with the focus does with keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Space and Enter press it, as whatever says nothing.
    Press,
    /// Left and right arrows move its value; it cannot be pressed.
    Slider,
    /// As a slider, and Home and End go to its ends.
    Line,
    /// Arrows go all ways, and Space presses it.
    Grid,
    /// As a grid without Space, and Home, End and pages go far.
    Table,
    /// Nothing: it is looked at.
    Nothing,
}

impl Keys {
    fn has(self, key: Key) -> bool {
        use Key::{ArrowDown, ArrowLeft, ArrowRight, ArrowUp, End, Home, PageDown, PageUp, Space};
        match self {
            Self::Press => key == Space,
            Self::Slider => matches!(key, ArrowLeft | ArrowRight),
            Self::Line => matches!(key, ArrowLeft | ArrowRight | Home | End),
            Self::Grid => matches!(key, ArrowLeft | ArrowRight | ArrowUp | ArrowDown | Space),
            Self::Table => matches!(
                key,
                ArrowLeft | ArrowRight | ArrowUp | ArrowDown | Home | End | PageUp | PageDown
            ),
            Self::Nothing => false,
        }
    }
}

/// An item of a list, and where it is.
#[derive(Clone, Copy)]
struct Item {
    list: Id,
    id: Id,
    rect: Rect,
}

/// What was drawn in a pass.
#[derive(Clone, Default)]
struct Drawn {
    items: Vec<Item>,
    /// The control with the focus, and what it does with keys, if it says so.
    own: Option<(Id, Keys)>,
    /// What had the focus when the pass before ended.
    focused: Option<Id>,
    /// The control whose ring is drawn.
    ringed: Option<Id>,
    /// Since when what has the focus has it, while no key was pressed; in seconds.
    since: Option<f64>,
}

fn with<R>(ctx: &Context, change: impl FnOnce(&mut Drawn) -> R) -> R {
    ctx.data_mut(|d| change(d.get_temp_mut_or_default(Id::NULL)))
}

/// Says what a control does with keys while it has the focus.
pub fn takes_keys(response: &Response, keys: Keys) {
    if response.has_focus() {
        with(&response.ctx, |drawn| drawn.own = Some((response.id, keys)));
    }
}

/// A control is one of `list`: arrows go to the others of it, and nowhere else.
pub fn item(list: Id, response: &Response) {
    let (id, rect) = (response.id, response.rect);
    with(&response.ctx, |drawn| {
        drawn.items.push(Item { list, id, rect })
    });
}

/// True if the control with the focus, as it was drawn last, takes a key itself.
pub fn takes(ctx: &Context, key: Key) -> bool {
    let Some(focused) = ctx.memory(|m| m.focused()) else {
        return false;
    };
    with(ctx, |drawn| {
        let own = drawn.own.filter(|own| own.0 == focused).map(|own| own.1);
        let listed = drawn.items.iter().any(|item| item.id == focused);
        let keys = own.unwrap_or(if listed { Keys::Grid } else { Keys::Press });
        keys.has(key)
    })
}

/// So long a control has the focus before it says what it is, in seconds.
const RESTS: f64 = 0.7;

/// True if a control has had the focus for a while, and neither pointer nor keys were used since.
pub fn rests(response: &Response) -> bool {
    let ctx = &response.ctx;
    if !response.has_focus() || ctx.text_edit_focused() {
        return false;
    }
    let Some(since) = with(ctx, |drawn| drawn.since) else {
        return false;
    };
    let (now, moved) = ctx.input(|i| (i.time, i.pointer.time_since_last_movement()));
    let rested = now - since;
    if f64::from(moved) < rested {
        return false;
    }
    if rested < RESTS {
        ctx.request_repaint_after_secs((RESTS - rested) as f32);
    }
    rested >= RESTS
}

/// The control's ring is drawn by itself, closer to its shape than [`settle`] would.
pub fn ringed(response: &Response) {
    with(&response.ctx, |drawn| drawn.ringed = Some(response.id));
}

/// Forgets what was drawn before: to be called before anything of a pass is drawn, and after its keys have been taken.
pub fn begin(ctx: &Context) {
    with(ctx, |drawn| {
        drawn.items.clear();
        (drawn.own, drawn.ringed) = (None, None);
    });
}

/// Ends a pass: what has the focus is seen, and arrows move it inside a list, and by themselves nowhere else.
pub fn settle(ctx: &Context) {
    let focused = ctx.memory(|m| m.focused());
    let (now, pressed) = ctx.input(|i| {
        let pressed = |e: &Event| matches!(e, Event::Key { pressed: true, .. });
        (i.time, i.events.iter().any(pressed))
    });
    let (before, list) = with(ctx, |drawn| {
        if drawn.focused != focused {
            drawn.since = Some(now);
        } else if pressed {
            drawn.since = None;
        }
        let before = std::mem::replace(&mut drawn.focused, focused);
        let own = drawn.items.iter().find(|item| Some(item.id) == focused);
        let list = own.map(|own| {
            let others = drawn.items.iter().filter(|other| other.list == own.list);
            (*own, others.copied().collect::<Vec<Item>>())
        });
        (before, list)
    });
    let Some(focused) = focused else {
        return;
    };
    if before != Some(focused) {
        // What keeps arrows here takes hold from the next pass on.
        ctx.request_repaint();
    }
    if ctx.text_edit_focused() {
        return;
    }
    let filter = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ctx.memory_mut(|m| m.set_focus_lock_filter(focused, filter));
    ring(ctx, focused);
    let Some((own, others)) = list else {
        return;
    };
    let ways = [
        (Key::ArrowLeft, Vec2::LEFT),
        (Key::ArrowRight, Vec2::RIGHT),
        (Key::ArrowUp, Vec2::UP),
        (Key::ArrowDown, Vec2::DOWN),
    ];
    for (key, way) in ways {
        let plain = ctx.input(|i| i.key_pressed(key) && i.modifiers.is_none());
        if let Some(next) = next(own, &others, way).filter(|_| plain) {
            ctx.memory_mut(|m| m.request_focus(next.id));
            ctx.request_repaint();
        }
    }
}

/// Outlines what has the focus, where it does not do so itself.
fn ring(ctx: &Context, focused: Id) {
    let own = with(ctx, |drawn| drawn.ringed == Some(focused));
    let Some(response) = ctx.read_response(focused).filter(|_| !own) else {
        return;
    };
    let stroke = Stroke::new(metrics::STROKE, Theme::of_context(ctx).t1);
    let painter = ctx.layer_painter(response.layer_id);
    // Inside what of it is seen: beyond that another panel may begin.
    let rect = response.interact_rect;
    painter.rect_stroke(rect, metrics::RADIUS, stroke, StrokeKind::Inside);
}

/// The nearest of a list that way; what lies aside counts as farther.
fn next(own: Item, others: &[Item], way: Vec2) -> Option<Item> {
    let far = |other: &Item| {
        let by = other.rect.center() - own.rect.center();
        let along = by.dot(way);
        (along > 1.0).then(|| along + 3.0 * by.dot(way.rot90()).abs())
    };
    let those = others.iter().filter(|other| other.id != own.id);
    let reached = those.filter_map(|other| Some((far(other)?, *other)));
    reached
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, item)| item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{pos2, vec2};

    #[test]
    fn arrows_go_to_the_nearest_of_the_list_that_way() {
        const NAMES: [&str; 4] = ["a", "b", "c", "d"];
        let at = |i: usize, x: f32, y: f32| Item {
            list: Id::unique("list"),
            id: Id::unique(NAMES[i]),
            rect: Rect::from_min_size(pos2(x, y), vec2(10.0, 10.0)),
        };
        // A row of three, and one below.
        let all = [
            at(0, 0.0, 0.0),
            at(1, 20.0, 0.0),
            at(2, 40.0, 0.0),
            at(3, 0.0, 20.0),
        ];
        let to = |from: usize, way| {
            let next = next(all[from], &all, way)?;
            all.iter().position(|item| item.id == next.id)
        };
        assert_eq!(to(0, Vec2::RIGHT), Some(1));
        assert_eq!(to(1, Vec2::RIGHT), Some(2));
        assert_eq!(to(0, Vec2::DOWN), Some(3));
        assert_eq!(to(2, Vec2::DOWN), Some(3));
        assert_eq!(to(3, Vec2::UP), Some(0));
        assert_eq!(to(2, Vec2::RIGHT), None);
        assert_eq!(to(0, Vec2::LEFT), None);
    }
}
