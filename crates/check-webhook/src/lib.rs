//! Checks of callers that have no session and sign what they send, such as webhooks.

mod delivery;
mod forged_delivery;
mod replayed_delivery;
mod row_check;
mod sign;

#[cfg(test)]
mod tests;

use gate_check::Check;

/// The checks of this family.
pub fn checks() -> Vec<Box<dyn Check>> {
    vec![Box::new(forged_delivery::check()), Box::new(replayed_delivery::check())]
}
