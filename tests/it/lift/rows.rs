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
