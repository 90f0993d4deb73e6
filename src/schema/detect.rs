//! Which releases print a text like this one.
//!
//! Every equation, type and shared definition leaves some releases over; what all of them leave over is the answer.

mod marks;

use rustc_hash::{FxHashMap, FxHashSet};

use super::families::primitive;
use super::primitive::Primitive;
use super::version::{Version, VersionRange};
use crate::ir::{Atom, BlockId, Eqn, Id, JaxprRef, LiteralId, Params, ParamsId, Program, Symbol};

/// A jaxpr of more equations than this is printed as a definition of its own from 0.10 on.
const MOST_INLINE: usize = 10;

/// The oldest and the newest release that may have printed a program. The newest is the dialect to print in.
///
/// A text that no release prints, such as one edited by hand, is taken for what most of its start looks like:
/// a sign that would leave no release over is passed over.
pub(crate) fn detect(program: &Program) -> VersionRange {
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
    let shown: Vec<bool> = row.params.iter().map(|spec| printed(spec.name)).collect();
    let specs = || row.params.iter().zip(&shown);
    Releases::that(|version| {
        let complete = specs().all(|(spec, &shown)| spec.optional || shown || !spec.exists_in(version));
        let given = |name: &str| {
            row.params
                .iter()
                .any(|other| other.name == name && other.exists_in(version))
        };
        let known = || specs().all(|(spec, &shown)| !shown || given(spec.name));
        row.releases.contains(version) && (is_reference || (complete && known()))
    })
}

/// From 0.10 on every long jaxpr is a definition; before, only one that is used more than once.
fn by_definitions(program: &Program) -> Releases {
    let mut uses: FxHashMap<BlockId, usize> = FxHashMap::default();
    let mut found = Releases::ALL;
    let holds_jaxprs: Vec<bool> = program
        .params
        .iter()
        .map(|(_, params)| params.jaxprs().next().is_some())
        .collect();
    for (_, eqn) in program
        .eqns
        .iter()
        .filter(|(_, eqn)| holds_jaxprs[eqn.params.index()])
    {
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
    let mut read = vec![false; program.values.len()];
    let operands = main.eqns.iter().flat_map(|&eqn| program.inputs(eqn));
    for value in operands
        .chain(&main.outputs)
        .filter_map(|atom: &Atom| atom.value())
    {
        read[value.index()] = true;
    }
    let mut found = Releases::ALL;
    for &eqn in &main.eqns {
        for &output in program.outputs(eqn) {
            let named = program.values[output].name != crate::ir::VarName::UNDERSCORE;
            if named && !read[output.index()] {
                found.keep(Releases::until(Version::V0_9));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing::{one, program};

    #[track_caller]
    fn check_range(program: &Program, expected: &str) {
        assert_eq!(detect(program).to_string(), expected);
    }

    #[test]
    fn parameters_tell_releases_apart() {
        for (inputs, eqn, expected) in [
            ("a:f32[3]", "_:f32[3] = exp a", "0.4.13 to 0.12"),
            ("a:f32[3]", "b:f32[3] = exp a", "0.4.13 to 0.9"),
            ("a:f32[3]", "_:f32[3] = mul a 2.0", "0.4.13 to 0.5.3"),
            ("a:f32[3]", "_:f32[3] = mul a 2.0:f32[]", "0.6 to 0.12"),
            ("a:f32[3]", "_:f32[] = reduce_sum[axes=(0,)] a", "0.4.13 to 0.7"),
            (
                "a:f32[3]",
                "_:f32[] = reduce_sum[axes=(0,) out_sharding=None] a",
                "0.8 to 0.12",
            ),
            (
                "a:f32[3]",
                "_:f32[] = reduce_max[axes=(0,) out_sharding=None] a",
                "0.12",
            ),
            ("a:f32[]", "_:f32[3] = broadcast_in_dim a", "0.9 to 0.12"),
            (
                "a:f32[]",
                "_:f32[3] = broadcast_in_dim[broadcast_dimensions=() shape=(3,)] a",
                "0.4.13 to 0.4.30",
            ),
            (
                "a:f32[]",
                "_:f32[3] = broadcast_in_dim[broadcast_dimensions=() shape=(3,) sharding=None] a",
                "0.4.38 to 0.8",
            ),
            ("a:f32[3]{V:x}", "_:f32[3]{V:x} = exp a", "0.6 to 0.12"),
            ("a:Ref{float32[3]}", "_:f32[3] = freeze a", "0.4.13 to 0.6"),
            ("a:Ref{f32[3]}", "_:f32[3] = freeze a", "0.7 to 0.12"),
            (
                "a:f32[3]",
                "_:f32[3] = foo[f=<function f at 0x7fde515fdb20>] a",
                "0.4.13 to 0.9",
            ),
            (
                "a:f32[3]",
                "_:f32[3] = foo[f=<function f at 0xXXXXXXXXXXXX>] a",
                "0.10 to 0.12",
            ),
        ] {
            let program = one(inputs, eqn);
            assert_eq!(detect(&program).to_string(), expected, "{eqn}");
        }
    }

    #[test]
    fn long_jaxprs_are_definitions_from_0_10_on() {
        let steps = |count: usize| {
            let step = |index: usize| {
                let name = |index: usize| char::from(b'b' + index as u8);
                let from = if index == 0 { 'a' } else { name(index - 1) };
                format!("{}:f32[] = sin {from}", name(index))
            };
            let eqns: Vec<String> = (0..count).map(step).collect();
            let last = char::from(b'a' + count as u8);
            format!("{{ lambda ; a:f32[]. let {} in ({last},) }}", eqns.join("; "))
        };
        let inline = |count| {
            format!(
                "{{ lambda ; a:f32[]. let b:f32[] = closed_call[call_jaxpr={}] a in (b,) }}\n",
                steps(count)
            )
        };
        check_range(&program(&inline(10)), "0.4.13 to 0.12");
        check_range(&program(&inline(11)), "0.4.13 to 0.9");
        let shared = |count| {
            format!(
                "let f = {} in\n{{ lambda ; a:f32[]. let b:f32[] = closed_call[call_jaxpr=f] a in (b,) }}\n",
                steps(count)
            )
        };
        check_range(&program(&shared(10)), "0.4.23 to 0.12");
        check_range(&program(&shared(11)), "0.10 to 0.12");
    }

    #[test]
    fn a_text_that_no_release_prints_has_a_range_all_the_same() {
        let text = "{ lambda ; a:f32[3]. let b:f32[] = reduce_sum[axes=(0,)] a; c:f32[] = reduce_sum[axes=(0,) \
                    out_sharding=None] a in (b, c) }\n";
        check_range(&program(text), "0.4.13 to 0.7");
    }
}
