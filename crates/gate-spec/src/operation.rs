//! Operations: what the target offers, and what each does to which kind of object.

use gate_model::{Location, OperationId, ResourceName};
use serde_json::Value;

use crate::{Declared, Method, RequestTemplate};

/// An operation with everything that is needed to send it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Method and path template.
    pub id: OperationId,
    /// The request: `{param}` placeholders in the path are filled from `params`, `{{canary}}` and `{{unique}}` by the caller.
    pub request: RequestTemplate,
    /// What fills the path parameters, in path order.
    pub params: Vec<(String, ParamSource)>,
    /// What it does.
    pub effect: Effect,
    /// The kind of object that it creates, reads, lists, changes or deletes.
    pub resource: Option<ResourceName>,
    /// Whether anybody may call it, and who says so.
    pub public: Option<PublicReason>,
    /// Whether the document asks for credentials; `None` where it says nothing.
    pub secured: Option<bool>,
    /// The user asked to leave it out, with his reason.
    pub skip: Option<String>,
    /// Names of all query parameters that the document declares, for walking pages.
    pub query_names: Vec<String>,
    /// Media types of its success response.
    pub produces: Vec<String>,
    /// What the document says of the members of its bodies.
    pub declared: Declared,
    /// Where it stands.
    pub source: Option<Location>,
}

/// What fills a path parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamSource {
    /// The id of an object of this kind.
    Id(ResourceName),
    /// A further key of an object of this kind (composite ids): resource and key name.
    Key(ResourceName, String),
    /// The owner's tenant, as the target knows it.
    Tenant,
    /// A template such as `{{email}}`: a field of the owner of the object, or of the caller where there is no object.
    Field(String),
    /// A fixed value.
    Literal(Value),
    /// Nothing is known that would fill it. The sample is used where a status alone decides.
    Unknown {
        /// A value of the right shape.
        sample: Value,
    },
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Makes a new object.
    Create,
    /// Returns one object or a part of it.
    Read,
    /// Returns many objects.
    List,
    /// Changes an object.
    Update,
    /// Removes an object.
    Delete,
    /// Does something else to an object (POST actions).
    Action,
    /// Reads something that belongs to no known kind of object.
    ReadOther,
    /// Changes something that belongs to no known kind of object.
    WriteOther,
    /// Issues credentials: login, refresh, one-time passwords, reset.
    IssuesCredentials,
    /// Ends the caller's session: logout, revoke.
    EndsSession,
    /// Changes the caller's credentials or the caller itself: password, e-mail, own role, own account's deletion.
    ChangesCaller,
    /// Resets the whole target, or another effect that a test must not have.
    Dangerous,
}

impl Effect {
    /// Whether the operation addresses or makes an object of a known kind.
    pub fn touches_object(self) -> bool {
        matches!(
            self,
            Self::Create | Self::Read | Self::List | Self::Update | Self::Delete | Self::Action
        )
    }

    /// Whether serving it changes something.
    pub fn writes(self) -> bool {
        !matches!(self, Self::Read | Self::List | Self::ReadOther)
    }

    /// The word in the plan and in `launchgate list`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::List => "list",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Action => "action",
            Self::ReadOther => "read-other",
            Self::WriteOther => "write-other",
            Self::IssuesCredentials => "login",
            Self::EndsSession => "ends-session",
            Self::ChangesCaller => "changes-caller",
            Self::Dangerous => "dangerous",
        }
    }
}

/// Why an operation is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicReason {
    /// The OpenAPI document declares no security for it.
    Document,
    /// The document is silent about it, and its name says that it is there for everybody: health, documentation, keys.
    Name,
    /// A line under `access: public:`.
    Plan {
        /// The reason given, where one is.
        reason: Option<String>,
        /// The line.
        source: Option<Location>,
    },
    /// It is how the plan itself logs in or signs up.
    Login,
    /// Its caller has no session and signs what he sends.
    Signed,
}

impl Operation {
    /// The method.
    pub fn method(&self) -> Method {
        self.request.method
    }

    /// The kinds of objects whose ids stand in the path, outermost first.
    pub fn path_resources(&self) -> impl Iterator<Item = &ResourceName> {
        self.params.iter().filter_map(|(_, source)| match source {
            ParamSource::Id(name) | ParamSource::Key(name, _) => Some(name),
            ParamSource::Tenant | ParamSource::Field(_) | ParamSource::Literal(_) | ParamSource::Unknown { .. } => None,
        })
    }

    /// The innermost kind of object that the path addresses: `document` in `/projects/{project}/documents/{document}`.
    pub fn addressed(&self) -> Option<&ResourceName> {
        self.path_resources().last()
    }

    /// The path parameters that nothing fills.
    pub fn unknown_params(&self) -> impl Iterator<Item = &str> {
        self.params.iter().filter_map(|(name, source)| match source {
            ParamSource::Unknown { .. } => Some(name.as_str()),
            _ => None,
        })
    }
}
