//! One formula, several primitives: a `square` in a `match` stands for every way in which JAX prints a square.

use crate::rewrite::pattern::{ParamPattern, PatternNode, Variant};

/// The variant once for each spelling of each `square` in its pattern, `square` itself first.
///
/// `jnp.square(x)` prints `square x`, `x ** 2` prints `integer_pow[y=2] x` and `x * x` prints `mul x x`; `x ** 2.0`
/// prints `pow x 2.0`.
pub(super) fn spellings(variant: Variant) -> Vec<Variant> {
    let is_square =
        |node: &PatternNode| matches!(node, PatternNode::Eqn { primitive, .. } if primitive == "square");
    let squares: Vec<usize> = (0..variant.pattern.nodes.len())
        .filter(|&at| is_square(&variant.pattern.nodes[at]))
        .collect();
    squares.into_iter().fold(vec![variant], |variants, at| {
        variants
            .into_iter()
            .flat_map(|variant| respell(&variant, at))
            .collect()
    })
}

fn respell(variant: &Variant, at: usize) -> Vec<Variant> {
    let two = variant.pattern.nodes.len();
    [
        Spelling::Square,
        Spelling::IntegerPow,
        Spelling::Product,
        Spelling::Pow,
    ]
    .into_iter()
    .map(|spelling| {
        let mut variant = variant.clone();
        if let PatternNode::Eqn {
            primitive,
            params,
            operands,
            ..
        } = &mut variant.pattern.nodes[at]
        {
            match spelling {
                Spelling::Square => {}
                Spelling::IntegerPow => {
                    "integer_pow".clone_into(primitive);
                    params.push(("y".to_owned(), ParamPattern::Text("2".to_owned())));
                }
                // With one operand in a pattern, both of the equation are equal to it.
                Spelling::Product => "mul".clone_into(primitive),
                Spelling::Pow => {
                    "pow".clone_into(primitive);
                    operands.push(two);
                }
            }
        }
        if spelling == Spelling::Pow {
            variant.pattern.nodes.push(PatternNode::Number(2.0));
        }
        variant
    })
    .collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Square,
    IntegerPow,
    Product,
    Pow,
}
