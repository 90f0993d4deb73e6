//! The pipeline: what `rewrite`, `check` and `verify` do to a program.
//!
//! Rules run in phases until nothing changes, dead equations are swept, and what was done is reported. Nothing
//! here reads or writes files.

mod examples;
mod lifting;

pub(crate) use examples::read_example;
pub use examples::{ExampleResult, run_examples};

use rustc_hash::FxHashMap;

use crate::analysis::Calls;
use crate::edit::sweep_definitions;
use crate::ir::{BlockId, EqnId, Id as _, Program};
use crate::rewrite::{Applied, DriverOptions, Phase, Refusal, Rule};
use crate::rules::{Ridge, RuleSet, natives};
use crate::schema;

/// What to do about inverses of matrices that have none in working precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Regularize {
    /// Add a ridge to a matrix only if its computed inverse has no correct digits.
    #[default]
    Guarded,
    /// Add a ridge to every matrix that is inverted.
    Always,
    /// Leave inverses alone.
    Off,
}

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Names of the only rules to apply; empty for all.
    pub only: Vec<String>,
    /// Names of rules not to apply.
    pub skip: Vec<String>,
    /// What to do about inverses.
    pub regularize: Regularize,
    /// The ridge relative to the largest absolute entry; `None` for the mode's default.
    pub ridge: Option<f64>,
    /// Whether rules that change values where nothing was wrong may be applied.
    pub approximate: bool,
    /// The JAX release whose spelling new equations use; `None` for the one that the text shows.
    pub dialect: Option<schema::Version>,
}

/// What was done to one program.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Rules applied, in the order of the lines that they replaced.
    pub rewrites: Vec<Finding>,
    /// Rules that match and were not applied.
    pub pending: Vec<Pending>,
}

/// A rule that matches somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// Rules that then went on with what it put there.
    pub then: Vec<String>,
    /// The rule's one-line reason: what goes wrong without it.
    pub summary: String,
    /// Where the equation stands that the rule replaces; empty for one that another rule made.
    pub span: crate::span::Span,
    /// That equation as printed, on one line.
    pub equation: String,
    /// The user's line: `train.py:7:24 (loss)`.
    pub source: Option<String>,
    /// The calls and loops around the equation, outermost first: `jit:loss`, `scan`.
    pub scope: Vec<String>,
    /// What the reader should know of this application, such as what it costs.
    pub note: Option<String>,
}

/// A rule that matches and was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The rule and the place.
    pub finding: Finding,
    /// Why it was not applied, and the flag that would apply it.
    pub reason: String,
}

/// Improves a program in place.
pub fn improve(program: &mut Program, rules: &RuleSet, options: &Options) -> Outcome {
    let original = program.clone();
    // Literals that are printed without a type must have one before they meet operands of another shape.
    schema::infer_literal_types(program);
    let version = options.dialect.unwrap_or_else(|| schema::detect(program).until);
    let wanted: Vec<&Rule> = rules.rules().filter(|rule| options.wants(&rule.name)).collect();
    let natives = natives(program, options.ridge());
    let driver = DriverOptions {
        version,
        approximate: options.approximate,
        through: Phase::Late,
    };
    let done = match lifting::alternate(program, &wanted, &natives, &driver) {
        Ok(done) => done,
        Err(endless) => return Outcome::endless(program, original, &wanted, &endless),
    };
    sweep_definitions(program, &original);
    debug_assert_eq!(crate::ir::validate(program), []);
    let report = Report {
        original: &original,
        program,
        rules: &wanted,
        calls: &done.calls,
    };
    let mut rewrites = report.findings(&done.applied);
    rewrites.sort_by_key(|finding| finding.span);
    let mut pending: Vec<Pending> = done
        .refused
        .iter()
        .map(|refusal| report.pending(refusal))
        .collect();
    pending.sort_by_key(|pending| pending.finding.span);
    pending.dedup();
    let outcome = Outcome { rewrites, pending };
    if outcome.rewrites.is_empty() {
        // Attempts that came to nothing may have left bodies of calls behind in another order.
        *program = original;
        return outcome;
    }
    outcome.kept_if_sound(program, original)
}

impl Outcome {
    /// Leaves a program as it was that a rule has made longer and longer.
    fn endless(program: &mut Program, original: Program, rules: &[&Rule], applied: &Applied) -> Self {
        const ENDLESS: &str = "it fires on what it makes, over and over, so that the program stays as it is; `jaxpeep rules test` tells where, and `--skip` leaves the rule out";
        let report = Report {
            original: &original,
            program,
            rules,
            calls: &Calls::of(&original),
        };
        let finding = report.at(applied.rule, applied.block, applied.root, None);
        *program = original;
        let reason = ENDLESS.to_owned();
        Self {
            rewrites: Vec::new(),
            pending: vec![Pending { finding, reason }],
        }
    }

    /// Leaves a program as it was if what it became does not type-check. No rule is meant to do that, and no mistake in
    /// one may hand out a program that JAX would refuse.
    fn kept_if_sound(mut self, program: &mut Program, original: Program) -> Self {
        const UNSOUND: &str = "the result does not type-check, so the program stays as it is; this is a bug in jaxpeep, please report it";
        if schema::check(program).is_empty() {
            return self;
        }
        *program = original;
        let unsound = self.rewrites.drain(..).map(|finding| Pending {
            finding,
            reason: UNSOUND.to_owned(),
        });
        self.pending.extend(unsound);
        self.pending.sort_by_key(|pending| pending.finding.span);
        self
    }
}

impl Options {
    /// The ridge for inverses, unless they are to be left alone.
    fn ridge(&self) -> Option<Ridge> {
        let always = self.regularize == Regularize::Always;
        (self.regularize != Regularize::Off).then_some(Ridge {
            always,
            relative: self.ridge,
        })
    }

    /// Whether a rule of this name is asked for.
    pub fn wants(&self, rule: &str) -> bool {
        (self.only.is_empty() || self.only.iter().any(|only| only == rule))
            && !self.skip.iter().any(|skip| skip == rule)
    }
}

/// Turns what the driver did into what people read.
struct Report<'p> {
    original: &'p Program,
    program: &'p Program,
    rules: &'p [&'p Rule],
    calls: &'p Calls,
}

impl Report<'_> {
    /// One finding a place of the text, also where it was copied: what later rules did to a replacement belongs to the rule
    /// that made it.
    fn findings(&self, applied: &[Applied]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        let mut places: FxHashMap<EqnId, usize> = FxHashMap::default();
        for applied in applied {
            let root = self.as_it_was(applied.root).unwrap_or(applied.root);
            let place = *places.entry(root).or_insert(findings.len());
            let name = &self.rules[applied.rule].name;
            match findings.get_mut(place) {
                Some(finding) if finding.rule == *name => {}
                Some(finding) => finding.then.push(name.clone()),
                None => {
                    findings.push(self.at(applied.rule, applied.block, applied.root, applied.note.clone()));
                }
            }
        }
        findings
    }

    fn pending(&self, refusal: &Refusal) -> Pending {
        let finding = self.at(refusal.rule, refusal.block, refusal.root, None);
        Pending {
            finding,
            reason: refusal.reason.clone(),
        }
    }

    fn at(&self, rule: usize, block: BlockId, root: EqnId, note: Option<String>) -> Finding {
        let (program, root) = match self.as_it_was(root) {
            Some(original) => (self.original, original),
            None => (self.program, root),
        };
        let notes = program.notes.get(&root).copied().unwrap_or_default();
        Finding {
            rule: self.rules[rule].name.clone(),
            then: Vec::new(),
            summary: self.rules[rule].summary.clone(),
            span: program.span(root),
            equation: crate::print::equation(program, root),
            source: notes.source_text(&program.symbols),
            scope: self.calls.scope(self.program, block),
            note,
        }
    }

    /// The equation of the text that a root is or was copied from: a loop that was lifted is another by now.
    fn as_it_was(&self, root: EqnId) -> Option<EqnId> {
        if root.index() < self.original.eqns.len() {
            return Some(root);
        }
        let span = self.program.span(root);
        let mut spans = self.original.spans.iter();
        let is_printed = span != crate::span::Span::default();
        is_printed.then(|| spans.position(|&other| other == span).map(EqnId::from_index))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::load;
    use crate::print::print;

    fn program(text: &str) -> Program {
        load("test", text.as_bytes())
            .expect("a print-out")
            .units
            .remove(0)
            .program
    }

    #[test]
    fn a_result_that_does_not_type_check_is_thrown_away() {
        let text = "{ lambda ; a:f32[3] b:f32[]. let c:f32[3] = exp a; d:f32[3] = log c in (d, b) }";
        let original = program(text);
        let mut rewritten = original.clone();
        let outcome = improve(&mut rewritten, &RuleSet::builtin(), &Options::default());
        assert_eq!(outcome.rewrites.len(), 1);
        let sound = outcome
            .clone()
            .kept_if_sound(&mut rewritten.clone(), original.clone());
        assert_eq!((sound.rewrites.len(), sound.pending.len()), (1, 0));

        // exp of a scalar is no vector.
        let block = rewritten.blocks.iter().next().expect("a jaxpr").0;
        let exp = original.blocks[block].eqns[0];
        let scalar = rewritten.blocks[block].inputs[1];
        let place = rewritten.eqns[exp].inputs.start as usize;
        rewritten.operands[place] = crate::ir::Atom::Value(scalar);
        rewritten.blocks[block].eqns = vec![exp];
        let unsound = outcome.kept_if_sound(&mut rewritten, original);
        assert_eq!((unsound.rewrites.len(), unsound.pending.len()), (0, 1));
        assert_eq!(print(&rewritten), format!("{text}\n"));
    }
}
