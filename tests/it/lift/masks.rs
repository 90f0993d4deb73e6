//! Exponentials that a mask hides.

use super::{improved, outputs};
use jaxpeep::improve::Options;

/// An infinite exponent behind a zero is hidden, whichever case of the choice the zero is.
#[test]
fn the_logarithm_of_what_a_mask_hides_is_minus_infinity() {
    for (comparison, cases) in [("gt", "b z"), ("le", "z b")] {
        let text = format!(
            "{{ lambda ; a:f32[3]. let
    b:f32[3] = exp a
    z:f32[3] = broadcast_in_dim[broadcast_dimensions=() shape=(3,) sharding=None] 0.0:f32[]
    m:bool[3] = {comparison} a 200.0:f32[]
    s:f32[3] = select_n m {cases}
    r:f32[3] = log s
  in (r,) }}
"
        );
        let (new, outcome) = improved(&text, &Options::default());
        assert!(!outcome.rewrites.is_empty(), "{text}");
        let inputs = r#"{"cases": [{"label": "one is hidden", "inputs": [
            {"dtype": "float32", "shape": [3], "values": [-150, 150, "inf"]}]}]}"#;
        assert_eq!(
            outputs(&new, inputs)[0],
            [-150.0, 150.0, f64::NEG_INFINITY],
            "{text}"
        );
    }
}
