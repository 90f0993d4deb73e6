//! Takes the logarithm of a determinant from the logarithms of the pivots, where the determinant itself is out of range.
//!
//! `find` recognizes a determinant by what is computed, `polynomial` those that are written out.

mod find;
mod polynomial;

use crate::analysis::{Definitions, Graph, Link, Node, SiteId, movement};
use crate::edit::{Builder, CannotBuild};
use crate::ir::{ArrayType, Atom, DType, Format, Program, Type, VarName};
use crate::rewrite::{NativeEdit, NativeRule, Place};

use find::{Determinant, determinant};

/// The rule.
pub(in crate::rules) struct LogDeterminant;

/// `log ?B(f(det A))` or `log ?B(f(|det A|))`, where `f` multiplies by positive constants and takes roots and reciprocals.
struct Found {
    determinant: Determinant,
    /// What moves the determinant, outermost first.
    views: Vec<Link>,
    magnitude: bool,
    /// `log f(x) = power·log x + offset`.
    power: f64,
    offset: f64,
}

/// Longer chains do not occur between a determinant and its logarithm.
const LONGEST: usize = 8;

impl NativeRule for LogDeterminant {
    fn name(&self) -> &'static str {
        "log-determinant"
    }

    fn roots(&self) -> &'static [&'static str] {
        &["log"]
    }

    fn apply(&self, program: &mut Program, definitions: &Definitions, place: &Place) -> Option<NativeEdit> {
        let found = find(&Graph::new(program, definitions), place)?;
        let Some(Type::Array(ty)) = program.atom_type(found.determinant.matrix) else {
            return None;
        };
        let ty = ty.clone();
        NativeEdit::of_root(program, place, |builder| {
            Writer { builder, ty }.replacement(&found)
        })
    }
}

fn find(graph: &Graph<'_>, place: &Place) -> Option<Found> {
    let mut node = graph.operand(place.root, SiteId::ROOT, 0)?;
    let (mut views, mut magnitude) = (Vec::new(), false);
    let (mut power, mut offset) = (1.0, 0.0);
    for _ in 0..=LONGEST {
        if let Some(determinant) = determinant(graph, node) {
            return Some(Found {
                determinant,
                views,
                magnitude,
                power,
                offset,
            });
        }
        let (eqn, site) = graph.equation(node).filter(|&(_, site)| site == SiteId::ROOT)?;
        let operand = |index| graph.operand(eqn, site, index);
        let positive = |index| {
            let constant = operand(index).and_then(|node| graph.constant(node));
            constant.filter(|&constant| constant > 0.0 && constant.is_finite())
        };
        let mut inner = operand(0)?;
        match graph.program.primitive(eqn) {
            "abs" => magnitude = true,
            "sqrt" => power *= 0.5,
            "rsqrt" => power *= -0.5,
            "mul" => {
                let (factor, other) = match (positive(0), positive(1)) {
                    (Some(factor), _) => (factor, operand(1)?),
                    (None, Some(factor)) => (factor, inner),
                    (None, None) => return None,
                };
                offset += power * factor.ln();
                inner = other;
            }
            "div" => match (positive(0), positive(1)) {
                (_, Some(divisor)) => offset -= power * divisor.ln(),
                (Some(dividend), None) => {
                    offset += power * dividend.ln();
                    power = -power;
                    inner = operand(1)?;
                }
                (None, None) => return None,
            },
            _ => {
                movement(graph.program, eqn)?;
                views.push(Link { eqn, site });
            }
        }
        node = inner;
    }
    None
}

struct Writer<'b, 'p> {
    builder: &'b mut Builder<'p>,
    /// The type of the matrix.
    ty: ArrayType,
}

impl Writer<'_, '_> {
    fn replacement(&mut self, found: &Found) -> Result<Atom, CannotBuild> {
        let mut result = self.sum_of_logs(found.determinant.matrix, found.magnitude)?;
        if let Some(computed) = found.determinant.exact {
            result = self.where_in_range(computed, found, result)?;
        }
        let dtype = self.ty.dtype;
        if found.power.to_bits() != 1f64.to_bits() {
            let power = self.builder.literal(found.power, dtype);
            result = self.builder.apply("mul", &[], &[power, result])?;
        }
        if found.offset != 0.0 {
            let offset = self.builder.literal(found.offset, dtype);
            result = self.builder.apply("add", &[], &[result, offset])?;
        }
        for link in found.views.iter().rev() {
            result = self.builder.again(link.eqn, result)?;
        }
        Ok(result)
    }

    /// `Σ log |uᵢᵢ|`, and unless the magnitude is asked for plus `log s` with the sign `s` of the determinant, which
    /// is 0, NaN or −inf.
    fn sum_of_logs(&mut self, matrix: Atom, magnitude: bool) -> Result<Atom, CannotBuild> {
        let (factors, pivots) = self.lu(matrix);
        let last = self.ty.rank() - 1;
        let mask = self.builder.diagonal_like(&self.ty)?;
        let mask = self.builder.stacked_like(&self.ty, mask)?;
        let zero = self.builder.filled_like(&self.ty, 0.0, self.ty.shape.to_vec())?;
        let diagonal = self.builder.apply("select_n", &[], &[mask, zero, factors])?;
        let diagonal = self.builder.reduce("reduce_sum", &[last], diagonal)?;
        let absolute = self.builder.apply("abs", &[], &[diagonal])?;
        let logs = self.builder.apply("log", &[], &[absolute])?;
        let sum = self.builder.reduce("reduce_sum", &[last - 1], logs)?;
        if magnitude {
            return Ok(sum);
        }
        // Each row that was exchanged changes the sign.
        let rows = self.builder.row_indices_like(&self.ty)?;
        let exchanged = self.builder.apply("ne", &[], &[pivots, rows])?;
        let (one, minus_one) = (
            self.builder
                .filled_like(&self.ty, 1.0, self.ty.shape[..last].to_vec())?,
            self.builder
                .filled_like(&self.ty, -1.0, self.ty.shape[..last].to_vec())?,
        );
        let parity = self
            .builder
            .apply("select_n", &[], &[exchanged, one, minus_one])?;
        let signs = self.builder.apply("sign", &[], &[diagonal])?;
        let signs = self.builder.apply("mul", &[], &[signs, parity])?;
        let sign = self.builder.reduce("reduce_prod", &[last - 1], signs)?;
        let sign = self.builder.apply("stop_gradient", &[], &[sign])?;
        let undefined = self.builder.apply("log", &[], &[sign])?;
        self.builder.apply("add", &[], &[sum, undefined])
    }

    /// The logarithm of the determinant as it was computed, where that is in range: it keeps its bits. So does that
    /// of a matrix with an infinity, of which elimination would make NaN.
    fn where_in_range(
        &mut self,
        computed: Atom,
        found: &Found,
        from_pivots: Atom,
    ) -> Result<Atom, CannotBuild> {
        let format = Format::arithmetic_of(self.ty.dtype).ok_or(CannotBuild::Argument)?;
        let value = if found.magnitude {
            self.builder.apply("abs", &[], &[computed])?
        } else {
            computed
        };
        let stopped = self.builder.apply("stop_gradient", &[], &[value])?;
        let smallest = self.builder.scalar_like(&self.ty, format.least)?;
        let large = self.builder.apply("gt", &[], &[stopped, smallest])?;
        let finite = self.builder.apply("is_finite", &[], &[stopped])?;
        let in_range = self.builder.apply("and", &[], &[large, finite])?;
        let infinite = self.has_infinity(found.determinant.matrix)?;
        let in_range = self.builder.apply("or", &[], &[in_range, infinite])?;
        let batch = self.ty.shape[..self.ty.rank() - 2].to_vec();
        let one = self.builder.filled_like(&self.ty, 1.0, batch)?;
        let safe = self.builder.apply("select_n", &[], &[in_range, one, value])?;
        let direct = self.builder.apply("log", &[], &[safe])?;
        self.builder
            .apply("select_n", &[], &[in_range, from_pivots, direct])
    }

    /// Whether an entry of the matrix is infinite or NaN.
    fn has_infinity(&mut self, matrix: Atom) -> Result<Atom, CannotBuild> {
        let last = self.ty.rank() - 1;
        let entries = self.builder.apply("stop_gradient", &[], &[matrix])?;
        let finite = self.builder.apply("is_finite", &[], &[entries])?;
        let finite = self.builder.reduce("reduce_and", &[last], finite)?;
        let finite = self.builder.reduce("reduce_and", &[last - 1], finite)?;
        self.builder.apply("not", &[], &[finite])
    }

    /// The factors and the pivots. The third result of `lu`, the permutation, says nothing more.
    fn lu(&mut self, matrix: Atom) -> (Atom, Atom) {
        let program = &mut *self.builder.program;
        let primitive = program.symbols.intern("lu");
        let params = program.params.intern(crate::ir::Params::default());
        let rows = program.types.intern(Type::Array(ArrayType {
            dtype: DType::Int32,
            shape: self.ty.shape[..self.ty.rank() - 1].into(),
            ..self.ty.clone()
        }));
        let factors = program.types.intern(Type::Array(self.ty.clone()));
        let outputs = [factors, rows, rows].map(|ty| program.add_value(VarName::UNDERSCORE, ty));
        let eqn = program.add_eqn(primitive, params, &[matrix], &outputs);
        self.builder.eqns.push(eqn);
        (Atom::Value(outputs[0]), Atom::Value(outputs[1]))
    }
}

/// The value of a node of the block that one looks at.
fn outside(graph: &Graph<'_>, node: Node) -> Option<Atom> {
    let node = graph.resolve(node);
    (node.site == SiteId::ROOT).then_some(node.atom)
}
