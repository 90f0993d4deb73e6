//! `jaxpeep fmt`.

use super::{FORMATTED, Folder, UNFORMATTED};

#[test]
fn a_jaxpr_is_printed_as_jax_prints_it() {
    let folder = Folder::new(&[("f.jaxpr", UNFORMATTED)]);
    let ran = folder.run(&["fmt", "f.jaxpr"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, FORMATTED));
    assert_eq!(folder.read("f.jaxpr"), UNFORMATTED);
}

#[test]
fn check_names_what_differs_and_writes_nothing() {
    let folder = Folder::new(&[("f.jaxpr", UNFORMATTED), ("g.jaxpr", FORMATTED)]);
    let ran = folder.run(&["fmt", "--check", "."]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.ends_with("f.jaxpr\n") && ran.out.lines().count() == 1,
        "{}",
        ran.out
    );
    assert_eq!(folder.read("f.jaxpr"), UNFORMATTED);
    assert_eq!(folder.run(&["fmt", "--check", "g.jaxpr"]).code, 0);
}

#[test]
fn the_difference_is_a_unified_diff() {
    let folder = Folder::new(&[("f.jaxpr", UNFORMATTED)]);
    let ran = folder.run(&["fmt", "--diff", "f.jaxpr"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.out);
}

#[test]
fn white_space_around_the_print_outs_goes_and_comments_stay() {
    let text = format!("\n\n  # loss\n{UNFORMATTED}\n# gradient\n{UNFORMATTED}\n\n\n");
    let ran = Folder::new(&[]).run_with(&["fmt", "-"], &text, &[]);
    assert_eq!(ran.out, format!("# loss\n{FORMATTED}\n# gradient\n{FORMATTED}"));
}

#[test]
fn colours_of_a_terminal_are_no_part_of_the_text() {
    let coloured = FORMATTED.replace("lambda", "\u{1b}[34;1mlambda\u{1b}[39;22m");
    let folder = Folder::new(&[("f.jaxpr", &coloured)]);
    assert_eq!(folder.run(&["fmt", "f.jaxpr"]).out, FORMATTED);
    assert_eq!(folder.run(&["fmt", "--check", "f.jaxpr"]).code, 1);
}
