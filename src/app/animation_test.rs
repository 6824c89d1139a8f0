use super::*;
use image::Rgba;

/// The pictures of a GIF, each as it is seen.
fn seen(bytes: &[u8]) -> Vec<RgbaImage> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(bytes).unwrap();
    let mut canvas = RgbaImage::new(decoder.width().into(), decoder.height().into());
    let mut all = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        let part = RgbaImage::from_raw(
            frame.width.into(),
            frame.height.into(),
            frame.buffer.to_vec(),
        );
        image::imageops::overlay(
            &mut canvas,
            &part.unwrap(),
            frame.left.into(),
            frame.top.into(),
        );
        all.push(canvas.clone());
    }
    all
}

#[test]
fn of_each_picture_what_has_changed_is_written_and_all_of_it_is_seen() {
    let mut pictures = vec![RgbaImage::from_pixel(60, 40, Rgba([250, 250, 250, 255]))];
    for i in 0..6_u32 {
        let mut next = pictures[i as usize].clone();
        // The third is as the second.
        if i != 1 {
            for x in 0..5 {
                next.put_pixel(10 * i + x, 5 * i, Rgba([i as u8 * 40, 7, 99, 255]));
            }
        }
        pictures.push(next);
    }
    let mut bytes = Vec::new();
    let mut gif = Gif::begin(&mut bytes, &pictures[0], 25, "{\"seed\":7}").unwrap();
    for picture in &pictures[1..] {
        gif.add(picture, 25).unwrap();
    }
    gif.end().unwrap();
    assert_eq!(seen(&bytes), pictures);
    assert!(String::from_utf8_lossy(&bytes).contains("{\"seed\":7}"));
    assert!(bytes.len() < 3000, "{}", bytes.len());
    assert_eq!(changed(&pictures[2], &pictures[1]), None);
    assert_eq!(changed(&pictures[0], &pictures[1]), Some((0, 0, 5, 1)));
}
