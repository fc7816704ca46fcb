//! Which right a user loses with a role, by the plan's own word or by its access policy.

use gate_model::{IdentityName, Missing, OperationId};
use gate_spec::{ActionKind, Effect, Identity, Method, ParamSource, RequestTemplate, Spec};
use serde_json::Value;

use crate::cast::known;

/// A right that comes with one role and not with another.
pub(super) struct LostRight<'s> {
    /// The user's own role.
    pub(super) own: String,
    /// The role that does less.
    pub(super) less: String,
    /// What only the user's own role may send.
    pub(super) request: RequestTemplate,
    /// The operation, where the document knows it.
    pub(super) operation: Option<OperationId>,
    params: &'s [(String, ParamSource)],
}

impl LostRight<'_> {
    /// The request in a few words.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.request.method, self.request.path)
    }

    /// The plan's line.
    pub(super) fn line(&self) -> String {
        format!(
            "actions: {{ set_role: {{ role: {}, loses: \"{}\" }} }}   # a role that does less, and what it may not do",
            self.less,
            self.label()
        )
    }

    /// What a parameter of the path is.
    pub(super) fn fixed(&self, name: &str, identity: &Identity) -> Option<Value> {
        match self
            .params
            .iter()
            .find(|(param, _)| param == name)
            .map(|(_, source)| source)
        {
            Some(ParamSource::Tenant) => Some(Value::from(identity.tenant_value())),
            Some(ParamSource::Literal(value)) => Some(value.clone()),
            _ => identity.field(name).map(|field| Value::from(field.expose().as_str())),
        }
    }
}

/// What a user loses.
///
/// # Errors
/// The line to add, where neither the plan nor its access policy says it.
pub(super) fn lost_right<'s>(spec: &'s Spec, who: &IdentityName) -> Result<LostRight<'s>, Missing> {
    let action = known(spec, ActionKind::SetRole)?;
    let missing = |what: &str| Missing {
        what: what.to_owned(),
        add: Some(sample(spec, who)),
    };
    let user = spec
        .identities
        .get(who)
        .ok_or_else(|| missing("the user is not in the plan"))?;
    let own = user
        .roles
        .first()
        .ok_or_else(|| missing("the user has no role that could be taken away"))?;
    if let (Some(less), Some(loses)) = (&action.role, &action.loses) {
        let operation = spec
            .operations
            .values()
            .find(|operation| operation.request.path == loses.path && operation.method() == loses.method);
        return Ok(LostRight {
            own: own.clone(),
            less: less.clone(),
            request: loses.clone(),
            operation: operation.map(|operation| operation.id.clone()),
            params: operation
                .map(|operation| operation.params.as_slice())
                .unwrap_or_default(),
        });
    }
    let roles: Vec<String> = match &action.role {
        Some(less) => vec![less.clone()],
        None => lesser_roles(spec, &user.roles),
    };
    for less in roles {
        let fits = |id: &OperationId| {
            action
                .loses
                .as_ref()
                .is_none_or(|loses| id.method() == loses.method.as_str() && id.path() == loses.path.to_string())
        };
        let lost = spec.operations.values().find(|operation| {
            let plain = operation.method() == Method::Get
                && operation.skip.is_none()
                && operation.public.is_none()
                && matches!(operation.effect, Effect::Read | Effect::List | Effect::ReadOther)
                && operation
                    .params
                    .iter()
                    .all(|(_, source)| matches!(source, ParamSource::Tenant | ParamSource::Literal(_)));
            plain
                && fits(&operation.id)
                && spec.access.declared
                && spec.access.scope(&user.roles, &operation.id).is_some()
                && spec.access.scope(std::slice::from_ref(&less), &operation.id).is_none()
        });
        if let Some(operation) = lost {
            return Ok(LostRight {
                own: own.clone(),
                less,
                request: operation.request.clone(),
                operation: Some(operation.id.clone()),
                params: &operation.params,
            });
        }
    }
    Err(missing("nothing says which role does less, and what it may not do"))
}

/// Roles of the policy that the user does not have.
fn lesser_roles(spec: &Spec, own: &[String]) -> Vec<String> {
    let mut roles: Vec<String> = Vec::new();
    for rule in &spec.access.rules {
        if rule.role != "public" && !own.contains(&rule.role) && !roles.contains(&rule.role) {
            roles.push(rule.role.clone());
        }
    }
    roles
}

fn sample(spec: &Spec, who: &IdentityName) -> String {
    let own = spec
        .identities
        .get(who)
        .map(|user| user.roles.as_slice())
        .unwrap_or_default();
    let other = spec
        .identities
        .values()
        .flat_map(|identity| &identity.roles)
        .find(|role| !own.contains(role));
    let reads = || {
        spec.operations.values().filter(|operation| {
            operation.method() == Method::Get && operation.params.is_empty() && operation.public.is_none()
        })
    };
    let read = reads()
        .find(|operation| operation.id.path().contains("admin"))
        .or_else(|| reads().next());
    format!(
        "actions: {{ set_role: {{ role: {}, loses: \"{}\" }} }}   # a role that does less, and what it may not do",
        other.map_or("viewer", String::as_str),
        read.map_or_else(|| "GET /admin/users".to_owned(), |operation| operation.id.to_string())
    )
}
