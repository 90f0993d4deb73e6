//! What an author may have meant.

/// The known word that `word` is a misspelling of.
pub(super) fn near<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    // Any two names of one letter are one mistake apart.
    let allowed = match word.chars().count() {
        0 | 1 => 0,
        length => 1 + length / 4,
    };
    let distances = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(word, known), *known));
    distances
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, known)| known)
}

/// "did you mean `x`?", or else the whole list under its name.
pub(super) fn one_of(word: &str, known: &[&str], all: &str) -> String {
    match near(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{all} are {}", known.join(", ")),
    }
}
