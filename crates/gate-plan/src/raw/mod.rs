//! The plan as it is written: the types that the schema and the reference page are generated from.
//!
//! They take every short form; [`crate::build`] turns them into the one form that the rest knows. Unknown keys are refused by
//! the walk against the schema, which is why each map of a union differs from its other branches by its JSON type.

mod access;
mod actions;
mod api_keys;
mod checks;
mod identity;
mod login;
mod plan;
mod recovery;
mod request;
mod resource;
mod scalar;
mod signed;
mod target;
mod tokens;

pub(crate) use access::{AccessLine, RoleAccess};
pub(crate) use actions::{Actions, UserAction};
pub(crate) use api_keys::ApiKeys;
pub(crate) use checks::{
    AuthChecks, Checks, ContactWord, CountsWord, EnvChecks, HistoryWord, Latency, LimitKeyWord, LimitProbe,
    LimitRefusal, RateLimit, SecretChecks, SensitiveFieldChecks, WhileLockedWord,
};
pub(crate) use identity::{Basic, Identity};
pub(crate) use login::{CookieSlot, Extractor, Login, Must, OAuth, Send, SendWord, Step, Whoami};
pub(crate) use plan::{Denied, EffectWord, Expectation, Operation, Plan, Public, Setup, Skip, UserCase};
pub(crate) use recovery::{EnumerationWord, Mail, Recovery, RecoveryFlow};
pub(crate) use request::{Request, RequestMap, RequestOrText};
pub(crate) use resource::{From, Resource, Visibility};
pub(crate) use scalar::{Count, OneOrMany, Text};
pub(crate) use signed::{DuplicatesWord, EncodingWord, HashWord, MomentWord, SampleBody, SchemeWord, Signed};
pub(crate) use target::{OpenApi, Target, TenantIn};
pub(crate) use tokens::Tokens;
