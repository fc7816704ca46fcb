//! Objects: all required members, and optional ones that hold plain text.

use serde_json::{Map, Value};

use super::build::{Builder, Unbuildable};
use super::{Meaning, meaning};
use crate::model::{Kind, SchemaSummary};
use crate::schema::{Prop, View, length, summarize};

/// Most optional members added.
const MAX_OPTIONAL: usize = 12;

/// An object; what `given` holds is kept.
pub(super) fn object<'a>(
    builder: &mut Builder<'_, 'a>,
    view: &View<'a>,
    given: Option<Map<String, Value>>,
    salt: usize,
) -> Result<Value, Unbuildable> {
    let cx = builder.cx;
    let props = view.properties(cx);
    let required = view.required(cx);
    let has_text = given
        .as_ref()
        .is_some_and(|given| given.iter().any(|(name, value)| value.is_string() && is_prose(name)));
    let from_example = given.is_some();
    let mut out = given.unwrap_or_default();
    let most = view
        .all("maxProperties")
        .filter_map(|v| length(cx, "maxProperties", v))
        .min()
        .unwrap_or(u64::MAX);
    let least = view
        .all("minProperties")
        .filter_map(|v| length(cx, "minProperties", v))
        .max()
        .unwrap_or(0);

    for prop in &props {
        if out.contains_key(prop.name) {
            continue;
        }
        let needed = required.contains(&prop.name) || prop.is_marked_required();
        // The server fills read-only members itself; required then means required in answers (OpenAPI 3.0, 4.7.24).
        if !needed || prop.view(cx, 0).is_true("readOnly") {
            continue;
        }
        let value = builder.build_by(|pick| prop.view(cx, pick), prop.name, salt);
        let value = value.map_err(|why| why.inside(prop.name))?;
        out.insert(prop.name.to_owned(), value);
    }
    for name in required {
        if !out.contains_key(name) && !props.iter().any(|prop| prop.name == name) {
            out.insert(name.to_owned(), undeclared(builder, view, name, salt)?);
        }
    }
    if !has_text {
        add_plain_text(builder, &props, &mut out, most, salt, from_example);
    }
    fill(builder, view, &props, &mut out, least.min(most), salt)?;
    if let Some((name, value)) = &view.discriminator {
        discriminate(builder, &props, &mut out, name, value);
    }
    if (out.len() as u64) > most {
        return Err(Unbuildable::new(format!("more than {most} members are required")));
    }
    Ok(Value::Object(out))
}

fn undeclared<'a>(
    builder: &mut Builder<'_, 'a>,
    view: &View<'a>,
    name: &str,
    salt: usize,
) -> Result<Value, Unbuildable> {
    match view.first("additionalProperties") {
        Some(schema @ Value::Object(_)) => builder.build(schema, name, salt),
        _ => Ok(Value::String(if salt == 0 {
            "sample".to_owned()
        } else {
            format!("sample{salt}")
        })),
    }
}

/// Adds optional members that hold plain text: places for a canary.
fn add_plain_text<'a>(
    builder: &mut Builder<'_, 'a>,
    props: &[Prop<'a>],
    out: &mut Map<String, Value>,
    most: u64,
    salt: usize,
    from_example: bool,
) {
    let mut added = 0;
    for prop in props {
        if added >= MAX_OPTIONAL || (out.len() as u64) >= most {
            return;
        }
        if out.contains_key(prop.name) || (from_example && added > 0) || prop.is_plainly_not("string") {
            continue;
        }
        let view = prop.view(builder.cx, 0);
        if view.impossible || !is_plain_text(prop.name, &summarize(builder.cx, &view)) {
            continue;
        }
        if let Ok(value @ Value::String(_)) = builder.build_view(&view, prop.name, salt) {
            out.insert(prop.name.to_owned(), value);
            added += 1;
        }
    }
}

fn is_plain_text(name: &str, summary: &SchemaSummary) -> bool {
    summary.kind == Kind::String
        && summary.format.is_none()
        && summary.pattern.is_none()
        && summary.enum_values.is_empty()
        && !summary.read_only
        && summary.max_length.is_none_or(|max| max >= 12)
        && summary.min_length.is_none_or(|min| min <= 1_000)
        && is_prose(name)
}

fn is_prose(name: &str) -> bool {
    matches!(meaning(name), Meaning::Prose | Meaning::Unknown)
}

/// Adds members until there are as many as needed.
fn fill<'a>(
    builder: &mut Builder<'_, 'a>,
    view: &View<'a>,
    props: &[Prop<'a>],
    out: &mut Map<String, Value>,
    least: u64,
    salt: usize,
) -> Result<(), Unbuildable> {
    let cx = builder.cx;
    for prop in props {
        if (out.len() as u64) >= least {
            return Ok(());
        }
        if out.contains_key(prop.name) || prop.view(cx, 0).is_true("readOnly") {
            continue;
        }
        if let Ok(value) = builder.build_by(|pick| prop.view(cx, pick), prop.name, salt) {
            out.insert(prop.name.to_owned(), value);
        }
    }
    let closed = view.first("additionalProperties") == Some(&Value::Bool(false));
    if (out.len() as u64) < least && (closed || least > 50) {
        return Err(Unbuildable::new(format!("it needs {least} members")));
    }
    let mut number = 0;
    while (out.len() as u64) < least {
        number += 1;
        let name = format!("sample{number}");
        let value = undeclared(builder, view, &name, salt)?;
        out.entry(name).or_insert(value);
    }
    Ok(())
}

/// Sets the member that tells the branch apart, unless its schema already fixes it.
fn discriminate<'a>(
    builder: &mut Builder<'_, 'a>,
    props: &[Prop<'a>],
    out: &mut Map<String, Value>,
    name: &str,
    value: &str,
) {
    let allowed = match props.iter().find(|prop| prop.name == name) {
        Some(prop) => {
            let view = prop.view(builder.cx, 0);
            let summary = summarize(builder.cx, &view);
            builder.fits(&Value::String(value.to_owned()), &view, &summary).is_ok()
        }
        None => true,
    };
    if allowed {
        out.insert(name.to_owned(), Value::String(value.to_owned()));
    }
}
