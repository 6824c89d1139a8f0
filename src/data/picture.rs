//! One picture: PNG or JPEG bytes decoded to grey or RGB, brought to another size where that was asked for.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, GrayImage, ImageBuffer, ImageDecoder, Limits, Pixel, RgbImage,
};

use super::error::{DataError, Place, one_line};
use super::options::{Colour, Fit, FitBy, Luma};

/// The most pixels on a side.
const LARGEST_SIDE: u32 = 16_384;
/// The most bytes that decoding may take.
const MOST_BYTES: u64 = 160 << 20;
/// The most bytes that a byte packed by deflate can stand for.
const DEFLATE_RATIO: u64 = 1032;
/// The most bytes of a channel that a byte of a JPEG can stand for: every block of 64 takes a bit at least.
const JPEG_RATIO: u64 = 64 * 8;
/// The most bytes of a file.
pub(super) const LARGEST_FILE: usize = 64 << 20;

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    /// 1 or 3.
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Channel by channel, row by row.
    pub(super) bytes: Vec<u8>,
    /// Whether it had transparency.
    pub(super) transparent: bool,
    /// Whether it was stored in colour and is grey all over.
    pub(super) grey_in_colour: bool,
    /// Whether its colours were weighed to become grey.
    pub(super) weighed: bool,
}

/// How pictures are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// `None` reads a picture that is grey all over as grey, however it is stored.
    pub(super) colour: Option<Colour>,
    pub(super) luma: Luma,
    pub(super) fit: Option<Fit>,
    /// What transparency is laid over.
    pub(super) ground: u8,
}

/// Whether a file begins like a picture.
pub(super) fn looks_like(start: &[u8]) -> bool {
    is_png(start) || is_jpeg(start)
}

fn is_png(start: &[u8]) -> bool {
    start.starts_with(b"\x89PNG\r\n\x1a\n")
}

fn is_jpeg(start: &[u8]) -> bool {
    start.starts_with(&[0xff, 0xd8, 0xff])
}

/// Whether the end of the picture follows the start of its last scan. The decoder itself fills what is missing with grey.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let scan = bytes.windows(2).rposition(|pair| pair == [0xff, 0xda]);
    scan.is_some_and(|at| bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]))
}

/// Decodes a picture in grey or RGB as asked for: turned as its EXIF orientation says, transparency laid over one shade.
///
/// # Errors
/// One line naming `file`: neither PNG nor JPEG, damaged, truncated, or too large. No memory is taken on the word of a header.
pub(super) fn decode(file: &str, bytes: &[u8], how: Reading) -> Result<Picture, DataError> {
    let fail = |problem: String| DataError::malformed(file, Place::File, problem);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    let damaged = |kind: &str, error: &image::ImageError| {
        let cause = one_line(&error.to_string());
        match error {
            image::ImageError::Limits(_) => fail(format!(
                "picture is too large ({cause}); expected at most {LARGEST_SIDE} pixels on a side"
            )),
            image::ImageError::IoError(_) => {
                fail(format!("{kind} is truncated; expected a complete file"))
            }
            _ => fail(format!(
                "{kind} is damaged ({cause}); expected an intact file"
            )),
        }
    };
    let read = if is_png(bytes) {
        let mut decoder = PngDecoder::with_limits(Cursor::new(bytes), limits.clone())
            .map_err(|e| damaged("PNG", &e))?;
        let ratio = DEFLATE_RATIO * unpacked(bytes, decoder.color_type());
        promised(&decoder, bytes.len(), ratio, &fail)?;
        let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut read = DynamicImage::from_decoder(decoder).map_err(|e| damaged("PNG", &e))?;
        read.apply_orientation(turned);
        read
    } else if is_jpeg(bytes) {
        if !is_whole_jpeg(bytes) {
            return Err(fail("JPEG is truncated; expected a complete file".into()));
        }
        let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|e| damaged("JPEG", &e))?;
        decoder
            .set_limits(limits)
            .map_err(|e| damaged("JPEG", &e))?;
        let channels = u64::from(decoder.color_type().channel_count());
        promised(&decoder, bytes.len(), JPEG_RATIO * channels, &fail)?;
        let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut read = DynamicImage::from_decoder(decoder).map_err(|e| damaged("JPEG", &e))?;
        read.apply_orientation(turned);
        read
    } else {
        return Err(fail("not a PNG or JPEG picture; expected one".into()));
    };
    let own = read.color();
    let read = if own.has_alpha() {
        laid_over(&read, how.ground)
    } else {
        read
    };
    let mut picture = if own.has_color() {
        of_colours(read, how)
    } else if how.colour == Some(Colour::Rgb) {
        in_colour(read.into_rgb8(), how.fit)
    } else {
        in_grey(read.into_luma8(), how.fit)
    };
    picture.transparent = own.has_alpha();
    Ok(picture)
}

/// A picture that is stored in colour, as asked for.
fn of_colours(read: DynamicImage, how: Reading) -> Picture {
    let is_grey = |rgb: &RgbImage| rgb.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]);
    let shades = |rgb: &RgbImage, shade: &dyn Fn([u8; 3]) -> u8| {
        let (width, height) = rgb.dimensions();
        ImageBuffer::from_fn(width, height, |x, y| {
            image::Luma([shade(rgb.get_pixel(x, y).0)])
        })
    };
    let (picture, grey) = match (how.colour, how.luma) {
        (Some(Colour::Grey), Luma::Bt709) => {
            let grey = is_grey(&read.to_rgb8());
            // As the decoder has it, and of 16 bits a channel before they become 8.
            (in_grey(read.into_luma8(), how.fit), grey)
        }
        (colour, _) => {
            let rgb = read.into_rgb8();
            let grey = is_grey(&rgb);
            let picture = match colour {
                Some(Colour::Grey) => in_grey(shades(&rgb, &bt601), how.fit),
                None if grey => in_grey(shades(&rgb, &|p| p[0]), how.fit),
                _ => in_colour(rgb, how.fit),
            };
            (picture, grey)
        }
    };
    Picture {
        grey_in_colour: grey,
        weighed: picture.channels == 1 && !grey,
        ..picture
    }
}

fn in_grey(grey: GrayImage, fit: Option<Fit>) -> Picture {
    let grey = fitted(grey, fit);
    Picture::new(1, grey.dimensions(), grey.into_raw())
}

fn in_colour(rgb: RgbImage, fit: Option<Fit>) -> Picture {
    let rgb = fitted(rgb, fit);
    let dimensions = rgb.dimensions();
    let plane = dimensions.0 as usize * dimensions.1 as usize;
    let planes = super::numbers::channels_first(&rgb.into_raw(), 3, plane);
    Picture::new(3, dimensions, planes)
}

impl Picture {
    fn new(channels: usize, (width, height): (u32, u32), bytes: Vec<u8>) -> Self {
        Self {
            channels,
            height: height as usize,
            width: width as usize,
            bytes,
            transparent: false,
            grey_in_colour: false,
            weighed: false,
        }
    }
}

/// The shade of a colour by BT.601, in the whole numbers that Pillow takes.
fn bt601([r, g, b]: [u8; 3]) -> u8 {
    let [r, g, b] = [r, g, b].map(u32::from);
    ((19_595 * r + 38_470 * g + 7_471 * b + 0x8000) >> 16) as u8
}

/// A picture without its transparency, over one shade of grey.
fn laid_over(picture: &DynamicImage, ground: u8) -> DynamicImage {
    let over = |value: u8, alpha: u8| {
        let (value, alpha, ground) = (u32::from(value), u32::from(alpha), u32::from(ground));
        ((value * alpha + ground * (255 - alpha) + 127) / 255) as u8
    };
    if picture.color().has_color() {
        let rgba = picture.to_rgba8();
        DynamicImage::ImageRgb8(ImageBuffer::from_fn(rgba.width(), rgba.height(), |x, y| {
            let [r, g, b, a] = rgba.get_pixel(x, y).0;
            image::Rgb([over(r, a), over(g, a), over(b, a)])
        }))
    } else {
        let grey = picture.to_luma_alpha8();
        DynamicImage::ImageLuma8(ImageBuffer::from_fn(grey.width(), grey.height(), |x, y| {
            let [v, a] = grey.get_pixel(x, y).0;
            image::Luma([over(v, a)])
        }))
    }
}

/// The bytes that a byte of a PNG's lines becomes as it is decoded to `colour`, from the depth and the kind of colour in its header.
fn unpacked(png: &[u8], colour: ColorType) -> u64 {
    let (depth, kind) = (png.get(24), png.get(25));
    let values = match kind {
        Some(2) => 3,
        Some(4) => 2,
        Some(6) => 4,
        _ => 1,
    };
    let stored = u64::from(*depth.unwrap_or(&1)).max(1) * values;
    u64::from(colour.bits_per_pixel()).div_ceil(stored).max(1)
}

/// Refuses a size that the file's `stored` bytes cannot hold, before memory is taken for it.
fn promised(
    decoder: &impl ImageDecoder,
    stored: usize,
    ratio: u64,
    fail: &impl Fn(String) -> DataError,
) -> Result<(), DataError> {
    let (width, height) = decoder.dimensions();
    let color: ColorType = decoder.color_type();
    if width == 0 || height == 0 {
        return Err(fail(format!(
            "picture of {width} x {height} pixels; expected at least 1 x 1"
        )));
    }
    let large = width > LARGEST_SIDE || height > LARGEST_SIDE || decoder.total_bytes() > MOST_BYTES;
    let hollow = decoder.total_bytes() > (stored as u64).saturating_mul(ratio);
    if large || hollow {
        let why = if hollow {
            format!("which {stored} bytes cannot hold")
        } else {
            format!("expected at most {LARGEST_SIDE} on a side and {MOST_BYTES} bytes in all")
        };
        let depth = color.bits_per_pixel();
        return Err(fail(format!(
            "picture is too large: {width} x {height} pixels of {depth} bits; {why}"
        )));
    }
    Ok(())
}

fn fitted<P>(picture: ImageBuffer<P, Vec<u8>>, fit: Option<Fit>) -> ImageBuffer<P, Vec<u8>>
where
    P: Pixel<Subpixel = u8> + 'static,
{
    let Some(fit) = fit else { return picture };
    let (width, height) = (fit.width as u32, fit.height as u32);
    let picture = match fit.by {
        FitBy::Resize => picture,
        FitBy::Crop => {
            // The largest middle part in the proportions asked for.
            let (w, h) = (u64::from(picture.width()), u64::from(picture.height()));
            let (wide, high) = (u64::from(width), u64::from(height));
            let (cut_w, cut_h) = if w * high > h * wide {
                ((h * wide / high).max(1), h)
            } else {
                (w, (w * high / wide).max(1))
            };
            let (x, y) = ((w - cut_w) / 2, (h - cut_h) / 2);
            let part = imageops::crop_imm(&picture, x as u32, y as u32, cut_w as u32, cut_h as u32);
            part.to_image()
        }
    };
    if picture.dimensions() == (width, height) {
        return picture;
    }
    imageops::resize(&picture, width, height, FilterType::Triangle)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use image::{ExtendedColorType, ImageEncoder as _};

    fn as_it_is(ground: u8) -> Reading {
        Reading {
            colour: None,
            luma: Luma::Bt709,
            fit: None,
            ground,
        }
    }

    #[test]
    fn a_size_is_refused_that_the_bytes_cannot_unpack_to_and_no_other() {
        // The most that deflate packs: one colour.
        for (channels, side) in [(1, 3000), (3, 1500), (4, 1500)] {
            let bytes = vec![7; side * side * channels];
            let file = png(side as u32, side as u32, channels, &bytes);
            assert!(decode("a", &file, as_it_is(0)).is_ok(), "{channels}");
        }
        // A palette of two colours at a bit a pixel becomes three bytes.
        assert_eq!(
            unpacked(&[[0; 24].as_slice(), &[1, 3]].concat(), ColorType::Rgb8),
            24
        );
        let mut short = png(1, 1, 3, &[1, 2, 3]);
        short[20..24].copy_from_slice(&8_u32.to_be_bytes());
        let most = short.len() as u32 * 1032 / 3 / 8;
        for (width, whole) in [(most + 1, true), (most / 2, false)] {
            short[16..20].copy_from_slice(&width.to_be_bytes());
            let mut sum = flate2::Crc::new();
            sum.update(&short[12..29]);
            short[29..33].copy_from_slice(&sum.sum().to_be_bytes());
            let words = decode("a", &short, as_it_is(0)).unwrap_err().to_string();
            assert_eq!(words.contains("cannot hold"), whole, "{words}");
        }
    }

    /// A PNG file of those bytes, `channels` of them a pixel.
    pub(in crate::data) fn png(width: u32, height: u32, channels: usize, bytes: &[u8]) -> Vec<u8> {
        let colour = match channels {
            1 => ExtendedColorType::L8,
            2 => ExtendedColorType::La8,
            3 => ExtendedColorType::Rgb8,
            _ => ExtendedColorType::Rgba8,
        };
        let mut out = Vec::new();
        image::codecs::png::PngEncoder::new(&mut out)
            .write_image(bytes, width, height, colour)
            .unwrap();
        out
    }

    /// A JPEG file, at the best quality.
    pub(in crate::data) fn jpeg(width: u32, height: u32, channels: usize, bytes: &[u8]) -> Vec<u8> {
        let colour = if channels == 1 {
            ExtendedColorType::L8
        } else {
            ExtendedColorType::Rgb8
        };
        let mut out = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 100)
            .write_image(bytes, width, height, colour)
            .unwrap();
        out
    }

    fn line(bytes: &[u8]) -> String {
        decode("p.png", bytes, as_it_is(255))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn colours_become_channels_and_transparency_is_laid_over_white() {
        let rgb = decode("p", &png(2, 1, 3, &[1, 2, 3, 4, 5, 6]), as_it_is(255)).unwrap();
        assert_eq!((rgb.channels, &rgb.bytes[..]), (3, &[1, 4, 2, 5, 3, 6][..]));
        let grey = decode("p", &png(2, 1, 2, &[7, 0, 9, 255]), as_it_is(255)).unwrap();
        assert_eq!(
            (grey.channels, &grey.bytes[..], grey.transparent),
            (1, &[255, 9][..], true)
        );
        // 0.2126 and 0.299 of 255.
        for (luma, red) in [(Luma::Bt709, 54), (Luma::Bt601, 76)] {
            let grey = Reading {
                colour: Some(Colour::Grey),
                luma,
                ..as_it_is(255)
            };
            let asked = decode("p", &png(1, 1, 3, &[255, 0, 0]), grey).unwrap();
            assert_eq!((asked.channels, asked.bytes[0]), (1, red));
            assert!(asked.weighed);
        }
    }

    #[test]
    fn what_is_grey_all_over_is_grey_unless_it_is_to_be_as_stored() {
        let grey = png(2, 1, 3, &[7, 7, 7, 200, 200, 200]);
        let read = decode("p", &grey, as_it_is(255)).unwrap();
        assert_eq!((read.channels, &read.bytes[..]), (1, &[7, 200][..]));
        assert!(read.grey_in_colour && !read.weighed);
        let stored = Reading {
            colour: Some(Colour::Stored),
            ..as_it_is(255)
        };
        let read = decode("p", &grey, stored).unwrap();
        assert_eq!(
            (read.channels, &read.bytes[..]),
            (3, &[7, 200, 7, 200, 7, 200][..])
        );
        let own = decode("p", &png(1, 1, 1, &[7]), stored).unwrap();
        assert_eq!((own.channels, own.grey_in_colour), (1, false));
        // A JPEG of three channels that are the same.
        let flat = jpeg(8, 8, 3, &[90; 192]);
        assert_eq!(decode("p", &flat, as_it_is(255)).unwrap().channels, 1);
    }

    #[test]
    fn colours_become_the_shades_that_pillow_has() {
        for (pixel, shade) in [
            ([255, 0, 0], 76),
            ([0, 255, 0], 150),
            ([0, 0, 255], 29),
            ([10, 200, 30], 124),
            ([255, 255, 255], 255),
        ] {
            assert_eq!(bt601(pixel), shade, "{pixel:?}");
        }
    }

    #[test]
    fn a_jpeg_is_nearly_what_was_written() {
        let bytes: Vec<u8> = (0..64 * 3).map(|i| (i * 5 % 251) as u8).collect();
        let smooth: Vec<u8> = (0..64_u32)
            .flat_map(|i| [(i * 2) as u8, 100, 255 - (i * 3) as u8])
            .collect();
        for (bytes, most) in [(smooth, 12), (bytes, 120)] {
            let read = decode("p", &jpeg(8, 8, 3, &bytes), as_it_is(255)).unwrap();
            assert_eq!((read.channels, read.height, read.width), (3, 8, 8));
            let written = crate::data::numbers::channels_first(&bytes, 3, 64);
            assert!(
                read.bytes
                    .iter()
                    .zip(&written)
                    .all(|(a, b)| a.abs_diff(*b) <= most)
            );
        }
    }

    #[test]
    fn sizes_are_changed_on_request() {
        // Left half black, right half white, twice as wide as high.
        let bytes: Vec<u8> = (0..32).map(|i| if i % 8 < 4 { 0 } else { 255 }).collect();
        let fit = |by, height, width| {
            let fit = Fit { height, width, by };
            let how = Reading {
                fit: Some(fit),
                ..as_it_is(255)
            };
            decode("p", &png(8, 4, 1, &bytes), how).unwrap()
        };
        let whole = fit(FitBy::Resize, 2, 2);
        assert!(
            whole.bytes[0] < 60 && whole.bytes[1] > 195,
            "{:?}",
            whole.bytes
        );
        let middle = fit(FitBy::Crop, 4, 4);
        assert_eq!(middle.bytes, [[0, 0, 255, 255]; 4].concat());
        let tall = fit(FitBy::Crop, 8, 1);
        assert_eq!((tall.height, tall.width), (8, 1));
    }

    #[test]
    fn damage_is_named() {
        let good = png(28, 28, 1, &[9; 784]);
        assert!(
            line(&good[..good.len() / 2]).contains("p.png: PNG is truncated"),
            "{}",
            line(&good[..good.len() / 2])
        );
        assert!(line(b"hello").contains("not a PNG or JPEG"));
        let mut huge = good.clone();
        huge[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        let crc = {
            let mut sum = flate2::Crc::new();
            sum.update(&huge[12..29]);
            sum.sum()
        };
        huge[29..33].copy_from_slice(&crc.to_be_bytes());
        assert!(line(&huge).contains("too large"), "{}", line(&huge));
        let cut = jpeg(16, 16, 1, &[40; 256]);
        assert!(line(&cut[..cut.len() - 2]).contains("JPEG is truncated"));
        // A preview inside, in front of the picture itself, has an end of its own.
        let mut with_preview = vec![0xff, 0xd8, 0xff, 0xe1];
        with_preview.extend((2 + cut.len() as u16).to_be_bytes());
        with_preview.extend(&cut);
        with_preview.extend(&cut[2..]);
        assert!(decode("p", &with_preview, as_it_is(255)).is_ok());
        let short = with_preview.len() - 2;
        assert!(line(&with_preview[..short]).contains("JPEG is truncated"));
    }

    #[test]
    fn a_jpeg_cannot_claim_more_than_its_bytes_hold() {
        // The least a picture takes: one shade all over.
        let flat = jpeg(1200, 900, 3, &vec![90; 1200 * 900 * 3]);
        assert!(decode("p", &flat, as_it_is(255)).is_ok());
        let mut small = jpeg(8, 8, 3, &[90; 192]);
        let frame = small.windows(2).position(|m| m == [0xff, 0xc0]).unwrap();
        small[frame + 5..frame + 9].copy_from_slice(&[4, 0, 4, 0]);
        let line = line(&small);
        assert!(
            line.contains("1024 x 1024") && line.contains("cannot hold"),
            "{line}"
        );
    }
}
