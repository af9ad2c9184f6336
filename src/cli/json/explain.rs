//! Why a call went wrong, in the summary of `--json`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::control::explanation::{Advice, Progress, Stage};
use crate::phone::evidence::story::Explanation;

/// Why a call went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ExplainLine {
    /// What was most likely the matter: a sentence.
    pub cause: String,
    /// What to do next: a sentence.
    pub next: String,
    /// The same, for programs.
    pub advice: Advice,
    /// The step that failed, if one did.
    pub failed: Option<Stage>,
    /// The steps from the service's name to the first packet.
    pub steps: Vec<StepLine>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StepLine {
    /// Which.
    pub stage: Stage,
    /// How far it came.
    pub progress: Progress,
    /// How long it took, or was tried.
    pub ms: Option<f64>,
}

impl From<&Explanation> for ExplainLine {
    fn from(why: &Explanation) -> Self {
        let ms = |took: Duration| (took.as_secs_f64() * 10_000.0).round() / 10.0;
        let steps = why.steps.iter();
        let steps = steps.map(|step| StepLine { stage: step.stage, progress: step.progress, ms: step.took.map(ms) });
        Self {
            cause: why.cause.clone(),
            next: why.next.clone(),
            advice: why.advice,
            failed: why.failed,
            steps: steps.collect(),
        }
    }
}
