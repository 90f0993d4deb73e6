//! Values of inputs: archives written by `NumPy`, and what does not fit the program.

use std::io::Write as _;

use super::findings::NAIVE;
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

/// A file of one case, with these inputs.
fn case(inputs: &str) -> String {
    format!(r#"{{"cases": [{{"label": "x", "inputs": {inputs}}}]}}"#)
}

#[test]
fn numbers_of_python_are_taken_as_jax_takes_them() {
    let text = "{ lambda ; a:f32[2] b:i32[]. let
    c:f32[] = convert_element_type[new_dtype=float32 weak_type=False] b
    d:f32[2] = mul a c
  in (d,) }
";
    let inputs = |whole: &str| {
        case(&format!(
            r#"[{{"dtype": "float64", "shape": [2], "values": [0.1, 1e300]}}, {{"dtype": "int64", "shape": [], "values": [{whole}]}}]"#
        ))
    };
    let folder = Folder::new(&[("f.jaxpr", text), ("f.json", &inputs("3"))]);
    let ran = folder.run(&["eval", "f.jaxpr", "--inputs", "f.json"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "x:\n  0 float32[2] 0.30000001192092896 inf\n")
    );
    assert_eq!(
        ran.err,
        "note: taken as JAX takes them: `a` from float64 to float32, `b` from int64 to int32\n"
    );
    folder.write("f.json", &inputs("3000000000"));
    let ran = folder.run(&["eval", "f.jaxpr", "--inputs", "f.json"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("`b` holds 3000000000, which no int32 is"),
        "{}",
        ran.err
    );
}

#[test]
fn an_array_of_another_dtype_is_refused_with_how_to_convert_it() {
    let inputs = case(r#"[{"dtype": "int32", "shape": [4], "values": [1, 2, 3, 4]}]"#);
    let folder = Folder::new(&[("f.jaxpr", NAIVE), ("f.json", &inputs)]);
    let ran = folder.run(&["eval", "f.jaxpr", "--inputs", "f.json"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`a.astype(np.float32)`"), "{}", ran.err);
}

#[test]
fn an_archive_whose_header_does_not_fit_is_not_unpacked() {
    // A gibibyte of zeros, of which an archive holds a megabyte.
    let header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (268435456,), }";
    let mut member = b"\x93NUMPY\x01\x00".to_vec();
    member.extend(118u16.to_le_bytes());
    member.extend(header);
    member.resize(127, b' ');
    member.push(b'\n');
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("a.npy", options).expect("memory");
    archive.write_all(&member).expect("memory");
    let zeros = vec![0; 1 << 24];
    for _ in 0..64 {
        archive.write_all(&zeros).expect("memory");
    }
    let bytes = archive.finish().expect("memory").into_inner();
    let folder = Folder::new(&[("f.jaxpr", NAIVE)]);
    std::fs::write(folder.path().join("a.npz"), bytes).expect("a file can be written");
    let start = std::time::Instant::now();
    let ran = folder.run(&["eval", "f.jaxpr", "--inputs", "a.npz"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("was given `f32[268435456]`"), "{}", ran.err);
    // To unpack it takes longer than to say no.
    assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
}

#[test]
fn nothing_to_run_or_to_compare_is_no_success() {
    let one = case(r#"[{"dtype": "float32", "shape": [4], "values": [1, 2, 3, 4]}]"#);
    let folder = Folder::new(&[
        ("f.jaxpr", NAIVE),
        ("none.json", "{\"cases\": []}"),
        ("one.json", &one),
    ]);
    for (args, said) in [
        (&["eval", "f.jaxpr", "--cases", "none.json"][..], "nothing to run"),
        (&["trace", "f.jaxpr", "--inputs", "none.json"], "nothing to run"),
        (&["verify", "f.jaxpr", "--inputs", "none.json"], "nothing to run"),
        (
            &["eval", "f.jaxpr", "--cases", "one.json"],
            "nothing to compare with",
        ),
        (&["verify", "f.jaxpr", "--samples", "0"], "nothing to compare"),
    ] {
        let ran = folder.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
}

#[test]
fn what_is_wrong_is_json_where_the_answer_is() {
    let folder = Folder::new(&[
        ("f.jaxpr", NAIVE),
        ("g.jaxpr", super::BROKEN),
        ("none.json", "{\"cases\": []}"),
    ]);
    for (args, place) in [
        (
            &["eval", "f.jaxpr", "--inputs", "none.json"][..],
            serde_json::json!([null, null]),
        ),
        (
            &["trace", "g.jaxpr", "--inputs", "none.json"],
            serde_json::json!(["g.jaxpr", 1]),
        ),
        (&["verify", "missing.jaxpr"], serde_json::json!([null, null])),
    ] {
        let ran = folder.run(&[args, &["--format", "json"]].concat());
        assert_eq!((ran.code, ran.err.as_str()), (2, ""), "{args:?}");
        let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        let error = &json["errors"][0];
        assert_eq!(
            serde_json::json!([error["file"], error["line"]]),
            place,
            "{args:?}"
        );
        assert_eq!(json["schema"], 1);
    }
}

#[test]
fn an_array_that_is_too_large_is_named_with_its_size_and_the_limit() {
    let text = "{ lambda ; a:f32[]. let
    b:f32[100000,100000] = broadcast_in_dim[broadcast_dimensions=() shape=(100000, 100000) sharding=None] a
    c:f32[] = reduce_sum[axes=(0, 1) out_sharding=None] b
  in (c,) }
";
    let inputs = case(r#"[{"dtype": "float32", "shape": [], "values": [1]}]"#);
    let folder = Folder::new(&[("f.jaxpr", text), ("f.json", &inputs)]);
    let ran = folder.run(&["eval", "f.jaxpr", "--inputs", "f.json"]);
    assert_eq!(ran.code, 2);
    for said in ["10000000000 elements", "268435456", "[f.jaxpr:2:5]"] {
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}

#[test]
fn a_loop_of_more_steps_than_anybody_waits_for_is_not_started() {
    let text = "{ lambda ; a:f32[]. let
    b:f32[] = scan[
      _split_transpose=False
      jaxpr={ lambda ; c:f32[]. let d:f32[] = mul c 0.5:f32[] in (d,) }
      length=1000000000000
      linear=(False,)
      num_carry=1
      num_consts=0
      reverse=False
      unroll=1
    ] a
  in (b,) }
";
    let inputs = case(r#"[{"dtype": "float32", "shape": [], "values": [1]}]"#);
    let folder = Folder::new(&[("f.jaxpr", text), ("f.json", &inputs)]);
    for args in [
        &["eval", "f.jaxpr", "--inputs", "f.json"][..],
        &["trace", "f.jaxpr", "--inputs", "f.json"],
        &["verify", "f.jaxpr"],
    ] {
        let ran = folder.run(args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains("1000000000000 steps"), "{args:?}: {}", ran.err);
    }
    let short = text.replace("1000000000000", "200");
    folder.write("f.jaxpr", &short);
    let trace = ["trace", "f.jaxpr", "--inputs", "f.json", "--max-iterations"];
    assert_eq!(folder.run(&[&trace[..], &["199"]].concat()).code, 2);
    assert_eq!(folder.run(&[&trace[..], &["200"]].concat()).code, 0);
}

#[test]
fn an_archive_that_is_none_or_is_cut_off_is_said_to_be_so() {
    let folder = Folder::new(&[("f.jaxpr", NAIVE), ("text.npz", "hello")]);
    let ran = folder.run(&["eval", "f.jaxpr", "--inputs", "text.npz"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("it is no zip archive"), "{}", ran.err);
}
