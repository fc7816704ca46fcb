//! Puts a request together: the exact URL and the headers, before credentials are added.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use gate_model::{Cause, Undecided};
use gate_spec::{Method, Spec, TenantSelector};
use http::header::{HeaderName, HeaderValue};

use crate::request::encode_value;
use crate::scope::HostPort;
use crate::sent_body::SentBody;
use crate::session::Worn;
use crate::{Outgoing, Presented, Purpose, Way};

/// A request that can go on the wire.
pub(crate) struct Composed {
    pub(crate) uri: http::Uri,
    /// The URL without credentials.
    pub(crate) shown: Arc<str>,
    pub(crate) host: HostPort,
}

/// Finds the URL of a request. The path goes out byte for byte; what HTTP cannot carry is refused, never repaired.
pub(crate) fn compose(spec: &Spec, outgoing: &Outgoing, worn: &Worn) -> Result<Composed, Undecided> {
    let shown: Arc<str> = absolute_url(spec, outgoing).into();
    let mut full = Cow::Borrowed(&*shown);
    for (name, value) in &worn.query {
        let separator = if full.contains('?') { '&' } else { '?' };
        let (name, value) = (encode_value(name), encode_value(value.expose()));
        full.to_mut().push_str(&format!("{separator}{name}={value}"));
    }
    let refuse = |reason: &str| {
        let path = crate::visible::one_line(&outgoing.request.path, 200);
        Undecided::new(Cause::Transport, format!("the path `{path}` cannot be sent: {reason}"))
    };
    let uri: http::Uri = full
        .parse()
        .map_err(|error: http::uri::InvalidUri| refuse(&error.to_string()))?;
    let host = HostPort::of(&uri).ok_or_else(|| refuse("it leads to no http or https host"))?;
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(refuse("its URL holds credentials"));
    }
    // A `#` would be dropped by the URI type without a word.
    let sent = uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    if !full.ends_with(sent) || (sent == "/" && !full.ends_with('/')) && full.contains('#') {
        return Err(refuse("it holds a `#`, which HTTP does not send; write `%23`"));
    }
    Ok(Composed { uri, shown, host })
}

/// The URL of a request, without credentials.
pub(crate) fn absolute_url(spec: &Spec, outgoing: &Outgoing) -> String {
    let path = &outgoing.request.path;
    if is_absolute(path) {
        return path.clone();
    }
    let base = &spec.target.url;
    let tenant = tenant(spec, outgoing);
    let mut url = String::with_capacity(base.len() + path.len() + 1);
    match (&spec.target.tenant_in, tenant, base.split_once("://")) {
        (Some(TenantSelector::Subdomain), Some(tenant), Some((scheme, rest))) => {
            url.push_str(&format!("{scheme}://{tenant}.{rest}"));
        }
        _ => url.push_str(base),
    }
    if !path.starts_with('/') {
        url.push('/');
    }
    url.push_str(path);
    if let (Some(TenantSelector::Query(name)), Some(tenant)) = (&spec.target.tenant_in, tenant) {
        let name = encode_value(name);
        let query = path.split_once('?').map_or("", |(_, query)| query);
        if !query.split('&').any(|pair| pair.split('=').next() == Some(&name)) {
            url.push(if path.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={}", encode_value(tenant)));
        }
    }
    url
}

/// Whether a request names its host itself.
pub(crate) fn is_absolute(path: &str) -> bool {
    let starts = |scheme: &str| {
        path.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    starts("http://") || starts("https://")
}

/// The tenant that a request is sent under: the sender's own, or the first identity's where nobody sends it.
fn tenant<'a>(spec: &'a Spec, outgoing: &Outgoing) -> Option<&'a str> {
    let identity = match outgoing.actor.identity.as_ref().or(altered_of(outgoing)) {
        Some(name) => spec.identities.get(name),
        None => spec.identities.values().next(),
    };
    identity.map(gate_spec::Identity::tenant_value)
}

/// Whose credentials were altered: his tenant stays selected, so that nothing but the credentials differs.
fn altered_of(outgoing: &Outgoing) -> Option<&gate_model::IdentityName> {
    match &outgoing.actor.presented {
        Presented::Altered(altered) => Some(&altered.of),
        Presented::Nothing | Presented::Session | Presented::Private(_) => None,
    }
}

/// A header that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
}

/// The headers of a request without credentials, in the order of sending; later sources replace earlier ones by name.
pub(crate) fn plain_headers<'a>(spec: &'a Spec, outgoing: &'a Outgoing, own_host: bool) -> Vec<Header<'a>> {
    let mut headers: Vec<Header<'a>> = Vec::with_capacity(8);
    let mut set = |name: &'a str, value: &'a str| {
        headers.retain(|header| !header.name.eq_ignore_ascii_case(name));
        headers.push(Header { name, value });
    };
    set("accept", "application/json, */*;q=0.8");
    set("user-agent", concat!("launchgate/", env!("CARGO_PKG_VERSION")));
    if let Some(body) = &outgoing.request.body {
        set("content-type", &body.media_type);
    }
    if outgoing.request.body_bytes().is_empty()
        && matches!(outgoing.request.method, Method::Post | Method::Put | Method::Patch)
    {
        // RFC 9110 section 8.6; some servers answer 411 without it.
        set("content-length", "0");
    }
    if own_host {
        // Application keys and tenants are the target's business, not a login provider's.
        for (name, value) in &spec.target.headers {
            set(name, value.expose());
        }
        if let (Some(TenantSelector::Header(name)), Some(tenant)) = (&spec.target.tenant_in, tenant(spec, outgoing)) {
            set(name, tenant);
        }
    }
    let own = &outgoing.request.headers;
    headers.retain(|header| !own.iter().any(|(name, _)| name.eq_ignore_ascii_case(header.name)));
    for (name, value) in own {
        // Nobody presents nothing, whatever an example in a document says.
        if matches!(outgoing.actor.presented, Presented::Nothing | Presented::Altered(_))
            && !matches!(outgoing.purpose, Purpose::Login | Purpose::LookUp | Purpose::Limit)
            && is_credential_header(spec, name)
        {
            continue;
        }
        // A request may hold a header twice on purpose.
        headers.push(Header { name, value });
    }
    headers
}

fn is_credential_header(spec: &Spec, name: &str) -> bool {
    if ["authorization", "cookie", "proxy-authorization"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
    {
        return true;
    }
    let of_logins = spec.logins.values().flat_map(|login| &login.send);
    let of_identities = spec
        .identities
        .values()
        .filter_map(|identity| identity.credential.as_ref())
        .flat_map(|credential| &credential.send);
    of_logins.chain(of_identities).any(|slot| match slot {
        gate_spec::CredentialSlot::Header { name: slot, .. }
        | gate_spec::CredentialSlot::UnsafeHeader { name: slot, .. } => slot.eq_ignore_ascii_case(name),
        gate_spec::CredentialSlot::Bearer(_)
        | gate_spec::CredentialSlot::Basic { .. }
        | gate_spec::CredentialSlot::Query { .. }
        | gate_spec::CredentialSlot::Cookie { .. }
        | gate_spec::CredentialSlot::Jar => false,
    })
}

/// The request as bytes for the wire; made anew for each attempt.
pub(crate) fn wire_request(
    composed: &Composed,
    outgoing: &Outgoing,
    headers: &[Header<'_>],
    worn: &Worn,
) -> Result<http::Request<SentBody>, Undecided> {
    let method = http::Method::from_bytes(outgoing.request.method.as_str().as_bytes())
        .expect("the names of the methods are tokens");
    let body = outgoing
        .request
        .body
        .as_ref()
        .map_or_else(Bytes::new, |body| body.bytes.clone());
    let mut request = http::Request::new(match outgoing.way {
        Way::Held(time) => SentBody::held(body, time),
        Way::Pooled | Way::Fresh | Way::From(_) => SentBody::whole(body),
    });
    *request.method_mut() = method;
    *request.uri_mut() = composed.uri.clone();
    let map = request.headers_mut();
    // A credential replaces a plain header of its name; two credentials of one name are both sent.
    let is_worn = |name: &str| worn.headers.iter().any(|(worn, _)| worn.eq_ignore_ascii_case(name));
    let credentials = worn
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose().as_str()));
    let plain = headers
        .iter()
        .filter(|header| !is_worn(header.name))
        .map(|header| (header.name, header.value));
    for (name, value) in plain.chain(credentials) {
        let refuse = || {
            let name = crate::visible::one_line(name, 80);
            Undecided::new(
                Cause::Transport,
                format!("the header `{name}` cannot be sent: its name or value holds what HTTP forbids"),
            )
        };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse())?;
        map.append(header, HeaderValue::from_bytes(value.as_bytes()).map_err(|_| refuse())?);
    }
    Ok(request)
}
