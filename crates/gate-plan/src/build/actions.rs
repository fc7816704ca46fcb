//! The `actions` section, and what a document shows of it by its names.

use gate_model::{IdentityName, Notice, OperationId};
use gate_spec::{Action, ActionKind, Actions, Effect, Method, Operation, RequestTemplate};
use gate_yaml::join;
use indexmap::IndexMap;

use super::cx::Cx;
use super::request;
use crate::derive::{Routes, action_body};
use crate::raw;

/// An action as the plan writes it.
struct Written<'a> {
    request: &'a raw::Request,
    identity: Option<&'a str>,
    role: Option<&'a str>,
    loses: Option<&'a str>,
}

impl Written<'_> {
    /// Whether it leaves the request to the document.
    fn is_bare(&self) -> bool {
        let raw = self.request;
        [&raw.get, &raw.head, &raw.post, &raw.put, &raw.patch, &raw.delete]
            .iter()
            .all(|path| path.is_none())
    }
}

fn written(plan: &raw::Actions, kind: ActionKind) -> Option<Written<'_>> {
    let (request, identity) = match kind {
        ActionKind::Logout => own(&plan.logout)?,
        ActionKind::Refresh => own(&plan.refresh)?,
        ActionKind::ChangePassword => own(&plan.change_password)?,
        ActionKind::Disable => of_user(&plan.disable)?,
        ActionKind::Enable => of_user(&plan.enable)?,
        ActionKind::AddMember => of_user(&plan.add_member)?,
        ActionKind::RemoveMember => {
            let action = plan.remove_member.as_ref()?;
            return Some(Written {
                request: &action.request,
                identity: action.identity.as_deref(),
                role: None,
                loses: action.loses.as_deref(),
            });
        }
        ActionKind::SetRole => {
            let action = plan.set_role.as_ref()?;
            return Some(Written {
                request: &action.request,
                identity: action.identity.as_deref(),
                role: action.role.as_deref(),
                loses: action.loses.as_deref(),
            });
        }
    };
    Some(Written {
        request,
        identity,
        role: None,
        loses: None,
    })
}

/// A request with whoever sends it.
type Sent<'a> = (&'a raw::Request, Option<&'a str>);

fn own(raw: &Option<raw::RequestMap>) -> Option<Sent<'_>> {
    raw.as_ref().map(|map| (&map.request, None))
}

fn of_user(raw: &Option<raw::UserAction>) -> Option<Sent<'_>> {
    raw.as_ref().map(|action| (&action.request, action.identity.as_deref()))
}

/// Every action that the plan writes or the document shows. `overridden` are operations whose request the plan writes itself.
pub(crate) fn actions(
    cx: &mut Cx<'_>,
    plan: &raw::Plan,
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    overridden: &[OperationId],
) -> Actions {
    let mut actions = Actions::default();
    for kind in ActionKind::ALL {
        let place = join("/actions", kind.word());
        let plain = written(&plan.actions, kind);
        let request = match &plain {
            Some(plain) if !plain.is_bare() => {
                let Some(planned) = request::from_map(cx, &place, plain.request, routes) else {
                    continue;
                };
                let operation = routes
                    .find(planned.request.method, &planned.path)
                    .and_then(|index| operations.get(&routes.get(index).id()));
                Some((planned.request, operation))
            }
            _ => operations
                .values()
                .filter(|operation| operation.skip.is_none())
                .find(|operation| means(kind, operation))
                .map(|operation| (derived(kind, operation, routes, overridden), Some(operation))),
        };
        let Some((request, operation)) = request else {
            if plain.is_some() && !operations.is_empty() {
                let text = format!(
                    "no operation of the document is called like `{word}`; write `{word}: {{ post: /… }}`",
                    word = kind.word()
                );
                let at = cx.at(&place);
                cx.notices.push(Notice::warning(text).at(at));
            }
            continue;
        };
        actions.known.push(Action {
            kind,
            operation: operation.map(|operation| operation.id.clone()),
            params: operation.map(|operation| operation.params.clone()).unwrap_or_default(),
            by: plain.as_ref().and_then(|plain| by(cx, &place, plain)),
            role: plain.as_ref().and_then(|plain| plain.role.map(str::to_owned)),
            loses: plain.as_ref().and_then(|plain| loses(cx, &place, plain, routes)),
            source: plain.as_ref().and_then(|_| cx.at(&place)),
            request,
        });
    }
    actions
}

fn by(cx: &mut Cx<'_>, place: &str, plain: &Written<'_>) -> Option<IdentityName> {
    let name = plain.identity?;
    cx.identity(&join(place, "as"), name).then(|| IdentityName::new(name))
}

fn loses(cx: &mut Cx<'_>, place: &str, plain: &Written<'_>, routes: &Routes<'_>) -> Option<RequestTemplate> {
    let planned = request::from_text(cx, &join(place, "loses"), plain.loses?, routes)?;
    Some(planned.request)
}

/// The operation's request with the session's own values in its body, unless the plan wrote that body.
fn derived(
    kind: ActionKind,
    operation: &Operation,
    routes: &Routes<'_>,
    overridden: &[OperationId],
) -> RequestTemplate {
    let mut request = operation.request.clone();
    let source = routes
        .find(operation.method(), operation.id.path())
        .map(|index| routes.get(index));
    if !overridden.contains(&operation.id)
        && let Some(body) = source.and_then(|source| action_body(source, kind))
    {
        request.body = body;
    }
    request
}

/// Whether an operation is the one that an action stands for, by its effect and name.
fn means(kind: ActionKind, operation: &Operation) -> bool {
    let path = operation.id.path().to_ascii_lowercase();
    let last = path.rsplit('/').find(|segment| !segment.is_empty()).unwrap_or_default();
    let changes = !operation.method().is_safe();
    let on_user = changes && path.contains('{') && ["user", "member", "account"].iter().any(|word| path.contains(word));
    match kind {
        ActionKind::Logout => {
            operation.effect == Effect::EndsSession
                && operation.params.is_empty()
                && !["all", "others", "everywhere"].iter().any(|word| last.ends_with(word))
        }
        ActionKind::Refresh => operation.effect == Effect::IssuesCredentials && path.contains("refresh"),
        ActionKind::ChangePassword => operation.effect == Effect::ChangesCaller && path.contains("password"),
        ActionKind::SetRole => on_user && matches!(last, "role" | "roles"),
        ActionKind::Disable => {
            on_user && matches!(last, "disable" | "deactivate" | "suspend" | "block" | "ban" | "lock")
        }
        ActionKind::Enable => {
            on_user
                && matches!(
                    last,
                    "enable" | "activate" | "reactivate" | "unsuspend" | "unblock" | "unban" | "unlock"
                )
        }
        ActionKind::RemoveMember => {
            (operation.method() == Method::Delete && names_membership(&path, last))
                || (on_user && matches!(last, "remove" | "removemember" | "remove-member" | "offboard"))
        }
        // The same address as the removal: where members are made otherwise, the plan says how.
        ActionKind::AddMember => {
            (operation.method() == Method::Put && names_membership(&path, last))
                || (on_user && matches!(last, "restore" | "reinstate" | "add-member" | "readd"))
        }
    }
}

/// Whether a path names one user as a member: `/members/{id}`, `/users/{id}/membership`.
fn names_membership(path: &str, last: &str) -> bool {
    let one_of_members = path
        .rsplit_once('/')
        .is_some_and(|(rest, last)| last.starts_with('{') && rest.ends_with("/members"));
    one_of_members || (last == "membership" && path.contains('{'))
}

/// The sources whose effect the plan's actions tell.
pub(crate) fn effects(plan: &raw::Actions, routes: &Routes<'_>) -> Vec<(usize, Effect)> {
    let told = [
        (&plan.logout, Effect::EndsSession),
        (&plan.refresh, Effect::IssuesCredentials),
        (&plan.change_password, Effect::ChangesCaller),
    ];
    let mut effects = Vec::new();
    for (map, effect) in told {
        let Some(raw) = map.as_ref().map(|map| &map.request) else {
            continue;
        };
        for (method, path) in [
            (Method::Get, &raw.get),
            (Method::Post, &raw.post),
            (Method::Put, &raw.put),
            (Method::Patch, &raw.patch),
            (Method::Delete, &raw.delete),
        ] {
            effects.extend(
                path.as_ref()
                    .and_then(|path| routes.find(method, path))
                    .map(|index| (index, effect)),
            );
        }
    }
    effects
}
