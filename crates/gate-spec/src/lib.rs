//! The validated plan as plain data: operations, request templates, login recipes, identities, resources, access policy.
//!
//! Every item carries the place that it comes from. No YAML and no HTTP here: `gate-plan` makes these values, checks
//! and the exchange layer read them. What the plan leaves out has been derived or defaulted by then.

mod access;
mod actions;
mod api_keys;
mod auth;
mod declared;
mod identity;
mod login;
mod operation;
mod rate_limit;
mod recovery;
mod request;
mod resource;
mod secrets;
mod sensitive;
mod settings;
mod signed;
mod spec;
mod stub;
mod target;
mod template;
mod written;

pub use access::{Access, AccessRule, OperationPattern, Scope};
pub use actions::{Action, ActionKind, Actions};
pub use api_keys::{ApiKeys, LimitedKey};
pub use auth::{AuthSettings, Corpus, TestTokens};
pub use declared::{Answered, Declared, Reference};
pub use identity::{Identity, ServedBy, StaticCredential};
pub use login::{CredentialSlot, Extract, Login, LoginKind, LoginStep, Match, StatusMatch, Whoami};
pub use operation::{Effect, Operation, ParamSource, PublicReason};
pub use rate_limit::{Counts, LimitKey, LimitProbe, LimitRefusal, RateLimit, WhileLocked};
pub use recovery::{MailLookUp, MailPlace, Recovery, RecoveryFlow, RecoveryKind};
pub use request::{Body, Method, Part, RequestTemplate};
pub use resource::{Call, Resource, Visibility};
pub use secrets::{EnvironmentSettings, HistoryScope, NamedFile, SecretSettings};
pub use sensitive::{AcceptedField, SensitiveFields};
pub use settings::{
    Denial, FullScanTerms, LatencyTarget, Limits, Pace, Settings, SetupStep, UserCase, UserExpectation,
};
pub use signed::{SignatureHash, SignatureScheme, SignatureText, SignedCaller, SignedMoment};
pub use spec::Spec;
pub use target::{Start, Target, TenantSelector};
pub use template::{JsonTemplate, Lookup, Template, TemplateError};
