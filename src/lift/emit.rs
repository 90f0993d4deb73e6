//! Equations for what is won, each at the place of the variable that it computes.

use rustc_hash::FxHashMap;

use super::decide::Wanted;
use super::nodes::{Kind, NodeId};
use super::{Lifted, Lifter};
use crate::edit::{Builder, CannotBuild, substitute, sweep, unread_outputs};
use crate::ir::{Atom, BlockId, Dim, EqnId, Id as _, ParamValue, Params, Symbol, TypeId, ValueId, VarName};
use crate::schema::params::int_tuple;
use crate::schema::{self, Operands};

/// An expression as an operand: whole, or with an extent of 1 along what it is constant along.
type Request = (NodeId, Form);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Whole,
    /// As an operand of an elementwise primitive, another operand of which is whole.
    Compact,
}

/// What has been written so far.
#[derive(Default)]
struct Written {
    atoms: FxHashMap<Request, Atom>,
    /// What was written for the variable at hand: looking through all for it would cost the square of their number.
    recent: Vec<Request>,
    eqns: Vec<EqnId>,
}

impl Lifter<'_> {
    /// Writes the equations of `wanted`, and drops what nobody reads any more.
    pub(super) fn emit(&mut self, block: BlockId, wanted: &[Wanted], done: &mut Vec<Lifted>) {
        let unread = unread_outputs(self.program, block, &mut self.uses);
        let old = std::mem::take(&mut self.program.blocks[block].eqns);
        let mut order = Vec::with_capacity(old.len() + 8 * wanted.len());
        let (mut written, mut substitutions) = (Written::default(), Vec::new());
        let mut wanted = wanted.iter().peekable();
        for (index, &eqn) in old.iter().enumerate() {
            let mut replaced = false;
            while let Some(found) = wanted.next_if(|found| found.index == index) {
                let Ok(substitution) = self.replace(found, &mut written) else {
                    // Later expressions may read what was written before it failed; the rest is swept.
                    order.append(&mut written.eqns);
                    continue;
                };
                self.detach(eqn, found.value, substitution.is_some());
                substitutions.extend(substitution.map(|atom| (found.value, atom)));
                replaced |= self.program.outputs(eqn).len() == 1;
                order.extend(&written.eqns);
                self.keep_notes(eqn, &written.eqns);
                done.push(Lifted {
                    block,
                    root: eqn,
                    eqns: std::mem::take(&mut written.eqns),
                });
            }
            match self.known_before(eqn, index) {
                Some(substitution) if !replaced => substitutions.push(substitution),
                _ if !replaced => order.push(eqn),
                _ => {}
            }
        }
        self.program.blocks[block].eqns = order;
        substitute(self.program, block, &substitutions);
        sweep(self.program, block, &unread, &mut self.uses);
    }

    /// For an equation that a rule has made, and whose result an earlier one has, what is to be read in its place.
    fn known_before(&self, eqn: EqnId, index: usize) -> Option<(ValueId, Atom)> {
        let &[output] = self.program.outputs(eqn) else {
            return None;
        };
        let node = self.held[output.index()].filter(|_| self.program.span(eqn).is_empty())?;
        let home = self.nodes.home(node)?;
        let earlier = home.position <= index as u32
            && self.program.atom_type_id(home.atom) == Some(self.program.values[output].ty);
        earlier.then_some((output, home.atom))
    }

    /// New equations carry the comments of the one that they stand for.
    fn keep_notes(&mut self, from: EqnId, eqns: &[EqnId]) {
        if let Some(&notes) = self.program.notes.get(&from) {
            self.program.notes.extend(eqns.iter().map(|&eqn| (eqn, notes)));
        }
    }

    /// Lets an equation with further outputs bind another variable than the one that is computed elsewhere now.
    fn detach(&mut self, eqn: EqnId, value: ValueId, is_substituted: bool) {
        let outputs = self.program.eqns[eqn].outputs.indices();
        if outputs.len() == 1 || is_substituted {
            return;
        }
        let ty = self.program.values[value].ty;
        let unread = self.program.add_value(VarName::UNDERSCORE, ty);
        for output in outputs {
            if self.program.results[output] == value {
                self.program.results[output] = unread;
            }
        }
    }

    /// Writes equations the last of which binds the variable, or says which operand is to be read in its place.
    fn replace(&mut self, wanted: &Wanted, written: &mut Written) -> Result<Option<Atom>, CannotBuild> {
        self.position = wanted.index as u32 + 1;
        let ty = self.program.values[wanted.value].ty;
        let node = self.spread(wanted.node, ty);
        if self.nodes.ty(node) != ty {
            return Err(CannotBuild::Argument);
        }
        written.recent.clear();
        let atom = self.write(node, written)?;
        let last = written.eqns.last().copied();
        let made = last.filter(|&eqn| atom == Atom::Value(self.program.outputs(eqn)[0]));
        let Some(eqn) = made else {
            return Ok(Some(atom));
        };
        let place = self.program.eqns[eqn].outputs.start as usize;
        self.program.results[place] = wanted.value;
        for request in &written.recent {
            if let Some(known) = written.atoms.get_mut(request).filter(|known| **known == atom) {
                *known = Atom::Value(wanted.value);
            }
        }
        Ok(None)
    }

    /// Writes the equations of an expression that are not there yet.
    fn write(&mut self, node: NodeId, written: &mut Written) -> Result<Atom, CannotBuild> {
        let mut stack = vec![(node, Form::Whole)];
        while let Some(&request) = stack.last() {
            if self.at_hand(request, written).is_some() {
                stack.pop();
                continue;
            }
            let missing: Vec<Request> = self
                .requests(request.0)
                .into_iter()
                .filter(|&request| self.at_hand(request, written).is_none())
                .collect();
            if missing.is_empty() {
                stack.pop();
                let atom = self.equation_of(request, written)?;
                written.atoms.insert(request, atom);
                written.recent.push(request);
            } else {
                stack.extend(missing.into_iter().rev());
            }
        }
        self.at_hand((node, Form::Whole), written)
            .ok_or(CannotBuild::Argument)
    }

    /// The operand that an expression is already.
    fn at_hand(&self, request: Request, written: &Written) -> Option<Atom> {
        let home = self.nodes.home(request.0);
        home.filter(|home| home.position < self.position)
            .map(|home| home.atom)
            .or_else(|| written.atoms.get(&request).copied())
            .or_else(|| written.atoms.get(&(request.0, Form::Whole)).copied())
    }

    /// The operands that the equation of an expression needs.
    fn requests(&self, node: NodeId) -> Vec<Request> {
        let inputs = self.nodes.inputs(node);
        let Kind::Op { primitive, .. } = self.nodes.kind(node) else {
            return inputs.iter().map(|&input| (input, Form::Whole)).collect();
        };
        let name = self.program.symbols.text(*primitive);
        let elementwise = schema::primitive(name).is_some_and(|row| row.operands == Operands::Elementwise);
        // Some operand must have the shape of the result.
        let is_view = |node: NodeId| matches!(self.nodes.kind(node), Kind::View { .. });
        let is_number = |node: NodeId| matches!(self.nodes.kind(node), Kind::Number(_));
        let whole = inputs
            .iter()
            .position(|&input| !is_view(input) && !is_number(input));
        let whole = whole.or_else(|| inputs.iter().position(|&input| is_view(input)));
        let repeats = |node: NodeId| match self.nodes.kind(node) {
            Kind::View { map, .. } => map.contains(&None),
            _ => false,
        };
        let form = |(at, &input): (usize, &NodeId)| {
            let compact = elementwise && name != "select_n" && repeats(input) && whole != Some(at);
            (input, if compact { Form::Compact } else { Form::Whole })
        };
        inputs.iter().enumerate().map(form).collect()
    }

    /// Writes the equation of an expression whose operands are there.
    fn equation_of(&mut self, request: Request, written: &mut Written) -> Result<Atom, CannotBuild> {
        let (node, form) = request;
        let requests = self.requests(node);
        let mut atoms = Vec::with_capacity(requests.len());
        for request in requests {
            atoms.push(self.at_hand(request, written).ok_or(CannotBuild::Argument)?);
        }
        let (kind, ty) = (self.nodes.kind(node).clone(), self.nodes.ty(node));
        let shape = self.shape(node);
        let mut builder = Builder::new(self.program, &mut self.memo, self.version);
        builder.eqns = std::mem::take(&mut written.eqns);
        let atom = match kind {
            Kind::Number(bits) => match builder.program.types[ty].dtype() {
                Some(dtype) => Ok(builder.literal(f64::from_bits(bits), dtype)),
                None => Err(CannotBuild::Argument),
            },
            Kind::Bound(atom) => Ok(atom),
            Kind::View { map, .. } => viewed(&mut builder, atoms[0], &map, &shape, form),
            Kind::Op {
                primitive, params, ..
            } => fitted(&mut builder, primitive, &mut atoms, ty, &shape)
                .map(|()| builder.push(primitive, params, &atoms, ty)),
        };
        written.eqns = builder.eqns;
        atom
    }
}

/// Brings operands to the shape and the mesh axes that the primitive wants them to have.
fn fitted(
    builder: &mut Builder<'_>,
    primitive: Symbol,
    atoms: &mut [Atom],
    ty: TypeId,
    shape: &[Dim],
) -> Result<(), CannotBuild> {
    // The cases of a choice have the shape of the result, and so have literals among them.
    if builder.program.symbols.text(primitive) == "select_n" {
        for atom in atoms.iter_mut().skip(1).filter(|atom| atom.literal().is_some()) {
            *atom = builder.broadcast(*atom, &[], shape.to_vec())?;
        }
    }
    vary_alike(builder, primitive, atoms, ty)
}

/// Between devices all operands of an elementwise primitive vary as its result does, or JAX refuses it.
fn vary_alike(
    builder: &mut Builder<'_>,
    primitive: Symbol,
    atoms: &mut [Atom],
    ty: TypeId,
) -> Result<(), CannotBuild> {
    let axes = |builder: &Builder<'_>, ty: TypeId| {
        let array = builder.program.types[ty].as_array();
        array.and_then(|array| array.manual_axes.clone())
    };
    let row = schema::primitive(builder.program.symbols.text(primitive));
    let elementwise = row.is_some_and(|row| row.operands == Operands::Elementwise);
    let Some(wanted) = axes(builder, ty).filter(|_| elementwise) else {
        return Ok(());
    };
    for atom in atoms {
        let own = builder.type_of(*atom).and_then(|own| axes(builder, own));
        if own.is_none() {
            *atom = builder.varying_as(*atom, Some(&wanted))?;
        }
    }
    Ok(())
}

/// Writes a view of an operand: extents of 1 dropped, dimensions put in order, then repeated.
fn viewed(
    builder: &mut Builder<'_>,
    base: Atom,
    map: &[Option<u8>],
    shape: &[Dim],
    form: Form,
) -> Result<Atom, CannotBuild> {
    let from: Vec<Dim> = builder
        .program
        .atom_type(base)
        .and_then(crate::ir::Type::shape)
        .map(<[Dim]>::to_vec)
        .ok_or(CannotBuild::Argument)?;
    let target: Vec<Dim> = shape
        .iter()
        .zip(map)
        .map(|(dim, from)| match from {
            None if form == Form::Compact => Dim::Size(1),
            _ => dim.clone(),
        })
        .collect();
    let used: Vec<usize> = map.iter().flatten().map(|&dim| usize::from(dim)).collect();
    let in_place = from.len() == shape.len()
        && map
            .iter()
            .enumerate()
            .all(|(at, dim)| dim.is_none_or(|dim| usize::from(dim) == at));
    if in_place {
        let dims: Vec<usize> = (0..from.len()).collect();
        return builder.broadcast(base, &dims, target);
    }
    let unused: Vec<usize> = (0..from.len()).filter(|dim| !used.contains(dim)).collect();
    let mut atom = base;
    if !unused.is_empty() {
        atom = with_param(builder, "squeeze", "dimensions", int_tuple(&unused), atom)?;
    }
    let mut order: Vec<usize> = used.clone();
    order.sort_unstable();
    let permutation: Vec<usize> = used
        .iter()
        .map(|dim| order.binary_search(dim).unwrap_or_default())
        .collect();
    if permutation.iter().enumerate().any(|(at, &dim)| at != dim) {
        atom = with_param(builder, "transpose", "permutation", int_tuple(&permutation), atom)?;
    }
    let dims: Vec<usize> = (0..map.len()).filter(|&at| map[at].is_some()).collect();
    builder.broadcast(atom, &dims, target)
}

fn with_param(
    builder: &mut Builder<'_>,
    name: &str,
    key: &str,
    value: ParamValue,
    operand: Atom,
) -> Result<Atom, CannotBuild> {
    let key = builder.program.symbols.intern(key);
    builder.eqn(name, Params(Box::new([(key, value)])), &[operand])
}
