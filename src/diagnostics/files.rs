//! Files that cannot be read at all, or hold something else than a jaxpr.

use super::{Diagnostic, GOOD_DUMP};
use crate::span::Span;
use crate::syntax::Foreign;

/// A file with nothing in it, or only white space.
pub(crate) fn empty_file(path: &str) -> Diagnostic {
    Diagnostic::error("jaxpeep::file::empty", format!("`{path}` is empty")).help(format!(
        "the program that should have written it may have failed; {GOOD_DUMP}"
    ))
}

/// A file whose bytes are no text. `offset` is that of the first byte which is not UTF-8.
pub(crate) fn not_utf8(path: &str, bytes: &[u8], offset: usize) -> Diagnostic {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Diagnostic::error(
            "jaxpeep::file::not_utf8",
            format!("`{path}` is UTF-16, not UTF-8"),
        )
        .help("PowerShell's `>` writes UTF-16: use `| Out-File -Encoding utf8 f.jaxpr` instead");
    }
    if bytes.contains(&0) {
        return Diagnostic::error("jaxpeep::file::binary", format!("`{path}` is a binary file"))
            .help(format!("jaxpeep reads printed jaxprs; {GOOD_DUMP}"));
    }
    let line = bytes[..offset].split(|&byte| byte == b'\n').count();
    let byte = bytes.get(offset).copied().unwrap_or_default();
    let message = format!("`{path}` is not UTF-8: line {line} holds the byte 0x{byte:02x}");
    Diagnostic::error("jaxpeep::file::not_utf8", message)
        .help("JAX prints UTF-8; save the file in that encoding, or print the jaxpr again")
}

/// A file that holds something else. `first` is where it starts.
pub(crate) fn foreign(kind: Foreign, first: Span) -> Diagnostic {
    let (code, what, label, help) = match kind {
        Foreign::Python => (
            "jaxpeep::file::python",
            "this is Python source, not a printed jaxpr",
            "Python",
            format!("jaxpeep reads what JAX prints for a function, not the function; {GOOD_DUMP}"),
        ),
        Foreign::Mlir => (
            "jaxpeep::file::mlir",
            "this is StableHLO (MLIR), not a printed jaxpr",
            "MLIR",
            "a jaxpr is the stage before lowering: print `jax.make_jaxpr(f)(*args)` instead of \
             `jax.jit(f).lower(*args).as_text()`"
                .to_owned(),
        ),
        Foreign::Hlo => (
            "jaxpeep::file::hlo",
            "this is XLA's HLO, not a printed jaxpr",
            "HLO",
            "a jaxpr is the stage before lowering: print `jax.make_jaxpr(f)(*args)` instead of \
             `jax.jit(f).lower(*args).compile().as_text()`"
                .to_owned(),
        ),
        Foreign::Json => (
            "jaxpeep::file::json",
            "this is JSON, not a printed jaxpr",
            "JSON",
            format!("inputs and cases are given with `--inputs`; as for the program, {GOOD_DUMP}"),
        ),
        Foreign::Traceback => (
            "jaxpeep::file::traceback",
            "this is a Python traceback, not a printed jaxpr",
            "the program failed before it printed a jaxpr",
            format!("mend the error at the end of the traceback, then {GOOD_DUMP}"),
        ),
        Foreign::BareEquations => (
            "jaxpeep::file::bare_equations",
            "these are equations without the jaxpr around them",
            "expected `{ lambda` before the first equation",
            "keep the whole print-out; by hand, the shortest jaxpr is \
             `{ lambda ; a:f32[]. let b:f32[] = exp a in (b,) }`"
                .to_owned(),
        ),
    };
    Diagnostic::error(code, what).at(first, label).help(help)
}
