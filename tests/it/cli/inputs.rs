//! Values of inputs: archives written by `NumPy`, and what does not fit the program.

use super::{Folder, Ran, command};

const MIXED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/inputs/");

fn eval(inputs: &str, more: &[&str]) -> Ran {
    let (program, inputs) = (format!("{MIXED}mixed.jaxpr"), format!("{MIXED}{inputs}"));
    let args = ["eval", &program, "--inputs", &inputs];
    Ran::from(command().args(args).args(more).output().expect("jaxpeep runs"))
}

#[test]
fn an_archive_gives_what_jax_computed() {
    let folder = Folder::new(&[]);
    let output = folder.path().join("out.npz");
    let output = output.to_str().expect("a path in UTF-8");
    let first = eval("mixed.npz", &["--output", output]);
    assert_eq!(first.code, 0, "{}", first.err);
    // `mixed_outputs.npz` is what JAX gave: a table in columns, bf16 times f32, random bits of the key.
    for text in [
        "float32[2] 2.0 -inf",
        "float32[2] 0.6740899085998535 0.9746168851852417",
        "int32[] 1",
    ] {
        assert!(first.out.contains(text), "{}", first.out);
    }
    let written = std::fs::read(output).expect("the outputs were written");
    eval("mixed.npz", &["--output", output]);
    assert_eq!(std::fs::read(output).expect("it was written again"), written);
}

#[test]
fn arrays_without_names_are_the_inputs_in_their_order() {
    // `numpy.savez(path, *inputs)` calls them `arr_0`, `arr_1`, ….
    let (named, numbered) = (eval("mixed.npz", &[]), eval("positional.npz", &[]));
    assert_eq!(numbered.code, 0, "{}", numbered.err);
    let numbers = |ran: &Ran| ran.out.replace("positional.npz", "mixed.npz");
    assert_eq!(numbers(&numbered), numbers(&named));
    let path = |file: &str| format!("{MIXED}{file}");
    let (program, inputs) = (path("mixed.jaxpr"), path("positional.npz"));
    for command_name in ["trace", "verify"] {
        let args = [command_name, &program, "--inputs", &inputs];
        let ran = Ran::from(command().args(args).output().expect("jaxpeep runs"));
        // The second input holds -inf, which `trace` reports.
        assert_eq!(ran.code, i32::from(command_name == "trace"), "{}", ran.err);
    }
}

#[test]
fn arrays_that_do_not_fit_are_named() {
    let ran = eval("mixed_outputs.npz", &[]);
    assert_eq!(ran.code, 2);
    for name in ["`q:f32[2,2]`", "(`arg3`)", "`out0`"] {
        assert!(ran.err.contains(name), "{}", ran.err);
    }
    assert_eq!(eval("mixed.jaxpr", &[]).code, 2);
}

#[test]
fn a_variable_that_the_text_does_not_tell_apart_is_asked_for() {
    // JAX prints as `_` whatever it takes for unread, also where it is read.
    let text = "{ lambda ; a:f32[2]. let
    _:f32[2] = exp a
    _:f32[2] = sin a
    b:f32[2] = cos _
  in (b,) }
";
    let inputs = r#"[{"dtype": "float32", "shape": [2], "values": [1.0, 2.0]}]"#;
    let cases = format!(r#"{{"cases": [{{"label": "0", "inputs": {inputs}}}]}}"#);
    let folder = Folder::new(&[("f.jaxpr", text), ("f.json", &cases)]);
    let ran = folder.run(&["eval", "f.jaxpr", "--inputs", "f.json"]);
    assert_eq!(ran.code, 2);
    for said in ["reads `_`", "give the variable that is meant a name"] {
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}
