//! The `actions` section: what is done to sessions and users.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Request;
use super::request::RequestMap;

/// What is done to sessions and users. What is left out, or is `{}`, is taken from the OpenAPI document where its names tell.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Actions {
    /// Ends the caller's session; `{{token}}` and `{{refresh_token}}` are what its login gave.
    pub(crate) logout: Option<RequestMap>,
    /// Trades `{{refresh_token}}` for a new one, where the login has no `refresh` of its own.
    pub(crate) refresh: Option<RequestMap>,
    /// Gives the caller a new password: `{{password}}` is the one before, `{{new_password}}` the one after.
    pub(crate) change_password: Option<RequestMap>,
    /// Gives another user a role.
    pub(crate) set_role: Option<RoleAction>,
    /// Locks another user out.
    pub(crate) disable: Option<UserAction>,
    /// Lets a user in again.
    pub(crate) enable: Option<UserAction>,
    /// Takes another user out of the tenant.
    pub(crate) remove_member: Option<RemovalAction>,
    /// Makes a user a member again: `{{role}}` is the user's own role.
    pub(crate) add_member: Option<UserAction>,
}

/// A request that does something to another user. Placeholders in its path stand for that user's id; `{{user.id}}` and
/// `{{user.email}}` for the user's id and fields anywhere.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct UserAction {
    /// Who may do it. Default: the first identity of the user's tenant that is not the user.
    #[serde(rename = "as")]
    pub(crate) identity: Option<String>,
    #[serde(flatten)]
    pub(crate) request: Request,
}

/// A request that takes another user out of the tenant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct RemovalAction {
    /// Who may do it. Default: the first identity of the user's tenant that is not the user.
    #[serde(rename = "as")]
    pub(crate) identity: Option<String>,
    /// A request that only members may send, such as `GET /projects/stats`. Default: the read of an object of the tenant.
    pub(crate) loses: Option<String>,
    #[serde(flatten)]
    pub(crate) request: Request,
}

/// A request that gives another user a role: `{{role}}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct RoleAction {
    /// Who may do it. Default: the first identity of the user's tenant that is not the user.
    #[serde(rename = "as")]
    pub(crate) identity: Option<String>,
    /// The role that is given, which may do less than the user's own. Default: one that `access` shows to do less.
    pub(crate) role: Option<String>,
    /// A request that only the user's own role may send, such as `GET /admin/users`. Default: a read that `access` gives to
    /// that role and not to the other.
    pub(crate) loses: Option<String>,
    #[serde(flatten)]
    pub(crate) request: Request,
}
