//! The plan as a whole, and the questions that checks ask of it.

use std::collections::HashSet;

use gate_model::{IdentityName, Location, Notice, OperationId, Relation, ResourceName, Secret, TenantName};
use indexmap::IndexMap;

use crate::{Access, Effect, Identity, Login, Operation, Resource, Scope, Settings, Target, Visibility};

/// The validated plan.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The plan's file, where there is one.
    pub file: Option<String>,
    /// The API under test.
    pub target: Target,
    /// Login recipes by name.
    pub logins: IndexMap<String, Login>,
    /// Test users by name, in plan order.
    pub identities: IndexMap<IdentityName, Identity>,
    /// Operations by id, in document order.
    pub operations: IndexMap<OperationId, Operation>,
    /// Kinds of objects by name, parents before children.
    pub resources: IndexMap<ResourceName, Resource>,
    /// Who may do what.
    pub access: Access,
    /// Everything else.
    pub settings: Settings,
    /// What could not be read, guessed or used.
    pub notices: Vec<Notice>,
    /// Every secret value that the plan brought in, for the redactor.
    pub secrets: Vec<Secret<String>>,
    /// The first line of the plan or document, for findings that have no line of their own.
    pub source: Option<Location>,
}

impl Spec {
    /// How `actor` stands to `owner`; `None` is nobody. `None` as the answer means that they are the same.
    pub fn relation(&self, owner: &IdentityName, actor: Option<&IdentityName>) -> Option<Relation> {
        let Some(actor) = actor else {
            return Some(Relation::Anonymous);
        };
        if owner == actor {
            return None;
        }
        let (owner, actor) = (self.identities.get(owner)?, self.identities.get(actor)?);
        Some(if owner.tenant == actor.tenant {
            Relation::SameTenant(actor.role_words())
        } else {
            Relation::OtherTenant
        })
    }

    /// The scope that the plan grants an identity on an operation. Without an `access` section it is its own tenant's.
    pub fn granted(&self, identity: &Identity, operation: &OperationId) -> Option<Scope> {
        if self.has_roles() {
            self.access.scope(&identity.roles, operation)
        } else {
            Some(Scope::Tenant)
        }
    }

    /// Whether an identity of another tenant is allowed to call the operation on objects of this kind.
    pub fn open_to_other_tenants(&self, identity: &Identity, operation: &Operation) -> bool {
        let shared = |name: &ResourceName| {
            self.resources
                .get(name)
                .is_some_and(|resource| resource.visibility != Visibility::Tenant)
        };
        let reads = matches!(operation.effect, Effect::Read | Effect::List | Effect::ReadOther);
        operation.public.is_some()
            || (self.access.declared && self.access.scope(&identity.roles, &operation.id) == Some(Scope::Any))
            || (reads
                && operation
                    .resource
                    .as_ref()
                    .or(operation.addressed())
                    .is_some_and(shared))
    }

    /// Kinds of objects whose lists name an operation, so that it must show them to their owner.
    pub fn shown_in(&self, operation: &OperationId) -> impl Iterator<Item = &Resource> {
        self.resources.values().filter(|resource| {
            resource
                .lists
                .iter()
                .any(|call| call.operation.as_ref() == Some(operation))
        })
    }

    /// Identities that may act: credentials are known and they are not kept for destructive checks.
    pub fn actors(&self) -> impl Iterator<Item = &Identity> {
        self.identities
            .values()
            .filter(|identity| identity.unset.is_empty() && !identity.throw_away)
    }

    /// Whether the plan says which role may do what.
    pub fn has_roles(&self) -> bool {
        // A section that only names what is public says nothing of roles.
        self.access.declared && self.access.rules.iter().any(|rule| rule.role != "public")
    }

    /// Who makes objects and is asked as a control, best first: whoever is granted most, so that he is granted what others
    /// are refused; in plan order where that is the same.
    pub fn owners(&self) -> Vec<&Identity> {
        let mut owners: Vec<&Identity> = self.actors().collect();
        if self.has_roles() {
            let granted = |identity: &Identity| {
                let operations = self.operations.keys();
                operations
                    .filter(|operation| self.granted(identity, operation).is_some())
                    .count()
            };
            owners.sort_by_cached_key(|identity| std::cmp::Reverse(granted(identity)));
        }
        owners
    }

    /// For each tenant other than the owner's, one identity per distinct set of roles: who tries what is not theirs.
    pub fn intruders(&self, owner: &Identity) -> Vec<&Identity> {
        let mut seen: Vec<(&TenantName, &[String])> = Vec::new();
        let mut intruders = Vec::new();
        for identity in self.actors().filter(|identity| identity.tenant != owner.tenant) {
            let class = (&identity.tenant, identity.roles.as_slice());
            if !seen.contains(&class) {
                seen.push(class);
                intruders.push(identity);
            }
        }
        intruders
    }

    /// Whether unsafe methods may be sent: on loopback, or where the plan says `writes: true`; never in a read-only run.
    pub fn writes_allowed(&self) -> bool {
        !self.settings.read_only && (self.target.writes || self.target.is_loopback())
    }

    /// A kind of object with its ancestors, outermost first.
    pub fn lineage(&self, name: &ResourceName) -> Vec<&Resource> {
        let mut chain = Vec::new();
        let mut next = self.resources.get(name);
        while let Some(resource) = next {
            if chain.iter().any(|seen: &&Resource| seen.name == resource.name) || chain.len() >= 8 {
                break;
            }
            chain.push(resource);
            next = resource.parent.as_ref().and_then(|parent| self.resources.get(parent));
        }
        chain.reverse();
        chain
    }

    /// The kinds of objects that must exist before one of this kind can be made: its parent, and those whose ids are in the
    /// request that makes it.
    pub fn needs(&self, name: &ResourceName) -> Vec<&ResourceName> {
        let Some(resource) = self.resources.get(name) else {
            return Vec::new();
        };
        let mut needed: Vec<&ResourceName> = resource.parent.iter().collect();
        for hole in resource.create.iter().flat_map(|call| call.request.holes()) {
            let kind = hole.split('.').next().unwrap_or_default();
            if let Some((kind, _)) = self.resources.get_key_value(kind)
                && !needed.contains(&kind)
            {
                needed.push(kind);
            }
        }
        needed.retain(|kind| *kind != name && self.resources.contains_key(*kind));
        needed
    }

    /// Kinds that need each other, where making one of this kind runs into such a circle: the first is also the last.
    pub fn circle(&self, name: &ResourceName) -> Option<Vec<&ResourceName>> {
        let (start, _) = self.resources.get_key_value(name)?;
        let mut done: HashSet<&ResourceName> = HashSet::new();
        // The way to the kind in hand, each with the kinds that are still to be looked at.
        let mut way = vec![(start, self.needs(start))];
        while let Some((kind, open)) = way.last_mut() {
            let Some(next) = open.pop() else {
                done.insert(kind);
                way.pop();
                continue;
            };
            if let Some(from) = way.iter().position(|(kind, _)| *kind == next) {
                let circle = way[from..].iter().map(|(kind, _)| *kind);
                return Some(circle.chain([next]).collect());
            }
            if !done.contains(next) {
                way.push((next, self.needs(next)));
            }
        }
        None
    }
}
