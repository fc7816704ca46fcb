//! What is done to users, and what takes it back, as requests of the plan: by a check, and by `launchgate sweep` after a run that
//! was killed.

use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request, SessionLife, user_places};
use gate_model::{Cause, IdentityName, Undecided};
use gate_spec::{Action, Identity, Lookup, ParamSource, Spec, Template};
use serde_json::Value;

/// Fields that hold a user's id.
const IDS: [&str; 7] = ["id", "user_id", "userId", "uid", "uuid", "_id", "sub"];

/// A user that something is done to.
pub struct Person {
    /// The identity.
    pub name: IdentityName,
    /// Its id on the target, where its own session shows it.
    pub id: Option<Value>,
}

impl Person {
    /// The user as the answer to the question shows him whose session it is.
    pub fn shown(name: &IdentityName, whoami: &Exchange) -> Self {
        let json = whoami.json().unwrap_or_default();
        let id = user_places(&json)
            .into_iter()
            .find_map(|place| IDS.iter().find_map(|field| plain(place.get(*field)?)));
        Self { name: name.clone(), id }
    }
}

fn plain(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) if !text.is_empty() => Some(value.clone()),
        Value::Number(_) => Some(value.clone()),
        _ => None,
    }
}

/// Who does something to a user: whom the plan says, or the first of the user's tenant.
pub fn doer<'s>(spec: &'s Spec, action: &Action, user: &Identity) -> Option<&'s Identity> {
    if let Some(by) = &action.by {
        return spec.identities.get(by);
    }
    let of_tenant = |identity: &&Identity| identity.tenant == user.tenant && identity.name != user.name;
    spec.actors().find(of_tenant)
}

/// An action as a request of an actor; `user` is whom it is done to, where that is somebody else. `fixed` are values of
/// placeholders that win over everything.
///
/// # Errors
/// [`Cause::ControlFailed`] where a placeholder has no value.
pub fn action_request(
    spec: &Spec,
    life: &dyn SessionLife,
    action: &Action,
    actor: &Actor,
    user: Option<&Person>,
    fixed: &[(&str, &str)],
) -> Result<Outgoing, Undecided> {
    let values = Values {
        spec,
        life,
        action,
        actor,
        user,
        fixed,
    };
    let request = Request::fill(&action.request, &values).map_err(|error| {
        let detail = format!("`{}` cannot be sent: {error}", action.kind.word());
        Undecided::new(Cause::ControlFailed, detail).settled_by(format!(
            "actions: {{ {}: {{ {}: /say/here/which }} }}",
            action.kind.word(),
            action.request.method.as_str().to_ascii_lowercase()
        ))
    })?;
    let mut outgoing = Outgoing::new(actor, Purpose::Setup, request);
    outgoing.operation.clone_from(&action.operation);
    Ok(outgoing)
}

/// Values of an action's placeholders.
struct Values<'a> {
    spec: &'a Spec,
    life: &'a dyn SessionLife,
    action: &'a Action,
    actor: &'a Actor,
    user: Option<&'a Person>,
    fixed: &'a [(&'a str, &'a str)],
}

impl Values<'_> {
    /// A value of whom it is done to; of the actor, where that is nobody else.
    fn of_subject(&self, field: &str) -> Option<Value> {
        let name = self.user.map(|user| &user.name).or(self.actor.identity.as_ref())?;
        let identity = self.spec.identities.get(name)?;
        match field {
            "tenant" => Some(Value::from(identity.tenant_value())),
            _ => Some(Value::from(identity.field(field)?.expose().as_str())),
        }
    }

    /// What stands in the path where something is done to somebody.
    fn in_path(&self, name: &str) -> Option<Value> {
        let source = self.action.params.iter().find(|(param, _)| param == name);
        match source.map(|(_, source)| source) {
            Some(ParamSource::Tenant) => self.of_subject("tenant"),
            Some(ParamSource::Literal(value)) => Some(value.clone()),
            Some(ParamSource::Field(field)) => {
                let template = Template::parse(field).ok()?;
                let name = template.holes().next().unwrap_or(field).to_owned();
                self.of_subject(&name)
            }
            Some(ParamSource::Id(_) | ParamSource::Key(..) | ParamSource::Unknown { .. }) | None => {
                let user = self.user?;
                let last = self.action.request.path.holes().last();
                // `/orgs/{org}/members/{user}`: what stands before the user is where the user belongs.
                if last == Some(name) {
                    user.id.clone()
                } else {
                    self.of_subject("tenant")
                }
            }
        }
    }
}

impl Lookup for Values<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.fixed.iter().find(|(known, _)| *known == name) {
            return Some(Value::from(*value));
        }
        if let Some(field) = name.strip_prefix("user.") {
            let user = self.user?;
            return self
                .of_subject(field)
                .or_else(|| user.id.clone().filter(|_| field == "id"));
        }
        if self.action.request.path.holes().any(|hole| hole == name)
            && let Some(value) = self.in_path(name)
        {
            return Some(value);
        }
        self.life.value(self.actor, name).or_else(|| filler(name))
    }
}

/// What stands in fields that take any text: a reason, a note.
fn filler(name: &str) -> Option<Value> {
    let text = match name {
        "unique" | "canary" | "canary.word" | "canary.short" => "launchgate",
        "canary.digits" => "1234567",
        "canary.uuid" => "00000000-0000-4000-8000-000000000000",
        _ => return None,
    };
    Some(Value::from(text))
}
