//! Unrolled training: each step's logits come of the gradients of the step before, and programs must not grow with that.

use jaxpeep::improve::Options;

use super::improved;

/// Two steps of a softmax cross-entropy.
const TRAINED: &str = include_str!("../../../fixtures/lift/trained.jaxpr");

#[test]
fn repaired_steps_are_no_longer_than_printed_ones() {
    let equations = |text: &str| text.matches(" = ").count();
    let (after, outcome) = improved(TRAINED, &Options::default());
    assert_ne!(outcome.rewrites, []);
    let (printed, repaired) = (equations(TRAINED), equations(&after));
    assert!(repaired <= printed, "{printed} equations became {repaired}");
}
