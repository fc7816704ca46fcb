//! Runs probes against a fake.

use std::sync::Arc;

use gate_exchange::{Sessions, Target};
use gate_objects::{Canaries, Journal, ObjectStore};

use super::FakeApi;
use crate::{AliveBook, Assembled, CarrierBook, Ctx, ProbePlan, ServedBook, Turns, UndoBook, Verdict, assemble};

/// Everything that a test needs to run probes against a fake.
pub struct Bench {
    /// The API.
    pub api: Arc<FakeApi>,
    /// The objects.
    pub objects: Arc<ObjectStore>,
    /// The canaries.
    pub canaries: Arc<Canaries>,
    alive: AliveBook,
    carriers: CarrierBook,
    served: ServedBook,
    undo: UndoBook,
    turns: Turns,
}

impl Bench {
    /// A bench around an API.
    pub fn new(api: FakeApi) -> Self {
        let api = Arc::new(api);
        let canaries = Arc::new(Canaries::new());
        let objects = Arc::new(ObjectStore::new(
            Arc::clone(api.spec()),
            Arc::clone(&api) as Arc<dyn Target>,
            Arc::clone(&api) as Arc<dyn Sessions>,
            Arc::clone(&canaries),
            Journal::none(),
        ));
        Self {
            api,
            objects,
            canaries,
            alive: AliveBook::default(),
            carriers: CarrierBook::default(),
            served: ServedBook::default(),
            undo: UndoBook::default(),
            turns: Turns::new(8),
        }
    }

    /// The doors.
    pub fn ctx(&self) -> Ctx<'_> {
        Ctx {
            spec: self.api.spec(),
            target: &*self.api,
            objects: &*self.objects,
            sessions: &*self.api,
            life: &*self.api,
            canaries: &self.canaries,
            alive: &self.alive,
            carriers: &self.carriers,
            served: &self.served,
            undo: &self.undo,
            clock: &*self.api.clock,
            turns: &self.turns,
        }
    }

    /// Assembles probes and runs every group, in lane order.
    pub async fn run(&self, probes: Vec<ProbePlan>) -> Vec<Verdict> {
        let Assembled { mut groups, .. } = assemble(self.api.spec(), probes);
        groups.sort_by_key(|group| group.lane);
        let ctx = self.ctx();
        let mut verdicts = Vec::new();
        for group in groups {
            verdicts.extend((group.run)(&ctx).await);
        }
        verdicts
    }
}
