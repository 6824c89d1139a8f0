//! Claims checked on the user's machine.
pub mod reference;
