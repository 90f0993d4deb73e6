//! The executable as users and scripts meet it: exit codes, streams, files, JSON.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

mod errors;
mod files;
mod findings;
mod fmt;
mod formats;
mod inputs;
mod trace;
mod verify;

/// A jaxpr on which no rule has anything to say.
pub(crate) const SOUND: &str =
    "{ lambda ; a:f32[4]. let\n    b:f32[4] = sin a\n    c:f32[4] = cos b\n  in (c,) }\n";
/// As JAX would print it on one line, but is not laid out so.
pub(crate) const UNFORMATTED: &str = "{ lambda ; a:f32[]. let\n    b:f32[] = sin a\n  in (b,) }\n";
pub(crate) const FORMATTED: &str = "{ lambda ; a:f32[]. let b:f32[] = sin a in (b,) }\n";
pub(crate) const BROKEN: &str = "{ lambda ; a:f32[]. let b:f32[] sin a in (b,) }\n";

/// A folder with files in which jaxpeep is run.
pub(crate) struct Folder(tempfile::TempDir);

/// What a run gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders can be made");
        fs::write(path, text).expect("a file can be written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("the file is there")
    }

    /// Names of everything right in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("the folder is there");
        let mut names: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "", &[])
    }

    pub(crate) fn run_with(&self, args: &[&str], input: &str, env: &[(&str, &str)]) -> Ran {
        let mut child = command()
            .args(args)
            .envs(env.iter().copied())
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("jaxpeep starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that does not read its input may have closed it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Ran::from(child.wait_with_output().expect("jaxpeep ends"))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("jaxpeep writes UTF-8");
        Self {
            code: output.status.code().expect("jaxpeep was not killed"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jaxpeep"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// Runs where there are no files.
pub(crate) fn run(args: &[&str]) -> Ran {
    Folder::new(&[]).run(args)
}

#[test]
fn results_go_to_standard_output_and_the_report_to_standard_error() {
    let folder = Folder::new(&[("f.jaxpr", SOUND)]);
    let ran = folder.run(&["rewrite", "f.jaxpr"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, SOUND));
    assert_eq!(ran.err, "f.jaxpr: nothing to rewrite\n");
    assert_eq!(folder.run(&["rewrite", "-q", "f.jaxpr"]).err, "");
}

#[test]
fn standard_input_is_read_for_a_dash_and_when_nothing_is_named() {
    let folder = Folder::new(&[]);
    for args in [&["rewrite", "-"][..], &["rewrite"], &["fmt", "-"], &["fmt"]] {
        let ran = folder.run_with(args, FORMATTED, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (0, FORMATTED), "{args:?}");
    }
    let ran = folder.run_with(&["check", "-"], BROKEN, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("─[-:1:"), "{}", ran.err);
}

#[test]
fn json_of_rewrite_has_the_documented_shape() {
    let folder = Folder::new(&[("f.jaxpr", SOUND), ("g.jaxpr", BROKEN)]);
    let ran = folder.run(&["rewrite", "--format", "json", "f.jaxpr", "g.jaxpr"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn json_of_check_has_the_documented_shape() {
    let folder = Folder::new(&[("f.jaxpr", SOUND), ("g.jaxpr", BROKEN)]);
    let ran = folder.run(&["check", "--format", "json", ".", "missing.jaxpr"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn colours_are_used_when_asked_for_only() {
    let folder = Folder::new(&[("g.jaxpr", BROKEN)]);
    let coloured =
        |args: &[&str], env: &[(&str, &str)]| folder.run_with(args, "", env).err.contains('\u{1b}');
    assert!(!coloured(&["check", "g.jaxpr"], &[]));
    assert!(coloured(&["check", "--color", "always", "g.jaxpr"], &[]));
    assert!(coloured(
        &["--color=always", "check", "g.jaxpr"],
        &[("NO_COLOR", "1")]
    ));
    assert!(!coloured(
        &["check", "--color", "never", "g.jaxpr"],
        &[("CLICOLOR_FORCE", "1")]
    ));
    assert!(!coloured(
        &["check", "g.jaxpr"],
        &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]
    ));
}

#[test]
fn every_shell_gets_completions_that_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.code, 0, "{shell}");
        for word in ["rewrite", "write-baseline", "regularize"] {
            assert!(ran.out.contains(word), "{shell} does not complete {word}");
        }
    }
    assert_eq!(run(&["completions", "cmd"]).code, 2);
}

#[test]
fn manual_pages_are_roff() {
    let ran = run(&["man"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains(".TH jaxpeep 1"), "{}", &ran.out[..200]);
    let ran = run(&["man", "rewrite"]);
    assert!(ran.out.contains("in\\-place"));
    let ran = run(&["man", "rewrit"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `rewrite`?"), "{}", ran.err);
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let ran = run(&["--help"]);
    assert_eq!(ran.code, 0);
    for word in [
        "rewrite",
        "check",
        "fmt",
        "rules",
        "explain",
        "completions",
        "man",
        "3 a bug in jaxpeep",
    ] {
        assert!(ran.out.contains(word), "{word}");
    }
    insta::assert_snapshot!(run(&["rewrite", "-h"]).out);
    insta::assert_snapshot!(run(&["check", "-h"]).out);
}

#[test]
fn rules_are_listed_and_explained() {
    let list = run(&["rules", "list"]);
    assert_eq!((list.code, list.err.as_str()), (0, ""));
    assert_eq!(run(&["rules"]).out, list.out);
    // Every rule that is listed has its page.
    let lines: Vec<&str> = list.out.lines().skip(1).collect();
    assert!(lines.len() > 10, "{}", list.out);
    for line in lines {
        let name = line.split_whitespace().next().expect("a name");
        let page = run(&["explain", name]);
        assert_eq!(page.code, 0, "{name}");
        for part in ["Identity", "Fires on", "Declines", "@@ "] {
            assert!(page.out.contains(part), "{name}: {part}");
        }
    }
    insta::assert_snapshot!(run(&["explain", "log-exp"]).out);
    let ran = run(&["explain", "logsumexp-masks"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `logsumexp-mask`?"), "{}", ran.err);
    let ran = run(&["explain", "no_such_rule"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("there is no rule `no_such_rule`"), "{}", ran.err);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new(&[]);
    let equations: String = (0..20_000).map(|_| "    _:f32[4] = sin a\n").collect();
    folder.write(
        "f.jaxpr",
        &format!("{{ lambda ; a:f32[4]. let\n{equations}  in (a,) }}\n"),
    );
    let mut child = command()
        .args(["rewrite", "-q", "f.jaxpr"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("jaxpeep starts");
    drop(child.stdout.take());
    let ran = Ran::from(child.wait_with_output().expect("jaxpeep ends"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}
