//! The proofs on the shipped book, and on small books that lose parts.

use std::path::Path;
use std::sync::Arc;

use super::{Options, prove};
use crate::book_folder;
use crate::check::check;

#[test]
fn figures() {
    let checked = check(&book_folder::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());
    let (book, rules) = (Arc::new(checked.book.unwrap()), Arc::new(checked.rules));
    let begun = std::time::Instant::now();
    let budget = std::env::var("BUDGET").ok().and_then(|b| b.parse().ok()).unwrap_or(400);
    for proved in prove(&book, &rules, &Options { budget, ..Options::default() }) {
        println!("{}: {} states, {} tried; whole {:?}; cut {:?}; unopened {} fault {:?} for all {:?}", proved.workflow, proved.states, proved.tried, proved.whole.iter().map(|s| s.words()).collect::<Vec<_>>(), proved.cut.iter().map(|s| s.words()).collect::<Vec<_>>(), proved.unopened, proved.fault, proved.not_for_all);
        for f in &proved.findings {
            println!("{}", crate::check::testing::report(std::slice::from_ref(&f.diagnostic), &book.sources));
            if let Some(story) = &f.story {
                println!("{}", story.text(&book).unwrap_or_else(|e| format!("{e:?}")));
            }
        }
    }
    println!("{:?}", begun.elapsed());
    for way in super::custody(&book, &rules) {
        println!("{way:?}");
    }
    println!("{:?}", begun.elapsed());
}
