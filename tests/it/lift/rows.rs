//! Rows of an array that a loop goes over.

use super::{fixtures, improved, outputs};
use jaxpeep::improve::Options;

/// What one step puts into the gradient has exponents of its own: those of other rows do not matter beside it.
#[test]
fn a_row_that_is_nan_leaves_the_gradients_of_other_rows_as_they_are() {
    let path = fixtures("lift")
        .into_iter()
        .find(|path| path.ends_with("looped_normalisers.jaxpr"))
        .expect("the fixture");
    let text = std::fs::read_to_string(path).expect("a fixture can be read");
    let (new, outcome) = improved(&text, &Options::default());
    assert!(!outcome.rewrites.is_empty());
    let cases = r#"{"cases": [{"label": "one row of nan", "inputs": [
        {"dtype": "float32", "shape": [4, 2], "values": [1, 1, 2, 2, 3, 3, "nan", 0]}]}]}"#;
    let gradient = &outputs(&new, cases)[1];
    assert_eq!(gradient[..6], [0.5; 6]);
    assert!(gradient[6..].iter().all(|element| element.is_nan()));
}

/// A carry that is brought to each new maximum is of ordinary size as it is.
#[test]
fn sums_that_follow_a_running_maximum_are_left_alone() {
    let online = "{ lambda ; a:f32[3]. let
    b:f32[] c:f32[] = scan[
      jaxpr={ lambda ; d:f32[] e:f32[] f:f32[]. let
          g:f32[] = max d f
          h:f32[] = sub d g
          i:f32[] = exp h
          j:f32[] = mul e i
          k:f32[] = sub f g
          l:f32[] = exp k
          m:f32[] = add j l
        in (g, m) }
      length=3
      num_carry=2
      num_consts=0
      reverse=False
      unroll=1
    ] -1.0000000150474662e+30:f32[] 0.0:f32[] a
    n:f32[] = log c
    o:f32[] = add b n
  in (o,) }
";
    assert_eq!(improved(online, &Options::default()).1.rewrites, []);
    // Without the maximum that is carried on, the sums leave the range.
    let naive = online.replace("in (g, m)", "in (d, m)");
    assert_ne!(improved(&naive, &Options::default()).1.rewrites, []);
}
