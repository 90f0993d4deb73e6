//! Powers and logarithms to other bases than e.

use super::{first_output, improved, only_lifting};

/// As JAX 0.12 prints `jnp.log2`.
#[test]
fn the_logarithm_to_base_2_of_a_sum_of_powers_of_2() {
    let text = "{ lambda ; a:f32[2]. let
    b:f32[2] = exp2 a
    c:f32[] = reduce_sum[axes=(0,)] b
    d:f32[] = log2 c
  in (d,) }
";
    let cases = r#"{"cases": [{"label": "large", "inputs": [
        {"dtype": "float32", "shape": [2], "values": [1000, 999]}]}]}"#;
    assert_eq!(first_output(text, cases), [f64::INFINITY]);
    let (new, _) = improved(text, &only_lifting());
    let found = first_output(&new, cases)[0];
    let truth = 1000.0 + 1.5f64.log2();
    assert!(
        (found - truth).abs() <= 2.0 * f64::from(f32::EPSILON) * truth,
        "{found} for {truth}"
    );
}
