//! What a path is asked for.

/// What a path is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Opening an experiment or data.
    Open,
    /// Saving the experiment.
    Save,
    /// Saving the run.
    SaveRun,
    /// The data of an experiment that are no longer where it says.
    Find,
    /// Answering new examples.
    Predict,
}

impl Purpose {
    /// Something is written at the path.
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Save | Self::SaveRun)
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Open => "Open a file",
            Self::Save => "Save experiment",
            Self::SaveRun => "Save run",
            Self::Find => "Find the data",
            Self::Predict => "Predict a file",
        }
    }

    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Save | Self::SaveRun => "Save",
            Self::Find => "Use these data",
            Self::Predict => "Predict",
        }
    }

    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Open => "an experiment (.toml), a run's folder, a preset's name, or data",
            Self::Save => "where to write the experiment (TOML)",
            Self::SaveRun => "the folder to make, or that of a run to replace",
            Self::Find => "the file or folder that holds the data now",
            Self::Predict => {
                "new examples: the same columns in any order, or data of the same kind"
            }
        }
    }

    pub(super) fn refused(self) -> &'static str {
        match self {
            Self::Open => "File refused.",
            Self::Save | Self::SaveRun => "Not saved.",
            Self::Find => "Not found.",
            Self::Predict => "Not predicted.",
        }
    }
}
