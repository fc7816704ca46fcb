//! Parameters: those of the path item and the operation together, checked against the path.

use serde_json::{Map, Value};

use super::media;
use super::template::Template;
use crate::model::{ParamIn, Parameter, SchemaSummary, SpecVersion, Style};
use crate::notice::NoticeKind;
use crate::sample::{Builder, meant};
use crate::schema::{Context, View, summarize};

/// Most parameters kept for one operation.
const MAX_PARAMETERS: usize = 500;

/// A declared parameter that is not read further yet.
#[derive(Clone, Copy)]
struct Raw<'a> {
    name: &'a str,
    place: ParamIn,
    map: &'a Map<String, Value>,
    value: &'a Value,
}

/// The parameters declared at one level, the body ones of Swagger 2.0 apart.
#[derive(Default)]
pub(super) struct Declared<'a> {
    list: Vec<Raw<'a>>,
    /// Swagger 2.0: the `in: body` parameter.
    pub(super) body: Option<&'a Map<String, Value>>,
    /// Swagger 2.0: the `in: formData` parameters, by name.
    pub(super) form: Vec<(&'a str, &'a Value)>,
    /// `Authorization` was declared as a header parameter.
    pub(super) authorization: bool,
}

impl<'a> Declared<'a> {
    pub(super) fn read(cx: &Context<'a>, lists: impl Iterator<Item = &'a Value>) -> Self {
        let mut declared = Self::default();
        for list in lists {
            match list {
                Value::Array(items) => items
                    .iter()
                    .take(MAX_PARAMETERS)
                    .for_each(|item| declared.add(cx, item)),
                // Seen in hand-written documents: an object by name.
                Value::Object(items) => {
                    cx.odd(list, "parameters", "a list");
                    items
                        .values()
                        .take(MAX_PARAMETERS)
                        .filter(|item| item.get("in").is_some())
                        .for_each(|item| declared.add(cx, item));
                }
                Value::Null => {}
                other => cx.odd(other, "parameters", "a list"),
            }
        }
        declared
    }

    fn add(&mut self, cx: &Context<'a>, item: &'a Value) {
        let Some(map) = cx.object(item, "a parameter") else {
            return;
        };
        let value = self::target(cx, item, map);
        let name = map.get("name").and_then(Value::as_str).unwrap_or_default();
        let place = map.get("in").and_then(Value::as_str).unwrap_or_default();
        match place {
            "body" => {
                self.body = Some(map);
                return;
            }
            "formData" => {
                self.form.retain(|(known, _)| *known != name);
                self.form.push((name, value));
                return;
            }
            _ => {}
        }
        let shown: String = name.chars().take(80).collect();
        let Some(place) = ParamIn::parse(place) else {
            cx.notice(
                NoticeKind::Ignored,
                format!("parameter `{shown}` does not say where it travels and is ignored"),
            );
            return;
        };
        if name.is_empty() {
            cx.notice(
                NoticeKind::Ignored,
                format!("a {} parameter has no name and is ignored", place.as_str()),
            );
            return;
        }
        // OpenAPI 3.0, 4.7.12.1: these header parameters shall be ignored.
        if place == ParamIn::Header
            && ["accept", "content-type", "authorization"].contains(&name.to_ascii_lowercase().as_str())
        {
            self.authorization |= name.eq_ignore_ascii_case("authorization");
            return;
        }
        let raw = Raw {
            name,
            place,
            map,
            value,
        };
        match self
            .list
            .iter_mut()
            .find(|known| known.name == name && known.place == place)
        {
            Some(known) => {
                cx.notice(
                    NoticeKind::Duplicate,
                    format!(
                        "{} parameter `{shown}` is declared twice; the last one is read",
                        place.as_str()
                    ),
                );
                *known = raw;
            }
            None => self.list.push(raw),
        }
    }

    /// These parameters together with those of the path item, which they replace by name and place.
    pub(super) fn over(mut self, item: &Declared<'a>) -> Self {
        let mut list = item.list.clone();
        for raw in self.list {
            match list
                .iter_mut()
                .find(|known| known.name == raw.name && known.place == raw.place)
            {
                Some(known) => *known = raw,
                None => list.push(raw),
            }
        }
        self.list = list;
        self.body = self.body.or(item.body);
        if self.form.is_empty() {
            self.form.clone_from(&item.form);
        }
        self.authorization |= item.authorization;
        self
    }

    /// The parameters, those of the path first and in its order.
    pub(super) fn parameters(&self, cx: &Context<'a>, path: &Template) -> Vec<Parameter> {
        let mut in_path: Vec<Raw<'a>> = self
            .list
            .iter()
            .filter(|raw| raw.place == ParamIn::Path)
            .copied()
            .collect();
        let mut out = Vec::with_capacity(self.list.len());
        for name in &path.names {
            let exact = in_path.iter().position(|raw| raw.name == name);
            let found = exact.or_else(|| {
                let alike = in_path
                    .iter()
                    .position(|raw| raw.name.trim().eq_ignore_ascii_case(name))?;
                cx.notice(
                    NoticeKind::Repaired,
                    format!(
                        "path parameter `{}` is read as `{name}`, as the path writes it",
                        in_path[alike].name
                    ),
                );
                Some(alike)
            });
            match found {
                Some(at) => {
                    let raw = in_path.remove(at);
                    out.push(parameter(cx, &raw, name));
                }
                None => {
                    cx.notice(
                        NoticeKind::Repaired,
                        format!("path parameter `{name}` is not declared; any value is assumed"),
                    );
                    out.push(undeclared(name, ParamIn::Path, None));
                }
            }
        }
        for raw in in_path {
            let shown: String = raw.name.chars().take(80).collect();
            cx.notice(
                NoticeKind::Ignored,
                format!("path parameter `{shown}` is not in the path and is ignored"),
            );
        }
        out.extend(
            self.list
                .iter()
                .filter(|raw| raw.place != ParamIn::Path)
                .map(|raw| parameter(cx, raw, raw.name)),
        );
        for (name, value) in &path.query {
            match out
                .iter_mut()
                .find(|known| known.location == ParamIn::Query && known.name == *name)
            {
                Some(known) => {
                    known.required = true;
                    known.sample = Some(Value::String(value.clone()));
                }
                None => out.push(undeclared(name, ParamIn::Query, Some(value))),
            }
        }
        out
    }
}

/// The value whose object this is: the item itself or the end of its references.
fn target<'a>(cx: &Context<'a>, item: &'a Value, map: &'a Map<String, Value>) -> &'a Value {
    let mut value = item;
    for _ in 0..16 {
        if value.as_object().is_some_and(|own| std::ptr::eq(own, map)) {
            return value;
        }
        let reference = value.get("$ref").and_then(Value::as_str);
        match reference.and_then(|reference| cx.resolve(reference)) {
            Some(next) => value = next,
            None => break,
        }
    }
    value
}

fn undeclared(name: &str, location: ParamIn, value: Option<&str>) -> Parameter {
    let sample = Some(Value::String(value.unwrap_or("1").to_owned()));
    Parameter {
        name: name.to_owned(),
        location,
        required: true,
        schema: SchemaSummary::default(),
        example: None,
        sample,
        style: None,
        declared: false,
    }
}

fn parameter<'a>(cx: &Context<'a>, raw: &Raw<'a>, name: &str) -> Parameter {
    let content = raw
        .map
        .get("content")
        .and_then(Value::as_object)
        .and_then(|content| content.iter().next());
    let schema = raw
        .map
        .get("schema")
        .or_else(|| content.and_then(|(_, media)| media.get("schema")));
    // Swagger 2.0 writes the schema into the parameter, and so do some documents that call themselves 3.0.
    let schema = schema.unwrap_or(raw.value);
    let view = View::of(cx, schema, 0);
    let mut summary = summarize(cx, &view);
    if std::ptr::eq(schema, raw.value) {
        summary.ref_name = None;
    }
    let given =
        media::example(cx, raw.map).or_else(|| content.and_then(|(_, media)| media::example(cx, media.as_object()?)));
    let mut builder = Builder::new(cx);
    let example = given
        .or(summary.example.as_ref())
        .map(|example| meant(example, summary.kind).unwrap_or_else(|| example.clone()))
        .filter(|example| builder.fits(example, &view, &summary).is_ok());
    let sample = example.clone().or_else(|| builder.build(schema, name, 0).ok());
    Parameter {
        name: name.to_owned(),
        location: raw.place,
        required: raw.place == ParamIn::Path || raw.map.get("required") == Some(&Value::Bool(true)),
        schema: summary,
        example,
        sample,
        style: style(cx, raw, content.map(|(media, _)| media.as_str())),
        declared: true,
    }
}

fn style(cx: &Context<'_>, raw: &Raw<'_>, content: Option<&str>) -> Option<Style> {
    if content.is_some_and(media::is_json) {
        return Some(Style {
            style: "json".to_owned(),
            explode: false,
        });
    }
    if cx.version == SpecVersion::Swagger2 {
        let (style, explode) = match raw.map.get("collectionFormat")?.as_str()? {
            "multi" => ("form", true),
            "ssv" => ("spaceDelimited", false),
            "pipes" => ("pipeDelimited", false),
            "csv" if raw.place == ParamIn::Query => ("form", false),
            "csv" => ("simple", false),
            other => {
                let shown: String = other.chars().take(40).collect();
                cx.notice(NoticeKind::Ignored, format!("`collectionFormat: {shown}` is ignored"));
                return None;
            }
        };
        return Some(Style {
            style: style.to_owned(),
            explode,
        });
    }
    let named = raw.map.get("style").and_then(Value::as_str);
    let explode = raw.map.get("explode").and_then(Value::as_bool);
    if named.is_none() && explode.is_none() {
        return None;
    }
    let default = if matches!(raw.place, ParamIn::Query | ParamIn::Cookie) {
        "form"
    } else {
        "simple"
    };
    let style = named.unwrap_or(default);
    Some(Style {
        style: style.to_owned(),
        explode: explode.unwrap_or(style == "form"),
    })
}
