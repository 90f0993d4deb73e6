//! Takes off what a terminal or an editor added to a print-out: ANSI colours, a byte-order mark, carriage returns.

use std::borrow::Cow;

/// The text without colour codes (`ESC [ … m`), without a leading byte-order mark, with `\n` line ends.
///
/// Borrows the text when there is nothing to take off. Places in messages refer to the cleaned text.
pub fn clean(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // A search for one byte is many times faster than one for two characters.
    let bytes = text.as_bytes();
    if !bytes.contains(&b'\x1b') && !bytes.contains(&b'\r') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\u{1b}', '\r']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(code) = rest.strip_prefix("\u{1b}[") {
            let end = code
                .find(|c: char| !c.is_ascii_digit() && c != ';')
                .unwrap_or(code.len());
            rest = code[end..].strip_prefix('m').unwrap_or(&code[end..]);
        } else if let Some(after) = rest.strip_prefix("\r\n") {
            out.push('\n');
            rest = after;
        } else {
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_carriage_returns_go() {
        assert_eq!(
            clean("{ \u{1b}[34;1mlambda \u{1b}[39;22m; a\r\n"),
            "{ lambda ; a\n"
        );
        assert!(matches!(clean("plain"), Cow::Borrowed("plain")));
    }
}
