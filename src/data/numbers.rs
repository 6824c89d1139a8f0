//! Numbers as a file stores them: bytes, whole numbers, or reals of either precision, whatever is the smallest that loses nothing.

/// A list of numbers of one type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Numbers {
    /// 0 to 255.
    Bytes(Vec<u8>),
    /// Whole numbers.
    Integers(Vec<i64>),
    /// Reals in single precision.
    Singles(Vec<f32>),
    /// Reals.
    Reals(Vec<f64>),
}

impl Numbers {
    /// No bytes yet.
    pub(super) const BYTES: Self = Self::Bytes(Vec::new());
    /// No whole numbers yet.
    pub(super) const INTEGERS: Self = Self::Integers(Vec::new());
    /// No reals in single precision yet.
    pub(super) const SINGLES: Self = Self::Singles(Vec::new());
    /// No reals yet.
    pub(super) const REALS: Self = Self::Reals(Vec::new());

    /// Number `i` in double precision.
    pub(super) fn get(&self, i: usize) -> f64 {
        match self {
            Self::Bytes(v) => f64::from(v[i]),
            Self::Integers(v) => v[i] as f64,
            Self::Singles(v) => f64::from(v[i]),
            Self::Reals(v) => v[i],
        }
    }

    /// The first index of an infinite number or of one that is none.
    pub(super) fn first_not_finite(&self) -> Option<usize> {
        match self {
            Self::Bytes(_) | Self::Integers(_) => None,
            Self::Singles(v) => v.iter().position(|v| !v.is_finite()),
            Self::Reals(v) => v.iter().position(|v| !v.is_finite()),
        }
    }

    /// The elements of an array of that shape, brought from Fortran order (first index fastest) into C order.
    pub(super) fn transposed(self, shape: &[usize]) -> Self {
        match self {
            Self::Bytes(v) => Self::Bytes(transposed(&v, shape)),
            Self::Integers(v) => Self::Integers(transposed(&v, shape)),
            Self::Singles(v) => Self::Singles(transposed(&v, shape)),
            Self::Reals(v) => Self::Reals(transposed(&v, shape)),
        }
    }

    /// Whole numbers as bytes where all fit, else as the least precise reals that hold them all.
    pub(super) fn compact(self) -> Self {
        /// Whole numbers up to here are exact in single precision.
        const EXACT: u64 = 1 << 24;
        match self {
            Self::Integers(v) if v.iter().all(|v| u8::try_from(*v).is_ok()) => {
                Self::Bytes(v.into_iter().map(|v| v as u8).collect())
            }
            Self::Integers(v) if v.iter().all(|v| v.unsigned_abs() <= EXACT) => {
                Self::Singles(v.into_iter().map(|v| v as f32).collect())
            }
            Self::Integers(v) => Self::Reals(v.into_iter().map(|v| v as f64).collect()),
            other => other,
        }
    }
}

fn transposed<T: Copy>(values: &[T], shape: &[usize]) -> Vec<T> {
    let mut index = vec![0; shape.len()];
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1;
    for size in shape {
        strides.push(stride);
        stride *= size;
    }
    let mut out = Vec::with_capacity(values.len());
    let mut at = 0;
    for _ in 0..values.len() {
        out.push(values[at]);
        // Counts up like an odometer, the last index first.
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    out
}
