//! What the indices of a reference equation choose: `[b,0,2:5,:]`, `{reshape([2, 3])}[0]`.

use crate::interp::real::Real;
use crate::interp::tensor::{Tensor, each_index, elements, places, strides};
use crate::ir::{IndexPart, Symbols};

/// The places of the chosen elements among those that the reference holds, and their shape.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) shape: Vec<usize>,
    pub(super) places: Vec<usize>,
}

/// What stands for an operand in the text of the indices.
const OPERAND: &str = "$";

/// The index of one axis.
enum Index {
    /// As many places from a start on.
    Slice(usize, usize),
    /// The places in an array of this shape.
    Chosen(Vec<usize>, Vec<usize>),
}

impl View {
    /// `None` if the indices cannot be read or lie outside.
    pub(super) fn of<R: Real>(
        held: &[usize],
        symbols: &Symbols,
        parts: &[IndexPart],
        operands: &[Tensor<R>],
    ) -> Option<Self> {
        let text = |part: &IndexPart| match part {
            IndexPart::Text(text) => symbols.text(*text),
            IndexPart::Operand => OPERAND,
        };
        let text: String = parts.iter().map(text).collect();
        let mut operands = operands.iter();
        let mut view = Self {
            shape: held.to_vec(),
            places: (0..elements(held)).collect(),
        };
        let mut rest = text.as_str();
        while let Some(open) = rest.chars().next() {
            let close = if open == '[' { ']' } else { '}' };
            // The brackets of a shape stand inside the braces.
            let (inside, after) = rest[1..].split_once(close)?;
            view = match open {
                '[' => view.indexed(inside, &mut operands)?,
                _ => view.transformed(inside)?,
            };
            rest = after;
        }
        Some(view)
    }

    /// Whether it is all that is held, in the same order.
    pub(super) fn is_whole(&self, held: &[usize]) -> bool {
        elements(held) == self.places.len() && self.places.iter().enumerate().all(|(at, &place)| at == place)
    }

    fn transformed(self, text: &str) -> Option<Self> {
        let (name, arguments) = text.strip_suffix(')')?.split_once('(')?;
        let numbers = arguments.trim_matches(['[', ']', '(', ')']).split(',');
        let numbers = numbers.map(str::trim).filter(|number| !number.is_empty());
        let numbers: Vec<usize> = numbers.map(|number| number.parse().ok()).collect::<Option<_>>()?;
        match name {
            "reshape" if elements(&numbers) == self.places.len() => Some(Self {
                shape: numbers,
                ..self
            }),
            "transpose" if numbers.len() == self.shape.len() => {
                let own = strides(&self.shape);
                let steps: Vec<usize> = numbers
                    .iter()
                    .map(|&axis| own.get(axis).copied())
                    .collect::<Option<_>>()?;
                let shape: Vec<usize> = numbers.iter().map(|&axis| self.shape[axis]).collect();
                Some(self.picked(&places(&shape, 0, &steps), shape))
            }
            _ => None,
        }
    }

    fn picked(&self, chosen: &[usize], shape: Vec<usize>) -> Self {
        Self {
            places: chosen.iter().map(|&at| self.places[at]).collect(),
            shape,
        }
    }

    /// Arrays among the indices go together, as in numpy: their axes come where the first of them stands, or first if
    /// a slice stands between them.
    fn indexed<'a, R: Real>(
        self,
        text: &str,
        operands: &mut impl Iterator<Item = &'a Tensor<R>>,
    ) -> Option<Self> {
        let mut indices = Vec::new();
        for index in text.split(',').map(str::trim).filter(|index| !index.is_empty()) {
            if index == "..." {
                indices.extend(
                    self.shape[indices.len()..]
                        .iter()
                        .map(|&size| Index::Slice(0, size)),
                );
            } else {
                let size = *self.shape.get(indices.len())?;
                indices.push(Index::read(index, size, operands)?);
            }
        }
        indices.extend(
            self.shape
                .get(indices.len()..)?
                .iter()
                .map(|&size| Index::Slice(0, size)),
        );
        let is_chosen = |index: &Index| matches!(index, Index::Chosen(..));
        let joint: &[usize] = indices
            .iter()
            .filter_map(|index| match index {
                Index::Chosen(shape, _) => Some(shape.as_slice()),
                Index::Slice(..) => None,
            })
            .max_by_key(|shape| shape.len())
            .unwrap_or_default();
        let first = indices.iter().position(is_chosen).unwrap_or(0);
        let last = indices.iter().rposition(is_chosen).unwrap_or(0);
        let are_together = indices[first..=last.min(indices.len().saturating_sub(1))]
            .iter()
            .all(is_chosen);
        let position = if are_together { first } else { 0 };
        let mut shape: Vec<usize> = indices
            .iter()
            .filter_map(|index| match index {
                Index::Slice(_, size) => Some(*size),
                Index::Chosen(..) => None,
            })
            .collect();
        shape.splice(position..position, joint.iter().copied());
        let own = strides(&self.shape);
        let mut chosen = Some(Vec::with_capacity(elements(&shape)));
        each_index(&shape, |at| {
            let place = place(&indices, at, position, joint, &own);
            chosen = chosen.take().zip(place).map(|(mut chosen, place)| {
                chosen.push(place);
                chosen
            });
        });
        Some(self.picked(&chosen?, shape))
    }
}

/// The place of one element of the result.
fn place(indices: &[Index], at: &[usize], position: usize, joint: &[usize], own: &[usize]) -> Option<usize> {
    let inside = &at[position..position + joint.len()];
    let mut slices = at[..position].iter().chain(&at[position + joint.len()..]);
    let mut place = 0;
    for (index, step) in indices.iter().zip(own) {
        let along = match index {
            Index::Slice(start, _) => start + slices.next()?,
            Index::Chosen(shape, values) => {
                // Arrays of fewer axes, or of extent 1, stand for all.
                let missing = joint.len() - shape.len();
                let steps = strides(shape);
                let own = inside[missing..].iter().zip(shape).zip(steps);
                let at: usize = own
                    .map(|((&at, &size), step)| if size == 1 { 0 } else { at * step })
                    .sum();
                *values.get(at)?
            }
        };
        place += along * step;
    }
    Some(place)
}

impl Index {
    fn read<'a, R: Real>(
        text: &str,
        size: usize,
        operands: &mut impl Iterator<Item = &'a Tensor<R>>,
    ) -> Option<Self> {
        let mut number = |text: &str| match text {
            OPERAND => {
                let index = operands.next()?;
                super::gather::within(index.int(0)?, size).into()
            }
            text => text.parse().ok(),
        };
        if let Some((start, stop)) = text.split_once(':') {
            let from = if start.is_empty() { 0 } else { number(start)? };
            let count = match stop.split_once('+') {
                // `b:b+2` names the start again.
                Some((again, count)) => {
                    number(again)?;
                    number(count)?
                }
                None if stop.is_empty() => size.checked_sub(from)?,
                None => number(stop)?.checked_sub(from)?,
            };
            // As with `dynamic_slice`, a slice that would reach over the end is moved inside.
            let room = size.checked_sub(count)?;
            return Some(Self::Slice(from.min(room), count));
        }
        if text != OPERAND {
            let at: usize = text.parse().ok().filter(|&at| at < size)?;
            return Some(Self::Chosen(Vec::new(), vec![at]));
        }
        let array = operands.next()?;
        let room = size.checked_sub(1)?;
        let at = |place: usize| Some(super::gather::within(array.int(place)?, room));
        let values: Vec<usize> = (0..array.len()).map(at).collect::<Option<_>>()?;
        Some(Self::Chosen(array.shape.clone(), values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::DType;

    fn view(held: &[usize], text: &str, operands: &[Tensor]) -> Option<View> {
        let mut symbols = Symbols::default();
        let mut parts = Vec::new();
        for (at, piece) in text.split('$').enumerate() {
            if at > 0 {
                parts.push(IndexPart::Operand);
            }
            parts.push(IndexPart::Text(symbols.intern(piece)));
        }
        View::of(held, &symbols, &parts, operands)
    }

    fn ints(shape: &[usize], items: &[i128]) -> Tensor {
        Tensor::from_ints(DType::Int32, shape, items.iter().copied())
    }

    #[test]
    fn indices_choose_as_in_numpy() {
        let places = |text: &str, operands: &[Tensor]| view(&[2, 3], text, operands).map(|view| view.places);
        assert_eq!(places("[...]", &[]), Some((0..6).collect()));
        assert_eq!(places("[1,1:]", &[]), Some(vec![4, 5]));
        assert_eq!(places("[:,$]", &[ints(&[], &[2])]), Some(vec![2, 5]));
        let twice = [ints(&[], &[1]), ints(&[], &[1])];
        assert_eq!(places("[:,$:$+2]", &twice), Some(vec![1, 2, 4, 5]));
        let arrays = [ints(&[2], &[0, 1]), ints(&[2], &[2, 0])];
        assert_eq!(places("[$,$]", &arrays), Some(vec![2, 3]));
        assert_eq!(places("[7,0]", &[]), None);
    }

    #[test]
    fn arrays_apart_come_first() {
        let arrays = [ints(&[2], &[0, 1]), ints(&[2], &[1, 0])];
        let view = view(&[2, 3, 2], "[$,:,$]", &arrays).expect("readable");
        assert_eq!(view.shape, [2, 3]);
        assert_eq!(view.places, [1, 3, 5, 6, 8, 10]);
    }

    #[test]
    fn a_reference_is_seen_in_another_shape() {
        let reshaped = view(&[6], "{reshape([2, 3])}[1]", &[]).expect("readable");
        assert_eq!((reshaped.shape, reshaped.places), (vec![3], vec![3, 4, 5]));
        let turned = view(&[2, 3], "{transpose([1, 0])}[0]", &[]).expect("readable");
        assert_eq!(turned.places, [0, 3]);
    }
}
