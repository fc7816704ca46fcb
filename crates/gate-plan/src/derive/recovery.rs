//! Tokens that are sent by mail, as a document shows them: a request that has one sent, and one that uses it.

use gate_openapi as oas;
use gate_spec::{Body, Method, RecoveryKind, RequestTemplate, Template};
use serde_json::Value;

use super::bodies::defuse;
use super::login::written;
use super::routes::{Routes, Source};
use super::words::squashed;

/// Names under which such a token travels.
const TOKENS: [&str; 18] = [
    "token",
    "resettoken",
    "passwordtoken",
    "code",
    "resetcode",
    "otp",
    "pin",
    "key",
    "passcode",
    "onetimecode",
    "onetimepassword",
    "verificationcode",
    "verificationtoken",
    "confirmationtoken",
    "confirmationcode",
    "invitetoken",
    "invitationtoken",
    "invitecode",
];

/// Names under which an account is named in such a request.
const ACCOUNTS: [&str; 8] = [
    "email",
    "emailaddress",
    "mail",
    "username",
    "login",
    "user",
    "identifier",
    "phone",
];

/// A pair that was found: the sources and what each is called with.
pub(crate) struct Pair {
    /// Has a token sent.
    pub(crate) request: (usize, RequestTemplate),
    /// Uses it.
    pub(crate) confirm: (usize, RequestTemplate),
}

/// The pair of a kind, where the names in the document tell.
pub(crate) fn derive_recovery(kind: RecoveryKind, routes: &Routes<'_>) -> Option<Pair> {
    let of_kind: Vec<(usize, &Source<'_>)> = routes
        .sources()
        .iter()
        .enumerate()
        .filter(|(_, source)| source.document.is_some() && source.method == Method::Post && is_called(kind, source))
        .collect();
    let (at, confirm) = of_kind.iter().find(|(_, source)| confirms(kind, source))?;
    let request = of_kind
        .iter()
        .filter(|(_, source)| asks(source))
        .max_by_key(|(index, source)| (shared(&source.path, &confirm.path), usize::MAX - index))?;
    Some(Pair {
        request: (request.0, filled(request.1, routes)?),
        confirm: (*at, filled(confirm, routes)?),
    })
}

/// Whether an operation is called like one of a kind.
fn is_called(kind: RecoveryKind, source: &Source<'_>) -> bool {
    let id = source
        .document
        .and_then(|operation| operation.operation_id.as_deref())
        .unwrap_or_default();
    let names = [squashed(&source.path), squashed(id)];
    let says = |words: &[&str]| words.iter().any(|word| names.iter().any(|name| name.contains(word)));
    match kind {
        RecoveryKind::PasswordReset => {
            says(&[
                "passwordreset",
                "resetpassword",
                "forgotpassword",
                "passwordforgot",
                "recoverpassword",
                "passwordrecover",
                "lostpassword",
            ]) || (says(&["password"]) && says(&["reset", "forgot", "recover"]))
        }
        RecoveryKind::OneTimeCode => {
            says(&[
                "otp",
                "onetimecode",
                "onetimepassword",
                "magiclink",
                "passwordless",
                "logincode",
                "loginlink",
            ]) && !source
                .path
                .split('/')
                .map(squashed)
                .any(|part| ["totp", "mfa", "2fa"].contains(&part.as_str()))
        }
        RecoveryKind::Verification => says(&[
            "verifyemail",
            "emailverif",
            "confirmemail",
            "emailconfirm",
            "resendverification",
            "resendconfirmation",
        ]),
        RecoveryKind::Invitation => says(&["invitation", "invite"]),
    }
}

/// Names of the fields of the body and of the parameters in the path.
fn names<'s>(source: &'s Source<'_>) -> impl Iterator<Item = String> + 's {
    let operation = source.document;
    let fields = operation
        .and_then(|operation| operation.body.as_ref())
        .into_iter()
        .flat_map(|body| body.fields.iter())
        .filter_map(|field| field.name());
    let parameters = operation
        .into_iter()
        .flat_map(|operation| &operation.parameters)
        .filter(|parameter| parameter.location == oas::ParamIn::Path || parameter.required)
        .map(|parameter| parameter.name.as_str());
    fields.chain(parameters).map(squashed)
}

fn confirms(kind: RecoveryKind, source: &Source<'_>) -> bool {
    let token = names(source).any(|name| TOKENS.contains(&name.as_str()));
    let password = names(source).any(|name| name.contains("password"));
    token && (password || kind != RecoveryKind::PasswordReset)
}

fn asks(source: &Source<'_>) -> bool {
    let mut names = names(source).peekable();
    let mut account = false;
    names.all(|name| {
        account |= ACCOUNTS.contains(&name.as_str());
        !TOKENS.contains(&name.as_str()) && !name.contains("password")
    }) && account
}

/// Segments that two paths begin with.
fn shared(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(a, b)| a == b).count()
}

/// The request with its placeholders.
fn filled(source: &Source<'_>, routes: &Routes<'_>) -> Option<RequestTemplate> {
    let operation = source.document?;
    let mut path = routes.wire(source.method, &source.path);
    for parameter in &operation.parameters {
        if parameter.location == oas::ParamIn::Path
            && let Some(fill) = placeholder(&parameter.name)
        {
            path = path.replace(&format!("{{{}}}", parameter.name), &format!("{{{fill}}}"));
        }
    }
    let mut request = RequestTemplate::new(source.method, Template::parse_path(&path).ok()?);
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        if parameter.location == oas::ParamIn::Query
            && let Some(fill) = placeholder(&parameter.name)
        {
            let value = Template::parse(&format!("{{{{{fill}}}}}")).ok()?;
            request.query.push((parameter.name.clone(), value));
        }
    }
    request.body = operation.body.as_ref().map_or(Some(Body::None), body)?;
    Some(request)
}

fn body(body: &oas::Body) -> Option<Body> {
    let mut value = body.sample.clone()?;
    defuse(&mut value);
    for field in body.fields.iter() {
        if let Some(fill) = field.name().and_then(placeholder) {
            oas::set_at(&mut value, &field.path, Value::from(format!("{{{{{fill}}}}}")));
        }
    }
    written(body, value)
}

fn placeholder(name: &str) -> Option<String> {
    let own = squashed(name);
    if TOKENS.contains(&own.as_str()) {
        Some("token".to_owned())
    } else if own.contains("password") {
        Some("new_password".to_owned())
    } else if own.contains("mail") {
        Some("email".to_owned())
    } else {
        ACCOUNTS.contains(&own.as_str()).then(|| name.to_owned())
    }
}
