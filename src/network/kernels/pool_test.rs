//! Pools on every path against the definition, number by number, to the bit.

use super::super::tests::Random;
use super::*;

/// The definition, by plain loops over windows, positions and channels.
struct Plain<S> {
    pool: Pooling,
    images: Vec<S>,
    error: Vec<S>,
    /// What is added to: of the windows, and of the images.
    held: Vec<S>,
    held_back: Vec<S>,
}

/// The input rows or columns under the window of output position `at`.
fn under(window: Window, at: usize, inputs: usize) -> impl Iterator<Item = usize> + Clone {
    let places =
        (0..window.kernel).map(move |k| (at * window.stride + k).wrapping_sub(window.padding));
    places.filter(move |&place| place < inputs)
}

impl<S: Scalar> Plain<S> {
    /// Every window of every image and channel: its place in what is made, the first number of its image, and the numbers under it,
    /// counted within the image.
    fn windows(&self) -> Vec<(usize, usize, Vec<usize>)> {
        let Pooling {
            window, from, to, ..
        } = self.pool;
        let mut all = Vec::new();
        for image in 0..self.images.len() / from.len() {
            for (oy, ox) in (0..to.height).flat_map(|y| (0..to.width).map(move |x| (y, x))) {
                for channel in 0..to.channels {
                    let rows = under(window, oy, from.height);
                    let columns = under(window, ox, from.width);
                    let met = rows.flat_map(|y| columns.clone().map(move |x| (y, x)));
                    let met = met.map(|(y, x)| from.index(channel, y, x)).collect();
                    let place = image * to.len() + to.index(channel, oy, ox);
                    all.push((place, image * from.len(), met));
                }
            }
        }
        all
    }

    fn begin(held: &[S], accumulate: bool) -> Vec<S> {
        if accumulate {
            held.to_vec()
        } else {
            vec![S::ZERO; held.len()]
        }
    }

    fn largest(&self, accumulate: bool) -> (Vec<S>, Vec<u32>) {
        let mut out = self.held.clone();
        let mut winners = vec![0; out.len()];
        for (place, image, met) in self.windows() {
            let mut winner = met[0];
            for &at in &met {
                let (value, best) = (self.images[image + at], self.images[image + winner]);
                if value > best || value.to_f64().is_nan() {
                    winner = at;
                }
            }
            let value = self.images[image + winner];
            winners[place] = winner as u32;
            out[place] = if accumulate {
                out[place] + value
            } else {
                value
            };
        }
        (out, winners)
    }

    fn pull_largest(&self, winners: &[u32], accumulate: bool) -> Vec<S> {
        let mut out = Self::begin(&self.held_back, accumulate);
        for (place, image, _) in self.windows() {
            out[image + winners[place] as usize] += self.error[place];
        }
        out
    }

    fn mean(&self, accumulate: bool) -> Vec<S> {
        let mut out = self.held.clone();
        for (place, image, met) in self.windows() {
            let share = S::ONE / S::from_f64(met.len() as f64);
            let sum = met
                .iter()
                .fold(S::ZERO, |sum, &at| sum + self.images[image + at]);
            out[place] = if accumulate {
                out[place] + sum * share
            } else {
                sum * share
            };
        }
        out
    }

    fn pull_mean(&self, accumulate: bool) -> Vec<S> {
        let mut out = Self::begin(&self.held_back, accumulate);
        for (place, image, met) in self.windows() {
            let share = S::ONE / S::from_f64(met.len() as f64);
            for at in met {
                out[image + at] += self.error[place] * share;
            }
        }
        out
    }
}

/// Numbers with many ties, and now and then what is no number or has no ordinary sign.
fn numbers<S: Scalar>(random: &mut Random, count: usize, odd: bool) -> Vec<S> {
    let nan = S::from_f64(f64::NAN);
    let special = [
        S::ZERO,
        -S::ZERO,
        S::from_f64(f64::NEG_INFINITY),
        S::from_f64(f64::INFINITY),
        nan,
        // Other bits: of another sign, and with a payload.
        nan.flip_bit(if S::NAME == "f32" { 31 } else { 63 }),
        nan.flip_bit(3),
        S::from_f64(1e-42),
    ];
    let number = |_| match random.below(if odd { 8 } else { 6 }) {
        0..3 => random.values(1)[0],
        3 => -S::ZERO,
        4 | 5 => S::from_f64(random.below(3) as f64 - 1.0),
        _ => special[random.below(special.len())],
    };
    (0..count).map(number).collect()
}

fn drawn<S: Scalar>(random: &mut Random) -> Plain<S> {
    let (window, height, width) = loop {
        let kernel = 1 + random.below(5);
        let window = match random.below(3) {
            0 => Window {
                kernel: 2,
                stride: 2,
                padding: 0,
            },
            1 => Window {
                kernel,
                stride: kernel,
                padding: 0,
            },
            _ => Window {
                kernel,
                stride: 1 + random.below(6),
                padding: random.below(kernel),
            },
        };
        let (height, width) = (1 + random.below(11), 1 + random.below(11));
        if window.outputs(height).is_some() && window.outputs(width).is_some() {
            break (window, height, width);
        }
    };
    // Every block of channels, and what is left over.
    let channels = [1, 2, 3, 4, 5, 8, 15, 16, 17, 19, 20, 23, 32, 39][random.below(14)];
    let outputs = |side| window.outputs(side).expect("the window fits");
    let from = Shape {
        channels,
        height,
        width,
    };
    let to = Shape {
        channels,
        height: outputs(height),
        width: outputs(width),
    };
    let pool = Pooling::new(window, from, to);
    let images = random.below(4);
    let (read, made) = (images * pool.from.len(), images * pool.to.len());
    let odd = random.below(2) == 0;
    Plain {
        pool,
        images: numbers(random, read, odd),
        error: numbers(random, made, odd),
        held: numbers(random, made, odd),
        held_back: numbers(random, read, odd),
    }
}

/// Equal bits. Of sums, NaN may differ in sign and payload: two of them give either.
fn assert_same<S: Scalar>(got: &[S], want: &[S], sums: bool, what: &str, pool: Pooling) {
    assert_eq!(got.len(), want.len());
    for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
        let both = sums && got.to_f64().is_nan() && want.to_f64().is_nan();
        assert!(
            both || got.differing_bits(want) == 0,
            "{} {what} of {pool:?}: number {i} is {got}, expected {want}",
            S::NAME
        );
    }
}

fn every_path_is_the_definition<S: Scalar>() {
    let mut random = Random(11);
    for _ in 0..600 {
        let plain = drawn::<S>(&mut random);
        for (path, accumulate) in path::available()
            .into_iter()
            .flat_map(|p| [(p, false), (p, true)])
        {
            let pool = Pooling { path, ..plain.pool };
            let check = |got: &[S], want: &[S], sums: bool, what: &str| {
                let what = format!("{what} on {path:?}, accumulate {accumulate}");
                assert_same(got, want, sums, &what, pool);
            };
            let (want, winners) = plain.largest(accumulate);
            let (mut out, mut won) = (plain.held.clone(), vec![u32::MAX; winners.len()]);
            pool.largest(&plain.images, &mut out, &mut won, accumulate);
            check(&out, &want, accumulate, "largest");
            assert_eq!(won, winners, "winners of {pool:?} on {path:?}");

            let mut out = plain.held_back.clone();
            pool.pull_largest(&plain.error, &winners, &mut out, accumulate);
            check(
                &out,
                &plain.pull_largest(&winners, accumulate),
                true,
                "pull of largest",
            );

            let mut out = plain.held.clone();
            pool.mean(&plain.images, &mut out, accumulate);
            check(&out, &plain.mean(accumulate), true, "mean");

            let mut out = plain.held_back.clone();
            pool.pull_mean(&plain.error, &mut out, accumulate);
            check(&out, &plain.pull_mean(accumulate), true, "pull of mean");
        }
    }
}

#[test]
fn singles_are_pooled_by_the_definition_on_every_path() {
    every_path_is_the_definition::<f32>();
}

#[test]
fn doubles_are_pooled_by_the_definition_on_every_path() {
    every_path_is_the_definition::<f64>();
}

/// A pool of 2 over images of three channels, 4 × 5: its last column is under no window.
fn halves() -> Pooling {
    let shape = |height, width| Shape {
        channels: 3,
        height,
        width,
    };
    Pooling::new(
        Window {
            kernel: 2,
            stride: 2,
            padding: 0,
        },
        shape(4, 5),
        shape(2, 2),
    )
}

#[test]
fn the_first_of_equals_wins_and_of_nans_the_last() {
    let pool = halves();
    let line = 5 * 3;
    let mut image = vec![-0.0f32; pool.from.len()];
    // Channel 0: all equal but for the sign of zero. Channel 1: one infinity after another. Channel 2: NaN among larger numbers.
    image[3] = 0.0;
    image[line + 1] = f32::INFINITY;
    image[line + 3 + 1] = f32::INFINITY;
    image[2] = f32::NAN;
    image[3 + 2] = 9.0;
    image[line + 2] = -f32::NAN;
    image[line + 3 + 2] = f32::INFINITY;
    for path in path::available() {
        let pool = Pooling { path, ..pool };
        let (mut out, mut winners) = ([7.0; 12], [7; 12]);
        pool.largest(&image, &mut out, &mut winners, false);
        let first = winners[..3].to_vec();
        assert_eq!(first, [0, line as u32 + 1, line as u32 + 2], "{path:?}");
        let bits = out[..3].iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let want = [-0.0f32, f32::INFINITY, -f32::NAN].map(f32::to_bits);
        assert_eq!(bits, want, "{path:?}");
    }
}

#[test]
fn images_that_do_not_fit_are_refused() {
    let run = |images: usize, places: usize, winners: usize, pool: Pooling| {
        std::panic::catch_unwind(|| {
            let (mut out, mut won) = (vec![0.0f32; places], vec![0; winners]);
            pool.largest(&vec![0.0; images], &mut out, &mut won, false);
            pool.pull_largest(&out, &won, &mut vec![0.0; images], false);
            pool.mean(&vec![0.0; images], &mut out, false);
            pool.pull_mean(&out, &mut vec![0.0; images], false);
        })
        .is_ok()
    };
    assert!(run(60, 12, 12, halves()) && run(120, 24, 24, halves()) && run(0, 0, 0, halves()));
    assert!(!run(59, 12, 12, halves()) && !run(60, 11, 11, halves()));
    assert!(!run(60, 12, 24, halves()) && !run(120, 12, 12, halves()));
}

#[test]
fn windows_that_do_not_fit_are_refused() {
    let run = |kernel, stride, padding, from: (usize, usize), channels| {
        let shape = |channels, (height, width)| Shape {
            channels,
            height,
            width,
        };
        let window = Window {
            kernel,
            stride,
            padding,
        };
        std::panic::catch_unwind(|| Pooling::new(window, shape(3, from), shape(channels, (2, 2))))
            .is_ok()
    };
    assert!(run(2, 2, 0, (4, 5), 3) && run(2, 2, 1, (2, 3), 3));
    assert!(!run(2, 2, 0, (4, 3), 3) && !run(2, 2, 0, (6, 4), 3) && !run(2, 2, 0, (4, 4), 2));
    assert!(!run(2, 4, 2, (2, 2), 3), "a window beside the image");
}
