//! The picture of `bench --scaling`: time per update along every axis, on paper, with logarithmic scales.

use super::headless;
use super::kit::{legend, paint};
use super::text;
use super::theme::{Marker, RuleLook as _, Theme, Tokens, metrics};
use crate::experiment::bench::scaling::{Curve, Point, Report};
use crate::learning::{Rule, rule};
use egui::{Align, Rect, Stroke, Ui, UiBuilder, pos2, vec2};
use egui_plot::{AxisHints, GridInput, GridMark, Line, LineStyle, MarkerShape, Plot, Points};

/// Size in points, and physical pixels per point.
const SIZE: egui::Vec2 = vec2(1200.0, 800.0);
const SCALE: f32 = 2.0;
const MARGIN: f32 = 20.0;
/// The heading of the page, and that of a plot.
const PAGE_HEAD: f32 = 44.0;
const HEAD: f32 = 38.0;

/// Draws the report.
pub fn picture(report: &Report) -> image::RgbaImage {
    headless::render(SIZE, SCALE, Theme::Light, 3, |ui| page(ui, report))
}

fn page(ui: &mut Ui, report: &Report) {
    let c = Theme::get(ui);
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0, c.bg1);
    let area = area.shrink(MARGIN);
    let words = format!(
        "{} thread{}, {}, {:.0} GFLOP/s from registers; shortest of repeated runs",
        report.threads,
        if report.threads == 1 { "" } else { "s" },
        report.machine.instructions,
        report.machine.fma_gflops
    );
    let painter = ui.painter().clone();
    let base = area.top() + 14.0;
    let title = paint::write(
        &painter,
        pos2(area.left(), base),
        Align::LEFT,
        "Time of one update, in ms",
        text::title_font(),
        c.t1,
    );
    let at = pos2(title.right() + 12.0, base);
    paint::write(
        &painter,
        at,
        Align::LEFT,
        &words,
        text::caption_font(),
        c.t3,
    );
    let grid = Rect::from_min_max(pos2(area.left(), area.top() + PAGE_HEAD), area.max);
    let cell = |i: usize| {
        let size = vec2(
            (grid.width() - 2.0 * MARGIN) / 3.0,
            (grid.height() - MARGIN) / 2.0,
        );
        let place = vec2(
            (i % 3) as f32 * (size.x + MARGIN),
            (i / 3) as f32 * (size.y + MARGIN),
        );
        Rect::from_min_size(grid.min + place, size)
    };
    for (i, curve) in report.axes.iter().enumerate() {
        let rect = cell(i);
        heading(ui, rect, curve, c);
        let below = Rect::from_min_max(pos2(rect.left(), rect.top() + HEAD), rect.max);
        let mut place = ui.new_child(UiBuilder::new().max_rect(below).id_salt(i));
        plot(&mut place, curve, c);
    }
    table(ui, cell(report.axes.len()), report, c);
}

fn heading(ui: &Ui, rect: Rect, curve: &Curve, c: &Tokens) {
    let line = |y, words: &str, font, color| {
        let at = pos2(rect.left(), rect.top() + y);
        paint::write_within(ui.painter(), at, rect.width(), words, font, color);
    };
    line(12.0, curve.label, text::strong_font(), c.t1);
    line(28.0, curve.network, text::caption_font(), c.t3);
}

fn plot(ui: &mut Ui, curve: &Curve, c: &'static Tokens) {
    let places: Vec<f64> = curve
        .series
        .first()
        .map_or_else(Vec::new, |s| s.points.iter().map(|p| p.x as f64).collect());
    let ticks = move |_: GridInput| -> Vec<GridMark> {
        let mark = |x: &f64| GridMark {
            value: x.log10(),
            step_size: 1.0,
        };
        places.iter().map(mark).collect()
    };
    let axis = |hints: AxisHints<'static>| {
        hints
            .formatter(|mark, _| plain(10f64.powf(mark.value)))
            .tick_label_color(c.t2)
            .tick_label_font(text::mono_small_font())
            .label_spacing(egui::Rangef::new(14.0, 22.0))
    };
    Plot::new(curve.label)
        .custom_x_axes(vec![axis(AxisHints::new_x())])
        .custom_y_axes(vec![axis(AxisHints::new_y()).min_thickness(38.0)])
        .x_grid_spacer(ticks)
        .y_grid_spacer(decades)
        .grid_color(c.line)
        .grid_fade(0.0)
        .show_crosshair(false)
        .set_margin_fraction(vec2(0.04, 0.08))
        .show(ui, |plot| {
            for series in &curve.series {
                let rule = series.rule;
                let points = || -> Vec<[f64; 2]> {
                    let log = |p: &Point| [(p.x as f64).log10(), p.ms_min.log10()];
                    series.points.iter().map(log).collect()
                };
                if let (Some(last), Some(from)) =
                    (points().last(), points().get(series.points.len() / 2))
                {
                    let start = [from[0], last[1] - curve.theory * (last[0] - from[0])];
                    plot.line(
                        Line::new("theory", vec![start, *last])
                            .stroke(Stroke::new(metrics::HAIRLINE, c.line2)),
                    );
                }
                plot.line(
                    Line::new(rule.name(), points())
                        .stroke(Stroke::new(metrics::STROKE, rule.color(c)))
                        .style(style(rule)),
                );
                plot.points(
                    Points::new(rule.name(), points())
                        .shape(shape(rule.marker()))
                        .radius(3.5)
                        .color(rule.color(c)),
                );
            }
        });
}

/// The nearest that the plot library has to the dashes of a rule.
fn style(rule: Rule) -> LineStyle {
    match rule.dash() {
        [] => LineStyle::Solid,
        [dash, ..] => LineStyle::Dashed { length: *dash },
    }
}

fn shape(marker: Marker) -> MarkerShape {
    match marker {
        Marker::Circle => MarkerShape::Circle,
        Marker::Triangle => MarkerShape::Up,
        Marker::TriangleDown => MarkerShape::Down,
        Marker::Diamond => MarkerShape::Diamond,
        Marker::Square | Marker::Stripe => MarkerShape::Square,
    }
}

/// Marks at 1, 2 and 5 of every power of ten in sight.
fn decades(input: GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    (low.floor() as i32..=high.ceil() as i32)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|digit: f64| f64::from(power) + digit.log10()))
        .filter(|value| (low..=high).contains(value))
        .map(|value| GridMark {
            value,
            step_size: 1.0,
        })
        .collect()
}

/// A number of a scale, without digits that say nothing.
fn plain(v: f64) -> String {
    let decimals = if v < 0.95 {
        (-v.log10()).ceil() as usize
    } else {
        0
    };
    format!("{v:.decimals$}")
}

/// What the lines mean, and the exponents found beside those expected.
fn table(ui: &Ui, rect: Rect, report: &Report, c: &Tokens) {
    let painter = ui.painter();
    let left = rect.left() + 12.0;
    let write = |x: f32, y: f32, align, words: &str, font, color| {
        paint::write(painter, pos2(x, rect.top() + y), align, words, font, color);
    };
    let mut y = 12.0;
    for rule in rule::listed(true) {
        let words = match rule.has_conditions() {
            true => format!("{}, front only", rule.label()),
            false => rule.label().to_owned(),
        };
        let (from, color) = (pos2(left, rect.top() + y - 4.0), rule.color(c));
        let to = from + vec2(36.0, 0.0);
        let stroke = Stroke::new(metrics::STROKE, color);
        paint::dashes(painter, &[from, to], rule.dash(), stroke);
        legend::marker(painter, from.lerp(to, 0.5), rule.marker(), color, color);
        write(left + 48.0, y, Align::LEFT, &words, text::body_font(), c.t1);
        y += 20.0;
    }
    let level = rect.top() + y - 4.0;
    paint::hline(painter, left..=left + 36.0, level, c.line2);
    let words = "the slope of theory, through the last point";
    write(left + 48.0, y, Align::LEFT, words, text::body_font(), c.t1);
    y += 30.0;
    let columns = [130.0, 200.0, 270.0, 340.0].map(|x| left + x);
    write(left, y, Align::LEFT, "exponent", text::strong_font(), c.t1);
    for (x, words) in columns.iter().zip(["theory", "BP", "Z-IL", "IL"]) {
        write(*x, y, Align::RIGHT, words, text::strong_font(), c.t1);
    }
    for curve in &report.axes {
        y += 9.0;
        paint::hline(painter, left..=columns[3], rect.top() + y - 5.0, c.line);
        y += 11.0;
        let name = curve.label.split(" (").next().unwrap_or(curve.label);
        write(left, y, Align::LEFT, name, text::body_font(), c.t1);
        let theory = format!("{:.0}", curve.theory);
        write(
            columns[0],
            y,
            Align::RIGHT,
            &theory,
            text::mono_font(),
            c.t2,
        );
        for series in &curve.series {
            let x = columns[1 + series.rule as usize];
            let found = format!("{:.2}", series.exponent);
            write(x, y, Align::RIGHT, &found, text::mono_font(), c.t1);
            let counted = format!("{:.2}", series.exponent_of_products);
            write(
                x,
                y + 15.0,
                Align::RIGHT,
                &counted,
                text::mono_small_font(),
                c.t3,
            );
        }
        y += 14.0;
    }
    y += 22.0;
    for words in [
        "Fitted over the upper half of each axis; below in grey, the same",
        "of the matrix products made there: what the time would grow with",
        "if they all ran at one speed. IL's errors reach only T levels.",
    ] {
        write(left, y, Align::LEFT, words, text::caption_font(), c.t3);
        y += 15.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::bench::machine::Machine;
    use crate::experiment::bench::scaling::{Axis, Series};

    #[test]
    fn every_rule_of_a_report_is_drawn() {
        let machine = Machine {
            instructions: "none",
            fma_gflops: 1.0,
            read_gbs: Vec::new(),
            processors: 1,
        };
        let point = |x: usize, scale: f64| Point {
            x,
            ms_per_update: scale * x as f64,
            ms_min: scale * x as f64,
            mflop: x as f64,
        };
        let curve = |rules: &[Rule]| Curve {
            axis: Axis::Batch,
            label: Axis::Batch.label(),
            network: "any",
            theory: 1.0,
            series: rules
                .iter()
                .map(|&rule| Series {
                    rule,
                    points: [1, 4, 16]
                        .map(|x| point(x, 1.0 + rule as usize as f64))
                        .to_vec(),
                    exponent: 1.0,
                    exponent_of_products: 1.0,
                })
                .collect(),
        };
        let ink = |rules: &[Rule], of: Rule| {
            let report = Report {
                machine: machine.clone(),
                threads: 1,
                axes: vec![curve(rules)],
            };
            let color = of.color(Theme::Light.tokens()).to_array();
            picture(&report).pixels().filter(|p| p.0 == color).count()
        };
        let all = rule::listed(true);
        for &rule in &all {
            let without: Vec<_> = all.iter().copied().filter(|&r| r != rule).collect();
            assert!(ink(&all, rule) > ink(&without, rule) + 50, "{rule:?}");
        }
    }

    #[test]
    fn numbers_of_a_scale_have_the_digits_they_need() {
        for (v, words) in [
            (0.02, "0.02"),
            (0.1, "0.1"),
            (0.5, "0.5"),
            (1.0, "1"),
            (5.0, "5"),
            (2048.0, "2048"),
            (0.002, "0.002"),
        ] {
            assert_eq!(plain(v), words);
        }
    }
}
