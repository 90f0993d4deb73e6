//! Watches a program run, and records what happens to numbers that are infinite, NaN, or lost.

use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use super::divisions::{self, Division};
use super::link::{Birth, Link};
use super::number::{Tag, Tagged};
use super::places::Places;
use super::scene::Scene;
use super::seen::{Extent, Seen};
use crate::interp::{Data, Observer, Pass, Tensor};
use crate::ir::{EqnId, Program, ValueId};

/// What was recorded.
#[derive(Default)]
pub(super) struct Record {
    pub(super) links: Vec<Link>,
    /// Origins, as links, that ended in an equation.
    pub(super) stops: FxHashMap<usize, Vec<EqnId>>,
    /// Origins that met another in arithmetic and reach what that reaches.
    pub(super) joins: FxHashSet<(usize, usize)>,
    /// What was seen of each variable.
    pub(super) seen: FxHashMap<ValueId, Seen>,
    /// The first link of each variable.
    pub(super) first: FxHashMap<ValueId, usize>,
    /// The link of complex arrays, whose elements remember nothing.
    pub(super) complex: FxHashMap<ValueId, usize>,
    pub(super) last_complex: Option<usize>,
    /// Links that stand for more than one element.
    pub(super) known: FxHashMap<Known, usize>,
    /// How many origins an output of an equation has.
    pub(super) counts: FxHashMap<(EqnId, usize), usize>,
    /// Equations that divided integers by zero.
    pub(super) divisions: Vec<Division>,
}

/// By what a link is found again: its root, unless it is one; the equation, its output, and the equations around it.
pub(super) type Known = (Option<usize>, Birth, EqnId, usize, Vec<EqnId>);

impl Record {
    /// Whether what a link stands for is infinite or NaN.
    pub(super) fn is_bad(&self, link: usize) -> bool {
        !self.links[link].step.value.is_finite()
    }

    /// The roots of a link and of what led to it, the nearest first.
    pub(super) fn ancestors(&self, link: usize) -> Vec<usize> {
        let mut roots = Vec::new();
        let mut next = Some(link);
        while let Some(link) = next {
            let root = self.links[link].root;
            roots.push(root);
            next = self.links[root].parent;
        }
        roots
    }
}

/// The watcher.
pub(super) struct Recorder<'p> {
    program: &'p Program,
    places: Places,
    record: RefCell<Record>,
    /// Whether anything is followed yet; until then nothing is looked for in operands.
    alert: Cell<bool>,
}

impl<'p> Recorder<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        Self {
            program,
            places: Places::default(),
            record: RefCell::default(),
            alert: Cell::new(false),
        }
    }

    pub(super) fn finish(self) -> Record {
        self.record.into_inner()
    }
}

impl Observer<Tagged> for Recorder<'_> {
    fn start(&self, eqn: EqnId) {
        self.places.start(eqn);
    }

    fn pass(&self, pass: Pass) {
        self.places.pass(pass);
    }

    fn finish(
        &self,
        eqn: EqnId,
        inputs: &[Tensor<Tagged>],
        outputs: Vec<Tensor<Tagged>>,
    ) -> Vec<Tensor<Tagged>> {
        let transparent = self.places.finish();
        let mut record = self.record.borrow_mut();
        for (&value, output) in self.program.outputs(eqn).iter().zip(&outputs) {
            let seen = record.seen.entry(value).or_default();
            seen.extent.merge(&Extent::of(output));
            seen.runs += 1;
        }
        let place = || self.places.place();
        divisions::record(&mut record, self.program, eqn, place, inputs, &outputs);
        if !self.alert.get() && outputs.iter().chain(inputs).all(is_calm) {
            return outputs;
        }
        self.alert.set(true);
        let scene = Scene {
            program: self.program,
            eqn,
            inputs,
            transparent,
            place: self.places.place(),
        };
        let outputs: Vec<_> = outputs
            .into_iter()
            .enumerate()
            .map(|(index, output)| scene.record(&mut record, index, output))
            .collect();
        if !transparent {
            scene.end(&mut record, &outputs);
        }
        outputs
    }
}

/// Whether nothing in an array is to be followed.
pub(super) fn is_calm(tensor: &Tensor<Tagged>) -> bool {
    match tensor.data() {
        Data::Float(items) => items
            .iter()
            .all(|item| item.value.is_finite() && item.tag == Tag::CLEAN),
        Data::Complex(items) => items.iter().all(|item| item.is_finite()),
        _ => true,
    }
}
