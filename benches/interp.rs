//! What the interpreter costs: for an equation on small arrays, and for an element of large ones.
//!
//! A line is a name, a size and the nanoseconds of one run. `interp.py` puts numpy and JAX beside them.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use jaxpeep::interp::{Inputs, Options, Tensor, evaluate};
use jaxpeep::ir::DType;
use jaxpeep::load::load;

/// A program is repeated until it has taken this long, and the quickest run counts.
const ENOUGH: Duration = Duration::from_millis(300);
/// Equations in the program that measures what an equation costs.
const EQUATIONS: usize = 1000;

fn main() {
    for size in [1, 16, 64] {
        report("equation", size, &chain(size), &[vec![size]], EQUATIONS);
    }
    for size in [1 << 16, 1 << 20] {
        let (shape, whole) = (format!("f32[{size}]"), "f32[]");
        let unary = |line: &str, out: &str| format!("{{ lambda ; a:{shape}. let b:{out} = {line} in (b,) }}");
        report("add", size, &unary("add a a", &shape), &[vec![size]], 1);
        report("exp", size, &unary("exp a", &shape), &[vec![size]], 1);
        report(
            "sum",
            size,
            &unary("reduce_sum[axes=(0,) out_sharding=None] a", whole),
            &[vec![size]],
            1,
        );
        report(
            "max",
            size,
            &unary("reduce_max[axes=(0,)] a", whole),
            &[vec![size]],
            1,
        );
    }
    for size in [64, 256, 512] {
        let shape = format!("f32[{size},{size}]");
        let dot = "dot_general[dimension_numbers=(([1], [0]), ([], []))] a b";
        let text = format!("{{ lambda ; a:{shape} b:{shape}. let c:{shape} = {dot} in (c,) }}");
        report("matmul", size, &text, &[vec![size, size], vec![size, size]], 1);
    }
}

/// Additions and multiplications, one after another.
fn chain(size: usize) -> String {
    let mut text = format!("{{ lambda ; a:f32[{size}]. let\n");
    let mut last = "a".to_owned();
    for number in 0..EQUATIONS {
        let next = format!("x{}", letters(number));
        let operation = if number % 2 == 0 { "add" } else { "mul" };
        // Writing to a string never fails.
        let _ = writeln!(text, "    {next}:f32[{size}] = {operation} {last} a");
        last = next;
    }
    text + &format!("  in ({last},) }}\n")
}

/// A number in letters.
fn letters(number: usize) -> String {
    let digits = number.to_string();
    digits
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'a'))
        .collect()
}

fn report(name: &str, size: usize, text: &str, shapes: &[Vec<usize>], runs: usize) {
    let mut loaded = load("bench", text.as_bytes()).expect("the benchmark's own program is sound");
    let program = &mut loaded.units[0].program;
    jaxpeep::schema::infer_literal_types(program);
    let array = |shape: &Vec<usize>| {
        let items = (0..shape.iter().product()).map(|at: usize| f64::from((at % 17) as u8) / 17.0);
        Tensor::from_floats(DType::Float32, shape, items)
    };
    let inputs = Inputs {
        inputs: shapes.iter().map(array).collect(),
        ..Inputs::default()
    };
    let (mut best, start) = (Duration::MAX, Instant::now());
    while start.elapsed() < ENOUGH {
        let own = Instant::now();
        let outputs = evaluate(program, &inputs, Options::default()).expect("it can be evaluated");
        best = best.min(own.elapsed());
        std::hint::black_box(outputs);
    }
    println!(
        "{name} {size} {:.1}",
        best.as_secs_f64() * 1e9 / f64::from(runs as u32)
    );
}
