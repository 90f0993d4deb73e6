//! Hazards: what is found breaks when it is run, and what is guarded is left alone.

mod search;

use jaxpeep::hazards::{Assumption, Assumptions, Certainty, Hazard, Kind, Word, find};
use jaxpeep::interp::{Data, Options, evaluate};
use jaxpeep::ir::Program;
use jaxpeep::schema::infer_literal_types;

use crate::cli::Folder;

fn program(text: &str) -> Program {
    let mut loaded = jaxpeep::load::load("it", text.as_bytes()).expect("the program is sound");
    let mut program = loaded.units.swap_remove(0).program;
    infer_literal_types(&mut program);
    program
}

fn found(text: &str, said: &[(&str, Word)]) -> Vec<Hazard> {
    let program = program(text);
    let said = said.iter().map(|&(name, word)| Assumption {
        name: name.to_owned(),
        word,
    });
    let hazards = find(&program, &program, &Assumptions(said.collect()));
    for hazard in &hazards {
        assert_breaks(&program, hazard);
    }
    hazards
}

/// Runs a witness: an output must be spoiled, unless the hazard is one that nothing shows.
fn assert_breaks(program: &Program, hazard: &Hazard) {
    let Some(witness) = &hazard.witness else {
        assert_ne!(hazard.certainty, Certainty::Witnessed);
        return;
    };
    let options = Options {
        flush_subnormals: true,
        ..Options::default()
    };
    let outputs = evaluate(program, &witness.inputs, options).expect("a witness can be run");
    let spoiled = outputs.iter().any(|output| match output.data() {
        Data::Float(items) => items.iter().any(|item| !item.is_finite()),
        _ => false,
    });
    assert!(spoiled || hazard.kind.is_silent(), "{hazard:?}");
}

fn kinds(hazards: &[Hazard], certainty: Certainty) -> Vec<Kind> {
    let of = hazards.iter().filter(|hazard| hazard.certainty == certainty);
    of.map(|hazard| hazard.kind).collect()
}

/// The standard deviation as √(E[x²] − E[x]²), by which the deviations are divided.
const DEVIATION: &str = "{ lambda ; a:f32[4]. let
    b:f32[] = reduce_sum[axes=(0,) out_sharding=None] a
    c:f32[] = div b 4.0:f32[]
    d:f32[4] = mul a a
    e:f32[] = reduce_sum[axes=(0,) out_sharding=None] d
    f:f32[] = div e 4.0:f32[]
    g:f32[] = mul c c
    h:f32[] = sub f g
    i:f32[] = sqrt h
    j:f32[4] = sub a c
    k:f32[4] = div j i
  in (k,) }";

#[test]
fn a_variance_by_cancellation_leaves_the_domain_of_the_root_and_divides_by_zero() {
    let hazards = found(DEVIATION, &[]);
    // The mean of squares less the square of the mean is where the digits go.
    assert_eq!(
        kinds(&hazards, Certainty::Witnessed),
        [Kind::Cancellation, Kind::Domain, Kind::Pole]
    );
    assert!(hazards[0].equation.contains("sub f g"), "{}", hazards[0].equation);
    assert!(hazards[1].message.contains("`sqrt`"), "{}", hazards[1].message);
    // The simplest input without deviation.
    let witness = hazards[2].witness.as_ref().map(|witness| witness.text.as_str());
    assert_eq!(witness, Some("a = 0 in all 4 elements"));
}

#[test]
fn the_same_question_has_the_same_answer() {
    let texts = || {
        let hazards = found(DEVIATION, &[]);
        let texts = hazards.into_iter().filter_map(|hazard| hazard.witness);
        texts.map(|witness| witness.text).collect::<Vec<_>>()
    };
    assert_eq!(texts(), texts());
}

#[test]
fn a_guarded_logarithm_is_left_alone() {
    let text = "{ lambda ; a:f32[3]. let
    b:f32[3] = sin a
    c:bool[3] = gt b 0.0:f32[]
    one:f32[3] = broadcast_in_dim[broadcast_dimensions=() shape=(3,) sharding=None] 1.0:f32[]
    d:f32[3] = select_n c one b
    e:f32[3] = log d
  in (e,) }";
    assert!(found(text, &[]).is_empty());
    let unguarded = found(&text.replace("log d", "log b"), &[]);
    assert_eq!(
        kinds(&unguarded, Certainty::Witnessed),
        [Kind::Domain, Kind::Pole]
    );
}

#[test]
fn an_infinity_that_is_masked_spoils_nothing() {
    let text = "{ lambda ; a:f32[3]. let
    b:f32[3] = abs a
    c:f32[3] = log b
    d:bool[3] = gt b 0.0:f32[]
    zero:f32[3] = broadcast_in_dim[broadcast_dimensions=() shape=(3,) sharding=None] 0.0:f32[]
    e:f32[3] = select_n d zero c
  in (e,) }";
    let hazards = found(text, &[]);
    assert_eq!(kinds(&hazards, Certainty::Witnessed), []);
    // The −∞ that a mask writes is the program's own, whatever it hides.
    let hazards = found(&text.replace("0.0:f32[]\n    e", "-inf:f32[]\n    e"), &[]);
    assert_eq!(kinds(&hazards, Certainty::Witnessed), []);
    let reaching = text.replace("in (e,)", "in (e, c)");
    assert_eq!(kinds(&found(&reaching, &[]), Certainty::Witnessed), [Kind::Pole]);
}

#[test]
fn whoever_hands_a_number_to_a_logarithm_sees_that_it_is_positive() {
    let text = "{ lambda ; a:f32[3]. let b:f32[3] = log a in (b,) }";
    assert!(found(text, &[]).is_empty());
    let told = found(text, &[("a", Word::Between(-1.0, 1.0))]);
    assert_eq!(kinds(&told, Certainty::Witnessed), [Kind::Domain, Kind::Pole]);
    assert!(found(text, &[("a", Word::Positive)]).is_empty());
    assert_eq!(
        found(text, &[("*", Word::Between(-2.0, -1.0))])[0].certainty,
        Certainty::Definite
    );
}

#[test]
fn an_overflow_is_told_if_the_result_could_be_represented() {
    // exp 100 is no float32, whoever computes it.
    let honest = "{ lambda ; a:f32[]. let b:f32[] = exp a in (b,) }";
    assert_eq!(kinds(&found(honest, &[]), Certainty::Witnessed), []);
    let softplus =
        "{ lambda ; a:f32[]. let b:f32[] = exp a; c:f32[] = add 1.0:f32[] b; d:f32[] = log c in (d,) }";
    let hazards = found(softplus, &[]);
    assert_eq!(kinds(&hazards, Certainty::Witnessed), [Kind::Overflow]);
    // ln(3.4e38) is 88.72: the bisection ends beside it.
    let text = hazards[0].witness.as_ref().map(|witness| witness.text.as_str());
    assert_eq!(text, Some("a = 89"));
}

#[test]
fn integers_wrap_and_conversions_saturate() {
    let wraps = "{ lambda ; a:i32[]. let b:i32[] = mul a 100000000:i32[] in (b,) }";
    assert_eq!(
        kinds(&found(wraps, &[]), Certainty::Witnessed),
        [Kind::IntegerOverflow]
    );
    let fits = wraps.replace("100000000", "1000");
    assert!(found(&fits, &[]).is_empty());
    let whole_dtype = [("a", Word::Between(f64::NEG_INFINITY, f64::INFINITY))];
    assert_eq!(
        kinds(&found(&fits, &whole_dtype), Certainty::Witnessed),
        [Kind::IntegerOverflow]
    );
    let narrow = "{ lambda ; a:f32[]. let
    b:f32[] = mul a 1e8:f32[]
    c:i32[] = convert_element_type[new_dtype=int32 weak_type=False] b
  in (c,) }";
    assert_eq!(
        kinds(&found(narrow, &[]), Certainty::Witnessed),
        [Kind::Narrowing]
    );
    // Pixels, as unsigned integers.
    let pixels = narrow
        .replace("1e8", "255.0")
        .replace("int32", "uint8")
        .replace("i32[]", "u8[]");
    assert_eq!(
        kinds(&found(&pixels, &[]), Certainty::Witnessed),
        [Kind::Narrowing]
    );
    let in_range = [("a", Word::Between(0.0, 1.0))];
    assert!(found(&pixels, &in_range).is_empty());
}

#[test]
fn sums_products_and_powers_of_integers_wrap_too() {
    let on_rows = |equation: &str| format!("{{ lambda ; a:i32[2,3]. let {equation} in (b,) }}");
    let large = [("a", Word::Between(7e8, 8e8))];
    for (equation, said) in [
        ("b:i32[2] = reduce_sum[axes=(1,) out_sharding=None] a", &large[..]),
        ("b:i32[2,3] = cumsum[axis=1 reverse=True] a", &large[..]),
        ("b:i32[3] = reduce_prod[axes=(0,)] a", &large[..]),
        ("b:i32[2,3] = cumprod[axis=0 reverse=False] a", &large[..]),
        ("b:i32[2,3] = integer_pow[y=7] a", &[][..]),
    ] {
        let hazards = found(&on_rows(equation), said);
        assert_eq!(
            kinds(&hazards, Certainty::Witnessed),
            [Kind::IntegerOverflow],
            "{equation}"
        );
    }
    // Along the axis of extent 2 the sums stay in range.
    let short = on_rows("b:i32[3] = reduce_sum[axes=(0,) out_sharding=None] a");
    assert_eq!(kinds(&found(&short, &large), Certainty::Witnessed), []);
}

#[test]
fn an_epsilon_that_float16_rounds_to_zero_is_told() {
    let text = "{ lambda ; a:f16[3]. let b:f16[3] = abs a; c:f16[3] = add b 0.0:f16[]; d:f16[3] = div 1.0:f16[] c in (d,) }";
    let definite = kinds(&found(text, &[]), Certainty::Definite);
    assert_eq!(definite, [Kind::VanishedEpsilon]);
    assert_eq!(
        kinds(
            &found(&text.replace("0.0:f16", "0.001:f16"), &[]),
            Certainty::Definite
        ),
        []
    );
}

#[test]
fn numbers_that_nearly_agree_leave_rounding() {
    // cos x·cos 2x is 1 − 2.5 x² for small x, which float32 rounds to a few last digits below 1.
    let text = "{ lambda ; a:f32[]. let
    b:f32[] = cos a
    c:f32[] = mul 2.0:f32[] a
    d:f32[] = cos c
    e:f32[] = mul b d
    f:f32[] = sub 1.0:f32[] e
  in (f,) }";
    let hazards = found(text, &[]);
    assert_eq!(kinds(&hazards, Certainty::Witnessed), [Kind::Cancellation]);
    assert!(hazards[0].equation.starts_with("f:f32[] = sub"));
    // Differences of inputs are exact, and what their own rounding moves as much is nobody's fault.
    let centred = "{ lambda ; a:f32[4]. let
    b:f32[] = reduce_sum[axes=(0,) out_sharding=None] a
    c:f32[] = div b 4.0:f32[]
    d:f32[4] = sub a c
  in (d,) }";
    assert!(found(centred, &[]).is_empty());
}

#[test]
fn a_narrow_sum_stops_growing() {
    // 256 + 1 is 256 in bfloat16: 4096 ones add up to 256.
    let text = "{ lambda ; a:bf16[4096]. let
    b:bf16[] = scan[
      _split_transpose=False
      jaxpr={ lambda ; c:bf16[] d:bf16[]. let e:bf16[] = add c d in (e,) }
      length=4096
      linear=(False, False)
      num_carry=1
      num_consts=0
      reverse=False
      unroll=1
    ] 0.0:bf16[] a
  in (b,) }";
    assert_eq!(
        kinds(&found(text, &[]), Certainty::Witnessed),
        [Kind::Accumulation]
    );
    assert!(
        found(&text.replace("bf16", "f32"), &[]).is_empty(),
        "float32 adds 4096 of them"
    );
}

#[test]
fn a_row_that_is_masked_as_a_whole_is_told() {
    let text = "{ lambda ; a:f32[4] b:bool[4]. let
    low:f32[4] = broadcast_in_dim[broadcast_dimensions=() shape=(4,) sharding=None] -inf:f32[]
    c:f32[4] = select_n b low a
    d:f32[] = reduce_max[axes=(0,) out_sharding=None] c
    e:f32[4] = sub c d
    f:f32[4] = exp e
  in (f,) }";
    let hazards = found(text, &[]);
    assert_eq!(kinds(&hazards, Certainty::Witnessed), [Kind::OwnInfinity]);
    // Any finite number in place of the infinity helps.
    assert!(found(&text.replace("-inf", "-1e9"), &[]).is_empty());
}

#[test]
fn a_matrix_that_is_computed_may_have_no_root_and_one_that_is_given_is_up_to_the_caller() {
    let gram = "{ lambda ; a:f32[2,3]. let
    b:f32[3,3] = dot_general[
      dimension_numbers=(([0], [0]), ([], []))
      out_sharding=None
      precision=None
      preferred_element_type=float32
    ] a a
    c:f32[3,3] = cholesky[symmetrize_input=False] b
  in (c,) }";
    // XᵀX of two rows has rank two.
    assert_eq!(kinds(&found(gram, &[]), Certainty::Witnessed), [Kind::Domain]);
    let given = "{ lambda ; a:f32[3,3]. let
    b:f32[3,3] = transpose[permutation=(1, 0)] a
    c:f32[3,3] = add a b
    d:f32[3,3] = div c 2.0:f32[]
    e:f32[3,3] = cholesky[symmetrize_input=False] d
  in (e,) }";
    assert!(found(given, &[]).is_empty());
}

#[test]
fn integers_are_divided_by_zero_and_negated_without_a_word() {
    let divides = "{ lambda ; a:i32[]. let b:i32[] = sub a 20:i32[]; c:i32[] = div 7:i32[] b in (c,) }";
    assert_eq!(
        kinds(&found(divides, &[]), Certainty::Witnessed),
        [Kind::IntegerDivision]
    );
    let negates = "{ lambda ; a:i32[]. let b:i32[] = neg a in (b,) }";
    let least = Word::Between(-2_147_483_648.0, 0.0);
    assert_eq!(
        kinds(&found(negates, &[("a", least)]), Certainty::Witnessed),
        [Kind::IntegerOverflow]
    );
}

#[test]
fn check_saves_a_witness_that_eval_reads() {
    let folder = Folder::new(&[("std.jaxpr", DEVIATION)]);
    let ran = folder.run(&[
        "check",
        "--only",
        "hazard-domain",
        "--witness",
        "found",
        "std.jaxpr",
    ]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.out.contains("hazard-domain") && ran.out.contains("it happens with a = ["),
        "{}",
        ran.out
    );
    let ran = folder.run(&["eval", "--inputs", "found/std-0-hazard-domain.npz", "std.jaxpr"]);
    assert!(ran.code == 0 && ran.out.contains("nan"), "{}{}", ran.out, ran.err);
}

#[test]
fn what_is_said_of_inputs_is_checked() {
    let folder = Folder::new(&[("std.jaxpr", DEVIATION)]);
    let rows = [
        (["--range", "a=1"], "there is no `:`"),
        (["--range", "1:2"], "there is no name"),
        (["--range", "a=one:2"], "`one` is no number"),
        (["--range", "a=2:1"], "its ends are crossed"),
        (["--assume", "a=positiv"], "did you mean `positive`?"),
        (["--assume", "positive"], "there is no name"),
    ];
    for ([flag, value], message) in rows {
        let ran = folder.run(&["check", flag, value, "std.jaxpr"]);
        assert_eq!(ran.code, 2, "{value}: {}", ran.err);
        assert!(ran.err.contains(message), "{value}: {}", ran.err);
    }
}
