//! Walks a list page by page, the same way for everybody.
//!
//! The next page is what the answer says it is (`Link: rel="next"`, RFC 8288, or a `next` in the body), else one more
//! step of the paging parameters that the operation declares. Such a step is our own guess: where the server does not know the page, or takes
//! no page so large, the list ends before it.

use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request};
use gate_model::{OperationId, Undecided};
use serde_json::Value;

use crate::Ctx;
use crate::ask::ask_fresh;

/// Pages that are looked at.
const MAX_PAGES: usize = 12;

/// Walks until `enough` says so, or there is no next page. At least one exchange is returned.
///
/// # Errors
/// Where an answer does not come, or a cache goes on answering a control.
pub async fn walk(
    ctx: &Ctx<'_>,
    actor: &Actor,
    purpose: Purpose,
    operation: &OperationId,
    first: &Request,
    mut enough: impl FnMut(&Exchange) -> bool,
) -> Result<Vec<Exchange>, Undecided> {
    let paging = paging_names(ctx, operation);
    let mut pages: Vec<Exchange> = Vec::new();
    let mut request = first.clone();
    let mut guessed = false;
    loop {
        let outgoing = Outgoing::new(actor, purpose, request.clone()).of(operation);
        let exchange = if purpose == Purpose::Probe {
            ctx.target.send(outgoing).await?
        } else {
            ask_fresh(ctx, outgoing).await?
        };
        if guessed && BEYOND.contains(&exchange.status) {
            return Ok(pages);
        }
        let done = !exchange.is_success() || enough(&exchange);
        let next = match told_page(&exchange, first, &request) {
            Told::Page(next) => Some((*next, false)),
            Told::Nothing => {
                guessed_page(&exchange, first, &request, &paging, pages.len() + 1).map(|next| (next, true))
            }
            Told::End => None,
        };
        let repeats = pages.last().is_some_and(|last| last.body == exchange.body);
        pages.push(exchange);
        match next {
            Some((next, guess)) if !done && !repeats && pages.len() < MAX_PAGES && next.path != request.path => {
                (request, guessed) = (next, guess);
            }
            _ => return Ok(pages),
        }
    }
}

/// Answers to a page that is not there, or is larger than any may be.
const BEYOND: [u16; 4] = [400, 404, 416, 422];

/// What an answer says of the page after it.
enum Told {
    /// Where it is.
    Page(Box<Request>),
    /// That there is none.
    End,
    /// Nothing.
    Nothing,
}

#[derive(Default)]
struct Paging {
    offset: Option<String>,
    page: Option<String>,
    limit: Option<String>,
}

fn paging_names(ctx: &Ctx<'_>, operation: &OperationId) -> Paging {
    let Some(operation) = ctx.spec.operations.get(operation) else {
        return Paging::default();
    };
    let find = |names: &[&str]| {
        operation
            .query_names
            .iter()
            .find(|name| names.iter().any(|known| name.eq_ignore_ascii_case(known)))
            .cloned()
    };
    Paging {
        offset: find(&["offset", "skip", "start", "_start"]),
        page: find(&["page", "pageNumber", "page_number", "_page", "p"]),
        limit: find(&[
            "limit",
            "per_page",
            "perPage",
            "page_size",
            "pageSize",
            "_limit",
            "size",
            "count",
        ]),
    }
}

fn told_page(exchange: &Exchange, first: &Request, now: &Request) -> Told {
    let with = |path: Option<String>| match path {
        Some(path) => Told::Page(Box::new(Request { path, ..now.clone() })),
        None => Told::End,
    };
    if let Some(link) = exchange.header("link").and_then(next_link) {
        return with(local(&link, now));
    }
    let Some(json) = exchange.json() else {
        return Told::End;
    };
    match next_in_body(&json) {
        Next::At(next) if next.contains("://") || next.starts_with('/') => with(local(&next, now)),
        Next::At(next) if next.starts_with('?') => {
            let path = now.path.split('?').next().unwrap_or_default();
            with(Some(format!("{path}{next}")))
        }
        Next::At(next) => with(Some(with_query(&first.path, "cursor", &next))),
        Next::Null => Told::End,
        Next::Unsaid => Told::Nothing,
    }
}

/// One more step of the parameters that the operation declares.
fn guessed_page(exchange: &Exchange, first: &Request, now: &Request, paging: &Paging, seen: usize) -> Option<Request> {
    let with = |path: String| Request { path, ..now.clone() };
    let json = exchange.json()?;
    let items = item_count(&json)?;
    if items == 0 {
        return None;
    }
    if let Some(name) = &paging.offset {
        let so_far = query_number(&now.path, name).unwrap_or(0) + items;
        return Some(with(with_query(&first.path, name, &so_far.to_string())));
    }
    if let Some(name) = &paging.page {
        let start = query_number(&first.path, name).unwrap_or(1);
        return Some(with(with_query(&first.path, name, &(start + seen).to_string())));
    }
    // No step is declared: one larger page is all that can be asked for.
    match &paging.limit {
        Some(name) if seen == 1 => Some(with(with_query(&first.path, name, "100"))),
        _ => None,
    }
}

/// The target of `rel="next"` in a `Link` header.
fn next_link(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (target, params) = link.split_once('>')?;
        let is_next = params.split(';').any(|param| {
            let param = param.trim().to_ascii_lowercase();
            param == "rel=next" || param == "rel=\"next\""
        });
        is_next.then(|| target.trim().trim_start_matches('<').to_owned())
    })
}

/// What the body of a list says of the next page.
#[derive(Debug, PartialEq)]
enum Next {
    At(String),
    /// It has a place for it, and nothing is there.
    Null,
    Unsaid,
}

fn next_in_body(json: &Value) -> Next {
    const KEYS: [&str; 7] = [
        "next",
        "next_url",
        "nextUrl",
        "nextLink",
        "@odata.nextLink",
        "next_cursor",
        "nextCursor",
    ];
    const INNER: [&str; 5] = ["links", "_links", "paging", "pagination", "meta"];
    let Some(object) = json.as_object() else {
        return Next::Unsaid;
    };
    let outer = KEYS.iter().chain(&["nextPageToken"]).map(|key| object.get(*key));
    let inner = INNER
        .iter()
        .filter_map(|key| object.get(*key)?.as_object())
        .flat_map(|inner| KEYS.iter().map(|key| inner.get(*key)));
    let mut said = Next::Unsaid;
    for value in outer.chain(inner).flatten() {
        match value {
            Value::String(text) if !text.is_empty() => return Next::At(text.clone()),
            Value::Object(link) => {
                if let Some(href) = link.get("href").and_then(Value::as_str) {
                    return Next::At(href.to_owned());
                }
            }
            Value::Null => said = Next::Null,
            _ => {}
        }
    }
    said
}

/// The path and query of a link, where it stays below the base that the request's own path hangs under. The scope guard
/// checks the host again.
fn local(link: &str, now: &Request) -> Option<String> {
    let own = now.path.split('?').next().unwrap_or_default();
    let path = match link.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => link,
    };
    // Links carry the base path, requests do not: cut at the request's own path.
    let at = path.find(own)?;
    Some(path[at..].to_owned())
}

fn with_query(path: &str, name: &str, value: &str) -> String {
    let (base, query) = path.split_once('?').unwrap_or((path, ""));
    let encoded = percent_encode(value);
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name))
        .map(str::to_owned)
        .collect();
    pairs.push(format!("{name}={encoded}"));
    format!("{base}?{}", pairs.join("&"))
}

fn percent_encode(value: &str) -> String {
    value
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn query_number(path: &str, name: &str) -> Option<usize> {
    let (_, query) = path.split_once('?')?;
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| value.parse().ok()).flatten()
    })
}

/// Items of a list answer; `None` where it is no list.
pub(crate) fn item_count(json: &Value) -> Option<usize> {
    match json {
        Value::Array(items) => Some(items.len()),
        Value::Object(fields) => fields
            .values()
            .filter_map(|value| match value {
                Value::Array(items) => Some(items.len()),
                Value::Object(inner) => inner.values().filter_map(Value::as_array).map(Vec::len).max(),
                _ => None,
            })
            .max(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_are_found_in_links_bodies_and_parameters() {
        assert_eq!(
            next_link("<http://h/a?page=2>; rel=\"next\", <x>; rel=last").as_deref(),
            Some("http://h/a?page=2")
        );
        assert_eq!(
            next_in_body(&json!({"links": {"next": {"href": "/a?c=1"}}})),
            Next::At("/a?c=1".to_owned())
        );
        assert_eq!(
            next_in_body(&json!({"next": null, "meta": {"next_cursor": "abc"}})),
            Next::At("abc".to_owned())
        );
        assert_eq!(next_in_body(&json!({"links": {"next": null}})), Next::Null);
        assert_eq!(next_in_body(&json!({"next": ""})), Next::Unsaid);
        assert_eq!(next_in_body(&json!([{"next": null}])), Next::Unsaid);
        assert_eq!(with_query("/a?x=1&offset=2", "offset", "4"), "/a?x=1&offset=4");
        assert_eq!(item_count(&json!({"data": {"items": [1, 2]}, "n": 3})), Some(2));
    }
}
