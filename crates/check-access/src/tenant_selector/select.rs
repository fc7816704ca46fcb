//! How a request names a tenant: by which headers or parameters, and as what.

use gate_exchange::Request;
use gate_model::IdentityName;
use gate_spec::{Operation, Spec, TenantSelector};
use serde_json::{Map, Value};

use crate::list_filter::{encoded, value_of};
use crate::mass_assignment::Meaning;

/// Headers by which servers often take a tenant although no document says so.
const USUAL: [&str; 8] = [
    "X-Tenant-ID",
    "X-Tenant",
    "X-Organization-ID",
    "X-Org-ID",
    "X-Workspace-ID",
    "X-Account-ID",
    "X-Company-ID",
    "X-Scope-OrgID",
];
/// Selectors that are tried on one operation.
const MOST: usize = 3;

/// What is sent to name a tenant, in one request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selector {
    /// Headers and query parameters; a path or a host is none that a request could be given.
    places: Vec<TenantSelector>,
}

impl Selector {
    fn one(place: TenantSelector) -> Self {
        Self { places: vec![place] }
    }

    /// The headers that nobody declared, all at once.
    pub(super) fn usual() -> Self {
        Self {
            places: USUAL.map(|name| TenantSelector::Header(name.to_owned())).into(),
        }
    }

    /// The request with this tenant, in the place of one that it names already.
    pub(super) fn put_into(&self, request: &Request, tenant: &str) -> Request {
        let mut request = request.clone();
        for place in &self.places {
            match place {
                TenantSelector::Header(name) => {
                    request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                    request.headers.push((name.clone(), tenant.to_owned()));
                }
                TenantSelector::Query(name) => {
                    request.path.push(if request.path.contains('?') { '&' } else { '?' });
                    request.path.push_str(&format!("{}={}", encoded(name), encoded(tenant)));
                }
                TenantSelector::Path(_) | TenantSelector::Subdomain => {}
            }
        }
        request
    }

    /// Where the tenant is named, in words.
    pub(super) fn words(&self) -> String {
        match self.places.as_slice() {
            [TenantSelector::Header(name)] => format!("the header {name}"),
            [TenantSelector::Query(name)] => format!("the query parameter {name}"),
            _ => format!("the headers {}", USUAL.join(", ")),
        }
    }
}

/// What may name a tenant to an operation: what the plan says, and what the document declares for it. What every request carries
/// already is none: repeating the owner's request names the owner's tenant.
pub(super) fn selectors(spec: &Spec, operation: &Operation, is_list: bool) -> Vec<Selector> {
    let mut places: Vec<&TenantSelector> = Vec::new();
    let planned = spec.target.tenant_in.iter();
    for place in planned.chain(&operation.declared.selectors) {
        let wanted = match place {
            TenantSelector::Header(name) => {
                let sent = &operation.request.headers;
                !sent.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
            }
            TenantSelector::Query(name) => {
                let sent = operation.request.query.iter().any(|(known, _)| known == name);
                let filters = is_list && operation.query_names.contains(name);
                !sent && !filters
            }
            TenantSelector::Path(_) | TenantSelector::Subdomain => false,
        };
        let known = places.iter().any(|known| same(known, place));
        if wanted && !known {
            places.push(place);
        }
    }
    places.into_iter().take(MOST).cloned().map(Selector::one).collect()
}

fn same(left: &TenantSelector, right: &TenantSelector) -> bool {
    match (left, right) {
        (TenantSelector::Header(left), TenantSelector::Header(right)) => left.eq_ignore_ascii_case(right),
        (left, right) => left == right,
    }
}

/// What the target calls somebody's tenant, and whether the plan or the target said so.
pub(super) fn tenant_of(spec: &Spec, who: &IdentityName, shown: &Map<String, Value>) -> Option<(String, bool)> {
    let identity = spec.identities.get(who)?;
    let said = identity.tenant_id.clone().or_else(|| value_of(shown, &Meaning::Tenant));
    let said = said.filter(|value| is_sendable(value));
    Some(match said {
        Some(said) => (said, true),
        None => (identity.tenant_value().to_owned(), false),
    })
}

/// Whether a value of the server's can stand in a header (RFC 9110 section 5.5), at a length that servers take.
fn is_sendable(value: &str) -> bool {
    !value.is_empty() && value.len() <= 256 && value.bytes().all(|byte| (0x21..0x7f).contains(&byte))
}

#[cfg(test)]
mod tests {
    use gate_spec::Method;

    use super::*;

    #[test]
    fn a_tenant_takes_the_place_of_the_one_that_is_named() {
        let mut request = Request::new(Method::Get, "/notes?page=1");
        request.headers.push(("x-org-id".to_owned(), "globex".to_owned()));
        let header = Selector::one(TenantSelector::Header("X-Org-Id".to_owned()));
        let query = Selector::one(TenantSelector::Query("org".to_owned()));
        let sent = query.put_into(&header.put_into(&request, "ac me"), "a&b");
        assert_eq!(sent.headers, [("X-Org-Id".to_owned(), "ac me".to_owned())]);
        assert_eq!(sent.path, "/notes?page=1&org=a%26b");
        assert_eq!(query.words(), "the query parameter org");
        assert_eq!(Selector::usual().put_into(&request, "acme").headers.len(), 8);
    }

    #[test]
    fn what_a_server_shows_is_sent_only_where_a_header_can_hold_it() {
        for odd in ["", "a b", "a\r\nX: y", "\u{e4}"] {
            assert!(!is_sendable(odd), "{odd:?}");
        }
        assert!(is_sendable("7d444840-9dc0"));
    }
}
