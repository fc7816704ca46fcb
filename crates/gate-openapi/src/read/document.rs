//! The root: which specification it is, its paths and what they share.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::operation::{PathItem, read_operation};
use super::{security, servers, template};
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{Document, Location, Method, Operation, SpecVersion};
use crate::notice::NoticeKind;
use crate::schema::{Context, escape, kind_word};
use crate::text::{LineIndex, parse};

/// Reads a document; JSON and YAML are told apart by the text.
///
/// # Errors
///
/// Only when the text as a whole is no API document: see [`Error`]. Everything smaller is a notice of the document.
pub fn read(text: &str, limits: &Limits) -> Result<Document, Error> {
    let source = parse(text, limits)?;
    let Value::Object(root) = &source.root else {
        return Err(Error::NotAnObject {
            found: kind_word(&source.root),
        });
    };
    let (version, later) = version_of(root)?;
    let cx = Context::new(&source.root, version, limits);
    for (line, message) in source.remarks {
        cx.enter(Location {
            pointer: String::new(),
            line,
        });
        cx.notice(NoticeKind::Repaired, message);
    }
    cx.enter(Location::default());
    if let Some(later) = later {
        cx.notice(NoticeKind::Repaired, format!("OpenAPI {later} is read as 3.1"));
    }
    let info = root.get("info");
    let title = info
        .and_then(|info| info.get("title"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let servers = servers::read(&cx, root);
    let security_schemes = security::schemes(&cx, root);
    let shared_security = security::requirement(&cx, root.get("security"));
    let operations = read_paths(&cx, root, &source.lines, &shared_security);
    security::check_names(&cx, &operations, &security_schemes);
    Ok(Document {
        title,
        version,
        base_path: servers.base_path,
        servers: servers.all,
        operations,
        security_schemes,
        notices: cx.finish(),
    })
}

fn version_of(root: &Map<String, Value>) -> Result<(SpecVersion, Option<String>), Error> {
    let word = |key: &str| match root.get(key)? {
        Value::String(text) => Some(text.trim().trim_start_matches('v').to_owned()),
        number @ Value::Number(_) => Some(number.to_string()),
        _ => Some("(not a version)".to_owned()),
    };
    if let Some(version) = word("openapi") {
        return match version.split('.').take(2).collect::<Vec<_>>().as_slice() {
            ["3", "0"] | ["3"] => Ok((SpecVersion::OpenApi30, None)),
            ["3", "1"] => Ok((SpecVersion::OpenApi31, None)),
            ["3", minor] if minor.parse::<u8>().is_ok() => Ok((SpecVersion::OpenApi31, Some(version))),
            ["2"] | ["2", "0"] => Ok((SpecVersion::Swagger2, None)),
            _ => Err(Error::UnsupportedVersion {
                key: "openapi",
                version: version.chars().take(40).collect(),
            }),
        };
    }
    if let Some(version) = word("swagger") {
        return match version.as_str() {
            "2" | "2.0" | "2.0.0" => Ok((SpecVersion::Swagger2, None)),
            _ => Err(Error::UnsupportedVersion {
                key: "swagger",
                version: version.chars().take(40).collect(),
            }),
        };
    }
    let names: Vec<String> = root
        .keys()
        .take(8)
        .map(|key| format!("`{}`", key.chars().take(40).collect::<String>()))
        .collect();
    let found = if names.is_empty() {
        "the object is empty".to_owned()
    } else {
        format!("found keys {}", names.join(", "))
    };
    let has = |key: &str| root.contains_key(key);
    let hint = if has("item") && has("info") {
        "; it looks like a Postman collection, which has to be converted first"
    } else if has("asyncapi") {
        "; it is an AsyncAPI document, which describes messages and not requests"
    } else if has("swaggerVersion") {
        "; it is a Swagger 1.x document, which has to be converted first"
    } else if has("__schema") || root.get("data").is_some_and(|data| data.get("__schema").is_some()) {
        "; it is a GraphQL schema"
    } else if has("error") || has("message") || has("detail") || has("errors") {
        "; it looks like an error answer, perhaps the document needs a login"
    } else if has("target") && has("version") {
        "; it looks like a test plan"
    } else {
        ""
    };
    Err(Error::NotOpenApi { found, hint })
}

fn read_paths<'a>(
    cx: &Context<'a>,
    root: &'a Map<String, Value>,
    lines: &LineIndex,
    shared_security: &security::Requirement,
) -> Vec<Operation> {
    let mut operations = Vec::new();
    let paths = match root.get("paths") {
        Some(Value::Object(paths)) => paths,
        Some(Value::Null) | None => {
            cx.notice(NoticeKind::Ignored, "the document has no paths");
            return operations;
        }
        Some(other) => {
            cx.notice(
                NoticeKind::Skipped,
                format!(
                    "`paths` is {} instead of an object, so no operation is read",
                    kind_word(other)
                ),
            );
            return operations;
        }
    };
    let mut shapes: HashMap<(Method, String), String> = HashMap::new();
    for (key, value) in paths {
        if key.starts_with("x-") || key.starts_with("X-") && !value.is_object() {
            continue;
        }
        let pointer = format!("/paths/{}", escape(key));
        cx.enter(Location {
            pointer: pointer.clone(),
            line: lines.line(key, None),
        });
        let Some(path) = template::read(cx, key) else { continue };
        let Some(map) = cx.object(value, "the path item") else {
            continue;
        };
        // What stands beside a reference counts too.
        let beside = value.as_object().filter(|beside| !std::ptr::eq(*beside, map));
        let item = PathItem::new(cx, map, beside, &path);
        for (name, value) in map.iter().chain(beside.into_iter().flatten()) {
            let Some(method) = method_of(cx, name) else { continue };
            if operations.len() >= cx.limits.max_operations {
                cx.notice(
                    NoticeKind::Limit,
                    format!("only the first {} operations are read", cx.limits.max_operations),
                );
                return operations;
            }
            let location = Location {
                pointer: format!("{pointer}/{name}"),
                line: lines.line(key, Some(name)),
            };
            cx.enter(location.clone());
            let shape = path.shape();
            if let Some(first) = shapes.get(&(method, shape.clone())) {
                let same = *first == path.text;
                let message = if same {
                    format!("{method} {} is declared twice; the first one is read", path.text)
                } else {
                    format!(
                        "{method} {} and {first} differ only in the names of their parameters; the first one is read",
                        path.text
                    )
                };
                cx.notice(NoticeKind::Duplicate, message);
                continue;
            }
            if let Some(operation) = read_operation(cx, method, &path, &item, value, shared_security, location) {
                shapes.insert((method, shape), path.text.clone());
                operations.push(operation);
            }
        }
    }
    operations
}

fn method_of(cx: &Context<'_>, name: &str) -> Option<Method> {
    let method = Method::parse(name);
    match method {
        Some(_) if name.bytes().any(|b| b.is_ascii_uppercase()) => {
            cx.notice(NoticeKind::Repaired, format!("method `{name}` is read in lower case"));
        }
        None if !matches!(name, "parameters" | "servers" | "summary" | "description" | "$ref")
            && !name.starts_with("x-") =>
        {
            let shown: String = name.chars().take(40).collect();
            cx.notice(NoticeKind::Ignored, format!("`{shown}` is not a method and is ignored"));
        }
        _ => {}
    }
    method
}
