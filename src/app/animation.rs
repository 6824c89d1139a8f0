//! A figure over a range of states or updates, as GIF: one picture after another, so that no more than two are held.

use super::export::{Along, Course, Range};
use super::figure::Figure;
use crate::experiment::save::atomically_by;
use gif::{AnyExtension, DisposalMethod, Encoder, Extension, Repeat};
use image::RgbaImage;
use std::io::{BufWriter, Error, Write};
use std::path::Path;

/// Counts what is written.
struct Counted<W> {
    to: W,
    course: Course,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let n = self.to.write(bytes)?;
        self.course.wrote(n as u64);
        Ok(n)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.to.flush()
    }
}

/// Writes the figure over a range, and tells `progress` how many pictures are done; the bytes written.
///
/// # Errors
/// One line: a file that cannot be written, an update that cannot be computed again, or that it was given up. Nothing is written then.
pub fn write(
    figure: &mut Figure,
    range: &Range,
    out: &Path,
    course: &Course,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, String> {
    let mut failed = None;
    let written = atomically_by(out, |file| {
        let to = Counted {
            to: BufWriter::new(file),
            course: course.clone(),
        };
        pictures(figure, range, to, (course, progress)).map_err(|words| {
            failed = Some(words);
            Error::other("given up")
        })
    });
    match (written, failed) {
        (_, Some(words)) => Err(words),
        (written, None) => written.map(|()| course.done().1),
    }
}

/// Goes through the range.
fn pictures(
    figure: &mut Figure,
    range: &Range,
    to: impl Write,
    (course, progress): (&Course, &mut dyn FnMut(u64)),
) -> Result<(), String> {
    let mut gif: Option<Gif<_>> = None;
    let mut to = Some(to);
    for (i, point) in range.points().enumerate() {
        let there = match range.along {
            Along::States => figure.to_state(point),
            Along::Updates => figure.to_update(point),
        };
        if course.given_up() {
            return Err("given up: nothing was written".into());
        }
        if !there {
            let what = match range.along {
                Along::States => "state",
                Along::Updates => "update",
            };
            return Err(format!(
                "{what} {point} cannot be computed again: nothing is kept of it; nothing was written"
            ));
        }
        let about = gif.is_none().then(|| about(figure, range));
        let picture = figure.image();
        match (&mut gif, to.take(), about) {
            (Some(gif), ..) => gif.add(picture, range.delay())?,
            (None, Some(to), Some(about)) => {
                gif = Some(Gif::begin(to, picture, range.delay(), &about)?);
            }
            (None, ..) => {}
        }
        course.drew(i as u64 + 1);
        progress(i as u64 + 1);
    }
    gif.map_or(Ok(()), Gif::end)
}

/// What an animation was made of and shows, as JSON.
fn about(figure: &Figure, range: &Range) -> String {
    let mut about = figure.about();
    let along = match range.along {
        Along::States => "t",
        Along::Updates => "update",
    };
    about[along] = serde_json::json!([range.from, range.to]);
    about["every"] = range.every.into();
    about.to_string()
}

/// A GIF on its way.
struct Gif<W: Write> {
    encoder: Encoder<W>,
    last: RgbaImage,
}

/// One line about what could not be written.
fn line(error: gif::EncodingError) -> String {
    format!("{error}; nothing was written")
}

/// How finely colours are chosen where there are more than 256, from 1 (finest) to 30.
const SPEED: i32 = 3;

impl<W: Write> Gif<W> {
    /// Begins with a picture, and what the whole was made of.
    fn begin(to: W, first: &RgbaImage, delay: u16, about: &str) -> Result<Self, String> {
        let side =
            |n: u32| u16::try_from(n).map_err(|_| format!("{n} pixels: expected at most 65535"));
        let (width, height) = (side(first.width())?, side(first.height())?);
        let mut encoder = Encoder::new(to, width, height, &[]).map_err(line)?;
        encoder.set_repeat(Repeat::Infinite).map_err(line)?;
        let parts: Vec<&[u8]> = about.as_bytes().chunks(255).collect();
        let comment = AnyExtension(Extension::Comment as u8);
        encoder.write_raw_extension(comment, &parts).map_err(line)?;
        let mut gif = Self {
            encoder,
            last: RgbaImage::new(0, 0),
        };
        gif.part(first, (0, 0, first.width(), first.height()), delay)?;
        gif.last = first.clone();
        Ok(gif)
    }

    /// Adds a picture: of it only what has changed since the last is written.
    fn add(&mut self, picture: &RgbaImage, delay: u16) -> Result<(), String> {
        // A picture that is the same stands on: a pixel of it is written.
        let part = changed(&self.last, picture).unwrap_or((0, 0, 1, 1));
        self.part(picture, part, delay)?;
        self.last.clone_from(picture);
        Ok(())
    }

    fn part(
        &mut self,
        picture: &RgbaImage,
        (left, top, width, height): (u32, u32, u32, u32),
        delay: u16,
    ) -> Result<(), String> {
        let part = image::imageops::crop_imm(picture, left, top, width, height);
        let mut pixels = part.to_image().into_raw();
        // Sides were seen to fit when it began.
        let [left, top, width, height] = [left, top, width, height].map(|n| n as u16);
        let mut frame = gif::Frame::from_rgba_speed(width, height, &mut pixels, SPEED);
        (frame.left, frame.top, frame.delay) = (left, top, delay);
        frame.dispose = DisposalMethod::Keep;
        self.encoder.write_frame(&frame).map_err(line)
    }

    fn end(self) -> Result<(), String> {
        let mut to = self.encoder.into_inner().map_err(line)?;
        to.flush().map_err(|e| format!("{e}; nothing was written"))
    }
}

/// The rectangle in which two pictures of one size differ: left, top, width, height; `None` if they do not.
fn changed(a: &RgbaImage, b: &RgbaImage) -> Option<(u32, u32, u32, u32)> {
    let width = b.width() as usize;
    let rows = a
        .as_raw()
        .chunks(4 * width)
        .zip(b.as_raw().chunks(4 * width));
    let (mut left, mut right, mut top, mut bottom) = (width, 0, u32::MAX, 0);
    for (y, (a, b)) in rows.enumerate() {
        let differ = |(p, q): (&[u8], &[u8])| p != q;
        let pairs = || a.chunks(4).zip(b.chunks(4));
        let Some(first) = pairs().position(differ) else {
            continue;
        };
        let last = pairs().rposition(differ).unwrap_or(first);
        (left, right) = (left.min(first), right.max(last));
        (top, bottom) = (top.min(y as u32), y as u32);
    }
    (top != u32::MAX).then(|| {
        let (left, right) = (left as u32, right as u32);
        (left, top, right - left + 1, bottom - top + 1)
    })
}

#[cfg(test)]
#[path = "animation_test.rs"]
mod tests;
