//! Forms that few programs print: each as a whole print-out, byte for byte.

use jaxpeep::ir::{Atom, ParamValue, Program};

use super::{check, check_words, read_one};

fn body(equations: &str) -> String {
    format!(
        "{{ lambda ; a:f32[3] b:Ref{{f32[3]}} i:i32[]. let\n    {equations}\n    z:f32[3] = cumsum[axis=0 reverse=False] a\n    y:f32[3] = cumsum[axis=0 reverse=False] z\n  in (y,) }}\n"
    )
}

fn equation(text: &str) -> Program {
    let text = body(text);
    check_words(&text);
    read_one(&text)
}

/// The text of the value of the first equation's parameter `key`, if it was kept as text.
fn kept_text(program: &Program, key: &str) -> Option<String> {
    let eqn = program.blocks[program.main()].eqns[0];
    match program.param(eqn, key)? {
        ParamValue::Text(text) => Some(program.symbols.text(*text).to_owned()),
        _ => None,
    }
}

#[test]
fn reference_equations_of_every_form() {
    for (text, primitive, operands) in [
        ("c:f32[3] <- b[...]", "get", 1),
        ("c:f32[3] <- b[:]", "get", 1),
        ("b[0] <- 5.0:f32[]", "swap", 2),
        ("j:f32[3], b[...] <- b[...], a", "swap", 2),
        ("b[:,:] += a", "addupdate", 2),
        ("b[i,0] += 2.0:f32[]", "addupdate", 3),
        ("b[i:i+2,1:3] <- a", "swap", 4),
        ("f:f32[2,2] <- b[i:i+2,:2]", "get", 3),
        ("c:f32[3] <- b{reshape([2, 3])}[0]", "get", 1),
        ("b{bitcast(int32)}[i]{transpose([1, 0])} <- a", "swap", 3),
    ] {
        let program = equation(text);
        let eqn = program.blocks[program.main()].eqns[0];
        assert_eq!(program.primitive(eqn), primitive, "{text}");
        assert_eq!(program.inputs(eqn).len(), operands, "{text}");
    }
}

#[test]
fn reference_equations_without_types() {
    check_words(
        "{ lambda ; a b i. let\n    c <- b[...]\n    d, b[i] <- b[i], a\n    b[i] += d\n    b[i] <- c\n    e = custom_call[name=something_rather_long_so_that_the_lines_are_broken] a\n  in (d, e) }\n",
    );
}

#[test]
fn notations_of_the_oldest_releases() {
    check_words(
        "{ lambda ; a:f32[3]. let\n    g:f32[3] = sin a\n     = debug_callback[callback=<function f at 0x7f0c> effect=Debug partitioned=False] a\n    b:f32[3] = pjit[\n      jaxpr={ lambda ; c:f32[3]. let d:f32[3] = exp c; e:f32[3] = mul d 2.0 in (e,) }\n      name=f\n    ] a\n    f:f32[3] = pjit[\n      jaxpr={ lambda ; c:f32[3]. let d:f32[3] = exp c; e:f32[3] = mul d 2.0 in (e,) }\n      name=f\n    ] b\n  in (f,) }\n",
    );
}

#[test]
fn an_equation_of_a_primitive_alone_does_not_run_into_the_next_line() {
    let text = "{ lambda ; a b. let\n    tick a\n    c = add a b\n    tock \n    d = custom_call[name=something_rather_long_so_that_the_lines_are_broken] c\n  in (d,) }\n";
    check_words(text);
    assert_eq!(read_one(text).eqns.len(), 4);
}

#[test]
fn hoisted_definitions_used_before_they_stand_and_never() {
    check_words(
        "let first = { lambda ; a:f32[3]. let b:f32[3] = jit[name=second jaxpr=second] a in (b,) } in\nlet second = { lambda ; c:f32[3]. let d:f32[3] = sin c in (d,) } in\nlet unused = { lambda ; e:f32[3]. let  in (e,) } in\n{ lambda ; f:f32[3]. let g:f32[3] = jit[name=first jaxpr=first] f in (g,) }\n",
    );
}

#[test]
fn a_definition_may_be_called_like_a_variable() {
    check_words(
        "let a = { lambda ; a:f32[3]. let b:f32[3] = sin a in (b,) } in\n{ lambda ; c:f32[3]. let d:f32[3] = pjit[name=a jaxpr=a] c in (d,) }\n",
    );
}

#[test]
fn jaxprs_inside_python_values_restart_at_column_zero_with_definitions_of_their_own() {
    let text = "{ lambda ; a:f32[3]. let\n    b:f32[3] = custom_linear_solve[\n      const_lengths=Lengths(matvec=1, solve=0)\n      jaxprs=Lengths(matvec=let f = { lambda ; a:f32[3]. let b:f32[3] = sin a in (b,) } in\n{ lambda ; c:f32[3]. let\n    d:f32[3] = jit[name=f jaxpr=f] c\n    e:f32[3] = jit[name=f jaxpr=f] d\n  in (e,) }, solve=None)\n    ] a\n  in (b,) }\n";
    check_words(text);
    let program = read_one(text);
    let eqn = program.blocks[program.main()].eqns[0];
    assert_eq!(program.params(eqn).listings().len(), 1);
}

#[test]
fn a_tuple_with_a_jaxpr_and_something_else_is_a_python_value() {
    let program = equation(
        "c:f32[3] = linear_solve[\n      static=({ lambda ; a:f32[3]. let b:f32[3] = sin a in (b,) }, <object object at 0x7f>)\n    ] a",
    );
    let eqn = program.blocks[program.main()].eqns[0];
    assert_eq!(program.params(eqn).listings().len(), 1);
}

#[test]
fn primitives_parameters_and_values_that_nobody_knows_stay() {
    for text in [
        "c:f32[3] = CustomRoot[has_aux=False] a a",
        "c:f32[3] = scatter-add[dimension_numbers=ScatterDimensionNumbers(update_window_dims=())] a",
        "c:f32[3] = my.own.primitive[mode=GatherScatterMode.CLIP x=frozenset({'x'}) y=set()] a",
        "c:f32[3] = frob[axes=('i',) mesh=Mesh('x': 1, axis_types=(Auto,)) spec=(P('x',),)] a",
        "c:f32[3] = frob[index_dtype=<class 'numpy.int32'> sizes=(0, np.int64(1)) none=None] a",
        "c:f32[3] = frob[f=<function f.<locals>.<lambda> at 0xXXXXXXXXXXXX> n=-1 x=1e-06 s=b'x'] a",
        "c:f32[3] = frob[tree=PyTreeDef(((*,), {'a': *})) odd={1: 2, 'b': (3,)} empty={} list=[]] a",
        "c:weird[3] = frob a",
        "c:f32<host>[3,4@x,2*b - 1]{V:(x,y), U:z} = frob a",
        "c:key<fry>[2] = random_wrap[impl=fry] a",
    ] {
        equation(text);
    }
}

#[test]
fn unquoted_strings_keep_every_character() {
    for value in [
        "x={x}",
        "Unexpected batch tracer. This operation cannot be vmap'd.",
        "it's {odd",
        "a, b) c",
        "<lambda>",
        "naïve ü",
    ] {
        let program = equation(&format!("c:f32[3] = nonbatchable[msg={value} n=1] a"));
        assert_eq!(kept_text(&program, "msg").as_deref(), Some(value));
    }
    for value in [
        "Wrapped function:\n\nCore: memoized\n\n",
        "two\nlines",
        "unbalanced ( [ {\n  can't, and so much text that JAX breaks the list of parameters over lines",
    ] {
        let program = equation(&format!(
            "c:f32[3] = custom_jvp_call[\n      fun={value}\n      n=1\n    ] a"
        ));
        assert_eq!(kept_text(&program, "fun").as_deref(), Some(value));
    }
}

#[test]
fn literals_of_every_kind() {
    check_words(
        "{ lambda ; a:f32[]. let\n    b:f32[] = custom_call[name=something_rather_long_so_that_the_lines_are_broken] a\n  in (1:i32[], 2.5:f32[], True:bool[], 1e-06:f32[], -0.0:f32[], inf:f32[], -inf:f32[], nan:f32[], (1-2j):c64[], 1j:c64[], (b'',):float0[], [...]:f32[3], b) }\n",
    );
}

#[test]
fn effects_behind_the_results() {
    check_words("{ lambda ; a:f32[3]. let debug_callback[effect=Debug] a in (a,) : { Debug } }\n");
}

#[test]
fn a_stored_value_that_is_a_literal_is_no_variable() {
    let program = equation("b[0] <- 5.0:f32[]");
    let eqn = program.blocks[program.main()].eqns[0];
    assert!(matches!(program.inputs(eqn)[1], Atom::Literal(_)));
}

/// As JAX 0.12 and JAX 0.4.30 print the same program with its source lines and name stacks.
#[test]
fn two_comments_of_one_equation_stand_as_each_release_puts_them() {
    check(
        "{ lambda ; a:f32[]. let b:f32[] = acos a in (b,) } # f.py:3:20 (<lambda>)
                                                   # []
",
    );
    check(
        "{ lambda ; a:f32[]. let
    b:f32[] = acos a    # f.py:3 (<lambda>)
                        # []
  in (b,) }
",
    );
}
