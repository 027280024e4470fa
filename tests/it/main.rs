//! The only integration binary: one link for all of them. `tidy` fails when a file here is not listed.
//!
//! Run all with `scripts/test`, or one module with `scripts/test --test it tidy`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests state what must hold")]

mod support;

mod change_apply;
mod change_whatif;
mod cli;
mod coverage;
mod crash_boundaries;
mod crash_cancel;
mod crash_load;
mod crash_server;
mod crash_standby;
mod deliver;
mod docs;
mod editor_basics;
mod editor_complete;
mod editor_files;
mod editor_fixes;
mod editor_hover;
mod editor_names;
mod editor_neovim;
mod editor_text;
mod editor_vscode;
mod engine_commands;
mod engine_lists;
mod engine_many;
mod engine_versions;
mod explain;
mod fault_busy;
mod fault_full;
mod fault_power;
mod handbook;
mod mutations;
mod periods;
mod pictures;
mod proofs;
mod race_answers;
mod race_processes;
mod race_rows;
mod race_transfers;
mod race_units;
mod replay;
mod rule_cases;
mod scenarios;
mod simulate;
mod spoiled;
mod store_attacks;
mod store_backup;
mod store_commit;
mod store_crash;
mod store_group;
mod store_guard;
mod store_journal;
mod store_migrate;
mod store_parity;
mod store_plans;
mod store_roles;
mod store_seal;
mod store_take;
mod store_verify;
mod suggest;
mod tidy;
mod walks;
mod watch;
