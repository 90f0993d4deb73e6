//! Both programs' outputs at one point, and the truth as far as it is needed.
//!
//! `verdict` asks for more of the truth where the new program seems to be worse.

mod verdict;

use std::cell::OnceCell;
use std::sync::Arc;

use super::element::Element;
use super::nearby::drawn_in;
use super::{Pair, Strictness, parts};
use crate::interp::{Inputs, Tensor};
use crate::ir::Program;
use crate::oracle::{Budget, DoubleDouble, Doubt, Rung, Truth, truth};
use crate::verify::cones::Cones;
use crate::verify::report::Verdict;

use verdict::Specials;

/// The numbers of each output, at each of the inputs around a point.
type Around = Vec<Vec<Vec<f64>>>;

/// Both programs' outputs at one point, and the truth.
///
/// Where the two agree nothing can be worse, so the truth is asked for those outputs only in which they differ.
pub(in crate::verify) struct Compared<'a> {
    pair: &'a Pair<'a>,
    inputs: &'a Inputs,
    strictness: &'a Strictness,
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
    /// What special numbers the inputs hold, once somebody asks.
    specials: OnceCell<Specials>,
    /// The numbers of the outputs that differ, in truth and at each of the inputs nearby, once somebody asks.
    nearby: OnceCell<Around>,
    /// The same farther away, once somebody asks.
    farther: OnceCell<Around>,
    /// The numbers of these outputs where zeros annihilate, once somebody asks.
    behind_zeros: OnceCell<Vec<Vec<f64>>>,
    /// The verdicts at inputs that are not at the ends of the range, once somebody asks.
    inside: OnceCell<Option<Vec<Vec<Verdict>>>>,
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
        strictness: &'a Strictness,
        before: Vec<Tensor>,
        after: Vec<Tensor>,
    ) -> Self {
        let cones = &pair.cones;
        let mut compared = Self {
            pair,
            inputs,
            strictness,
            truth: vec![None; before.len()],
            before,
            after,
            cone: cones.of(&[]),
            places: Vec::new(),
            rung: None,
            open: false,
            cancelled: false,
            specials: OnceCell::new(),
            nearby: OnceCell::new(),
            farther: OnceCell::new(),
            behind_zeros: OnceCell::new(),
            inside: OnceCell::new(),
        };
        let differing: Vec<bool> = (0..compared.before.len())
            .map(|index| compared.output(index).any(|element| element.differs()))
            .collect();
        if differing.contains(&true) {
            compared.take_truth(cones, &differing);
        }
        if strictness.statistics && !compared.open && differing.contains(&false) {
            compared.take_rest(cones, &differing);
        }
        compared
    }

    /// The verdicts at inputs which are not at the ends of the range; `None` where these are such already, or where
    /// nothing can be said of the others.
    fn inside(&self) -> Option<&Vec<Vec<Verdict>>> {
        let found = self.inside.get_or_init(|| {
            let inputs = drawn_in(self.inputs)?;
            let strictness = Strictness {
                statistics: false,
                ..*self.strictness
            };
            let (before, after) = self.pair.outputs(&inputs)?;
            let compared = Compared::new(self.pair, &inputs, &strictness, before, after);
            if compared.open {
                return None;
            }
            let verdicts = |index| {
                let elements = compared.output(index);
                elements
                    .map(|element| element.verdict(strictness.tolerance))
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
        let found = truth(&self.cone, self.inputs, self.strictness.budget);
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
            work: self.strictness.budget.work / 10,
            ..self.strictness.budget
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
