//! The program `bincard`: hands its arguments to `cli` and ends with the exit code that it gives.
//!
//! Must not know: what any command does. Tests: the library's, and `tests/it`.

use std::process::ExitCode;

/// A decision is made of many small pieces that live for a moment.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bincard::cli::main()
}
