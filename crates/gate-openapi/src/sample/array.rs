//! Lists: one item, or as many as are needed.

use serde_json::Value;

use super::build::{Builder, Unbuildable};
use crate::schema::{Context, View, length};

/// Most items built.
const MAX_ITEMS: u64 = 50;

pub(super) fn array<'a>(
    builder: &mut Builder<'_, 'a>,
    view: &View<'a>,
    name: &str,
    salt: usize,
) -> Result<Value, Unbuildable> {
    let (min, max) = counts(builder.cx, view);
    let tuple = tuple(view);
    let wanted = min.max(1).max(if salt > 0 { 1 } else { 0 }).min(max);
    if wanted > MAX_ITEMS || min > max {
        return Err(Unbuildable::new(format!("it needs {min} items")));
    }
    let rest = match view.first("items") {
        Some(schema @ Value::Object(_)) => Some(schema),
        Some(Value::Bool(false)) if tuple.is_empty() => {
            return if min == 0 {
                Ok(Value::Array(Vec::new()))
            } else {
                Err(Unbuildable::new("it may hold no items"))
            };
        }
        _ => None,
    };
    let unique = view.is_true("uniqueItems");
    let mut items: Vec<Value> = Vec::new();
    let mut attempt = 0;
    while (items.len() as u64) < wanted {
        let at = items.len();
        let item_salt = if unique { salt + attempt } else { salt };
        let item = match tuple.get(at).copied().or(rest) {
            Some(schema) => builder.build(schema, name, item_salt),
            None => Ok(Value::String(if item_salt == 0 {
                "sample".to_owned()
            } else {
                format!("sample{item_salt}")
            })),
        };
        match item {
            Ok(item) if unique && items.contains(&item) => {}
            Ok(item) => items.push(item),
            Err(_) if min == 0 => return Ok(Value::Array(Vec::new())),
            Err(why) => return Err(why),
        }
        attempt += 1;
        if attempt > 3 * MAX_ITEMS as usize {
            return Err(Unbuildable::new(format!("no {min} different items were found")));
        }
    }
    Ok(Value::Array(items))
}

fn tuple<'a>(view: &View<'a>) -> Vec<&'a Value> {
    let list = view
        .first("prefixItems")
        .and_then(Value::as_array)
        .or_else(|| view.first("items").and_then(Value::as_array));
    list.map(|list| list.iter().collect()).unwrap_or_default()
}

fn counts(cx: &Context<'_>, view: &View<'_>) -> (u64, u64) {
    let min = view
        .all("minItems")
        .filter_map(|value| length(cx, "minItems", value))
        .max()
        .unwrap_or(0);
    let max = view
        .all("maxItems")
        .filter_map(|value| length(cx, "maxItems", value))
        .min()
        .unwrap_or(u64::MAX);
    (min, max)
}

pub(super) fn count_fits(cx: &Context<'_>, view: &View<'_>, count: usize) -> Result<(), Unbuildable> {
    let (min, max) = counts(cx, view);
    if (min..=max).contains(&(count as u64)) {
        Ok(())
    } else {
        Err(Unbuildable::new("wrong number of items"))
    }
}
