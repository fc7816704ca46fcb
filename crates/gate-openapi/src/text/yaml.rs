//! YAML from parser events, so that depth and aliases are bounded, keys of any kind become strings and numbers of any
//! length are kept.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Value};

use super::{LineIndex, Source, scalar};
use crate::error::Error;
use crate::limits::Limits;

/// No honest document nests this deep; beyond it the text is refused instead of skipped.
const ABSURD_DEPTH: usize = 1_000;

pub(super) fn parse(text: &str, limits: &Limits) -> Result<Source, Error> {
    let mut parser = Parser::new_from_str(text);
    let mut loader = Loader::new(limits);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| syntax(&error))?;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        loader.event(event, span.start.line())?;
    }
    match parser.next_event() {
        Some(Ok((Event::DocumentStart(_), span))) => {
            loader.remark(
                span.start.line(),
                "only the first YAML document of the file is read".to_owned(),
            );
        }
        Some(Err(error)) => {
            loader.remark(
                error.marker().line(),
                "text after the end of the YAML document is ignored".to_owned(),
            );
        }
        _ => {}
    }
    let mut remarks = loader.remarks;
    remarks.extend(
        loader
            .lines
            .take_repeated()
            .into_iter()
            .map(|(line, message)| (Some(line), message)),
    );
    Ok(Source {
        root: loader.root.unwrap_or(Value::Null),
        lines: loader.lines,
        remarks,
    })
}

fn syntax(error: &ScanError) -> Error {
    let at = error.marker();
    Error::Syntax {
        format: "YAML",
        line: at.line(),
        column: at.col() + 1,
        message: error.info().to_owned(),
    }
}

/// What a mapping is to the line index.
enum Role {
    Root,
    Paths,
    PathItem(String),
    Other,
}

enum Key {
    Awaited,
    Read(String),
    /// The key was a list or an object: the pair is dropped.
    Dropped,
}

enum Frame {
    List {
        items: Vec<Value>,
        anchor: usize,
    },
    Object {
        map: Map<String, Value>,
        key: Key,
        merges: Vec<Value>,
        role: Role,
        anchor: usize,
    },
}

struct Loader<'l> {
    limits: &'l Limits,
    stack: Vec<Frame>,
    anchors: HashMap<usize, (Value, usize, usize)>,
    root: Option<Value>,
    lines: LineIndex,
    remarks: Vec<(Option<usize>, String)>,
    nodes: usize,
    /// Open collections below the deepest level kept.
    skipping: usize,
}

impl<'l> Loader<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            stack: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            lines: LineIndex::default(),
            remarks: Vec::new(),
            nodes: 0,
            skipping: 0,
        }
    }

    fn remark(&mut self, line: usize, message: String) {
        if self.remarks.len() < self.limits.max_notices {
            self.remarks.push((Some(line), message));
        }
    }

    fn count(&mut self, nodes: usize, line: usize) -> Result<(), Error> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > self.limits.max_nodes {
            return Err(Error::TooManyNodes {
                limit: self.limits.max_nodes,
                line,
            });
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, line: usize) -> Result<(), Error> {
        match event {
            Event::SequenceStart(anchor, _) => self.open(
                Frame::List {
                    items: Vec::new(),
                    anchor,
                },
                line,
            ),
            Event::MappingStart(anchor, _) => {
                let role = self.role_of_child();
                self.open(
                    Frame::Object {
                        map: Map::new(),
                        key: Key::Awaited,
                        merges: Vec::new(),
                        role,
                        anchor,
                    },
                    line,
                )
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(line),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, line)?;
                if self.skipping > 0 {
                    return Ok(());
                }
                if self.awaits_key() {
                    if anchor > 0 {
                        self.anchors.insert(anchor, (Value::String(text.to_string()), 1, 0));
                    }
                    self.key(text.into_owned(), line);
                    return Ok(());
                }
                let is_text = style != ScalarStyle::Plain || tag.as_deref().is_some_and(is_string_tag);
                let value = if is_text {
                    Value::String(text.into_owned())
                } else {
                    scalar::plain(&text)
                };
                self.node(value, anchor, line)
            }
            Event::Alias(anchor) => self.alias(anchor, line),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Object { key: Key::Awaited, .. }))
    }

    fn role_of_child(&self) -> Role {
        match self.stack.last() {
            None => Role::Root,
            Some(Frame::Object {
                key: Key::Read(key),
                role,
                ..
            }) => match role {
                Role::Root if key == "paths" => Role::Paths,
                Role::Paths => Role::PathItem(key.clone()),
                _ => Role::Other,
            },
            Some(_) => Role::Other,
        }
    }

    fn open(&mut self, frame: Frame, line: usize) -> Result<(), Error> {
        self.count(1, line)?;
        let depth = self.stack.len() + self.skipping;
        if depth >= ABSURD_DEPTH {
            return Err(Error::TooDeep {
                limit: ABSURD_DEPTH,
                line,
            });
        }
        if self.skipping > 0 {
            self.skipping += 1;
        } else if depth >= self.limits.max_depth {
            self.remark(
                line,
                format!("nested more than {} levels deep; read as null", self.limits.max_depth),
            );
            self.skipping = 1;
        } else if self.awaits_key() {
            self.remark(
                line,
                "a list or an object as a key is ignored with its value".to_owned(),
            );
            self.skipping = 1;
        } else {
            self.stack.push(frame);
        }
        Ok(())
    }

    fn close(&mut self, line: usize) -> Result<(), Error> {
        if self.skipping > 0 {
            self.skipping -= 1;
            if self.skipping == 0 {
                if let Some(Frame::Object {
                    key: key @ Key::Awaited,
                    ..
                }) = self.stack.last_mut()
                {
                    *key = Key::Dropped;
                    return Ok(());
                }
                return self.node(Value::Null, 0, line);
            }
            return Ok(());
        }
        match self.stack.pop() {
            Some(Frame::List { items, anchor }) => self.node(Value::Array(items), anchor, line),
            Some(Frame::Object {
                mut map,
                merges,
                anchor,
                ..
            }) => {
                for merged in merges {
                    merge(&mut map, merged);
                }
                self.node(Value::Object(map), anchor, line)
            }
            None => Ok(()),
        }
    }

    fn key(&mut self, text: String, line: usize) {
        let mut repeated = false;
        if let Some(Frame::Object { map, key, role, .. }) = self.stack.last_mut() {
            match role {
                Role::Paths => self.lines.add_path(&text, line),
                Role::PathItem(path) => self.lines.add_method(path, &text, line),
                Role::Root | Role::Other => repeated = map.contains_key(&text),
            }
            *key = Key::Read(text);
        }
        if repeated {
            self.remark(
                line,
                "a key is declared twice in one object; the last one is read".to_owned(),
            );
        }
    }

    /// A finished value goes to its parent.
    fn node(&mut self, value: Value, anchor: usize, line: usize) -> Result<(), Error> {
        if anchor > 0 {
            let (size, depth) = measure(&value);
            self.count(size, line)?;
            self.anchors.insert(anchor, (value.clone(), size, depth));
        }
        match self.stack.last_mut() {
            None => {
                self.root.get_or_insert(value);
            }
            Some(Frame::List { items, .. }) => items.push(value),
            Some(Frame::Object { map, key, merges, .. }) => match std::mem::replace(key, Key::Awaited) {
                Key::Read(name) if name == "<<" && (value.is_object() || value.is_array()) => merges.push(value),
                Key::Read(name) => {
                    map.insert(name, value);
                }
                Key::Awaited | Key::Dropped => {}
            },
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<(), Error> {
        if self.skipping > 0 {
            return Ok(());
        }
        let (size, depth) = self
            .anchors
            .get(&anchor)
            .map_or((1, 0), |(_, size, depth)| (*size, *depth));
        self.count(size, line)?;
        if self.stack.len() + depth > self.limits.max_depth {
            self.remark(
                line,
                format!(
                    "an alias nests more than {} levels deep; read as null",
                    self.limits.max_depth
                ),
            );
            if let Some(Frame::Object {
                key: key @ Key::Awaited,
                ..
            }) = self.stack.last_mut()
            {
                *key = Key::Dropped;
                return Ok(());
            }
            return self.node(Value::Null, 0, line);
        }
        let value = match self.anchors.get(&anchor) {
            Some((value, _, _)) => value.clone(),
            None => {
                self.remark(
                    line,
                    "an alias names an anchor that is not complete; read as null".to_owned(),
                );
                Value::Null
            }
        };
        if self.awaits_key() {
            match value {
                Value::String(text) => self.key(text, line),
                Value::Array(_) | Value::Object(_) => {
                    if let Some(Frame::Object { key, .. }) = self.stack.last_mut() {
                        *key = Key::Dropped;
                    }
                }
                other => self.key(other.to_string(), line),
            }
            return Ok(());
        }
        self.node(value, 0, line)
    }
}

fn is_string_tag(tag: &Tag) -> bool {
    tag.suffix == "str"
}

/// YAML merge keys: what the object says itself wins.
fn merge(map: &mut Map<String, Value>, merged: Value) {
    match merged {
        Value::Object(other) => {
            for (key, value) in other {
                map.entry(key).or_insert(value);
            }
        }
        Value::Array(items) => items
            .into_iter()
            .filter(Value::is_object)
            .for_each(|item| merge(map, item)),
        _ => {}
    }
}

/// Number of values (long texts count for more) and depth. Recursion is bounded by the depth limit.
fn measure(value: &Value) -> (usize, usize) {
    match value {
        Value::String(text) => (1 + text.len() / 64, 0),
        Value::Array(items) => items
            .iter()
            .map(measure)
            .fold((1, 1), |(size, depth), (s, d)| (size + s, depth.max(d + 1))),
        Value::Object(map) => map.iter().fold((1, 1), |(size, depth), (key, value)| {
            let (s, d) = measure(value);
            (size + s + key.len() / 64, depth.max(d + 1))
        }),
        _ => (1, 0),
    }
}
