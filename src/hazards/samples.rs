//! Inputs to try: strata of the ranges first, then mixtures of them, numbers that lie close together, and noise.

use super::random::Random;
use crate::analysis::ranges::Range;
use crate::interp::{Implementation, Inputs, Key, Tensor, layout};
use crate::ir::{DType, DTypeClass, Program, Type, ValueId};

/// What inputs look like and where they lie.
pub(super) struct Sampler {
    slots: Vec<Slot>,
    random: Random,
}

struct Slot {
    dtype: DType,
    shape: Vec<usize>,
    /// The implementation, if these are keys.
    keys: Option<Implementation>,
    /// Numbers worth trying, the most telling first.
    strata: Vec<f64>,
    range: Range,
}

/// Tried first, those of them that lie in the range; its ends are tried before them.
const STRATA: [f64; 12] = [
    0.0, 1.0, -1.0, 20.0, -20.0, 0.5, 1e-3, -1e-3, 90.0, -90.0, 5.0, 3.0,
];
/// Integers of inputs are counts, indices and flags: the smallest are tried first, extents behind them, then these.
const SMALL: [f64; 4] = [0.0, 1.0, -1.0, 2.0];
const LARGER: [f64; 5] = [20.0, -20.0, 3.0, -2.0, 7.0];
/// So many extents of a program are tried.
const EXTENTS: usize = 4;

impl Sampler {
    /// For the inputs of a program; `None` if one of them is no array that the interpreter knows.
    pub(super) fn new(program: &Program, inputs: &[(ValueId, Range)]) -> Option<Self> {
        let extents = extents(program);
        let slot = |&(value, range): &(ValueId, Range)| {
            let ty = program.type_of(value);
            let (dtype, shape) = layout(ty)?;
            (dtype.class() != DTypeClass::Complex).then(|| Slot {
                dtype,
                shape,
                keys: match ty {
                    Type::Key { implementation, .. } => Implementation::from_name(implementation),
                    _ => None,
                },
                strata: if dtype.is_float() {
                    strata(range, STRATA)
                } else {
                    let larger = extents.iter().copied().chain(LARGER);
                    strata(range, SMALL.into_iter().chain(larger))
                },
                range,
            })
        };
        Some(Self {
            slots: inputs.iter().map(slot).collect::<Option<_>>()?,
            random: Random::new(0),
        })
    }

    /// The sample of a round.
    pub(super) fn sample(&mut self, round: usize) -> Inputs {
        let longest = self.slots.iter().map(|slot| slot.strata.len()).max().unwrap_or(1);
        let random = &mut self.random;
        let tensor = |slot: &Slot| {
            if round < longest {
                let stratum = slot.strata[round % slot.strata.len()];
                return slot.tensor(|_| stratum, random);
            }
            let base = slot.strata[random.below(slot.strata.len())];
            match random.below(5) {
                0 => slot.tensor(|_| base, random),
                // Numbers of which differences cancel.
                1 => slot.tensor(|random| base * (1.0 + 1e-3 * random.unit()), random),
                2 => {
                    let count = slot.strata.len();
                    slot.tensor(|random| slot.strata[random.below(count)], random)
                }
                3 => slot.tensor(|random| if random.below(3) == 0 { base } else { 0.0 }, random),
                _ => slot.tensor(
                    |random| slot.range.low + random.unit() * (slot.range.high - slot.range.low),
                    random,
                ),
            }
        };
        Inputs {
            inputs: self.slots.iter().map(tensor).collect(),
            ..Inputs::default()
        }
    }

    /// The sample of a round, of numbers whose differences cancel, that functions hardly move or hardly tell apart.
    pub(super) fn near(&mut self, round: usize) -> Inputs {
        const AROUND: [(f64, f64); 6] = [
            (1e-3, 1.0),
            (50.0, 1e-4),
            (20.0, 0.1),
            (1.0, 1e-3),
            (0.1, 0.0),
            (-20.0, 0.1),
        ];
        let (base, spread) = AROUND[round % AROUND.len()];
        let random = &mut self.random;
        let tensor = |slot: &Slot| slot.tensor(|random| base * (1.0 + spread * random.unit()), random);
        Inputs {
            inputs: self.slots.iter().map(tensor).collect(),
            ..Inputs::default()
        }
    }

    /// An input with one number everywhere, if it may be that.
    pub(super) fn filled(&mut self, index: usize, number: f64) -> Option<Tensor> {
        let slot = &self.slots[index];
        let may_be = slot.keys.is_none() && slot.range.contains(number);
        may_be.then(|| slot.tensor(|_| number, &mut self.random))
    }
}

/// Extents of the arrays of the outermost jaxpr, in the order in which they are met: what counts and indices may be
/// compared with.
fn extents(program: &Program) -> Vec<f64> {
    let main = &program.blocks[program.main()];
    let made = main.eqns.iter().flat_map(|&eqn| program.outputs(eqn));
    let mut found = Vec::new();
    for &value in main.inputs.iter().chain(made) {
        for dim in program.type_of(value).shape().unwrap_or_default() {
            #[expect(
                clippy::cast_precision_loss,
                reason = "extents of arrays that fit into memory"
            )]
            let extent = dim.size().map(|size| size as f64);
            found.extend(extent.filter(|extent| !found.contains(extent)));
            if found.len() >= EXTENTS {
                return found;
            }
        }
    }
    found
}

/// Numbers of a range worth trying: its ends, those of `numbers` that lie in it, its middle.
fn strata(range: Range, numbers: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let inside = |&number: &f64| range.contains(number) && number.is_finite();
    let ends = [range.high, range.low].map(|end| end.clamp(-1e30, 1e30));
    let middle = ends[0] / 2.0 + ends[1] / 2.0;
    let all = ends.into_iter().chain(numbers).chain([middle]);
    let mut strata: Vec<f64> = Vec::new();
    for number in all.filter(inside) {
        if !strata.contains(&number) {
            strata.push(number);
        }
    }
    if strata.is_empty() {
        strata.push(ends[0]);
    }
    strata
}

impl Slot {
    /// An array of numbers of the range; those that `number` gives are moved into it.
    fn tensor(&self, number: impl Fn(&mut Random) -> f64, random: &mut Random) -> Tensor {
        let count: usize = self.shape.iter().product();
        if let Some(implementation) = self.keys {
            let mut pair = 0;
            let mut word = |at: usize| {
                if at.is_multiple_of(2) {
                    pair = random.bits();
                }
                (pair >> (32 * (1 - at % 2))) as u32
            };
            let keys = (0..count).map(|_| Key::from_words(implementation, &mut word));
            return Tensor::from_keys(&self.shape, keys.collect());
        }
        let mut inside = || {
            let number = number(random).clamp(self.range.low, self.range.high);
            if number == 0.0 && !self.range.zero {
                1.0
            } else {
                number
            }
        };
        if self.dtype.is_float() {
            let items: Vec<f64> = (0..count).map(|_| inside()).collect();
            Tensor::from_floats(self.dtype, &self.shape, items)
        } else {
            let items: Vec<i128> = (0..count).map(|_| inside().round() as i128).collect();
            Tensor::from_ints(self.dtype, &self.shape, items)
        }
    }
}
