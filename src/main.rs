//! The `jaxpeep` executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    jaxpeep::cli::main()
}
