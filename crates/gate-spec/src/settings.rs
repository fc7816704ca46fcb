//! What the plan says about the checks and the run.

use std::time::Duration;

use gate_model::{IdentityName, Location};
use serde_json::Value;

use crate::{
    Actions, ApiKeys, AuthSettings, LimitProbe, OperationPattern, RateLimit, Recovery, RequestTemplate, SecretSettings,
    SensitiveFields, SignedCaller, StatusMatch, TestTokens,
};

/// Everything that is not target, identities, operations, resources or access.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What counts as a denial beside 401, 403 and 404.
    pub denial: Denial,
    /// Latency budgets by operation.
    pub latency: Vec<LatencyTarget>,
    /// Requests before the run, with their undo.
    pub setup: Vec<SetupStep>,
    /// The user's own cases.
    pub cases: Vec<UserCase>,
    /// Operations that do something to sessions and users.
    pub actions: Actions,
    /// How API keys are made, revoked and limited, where the plan says it.
    pub api_keys: Option<ApiKeys>,
    /// Bounds of the run.
    pub limits: Limits,
    /// How often everything is to be asked.
    pub full_scan: FullScanTerms,
    /// Check ids or families that the plan switches off, with the reason.
    pub off: Vec<(String, String)>,
    /// Whether a status alone proves that a read was served, where nothing unguessable is in the answer.
    pub trust_status: bool,
    /// Fields that only the server or somebody else may set, each with a value that must not be stored.
    pub privileged_fields: Vec<(String, Value)>,
    /// What answers must not hold, and what they may.
    pub sensitive_fields: SensitiveFields,
    /// Whether the run may only read, wherever the target is: no objects are created, no unsafe method is sent.
    pub read_only: bool,
    /// Tokens that must be refused, and keys to make such tokens with.
    pub tokens: TestTokens,
    /// How much the checks of authentication try.
    pub auth: AuthSettings,
    /// Tokens that are mailed: password resets, one-time codes, verifications, invitations.
    pub recovery: Recovery,
    /// Operations whose caller signs instead of logging in.
    pub signed: Vec<SignedCaller>,
    /// The file that holds what the target prints, where this run started it.
    pub output_log: Option<String>,
    /// What is looked at for secrets.
    pub secrets: SecretSettings,
    /// Limits that the target promises.
    pub rate_limits: Vec<RateLimit>,
    /// How far the checks of rate limits go.
    pub limit_probe: LimitProbe,
}

/// What counts as a denial beside 401, 403 and 404.
#[derive(Clone, Debug, Default)]
pub struct Denial {
    /// Further statuses.
    pub statuses: Vec<StatusMatch>,
    /// A redirect whose `Location` begins with this path (or URL) is a denial.
    pub redirects: Vec<String>,
    /// An envelope: JSONPath and the value that says "denied"; `*` is any value.
    pub envelope: Vec<(String, Value)>,
}

/// A latency budget.
#[derive(Clone, Debug)]
pub struct LatencyTarget {
    /// Which operations.
    pub operations: Vec<OperationPattern>,
    /// Who calls; the first identity where the plan does not say.
    pub identity: Option<IdentityName>,
    /// The budget.
    pub p95: Duration,
    /// Where it stands.
    pub source: Option<Location>,
}

/// A request before the run.
#[derive(Clone, Debug)]
pub struct SetupStep {
    /// Who sends it.
    pub identity: IdentityName,
    /// What.
    pub request: RequestTemplate,
    /// What takes it back, after the run.
    pub undo: Option<RequestTemplate>,
}

/// A case of the user's own.
#[derive(Clone, Debug)]
pub struct UserCase {
    /// Its name, or the request as text.
    pub name: String,
    /// Who sends it; `None` is anonymous.
    pub identity: Option<IdentityName>,
    /// What.
    pub request: RequestTemplate,
    /// What is expected.
    pub expect: UserExpectation,
    /// Who must be served the same request, as the control of a denial; the owner of an object in it otherwise.
    pub control: Option<IdentityName>,
    /// Where it stands.
    pub source: Option<Location>,
}

/// What a user's case expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserExpectation {
    /// Refused, with a control.
    Denied,
    /// Served.
    Served,
}

/// How often everything is to be asked, and which runs do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullScanTerms {
    /// What may pass between two runs over everything.
    pub within: Duration,
    /// The profile of such a run; where there is none, every run that leaves nothing out is one.
    pub profile: Option<String>,
}

impl Default for FullScanTerms {
    /// One night may fail.
    fn default() -> Self {
        Self {
            within: Duration::from_secs(2 * 24 * 3600),
            profile: None,
        }
    }
}

/// How fast requests go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pace {
    /// As fast as the lanes allow; 429 and Retry-After are honoured.
    #[default]
    Auto,
    /// At most this many a second.
    PerSecond(u32),
}

/// Bounds of the run.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Exchanges under way at once.
    pub jobs: usize,
    /// Wall time of the whole run.
    pub deadline: Duration,
    /// Requests of the whole run.
    pub requests: u64,
    /// Wall time of one exchange.
    pub timeout: Duration,
    /// Bytes of a response body, before and after decompression.
    pub max_body_bytes: usize,
    /// Pacing.
    pub pace: Pace,
    /// What passes between a stranger's last write and the owner's read-back, for handlers that answer first and write later.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            jobs: 8,
            deadline: Duration::from_secs(15 * 60),
            requests: 50_000,
            timeout: Duration::from_secs(15),
            max_body_bytes: 4 * 1024 * 1024,
            pace: Pace::Auto,
            grace: Duration::from_secs(2),
        }
    }
}
