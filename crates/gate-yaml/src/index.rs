//! Where each key and value of a text stands, by JSON pointer. Best effort: what is missing takes its parent's place.

use std::collections::HashMap;
use std::sync::Arc;

use gate_model::Location;
use saphyr_parser::{Event, Parser, Span as Range};

use crate::{Diagnostic, Severity};

/// A place in one line. Line and column count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
    /// Its length, in characters.
    pub len: u32,
}

impl Default for Span {
    fn default() -> Self {
        Self {
            line: 1,
            column: 1,
            len: 1,
        }
    }
}

/// The places of a text.
#[derive(Clone, Debug)]
pub struct Index {
    file: Arc<str>,
    lines: Vec<Arc<str>>,
    keys: HashMap<String, Span>,
    values: HashMap<String, Span>,
    duplicates: Vec<(String, Span, Span)>,
    complete: bool,
    /// Where the text goes deeper than any plan does.
    too_deep: Option<Span>,
    expanded: u64,
}

/// What the event parser says of lists in lists beyond a bound of its own.
const RECURSION: &str = "recursion limit";

/// Adds a step to a JSON pointer (RFC 6901).
pub fn join(pointer: &str, key: &str) -> String {
    let mut out = String::with_capacity(pointer.len() + key.len() + 1);
    out.push_str(pointer);
    out.push('/');
    for c in key.chars() {
        match c {
            '~' => out.push_str("~0"),
            '/' => out.push_str("~1"),
            c => out.push(c),
        }
    }
    out
}

/// A list or a map that is being read.
struct Open {
    pointer: String,
    map: bool,
    key: Option<String>,
    next: usize,
    anchor: usize,
    size: u64,
    seen: HashMap<String, Span>,
}

impl Index {
    /// Reads the places of a text; stops at the first thing that the event parser does not like.
    pub fn read(file: &str, text: &str) -> Self {
        let mut index = Self::without_text(file);
        index.lines = text.lines().map(Arc::from).collect();
        index.complete = index.walk(text).is_some();
        index
    }

    /// An index that knows no place.
    pub fn without_text(file: &str) -> Self {
        Self {
            file: Arc::from(file),
            lines: Vec::new(),
            keys: HashMap::new(),
            values: HashMap::new(),
            duplicates: Vec::new(),
            complete: true,
            too_deep: None,
            expanded: 0,
        }
    }

    fn walk(&mut self, text: &str) -> Option<()> {
        let mut stack: Vec<Open> = Vec::new();
        let mut sizes: HashMap<usize, u64> = HashMap::new();
        for event in Parser::new_from_str(text) {
            let (event, range) = match event {
                Ok(found) => found,
                Err(error) => {
                    if error.info().contains(RECURSION) {
                        self.too_deep = Some(Span {
                            line: u32::try_from(error.marker().line()).unwrap_or(u32::MAX),
                            column: u32::try_from(error.marker().col() + 1).unwrap_or(u32::MAX),
                            len: 1,
                        });
                    }
                    return None;
                }
            };
            let size = match &event {
                Event::Scalar(text, _, anchor, _) => {
                    if let Some(open) = stack.last_mut()
                        && open.map
                        && open.key.is_none()
                    {
                        let span = span(range, &self.lines);
                        if let Some(first) = open.seen.insert(text.to_string(), span) {
                            self.duplicates.push((text.to_string(), first, span));
                        }
                        self.keys.insert(join(&open.pointer, text), span);
                        open.key = Some(text.to_string());
                        continue;
                    }
                    sizes.insert(*anchor, 1);
                    1
                }
                Event::Alias(anchor) => sizes.get(anchor).copied().unwrap_or(1),
                Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                    let pointer = self.place(&mut stack, range);
                    if stack.len() > crate::load::MAX_DEPTH * 2 {
                        self.too_deep = Some(self.value(&pointer));
                        return None;
                    }
                    stack.push(Open {
                        pointer,
                        map: matches!(event, Event::MappingStart(..)),
                        key: None,
                        next: 0,
                        anchor: *anchor,
                        size: 1,
                        seen: HashMap::new(),
                    });
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let closed = stack.pop()?;
                    sizes.insert(closed.anchor, closed.size);
                    match stack.last_mut() {
                        Some(parent) => parent.size = parent.size.saturating_add(closed.size),
                        None => self.expanded = self.expanded.saturating_add(closed.size),
                    }
                    continue;
                }
                Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_)
                | Event::DocumentEnd => continue,
            };
            self.place(&mut stack, range);
            match stack.last_mut() {
                Some(parent) => parent.size = parent.size.saturating_add(size),
                None => self.expanded = self.expanded.saturating_add(size),
            }
        }
        Some(())
    }

    /// Notes a value and says which it is.
    fn place(&mut self, stack: &mut [Open], range: Range) -> String {
        let pointer = match stack.last_mut() {
            None => String::new(),
            Some(open) if open.map => {
                // A list or a map as a key: the loader refuses it; here it only must not confuse what follows.
                let key = open.key.take().unwrap_or_else(|| "?".to_owned());
                join(&open.pointer, &key)
            }
            Some(open) => {
                open.next += 1;
                join(&open.pointer, &(open.next - 1).to_string())
            }
        };
        let span = span(range, &self.lines);
        self.values.insert(pointer.clone(), span);
        pointer
    }

    /// Keys that are there twice: the key, the first place, the second.
    pub fn duplicates(&self) -> &[(String, Span, Span)] {
        &self.duplicates
    }

    /// Whether the event parser came to the end.
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// Where the text goes deeper than any plan does, where it does.
    pub fn too_deep(&self) -> Option<Span> {
        self.too_deep
    }

    /// How many values there are once aliases are expanded, as far as the event parser came.
    pub fn expanded(&self) -> u64 {
        self.expanded
    }

    /// The place of a key; of the value where it is an item of a list; of the parent where it is not known.
    pub fn key(&self, pointer: &str) -> Span {
        self.nearest(pointer, |index, pointer| {
            index.keys.get(pointer).or_else(|| index.values.get(pointer))
        })
    }

    /// The place of a value, or of its parent.
    pub fn value(&self, pointer: &str) -> Span {
        self.nearest(pointer, |index, pointer| {
            index.values.get(pointer).or_else(|| index.keys.get(pointer))
        })
    }

    fn nearest<'a>(&'a self, pointer: &str, get: impl Fn(&'a Self, &str) -> Option<&'a Span>) -> Span {
        let mut pointer = pointer;
        loop {
            if let Some(span) = get(self, pointer) {
                return *span;
            }
            match pointer.rfind('/') {
                Some(cut) => pointer = &pointer[..cut],
                None => return Span::default(),
            }
        }
    }

    /// The place of a key as reports carry it.
    pub fn location(&self, pointer: &str) -> Location {
        self.locate(self.key(pointer))
    }

    /// Gives everything below `from` a second place below `to`, in the stead of what was there.
    pub fn overlay(&mut self, from: &str, to: &str) {
        for places in [&mut self.keys, &mut self.values] {
            let moved: Vec<(String, Span)> = places
                .iter()
                .filter_map(|(pointer, span)| {
                    let rest = pointer.strip_prefix(from)?;
                    (rest.is_empty() || rest.starts_with('/')).then(|| (format!("{to}{rest}"), *span))
                })
                .collect();
            places.extend(moved);
        }
    }

    fn locate(&self, span: Span) -> Location {
        Location {
            file: Arc::clone(&self.file),
            line: span.line.max(1),
            column: span.column.max(1),
        }
    }

    /// An error at a place.
    pub fn error(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            location: self.locate(span),
            span_len: span.len.max(1),
            label: None,
            help: None,
            line: self.lines.get(span.line.max(1) as usize - 1).cloned(),
        }
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The lines of the text.
    pub fn lines(&self) -> &[Arc<str>] {
        &self.lines
    }
}

impl Diagnostic {
    /// What stands beside the carets.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = Some(text.into());
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }
}

fn span(range: Range, lines: &[Arc<str>]) -> Span {
    let line = range.start.line().max(1);
    let column = range.start.col() + 1;
    let len = if range.end.line() == range.start.line() {
        range.end.col().saturating_sub(range.start.col())
    } else {
        let width = lines.get(line - 1).map_or(0, |text| text.trim_end().chars().count());
        (width + 1).saturating_sub(column)
    };
    Span {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
        len: u32::try_from(len.max(1)).unwrap_or(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_by_pointer() {
        let index = Index::read("p.yml", "a:\n  - b: x\n    c/d: [1, 22]\n");
        assert!(index.complete());
        assert_eq!(
            index.value("/a/0/c~1d/1"),
            Span {
                line: 3,
                column: 14,
                len: 2
            }
        );
        assert_eq!(
            index.key("/a/0/b"),
            Span {
                line: 2,
                column: 5,
                len: 1
            }
        );
        assert_eq!(index.key("/a/0/zzz/yyy"), index.key("/a/0"));
    }

    #[test]
    fn aliases_are_counted_as_often_as_they_stand() {
        let index = Index::read("p.yml", "a: &a [1, 2, 3]\nb: &b [*a, *a]\nc: [*b, *b]\n");
        assert_eq!(index.expanded(), 1 + 4 + 9 + 19);
    }

    #[test]
    fn duplicates_are_all_found() {
        let index = Index::read("p.yml", "a: 1\nb: 2\na: 3\nc: { d: 1, d: 2 }\n");
        assert_eq!(index.duplicates().len(), 2);
    }
}
