//! The program `bincard`: hands its arguments to `cli` and ends with the exit code that it gives.
//!
//! Must not know: what any command does. Tests: the library's, and `tests/it`.

use std::process::ExitCode;

fn main() -> ExitCode {
    bincard::cli::main()
}
