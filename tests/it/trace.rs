//! Where infinities and NaN come from, against what is known of programs and against what JAX recorded.

use std::path::Path;

use jaxpeep::interp::{Case, Data, Inputs, Options, Pass, Tensor, compare, evaluate, read_cases};
use jaxpeep::ir::{Atom, DType, Program};
use jaxpeep::load::load;
use jaxpeep::schema::infer_literal_types;
use jaxpeep::trace::{Birth, Kind, Origin, Reached, Trace, trace};

use crate::support::{fixtures, jaxprs_below};

const OPTIONS: Options = Options {
    flush_subnormals: true,
    threefry_partitionable: None,
    most_iterations: None,
    most_steps: None,
};

fn program(text: &str) -> Program {
    let mut loaded = load("it", text.as_bytes()).expect("a print-out");
    let mut program = loaded.units.remove(0).program;
    infer_literal_types(&mut program);
    program
}

fn row(numbers: &[f64]) -> Tensor {
    Tensor::from_floats(DType::Float32, &[numbers.len()], numbers.iter().copied())
}

fn scalar(number: f64) -> Tensor {
    Tensor::from_floats(DType::Float32, &[], [number])
}

fn traced(text: &str, inputs: Vec<Tensor>) -> (Program, Trace) {
    let program = program(text);
    let inputs = Inputs {
        inputs,
        ..Inputs::default()
    };
    let trace = trace(&program, &inputs, OPTIONS).expect("it runs");
    (program, trace)
}

/// `log: -inf -> [0]`, one a line.
fn spoken(program: &Program, origins: &[Origin]) -> String {
    let one = |origin: &Origin| {
        let chain: Vec<&str> = origin
            .chain
            .iter()
            .map(|step| program.primitive(step.eqn))
            .collect();
        let ends = match &origin.reached {
            Reached::Outputs(outputs) => format!("{outputs:?}"),
            Reached::Masked(eqns) => {
                let eqns: Vec<&str> = eqns.iter().map(|&eqn| program.primitive(eqn)).collect();
                format!("masked by {eqns:?}")
            }
        };
        format!("{} {} -> {ends}\n", chain.join(" > "), origin.kind.word())
    };
    origins.iter().map(one).collect()
}

#[test]
fn an_infinity_is_followed_from_the_equation_that_makes_it_to_the_output() {
    let text = "{ lambda ; a:f32[3]. let\n    b:f32[3] = exp a\n    c:f32[] = reduce_sum[axes=(0,) out_sharding=None] b\n    \
                d:f32[3] = div b c\n  in (d, a) }\n";
    let (program, trace) = traced(text, vec![row(&[1000.0, 1.0, 2.0])]);
    assert_eq!(
        spoken(&program, &trace.origins),
        "exp > div nan -> [0]\n".replace("nan", "+inf")
    );
    let origin = &trace.origins[0];
    assert_eq!((origin.elements, origin.index.as_slice()), (1, &[0][..]));
    assert_eq!(trace.outputs, [1, 0]);
    let values: Vec<String> = origin.chain.iter().map(|step| step.value.to_string()).collect();
    assert_eq!(values, ["inf", "NaN"]);
}

#[test]
fn what_a_select_does_not_choose_is_masked_element_by_element() {
    // log of [1, -1, 0], chosen where the operand is above zero: both bad elements are masked.
    let text = "{ lambda ; a:f32[3] b:f32[3]. let\n    c:bool[3] = gt a b\n    d:f32[3] = log a\n    \
                e:f32[3] = select_n c b d\n  in (e,) }\n";
    let (p, masked) = traced(text, vec![row(&[1.0, -1.0, 0.0]), row(&[0.0; 3])]);
    assert_eq!(
        spoken(&p, &masked.origins),
        "log nan -> masked by [\"select_n\"]\n"
    );
    assert_eq!(masked.outputs, [0]);
    // With a lower bound one of the two is chosen: the equation is reported with that element.
    let (_, reaching) = traced(text, vec![row(&[1.0, -1.0, 0.0]), row(&[0.0, 0.0, -0.5])]);
    let origin = &reaching.origins[0];
    assert_eq!(
        (origin.outputs(), origin.index.as_slice(), origin.kind),
        (&[0][..], &[2][..], Kind::NegativeInfinity)
    );
    assert_eq!(origin.elements, 2);
}

#[test]
fn an_infinity_of_which_a_quotient_makes_a_number_ends_there() {
    // a/√(a·a) is 1, and 0 where the square is infinite.
    let text = "{ lambda ; a:f32[1]. let\n    b:f32[1] = mul a a\n    c:f32[1] = sqrt b\n    d:f32[1] = div a c\n  in (d,) }\n";
    let (program, trace) = traced(text, vec![row(&[1e30])]);
    assert_eq!(
        spoken(&program, &trace.origins),
        "mul > sqrt > div +inf -> masked by [\"div\"]\n"
    );
}

#[test]
fn the_iteration_of_a_loop_is_named() {
    let scan = "{ lambda ; a:f32[4]. let\n    b:f32[] c:f32[4] = scan[\n      _split_transpose=False\n      jaxpr={ lambda ; d:f32[] e:f32[]. let\n          \
                f:f32[] = log e\n          g:f32[] = add d f\n        in (g, g) }\n      length=4\n      linear=(False, False)\n      num_carry=1\n      \
                num_consts=0\n      reverse=False\n      unroll=1\n    ] 0.0:f32[] a\n  in (b, c) }\n";
    let (program, trace) = traced(scan, vec![row(&[1.0, 2.0, -1.0, 3.0])]);
    // Row 2 goes into the carry, and so into row 3 and the sum.
    assert_eq!(spoken(&program, &trace.origins), "log > add nan -> [0, 1]\n");
    let passes: Vec<Option<Pass>> = trace.origins[0].place.iter().map(|&(_, pass)| pass).collect();
    assert_eq!(passes, [Some(Pass::Step(2))]);
    assert_eq!(trace.outputs, [1, 2]);
}

#[test]
fn the_branch_that_ran_is_named() {
    let cond = "{ lambda ; a:i32[] b:f32[]. let\n    c:f32[] = cond[\n      branches=(\n        { lambda ; d:f32[]. let e:f32[] = sin d in (e,) }\n        \
                { lambda ; f:f32[]. let g:f32[] = rsqrt f in (g,) }\n      )\n    ] a b\n  in (c,) }\n";
    let choose = |index: i128| Tensor::from_ints(DType::Int32, &[], [index]);
    let (program, trace) = traced(cond, vec![choose(1), scalar(0.0)]);
    assert_eq!(spoken(&program, &trace.origins), "rsqrt +inf -> [0]\n");
    assert_eq!(trace.origins[0].place[0].1, Some(Pass::Branch(1)));
    let (_, other) = traced(cond, vec![choose(0), scalar(0.0)]);
    assert_eq!(other.origins.len(), 0);
}

#[test]
fn an_underflow_is_the_cause_of_the_infinity_that_it_leads_to() {
    let text = "{ lambda ; a:f32[2]. let\n    b:f32[2] = exp a\n    c:f32[2] = log b\n  in (c,) }\n";
    let (program, trace) = traced(text, vec![row(&[-200.0, -1.0])]);
    assert_eq!(spoken(&program, &trace.origins), "exp > log -inf -> [0]\n");
    assert_eq!(trace.origins[0].chain[0].birth, Birth::Lost);
    // The origin is where the infinity is made, whatever led to it.
    assert_eq!(program.primitive(trace.origins[0].eqn), "log");
    // A zero that is one has no such history.
    let (program, trace) = traced(text, vec![row(&[f64::NEG_INFINITY, -1.0])]);
    assert_eq!(spoken(&program, &trace.origins), "log -inf -> [0]\n");
}

#[test]
fn two_origins_that_meet_both_reach_the_output() {
    let text = "{ lambda ; a:f32[] b:f32[]. let\n    c:f32[] = log a\n    d:f32[] = sqrt b\n    e:f32[] = add c d\n  in (e,) }\n";
    let (program, trace) = traced(text, vec![scalar(-1.0), scalar(-1.0)]);
    assert_eq!(
        spoken(&program, &trace.origins),
        "log > add nan -> [0]\nsqrt nan -> [0]\n"
    );
}

#[test]
fn what_was_given_is_no_origin_and_a_nan_made_of_it_is_one() {
    let text = "{ lambda ; a:f32[2]. let\n    b:f32[2] = mul a 2.0:f32[]\n    c:f32[] = reduce_max[axes=(0,) out_sharding=None] b\n    \
                d:f32[2] = sub b c\n  in (d, c) }\n";
    let infinite = f64::NEG_INFINITY;
    let (program, trace) = traced(text, vec![row(&[infinite, infinite])]);
    assert_eq!(spoken(&program, &trace.origins), "mul > sub nan -> [0]\n");
    assert_eq!(spoken(&program, &trace.given), "mul > sub -inf -> [0, 1]\n");
    let (program, trace) = traced(text, vec![row(&[f64::NAN, 1.0])]);
    assert_eq!(spoken(&program, &trace.origins), "");
    assert_eq!(trace.given.len(), 1);
    assert_eq!(trace.given[0].outputs(), [0, 1]);
}

#[test]
fn complex_arrays_pass_on_what_is_wrong_with_their_parts() {
    let text = "{ lambda ; a:f32[2]. let\n    b:f32[2] = log a\n    c:c64[2] = complex b a\n    d:c64[2] = mul c c\n    \
                e:f32[2] = real d\n  in (e,) }\n";
    let (program, trace) = traced(text, vec![row(&[0.0, 1.0])]);
    assert_eq!(
        spoken(&program, &trace.origins),
        "log > complex > mul > real -inf -> [0]\n"
    );
    // An element counts once, whichever of its parts are infinite.
    let product = text.replace("(e,)", "(d,)");
    assert_eq!(traced(&product, vec![row(&[0.0, 1.0])]).1.outputs, [1]);
}

#[test]
fn a_long_loop_that_goes_wrong_is_recorded_in_little() {
    let text = "{ lambda ; a:i32[] b:f32[]. let\n    c:i32[] d:f32[] = while[\n      body_jaxpr={ lambda ; e:i32[] f:f32[]. let\n          \
                g:i32[] = add e 1:i32[]\n          h:f32[] = log f\n          i:f32[] = sub h 1.0:f32[]\n        in (g, i) }\n      body_nconsts=0\n      \
                cond_jaxpr={ lambda ; j:i32[] k:f32[]. let l:bool[] = lt j 5000:i32[] in (l,) }\n      cond_nconsts=0\n    ] a b\n  in (d,) }\n";
    let (program, trace) = traced(text, vec![Tensor::from_ints(DType::Int32, &[], [0]), scalar(0.5)]);
    assert_eq!(spoken(&program, &trace.origins), "log > sub nan -> [0]\n");
    assert_eq!(trace.origins[0].place[0].1, Some(Pass::Step(1)));
}

/// Cases by what was found on those of real JAX.
#[derive(Debug, Default)]
struct Tally {
    /// Outputs hold infinities or NaN, inputs do not, and an origin that reaches each such output was found.
    located: usize,
    /// All outputs are finite, and nothing that reaches one was reported.
    quiet: usize,
    /// The inputs hold infinities or NaN already.
    given: usize,
    /// The interpreter does not give what JAX recorded.
    skipped: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, path: &Path) {
        let Ok(json) = std::fs::read_to_string(path.with_extension("json")) else {
            return;
        };
        let bytes = std::fs::read(path).expect("a print-out can be read");
        let (Ok(mut loaded), Ok(cases)) = (load("it", &bytes), read_cases(&json)) else {
            return;
        };
        let [unit] = loaded.units.as_mut_slice() else {
            return;
        };
        infer_literal_types(&mut unit.program);
        for case in cases {
            let Some(recorded) = &case.outputs else { continue };
            let agrees = match evaluate(&unit.program, &case.inputs, OPTIONS) {
                Ok(outputs) => outputs.iter().zip(recorded).all(|(a, b)| compare(a, b).is_none()),
                Err(_) => false,
            };
            if !agrees {
                self.skipped += 1;
                continue;
            }
            let found =
                trace(&unit.program, &case.inputs, OPTIONS).expect("what was evaluated can be traced");
            let name = format!("{}: {}", path.display(), case.label);
            self.judge(&name, &unit.program, &case, &found);
        }
    }

    fn judge(&mut self, name: &str, program: &Program, case: &Case, found: &Trace) {
        let inputs = &case.inputs;
        let consts = inputs.consts.iter().chain(inputs.inner_consts.iter().flatten());
        let given = consts.chain(&inputs.inputs).any(is_bad);
        let reached = |output: usize| {
            let origins = found.origins.iter().chain(&found.given);
            origins.clone().any(|origin| origin.outputs().contains(&output))
        };
        let main = &program.blocks[program.main()];
        // An output that is an input or a literal as it stands comes from no equation.
        let computed = |atom: &Atom| match atom {
            Atom::Value(value) => !main.inputs.contains(value) && !main.consts.contains(value),
            Atom::Literal(_) => false,
        };
        let recorded = case.outputs.iter().flatten();
        let expected = recorded
            .zip(&main.outputs)
            .map(|(tensor, atom)| is_bad(tensor) && computed(atom));
        let expected: Vec<bool> = expected.collect();
        let located: Vec<bool> = (0..expected.len()).map(reached).collect();
        if located != expected {
            self.wrong
                .push(format!("{name}: bad outputs {expected:?}, reached {located:?}"));
        } else if given {
            self.given += 1;
        } else if !expected.contains(&true) {
            self.quiet += 1;
        } else {
            self.located += 1;
        }
    }
}

fn is_bad(tensor: &Tensor) -> bool {
    match tensor.data() {
        Data::Float(items) => items.iter().any(|item| !item.is_finite()),
        Data::Complex(items) => items.iter().any(|item| !item.is_finite()),
        _ => false,
    }
}

#[test]
fn every_bad_output_that_jax_recorded_has_an_origin_and_no_good_one_has() {
    let mut tally = Tally::default();
    for path in fixtures("jaxpr/0.10.2") {
        tally.add(&path);
    }
    println!("fixtures: {tally:?}");
    assert_eq!(tally.wrong, [""; 0]);
    assert!(tally.located >= 50 && tally.quiet >= 100, "{tally:?}");
    for folder in std::env::var_os("JAXPEEP_CORPUS")
        .iter()
        .flat_map(std::env::split_paths)
    {
        let mut tally = Tally::default();
        for path in jaxprs_below(&folder) {
            tally.add(&path);
        }
        println!("{}: {tally:?}", folder.display());
        assert_eq!(tally.wrong, [""; 0]);
    }
}
