//! Every operation against its definition, position by position, over windows of all kinds.

use super::*;
use crate::network::ops::check::numbers;

struct Case {
    window: Window,
    from: Shape,
    to: Shape,
    images: usize,
    weight: Vec<f64>,
    bias: Vec<f64>,
    input: Vec<f64>,
    error: Vec<f64>,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (kernel, stride, padding, height, width) in [
        (1, 1, 0, 3, 4),
        (3, 1, 1, 5, 4),
        (3, 2, 1, 16, 16),
        (3, 2, 1, 7, 8),
        (5, 2, 2, 9, 12),
        (5, 3, 4, 8, 7),
        (2, 3, 0, 9, 7),
        (3, 5, 2, 11, 6),
        (4, 4, 1, 10, 10),
        (4, 1, 3, 2, 1),
        (3, 4, 0, 3, 3),
    ] {
        for (channels, outputs, images) in [(1, 1, 1), (3, 5, 2), (9, 17, 6)] {
            let window = Window {
                kernel,
                stride,
                padding,
            };
            let from = Shape {
                channels,
                height,
                width,
            };
            let fits = |side| window.outputs(side).expect("the window fits");
            let to = Shape {
                channels: outputs,
                height: fits(height),
                width: fits(width),
            };
            let columns = kernel * kernel * channels;
            cases.push(Case {
                window,
                from,
                to,
                images,
                weight: numbers(outputs * columns, 1),
                bias: numbers(outputs, 2),
                input: numbers(images * from.len(), 3),
                error: numbers(images * to.len(), 4),
            });
        }
    }
    cases
}

impl Case {
    fn columns(&self) -> usize {
        self.window.kernel * self.window.kernel * self.from.channels
    }

    /// Calls `each` with the indices (input, output, weight) of every multiply-add of the definition.
    fn each(&self, mut each: impl FnMut(usize, usize, usize)) {
        let Window {
            kernel,
            stride,
            padding,
        } = self.window;
        for image in 0..self.images {
            for (oy, ox) in
                (0..self.to.height).flat_map(|y| (0..self.to.width).map(move |x| (y, x)))
            {
                for (ky, kx) in (0..kernel).flat_map(|y| (0..kernel).map(move |x| (y, x))) {
                    let (y, x) = (oy * stride + ky, ox * stride + kx);
                    if y < padding || x < padding {
                        continue;
                    }
                    let (y, x) = (y - padding, x - padding);
                    if y >= self.from.height || x >= self.from.width {
                        continue;
                    }
                    for o in 0..self.to.channels {
                        for c in 0..self.from.channels {
                            each(
                                image * self.from.len() + self.from.index(c, y, x),
                                image * self.to.len() + self.to.index(o, oy, ox),
                                o * self.columns() + (ky * kernel + kx) * self.from.channels + c,
                            );
                        }
                    }
                }
            }
        }
    }

    fn conv(&self) -> (Sliding, Vec<f64>) {
        let conv = Sliding::new(self.window, self.from, self.to);
        // What the scratch holds must not matter.
        let scratch = vec![f64::NAN; conv.scratch()];
        (conv, scratch)
    }
}

fn close(got: &[f64], want: &[f64], what: &str, case: &Case) {
    assert_eq!(got.len(), want.len());
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        assert!(
            (g - w).abs() <= 1e-12 * (1.0 + w.abs()),
            "{what} of {:?} over {:?}: element {i} is {g}, expected {w}",
            case.window,
            case.from
        );
    }
}

#[test]
fn forward_is_the_definition() {
    for case in cases() {
        let (conv, _) = case.conv();
        let columns = case.columns();
        let mut transposed = vec![0.0; case.weight.len()];
        for o in 0..case.to.channels {
            for p in 0..columns {
                transposed[p * case.to.channels + o] = case.weight[o * columns + p];
            }
        }
        let held = numbers(case.images * case.to.len(), 5);
        for (bias, accumulate) in [(true, false), (true, true), (false, false), (false, true)] {
            let mut out = held.clone();
            let given = bias.then_some(&case.bias[..]);
            conv.forward(&transposed, given, &case.input, &mut out, accumulate);
            let mut want = if accumulate {
                held.clone()
            } else {
                vec![0.0; held.len()]
            };
            if bias {
                for (i, w) in want.iter_mut().enumerate() {
                    *w += case.bias[i % case.to.channels];
                }
            }
            case.each(|i, o, w| want[o] += case.input[i] * case.weight[w]);
            close(&out, &want, "forward", &case);
        }
    }
}

#[test]
fn pull_is_the_transpose() {
    for case in cases() {
        let (conv, _) = case.conv();
        let held = numbers(case.images * case.from.len(), 6);
        for accumulate in [false, true] {
            let mut out = held.clone();
            conv.pull(&case.weight, &case.error, &mut out, accumulate);
            let mut want = if accumulate {
                held.clone()
            } else {
                vec![0.0; held.len()]
            };
            case.each(|i, o, w| want[i] += case.error[o] * case.weight[w]);
            close(&out, &want, "pull", &case);
        }
    }
}

#[test]
fn gradient_is_the_definition() {
    for case in cases() {
        let (conv, mut scratch) = case.conv();
        let held = numbers(case.weight.len(), 7);
        let mut out = held.clone();
        conv.gradient(&case.error, &case.input, &mut out, &mut scratch, true);
        let mut want = held;
        case.each(|i, o, w| want[w] += case.error[o] * case.input[i]);
        close(&out, &want, "gradient", &case);
    }
}

#[test]
fn an_example_has_the_same_bits_in_any_company() {
    for case in cases().into_iter().filter(|c| c.images > 1) {
        let (conv, _) = case.conv();
        let run = |images: std::ops::Range<usize>| {
            let error = &case.error[images.start * case.to.len()..images.end * case.to.len()];
            let mut out = vec![0.0; images.len() * case.from.len()];
            conv.pull(&case.weight, error, &mut out, false);
            out.iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        };
        let all = run(0..case.images);
        let last = run(case.images - 1..case.images);
        assert_eq!(last, all[all.len() - case.from.len()..]);
    }
}
