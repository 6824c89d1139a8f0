//! How far a step goes, and what playing pauses at.

/// How far one step forward goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// One half of an inference step: capture, x, or μ and ε.
    Half,
    /// One inference step.
    #[default]
    Step,
    /// One weight update.
    Update,
    /// To the end of the epoch.
    Epoch,
}

impl Grain {
    /// A step is of the race, not of inference.
    pub fn of_updates(self) -> bool {
        matches!(self, Self::Update | Self::Epoch)
    }
}

/// What playing through the states of inference pauses at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Halts {
    /// The level of this number is taken.
    pub captured: Option<usize>,
    /// F is higher than at the state before.
    pub energy_rises: bool,
    /// γ of the step was past its stability limit, and that of the step before was not.
    pub past_limit: bool,
    /// The cosine of what a level gives with what backpropagation would have it give is below this.
    pub cosine_below: Option<f64>,
    /// A number that is read is not finite.
    pub not_finite: bool,
}

impl Halts {
    /// How many are on.
    pub fn count(&self) -> usize {
        usize::from(self.captured.is_some())
            + usize::from(self.energy_rises)
            + usize::from(self.past_limit)
            + usize::from(self.cosine_below.is_some())
            + usize::from(self.not_finite)
    }
}
