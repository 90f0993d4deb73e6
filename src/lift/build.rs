//! Makes expressions, simplified as far as constants allow.

use super::Lifter;
use super::nodes::{Kind, NodeId, ViewMap};
use crate::ir::{ArrayType, DType, Dim, ParamValue, Params, Symbol, Type, TypeId, round_to};

impl Lifter<'_> {
    /// The array type of an expression.
    pub(super) fn array(&self, ty: TypeId) -> Option<&ArrayType> {
        self.program.types[ty].as_array()
    }

    /// Whether the extents and the dtype of an expression can be told: nothing is made of a type that nobody knows.
    pub(super) fn is_understood(&self, node: NodeId) -> bool {
        !matches!(self.program.types[self.nodes.ty(node)], Type::Other(_))
    }

    /// The extents of an expression.
    pub(super) fn shape(&self, node: NodeId) -> Vec<Dim> {
        let shape = self.program.types[self.nodes.ty(node)].shape();
        shape.map(<[Dim]>::to_vec).unwrap_or_default()
    }

    /// The array type like `ty` with another shape.
    pub(super) fn reshaped(&mut self, ty: TypeId, shape: &[Dim]) -> Option<TypeId> {
        let array = ArrayType {
            shape: shape.into(),
            ..self.array(ty)?.clone()
        };
        Some(self.program.types.intern(Type::Array(array)))
    }

    /// The array type like `ty` without the dimensions `axes`.
    pub(super) fn reduced(&mut self, ty: TypeId, axes: &[usize]) -> Option<TypeId> {
        let kept = self.array(ty)?.shape.iter().enumerate();
        let kept: Vec<Dim> = kept
            .filter(|(dim, _)| !axes.contains(dim))
            .map(|(_, dim)| dim.clone())
            .collect();
        self.reshaped(ty, &kept)
    }

    /// The array type like `ty` with another element type.
    pub(super) fn retyped(&mut self, ty: TypeId, dtype: DType) -> Option<TypeId> {
        let array = ArrayType {
            dtype,
            ..self.array(ty)?.clone()
        };
        Some(self.program.types.intern(Type::Array(array)))
    }

    /// A number of the element type of `ty`.
    pub(super) fn number(&mut self, value: f64, ty: TypeId) -> NodeId {
        let dtype = self.array(ty).map_or(DType::Float32, |array| array.dtype);
        let scalar = self.program.types.intern(Type::scalar(dtype));
        self.nodes
            .intern(Kind::Number(round_to(value, dtype).to_bits()), scalar)
    }

    /// The number that all elements of an expression equal.
    pub(super) fn as_number(&self, node: NodeId) -> Option<f64> {
        match self.nodes.kind(node) {
            Kind::Number(bits) => Some(f64::from_bits(*bits)),
            Kind::View { base, .. } => match self.nodes.kind(*base) {
                Kind::Number(bits) => Some(f64::from_bits(*bits)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The primitive that an expression is of others, and these.
    pub(super) fn operation(&self, node: NodeId) -> Option<(&str, &[NodeId])> {
        match self.nodes.kind(node) {
            Kind::Op {
                primitive, inputs, ..
            } => Some((self.program.symbols.text(*primitive), inputs)),
            _ => None,
        }
    }

    /// Whether an expression is the primitive `name` of others, and these.
    pub(super) fn operands_of(&self, node: NodeId, name: &str) -> Option<&[NodeId]> {
        self.operation(node)
            .filter(|(primitive, _)| *primitive == name)
            .map(|(_, inputs)| inputs)
    }

    /// A primitive of operands, with parameters by name; `None` if the release has no such primitive.
    pub(super) fn op_with(
        &mut self,
        name: &str,
        given: &[(&str, ParamValue)],
        inputs: &[NodeId],
        ty: TypeId,
    ) -> Option<NodeId> {
        let primitive = self.program.symbols.intern(name);
        let given = given
            .iter()
            .map(|(key, value)| (self.program.symbols.intern(key), value.clone()))
            .collect();
        let params = self
            .memo
            .params(self.program, primitive, self.version, Params(given))
            .ok()?;
        let inputs = inputs.into();
        let kind = Kind::Op {
            primitive,
            params,
            inputs,
        };
        Some(self.nodes.intern(kind, ty))
    }

    /// A primitive without parameters of operands.
    pub(super) fn op(&mut self, name: &str, inputs: &[NodeId], ty: TypeId) -> Option<NodeId> {
        let primitive = self.program.symbols.intern(name);
        let inputs = self.operands_alike(primitive, inputs.to_vec(), ty);
        self.op_with(name, &[], &inputs, ty)
    }

    /// Operands of an elementwise primitive, written in the one way in which equal equations are found equal.
    pub(super) fn operands_alike(
        &mut self,
        primitive: Symbol,
        inputs: Vec<NodeId>,
        ty: TypeId,
    ) -> Box<[NodeId]> {
        let name = self.program.symbols.text(primitive);
        let commutes = matches!(name, "add" | "mul" | "max" | "min");
        // JAX prints `mul 2.0 x` and `max x 0.0`.
        let numbers_last = matches!(name, "max" | "min");
        // The mask of a choice may be one for all elements.
        let skipped = usize::from(name == "select_n");
        let mut inputs = inputs;
        for input in inputs.iter_mut().skip(skipped) {
            *input = self.aligned(*input, ty);
        }
        let array = self
            .array(ty)
            .map(|array| array.dtype)
            .filter(|dtype| dtype.is_float());
        for input in &mut inputs {
            if let (Kind::Number(bits), Some(_)) = (self.nodes.kind(*input), array) {
                *input = self.number(f64::from_bits(*bits), ty);
            }
        }
        let is_number = |node: &NodeId| matches!(self.nodes.kind(*node), Kind::Number(_));
        if inputs.iter().all(is_number)
            && let Some(first) = inputs.first_mut()
        {
            *first = self.spread(*first, ty);
        }
        if commutes {
            inputs.sort_by_key(|&input| ((self.as_number(input).is_some() == numbers_last), input));
        }
        inputs.into()
    }

    /// A broadcast number as the number.
    pub(super) fn plain_number(&mut self, node: NodeId) -> NodeId {
        match self.nodes.kind(node) {
            Kind::View { base, .. } if matches!(self.nodes.kind(*base), Kind::Number(_)) => *base,
            _ => node,
        }
    }

    /// The elements of `base` along `map`, in the shape of `ty`.
    pub(super) fn view(&mut self, base: NodeId, map: &[Option<usize>], ty: TypeId) -> NodeId {
        if matches!(self.nodes.kind(base), Kind::Number(_)) {
            return base;
        }
        let (base, mut map): (NodeId, Vec<Option<u8>>) = match self.nodes.kind(base) {
            Kind::View { base, map: inner } => (
                *base,
                map.iter()
                    .map(|dim| dim.and_then(|dim| inner.get(dim).copied().flatten()))
                    .collect(),
            ),
            _ => (base, map.iter().map(|dim| dim.map(|dim| dim as u8)).collect()),
        };
        let from = self.shape(base);
        for dim in &mut map {
            // Along an extent of 1 there is nothing to run over.
            *dim = dim.filter(|&dim| {
                from.get(usize::from(dim))
                    .is_some_and(|dim| dim.size() != Some(1))
            });
        }
        let base_ty = self.nodes.ty(base);
        let target = self
            .array(ty)
            .map(|array| array.shape.to_vec())
            .unwrap_or_default();
        let kept = |(at, dim): (usize, &Dim)| {
            map.get(at).copied().flatten() == Some(at as u8) || dim.size() == Some(1)
        };
        if from == target && from.iter().enumerate().all(kept) {
            return base;
        }
        let Some(ty) = self.reshaped(base_ty, &target) else {
            return base;
        };
        let map: ViewMap = map.into();
        self.nodes.intern(Kind::View { base, map }, ty)
    }

    /// An operand of an elementwise primitive brought to the shape of `ty`.
    pub(super) fn aligned(&mut self, node: NodeId, ty: TypeId) -> NodeId {
        if self.as_number(node).is_some() {
            return self.plain_number(node);
        }
        let (from, to) = (self.shape(node), self.array(ty).map(|array| array.shape.to_vec()));
        let to = to.unwrap_or_default();
        if from == to {
            return node;
        }
        let map: Vec<Option<usize>> = (0..to.len())
            .map(|dim| (from.get(dim) == to.get(dim)).then_some(dim))
            .collect();
        self.view(node, &map, ty)
    }

    /// A number as an array of that type; any other expression as it is.
    pub(super) fn spread(&mut self, node: NodeId, ty: TypeId) -> NodeId {
        let node = self.plain_number(node);
        if !matches!(self.nodes.kind(node), Kind::Number(_)) {
            return node;
        }
        let (own, shape) = (
            self.nodes.ty(node),
            self.array(ty).map(|array| array.shape.clone()),
        );
        let shape = shape.unwrap_or_default();
        let Some(ty) = self.reshaped(own, &shape) else {
            return node;
        };
        let map = vec![None; shape.len()].into();
        self.nodes.intern(Kind::View { base: node, map }, ty)
    }

    /// What was reduced over axes, along these again.
    pub(super) fn spread_over(&mut self, node: NodeId, axes: &[usize], ty: TypeId) -> NodeId {
        let rank = self.array(ty).map_or(0, |array| array.shape.len());
        let mut kept = 0..;
        let map: Vec<Option<usize>> = (0..rank)
            .map(|dim| if axes.contains(&dim) { None } else { kept.next() })
            .collect();
        self.view(node, &map, ty)
    }

    /// Whether an expression has the same elements all along axes.
    pub(super) fn is_constant_along(&self, node: NodeId, axes: &[usize]) -> bool {
        let shape = self.shape(node);
        let (_, map) = self.unviewed(node);
        axes.iter().all(|&axis| {
            shape.get(axis).is_some_and(|dim| dim.size() == Some(1))
                || map.get(axis).is_some_and(Option::is_none)
        })
    }

    /// An expression that is constant along axes, without these.
    pub(super) fn without(&mut self, node: NodeId, axes: &[usize], ty: TypeId) -> NodeId {
        let (base, map) = self.unviewed(node);
        let map: Vec<Option<usize>> = map
            .into_iter()
            .enumerate()
            .filter(|(dim, _)| !axes.contains(dim))
            .map(|(_, from)| from)
            .collect();
        self.view(base, &map, ty)
    }

    /// `a·b`.
    pub(super) fn mul(&mut self, a: NodeId, b: NodeId, ty: TypeId) -> Option<NodeId> {
        match (self.as_number(a), self.as_number(b)) {
            (Some(a), Some(b)) => Some(self.number(a * b, ty)),
            (Some(1.0), None) => Some(b),
            (None, Some(1.0)) => Some(a),
            (Some(-1.0), None) => self.neg(b, ty),
            (None, Some(-1.0)) => self.neg(a, ty),
            _ => self.op("mul", &[a, b], ty),
        }
    }

    /// `a/b`.
    pub(super) fn div(&mut self, a: NodeId, b: NodeId, ty: TypeId) -> Option<NodeId> {
        match (self.as_number(a), self.as_number(b)) {
            (Some(a), Some(b)) if b != 0.0 => Some(self.number(a / b, ty)),
            (None, Some(1.0)) => Some(a),
            _ => self.op("div", &[a, b], ty),
        }
    }

    /// `a + b`.
    pub(super) fn add(&mut self, a: NodeId, b: NodeId, ty: TypeId) -> Option<NodeId> {
        match (self.as_number(a), self.as_number(b)) {
            (Some(a), Some(b)) => Some(self.number(a + b, ty)),
            (Some(0.0), None) => Some(b),
            (None, Some(0.0)) => Some(a),
            _ => self.op("add", &[a, b], ty),
        }
    }

    /// `a − b`.
    pub(super) fn sub(&mut self, a: NodeId, b: NodeId, ty: TypeId) -> Option<NodeId> {
        match (self.as_number(a), self.as_number(b)) {
            (Some(a), Some(b)) => Some(self.number(a - b, ty)),
            (Some(0.0), None) => self.neg(b, ty),
            (None, Some(0.0)) => Some(a),
            _ => self.op("sub", &[a, b], ty),
        }
    }

    /// `a + b`, printed as a difference where `b` is `−c`.
    pub(super) fn difference_or_sum(&mut self, a: NodeId, b: NodeId, ty: TypeId) -> Option<NodeId> {
        match self.operands_of(b, "neg") {
            Some(&[inner]) => self.sub(a, inner, ty),
            _ => self.add(a, b, ty),
        }
    }

    /// `−a`.
    pub(super) fn neg(&mut self, a: NodeId, ty: TypeId) -> Option<NodeId> {
        if let Some(a) = self.as_number(a) {
            return Some(self.number(-a, ty));
        }
        match self.operands_of(a, "neg") {
            Some(&[inner]) => Some(inner),
            _ => self.op("neg", &[a], ty),
        }
    }

    /// The larger of `a` and `b`.
    pub(super) fn max(&mut self, a: NodeId, b: NodeId, ty: TypeId) -> Option<NodeId> {
        match (self.as_number(a), self.as_number(b)) {
            (Some(a), Some(b)) => Some(self.number(a.max(b), ty)),
            _ if a == b => Some(a),
            _ => self.op("max", &[a, b], ty),
        }
    }

    /// `on_true` where `mask` holds, `on_false` elsewhere.
    pub(super) fn select(
        &mut self,
        mask: NodeId,
        on_false: NodeId,
        on_true: NodeId,
        ty: TypeId,
    ) -> Option<NodeId> {
        if on_false == on_true {
            return Some(on_true);
        }
        let cases = match self.operands_of(mask, "not") {
            Some(&[opposite]) => [opposite, on_true, on_false],
            _ => [mask, on_false, on_true],
        };
        self.op("select_n", &cases, ty)
    }

    /// For `select_n mask 0.0 c` with a number `c` that is not zero and a mask of the same shape: the mask and the number;
    /// for `select_n mask c 0.0` where the mask does not hold, and the number.
    pub(super) fn masked_number(&mut self, node: NodeId) -> Option<(NodeId, f64)> {
        let &[mask, off, on] = self.operands_of(node, "select_n")? else {
            return None;
        };
        if self.shape(mask) != self.shape(node) {
            return None;
        }
        match (self.as_number(off)?, self.as_number(on)?) {
            (0.0, number) if number != 0.0 => Some((mask, number)),
            (number, 0.0) if number != 0.0 => Some((self.op("not", &[mask], self.nodes.ty(mask))?, number)),
            _ => None,
        }
    }

    /// Where an expression is not zero, as a mask.
    pub(super) fn is_not_zero(&mut self, node: NodeId, ty: TypeId) -> Option<NodeId> {
        if let Some((mask, _)) = self.masked_number(node) {
            return Some(mask);
        }
        let mask = self.retyped(ty, DType::Bool)?;
        let zero = self.number(0.0, ty);
        self.op("ne", &[node, zero], mask)
    }
}
