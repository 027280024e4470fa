//! The books that an editor has open: their folders, the buffers over their files, and the last look at each.
//!
//! The only part of the language server that reads the disk. Must not know requests. Tests: `tests/it/editor_files.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gen_lsp_types::Uri;

use super::text::Text;
use super::view::{Around, View};
use crate::book_folder::{self, MANIFEST};
use crate::check::{BookFile, BookFiles};
use crate::network;

/// A file that an editor has open.
#[derive(Debug, Clone)]
pub struct Buffer {
    /// Its address, as the editor writes it.
    pub uri: Uri,
    /// The editor's count of its changes.
    pub version: i32,
    /// What stands in it.
    pub text: Text,
}

/// One book.
#[derive(Default)]
struct Book {
    /// What is on disk; or why that cannot be read.
    disk: Option<Result<BookFiles, String>>,
    /// What stands around it on disk.
    around: Around,
    /// The last look at disk and buffers.
    view: Option<Rc<View>>,
}

/// Why a file has no book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Homeless {
    /// There is no manifest in its folder or above it.
    NoBook,
    /// The book above it does not count it among its files: what the book is called, and where its files stand.
    Beside(String, String),
    /// The book cannot be read.
    Unreadable(String),
}

impl Homeless {
    /// In words, for whoever has the file open.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::NoBook => format!("this file is in no book: there is no `{MANIFEST}` in its folder or above it; `bincard new` begins a book"),
            Self::Beside(book, folders) => format!("this file is not part of the book `{book}`, whose files stand in {folders}"),
            Self::Unreadable(why) => format!("the book of this file cannot be read: {why}"),
        }
    }
}

/// All that is open.
#[derive(Default)]
pub struct Books {
    buffers: BTreeMap<PathBuf, Buffer>,
    books: BTreeMap<PathBuf, Book>,
}

impl Books {
    /// A file is open, or changed.
    pub fn put(&mut self, path: PathBuf, buffer: Buffer) {
        self.forget_view(&path);
        self.buffers.insert(path, buffer);
    }

    /// An open file.
    #[must_use]
    pub fn buffer(&self, path: &Path) -> Option<&Buffer> {
        self.buffers.get(path)
    }

    /// All open files.
    pub fn buffers(&self) -> impl Iterator<Item = (&Path, &Buffer)> {
        self.buffers.iter().map(|(path, buffer)| (path.as_path(), buffer))
    }

    /// A file is closed: what is on disk counts again.
    pub fn close(&mut self, path: &Path) {
        self.buffers.remove(path);
        self.look_again(path);
    }

    /// Something on disk may have changed.
    pub fn look_again(&mut self, path: &Path) {
        for (root, book) in &mut self.books {
            if path.starts_with(root) || root.starts_with(path) {
                *book = Book::default();
            }
        }
    }

    fn forget_view(&mut self, path: &Path) {
        for (root, book) in &mut self.books {
            if path.starts_with(root) {
                book.view = None;
            }
        }
    }

    /// The folder of the book that a file is in.
    #[must_use]
    pub fn root_of(path: &Path) -> Option<PathBuf> {
        book_folder::find(path.parent()?)
    }

    /// Takes a folder for a book, if it is one or is in one.
    pub fn add_folder(&mut self, folder: &Path) {
        if let Some(root) = book_folder::find(folder) {
            self.books.entry(root).or_default();
        }
    }

    /// The folders of all books that are known.
    #[must_use]
    pub fn roots(&self) -> Vec<PathBuf> {
        self.books.keys().cloned().collect()
    }

    /// A book as it stands now.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn view(&mut self, root: &Path) -> Result<Rc<View>, Homeless> {
        let book = self.books.entry(root.to_owned()).or_default();
        if let Some(view) = &book.view {
            return Ok(Rc::clone(view));
        }
        if book.disk.is_none() {
            book.around = around(root);
        }
        let disk = book.disk.get_or_insert_with(|| book_folder::read(root).map_err(|error| error.to_string()));
        let files = disk.clone().map_err(Homeless::Unreadable)?;
        let view = Rc::new(View::of(root, &overlaid(files, root, &self.buffers), &book.around));
        book.view = Some(Rc::clone(&view));
        Ok(view)
    }

    /// The book that an open file belongs to, as it stands now.
    ///
    /// # Errors
    /// It belongs to none.
    pub fn view_of(&mut self, path: &Path) -> Result<Rc<View>, Homeless> {
        let root = Self::root_of(path).ok_or(Homeless::NoBook)?;
        let view = self.view(&root)?;
        if view.file(path).is_some() {
            return Ok(view);
        }
        let manifest = &view.checked.draft.manifest;
        Err(Homeless::Beside(manifest.name.clone(), format!("`{}` (*.flow) and `{}` (*.rhai)", manifest.workflows, manifest.rules)))
    }
}

/// The network that a book's manifest names, and the pages about findings beside the book or above it.
fn around(root: &Path) -> Around {
    let master = book_folder::manifest(root).ok().and_then(|file| crate::check::manifest(&file).0.master);
    Around { network: master.and_then(|folder| network::outline_of(&root.join(folder))), pages: book_folder::pages(root) }
}

/// The files of a book, with open buffers in the place of what is on disk.
fn overlaid(mut files: BookFiles, root: &Path, buffers: &BTreeMap<PathBuf, Buffer>) -> BookFiles {
    for (path, buffer) in buffers {
        let Ok(inside) = path.strip_prefix(root) else { continue };
        let name = inside.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        let text = buffer.text.whole.to_string();
        if name == MANIFEST {
            files.manifest.text = text;
        } else if name.ends_with(".flow") || name.ends_with(".rhai") {
            let (flows, rules) = folders(&files);
            let list = if name.ends_with(".flow") { &mut files.flows } else { &mut files.rules };
            let folder = if name.ends_with(".flow") { flows } else { rules };
            match list.iter_mut().find(|file| file.path == name) {
                Some(file) => file.text = text,
                // A new file that was not saved yet.
                None if name.starts_with(&format!("{folder}/")) => list.push(BookFile { path: name, text }),
                None => {}
            }
        }
    }
    files
}

/// The folders of flows and of rules.
fn folders(files: &BookFiles) -> (String, String) {
    let manifest = crate::check::manifest(&files.manifest).0;
    (manifest.workflows, manifest.rules)
}
