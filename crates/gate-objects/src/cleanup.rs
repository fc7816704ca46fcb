//! Takes everything back, children before parents, newest first; what cannot be taken back is reported.

use std::sync::PoisonError;

use futures_util::StreamExt as _;
use gate_exchange::{Actor, Outgoing, Purpose, Request};
use gate_model::Leftover;

use crate::store::{Owed, lives_under};
use crate::{Bindings, CallerLookup, JournalEntry, ObjectStore};

/// Removals under way at once.
const AT_ONCE: usize = 8;

impl ObjectStore {
    /// Removes every object that the run made and that is still there. Returns what stayed.
    pub async fn clean_up(&self) -> Vec<Leftover> {
        let mut owed: Vec<Owed> = std::mem::take(&mut *self.owed.lock().unwrap_or_else(PoisonError::into_inner));
        owed.reverse();
        let mut leftovers = Vec::new();
        let mut removed = Vec::new();
        let deepest = owed.iter().map(|owed| owed.object.ancestors.len()).max().unwrap_or(0);
        for depth in (0..=deepest).rev() {
            let level: Vec<&Owed> = owed
                .iter()
                .filter(|owed| owed.object.ancestors.len() == depth)
                .collect();
            let results: Vec<(&Owed, Result<(), String>)> = futures_util::stream::iter(level)
                .map(|owed| async move { (owed, self.remove(owed).await) })
                .buffer_unordered(AT_ONCE)
                .collect()
                .await;
            for (owed, result) in results {
                match result {
                    Ok(()) => {
                        self.journal.write(&JournalEntry::Gone { key: owed.object.key.0 });
                        removed.push(owed.object.key);
                    }
                    Err(reason) => leftovers.push((owed.clone(), reason)),
                }
            }
        }
        // Where no operation removes a child, removing its parent does.
        leftovers
            .into_iter()
            .filter(|(owed, _)| {
                let gone = removed
                    .iter()
                    .any(|other| lives_under(&self.spec, &owed.object, *other));
                if gone {
                    self.journal.write(&JournalEntry::Gone { key: owed.object.key.0 });
                }
                !gone
            })
            .map(|(owed, reason)| Leftover {
                resource: owed.object.resource.clone(),
                owner: owed.object.owner.to_string(),
                path: owed.path,
                reason,
            })
            .collect()
    }

    async fn remove(&self, owed: &Owed) -> Result<(), String> {
        let object = &owed.object;
        let call = self
            .spec
            .resources
            .get(&object.resource)
            .and_then(|resource| resource.delete.as_ref())
            .ok_or("the plan knows no operation that removes it")?;
        let bindings = Bindings {
            objects: vec![std::sync::Arc::clone(object)],
            params: call.params.clone(),
            fixed: Vec::new(),
        };
        let lookup = CallerLookup::new(&self.spec, &self.canaries, Some(&object.owner), &bindings);
        let request = Request::fill(&call.request, &lookup).map_err(|error| error.to_string())?;
        let mut outgoing = Outgoing::new(&Actor::identity(&object.owner), Purpose::Cleanup, request);
        outgoing.operation = call.operation.clone();
        for attempt in 0..2 {
            let exchange = self
                .target
                .send(outgoing.clone())
                .await
                .map_err(|undecided| undecided.detail)?;
            match exchange.status {
                200..=299 | 404 | 410 => return Ok(()),
                401 | 403 if attempt == 0 && self.sessions.renew(&object.owner).await.is_ok() => {}
                status => return Err(format!("its removal was answered {status}")),
            }
        }
        Err("its removal was refused".to_owned())
    }
}
