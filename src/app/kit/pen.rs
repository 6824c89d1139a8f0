//! The pen that draws icons: lines with round ends on a grid of 16.

use egui::{Painter, Pos2, Rect, Shape, Stroke, StrokeKind, vec2};

/// Draws on the grid of 16.
pub(super) struct Pen<'a> {
    pub painter: &'a Painter,
    pub origin: Pos2,
    pub scale: f32,
    pub stroke: Stroke,
}

impl Pen<'_> {
    pub fn at(&self, (x, y): (f32, f32)) -> Pos2 {
        self.origin + self.scale * vec2(x, y)
    }

    pub fn points(&self, points: &[(f32, f32)]) -> Vec<Pos2> {
        points.iter().map(|p| self.at(*p)).collect()
    }

    /// An open line with round ends.
    pub fn line(&self, points: &[(f32, f32)]) {
        let points = self.points(points);
        let radius = 0.5 * self.stroke.width;
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            for end in [*first, *last] {
                self.painter.circle_filled(end, radius, self.stroke.color);
            }
        }
        self.painter.add(Shape::line(points, self.stroke));
    }

    /// A closed line with round corners: a mitre would stick out of sharp ones.
    pub fn closed(&self, points: &[(f32, f32)]) {
        let points = self.points(points);
        for (i, from) in points.iter().enumerate() {
            let to = points[(i + 1) % points.len()];
            self.painter.line_segment([*from, to], self.stroke);
            let radius = 0.5 * self.stroke.width;
            self.painter.circle_filled(*from, radius, self.stroke.color);
        }
    }

    pub fn fill(&self, points: &[(f32, f32)]) {
        let points = self.points(points);
        let shape = Shape::convex_polygon(points, self.stroke.color, Stroke::NONE);
        self.painter.add(shape);
    }

    pub fn circle(&self, centre: (f32, f32), radius: f32) {
        self.painter
            .circle_stroke(self.at(centre), self.scale * radius, self.stroke);
    }

    pub fn dot(&self, centre: (f32, f32), radius: f32) {
        self.painter
            .circle_filled(self.at(centre), self.scale * radius, self.stroke.color);
    }

    /// A rounded rectangle whose line is centred on its edge.
    pub fn frame(&self, min: (f32, f32), max: (f32, f32), radius: f32) {
        let rect = Rect::from_min_max(self.at(min), self.at(max));
        let shape = egui::epaint::RectShape::stroke(
            rect,
            egui::CornerRadius::same((radius * self.scale).round() as u8),
            self.stroke,
            StrokeKind::Middle,
        );
        self.painter.add(shape.with_round_to_pixels(false));
    }

    pub fn block(&self, min: (f32, f32), max: (f32, f32)) {
        let rect = Rect::from_min_max(self.at(min), self.at(max));
        self.painter.rect_filled(rect, 0, self.stroke.color);
    }
}

/// Points on an arc, angles in quarter turns clockwise from the right.
pub(super) fn arc(centre: (f32, f32), radii: (f32, f32), from: f32, to: f32) -> Vec<(f32, f32)> {
    const STEPS: usize = 12;
    (0..=STEPS)
        .map(|i| {
            let share = i as f32 / STEPS as f32;
            let angle = (from + (to - from) * share) * std::f32::consts::FRAC_PI_2;
            (
                centre.0 + radii.0 * angle.cos(),
                centre.1 + radii.1 * angle.sin(),
            )
        })
        .collect()
}
