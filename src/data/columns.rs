//! The columns of a table as they were taken: what each is for and what it is read as, why, and what is in it.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::options::{Column, ColumnKind};

/// All columns of a table, those left out among them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    /// In the order of the file.
    pub all: Vec<ColumnLook>,
    /// Two of them that are about as likely to be learnt.
    pub doubt: Option<[usize; 2]>,
    /// The one that would be learnt, where another one was asked for.
    pub proposed: Option<usize>,
    /// The one that would be learnt if what is learnt were not to be.
    pub instead: Option<usize>,
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// It is to be learnt.
    Learn,
    /// It is an input, or several.
    Input,
    /// It is left out.
    Out,
}

/// A column as it was taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnLook {
    /// Its name; "column" and its number from 1 where it has none.
    pub name: String,
    /// What options call it.
    pub column: Column,
    /// What it is for.
    #[serde(rename = "use")]
    pub used: Use,
    /// Why, in words.
    pub why: Cow<'static, str>,
    /// What its fields are.
    pub kind: ColumnKind,
    /// Why they are that, in words.
    pub why_kind: Cow<'static, str>,
    /// Fields without a value.
    pub missing: u64,
    /// The first few different values.
    pub quoted: Vec<String>,
    /// What its values are like.
    pub spread: Spread,
}

/// What the values of a column are like.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Spread {
    /// There are none.
    Nothing,
    /// Numbers.
    Numbers {
        /// The lowest.
        minimum: f64,
        /// The highest.
        maximum: f64,
        /// The mean.
        mean: f64,
        /// How many lie in each of as many parts of that range, the most being 255.
        #[serde(skip)]
        bars: Vec<u8>,
    },
    /// Words, or numbers that stand for classes.
    Words {
        /// The most frequent ones and how often each occurs.
        most: Vec<(String, u64)>,
        /// How many different ones there are; `None` if more than are told apart.
        different: Option<usize>,
    },
}

impl Columns {
    /// What is taken otherwise than it was before, one line each: what is learnt, then uses and kinds of columns.
    pub fn changes_since(&self, before: &Self) -> Vec<String> {
        let learnt = |columns: &Self| -> Vec<String> {
            let learnt = columns.all.iter().filter(|c| c.used == Use::Learn);
            learnt.map(|c| c.name.clone()).collect()
        };
        let (old, new) = (learnt(before), learnt(self));
        let mut lines = Vec::new();
        if old != new {
            let name = |all: &[String]| match all {
                [] => "nothing".to_owned(),
                all => all.join(", "),
            };
            lines.push(format!("learns {}, not {}", name(&new), name(&old)));
        }
        for (old, new) in before.all.iter().zip(&self.all) {
            if old.used != new.used && new.used != Use::Learn && old.used != Use::Learn {
                lines.push(match new.used {
                    Use::Out => format!("{} is left out ({})", new.name, new.why),
                    _ => format!("{} is an input", new.name),
                });
            } else if old.kind != new.kind && new.used != Use::Out {
                let (new_kind, old_kind) = (new.kind.words(), old.kind.words());
                lines.push(format!(
                    "{} is a {new_kind}, not a {old_kind} ({})",
                    new.name, new.why_kind
                ));
            }
        }
        lines
    }
}
