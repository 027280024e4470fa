//! Books that tests read. To check a book takes seconds in a build for tests, so each is checked once, whoever asks.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bincard::base::Severity;
use bincard::book_folder;
use bincard::check::{BookFiles, check};
use bincard::model::Book;
use bincard::rules::Rules;

use super::root;

/// A book and its rules.
pub type Made = (Arc<Book>, Arc<Rules>);

type Reading = Arc<OnceLock<Result<Made, Vec<String>>>>;

/// The files of the shipped book.
pub fn files() -> BookFiles {
    book_folder::read(root()).expect("the shipped book")
}

/// The same without its scenarios, which are half of what there is to read.
pub fn files_untold() -> BookFiles {
    let mut files = files();
    files.flows.retain(|f| !f.path.ends_with(".scenarios.flow"));
    files
}

/// The shipped book.
pub fn shipped() -> Made {
    made(&files())
}

/// The shipped book without its scenarios.
pub fn untold() -> Made {
    made(&files_untold())
}

/// The book of some files, which must have no error.
pub fn made(files: &BookFiles) -> Made {
    tried(files).unwrap_or_else(|told| panic!("the book has mistakes: {told:#?}"))
}

/// The book of files as a store keeps them, if it has no error.
pub fn of_stored(files: &str) -> Option<Made> {
    tried(&BookFiles::of_stored(files)?).ok()
}

/// The book of some files, or what is told of its mistakes.
pub fn tried(files: &BookFiles) -> Result<Made, Vec<String>> {
    static READ: Mutex<Vec<(BookFiles, Reading)>> = Mutex::new(Vec::new());
    let reading = {
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        let known = read.iter().find(|(of, _)| of == files).map(|(_, reading)| Arc::clone(reading));
        known.unwrap_or_else(|| {
            let reading = Reading::default();
            read.push((files.clone(), Arc::clone(&reading)));
            reading
        })
    };
    reading.get_or_init(|| once(files)).clone()
}

/// The same of a book that one test alone asks for: it is not kept.
pub fn once(files: &BookFiles) -> Result<Made, Vec<String>> {
    let checked = check(files);
    let errors = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let told: Vec<String> = errors.map(|d| format!("{} {}", checked.sources.place(d.span()), d.title)).collect();
    Ok((Arc::new(checked.book.ok_or(told)?), Arc::new(checked.rules)))
}
