//! The objects of a run: leased, disposable, spare, and all of them remembered for the clean-up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gate_exchange::{BoxFuture, ObjectKey, Sessions, Target};
use gate_model::{Cause, IdentityName, ResourceName, Undecided};
use gate_spec::{Spec, Visibility};
use tokio::sync::OnceCell;

use crate::{Canaries, Journal, JournalEntry, Object};

/// Owners that are tried for a kind of object before it is given up.
const MAX_OWNERS: usize = 4;

/// Gives objects to checks.
pub trait Objects: Send + Sync {
    /// An object of a kind that everybody may read and nobody may change: the same for all who ask. Its owner is the
    /// first identity that can make or find one.
    ///
    /// # Errors
    /// Where no identity can make or find one.
    fn leased<'a>(&'a self, resource: &'a ResourceName) -> BoxFuture<'a, Result<Arc<Object>, Undecided>>;

    /// An object that its taker alone may change or remove, made by the owner of the leased one.
    ///
    /// # Errors
    /// Where it cannot be made. An object that was found and not made is never disposable.
    fn disposable<'a>(&'a self, resource: &'a ResourceName) -> BoxFuture<'a, Result<Arc<Object>, Undecided>>;

    /// Makes an object now, whatever is spare: the create operation itself is the point.
    ///
    /// # Errors
    /// Where it cannot be made.
    fn make<'a>(&'a self, resource: &'a ResourceName) -> BoxFuture<'a, Result<Arc<Object>, Undecided>>;

    /// An object of an identity's own, under parents of its own: the same whenever it is asked for.
    ///
    /// # Errors
    /// Where it cannot be made.
    fn owned<'a>(
        &'a self,
        resource: &'a ResourceName,
        owner: &'a IdentityName,
    ) -> BoxFuture<'a, Result<Arc<Object>, Undecided>>;

    /// Gives an unchanged object back for others to take.
    fn spare(&self, object: Arc<Object>);

    /// Says that an object no longer exists.
    fn gone(&self, object: &Object);

    /// Hands over an object that a probe made, for the clean-up.
    fn adopt(&self, object: Arc<Object>);

    /// Notes that a request is about to be sent that makes an object, so that a run that is killed meanwhile leaves a trace of it.
    /// `handle` is a text in it that can be searched for. What is not [settled](Self::settled) is looked for by `launchgate sweep`.
    fn intends(&self, _resource: &ResourceName, _owner: &IdentityName, _handle: Option<&str>) -> ObjectKey {
        ObjectKey(0)
    }

    /// What was [intended](Self::intends) was answered.
    fn settled(&self, _intent: ObjectKey) {}
}

/// The objects of a run on a target.
pub struct ObjectStore {
    pub(crate) spec: Arc<Spec>,
    pub(crate) target: Arc<dyn Target>,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) canaries: Arc<Canaries>,
    pub(crate) journal: Journal,
    /// Who may make objects, best first.
    owners: Vec<IdentityName>,
    next: AtomicU64,
    leased: Mutex<HashMap<ResourceName, Arc<Lease>>>,
    owned: Mutex<HashMap<(ResourceName, IdentityName), Arc<Lease>>>,
    spare: Mutex<HashMap<ResourceName, Vec<Arc<Object>>>>,
    pub(crate) owed: Mutex<Vec<Owed>>,
}

/// A leased object, or why there is none; found out once.
type Lease = OnceCell<Result<Arc<Object>, Undecided>>;

/// Something that the clean-up has to take back.
#[derive(Clone, Debug)]
pub(crate) struct Owed {
    pub(crate) object: Arc<Object>,
    pub(crate) path: String,
}

impl ObjectStore {
    /// No objects yet.
    pub fn new(
        spec: Arc<Spec>,
        target: Arc<dyn Target>,
        sessions: Arc<dyn Sessions>,
        canaries: Arc<Canaries>,
        journal: Journal,
    ) -> Self {
        let owners = spec
            .owners()
            .into_iter()
            .map(|identity| identity.name.clone())
            .collect();
        Self {
            owners,
            spec,
            target,
            sessions,
            canaries,
            journal,
            next: AtomicU64::new(1),
            leased: Mutex::default(),
            owned: Mutex::default(),
            spare: Mutex::default(),
            owed: Mutex::default(),
        }
    }

    /// The journal, for steps of `setup`.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(crate) fn next_key(&self) -> ObjectKey {
        ObjectKey(self.next.fetch_add(1, Ordering::Relaxed))
    }

    async fn lease(&self, resource: &ResourceName) -> Result<Arc<Object>, Undecided> {
        let cell = {
            let mut leased = self.leased.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(leased.entry(resource.clone()).or_default())
        };
        cell.get_or_init(|| async {
            if let Some(object) = self.take_spare(resource) {
                return Ok(object);
            }
            self.make_or_find(resource).await
        })
        .await
        .clone()
    }

    async fn make_or_find(&self, resource: &ResourceName) -> Result<Arc<Object>, Undecided> {
        let spec =
            self.spec.resources.get(resource).ok_or_else(|| {
                Undecided::new(Cause::ObjectMissing, format!("the plan knows no resource `{resource}`"))
            })?;
        let mut first_error = None;
        // Kinds that need each other would wait for each other without end.
        let circle = self.circle(resource);
        for owner in self.owners(resource) {
            let made = if spec.create.is_some() && self.spec.writes_allowed() {
                let made = match &circle {
                    Some(circle) => Err(circle.clone()),
                    None => Box::pin(self.create(spec, &owner)).await,
                };
                match made {
                    Err(error) if !spec.lists.is_empty() && error.cause == Cause::ObjectMissing => {
                        Box::pin(self.find(spec, &owner)).await.map_err(|_| error)
                    }
                    other => other,
                }
            } else {
                Box::pin(self.find(spec, &owner)).await
            };
            match made {
                Ok(object) => return Ok(object),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or_else(|| {
            Undecided::new(
                Cause::ObjectMissing,
                format!("no identity of the plan can own {}", resource.with_article()),
            )
            .settled_by(self.spec.stub_create(resource))
        }))
    }

    /// Who may own an object: its parent's owner, the plan's choice, or the identities, those first that are granted most.
    fn owners(&self, resource: &ResourceName) -> Vec<IdentityName> {
        let lineage = self.spec.lineage(resource);
        if let Some(owner) = lineage.iter().rev().find_map(|resource| resource.owner.clone()) {
            return vec![owner];
        }
        self.owners.iter().take(MAX_OWNERS).cloned().collect()
    }

    fn take_spare(&self, resource: &ResourceName) -> Option<Arc<Object>> {
        self.spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_mut(resource)?
            .pop()
    }

    fn circle(&self, resource: &ResourceName) -> Option<Undecided> {
        let circle: Vec<String> = self.spec.circle(resource)?.iter().map(ToString::to_string).collect();
        Some(
            Undecided::new(
                Cause::ObjectMissing,
                format!(
                    "{} cannot be made: these kinds need each other: {}",
                    resource.with_article(),
                    circle.join(" needs ")
                ),
            )
            .settled_by(self.spec.stub_create(resource)),
        )
    }

    /// The owner of the leased object of a kind: disposable ones are made by the same identity, under the same parents.
    async fn make_like_leased(&self, resource: &ResourceName) -> Result<Arc<Object>, Undecided> {
        let spec =
            self.spec.resources.get(resource).ok_or_else(|| {
                Undecided::new(Cause::ObjectMissing, format!("the plan knows no resource `{resource}`"))
            })?;
        if spec.create.is_none() || !self.spec.writes_allowed() {
            return Err(Undecided::new(
                Cause::ObjectMissing,
                format!("no {resource} can be made, and one that was found may not be changed"),
            )
            .settled_by(self.spec.stub_create(resource)));
        }
        if let Some(circle) = self.circle(resource) {
            return Err(circle);
        }
        let known = {
            let leased = self.leased.lock().unwrap_or_else(PoisonError::into_inner);
            leased.get(resource).and_then(|cell| cell.get().cloned())
        };
        match known {
            Some(Ok(object)) => Box::pin(self.create(spec, &object.owner)).await,
            Some(Err(error)) => Err(error),
            None => {
                let mut first_error = None;
                for owner in self.owners(resource) {
                    match Box::pin(self.create(spec, &owner)).await {
                        Ok(object) => return Ok(object),
                        Err(error) => first_error = first_error.or(Some(error)),
                    }
                }
                Err(first_error.unwrap_or_else(|| Undecided::new(Cause::ObjectMissing, "no identity can make one")))
            }
        }
    }
}

impl Objects for ObjectStore {
    fn leased<'a>(&'a self, resource: &'a ResourceName) -> BoxFuture<'a, Result<Arc<Object>, Undecided>> {
        Box::pin(self.lease(resource))
    }

    fn disposable<'a>(&'a self, resource: &'a ResourceName) -> BoxFuture<'a, Result<Arc<Object>, Undecided>> {
        Box::pin(async move {
            match self.take_spare(resource) {
                Some(object) => Ok(object),
                None => self.make_like_leased(resource).await,
            }
        })
    }

    fn make<'a>(&'a self, resource: &'a ResourceName) -> BoxFuture<'a, Result<Arc<Object>, Undecided>> {
        Box::pin(self.make_like_leased(resource))
    }

    fn owned<'a>(
        &'a self,
        resource: &'a ResourceName,
        owner: &'a IdentityName,
    ) -> BoxFuture<'a, Result<Arc<Object>, Undecided>> {
        Box::pin(async move {
            let missing = |why: &str| Undecided::new(Cause::ObjectMissing, format!("no {resource} for {owner}: {why}"));
            let spec = self
                .spec
                .resources
                .get(resource)
                .ok_or_else(|| missing("the plan knows no such resource"))?;
            if spec.create.is_none() || !self.spec.writes_allowed() {
                return Err(missing("none can be made"));
            }
            if let Some(circle) = self.circle(resource) {
                return Err(circle);
            }
            let cell = {
                let mut owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(owned.entry((resource.clone(), owner.clone())).or_default())
            };
            cell.get_or_init(|| Box::pin(self.create(spec, owner))).await.clone()
        })
    }

    fn spare(&self, object: Arc<Object>) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.entry(object.resource.clone()).or_default().push(object);
    }

    fn adopt(&self, object: Arc<Object>) {
        if let Some(resource) = self.spec.resources.get(&object.resource) {
            let object = Arc::new(Object {
                key: self.next_key(),
                ..(*object).clone()
            });
            self.remember(resource, &object);
        }
    }

    fn intends(&self, resource: &ResourceName, owner: &IdentityName, handle: Option<&str>) -> ObjectKey {
        let key = self.next_key();
        self.journal.write(&JournalEntry::Intent {
            key: key.0,
            resource: resource.to_string(),
            owner: owner.to_string(),
            handle: handle.map(str::to_owned),
        });
        key
    }

    fn settled(&self, intent: ObjectKey) {
        self.journal.write(&JournalEntry::Gone { key: intent.0 });
    }

    fn gone(&self, object: &Object) {
        self.journal.write(&JournalEntry::Gone { key: object.key.0 });
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        owed.retain(|known| known.object.key != object.key && !lives_under(&self.spec, &known.object, object.key));
    }
}

/// Whether an object goes with another: its parent, or a parent of that. What it merely names may go without it.
pub(crate) fn lives_under(spec: &Spec, object: &Object, other: ObjectKey) -> bool {
    let mut kind = &object.resource;
    for _ in 0..spec.resources.len() {
        let Some(parent) = spec.resources.get(kind).and_then(|resource| resource.parent.as_ref()) else {
            return false;
        };
        let mut above = object.ancestors.iter().filter(|ancestor| ancestor.resource == *parent);
        if above.any(|ancestor| ancestor.key == other) {
            return true;
        }
        kind = parent;
    }
    false
}

/// Whether an object of this kind may be seen by identities of other tenants, by the plan's own word.
pub(crate) fn is_shared(spec: &Spec, resource: &ResourceName) -> bool {
    spec.resources
        .get(resource)
        .is_some_and(|resource| resource.visibility != Visibility::Tenant)
}
