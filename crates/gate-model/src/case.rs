//! The case: check × operation × relation.

use serde::{Deserialize, Serialize};

use crate::{CaseId, CheckId, Location, OperationId, Outcome, Relation, ResourceName};

/// One question with one answer. Built with [`Case::new`], which derives the id, so that ids are never made by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Case {
    /// Unique in the run and stable between runs.
    pub id: CaseId,
    /// The check that asks.
    pub check: CheckId,
    /// The operation in question, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<OperationId>,
    /// The kind of object in question, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource: Option<ResourceName>,
    /// Who asks, seen from the owner.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub relation: Option<Relation>,
    /// The plan or OpenAPI line that the case comes from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Location>,
}

impl Case {
    /// A case of a check; add the rest with the `with_` methods, which keep the id in step.
    pub fn new(check: &CheckId) -> Self {
        let mut case = Self {
            id: CaseId::new(check.as_str()),
            check: check.clone(),
            operation: None,
            resource: None,
            relation: None,
            source: None,
        };
        case.rename();
        case
    }

    /// Names the operation.
    pub fn with_operation(mut self, operation: &OperationId) -> Self {
        self.operation = Some(operation.clone());
        self.rename();
        self
    }

    /// Names the kind of object. It is part of the id only where there is no operation.
    pub fn with_resource(mut self, resource: &ResourceName) -> Self {
        self.resource = Some(resource.clone());
        self.rename();
        self
    }

    /// Names the relation.
    pub fn with_relation(mut self, relation: Relation) -> Self {
        self.relation = Some(relation);
        self.rename();
        self
    }

    /// Points at the line that the case comes from.
    pub fn with_source(mut self, source: Option<Location>) -> Self {
        self.source = source;
        self
    }

    /// The id without the check: `GET /projects/{id} as other-tenant`.
    pub fn title(&self) -> String {
        let mut title = match (&self.operation, &self.resource) {
            (Some(operation), _) => operation.to_string(),
            (None, Some(resource)) => resource.to_string(),
            (None, None) => String::new(),
        };
        if let Some(relation) = &self.relation {
            if !title.is_empty() {
                title.push(' ');
            }
            title.push_str("as ");
            title.push_str(&relation.to_string());
        }
        title
    }

    fn rename(&mut self) {
        let title = self.title();
        let separator = if title.is_empty() { "" } else { " " };
        self.id = CaseId::new(format!("{}{separator}{title}", self.check));
    }
}

/// A case with its outcome, and what it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CaseResult {
    /// The question.
    #[serde(flatten)]
    pub case: Case,
    /// The answer.
    pub outcome: Outcome,
    /// Wall time that the group of the case took, in milliseconds, shared evenly among its cases.
    pub duration_ms: u64,
}
