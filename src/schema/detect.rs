//! Which releases print a text like this one.
//!
//! Every equation, type and shared definition leaves some releases over; what all of them leave over is the answer.

mod marks;

use rustc_hash::{FxHashMap, FxHashSet};

use super::families::primitive;
use super::primitive::Primitive;
use super::version::{Version, VersionRange};
use crate::ir::{Atom, BlockId, Eqn, Id, JaxprRef, LiteralId, Params, ParamsId, Program, Symbol, ValueId};

/// A jaxpr of more equations than this is printed as a definition of its own from 0.10 on.
const MOST_INLINE: usize = 10;

/// The oldest and the newest release that may have printed a program. The newest is the dialect to print in.
///
/// A text that no release prints, such as one edited by hand, is taken for what most of its start looks like:
/// a sign that would leave no release over is passed over.
pub fn detect(program: &Program) -> VersionRange {
    let mut found = Releases::ALL;
    for (equation, params) in shapes_of_equations(program) {
        if let Some(row) = primitive(program.symbols.text(equation)) {
            found.keep(by_primitive(program, row, &program.params[params]));
        }
    }
    for literal in used_literals(program) {
        let typed = program.literals[literal].typed;
        found.keep(if typed {
            Releases::since(Version::V0_6)
        } else {
            Releases::until(Version::V0_5_3)
        });
    }
    for releases in marks::of_types(program)
        .into_iter()
        .chain(marks::of_params(program))
    {
        found.keep(releases);
    }
    found.keep(by_definitions(program));
    found.keep(by_unused_outputs(program));
    found.range()
}

/// A set of releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Releases(u16);

impl Releases {
    const ALL: Self = Self((1 << (Version::NEWEST as u16 + 1)) - 1);

    fn one(version: Version) -> Self {
        Self(1 << version as u16)
    }

    fn that(condition: impl Fn(Version) -> bool) -> Self {
        Version::all()
            .filter(|&version| condition(version))
            .fold(Self(0), |set, version| Self(set.0 | Self::one(version).0))
    }

    fn since(since: Version) -> Self {
        Self::that(|version| version >= since)
    }

    fn until(until: Version) -> Self {
        Self::that(|version| version <= until)
    }

    /// Drops the releases that are not in `other`, unless that leaves none.
    fn keep(&mut self, other: Self) {
        if self.0 & other.0 != 0 {
            self.0 &= other.0;
        }
    }

    fn range(self) -> VersionRange {
        let has = |version: &Version| self.0 & Self::one(*version).0 != 0;
        VersionRange {
            since: Version::all().find(has).unwrap_or(Version::OLDEST),
            until: Version::all().filter(has).last().unwrap_or(Version::NEWEST),
        }
    }
}

/// The primitives of all equations with their parameters, each pair once and in order.
fn shapes_of_equations(program: &Program) -> Vec<(Symbol, ParamsId)> {
    let mut seen = FxHashSet::default();
    let eqns = program
        .eqns
        .iter()
        .map(|(_, eqn): (_, &Eqn)| (eqn.primitive, eqn.params));
    eqns.filter(|pair| seen.insert(*pair)).collect()
}

/// The literals that equations and results read, each once.
fn used_literals(program: &Program) -> Vec<LiteralId> {
    let mut seen = vec![false; program.literals.len()];
    let results = program.blocks.iter().flat_map(|(_, block)| &block.outputs);
    let mut used = Vec::new();
    for literal in program
        .operands
        .iter()
        .chain(results)
        .filter_map(|atom| atom.literal())
    {
        if !std::mem::replace(&mut seen[literal.index()], true) {
            used.push(literal);
        }
    }
    used
}

/// The releases that have the primitive, print these parameters, and print no others.
fn by_primitive(program: &Program, row: &Primitive, params: &Params) -> Releases {
    let printed = |name: &str| {
        program
            .symbols
            .get(name)
            .is_some_and(|key| params.get(key).is_some())
    };
    // An equation printed without any of its parameters says nothing about them: references have their own form.
    let is_reference = printed("indexer");
    Releases::that(|version| {
        let given = row.params.iter().filter(|spec| spec.exists_in(version));
        let complete = given.clone().all(|spec| spec.optional || printed(spec.name));
        let known = row
            .params
            .iter()
            .filter(|spec| printed(spec.name))
            .all(|spec| given.clone().any(|other| other.name == spec.name));
        row.releases.contains(version) && (is_reference || (complete && known))
    })
}

/// From 0.10 on every long jaxpr is a definition; before, only one that is used more than once.
fn by_definitions(program: &Program) -> Releases {
    let mut uses: FxHashMap<BlockId, usize> = FxHashMap::default();
    let mut found = Releases::ALL;
    for (_, eqn) in program.eqns.iter() {
        for (_, jaxpr) in program.params[eqn.params].jaxprs() {
            match jaxpr {
                JaxprRef::Inline(block) if program.blocks[block].eqns.len() > MOST_INLINE => {
                    found.keep(Releases::until(Version::V0_9));
                }
                JaxprRef::Inline(_) => {}
                JaxprRef::Shared(_, block) => *uses.entry(block).or_default() += 1,
            }
        }
    }
    for (_, listing) in program.listings.iter() {
        for definition in &listing.definitions {
            found.keep(Releases::since(Version::V0_4_23));
            // A definition used nowhere is one whose other uses stand inside a value printed by `str()`.
            if uses.get(&definition.block) == Some(&1)
                && program.blocks[definition.block].eqns.len() > MOST_INLINE
            {
                found.keep(Releases::since(Version::V0_10));
            }
        }
    }
    found
}

/// From 0.10 on the outputs of the outermost jaxpr that nobody reads are called `_`, and none is before.
fn by_unused_outputs(program: &Program) -> Releases {
    let Some(root) = program.root else {
        return Releases::ALL;
    };
    let main = &program.blocks[program.listings[root].main];
    let mut read: FxHashSet<ValueId> = main
        .outputs
        .iter()
        .filter_map(|atom: &Atom| atom.value())
        .collect();
    for &eqn in &main.eqns {
        read.extend(program.inputs(eqn).iter().filter_map(|atom| atom.value()));
    }
    let mut found = Releases::ALL;
    for &eqn in &main.eqns {
        for &output in program.outputs(eqn) {
            let named = program.values[output].name != crate::ir::VarName::UNDERSCORE;
            if named && !read.contains(&output) {
                found.keep(Releases::until(Version::V0_9));
            }
        }
    }
    found
}
