//! Rules of primitives with jaxprs, references or devices.

use crate::schema::testing::check_each;

#[test]
fn calls() {
    let call = |binder: &str| {
        format!("{binder} = jit[name=f jaxpr={{ lambda ; c:f32[3]. let d:f32[3] = exp c in (d,) }}] a")
    };
    check_each(&[
        ("a:f32[3]", &call("b:f32[3]"), Ok(())),
        (
            "a:f32[3]",
            &call("b:f32[4]"),
            Err("gives f32[3], but the binder says f32[4]"),
        ),
        (
            "a:f32[4]",
            &call("b:f32[3]"),
            Err("operand 0 is f32[4], and the jaxpr takes f32[3]"),
        ),
        (
            "a:f32[3]",
            &call("b:f32[3] e:f32[3]"),
            Err("gives 1 output, and binds 2"),
        ),
        (
            "a:f32[3]",
            "b:f32[3] = jit[name=f jaxpr={ lambda ; c:f32[3] d:f32[3]. let  in (c,) }] a",
            Err("needs a jaxpr of 1 inputs, and it has 2"),
        ),
    ]);
}

#[test]
fn loops() {
    let scan = |params: &str, binder: &str| {
        format!(
            "{binder} = scan[{params} jaxpr={{ lambda ; d:f32[] e:f32[4]. let f:f32[4] = mul d e in (d, f) }} \
             length=3 reverse=False unroll=1] a b"
        )
    };
    let old = "_split_transpose=False linear=(False, False) num_carry=1 num_consts=0";
    let new = "ft_in=((), (None,), (None,)) ft_out=((None,), (RightsOnly(Right(None)),))";
    let turn = |results: &str| {
        format!(
            "c:i32[] = while[body_jaxpr={{ lambda ; d:i32[]. let e:i32[] = add d 1:i32[] f:f32[] = \
             convert_element_type[new_dtype=float32 weak_type=False] d in ({results},) }} body_nconsts=0 \
             cond_jaxpr={{ lambda ; d:i32[]. let e:bool[] = lt d 9:i32[] in (e,) }} cond_nconsts=0] a"
        )
        .replace(" f:f32", "; f:f32")
    };
    let branch = |second: &str| {
        format!(
            "c:f32[] = cond[branches=( {{ lambda ; d:f32[]. let  in (d,) }} {{ lambda ; d:{second}. let  in (d,) }} \
             )] a b"
        )
    };
    check_each(&[
        ("a:f32[] b:f32[3,4]", &scan(old, "x:f32[] y:f32[3,4]"), Ok(())),
        ("a:f32[] b:f32[3,4]", &scan(new, "x:f32[] y:f32[3,4]"), Ok(())),
        (
            "a:f32[] b:f32[3,4]",
            &scan(new, "x:f32[] y:f32[2,4]"),
            Err("gives f32[3,4]"),
        ),
        (
            "a:f32[] b:f32[2,4]",
            &scan(old, "x:f32[] y:f32[3,4]"),
            Err("has not 3 rows"),
        ),
        (
            "a:f32[] b:f32[3,5]",
            &scan(old, "x:f32[] y:f32[3,4]"),
            Err("the jaxpr takes f32[4]"),
        ),
        ("a:i32[]", &turn("e"), Ok(())),
        ("a:i32[]", &turn("f"), Err("takes i32[] and hands on f32[]")),
        ("a:f32[]", &turn("e"), Err("operand 0 is f32[]")),
        ("a:i32[] b:f32[]", &branch("f32[]"), Ok(())),
        ("a:i32[] b:f32[]", &branch("f64[]"), Err("operand 1 is f32[]")),
        ("a:f32[] b:f32[]", &branch("f32[]"), Err("operand 0 is f32[]")),
    ]);
}

#[test]
fn references() {
    check_each(&[
        (
            "a:f32[3]",
            "b:Ref{f32[3]} = new_ref[kind=None memory_space=None] a",
            Ok(()),
        ),
        (
            "a:f32[3]",
            "b:Ref{f32[4]} = new_ref[kind=None memory_space=None] a",
            Err("operand 0 is f32[3]"),
        ),
        ("a:Ref{float32[3]}", "b:f32[3] = freeze a", Ok(())),
        ("a:Ref{f32[3]}", "b:f32[4] = freeze a", Err("gives f32[3]")),
        ("a:Ref{f32[3,4]} i:i32[]", "b:f32[2] <- a[i,1:3]", Ok(())),
        (
            "a:Ref{f32[3,4]} i:i32[]",
            "b:f32[4] <- a[i,1:3]",
            Err("gives f32[2]"),
        ),
        (
            "a:Ref{f32[3,4]} i:f32[]",
            "b:f32[2] <- a[i,1:3]",
            Err("indices are integers"),
        ),
        ("a:Ref{f32[3,4]}", "b:f32[3,4] <- a[...]", Ok(())),
        ("a:Ref{f32[3,4]} b:f32[4]", "a[0] <- b", Ok(())),
        (
            "a:Ref{f32[3,4]} b:f32[3]",
            "a[0] <- b",
            Err("operand 1 is f32[3]"),
        ),
        ("a:Ref{f32[3,4]} i:i32[] b:f32[2,4]", "a[i:i+2] += b", Ok(())),
        (
            "a:Ref{f32[3,4]} i:i32[] b:f32[3,4]",
            "a[i:i+2] += b",
            Err("f32[2,4] is needed"),
        ),
    ]);
}

#[test]
fn devices() {
    let gather = |tiled: &str, binder: &str| {
        format!(
            "{binder} = all_gather[all_gather_dimension=0 axis_index_groups=None axis_name=i axis_size=2 tiled={tiled}] a"
        )
    };
    let map = |mesh: &str| {
        format!(
            "b:f32[8] = shard_map[check_vma=True in_specs=(P('x',),) jaxpr={{ lambda ; c:f32[4]{{V:x}}. let \
             d:f32[4]{{V:x}} = exp c in (d,) }} mesh=Mesh({mesh}, axis_types=(Auto,)) \
             newly_manual_axes=frozenset({{'x'}}) out_specs=(P('x',),)] a"
        )
    };
    check_each(&[
        (
            "a:f32[3]",
            "b:f32[3] = psum[axes=('i',) axis_index_groups=None] a",
            Ok(()),
        ),
        (
            "a:f32[3,2]",
            "b:f32[2] = psum[axes=(0,) axis_index_groups=None] a",
            Ok(()),
        ),
        (
            "a:f32[3]",
            "b:f16[3] = psum[axes=('i',) axis_index_groups=None] a",
            Err("gives f32[3]"),
        ),
        ("a:f32[3]", &gather("False", "b:f32[2,3]"), Ok(())),
        ("a:f32[3]", &gather("True", "b:f32[6]"), Ok(())),
        ("a:f32[3]", &gather("True", "b:f32[2,3]"), Err("gives f32[6]")),
        ("a:f32[8]", &map("'x': 2"), Ok(())),
        ("a:f32[8]", &map("'x': 1"), Err("operand 0 is f32[8]")),
    ]);
}

#[test]
fn an_unreadable_parameter_is_no_disagreement() {
    check_each(&[
        ("a:f32[3]", "b:f32[] = reduce_sum a", Ok(())),
        ("a:f32[3]", "b:f32[] = reduce_sum[axes=all] a", Ok(())),
        ("a:f32[3]", "b:f32[] = reduce_sum[axes=(x,)] a", Ok(())),
        ("a:f32[3]", "b:f32[] = scan[length=3] a", Ok(())),
        ("a:f32[3]", "b:f32[] = jit[name=f] a", Ok(())),
    ]);
}
