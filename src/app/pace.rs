//! How often the window is drawn: as often as something moves, and seldom enough that drawing leaves the engine its cores.
//!
//! A graphics card draws a frame between two beats of the display. Where the processor draws instead, a frame takes longer than
//! a beat and several cores; the pauses between frames are then made longer, so that drawing takes a small share of the time.
//! How long a frame takes is seen from two frames with no pause between them, one pair in every so many frames (`PROBE_EVERY`).

/// The share of the time that drawing may take where the processor draws and nothing trains.
const SHARE: f64 = 0.25;
/// The same while the race trains: with several threads drawing, it is more of the processor than of the time.
const SHARE_IN_TRAINING: f64 = 0.1;
/// While the race trains, curves and counters are seen to move: pauses are no longer than this, in seconds, so that there are 20
/// frames a second …
const LONGEST_IN_TRAINING: f64 = 0.045;
/// … unless drawing would then take more of the time than this.
const MOST_IN_TRAINING: f64 = 0.7;
/// A frame that takes more beats of the display than this is drawn by the processor.
const SLOW_BEATS: f64 = 1.25;
/// Frames from one probe to the next.
const PROBE_EVERY: u32 = 24;
/// The longest pause between frames, in seconds: beyond it the window would seem to have stopped.
const LONGEST: f64 = 0.5;
/// Probes remembered: the shortest counts, so that one hiccup does not slow the window.
const PROBES: usize = 3;

/// What moves in the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Seconds between two frames that show all of it.
    pub pause: f64,
    /// The race trains.
    pub training: bool,
}

/// Decides when the next frame is due.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Seconds between two beats of the display.
    beat: f64,
    /// When the last frame began, and the pause that was asked for in it.
    last: Option<(f64, f64)>,
    /// Frames until the next probe.
    until_probe: u32,
    /// The pause asked for last was none, to see how long a frame takes.
    probing: bool,
    /// The last probes, in seconds.
    took: [f64; PROBES],
    probes: usize,
}

impl Pace {
    /// A pace for a display of this many millihertz, if known.
    pub fn new(refresh: Option<u32>) -> Self {
        let hertz = refresh.map_or(60.0, |r| f64::from(r.max(1_000)) / 1e3);
        Self {
            beat: 1.0 / hertz,
            last: None,
            until_probe: PROBES as u32,
            probing: false,
            took: [0.0; PROBES],
            probes: 0,
        }
    }

    /// The pause in seconds after the frame that began at `time`, for what is in motion.
    pub fn pause(&mut self, time: f64, motion: Motion) -> f64 {
        if let Some((began, pause)) = self.last {
            // A frame may be laid out several times.
            if began == time {
                return pause;
            }
            if self.probing {
                self.took[self.probes % PROBES] = time - began;
                self.probes += 1;
            }
        }
        self.probing = self.until_probe == 0;
        self.until_probe = match self.until_probe {
            0 => PROBE_EVERY,
            n => n - 1,
        };
        let pause = if self.probing {
            0.0
        } else {
            self.allowed(motion)
        };
        self.last = Some((time, pause));
        pause
    }

    /// Nothing moves: no frame is due until something does. True if something moved up to now.
    pub fn rest(&mut self) -> bool {
        self.probing = false;
        self.last.take().is_some()
    }

    fn allowed(&self, motion: Motion) -> f64 {
        let took = self.took.iter().copied().fold(f64::INFINITY, f64::min);
        if took <= SLOW_BEATS * self.beat {
            return motion.pause;
        }
        let pause = if motion.training {
            (took / SHARE_IN_TRAINING).min(LONGEST_IN_TRAINING.max(took / MOST_IN_TRAINING))
        } else {
            took / SHARE
        };
        motion.pause.max(pause.min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAYING: Motion = Motion {
        pause: 0.016,
        training: false,
    };
    const TRAINING: Motion = Motion {
        training: true,
        ..PLAYING
    };

    /// Draws for a while frames that take `took` seconds each, beginning one when its pause is over and the last is drawn.
    /// Returns the frames per second of the second half.
    fn rate(refresh: Option<u32>, motion: Motion, took: f64) -> f64 {
        let mut pace = Pace::new(refresh);
        let (mut time, mut starts) = (1.0, Vec::new());
        while time < 41.0 {
            starts.push(time);
            time += pace.pause(time, motion).max(took);
        }
        starts.iter().filter(|t| **t >= 21.0).count() as f64 / 20.0
    }

    #[test]
    fn frames_drawn_by_the_processor_become_rarer_and_others_do_not() {
        for motion in [PLAYING, TRAINING] {
            assert!(rate(None, motion, 0.003) > 58.0);
            // The beat of the display is no work, nor is that of a slow one.
            assert!(rate(None, motion, 0.0167) > 58.0);
            assert!(rate(Some(30_000), motion, 0.0334) > 29.0);
        }
        let playing = rate(None, PLAYING, 0.030);
        assert!((7.0..10.0).contains(&playing), "{playing} per second");
        // What trains is seen to move, and most of the time is left to it where drawing is quick.
        for (took, least) in [(0.022, 20.0), (0.030, 20.0), (0.060, 11.0), (0.200, 3.0)] {
            let training = rate(None, TRAINING, took);
            assert!(
                training >= least && training * took <= MOST_IN_TRAINING + 0.05,
                "{training} per second of {took} s each"
            );
        }
    }

    #[test]
    fn one_hiccup_changes_nothing() {
        let mut pace = Pace::new(None);
        let mut time = 0.0;
        for frame in 0..400 {
            let pause = pace.pause(time, PLAYING);
            assert!(pause <= 0.016, "frame {frame}: {pause}");
            time += if frame == 100 { 0.4 } else { pause.max(0.004) };
        }
    }

    #[test]
    fn the_first_frame_at_rest_is_told_from_the_others() {
        let mut pace = Pace::new(None);
        assert!(!pace.rest());
        pace.pause(1.0, PLAYING);
        assert!(pace.rest());
        assert!(!pace.rest());
    }

    #[test]
    fn laying_a_frame_out_again_asks_for_the_same_pause() {
        let mut pace = Pace::new(None);
        for frame in 0..40 {
            let time = f64::from(frame) * 0.02;
            assert_eq!(pace.pause(time, PLAYING), pace.pause(time, PLAYING));
        }
    }
}
