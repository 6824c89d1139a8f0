//! What each frame of a real window costs the processor, written to a file a line a frame.

use egui::{Context, FullOutput, Plugin, RawInput};
use std::fs::File;
use std::io::{LineWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// Times laying out (every pass of a frame) and tessellating. Tessellating is done once more for that: what it is given otherwise
/// belongs to the integration. Painting and the swap are not in it.
pub struct FrameTimes {
    to: LineWriter<File>,
    started: Instant,
    /// The present pass.
    began: Option<Instant>,
    /// When the present frame began, and its passes up to now.
    frame: Option<(Instant, Duration)>,
}

impl FrameTimes {
    /// Writes to `path`: a heading, then milliseconds since `started`, of ui, and of tessellating.
    ///
    /// # Errors
    /// One line if the file cannot be written.
    pub fn create(path: &Path, started: Instant) -> Result<Self, String> {
        let problem = |e| format!("{}: cannot be written ({e})", path.display());
        let mut to = LineWriter::new(File::create(path).map_err(problem)?);
        writeln!(to, "at_ms,ui_ms,tessellate_ms").map_err(problem)?;
        Ok(Self {
            to,
            started,
            began: None,
            frame: None,
        })
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl Plugin for FrameTimes {
    fn debug_name(&self) -> &'static str {
        "frame times"
    }

    fn input_hook(&mut self, _ctx: &Context, _input: &mut RawInput) {
        self.began = Some(Instant::now());
    }

    fn output_hook(&mut self, ctx: &Context, output: &mut FullOutput) {
        let Some(began) = self.began.take() else {
            return;
        };
        let (first, before) = self.frame.take().unwrap_or((began, Duration::ZERO));
        let ui = before + began.elapsed();
        let passes = ctx.options(|o| o.max_passes.get());
        let platform = &output.platform_output;
        if platform.requested_discard() && platform.num_completed_passes < passes {
            // The frame is laid out again; what was drawn is thrown away.
            self.frame = Some((first, ui));
            return;
        }
        let shapes = output.shapes.clone();
        let tessellating = Instant::now();
        std::hint::black_box(ctx.tessellate(shapes, output.pixels_per_point));
        let took = tessellating.elapsed();
        // A full disk does not stop the window.
        let _ = writeln!(
            self.to,
            "{:.3},{:.3},{:.3}",
            ms(first - self.started),
            ms(ui),
            ms(took)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_frame_however_often_it_is_laid_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frames.csv");
        let ctx = Context::default();
        let started = Instant::now();
        ctx.add_plugin(FrameTimes::create(&path, started).unwrap());
        for frame in 0..5 {
            let mut first = true;
            let output = ctx.run_ui(RawInput::default(), |ui| {
                ui.label("something");
                std::thread::sleep(Duration::from_millis(2));
                if frame == 3 && std::mem::take(&mut first) {
                    ui.ctx().request_discard("once more");
                }
            });
            output.drop_without_applying_deltas();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let rows: Vec<Vec<f64>> = text
            .lines()
            .skip(1)
            .map(|l| l.split(',').map(|v| v.parse().unwrap()).collect())
            .collect();
        assert_eq!(rows.len(), 5, "{text}");
        assert!(rows.iter().all(|r| r[1] >= 2.0 && r[2] > 0.0), "{text}");
        assert!(rows[3][1] >= 4.0, "both passes count: {text}");
        assert!(
            rows.windows(2).all(|w| w[1][0] >= w[0][0] + w[0][1]),
            "{text}"
        );
    }

    #[test]
    fn a_file_that_cannot_be_written_gets_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none").join("frames.csv");
        let Err(words) = FrameTimes::create(&path, Instant::now()) else {
            panic!("written into no folder");
        };
        assert!(words.contains("frames.csv: cannot be written"), "{words}");
    }
}
