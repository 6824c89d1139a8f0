//! Numbers that left the engine: stored in the type they were computed in, read as doubles, losing nothing.

use super::file::Dtype;
use crate::network::Scalar;
use std::sync::Arc;

/// A shared list of numbers in single or double precision.
#[derive(Clone, Debug)]
pub enum Numbers {
    /// Single precision.
    F32(Arc<[f32]>),
    /// Double precision.
    F64(Arc<[f64]>),
}

impl Default for Numbers {
    fn default() -> Self {
        Self::new::<f32>(&[])
    }
}

impl Numbers {
    /// Copies a slice.
    pub fn new<S: Scalar>(values: &[S]) -> Self {
        // The engine's types are exactly these two, told apart by name.
        if S::NAME == "f32" {
            Self::F32(values.iter().map(|v| v.to_f64() as f32).collect())
        } else {
            Self::F64(values.iter().map(|v| v.to_f64()).collect())
        }
    }

    /// The number at `index`, widened.
    pub fn get(&self, index: usize) -> f64 {
        match self {
            Self::F32(v) => f64::from(v[index]),
            Self::F64(v) => v[index],
        }
    }

    /// True if some number of a range is another in `other`.
    pub fn differs(&self, other: &Self, range: std::ops::Range<usize>) -> bool {
        match (self, other) {
            (Self::F32(a), Self::F32(b)) => a[range.clone()] != b[range],
            (Self::F64(a), Self::F64(b)) => a[range.clone()] != b[range],
            _ => true,
        }
    }

    /// What each is more than that of `other`, rounded once to the type of these; as many as both have.
    pub fn less(&self, other: &Self) -> Self {
        let both = 0..self.len().min(other.len());
        let each = both.map(|i| self.get(i) - other.get(i));
        match self {
            Self::F32(_) => Self::F32(each.map(|v| v as f32).collect()),
            Self::F64(_) => Self::F64(each.collect()),
        }
    }

    /// These with a range of others in its place; of one type both.
    #[must_use]
    pub fn with(&self, other: &Self, range: std::ops::Range<usize>) -> Self {
        match (self, other) {
            (Self::F32(a), Self::F32(b)) => {
                let mut all = a.to_vec();
                all[range.clone()].copy_from_slice(&b[range]);
                Self::F32(all.into())
            }
            (Self::F64(a), Self::F64(b)) => {
                let mut all = a.to_vec();
                all[range.clone()].copy_from_slice(&b[range]);
                Self::F64(all.into())
            }
            _ => self.clone(),
        }
    }

    /// The type they were computed in.
    pub fn dtype(&self) -> Dtype {
        match self {
            Self::F32(_) => Dtype::F32,
            Self::F64(_) => Dtype::F64,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
        }
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::F32(v) => v.len() * 4,
            Self::F64(v) => v.len() * 8,
        }
    }
}
