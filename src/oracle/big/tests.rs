//! Every function against values from an independent library, and against itself at another precision.

use std::sync::LazyLock;

use super::elementary::{log, power};
use super::*;
use crate::interp::{Function, Pair, Triple};

/// A function by its name, its operands, and the value to 40 digits.
type Row = (String, Vec<String>, String);

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let text = include_str!("../../../fixtures/oracle/values.json");
    serde_json::from_str(text).expect("rows of names, operands and values")
});

const FUNCTIONS: &[(&str, Function)] = &[
    ("Acos", Function::Acos),
    ("Acosh", Function::Acosh),
    ("Asin", Function::Asin),
    ("Asinh", Function::Asinh),
    ("Atan", Function::Atan),
    ("Atanh", Function::Atanh),
    ("BesselI0e", Function::BesselI0e),
    ("BesselI1e", Function::BesselI1e),
    ("Cbrt", Function::Cbrt),
    ("Cos", Function::Cos),
    ("Cosh", Function::Cosh),
    ("Digamma", Function::Digamma),
    ("Erf", Function::Erf),
    ("ErfInv", Function::ErfInv),
    ("Erfc", Function::Erfc),
    ("Exp", Function::Exp),
    ("Exp2", Function::Exp2),
    ("Expm1", Function::Expm1),
    ("Lgamma", Function::Lgamma),
    ("Log", Function::Log),
    ("Log1p", Function::Log1p),
    ("Log2", Function::Log2),
    ("Logistic", Function::Logistic),
    ("Rsqrt", Function::Rsqrt),
    ("Sin", Function::Sin),
    ("Sinh", Function::Sinh),
    ("Sqrt", Function::Sqrt),
    ("Tan", Function::Tan),
    ("Tanh", Function::Tanh),
];

const PAIRS: &[(&str, Pair)] = &[
    ("Atan2", Pair::Atan2),
    ("Igamma", Pair::Igamma),
    ("Igammac", Pair::Igammac),
    ("IgammaGradA", Pair::IgammaGradA),
    ("Polygamma", Pair::Polygamma),
    ("Pow", Pair::Pow),
    ("RandomGammaGrad", Pair::RandomGammaGrad),
    ("Rem", Pair::Rem),
    ("Zeta", Pair::Zeta),
];

/// A double from Python's hexadecimal notation.
fn double(text: &str) -> f64 {
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |text| (-1.0, text));
    let (digits, exponent) = text
        .strip_prefix("0x")
        .and_then(|text| text.split_once('p'))
        .expect("a double");
    let digits = digits.replace('.', "");
    let significand = u64::from_str_radix(&digits, 16).expect("hexadecimal digits");
    let exponent: i64 = exponent.parse().expect("an exponent");
    let number = Big::from_integer(i128::from(significand)).shifted(i128::from(exponent) - 52);
    sign * number.to_f64()
}

/// A number in decimal notation.
fn decimal(text: &str) -> Big {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or((1, digits), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i128 = exponent.parse().expect("an exponent");
    let digit = |c: char| Big::int(i64::from(c.to_digit(10).expect("a digit")));
    let all = whole.chars().chain(fraction.chars());
    let number = all.fold(Big::int(0), |number, c| sum(&(number * Big::int(10)), &digit(c)));
    number * power(&Big::int(10), exponent - fraction.len() as i128) * Big::int(sign)
}

fn value<R: Real>(name: &str, operands: &[R]) -> R {
    match operands {
        [x] => {
            let known = FUNCTIONS.iter().find(|(known, _)| *known == name);
            x.map(known.expect("a function of one number").1)
        }
        [x, y] => {
            let known = PAIRS.iter().find(|(known, _)| *known == name);
            x.join(known.expect("a function of two numbers").1, y)
        }
        [x, y, z] => x.join_three(Triple::RegularizedIncompleteBeta, y, z),
        _ => panic!("{name} of {} operands", operands.len()),
    }
}

/// −log₂ of the relative difference, as many bits as agree.
fn agreeing_bits(found: &Big, expected: &Big) -> i128 {
    let difference = sum(found, &-expected.clone());
    match (difference.exponent(), expected.exponent()) {
        (Some(difference), Some(expected)) => expected - difference,
        _ if difference.is_zero() => i128::MAX,
        _ => i128::MIN,
    }
}

fn operands<R: Real>(row: &Row) -> Vec<R> {
    row.1.iter().map(|operand| R::from_f64(double(operand))).collect()
}

#[test]
fn functions_have_forty_digits_of_an_independent_library() {
    context::with_bits(256, || {
        for row in ROWS.iter() {
            let found = value(&row.0, &operands::<Big>(row));
            let bits = agreeing_bits(&found, &decimal(&row.2));
            assert!(bits >= 129, "{row:?}: {bits} bits agree");
        }
    });
}

#[test]
fn pairs_of_doubles_have_thirty_digits_of_it() {
    context::with_bits(super::super::double_double::BITS, || {
        for row in ROWS.iter() {
            let found = value(&row.0, &operands::<DoubleDouble>(row));
            let found = Big::of_parts(
                found.to_f64(),
                (found - Real::from_f64(found.to_f64())).to_f64(),
                0,
                false,
            );
            let expected = context::with_bits(256, || decimal(&row.2));
            if expected.exponent().is_some_and(|exponent| exponent.abs() < 900) {
                let bits = agreeing_bits(&found, &expected);
                assert!(bits >= 99, "{row:?}: {bits} bits agree");
            }
        }
    });
}

#[test]
fn functions_have_the_bits_that_are_asked_for() {
    for row in ROWS.iter() {
        let [narrow, wide] =
            [192, 320].map(|bits| context::with_bits(bits, || value(&row.0, &operands::<Big>(row))));
        let bits = context::with_bits(384, || agreeing_bits(&narrow, &wide));
        assert!(bits >= 188, "{row:?}: {bits} bits agree");
    }
}

#[test]
fn every_function_is_compared() {
    for name in FUNCTIONS
        .iter()
        .map(|row| row.0)
        .chain(PAIRS.iter().map(|row| row.0))
    {
        assert!(ROWS.iter().any(|row| row.0 == name), "{name}");
    }
}

#[test]
fn a_number_far_below_another_is_lost_and_that_is_known() {
    context::with_bits(128, || {
        let total = Big::int(1) + Big::from_f64(1e-300);
        assert!(!total.is_exact());
        assert_eq!(total.order(&Big::int(1)), Some(Ordering::Equal));
    });
}

#[test]
fn exponents_are_wide_enough_for_towers() {
    // ln exp exp 40 = exp 40; 1.4·exp 40 is an exponent of 58 bits.
    context::with_bits(256, || {
        let power = Big::int(40).map(Function::Exp);
        let tower = power.map(Function::Exp);
        assert!(agreeing_bits(&log(&tower), &power) > 250);
    });
}

#[test]
fn beyond_all_exponents_is_noted() {
    let tower = || Big::int(1000).map(Function::Exp).map(Function::Exp);
    let (tower, events, _) = context::observed(256, tower);
    assert_eq!(tower.to_f64(), f64::INFINITY);
    assert!(events.range);
}

#[test]
fn zeros_infinities_and_nan_follow_ieee() {
    let [zero, minus_zero, inf, nan, two] = [0.0, -0.0, f64::INFINITY, f64::NAN, 2.0].map(Big::from_f64);
    assert!((inf.clone() - inf.clone()).is_nan());
    assert!((zero.clone() * inf.clone()).is_nan());
    assert!((two.clone() / minus_zero.clone()).to_f64() == f64::NEG_INFINITY);
    assert!((minus_zero.clone() + minus_zero.clone()).is_sign_negative());
    assert!(!(two.clone() - two.clone()).is_sign_negative());
    assert!(nan.partial_cmp(&two).is_none());
    for base in [
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1.0,
        -1.0,
        -3.0,
        0.3,
    ] {
        for exponent in [
            0.0,
            -1.0,
            3.0,
            2.0,
            0.5,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ] {
            let found = Big::from_f64(base)
                .join(Pair::Pow, &Big::from_f64(exponent))
                .to_f64();
            let expected = base.powf(exponent);
            let agrees = found.is_nan() == expected.is_nan() && found.total_cmp(&expected).is_eq();
            assert!(
                agrees || found.is_nan() && expected.is_nan() || (found - expected).abs() < 1e-15,
                "{base}^{exponent}"
            );
        }
    }
}

#[test]
fn numbers_round_to_integers() {
    use Function::{Ceil, Floor, Round, RoundEven};
    for x in [
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        3.0,
        -7.25,
        0.0,
        -0.0,
        1e300,
        0.49999999999999994,
        1e-300,
        -1e-300,
    ] {
        for function in [Ceil, Floor, Round, RoundEven] {
            let found = Big::from_f64(x).map(function).to_f64();
            assert_eq!(found.to_bits(), x.map(function).to_bits(), "{function:?} {x}");
        }
    }
    for x in [0.0, 1.0, -1.0, 7.9, -7.9, 1e18, -1e30, 1e300, 0.3] {
        assert_eq!(Big::from_f64(x).to_integer(), x.to_integer(), "{x}");
    }
}

/// Abramowitz & Stegun, tables 1.1, 4.1–4.20 and 6.1, and the On-Line Encyclopedia of Integer Sequences (A001113,
/// A002117, A007680, A069286, A247847).
const PUBLISHED: &[(Function, f64, &str)] = &[
    (Function::Acos, 0.5, "1.04719755119659774615421446109"),
    (Function::Acosh, 2.0, "1.31695789692481670862504634731"),
    (Function::Asin, 0.5, "0.523598775598298873077107230547"),
    (Function::Asinh, 1.0, "0.881373587019543025232609324980"),
    (Function::Atan, 1.0, "0.785398163397448309615660845820"),
    (Function::Atanh, 0.5, "0.549306144334054845697622618461"),
    (Function::Cbrt, 2.0, "1.25992104989487316476721060728"),
    (Function::Cos, 1.0, "0.540302305868139717400936607443"),
    (Function::Cosh, 1.0, "1.54308063481524377847790562076"),
    (Function::Digamma, 1.0, "-0.577215664901532860606512090082"),
    (Function::Erf, 1.0, "0.842700792949714869341220635083"),
    (Function::Erfc, 1.0, "0.157299207050285130658779364917"),
    (Function::ErfInv, 0.5, "0.476936276204469873381418353643"),
    (Function::Exp, 1.0, "2.71828182845904523536028747135"),
    (Function::Exp2, 0.5, "1.41421356237309504880168872421"),
    (Function::Expm1, 1.0, "1.71828182845904523536028747135"),
    (Function::Lgamma, 0.5, "0.572364942924700087071713675677"),
    (Function::Log, 10.0, "2.30258509299404568401799145468"),
    (Function::Log1p, 1.0, "0.693147180559945309417232121458"),
    (Function::Log2, 10.0, "3.32192809488736234787031942949"),
    (Function::Rsqrt, 2.0, "0.707106781186547524400844362105"),
    (Function::Sin, 1.0, "0.841470984807896506652502321630"),
    (Function::Sinh, 1.0, "1.17520119364380145688238185060"),
    (Function::Sqrt, 2.0, "1.41421356237309504880168872421"),
    (Function::Tan, 1.0, "1.55740772465490223050697480746"),
    (Function::Tanh, 1.0, "0.761594155955764888119458282605"),
];

#[test]
fn functions_have_their_published_values() {
    context::with_bits(256, || {
        for &(function, x, published) in PUBLISHED {
            let found = Big::from_f64(x).map(function);
            let bits = agreeing_bits(&found, &decimal(published));
            // Thirty digits are 97 bits, of which the last digit is rounded.
            assert!(bits >= 96, "{function:?} {x}: {bits} bits agree");
        }
        let apery = Big::int(3).join(Pair::Zeta, &Big::int(1));
        assert!(agreeing_bits(&apery, &decimal("1.20205690315959428539973816151")) >= 96);
        let trigamma = Big::int(1).join(Pair::Polygamma, &Big::int(1));
        assert!(agreeing_bits(&trigamma, &decimal("1.64493406684822643647241516665")) >= 96);
    });
}
