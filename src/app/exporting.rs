//! How files are made of what the window shows: away from its thread, of a copy.

use super::animation;
use super::export::{Course, Export, Picture, Table};
use super::figure::Figure;
use super::format;
use super::remembered::Remembered;
use super::window::Still;
use crate::experiment::fitted::loss_unit;
use crate::experiment::save::atomically;
use crate::experiment::tables::AllSeries;
use crate::learning::While;
use std::path::Path;
use std::sync::Arc;

/// Makes the file of what stood in the window; what has been written, in words.
///
/// # Errors
/// One line. Nothing is written then.
pub fn write(
    export: Export,
    (still, memory): (Still, Remembered),
    out: &Path,
    course: &Course,
) -> Result<String, String> {
    let watched = course.clone();
    let (window, made_of) = still.window(Arc::new(While(move || !watched.given_up())));
    let (bytes, what) = match export {
        Export::Picture(asked, picture) => {
            asked.check()?;
            let mut figure = Figure::new(window, asked, made_of, memory);
            let bytes = match picture {
                Picture::Png => figure.png()?,
                Picture::Svg => figure.svg().into_bytes(),
            };
            (bytes, String::new())
        }
        Export::Series(table) => {
            let Some(session) = &window.engine.session else {
                return Err("nothing is open yet".into());
            };
            let unit = loss_unit(&session.data, session.plan.graph.loss).unwrap_or(1.0);
            let classes = !session.data.classes().is_empty();
            let all = AllSeries::of_race(&window.engine.race, unit, classes);
            let text = match table {
                Table::Csv => all.csv(&made_of),
                Table::Json => {
                    let json = serde_json::to_string_pretty(&all.json(&made_of));
                    json.map_err(|e| e.to_string())? + "\n"
                }
            };
            (text.into_bytes(), format!("{}, ", all.words()))
        }
        Export::Numbers(view) => {
            let proceed = || !course.given_up();
            let text = window.with_frame(&mut Vec::new(), |frame| {
                let twin = (view.twin)(frame).ok_or("there are no numbers yet")?;
                let head = format!("{}; {}", made_of.line(), view.title);
                let text = twin.csv(&head, &proceed);
                let text = text.ok_or("given up: nothing was written")?;
                Ok::<_, &str>((text, twin.rows))
            });
            let (text, rows) = text.ok_or("nothing is open yet")??;
            let rows = format::count(rows as u64);
            (text.into_bytes(), format!("{rows} rows, "))
        }
        Export::Animation(asked, range) => {
            let mut figure = Figure::new(window, asked, made_of, memory);
            let bytes = animation::write(&mut figure, &range, out, course, &mut |_| ())?;
            let (frames, size) = (format::count(range.frames()), format::bytes(bytes));
            return Ok(format!("{frames} pictures in {}, {size}", out.display()));
        }
    };
    if course.given_up() {
        return Err("given up: nothing was written".into());
    }
    atomically(out, &bytes)?;
    let size = format::bytes(bytes.len() as u64);
    Ok(format!("{what}{size} in {}", out.display()))
}
