//! Checks of rate limits: they exist, hold, recover, and cannot be walked around (OWASP API4:2023, CWE-307, CWE-770, CWE-799).
//!
//! A limit is used up with accounts that do not exist, or with one that the plan gives away for it. What is left of it then
//! serves all questions about it: see `board`.

mod account;
mod board;
mod body;
mod burst;
mod bypass;
mod enforced;
mod faster;
mod guess;
mod limited;
mod lockout;
mod maker;
mod neighbour;
mod persist;
mod reading;
mod reasons;
mod recovery;
mod retry_after;
mod shape;
mod silent;
mod undeclared;
mod words;

use std::sync::Arc;

use gate_check::Check;

use self::board::Board;
use self::limited::{Limited, Question};

/// The checks of this family, in the order in which they use up a limit.
pub fn checks() -> Vec<Box<dyn Check>> {
    let board = Arc::new(Board::default());
    let declared = [
        Question::Enforced,
        Question::Bypass,
        Question::Neighbour,
        Question::Lockout,
        Question::RetryAfter,
        Question::Recovery,
    ];
    let mut checks: Vec<Box<dyn Check>> = Vec::new();
    for question in declared {
        checks.push(Box::new(Limited::new(question, Arc::clone(&board))));
    }
    checks.push(Box::new(undeclared::Undeclared::new()));
    checks
}
