//! Equations that move elements and change none.

use super::graph::{Graph, Node, SiteId};
use crate::ir::{Dim, EqnId, ParamValue, Program, Symbol};
use crate::schema::params::indices;
use crate::schema::{Moves, moves};

/// What an equation does with the elements of the operand that it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Movement {
    /// An index map between dimensions, and perhaps a conversion between float dtypes.
    View,
    /// Any other choice of elements: a slice, a gather.
    Move,
}

/// One equation of a chain, and the operand through which the chain goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The equation.
    pub eqn: EqnId,
    /// Where it stands.
    pub site: SiteId,
}

/// Whether [`movement`] may say of equations of a primitive that they only move elements.
pub(crate) fn may_move(primitive: &str) -> bool {
    primitive == "convert_element_type" || moves(primitive).is_some()
}

/// Whether an equation only moves the elements of its first operand.
pub(crate) fn movement(program: &Program, eqn: EqnId) -> Option<Movement> {
    match program.primitive(eqn) {
        "convert_element_type" => converts_floats(program, eqn).then_some(Movement::View),
        "reshape" => Some(if dims_map(program, eqn).is_some() {
            Movement::View
        } else {
            Movement::Move
        }),
        // The gradient of a broadcast prints sums over no axes.
        "reduce_sum" => match program.param(eqn, "axes") {
            Some(ParamValue::Tuple(axes)) if axes.is_empty() => Some(Movement::View),
            _ => None,
        },
        "gather" => gathers_elements(program, eqn).then_some(Movement::Move),
        primitive => match moves(primitive)? {
            Moves::Nowhere | Moves::Dimensions => Some(Movement::View),
            Moves::Elements => Some(Movement::Move),
        },
    }
}

fn converts_floats(program: &Program, eqn: EqnId) -> bool {
    let from = program
        .inputs(eqn)
        .first()
        .and_then(|&atom| program.atom_type(atom))
        .and_then(crate::ir::Type::dtype);
    let to = program
        .outputs(eqn)
        .first()
        .and_then(|&value| program.type_of(value).dtype());
    from.zip(to)
        .is_some_and(|(from, to)| from.is_float() && to.is_float())
}

/// A gather out of bounds fills with NaN unless it is told another number.
fn gathers_elements(program: &Program, eqn: EqnId) -> bool {
    matches!(program.param(eqn, "fill_value"), None | Some(ParamValue::None))
        || program.param(eqn, "fill_value").is_some_and(
            |value| matches!(value, ParamValue::Float(text) if program.symbols.text(*text) == "nan"),
        )
}

/// What stands at one place along first operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spine {
    /// A primitive that does not merely move elements.
    Primitive(Symbol),
    /// A sum over no axes, which could be taken for a sum or be left out.
    Anything,
}

/// Equations that are followed to see what a place is made of.
const REACH: usize = 24;

/// For each dimension of a result the dimension of the operand that it runs over, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexMap(pub Vec<Option<usize>>);

impl IndexMap {
    /// The map that moves nothing.
    pub fn identity(rank: usize) -> Self {
        Self((0..rank).map(Some).collect())
    }

    /// First `inner`, then this map.
    #[must_use]
    pub fn after(&self, inner: &Self) -> Self {
        Self(
            self.0
                .iter()
                .map(|dim| dim.and_then(|dim| inner.0.get(dim).copied().flatten()))
                .collect(),
        )
    }
}

impl Graph<'_> {
    /// What a node was before its equation moved the elements, if that is all it does.
    pub(crate) fn moved(&self, node: Node) -> Option<Node> {
        let (eqn, site) = self.equation(node)?;
        movement(self.program, eqn)?;
        self.operand(eqn, site, 0)
    }

    /// The primitives from `root` on along first operands, what moves elements left out; no more than `spine` has
    /// room for. It ends where a caller goes on.
    pub fn spine<'s>(&self, root: EqnId, site: SiteId, spine: &'s mut [Spine]) -> &'s [Spine] {
        let primitive = |eqn| Spine::Primitive(self.program.eqns[eqn].primitive);
        spine[0] = primitive(root);
        let mut found = 1;
        let mut node = self.operand(root, site, 0);
        for _ in 0..REACH {
            if found == spine.len() {
                break;
            }
            let Some((eqn, site)) = node.and_then(|node| self.equation(node)) else {
                break;
            };
            match movement(self.program, eqn) {
                None => {
                    spine[found] = primitive(eqn);
                    found += 1;
                }
                Some(_) if self.program.primitive(eqn) == "reduce_sum" => {
                    spine[found] = Spine::Anything;
                    found += 1;
                    break;
                }
                Some(_) => {}
            }
            node = self.operand(eqn, site, 0);
        }
        &spine[..found]
    }

    /// What the first two operands of `root` come from, what moves elements left out; `None` for inputs and literals.
    pub fn heads(&self, root: EqnId, site: SiteId) -> [Option<Spine>; 2] {
        [0, 1].map(|index| self.operand(root, site, index).and_then(|node| self.head(node)))
    }

    fn head(&self, node: Node) -> Option<Spine> {
        let mut node = node;
        // No pattern goes on through more links than this, nor does what is not said here rule anything out.
        for _ in 0..REACH {
            let (eqn, site) = self.equation(node)?;
            match movement(self.program, eqn) {
                None => return Some(Spine::Primitive(self.program.eqns[eqn].primitive)),
                Some(_) if self.program.primitive(eqn) == "reduce_sum" => return Some(Spine::Anything),
                Some(_) => node = self.operand(eqn, site, 0)?,
            }
        }
        Some(Spine::Anything)
    }

    /// Whether a chain puts what was reduced from `x` over `axes` back, each kept dimension where it was.
    ///
    /// A statement about the index map, never about shapes: on a square matrix a test of shapes is wrong.
    pub fn puts_back(&self, chain: &[Link], x: Node, axes: &[usize]) -> Option<bool> {
        let shape = self.type_of(x)?.shape()?;
        let kept: Vec<usize> = (0..shape.len()).filter(|dim| !axes.contains(dim)).collect();
        if kept.is_empty() {
            return Some(true);
        }
        let map = self.index_map(chain, kept.len())?.0;
        if map.len() != shape.len() {
            return Some(false);
        }
        Some(map.iter().enumerate().all(|(dim, &from)| {
            let extent_one = shape[dim] == Dim::Size(1);
            match kept.iter().position(|&kept| kept == dim) {
                Some(at) => from == Some(at) || (from.is_none() && extent_one),
                None => from.is_none(),
            }
        }))
    }

    /// The index map of a chain of views, outermost link first; `rank` is that of the value behind the chain.
    pub fn index_map(&self, chain: &[Link], rank: usize) -> Option<IndexMap> {
        let mut map = IndexMap::identity(rank);
        for link in chain.iter().rev() {
            map = dims_map(self.program, link.eqn)?.after(&map);
        }
        Some(map)
    }
}

/// The index map of an equation that rearranges and repeats elements, and does nothing else to them.
pub(crate) fn rearrangement(program: &Program, eqn: EqnId) -> Option<IndexMap> {
    let rearranges = match program.primitive(eqn) {
        "reduce_sum" => movement(program, eqn).is_some(),
        primitive => moves(primitive) == Some(Moves::Dimensions),
    };
    rearranges.then(|| dims_map(program, eqn)).flatten()
}

/// The index map of one view. A dimension of extent 1 that is broadcast runs over nothing.
fn dims_map(program: &Program, eqn: EqnId) -> Option<IndexMap> {
    let operand = match program.atom_type(*program.inputs(eqn).first()?) {
        Some(ty) => ty.shape()?,
        // A literal that an old release printed without its type is a scalar.
        None => &[],
    };
    let result = program.type_of(*program.outputs(eqn).first()?).shape()?;
    match program.primitive(eqn) {
        "broadcast_in_dim" => {
            let dims = match program.param(eqn, "broadcast_dimensions") {
                Some(value) => indices(&program.symbols, value)?,
                None => Vec::new(),
            };
            let mut map = vec![None; result.len()];
            for (from, &to) in dims.iter().enumerate() {
                *map.get_mut(to)? = (operand.get(from)? == result.get(to)?).then_some(from);
            }
            Some(IndexMap(map))
        }
        "transpose" => {
            let dims = indices(&program.symbols, program.param(eqn, "permutation")?)?;
            Some(IndexMap(dims.into_iter().map(Some).collect()))
        }
        "squeeze" | "reshape" | "expand_dims" => reshape_map(operand, result),
        _ => (operand.len() == result.len()).then(|| IndexMap::identity(operand.len())),
    }
}

/// A reshape that only adds and drops dimensions of extent 1.
fn reshape_map(operand: &[Dim], result: &[Dim]) -> Option<IndexMap> {
    let mut from = operand
        .iter()
        .enumerate()
        .filter(|(_, dim)| dim.size() != Some(1));
    let mut map = Vec::with_capacity(result.len());
    for dim in result {
        map.push(match dim.size() {
            Some(1) => None,
            _ => {
                let (index, extent) = from.next()?;
                if extent != dim {
                    return None;
                }
                Some(index)
            }
        });
    }
    from.next().is_none().then_some(IndexMap(map))
}
