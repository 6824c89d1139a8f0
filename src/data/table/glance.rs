//! A first look at a large table.

use super::*;
use crate::data::glimpse::Glimpse;

/// What a spread of the rows of a table says.
pub(in crate::data) fn glimpse(
    path: &Origin,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Glimpse, DataError> {
    let form = form_of(path, options)?;
    let (survey, whole) = surveyed(path, &form, progress)?;
    let verdict = verdict::of(&path.name(), &form.names, form.named, &survey, options)?;
    Ok(Glimpse {
        learns: learns(&form, &survey, &verdict),
        columns: looked(&form, &survey, &verdict, options),
        rows: survey.count,
        whole,
    })
}

/// What is learnt and why, by the rows that were looked at.
fn learns(form: &Form, survey: &Survey, verdict: &Verdict) -> String {
    if let Some([a, b]) = verdict.doubt {
        let way = |c: usize| format!("{} ({})", Answer::Learn(column(form, c)), like(survey, c));
        return format!("two readings are about as likely: {} or {}", way(a), way(b));
    }
    let (target, what) = match &verdict.target {
        Target::Nothing => return format!("nothing to learn: {}", verdict.why),
        Target::Column(c) if verdict.kind == TargetKind::Classes => {
            let name = if form.named { "" } else { "column " };
            let classes = survey.columns[*c].distinct();
            let classes = classes.map_or("many classes".to_owned(), |n| format!("{n} classes"));
            (format!("{name}{}", form.names[*c]), classes)
        }
        Target::Column(c) => {
            let name = if form.named { "" } else { "column " };
            (format!("{name}{}", form.names[*c]), "values".to_owned())
        }
        Target::OneHot(all) => {
            let names: Vec<&str> = all.iter().map(|c| form.names[*c].as_str()).collect();
            (names.join(", "), format!("{} classes", all.len()))
        }
    };
    format!("learns {} ({what}): {}", one_line(&target), verdict.why)
}
