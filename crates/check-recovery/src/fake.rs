//! A fake server that mails tokens, with a mailbox. Sound, unless a [`Fault`] says how it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gate_check::testkit::{FakeApi, Reply};
use gate_exchange::Outgoing;
use gate_model::Secret;
use gate_spec::{
    Body, JsonTemplate, MailLookUp, MailPlace, Method, RecoveryFlow, RecoveryKind, RequestTemplate, Spec, Template,
};
use serde_json::{Value, json};

/// What is wrong with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    Reusable,
    ReusedBehindRefusal,
    NotSuperseded,
    NeverExpires,
    AnyAccount,
    Sequential,
    InAnswer,
    ForwardedHost,
    HostHeader,
    /// Links lead to the site of the page that asked.
    PageHost,
    /// Tokens are six digits.
    SixDigits,
    /// Every token of an account works until its password changes, as where tokens are signed over the password.
    UntilChanged,
    /// Says which accounts it knows.
    TellsAccounts,
    /// Refuses tokens with 422, as some frameworks do.
    Unprocessable,
    /// Sends nothing.
    Silent,
    /// Takes no token at all.
    Broken,
    /// Takes tokens and does nothing with them.
    Idle,
    /// Answers everything but mail with 500.
    Down,
    /// Knows the account by its token alone, whichever the request names.
    AccountIgnored,
    /// Says in the answer which address a token counted for.
    NamesAddress,
}

#[derive(Default)]
struct State {
    /// Live tokens with their accounts.
    live: Vec<(String, String)>,
    used: Vec<(String, String)>,
    mails: Vec<(String, String)>,
    passwords: BTreeMap<String, String>,
    count: u64,
    /// When each token was sent, where tokens run out.
    born: BTreeMap<String, Duration>,
    /// Mails are written to this file as well.
    log: Option<std::path::PathBuf>,
}

/// How long tokens live of which the plan says it.
pub(crate) const LIFETIME: Duration = Duration::from_secs(30);

const OLD: &str = "0ld0ld0ld0ld0ld0ld0ld0ld";

/// A server with faults.
pub(crate) fn server(kind: RecoveryKind, faults: &[Fault]) -> FakeApi {
    server_with_log(kind, faults, None)
}

/// The same, which also writes its mails to a log.
pub(crate) fn server_with_log(kind: RecoveryKind, faults: &[Fault], log: Option<&std::path::Path>) -> FakeApi {
    let faults: BTreeSet<Fault> = faults.iter().copied().collect();
    let mut state = State {
        log: log.map(std::path::Path::to_owned),
        ..State::default()
    };
    for name in ["alice", "mallory"] {
        state.passwords.insert(name.to_owned(), format!("{name}-password"));
    }
    let state = Arc::new(Mutex::new(state));
    FakeApi::on(move |outgoing, world| {
        let mut state = state.lock().expect("no thread panicked");
        answer(outgoing, &mut state, world.now(), &faults)
    })
    .with_plan(|spec| plan(spec, kind))
}

fn answer(outgoing: &Outgoing, state: &mut State, now: Duration, faults: &BTreeSet<Fault>) -> Option<Reply> {
    let has = |fault: Fault| faults.contains(&fault);
    let body: Value = serde_json::from_slice(outgoing.request.body_bytes()).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let header = |name: &str| {
        let found = outgoing
            .request
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    let path = outgoing.request.path.clone();
    let refused = Reply::new(
        if has(Fault::Unprocessable) { 422 } else { 401 },
        json!({ "error": "no" }),
    );
    if path.starts_with("/mailbox") {
        let to = path.split("to=").nth(1).unwrap_or_default();
        let mails: Vec<&String> = state
            .mails
            .iter()
            .filter(|(known, _)| known == to)
            .map(|(_, text)| text)
            .collect();
        return Some(Reply::new(200, json!({ "mails": mails })));
    }
    // The same mailbox as a catcher that lists ids and gives each message by itself.
    if let Some(to) = path.strip_prefix("/mail-ids?to=") {
        let mails = state.mails.iter().enumerate().filter(|(_, (known, _))| known == to);
        let ids: Vec<Value> = mails.map(|(id, _)| json!({ "ID": format!("m{id}") })).collect();
        return Some(Reply::new(200, json!({ "messages": ids })));
    }
    if let Some(id) = path.strip_prefix("/mail/m") {
        let mail = id.parse::<usize>().ok().and_then(|id| state.mails.get(id));
        return Some(match mail {
            Some((_, text)) => Reply::new(200, json!({ "Text": text })),
            None => Reply::new(404, Value::Null),
        });
    }
    if has(Fault::Down) && path != "/me" {
        return Some(Reply::new(500, Value::Null));
    }
    match path.as_str() {
        "/ask" if has(Fault::TellsAccounts) && !state.passwords.contains_key(&name_of(&text("email"))) => {
            Some(Reply::new(404, Value::Null))
        }
        "/login" => {
            let name = outgoing
                .actor
                .identity
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            let right = state
                .passwords
                .get(&name)
                .is_some_and(|known| *known == text("password"));
            Some(Reply::new(if right { 200 } else { 401 }, Value::Null))
        }
        "/ask" => {
            state.count += 1;
            let token = if has(Fault::Sequential) {
                format!("{:024}", 1_000 + state.count)
            } else if has(Fault::SixDigits) {
                format!(
                    "{:06}",
                    u64::from_str_radix(&token(state.count)[..8], 16).unwrap_or(0) % 1_000_000
                )
            } else {
                token(state.count)
            };
            let email = text("email");
            if !has(Fault::NotSuperseded) && !has(Fault::UntilChanged) {
                state.live.retain(|(_, owner)| *owner != email);
            }
            state.live.push((token.clone(), email.clone()));
            state.born.insert(token.clone(), now);
            let forwarded = header("x-forwarded-host").filter(|_| has(Fault::ForwardedHost));
            let host = forwarded.or_else(|| header("host").filter(|_| has(Fault::HostHeader)));
            let page = header("origin").filter(|_| has(Fault::PageHost));
            let host = host.or_else(|| page.map(|page| page.replace("https://", "")));
            let host = host.unwrap_or_else(|| "app.test".to_owned());
            if let Some(log) = &state.log {
                use std::io::Write as _;
                let file = std::fs::OpenOptions::new().append(true).create(true).open(log);
                let line = format!("INFO mail to {email}: https://{host}/go?token={token}\n");
                file.and_then(|mut file| file.write_all(line.as_bytes()))
                    .expect("the log is written");
            }
            if !has(Fault::Silent) {
                state
                    .mails
                    .push((email, format!("Go to https://{host}/go?token={token} now")));
            }
            let shown = if has(Fault::InAnswer) {
                json!({ "token": token })
            } else {
                Value::Null
            };
            Some(Reply::new(202, shown))
        }
        "/use" => {
            let (token, email, new) = (text("token"), text("email"), text("new_password"));
            if has(Fault::Broken) {
                return Some(refused);
            }
            let used = state.used.iter().find(|(known, _)| *known == token).cloned();
            if let Some((_, owner)) = &used
                && has(Fault::ReusedBehindRefusal)
            {
                state.passwords.insert(name_of(owner), new);
                return Some(refused);
            }
            let old = state.born.get(&token).is_some_and(|born| now > *born + LIFETIME);
            let live = state.live.iter().find(|(known, _)| *known == token).cloned();
            let live = live.filter(|_| !old || has(Fault::NeverExpires));
            let again = used.filter(|_| has(Fault::Reusable));
            let old = (token == OLD && has(Fault::NeverExpires)).then(|| (token.clone(), email.clone()));
            let Some((_, owner)) = live.or(again).or(old) else {
                return Some(refused);
            };
            let account = match (owner == email, has(Fault::AnyAccount), has(Fault::AccountIgnored)) {
                (true, ..) | (_, _, true) => owner.clone(),
                (false, true, _) => email,
                (false, false, false) => return Some(refused),
            };
            let gone = has(Fault::UntilChanged).then(|| owner.clone());
            state
                .live
                .retain(|(known, of)| *known != token && gone.as_ref() != Some(of));
            state.used.push((token, owner));
            if !has(Fault::Idle) {
                state.passwords.insert(name_of(&account), new);
            }
            Some(Reply::new(
                200,
                if has(Fault::NamesAddress) {
                    json!({ "verified": true, "email": account })
                } else {
                    json!({ "token": format!("session-of-{}", name_of(&account)) })
                },
            ))
        }
        _ => None,
    }
}

fn name_of(email: &str) -> String {
    email.split('@').next().unwrap_or_default().to_owned()
}

/// Looks random, and is the same in every run.
fn token(count: u64) -> String {
    let mut value = count.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut text = String::new();
    for _ in 0..2 {
        value ^= value >> 30;
        value = value.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value ^= value >> 27;
        text.push_str(&format!("{value:016x}"));
    }
    text
}

fn plan(spec: &mut Spec, kind: RecoveryKind) {
    for (name, identity) in &mut spec.identities {
        identity.fields = vec![
            ("email".to_owned(), Secret::new(format!("{name}@acme.test"))),
            ("password".to_owned(), Secret::new(format!("{name}-password"))),
        ];
    }
    let post = |path: &str, body: Value| {
        let mut request = RequestTemplate::new(Method::Post, Template::parse_path(path).expect("a path"));
        request.body = Body::Json(JsonTemplate::parse(body).expect("a body"));
        request
    };
    let recovery = &mut spec.settings.recovery;
    recovery.subject = Some("alice".into());
    recovery.other = Some("mallory".into());
    recovery.flows.push(RecoveryFlow {
        kind,
        request: post("/ask", json!({ "email": "{{email}}" })),
        request_operation: None,
        by: None,
        to: None,
        confirm: post(
            "/use",
            json!({ "token": "{{token}}", "email": "{{email}}", "new_password": "{{new_password}}" }),
        ),
        confirm_operation: None,
        mail: Some(MailLookUp {
            place: MailPlace::Http {
                request: RequestTemplate::new(
                    Method::Get,
                    Template::parse_path("/mailbox?to={{email}}").expect("a path"),
                ),
                each: Some("$.mails[*]".to_owned()),
                then: None,
            },
            within: Duration::from_secs(5),
        }),
        token: None,
        lifetime: None,
        expired: Some(Secret::new(OLD.to_owned())),
        source: None,
    });
}
