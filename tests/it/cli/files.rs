//! Files and folders: what is read, what is written, and what is left alone.

use std::fs;

use super::{BROKEN, FORMATTED, Folder, SOUND, UNFORMATTED};

#[test]
fn several_inputs_need_a_place_to_go() {
    let folder = Folder::new(&[("f.jaxpr", SOUND), ("g.jaxpr", SOUND)]);
    for command in ["rewrite", "fmt"] {
        let ran = folder.run(&[command, "f.jaxpr", "g.jaxpr"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command}");
        assert!(
            ran.err.contains("2 inputs cannot go to one standard output"),
            "{}",
            ran.err
        );
        assert!(ran.err.contains("`-i`"), "{}", ran.err);
    }
}

#[test]
fn a_folder_is_walked_and_written_to_a_folder() {
    let folder = Folder::new(&[
        ("in/f.jaxpr", SOUND),
        ("in/sub/g.jaxpr", SOUND),
        ("in/notes.txt", "no jaxpr"),
    ]);
    let ran = folder.run(&["rewrite", "in", "-o", "out"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert_eq!(folder.read("out/f.jaxpr"), SOUND);
    assert_eq!(folder.read("out/sub/g.jaxpr"), SOUND);
    assert!(!folder.path().join("out/notes.txt").exists());
}

#[test]
fn outputs_that_would_collide_are_an_error_and_nothing_is_written() {
    let folder = Folder::new(&[("a/f.jaxpr", SOUND), ("b/f.jaxpr", SOUND)]);
    let ran = folder.run(&["rewrite", "a/f.jaxpr", "b/f.jaxpr", "-o", "out"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("would both be written to"), "{}", ran.err);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn one_file_can_be_written_to_a_path_of_any_name() {
    let folder = Folder::new(&[("f.jaxpr", SOUND)]);
    let ran = folder.run(&["rewrite", "f.jaxpr", "-o", "new/g.txt"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert_eq!(folder.read("new/g.txt"), SOUND);
}

#[test]
fn a_broken_file_is_never_touched_and_the_others_are_written() {
    let folder = Folder::new(&[("f.jaxpr", BROKEN), ("g.jaxpr", UNFORMATTED)]);
    let ran = folder.run(&["fmt", "-i", "."]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("jaxpeep::syntax::missing_equals"), "{}", ran.err);
    assert_eq!(folder.read("f.jaxpr"), BROKEN);
    assert_eq!(folder.read("g.jaxpr"), FORMATTED);
    assert_eq!(
        folder.names(),
        ["f.jaxpr", "g.jaxpr"],
        "no temporary file is left"
    );
}

#[test]
fn a_file_that_does_not_change_is_not_written() {
    let folder = Folder::new(&[("f.jaxpr", SOUND)]);
    let path = folder.path().join("f.jaxpr");
    let past = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    fs::File::options()
        .write(true)
        .open(&path)
        .expect("a file")
        .set_modified(past)
        .expect("a time");
    for args in [["rewrite", "-i", "f.jaxpr"], ["fmt", "-i", "f.jaxpr"]] {
        assert_eq!(folder.run(&args).code, 0);
        let modified = fs::metadata(&path).expect("a file").modified().expect("a time");
        // UNFORMATTED would be written; SOUND is longer than no line but is laid out as JAX does it or not at all.
        if args[0] == "rewrite" {
            assert_eq!(modified, past, "{args:?}");
        }
    }
}

#[test]
fn white_space_comments_and_line_ends_around_print_outs_stay() {
    let text = "# loss\n\n{ lambda ; a:f32[]. let  in (a,) }\n# gradient\n{ lambda ; a:f32[]. let  in (a,) }";
    let windows = text.replace('\n', "\r\n");
    let folder = Folder::new(&[("f.jaxpr", text), ("g.jaxpr", &windows)]);
    assert_eq!(folder.run(&["rewrite", "f.jaxpr"]).out, text);
    assert_eq!(folder.run(&["rewrite", "g.jaxpr"]).out, windows);
}

#[test]
fn the_comment_of_an_equation_is_printed_once() {
    let text = "{ lambda ; a:f32[]. let b:f32[] = sin a in (b,) } # loss.py:7:4 (loss)\n";
    let folder = Folder::new(&[("f.jaxpr", text)]);
    assert_eq!(folder.run(&["rewrite", "f.jaxpr"]).out, text);
    assert_eq!(folder.run(&["fmt", "f.jaxpr"]).out, text);
}

#[test]
fn a_missing_file_does_not_keep_the_others_from_being_checked() {
    let folder = Folder::new(&[("g.jaxpr", BROKEN)]);
    let ran = folder.run(&["check", "f.jaxpr", "g.jaxpr"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("jaxpeep::io::not_found"), "{}", ran.err);
    assert!(ran.err.contains("jaxpeep::syntax::missing_equals"), "{}", ran.err);
}

#[test]
fn a_folder_without_jaxprs_is_an_error() {
    let folder = Folder::new(&[("notes.txt", "nothing")]);
    let ran = folder.run(&["check", "."]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("there is no `*.jaxpr` file in `.`"),
        "{}",
        ran.err
    );
}

#[test]
fn messages_come_in_the_order_of_the_files() {
    let names: Vec<String> = (0..40).map(|number| format!("f{number:02}.jaxpr")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), BROKEN)).collect();
    let ran = Folder::new(&files).run(&["check", "."]);
    let places: Vec<usize> = names
        .iter()
        .map(|name| ran.err.find(name).expect("every file is named"))
        .collect();
    assert!(places.is_sorted());
}

#[test]
fn standard_input_cannot_be_replaced() {
    for command in ["rewrite", "fmt"] {
        let ran = Folder::new(&[]).run_with(&[command, "-i", "-"], SOUND, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(
            ran.err.contains("standard input cannot be replaced"),
            "{}",
            ran.err
        );
    }
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::super::{FORMATTED, Folder, UNFORMATTED};

    #[test]
    fn permissions_are_kept_and_links_followed() {
        let folder = Folder::new(&[("real.jaxpr", UNFORMATTED)]);
        let real = folder.path().join("real.jaxpr");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("permissions");
        symlink("real.jaxpr", folder.path().join("link.jaxpr")).expect("a link");
        assert_eq!(folder.run(&["fmt", "-i", "link.jaxpr"]).code, 0);
        assert_eq!(folder.read("real.jaxpr"), FORMATTED);
        let link = fs::symlink_metadata(folder.path().join("link.jaxpr")).expect("still there");
        assert!(link.file_type().is_symlink());
        assert_eq!(
            fs::metadata(&real).expect("a file").permissions().mode() & 0o777,
            0o640
        );
    }

    #[test]
    fn what_may_not_be_read_or_written_is_said_and_left() {
        let folder = Folder::new(&[("secret.jaxpr", UNFORMATTED)]);
        let path = folder.path().join("secret.jaxpr");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("permissions");
        // Whoever may do anything is not refused.
        let privileged = fs::read(&path).is_ok();
        let ran = folder.run(&["fmt", "-i", "secret.jaxpr"]);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        if privileged {
            assert_eq!(ran.code, 0);
        } else {
            assert_eq!(ran.code, 2);
            assert!(ran.err.contains("jaxpeep::io::permission_denied"), "{}", ran.err);
            assert_eq!(folder.read("secret.jaxpr"), UNFORMATTED);
        }
    }
}
