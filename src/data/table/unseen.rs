//! Rows that a network has not been trained on: the same columns by name, in whatever order, with what was learnt about them.

use super::super::dataset::{Learnt, LearntColumn, LearntTable, Reading};
use super::super::error::counted;
use super::super::unseen::Unseen;
use super::*;

/// How a column with a role is read in later files; `words` are its places by name.
pub(super) fn reading(role: Role, words: &[String], more: bool) -> Reading {
    match role {
        Role::Truth => Reading::YesNo,
        Role::Day(order) => Reading::Date { order },
        Role::Category => Reading::Category {
            words: words[..words.len() - usize::from(more)].to_vec(),
            other: more,
        },
        Role::Letters => Reading::Letters,
        Role::Number | Role::Out | Role::Target => Reading::Number,
    }
}

fn role(reading: &Reading) -> Role {
    match reading {
        Reading::Number => Role::Number,
        Reading::YesNo => Role::Truth,
        Reading::Date { order } => Role::Day(*order),
        Reading::Category { .. } => Role::Category,
        Reading::Letters => Role::Letters,
    }
}

/// Reads a table as `learnt` says. A column that is learnt need not be there, and is not looked at.
pub(in crate::data) fn load(
    path: &Origin,
    options: &LoadOptions,
    learnt: &Learnt,
    columns: &LearntTable,
    progress: &Progress,
) -> Result<Unseen, DataError> {
    let form = form_as(path, options, columns)?;
    let file = path.name();
    let series = learnt.sequences && learnt.symbols.is_none();
    let places = places(&file, &form, columns, series)?;
    let mut roles = vec![Role::Out; form.names.len()];
    let inputs: Vec<(usize, Role)> = places
        .iter()
        .zip(&columns.inputs)
        .map(|(&c, column)| (c, role(&column.reading)))
        .collect();
    for &(c, role) in &inputs {
        roles[c] = role;
    }
    let verdict = Verdict {
        target: Target::Nothing,
        kind: TargetKind::Classes,
        why: String::new(),
        roles,
        left_out: Vec::new(),
        leaks: Vec::new(),
        doubt: None,
        proposed: None,
        instead: None,
        series,
    };
    // Nothing is decided by these rows, so nobody looks at them before.
    let survey = Rc::new(Survey::new(form.names.len()));
    let mut table = Table::new(&form, verdict, survey, true, &LoadOptions::default());
    table.words = columns.inputs.iter().map(known).collect();
    table.gaps = vec![0; inputs.len()];
    table.inputs = inputs;
    table.unseen = Some(vec![0; columns.inputs.len()]);
    if let Some((_, letters)) = &mut table.letters {
        letters.keeps_empty = true;
    }
    table.append(path, true, progress)?;
    let mut notes = std::mem::take(&mut table.notes);
    let unknown = table.unseen.take().unwrap_or_default();
    for ((column, &rows), &(c, _)) in columns.inputs.iter().zip(&unknown).zip(&table.inputs) {
        let Reading::Category { other, .. } = &column.reading else {
            continue;
        };
        if rows > 0 {
            notes.push(format!(
                "{}: {} that the training part has not: read as {}",
                form.names[c],
                counted(rows, "word"),
                if *other { "other" } else { "none of its words" }
            ));
        }
    }
    let gaps = table
        .gaps
        .iter()
        .zip(&table.inputs)
        .filter(|_| learnt.input_gaps.is_some());
    notes.extend(gaps.filter(|(n, _)| **n > 0).map(|(&n, &(c, _))| {
        format!(
            "{}: {} filled with what the training part gives",
            form.names[c],
            counted(n, "gap")
        )
    }));
    if let (Some((_, texts)), Some(symbols)) = (table.letters.take(), &learnt.symbols) {
        let mut found = texts.unseen(&file, symbols, learnt)?;
        found.notes.splice(0..0, notes);
        return Ok(found);
    }
    if series {
        let lengths = std::mem::take(&mut table.lengths);
        let steps = told::steps(std::mem::take(&mut table.values));
        let targets = unlabelled(table.examples);
        let filing = Filing::OneFile;
        let data = Dataset::from_sequences(&file, 1, lengths, steps, targets, filing)?;
        return Ok(Unseen {
            data: data.adopt(learnt)?,
            unanswered: Vec::new(),
            notes,
        });
    }
    let encodings: Vec<Encoding> = columns.inputs.iter().map(encoding).collect();
    let values = std::mem::take(&mut table.values).finish();
    let width = encodings.len().max(1);
    // Where the training part had no gaps, nothing was learnt that could stand in for one.
    let unanswered = match learnt.input_gaps {
        Some(_) => Vec::new(),
        None => (0..table.examples)
            .filter(|row| (0..width).any(|c| values.get(row * width + c).is_nan()))
            .collect(),
    };
    let encoded = Encoded {
        values,
        columns: encodings,
        missing: Missing::default(),
    };
    let targets = unlabelled(table.examples);
    let data = Dataset::from_encoded(&file, encoded, targets, Filing::OneFile)?;
    Ok(Unseen {
        data: data.adopt(learnt)?,
        unanswered,
        notes,
    })
}

/// How the table is written. Its first line names the columns if it has the name of an input, whatever follows it.
fn form_as(path: &Origin, options: &LoadOptions, columns: &LearntTable) -> Result<Form, DataError> {
    let form = form_of(path, options)?;
    if form.named {
        return Ok(form);
    }
    let with_names = LoadOptions {
        header: Some(true),
        ..options.clone()
    };
    let mut names = columns.inputs.iter().filter_map(|c| c.name.as_ref());
    Ok(match form_of(path, &with_names) {
        Ok(other) if names.any(|name| other.names.contains(name)) => other,
        _ => form,
    })
}

fn encoding(column: &LearntColumn) -> Encoding {
    let words = match &column.reading {
        Reading::Category { words, other } => (words.len() + usize::from(*other)) as u32,
        _ => 0,
    };
    Encoding {
        words,
        indicator: column.indicator,
    }
}

fn known(column: &LearntColumn) -> Words {
    let mut own = Words::default();
    if let Reading::Category { words, .. } = &column.reading {
        for (place, word) in words.iter().enumerate() {
            own.known.insert(word.as_str().into(), place as u32);
        }
        own.counts = vec![0; words.len()];
    }
    own
}

/// Where the inputs stand in a file: by name where both have names, by place otherwise. Of a `series` the last may be lacking.
fn places(
    file: &str,
    form: &Form,
    columns: &LearntTable,
    series: bool,
) -> Result<Vec<usize>, DataError> {
    let fail = |problem: String| Err(DataError::malformed(file, Place::File, problem));
    let named = columns.inputs.iter().all(|c| c.name.is_some());
    if form.named && named {
        let mut found = Vec::new();
        let mut lacking = Vec::new();
        for name in columns.inputs.iter().filter_map(|c| c.name.as_ref()) {
            let mut all = (0..form.names.len()).filter(|&c| form.names[c] == *name);
            let loosely =
                |c: &usize| form.names[*c].trim().to_lowercase() == name.trim().to_lowercase();
            match all.next().or_else(|| (0..form.names.len()).find(loosely)) {
                Some(c) => found.push(c),
                None => lacking.push(one_line(name)),
            }
        }
        let first = columns.inputs.iter().take(found.len());
        let in_order = found.len() == columns.inputs.len() - lacking.len()
            && first
                .zip(&found)
                .all(|(c, &at)| c.name.as_ref() == Some(&form.names[at]));
        if lacking.is_empty() || series && !found.is_empty() && in_order {
            return Ok(found);
        }
        let more = lacking.len().saturating_sub(6);
        lacking.truncate(6);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        return fail(format!(
            "no column {}{more}; expected the columns that the run was trained on, in any order",
            lacking.join(", ")
        ));
    }
    let all = form.names.len();
    if all != columns.columns && all + columns.learns.len() != columns.columns {
        return fail(format!(
            "{all} columns; expected the {} that the run was trained on, or those without what is learnt",
            columns.columns
        ));
    }
    let learnt_is_there = all == columns.columns;
    let place = |number: usize| {
        let before = columns.learns.iter().filter(|&&l| l < number).count();
        number - 1 - if learnt_is_there { 0 } else { before }
    };
    let found: Vec<usize> = columns.inputs.iter().map(|c| place(c.number)).collect();
    if found.iter().any(|&c| c >= all) {
        return fail(format!("{all} columns; expected {}", columns.columns));
    }
    Ok(found)
}
