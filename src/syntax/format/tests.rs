//! Formatting says the same, formatting it again changes nothing, and no comment is lost.

use std::path::Path;

use super::*;

#[track_caller]
fn check(text: &str) -> String {
    let once = format(text).unwrap_or_else(|e| panic!("{e:?}\n{text}\nas\n{}", blocks::print(text, &outline_of(text))));
    assert_eq!(format(&once).as_ref(), Ok(&once), "formatting twice");
    once
}

fn files(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    paths.filter(|p| p.extension().is_some_and(|e| e == "flow")).map(|p| std::fs::read_to_string(p).unwrap()).collect()
}

#[test]
fn every_valid_file_has_one_layout() {
    for text in files("tests/corpus/valid").into_iter().chain(files("workflows")) {
        let laid_out = check(&text);
        let longest = laid_out.lines().filter(|l| is_clause(l)).map(|l| l.chars().count()).max();
        assert!(longest <= Some(WIDTH), "a line of {longest:?} characters");
    }
}

/// Comments, sentences and the rows of scenarios are not wrapped.
fn is_clause(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or("");
    !line.contains("//") && !line.contains('"') && !matches!(first, "given" | "when" | "then" | "and")
}

#[test]
fn layout_does_not_depend_on_the_spaces_of_the_author() {
    for text in files("tests/corpus/valid") {
        let squeezed: String = text.lines().map(|l| format!("{}\n", l.trim_start())).collect();
        assert_eq!(check(&text), check(&squeezed));
    }
}

#[test]
fn habits_are_repaired() {
    for text in files("tests/corpus/habits") {
        let repaired = check(&text);
        let parsed = parse(FileId::default(), &repaired);
        assert_eq!(parsed.diagnostics, []);
        assert_eq!(shape(&text).file, shape(&repaired).file);
    }
}

#[test]
fn what_cannot_be_read_is_left_as_it_is() {
    let Err(FormatError::Mistakes(found)) = format("condition ok \"Good\"\nconditon bad == \"Bad\"\n") else { panic!("formatted") };
    assert_eq!(found.len(), 1);
}

#[test]
fn comments_stay_where_they_are_in_every_place() {
    let text = "\
// top

condition ok  // behind a word
// above
rule r(a: part,  // in parameters
  b: part) -> {  // in a record
  // above a field
  x: text,
  y: text  // behind a field
}
workflow w \"W\" version 1  // behind a head
{ // behind a brace
  lines {
    // in lines
    part : part
    // at the end of lines
  }
  transition t: a -> b  // behind an arrow
    by c {  // behind the head
    require a > 1  // behind a guard
      // between its lines
      and b  // behind its second line
      else \"No.\"  // behind its sentence
    ask x,  // in a list
      y
    each line { set f = 1 } // behind a block
    // at the end
  } // behind it all
}
scenario \"s\" {  // behind its title
  given stock at p  // behind a step
    // above a row
    A 1  // behind a row
  then books balance  // at the end
}
// last
";
    let laid_out = check(text);
    let comments = |text: &str| -> Vec<String> { text.lines().filter_map(|l| l.find("//").map(|at| l[at..].to_owned())).collect() };
    assert_eq!(comments(text), comments(&laid_out));
    insta::assert_snapshot!(laid_out);
}
