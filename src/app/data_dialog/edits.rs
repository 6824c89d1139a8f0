//! What a choice about a column does to the options: the same keys that `--target`, `--drop` and `--kind` set.

use crate::data::{Column, ColumnKind, ColumnLook, Columns, LoadOptions, Use};

/// A column as the keys of `kind` call it.
fn key(column: &Column) -> String {
    match column {
        Column::Number(n) => n.to_string(),
        Column::Name(name) => name.clone(),
        Column::OneHot(names) => names.join(", "),
    }
}

/// Whether a choice made before is about this column.
fn is(look: &ColumnLook, at: usize, column: &Column) -> bool {
    let number = Column::Number(at + 1);
    *column == look.column || *column == number || key(column) == key(&look.column)
}

/// The columns that are left out, without `but`: those asked for, else those that are left out anyway.
fn left_out(options: &LoadOptions, columns: &Columns, but: usize) -> Vec<Column> {
    let look = &columns.all[but];
    let mut out = options.drop.clone().unwrap_or_else(|| {
        let out = columns.all.iter().filter(|look| look.used == Use::Out);
        out.map(|look| look.column.clone()).collect()
    });
    out.retain(|column| !is(look, but, column));
    out
}

/// What is learnt, as columns.
fn learnt(columns: &Columns) -> Vec<&Column> {
    let learnt = columns.all.iter().filter(|c| c.used == Use::Learn);
    learnt.map(|c| &c.column).collect()
}

/// The choices with column `at` used like that.
pub(super) fn used(
    options: &LoadOptions,
    columns: &Columns,
    at: usize,
    wanted: Use,
) -> LoadOptions {
    let mut new = options.clone();
    let Some(look) = columns.all.get(at).filter(|look| look.used != wanted) else {
        return new;
    };
    if look.used == Use::Learn {
        // Of classes in several columns the others stay; else what is likeliest without this one is learnt.
        let rest: Vec<&Column> = learnt(columns)
            .into_iter()
            .filter(|c| **c != look.column)
            .collect();
        new.label = match (rest.len(), columns.instead) {
            (0, instead) => instead.map(|c| columns.all[c].column.clone()),
            (1, _) => Some(rest[0].clone()),
            _ => Some(Column::OneHot(rest.into_iter().map(key).collect())),
        };
    }
    match wanted {
        Use::Learn => {
            new.label = Some(look.column.clone());
            // What is left out stays so, but for this one.
            if let Some(drop) = &mut new.drop {
                drop.retain(|column| !is(look, at, column));
            }
            // A kind that was given says whether it is classes or numbers; text is neither.
            forget_text(&mut new, look, at);
        }
        Use::Input => {
            forget_text(&mut new, look, at);
            if look.used == Use::Out {
                new.drop = Some(left_out(options, columns, at));
            }
        }
        Use::Out => {
            let mut out = left_out(options, columns, at);
            out.push(look.column.clone());
            new.drop = Some(out);
        }
    }
    new
}

fn forget_text(options: &mut LoadOptions, look: &ColumnLook, at: usize) {
    let about = |name: &String| *name == key(&look.column) || *name == (at + 1).to_string();
    let text = |kind: &ColumnKind| *kind == ColumnKind::Text;
    options
        .kind
        .retain(|name, kind| !(about(name) && text(kind)));
}

/// The choices with column `at` read as that kind: one that was left out is taken in, as `--kind` does; text is left out.
pub(super) fn read_as(
    options: &LoadOptions,
    columns: &Columns,
    at: usize,
    kind: ColumnKind,
) -> LoadOptions {
    let mut new = options.clone();
    let Some(look) = columns.all.get(at) else {
        return new;
    };
    let number = (at + 1).to_string();
    if key(&look.column) != number {
        new.kind.remove(&number);
    }
    new.kind.insert(key(&look.column), kind);
    if let Some(drop) = &mut new.drop {
        drop.retain(|column| !is(look, at, column));
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Progress, load};

    /// What becomes of the columns of a table with these choices: name, use and kind of each.
    fn columns(path: &std::path::Path, options: &LoadOptions) -> std::sync::Arc<Columns> {
        let loaded = load(path, options, &Progress::new()).unwrap();
        std::sync::Arc::clone(&loaded.preview().all_columns)
    }

    fn uses(columns: &Columns) -> String {
        let letter = |look: &ColumnLook| match look.used {
            Use::Learn => 'L',
            Use::Input => 'i',
            Use::Out => '-',
        };
        columns.all.iter().map(letter).collect()
    }

    #[test]
    fn a_choice_about_one_column_leaves_the_others_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let rows: String = (0..60)
            .map(|i| {
                let sort = ["oak", "elm", "ash"][i % 3];
                format!("{i},{}.5,{},{sort},n{}\n", i * 7 % 11, i * 5 % 13, i * i)
            })
            .collect();
        std::fs::write(&path, format!("id,length,width,species,remark\n{rows}")).unwrap();
        let none = LoadOptions::default();
        let first = columns(&path, &none);
        assert_eq!(uses(&first), "-iiL-");
        let with = |change: &LoadOptions| uses(&columns(&path, change));
        // Another target: the old one becomes an input, what was left out stays out.
        let width = used(&none, &first, 2, Use::Learn);
        assert_eq!(with(&width), "-iLi-");
        // The proposal is still known, and coming back to it is coming back to the start.
        let second = columns(&path, &width);
        assert_eq!(second.proposed, Some(3));
        let back = used(&width, &second, 3, Use::Learn);
        assert_eq!(with(&back), "-iiL-");
        // An input left out and taken in again.
        let out = used(&none, &first, 1, Use::Out);
        assert_eq!(with(&out), "--iL-");
        let again = used(&out, &columns(&path, &out), 1, Use::Input);
        assert_eq!(with(&again), "-iiL-");
        // What was left out is taken in, alone.
        assert_eq!(with(&used(&none, &first, 0, Use::Input)), "iiiL-");
        // What is learnt becomes an input, or is left out: the likeliest of the others is learnt.
        let input = used(&none, &first, 3, Use::Input);
        assert_eq!(with(&input), "-iLi-");
        assert_eq!(with(&used(&none, &first, 3, Use::Out)), "-iL--");
        // Kinds: text is left out, a category is taken in, and an input again is no text any more.
        let text = read_as(&none, &first, 2, ColumnKind::Text);
        assert_eq!(with(&text), "-i-L-");
        let seen = columns(&path, &text);
        assert_eq!(
            (seen.all[2].kind, &*seen.all[2].why_kind),
            (ColumnKind::Text, "as asked")
        );
        assert_eq!(with(&used(&text, &seen, 2, Use::Input)), "-iiL-");
        let id = read_as(&none, &first, 0, ColumnKind::Number);
        assert_eq!(with(&id), "iiiL-");
        let id = read_as(&out, &columns(&path, &out), 1, ColumnKind::Category);
        let seen = columns(&path, &id);
        assert_eq!(
            (uses(&seen).as_str(), seen.all[1].kind),
            ("-iiL-", ColumnKind::Category)
        );
    }
}
