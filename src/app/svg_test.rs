use super::*;
use crate::app::headless::Headless;
use crate::app::theme::Theme;
use egui::{TextureOptions, Ui, pos2, vec2};

fn draw(run: impl FnMut(&mut Ui) + Clone) -> String {
    let mut headless = Headless::new(vec2(200.0, 100.0), 1.0, Theme::Light);
    headless.pass(Vec::new(), run.clone());
    let about = serde_json::json!({"settings": "ab<c", "seed": 3});
    headless.svg(("A & B", &about), run)
}

/// The elements of a kind.
fn elements<'a>(svg: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name} ");
    svg.lines().filter(|line| line.starts_with(&open)).collect()
}

#[test]
fn text_is_text_lines_are_paths_and_only_maps_are_raster() {
    let svg = draw(|ui: &mut Ui| {
        let painter = ui.painter();
        let font = crate::app::text::title_font();
        painter.text(
            pos2(10.0, 10.0),
            egui::Align2::LEFT_TOP,
            "ε = x − μ <1>",
            font,
            Color32::RED,
        );
        painter.line_segment([pos2(1.0, 2.0), pos2(30.5, 40.25)], (2.0, Color32::BLUE));
        painter.rect_filled(
            Rect::from_min_size(pos2(5.0, 6.0), vec2(7.0, 8.0)),
            2.0,
            Color32::GREEN,
        );
        painter.circle_stroke(pos2(50.0, 50.0), 9.0, (1.0, Color32::BLACK));
        let mut band = Mesh::default();
        band.colored_vertex(pos2(60.0, 60.0), Color32::GREEN);
        band.colored_vertex(pos2(80.0, 60.0), Color32::GREEN);
        band.colored_vertex(pos2(70.0, 80.0), Color32::GREEN);
        band.add_triangle(0, 1, 2);
        painter.add(band);
        let image = egui::ColorImage::filled([4, 4], Color32::RED);
        let texture = ui.ctx().load_texture("map", image, TextureOptions::NEAREST);
        let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let rect = Rect::from_min_size(pos2(100.0, 20.0), vec2(40.0, 30.0));
        painter.image(texture.id(), rect, all, Color32::WHITE);
        // What lies outside of the page, or has no colour, is not there.
        painter.circle_filled(pos2(900.0, 50.0), 9.0, Color32::BLACK);
        ui.data_mut(|d| d.insert_temp(egui::Id::unique("kept"), texture));
    });
    let texts = elements(&svg, "text");
    assert_eq!(texts.len(), 1, "{svg}");
    assert!(
        texts[0].contains(">ε = x − μ &lt;1&gt;</text>"),
        "{}",
        texts[0]
    );
    assert!(
        texts[0].contains("font-family=\"Inter, 'DejaVu Sans', sans-serif\""),
        "{}",
        texts[0]
    );
    assert!(
        texts[0].contains("font-size=\"13\" font-weight=\"600\""),
        "{}",
        texts[0]
    );
    assert!(texts[0].contains("fill=\"#ff0000\""), "{}", texts[0]);
    let paths = elements(&svg, "path");
    assert!(
        paths
            .iter()
            .any(|p| p.contains("d=\"M1 2L30.5 40.25\"") && p.contains("stroke-width=\"2\""))
    );
    assert!(
        paths
            .iter()
            .any(|p| p.contains("d=\"M60 60L80 60L70 80Z\"") && p.contains("#00ff00"))
    );
    assert!(
        svg.contains("<rect x=\"5\" y=\"6\" width=\"7\" height=\"8\" rx=\"2\" fill=\"#00ff00\"")
    );
    assert!(svg.contains("<circle cx=\"50\" cy=\"50\" r=\"9\" fill=\"none\" stroke=\"#000000\""));
    assert_eq!(svg.matches("<circle").count(), 1);
    let images = elements(&svg, "image");
    assert_eq!(images.len(), 1, "{svg}");
    assert!(
        images[0].contains("x=\"100\" y=\"20\" width=\"40\" height=\"30\""),
        "{}",
        images[0]
    );
    let data = images[0]
        .split("base64,")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let png = base64::engine::general_purpose::STANDARD
        .decode(data)
        .unwrap();
    let image = image::load_from_memory(&png).unwrap().to_rgba8();
    assert_eq!(image.dimensions(), (80, 60));
    assert!(image.pixels().all(|p| p.0 == [255, 0, 0, 255]));
    assert!(svg.contains("<title>A &amp; B</title>"));
    assert!(svg.contains(
        "<metadata>{&quot;seed&quot;:3,&quot;settings&quot;:&quot;ab&lt;c&quot;}</metadata>"
    ));
}

#[test]
fn letters_of_several_kinds_keep_their_places_and_what_is_cut_is_clipped() {
    let svg = draw(|ui: &mut Ui| {
        let mut job = egui::text::LayoutJob::default();
        let format = |size: f32, color| egui::TextFormat::simple(FontId::monospace(size), color);
        job.append("loss ", 0.0, format(12.0, Color32::BLACK));
        job.append("0.25\n", 0.0, format(12.0, Color32::RED));
        job.append("é", 0.0, format(20.0, Color32::RED));
        let galley = ui.painter().layout_job(job);
        let clip = Rect::from_min_size(pos2(0.0, 0.0), vec2(60.0, 90.0));
        let painter = ui.painter().with_clip_rect(clip);
        painter.galley(pos2(4.0, 4.0), galley, Color32::BLACK);
        painter.text(
            pos2(61.0, 4.0),
            egui::Align2::LEFT_TOP,
            "gone",
            FontId::monospace(9.0),
            Color32::BLACK,
        );
    });
    let texts = elements(&svg, "text");
    let of = |text: &str| {
        let found = texts
            .iter()
            .find(|t| t.contains(&format!(">{text}</text>")));
        found.unwrap_or_else(|| panic!("no {text} in {svg}"))
    };
    assert_eq!(texts.len(), 3, "{svg}");
    let x = |text: &str| -> f32 {
        let rest = of(text).split("x=\"").nth(1).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    // Letters of JetBrains Mono are 0.6 of their size wide.
    assert!((x("0.25") - x("loss ") - 5.0 * 7.2).abs() < 0.6, "{svg}");
    assert!(of("0.25").contains("#ff0000") && of("é").contains("font-size=\"20\""));
    assert!(
        svg.contains("<clipPath id=\"c0\"><rect x=\"0\" y=\"0\" width=\"60\""),
        "{svg}"
    );
    assert!(svg.contains("<g clip-path=\"url(#c0)\">"), "{svg}");
}
