//! `trace`: what people and programs are told.

use std::path::Path;

use super::{Folder, Ran, SOUND};

/// Copies a classic failure and its inputs, as a JAX release printed it.
fn classic(release: &str, name: &str) -> Folder {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/jaxpr")
        .join(release);
    let read = |extension: &str| {
        let file = path.join(format!("classic_{name}.{extension}"));
        std::fs::read_to_string(file).expect("a fixture")
    };
    Folder::new(&[("f.jaxpr", &read("jaxpr")), ("f.json", &read("json"))])
}

fn trace(name: &str, more: &[&str]) -> Ran {
    trace_of("0.10.2", name, more)
}

fn trace_of(release: &str, name: &str, more: &[&str]) -> Ran {
    let args = ["trace", "f.jaxpr", "--inputs", "f.json", "--case", "failing"];
    classic(release, name).run(&[&args[..], more].concat())
}

/// Function, primitive and Python line of the cause, rule that fixes it.
const CLASSICS: &[(&str, &str, &str, Option<&str>)] = &[
    ("log_sum_exp", "exp", "failures.py:13:", Some("logsumexp")),
    ("square_root_gradient", "div", "failures.py:21:", None),
    (
        "inverse",
        "triangular_solve",
        "failures.py:29:",
        Some("regularized-inverse"),
    ),
    ("logarithms", "log", "failures.py:38:", None),
    ("sinc_gradient", "integer_pow", "failures.py:45:", None),
    ("softmax", "exp", "failures.py:53:", Some("softmax")),
    ("log_of_softmax", "exp", "failures.py:57:", Some("log-softmax")),
    ("log_sum_exp_gradient", "exp", "failures.py:13:", None),
];

#[test]
fn each_classic_failure_is_located_at_its_cause() {
    let releases = ["0.4.30", "0.10.2", "0.12.0.1"];
    let each = releases
        .iter()
        .flat_map(|release| CLASSICS.iter().map(move |row| (release, row)));
    for (release, (name, primitive, line, rule)) in each {
        let ran = trace_of(release, name, &["--format", "json"]);
        assert_eq!(ran.code, 1, "{release} {name}: {}", ran.err);
        let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        let origins = json["origins"].as_array().expect("a list");
        let mut reaching = origins
            .iter()
            .filter(|origin| origin["reaches_outputs"] != serde_json::json!([]));
        let origin = reaching.next().expect("an origin reaches an output");
        let cause = &origin["steps"][0];
        let equation = cause["equation"].as_str().unwrap_or_default();
        assert!(
            equation.contains(&format!("= {primitive}")),
            "{release} {name}: {equation}"
        );
        let source = cause["source"].as_str().unwrap_or_default();
        assert!(source.starts_with(line), "{name}: {source}");
        if let Some(rule) = rule {
            assert_eq!(origin["fix"], *rule, "{name}");
            assert_eq!(origin["left"], 0, "{name}");
        }
    }
}

#[test]
fn a_nan_that_is_masked_is_no_alarm() {
    let ran = trace("sinc", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.err.contains("1 masked (`-v` shows them)"), "{}", ran.err);
    let ran = trace("sinc", &["-v"]);
    assert!(
        ran.out.contains("`div` gives nan, which ends in `select_n`"),
        "{}",
        ran.out
    );
}

#[test]
fn cancellation_is_found_beside_an_evaluation_without_rounding() {
    let ran = trace("variance", &["--precision", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(json["origins"], serde_json::json!([]));
    let loss = &json["precision"][0];
    assert!(
        loss["equation"].as_str().unwrap_or_default().contains("= sub"),
        "{loss}"
    );
    // The mean of the squares of -1, 0 and 1.
    let exact = loss["exact"].as_f64().unwrap_or_default();
    assert!((exact - 2.0 / 3.0).abs() < 1e-12, "{loss}");
    assert!(loss["bits_lost"].as_f64().unwrap_or_default() > 15.0, "{loss}");
}

#[test]
fn an_origin_is_shown_with_its_chain_and_what_to_do() {
    insta::assert_snapshot!("chain", trace("log_sum_exp_gradient", &[]).out);
    insta::assert_snapshot!("double_where", trace("square_root_gradient", &[]).out);
    insta::assert_snapshot!("cause", trace("log_of_softmax", &[]).out);
}

#[test]
fn json_of_trace_has_the_documented_shape() {
    let ran = trace("log_sum_exp", &["--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn the_annotated_program_has_a_range_beside_each_line() {
    let folder = Folder::new(&[
        (
            "f.jaxpr",
            "{ lambda ; a:f32[2]. let\n    b:f32[2] = exp a\n    c:f32[2] = log b\n  in (c,) }\n",
        ),
        (
            "f.json",
            "{\"cases\":[{\"label\":\"x\",\"inputs\":[{\"dtype\":\"float32\",\"shape\":[2],\"values\":[0,1000]}]}]}",
        ),
    ]);
    let ran = folder.run(&["trace", "f.jaxpr", "--inputs", "f.json", "--annotate"]);
    assert_eq!(ran.code, 1);
    let expected = "{ lambda ; a:f32[2]. let  # a: 0 … 1000\n    b:f32[2] = exp a      # b: inf, 1, first inf at [1]\n    \
                    c:f32[2] = log b      # c: inf, 0, first inf at [1]\n  in (c,) }\n";
    assert_eq!(ran.out, expected);
}

#[test]
fn what_cannot_be_traced_is_said() {
    let folder = Folder::new(&[("f.jaxpr", SOUND), ("two.jaxpr", &format!("{SOUND}{SOUND}"))]);
    folder.write("f.json", "{\"cases\":[{\"label\":\"x\",\"inputs\":[]}]}");
    let code_and = |args: &[&str], word: &str| {
        let ran = folder.run(args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains(word), "{args:?}: {}", ran.err);
    };
    code_and(&["trace", "f.jaxpr"], "--inputs");
    code_and(
        &["trace", "f.jaxpr", "--inputs", "f.json"],
        "takes 1 inputs and was given 0",
    );
    code_and(&["trace", "two.jaxpr", "--inputs", "f.json"], "2 print-outs");
    code_and(
        &["trace", "f.jaxpr", "--inputs", "f.json", "--case", "y"],
        "no case `y`",
    );
    code_and(
        &["trace", "f.jaxpr", "--inputs", "none.json"],
        "there is no `none.json`",
    );
}

/// Runs `trace` on a program of scalars or rows in f32 with one row of numbers for each input.
fn traced(text: &str, inputs: &[&[f64]], more: &[&str]) -> Ran {
    let array = |numbers: &&[f64]| {
        let values: Vec<serde_json::Value> = numbers
            .iter()
            .map(|number| {
                if number.is_nan() {
                    "nan".into()
                } else {
                    (*number).into()
                }
            })
            .collect();
        serde_json::json!({"dtype": "float32", "shape": [numbers.len()], "values": values})
    };
    let inputs: Vec<serde_json::Value> = inputs.iter().map(array).collect();
    let cases = serde_json::json!({"cases": [{"label": "own", "inputs": inputs}]});
    let folder = Folder::new(&[("f.jaxpr", text), ("f.json", &cases.to_string())]);
    folder.run(&[&["trace", "f.jaxpr", "--inputs", "f.json"], more].concat())
}

#[test]
fn the_double_where_is_the_advice_only_where_a_select_makes_the_zero() {
    // The gradient of √(Σ x²) at 0: no select, and the derivative of the root is what is infinite.
    let norm = "{ lambda ; a:f32[2]. let
    b:f32[2] = integer_pow[y=2] a
    c:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    d:f32[] = sqrt c
    e:f32[] = div 0.5:f32[] d
    f:f32[2] = broadcast_in_dim[broadcast_dimensions=() shape=(2,) sharding=None] e
    g:f32[2] = mul a f
  in (g,) }
";
    let ran = traced(norm, &[&[0.0, 0.0]], &[]);
    assert!(ran.out.contains("the derivative of a root"), "{}", ran.out);
    assert!(!ran.out.contains("`where` does not take"), "{}", ran.out);
    // A quotient by zero that meets another zero is a quotient by zero.
    let quotient = "{ lambda ; a:f32[2]. let b:f32[2] = div 3.0:f32[] a; c:f32[2] = mul a b in (c,) }\n";
    let ran = traced(quotient, &[&[0.0, 1.0]], &[]);
    assert!(ran.out.contains("the divisor is zero"), "{}", ran.out);
    let ran = trace("sinc_gradient", &["--skip", "select-sink"]);
    assert!(ran.out.contains("`where` does not take"), "{}", ran.out);
}

#[test]
fn the_advice_on_a_mean_of_nothing_and_on_a_logarithm_times_zero_is_about_them() {
    let mean = "{ lambda ; a:f32[2]. let
    m:bool[2] = gt a 0.0:f32[]
    z:f32[2] = broadcast_in_dim[broadcast_dimensions=() shape=(2,) sharding=None] 0.0:f32[]
    b:f32[2] = select_n m z a
    c:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    d:f32[2] = convert_element_type[new_dtype=float32 weak_type=False] m
    e:f32[] = reduce_sum[axes=(0,) out_sharding=None] d
    f:f32[] = div c e
  in (f,) }
";
    let ran = traced(mean, &[&[-1.0, -2.0]], &[]);
    assert!(ran.out.contains("`jnp.maximum(count,"), "{}", ran.out);
    let product = "{ lambda ; a:f32[1]. let b:f32[1] = log a; c:f32[1] = mul 0.0:f32[] b in (c,) }\n";
    let ran = traced(product, &[&[0.0]], &["--skip", "exponent-lifting"]);
    assert!(ran.out.contains("xlogy"), "{}", ran.out);
    let ran = traced(product, &[&[-2.0]], &["--skip", "exponent-lifting"]);
    assert!(ran.out.contains("the operand is not positive"), "{}", ran.out);
}

#[test]
fn the_command_of_a_fix_can_be_pasted_whatever_the_file_is_called() {
    let text = "{ lambda ; a:f32[]. let b:f32[] = exp a; c:f32[] = log b in (c,) }\n";
    let array = serde_json::json!({"dtype": "float32", "shape": [], "values": [1000.0]});
    let cases = serde_json::json!({"cases": [{"label": "own", "inputs": [array]}]}).to_string();
    let folder = Folder::new(&[("-my loss's.jaxpr", text), ("f.json", &cases)]);
    let ran = folder.run(&[
        "trace",
        "--inputs",
        "f.json",
        "--format",
        "json",
        "./-my loss's.jaxpr",
    ]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let command = report["origins"][0]["command"].as_str().expect("a command");
    let words = shlex::split(command).expect("a line for a shell");
    assert_eq!(
        words.last().map(String::as_str),
        Some("./-my loss's.jaxpr"),
        "{command}"
    );
}

#[test]
fn a_zero_that_rounding_made_is_named_with_what_it_should_be() {
    let text = "{ lambda ; a:f32[1]. let
    b:f32[1] = exp a
    c:f32[1] = sub 1.0:f32[] b
    d:f32[1] = div 1.0:f32[] c
  in (d,) }
";
    let ran = traced(text, &[&[-1e-9]], &["--skip", "exponent-lifting"]);
    assert!(
        ran.out
            .contains("rounding: `sub` at line 3 of 1 and 1 gave 0, and without rounding 1e-9"),
        "{}",
        ran.out
    );
}

#[test]
fn whoever_gave_a_nan_is_named() {
    let text = "{ lambda ; a:f32[1] b:f32[1]. let c:f32[1] = add a b in (c,) }\n";
    let ran = traced(text, &[&[1.0], &[f64::NAN]], &[]);
    assert!(ran.out.contains("given by input `b`"), "{}", ran.out);
    let text = "{ lambda ; a:f32[1] b:f32[1]. let c:f32[1] = mul a nan:f32[] in (c,) }\n";
    let ran = traced(text, &[&[1.0], &[1.0]], &[]);
    assert!(
        ran.out.contains("given by a literal of the program"),
        "{}",
        ran.out
    );
}

#[test]
fn a_loop_that_loses_little_in_each_step_is_named_for_all_of_them() {
    // 10⁻⁴ is below half a unit in the last place of 10⁴, so that 20000 of them leave no trace.
    let text = "{ lambda ; a:f32[20000]. let
    b:f32[] = scan[
      _split_transpose=False
      jaxpr={ lambda ; c:f32[] d:f32[]. let e:f32[] = add c d in (e,) }
      length=20000
      linear=(False, False)
      num_carry=1
      num_consts=0
      reverse=False
      unroll=1
    ] 10000.0:f32[] a
  in (b,) }
";
    let ran = traced(text, &[&vec![1e-4; 20000]], &["--precision"]);
    assert!(ran.out.contains("`scan` loses 12 bits"), "{}", ran.out);
    assert!(
        ran.out.contains("gives 10000, and without rounding 10002"),
        "{}",
        ran.out
    );
}

/// Runs `trace` on `7 // b` for `b` of zero and two, as it is or guarded.
fn divided(equations: &str, more: &[&str]) -> Ran {
    let text = format!("{{ lambda ; a:i32[2]. let\n{equations}  in (c,) }}\n");
    let cases = serde_json::json!({"cases": [
        {"label": "failing", "inputs": [{"dtype": "int32", "shape": [2], "values": [0, 2]}]},
    ]});
    let folder = Folder::new(&[("f.jaxpr", &text), ("f.json", &cases.to_string())]);
    folder.run(&[&["trace", "f.jaxpr", "--inputs", "f.json"], more].concat())
}

#[test]
fn an_integer_that_is_divided_by_zero_is_told_although_nothing_is_infinite() {
    // JAX 0.10.2 on CPU: lax.div(7, 0) is -1, and lax.rem(7, 0) is 7.
    let quotient = "    c:i32[2] = div 7:i32[] a\n";
    let ran = divided(quotient, &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.out
            .contains("`div` divides an integer by zero and gives -1, which reaches output 0")
            && ran.out.contains("div of 7 and 0 gives -1 at [0]")
            && ran.err.contains("1 division of integers by zero"),
        "{}{}",
        ran.out,
        ran.err
    );
    let ran = divided(&quotient.replace("div", "rem"), &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let division = &json["divisions"][0];
    assert_eq!((ran.code, division["line"].as_u64()), (1, Some(2)));
    assert_eq!(
        (
            &division["dividend"],
            &division["value"],
            &division["reaches_outputs"]
        ),
        (&7.into(), &7.into(), &serde_json::json!([0]))
    );
}

#[test]
fn a_division_by_zero_that_is_not_chosen_is_no_origin() {
    let guarded = "    b:i32[2] = div 7:i32[] a
    d:bool[2] = eq a 0:i32[]
    e:i32[2] = broadcast_in_dim[broadcast_dimensions=() shape=(2,) sharding=None] 0:i32[]
    c:i32[2] = select_n d b e
";
    let ran = divided(guarded, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let ran = divided(guarded, &["-v"]);
    assert!(
        ran.out.contains("gives -1, which reaches no output"),
        "{}",
        ran.out
    );
}

#[test]
fn the_gradient_of_a_root_written_as_a_power_is_explained() {
    // d/dx x^0.5 as JAX prints it: 0.5·x^(-0.5), which is inf at 0.
    let text = "{ lambda ; a:f32[1]. let
    b:f32[1] = pow a -0.5:f32[]
    c:f32[1] = mul 0.5:f32[] b
  in (c,) }
";
    let ran = traced(text, &[&[0.0]], &[]);
    assert!(
        ran.out.contains("1. pow of 0 and -0.5 gives inf at [0]")
            && ran.out.contains("2. mul of 0.5 and inf gives inf")
            && ran.out.contains("`jnp.where(x > 0, x, 1) ** p`"),
        "{}",
        ran.out
    );
}
