//! Products of mantissas: sums of exponentials cancel against themselves, and what is constant comes before a sum.

use super::Lifter;
use super::nodes::{Kind, NodeId};
use super::value::Lift;
use crate::ir::{ParamValue, TypeId};
use crate::schema::params::int_tuple;

/// A product of powers of expressions, times a number.
struct Product {
    number: f64,
    /// In the order in which they are met.
    factors: Vec<(NodeId, i64)>,
}

/// Mantissas of more factors than this are not looked at.
const FACTORS: usize = 12;

impl Lifter<'_> {
    /// `a·b`, where what cancels does.
    pub(super) fn times(&mut self, a: NodeId, b: NodeId, ty: TypeId) -> Option<NodeId> {
        match self.cancelled(a, b, 1, ty) {
            Some(product) => Some(product),
            None => self.mul(a, b, ty),
        }
    }

    /// `a/b`, where what cancels does.
    pub(super) fn over(&mut self, a: NodeId, b: NodeId, ty: TypeId) -> Option<NodeId> {
        match self.cancelled(a, b, -1, ty) {
            Some(quotient) => Some(quotient),
            None => self.div(a, b, ty),
        }
    }

    /// `a·b`, or `a/b` with `power` −1, if a sum of exponentials in one cancels against one in the other.
    ///
    /// Such a sum is above zero, so that `S·S⁻² = 1/S` holds wherever the program gives a number. Any other
    /// expression may be zero, and stays.
    fn cancelled(&mut self, a: NodeId, b: NodeId, power: i64, ty: TypeId) -> Option<NodeId> {
        if self.totals.is_empty() {
            return None;
        }
        let mut product = self.product_of(a, 1)?;
        let other = self.product_of(b, power)?;
        let is_total = |node| self.totals.contains(&self.unviewed(node).0);
        let cancels = |&(node, power): &(NodeId, i64)| {
            let same = product.factors.iter().find(|factor| factor.0 == node);
            same.is_some_and(|factor| factor.1 * power < 0) && is_total(node)
        };
        if !other.factors.iter().any(cancels) {
            return None;
        }
        product.number *= other.number;
        for (node, power) in other.factors {
            product.push(node, power);
        }
        self.multiplied(&product, ty)
    }

    /// Whether a mask among the factors of `a` was computed from the exponents of `b`, as in the gradient of a
    /// `where` that keeps large exponents out: what is zero is then not to be multiplied by ∞.
    pub(super) fn is_guarded(&mut self, a: &Lift, b: &Lift) -> bool {
        if !a.scale.is_zero() || b.scale.is_zero() || self.is_bounded(&b.scale) {
            return false;
        }
        let exponents: Vec<NodeId> = b
            .scale
            .terms()
            .iter()
            .map(|term| self.unviewed(term.0).0)
            .collect();
        let factors = self
            .product_of(a.mant, 1)
            .map(|product| product.factors)
            .unwrap_or_default();
        factors.into_iter().any(|(factor, _)| {
            let (base, _) = self.unviewed(factor);
            match self.operands_of(base, "select_n") {
                Some(&[mask, off, on]) => {
                    (self.as_number(off) == Some(0.0) || self.as_number(on) == Some(0.0))
                        && self.comes_from(mask, &exponents)
                }
                _ => false,
            }
        })
    }

    /// The numerator and the denominator of a mantissa, if it is a quotient.
    pub(super) fn fraction(&mut self, mant: NodeId, ty: TypeId) -> Option<(NodeId, NodeId)> {
        let product = self.product_of(mant, 1)?;
        let (above, below) = self.above_and_below(&product, ty)?;
        Some((above, below?))
    }

    /// The sum of mantissas over axes.
    pub(super) fn total(&mut self, mant: NodeId, axes: &[usize], full: TypeId, ty: TypeId) -> Option<NodeId> {
        let mut constant = Product::one();
        let mut varying = mant;
        if let Some(product) = self.product_of(mant, 1) {
            let (kept, rest) = product
                .factors
                .iter()
                .partition(|factor| self.is_constant_along(factor.0, axes));
            constant = Product {
                number: product.number,
                factors: kept,
            };
            if !constant.factors.is_empty() || constant.number != 1.0 {
                let rest = Product {
                    number: 1.0,
                    factors: rest,
                };
                varying = self.multiplied(&rest, full)?;
            }
        }
        for (factor, _) in &mut constant.factors {
            *factor = self.without(*factor, axes, ty);
        }
        let sum = self.plain_total(varying, axes, full, ty)?;
        let factors = self.multiplied(&constant, ty)?;
        self.times(sum, factors, ty)
    }

    fn plain_total(&mut self, mant: NodeId, axes: &[usize], full: TypeId, ty: TypeId) -> Option<NodeId> {
        let extents = self.array(full)?;
        let count = axes
            .iter()
            .map(|&axis| u32::try_from(extents.shape.get(axis)?.size()?).ok())
            .product::<Option<u32>>();
        if let (Some(number), Some(count)) = (self.as_number(mant), count) {
            return Some(self.number(number * f64::from(count), ty));
        }
        let mant = self.spread(mant, full);
        self.op_with("reduce_sum", &[("axes", int_tuple(axes))], &[mant], ty)
    }

    /// The number that a product of numbers is, as `−(−1)` in the gradient of a negated mean.
    pub(super) fn product_of_numbers(&mut self, node: NodeId) -> Option<f64> {
        let product = self.product_of(node, 1)?;
        product.factors.is_empty().then_some(product.number)
    }

    /// Whether an expression is made of numbers and sums of exponentials that are the same all along an axis, by products
    /// and quotients, and so is above zero.
    pub(super) fn is_one_total_along(&mut self, node: NodeId, axis: usize) -> bool {
        let Some(product) = self.product_of(node, 1) else {
            return false;
        };
        let is_total = |&(factor, _): &(NodeId, i64)| {
            self.totals.contains(&self.unviewed(factor).0) && self.is_constant_along(factor, &[axis])
        };
        product.number > 0.0 && product.factors.iter().all(is_total)
    }

    /// The factors of an expression to a power.
    fn product_of(&mut self, node: NodeId, power: i64) -> Option<Product> {
        let mut product = Product::one();
        let mut stack = vec![(node, power)];
        while let Some((node, power)) = stack.pop() {
            if let Some(number) = self.as_number(node) {
                product.number *= number.powi(i32::try_from(power).ok()?);
                continue;
            }
            let before = stack.len();
            self.push_parts(node, power, &mut stack, &mut product);
            if stack.len() == before {
                product.push(node, power);
            }
            if product.factors.len() + stack.len() > FACTORS {
                return None;
            }
        }
        product.number.is_finite().then_some(product)
    }

    /// Pushes what one expression is the product of, if it is one.
    fn push_parts(
        &mut self,
        node: NodeId,
        power: i64,
        stack: &mut Vec<(NodeId, i64)>,
        product: &mut Product,
    ) {
        let (base, map) = self.unviewed(node);
        let (base_ty, ty) = (self.nodes.ty(base), self.nodes.ty(node));
        if let Some(better) = self.improvement(base) {
            let better = self.aligned(better, base_ty);
            stack.push((self.view(better, &map, ty), power));
            return;
        }
        let Kind::Op {
            primitive,
            params,
            inputs,
        } = self.nodes.kind(base)
        else {
            return;
        };
        let (name, params, inputs) = (self.program.symbols.text(*primitive), *params, inputs.clone());
        let parts = match (name, &inputs[..]) {
            ("mul", &[a, b]) => vec![(b, power), (a, power)],
            ("div", &[a, b]) => vec![(b, -power), (a, power)],
            ("square", &[a]) => vec![(a, 2 * power)],
            ("neg", &[a]) => {
                if power % 2 != 0 {
                    product.number = -product.number;
                }
                vec![(a, power)]
            }
            ("integer_pow", &[a]) => {
                let y = self.program.symbols.get("y");
                match y.and_then(|y| self.program.params[params].get(y)) {
                    Some(&ParamValue::Int(y)) => vec![(a, y * power)],
                    _ => return,
                }
            }
            _ => return,
        };
        for (part, power) in parts {
            let part = self.aligned(part, base_ty);
            stack.push((self.view(part, &map, ty), power));
        }
    }

    /// What is computed in the place of an expression that the program computes, if it is another one.
    fn improvement(&self, node: NodeId) -> Option<NodeId> {
        let value = self.nodes.home(node)?.atom.value()?;
        self.improved
            .get(&value)
            .copied()
            .filter(|&better| better != node)
    }

    /// The expression of a product.
    fn multiplied(&mut self, product: &Product, ty: TypeId) -> Option<NodeId> {
        let (above, below) = self.above_and_below(product, ty)?;
        match below {
            Some(below) => self.op("div", &[above, below], ty),
            None => Some(above),
        }
    }

    /// The expressions of what a product multiplies by and of what it divides by, if it does.
    fn above_and_below(&mut self, product: &Product, ty: TypeId) -> Option<(NodeId, Option<NodeId>)> {
        let (above, below): (Vec<_>, Vec<_>) = product.factors.iter().partition(|factor| factor.1 > 0);
        let (number, one) = (self.number(product.number, ty), self.number(1.0, ty));
        let above = self.powers(number, &above, ty)?;
        let below = self.powers(one, &below, ty)?;
        Some((
            above,
            Some(below).filter(|&below| self.as_number(below) != Some(1.0)),
        ))
    }

    fn powers(&mut self, number: NodeId, factors: &[&(NodeId, i64)], ty: TypeId) -> Option<NodeId> {
        let mut product = None;
        for &&(node, power) in factors {
            let power = power.abs();
            let factor = match power {
                1 => node,
                _ => self.op_with("integer_pow", &[("y", ParamValue::Int(power))], &[node], ty)?,
            };
            product = Some(match product {
                Some(product) => self.op("mul", &[product, factor], ty)?,
                None => factor,
            });
        }
        match (product, self.as_number(number)) {
            (None, _) => Some(number),
            (Some(product), Some(1.0)) => Some(product),
            (Some(product), Some(-1.0)) => self.neg(product, ty),
            (Some(product), _) => self.op("mul", &[number, product], ty),
        }
    }
}

impl Product {
    fn one() -> Self {
        Self {
            number: 1.0,
            factors: Vec::new(),
        }
    }

    fn push(&mut self, node: NodeId, power: i64) {
        match self.factors.iter_mut().find(|factor| factor.0 == node) {
            Some(factor) => factor.1 += power,
            None => self.factors.push((node, power)),
        }
        self.factors.retain(|factor| factor.1 != 0);
    }
}
