//! The `checks` section: it only changes what every check does by default.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Count, OneOrMany};

/// What the plan changes about the checks.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Checks {
    /// Latency budgets.
    pub(crate) latency: Vec<Latency>,
    /// Check ids or families that are switched off, with the reason.
    pub(crate) off: IndexMap<String, String>,
    /// Whether a status alone proves that a read was served, where nothing unguessable is in the answer.
    pub(crate) trust_status: Option<bool>,
    /// Fields that only the server or somebody else may set, with a value that must not be stored: `{ credit: 100000 }`. They are
    /// sent beside those that are found.
    pub(crate) privileged_fields: IndexMap<String, Value>,
    /// What answers must not hold, and what they may.
    pub(crate) sensitive_fields: Option<SensitiveFieldChecks>,
    /// What the checks of authentication try and ask for.
    pub(crate) auth: Option<AuthChecks>,
    /// Limits that the target promises, one operation each.
    pub(crate) rate_limits: Vec<RateLimit>,
    /// How far the checks of rate limits go.
    pub(crate) rate_limit_probe: Option<LimitProbe>,
    /// What is looked at for secrets.
    pub(crate) secrets: Option<SecretChecks>,
}

/// What is looked at for secrets. Without it, inside of a git repository: the working tree and the commits of a pull request.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct SecretChecks {
    /// Whether the working tree is. Default: inside of a git repository.
    pub(crate) tree: Option<bool>,
    /// Which commits are: `pull-request`, `all` or `none`. Default: those of a pull request, where the CI service or `base` names one.
    pub(crate) history: Option<HistoryWord>,
    /// The revision that a pull request is compared with, such as `origin/main`. Default: what the CI service says.
    pub(crate) base: Option<String>,
    /// Build artefacts and mobile bundles, from the plan's folder.
    pub(crate) artifacts: Option<OneOrMany<String>>,
    /// Log files, from the plan's folder; looked at after everything else. The output of `target.start` always is.
    pub(crate) logs: Option<OneOrMany<String>>,
    /// Environment files that are compared with each other; `env: {}` takes all that are named like one.
    pub(crate) env: Option<EnvChecks>,
}

/// What answers must not hold, and what they may.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct SensitiveFieldChecks {
    /// Fields that may be shown although they look as if nobody may see them, each with the reason.
    pub(crate) accept: Vec<AcceptedField>,
    /// Further fields that no answer may hold, by name.
    pub(crate) forbid: Option<OneOrMany<String>>,
    /// What it is where somebody is shown how to reach people whom he does not know: a `note` where nothing is said, or a `failure`.
    pub(crate) contact: Option<ContactWord>,
}

/// A field that may be shown.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct AcceptedField {
    /// Its name, or the last names of its path: `api_key`, `user.api_key`; `*` is any.
    pub(crate) field: String,
    /// The operations, as a pattern. Default: all.
    pub(crate) operation: Option<String>,
    /// The reason.
    pub(crate) reason: String,
}

/// What other people's addresses in an answer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub(crate) enum ContactWord {
    Note,
    Failure,
}

/// Which commits are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub(crate) enum HistoryWord {
    PullRequest,
    All,
    None,
}

/// What is asked of environment files.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct EnvChecks {
    /// The files, from the plan's folder. Default: all that are named like one.
    pub(crate) files: Option<OneOrMany<String>>,
    /// Variables that every environment needs, beside those of `.env.example` and its like.
    pub(crate) required: Option<OneOrMany<String>>,
}

/// What the checks of authentication try and ask for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct AuthChecks {
    /// On how many operations the whole corpus of altered tokens is tried: `every`, or a number of distinct guards, 3 where
    /// nothing is said. The core of it is tried on every operation.
    pub(crate) corpus: Option<Count>,
    /// The longest life that an access token may have, such as `1h`.
    pub(crate) max_lifetime: Option<String>,
    /// How long a refresh token may still be taken after it was traded, for clients that lost the answer: `10s` where nothing
    /// is said, at most `2m`.
    pub(crate) refresh_grace: Option<String>,
    /// How soon a session must be over once it was ended, by a logout, a new password or a user who is locked out: `3s` where
    /// nothing is said, for caches. A longer time, such as `15m`, allows tokens that nobody can call back, if their own end
    /// (`exp`) comes no later.
    pub(crate) ends_within: Option<String>,
    /// Whether session cookies must be `Secure` although the target is spoken to without TLS.
    pub(crate) secure_cookies: bool,
}

/// A latency budget.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Latency {
    /// The operations, as patterns.
    #[serde(default)]
    pub(crate) operations: Vec<String>,
    /// The operation, where it is one.
    pub(crate) operation: Option<String>,
    /// Who calls.
    #[serde(rename = "as")]
    pub(crate) identity: Option<String>,
    /// The 95th percentile that may not be exceeded, such as `300ms`.
    pub(crate) p95: String,
}

/// A limit that the target promises for an operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct RateLimit {
    /// The operation, such as `POST /auth/login`.
    pub(crate) operation: String,
    /// How many requests are served within `per`.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) limit: u64,
    /// The window, such as `1m`.
    pub(crate) per: String,
    /// Whose requests are counted together: `account`, `ip`, `token`, a list of them, or `global` for everybody's. Default:
    /// `account` for logins and the like, `token` elsewhere.
    pub(crate) key: Option<OneOrMany<LimitKeyWord>>,
    /// What is counted. Default: `failures` for logins and the like, `all` elsewhere.
    pub(crate) counts: Option<CountsWord>,
    /// What becomes of the right password while the limit is reached: `refused` where nothing is said, or `accepted`.
    pub(crate) while_locked: Option<WhileLockedWord>,
    /// What a refusal looks like where it is not 429.
    pub(crate) refused: Option<LimitRefusal>,
    /// Answers are slowed down to at least this instead of being refused, such as `500ms`.
    pub(crate) slowed: Option<String>,
    /// How much more than the limit may be served, in percent of it; `10%` where nothing is said.
    pub(crate) tolerance: Option<Count>,
    /// Processes that count each for themselves; 1 where nothing is said.
    #[schemars(range(min = 1, max = 64))]
    pub(crate) replicas: Option<u64>,
    /// Whose account or session is used up: an identity with `throw_away: true`. Default: the first one there is.
    #[serde(rename = "as")]
    pub(crate) identity: Option<String>,
}

/// Whose requests a limit counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LimitKeyWord {
    /// Those for one account, whoever sends them.
    Account,
    /// Those from one address.
    Ip,
    /// Those with one session or token.
    Token,
    /// Everybody's.
    Global,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CountsWord {
    /// Attempts that failed.
    Failures,
    /// Every request.
    All,
}

/// What becomes of the right password while the limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WhileLockedWord {
    /// It is refused like the wrong ones.
    Refused,
    /// It logs in.
    Accepted,
}

/// What a refusal by a limit looks like.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct LimitRefusal {
    /// Its status, such as `403` for a captcha or `503` for a proxy.
    pub(crate) status: Option<OneOrMany<Count>>,
    /// JSONPath and the value there; `*` is any value.
    pub(crate) json: IndexMap<String, Value>,
}

/// How far the checks of rate limits go.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct LimitProbe {
    /// The longest wait for one limit to be lifted, `5s` where nothing is said. What takes longer is left to a run that may
    /// wait, such as a nightly profile.
    pub(crate) wait: Option<String>,
    /// Requests to an operation that ought to be limited and of which the plan says nothing; 20 where nothing is said.
    #[schemars(range(min = 5, max = 200))]
    pub(crate) requests: Option<u64>,
    /// Requests that one declared limit may cost at most; 300 where nothing is said.
    #[schemars(range(min = 10, max = 100_000))]
    pub(crate) most: Option<u64>,
    /// Whether operations without a declared limit are tried at all; `true` where nothing is said.
    pub(crate) undeclared: Option<bool>,
}
