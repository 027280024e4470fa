//! The layers of `ARCHITECTURE.md` as a table: which module may use which, and what each must never name.

/// One module of `src/`.
pub struct Layer {
    /// Its name: a folder or a file of `src/`.
    pub module: &'static str,
    /// The other modules it may use.
    pub uses: &'static [&'static str],
    /// Crates and paths it must never name, beyond [`OWNERS`].
    pub never: &'static [&'static str],
}

/// What stands above the engine and below the faces may use all of this.
const CORE: &[&str] = &["base", "domain", "syntax", "model", "rules", "check", "book_folder", "store", "engine"];

/// The program may use everything, and starts the language server.
const COMMANDS: &[&str] = &[
    "base",
    "render",
    "domain",
    "syntax",
    "model",
    "rules",
    "check",
    "book_folder",
    "store",
    "engine",
    "network",
    "papers",
    "insight",
    "scenario",
    "picture",
    "prove",
    "handbook",
    "lsp",
    "change",
];

/// Files and the clock. A module that is given neither can be run again and gives the same answer.
const OUTSIDE: &[&str] = &["std::fs", "std::env", "SystemTime", "Instant", "Timestamp::now", "Zoned::now"];

/// Bottom first.
pub const LAYERS: &[Layer] = &[
    Layer { module: "base", uses: &[], never: &["serde", "std::fs", "std::env", "SystemTime", "Instant"] },
    Layer { module: "domain", uses: &["base"], never: OUTSIDE },
    Layer { module: "render", uses: &["base"], never: OUTSIDE },
    Layer { module: "syntax", uses: &["base"], never: OUTSIDE },
    Layer { module: "model", uses: &["base", "domain"], never: OUTSIDE },
    // A monotonic clock stops scripts that take too long; it decides nothing.
    Layer { module: "rules", uses: &["base", "domain", "model"], never: &["std::fs", "std::env", "SystemTime", "Timestamp::now", "Zoned::now"] },
    Layer { module: "check", uses: &["base", "domain", "syntax", "model", "rules", "engine"], never: OUTSIDE },
    Layer { module: "book_folder", uses: &["base", "check", "model"], never: &["std::env", "SystemTime", "Instant", "Timestamp::now"] },
    Layer { module: "store", uses: &["base", "domain"], never: &["Timestamp::now", "SystemTime"] },
    Layer { module: "engine", uses: &["base", "domain", "model", "rules", "store"], never: &[] },
    Layer { module: "network", uses: CORE, never: &[] },
    Layer { module: "papers", uses: CORE, never: &[] },
    Layer { module: "insight", uses: CORE, never: &[] },
    Layer { module: "scenario", uses: &["base", "domain", "syntax", "model", "rules", "check", "store", "engine", "network", "papers", "insight"], never: &[] },
    Layer { module: "picture", uses: &["base", "model"], never: OUTSIDE },
    Layer { module: "handbook", uses: &["base", "model", "picture"], never: OUTSIDE },
    Layer { module: "prove", uses: &["base", "domain", "syntax", "model", "rules", "check", "store", "engine", "scenario"], never: OUTSIDE },
    Layer {
        module: "lsp",
        uses: &["base", "syntax", "model", "rules", "check", "book_folder", "network"],
        never: &["std::fs", "SystemTime", "Timestamp::now", "Zoned::now"],
    },
    Layer {
        module: "change",
        uses: &["base", "domain", "syntax", "model", "rules", "check", "store", "engine", "network", "papers", "insight", "scenario"],
        never: &["std::fs", "std::env", "SystemTime", "Timestamp::now"],
    },
    Layer { module: "cli", uses: COMMANDS, never: &[] },
];

/// Crates that only some modules may name. `main` is the program's entry, `lib` the list of modules.
pub const OWNERS: &[(&str, &[&str])] = &[
    ("pest", &["syntax"]),
    ("pest_derive", &["syntax"]),
    ("rhai", &["rules"]),
    ("sqlx", &["store"]),
    ("rusqlite", &["store"]),
    ("lsp_server", &["lsp"]),
    ("gen_lsp_types", &["lsp"]),
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli"]),
    ("indicatif", &["cli"]),
    ("comfy_table", &["cli"]),
    ("miette", &["render"]),
    ("tokio", &["store", "engine", "network", "scenario", "insight", "papers", "prove", "change", "lsp", "cli", "main"]),
    ("csv", &["network", "scenario", "cli"]),
];

/// The files of the engine that run what was decided: they load, commit, try again, and look at the clock. All others are
/// the deciding part: pure, so that running, dry runs, proofs and replays are one piece of code. `check` may use only that.
pub const RUNNING: &[&str] = &["mod", "arrivals", "deliver", "execute", "many", "timers", "todo", "versions"];

/// What the deciding part must never name.
pub const DECIDING_NEVER: &[&str] = &["sqlx", "tokio", "std::fs", "std::env", "SystemTime", "Instant", "Timestamp::now", "Zoned::now"];

/// Only the parser may name pest inside `syntax`.
pub const PARSER: &str = "src/syntax/parser";
