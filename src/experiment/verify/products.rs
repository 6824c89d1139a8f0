//! Networks in which vertices are multiplied: equal to BP in every bit where both factors of a product are as far from the output,
//! and numbers that another program computed on them (seed 1, no bias, squared error, 8 examples, α = 0.05, gradient = batch sum).

use super::Check;
use super::reference::Reference;
use super::tables::{backprop, printed};
use crate::learning::compare::distance;
use crate::learning::{Conditions, Method, Path};
use crate::network::ops::{Dense, Identity, Misfit, Product};
use crate::network::sketch::Sketch;
use crate::network::{Activation, Loss, Plan, Scalar, Shape, Weights};

/// How a reference net goes on behind h = W0 s, a = Wa tanh h and b = Wb tanh h.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// m = a ⊙ b, y = Wy tanh m.
    Same,
    /// m = a ⊙ (Wb2 tanh b): one factor a layer deeper than the other.
    Skew,
    /// y = Wy tanh m + Ws tanh a: a factor that the output reads as well.
    Read,
}

/// A reference net, and what another program printed of it.
struct Net {
    name: &'static str,
    kind: Kind,
    /// Of the initial weights.
    loss: f64,
    /// Σθ and Σθ² after 40 updates.
    sums: (f64, f64),
    /// Without relays, how far the first update is from BP's, over the length of that.
    as_it_is: Option<f64>,
}

const NETS: [Net; 3] = [
    Net {
        name: "product",
        kind: Kind::Same,
        loss: 4.284_409_636_075,
        sums: (3.983_858_959_129, 28.764_950_506_821),
        as_it_is: Some(0.0),
    },
    Net {
        name: "product, one factor a layer deeper",
        kind: Kind::Skew,
        loss: 3.628_029_852_899,
        sums: (-4.222_979_248_774, 34.446_702_156_125),
        as_it_is: Some(1.21),
    },
    Net {
        name: "product, a factor read by the output as well",
        kind: Kind::Read,
        loss: 4.699_459_310_992,
        sums: (-2.210_791_589_539, 28.552_711_878_915),
        as_it_is: None,
    },
];

fn net<S: Scalar>(kind: Kind, levelled: bool) -> Result<Reference<S>, Misfit> {
    let eight = || Dense { units: 8 };
    let (tanh, as_it_is) = (Activation::Tanh, Activation::Identity);
    let mut sketch = Sketch::new(Shape::flat(6), Loss::SquaredError, false);
    let h = sketch.add("h", tanh, eight(), &[0])?;
    let a = sketch.add("a", as_it_is, eight(), &[h])?;
    let f = if kind == Kind::Skew { tanh } else { as_it_is };
    let mut b = sketch.add("b", f, eight(), &[h])?;
    if kind == Kind::Skew {
        b = sketch.add("b2", as_it_is, eight(), &[b])?;
    }
    let m = sketch.add("m", tanh, Product, &[a, b])?;
    // f belongs to a vertex: what reads tanh a, and not a, reads a vertex of its own.
    let also = match kind {
        Kind::Read => Some(sketch.add("a read", tanh, Identity, &[a])?),
        _ => None,
    };
    let y = sketch.add("y", as_it_is, Dense { units: 3 }, &[m])?;
    if let Some(also) = also {
        sketch.also("y.also", y, Dense { units: 3 }, &[also]);
    }
    let plan = Plan::new(sketch.graph(levelled));
    if kind != Kind::Same {
        return Ok(Reference::drawn(1, plan, 1, 3));
    }
    // That program drew Wb2 for this net as well, and left it out.
    const UNUSED: usize = 3;
    let skew = net::<S>(Kind::Skew, levelled)?;
    let used = (0..5).filter(|&i| i != UNUSED);
    let parameters: Vec<Vec<S>> = used.map(|i| skew.weights.exported(i)).collect();
    let weights = Weights::from_exported(plan, &parameters);
    Ok(Reference { weights, ..skew })
}

/// Every row.
pub(super) fn run(add: &mut dyn FnMut(Check)) {
    for own in &NETS {
        if let Err(misfit) = rows(own, add) {
            let measured = format!("{misfit:?}");
            add(Check::new(own.name, "a network", measured, false));
        }
    }
}

fn rows(own: &Net, add: &mut dyn FnMut(Check)) -> Result<(), Misfit> {
    const UPDATES: usize = 40;
    let reference = net::<f64>(own.kind, true)?;
    let name = |what: &str| format!("{}, {what}", own.name);
    add(printed(name("loss"), own.loss, 12, backprop(&reference).0));
    let (sum, squares) = own.sums;
    let expected = format!("{sum:.12}, {squares:.12}");
    let what = format!("BP, {UPDATES} updates: Σθ, Σθ²");
    add(match reference.updated(Method::Backprop, UPDATES) {
        Ok(w) => {
            let (s, q): (f64, f64) = (w.iter().sum(), w.iter().map(|w| w * w).sum());
            let pass = (s - sum).abs() < 1e-11 && (q - squares).abs() < 1e-11;
            Check::new(name(&what), expected, format!("{s:.12}, {q:.12}"), pass)
        }
        Err(e) => Check::new(name(&what), expected, e.to_string(), false),
    });
    equal::<f64>(own, &reference, UPDATES, add);
    equal::<f32>(own, &net(own.kind, true)?, UPDATES, add);
    if let Some(expected) = own.as_it_is {
        let plain = net::<f64>(own.kind, false)?;
        let measured = apart(&plain, Path::Full, 1);
        let pass = (measured - expected).abs() <= 0.0055;
        add(Check::new(
            name("without relays: distance of one update from BP's / its length"),
            format!("{expected:.2}"),
            format!("{measured:.4}"),
            pass,
        ));
    }
    Ok(())
}

/// Z-IL's distance from BP after some updates, over the length of BP's way.
fn apart(net: &Reference<f64>, path: Path, updates: usize) -> f64 {
    let own = net.updated(zil(net, path), updates);
    match (own, net.updated(Method::Backprop, updates)) {
        (Ok(own), Ok(bp)) => distance(&own, &bp, net.weights.values()).relative_distance,
        _ => f64::NAN,
    }
}

fn zil<S: Scalar>(net: &Reference<S>, path: Path) -> Method {
    let conditions = Conditions {
        path,
        ..Conditions::default()
    };
    Method::zil(net.weights.plan(), &conditions)
}

/// Every bit of the weights after some updates, on both paths.
fn equal<S: Scalar>(own: &Net, net: &Reference<S>, updates: usize, add: &mut dyn FnMut(Check)) {
    let Ok(bp) = net.updated(Method::Backprop, updates) else {
        add(Check::new(own.name, "finite", "BP is not finite", false));
        return;
    };
    for (path, words) in [(Path::Front, "front only"), (Path::Full, "full dynamics")] {
        let name = format!("{}, {}, {words}", own.name, S::NAME);
        let expected = format!("0 bits differ from BP after {updates} updates");
        add(match net.updated(zil(net, path), updates) {
            Ok(weights) => {
                let apart = distance(&weights, &bp, net.weights.values());
                let measured = format!("{} bits of {} weights", apart.differing_bits, bp.len());
                let pass = apart.differing_bits == 0 && apart.moved > 0;
                Check::new(name, expected, measured, pass)
            }
            Err(e) => Check::new(name, expected, e.to_string(), false),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_factor_moved_early_costs_the_bits() {
        let net = net::<f64>(Kind::Skew, false).unwrap();
        assert!(apart(&net, Path::Full, 1) > 1.0);
        assert!(!net.weights.plan().levelled);
    }
}
