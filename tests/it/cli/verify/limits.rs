//! What counts as true where the program as written gives no number.

use super::{Folder, compared};

#[test]
fn a_limit_where_there_was_nan_is_an_improvement_and_another_number_is_none() {
    let naive = "{ lambda ; a:f32[4]. let b:f32[4] = sin a; c:f32[4] = div b a in (c,) }\n";
    let at_zero = |value: &str| {
        format!(
            "{{ lambda ; a:f32[4]. let
    b:f32[4] = sin a
    c:bool[4] = eq a 0.0:f32[]
    d:f32[4] = div b a
    e:f32[4] = broadcast_in_dim {value}:f32[]
    f:f32[4] = select_n c d e
  in (f,) }}\n"
        )
    };
    assert_eq!(compared(naive, &at_zero("1.0")).1, "improved");
    assert_eq!(compared(naive, &at_zero("0.0")).1, "regressed");
}

#[test]
fn what_vanishes_has_the_limit_zero_and_a_logarithm_has_none() {
    let xlogx = "{ lambda ; a:f32[4]. let b:f32[4] = log a; c:f32[4] = mul a b in (c,) }\n";
    let at_zero = "{ lambda ; a:f32[4]. let
    b:bool[4] = eq a 0.0:f32[]
    c:f32[4] = broadcast_in_dim 1.0:f32[]
    d:f32[4] = select_n b a c
    e:f32[4] = log d
    f:f32[4] = mul a e
  in (f,) }\n";
    assert_eq!(compared(xlogx, at_zero).1, "improved");
    // 0/0·log 0 is NaN, and log 0 is −∞: numbers beside 0 have logarithms that agree in two digits.
    let spoiled = "{ lambda ; a:f32[4]. let
    b:f32[4] = div a a
    c:f32[4] = log a
    d:f32[4] = mul b c
  in (d,) }\n";
    let logarithm = "{ lambda ; a:f32[4]. let b:f32[4] = log a in (b,) }\n";
    assert_eq!(compared(spoiled, logarithm).0, 0);
}

#[test]
fn a_masked_derivative_that_was_nan_is_improved_by_zero_and_by_nothing_else() {
    // The gradient of where(x > 0, sqrt(x), 0).
    let naive = "{ lambda ; a:f32[4]. let
    b:bool[4] = gt a 0.0:f32[]
    c:f32[4] = sqrt a
    d:f32[4] = div 0.5:f32[] c
    e:f32[4] = broadcast_in_dim 0.0:f32[]
    f:f32[4] = broadcast_in_dim 1.0:f32[]
    g:f32[4] = select_n b e f
    h:f32[4] = mul g d
  in (h,) }
";
    let masked = |value: &str| {
        let late =
            format!("i:f32[4] = broadcast_in_dim {value}:f32[]\n    j:f32[4] = select_n b i h\n  in (j,)");
        naive.replace("in (h,)", &late)
    };
    assert_eq!(compared(naive, &masked("0.0")).1, "improved");
    assert_eq!(compared(naive, &masked("1.0")).1, "regressed");
}

/// The verdict at one point; each input is its shape and its values.
fn verdict_at(old: &str, new: &str, inputs: &[(&[usize], &[f32])]) -> String {
    let array = |&(shape, values): &(&[usize], &[f32])| serde_json::json!({"dtype": "float32", "shape": shape, "values": values});
    let inputs: Vec<_> = inputs.iter().map(array).collect();
    let cases = serde_json::json!({"cases": [{"label": "point", "inputs": inputs}]}).to_string();
    let folder = Folder::new(&[("old.jaxpr", old), ("new.jaxpr", new), ("point.json", &cases)]);
    let programs = ["verify", "old.jaxpr", "new.jaxpr"];
    let ran = folder.run(&[&programs[..], &["--inputs", "point.json", "--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    report["verdict"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_is_small_beside_the_rounding_of_its_inputs_is_no_worse_than_the_limit() {
    // Entropies: the terms of numbers next to 1 are as large as their rounding, whatever 0 log 0 is taken for.
    let naive = "{ lambda ; a:f32[3]. let
    b:f32[3] = log a
    c:f32[3] = mul a b
    d:f32[] = reduce_sum[axes=(0,) out_sharding=None] c
  in (d,) }
";
    let guarded = |value: &str| {
        format!(
            "{{ lambda ; a:f32[3]. let
    b:f32[3] = log a
    c:f32[3] = mul a b
    e:bool[3] = eq a 0.0:f32[]
    f:f32[3] = broadcast_in_dim {value}:f32[]
    g:f32[3] = select_n e c f
    d:f32[] = reduce_sum[axes=(0,) out_sharding=None] g
  in (d,) }}
"
        )
    };
    let next_to_one: &[(&[usize], &[f32])] = &[(&[3], &[0.0, 1.000_000_1, 9.536_743e-7])];
    assert_eq!(verdict_at(naive, &guarded("0.0"), next_to_one), "improved");
    assert_eq!(verdict_at(naive, &guarded("0.001"), next_to_one), "regressed");
}

#[test]
fn any_answer_to_a_system_without_a_solution_will_do() {
    let solve = "{ lambda ; a:f32[2,2] b:f32[2,1]. let
    c:f32[2,1] = triangular_solve[
      conjugate_a=False
      left_side=True
      lower=True
      transpose_a=False
      unit_diagonal=False
    ] a b
  in (c,) }
";
    let another = solve.replace("in (c,)", "d:f32[2,1] = mul c 1.001:f32[]\n  in (d,)");
    let right_side: (&[usize], &[f32]) = (&[2, 1], &[1.0, 2.0]);
    let singular: (&[usize], &[f32]) = (&[2, 2], &[1.0, 0.0, 1.0, 0.0]);
    let regular: (&[usize], &[f32]) = (&[2, 2], &[1.0, 0.0, 1.0, 1.0]);
    assert_eq!(verdict_at(solve, &another, &[singular, right_side]), "equal");
    assert_eq!(verdict_at(solve, &another, &[regular, right_side]), "regressed");
}

#[test]
fn infinity_is_no_worse_than_nan_and_a_number_is() {
    let logarithm = "{ lambda ; a:f32[1]. let b:f32[1] = log a in (b,) }\n";
    let in_place_of_nan = |value: &str| {
        format!(
            "{{ lambda ; a:f32[1]. let
    b:f32[1] = log a
    c:bool[1] = ne b b
    d:f32[1] = broadcast_in_dim {value}:f32[]
    e:f32[1] = select_n c b d
  in (e,) }}
"
        )
    };
    let negative: &[(&[usize], &[f32])] = &[(&[1], &[-1.0])];
    assert_eq!(verdict_at(logarithm, &in_place_of_nan("inf"), negative), "equal");
    assert_eq!(
        verdict_at(logarithm, &in_place_of_nan("1.0"), negative),
        "regressed"
    );
}
