//! Large and deep programs: that they are read at all, in memory that grows with the text and no faster.

mod rewriting;

use crate::roundtrip::{printed, read, read_one};
use jaxpeep::syntax;
use jaxpeep::syntax::{MAX_DEPTH, Unexpected};
use std::fmt::Write as _;

/// A jaxpr of `count` equations, each of which reads the one before.
fn chain(count: usize) -> String {
    let mut text = String::from("{ lambda ; a:f32[8]. let\n");
    let mut before = "a".to_owned();
    for number in 1..=count {
        let name = jax_name(number);
        writeln!(text, "    {name}:f32[8] = mul {before} 1.0:f32[]")
            .expect("writing to a string cannot fail");
        before = name;
    }
    text + &format!("  in ({before},) }}\n")
}

/// JAX's name for its `number`-th variable, the first being number 0.
fn jax_name(number: usize) -> String {
    let digit = |number: usize| char::from(b'a' + u8::try_from(number % 26).expect("26 letters"));
    let mut rest = number;
    let mut letters = vec![digit(rest)];
    while rest >= 26 {
        rest /= 26;
        letters.push(digit(rest));
    }
    letters.iter().rev().collect()
}

#[test]
fn a_hundred_thousand_equations_come_back_in_200_bytes_each() {
    let text = chain(100_000);
    let program = read_one(&text);
    assert_eq!(printed(std::slice::from_ref(&program)), text);
    let bytes = program.bytes() / program.eqns.len();
    assert!(bytes <= 200, "{bytes} bytes an equation");
}

/// `depth` jaxprs inside one another.
fn nest(depth: usize) -> String {
    (0..depth).fold(
        "{ lambda ; a:f32[]. let b:f32[] = exp a in (b,) }".to_owned(),
        |inner, _| format!("{{ lambda ; a:f32[]. let b:f32[] = jit[name=f jaxpr={inner}] a in (b,) }}"),
    )
}

#[test]
fn jaxprs_nest_to_the_limit_and_no_deeper() {
    let text = printed(&read(&nest(MAX_DEPTH - 1)));
    assert_eq!(printed(&read(&text)), text);
    for depth in [MAX_DEPTH, 10_000] {
        let text = nest(depth);
        let (_, errors) = syntax::parse(&text);
        assert!(
            errors.iter().any(|error| error.kind == Unexpected::TooDeep),
            "{depth}"
        );
    }
}

#[test]
fn brackets_of_a_value_nest_without_end() {
    for depth in [10, MAX_DEPTH, 10_000] {
        let value = "(".repeat(depth) + "1" + &",)".repeat(depth);
        let text = format!("{{ lambda ; a:f32[]. let b:f32[] = frob[axes={value}] a in (b,) }}\n");
        let laid_out = printed(&read(&text));
        assert!(laid_out.contains(&value), "{depth}");
    }
}

#[test]
fn long_lists_of_variables_wrap_and_come_back() {
    let binders: Vec<String> = (0..5_000)
        .map(|number| format!("{}:f32[]", jax_name(number)))
        .collect();
    let results: Vec<String> = (0..5_000).map(jax_name).collect();
    let text = format!(
        "{{ lambda ; {}. let  in ({}) }}\n",
        binders.join(" "),
        results.join(", ")
    );
    let laid_out = printed(&read(&text));
    assert!(laid_out.lines().count() > 100);
    assert_eq!(printed(&read(&laid_out)), laid_out);
}
