//! The points at which programs are compared: inputs from all strata, sensible for what the program does with them.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::strata::{Stratum, center};
use super::uses::{Role, Uses};
use crate::interp::{EvalError, Inputs, Key, Tensor, layout};
use crate::ir::{DType, DTypeClass, Program, Type, ValueId, inner_constvars};

/// Inputs of a program, and constvars where the text gives none.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    /// `STRATUM-NUMBER`, or the label that the user gave.
    pub label: String,
    /// Where the numbers come from; `None` for the user's own.
    pub stratum: Option<Stratum>,
    /// The numbers.
    pub inputs: Inputs,
}

impl Point {
    /// A point of the user's own.
    pub(crate) fn given(label: String, inputs: Inputs) -> Self {
        let stratum = None;
        Self {
            label,
            stratum,
            inputs,
        }
    }
}

impl Point {
    /// The stratum that says how large errors are by chance.
    pub(super) fn magnitudes(&self) -> Option<Stratum> {
        self.stratum.map(Stratum::magnitudes)
    }
}

/// How points are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// Points a stratum.
    pub samples: u32,
    /// Where all randomness comes from.
    pub seed: u64,
}

impl Sampling {
    /// Points a stratum where nothing else is asked for.
    pub const SAMPLES: u32 = 16;
}

/// Points from all strata. Each depends on the seed and on its own label only.
pub(crate) fn points(program: &Program, sampling: Sampling) -> Result<Vec<Point>, EvalError> {
    let drawer = Drawer::new(program)?;
    let labels = Stratum::ALL
        .into_iter()
        .flat_map(|stratum| (0..sampling.samples).map(move |number| (stratum, number)));
    Ok(labels
        .map(|(stratum, number)| Point {
            label: format!("{}-{number}", stratum.name()),
            stratum: Some(stratum),
            inputs: drawer.inputs(stratum, number, sampling.seed),
        })
        .collect())
}

/// What is known of the values to draw.
struct Drawer {
    consts: Vec<Variable>,
    inner_consts: Vec<Vec<Variable>>,
    inputs: Vec<Variable>,
}

/// One value to draw.
struct Variable {
    role: Role,
    dtype: DType,
    shape: Vec<usize>,
}

impl Drawer {
    fn new(program: &Program) -> Result<Self, EvalError> {
        let uses = Uses::new(program);
        let variable = |&value: &ValueId| {
            let ty = program.type_of(value);
            let (dtype, shape) = layout(ty).ok_or_else(|| unknown(program, value, ty))?;
            let role = uses.role(value);
            Ok(Variable { role, dtype, shape })
        };
        let all = |values: &[ValueId]| values.iter().map(variable).collect::<Result<Vec<_>, EvalError>>();
        let main = &program.blocks[program.main()];
        let inner = inner_constvars(program);
        Ok(Self {
            consts: all(&main.consts)?,
            inner_consts: inner.iter().map(|values| all(values)).collect::<Result<_, _>>()?,
            inputs: all(&main.inputs)?,
        })
    }

    fn inputs(&self, stratum: Stratum, number: u32, seed: u64) -> Inputs {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream((stratum as u64) << 32 | u64::from(number));
        let center = center(&mut rng);
        // In every second point only some of the values are of the stratum.
        let blended = number % 2 == 1;
        let mut draw = |variable: &Variable| {
            let ordinary = blended && rng.random();
            let stratum = if ordinary { Stratum::Ordinary } else { stratum };
            variable.draw(&mut rng, stratum, center)
        };
        Inputs {
            consts: self.consts.iter().map(&mut draw).collect(),
            inner_consts: self
                .inner_consts
                .iter()
                .map(|variables| variables.iter().map(&mut draw).collect())
                .collect(),
            inputs: self.inputs.iter().map(&mut draw).collect(),
        }
    }
}

fn unknown(program: &Program, value: ValueId, ty: &Type) -> EvalError {
    EvalError::Type {
        name: program.name(value),
        ty: ty.clone(),
    }
}

impl Variable {
    fn draw(&self, rng: &mut ChaCha8Rng, stratum: Stratum, center: f64) -> Tensor {
        let (dtype, shape) = (self.dtype, self.shape.as_slice());
        let count = shape.iter().product();
        let mut whole = |least: i128, beyond: i128| {
            Tensor::from_ints(dtype, shape, (0..count).map(|_| rng.random_range(least..beyond)))
        };
        match self.role {
            Role::Index(size) => whole(0, size.max(1) as i128),
            Role::Truth => whole(0, 2),
            Role::Count if dtype.class() == DTypeClass::Unsigned => whole(0, 12),
            Role::Count => whole(-4, 12),
            Role::Key(implementation) => {
                let mut key = || Key::from_words(implementation, |_| rng.random());
                Tensor::from_keys(shape, (0..count).map(|_| key()).collect())
            }
            Role::Any if dtype.is_complex() => {
                let mut part = || stratum.draw(rng, center, dtype.real_part(), count);
                let (re, im) = (part(), part());
                let pairs = re.into_iter().zip(im);
                Tensor::from_complex(
                    dtype,
                    shape,
                    pairs.map(|(re, im)| num_complex::Complex64::new(re, im)),
                )
            }
            Role::Any => Tensor::from_floats(dtype, shape, stratum.draw(rng, center, dtype, count)),
            // The logarithm of a count that was converted.
            Role::Probability if !dtype.is_float() => whole(0, 12),
            Role::Probability => {
                let numbers = stratum.draw(rng, center, dtype, count).into_iter();
                let probability = |number: f64| match stratum {
                    Stratum::Ordinary => number.abs().fract(),
                    _ => number.abs(),
                };
                Tensor::from_floats(dtype, shape, numbers.map(probability))
            }
            Role::PositiveDefinite => self.positive_definite(rng, stratum, center),
        }
    }

    /// B·Bᵀ + ridge·I for each matrix, in the magnitudes of the stratum.
    fn positive_definite(&self, rng: &mut ChaCha8Rng, stratum: Stratum, center: f64) -> Tensor {
        let size = self.shape.last().copied().unwrap_or_default();
        let count: usize = self.shape.iter().product();
        let mut items = Vec::with_capacity(count);
        let scale = stratum
            .draw(rng, center, self.dtype, 1)
            .first()
            .map_or(1.0, |scale| scale.abs());
        let ridge = [1.0, 1e-3, 0.0][rng.random_range(0..3usize)];
        while items.len() < count {
            let b = Stratum::Ordinary.draw(rng, center, self.dtype, size * size);
            let dot = |i: usize, j: usize| (0..size).map(|k| b[i * size + k] * b[j * size + k]).sum::<f64>();
            for i in 0..size {
                items.extend((0..size).map(|j| scale * (dot(i, j) + if i == j { ridge } else { 0.0 })));
            }
        }
        items.truncate(count);
        Tensor::from_floats(self.dtype, &self.shape, items)
    }
}
