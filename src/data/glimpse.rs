//! A first look at a table, before all of it is read.

use super::columns::Columns;

/// Files of more bytes than this take a while to read: a first look comes before.
pub const LARGE: u64 = 16 << 20;

/// What a spread of rows says: those at the start of the file and, of a large one, some at even distances. All rows may say otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Glimpse {
    /// What is learnt, and why; or what is asked.
    pub learns: String,
    /// The columns.
    pub columns: Columns,
    /// How many rows were looked at.
    pub rows: u64,
    /// Whether they are all there are.
    pub whole: bool,
}
