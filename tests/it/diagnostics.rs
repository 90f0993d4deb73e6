//! What users read about files that cannot be used: one snapshot a kind of damage.

use jaxpeep::diagnostics::{Source, render_plain};
use jaxpeep::load::{Broken, load};

/// Everything that is said about a file.
fn messages(name: &str, bytes: &[u8]) -> String {
    let Err(Broken { text, diagnostics }) = load(name, bytes) else {
        return "nothing is wrong\n".to_owned();
    };
    assert!(!diagnostics.is_empty(), "{name} is broken for no reason");
    let source = Source::new(name, &text);
    let rendered = diagnostics
        .iter()
        .map(|diagnostic| render_plain(diagnostic, Some(&source), 100));
    rendered.collect()
}

#[test]
fn every_malformed_file_says_what_is_wrong() {
    let mut count = 0;
    insta::glob!("../../fixtures/malformed", "*.jaxpr", |path| {
        let bytes = std::fs::read(path).expect("a fixture can be read");
        let name = path.file_name().expect("a fixture has a name").to_string_lossy();
        let messages = messages(&name, &bytes);
        assert_ne!(messages, "nothing is wrong\n", "{name} is accepted");
        insta::with_settings!({omit_expression => true}, {
            insta::assert_snapshot!(messages);
        });
        count += 1;
    });
    assert!(count >= 45, "only {count} fixtures");
}

/// A jaxpr inside a jaxpr inside a jaxpr …
fn nested(depth: usize) -> String {
    let mut text = "{ lambda ; a:f32[]. let b:f32[] = exp a in (b,) }".to_owned();
    for _ in 0..depth {
        text = format!("{{ lambda ; a:f32[]. let b:f32[] = jit[name=f jaxpr={text}] a in (b,) }}");
    }
    text + "\n"
}

#[test]
fn nesting_that_is_too_deep_is_an_error_and_no_crash() {
    assert_eq!(messages("deep", nested(40).as_bytes()), "nothing is wrong\n");
    let said = messages("deep", nested(2000).as_bytes());
    insta::assert_snapshot!(said);
}

#[test]
fn brackets_that_are_nested_too_deep_do_not_crash() {
    let text = format!(
        "{{ lambda ; a:f32[]. let b:f32[] = f[x={}1,{}] a in (b,) }}\n",
        "(".repeat(50_000),
        ")".repeat(50_000)
    );
    // Such a value is kept as text: it is no jaxpr's fault.
    assert_eq!(messages("deep", text.as_bytes()), "nothing is wrong\n");
}

const SOUND: &str = "{ lambda ; a:f32[4]. let\n    b:f32[4] = exp a\n    c:f32[4] = log b\n  in (c,) }\n";

#[test]
fn windows_line_ends_colours_and_byte_order_marks_are_no_errors() {
    for text in [
        SOUND.to_owned(),
        SOUND.replace('\n', "\r\n"),
        format!("\u{feff}{SOUND}"),
        SOUND.replace("lambda", "\u{1b}[34;1mlambda\u{1b}[39;22m"),
        format!("# loss.py\n{SOUND}\n# the end\n"),
        SOUND.trim_end().to_owned(),
    ] {
        assert_eq!(
            messages("sound", text.as_bytes()),
            "nothing is wrong\n",
            "{text:?}"
        );
    }
}

#[test]
fn a_text_cut_off_anywhere_is_an_error_and_no_crash() {
    for end in 1..SOUND.trim_end().len() {
        let said = messages("cut", &SOUND.as_bytes()[..end]);
        assert_ne!(said, "nothing is wrong\n", "{}", &SOUND[..end]);
        // The place is where the text ends, or the bracket that stays open: never past the end.
        assert!(!said.contains("OutOfBounds"), "{said}");
    }
}

#[test]
fn a_text_with_any_one_character_missing_or_doubled_does_not_crash() {
    for at in 0..SOUND.len() {
        let (before, after) = SOUND.split_at(at);
        for text in [
            format!("{before}{}", &after[1..]),
            format!("{before}{}{after}", &after[..1]),
        ] {
            let said = messages("typo", text.as_bytes());
            assert!(
                said.matches("× ").count() <= 3,
                "one typo, many errors:\n{text}\n{said}"
            );
        }
    }
}
