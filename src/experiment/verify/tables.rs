//! Numbers that a separate program computed on the portable reference nets, and the chain that can be checked by hand.

use super::reference::{ROWS, Reference, cnnmax, mlp, rnn};
use super::{Check, precisions, products};
use crate::experiment::file::Experiment;
use crate::experiment::loading::load_data;
use crate::experiment::setup::Setup;
use crate::learning::compare::distance;
use crate::learning::learner::method;
use crate::learning::*;
use crate::network::Gradient;
use std::sync::Arc;

/// Every table.
pub fn run(_quick: bool, add: &mut dyn FnMut(Check)) {
    if let (Some(mlp), Some(cnn), Some(rnn)) = (mlp::<f64>(1), cnnmax::<f64>(1), rnn::<f64>(1)) {
        first_numbers(&mlp, &cnn, &rnn, add);
        inference(&mlp, add);
        inference_in_time(&rnn, add);
        sums(&mlp, &cnn, &rnn, add);
        for (name, net, column) in [("mlp", &mlp, 0), ("rnn", &rnn, 1)] {
            breaking(name, net, column, add);
        }
        precisions::run([("mlp", &mlp), ("rnn", &rnn)], add);
    }
    products::run(add);
    add(chain().unwrap_or_else(|e| Check::new("chain", "ε = 1/3 three times", e, false)));
}

/// A row that compares with a number printed to `digits` decimals.
pub(super) fn printed(name: String, expected: f64, digits: usize, measured: f64) -> Check {
    let half = 0.5 * 10f64.powi(-(digits as i32));
    Check::new(
        name,
        format!("{expected:.digits$}"),
        format!("{measured:.digits$}"),
        (measured - expected).abs() <= half * 1.001,
    )
}

/// State 0, BP's gradient and loss of a reference net.
pub(super) fn backprop(net: &Reference<f64>) -> (f64, Vec<f64>, Backprop<f64>) {
    let plan = net.weights.plan();
    let mut bp = Backprop::new(Arc::clone(plan), ROWS);
    let mut gradient = Gradient::new(Arc::clone(plan));
    bp.forward(&net.weights, &net.batch.inputs, &net.batch.missing);
    bp.reverse(&net.weights, &net.batch.targets, &mut gradient);
    (bp.loss(&net.batch.targets), gradient.to_vec(), bp)
}

fn length(v: &[f64]) -> f64 {
    v.iter().map(|g| g * g).sum::<f64>().sqrt()
}

fn first_numbers(
    mlp: &Reference<f64>,
    cnn: &Reference<f64>,
    rnn: &Reference<f64>,
    add: &mut dyn FnMut(Check),
) {
    let labels = |name: &str, net: &Reference<f64>, expected: &str| {
        let measured: Vec<String> = net.labels.iter().map(ToString::to_string).collect();
        let measured = measured.join(" ");
        let pass = measured == expected;
        Check::new(format!("{name}, labels"), expected, measured, pass)
    };
    add(labels("mlp", mlp, "2 3 1 4 3 3 0 1"));
    add(labels("cnnmax", cnn, "4 2 0 2 0 0 2 3"));
    add(labels("rnn", rnn, "0 1 1 1 0 0 0 2"));
    let w0 = mlp.weights.exported(0);
    for (i, expected) in [0.070_599_21, 0.260_690_92, 0.499_573_86]
        .into_iter()
        .enumerate()
    {
        add(printed(format!("mlp, W0[0,{i}]"), expected, 8, w0[i]));
    }
    for (i, expected) in [-0.365_522_84, -0.152_215_13, 0.252_112_03]
        .into_iter()
        .enumerate()
    {
        add(printed(
            format!("mlp, X[0,{i}]"),
            expected,
            8,
            mlp.batch.inputs[i],
        ));
    }
    let (loss, gradient, bp) = backprop(mlp);
    let outputs = [
        0.061_793_63,
        0.179_364_44,
        0.015_217_2,
        -0.124_346_58,
        -0.029_883_48,
    ];
    for (i, expected) in outputs.into_iter().enumerate() {
        add(printed(
            format!("mlp, output[{i}] of example 0"),
            expected,
            8,
            bp.output()[i],
        ));
    }
    add(printed("mlp, loss".into(), 2.758_434_828_343, 12, loss));
    for (i, expected) in [
        (3, 2.096_415_230_320),
        (2, 1.965_014_682_745),
        (1, 1.798_034_274_244),
        (0, 1.360_006_433_153),
    ] {
        let measured = length(&gradient[mlp.weights.plan().parameter(i)]);
        add(printed(
            format!("mlp, |ΔW{i}| of BP"),
            expected,
            12,
            measured,
        ));
    }
    add(printed(
        "cnnmax, loss".into(),
        5.662_973_793_630,
        12,
        backprop(cnn).0,
    ));
    add(printed(
        "rnn, loss".into(),
        5.612_086_342_186,
        12,
        backprop(rnn).0,
    ));
}

/// The recurrent net's IL over t: (t, F where it is known, cosine, relative error where it is known).
const OVER_TIME_RNN: [(usize, Option<f64>, f64, Option<f64>); 9] = [
    (0, Some(5.612_086_342_2), 0.732, Some(0.681)),
    (1, None, 0.768, None),
    (2, None, 0.797, None),
    (5, None, 0.849, None),
    (10, Some(3.683_915_637_4), 0.870, None),
    (20, None, 0.857, None),
    (50, None, 0.819, None),
    (100, None, 0.790, None),
    (400, Some(2.944_577_046_6), 0.750, Some(0.701)),
];

fn inference_in_time(net: &Reference<f64>, add: &mut dyn FnMut(Check)) {
    let plan = net.weights.plan();
    let reference = backprop(net).1;
    let schedule = Schedule::il(plan, 400, 0.1, &Conditions::default());
    let mut state = State::new(Arc::clone(plan), ROWS);
    state.begin(&net.weights, net.batch.whole(), Start::FeedForward, 0);
    for (t, energy, cosine, relative) in OVER_TIME_RNN {
        while state.t() < t {
            state.step(&net.weights, &schedule);
        }
        let mut gradient = Gradient::new(Arc::clone(plan));
        for level in 0..plan.levels.len() {
            state.capture(level, &mut gradient);
        }
        let name = |what: &str| format!("rnn, IL at t = {t}, {what}");
        let all = against(&gradient, &reference);
        if let Some(energy) = energy {
            add(printed(name("F"), energy, 10, state.energy()));
        }
        add(printed(name("cosine with BP"), cosine, 3, all.0));
        if let Some(relative) = relative {
            add(printed(name("relative error"), relative, 3, all.1));
        }
    }
}

/// One row of the table of IL over t.
type OverTime = (usize, f64, f64, f64, [(f64, f64); 4]);

/// IL over t: (t, F, cosine, relative error, then cosine and relative error of W3, W2, W1, W0; NaN where nothing has arrived).
const OVER_TIME: [OverTime; 9] = {
    const NONE: (f64, f64) = (f64::NAN, 1.0);
    [
        (
            0,
            2.758_434_828_3,
            0.574_009_634_4,
            0.818_848_545_0,
            [(1.0, 0.0), NONE, NONE, NONE],
        ),
        (
            1,
            2.486_409_482_3,
            0.620_857_536_0,
            0.787_169_632_9,
            [(0.9946, 0.1119), (1.0, 0.9), NONE, NONE],
        ),
        (
            2,
            2.305_345_455_3,
            0.655_113_221_7,
            0.764_789_207_3,
            [(0.9829, 0.1946), (0.9993, 0.8233), (1.0, 0.99), NONE],
        ),
        (
            5,
            2.022_442_453_0,
            0.715_588_126_3,
            0.723_888_718_8,
            [
                (0.9406, 0.3483),
                (0.9909, 0.683),
                (0.9955, 0.9361),
                (0.9986, 0.9927),
            ],
        ),
        (
            10,
            1.846_067_585_1,
            0.759_492_102_6,
            0.689_626_643_7,
            [
                (0.8845, 0.4708),
                (0.9696, 0.5949),
                (0.9795, 0.8456),
                (0.9874, 0.9562),
            ],
        ),
        (
            20,
            1.726_181_101_5,
            0.789_199_791_9,
            0.660_994_229_7,
            [
                (0.8207, 0.5722),
                (0.9352, 0.5668),
                (0.9535, 0.7409),
                (0.9594, 0.8618),
            ],
        ),
        (
            50,
            1.649_627_514_2,
            0.795_393_914_6,
            0.647_572_174_3,
            [
                (0.7447, 0.6676),
                (0.8936, 0.5846),
                (0.928, 0.6541),
                (0.9245, 0.7098),
            ],
        ),
        (
            100,
            1.636_630_629_0,
            0.786_013_272_2,
            0.652_622_278_9,
            [
                (0.7083, 0.7076),
                (0.8758, 0.6),
                (0.9182, 0.6346),
                (0.9122, 0.6529),
            ],
        ),
        (
            400,
            1.635_272_799_6,
            0.779_816_893_7,
            0.657_470_108_3,
            [
                (0.6933, 0.7233),
                (0.8695, 0.607),
                (0.9153, 0.6314),
                (0.9048, 0.639),
            ],
        ),
    ]
};

fn inference(net: &Reference<f64>, add: &mut dyn FnMut(Check)) {
    let plan = net.weights.plan();
    let reference = backprop(net).1;
    let schedule = Schedule::il(plan, 400, 0.1, &Conditions::default());
    let mut state = State::new(Arc::clone(plan), ROWS);
    let batch = &net.batch;
    state.begin(&net.weights, batch.whole(), Start::FeedForward, 0);
    for (t, energy, cosine, relative, matrices) in OVER_TIME {
        while state.t() < t {
            state.step(&net.weights, &schedule);
        }
        let mut gradient = Gradient::new(Arc::clone(plan));
        for level in 0..plan.levels.len() {
            state.capture(level, &mut gradient);
        }
        let name = |what: &str| format!("mlp, IL at t = {t}, {what}");
        add(printed(name("F"), energy, 10, state.energy()));
        let all = against(&gradient, &reference);
        add(printed(name("cosine with BP"), cosine, 10, all.0));
        add(printed(name("relative error"), relative, 10, all.1));
        for (i, (cosine, relative)) in matrices.into_iter().enumerate() {
            let range = plan.parameter(3 - i);
            let own = against(&gradient[range.clone()], &reference[range]);
            let what = format!("W{}", 3 - i);
            let pass = |digits: f64, expected: f64| {
                (digits - expected).abs() <= 0.500_5e-4 || digits.is_nan() && expected.is_nan()
            };
            let cell = |(c, r): (f64, f64)| {
                if c.is_nan() {
                    format!("nothing yet, {r:.4}")
                } else {
                    format!("{c:.4}, {r:.4}")
                }
            };
            add(Check::new(
                name(&format!("{what}: cosine, relative error")),
                cell((cosine, relative)),
                cell(own),
                pass(own.0, cosine) && pass(own.1, relative),
            ));
        }
    }
}

/// Cosine and relative error of a gradient; the cosine of nothing is NaN.
pub(super) fn against(own: &[f64], reference: &[f64]) -> (f64, f64) {
    let dot: f64 = own.iter().zip(reference).map(|(a, b)| a * b).sum();
    let apart: Vec<f64> = own.iter().zip(reference).map(|(a, b)| a - b).collect();
    (
        dot / (length(own) * length(reference)),
        length(&apart) / length(reference),
    )
}

/// Weights of a reference net after some updates.
fn sums(
    mlp: &Reference<f64>,
    cnn: &Reference<f64>,
    rnn: &Reference<f64>,
    add: &mut dyn FnMut(Check),
) {
    let held = Conditions::default();
    let mut row =
        |name: &str, net: &Reference<f64>, rule: Rule, updates: usize, sum: f64, squares: f64| {
            let m = method(net.weights.plan(), rule, (20, 0.1), &held);
            let name = format!("{name}, {}, {updates} updates: Σθ, Σθ²", rule.label());
            let expected = format!("{sum:.12}, {squares:.12}");
            add(match net.updated(m, updates) {
                Ok(w) => {
                    let (s, q): (f64, f64) = (w.iter().sum(), w.iter().map(|w| w * w).sum());
                    // Twelve decimals are printed; another order of summation may move the last of them.
                    let pass = (s - sum).abs() < 1e-11 && (q - squares).abs() < 1e-11;
                    Check::new(name, expected, format!("{s:.12}, {q:.12}"), pass)
                }
                Err(e) => Check::new(name, expected, e.to_string(), false),
            });
        };
    for rule in [REFERENCE, Conditions::RULE] {
        row("mlp", mlp, rule, 1, -5.705_546_620_160, 36.411_266_083_881);
        row("mlp", mlp, rule, 40, -5.780_080_512_417, 41.239_397_466_070);
        row(
            "cnnmax",
            cnn,
            rule,
            1,
            0.286_551_466_508,
            10.595_645_261_094,
        );
        row(
            "cnnmax",
            cnn,
            rule,
            40,
            -5.748_919_209_566,
            12.374_113_609_021,
        );
        row("rnn", rnn, rule, 1, 1.855_726_088_594, 15.576_873_940_451);
        row("rnn", rnn, rule, 40, 5.310_904_877_130, 19.222_025_280_632);
    }
    row(
        "mlp",
        mlp,
        Rule::Il,
        1,
        -5.844_520_137_821,
        36.410_446_946_197,
    );
    row(
        "mlp",
        mlp,
        Rule::Il,
        40,
        -5.928_808_934_560,
        40.765_379_021_325,
    );
}

/// A distance from BP that another program printed, and its decimals; `None` where there is none that means anything (overflow,
/// or a net to which the condition does not apply).
type Printed = Option<(f64, usize)>;

/// A row of the table of ablations.
type BrokenRow = (&'static str, fn() -> Broken, [[Printed; 2]; 2]);

/// Under each broken condition the distance from BP over the length of BP's own way, after 1 and after 40 updates, of mlp and
/// rnn. (That program's cnnmax pools within an edge: one level less than here, so its distances are others.)
const BROKEN: [BrokenRow; 9] = [
    (
        "Z-IL",
        || Broken::Condition(Conditions::default()),
        [[Some((0.0, 15)), Some((0.0, 15))]; 2],
    ),
    (
        "γ = 0.9",
        || gamma(0.9),
        [
            [Some((0.148, 3)), Some((0.133, 3))],
            [Some((0.130, 3)), Some((0.176, 3))],
        ],
    ),
    (
        "γ = 0.5",
        || gamma(0.5),
        [
            [Some((0.561, 3)), Some((0.637, 3))],
            [Some((0.450, 3)), Some((0.731, 3))],
        ],
    ),
    (
        "one step late",
        || {
            Broken::Condition(Conditions {
                capture: Capture::Late,
                ..Conditions::default()
            })
        },
        [
            [Some((1.88, 2)), Some((5.88, 2))],
            [Some((1.53, 2)), Some((3.04, 2))],
        ],
    ),
    (
        "all at the end",
        || {
            Broken::Condition(Conditions {
                capture: Capture::End,
                ..Conditions::default()
            })
        },
        [[Some((1.96, 2)), Some((2.74, 2))], [Some((10.2, 1)), None]],
    ),
    (
        "θ before Δx",
        || {
            Broken::Condition(Conditions {
                order: Order::WFirst,
                ..Conditions::default()
            })
        },
        [
            [Some((0.137, 3)), Some((0.058, 3))],
            [Some((0.156, 3)), Some((0.109, 3))],
        ],
    ),
    (
        "shared θ at each contribution",
        || {
            Broken::Condition(Conditions {
                shared: Shared::AtOnce,
                ..Conditions::default()
            })
        },
        [[None, None], [Some((1.02, 2)), Some((1.83, 2))]],
    ),
    (
        "IL T = 20, γ = 0.1",
        || Broken::Inference(20),
        [
            [Some((0.661, 3)), Some((0.630, 3))],
            [Some((0.618, 3)), Some((0.578, 3))],
        ],
    ),
    (
        "IL T = 128, γ = 0.1",
        || Broken::Inference(128),
        [
            [Some((0.655, 3)), Some((0.623, 3))],
            [Some((0.678, 3)), Some((0.529, 3))],
        ],
    ),
];

/// What is run instead of Z-IL under all conditions.
enum Broken {
    /// Z-IL under these conditions.
    Condition(Conditions),
    /// IL with so many steps of γ = 0.1.
    Inference(usize),
}

fn gamma(gamma: f64) -> Broken {
    Broken::Condition(Conditions {
        gamma,
        ..Conditions::default()
    })
}

/// Each broken condition against BP.
fn breaking(net_name: &str, net: &Reference<f64>, column: usize, add: &mut dyn FnMut(Check)) {
    let plan = net.weights.plan();
    let held = Conditions::default();
    let zil = |conditions: Conditions| Method::zil(plan, &conditions);
    for (updates, when) in [(1, 0), (40, 1)] {
        let Ok(bp) = net.updated(Method::Backprop, updates) else {
            let name = format!("{net_name}, BP, {updates} updates");
            add(Check::new(name, "finite", "not finite", false));
            return;
        };
        let relative = |m: Method| {
            net.updated(m, updates).map_or(f64::NAN, |w| {
                distance(&w, &bp, net.weights.values()).relative_distance
            })
        };
        for (what, broken, expected) in BROKEN {
            let Some((expected, digits)) = expected[column][when] else {
                continue;
            };
            let m = match broken() {
                Broken::Condition(conditions) => zil(conditions),
                Broken::Inference(steps) => Method::il(plan, steps, 0.1, &held),
            };
            let name = format!("{net_name}, {updates} updates, {what}: distance from BP / update");
            // Rounded to one digit more first, it seems, and then again: half a unit and a twentieth.
            let unit = 10f64.powi(-(digits as i32));
            let measured = relative(m);
            let pass = (measured - expected).abs() <= 0.55 * unit;
            let (expected, measured) = (format!("{expected:.digits$}"), format!("{measured:.4}"));
            add(Check::new(name, expected, measured, pass));
        }
        if updates == 1 {
            let random = relative(zil(Conditions {
                start: Start::Random,
                ..held
            }));
            add(Check::new(
                format!("{net_name}, 1 update, random start: distance from BP / update"),
                "above 1 (draws differ)",
                format!("{random:.3}"),
                random > 1.0,
            ));
        }
    }
}

/// The chain 1-1-1-1 with weights 1, input 0 and target 1 relaxes to ε = 1/3 three times, F from 1/2 to 1/6.
fn chain() -> Result<Check, String> {
    let experiment = Experiment::load("chain", &[]).map_err(|e| e.to_string())?;
    let data = load_data(&experiment).map_err(|e| e.to_string())?;
    let setup = Setup::<f64>::new(experiment, data).map_err(|e| e.to_string())?;
    let (plan, inference) = (&setup.plan, setup.experiment.inference);
    let example = setup.example(0);
    let schedule = Schedule::il(
        plan,
        inference.steps,
        inference.gamma,
        &Conditions::default(),
    );
    let mut state = State::new(Arc::clone(plan), 1);
    let examples = example.part(plan, 0..1);
    state.begin(&setup.initial, examples, Start::FeedForward, 0);
    let first = state.energy();
    for _ in 0..inference.steps {
        state.step(&setup.initial, &schedule);
    }
    let errors: Vec<f64> = (1..=plan.output()).map(|v| state.eps(v)[0]).collect();
    let last = state.energy();
    let third = |e: &f64| (e - 1.0 / 3.0).abs() < 1e-9;
    let printed: Vec<String> = errors.iter().map(|e| format!("{e:.9}")).collect();
    Ok(Check::new(
        format!("chain, IL T = {}, γ = {}", inference.steps, inference.gamma),
        "ε = 0.333333333 three times, F 0.5 → 0.166666667",
        format!("ε = {}, F {first:.9} → {last:.9}", printed.join(", ")),
        errors.len() == 3
            && errors.iter().all(third)
            && first == 0.5
            && (last - 1.0 / 6.0).abs() < 1e-9,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_off_is_noticed() {
        assert!(printed("x".into(), 0.148, 3, 0.1484).pass);
        assert!(!printed("x".into(), 0.148, 3, 0.1486).pass);
        assert!(!printed("x".into(), 0.148, 3, f64::NAN).pass);
    }
}
