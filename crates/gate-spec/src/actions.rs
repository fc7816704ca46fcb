//! What is done to sessions and users: logout, refresh, a new password, another role.

use gate_model::{IdentityName, Location, OperationId};

use crate::{ParamSource, RequestTemplate};

/// Something that is done to a session or a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionKind {
    /// Ends the caller's session.
    Logout,
    /// Trades a refresh token for a new one (RFC 6749 section 6).
    Refresh,
    /// Gives the caller a new password.
    ChangePassword,
    /// Gives a user another role.
    SetRole,
    /// Locks a user out.
    Disable,
    /// Lets a user in again.
    Enable,
    /// Takes a user out of a tenant.
    RemoveMember,
    /// Makes a user a member of a tenant again.
    AddMember,
}

impl ActionKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Logout,
        Self::Refresh,
        Self::ChangePassword,
        Self::SetRole,
        Self::Disable,
        Self::Enable,
        Self::RemoveMember,
        Self::AddMember,
    ];

    /// The word in the plan.
    pub fn word(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Refresh => "refresh",
            Self::ChangePassword => "change_password",
            Self::SetRole => "set_role",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::RemoveMember => "remove_member",
            Self::AddMember => "add_member",
        }
    }
}

/// How it is done.
///
/// Placeholders: `{{token}}`, `{{refresh_token}}` and whatever else the caller's login captured; `{{password}}` and
/// `{{new_password}}`; `{{role}}`. Where it is done to another user, placeholders in the path stand for that user's id, and
/// `{{user.id}}`, `{{user.email}}` for the user's id and fields.
#[derive(Clone, Debug)]
pub struct Action {
    /// What is done.
    pub kind: ActionKind,
    /// The request.
    pub request: RequestTemplate,
    /// The operation, where the document knows it.
    pub operation: Option<OperationId>,
    /// What fills the path parameters, where the document knows.
    pub params: Vec<(String, ParamSource)>,
    /// Who may do it to others.
    pub by: Option<IdentityName>,
    /// The role that is given, which takes a right away.
    pub role: Option<String>,
    /// The request that only the role before, or only a member, may send.
    pub loses: Option<RequestTemplate>,
    /// Where the plan says so; none where it was derived.
    pub source: Option<Location>,
}

/// All that are known.
#[derive(Clone, Debug, Default)]
pub struct Actions {
    /// At most one of a kind.
    pub known: Vec<Action>,
}

impl Actions {
    /// How something is done, where that is known.
    pub fn get(&self, kind: ActionKind) -> Option<&Action> {
        self.known.iter().find(|action| action.kind == kind)
    }
}
