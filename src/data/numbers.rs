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

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bytes(v) => v.len(),
            Self::Integers(v) => v.len(),
            Self::Singles(v) => v.len(),
            Self::Reals(v) => v.len(),
        }
    }

    /// These numbers and then those: of the same type if both are, else in double precision.
    pub(super) fn followed_by(self, more: Self) -> Self {
        match (self, more) {
            (Self::Bytes(mut a), Self::Bytes(b)) => {
                a.extend(b);
                Self::Bytes(a)
            }
            (Self::Integers(mut a), Self::Integers(b)) => {
                a.extend(b);
                Self::Integers(a)
            }
            (Self::Singles(mut a), Self::Singles(b)) => {
                a.extend(b);
                Self::Singles(a)
            }
            (a, b) => Self::Reals(a.reals().chain(b.reals()).collect()),
        }
    }

    fn reals(&self) -> impl Iterator<Item = f64> {
        (0..self.len()).map(|i| self.get(i))
    }

    /// All as whole numbers, or the index of the first that is none.
    pub(super) fn whole(&self) -> Result<Vec<i64>, usize> {
        const EXACT: f64 = (1_u64 << 53) as f64;
        match self {
            Self::Bytes(v) => Ok(v.iter().map(|&v| i64::from(v)).collect()),
            Self::Integers(v) => Ok(v.clone()),
            Self::Singles(_) | Self::Reals(_) => {
                let whole = |(i, v): (usize, f64)| {
                    if v.fract() == 0.0 && v.abs() <= EXACT {
                        Ok(v as i64)
                    } else {
                        Err(i)
                    }
                };
                self.reals().enumerate().map(whole).collect()
            }
        }
    }

    /// Pictures with the channel last brought into the order channel, row, column; `plane` values a channel.
    pub(super) fn channels_first(self, channels: usize, plane: usize) -> Self {
        match self {
            Self::Bytes(v) => Self::Bytes(channels_first(&v, channels, plane)),
            Self::Integers(v) => Self::Integers(channels_first(&v, channels, plane)),
            Self::Singles(v) => Self::Singles(channels_first(&v, channels, plane)),
            Self::Reals(v) => Self::Reals(channels_first(&v, channels, plane)),
        }
    }

    /// Puts another number in the place of every number of a column; what is not a number stays.
    pub(super) fn replace(&mut self, column: usize, columns: usize, new: impl Fn(f64) -> f64) {
        let places = (column..self.len()).step_by(columns.max(1));
        match self {
            Self::Bytes(v) => {
                // Places are no more than the words of a category, which came as bytes.
                for i in places {
                    v[i] = new(f64::from(v[i])) as u8;
                }
            }
            Self::Reals(v) => {
                for i in places {
                    if !v[i].is_nan() {
                        v[i] = new(v[i]);
                    }
                }
            }
            Self::Integers(_) | Self::Singles(_) => {}
        }
    }

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

/// Numbers that arrive one by one: bytes as long as all fit, reals from the first that does not.
#[derive(Debug)]
pub(super) struct Growing {
    numbers: Numbers,
}

impl Default for Growing {
    fn default() -> Self {
        Self {
            numbers: Numbers::BYTES,
        }
    }
}

impl Growing {
    /// How many have arrived.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Adds a number; fails if there is no memory for it.
    pub(super) fn push(&mut self, value: f64) -> Result<(), ()> {
        if let Numbers::Bytes(bytes) = &mut self.numbers {
            let byte = value as u8;
            // By bits, so that -0 is not taken for 0.
            if f64::from(byte).to_bits() == value.to_bits() {
                return push(bytes, byte);
            }
            let mut reals = Vec::new();
            reals.try_reserve_exact(bytes.len() + 1).map_err(|_| ())?;
            reals.extend(bytes.iter().map(|&b| f64::from(b)));
            self.numbers = Numbers::Reals(reals);
        }
        match &mut self.numbers {
            Numbers::Reals(reals) => push(reals, value),
            _ => Ok(()),
        }
    }

    /// All that have arrived.
    pub(super) fn finish(self) -> Numbers {
        self.numbers
    }
}

/// Grows by a quarter where there is no room: little is taken in vain.
fn push<T>(numbers: &mut Vec<T>, value: T) -> Result<(), ()> {
    if numbers.len() == numbers.capacity() {
        let more = (numbers.len() / 4).max(1 << 10);
        numbers.try_reserve_exact(more).map_err(|_| ())?;
    }
    numbers.push(value);
    Ok(())
}

pub(super) fn channels_first<T: Copy>(values: &[T], channels: usize, plane: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(values.len());
    for picture in values.chunks_exact(channels * plane) {
        for channel in 0..channels {
            out.extend(picture.iter().skip(channel).step_by(channels));
        }
    }
    out
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
