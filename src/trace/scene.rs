//! One evaluation of an equation: what happened to the elements of its results.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::link::{Birth, Link, Operand, Place, Step};
use super::number::{Tag, Tagged};
use super::recorder::{Record, is_calm};
use super::seen::Extent;
use crate::interp::{Data, Real, Tensor};
use crate::ir::{Atom, EqnId, Program};
use crate::schema::{Operands, primitive};

/// Elements of one output that are followed each on its own. The rest share the history of the last.
const FOLLOWED: usize = 16;

/// Histories that are followed from one output, over all the times its equation runs.
const MOST_ORIGINS: usize = 256;

/// Primitives that take some elements as they are and leave the others, which are masked then.
const CHOOSERS: &[&str] = &["select_n", "dynamic_slice", "gather", "slice", "clamp"];

/// One evaluation of an equation.
pub(super) struct Scene<'a> {
    pub(super) program: &'a Program,
    pub(super) eqn: EqnId,
    pub(super) inputs: &'a [Tensor<Tagged>],
    /// Whether its results come from equations inside it, which have recorded what happened.
    pub(super) transparent: bool,
    pub(super) place: Place,
}

/// What a link is about to be made of.
struct New {
    birth: Birth,
    parent: Option<usize>,
    output: usize,
    /// The place of the element.
    at: usize,
    value: f64,
}

impl Scene<'_> {
    /// Gives every element of an output that is to be followed its link.
    pub(super) fn record(
        &self,
        record: &mut Record,
        output: usize,
        tensor: Tensor<Tagged>,
    ) -> Tensor<Tagged> {
        let items = match tensor.data() {
            Data::Float(items) => items,
            Data::Complex(_) => {
                self.record_complex(record, output, &tensor);
                return tensor;
            }
            _ => return tensor,
        };
        let given = self.given();
        let mut followed = 0;
        let mut tagged = items.clone();
        for (at, item) in tagged.iter_mut().enumerate() {
            let bad = !item.value.is_finite();
            let done_inside = self.transparent && (item.tag.link().is_some() || !bad);
            if (!bad && item.tag == Tag::CLEAN) || done_inside {
                continue;
            }
            let Some(birth) = birth(record, item, given) else {
                item.tag = Tag::CLEAN;
                continue;
            };
            let complex = || self.complex_parent(record).filter(|_| bad);
            let parent = item.tag.link().or_else(complex);
            let from_complex = item.tag.link().is_none() && parent.is_some();
            let new = New {
                birth: if from_complex { Birth::Carried } else { birth },
                parent,
                output,
                at,
                value: item.value,
            };
            let link = self.link(record, &new, &tensor.shape, &mut followed);
            if bad {
                let value = self.program.outputs(self.eqn)[output];
                record.first.entry(value).or_insert(link);
            }
            item.tag = Tag::of_link(link);
        }
        Tensor::from_floats(tensor.dtype, &tensor.shape, tagged)
    }

    /// The link that stands for an element: one of its own for an origin, until there are too many of them.
    fn link(&self, record: &mut Record, new: &New, shape: &[usize], followed: &mut usize) -> usize {
        let root = match (new.birth, new.parent) {
            (Birth::Carried, Some(parent)) => Some(record.links[parent].root),
            _ => None,
        };
        let around = self.place.iter().map(|&(eqn, _)| eqn).collect();
        let key = (root, new.birth, self.eqn, new.output, around);
        let origins = record.counts.entry((self.eqn, new.output)).or_default();
        let alone = new.birth == Birth::Origin && *followed < FOLLOWED && *origins < MOST_ORIGINS;
        if let Some(&link) = record.known.get(&key).filter(|_| !alone) {
            record.links[link].elements += 1;
            return link;
        }
        if alone {
            *followed += 1;
            *origins += 1;
        }
        let link = self.push(record, new, shape);
        record.known.insert(key, link);
        link
    }

    fn push(&self, record: &mut Record, new: &New, shape: &[usize]) -> usize {
        let link = record.links.len();
        let operands = self.inputs.iter();
        let operands = operands.map(|input| operand(self.program, self.eqn, input, shape, new.at));
        record.links.push(Link {
            step: Step {
                eqn: self.eqn,
                place: self.place.clone(),
                birth: new.birth,
                output: new.output,
                index: position(shape, new.at),
                value: new.value,
                operands: operands.collect(),
            },
            parent: new.parent,
            root: match (new.birth, new.parent) {
                (Birth::Carried, Some(parent)) => record.links[parent].root,
                _ => link,
            },
            extents: match new.birth {
                Birth::Origin => self.inputs.iter().map(Extent::of).collect(),
                _ => Rc::default(),
            },
            elements: 1,
        });
        link
    }

    /// Whether an operand holds an infinity or NaN that was given, and if so whether a NaN.
    fn given(&self) -> Option<bool> {
        let items = self.inputs.iter().flat_map(floats);
        let given = items.filter(|item| item.tag == Tag::GIVEN);
        given.map(|item| item.value.is_nan()).max()
    }

    fn record_complex(&self, record: &mut Record, output: usize, tensor: &Tensor<Tagged>) {
        let Data::Complex(items) = tensor.data() else {
            return;
        };
        let Some(at) = items.iter().position(|item| !item.is_finite()) else {
            return;
        };
        let value = self.program.outputs(self.eqn)[output];
        let inside = || record.last_complex.filter(|_| self.transparent);
        let parent = self.float_parent(record).or_else(|| self.complex_parent(record));
        let parent = parent.or_else(inside);
        let link = match parent {
            Some(parent) if self.transparent => parent,
            _ => {
                let birth = if parent.is_some() {
                    Birth::Carried
                } else {
                    Birth::Origin
                };
                let part = if items[at].re.is_finite() {
                    items[at].im
                } else {
                    items[at].re
                };
                let new = New {
                    birth,
                    parent,
                    output,
                    at,
                    value: part,
                };
                self.link(record, &new, &tensor.shape, &mut 0)
            }
        };
        record.complex.insert(value, link);
        record.first.entry(value).or_insert(link);
        record.last_complex = Some(link);
    }

    /// The link of an element of an operand that is infinite or NaN.
    fn float_parent(&self, record: &Record) -> Option<usize> {
        let items = self.inputs.iter().flat_map(floats);
        let mut links = items.filter_map(|item| item.tag.link());
        links.find(|&link| record.is_bad(link))
    }

    /// The link of a complex operand that is infinite or NaN.
    fn complex_parent(&self, record: &Record) -> Option<usize> {
        let atoms = self.program.inputs(self.eqn).iter().zip(self.inputs);
        let mut bad = atoms.filter(|(_, input)| matches!(input.data(), Data::Complex(_)) && !is_calm(input));
        let (atom, _) = bad.next()?;
        let own = match atom {
            Atom::Value(value) => record.complex.get(value).copied(),
            Atom::Literal(_) => None,
        };
        own.or(record.last_complex)
    }

    /// Notes which histories end here, and which go on under another's name.
    pub(super) fn end(&self, record: &mut Record, outputs: &[Tensor<Tagged>]) {
        let links = outputs.iter().flat_map(floats).filter_map(|item| item.tag.link());
        let mut tips: Vec<usize> = links.collect();
        tips.sort_unstable();
        tips.dedup();
        let living: FxHashSet<usize> = tips.iter().flat_map(|&link| record.ancestors(link)).collect();
        let mut ended = FxHashSet::default();
        for input in self.inputs {
            for (at, item) in floats(input).iter().enumerate() {
                let Some(link) = item.tag.link().filter(|_| !item.value.is_finite()) else {
                    continue;
                };
                let root = record.links[link].root;
                if !living.contains(&root) && ended.insert(root) {
                    self.end_one(record, root, self.met(input, at, outputs));
                }
            }
        }
    }

    fn end_one(&self, record: &mut Record, root: usize, met: Option<usize>) {
        match met {
            Some(met) => {
                let met = record.links[met].root;
                record.joins.insert((root, met));
            }
            None => {
                let stops = record.stops.entry(root).or_default();
                if !stops.contains(&self.eqn) {
                    stops.push(self.eqn);
                }
            }
        }
    }

    /// The history of the result that an element went into, if that is infinite or NaN for another reason.
    fn met(&self, input: &Tensor<Tagged>, at: usize, outputs: &[Tensor<Tagged>]) -> Option<usize> {
        if CHOOSERS.contains(&self.program.primitive(self.eqn)) {
            return None;
        }
        let same = outputs.iter().find(|output| output.shape == input.shape);
        let result = match same {
            Some(output) => floats(output).get(at),
            None => outputs
                .iter()
                .flat_map(floats)
                .find(|item| !item.value.is_finite()),
        };
        result.filter(|item| !item.value.is_finite())?.tag.link()
    }
}

/// What happened to an element; nothing for a zero that is one.
fn birth(record: &Record, item: &Tagged, given: Option<bool>) -> Option<Birth> {
    let bad = !item.value.is_finite();
    if let Some(parent) = item.tag.link() {
        let parent = &record.links[parent];
        let was_given = record.links[parent.root].step.birth == Birth::Given;
        let first_nan = item.value.is_nan() && !parent.step.value.is_nan();
        let news = parent.step.value.is_finite() || (was_given && first_nan);
        return Some(if bad && news {
            Birth::Origin
        } else {
            Birth::Carried
        });
    }
    match (item.tag, given) {
        (Tag::LOST, _) if !bad => Some(Birth::Lost),
        (Tag::GIVEN, _) if !bad => None,
        // NaN out of infinities is news, even if the infinities were given.
        (Tag::GIVEN, Some(nan)) if nan || !item.value.is_nan() => Some(Birth::Given),
        _ => Some(Birth::Origin),
    }
}

/// The real elements of an array.
fn floats(tensor: &Tensor<Tagged>) -> &[Tagged] {
    match tensor.data() {
        Data::Float(items) => items,
        _ => &[],
    }
}

/// Whether an element of a result is made of the elements of the operands at its own place.
pub(super) fn is_elementwise(program: &Program, eqn: EqnId) -> bool {
    let name = program.primitive(eqn);
    primitive(name).is_some_and(|row| row.operands == Operands::Elementwise)
}

/// The element of an operand that went into an element of the result, where shapes tell.
pub(super) fn operand<R: Real>(
    program: &Program,
    eqn: EqnId,
    input: &Tensor<R>,
    shape: &[usize],
    at: usize,
) -> Operand {
    let place = match input.len() {
        1 => Some(0),
        _ if is_elementwise(program, eqn) => broadcast_place(shape, at, &input.shape),
        _ => None,
    };
    let element = place.and_then(|place| match input.data() {
        Data::Float(items) => items.get(place).map(Real::to_f64),
        Data::Bool(items) => items.get(place).map(|&item| f64::from(u8::from(item))),
        _ => None,
    });
    element.map_or_else(|| Operand::Array(Extent::of(input)), Operand::Element)
}

/// The place of the element that stands for another in an array that is broadcast along its axes of extent 1.
fn broadcast_place(shape: &[usize], at: usize, operand: &[usize]) -> Option<usize> {
    let index = position(shape, at);
    if operand.len() != shape.len() {
        return None;
    }
    let mut place = 0;
    for ((&extent, &own), index) in shape.iter().zip(operand).zip(index) {
        let index = if own == 1 { 0 } else { index };
        place = place * own + index;
        if own != 1 && own != extent {
            return None;
        }
    }
    Some(place)
}

/// The index of the element at a place.
pub(super) fn position(shape: &[usize], at: usize) -> Vec<usize> {
    let mut rest = at;
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&extent| {
            let here = rest % extent;
            rest /= extent;
            here
        })
        .collect();
    index.reverse();
    index
}
