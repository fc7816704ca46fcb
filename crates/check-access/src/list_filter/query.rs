//! What a stranger asks a list for: a word of somebody else's object, and the ids of its tenant and owner.

use gate_exchange::Request;
use gate_model::IdentityName;
use gate_objects::Object;
use gate_spec::{Operation, Spec};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::mass_assignment::{Meaning, meaning};
use crate::own_writes::text;

/// Names under which lists take a word.
const SEARCH: [&str; 8] = ["q", "query", "search", "term", "keyword", "keywords", "text", "filter"];
/// Names under which lists take a tenant although no document says so.
const TENANTS: [&str; 8] = [
    "tenant",
    "tenant_id",
    "tenantId",
    "org",
    "org_id",
    "orgId",
    "organization_id",
    "account_id",
];
/// The same for a user, where the object shows whose it is.
const PERSONS: [&str; 4] = ["owner", "owner_id", "user_id", "userId"];
/// The part of a mark that is sent where it has no handle: what is left of it is still nobody's to guess.
const WORD: usize = 8;

/// A query: what it is about, and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    pub(super) about: &'static str,
    pub(super) params: Vec<(String, String)>,
    /// Whether the document declares none of the parameters.
    pub(super) undeclared: bool,
}

impl Query {
    /// The request with these parameters, each in the place of one of the same name.
    pub(super) fn put_into(&self, request: &Request) -> Request {
        let mut request = request.clone();
        for (name, value) in &self.params {
            request.path.push(if request.path.contains('?') { '&' } else { '?' });
            request.path.push_str(&encoded(name));
            request.path.push('=');
            request.path.push_str(&encoded(value));
        }
        request
    }

    /// The parameters in words.
    pub(super) fn words(&self) -> String {
        let named: Vec<String> = self
            .params
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        named.join("&")
    }
}

pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What is asked for, at most three queries: a search where one is declared, the declared filters, and the usual ones.
pub(super) fn queries(
    spec: &Spec,
    operation: &Operation,
    owner: &IdentityName,
    object: &Object,
    shown: &Map<String, Value>,
) -> Vec<Query> {
    let sent = |name: &str| operation.request.query.iter().any(|(known, _)| known == name);
    let declared: Vec<&String> = operation.query_names.iter().filter(|name| !sent(name)).collect();
    let mut queries = Vec::new();
    let word = object.canaries.first().map(|canary| {
        if canary.handle == canary.secret {
            canary.secret.chars().take(WORD).collect()
        } else {
            canary.handle.clone()
        }
    });
    let searched = declared.iter().find(|name| SEARCH.contains(&squashed(name).as_str()));
    if let (Some(word), Some(name)) = (word, searched) {
        queries.push(Query {
            about: "a word of it",
            params: vec![((*name).clone(), word)],
            undeclared: false,
        });
    }
    let tenant = value_of(shown, &Meaning::Tenant).or_else(|| {
        spec.identities
            .get(owner)
            .map(|identity| identity.tenant_value().to_owned())
    });
    let person = value_of(shown, &Meaning::Person);
    let value = |name: &str| match meaning(name) {
        Some(Meaning::Tenant) => tenant.clone(),
        Some(Meaning::Person) => person.clone(),
        _ => None,
    };
    let filters: Vec<(String, String)> = declared
        .iter()
        .filter_map(|name| Some(((*name).clone(), value(name)?)))
        .collect();
    if !filters.is_empty() {
        queries.push(Query {
            about: "its tenant or owner",
            params: filters,
            undeclared: false,
        });
    }
    let usual = TENANTS.iter().filter_map(|name| Some((*name, tenant.clone()?)));
    let usual = usual.chain(PERSONS.iter().filter_map(|name| Some((*name, person.clone()?))));
    let known = |name: &str| sent(name) || operation.query_names.iter().any(|known| known == name);
    let usual: Vec<(String, String)> = usual
        .filter(|(name, _)| !known(name))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    if !usual.is_empty() {
        queries.push(Query {
            about: "its tenant or owner, as no document says",
            params: usual,
            undeclared: true,
        });
    }
    queries
}

/// What an object shows of its tenant or owner.
pub(crate) fn value_of(shown: &Map<String, Value>, wanted: &Meaning) -> Option<String> {
    shown
        .iter()
        .filter(|(_, value)| value.is_string() || value.is_number())
        .find(|(name, _)| meaning(name).as_ref() == Some(wanted))
        .map(|(_, value)| text(value))
}

fn squashed(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
