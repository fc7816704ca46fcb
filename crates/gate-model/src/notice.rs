//! What the user should know and what stayed behind.

use serde::{Deserialize, Serialize};

use crate::{Location, OperationId, ResourceName};

/// How much a notice asks of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NoticeLevel {
    /// For information.
    Info,
    /// Something was not understood or not tested.
    Warning,
}

/// A remark that is not a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notice {
    /// How much it asks of its reader.
    pub level: NoticeLevel,
    /// What, as a fragment.
    pub text: String,
    /// The operation that it concerns, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<OperationId>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Location>,
}

impl Notice {
    /// A warning.
    pub fn warning(text: impl Into<String>) -> Self {
        Self {
            level: NoticeLevel::Warning,
            text: text.into(),
            operation: None,
            source: None,
        }
    }

    /// For information.
    pub fn info(text: impl Into<String>) -> Self {
        Self {
            level: NoticeLevel::Info,
            text: text.into(),
            operation: None,
            source: None,
        }
    }

    /// Points at an operation.
    pub fn about(mut self, operation: &OperationId) -> Self {
        self.operation = Some(operation.clone());
        self
    }

    /// Points at a line.
    pub fn at(mut self, source: Option<Location>) -> Self {
        self.source = source;
        self
    }
}

/// An object that the run created and could not remove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Leftover {
    /// Its kind.
    pub resource: ResourceName,
    /// Who owns it: an identity's name.
    pub owner: String,
    /// Its path on the target.
    pub path: String,
    /// Why it is still there.
    pub reason: String,
}
