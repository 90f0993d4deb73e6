//! Arguments at which functions lose what an inexact number was: the ends of domains, and roots.

use crate::interp::{Function, Real};

/// Takes note if an inexact argument cannot be told from the end of the function's domain or from its root: there
/// the result is an infinity or zero, and a wider number would give something else.
pub(super) fn take_note<R: Real>(x: &R, function: Function) {
    let edge = match function {
        Function::Log1p => -1.0,
        Function::Log | Function::Log2 | Function::Acosh => 1.0,
        Function::Acos | Function::Asin | Function::Atanh | Function::ErfInv => 1f64.copysign(x.to_f64()),
        _ => return,
    };
    if x.to_f64() == edge {
        // A difference of nothing between inexact numbers is recorded as a cancellation.
        let _ = x.clone() - R::from_f64(edge);
    }
}

#[cfg(test)]
mod tests {
    use super::super::DoubleDouble;
    use super::super::context::observed;
    use super::*;

    #[test]
    fn one_that_may_be_a_little_less_is_noted() {
        let one = DoubleDouble::from_f64(1.0);
        let almost = DoubleDouble::from_f64(3000.0).map(Function::Logistic);
        let cancels = |x: &DoubleDouble| observed(104, || x.map(Function::Atanh)).1.cancelled;
        assert!(cancels(&almost));
        assert!(!cancels(&one));
        let far = DoubleDouble::from_f64(1e37).map(Function::Logistic);
        assert!(
            cancels(&far),
            "too large for pairs of doubles to work it out themselves"
        );
        let farthest = DoubleDouble::from_f64(3e38).map(Function::Logistic);
        assert!(cancels(&farthest), "its exponential leaves the range");
    }
}
