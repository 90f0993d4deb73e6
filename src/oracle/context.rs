//! What an evaluation in wide arithmetic needs besides its operands: the precision, and a record of what happened.
//!
//! Operators take no further arguments, so this stands beside them, once a thread. An evaluation stays on the thread
//! that started it.

use std::cell::{Cell, RefCell};

use astro_float_num::{BigFloat, Consts};

/// What makes a result doubtful although two rungs may agree on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Events {
    /// Numbers that are not exact cancelled to nothing.
    pub(super) cancelled: bool,
    /// A finite number became infinite, or one that is not zero became zero.
    pub(super) range: bool,
    /// Numbers that differ by no more than their errors were compared or rounded to integers.
    pub(super) undecided: bool,
}

impl Events {
    pub(super) fn any(self) -> bool {
        self.cancelled || self.range || self.undecided
    }
}

/// How many operations there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// Sums, products, quotients and roots.
    pub(super) arithmetic: u64,
    /// Other functions.
    pub(super) functions: u64,
}

impl Count {
    /// About the nanoseconds that as many operations take on a rung; fitted to measurements from 192 to 2048 bits.
    pub(super) fn work_at(self, rung: super::Rung) -> u64 {
        let (arithmetic, function) = match rung {
            super::Rung::F64 => (2, 20),
            super::Rung::DoubleDouble => (20, 50_000),
            super::Rung::Big(bits) => {
                let square = (bits as u64).saturating_mul(bits as u64);
                (60 + square / 4000, 50_000 + square / 8)
            }
        };
        let functions = self.functions.saturating_mul(function);
        self.arithmetic
            .saturating_mul(arithmetic)
            .saturating_add(functions)
    }
}

thread_local! {
    static BITS: Cell<usize> = const { Cell::new(256) };
    static EVENTS: Cell<Events> = const { Cell::new(Events { cancelled: false, range: false, undecided: false }) };
    static COUNT: Cell<Count> = const { Cell::new(Count { arithmetic: 0, functions: 0 }) };
    static ANNIHILATES: Cell<bool> = const { Cell::new(false) };
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
    static CONSTANTS: RefCell<Option<Consts>> = const { RefCell::new(None) };
}

/// The precision of results, in bits.
pub(super) fn bits() -> usize {
    BITS.get()
}

/// Evaluates with another precision.
pub(super) fn with_bits<T>(bits: usize, evaluate: impl FnOnce() -> T) -> T {
    let before = BITS.replace(bits);
    let result = evaluate();
    BITS.set(before);
    result
}

/// Evaluates with zeros that stay zero in every product and quotient.
pub(super) fn with_annihilating_zeros<T>(evaluate: impl FnOnce() -> T) -> T {
    let before = ANNIHILATES.replace(true);
    let result = evaluate();
    ANNIHILATES.set(before);
    result
}

/// A product of which a factor is a zero, an infinity or NaN, by the doubles that stand for the factors.
pub(super) fn product_of_special(a: f64, b: f64) -> f64 {
    if ANNIHILATES.get() && (a == 0.0 || b == 0.0) {
        return 0.0;
    }
    a * b
}

/// A quotient of which an operand is a zero, an infinity or NaN, by the doubles that stand for the operands.
pub(super) fn quotient_of_special(a: f64, b: f64) -> f64 {
    if ANNIHILATES.get() && (a == 0.0 || b.is_infinite()) {
        return 0.0;
    }
    a / b
}

/// Evaluates with a precision, and says what happened meanwhile.
pub(super) fn observed<T>(bits: usize, evaluate: impl FnOnce() -> T) -> (T, Events, Count) {
    let before = (EVENTS.take(), COUNT.take());
    let result = with_bits(bits, evaluate);
    let (events, count) = (EVENTS.replace(before.0), COUNT.replace(before.1));
    (result, events, count)
}

pub(super) fn note_cancellation() {
    EVENTS.set(Events {
        cancelled: true,
        ..EVENTS.get()
    });
}

pub(super) fn note_range() {
    EVENTS.set(Events {
        range: true,
        ..EVENTS.get()
    });
}

pub(super) fn note_undecided() {
    EVENTS.set(Events {
        undecided: true,
        ..EVENTS.get()
    });
}

/// Evaluates with so much work to spend, and says whether it was enough. Where it is spent, all results are NaN, at
/// which series and searches end.
pub(super) fn within<T>(work: u64, evaluate: impl FnOnce() -> T) -> (T, bool) {
    let before = LEFT.replace(work);
    let result = evaluate();
    let left = LEFT.replace(before);
    (result, left > 0)
}

/// Evaluates what is kept for later, and must not depend on what is left to spend now.
pub(super) fn unmetered<T>(evaluate: impl FnOnce() -> T) -> T {
    within(u64::MAX, evaluate).0
}

/// Spends work, in units of about a nanosecond; `false` where none is left.
pub(super) fn spend(work: u64) -> bool {
    let left = LEFT.get().saturating_sub(work);
    LEFT.set(left);
    left > 0
}

/// Spends the work of a sum, product or quotient at the precision of the context.
pub(super) fn spend_arithmetic() -> bool {
    let bits = bits() as u64;
    spend(60 + bits * bits / 4000)
}

/// Spends the work of an exponential or the like at the precision of the context.
pub(super) fn spend_function() -> bool {
    let bits = bits() as u64;
    spend(15_000 + bits * bits / 16)
}

/// Counts a sum, product, quotient or root.
pub(super) fn count_arithmetic() {
    let count = COUNT.get();
    COUNT.set(Count {
        arithmetic: count.arithmetic + 1,
        ..count
    });
}

/// Counts another function.
pub(super) fn count_function() {
    let count = COUNT.get();
    COUNT.set(Count {
        functions: count.functions + 1,
        ..count
    });
}

/// A computation with the constants (π, ln 2) that are kept from one to the next. NaN where memory is short.
pub(super) fn with_constants(compute: impl FnOnce(&mut Consts) -> BigFloat) -> BigFloat {
    CONSTANTS.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = Consts::new().ok();
        }
        kept.as_mut().map_or_else(|| BigFloat::nan(None), compute)
    })
}
