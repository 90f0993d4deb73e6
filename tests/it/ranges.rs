//! Range analysis: whatever the interpreter computes lies in the range that was found without running anything.

use std::path::Path;

use jaxpeep::analysis::Definitions;
use jaxpeep::analysis::ranges::{Range, run};
use jaxpeep::interp::{Case, Data, Inputs, Options, Tensor, evaluate, read_cases};
use jaxpeep::ir::{Atom, DType, Program, ValueId};
use jaxpeep::schema::infer_literal_types;

use crate::random::Random;
use crate::support::{fixtures, jaxprs_below};

/// Equations that one program may take on ranges.
const STEPS: u32 = 100_000;

fn program(text: &str) -> Option<Program> {
    let mut loaded = jaxpeep::load::load("it", text.as_bytes()).ok()?;
    let mut program = loaded.units.swap_remove(0).program;
    infer_literal_types(&mut program);
    Some(program)
}

/// The same program, which gives every value of its main jaxpr.
fn transparent(program: &Program) -> Program {
    let mut program = program.clone();
    let main = program.main();
    let eqns = program.blocks[main].eqns.clone();
    let values: Vec<Atom> = eqns
        .iter()
        .flat_map(|&eqn| program.outputs(eqn))
        .map(|&value| Atom::Value(value))
        .collect();
    program.blocks[main].outputs = values;
    program
}

fn elements(tensor: &Tensor) -> Vec<f64> {
    match tensor.data() {
        Data::Float(items) => items.clone(),
        Data::Bool(items) => items.iter().map(|&item| f64::from(u8::from(item))).collect(),
        #[expect(clippy::cast_precision_loss, reason = "ends of ranges are doubles as well")]
        Data::Int(items) if tensor.dtype != DType::Uint64 => items.iter().map(|&item| item as f64).collect(),
        _ => Vec::new(),
    }
}

/// The smallest range that is made by joining single numbers.
fn range_of_tensor(tensor: &Tensor) -> Range {
    let items = elements(tensor);
    if items.is_empty() {
        return Range::ANYTHING;
    }
    items
        .into_iter()
        .map(Range::exactly)
        .fold(Range::NOTHING, Range::join)
}

/// Values of the main jaxpr that lie outside of their ranges, and how many values were looked at.
fn outside(program: &Program, inputs: &Inputs, known: &[(ValueId, Range)]) -> (Vec<String>, usize) {
    let program = transparent(program);
    let options = Options {
        flush_subnormals: true,
        ..Options::default()
    };
    let Ok(results) = evaluate(&program, inputs, options) else {
        return (Vec::new(), 0);
    };
    let definitions = Definitions::of(&program);
    let ranges = run(&program, &definitions, known, STEPS, &|_| {});
    let mut wrong = Vec::new();
    let outputs = &program.blocks[program.main()].outputs;
    for ((atom, tensor), range) in outputs.iter().zip(&results).zip(ranges) {
        let Atom::Value(value) = atom else { continue };
        if let Some(item) = elements(tensor).into_iter().find(|&item| !range.contains(item)) {
            wrong.push(format!(
                "{} is {item:e}, outside of {range:?}",
                program.name(*value)
            ));
        }
    }
    (wrong, results.len())
}

/// Ranges of inputs that just hold the recorded ones.
fn tight(program: &Program, inputs: &Inputs) -> Vec<(ValueId, Range)> {
    let main = &program.blocks[program.main()];
    let consts = main.consts.iter().zip(&inputs.consts);
    let inputs = main.inputs.iter().zip(&inputs.inputs);
    consts
        .chain(inputs)
        .map(|(&value, tensor)| (value, range_of_tensor(tensor)))
        .collect()
}

fn check_recorded(path: &Path, seen: &mut usize) -> Vec<String> {
    let Ok(json) = std::fs::read_to_string(path.with_extension("json")) else {
        return Vec::new();
    };
    let text = std::fs::read_to_string(path).expect("a print-out can be read");
    let (Some(program), Ok(cases)) = (program(&text), read_cases(&json)) else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    for Case { inputs, label, .. } in cases {
        for known in [tight(&program, &inputs), Vec::new()] {
            let (found, count) = outside(&program, &inputs, &known);
            *seen += count;
            wrong.extend(
                found
                    .iter()
                    .map(|found| format!("{} {label}: {found}", path.display())),
            );
        }
    }
    wrong
}

#[test]
fn recorded_programs_stay_in_their_ranges() {
    let mut seen = 0;
    let recorded = match std::env::var("JAXPEEP_RANGES") {
        Ok(folder) => jaxprs_below(Path::new(&folder)),
        Err(_) => fixtures("jaxpr/0.10.2"),
    };
    let wrong: Vec<String> = recorded
        .iter()
        .flat_map(|path| check_recorded(path, &mut seen))
        .collect();
    assert!(seen > 1000, "only {seen} values were looked at");
    assert!(
        wrong.is_empty(),
        "{} of {seen}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// One line of a random program on `f32[2,3]`, from the names in front of it.
fn line(random: &mut Random, name: &str, names: &[String]) -> String {
    const UNARY: [&str; 26] = [
        "exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "logistic", "tanh", "sin", "cos", "neg", "abs",
        "sign", "square", "floor", "ceil", "erf", "erfc", "cbrt", "sinh", "cosh", "asinh", "atanh", "asin",
        "acos", "atan",
    ];
    const BINARY: [&str; 9] = ["add", "sub", "mul", "div", "max", "min", "pow", "rem", "atan2"];
    const LITERALS: [&str; 9] = ["0.0", "1.0", "-1.0", "2.0", "0.5", "1e20", "1e-30", "-inf", "inf"];
    let a = random.pick(names);
    let b = random.pick(names);
    let literal = random.pick(&LITERALS);
    let ty = "f32[2,3]";
    match random.below(12) {
        0..4 => format!("{name}:{ty} = {} {a}", random.pick(&UNARY)),
        4..6 => format!("{name}:{ty} = {} {a} {b}", random.pick(&BINARY)),
        6 => format!("{name}:{ty} = {} {a} {literal}:f32[]", random.pick(&BINARY)),
        7 => format!("{name}:{ty} = integer_pow[y={}] {a}", random.below(6) as i64 - 2),
        8 => {
            let reduce = random.pick(&["reduce_sum", "reduce_max", "reduce_min", "reduce_prod"]);
            format!(
                "{name}r:f32[2] = {reduce}[axes=(1,) out_sharding=None] {a}\n{name}:{ty} = broadcast_in_dim[broadcast_dimensions=(0,) shape=(2, 3) sharding=None] {name}r"
            )
        }
        9 => format!("{name}:{ty} = cumsum[axis=1 reverse=False] {a}"),
        _ => {
            let compare = random.pick(&["gt", "lt", "ge", "le", "eq", "ne"]);
            format!(
                "{name}p:bool[2,3] = {compare} {a} {literal}:f32[]\n{name}:{ty} = select_n {name}p {b} {a}"
            )
        }
    }
}

fn random_program(random: &mut Random) -> String {
    let mut names = vec!["xa".to_owned(), "xb".to_owned()];
    let mut lines = String::new();
    for at in 0..12 {
        let name: String = format!("v{}", (b'a' + at) as char);
        lines += "\n    ";
        lines += &line(random, &name, &names).replace('\n', "\n    ");
        names.push(name);
    }
    format!(
        "{{ lambda ; xa:f32[2,3] xb:f32[2,3]. let{lines}\n  in ({},) }}\n",
        names.last().expect("there are names")
    )
}

fn random_tensor(random: &mut Random) -> Tensor {
    const NUMBERS: [f64; 16] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        3.25,
        -7.5,
        100.0,
        -100.0,
        1e-3,
        1e30,
        -1e30,
        2e-38,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    // Mostly ordinary numbers, or every program would soon compute nothing but NaN.
    let limit = if random.below(3) == 0 { NUMBERS.len() } else { 10 };
    let items: Vec<f64> = (0..6).map(|_| NUMBERS[random.below(limit)]).collect();
    Tensor::from_floats(DType::Float32, &[2, 3], items)
}

#[test]
fn random_programs_stay_in_their_ranges() {
    let seed = std::env::var("JAXPEEP_SEED").map_or(1, |seed| seed.parse().expect("a seed is a number"));
    let rounds: usize =
        std::env::var("JAXPEEP_ROUNDS").map_or(300, |rounds| rounds.parse().expect("a number"));
    let mut random = Random::new(seed);
    let mut seen = 0;
    for _ in 0..rounds {
        let text = random_program(&mut random);
        let program = program(&text).unwrap_or_else(|| panic!("{text}"));
        for _ in 0..3 {
            let inputs = Inputs {
                inputs: vec![random_tensor(&mut random), random_tensor(&mut random)],
                ..Inputs::default()
            };
            for known in [tight(&program, &inputs), Vec::new()] {
                let (wrong, count) = outside(&program, &inputs, &known);
                seen += count;
                assert!(
                    wrong.is_empty(),
                    "seed {seed}\n{text}{inputs:?}\n{}",
                    wrong.join("\n")
                );
            }
        }
    }
    assert!(seen > rounds * 12, "only {seen} values were looked at");
}

/// The range of the only output, for inputs in the ranges given.
fn output(text: &str, inputs: &[Range]) -> Range {
    let program = program(text).expect("the program is sound");
    let definitions = Definitions::of(&program);
    let main = &program.blocks[program.main()];
    let known: Vec<(ValueId, Range)> = main.inputs.iter().copied().zip(inputs.iter().copied()).collect();
    run(&program, &definitions, &known, STEPS, &|_| {})[0]
}

const FINITE: Range = Range {
    low: -1e30,
    high: 1e30,
    nan: false,
    zero: true,
    integral: false,
};

#[test]
fn a_softmax_lies_between_zero_and_one() {
    let text = "{ lambda ; a:f32[3,4]. let
    b:f32[3] = reduce_max[axes=(1,) out_sharding=None] a
    c:f32[3,1] = broadcast_in_dim[broadcast_dimensions=(0,) shape=(3, 1) sharding=None] b
    d:f32[3,1] = stop_gradient c
    e:f32[3,4] = sub a d
    f:f32[3,4] = exp e
    g:f32[3] = reduce_sum[axes=(1,) out_sharding=None] f
    h:f32[3,1] = broadcast_in_dim[broadcast_dimensions=(0,) shape=(3, 1) sharding=None] g
    i:f32[3,4] = div f h
  in (i,) }";
    let softmax = output(text, &[FINITE]);
    assert_eq!((softmax.low, softmax.high, softmax.nan), (0.0, 1.0, false));
    // The same on a square, with the maximum put back along the wrong axis, bounds nothing.
    let wrong = text
        .replace("f32[3,4]", "f32[3,3]")
        .replace(
            "c:f32[3,1] = broadcast_in_dim[broadcast_dimensions=(0,) shape=(3, 1)",
            "c:f32[1,3] = broadcast_in_dim[broadcast_dimensions=(1,) shape=(1, 3)",
        )
        .replace("d:f32[3,1]", "d:f32[1,3]");
    let wrong = output(&wrong, &[FINITE]);
    assert!(wrong.nan, "{wrong:?}");
}

#[test]
fn a_guard_keeps_its_branch_from_what_it_excludes() {
    let text = "{ lambda ; a:f32[3]. let
    b:bool[3] = gt a 0.0:f32[]
    one:f32[3] = broadcast_in_dim[broadcast_dimensions=() shape=(3,) sharding=None] 1.0:f32[]
    c:f32[3] = select_n b one a
    d:f32[3] = log c
  in (d,) }";
    let guarded = output(text, &[FINITE]);
    assert!(!guarded.nan && guarded.low > f64::NEG_INFINITY, "{guarded:?}");
    let unguarded = output(&text.replace("gt a", "ge a"), &[FINITE]);
    assert_eq!(unguarded.low, f64::NEG_INFINITY);
    // The branch itself is computed everywhere, and chosen only where it is defined.
    let behind = "{ lambda ; a:f32[3]. let
    b:bool[3] = gt a 0.0:f32[]
    c:f32[3] = log a
    zero:f32[3] = broadcast_in_dim[broadcast_dimensions=() shape=(3,) sharding=None] 0.0:f32[]
    d:f32[3] = select_n b zero c
  in (d,) }";
    let behind = output(behind, &[FINITE]);
    assert!(!behind.nan && behind.low > f64::NEG_INFINITY, "{behind:?}");
}

#[test]
fn a_value_minus_itself_is_zero_and_times_itself_is_not_negative() {
    let text = "{ lambda ; a:f32[3]. let b:f32[3] = sin a; c:f32[3] = sin a; d:f32[3] = sub b c in (d,) }";
    let zero = output(text, &[FINITE]);
    assert_eq!((zero.low, zero.high, zero.nan), (0.0, 0.0, false));
    let square = output(&text.replace("sub", "mul"), &[FINITE]);
    assert_eq!((square.low, square.high), (0.0, 1.0));
}

#[test]
fn a_loop_is_settled_on_ends_that_hold_for_every_iteration() {
    let text = "{ lambda ; a:f32[]. let
    b:f32[] = scan[
      _split_transpose=False
      jaxpr={ lambda ; c:f32[]. let d:f32[] = mul c 0.5:f32[]; e:f32[] = abs d in (e,) }
      length=100
      linear=(False,)
      num_carry=1
      num_consts=0
      reverse=False
      unroll=1
    ] a
  in (b,) }";
    let settled = output(text, &[Range::between(-2.0, 1.0)]);
    assert_eq!((settled.low, settled.high, settled.nan), (-2.0, 1.0, false));
    let growing = output(
        &text.replace("mul c 0.5", "mul c 2.0"),
        &[Range::between(0.0, 1.0)],
    );
    assert_eq!((growing.low, growing.high), (0.0, f64::INFINITY));
}
