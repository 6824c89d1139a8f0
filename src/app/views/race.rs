//! The race: the count of differing weights, loss, accuracy and distance over updates.

pub use super::lanes::lanes;

use super::bands;
use super::race_headline::{RaceHeadline, race_headline, row};
use super::race_plot::{Curves, Line, Upright, lines, plot};
use super::scored;
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::axis::{Unit, nice_step, powers_for};
use crate::app::kit::plot::TOOLS;
use crate::app::kit::segmented::Segmented;
use crate::app::kit::verdict as kit;
use crate::app::kit::{card, paint};
use crate::app::state::{Frame, RaceAxis};
use crate::app::text;
use crate::app::theme::{RuleLook as _, Theme};
use crate::data::Part;
use crate::experiment::fitted;
use crate::experiment::lane::LaneId;
use crate::experiment::score::watched_part;
use crate::experiment::series::{Bucket, Series};
use crate::experiment::session::LaneSnapshot;
use crate::experiment::standing::Standing;
use egui::{Align, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// The headline with how the lanes do on the part that validates in front of what it is made of.
fn leading(mut said: RaceHeadline, frame: &Frame<'_>) -> RaceHeadline {
    if let Some(scored) = scored::sentence(frame.race, frame.data) {
        said.sentence = format!("{scored} {}", said.sentence);
    }
    said
}

/// Count first: how many trained weights of Z-IL differ from BP's.
pub fn hero(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let area = ui.max_rect().shrink2(vec2(16.0, 8.0));
    let painter = ui.painter().clone();
    let race = frame.race;
    let own = race_headline(race, frame.experiment);
    let scored = scored::sentence(race, frame.data);
    let said = leading(own.clone(), frame);
    // Below it stand one or two sentences; in a low strip the count gives way.
    let lines = if scored.is_some() { 36.0 } else { 18.0 };
    let high = area.height() - lines;
    let size = [
        text::size::HERO,
        text::size::VERDICT_HERO,
        text::size::VERDICT,
    ];
    let size = size
        .into_iter()
        .find(|s| text::line_height(*s) <= high + 6.0);
    let size = size.unwrap_or(text::size::VERDICT_COMPACT);
    let middle = area.top() + (0.5 * high).min(34.0);
    let base = paint::baseline(&painter, middle, size);
    let table = 320.0;
    let room = area.with_max_x(area.right() - table);
    let mut cut = false;
    let head = match (&said.count, &said.verdict) {
        (Some((count, rest)), _) => {
            let at = paint::write(
                &painter,
                pos2(area.left(), base),
                Align::LEFT,
                count,
                text::verdict_font(size),
                c.t1,
            );
            let font = text::verdict_font(text::size::VERDICT_COMPACT);
            card::within(
                ui,
                pos2(at.right() + 12.0, base),
                (room.width() - at.width() - 12.0).max(80.0),
                rest,
                font,
                c.t1,
            );
            format!("{count} {rest}")
        }
        (None, Some((verdict, detail))) => {
            let mut child =
                ui.new_child(egui::UiBuilder::new().max_rect(room.with_min_y(area.top() + 2.0)));
            child.spacing_mut().item_spacing.y = 3.0;
            kit::verdict(&mut child, *verdict, detail, text::size::VERDICT, "");
            let left = area.bottom() - child.cursor().top();
            let format = egui::TextFormat::simple(text::body_font(), c.t2);
            let mut job = egui::text::LayoutJob::single_section(said.sentence.clone(), format);
            job.wrap.max_width = child.available_width();
            job.wrap.max_rows = ((left / text::line_height(text::size::BODY)) as usize).max(1);
            let galley = child.painter().layout_job(job);
            cut = galley.elided;
            child.painter().galley(child.cursor().min, galley, c.t2);
            kit::with_detail(*verdict, detail)
        }
        (None, None) => String::new(),
    };
    let response = ui.interact(room, ui.scope_id().with("count"), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Label, true, format!("{head}. {}", said.sentence))
    });
    if said.count.is_some() {
        let write = |from_bottom: f32, words: &str, ink| {
            let y = paint::baseline(&painter, area.bottom() - from_bottom, text::size::BODY);
            let (at, font) = (pos2(area.left(), y), text::body_font());
            paint::write_within(&painter, at, room.width(), words, font, ink).1
        };
        cut = match &scored {
            Some(scored) => write(28.0, scored, c.t1) | write(11.0, &own.sentence, c.t2),
            None => write(12.0, &own.sentence, c.t2),
        };
    }
    if cut {
        card::hover(response, &said.sentence);
    }
    // Differing weights, bits and distance of every lane but BP.
    let columns = [area.right() - 190.0, area.right() - 96.0, area.right()];
    let y = paint::baseline(&painter, area.top() + 16.0, text::size::CAPTION);
    for (x, name) in columns.into_iter().zip(["weights", "bits", "distance"]) {
        paint::write(
            &painter,
            pos2(x, y),
            Align::RIGHT,
            name,
            text::caption_font(),
            c.t3,
        );
    }
    let others: Vec<&LaneSnapshot> = race
        .lanes
        .iter()
        .filter(|l| l.spec.id != LaneId::BP && l.spec.is_first())
        .collect();
    let rows = ((area.height() - 24.0) / 24.0).max(1.0) as usize;
    // The last row says how many there is no room for; what they have come to is in its card.
    let shown = if others.len() > rows { rows - 1 } else { rows };
    let height = |i: usize| {
        let middle = area.top() + 40.0 + 24.0 * i as f32;
        paint::baseline(&painter, middle, text::size::BODY)
    };
    let line = |i: usize| {
        let top = area.top() + 28.0 + 24.0 * i as f32;
        Rect::from_min_max(
            pos2(area.right() - 300.0, top),
            pos2(area.right(), top + 24.0),
        )
    };
    if let Some(more @ 1..) = others.len().checked_sub(shown) {
        let words = format!("{more} more");
        let at = pos2(area.right() - 290.0, height(shown));
        paint::write(&painter, at, Align::LEFT, &words, text::body_font(), c.t2);
        let rest = others[shown..].iter().map(|lane| row(lane).1);
        let rest = rest.map(|said| said.trim_end_matches('.').to_owned());
        let said = rest.collect::<Vec<_>>().join("\n");
        let response = ui.interact(line(shown), ui.scope_id().with("more"), Sense::hover());
        response.widget_info(|| {
            WidgetInfo::labeled(
                Role::Label,
                true,
                format!("{words}: {}", said.replace('\n', ". ")),
            )
        });
        card::hover(response, &said);
    }
    for (i, lane) in others.into_iter().take(shown).enumerate() {
        let y = height(i);
        let look = lane.spec.rule;
        paint::write_within(
            &painter,
            pos2(area.right() - 290.0, y),
            96.0,
            &lane.spec.label,
            text::body_font(),
            look.color(c),
        );
        let (cells, said) = row(lane);
        for (x, words) in columns.into_iter().zip(&cells) {
            paint::write(
                &painter,
                pos2(x, y),
                Align::RIGHT,
                words,
                text::mono_font(),
                c.t1,
            );
        }
        let response = ui.interact(line(i), ui.scope_id().with(("apart", i)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
        card::hover(
            response,
            &format!("{said}. Distance is |W − W of BP| over |W of BP − first W|."),
        );
    }
    paint::hline(
        &painter,
        ui.max_rect().x_range(),
        ui.max_rect().bottom() - 1.0,
        c.line,
    );
}

/// The same in one line, for a compact window.
pub fn strip(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let said = leading(race_headline(frame.race, frame.experiment), frame);
    let area = ui.max_rect().shrink2(vec2(16.0, 0.0));
    let painter = ui.painter().clone();
    let size = text::size::VERDICT_COMPACT;
    let head = match (&said.count, &said.verdict) {
        (Some((count, rest)), _) => {
            let words = format!("{count} {rest}");
            let y = paint::baseline(&painter, area.center().y, size);
            let at = pos2(area.left(), y);
            let font = text::verdict_font(size);
            paint::write_within(&painter, at, area.width(), &words, font, c.t1);
            (
                paint::width(&painter, &words, text::verdict_font(size)),
                words,
            )
        }
        (None, Some((verdict, detail))) => {
            let width = kit::width(&painter, *verdict, detail, size);
            let top = area.center().y - 0.5 * text::line_height(size);
            let room = Rect::from_min_size(pos2(area.left(), top), vec2(width + 1.0, 24.0));
            let mut child = ui.new_child(egui::UiBuilder::new().max_rect(room));
            kit::verdict(&mut child, *verdict, detail, size, "");
            (width, kit::with_detail(*verdict, detail))
        }
        (None, None) => (0.0, String::new()),
    };
    let (width, head) = head;
    let response = ui.interact(area, ui.scope_id().with("race strip"), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Label, true, format!("{head}. {}", said.sentence))
    });
    let left = area.left() + width + 14.0;
    let room = area.right() - left;
    if room > 120.0 {
        let y = paint::baseline(&painter, area.center().y, text::size::BODY);
        let font = text::body_font();
        paint::write_within(&painter, pos2(left, y), room, &said.sentence, font, c.t2);
    }
    card::hover(response, &said.sentence);
}

/// Updates per drawn point of a plot, so that it has at most about sixty.
fn group(frame: &Frame<'_>, plot: &str) -> u64 {
    let axis = frame.view.race_axis;
    let part = frame.shown(plot).width(axis as u32);
    // What is looked at closely has finer points.
    let part = part.filter(|_| axis == RaceAxis::Updates);
    let updates = part.map_or(frame.race.update, |part| part as u64);
    let wanted = updates.div_ceil(60).max(1);
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
        .into_iter()
        .find(|g| *g >= wanted)
        .unwrap_or(wanted)
}

/// So many updates are drawn as one point, of whichever lane has the most of them.
fn grouped(frame: &Frame<'_>, plot: &str, series: impl Fn(&LaneSnapshot) -> &Series) -> u64 {
    let size = group(frame, plot);
    let lanes = frame.race.lanes.iter();
    lanes
        .map(|lane| series(lane).group_of(size))
        .max()
        .unwrap_or(1)
}

/// See [`fitted::loss_unit`].
pub(super) fn loss_unit(frame: &Frame<'_>) -> Option<f64> {
    fitted::loss_unit(frame.data, frame.micro.plan.graph.loss)
}

/// Caption of the loss panel.
pub fn loss_caption(frame: &Frame<'_>) -> String {
    let unit = if loss_unit(frame).is_none() {
        "of scaled targets, "
    } else if frame.micro.plan.graph.loss == crate::network::Loss::CrossEntropy {
        "nats, "
    } else {
        ""
    };
    let axis = match frame.shown(LOSS).log {
        Some(false) => "linear",
        _ => "log",
    };
    let unit = format!("{unit}{axis}");
    let bands = bands::caption(frame.race);
    match grouped(frame, LOSS, |lane| &lane.loss) {
        1 => format!("{unit}; each update{bands}"),
        n if bands.is_empty() => format!("{unit}; mean, min and max of {n} updates"),
        n => format!("{unit}; means of {n} updates{bands}"),
    }
}

/// Caption of the panel of accuracies.
pub fn accuracy_caption(frame: &Frame<'_>) -> String {
    thinned("", frame)
}

/// Caption of the panel of R².
pub fn explained_caption(frame: &Frame<'_>) -> String {
    thinned("0 = the mean, 1 = perfect", frame)
}

/// Says of how many scores a point is the mean, where that is more than one.
fn thinned(words: &str, frame: &Frame<'_>) -> String {
    let lanes = frame.race.lanes.iter();
    let series = lanes.flat_map(|l| [&l.accuracy, &l.validation, &l.training]);
    let between = if words.is_empty() { "" } else { "; " };
    match series.map(Series::most_points).max() {
        None | Some(0 | 1) => words.to_owned(),
        Some(n) => format!("mean of {n} scores{between}{words}"),
    }
}

/// Caption of the panel of distances.
pub fn distance_caption(frame: &Frame<'_>) -> String {
    let words = "1 = as far as BP itself moved";
    match grouped(frame, DISTANCE, |lane| &lane.distance) {
        1 => words.to_owned(),
        n => format!("mean of {n} updates; {words}"),
    }
}

/// The ends of an even axis from 0, or from the least of what is below.
fn from_zero(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    if low == high {
        return [0.0, 1.0];
    }
    let step = nice_step((high - low) / 4.0);
    [(low / step).floor() * step, (high / step).ceil() * step]
}

/// What the axes of these plots are remembered by.
const LOSS: &str = "Loss";
const DISTANCE: &str = "Distance";

/// Training loss over updates.
pub fn loss(ui: &mut Ui, frame: &mut Frame<'_>) {
    let size = group(frame, LOSS);
    let unit = loss_unit(frame).unwrap_or(1.0);
    let in_unit = |b: Bucket| Bucket {
        mean: b.mean * unit,
        min: b.min * unit,
        max: b.max * unit,
        ..b
    };
    let lines = lines(frame, |lane| {
        let buckets = lane.loss.grouped(size).into_iter();
        buckets.map(in_unit).collect()
    });
    let buckets = || lines.iter().flat_map(|l| &l.points).map(|p| p.1);
    let powers = powers_for(buckets().flat_map(|b| [b.min, b.max]));
    let high = buckets().map(|b| b.max).filter(|v| v.is_finite());
    let area = ui.max_rect();
    let last = |l: &Line| {
        l.points
            .last()
            .map_or_else(String::new, |p| format::few(p.1.mean))
    };
    let loss = Curves {
        id: LOSS,
        name: "Training loss",
        empty: "No lane has been trained.",
        lines: &lines,
        upright: Upright {
            even: from_zero(high),
            powers: powers.or(Some([0.05, 2.5])),
            log: true,
            unit: Unit::Plain,
        },
        tools: None,
        // Beside the plot there is room for few digits.
        write: &format::few,
        last: &last,
        band: true,
    };
    plot(ui, frame, area, &loss);
}

/// Accuracy on a part of the data; the part is chosen above the plot.
pub fn accuracy(ui: &mut Ui, frame: &mut Frame<'_>) {
    let percent = |v: f64| format::percent(v, 1);
    let hundred = |v: f64| format::fixed(v * 100.0, 1);
    scored(ui, frame, "Accuracy", (&percent, &hundred));
}

/// R² on a part of the data whose targets are values; the part is chosen above the plot.
pub fn explained(ui: &mut Ui, frame: &mut Frame<'_>) {
    let three = |v: f64| format::fixed(v, 3);
    scored(ui, frame, "R² over updates", (&three, &three));
}

/// Where it is remembered which part of the data scores are shown of, where that is watched by its test part and where not.
pub(in crate::app) fn part_id(by_test: bool) -> egui::Id {
    egui::Id::unique(("scored part", by_test))
}

/// How a number is written.
type Write<'a> = &'a dyn Fn(f64) -> String;

/// A share of 1 over updates, on a part of the data that is chosen above the plot; how it is written on its card and at the ends of lines.
fn scored(
    ui: &mut Ui,
    frame: &mut Frame<'_>,
    name: &'static str,
    (write, ending): (Write<'_>, Write<'_>),
) {
    let c = Theme::get(ui);
    let area = ui.max_rect();
    // What is watched leads.
    let watched = watched_part(frame.data);
    let (parts, names) = match watched {
        Part::Test => (
            [Part::Test, Part::Validation, Part::Train],
            ["test", "validation", "train"],
        ),
        _ => (
            [Part::Validation, Part::Train, Part::Test],
            ["validation", "train", "test"],
        ),
    };
    let id = part_id(watched == Part::Test);
    let mut chosen = ui.data(|d| d.get_temp::<usize>(id)).unwrap_or(0);
    let mut row = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(Rect::from_min_size(
                area.min + vec2(12.0, 4.0),
                vec2(area.width() - 24.0 - TOOLS, 26.0),
            ))
            .layout(egui::Layout::left_to_right(Align::Center)),
    );
    if Segmented::new("Part of the data", &names)
        .show(&mut row, &mut chosen)
        .changed()
    {
        ui.data_mut(|d| d.insert_temp(id, chosen));
    }
    let part = parts[chosen.min(2)];
    let plot_area = area.with_min_y(area.top() + 30.0);
    let none = if frame.data.range(part).is_empty() {
        Some(format!("These data have no {part} part."))
    } else {
        None
    };
    if let Some(words) = none {
        let response = ui.interact(plot_area, ui.scope_id().with("none"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        paint::centred(ui.painter(), plot_area, &words, text::body_font(), c.t2);
        return;
    }
    let scores = || frame.race.lanes.iter().flat_map(|l| &l.scores);
    let newest = scores().filter(|s| s.1 == part).max_by_key(|s| s.0);
    let n = newest.map_or(frame.race.scored.min(frame.data.range(part).len()), |s| {
        s.2.n
    });
    let of = newest.map_or_else(String::new, |s| format!(", update {}", format::count(s.0)));
    row.add_space(10.0);
    let short = format!("n = {}", format::count(n as u64));
    let words = format!("{short}{of}");
    let fits = paint::width(row.painter(), &words, text::caption_font()) < row.available_width();
    let shown = text::caption(if fits { &words } else { &short }).color(c.t3);
    let response = row.add(egui::Label::new(shown).truncate());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    match fits {
        true => explain::mark(response, Mark::Words, "n"),
        false => card::hover(response, &words),
    };
    let lines = lines(frame, |lane| {
        let series = match part {
            Part::Test => &lane.accuracy,
            Part::Validation => &lane.validation,
            Part::Train => &lane.training,
        };
        series.buckets().to_vec()
    });
    let last = |l: &Line| {
        l.points.last().map_or_else(String::new, |p| {
            let value = ending(p.1.mean);
            match newest {
                // A lane that rests has an older score than the others.
                Some(newest) if p.1.update != newest.0 || l.run.is_some() => {
                    format!("{value} at {}", format::count(p.1.update))
                }
                _ => value,
            }
        })
    };
    let shares = lines.iter().flat_map(|l| &l.points);
    let shares = shares.flat_map(|(_, b)| [b.min, b.max]);
    // R² lies below 0 where the mean would do better.
    let least = shares.clone().filter(|s| s.is_finite()).fold(0.0, f64::min);
    let plotted = Curves {
        id: name,
        name,
        empty: match part {
            Part::Test if part != watched => {
                "Not looked at yet: the test part is scored on request, and at the end of a run that has one."
            }
            _ => "Nothing has been scored yet.",
        },
        lines: &lines,
        upright: Upright {
            even: [least, 1.0],
            powers: powers_for(shares),
            log: false,
            unit: match name {
                "Accuracy" => Unit::Percent,
                _ => Unit::Plain,
            },
        },
        tools: Some(area.right_top() + vec2(-8.0, 17.0)),
        write,
        last: &last,
        band: false,
    };
    plot(ui, frame, plot_area, &plotted);
}

/// Distance of each lane's weights from BP's.
pub fn distance(ui: &mut Ui, frame: &mut Frame<'_>) {
    let size = group(frame, DISTANCE);
    let lines: Vec<Line> = lines(frame, |lane| lane.distance.grouped(size))
        .into_iter()
        .filter(|l| l.lane.id != LaneId::BP)
        .collect();
    let far = || lines.iter().flat_map(|l| &l.points).map(|p| p.1.max);
    let high = far().filter(|v| v.is_finite()).fold(1.0, f64::max);
    let last = |l: &Line| {
        let Some(p) = l.points.last() else {
            return String::new();
        };
        // The newest distance itself, as the count above the plots says it, not the mean of the last group.
        let mut present = frame.race.lanes.iter().filter(|_| l.run.is_none());
        let lane = present.find(|x| x.spec.id == l.lane.id);
        let apart = lane.and_then(|lane| lane.apart);
        let value = if l.points.iter().all(|p| p.1.max == 0.0) {
            "exactly 0".to_owned()
        } else {
            format::number3(apart.map_or(p.1.mean, |d| d.relative_distance))
        };
        match lane.map(|lane| lane.standing) {
            Some(Standing::Not {
                since: Some(update),
                ..
            }) => {
                format!("{value} at {}", format::count(update))
            }
            _ => value,
        }
    };
    let area = ui.max_rect();
    let distance = Curves {
        id: DISTANCE,
        name: "Weight distance to BP",
        empty: "Nothing has been compared with BP.",
        lines: &lines,
        upright: Upright {
            even: [0.0, if high <= 1.0 { 1.0 } else { nice_step(high) }],
            powers: powers_for(far()),
            log: false,
            unit: Unit::Plain,
        },
        tools: None,
        write: &format::number3,
        last: &last,
        band: false,
    };
    plot(ui, frame, area, &distance);
}
