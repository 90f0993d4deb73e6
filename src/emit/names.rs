//! Names for Python: variables keep theirs, functions take the one that the jaxpr gives them.

use rustc_hash::FxHashSet;

use crate::ir::Program;

/// Words that an emitted module gives a meaning to, and Python's own.
const TAKEN: &[&str] = &[
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "functools",
    "global",
    "if",
    "import",
    "in",
    "is",
    "jax",
    "jnp",
    "jsp",
    "lambda",
    "lax",
    "live",
    "new_ref",
    "nonlocal",
    "not",
    "np",
    "or",
    "partial",
    "pass",
    "primitives",
    "raise",
    "return",
    "shard_map",
    "try",
    "while",
    "with",
    "yield",
    "list",
    "tuple",
    "frozenset",
    "complex",
    "RuntimeError",
];

/// A variable's name as Python may hold it.
pub(super) fn variable(name: &str) -> String {
    if TAKEN.contains(&name) {
        format!("{name}_")
    } else {
        name.to_owned()
    }
}

/// The names of functions: each once in a module, and none that a variable has.
#[derive(Debug, Default)]
pub(super) struct FunctionNames {
    used: FxHashSet<String>,
}

impl FunctionNames {
    /// Keeps clear of the variables of `program`.
    pub(super) fn new(program: &Program) -> Self {
        let mut used = FxHashSet::default();
        for (_, block) in program.blocks.iter() {
            let bound = block.eqns.iter().flat_map(|&eqn| program.outputs(eqn));
            for &value in block.consts.iter().chain(&block.inputs).chain(bound) {
                used.insert(variable(&program.name(value)));
            }
        }
        used.extend(TAKEN.iter().map(|&word| word.to_owned()));
        Self { used }
    }

    /// Whether something has this name.
    pub(super) fn is_used(&self, name: &str) -> bool {
        self.used.contains(name)
    }

    /// A name like `wanted` that nothing else has.
    pub(super) fn fresh(&mut self, wanted: &str) -> String {
        let base = identifier(wanted);
        let name = if self.used.contains(&base) {
            let numbered = (1..).map(|number| format!("{base}_{number}"));
            let mut free = numbered.filter(|name| !self.used.contains(name));
            free.next().unwrap_or_default()
        } else {
            base
        };
        self.used.insert(name.clone());
        name
    }
}

/// The letters of `text` that an identifier may hold.
fn identifier(text: &str) -> String {
    let keep = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '_'
        }
    };
    let name: String = text.chars().map(keep).collect();
    let name = name
        .trim_end_matches('_')
        .trim_start_matches(|letter: char| letter.is_ascii_digit());
    match name.trim_start_matches('_') {
        "" | "lambda" => "function".to_owned(),
        _ => name.to_owned(),
    }
}

/// Whether `name` can be given to the function that is asked for.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    let first = letters.next();
    first.is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !TAKEN.contains(&name)
}
