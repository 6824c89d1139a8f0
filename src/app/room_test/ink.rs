//! The texts that a frame has painted: where their ink is, what clips them, and what was painted over them.

use crate::app::robot::screen::{Node, Screen};
use egui::accesskit::Role;
use egui::epaint::{ClippedShape, RectShape, TextShape};
use egui::{Rect, Shape, vec2};

/// What antialiasing may spill, in points.
const SPILL: f32 = 0.6;

/// Inks closer than this in one line read as one word.
const APART: f32 = 1.5;

/// A line of text as it was painted.
#[derive(Clone, Debug)]
pub struct Ink {
    /// What can be read of it.
    pub words: String,
    /// All of it, where the end was left out.
    pub whole: Option<String>,
    /// Where it was drawn.
    pub rect: Rect,
    /// What is seen of it at most.
    pub clip: Rect,
    /// Its place in the order of painting.
    order: usize,
    /// The text that it is a line of.
    text: usize,
}

/// What was painted over what lay there before.
struct Cover {
    order: usize,
    rect: Rect,
}

/// All texts of a frame.
pub struct Page {
    pub inks: Vec<Ink>,
    /// Texts set in a column hardly wider than a word.
    pub narrow: Vec<String>,
    covers: Vec<Cover>,
    screen: Rect,
    bars: Vec<Rect>,
}

impl Page {
    /// Those of the last frame.
    pub fn of(screen: &Screen) -> Self {
        let bar = |n: &&Node| n.role == Role::ScrollBar && n.rect.height() > n.rect.width();
        let mut page = Self {
            inks: Vec::new(),
            narrow: Vec::new(),
            covers: Vec::new(),
            screen: screen.ctx.content_rect(),
            bars: screen.tree.iter().filter(bar).map(|n| n.rect).collect(),
        };
        let mut order = 0;
        for ClippedShape {
            clip_rect, shape, ..
        } in &screen.shapes
        {
            page.take(shape, clip_rect.intersect(page.screen), &mut order);
        }
        let covers = std::mem::take(&mut page.covers);
        // What was wholly painted over is not there.
        page.inks.retain(|ink| {
            let seen = ink.rect.intersect(ink.clip);
            seen.is_positive() && !over(&covers, ink.order, usize::MAX, seen)
        });
        page.covers = covers;
        page
    }

    fn take(&mut self, shape: &Shape, clip: Rect, order: &mut usize) {
        *order += 1;
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|s| self.take(s, clip, order)),
            Shape::Text(text) => self.text(text, clip, *order),
            Shape::Rect(rect) if opaque(rect) => self.covers.push(Cover {
                order: *order,
                rect: rect.rect.intersect(clip),
            }),
            _ => {}
        }
    }

    fn text(&mut self, text: &TextShape, clip: Rect, order: usize) {
        let colour = text.override_text_color.unwrap_or(text.fallback_color);
        if text.opacity_factor == 0.0 || colour.a() == 0 {
            return;
        }
        let galley = &text.galley;
        if galley.rows.len() >= 5 && galley.mesh_bounds.width() < 90.0 {
            self.narrow.push(galley.job.text.clone());
        }
        for row in &galley.rows {
            let words: String = row.glyphs.iter().map(|g| g.chr).collect();
            if words.trim().is_empty() {
                continue;
            }
            let ink = row.visuals.mesh_bounds.translate(row.pos.to_vec2());
            let turned = ink.rotate_bb(egui::emath::Rot2::from_angle(text.angle));
            self.inks.push(Ink {
                words,
                whole: galley.elided.then(|| galley.job.text.clone()),
                rect: turned.translate(text.pos.to_vec2()),
                clip,
                order,
                text: order,
            });
        }
    }

    /// Texts that their clip cuts, where no scrolling brings the rest.
    pub fn cut(&self) -> Vec<&Ink> {
        self.inks.iter().filter(|ink| self.is_cut(ink)).collect()
    }

    fn is_cut(&self, ink: &Ink) -> bool {
        let rect = ink.rect.shrink(SPILL);
        if ink.clip.contains_rect(rect) {
            return false;
        }
        let aside = rect.left() < ink.clip.left() || rect.right() > ink.clip.right();
        aside || !self.scrolls(ink)
    }

    /// A bar to scroll by stands at the right, along all of what is clipped so.
    fn scrolls(&self, ink: &Ink) -> bool {
        let clip = ink.clip;
        self.bars.iter().any(|bar| {
            let beside = bar.right() <= clip.right() + 16.0 && bar.left() >= ink.rect.left();
            let along = (bar.top() - clip.top()).abs() < 16.0;
            beside && along && (bar.bottom() - clip.bottom()).abs() < 16.0
        })
    }

    /// Pairs of texts that run into each other.
    pub fn touching(&self) -> Vec<(&Ink, &Ink)> {
        let mut found = Vec::new();
        let mut sorted: Vec<&Ink> = self.inks.iter().collect();
        sorted.sort_by(|a, b| a.rect.left().total_cmp(&b.rect.left()));
        for (i, a) in sorted.iter().enumerate() {
            let right = a.rect.right() + APART;
            let later = sorted[i + 1..].iter();
            for b in later.take_while(|b| b.rect.left() < right) {
                let (low, high) = if a.order <= b.order {
                    (*a, *b)
                } else {
                    (*b, *a)
                };
                if self.touch(low, high) {
                    found.push((low, high));
                }
            }
        }
        found
    }

    fn touch(&self, low: &Ink, high: &Ink) -> bool {
        if low.text == high.text {
            return false;
        }
        // The same words behind themselves are an outline.
        let beside = (low.rect.min - high.rect.min).length() < 2.5;
        if beside && low.words == high.words {
            return false;
        }
        let seen = |ink: &Ink| ink.rect.intersect(ink.clip).shrink2(vec2(0.0, SPILL));
        let (a, b) = (seen(low), seen(high));
        if !a.is_positive() || !b.is_positive() {
            return false;
        }
        let both = a.expand2(vec2(APART, 0.0)).intersect(b);
        both.is_positive()
            && !over(&self.covers, low.order, high.order, a.intersect(both))
            && !over(&self.covers, high.order, usize::MAX, both)
    }
}

/// What was painted between two moments covers all of `rect`.
fn over(covers: &[Cover], after: usize, before: usize, rect: Rect) -> bool {
    let between = covers
        .iter()
        .filter(|c| c.order > after && c.order < before);
    let mut between = between.filter(|c| c.rect.expand(SPILL).contains_rect(rect));
    between.next().is_some()
}

fn opaque(rect: &RectShape) -> bool {
    rect.fill.a() == 255 && rect.brush.is_none() && rect.blur_width == 0.0
}
