//! `--verify` of the other commands: what a rewrite did to the numbers, in one line.

use super::spelled;
use crate::cli::settings::Settings;
use crate::ir::Program;
use crate::schema::infer_literal_types;
use crate::verify::{Sampling, Strictness, Verdict, points, verify};

/// How a rewritten program compares with the original.
pub(in crate::cli) struct Judged {
    /// `None` where the programs cannot be run.
    pub(in crate::cli) verdict: Option<&'static str>,
    /// Whether the rewrite must not be used.
    pub(in crate::cli) regressed: bool,
    /// For people.
    pub(in crate::cli) message: String,
}

/// Compares a program with what was made of it, at points of all strata.
pub(in crate::cli) fn judged(original: &Program, rewritten: &Program, settings: &Settings) -> Judged {
    let [mut original, mut rewritten] = [original.clone(), rewritten.clone()];
    infer_literal_types(&mut original);
    infer_literal_types(&mut rewritten);
    let sampling = Sampling {
        samples: settings.verify.samples.unwrap_or(Sampling::SAMPLES),
        seed: settings.verify.seed.unwrap_or_default(),
    };
    let unable = |error: String| Judged {
        verdict: None,
        regressed: false,
        message: format!("not verified: {error}"),
    };
    let points = match points(&original, sampling) {
        Ok(points) => points,
        Err(error) => return unable(error.to_string()),
    };
    let report = match verify(&original, &rewritten, &points, &Strictness::BRIEF, || ()) {
        Ok(report) => report,
        Err(wrong) => return unable(wrong.error.to_string()),
    };
    let verdict = report.verdict();
    let spelled = spelled(verdict);
    let count = report.decided;
    let message = match report.failures.first() {
        Some(failure) => format!(
            "regressed at {} of {count} points (seed {}): at {}, output {} is {}, was {} and is truly {}",
            report.failures.len(),
            sampling.seed,
            failure.point,
            failure.output,
            failure.after,
            failure.before,
            failure.truth
        ),
        None => format!("{spelled} at {count} points (seed {})", sampling.seed),
    };
    Judged {
        verdict: Some(spelled),
        regressed: verdict == Verdict::Regressed,
        message,
    }
}
