//! `webhook/replayed-delivery`: is an old delivery refused although its signature is right?

use std::time::Duration;

use gate_model::Missing;

use crate::delivery::Delivery;
use crate::row_check::{Row, RowCheck};

/// What passes beyond the tolerance.
const MARGIN: Duration = Duration::from_secs(60);

/// The deliveries that must be refused.
pub(crate) const ROWS: [Row; 2] = [
    Row {
        id: "stale",
        what: "a delivery that is older than the tolerance",
        fits: |caller| caller.scheme.is_timed(),
        make: |ctx, caller, _| Delivery::genuine(ctx, caller, caller.tolerance + MARGIN).map(Some),
    },
    Row {
        id: "duplicate",
        what: "a delivery that was taken before",
        fits: |caller| caller.refuses_duplicates,
        make: |_, _, delivery| Ok(Some(delivery)),
    },
];

/// The check.
pub(crate) fn check() -> RowCheck {
    RowCheck::new(include_str!("check.md"), &ROWS, |caller| Missing {
        what: format!(
            "the scheme of {} signs no moment, so that an old delivery looks like a new one",
            caller.operation
        ),
        add: Some(format!(
            "signed: {{ \"{}\": {{ secret: \"${{WEBHOOK_SECRET}}\", duplicates: refused }} }}   # if a second delivery of one id is refused",
            caller.operation
        )),
    })
}
