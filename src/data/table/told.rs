//! What a table that was read becomes: a dataset, what was noticed, and what a file keeps of it.

use super::*;
use std::sync::Arc;

/// The files that a table was read from, and what was noticed of them.
pub(super) struct Files<'a> {
    /// The table itself.
    pub(super) path: &'a Origin,
    /// All of them, that of the table first.
    pub(super) all: Vec<PathBuf>,
    pub(super) filing: Filing,
    /// Whether the table is compressed.
    pub(super) gzip: bool,
    pub(super) warnings: Vec<Warning>,
}

/// Numbers as the steps of series.
pub(super) fn steps(values: Growing) -> Steps {
    match values.finish() {
        Numbers::Bytes(v) => Steps::Singles(v.into_iter().map(f32::from).collect()),
        Numbers::Reals(v) => Steps::Reals(v),
        Numbers::Singles(v) => Steps::Singles(v),
        Numbers::Integers(v) => Steps::Reals(v.into_iter().map(|v| v as f64).collect()),
    }
}

impl Table<'_> {
    #[expect(clippy::too_many_lines)]
    pub(super) fn found(
        mut self,
        files: Files<'_>,
        options: &LoadOptions,
    ) -> Result<Found, DataError> {
        let (form, verdict) = (self.form, self.verdict.clone());
        let survey = Rc::clone(&self.survey);
        let (name, filing) = (files.path.name(), files.filing);
        let mut warnings = files.warnings;
        let labelled = verdict.target != Target::Nothing;
        self.notes.splice(0..0, form.notes.iter().cloned());
        if self.latin > 0 {
            self.notes
                .push("read as Latin-1, which Windows writes".to_owned());
        }
        let marked = self.inputs.iter().find_map(|(c, _)| {
            let text = survey.columns[*c].marked.as_ref().filter(|_| !form.comma)?;
            Some(format!(
                "{} is written with signs (\"{}\"): read as plain numbers",
                form.names[*c],
                shortened(text)
            ))
        });
        self.notes.extend(marked);
        warnings.extend(self.notes.drain(..).map(|note| Warning::Reading { note }));
        self.warn(&mut warnings);
        let mut targets = match verdict.kind {
            _ if !labelled => unlabelled(self.examples),
            TargetKind::Classes => {
                let (each, names) = std::mem::take(&mut self.labels).finish();
                Targets::Classes(each).named(names)
            }
            TargetKind::Values => {
                let data = std::mem::take(&mut self.targets);
                Targets::Values { dim: 1, data }.named(Vec::new())
            }
        };
        let classes = &mut targets.classes;
        let counted = classes.iter().enumerate().all(|(i, c)| *c == i.to_string());
        let numbers_as_classes = matches!(verdict.target, Target::Column(c)
            if !survey.columns[c].worded() && classes.len() > 2 && !self.asked);
        if numbers_as_classes {
            warnings.push(Warning::NumbersAsClasses);
        }
        if labelled && counted && form.classes.len() == classes.len() {
            classes.clone_from(&form.classes);
        }
        let encoded = self.inputs.iter().any(|(_, role)| *role == Role::Category)
            || self.gaps.iter().any(|n| *n > 0) && self.missing != Missing::Row;
        let names: Vec<String> = self
            .inputs
            .iter()
            .map(|(c, _)| form.names[*c].clone())
            .collect();
        let mut words = Vec::new();
        let mut readings: Vec<LearntColumn> = self
            .inputs
            .iter()
            .map(|(c, role)| LearntColumn {
                name: form.named.then(|| form.names[*c].clone()),
                number: c + 1,
                reading: unseen::reading(*role, &[], false),
                indicator: false,
            })
            .collect();
        let mut letters = String::new();
        let mut copies = None;
        let data = if let Some((_, own)) = self.letters.take() {
            copies = own.copies();
            let (data, all) = own.dataset(&name, targets, filing)?;
            letters = all;
            data
        } else if verdict.series {
            let steps = steps(std::mem::take(&mut self.values));
            let lengths = std::mem::take(&mut self.lengths);
            Dataset::from_sequences(&name, 1, lengths, steps, targets, filing)?
        } else if encoded {
            let columns = self.inputs.len();
            let mut values = std::mem::take(&mut self.values).finish();
            let mut encodings = vec![Encoding::NUMBER; columns];
            for at in 0..columns {
                if self.inputs[at].1 == Role::Category {
                    let known = std::mem::take(&mut self.words[at]);
                    let more = known.known.len() > MOST_WORDS;
                    let (places, own) = known.chosen();
                    readings[at].reading = unseen::reading(Role::Category, &own, more);
                    values.replace(at, columns, |id| f64::from(places[id as usize]));
                    encodings[at].words = own.len() as u32;
                    words.push((names[at].clone(), own));
                }
                encodings[at].indicator = self.missing == Missing::Indicator && self.gaps[at] > 0;
                readings[at].indicator = encodings[at].indicator;
            }
            let table = Encoded {
                values,
                columns: encodings,
                missing: self.missing,
            };
            Dataset::from_encoded(&name, table, targets, filing)?
        } else {
            let numbers = std::mem::take(&mut self.values).finish();
            let features = names.len();
            let shape = match options.shape {
                Some(shape)
                    if shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d))
                        == Some(features) =>
                {
                    shape
                }
                Some([c, h, w]) => {
                    return Err(DataError::malformed(
                        &name,
                        Place::File,
                        format!("{features} features in a row; expected {c} x {h} x {w}"),
                    ));
                }
                None if are_pixels(&names) => flat_shape(features, &numbers),
                None => [features, 1, 1],
            };
            Dataset::from_numbers(&name, shape, numbers, targets, filing)?
        };
        let mut found = Found::new(Format::Table, files.all, data);
        found.letters = letters;
        let groups = self.groups.take().map(|groups| groups.finish(form));
        found.together = groups.or(copies);
        found.gzip = files.gzip;
        found.labelled = labelled;
        found.warnings = warnings;
        found.words = words;
        found.why = Some(verdict.why.clone());
        let target = match &verdict.target {
            Target::Nothing => None,
            Target::Column(c) if form.named => Some(form.names[*c].clone()),
            Target::Column(c) => Some(format!("column {}", c + 1)),
            Target::OneHot(all) => {
                let names: Vec<&str> = all.iter().map(|c| form.names[*c].as_str()).collect();
                Some(names.join(", "))
            }
        };
        if let Some([a, b]) = verdict.doubt {
            let way = |c: usize| (Answer::Learn(column(form, c)), like(&survey, c));
            found.doubt = Some([way(a), way(b)]);
        }
        found.learnt = Some(LearntTable {
            columns: form.names.len(),
            learns: match &verdict.target {
                Target::Nothing => Vec::new(),
                Target::Column(c) => vec![c + 1],
                Target::OneHot(all) => all.iter().map(|c| c + 1).collect(),
            },
            inputs: readings,
        });
        if form.named && !verdict.series {
            found.columns = names;
        }
        found.target = target;
        found.all_columns = Arc::new(looked(form, &survey, &verdict, options));
        if labelled {
            found.decided = Some(self.decided(form, &verdict));
        }
        Ok(found)
    }

    /// Whether the rows have the names of the columns, in their order.
    fn is_matrix(&self) -> bool {
        let rows = &self.survey.rows;
        let columns = &self.form.names;
        let named = self.form.named && rows.len() >= 4 && rows.len() + 1 == columns.len();
        let same = |(row, column): (&Vec<String>, &String)| row.first() == Some(column);
        named && rows.iter().zip(&columns[1..]).all(same)
    }

    /// What is to be known about the columns.
    pub(super) fn warn(&self, warnings: &mut Vec<Warning>) {
        let (form, verdict) = (self.form, &self.verdict);
        let name = |c: usize| match &form.names[c] {
            name if name.is_empty() => format!("column {}", c + 1),
            name if !form.named => format!("column {name}"),
            name => name.clone(),
        };
        let asked = |why: &str| why.ends_with("as asked");
        let columns: Vec<String> = verdict
            .left_out
            .iter()
            .filter(|(_, why)| !asked(why))
            .chain(verdict.left_out.iter().filter(|(_, why)| asked(why)))
            .map(|(c, why)| format!("{} ({why})", name(*c)))
            .collect();
        if !columns.is_empty() {
            warnings.push(Warning::LeftOut { columns });
        }
        if let Some((c, letters)) = &self.letters {
            let key = match column(form, *c) {
                Column::Name(name) => name,
                _ => (c + 1).to_string(),
            };
            letters.warn(&name(*c), &key, warnings);
        }
        if self.groups.is_none() {
            for c in groups::worth(&self.survey, form, verdict) {
                warnings.push(Warning::Whose {
                    column: name(c),
                    key: match column(form, c) {
                        Column::Name(name) if name.contains(' ') => format!("\"{name}\""),
                        Column::Name(name) => name,
                        _ => (c + 1).to_string(),
                    },
                });
            }
        }
        if self.is_matrix() {
            warnings.push(Warning::Reading {
                note: "its rows are named like its columns: a matrix (of correlations, distances or counts), whose rows are no examples".to_owned(),
            });
        }
        if let Target::Column(target) = verdict.target {
            for &c in &verdict.leaks {
                warnings.push(Warning::Leak {
                    column: name(c),
                    target: name(target),
                });
            }
        }
        let inputs = || self.inputs.iter().enumerate();
        let categories: Vec<String> = inputs()
            .filter(|(_, (_, role))| *role == Role::Category)
            .map(|(at, (c, _))| {
                let words = &self.words[at];
                let n = words.known.len();
                if n > MOST_WORDS {
                    return format!(
                        "{} ({MOST_WORDS} of {n} words, the rest as other)",
                        name(*c)
                    );
                }
                let mut all: Vec<&str> = words.known.keys().map(|w| &**w).collect();
                all.sort_unstable();
                if n > 6 {
                    format!("{} ({n} words)", name(*c))
                } else {
                    format!("{} ({})", name(*c), all.join(", "))
                }
            })
            .collect();
        if !categories.is_empty() {
            warnings.push(Warning::Categories {
                columns: categories,
            });
        }
        let days: Vec<String> = inputs()
            .filter(|(_, (_, role))| matches!(role, Role::Day(_)))
            .map(|(_, (c, _))| name(*c))
            .collect();
        if !days.is_empty() {
            warnings.push(Warning::Days { columns: days });
        }
        let gaps: Vec<String> = inputs()
            .filter(|(at, _)| self.gaps[*at] > 0)
            .map(|(at, (c, _))| format!("{} ({})", name(*c), self.gaps[at]))
            .collect();
        if !gaps.is_empty() && self.missing != Missing::Row {
            let instead = match self.missing {
                Missing::Frequent => "filled with the most frequent value of the training part",
                Missing::Indicator => {
                    "filled with the mean of the training part, and an input each says where"
                }
                _ => "filled with the mean of the training part",
            };
            warnings.push(Warning::Gaps {
                gaps: self.gaps.iter().sum(),
                columns: gaps,
                instead: instead.to_owned(),
            });
        }
        if self.gapped > 0 {
            warnings.push(Warning::RowsLeftOut {
                rows: self.gapped,
                why: "they have gaps".to_owned(),
            });
        }
        if self.untold > 0 {
            let target = match verdict.target {
                Target::Column(c) => name(c),
                _ => "the target".to_owned(),
            };
            warnings.push(Warning::RowsLeftOut {
                rows: self.untold,
                why: format!("{target} is empty there"),
            });
        }
    }

    /// What a file keeps of it.
    pub(super) fn decided(&self, form: &Form, verdict: &Verdict) -> Decided {
        let label = match &verdict.target {
            Target::OneHot(all) => {
                Column::OneHot(all.iter().map(|c| form.names[*c].clone()).collect())
            }
            Target::Column(c) => column(form, *c),
            Target::Nothing => Column::Number(0),
        };
        let key = |c: usize| match column(form, c) {
            Column::Number(n) => n.to_string(),
            Column::Name(name) => name,
            Column::OneHot(_) => String::new(),
        };
        let kind: BTreeMap<String, ColumnKind> = self
            .inputs
            .iter()
            .filter_map(|(c, role)| match role {
                Role::Category => Some((key(*c), ColumnKind::Category)),
                Role::Day(_) => Some((key(*c), ColumnKind::Date)),
                Role::Letters => Some((key(*c), ColumnKind::Letters)),
                _ => None,
            })
            .collect();
        let gaps = self.gaps.iter().any(|n| *n > 0) || self.gapped > 0;
        Decided {
            label,
            targets: verdict.kind,
            drop: verdict
                .left_out
                .iter()
                .map(|(c, _)| column(form, *c))
                .collect(),
            kind,
            missing: gaps.then_some(self.missing),
        }
    }
}

impl Words {
    /// A place for every word, and what the places are called: the most frequent words in alphabetical order, and "other".
    fn chosen(self) -> (Vec<u32>, Vec<String>) {
        let mut all: Vec<(&str, u32)> = self.known.iter().map(|(w, id)| (&**w, *id)).collect();
        all.sort_unstable_by_key(|(word, id)| {
            (std::cmp::Reverse(self.counts[*id as usize]), *word)
        });
        let more = all.len() > MOST_WORDS;
        all.truncate(MOST_WORDS);
        all.sort_unstable();
        let mut places = vec![all.len() as u32; self.counts.len()];
        for (place, (_, id)) in all.iter().enumerate() {
            places[*id as usize] = place as u32;
        }
        let mut names: Vec<String> = all.iter().map(|(word, _)| (*word).to_owned()).collect();
        if more {
            names.push("other".to_owned());
        }
        (places, names)
    }
}
