//! The table of emission: the rows of all families, found by the primitive's name.

mod calls;
mod collectives;
mod contractions;
mod custom_rules;
mod elementwise;
mod indexing;
mod library;
mod linalg;
mod loops;
mod meshes;
mod pieces;
mod random;
mod reductions;
mod references;
mod windows;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::equation::{Equation, Outcome, View};

/// How one primitive is written.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// Parameters that become arguments, behind the operands.
    pub(super) arguments: &'static [Parameter],
    /// Other parameters that the form accounts for, or that decide nothing.
    pub(super) reads: &'static [&'static str],
    /// Whether the text does not carry all that the equation means.
    pub(super) lossy: bool,
}

/// The Python of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// This function of the operands and the arguments.
    Call(&'static str),
    /// Whatever this says.
    Own(fn(&mut Equation<'_, '_>) -> Outcome),
}

/// A parameter that becomes an argument. One without a keyword has to be there.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) keyword: Option<&'static str>,
    pub(super) param: &'static str,
    pub(super) view: View,
}

/// `function(operands)`.
const fn call(name: &'static str, function: &'static str) -> Row {
    Row {
        name,
        form: Form::Call(function),
        arguments: &[],
        reads: &[],
        lossy: false,
    }
}

/// A row with a function of its own.
const fn own(name: &'static str, write: fn(&mut Equation<'_, '_>) -> Outcome) -> Row {
    Row {
        name,
        form: Form::Own(write),
        arguments: &[],
        reads: &[],
        lossy: false,
    }
}

/// A parameter that becomes the next positional argument.
const fn positional(param: &'static str, view: View) -> Parameter {
    Parameter {
        keyword: None,
        param,
        view,
    }
}

/// A parameter that becomes the keyword argument of the same name.
const fn keyword(param: &'static str, view: View) -> Parameter {
    Parameter {
        keyword: Some(param),
        param,
        view,
    }
}

impl Row {
    const fn arguments(mut self, arguments: &'static [Parameter]) -> Self {
        self.arguments = arguments;
        self
    }

    const fn reads(mut self, reads: &'static [&'static str]) -> Self {
        self.reads = reads;
        self
    }

    const fn lossy(mut self) -> Self {
        self.lossy = true;
        self
    }
}

const FAMILIES: &[&[Row]] = &[
    elementwise::ROWS,
    pieces::ROWS,
    reductions::ROWS,
    indexing::ROWS,
    contractions::ROWS,
    windows::ROWS,
    linalg::ROWS,
    calls::ROWS,
    collectives::ROWS,
    custom_rules::ROWS,
    library::ROWS,
    loops::ROWS,
    meshes::ROWS,
    random::ROWS,
    references::ROWS,
];

static BY_NAME: LazyLock<FxHashMap<&str, &Row>> = LazyLock::new(|| {
    FAMILIES
        .iter()
        .copied()
        .flatten()
        .map(|row| (row.name, row))
        .collect()
});

/// The row of the primitive that is printed as `name`.
pub(super) fn row(name: &str) -> Option<&'static Row> {
    BY_NAME.get(name).copied()
}

/// The names of the primitives that can be emitted.
pub fn primitives() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().copied().flatten().map(|row| row.name)
}
