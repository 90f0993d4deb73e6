//! Whether rules refine: the programs on which a rule fires, before and after, against the truth.
//!
//! Each `fires` example is retyped to every float dtype that the rule takes and compared on inputs from all strata
//! and on the rule's own `witness` and `preserve`. A rule that makes a value worse is refuted by that input, as is one
//! that changes a value where it says that it changes none.

mod inputs;
mod measure;
mod retyping;

pub(crate) use measure::SAMPLING;
pub use measure::measure;

use std::collections::BTreeSet;
use std::fmt;

use rustc_hash::FxHashSet;

use crate::improve::{Options, improve, read_example};
use crate::interp::EvalError;
use crate::ir::{DType, Program};
use crate::rewrite::Inputs;
use crate::rules::{RuleInfo, RuleSet, Safety};
use crate::verify::{Point, Report, Sampling, Strictness, Verdict, points, verify};

use inputs::{placed, shown};
use retyping::retyped;

/// The clause whose inputs keep their values, and what the labels of their points start with.
const PRESERVE: &str = "preserve";

/// How thoroughly a rule is checked.
#[derive(Clone, Copy, Debug)]
pub struct Thoroughness {
    /// Points drawn from each stratum for each example and dtype.
    pub sampling: Sampling,
    /// How many of the rule's examples are run.
    pub examples: usize,
    /// When an error has grown.
    pub strictness: Strictness,
}

/// What the comparisons of one rule found.
#[derive(Clone, Debug, Default)]
pub struct Refinement {
    /// Comparisons made: an example in a dtype at a point each.
    pub points: usize,
    /// The dtypes that the examples took.
    pub dtypes: Vec<DType>,
    /// Inputs on which values became worse, one an example and dtype.
    pub refuted: Vec<Refutation>,
    /// Inputs on which values became other ones where the rule says that they stay, one an example and dtype.
    pub changed: Vec<Change>,
    /// Inputs of `witness` clauses on which no example became better.
    pub unshown: Vec<String>,
    /// Examples that the interpreter does not run, with the reason.
    pub skipped: Vec<String>,
}

/// An input on which a rewritten example is worse than the example.
#[derive(Clone, Debug)]
pub struct Refutation {
    /// The example's title.
    pub title: String,
    /// The dtype that it was retyped to.
    pub dtype: DType,
    /// The point's label: its stratum and number, or the clause of the rule that it comes from.
    pub point: String,
    /// The inputs by name.
    pub inputs: String,
    /// Which element of which output, in row-major order.
    pub place: (usize, usize),
    /// The element before and after, and over the reals.
    pub values: [f64; 3],
}

/// An input on which a rewritten example gives another value than the example, which the rule rules out: one of its
/// `preserve`, or any at all if it calls itself exact.
#[derive(Clone, Debug)]
pub struct Change {
    /// The example's title.
    pub title: String,
    /// The dtype that it was retyped to.
    pub dtype: DType,
    /// The point's label.
    pub point: String,
    /// The inputs by name.
    pub inputs: String,
    /// Whether the new value is nearer to the truth.
    pub improved: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, dtype) = (&self.title, self.dtype.short_name());
        let how = if self.improved { "right" } else { "wrong" };
        write!(
            f,
            "\"{title}\" in {dtype} at {}: the value changes, and only the rewritten one is {how}, for {}",
            self.point, self.inputs
        )
    }
}

impl fmt::Display for Refutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([before, after, truth], (output, element)) = (self.values, self.place);
        let (title, dtype) = (&self.title, self.dtype.short_name());
        write!(f, "\"{title}\" in {dtype} at {}: ", self.point)?;
        write!(
            f,
            "element {element} of output {output} was {before:?} and is {after:?}; "
        )?;
        write!(f, "its true value is {truth:?}, for {}", self.inputs)
    }
}

/// Checks one rule of a set, with all rules of the set loaded.
pub fn refinement(rules: &RuleSet, info: &RuleInfo, thoroughness: &Thoroughness) -> Refinement {
    let mut found = Refinement::default();
    let (mut fitting, mut shown) = (FxHashSet::default(), FxHashSet::default());
    for (number, example) in info.fires.iter().enumerate() {
        for (place, (dtype, text)) in retyped(&example.jaxpr).into_iter().enumerate() {
            let is_compared = number < thoroughness.examples;
            // What a witness shows, it shows in the first dtype; all examples may show it.
            if !is_compared && place > 0 {
                continue;
            }
            let Some(applied) = both(rules, info, &text) else {
                continue;
            };
            let trial = Trial {
                info,
                title: &example.title,
                dtype,
                original: applied.original,
                rewritten: applied.rewritten,
                thoroughness,
            };
            if is_compared && let Err(error) = trial.compare(&mut found) {
                found.skipped.push(format!("\"{}\": {error}", example.title));
            }
            for (index, witness) in info.witness.iter().enumerate().filter(|_| place == 0) {
                let verdict = trial.at(witness);
                fitting.extend(verdict.map(|_| index));
                shown.extend((verdict == Some(Verdict::Improved)).then_some(index));
            }
        }
    }
    let unshown = |(index, _): &(usize, &Inputs)| fitting.contains(index) && !shown.contains(index);
    let unshown = info.witness.iter().enumerate().filter(unshown);
    found.unshown = unshown.map(|(_, witness)| witness.to_string()).collect();
    found
}

/// An example as it is and as the rules make it.
struct Applied {
    original: Program,
    rewritten: Program,
    /// The rules that were applied.
    names: BTreeSet<String>,
}

/// Applies all rules to an example; `None` where it does not type-check, or the rule declines it.
fn both(rules: &RuleSet, info: &RuleInfo, text: &str) -> Option<Applied> {
    let original = read_example(text).ok()?;
    let mut rewritten = read_example(text).ok()?;
    let options = Options {
        approximate: true,
        ..Options::default()
    };
    let outcome = improve(&mut rewritten, rules, &options);
    let findings = outcome.rewrites.into_iter();
    let names: BTreeSet<String> = findings
        .flat_map(|finding| std::iter::once(finding.rule).chain(finding.then))
        .collect();
    crate::schema::infer_literal_types(&mut rewritten);
    names.contains(&info.name).then_some(Applied {
        original,
        rewritten,
        names,
    })
}

/// The first example that fires, as it is and as the rules make it.
pub(crate) fn first_example(rules: &RuleSet, info: &RuleInfo) -> Option<(Program, Program)> {
    let mut applied = info
        .fires
        .iter()
        .filter_map(|example| both(rules, info, &example.jaxpr));
    applied
        .next()
        .map(|applied| (applied.original, applied.rewritten))
}

/// One example in one dtype.
struct Trial<'a> {
    info: &'a RuleInfo,
    title: &'a str,
    dtype: DType,
    original: Program,
    rewritten: Program,
    thoroughness: &'a Thoroughness,
}

impl Trial<'_> {
    /// Compares on all points, and adds what was found.
    fn compare(&self, found: &mut Refinement) -> Result<(), String> {
        let points = self.points().map_err(|error| error.to_string())?;
        let report = self.report(&points).map_err(|error| error.to_string())?;
        found.points += points.len();
        if !found.dtypes.contains(&self.dtype) {
            found.dtypes.push(self.dtype);
        }
        if let Some(failure) = report.failures.first() {
            let point = points.iter().find(|point| point.label == failure.point);
            found.refuted.push(Refutation {
                title: self.title.to_owned(),
                dtype: self.dtype,
                point: failure.point.clone(),
                inputs: point.map_or_else(String::new, |point| shown(&self.original, &point.inputs)),
                place: (failure.output, failure.element),
                values: [failure.before, failure.after, failure.truth],
            });
        }
        if report.verdict() != Verdict::Equal {
            found.changed.extend(self.change(&points));
        }
        Ok(())
    }

    /// The first point at which the value must stay and does not. What is worse there is refuted already, unless the
    /// rule is approximate.
    fn change(&self, points: &[Point]) -> Option<Change> {
        let stays = |point: &&Point| {
            self.info.safety == Safety::Exact || point.label.starts_with(&format!("{PRESERVE} "))
        };
        let mut found = points.iter().filter(stays).filter_map(|point| {
            let report = self.report(std::slice::from_ref(point)).ok()?;
            let improved = match report.verdict() {
                Verdict::Improved => true,
                Verdict::Regressed if self.info.safety == Safety::Approximate => false,
                _ => return None,
            };
            (report.undecided == 0).then(|| Change {
                title: self.title.to_owned(),
                dtype: self.dtype,
                point: point.label.clone(),
                inputs: shown(&self.original, &point.inputs),
                improved,
            })
        });
        found.next()
    }

    /// Points from all strata, and those that the rule brings.
    fn points(&self) -> Result<Vec<Point>, EvalError> {
        let drawn = points(&self.original, self.thoroughness.sampling)?;
        let own = |kind: &str, clauses: &[Inputs]| -> Vec<Point> {
            let placed = clauses.iter().flat_map(|values| {
                let inputs = placed(&self.original, values).into_iter();
                inputs.map(move |inputs| Point::given(format!("{kind} {values}"), inputs))
            });
            placed.collect()
        };
        let witness = own("witness", &self.info.witness);
        let preserve = own(PRESERVE, &self.info.preserve);
        Ok([drawn, witness, preserve].concat())
    }

    /// The best verdict on the inputs of a clause; `None` where they do not fit the example.
    fn at(&self, values: &Inputs) -> Option<Verdict> {
        let verdicts = placed(&self.original, values).into_iter().filter_map(|inputs| {
            let report = self.report(&[Point::given(values.to_string(), inputs)]).ok()?;
            (report.undecided == 0).then(|| report.verdict())
        });
        let verdicts: Vec<Verdict> = verdicts.collect();
        if verdicts.contains(&Verdict::Improved) {
            return Some(Verdict::Improved);
        }
        verdicts.first().copied()
    }

    fn report(&self, points: &[Point]) -> Result<Report, crate::verify::VerifyError> {
        let strictness = &self.thoroughness.strictness;
        verify(&self.original, &self.rewritten, points, strictness, || ())
    }
}
