//! What each condition does to one example when it alone is broken.

use super::{Microscope, Subject, SwitchRow};
use crate::learning::{
    Capture, Conditions, Epsilon, Interrupt, Order, Precisions, RunState, Shared, Start,
};
use crate::network::Scalar;
use std::sync::Arc;

impl<S: Scalar> Microscope<S> {
    /// What each switch does to this example, one at a time: every condition broken on its own, and all of them held.
    /// `None` if it was interrupted.
    pub fn switches(&self, interrupt: &dyn Interrupt) -> Option<Vec<SwitchRow>> {
        let held = Conditions::default();
        let broken = Conditions::default;
        let rows = [
            ("all hold", held),
            (
                "γ = 0.5",
                Conditions {
                    gamma: 0.5,
                    ..broken()
                },
            ),
            (
                "one step late",
                Conditions {
                    capture: Capture::Late,
                    ..broken()
                },
            ),
            (
                "all taken at t = D",
                Conditions {
                    capture: Capture::End,
                    ..broken()
                },
            ),
            (
                "random start",
                Conditions {
                    start: Start::Random,
                    ..broken()
                },
            ),
            (
                "W before Δx",
                Conditions {
                    order: Order::WFirst,
                    ..broken()
                },
            ),
            (
                "naive ε",
                Conditions {
                    epsilon: Epsilon::Naive,
                    ..broken()
                },
            ),
            (
                "hidden precision 0.5",
                Conditions {
                    hidden_precision: Precisions::all(0.5),
                    ..broken()
                },
            ),
            (
                "shared W at once",
                Conditions {
                    shared: Shared::AtOnce,
                    ..broken()
                },
            ),
        ];
        let run = RunState {
            weights: Arc::clone(&self.weights),
            optimiser: Arc::clone(&self.optimiser),
            updates: self.subject.update,
        };
        let applies = |row: &(_, Conditions)| row.1.shared == Shared::Together || self.plan.shares;
        rows.into_iter()
            .filter(applies)
            .map(|(name, conditions)| {
                let subject = Subject {
                    rule: Conditions::RULE,
                    conditions,
                    ..self.subject.clone()
                };
                let mut scope = Self::new(run.clone(), subject, self.example.clone());
                while interrupt.proceed() && scope.advance() {}
                let last = scope.records.last();
                let whole = interrupt.proceed() && scope.has(usize::MAX);
                whole.then(|| SwitchRow {
                    name,
                    conditions,
                    judgement: last.and_then(|r| r.judgement),
                    levels: last.map(|r| r.levels.clone()).unwrap_or_default(),
                })
            })
            .collect()
    }
}
