//! Lifting from one branch to another, and from what stands around a `cond` into its branches.

use jaxpeep::improve::Options;

use super::{improved, only_lifting, outputs};

/// A forward and a backward pass of a loss in branches; `{index}` chooses the backward branch.
fn forward_and_backward(index: &str, effect: &str) -> String {
    format!(
        "{{ lambda ; a:f32[4] b:i32[] c:i32[]. let
    d:f32[] e:f32[4] f:f32[] = cond[
      branches=(
        {{ lambda ; g:f32[4]. let
            h:f32[] = reduce_sum[axes=(0,) out_sharding=None] g
          in (h, g, 0.0:f32[]) }}
        {{ lambda ; i:f32[4]. let{effect}
            j:f32[4] = exp i
            k:f32[] = reduce_sum[axes=(0,) out_sharding=None] j
            l:f32[] = log k
          in (l, j, k) }}
      )
    ] b a
    m:f32[4] = cond[
      branches=(
        {{ lambda ; n:f32[4] o:f32[]. let p:f32[4] = broadcast_in_dim o in (p,) }}
        {{ lambda ; q:f32[4] r:f32[]. let
            s:f32[4] = broadcast_in_dim r
            t:f32[4] = div q s
          in (t,) }}
      )
    ] {index} e f
  in (d, m) }}
"
    )
}

#[test]
fn a_backward_branch_computes_again_what_it_reads_of_its_forward_branch() {
    let (new, _) = improved(&forward_and_backward("b", ""), &Options::default());
    assert!(
        new.contains("d:f32[] f:f32[] = cond["),
        "the exponentials are not handed on: {new}"
    );
    let cases = r#"{"cases": [{"label": "large", "inputs": [
        {"dtype": "float32", "shape": [4], "values": [1000, 1000, 0, -3]},
        {"dtype": "int32", "shape": [], "values": [1]},
        {"dtype": "int32", "shape": [], "values": [0]}]}]}"#;
    let loss = f64::from((1000.0 + 2f64.ln()) as f32);
    assert_eq!(outputs(&new, cases), [vec![loss], vec![0.5, 0.5, 0.0, 0.0]]);
}

/// Checks that the backward branches and what they read are as the text has them, and that nothing prints twice.
fn backward_branches_stay(text: &str) {
    let (new, _) = improved(text, &only_lifting());
    let backward = |text: &str| text.split("m:f32[4] = ").nth(1).map(str::to_owned);
    assert_eq!(backward(&new), backward(text));
    assert_eq!(
        new.matches("debug_callback[").count(),
        text.matches("debug_callback[").count()
    );
}

#[test]
fn branches_with_another_index_say_nothing_of_one_another() {
    backward_branches_stay(&forward_and_backward("c", ""));
}

#[test]
fn what_a_branch_prints_is_not_printed_twice() {
    let effect =
        "\n            debug_callback[callback=<function f> effect=Debug ordered=False partitioned=False] ";
    backward_branches_stay(&forward_and_backward("b", effect));
}

#[test]
fn branches_of_another_number_say_nothing_of_one_another() {
    let first = "        { lambda ; n:f32[4] o:f32[]. let p:f32[4] = broadcast_in_dim o in (p,) }\n";
    let two = format!("{first}        {{ lambda ; u:f32[4] v:f32[]. let  in (u,) }}\n");
    backward_branches_stay(&forward_and_backward("b", "").replace(first, &two));
}

#[test]
fn a_choice_among_platforms_before_a_branch_keeps_its_index() {
    let scaled =
        |x: char, y: char| format!("{{ lambda ; {x}:f32[4]. let {y}:f32[4] = mul {x} 2.0:f32[] in ({y},) }}");
    let text = format!(
        "{{ lambda ; a:f32[4] b:i32[]. let
    c:i32[] = platform_index[platforms=(('cpu',), None)] 
    d:f32[4] = exp a
    e:f32[4] = cond[
      branches=(
        {}
        {}
      )
      branches_platforms=(('cpu',), None)
    ] c d
    f:f32[] = cond[
      branches=(
        {{ lambda ; g:f32[4]. let  in (0.0:f32[],) }}
        {{ lambda ; h:f32[4]. let
            i:f32[] = reduce_sum[axes=(0,) out_sharding=None] h
            j:f32[] = log i
          in (j,) }}
      )
    ] b e
  in (f,) }}
",
        scaled('k', 'l'),
        scaled('m', 'n'),
    );
    let cases = r#"{"cases": [{"label": "large", "inputs": [
        {"dtype": "float32", "shape": [4], "values": [1000, 1000, 0, 0]},
        {"dtype": "int32", "shape": [], "values": [1]}]}]}"#;
    let (new, _) = improved(&text, &Options::default());
    assert_eq!(
        outputs(&new, cases),
        [vec![f64::from((1000.0 + 4f64.ln()) as f32)]]
    );
}

#[test]
fn branches_that_gain_nothing_keep_their_names() {
    let text = forward_and_backward("b", "");
    let named = "{ lambda ; n:f32[4] o:f32[]. let p:f32[4] = broadcast_in_dim o in (p,) }";
    let forward = "{ lambda ; g:f32[4]. let
            h:f32[] = reduce_sum[axes=(0,) out_sharding=None] g
          in (h, g, 0.0:f32[]) }";
    let text = text.replace(named, "jaxpr1").replace(forward, "jaxpr");
    let text = format!(
        "let jaxpr = {{ lambda ; g:f32[4]. let
    h:f32[] = reduce_sum[axes=(0,) out_sharding=None] g
  in (h, g, 0.0:f32[]) }} in
let jaxpr1 = {named} in
{text}"
    );
    let (new, _) = improved(&text, &Options::default());
    // The forward branch is changed in its place: what the joined branch does not read is not handed on.
    assert!(new.starts_with("let jaxpr = { lambda ; g:f32[4]. let"), "{new}");
    assert!(new.contains("\n        jaxpr\n"), "{new}");
}
