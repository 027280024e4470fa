//! A real editor: Neovim opens a flow with a mistake, gets the diagnostic, takes the quick fix, and the file is clean.
//!
//! Neovim is one of the packages that `scripts/prepare` installs; without it this fails and says so.

use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::support::{files, folder, root};

const BOOK: &str = "tests/it/support/editor_book";

#[test]
fn neovim_gets_a_diagnostic_and_applies_the_fix() {
    let folder = folder();
    let book = folder.path().canonicalize().expect("a path");
    for file in files(BOOK, &["flow", "rhai", "yaml"]) {
        let path = book.join(file.strip_prefix(BOOK).expect("in the book"));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::copy(root().join(&file), path).expect("a copy");
    }
    let flow = book.join("workflows/transfer.flow");
    let written = std::fs::read_to_string(&flow).expect("a flow");
    std::fs::write(&flow, written.replacen("warehouse.available", "warehouse.availible", 1)).expect("a flow");
    let output = Command::new("nvim")
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", "luafile editors/neovim/try.lua"])
        .current_dir(root())
        .env("HOME", &book)
        .env("XDG_STATE_HOME", &book)
        .env("XDG_CACHE_HOME", &book)
        .env("SETUP", root().join("editors/neovim/bincard.lua"))
        .env("BINCARD", env!("CARGO_BIN_EXE_bincard"))
        .env("FLOW", &flow)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("Neovim cannot be run ({error}): `scripts/prepare` installs it, or your system's package `neovim`"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_snapshot!(said);
    assert_eq!(std::fs::read_to_string(&flow).expect("a flow"), written, "what was saved is what was written before the mistake");
}
