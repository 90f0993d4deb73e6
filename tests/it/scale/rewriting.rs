//! Programs of shapes that take for ever wherever work grows faster than the program: only the results are asserted.

use std::fmt::Write as _;

use jaxpeep::improve::{Options, Outcome, improve};
use jaxpeep::ir::validate;
use jaxpeep::load::load;
use jaxpeep::print::print;
use jaxpeep::rules::RuleSet;
use jaxpeep::schema;

const LOGSUMEXP: &str =
    "b:f32[4] = exp a\n c:f32[] = reduce_sum[axes=(0,) out_sharding=None] b\n d:f32[] = log c\n";

/// The text of a rewritten program that is sound and well typed, and what was done to it.
fn rewritten(text: &str, rules: &RuleSet) -> (String, Outcome) {
    let options = Options {
        approximate: true,
        ..Options::default()
    };
    let mut loaded =
        load("scale", text.as_bytes()).unwrap_or_else(|broken| panic!("{:?}", broken.diagnostics));
    let program = &mut loaded.units.first_mut().expect("a print-out").program;
    let outcome = improve(program, rules, &options);
    assert_eq!(validate(program), []);
    assert_eq!(schema::check(program), []);
    (print(program), outcome)
}

fn count_of(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

/// Names of variables that are no keywords, whatever letter is put before them.
fn name(number: usize) -> String {
    let letters = [number / 17_576, number / 676, number / 26, number]
        .map(|digit| char::from(b'a' + (digit % 26) as u8));
    format!("v{}", String::from_iter(letters))
}

/// One equation after the other, each made from the result of the one before, which starts as `a`.
fn chain(length: usize, mut equation: impl FnMut(&str, &str) -> String) -> (String, String) {
    let mut text = String::new();
    let mut last = "a".to_owned();
    for number in 0..length {
        let next = name(number);
        writeln!(text, " {}", equation(&next, &last)).expect("a string takes all that is written");
        last = next;
    }
    (text, last)
}

#[test]
fn each_of_many_small_bodies_is_rewritten() {
    let mut text = "{ lambda ; a:f32[4]. let\n".to_owned();
    for number in 0..2_000 {
        let result = name(number);
        let body = format!("{{ lambda ; a:f32[4]. let\n {LOGSUMEXP} in (d,) }}");
        writeln!(text, " {result}:f32[] = jit[\n name=f\n jaxpr={body}\n ] a").expect("a string takes all");
    }
    writeln!(text, " in ({},) }}", name(1_999)).expect("a string takes all");
    let (after, outcome) = rewritten(&text, &RuleSet::builtin());
    assert_eq!(outcome.rewrites.len(), 2_000);
    assert_eq!(count_of(&after, "reduce_max"), 2_000);
}

#[test]
fn each_match_of_a_long_chain_is_rewritten() {
    let (body, last) = chain(2_500, |next, last| {
        format!(
            "e{next}:f32[4] = exp {last}\n s{next}:f32[] = reduce_sum[axes=(0,) out_sharding=None] e{next}\n \
             l{next}:f32[] = log s{next}\n {next}:f32[4] = add {last} l{next}"
        )
    });
    let (after, outcome) = rewritten(
        &format!("{{ lambda ; a:f32[4]. let\n{body} in ({last},) }}\n"),
        &RuleSet::builtin(),
    );
    assert_eq!(outcome.rewrites.len(), 2_500);
    assert_eq!(count_of(&after, "reduce_max"), 2_500);
}

#[test]
fn bodies_within_bodies_are_rewritten_at_each_level() {
    let mut text = format!(
        "let f{} = {{ lambda ; a:f32[4]. let\n {LOGSUMEXP} in (d,) }} in\n",
        name(0)
    );
    for level in 1..300 {
        let (outer, inner) = (name(level), name(level - 1));
        let call = format!(
            "e:f32[4] = add a d\n f:f32[] = jit[name=f jaxpr=f{inner}] e\n g:f32[] = jit[name=f jaxpr=f{inner}] e"
        );
        writeln!(
            text,
            "let f{outer} = {{ lambda ; a:f32[4]. let\n {LOGSUMEXP} {call}\n h:f32[] = add f g\n in (h,) }} in"
        )
        .expect("a string takes all");
    }
    let main = format!(
        "{{ lambda ; a:f32[4]. let b:f32[] = jit[name=f jaxpr=f{}] a in (b,) }}\n",
        name(299)
    );
    let (after, outcome) = rewritten(&(text + &main), &RuleSet::builtin());
    assert_eq!(outcome.rewrites.len(), 300);
    assert_eq!(count_of(&after, "reduce_max"), 300);
}

#[test]
fn many_calls_of_a_body_with_many_open_roots_are_left_alone() {
    let logs = |number: usize| format!(" {}:f32[4] = log a\n", name(number));
    let calls = |number: usize| format!(" {}:f32[4] = jit[name=f jaxpr=f] a\n", name(number));
    let (logs, calls): (String, String) = ((0..1_500).map(logs).collect(), (0..1_500).map(calls).collect());
    let last = name(1_499);
    let body = format!("let f = {{ lambda ; a:f32[4]. let\n{logs} in ({last},) }} in\n");
    let (_, outcome) = rewritten(
        &format!("{body}{{ lambda ; a:f32[4]. let\n{calls} in ({last},) }}\n"),
        &RuleSet::builtin(),
    );
    assert_eq!(outcome.rewrites, []);
}

#[test]
fn values_that_are_read_twice_are_not_walked_back_from_twice_as_often_at_each_step() {
    for primitive in ["add", "mul", "max", "min", "add_any"] {
        let (body, last) = chain(60, |next, last| {
            format!("{next}:f32[4] = {primitive} {last} {last}")
        });
        let sum = format!(
            " ex:f32[4] = exp {last}\n su:f32[] = reduce_sum[axes=(0,) out_sharding=None] ex\n lo:f32[] = log su\n"
        );
        let text = format!("{{ lambda ; a:f32[4]. let\n{body}{sum} in (lo,) }}\n");
        let (_, outcome) = rewritten(&text, &RuleSet::builtin());
        let known = outcome.rewrites.len();
        // A maximum bounds nothing here, so that all of them are sums to be repaired.
        assert_eq!(known, 1, "{primitive}");
    }
}

#[test]
fn what_a_long_chain_starts_from_is_not_walked_back_to() {
    let (products, last) = chain(200_000, |next, last| format!("{next}:f32[4] = mul {last} w"));
    let softmax = format!(
        " ex:f32[4] = exp {last}\n su:f32[] = reduce_sum[axes=(0,) out_sharding=None] ex\n so:f32[4] = div ex su\n"
    );
    let text = format!("{{ lambda ; a:f32[4] w:f32[4]. let\n{products}{softmax} in (so,) }}\n");
    let (after, _) = rewritten(&text, &RuleSet::builtin());
    assert_eq!(count_of(&after, "reduce_max"), 1);
}

#[test]
fn rules_that_undo_each_other_or_grow_come_to_an_end() {
    let mut rules = RuleSet::default();
    let rule = |name: &str, clauses: &str| {
        format!(
            "rule {name}\nsummary  it never ends\nidentity x = x\nsource   none\nsafety   exact\n\n{clauses}\nfires \"once\" {{ lambda ; a:f32[]. let b:f32[] = sin a in (b,) }}\n"
        )
    };
    for (name, clauses) in [
        ("there", "match    r = sin x\nrewrite  r = cos x\n"),
        ("back", "match    r = cos x\nrewrite  r = sin x\n"),
        (
            "grow",
            "match    r = tan x\nrewrite  n = tan x\n         r = tan n\n",
        ),
    ] {
        rules
            .add_file("scale", &rule(name, clauses))
            .unwrap_or_else(|errors| panic!("{errors:?}"));
    }
    let (body, last) = chain(300, |next, last| {
        format!("t{next}:f32[4] = tan {last}\n {next}:f32[4] = sin t{next}")
    });
    let (after, _) = rewritten(
        &format!("{{ lambda ; a:f32[4]. let\n{body} in ({last},) }}\n"),
        &rules,
    );
    assert_eq!(count_of(&after, " = sin ") + count_of(&after, " = cos "), 300);
    assert!(count_of(&after, " = tan ") < 1_000 * 300);
}
