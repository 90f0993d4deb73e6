//! `split`, the one primitive of several results that lifting sees through: each of them is a slice.

use super::Lifter;
use super::block::Stand;
use super::nodes::NodeId;
use super::value::Lift;
use crate::ir::{Dim, EqnId, ParamValue, TypeId, ValueId};
use crate::schema::params::{axis, int_tuple};

impl Lifter<'_> {
    /// Notes what the outputs of `split` hold: slices of its operand, one behind another.
    pub(super) fn sections(&mut self, eqn: EqnId, outputs: &[ValueId], stand: Stand) -> Option<()> {
        let axis = axis(self.program, eqn)?;
        let &[atom] = self.program.inputs(eqn) else {
            return None;
        };
        let node = self.node(atom);
        let full = self.shape(node);
        let lift = atom.value().and_then(|value| self.lifts.get(&value).cloned());
        let changed = atom.value().is_some_and(|value| self.changed.contains(&value));
        let mut start = 0;
        for &output in outputs {
            let ty = self.program.values[output].ty;
            let extent = self.array(ty)?.shape.get(axis)?.size()?;
            let bounds = [start, start + extent];
            start += extent;
            let section = |lifter: &mut Self, node| lifter.section(node, &full, axis, bounds, ty);
            let own = section(self, node)?;
            let own_lift = match &lift {
                Some(lift) => Some(Lift {
                    mant: section(self, lift.mant)?,
                    scale: lift.scale.try_mapped(|node| section(self, node))?,
                    ..(**lift).clone()
                }),
                None => None,
            };
            match stand {
                Stand::Inside => self.hold(output, own, own_lift),
                Stand::Through => self.note_seen(output, own, own_lift, changed),
            }
        }
        Some(())
    }

    /// The elements between `bounds` along an axis.
    fn section(
        &mut self,
        node: NodeId,
        full: &[Dim],
        axis: usize,
        bounds: [u64; 2],
        ty: TypeId,
    ) -> Option<NodeId> {
        if self.as_number(node).is_some() {
            return Some(self.plain_number(node));
        }
        if self.is_constant_along(node, &[axis]) {
            let (base, map) = self.unviewed(node);
            return Some(self.view(base, &map, ty));
        }
        let sizes: Vec<u64> = full.iter().map(Dim::size).collect::<Option<_>>()?;
        let at = |which: usize| {
            let whole = |dim: usize| if which == 0 { 0 } else { sizes[dim] };
            let corner = (0..sizes.len()).map(|dim| if dim == axis { bounds[which] } else { whole(dim) });
            corner
                .map(|size| usize::try_from(size).ok())
                .collect::<Option<Vec<_>>>()
        };
        let given = [
            ("start_indices", int_tuple(&at(0)?)),
            ("limit_indices", int_tuple(&at(1)?)),
            ("strides", ParamValue::None),
        ];
        self.op_with("slice", &given, &[node], ty)
    }
}
