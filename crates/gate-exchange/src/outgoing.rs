//! A request with its sender and its purpose.

use std::net::IpAddr;
use std::time::Duration;

use gate_model::OperationId;

use crate::{Actor, Request};

/// Names an object that the run created or found, for telling whose mark was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(pub u64);

/// What a request is for. Shown in evidence, and decides what the exchange counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Makes an object or another precondition.
    Setup,
    /// Must succeed: the entitled caller.
    Control,
    /// Is under question.
    Probe,
    /// Reads the state of an object.
    ReadBack,
    /// Shows that a session is alive.
    Alive,
    /// Logs in, refreshes, signs up.
    Login,
    /// Reads a message that the target sent, where it can be seen.
    LookUp,
    /// A latency sample.
    Sample,
    /// Uses up or tries a limit: sent at once and once, whatever the answer is, and no part of what the run waits for.
    Limit,
    /// Removes what the run made.
    Cleanup,
}

/// How a request travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Way {
    /// Over any open connection of its kind, HTTP/1.1.
    #[default]
    Pooled,
    /// Over a connection of its own, HTTP/1.1.
    Fresh,
    /// Over a connection of its own, HTTP/1.1; the last byte of its body is held back for this time, so that whoever reads it waits.
    Held(Duration),
    /// Over a connection of its own from this address of the machine.
    From(IpAddr),
}

impl Purpose {
    /// A label for evidence.
    pub fn label(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Control => "control",
            Self::Probe => "probe",
            Self::ReadBack => "read back",
            Self::Alive => "session alive",
            Self::Login => "login",
            Self::LookUp => "message",
            Self::Sample => "sample",
            Self::Limit => "limit",
            Self::Cleanup => "clean-up",
        }
    }
}

/// What is handed to a [`crate::Target`].
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Who sends it.
    pub actor: Actor,
    /// The operation, where it is a known one.
    pub operation: Option<OperationId>,
    /// The request, without credentials.
    pub request: Request,
    /// What it is for.
    pub purpose: Purpose,
    /// The object that a probe is about: its marks are judged by the probe's own check, not by watchers.
    pub about: Option<ObjectKey>,
    /// How it travels.
    pub way: Way,
}

impl Outgoing {
    /// A request by an actor.
    pub fn new(actor: &Actor, purpose: Purpose, request: Request) -> Self {
        Self {
            actor: actor.clone(),
            operation: None,
            request,
            purpose,
            about: None,
            way: Way::default(),
        }
    }

    /// Says how it travels.
    pub fn by(mut self, way: Way) -> Self {
        self.way = way;
        self
    }

    /// Names the operation.
    pub fn of(mut self, operation: &OperationId) -> Self {
        self.operation = Some(operation.clone());
        self
    }

    /// Names the object that it is about.
    pub fn about(mut self, object: Option<ObjectKey>) -> Self {
        self.about = object;
        self
    }
}
