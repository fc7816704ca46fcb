//! The `access` section, and every other place that names operations by pattern.

use gate_model::{Notice, OperationId};
use gate_spec::{Access, AccessRule, Identity, Operation, OperationPattern, PublicReason, Scope};
use gate_yaml::{join, nearest};
use indexmap::IndexMap;

use super::cx::Cx;
use crate::derive::{Routes, normal};
use crate::raw::{AccessLine, RoleAccess};

/// Reads the section; lines that match nothing are errors where the operations are known.
pub(crate) fn access(
    cx: &mut Cx<'_>,
    raw: Option<&IndexMap<String, RoleAccess>>,
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    known: bool,
) -> Access {
    let Some(raw) = raw else {
        return Access::default();
    };
    let mut rules = Vec::new();
    for (role, grants) in raw {
        let place = join("/access", role);
        let lists: Vec<(Scope, String, &Vec<AccessLine>)> = match grants {
            RoleAccess::List(lines) if role == "public" => vec![(Scope::Any, place, lines)],
            RoleAccess::List(lines) => vec![(Scope::Tenant, place, lines)],
            RoleAccess::Scopes(scopes) => vec![
                (Scope::Own, join(&place, "own"), &scopes.own),
                (Scope::Tenant, join(&place, "tenant"), &scopes.tenant),
                (Scope::Any, join(&place, "any"), &scopes.any),
            ],
        };
        for (scope, place, lines) in lists {
            for (position, line) in lines.iter().enumerate() {
                let place = join(&place, &position.to_string());
                let (text, place, reason) = match line {
                    AccessLine::Text(text) => (text, place, None),
                    AccessLine::Map(map) => (&map.op, join(&place, "op"), map.reason.clone()),
                };
                if let Some(pattern) = pattern(cx, &place, text, operations, routes, known) {
                    rules.push(AccessRule {
                        role: role.clone(),
                        scope,
                        pattern,
                        reason,
                        source: Some(cx.index.location(&place)),
                    });
                }
            }
        }
    }
    Access { declared: true, rules }
}

/// Reads a pattern. A base path before it is taken off; where it matches nothing, that is an error.
pub(crate) fn pattern(
    cx: &mut Cx<'_>,
    place: &str,
    text: &str,
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    known: bool,
) -> Option<OperationPattern> {
    let mut pattern = match OperationPattern::parse(text) {
        Ok(pattern) => pattern,
        Err(_) if !cx.written(place, text) => {
            cx.error(place, "not an operation: a method and a path are wanted");
            return None;
        }
        Err(message) => {
            cx.error(place, message);
            return None;
        }
    };
    if !known || operations.keys().any(|id| pattern.matches(id)) {
        return Some(pattern);
    }
    if let Some((method, path)) = text.trim().split_once(char::is_whitespace)
        && let Some(rest) = routes.without_base(path.trim())
        && let Ok(shorter) = OperationPattern::parse(&format!("{method} {rest}"))
        && operations.keys().any(|id| shorter.matches(id))
    {
        pattern = shorter;
        return Some(pattern);
    }
    // Parameter names do not matter here either.
    let plain: Vec<String> = operations
        .keys()
        .map(|id| format!("{} {}", id.method(), normal(id.path())))
        .collect();
    let wanted = text.split_once(char::is_whitespace).map_or_else(
        || text.to_owned(),
        |(method, path)| format!("{} {}", method.to_ascii_uppercase(), normal(path.trim())),
    );
    let near = nearest(&wanted, plain.iter().map(String::as_str))
        .and_then(|near| plain.iter().position(|known| known == near))
        .and_then(|position| operations.get_index(position))
        .map(|(id, _)| id);
    let help = near.map_or_else(
        || "an operation that the document leaves out is added under `operations:`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let message = if cx.written(place, text) {
        format!("`{text}` matches no operation")
    } else {
        "matches no operation".to_owned()
    };
    cx.error_help(place, message, Some(help));
    None
}

/// Writes `access: public:` into the operations; a line that grants an operation to a role takes it from the public.
pub(crate) fn mark_public(access: &Access, operations: &mut IndexMap<OperationId, Operation>) {
    for operation in operations.values_mut() {
        if let Some(rule) = access.public(&operation.id) {
            operation.public = Some(PublicReason::Plan {
                reason: rule.reason.clone(),
                source: rule.source.clone(),
            });
        } else if matches!(operation.public, Some(PublicReason::Document | PublicReason::Name))
            && granted_to_a_role(access, &operation.id)
        {
            // The plan is the user's own word, the document often says nothing: `security: []` on every operation.
            operation.public = None;
        }
    }
}

fn granted_to_a_role(access: &Access, operation: &OperationId) -> bool {
    access
        .rules
        .iter()
        .any(|rule| rule.role != "public" && rule.pattern.matches(operation))
}

/// Roles that stand on one side only: a likely slip is an error, the rest is told.
pub(crate) fn roles<'i>(cx: &mut Cx<'_>, access: &Access, identities: impl Iterator<Item = &'i Identity> + Clone) {
    if !access.declared {
        return;
    }
    let held: Vec<&str> = identities
        .clone()
        .flat_map(|identity| identity.roles.iter().map(String::as_str))
        .collect();
    let mut granted: Vec<&str> = access.rules.iter().map(|rule| rule.role.as_str()).collect();
    granted.dedup();
    for role in granted
        .iter()
        .copied()
        .filter(|role| *role != "public" && !held.contains(role))
    {
        let place = join("/access", role);
        match nearest(role, held.iter().copied()) {
            Some(near) if !granted.contains(&near) => cx.error_key(
                &place,
                format!("no identity has the role `{role}`"),
                Some(format!("did you mean `{near}`?")),
            ),
            _ => {
                let notice = Notice::warning(format!(
                    "no identity has the role `{role}`, so its lines are not tested"
                ));
                cx.notices.push(notice.at(cx.at(&place)));
            }
        }
    }
    let slips: Vec<&str> = granted
        .iter()
        .copied()
        .filter(|role| *role != "public" && !held.contains(role))
        .collect();
    for identity in identities {
        let place = join("/identities", identity.name.as_str());
        for role in identity.roles.iter().filter(|role| !granted.contains(&role.as_str())) {
            match nearest(role, granted.iter().copied()) {
                // Said at the role in `access` already.
                Some(near) if slips.contains(&near) && nearest(near, held.iter().copied()) == Some(role) => {}
                Some(near) if !held.contains(&near) && near != "public" => cx.error_key(
                    &join(&place, "roles"),
                    "a role that `access` does not know",
                    Some(format!("did you mean `{near}`?")),
                ),
                _ => {
                    let notice = Notice::info(format!(
                        "`access` grants nothing to the role `{role}` of `{}`",
                        identity.name
                    ));
                    cx.notices.push(notice.at(cx.at(&place)));
                }
            }
        }
    }
}
