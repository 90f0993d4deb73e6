//! Recognises files that are something else than a jaxpr, so that the message can say what to do.

/// What a file that is not a jaxpr seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// Python source.
    Python,
    /// `StableHLO` or another MLIR dialect.
    Mlir,
    /// XLA's HLO text.
    Hlo,
    /// A JSON document.
    Json,
    /// A Python traceback.
    Traceback,
    /// One equation or a list of them without `{ lambda … }` around it.
    BareEquations,
}

/// Looks at the first lines of a text that does not start as a jaxpr does.
pub(crate) fn recognize(text: &str) -> Option<Foreign> {
    let text = text.trim_start();
    let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if starts(&["module @", "module {", "#loc", "func.func"]) || text.contains("stablehlo.") {
        return Some(Foreign::Mlir);
    }
    if starts(&["HloModule"]) || text.contains("\nENTRY ") {
        return Some(Foreign::Hlo);
    }
    if starts(&["Traceback (most recent call last)"]) {
        return Some(Foreign::Traceback);
    }
    let is_object = starts(&["{\"", "[{", "{\n"]) && text.contains("\":");
    if is_object || starts(&["[[", "[0", "[1"]) {
        return Some(Foreign::Json);
    }
    if starts(&["import ", "from ", "def ", "class ", "@", "#!", "\"\"\""]) || text.contains("\ndef ") {
        return Some(Foreign::Python);
    }
    let (name, rest) = text.split_once(':')?;
    let (_, after) = rest.split_once(" = ")?;
    let bare = name.bytes().all(|b| b.is_ascii_lowercase()) && !name.is_empty() && !after.is_empty();
    bare.then_some(Foreign::BareEquations)
}
