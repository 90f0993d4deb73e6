//! Programs as Python: what is written, what is refused, and what is said about it.
//!
//! That the modules run under JAX and compute what was recorded is `tests/real_jax/emitted.py`'s to say.

use std::collections::BTreeSet;

use jaxpeep::emit::{Module, Options, emit, primitives};
use jaxpeep::load::load;
use jaxpeep::schema::{infer_literal_types, primitive};

use crate::cli::Folder;
use crate::support::fixtures;

const SHARED: &str = "\
let f = { lambda ; a:f32[3]. let b:f32[3] = sin a in (b,) } in
{ lambda ; c:f32[3]. let
    d:f32[3] = jit[name=f jaxpr=f] c
    e:f32[3] = jit[name=f jaxpr=f] d
  in (e,) }
";

const CUSTOM: &str = "\
{ lambda ; a:f32[4]. let
    b:f32[4] = custom_vjp_call[
      name=clipped
      bwd=clipped_bwd
      call_jaxpr={ lambda ; c:f32[4]. let d:f32[4] = exp c in (d,) }
      fwd=clipped_fwd
      symbolic_zeros=False
    ] a
  in (b,) }
";

fn emitted(text: &str) -> Module {
    let mut loaded = load("test", text.as_bytes()).expect("the text is sound");
    let program = &mut loaded.units[0].program;
    infer_literal_types(program);
    emit(program, &Options::default()).expect("every primitive has a row")
}

/// The body of `main` without its docstring.
fn body(text: &str) -> String {
    let module = emitted(text).text;
    let (_, main) = module.rsplit_once("    \"\"\"\n").expect("main has a docstring");
    main.to_owned()
}

#[test]
fn a_tridiagonal_solve_keeps_its_perturbation() {
    let text = "{ lambda ; a:f32[4] b:f32[4] c:f32[4] d:f32[4,1]. let\n    e:f32[4,1] = tridiagonal_solve[perturb_singular=True] a b c d\n  in (e,) }\n";
    let body = body(text);
    assert!(
        body.contains("tridiagonal_solve(a, b, c, d, perturb_singular=True)"),
        "{body}"
    );
}

#[test]
fn coefficients_of_a_polynomial_may_have_more_dimensions_than_its_variable() {
    let text = "{ lambda ; a:f32[] b:f32[2] c:f32[2]. let d:f32[2] = polynomial a b c in (d,) }\n";
    let body = body(text);
    assert!(
        body.contains("jnp.add(jnp.multiply(jnp.full((2,), c, jnp.float32), a), b)"),
        "{body}"
    );
}

#[test]
fn a_program_is_a_module_with_the_imports_that_it_needs() {
    let text = "{ lambda ; a:f32[3,4]. let\n    b:f32[3,4] = exp a\n    c:f32[3] = reduce_sum[axes=(1,)] b\n  in (c,) }\n";
    let expected = "\
\"\"\"Written by jaxpeep from a printed jaxpr.\"\"\"

import jax.numpy as jnp
from jax import lax


def main(a):
    \"\"\"Computes what a jaxpr printed by JAX 0.4.13 to 0.7 computes.

    a: f32[3,4]
    Returns (f32[3]).
    \"\"\"
    b = lax.exp(a)
    c = jnp.sum(b, axis=(1,))
    return (c,)
";
    assert_eq!(emitted(text).text, expected);
}

#[test]
fn literals_keep_their_dtype_and_variables_their_name_unless_python_has_taken_it() {
    let text = "{ lambda ; in:f32[2] np:bf16[]. let\n    is:f32[2] = add in 0.10000000149011612:f32[]\n    \
                as:bf16[] = mul np 0.5:bf16[]\n  in (is, as, 2:i32[]) }\n";
    assert_eq!(
        body(text),
        "    is_ = lax.add(in_, np.float32(0.1))\n    as_ = lax.mul(np_, jnp.bfloat16(0.5))\n    \
         return (is_, as_, jnp.asarray(np.int32(2)))\n"
    );
}

#[test]
fn a_shared_jaxpr_is_defined_once() {
    let module = emitted(SHARED).text;
    assert_eq!(module.matches("def ").count(), 2, "{module}");
    assert!(
        module.contains("@jax.jit\ndef f_1(a):") || module.contains("@jax.jit\ndef f(a):"),
        "{module}"
    );
}

#[test]
fn what_a_loop_holds_constant_is_read_from_around_it() {
    let text = "\
{ lambda ; a:f32[] b:f32[]. let
    c:f32[] _:f32[3] = scan[
      jaxpr={ lambda ; d:f32[] a:f32[]. let e:f32[] = mul d a in (e, e) }
      length=3
      linear=(False, False)
      num_carry=1
      num_consts=1
      reverse=False
      unroll=1
    ] a b
  in (c,) }
";
    // The body's own `a` is not the `a` around it, which the body reads as `d`.
    assert_eq!(
        body(text),
        "
    def step(carry, row):
        (a_1,) = carry
        e = lax.mul(a, a_1)
        return (e,), (e,)

    (c,), (_,) = lax.scan(step, (b,), (), length=3)
    return (c,)
"
    );
}

#[test]
fn the_python_line_of_the_original_is_a_comment() {
    let text = "{ lambda ; a:f32[]. let\n    b:f32[] = sin a # model.py:3:4 (loss)\n    c:f32[] = cos b # model.py:3:4 (loss)\n  in (c,) }\n";
    assert_eq!(
        body(text),
        "    # model.py:3:4 (loss)\n    b = lax.sin(a)\n    c = lax.cos(b)\n    return (c,)\n"
    );
}

#[test]
fn a_program_of_64_bits_does_not_run_in_32() {
    let text = "{ lambda ; a:f64[]. let b:f64[] = sin a in (b,) }\n";
    assert!(
        body(text)
            .starts_with("    if jax.dtypes.canonicalize_dtype(np.float64) != np.float64:\n        raise")
    );
    assert!(emitted(text).text.contains("import numpy as np\n"));
}

#[test]
fn a_function_of_jax_with_a_rule_of_its_own_is_called_by_its_name() {
    let relu = |body: &str, rule: &str| {
        format!(
            "{{ lambda ; a:f32[4]. let\n    b:f32[4] = custom_jvp_call[\n      name=relu\n      \
             call_jaxpr={{ lambda ; c:f32[4]. let d:f32[4] = {body} in (d,) }}\n      jvp={rule}\n      \
             symbolic_zeros=False\n    ] a\n  in (b,) }}\n"
        )
    };
    let published = emitted(&relu("max c 0.0:f32[]", "jvp"));
    assert!(
        published.text.contains("b = jax.nn.relu(a)"),
        "{}",
        published.text
    );
    assert_eq!(published.losses, []);
    // Somebody's own relu is not JAX's.
    let own = emitted(&relu("sin c", "jvp"));
    assert!(!own.text.contains("jax.nn.relu"), "{}", own.text);
    assert_eq!(own.losses.len(), 1);
}

#[test]
fn every_row_is_of_a_primitive_that_the_schema_knows() {
    let mut seen = BTreeSet::new();
    for name in primitives() {
        assert!(seen.insert(name), "{name} has two rows");
        assert!(primitive(name).is_some(), "{name} is in no table of primitives");
    }
}

#[test]
fn fixtures_are_written_alike_each_time_and_within_the_width() {
    let mut written = 0;
    for path in fixtures("jaxpr/0.10.2") {
        let bytes = std::fs::read(&path).expect("a fixture can be read");
        let mut loaded = load("fixture", &bytes).expect("a fixture is sound");
        let program = &mut loaded.units[0].program;
        infer_literal_types(program);
        let Ok(module) = emit(program, &Options::default()) else {
            continue;
        };
        let again = emit(program, &Options::default()).expect("it could be written before");
        assert_eq!(module.text, again.text, "{}", path.display());
        for line in module.text.lines().filter(|line| line.contains(" = ")) {
            let comment = line.trim_start().starts_with('#');
            assert!(
                comment || line.chars().count() <= 88,
                "{}: {line}",
                path.display()
            );
        }
        written += 1;
    }
    assert!(written > 50, "{written}");
}

#[test]
fn what_the_text_does_not_carry_is_said_and_strict_refuses_it() {
    let folder = Folder::new(&[("f.jaxpr", CUSTOM)]);
    let ran = folder.run(&["emit", "f.jaxpr"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let comment = "    # Left out: the derivative rule of clipped; derivatives are those of its body.\n";
    assert!(ran.out.contains(comment), "{}", ran.out);
    assert!(ran.err.contains("the derivative rule of clipped"), "{}", ran.err);
    let ran = folder.run(&["emit", "--strict", "f.jaxpr"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("the derivative rule of clipped"), "{}", ran.err);
    let ran = folder.run(&["emit", "--live", "f.jaxpr"]);
    assert!(ran.out.contains("(b,) = live(\"0\", a)"), "{}", ran.out);
    assert_eq!(ran.err, "");
}

#[test]
fn what_cannot_be_written_is_an_error_that_names_it() {
    let text = "{ lambda ; a:f32[]. let\n    b:f32[] = frobnicate a\n    c:f32[] = mystify b\n  in (c,) }\n";
    let ran = Folder::new(&[("f.jaxpr", text)]).run(&["emit", "f.jaxpr"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    for word in ["frobnicate", "mystify", "cannot be written as Python"] {
        assert!(ran.err.contains(word), "{}", ran.err);
    }
    let ran = Folder::new(&[("f.jaxpr", &format!("{SHARED}\n{SHARED}"))]).run(&["emit", "f.jaxpr"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("holds 2 print-outs"), "{}", ran.err);
}

#[test]
fn the_function_has_the_name_that_is_asked_for() {
    let folder = Folder::new(&[("f.jaxpr", SHARED)]);
    let ran = folder.run(&["emit", "--name", "loss", "-o", "loss.py", "f.jaxpr"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(
        folder.read("loss.py").contains("\ndef loss(c):\n"),
        "{}",
        folder.read("loss.py")
    );
    for name in ["1st", "lambda", "a-b", "lax"] {
        let ran = folder.run(&["emit", "--name", name, "f.jaxpr"]);
        assert_eq!(ran.code, 2, "{name}");
    }
}

#[test]
fn rewritten_programs_are_written_to_files_of_python() {
    let naive = "{ lambda ; a:f32[3]. let\n    b:f32[3] = exp a\n    c:f32[] = reduce_sum[axes=(0,)] b\n    d:f32[] = log c\n  in (d,) }\n";
    let folder = Folder::new(&[("f.jaxpr", naive), ("g.jaxpr", SHARED)]);
    let ran = folder.run(&["rewrite", "--emit", "python", "-o", "out", "f.jaxpr", "g.jaxpr"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        folder.read("out/f.py").contains("jnp.max("),
        "{}",
        folder.read("out/f.py")
    );
    assert!(folder.read("out/g.py").contains("lax.sin("));
    for flag in ["-i", "--diff"] {
        let ran = folder.run(&["rewrite", "--emit", "python", flag, "f.jaxpr"]);
        assert_eq!(ran.code, 2, "{flag}");
        assert!(ran.err.contains("`--emit python` has no"), "{}", ran.err);
    }
    let ran = folder.run(&["rewrite", "--emit", "python", "--format", "json", "f.jaxpr"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let file = &json["files"][0];
    assert!(
        file["python"]
            .as_str()
            .is_some_and(|text| text.contains("def main(a):"))
    );
    assert_eq!(file["losses"], serde_json::json!([]));
    assert!(
        file["output"]
            .as_str()
            .is_some_and(|text| text.starts_with("{ lambda"))
    );
}

const SHARDS: &str = "\
{ lambda ; a:f32[4,2]. let
    b:f32[4,2] = shard_map[
      check_vma=True
      in_specs=(P('x', None),)
      jaxpr={ lambda ; c:f32[4,2]{V:x}. let
          d:f32[4,2]{V:x} = all_gather[
            all_gather_dimension=1
            axis_index_groups=None
            axis_name=('x',)
            axis_size=1
            tiled=True
          ] c
        in (d,) }
      mesh=Mesh('x': 1, axis_types=(Auto,))
      newly_manual_axes=frozenset({'x'})
      out_specs=(P('x', None),)
    ] a
  in (b,) }
";

#[test]
fn a_map_over_devices_says_how_arrays_lie_on_the_mesh() {
    let module = emitted(SHARDS);
    for part in [
        "mesh = jax.sharding.Mesh(np.reshape(jax.devices()[:1], (1,)), (\"x\",))",
        "mapped = jax.shard_map(",
        "in_specs=(jax.sharding.PartitionSpec(\"x\"),)",
        "d = lax.all_gather(c, (\"x\",), axis=1, tiled=True)",
        "(b,) = mapped(a)",
    ] {
        assert!(module.text.contains(part), "{part}: {}", module.text);
    }
    assert_eq!(module.losses, []);
}

#[test]
fn references_are_made_by_the_function_of_each_release_and_nothing_is_lost() {
    let text = "\
{ lambda ; a:f32[3]. let
    b:f32[3] = run_state[
      is_initialized=(True,)
      jaxpr={ lambda ; c:Ref{f32[3]}. let
          d:f32[3] <- c[...]
          e:f32[3] = mul d 2.0:f32[]
          c[...] <- e
        in () }
      which_linear=(False,)
    ] a
  in (b,) }
";
    let module = emitted(text);
    assert_eq!(module.losses, []);
    assert!(
        module.text.contains("    from jax import new_ref\n"),
        "{}",
        module.text
    );
    for line in ["ref = new_ref(a)", "c[...] = e", "state(ref)", "b = ref[...]"] {
        assert!(module.text.contains(line), "{line}: {}", module.text);
    }
}

#[test]
fn a_choice_among_platforms_that_is_handed_on_is_that_of_all_others() {
    let text = "\
{ lambda ; a:f32[3]. let
    b:f32[3] _:i32[] = jit[
      name=f
      jaxpr={ lambda ; c:f32[3]. let
          d:f32[3] = sin c
          e:i32[] = platform_index[platforms=(('mosaic',), None)]
        in (d, e) }
    ] a
  in (b,) }
";
    // `lax.platform_dependent` chooses where the choice is used.
    let module = emitted(text).text;
    assert!(module.contains("return (d, np.int32(1))"), "{module}");
}

/// As the gradient of a function around a `shard_map` prints the cotangent that it starts from.
#[test]
fn a_reshard_of_which_the_text_says_nothing_hands_its_operand_on() {
    let module = emitted("{ lambda ; a:f32[3]. let b:f32[3] = reshard a; c:f32[3] = sin b in (c,) }\n");
    assert_eq!(module.losses, []);
    assert!(module.text.contains("    b = a\n"), "{}", module.text);
}
