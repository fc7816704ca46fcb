//! Strict JSON first; what only looks like JSON (comments, trailing commas, huge numbers) is read as YAML.

use serde_json::Value;

use super::{LineIndex, Source, yaml};
use crate::error::Error;
use crate::limits::Limits;

pub(super) fn parse(text: &str, limits: &Limits) -> Result<Source, Error> {
    let mut scan = Scan::default();
    scan.run(text.as_bytes(), limits.max_nodes)?;
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(root)) => {
            let mut remarks: Vec<_> = scan
                .lines
                .take_repeated()
                .into_iter()
                .map(|(line, message)| (Some(line), message))
                .collect();
            if !text.get(values.byte_offset()..).unwrap_or_default().trim().is_empty() {
                remarks.push((None, "text after the end of the JSON value is ignored".to_owned()));
            }
            Ok(Source {
                root,
                lines: scan.lines,
                remarks,
            })
        }
        Some(Err(error)) => {
            let strict = Error::Syntax {
                format: "JSON",
                line: error.line(),
                column: error.column(),
                message: without_position(&error),
            };
            match yaml::parse(text, limits) {
                Ok(mut source) if source.root.is_object() => {
                    let message = format!("not strict JSON ({}), so it was read as YAML", without_position(&error));
                    source.remarks.push((Some(error.line()), message));
                    Ok(source)
                }
                Err(bound @ (Error::TooManyNodes { .. } | Error::TooDeep { .. })) => Err(bound),
                _ => Err(strict),
            }
        }
        None => Err(Error::Empty),
    }
}

fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// One pass over the bytes that counts values and finds the lines of path and method keys.
#[derive(Default)]
struct Scan {
    lines: LineIndex,
    in_paths: bool,
    path: String,
}

impl Scan {
    fn run(&mut self, bytes: &[u8], max_nodes: usize) -> Result<(), Error> {
        let (mut at, mut line, mut depth, mut nodes) = (0, 1, 0usize, 1usize);
        while at < bytes.len() {
            match bytes[at] {
                b'"' => {
                    let end = string_end(bytes, at + 1);
                    if depth <= 3 && (depth == 1 || self.in_paths) && is_key(bytes, end + 1) {
                        self.key(&bytes[at..bytes.len().min(end + 1)], depth, line);
                    }
                    at = end;
                }
                b'\n' => line += 1,
                b'{' | b'[' => {
                    depth += 1;
                    nodes += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.in_paths &= depth > 1;
                }
                b',' => {
                    nodes += 1;
                    if nodes > max_nodes {
                        return Err(Error::TooManyNodes { limit: max_nodes, line });
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Ok(())
    }

    fn key(&mut self, quoted: &[u8], depth: usize, line: usize) {
        let Ok(name) = serde_json::from_slice::<String>(quoted) else {
            return;
        };
        match depth {
            1 => self.in_paths = name == "paths",
            2 => {
                self.lines.add_path(&name, line);
                self.path = name;
            }
            3 => self.lines.add_method(&self.path, &name, line),
            _ => {}
        }
    }
}

/// The index of the closing quote, or the end of the text.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn is_key(bytes: &[u8], from: usize) -> bool {
    bytes
        .get(from..)
        .unwrap_or_default()
        .iter()
        .find(|b| !b.is_ascii_whitespace())
        == Some(&b':')
}
