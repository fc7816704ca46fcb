//! Unsafe requests whose effect their owner can see: what a page of another site would have a browser send.

use std::sync::Arc;

use gate_check::{Ctx, State, ask, ask_fresh};
use gate_exchange::{Actor, Exchange, ObjectKey, Outgoing, Purpose, Request, RequestBody};
use gate_model::{Cause, Undecided};
use gate_objects::{Bindings, CallerLookup, Object, Origin, extract};
use gate_spec::{Body, Call, Effect, Extract, Method, Operation, Resource, Spec, TenantSelector};
use serde_json::Value;

use crate::script::Stop;

/// Where the page of an attacker would be.
pub(crate) const ELSEWHERE: &str = "https://attacker.example";

/// An operation of the plan whose effect can be seen.
#[derive(Clone, Copy)]
pub(crate) struct Deed<'s> {
    /// The operation.
    pub(crate) operation: &'s Operation,
    resource: &'s Resource,
    read: &'s Call,
}

/// How a request is dressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dress {
    /// As the API's own client sends it.
    Own,
    /// The same from a page of another site, for which a browser asks first.
    Foreign,
    /// As a form of another site sends it, its fields in the body (`application/x-www-form-urlencoded`).
    Form,
    /// The body as plain text, which a form of another site can send too.
    Text,
    /// As a form in a frame that says nothing of where it is from (`Origin: null`).
    Nameless,
}

impl Dress {
    /// In words, as the subject of a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Own => "the request as the API's own client sends it",
            Self::Foreign => "the request from a page of another site, which the server allows browsers to send",
            Self::Form => "a form of another site",
            Self::Text => "a form of another site that sends its text as `text/plain`",
            Self::Nameless => "a form in a frame whose origin is hidden",
        }
    }
}

/// What came of an attempt.
pub(crate) struct Tried {
    /// The answer.
    pub(crate) exchange: Exchange,
    /// What its owner then sees, where it had an effect: in words, and shown.
    pub(crate) effect: Option<(String, Exchange)>,
}

/// Deeds of a plan: one that needs no body, which any form can send, and one with a body.
pub(crate) fn deeds(spec: &Spec) -> Vec<Deed<'_>> {
    let all = || spec.operations.values().filter_map(|operation| deed(spec, operation));
    let bare = all().find(|deed| deed.operation.effect == Effect::Action && deed.operation.request.body == Body::None);
    let full = all().find(|deed| matches!(deed.operation.request.body, Body::Json(_) | Body::Form(_)));
    bare.into_iter().chain(full).collect()
}

/// A POST on an object that can be made and read. Other methods need the browser to ask first.
fn deed<'s>(spec: &'s Spec, operation: &'s Operation) -> Option<Deed<'s>> {
    let fits = operation.method() == Method::Post
        && operation.public.is_none()
        && operation.skip.is_none()
        && operation.unknown_params().next().is_none();
    let resource = spec.resources.get(operation.resource.as_ref()?)?;
    let read = resource.read.as_ref()?;
    let create = resource.create.as_ref()?;
    let makes = operation.effect == Effect::Create && create.operation.as_ref() == Some(&operation.id);
    let changes =
        matches!(operation.effect, Effect::Action | Effect::Update) && operation.addressed() == Some(&resource.name);
    (fits && (makes || changes)).then_some(Deed {
        operation,
        resource,
        read,
    })
}

/// A deed with the object that it is done to, and how its owner saw that before.
pub(crate) struct Stage<'s> {
    /// The deed.
    pub(crate) deed: Deed<'s>,
    /// The object, or one like it where the deed makes another.
    pub(crate) object: Arc<Object>,
    before: State,
    volatile: Vec<String>,
}

impl<'s> Deed<'s> {
    fn makes(&self) -> bool {
        self.operation.effect == Effect::Create
    }

    /// Gets an object for it.
    ///
    /// # Errors
    /// Where none can be made, or its owner cannot read it.
    pub(crate) async fn stage(self, ctx: &Ctx<'_>) -> Result<Stage<'s>, Undecided> {
        let object = ctx.objects.disposable(&self.resource.name).await?;
        let (first, second) = (read(ctx, &self, &object).await?, read(ctx, &self, &object).await?);
        if !first.is_success() || !second.is_success() {
            return Err(Undecided::new(
                Cause::ReadBack,
                format!(
                    "{} cannot read the {} that was made: {}",
                    object.owner, object.resource, second.status
                ),
            )
            .settled_by(ctx.spec.stub_read(&object.resource)));
        }
        let before = State::of(&second);
        let volatile = State::of(&first)
            .change(&before, &[])
            .map(|change| change.names())
            .unwrap_or_default();
        Ok(Stage {
            deed: self,
            object,
            before,
            volatile,
        })
    }
}

impl Stage<'_> {
    /// Does the deed as somebody, in some dress, and looks what came of it. `None` where it cannot be dressed so.
    ///
    /// # Errors
    /// Where nothing came back.
    pub(crate) async fn attempt(&self, ctx: &Ctx<'_>, actor: &Actor, dress: Dress) -> Result<Option<Tried>, Undecided> {
        let operation = self.deed.operation;
        let bindings = Bindings {
            objects: vec![Arc::clone(&self.object)],
            params: operation.params.clone(),
            fixed: Vec::new(),
        };
        let owner = &self.object.owner;
        let mut lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(owner), &bindings);
        if self.deed.makes() {
            lookup = lookup.making(&self.object.resource);
        }
        let request = Request::fill(&operation.request, &lookup)
            .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
        let unique = lookup.unique().to_owned();
        let marks: Vec<String> = lookup.into_minted().into_iter().map(|canary| canary.secret).collect();
        let Some(mut request) = dressed(request, dress) else {
            return Ok(None);
        };
        if dress != Dress::Own {
            request.headers.extend(withheld(ctx.spec));
        }
        let outgoing = Outgoing::new(actor, Purpose::Probe, request).of(&operation.id);
        let exchange = if actor.is_anonymous() {
            ctx.target.send(outgoing).await?
        } else {
            ask(ctx, outgoing).await?
        };
        let effect = if self.deed.makes() {
            self.made(ctx, &exchange, &marks, &unique).await?
        } else {
            self.changed(ctx).await?
        };
        Ok(Some(Tried { exchange, effect }))
    }

    /// What is different about the object.
    pub(crate) async fn changed(&self, ctx: &Ctx<'_>) -> Result<Option<(String, Exchange)>, Undecided> {
        let exchange = read(ctx, &self.deed, &self.object).await?;
        if matches!(exchange.status, 404 | 410) {
            ctx.objects.gone(&self.object);
            return Ok(Some(("it is gone".to_owned(), exchange)));
        }
        if !exchange.is_success() {
            return Err(Undecided::new(
                Cause::ReadBack,
                format!(
                    "{} was answered {} when the object was read back",
                    self.object.owner, exchange.status
                ),
            ));
        }
        let change = self.before.change(&State::of(&exchange), &self.volatile);
        Ok(change.map(|change| (change.words(), exchange)))
    }

    /// What was made: by the id in the answer, else by its mark in the owner's list.
    async fn made(
        &self,
        ctx: &Ctx<'_>,
        answer: &Exchange,
        marks: &[String],
        unique: &str,
    ) -> Result<Option<(String, Exchange)>, Undecided> {
        let id = self.deed.resource.id.iter().find_map(|from| match from {
            Extract::Named(template) => Some(Value::from(template.replace("{{unique}}", unique))),
            other => extract(other, answer),
        });
        if let Some(id) = id.filter(|_| answer.status < 400) {
            let made = Arc::new(Object {
                key: ObjectKey(0),
                id,
                canaries: Vec::new(),
                origin: Origin::Created,
                ..(*self.object).clone()
            });
            let exchange = match read(ctx, &self.deed, &made).await {
                Ok(exchange) => exchange,
                Err(reason) => {
                    // It may be there all the same.
                    ctx.objects.adopt(made);
                    return Err(reason);
                }
            };
            if exchange.is_success() && !exchange.body.is_empty() {
                ctx.objects.adopt(made);
                return Ok(Some((format!("a new {} is there", self.object.resource), exchange)));
            }
        }
        let Some(list) = self.deed.resource.list().filter(|_| !marks.is_empty()) else {
            return Ok(None);
        };
        let exchange = as_owner(ctx, list, &self.object).await?;
        let found = ctx.canaries.find(&exchange.body);
        let marked = found.iter().any(|(canary, _)| marks.contains(&canary.secret));
        Ok(marked.then(|| (format!("a new {} is in the list", self.object.resource), exchange)))
    }
}

async fn read(ctx: &Ctx<'_>, deed: &Deed<'_>, object: &Arc<Object>) -> Result<Exchange, Undecided> {
    as_owner(ctx, deed.read, object).await
}

/// A read of the owner's; no copy of a cache shows how it was before.
async fn as_owner(ctx: &Ctx<'_>, call: &Call, object: &Arc<Object>) -> Result<Exchange, Undecided> {
    let bindings = Bindings {
        objects: vec![Arc::clone(object)],
        params: call.params.clone(),
        fixed: Vec::new(),
    };
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(&object.owner), &bindings);
    let request =
        Request::fill(&call.request, &lookup).map_err(|error| Undecided::new(Cause::ReadBack, error.to_string()))?;
    let mut outgoing = Outgoing::new(&Actor::identity(&object.owner), Purpose::ReadBack, request);
    outgoing.operation.clone_from(&call.operation);
    ask_fresh(ctx, outgoing).await
}

/// Headers that the plan sends with each request and that no page of another site can: they are sent empty.
fn withheld(spec: &Spec) -> Vec<(String, String)> {
    // A form sends these by itself (Fetch, section 2.2.2).
    const USUAL: [&str; 5] = [
        "accept",
        "accept-language",
        "content-language",
        "user-agent",
        "content-type",
    ];
    let fixed = spec.target.headers.iter().map(|(name, _)| name);
    let tenant = match &spec.target.tenant_in {
        Some(TenantSelector::Header(name)) => Some(name),
        _ => None,
    };
    fixed
        .chain(tenant)
        .filter(|name| !USUAL.iter().any(|usual| name.eq_ignore_ascii_case(usual)))
        .map(|name| (name.clone(), String::new()))
        .collect()
}

/// A request in a dress; `None` where its body cannot be had in it.
fn dressed(mut request: Request, dress: Dress) -> Option<Request> {
    let origin = match dress {
        Dress::Own => return Some(request),
        Dress::Nameless => "null",
        Dress::Foreign | Dress::Form | Dress::Text => ELSEWHERE,
    };
    request
        .headers
        .retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
    request.headers.push(("origin".to_owned(), origin.to_owned()));
    let bytes = request.body.as_ref().map(|body| body.bytes.clone()).unwrap_or_default();
    match dress {
        Dress::Own | Dress::Foreign => {}
        Dress::Text => {
            request.body = Some(RequestBody {
                media_type: "text/plain".to_owned(),
                bytes,
            });
        }
        Dress::Form | Dress::Nameless => {
            let is_form = request
                .body
                .as_ref()
                .is_some_and(|body| body.media_type.contains("form-urlencoded"));
            if !is_form {
                request.body = Some(RequestBody {
                    media_type: "application/x-www-form-urlencoded".to_owned(),
                    bytes: fields(&bytes)?.into(),
                });
            }
        }
    }
    Some(request)
}

/// The fields of a JSON object as a form; nested ones cannot be had in it.
fn fields(body: &[u8]) -> Option<String> {
    if body.is_empty() {
        return Some(String::new());
    }
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return None;
    };
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in members {
        match value {
            Value::String(text) => _ = form.append_pair(&name, &text),
            Value::Number(number) => _ = form.append_pair(&name, &number.to_string()),
            Value::Bool(flag) => _ = form.append_pair(&name, &flag.to_string()),
            Value::Null => {}
            Value::Array(_) | Value::Object(_) => return None,
        }
    }
    Some(form.finish())
}

/// The line for a plan whose writes show no effect.
pub(crate) fn nothing_to_do(spec: &Spec) -> Stop {
    let resource = spec.resources.keys().next();
    Stop::missing(
        "no POST of the document changes or makes an object whose owner can read it back",
        resource.map(|resource| spec.stub_create(resource)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(body: &str) -> Request {
        let mut request = Request::new(Method::Post, "/x");
        if !body.is_empty() {
            request.body = Some(RequestBody {
                media_type: "application/json".to_owned(),
                bytes: body.to_owned().into(),
            });
        }
        request
    }

    #[test]
    fn a_foreign_page_sends_what_browsers_let_it() {
        let form = dressed(post(r#"{"name":"a b","size":2,"none":null}"#), Dress::Form).expect("a form");
        let body = form.body.expect("a body");
        assert_eq!(body.media_type, "application/x-www-form-urlencoded");
        assert_eq!(body.bytes, "name=a+b&size=2");
        assert_eq!(form.headers, [("origin".to_owned(), ELSEWHERE.to_owned())]);
        let text = dressed(post(r#"{"a":[1]}"#), Dress::Text).expect("a text");
        assert_eq!(text.body.map(|body| body.media_type).as_deref(), Some("text/plain"));
        assert!(dressed(post(r#"{"a":[1]}"#), Dress::Form).is_none());
        let bare = dressed(post(""), Dress::Nameless).expect("a form");
        assert_eq!(bare.headers, [("origin".to_owned(), "null".to_owned())]);
    }
}
