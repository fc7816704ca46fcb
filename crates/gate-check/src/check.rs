//! What a check is, and the doors that it gets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gate_exchange::{BoxFuture, SessionLife, Sessions, Target};
use gate_model::{Case, CheckPage, IdentityName, Missing, OperationId, SkipReason};
use gate_objects::{Canaries, Objects};
use gate_spec::Spec;

use crate::{AliveBook, Alter, CarrierBook, FindingText, Refusal, ServedBook, Turns, UndoBook, Verdict, Watcher};

/// The narrow doors to the run. A check sees nothing else.
#[derive(Clone, Copy)]
pub struct Ctx<'a> {
    /// The plan.
    pub spec: &'a Spec,
    /// Sends requests.
    pub target: &'a dyn Target,
    /// Gives objects.
    pub objects: &'a dyn Objects,
    /// Shows sessions alive.
    pub sessions: &'a dyn Sessions,
    /// Ends and refreshes sessions, and keeps what they were.
    pub life: &'a dyn SessionLife,
    /// The run's canaries.
    pub canaries: &'a Canaries,
    /// When each session was last shown alive.
    pub alive: &'a AliveBook,
    /// What of each session's credentials carries it.
    pub carriers: &'a CarrierBook,
    /// Who was served what is his, and when.
    pub served: &'a ServedBook,
    /// What checks did to users and have to take back.
    pub undo: &'a UndoBook,
    /// Tells and passes time.
    pub clock: &'a dyn Clock,
    /// How many groups run at once.
    pub turns: &'a Turns,
}

/// Time, so that tests need not wait for it.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Instant;
    /// Waits.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A check: one question. It says what it would ask; the bracket runner, a procedure or a watcher finds the answer.
pub trait Check: Send + Sync {
    /// Its words.
    fn page(&self) -> &Arc<CheckPage>;

    /// What it contributes to a run of this plan. Plain data: nothing is sent.
    fn contribute(&self, spec: &Spec) -> Contribution;

    /// The watcher that sees the whole run, where the check has one.
    fn watcher(&self, _spec: &Arc<Spec>, _canaries: &Arc<Canaries>) -> Option<Arc<dyn Watcher>> {
        None
    }
}

/// What a check asks of a run.
#[derive(Default)]
pub struct Contribution {
    /// Probes for brackets; those on the same operation and object share their controls.
    pub probes: Vec<ProbePlan>,
    /// Procedures, ready to run.
    pub groups: Vec<Group>,
    /// Cases that the watcher of the check will conclude.
    pub watched: Vec<Case>,
    /// Cases for which the plan lacks an input.
    pub not_testable: Vec<(Case, Missing)>,
    /// Cases that the user's choice leaves out.
    pub skipped: Vec<(Case, SkipReason)>,
}

/// A case for a bracket: who tries which operation.
#[derive(Clone)]
pub struct ProbePlan {
    /// The case.
    pub case: Case,
    /// The operation that is tried.
    pub operation: OperationId,
    /// Who tries.
    pub prober: Prober,
    /// How a refusal is read.
    pub refusal: Refusal,
    /// The words of a finding.
    pub text: Arc<FindingText>,
}

/// Who tries.
#[derive(Clone)]
pub enum Prober {
    /// Nobody.
    Anonymous,
    /// For each other tenant, one identity per distinct set of roles that the plan does not grant the operation to.
    OtherTenants,
    /// One identity.
    Identity(IdentityName),
    /// Another identity of the owner's tenant with these roles, as [`gate_spec::Identity::role_words`] names them.
    SameTenant(String),
    /// Whoever presents somebody's credentials with something wrong in them.
    Altered(Base, Arc<dyn Alter>),
}

/// Whose credentials are altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Those of the control itself, so that nothing but the alteration can be why they are refused.
    Control,
    /// Those of a stranger of another tenant: what is altered would give him what is not his.
    OtherTenants,
}

/// What the engine schedules: cases first, then the future that decides them.
#[derive(Clone)]
pub struct Group {
    /// The cases that it decides.
    pub cases: Vec<Case>,
    /// What may run beside it.
    pub lane: Lane,
    /// The requests that it is expected to cost.
    pub requests: u64,
    /// Decides the cases.
    pub run: RunGroup,
}

/// The future of a group.
pub type RunGroup = Arc<dyn for<'a> Fn(&'a Ctx<'a>) -> BoxFuture<'a, Vec<Verdict>> + Send + Sync>;

/// What may run beside a group. Lanes run in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Alone, first: looks at files of the repository and needs no target.
    Local,
    /// Alone on a quiet target, before anything else: latency.
    Quiet,
    /// Makes objects that later groups lease.
    Making,
    /// Beside everything else in its lane.
    Shared,
    /// Ends or changes sessions; one at a time.
    Account,
    /// Alone: it may leave limits exhausted.
    Exclusive,
    /// Alone, after everything: looks at what the run left in files, and needs no target.
    Afterwards,
}

impl Lane {
    /// All lanes in the order in which they run.
    pub const ORDER: [Self; 7] = [
        Self::Local,
        Self::Quiet,
        Self::Making,
        Self::Shared,
        Self::Account,
        Self::Exclusive,
        Self::Afterwards,
    ];

    /// Whether its groups run one at a time.
    pub fn is_serial(self) -> bool {
        !matches!(self, Self::Making | Self::Shared)
    }

    /// Whether its groups can do nothing without a target that answers and users who are who the plan says.
    pub fn needs_target(self) -> bool {
        !matches!(self, Self::Local | Self::Afterwards)
    }
}
