//! `trace --annotate`: the print-out with what each value was beside its line.

use std::collections::BTreeMap;

use super::{Dump, Traced};
use crate::ir::{EqnId, ValueId};
use crate::trace::{Extent, Seen, spelled};

/// Comments start here at the latest.
const WIDEST: usize = 88;

/// The text, once for each set of inputs.
pub(super) fn program(dump: &Dump<'_>, all: &[Traced]) -> String {
    let one = |traced: &Traced| {
        let title = match all {
            [_] => String::new(),
            _ => format!("# {}\n", traced.case.label),
        };
        title + &annotated(dump, traced)
    };
    all.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn annotated(dump: &Dump<'_>, traced: &Traced) -> String {
    let mut notes: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let main = &dump.program.blocks[dump.program.main()];
    let header = dump.text.find("{ lambda").unwrap_or(0);
    let header = dump.text[..header].matches('\n').count();
    let arrays = traced.case.inputs.consts.iter().chain(&traced.case.inputs.inputs);
    for (&value, array) in main.consts.iter().chain(&main.inputs).zip(arrays) {
        let note = format!("{}: {}", dump.program.name(value), Extent::of(array));
        notes.entry(header).or_default().push(note);
    }
    for eqn in dump.program.eqns.ids() {
        let Some(line) = dump.line(eqn) else { continue };
        let outputs = dump.program.outputs(eqn).iter();
        let spoken = outputs.filter_map(|&value| note(dump, traced, eqn, value));
        notes.entry(line as usize - 1).or_default().extend(spoken);
    }
    let lines: Vec<&str> = dump.text.lines().collect();
    let annotated = lines
        .iter()
        .enumerate()
        .filter(|(line, _)| notes.contains_key(line));
    let widths = annotated.map(|(_, line)| line.chars().count());
    let column = widths.filter(|&width| width <= WIDEST).max().unwrap_or(0);
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        out.push_str(line);
        if let Some(notes) = notes.get(&number).filter(|notes| !notes.is_empty()) {
            let blanks = column.saturating_sub(line.chars().count());
            out.push_str(&" ".repeat(blanks));
            out.push_str("  # ");
            out.push_str(&notes.join("; "));
        }
        out.push('\n');
    }
    out
}

/// `b: 1 … 1000, inf; first inf at [3] in scan[2]`; nothing for a value that was never computed.
fn note(dump: &Dump<'_>, traced: &Traced, eqn: EqnId, value: ValueId) -> Option<String> {
    let Seen { extent, runs } = traced.trace.seen.get(&value)?;
    let mut note = format!("{}: {extent}", dump.program.name(value));
    if *runs > 1 {
        note += &format!(" in {runs} runs");
    }
    let first = traced
        .trace
        .first_bad
        .get(&value)
        .filter(|first| first.eqn == eqn);
    if let Some(first) = first {
        note += &format!(", first {}", spelled(first.value));
        if !first.index.is_empty() {
            note += &format!(" at {:?}", first.index);
        }
        let scope = dump.scope(&first.place);
        if !scope.is_empty() {
            note += &format!(" in {}", scope.join(" > "));
        }
    }
    Some(note)
}
