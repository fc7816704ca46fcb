//! Who plays in a script: whoever can log in once more, and for what may leave a trace, whom the plan gives away for it.

use gate_check::doer;
use gate_model::{IdentityName, Missing};
use gate_spec::{Action, ActionKind, Identity, LoginKind, Spec};

/// Recipes that are played, so that the cost stays bounded.
const MAX_LOGINS: usize = 3;

/// Whether an identity gets its credentials by a login, so that it can have more than one session.
fn logs_in(spec: &Spec, identity: &Identity) -> bool {
    let recipe = identity.login.as_ref().and_then(|name| spec.logins.get(name));
    identity.unset.is_empty()
        && identity.credential.is_none()
        && recipe.is_some_and(|login| !matches!(login.kind, LoginKind::Static))
}

/// One identity for each login recipe, the ones that the plan gives away first.
pub(crate) fn one_for_each_login(spec: &Spec) -> Result<Vec<IdentityName>, Missing> {
    let mut players: Vec<&Identity> = Vec::new();
    let able = || spec.identities.values().filter(|identity| logs_in(spec, identity));
    for identity in able()
        .filter(|identity| identity.throw_away)
        .chain(able().filter(|identity| !identity.throw_away))
    {
        if !players.iter().any(|player| player.login == identity.login) {
            players.push(identity);
        }
    }
    if players.is_empty() {
        return Err(nobody_logs_in(spec));
    }
    players.truncate(MAX_LOGINS);
    Ok(players.into_iter().map(|identity| identity.name.clone()).collect())
}

/// One identity for each login recipe whose sessions can be renewed by a refresh token, as far as the plan tells.
pub(crate) fn one_for_each_refresh(spec: &Spec) -> Result<Vec<IdentityName>, Missing> {
    let players = one_for_each_login(spec)?;
    let Err(unknown) = known(spec, ActionKind::Refresh) else {
        return Ok(players);
    };
    let by_itself = |name: &IdentityName| {
        let login = spec.identities.get(name).and_then(|identity| identity.login.as_ref());
        login.and_then(|login| spec.logins.get(login)).is_some_and(|login| {
            login.refresh.is_some()
                || matches!(
                    login.kind,
                    LoginKind::Password { .. } | LoginKind::ClientCredentials { .. }
                )
        })
    };
    let players: Vec<IdentityName> = players.into_iter().filter(by_itself).collect();
    if players.is_empty() { Err(unknown) } else { Ok(players) }
}

/// The first identity that others need, too, and that logs in: it owns what a run makes.
pub(crate) fn an_owner(spec: &Spec) -> Result<Vec<IdentityName>, Missing> {
    let mut actors = spec.actors().filter(|identity| logs_in(spec, identity));
    match actors.next() {
        Some(identity) => Ok(vec![identity.name.clone()]),
        None => Err(nobody_logs_in(spec)),
    }
}

/// One identity that the plan gives away: it may be locked out and given another password.
pub(crate) fn given_away(spec: &Spec) -> Result<Vec<IdentityName>, Missing> {
    let mut given = spec
        .identities
        .values()
        .filter(|identity| identity.throw_away && logs_in(spec, identity));
    match given.next() {
        Some(identity) => Ok(vec![identity.name.clone()]),
        None if spec.identities.values().any(|identity| logs_in(spec, identity)) => Err(Missing {
            what: "the plan gives no identity away for this, and none is locked out that others need".to_owned(),
            add: Some(spare(spec)),
        }),
        None => Err(nobody_logs_in(spec)),
    }
}

/// The same for what somebody else does to that identity; `undo` takes it back.
pub(crate) fn able_to(spec: &Spec, kind: ActionKind, undo: ActionKind) -> Result<Vec<IdentityName>, Missing> {
    let action = known(spec, kind)?;
    known(spec, undo)?;
    let players = given_away(spec)?;
    let player = players.first().and_then(|name| spec.identities.get(name));
    match player.and_then(|player| doer(spec, action, player)) {
        Some(_) => Ok(players),
        None => Err(Missing {
            what: format!(
                "nobody of the user's tenant is in the plan who could do `{}`",
                kind.word()
            ),
            add: Some(spec.stub_identity(None)),
        }),
    }
}

/// How something is done; the line to add where that is not known.
pub(crate) fn known(spec: &Spec, kind: ActionKind) -> Result<&Action, Missing> {
    spec.settings.actions.get(kind).ok_or_else(|| Missing {
        what: format!("the plan does not say how this is done: `{}`", kind.word()),
        add: Some(line(kind)),
    })
}

/// A line that says how something is done.
fn line(kind: ActionKind) -> String {
    let request = match kind {
        ActionKind::Logout => "post: /auth/logout",
        ActionKind::Refresh => "post: /auth/refresh, json: { refresh_token: \"{{refresh_token}}\" }",
        ActionKind::ChangePassword => {
            "post: /me/password, json: { old_password: \"{{password}}\", new_password: \"{{new_password}}\" }"
        }
        ActionKind::SetRole => "patch: \"/users/{{user.id}}\", json: { role: \"{{role}}\" }",
        ActionKind::Disable => "post: \"/users/{{user.id}}/disable\"",
        ActionKind::Enable => "post: \"/users/{{user.id}}/enable\"",
        ActionKind::RemoveMember => "delete: \"/members/{{user.id}}\"",
        ActionKind::AddMember => "put: \"/members/{{user.id}}\", json: { role: \"{{role}}\" }",
    };
    format!("actions: {{ {}: {{ {request} }} }}", kind.word())
}

fn nobody_logs_in(spec: &Spec) -> Missing {
    Missing {
        what: "no identity of the plan logs in: credentials that it holds fixed have no session".to_owned(),
        add: Some(match spec.identities.keys().next() {
            Some(name) => format!(
                "logins: {{ password: {{ request: {{ post: /auth/login, json: {{ email: \"{{{{email}}}}\", password: \"{{{{password}}}}\" }} }} }} }}\n\
                 identities: {{ {name}: {{ login: password, as: {{ email: \"${{EMAIL}}\", password: \"${{PASSWORD}}\" }} }} }}"
            ),
            None => spec.stub_identity(None),
        }),
    }
}

/// One more identity like the first that logs in.
fn spare(spec: &Spec) -> String {
    let like = spec.identities.values().find(|identity| logs_in(spec, identity));
    let Some(like) = like else {
        return spec.stub_identity(None);
    };
    let fields: Vec<String> = like
        .fields
        .iter()
        .map(|(name, _)| format!("{name}: \"${{SPARE_{}}}\"", name.to_ascii_uppercase()))
        .collect();
    format!(
        "identities: {{ spare: {{ tenant: {}, roles: [{}], login: {}, as: {{ {} }}, throw_away: true }} }}",
        like.tenant,
        like.roles.join(", "),
        like.login.as_deref().unwrap_or("password"),
        fields.join(", ")
    )
}
