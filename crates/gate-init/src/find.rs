//! The OpenAPI document of a running server.

use std::sync::Arc;

use gate_exchange::{Client, Options};
use gate_model::{Cause, SharedRedactor};
use gate_openapi as oas;
use url::Url;

use crate::asked::Document;
use crate::error::InitError;
use crate::skeleton::{Skeleton, quoted};

/// Where servers keep it, the commonest first: FastAPI and most others, Spring, Swagger tools, NestJS, ASP.NET, Django REST,
/// Quarkus, Fastify, Flask, Gin, Rails, Hono, Cornice.
const USUAL: [&str; 33] = [
    "/openapi.json",
    "/v3/api-docs",
    "/swagger.json",
    "/swagger/v1/swagger.json",
    "/api/openapi.json",
    "/openapi.yaml",
    "/openapi.yml",
    "/api-docs",
    "/api/schema/",
    "/docs-json",
    "/api-json",
    "/api/docs-json",
    "/openapi/v1.json",
    "/api/v1/openapi.json",
    "/v1/openapi.json",
    "/v2/api-docs",
    "/q/openapi",
    "/openapi",
    "/documentation/json",
    "/swagger/doc.json",
    "/api/swagger.json",
    "/docs/openapi.json",
    "/docs/swagger.json",
    "/swagger.yaml",
    "/api-docs.json",
    "/api/api-docs",
    "/api/docs.json",
    "/apispec_1.json",
    "/spec.json",
    "/schema/",
    "/doc",
    "/.well-known/openapi.json",
    "/__api__",
];

/// A document that was read.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Its name in messages.
    pub(crate) name: String,
    /// The value of `target.openapi`, as YAML.
    pub(crate) yaml: String,
    /// What it says.
    pub(crate) text: String,
    /// What that means.
    pub(crate) document: oas::Document,
}

/// Reads the document, or looks for it.
pub(crate) async fn find(
    skeleton: &Skeleton,
    wanted: Option<&Document>,
    options: &Options,
) -> Result<Found, InitError> {
    match wanted {
        Some(Document::File { path, text }) => read(path, format!("{{ file: {} }}", quoted(path)), text.clone()),
        Some(Document::Place(place)) => {
            let mut there = skeleton.clone();
            there.openapi = Some(quoted(place));
            let text = match fetch(&client(&there, options)?, place).await {
                Ok(text) => text,
                Err(silent) => return Err(InitError::TargetSilent(silent.1)),
            };
            read(place, quoted(place), text)
        }
        None => look(skeleton, options).await,
    }
}

async fn look(skeleton: &Skeleton, options: &Options) -> Result<Found, InitError> {
    // A plan whose document is still to come may leave out how users log in.
    let mut to_come = skeleton.clone();
    to_come.openapi = Some(quoted(USUAL[0]));
    let client = client(&to_come, options)?;
    let places = places(&skeleton.url);
    for place in &places {
        match fetch(&client, place).await {
            Ok(text) => {
                if let Ok(found) = read(place, quoted(place), text) {
                    return Ok(found);
                }
            }
            Err((Cause::TargetDown, reason)) => return Err(InitError::TargetSilent(reason)),
            Err(_) => {}
        }
    }
    Err(InitError::NoDocument {
        url: skeleton.url.clone(),
        count: places.len(),
    })
}

/// The usual paths, below the address and below its host where that is another place.
fn places(url: &str) -> Vec<String> {
    let mut places: Vec<String> = USUAL.iter().map(|path| (*path).to_owned()).collect();
    if let Ok(parsed) = Url::parse(url)
        && parsed.path() != "/"
    {
        let origin = parsed.origin().ascii_serialization();
        places.extend(USUAL.iter().map(|path| format!("{origin}{path}")));
    }
    places
}

async fn fetch(client: &Client, place: &str) -> Result<String, (Cause, String)> {
    client.fetch(None, place).await.map_err(|reason| {
        (
            reason.cause,
            format!("failed to fetch the OpenAPI document {place}: {}", reason.detail),
        )
    })
}

fn client(skeleton: &Skeleton, options: &Options) -> Result<Client, InitError> {
    let draft = skeleton.draft().map_err(InitError::Wrong)?;
    Ok(Client::new(
        Arc::new(draft.outline()),
        options.clone(),
        SharedRedactor::default(),
    )?)
}

fn read(place: &str, yaml: String, text: String) -> Result<Found, InitError> {
    let wrong = |reason: String| InitError::Document {
        place: place.to_owned(),
        reason,
    };
    let document = oas::read(&text, &oas::Limits::default()).map_err(|error| wrong(error.to_string()))?;
    if document.operations.is_empty() {
        return Err(wrong("it has no operation".to_owned()));
    }
    Ok(Found {
        name: place.to_owned(),
        yaml,
        text,
        document,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_looked_below_and_beside() {
        let found = places("http://127.0.0.1:1/api");
        assert_eq!(found.len(), 2 * USUAL.len());
        assert_eq!(found[0], "/openapi.json");
        assert!(found.contains(&"http://127.0.0.1:1/v3/api-docs".to_owned()));
        assert_eq!(places("http://127.0.0.1:1").len(), USUAL.len());
    }
}
