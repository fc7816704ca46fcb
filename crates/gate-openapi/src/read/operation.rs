//! One operation with what its path item adds.

use serde_json::{Map, Value};

use super::security::{self, Requirement};
use super::template::Template;
use super::{body, parameters, responses};
use crate::model::{Location, Method, Operation, Security};
use crate::notice::NoticeKind;
use crate::schema::{Context, kind_word};

/// What a path item says for all its operations.
pub(super) struct PathItem<'a> {
    parameters: parameters::Declared<'a>,
}

impl<'a> PathItem<'a> {
    pub(super) fn new(
        cx: &Context<'a>,
        map: &'a Map<String, Value>,
        beside: Option<&'a Map<String, Value>>,
        path: &Template,
    ) -> Self {
        let lists = [Some(map), beside]
            .into_iter()
            .flatten()
            .filter_map(|map| map.get("parameters"));
        let declared = parameters::Declared::read(cx, lists);
        if map.contains_key("servers") {
            cx.notice(
                NoticeKind::Ignored,
                format!("the servers of path `{}` are ignored", path.text),
            );
        }
        Self { parameters: declared }
    }
}

/// Reads one operation. `None`, with a notice, when it is not an object.
pub(super) fn read_operation<'a>(
    cx: &Context<'a>,
    method: Method,
    path: &Template,
    item: &PathItem<'a>,
    value: &'a Value,
    shared: &Requirement,
    location: Location,
) -> Option<Operation> {
    let map = match value {
        Value::Object(map) => map,
        Value::Null => return None,
        other => {
            cx.notice(
                NoticeKind::Skipped,
                format!(
                    "the operation is {} instead of an object and is not read",
                    kind_word(other)
                ),
            );
            return None;
        }
    };
    if map.contains_key("servers") {
        cx.notice(NoticeKind::Ignored, "the operation's own servers are ignored");
    }
    let text = |key: &str| {
        map.get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let own = security::requirement(cx, map.get("security"));
    let requirement = if own.security == Security::Undeclared {
        shared.clone()
    } else {
        own
    };
    let declared = parameters::Declared::read(cx, map.get("parameters").into_iter()).over(&item.parameters);
    let tags = match map.get("tags") {
        Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(tag)) => vec![tag.clone()],
        _ => Vec::new(),
    };
    Some(Operation {
        method,
        path: path.text.clone(),
        operation_id: text("operationId"),
        summary: text("summary").or_else(|| text("description").map(|long| first_line(&long))),
        tags,
        deprecated: map.get("deprecated") == Some(&Value::Bool(true)),
        parameters: declared.parameters(cx, path),
        body: body::read(cx, map, &declared),
        responses: responses::read(cx, map),
        security: requirement.security,
        scopes: requirement.scopes,
        takes_authorization_header: declared.authorization,
        location,
    })
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}
