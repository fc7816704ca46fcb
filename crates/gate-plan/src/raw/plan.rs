//! The plan as a whole and its smaller sections.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::request::RequestMap;
use super::{
    Actions, ApiKeys, AuthChecks, Checks, Count, Identity, Latency, LimitProbe, Login, OneOrMany, RateLimit, Recovery,
    Request, Resource, RoleAccess, SecretChecks, Signed, Target, Text, Tokens,
};

/// A launchgate plan.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Plan {
    /// The version of the plan's language; 1.
    pub(crate) version: Option<u64>,
    /// The API under test.
    pub(crate) target: Target,
    /// Login recipes, by name.
    #[serde(default)]
    pub(crate) logins: IndexMap<String, Login>,
    /// Test users, by name.
    #[serde(default)]
    pub(crate) identities: IndexMap<String, Identity>,
    /// Who may do what, by role; `public` is everybody. Without it tenants are isolated from each other.
    pub(crate) access: Option<IndexMap<String, RoleAccess>>,
    /// Kinds of objects, by name.
    #[serde(default)]
    pub(crate) resources: IndexMap<String, Resource>,
    /// Changes what was derived for an operation, or adds one that the document leaves out: `"GET /x/{id}": { … }`.
    #[serde(default)]
    pub(crate) operations: IndexMap<String, Operation>,
    /// What counts as a denial beside 401, 403 and 404.
    pub(crate) denied: Option<Denied>,
    /// Bounds of the run.
    pub(crate) limits: Option<Limits>,
    /// Requests before the run.
    #[serde(default)]
    pub(crate) setup: Vec<Setup>,
    /// The user's own cases.
    #[serde(default)]
    pub(crate) cases: Vec<UserCase>,
    /// What is done to sessions and users: logout, refresh, a new password, another role.
    #[serde(default)]
    pub(crate) actions: Actions,
    /// Tokens that must be refused, and keys to make such tokens with.
    #[serde(default)]
    pub(crate) tokens: Tokens,
    /// How API keys are made, revoked and limited.
    pub(crate) api_keys: Option<ApiKeys>,
    /// Tokens that are sent by mail: password resets, one-time codes, verifications, invitations.
    #[serde(default)]
    pub(crate) recovery: Recovery,
    /// Operations whose callers sign what they send instead of logging in, such as webhooks: `"POST /webhooks/stripe": { … }`.
    #[serde(default)]
    pub(crate) signed: IndexMap<String, Signed>,
    /// Changes what the checks do by default.
    #[serde(default)]
    pub(crate) checks: Checks,
    /// How often everything is to be asked, and by which profile.
    pub(crate) full_scan: Option<FullScan>,
    /// Changes by the name of a profile (`--profile`).
    #[serde(default)]
    pub(crate) profiles: IndexMap<String, Profile>,
}

/// What is known about one operation.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Operation {
    /// What it does: `create`, `read`, `list`, `update`, `delete`, `action`, `read-other`, `write-other`, `login`,
    /// `ends-session`, `changes-caller`, `dangerous`.
    pub(crate) effect: Option<EffectWord>,
    /// The kind of object that it does it to.
    pub(crate) resource: Option<String>,
    /// What fills its path parameters: the name of a resource, `resource.key`, `tenant`, `{{field}}`, or a fixed value.
    pub(crate) params: IndexMap<String, Value>,
    /// Its JSON body.
    pub(crate) json: Option<Value>,
    /// Its form body.
    pub(crate) form: Option<IndexMap<String, Text>>,
    /// Its query parameters.
    pub(crate) query: Option<IndexMap<String, Text>>,
    /// Its headers.
    pub(crate) headers: Option<IndexMap<String, Text>>,
    /// Whether anybody may call it.
    pub(crate) public: Option<Public>,
    /// `true`, or the reason: leaves the operation out.
    pub(crate) skip: Option<Skip>,
    /// Media types of its success answer.
    pub(crate) produces: Option<OneOrMany<String>>,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub(crate) enum EffectWord {
    Create,
    Read,
    List,
    Update,
    Delete,
    Action,
    ReadOther,
    WriteOther,
    Login,
    EndsSession,
    ChangesCaller,
    Dangerous,
}

/// Whether anybody may call an operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Public {
    /// Yes or no.
    Flag(bool),
    /// Yes, with a reason.
    Map(PublicReason),
}

/// The reason why anybody may call an operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct PublicReason {
    /// The reason.
    pub(crate) reason: String,
}

/// Whether an operation is left out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Skip {
    /// Yes or no.
    Flag(bool),
    /// Yes, with a reason.
    Reason(String),
}

/// What counts as a denial beside 401, 403 and 404.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Denied {
    /// Further statuses.
    pub(crate) status: Option<OneOrMany<Count>>,
    /// A redirect whose `Location` begins with this.
    pub(crate) redirect: Option<OneOrMany<String>>,
    /// JSONPath and the value there that says "denied"; `*` is any value.
    pub(crate) json: IndexMap<String, Value>,
}

/// Bounds of the run.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Limits {
    /// Requests under way at once.
    #[schemars(range(min = 1, max = 256))]
    pub(crate) jobs: Option<u64>,
    /// Wall time of the run, such as `15m`.
    pub(crate) deadline: Option<String>,
    /// Requests of the run.
    #[schemars(range(min = 1))]
    pub(crate) requests: Option<u64>,
    /// Wall time of one request, such as `15s`.
    pub(crate) timeout: Option<String>,
    /// Bytes of an answer, such as `4MiB`.
    pub(crate) max_body: Option<Count>,
    /// `auto`, or requests a second at most, such as `10/s`.
    pub(crate) pace: Option<Count>,
    /// What passes between a stranger's last write and the look at what it did, for handlers that answer first and write
    /// later. Default: `2s`.
    pub(crate) grace: Option<String>,
}

/// How often everything is to be asked, and by which profile. Reports say how old the last such run is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct FullScan {
    /// What may pass between two of them, such as `36h`, at most `90d`. Default: `2d`.
    pub(crate) within: Option<String>,
    /// The profile of such a run. Default: `nightly`, where there is a profile of that name; else every run that leaves
    /// nothing out is one.
    pub(crate) profile: Option<String>,
}

/// A request before the run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Setup {
    /// Who sends it.
    #[serde(rename = "as")]
    pub(crate) identity: String,
    #[serde(flatten)]
    pub(crate) request: Request,
    /// What takes it back after the run.
    pub(crate) undo: Option<RequestMap>,
}

/// A case of the user's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct UserCase {
    /// Its name. Default: the request as text.
    pub(crate) name: Option<String>,
    /// Who sends it; `anonymous` is nobody.
    #[serde(rename = "as")]
    pub(crate) identity: String,
    #[serde(flatten)]
    pub(crate) request: Request,
    /// What is expected.
    pub(crate) expect: Expectation,
    /// Who must be served the same request. Default: the owner of an object in it.
    pub(crate) control: Option<String>,
}

/// What a case of the user's own expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expectation {
    /// Refused, while the control is served.
    Denied,
    /// Served.
    Served,
}

/// What a profile changes: the keys of `checks`, and `limits`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)] // It is merged into the plan before the plan is deserialised; the type is there for the schema.
pub(crate) struct Profile {
    /// As in `checks`.
    pub(crate) latency: Vec<Latency>,
    /// As in `checks`.
    pub(crate) off: IndexMap<String, String>,
    /// As in `checks`.
    pub(crate) trust_status: Option<bool>,
    /// As in `checks`.
    pub(crate) auth: Option<AuthChecks>,
    /// As in `checks`.
    pub(crate) rate_limits: Vec<RateLimit>,
    /// As in `checks`.
    pub(crate) rate_limit_probe: Option<LimitProbe>,
    /// As in `checks`.
    pub(crate) secrets: Option<SecretChecks>,
    /// As in the plan.
    pub(crate) limits: Option<Limits>,
}
