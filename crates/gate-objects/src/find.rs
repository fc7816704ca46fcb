//! Finds an object in its owner's list, where none can be made.

use std::sync::Arc;

use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, Undecided};
use gate_spec::{Call, Resource};
use serde_json::Value;

use crate::store::is_shared;
use crate::{Bindings, CallerLookup, Object, ObjectStore, Origin, object_ids};

impl ObjectStore {
    /// Takes the first object of the owner's list that no identity of another tenant has in his own list.
    pub(crate) async fn find(&self, resource: &Resource, owner: &IdentityName) -> Result<Arc<Object>, Undecided> {
        let nothing = |why: String| {
            Undecided::new(
                Cause::ObjectMissing,
                format!("no {} of {owner} can be found: {why}", resource.name),
            )
            .settled_by(self.spec.stub_create(&resource.name))
        };
        let call = resource
            .list()
            .ok_or_else(|| nothing("the plan knows no list".to_owned()))?;
        if let (Some(identity), Some(operation)) = (self.spec.identities.get(owner), &call.operation)
            && self.spec.access.declared
            && self.spec.access.scope(&identity.roles, operation) == Some(gate_spec::Scope::Any)
        {
            return Err(nothing(format!(
                "the list shows {owner} everybody's, so that none is known to be {owner}'s own"
            )));
        }
        let mut bindings = Bindings {
            params: call.params.clone(),
            ..Bindings::default()
        };
        if let Some(parent) = &resource.parent {
            let parent = Box::pin(crate::Objects::leased(self, parent)).await?;
            if parent.owner != *owner {
                return Err(nothing(format!("its parent belongs to {}", parent.owner)));
            }
            bindings.objects.push(parent);
        }
        let own = self.list(call, owner, &bindings).await?;
        if !own.is_success() {
            return Err(nothing(format!("the list was answered {}", own.status))
                .shown_by(self.target.evidence("list", &own, None)));
        }
        let mut candidates = object_ids(&resource.id, &own);
        let owner_tenant = self.spec.identities.get(owner).map(|identity| identity.tenant.clone());
        if !is_shared(&self.spec, &resource.name) && !candidates.is_empty() {
            for other in self
                .spec
                .actors()
                .filter(|other| Some(&other.tenant) != owner_tenant.as_ref())
            {
                let theirs = self.list(call, &other.name, &bindings).await?;
                if theirs.is_success() {
                    let shown: Vec<Value> = object_ids(&resource.id, &theirs)
                        .into_iter()
                        .map(|(id, _)| id)
                        .collect();
                    // A list that shows the owner's whole list to others is a finding of the list operation; here it
                    // only matters to have an object at all.
                    if candidates.iter().any(|(id, _)| !shown.contains(id)) {
                        candidates.retain(|(id, _)| !shown.contains(id));
                    }
                }
            }
        }
        let (id, item) = candidates
            .into_iter()
            .next()
            .ok_or_else(|| nothing("the list is empty".to_owned()))?;
        let keys = match &item {
            Value::Object(fields) => fields
                .iter()
                .filter(|(_, value)| value.is_string() || value.is_number())
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            _ => Vec::new(),
        };
        Ok(Arc::new(Object {
            key: self.next_key(),
            resource: resource.name.clone(),
            owner: owner.clone(),
            id,
            keys,
            ancestors: bindings.objects.clone(),
            canaries: Vec::new(),
            origin: Origin::Found,
        }))
    }

    async fn list(&self, call: &Call, caller: &IdentityName, bindings: &Bindings) -> Result<Exchange, Undecided> {
        let lookup = CallerLookup::new(&self.spec, &self.canaries, Some(caller), bindings);
        let request = Request::fill(&call.request, &lookup)
            .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
        let mut outgoing = Outgoing::new(&Actor::identity(caller), Purpose::Setup, request);
        outgoing.operation = call.operation.clone();
        self.target.send(outgoing).await
    }
}
