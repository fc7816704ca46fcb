//! The access matrix as a run saw it: who may do what.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{OperationId, Relation};

/// One cell: a relation and an operation. Holds no names of users, hosts, ports or times, so that two runs can be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessCell {
    /// Who asks, seen from the owner of what is asked for.
    pub relation: Relation,
    /// What is asked.
    pub operation: OperationId,
    /// Whether he is served.
    pub may: bool,
    /// How that is known.
    pub how: AccessSource,
}

/// How a cell of the matrix is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AccessSource {
    /// A case of this run came to a verdict, or a control was served.
    Observed,
    /// The plan or the document opens it to everybody, so that nobody was there to be refused.
    Declared,
}

impl fmt::Display for AccessCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.may { "" } else { " not" };
        write!(f, "{} may{not} {}", self.relation, self.operation)
    }
}
