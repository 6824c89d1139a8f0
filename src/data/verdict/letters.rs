//! Whether a table is one of texts, to be read letter by letter.

use super::{ColumnKind, DataError, Judge, Place, Role};
use crate::data::table::letters::sentences;

/// The column that is read letter by letter.
pub(in crate::data) fn letters(roles: &[Role]) -> Option<usize> {
    roles.iter().position(|role| *role == Role::Letters)
}

impl Judge<'_> {
    /// Takes a text letter by letter: the one whose kind says so, or the longest column of sentences where nothing else is an input.
    /// Nothing is read beside it.
    pub(super) fn read_letters(
        &self,
        roles: &mut [Role],
        out: &mut [Option<String>],
    ) -> Result<(), DataError> {
        let asked = roles.iter().filter(|r| **r == Role::Letters).count();
        if asked > 1 {
            let problem = format!("{asked} columns are of the kind letters; expected one");
            return Err(DataError::malformed(self.file, Place::Line(1), problem));
        }
        let none = roles.iter().all(|r| matches!(r, Role::Out | Role::Target));
        if asked == 0 && none && self.options.drop.is_none() {
            let text = |&c: &usize| {
                let asked = self.options.kind.iter();
                let asked = asked
                    .filter(|(_, kind)| **kind == ColumnKind::Text)
                    .any(|(name, _)| super::position(self.names, name) == Some(c));
                roles[c] == Role::Out
                    && !asked
                    && Some(c) != self.together()
                    && self.no_category(c).is_some()
                    && sentences(self.survey, c)
            };
            let length = |&c: &usize| {
                let s = self.column(c);
                (s.mean_length() * s.words as f64) as u64
            };
            let longest = (0..self.len()).filter(text).max_by_key(length);
            if let Some(c) = longest {
                roles[c] = Role::Letters;
                out[c] = None;
            }
        }
        let Some(own) = letters(roles) else {
            return Ok(());
        };
        for (c, role) in roles.iter_mut().enumerate() {
            if c != own && !matches!(role, Role::Out | Role::Target) {
                *role = Role::Out;
                out[c] = Some("a text is read alone".to_owned());
            }
        }
        Ok(())
    }

    /// The column whose equal values keep rows together.
    pub(super) fn together(&self) -> Option<usize> {
        let column = self.options.split_by.as_ref()?;
        self.places(column)
            .ok()
            .and_then(|all| all.first().copied())
    }
}
