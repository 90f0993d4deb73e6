//! What was recorded, as people ask for it: origins, each with its chain and what it reaches.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::divisions::Division;
use super::link::{Birth, Link, Operand, Place, Step};
use super::number::Tagged;
use super::recorder::Record;
use super::seen::{Extent, Seen};
use crate::interp::{Data, Tensor};
use crate::ir::{Atom, EqnId, Program, ValueId};

/// Where infinities and NaN come from in one run of a program.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Equations that make infinities or NaN out of operands that are neither, in the order in which they run.
    pub origins: Vec<Origin>,
    /// Infinities and NaN of inputs and literals, at the equations that first use them.
    pub given: Vec<Origin>,
    /// Equations that divide integers by zero, which shows in no infinity and no NaN.
    pub divisions: Vec<Division>,
    /// How many elements of each output are infinite or NaN.
    pub outputs: Vec<usize>,
    /// What was seen of each variable that an equation binds.
    pub seen: FxHashMap<ValueId, Seen>,
    /// How each variable first became infinite or NaN.
    pub first_bad: FxHashMap<ValueId, Step>,
}

/// An equation at which something goes wrong.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The equation.
    pub eqn: EqnId,
    /// What comes out; of several kinds, that of the element that [`Origin::chain`] follows.
    pub kind: Kind,
    /// Where the equation ran, the time of which [`Origin::chain`] tells.
    pub place: Place,
    /// The ranges of its operands then.
    pub operands: Vec<Extent>,
    /// How many elements became so, over all the times it ran.
    pub elements: usize,
    /// One of them.
    pub index: Vec<usize>,
    /// What becomes of them.
    pub reached: Reached,
    /// The history of that element: what lost it, where something did; then the origin; then what passed it on.
    pub chain: Vec<Step>,
}

/// What becomes of an infinity or NaN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It reaches these outputs of the program.
    Outputs(Vec<usize>),
    /// It ends in these equations, which give something else; none if nothing reads it.
    Masked(Vec<EqnId>),
}

/// What an element is that is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// NaN.
    Nan,
    /// +∞.
    PositiveInfinity,
    /// −∞.
    NegativeInfinity,
}

impl Kind {
    /// The kind of a number that is not finite.
    pub fn of(value: f64) -> Self {
        if value.is_nan() {
            Self::Nan
        } else if value > 0.0 {
            Self::PositiveInfinity
        } else {
            Self::NegativeInfinity
        }
    }

    /// `nan`, `+inf`, `-inf`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nan => "nan",
            Self::PositiveInfinity => "+inf",
            Self::NegativeInfinity => "-inf",
        }
    }
}

impl Origin {
    /// The outputs that it reaches.
    pub fn outputs(&self) -> &[usize] {
        match &self.reached {
            Reached::Outputs(outputs) => outputs,
            Reached::Masked(_) => &[],
        }
    }
}

/// Makes the report.
pub(super) fn build(program: &Program, record: Record, outputs: &[Tensor<Tagged>]) -> Trace {
    let tips = tips(program, &record, outputs);
    let reach = reach(&record, &tips);
    let mut origins: Vec<(Key, Vec<usize>)> = Vec::new();
    for (index, link) in record.links.iter().enumerate() {
        if link.root == index && link.step.birth != Birth::Lost && !is_aftermath(&record, link) {
            let key = key(link);
            match origins.iter_mut().find(|(known, _)| *known == key) {
                Some((_, members)) => members.push(index),
                None => origins.push((key, vec![index])),
            }
        }
    }
    let grouped = origins.into_iter().map(|(key, members)| {
        let group = Group {
            record: &record,
            members: &members,
        };
        (key.birth, group.origin(&reach))
    });
    let (given, origins): (Vec<_>, Vec<_>) = grouped.partition(|(birth, _)| *birth == Birth::Given);
    let only = |rows: Vec<(Birth, Origin)>| rows.into_iter().map(|(_, origin)| origin).collect();
    let first = record.first.iter();
    Trace {
        origins: only(origins),
        given: only(given),
        outputs: outputs.iter().map(Tensor::nonfinite).collect(),
        first_bad: first
            .map(|(&value, &link)| (value, record.links[link].step.clone()))
            .collect(),
        seen: record.seen,
        divisions: record.divisions,
    }
}

/// What makes links one origin.
#[derive(PartialEq, Eq)]
struct Key {
    birth: Birth,
    eqn: EqnId,
    output: usize,
    around: Vec<EqnId>,
}

fn key(link: &Link) -> Key {
    let step = &link.step;
    Key {
        birth: step.birth,
        eqn: step.eqn,
        output: step.output,
        around: step.place.iter().map(|&(eqn, _)| eqn).collect(),
    }
}

/// Whether an earlier origin led to this one: an infinity became zero, and the zero an infinity.
fn is_aftermath(record: &Record, link: &Link) -> bool {
    let roots = link.parent.map(|parent| record.ancestors(parent));
    roots
        .into_iter()
        .flatten()
        .any(|root| record.links[root].step.birth == Birth::Origin)
}

/// The links of elements of outputs that are not finite.
fn tips(program: &Program, record: &Record, outputs: &[Tensor<Tagged>]) -> Vec<(usize, usize)> {
    let results = &program.blocks[program.main()].outputs;
    let mut tips = BTreeSet::new();
    for (index, (output, atom)) in outputs.iter().zip(results).enumerate() {
        match (output.data(), atom) {
            (Data::Float(items), _) => {
                let bad = items.iter().filter(|item| !item.value.is_finite());
                tips.extend(bad.filter_map(|item| Some((index, item.tag.link()?))));
            }
            (Data::Complex(items), Atom::Value(value)) if items.iter().any(|item| !item.is_finite()) => {
                tips.extend(record.complex.get(value).map(|&link| (index, link)));
            }
            _ => {}
        }
    }
    tips.into_iter().collect()
}

/// For each root, the outputs that it reaches and the link there; no link where it goes on under another's name.
fn reach(record: &Record, tips: &[(usize, usize)]) -> FxHashMap<usize, Vec<(usize, Option<usize>)>> {
    let mut reach: FxHashMap<usize, Vec<(usize, Option<usize>)>> = FxHashMap::default();
    for &(output, link) in tips {
        for root in record.ancestors(link) {
            reach.entry(root).or_default().push((output, Some(link)));
        }
    }
    let mut joins: Vec<(usize, usize)> = record.joins.iter().copied().collect();
    joins.sort_unstable();
    loop {
        let mut changed = false;
        for &(from, to) in &joins {
            let reached: Vec<usize> = outputs_of(&reach, to);
            for root in record.ancestors(from) {
                let known = outputs_of(&reach, root);
                let missing = reached.iter().filter(|output| !known.contains(output));
                let missing: Vec<_> = missing.map(|&output| (output, None)).collect();
                changed |= !missing.is_empty();
                reach.entry(root).or_default().extend(missing);
            }
        }
        if !changed {
            return reach;
        }
    }
}

fn outputs_of(reach: &FxHashMap<usize, Vec<(usize, Option<usize>)>>, root: usize) -> Vec<usize> {
    let known = reach.get(&root).map(Vec::as_slice).unwrap_or_default();
    known.iter().map(|&(output, _)| output).collect()
}

/// The links that make one origin.
struct Group<'a> {
    record: &'a Record,
    members: &'a [usize],
}

impl Group<'_> {
    fn origin(&self, reach: &FxHashMap<usize, Vec<(usize, Option<usize>)>>) -> Origin {
        let links = &self.record.links;
        let outputs: BTreeSet<usize> = self
            .members
            .iter()
            .flat_map(|&member| outputs_of(reach, member))
            .collect();
        let reaches = |member: &&usize| reach.contains_key(member);
        // One that another's name took to the output has no way there to tell of.
        let arrives = |member: &&usize| {
            reach
                .get(*member)
                .is_some_and(|reached| reached.iter().any(|(_, tip)| tip.is_some()))
        };
        let chosen = self.members.iter().find(arrives);
        let chosen = *chosen
            .or_else(|| self.members.iter().find(reaches))
            .unwrap_or(&self.members[0]);
        let tip = reach
            .get(&chosen)
            .and_then(|reached| reached.iter().find_map(|&(_, link)| link));
        // What goes nowhere is followed as far as it went.
        let last = || {
            (chosen..links.len())
                .rev()
                .find(|&link| links[link].root == chosen)
        };
        let link = &links[chosen];
        Origin {
            eqn: link.step.eqn,
            kind: Kind::of(link.step.value),
            place: link.step.place.clone(),
            operands: link.extents.to_vec(),
            elements: self.members.iter().map(|&member| links[member].elements).sum(),
            index: link.step.index.clone(),
            reached: if outputs.is_empty() {
                Reached::Masked(self.stops())
            } else {
                Reached::Outputs(outputs.into_iter().collect())
            },
            chain: self.chain(tip.or_else(last).unwrap_or(chosen)),
        }
    }

    /// All that led to a link, the first first.
    fn chain(&self, tip: usize) -> Vec<Step> {
        let mut chain = Vec::new();
        let mut next = Some(tip);
        while let Some(link) = next {
            chain.push(self.record.links[link].step.clone());
            next = self.record.links[link].parent;
        }
        chain.reverse();
        chain
    }

    /// The equations in which the members end: that choose other elements, or make a number of them, as x/∞ does.
    fn stops(&self) -> Vec<EqnId> {
        let mut stops = Vec::new();
        for member in self.members {
            let chosen = self.record.stops.get(member).into_iter().flatten().copied();
            let tamed = self.record.links.iter().find(|link| {
                link.root == *member && link.step.birth == Birth::Carried && link.step.value.is_finite()
            });
            for eqn in chosen.chain(tamed.map(|link| link.step.eqn)) {
                if !stops.contains(&eqn) {
                    stops.push(eqn);
                }
            }
        }
        stops
    }
}

impl std::fmt::Display for Operand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Element(value) => f.write_str(&number(*value)),
            Self::Array(extent) => extent.fmt(f),
        }
    }
}

impl std::fmt::Display for Extent {
    /// `-3 … 1000`, `2 × nan in -3 … 1000`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = Vec::new();
        for (count, word) in [
            (self.nan, "nan"),
            (self.positive_infinity, "inf"),
            (self.negative_infinity, "-inf"),
        ] {
            match count {
                0 => {}
                1 => parts.push(word.to_owned()),
                count => parts.push(format!("{count} × {word}")),
            }
        }
        match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => parts.push(number(min)),
            (Some(min), Some(max)) => parts.push(format!("{} … {}", number(min), number(max))),
            _ if parts.is_empty() => parts.push("nothing".to_owned()),
            _ => {}
        }
        f.write_str(&parts.join(", "))
    }
}

/// A number as people read it: six digits, and words for what is not finite.
pub(crate) fn number(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value == 0.0 || value.is_infinite() {
        return value.to_string();
    }
    let magnitude = value.abs();
    if (1e-4..1e7).contains(&magnitude) {
        let digits = 5 - (magnitude.log10().floor() as i32);
        let text = format!("{value:.*}", usize::try_from(digits).unwrap_or(0));
        if text.contains('.') {
            return text.trim_end_matches('0').trim_end_matches('.').to_owned();
        }
        return text;
    }
    let text = format!("{value:.5e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
            format!("{mantissa}e{exponent}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits() {
        let spelled = [
            1000.0,
            0.1,
            -2.5,
            1.0 / 3.0,
            1e30,
            6.02214e23,
            1e-40,
            0.0,
            f64::NEG_INFINITY,
        ];
        let expected = [
            "1000",
            "0.1",
            "-2.5",
            "0.333333",
            "1e30",
            "6.02214e23",
            "1e-40",
            "0",
            "-inf",
        ];
        assert_eq!(spelled.map(number), expected);
        assert_eq!(number(f64::NAN), "nan");
    }
}
