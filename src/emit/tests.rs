//! Layout, held to what `ruff format` 0.17 made of the same code; and what emission does to names.

use super::layout;
use super::python::{Expr, Function, Statement, Target};

fn name(text: &str) -> Expr {
    Expr::atom(text)
}

/// A function of this one statement, laid out.
fn laid_out(statement: Statement) -> String {
    let function = Function {
        decorator: None,
        name: "f".to_owned(),
        parameters: vec!["a".to_owned()],
        doc: Vec::new(),
        body: vec![statement],
    };
    let mut out = String::new();
    layout::function(&function, 0, &mut out);
    out.strip_prefix("def f(a):\n").unwrap_or_default().to_owned()
}

fn long(letter: char, count: usize) -> Expr {
    name(&letter.to_string().repeat(count))
}

#[test]
fn what_fits_stays_on_its_line() {
    let call = Expr::call("lax.reduce", [name("a"), Expr::ints([0])]).with("axis", name("1"));
    let assign = Statement::Assign(Target::Name("b".to_owned()), call);
    assert_eq!(laid_out(assign), "    b = lax.reduce(a, (0,), axis=1)\n");
}

#[test]
fn arguments_go_to_a_line_of_their_own_and_then_to_a_line_each() {
    let three = [long('a', 29), long('b', 22), long('c', 22)];
    let call = Statement::Expression(Expr::call("lax.foo", three.clone()));
    let (a, b, c) = ("a".repeat(29), "b".repeat(22), "c".repeat(22));
    assert_eq!(
        laid_out(call),
        format!("    lax.foo(\n        {a}, {b}, {c}\n    )\n")
    );
    let four = Expr::call("lax.foo", three.into_iter().chain([long('d', 7)]));
    let call = Statement::Expression(four);
    let d = "d".repeat(7);
    assert_eq!(
        laid_out(call),
        format!("    lax.foo(\n        {a},\n        {b},\n        {c},\n        {d},\n    )\n")
    );
}

#[test]
fn names_that_do_not_fit_before_the_equals_sign_go_to_a_line_each() {
    let names = ["a".repeat(30), "b".repeat(30), "c".repeat(30)];
    let assign = Statement::Assign(Target::tuple(names.clone()), Expr::call("foo", [name("x")]));
    let [a, b, c] = names;
    assert_eq!(
        laid_out(assign),
        format!("    (\n        {a},\n        {b},\n        {c},\n    ) = foo(x)\n")
    );
    let one = Statement::Assign(Target::tuple(["a".to_owned()]), name("carry"));
    assert_eq!(laid_out(one), "    (a,) = carry\n");
}

#[test]
fn a_function_inside_is_set_off_by_blank_lines() {
    let inner = Function {
        decorator: Some(name("jax.jit")),
        name: "g".to_owned(),
        parameters: vec!["b".to_owned()],
        doc: vec!["One.".to_owned()],
        body: vec![Statement::Return(Expr::Tuple(vec![name("b")]))],
    };
    let outer = Function {
        decorator: None,
        name: "f".to_owned(),
        parameters: Vec::new(),
        doc: vec!["Two.".to_owned()],
        body: vec![
            Statement::Comment("model.py:3".to_owned()),
            Statement::Function(inner),
            Statement::Return(Expr::call("g", [name("1")])),
        ],
    };
    let mut out = String::new();
    layout::function(&outer, 0, &mut out);
    let expected = "def f():\n    \"\"\"Two.\"\"\"\n\n    # model.py:3\n    @jax.jit\n    def g(b):\n        \
                    \"\"\"One.\"\"\"\n        return (b,)\n\n    return g(1)\n";
    assert_eq!(out, expected);
}
