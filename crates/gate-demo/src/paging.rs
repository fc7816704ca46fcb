//! Lists: `limit` and `offset`, newest first, the total in the body and in `X-Total-Count`.

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, json};

use crate::{
    Sabotage,
    problem::{Answer, Problem},
    state::App,
    tables::Row,
};

/// Items of a list if nothing is said.
const DEFAULT_LIMIT: usize = 50;
/// Items of a list at most.
const MAX_LIMIT: usize = 200;
/// Items of a list under [`Sabotage::PagedLists`].
const SMALL_PAGE: usize = 2;

/// The query of a list. Unknown parameters are left alone, as most APIs do.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paging {
    limit: Option<String>,
    offset: Option<String>,
}

impl Paging {
    fn read(&self, app: &App) -> Result<(usize, usize), Problem> {
        let limit = match &self.limit {
            None => app.config.page_size.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT),
            Some(text) => match text.parse() {
                Ok(limit @ 1..=MAX_LIMIT) => limit,
                _ => return Err(Problem::invalid(format!("limit is a number from 1 to {MAX_LIMIT}"))),
            },
        };
        let offset = match &self.offset {
            None => 0,
            Some(text) => text
                .parse::<u32>()
                .map_err(|_| Problem::invalid("offset is a number from 0"))? as usize,
        };
        Ok((limit, offset))
    }
}

/// One page of what the caller may see.
pub(crate) fn page<'a, T: Row + 'a>(
    app: &App,
    path: &str,
    paging: &Paging,
    rows: impl Iterator<Item = &'a T>,
) -> Answer {
    let (mut limit, offset) = paging.read(app)?;
    let mut rows: Vec<&T> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.seq()));
    let small = app.odd(Sabotage::PagedLists);
    if small {
        rows.reverse();
        limit = limit.min(SMALL_PAGE);
    }
    let total = rows.len();
    let items: Vec<&T> = rows.into_iter().skip(offset).take(limit).collect();
    let mut body = Map::new();
    body.insert("items".to_owned(), json!(items));
    if !small {
        body.insert("total".to_owned(), json!(total));
        body.insert("limit".to_owned(), json!(limit));
        body.insert("offset".to_owned(), json!(offset));
    }
    let mut response: Response = Json(body).into_response();
    response.headers_mut().insert("x-total-count", HeaderValue::from(total));
    if small && offset + limit < total {
        let link = format!("<{path}?limit={limit}&offset={}>; rel=\"next\"", offset + limit);
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}
