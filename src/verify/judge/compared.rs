//! Both programs' outputs at one point, and the truth as far as it is needed.

use std::cell::OnceCell;
use std::sync::Arc;

use super::element::{Element, POLE};
use super::nearby::{drawn_in, has, truths_nearby};
use super::{Pair, Settings, parts};
use crate::interp::{EvalError, Inputs, Real, Tensor};
use crate::ir::Program;
use crate::oracle::{Budget, DoubleDouble, Doubt, Rung, Truth, truth, truth_behind_zeros};
use crate::verify::cones::Cones;
use crate::verify::report::Verdict;

/// Both programs' outputs at one point, and the truth.
///
/// Where the two agree nothing can be worse, so the truth is asked for those outputs only in which they differ.
pub(in crate::verify) struct Compared<'a> {
    pair: &'a Pair<'a>,
    inputs: &'a Inputs,
    settings: &'a Settings,
    before: Vec<Tensor>,
    after: Vec<Tensor>,
    /// What is known of each output.
    truth: Vec<Option<Tensor<DoubleDouble>>>,
    /// The part of the original that gives the outputs which differ, and which of its outputs each of them is.
    cone: Arc<Program>,
    places: Vec<usize>,
    rung: Option<Rung>,
    open: bool,
    /// Whether zeros and infinities among the true values may be numbers too small to tell.
    cancelled: bool,
    /// The truth at inputs nearby, once somebody asks.
    nearby: OnceCell<Vec<Vec<Tensor<DoubleDouble>>>>,
    /// The truth where zeros annihilate, once somebody asks.
    behind_zeros: OnceCell<Vec<Tensor<DoubleDouble>>>,
    /// The verdicts at inputs that are not at the ends of the range, once somebody asks.
    inside: OnceCell<Option<Vec<Vec<Verdict>>>>,
}

/// What is worked out at most once.
fn kept<T>(cell: &OnceCell<T>, find: impl FnOnce() -> Result<T, EvalError>) -> Result<&T, EvalError> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let found = find()?;
    Ok(cell.get_or_init(|| found))
}

/// Whether a truth is none that a program could be held to.
fn is_open(truth: &Truth) -> bool {
    matches!(
        truth.doubt,
        Some(Doubt::Disagreement | Doubt::Comparison | Doubt::Range | Doubt::Budget)
    )
}

impl<'a> Compared<'a> {
    pub(super) fn new(
        pair: &'a Pair<'a>,
        inputs: &'a Inputs,
        settings: &'a Settings,
        before: Vec<Tensor>,
        after: Vec<Tensor>,
    ) -> Self {
        let cones = &pair.cones;
        let mut compared = Self {
            pair,
            inputs,
            settings,
            truth: vec![None; before.len()],
            before,
            after,
            cone: cones.of(&[]),
            places: Vec::new(),
            rung: None,
            open: false,
            cancelled: false,
            nearby: OnceCell::new(),
            behind_zeros: OnceCell::new(),
            inside: OnceCell::new(),
        };
        let differing: Vec<bool> = (0..compared.before.len())
            .map(|index| compared.output(index).any(|element| element.differs()))
            .collect();
        if differing.contains(&true) {
            compared.take_truth(cones, &differing);
        }
        if settings.statistics && !compared.open && differing.contains(&false) {
            compared.take_rest(cones, &differing);
        }
        compared
    }

    /// The verdicts at inputs which are not at the ends of the range; `None` where these are such already, or where
    /// nothing can be said of the others.
    fn inside(&self) -> Option<&Vec<Vec<Verdict>>> {
        let found = self.inside.get_or_init(|| {
            let inputs = drawn_in(self.inputs)?;
            let settings = Settings {
                statistics: false,
                ..*self.settings
            };
            let (before, after) = self.pair.outputs(&inputs)?;
            let compared = Compared::new(self.pair, &inputs, &settings, before, after);
            if compared.open {
                return None;
            }
            let verdicts = |index| {
                let elements = compared.output(index);
                elements
                    .map(|element| element.verdict(settings.tolerance))
                    .collect()
            };
            Some((0..compared.outputs()).map(verdicts).collect())
        });
        found.as_ref()
    }

    /// Works out the truth of the outputs in which the programs differ.
    fn take_truth(&mut self, cones: &Cones<'_>, differing: &[bool]) {
        self.cone = cones.of(differing);
        let numbers = differing.iter().scan(0, |number, &differs| {
            let own = *number;
            *number += usize::from(differs);
            Some(own)
        });
        self.places = numbers.collect();
        let found = truth(&self.cone, self.inputs, self.settings.budget);
        // Over the real numbers a loop may have no end that has one in the program's own.
        let Some(found) = found.ok().filter(|found| !is_open(found)) else {
            self.open = true;
            return;
        };
        self.cancelled = found.doubt == Some(Doubt::Cancellation);
        self.rung = found
            .doubt
            .filter(|&doubt| doubt != Doubt::Cancellation)
            .map(|_| found.rung);
        let differing = self
            .truth
            .iter_mut()
            .zip(differing)
            .filter(|(_, differs)| **differs);
        for ((known, _), outputs) in differing.zip(found.outputs) {
            *known = Some(outputs);
        }
    }

    /// Works out the truth of all others, if it is cheap.
    fn take_rest(&mut self, cones: &Cones<'_>, differing: &[bool]) {
        let same: Vec<bool> = differing.iter().map(|differs| !differs).collect();
        let budget = Budget {
            most_bits: 0,
            work: self.settings.budget.work / 10,
            ..self.settings.budget
        };
        let found = truth(&cones.of(&same), self.inputs, budget);
        let Some(found) = found.ok().filter(|found| !is_open(found)) else {
            return;
        };
        let same = self.truth.iter_mut().zip(same).filter(|(_, is_same)| *is_same);
        for ((known, _), outputs) in same.zip(found.outputs) {
            *known = Some(outputs);
        }
    }

    /// Whether the truth is none that a program could be held to.
    pub(in crate::verify) fn is_open(&self) -> bool {
        self.open
    }

    /// The rung on which the budget ended, if it did.
    pub(in crate::verify) fn rung(&self) -> Option<Rung> {
        self.rung
    }

    /// The number of outputs.
    pub(in crate::verify) fn outputs(&self) -> usize {
        self.before.len()
    }

    /// Whether anything is known of the true values of an output.
    pub(in crate::verify) fn is_known(&self, output: usize) -> bool {
        self.truth[output].is_some()
    }

    /// The verdict on the element at a place of an output, before others of its stratum are looked at, and the element
    /// as it then counts: with the truth that was found where the program as written has none.
    pub(in crate::verify) fn verdict(
        &self,
        output: usize,
        place: usize,
        element: Element,
    ) -> Result<(Verdict, Element), EvalError> {
        let tolerance = self.settings.tolerance;
        let verdict = element.verdict(tolerance);
        if verdict != Verdict::Regressed {
            return Ok((verdict, element));
        }
        if self.cancelled && (element.truth == 0.0 || !element.truth.is_finite()) {
            return Ok((Verdict::Equal, element.excused()));
        }
        let is_worse_inside = |verdicts: &Vec<Vec<Verdict>>| verdicts[output][place] == Verdict::Regressed;
        if element.truth.is_finite() && self.inside().is_some_and(|verdicts| !is_worse_inside(verdicts)) {
            return Ok((Verdict::Equal, element.excused()));
        }
        let in_cone = self.places[output];
        let has_nan_input = has(self.inputs, Real::is_nan);
        let may_have_limit = !has_nan_input
            && !has(self.inputs, |number| number.is_infinite())
            && !solves_systems(self.pair.original);
        let nearby = kept(&self.nearby, || {
            truths_nearby(&self.cone, self.inputs, self.settings.budget)
        })?;
        let values: Vec<f64> = nearby
            .iter()
            .map(|outputs| parts(&outputs[in_cone])[place])
            .collect();
        if element.truth.is_nan() {
            if let Some(limit) = element.limit(&values).filter(|_| may_have_limit) {
                let known = Element {
                    truth: limit,
                    ..element
                };
                return Ok(if known.is_close(limit) {
                    (Verdict::Improved, known)
                } else {
                    (verdict, known)
                });
            }
            let behind = kept(&self.behind_zeros, || {
                let found = truth_behind_zeros(&self.cone, self.inputs, self.settings.budget)?;
                Ok(found.outputs)
            })?;
            let known = Element {
                truth: parts(&behind[in_cone])[place],
                ..element
            };
            if known.is_close(known.truth) {
                // A NaN that came in and is masked may as well be seen.
                let better = if has_nan_input {
                    Verdict::Equal
                } else {
                    Verdict::Improved
                };
                return Ok((better, known));
            }
        }
        // A system with a singular matrix has no solution, whichever infinity its elimination ends in, and wherever.
        let is_far = |outputs: &Vec<Tensor<DoubleDouble>>| {
            let all = parts(&outputs[in_cone]);
            all.iter().any(|value| value.abs() > POLE)
        };
        let is_unsolvable =
            element.truth.is_infinite() && solves_systems(self.pair.original) && nearby.iter().any(is_far);
        Ok(
            if is_unsolvable || element.is_excused(&values, has_nan_input, tolerance) {
                (Verdict::Equal, element.excused())
            } else {
                (verdict, element)
            },
        )
    }

    /// The elements of one output. Where nothing is known of it, the two programs agree, and the original's is taken.
    pub(in crate::verify) fn output(&self, index: usize) -> impl Iterator<Item = Element> {
        let dtype = self.before[index].dtype;
        let [before, after] = [&self.before, &self.after].map(|side| parts(&side[index]));
        let truth = self.truth[index].as_ref().map_or_else(|| before.clone(), parts);
        let pairs = before.into_iter().zip(after).zip(truth);
        pairs.map(move |((before, after), truth)| Element {
            dtype,
            before,
            after,
            truth,
        })
    }
}

fn solves_systems(program: &Program) -> bool {
    let mut equations = program.blocks.iter().flat_map(|(_, block)| &block.eqns);
    equations.any(|&eqn| {
        matches!(
            program.primitive(eqn),
            "lu" | "triangular_solve" | "custom_linear_solve"
        )
    })
}
