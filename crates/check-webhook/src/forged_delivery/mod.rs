//! `webhook/forged-delivery`: is a delivery refused that the sender did not sign as it is?

use gate_model::Missing;
use gate_spec::SignatureText;

use crate::delivery::OTHER_SECRET;
use crate::row_check::{Row, RowCheck};

/// Letters of a signature that is not sent whole: what is left can be decoded, as hexadecimal and as base64.
const BEGUN: usize = 8;

/// The deliveries that must be refused.
pub(crate) const ROWS: [Row; 9] = [
    Row {
        id: "unsigned",
        what: "a delivery without a signature",
        fits: |_| true,
        make: |_, _, mut delivery| {
            delivery.signature = None;
            Ok(Some(delivery))
        },
    },
    Row {
        id: "empty-signature",
        what: "a delivery with an empty signature",
        fits: |_| true,
        make: |_, _, mut delivery| {
            delivery.signature = Some(String::new());
            Ok(Some(delivery))
        },
    },
    Row {
        id: "body-altered",
        what: "a delivery whose body was altered under its signature",
        fits: |_| true,
        make: |_, _, mut delivery| Ok(delivery.alter_body().then_some(delivery)),
    },
    Row {
        id: "body-left-out",
        what: "a delivery whose signature is the one of an empty body",
        fits: |_| true,
        make: |_, caller, mut delivery| {
            if delivery.request.body_bytes().is_empty() || caller.secret_is_base64 {
                return Ok(None);
            }
            delivery.sign_instead(caller.secret.expose().as_bytes(), b"");
            Ok(Some(delivery))
        },
    },
    Row {
        id: "moment-altered",
        what: "a delivery whose moment was altered under its signature",
        fits: |caller| caller.scheme.is_timed(),
        make: |_, caller, mut delivery| {
            delivery.alter_moment(caller);
            Ok(Some(delivery))
        },
    },
    Row {
        id: "signature-cut",
        what: "a delivery of whose signature only the first half is right",
        fits: |_| true,
        make: |_, caller, mut delivery| {
            let mut other = delivery.clone();
            other.sign(OTHER_SECRET);
            let (Some(own), Some(foreign)) = (&delivery.signature, &other.signature) else {
                return Ok(None);
            };
            let half = own.len() / 2;
            // Base64 goes in fours.
            let half = if caller.scheme.text == SignatureText::Base64 {
                half / 4 * 4
            } else {
                half
            };
            delivery.signature = Some(format!("{}{}", &own[..half], &foreign[half..]));
            Ok(Some(delivery))
        },
    },
    Row {
        id: "signature-begun",
        what: "a delivery of whose signature only the beginning is sent",
        fits: |_| true,
        make: |_, _, mut delivery| {
            let begun = delivery
                .signature
                .as_ref()
                .and_then(|own| own.get(..BEGUN))
                .map(str::to_owned);
            Ok(begun.map(|begun| {
                delivery.signature = Some(begun);
                delivery
            }))
        },
    },
    Row {
        id: "other-secret",
        what: "a delivery that was signed with another secret",
        fits: |_| true,
        make: |_, _, mut delivery| {
            delivery.sign(OTHER_SECRET);
            Ok(Some(delivery))
        },
    },
    Row {
        id: "empty-secret",
        what: "a delivery that was signed with an empty secret",
        fits: |_| true,
        make: |_, _, mut delivery| {
            delivery.sign(b"");
            Ok(Some(delivery))
        },
    },
];

/// The check.
pub(crate) fn check() -> RowCheck {
    RowCheck::new(include_str!("check.md"), &ROWS, |caller| Missing {
        what: format!("nothing of a delivery to {} can be altered", caller.operation),
        add: None,
    })
}
