//! What breaks when a program runs on an input, and whether an output is spoiled by it.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Kind;
use super::cost::Cost;
use super::table::{self, Row};
use super::wide::{widened, widened_inputs};
use super::wrapping::{integers, wraps};
use crate::analysis::ranges::integer_limits;
use crate::interp::{Data, Inputs, Observer, Options, Pass, Tensor, evaluate, evaluate_observed};
use crate::ir::{DTypeClass, EqnId, Format, Program, Symbol};

/// Runs a program and the one it was improved from.
pub(super) struct Judge<'p> {
    /// The program as it is in the file, if it differs.
    pub(super) original: Option<&'p Program>,
    pub(super) improved: &'p Program,
    wide: Program,
    cost: &'p Cost,
    rows: FxHashMap<Symbol, &'static Row>,
}

/// What broke, and the outputs.
type Ran = (Vec<(EqnId, Kind)>, Vec<Tensor>);

impl<'p> Judge<'p> {
    pub(super) fn new(original: &'p Program, improved: &'p Program, cost: &'p Cost) -> Self {
        let rows = improved.symbols.iter();
        let same = crate::ir::equal(original, improved);
        Self {
            original: (!same).then_some(original),
            improved,
            wide: widened(improved),
            cost,
            rows: rows
                .filter_map(|(symbol, name)| Some((symbol, table::breaks(name)?)))
                .collect(),
        }
    }

    /// XLA's CPU computes so; an input that never ends a loop is no witness.
    pub(super) fn options(&self) -> Options {
        Options {
            flush_subnormals: true,
            threefry_partitionable: None,
            most_iterations: Some(self.cost.most_steps()),
            most_steps: None,
        }
    }

    /// What a run on an input costs; `None` if it does not end or nothing is left to be spent.
    pub(super) fn price(&self, inputs: &Inputs) -> Option<u64> {
        let before = self.cost.left();
        if self.cost.has_loops() {
            self.run(inputs, &FxHashSet::default())?;
        } else {
            self.cost.spend_on_run();
        }
        (self.cost.left() > 0).then_some(before - self.cost.left())
    }

    /// The `wanted` equations that break on an input so that it shows; `None` if the program cannot be run.
    pub(super) fn witnessed(
        &self,
        inputs: &Inputs,
        wanted: impl Fn(&(EqnId, Kind)) -> bool,
    ) -> Option<Vec<(EqnId, Kind)>> {
        let before = self.cost.left();
        let (events, outputs) = self.run(inputs, &FxHashSet::default())?;
        // So much do runs cost that nobody watches.
        let price = before - self.cost.left();
        let (mut shown, mut spoilers): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| event.1.is_silent());
        if !spoiled(&outputs) {
            return Some(shown);
        }
        let original = self.original.map(|program| {
            self.cost.spend(price);
            evaluate(program, inputs, self.options())
        });
        if !original.is_none_or(|outputs| outputs.is_ok_and(|outputs| spoiled(&outputs))) {
            return Some(shown);
        }
        // Infinities that overflow made meet as well: those count that are left without it.
        let (own, made): (Vec<_>, Vec<_>) = spoilers
            .into_iter()
            .partition(|event| event.1 == Kind::OwnInfinity);
        spoilers = made;
        if !own.is_empty() {
            let patched = spoilers.iter().map(|spoiler| spoiler.0).collect();
            let (events, _) = self.run(inputs, &patched)?;
            spoilers.extend(events.into_iter().filter(|event| own.contains(event)));
        }
        if !spoilers.iter().any(&wanted) {
            return Some(shown);
        }
        // Infinities that the program wrote itself, as fillings of masks, would be there all the same.
        let all = spoilers.iter().map(|spoiler| spoiler.0).collect();
        let (_, healthy) = self.run(inputs, &all)?;
        self.cost.spend(price);
        let too_large = self.true_value_is_too_large(inputs, &outputs);
        for &(eqn, kind) in spoilers.iter().filter(|event| wanted(event)) {
            let others: FxHashSet<EqnId> = spoilers
                .iter()
                .map(|spoiler| spoiler.0)
                .filter(|&other| other != eqn)
                .collect();
            let alone = if others.is_empty() {
                spoiled_more(&outputs, &healthy)
            } else {
                self.run(inputs, &others)
                    .is_some_and(|(_, outputs)| spoiled_more(&outputs, &healthy))
            };
            let excused = matches!(kind, Kind::Overflow | Kind::Narrowing) && too_large;
            if alone && !excused {
                shown.push((eqn, kind));
            }
        }
        Some(shown)
    }

    /// Runs the improved program, with the results of some equations made harmless.
    fn run(&self, inputs: &Inputs, patched: &FxHashSet<EqnId>) -> Option<Ran> {
        if self.cost.left() == 0 {
            return None;
        }
        self.cost.spend_on_run();
        let watcher = Watcher {
            judge: self,
            patched,
            events: RefCell::default(),
            started: RefCell::default(),
        };
        let outputs = evaluate_observed(self.improved, inputs, self.options(), &watcher).ok()?;
        Some((watcher.events.into_inner(), outputs))
    }

    /// Whether in doubles too no spoiled element is a number that its dtype holds.
    fn true_value_is_too_large(&self, inputs: &Inputs, outputs: &[Tensor]) -> bool {
        let options = Options {
            flush_subnormals: false,
            ..self.options()
        };
        let Ok(wide) = evaluate(&self.wide, &widened_inputs(inputs), options) else {
            return true;
        };
        let fits = |(native, wide): (&Tensor, &Tensor)| {
            let largest = Format::arithmetic_of(native.dtype).map_or(0.0, |format| format.largest);
            match (native.data(), wide.data()) {
                (Data::Float(native), Data::Float(wide)) => native
                    .iter()
                    .zip(wide)
                    .any(|(native, wide)| !native.is_finite() && wide.abs() <= largest),
                _ => false,
            }
        };
        !outputs.iter().zip(&wide).any(fits)
    }

    /// What an equation did to operands that were clean.
    fn event(&self, eqn: EqnId, inputs: &[Tensor], outputs: &[Tensor]) -> Option<Kind> {
        let output = outputs.first()?;
        match output.data() {
            Data::Float(results) => {
                let row = self.rows.get(&self.improved.eqns[eqn].primitive)?;
                let Some(worst) = worst(results, inputs) else {
                    return infinities_meet(results, inputs).then_some(Kind::OwnInfinity);
                };
                let zero = |operand: usize| holds_zero(inputs.get(operand));
                Some(if worst.is_nan() {
                    row.nan
                } else if row.zero.is_some_and(zero) {
                    Kind::Pole
                } else {
                    row.infinite
                })
            }
            Data::Int(_) if output.dtype.is_integer() => self.integer_event(eqn, inputs, output),
            _ => None,
        }
    }

    fn integer_event(&self, eqn: EqnId, inputs: &[Tensor], output: &Tensor) -> Option<Kind> {
        let (least, greatest) = integer_limits(output.dtype)?;
        let beyond = |number: f64| number.is_finite() && (number < least || number > greatest);
        let primitive = self.improved.primitive(eqn);
        match (primitive, inputs) {
            ("convert_element_type", [operand]) => match operand.data() {
                Data::Float(items) => items.iter().any(|&item| beyond(item)).then_some(Kind::Narrowing),
                _ => None,
            },
            _ if output.dtype.class() == DTypeClass::Unsigned => None,
            ("div" | "rem", [_, divisor]) => integers(divisor).contains(&0).then_some(Kind::IntegerDivision),
            _ => wraps(self.improved, eqn, inputs, beyond).then_some(Kind::IntegerOverflow),
        }
    }
}

/// Whether NaN came of operands that hold infinities and no NaN.
fn infinities_meet(results: &[f64], inputs: &[Tensor]) -> bool {
    let nan = |item: &f64| item.is_nan();
    results.iter().any(nan)
        && !inputs
            .iter()
            .any(|input| matches!(input.data(), Data::Float(items) if items.iter().any(nan)))
}

fn holds_zero(tensor: Option<&Tensor>) -> bool {
    matches!(tensor.map(Tensor::data), Some(Data::Float(items)) if items.contains(&0.0))
}

/// Whether an output holds NaN or an infinity.
fn spoiled(outputs: &[Tensor]) -> bool {
    let bad = |tensor: &Tensor| matches!(tensor.data(), Data::Float(items) if !items.iter().all(|item| item.is_finite()));
    outputs.iter().any(bad)
}

/// Whether an element is NaN or an infinity that is a number, or another infinity, in `healthy`.
fn spoiled_more(outputs: &[Tensor], healthy: &[Tensor]) -> bool {
    let differs = |(item, healthy): (&f64, &f64)| {
        !item.is_finite() && item != healthy && !(item.is_nan() && healthy.is_nan())
    };
    outputs
        .iter()
        .zip(healthy)
        .any(|(output, healthy)| match (output.data(), healthy.data()) {
            (Data::Float(items), Data::Float(healthy)) => items.iter().zip(healthy).any(differs),
            _ => false,
        })
}

/// The result, NaN before infinities, that came of clean operands: at its own place where there is one, else of
/// operands that are clean throughout.
fn worst(results: &[f64], inputs: &[Tensor]) -> Option<f64> {
    if results.iter().all(|result| result.is_finite()) {
        return None;
    }
    let clean_at = |at: usize| {
        inputs.iter().all(|input| match input.data() {
            Data::Float(items) if items.len() == results.len() => items[at].is_finite(),
            Data::Float(items) => items.iter().all(|item| item.is_finite()),
            _ => true,
        })
    };
    let bad = (0..results.len()).filter(|&at| !results[at].is_finite() && clean_at(at));
    bad.map(|at| results[at]).max_by_key(|result| result.is_nan())
}

/// Notes what breaks, and makes harmless what is to be patched.
struct Watcher<'a, 'p> {
    judge: &'a Judge<'p>,
    patched: &'a FxHashSet<EqnId>,
    events: RefCell<Vec<(EqnId, Kind)>>,
    /// How many events there were when the equations around began.
    started: RefCell<Vec<usize>>,
}

impl Observer<f64> for Watcher<'_, '_> {
    fn start(&self, _: EqnId) {
        self.started.borrow_mut().push(self.events.borrow().len());
    }

    fn pass(&self, _: Pass) {}

    fn finish(&self, eqn: EqnId, inputs: &[Tensor], outputs: Vec<Tensor>) -> Vec<Tensor> {
        self.judge.cost.spend_on(eqn);
        let before = self.started.borrow_mut().pop().unwrap_or(0);
        if let Some(kind) = self.judge.event(eqn, inputs, &outputs) {
            let mut events = self.events.borrow_mut();
            // What went wrong in the jaxprs of a solver is the solver's.
            events.truncate(before);
            if !events.contains(&(eqn, kind)) {
                events.push((eqn, kind));
            }
        }
        if self.patched.contains(&eqn) {
            return outputs.iter().map(harmless).collect();
        }
        outputs
    }
}

/// The array with 1 in place of NaN and infinities.
fn harmless(tensor: &Tensor) -> Tensor {
    match tensor.data() {
        Data::Float(items) => {
            let items = items
                .iter()
                .map(|&item| if item.is_finite() { item } else { 1.0 });
            Tensor::from_floats(tensor.dtype, &tensor.shape, items)
        }
        _ => tensor.clone(),
    }
}
