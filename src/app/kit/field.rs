//! Fields: a number that can be typed or dragged, and a line of text.
//!
//! Drawing a field never changes its value, whatever it is; only typing, dragging, the arrow keys and assistive technology do.
//! Text that cannot be taken up stays in the field, marked, with the limit in words below the row (see [`row`]); until it is mended
//! or given up with Escape, the value is the last one that was taken up.

use egui::text::{CCursor, CCursorRange};
use egui::{
    Align2, Context, Id, Key, Label, Margin, Modifiers, Rect, Response, Role, Sense, Stroke,
    TextEdit, Ui, Vec2, WidgetInfo, accesskit, pos2, vec2,
};
use std::ops::RangeInclusive;

use super::icons::Icon;
use super::{card, paint};
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// A number that a field can hold.
pub trait Number: Copy + PartialEq {
    /// The number that a text says, written as this program writes numbers or plainly; `None` if it says none.
    fn read(text: &str) -> Option<Self>;
    /// A text with every digit, that reads back the same.
    fn exact(self) -> String;
    /// A text for a narrow place; digits may be lost.
    fn short(self) -> String;
    /// The number so much further, rounded as steps of `speed` ask for.
    fn moved(self, by: f64, speed: f64) -> Self;
    /// The nearest that lies between two others.
    fn held(self, least: Self, most: Self) -> Self;
    /// For assistive technology, which knows no other numbers.
    fn as_f64(self) -> f64;
    /// What it is called where something else was typed.
    const CALLED: &'static str;
}

impl Number for f64 {
    fn read(text: &str) -> Option<Self> {
        plain(text).parse().ok().filter(|v: &f64| v.is_finite())
    }

    fn exact(self) -> String {
        let text = format!("{self:?}");
        let text = text.strip_suffix(".0").unwrap_or(&text);
        text.replace('-', "\u{2212}")
    }

    fn short(self) -> String {
        format::number(self)
    }

    fn moved(self, by: f64, speed: f64) -> Self {
        let decimals = (1.0 - speed.log10()).ceil().clamp(0.0, 12.0) as usize;
        egui::emath::round_to_decimals(self + by, decimals)
    }

    fn held(self, least: Self, most: Self) -> Self {
        self.clamp(least, most)
    }

    fn as_f64(self) -> f64 {
        self
    }

    const CALLED: &'static str = "a number";
}

impl Number for u64 {
    fn read(text: &str) -> Option<Self> {
        let plain = plain(text);
        // Beyond 2⁵³ a number with a point or a power of ten does not say which whole number is meant.
        const SURE: f64 = 9_007_199_254_740_992.0;
        let whole = |v: f64| (v.fract() == 0.0 && (0.0..=SURE).contains(&v)).then_some(v as u64);
        plain
            .parse()
            .ok()
            .or_else(|| plain.parse().ok().and_then(whole))
    }

    fn exact(self) -> String {
        format::count(self)
    }

    fn short(self) -> String {
        format::count(self)
    }

    fn moved(self, by: f64, _speed: f64) -> Self {
        let to = i128::from(self).saturating_add(by.round() as i128);
        u64::try_from(to.max(0)).unwrap_or(u64::MAX)
    }

    fn held(self, least: Self, most: Self) -> Self {
        self.clamp(least, most)
    }

    fn as_f64(self) -> f64 {
        self as f64
    }

    const CALLED: &'static str = "a whole number";
}

impl Number for usize {
    fn read(text: &str) -> Option<Self> {
        u64::read(text).and_then(|v| usize::try_from(v).ok())
    }

    fn exact(self) -> String {
        (self as u64).exact()
    }

    fn short(self) -> String {
        (self as u64).short()
    }

    fn moved(self, by: f64, speed: f64) -> Self {
        usize::try_from((self as u64).moved(by, speed)).unwrap_or(usize::MAX)
    }

    fn held(self, least: Self, most: Self) -> Self {
        self.clamp(least, most)
    }

    fn as_f64(self) -> f64 {
        self as f64
    }

    const CALLED: &'static str = "a whole number";
}

/// Without what this program puts into numbers for reading: commas and spaces, and the true minus sign.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != ',')
        .map(|c| if c == format::MINUS { '-' } else { c })
        .collect()
}

/// What has been typed into a field and not been taken up.
#[derive(Clone)]
struct Typing {
    text: String,
    /// The value that stood when it was typed, with every digit: another one makes the text stale.
    of: String,
    /// It was offered and could not be taken up.
    refused: bool,
}

/// The field had the focus when it was drawn last.
#[derive(Clone, Copy)]
struct Focused;

/// Where a drag began, and how far it has gone, in points.
#[derive(Clone, Copy)]
struct Drag<V>(V, f64);

/// A number field: click to type, drag sideways or use the arrow keys to change.
pub struct NumberField<'a, V> {
    name: &'a str,
    range: RangeInclusive<V>,
    speed: f64,
    width: f32,
    most: f32,
    check: Option<&'a dyn Fn(V) -> Result<(), String>>,
}

impl<'a, V: Number + Send + Sync + 'static> NumberField<'a, V> {
    /// A field named `name` for the accessibility tree, that takes up numbers of `range`. A value outside it stands as it is.
    pub fn new(name: &'a str, range: RangeInclusive<V>) -> Self {
        Self {
            name,
            range,
            speed: if V::CALLED == u64::CALLED { 0.25 } else { 0.01 },
            width: 96.0,
            most: 0.0,
            check: None,
        }
    }

    /// How much one point of dragging changes.
    pub fn speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// Sets the width.
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Lets a long number have up to this width; what has no room is cut, and stands whole in the hover.
    pub fn up_to(mut self, width: f32) -> Self {
        self.most = width;
        self
    }

    /// What else a number must keep to, in words that follow "name text:" where it does not.
    pub fn check(mut self, check: &'a dyn Fn(V) -> Result<(), String>) -> Self {
        self.check = Some(check);
        self
    }

    /// The number that a text says, or why it cannot be taken up.
    fn judge(&self, text: &str) -> Result<V, String> {
        let value = V::read(text).ok_or_else(|| expected(&self.range))?;
        self.fits(value).map(|()| value)
    }

    fn fits(&self, value: V) -> Result<(), String> {
        if value.held(*self.range.start(), *self.range.end()) != value {
            return Err(expected(&self.range));
        }
        self.check.map_or(Ok(()), |check| check(value))
    }

    /// The value after a step of the arrow keys or of a drag: within the limits, or none.
    fn step(&self, from: V, by: f64) -> Option<V> {
        let moved = from.moved(by, self.speed);
        let to = moved.held(*self.range.start(), *self.range.end());
        self.fits(to).is_ok().then_some(to)
    }

    /// Shows the field. Its refusals are said by the [`row`] around it.
    pub fn show(self, ui: &mut Ui, value: &mut V) -> Response {
        let id = ui.scope_id().with(("number", self.name));
        let before = *value;
        let exact = before.exact();
        let kept: Option<Typing> = ui.data(|d| d.get_temp(id));
        let mut typing = kept.filter(|t| t.of == exact);
        let focused = ui.is_enabled() && {
            let layer = ui.layer_id();
            ui.memory_mut(|m| {
                m.interested_in_focus(id, layer);
                m.has_focus(id)
            })
        };
        let escape = ui.input(|i| i.key_pressed(Key::Escape));
        let was = ui.data(|d| d.get_temp::<Focused>(id)).is_some();
        let (entered, left) = (focused && !was, was && !focused);
        if left && escape {
            typing = None;
        }
        let (steps, set) = self.wishes(ui, id, focused);
        if steps != 0.0 {
            *value = self.step(before, steps * self.speed).unwrap_or(before);
            typing = None;
        }
        let mut offered = left && !escape;
        if let Some(text) = set {
            typing = Some(Typing {
                text,
                of: exact.clone(),
                refused: false,
            });
            offered = true;
        }
        let refusal = |t: &Option<Typing>| {
            let text = t.as_ref().filter(|t| t.refused).map(|t| &t.text)?;
            self.judge(text).err()
        };
        let marked = refusal(&typing).is_some();
        let mut response = if focused {
            let entered = entered || typing.is_none();
            let own = typing.get_or_insert_with(|| Typing {
                text: value.exact(),
                of: value.exact(),
                refused: false,
            });
            let response = self.edit(ui, id, &mut own.text, entered, marked);
            offered |= response.lost_focus() && !escape;
            response
        } else {
            let shown = typing.as_ref().map(|t| t.text.as_str());
            self.rest(ui, id, value, shown, marked)
        };
        // Text that was refused is taken up as soon as what stood in its way is gone.
        offered |= !focused && typing.as_ref().is_some_and(|t| t.refused);
        let mut again = false;
        if offered && let Some(mut own) = typing.take() {
            match self.judge(&own.text) {
                // Text that was only looked at changes nothing.
                Ok(_) if own.text == exact => {}
                Ok(new) => *value = new,
                Err(_) => {
                    own.refused = true;
                    typing = Some(own);
                    // Enter asks for an answer here, with the text marked to be typed over; who goes elsewhere is let go.
                    again = focused && ui.input(|i| i.key_pressed(Key::Enter));
                    if again {
                        ui.memory_mut(|m| m.request_focus(id));
                    }
                }
            }
        }
        if let Some(typing) = &mut typing {
            typing.of = value.exact();
        }
        // Of what is no number it would differ from itself.
        if value.exact() != exact {
            response.mark_changed();
        }
        let words = refusal(&typing).map(|why| {
            let own = typing.as_ref().map_or("", |t| t.text.as_str());
            format!(
                "{} {}: {why}. {} stands.",
                self.name,
                shortened(own),
                value.short()
            )
        });
        self.describe(ui, &response, *value, &typing, words.as_deref());
        if let Some(words) = words {
            let fresh = offered && was;
            ui.data_mut(|d| {
                let all = d.get_temp_mut_or_default::<Refusals>(Id::NULL);
                all.0.push((words, fresh));
            });
        }
        let (stays, pass) = (
            focused && ui.memory(|m| m.has_focus(id)),
            ui.ctx().cumulative_pass_nr(),
        );
        ui.data_mut(|d| {
            if stays {
                d.insert_temp(Id::NULL, Typed(id, pass));
            }
            if stays && !again {
                d.insert_temp(id, Focused);
            } else {
                d.remove::<Focused>(id);
            }
            match typing {
                Some(typing) => drop(d.insert_temp(id, typing)),
                None => d.remove::<Typing>(id),
            }
        });
        response
    }

    /// Steps asked for by arrow keys and assistive technology, and a text that the latter puts in place of the field's.
    fn wishes(&self, ui: &Ui, id: Id, focused: bool) -> (f64, Option<String>) {
        use accesskit::{Action, ActionData};
        let (steps, set) = ui.input_mut(|input| {
            let mut steps = 0.0;
            if focused {
                steps += input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp) as f64
                    - input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown) as f64;
            }
            steps += input.num_accesskit_action_requests(id, Action::Increment) as f64
                - input.num_accesskit_action_requests(id, Action::Decrement) as f64;
            let set = input
                .accesskit_action_requests(id, Action::SetValue)
                .filter_map(|request| match &request.data {
                    Some(ActionData::NumericValue(v)) => Some(v.exact()),
                    Some(ActionData::Value(text)) => Some(text.to_string()),
                    _ => None,
                })
                .last();
            (steps, set)
        });
        // Whole numbers go by ones.
        let each = if V::CALLED == u64::CALLED {
            1.0 / self.speed
        } else {
            1.0
        };
        (steps * each, set)
    }

    /// The field while it is typed in.
    fn edit(
        &self,
        ui: &mut Ui,
        id: Id,
        words: &mut String,
        entered: bool,
        marked: bool,
    ) -> Response {
        let size = vec2(self.natural(ui, words), metrics::CONTROL);
        let response = ui
            .scope(|ui| {
                look(ui);
                if marked {
                    let c = Theme::get(ui);
                    let stroke = Stroke::new(metrics::STROKE, c.refused);
                    ui.visuals_mut().selection.stroke = stroke;
                }
                let field = TextEdit::singleline(words)
                    .id(id)
                    .font(text::mono_font())
                    .clip_text(true)
                    .margin(Margin::symmetric(5, 3))
                    .align(Align2::LEFT_CENTER)
                    .desired_width(size.x - 10.0)
                    .min_size(size);
                ui.add_sized(size, field)
            })
            .inner;
        if entered {
            let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
            let end = CCursor::new(words.chars().count());
            let all = CCursorRange::two(CCursor::default(), end);
            state.cursor.set_char_range(Some(all));
            state.store(ui.ctx(), id);
        }
        response
    }

    /// As wide as asked for; a long number gets what it needs, as far as it may.
    fn natural(&self, ui: &Ui, words: &str) -> f32 {
        let needed = paint::width(ui.painter(), words, text::mono_font()).ceil() + 12.0;
        needed
            .min(self.most)
            .min(ui.available_width())
            .max(self.width)
    }

    /// The field while it is not typed in; text that was refused stands in it.
    fn rest(
        &self,
        ui: &mut Ui,
        id: Id,
        value: &mut V,
        refused: Option<&str>,
        marked: bool,
    ) -> Response {
        let exact = value.exact();
        let width = |words: &str| paint::width(ui.painter(), words, text::mono_font());
        let room = self.width.max(self.most.min(ui.available_width())) - 10.0;
        let words = match refused {
            Some(text) => text.to_owned(),
            None if width(&exact) <= room => exact.clone(),
            None => value.short(),
        };
        let natural = match refused {
            Some(_) => self.width,
            None => self.natural(ui, &words),
        };
        let (_, rect) = ui.allocate_space(vec2(natural, metrics::CONTROL));
        let mut response = ui.interact(rect, id, Sense::click_and_drag());
        if response.clicked() {
            ui.memory_mut(|m| m.request_focus(id));
        } else if response.dragged() {
            let drag = id.with("drag");
            let Drag(from, gone) = ui
                .data(|d| d.get_temp::<Drag<V>>(drag))
                .filter(|_| !response.drag_started())
                .unwrap_or(Drag(*value, 0.0));
            let slower = if ui.input(|i| i.modifiers.shift_only()) {
                0.1
            } else {
                1.0
            };
            let delta = response.drag_delta();
            let gone = gone + f64::from(delta.x - delta.y) * slower;
            ui.data_mut(|d| d.insert_temp(drag, Drag(from, gone)));
            if delta != Vec2::ZERO {
                *value = self.step(from, gone * self.speed).unwrap_or(*value);
            }
        }
        let c = Theme::get(ui);
        let painter = ui.painter();
        let border = match () {
            () if marked => c.refused,
            () if response.is_pointer_button_down_on() => c.t1,
            () if response.hovered() => c.line2,
            () => c.line,
        };
        paint::bordered(painter, rect, metrics::RADIUS, c.bg2, border);
        if marked {
            let stroke = Stroke::new(metrics::STROKE, border);
            let inside = egui::StrokeKind::Inside;
            painter.rect_stroke(rect, metrics::RADIUS, stroke, inside);
        }
        let font = text::mono_font();
        let y = paint::baseline(painter, rect.center().y, font.size);
        let wide = paint::width(painter, &words, font.clone());
        let room = rect.width() - 10.0;
        let left = if wide <= room {
            rect.center().x - 0.5 * wide
        } else {
            rect.left() + 5.0
        };
        paint::write_within(painter, pos2(left, y), room + 0.5, &words, font, c.t1);
        if response.hovered() {
            ui.set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
        }
        if refused.is_none() {
            response = match (words != exact, explain::text(Mark::Field, self.name)) {
                (true, Some(text)) => card::hover(response, &format!("{exact}. {text}")),
                (true, None) => card::hover(response, &exact),
                (false, Some(text)) => card::hover(response, text),
                (false, None) => response,
            };
        }
        response
    }

    /// What assistive technology is told, the same at rest and while it is typed in.
    fn describe(
        &self,
        ui: &Ui,
        response: &Response,
        value: V,
        typing: &Option<Typing>,
        refused: Option<&str>,
    ) {
        let enabled = ui.is_enabled();
        response.widget_info(|| WidgetInfo::drag_value(enabled, value.as_f64()));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            use accesskit::Action;
            node.set_label(self.name);
            node.set_value(
                typing
                    .as_ref()
                    .map_or_else(|| value.exact(), |t| t.text.clone()),
            );
            let (least, most) = (self.range.start().as_f64(), self.range.end().as_f64());
            if least.is_finite() {
                node.set_min_numeric_value(least);
            }
            if most.is_finite() {
                node.set_max_numeric_value(most);
            }
            node.set_numeric_value_step(self.speed);
            node.add_action(Action::SetValue);
            node.add_action(Action::Increment);
            node.add_action(Action::Decrement);
            if let Some(words) = refused {
                node.set_invalid(accesskit::Invalid::True);
                node.set_description(words);
            }
        });
    }
}

/// "expected a whole number from 1 to 4,096", "expected a number, 0 or above".
fn expected<V: Number>(range: &RangeInclusive<V>) -> String {
    let (least, most) = (*range.start(), *range.end());
    let bounded = most.as_f64() < u64::MAX as f64 && most.as_f64().is_finite();
    let limits = match (least.as_f64().is_finite(), bounded) {
        (true, true) => format!(" from {} to {}", least.short(), most.exact()),
        (true, false) => format!(", {} or above", least.short()),
        (false, true) => format!(", {} or below", most.exact()),
        (false, false) => String::new(),
    };
    format!("expected {}{limits}", V::CALLED)
}

/// As much of a text as a line has room for.
fn shortened(text: &str) -> String {
    const MOST: usize = 24;
    if text.chars().count() <= MOST {
        return format!("“{text}”");
    }
    let start: String = text.chars().take(MOST).collect();
    format!("“{start}…”")
}

/// What fields refused since the last row ended, and whether just now.
#[derive(Clone, Default)]
struct Refusals(Vec<(String, bool)>);

/// The field that is typed in, and the pass in which it was drawn.
#[derive(Clone, Copy)]
struct Typed(Id, u64);

/// The number field that was typed in when the window was drawn last.
pub fn typed_in(ctx: &Context) -> Option<Id> {
    let typed: Option<Typed> = ctx.data(|d| d.get_temp(Id::NULL));
    let now = ctx.cumulative_pass_nr();
    typed.filter(|t| t.1 + 1 >= now).map(|t| t.0)
}

/// Forgets what was typed into number fields and not taken up.
pub fn forget_typing(ctx: &Context) {
    ctx.data_mut(|d| d.remove_by_type::<Typing>());
}

/// Side by side, as [`Ui::horizontal`]; what number fields in the row refuse is said below it.
pub fn row<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let inner = ui.horizontal(contents).inner;
    refusals(ui);
    inner
}

/// Says what the number fields drawn since then have refused.
pub fn refusals(ui: &mut Ui) {
    let refused = ui.data_mut(|d| {
        let all = d.get_temp_mut_or_default::<Refusals>(Id::NULL);
        std::mem::take(&mut all.0)
    });
    for (words, fresh) in refused {
        ui.add_space(3.0);
        let said = refusal(ui, &words);
        if fresh {
            // Where the panel is scrolled, what was just refused is brought into sight.
            said.scroll_to_me(None);
        }
        ui.add_space(3.0);
    }
}

/// A line about what cannot be taken up: a sign, and words in the colour of what is refused.
pub fn refusal(ui: &mut Ui, words: &str) -> Response {
    let c = Theme::get(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let (square, _) = ui.allocate_exact_size(vec2(12.0, 14.0), Sense::hover());
        let square = Rect::from_center_size(square.center(), vec2(12.0, 12.0));
        Icon::Warning.paint_in(ui.painter(), square, c.refused);
        let label = Label::new(text::caption(words).color(c.refused)).wrap();
        let response = ui.add(label);
        response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, words));
        response
    })
    .inner
}

/// A line of text with a hint while it is empty.
pub fn text_field(ui: &mut Ui, value: &mut String, name: &str, hint: &str, width: f32) -> Response {
    let c = Theme::get(ui);
    ui.scope(|ui| {
        look(ui);
        let field = TextEdit::singleline(value)
            .font(text::body_font())
            .hint_text(
                egui::RichText::new(hint)
                    .font(text::body_font())
                    .color(c.t3),
            )
            .margin(Margin::symmetric(8, 3))
            .align(Align2::LEFT_CENTER)
            .desired_width(width - 16.0)
            .min_size(vec2(width, metrics::CONTROL));
        let field = ui.add(field).accessible_name(name);
        explain::mark(field, Mark::Field, name)
    })
    .inner
}

/// The look of fields: a fill of their own, a hairline, the colour of text while focused.
fn look(ui: &mut Ui) {
    let c = Theme::get(ui);
    let widgets = &mut ui.visuals_mut().widgets;
    for (state, border) in [
        (&mut widgets.inactive, c.line),
        (&mut widgets.hovered, c.line2),
        (&mut widgets.active, c.t1),
    ] {
        state.bg_fill = c.bg2;
        state.weak_bg_fill = c.bg2;
        state.bg_stroke = Stroke::new(metrics::HAIRLINE, border);
    }
    ui.spacing_mut().button_padding = vec2(8.0, 3.0);
}

#[cfg(test)]
#[path = "field_test.rs"]
mod tests;
