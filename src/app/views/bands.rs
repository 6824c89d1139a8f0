//! Lanes that differ by their seeds alone, drawn as one: the mean over seeds, and the band from least to most.

use crate::experiment::lane::LaneSpec;
use crate::experiment::series::Bucket;
use crate::experiment::session::{LaneSnapshot, RaceSnapshot};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One drawn line.
pub(super) struct Line {
    pub(super) lane: Arc<LaneSpec>,
    /// The run that it is of, where that is not the present one.
    pub(super) run: Option<char>,
    pub(super) points: Vec<(f64, Bucket)>,
    /// So many lanes, which differ by their seeds: the points are their mean, with least and most.
    pub(super) seeds: usize,
    pub(super) stopped: bool,
}

/// The lanes of a band, itself among them; of a lane of one seed, itself.
pub(super) fn members<'a>(race: &'a RaceSnapshot, lane: &LaneSpec) -> Vec<&'a LaneSnapshot> {
    let of =
        |l: &&LaneSnapshot| l.spec.id == lane.id || lane.band.is_some() && l.spec.band == lane.band;
    race.lanes.iter().filter(of).collect()
}

/// What a lane with all its seeds is called: "IL 2, 5 seeds".
pub(super) fn label(lane: &LaneSpec, seeds: usize) -> String {
    match seeds {
        0 | 1 => lane.label.clone(),
        n => format!("{}, {n} seeds", lane.label),
    }
}

/// Mean, least and most of some numbers that are known; `None` if none is.
pub(super) fn spread(values: impl Iterator<Item = f64>) -> Option<(f64, f64, f64)> {
    let known: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let least = known.iter().copied().fold(f64::INFINITY, f64::min);
    let most = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (!known.is_empty()).then_some((mean, least, most))
}

/// The points of several lanes, by their updates, also where some have stopped: the mean of the means that are there, and the least and
/// most of those.
fn common(lines: &[&Line]) -> Vec<(f64, Bucket)> {
    let mut all: BTreeMap<u64, Vec<(f64, Bucket)>> = BTreeMap::new();
    for &(x, bucket) in lines.iter().flat_map(|line| &line.points) {
        all.entry(bucket.update).or_default().push((x, bucket));
    }
    let mean_of = |here: Vec<(f64, Bucket)>| {
        let (mean, min, max) = spread(here.iter().map(|(_, b)| b.mean))?;
        let (x, first) = here[0];
        let bucket = Bucket {
            mean,
            min,
            max,
            count: here.len() as u64,
            hole: here.iter().any(|(_, b)| b.hole),
            after_gap: here.iter().any(|(_, b)| b.after_gap),
            ..first
        };
        Some((x, bucket))
    };
    all.into_values().filter_map(mean_of).collect()
}

/// Lines with those of a band made one.
pub(super) fn merged(lines: Vec<Line>) -> Vec<Line> {
    let own = |line: &Line| (line.run, line.lane.band);
    let mut all = Vec::new();
    for line in &lines {
        if !line.lane.is_first() {
            continue;
        }
        let band: Vec<&Line> = match line.lane.band {
            None => vec![line],
            Some(_) => lines.iter().filter(|l| own(l) == own(line)).collect(),
        };
        let (lane, points) = match band.len() {
            1 => (Arc::clone(&line.lane), line.points.clone()),
            n => {
                let label = label(&line.lane, n);
                let lane = LaneSpec {
                    label,
                    ..(*line.lane).clone()
                };
                (Arc::new(lane), common(&band))
            }
        };
        all.push(Line {
            lane,
            points,
            run: line.run,
            seeds: band.len(),
            stopped: band.iter().all(|l| l.stopped),
        });
    }
    all
}

/// What a caption adds where there are bands.
pub(super) fn caption(race: &RaceSnapshot) -> String {
    let bands = race.lanes.iter().filter(|l| l.spec.is_first());
    let most = bands.map(|l| members(race, &l.spec).len()).max();
    match most {
        Some(n @ 2..) => format!("; bands: {n} seeds, mean, least and most"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::Experiment;

    #[test]
    fn a_band_is_mean_least_and_most_of_its_seeds_where_all_are_known() {
        let changes = [r#"lanes+=[{ id = "many", rule = "il", seeds = 3 }]"#.to_owned()];
        let experiment = Experiment::load("moons", &changes).unwrap();
        let bucket = |update, mean| Bucket {
            update,
            mean,
            min: mean - 9.0,
            max: mean + 9.0,
            count: 1,
            seconds: 0.0,
            products: 0,
            after_gap: false,
            hole: false,
        };
        let lanes = LaneSpec::raced(&experiment);
        assert_eq!(lanes.len(), 6);
        let lines = lanes.into_iter().enumerate().map(|(i, lane)| Line {
            lane: Arc::new(lane),
            run: None,
            points: (1..=3 - u64::from(i == 5))
                .map(|u| (u as f64, bucket(u, (10 * i) as f64 + u as f64)))
                .collect(),
            seeds: 1,
            stopped: i == 5,
        });
        let merged = merged(lines.collect());
        assert_eq!(merged.len(), 4);
        assert!(
            merged[..3]
                .iter()
                .all(|l| l.seeds == 1 && l.points.len() == 3)
        );
        let band = &merged[3];
        assert_eq!(
            (&*band.lane.label, band.seeds, band.stopped),
            ("many, 3 seeds", 3, false)
        );
        let said: Vec<_> = band
            .points
            .iter()
            .map(|p| (p.1.mean, p.1.min, p.1.max, p.1.count))
            .collect();
        assert_eq!(
            said,
            [
                (41.0, 31.0, 51.0, 3),
                (42.0, 32.0, 52.0, 3),
                (38.0, 33.0, 43.0, 2)
            ]
        );
    }

    #[test]
    fn a_band_goes_on_where_its_first_seed_has_stopped() {
        let changes = [r#"lanes+=[{ id = "many", rule = "il", seeds = 2 }]"#.to_owned()];
        let experiment = Experiment::load("moons", &changes).unwrap();
        let bucket = |update, mean| Bucket {
            update,
            mean,
            min: mean,
            max: mean,
            count: 1,
            seconds: 0.0,
            products: 0,
            after_gap: false,
            hole: false,
        };
        let of = |lane: LaneSpec, updates: u64, mean| Line {
            lane: Arc::new(lane),
            run: None,
            points: (1..=updates).map(|u| (u as f64, bucket(u, mean))).collect(),
            seeds: 1,
            stopped: updates < 4,
        };
        let mut lanes = LaneSpec::raced(&experiment).into_iter().skip(3);
        let (first, second) = (lanes.next().unwrap(), lanes.next().unwrap());
        let merged = merged(vec![of(first, 2, 1.0), of(second, 4, 3.0)]);
        let means: Vec<f64> = merged[0].points.iter().map(|p| p.1.mean).collect();
        assert_eq!(means, [2.0, 2.0, 3.0, 3.0]);
    }
}
