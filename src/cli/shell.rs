//! Command lines that people paste into a shell.

use std::borrow::Cow;

/// A command line with each word as a shell takes it.
pub(super) fn line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<Cow<'_, str>> = words.into_iter().map(quoted).collect();
    words.join(" ")
}

/// A file as an argument that is no option, whatever its name begins with.
pub(super) fn file(name: &str) -> Cow<'_, str> {
    if name.starts_with('-') && name != "-" {
        Cow::Owned(format!("./{name}"))
    } else {
        Cow::Borrowed(name)
    }
}

/// A word in quotes, if a shell would take it apart. What holds a NUL is no argument of any command and stays as it is.
fn quoted(word: &str) -> Cow<'_, str> {
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        let words = [
            "jaxpeep",
            "rewrite",
            "dumps/loss-1.jaxpr",
            "my loss.jaxpr",
            "it's",
        ];
        let line = line(words);
        assert_eq!(shlex::split(&line), Some(words.map(str::to_owned).to_vec()));
        assert!(line.starts_with("jaxpeep rewrite dumps/loss-1.jaxpr "), "{line}");
    }

    #[test]
    fn a_file_is_no_option() {
        assert_eq!(file("-x.jaxpr"), "./-x.jaxpr");
        assert_eq!(file("x-y.jaxpr"), "x-y.jaxpr");
        assert_eq!(file("-"), "-");
    }
}
