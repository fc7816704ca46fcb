//! An exchange as a report may show it: redacted before it is cut, bounded, harmless to look at.

use gate_model::Evidence;

use crate::mask::{mask_body, mask_set_cookie, mask_url};
use crate::visible::{floor, head, visible};
use crate::{Client, Exchange};

/// Bytes of a body excerpt, of a proof, of one header and of a URL.
const MAX_EXCERPT_BYTES: usize = 2048;
const MAX_PROOF_BYTES: usize = 512;
const MAX_HEADER_BYTES: usize = 300;
const MAX_URL_BYTES: usize = 2048;
/// Headers that are shown.
const MAX_HEADERS: usize = 24;
/// Response headers that matter to a reader.
const TELLING: [&str; 16] = [
    "content-type",
    "location",
    "www-authenticate",
    "retry-after",
    "allow",
    "cache-control",
    "age",
    "x-cache",
    "cf-cache-status",
    "vary",
    "set-cookie",
    "x-request-id",
    "x-correlation-id",
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "server",
];

impl Client {
    pub(crate) fn evidence_of(&self, label: &str, exchange: &Exchange, proof: Option<&str>) -> Evidence {
        let clean = |text: &str| self.redactor().redact(text);
        let headers = exchange
            .headers
            .iter()
            .filter(|(name, value)| {
                let shows = proof.is_some_and(|proof| !proof.is_empty() && value.contains(proof));
                shows || TELLING.contains(&name.as_str()) || name.contains("ratelimit")
            })
            .take(MAX_HEADERS)
            .map(|(name, value)| {
                let value = if name == "set-cookie" {
                    mask_set_cookie(value)
                } else {
                    mask_url(value)
                };
                let line = visible(&clean(&format!("{name}: {value}"))).replace('\n', "\\u{a}");
                head(&line, MAX_HEADER_BYTES).to_owned()
            })
            .collect();
        let text = exchange.text();
        let text = if exchange.truncated {
            self.redactor().redact_cut(&text)
        } else {
            clean(&text)
        };
        let text = mask_body(&text);
        let proof = proof.map(clean);
        let url = visible(&mask_url(&clean(&exchange.url)));
        Evidence {
            label: label.to_owned(),
            actor: exchange.sent.actor.to_string(),
            method: exchange.sent.request.method.as_str().to_owned(),
            url: head(&url, MAX_URL_BYTES).to_owned(),
            status: exchange.status,
            duration_ms: u64::try_from(exchange.duration.as_millis()).unwrap_or(u64::MAX),
            headers,
            body: excerpt(&text, proof.as_deref()),
            proof: proof.map(|proof| head(&visible(&proof), MAX_PROOF_BYTES).to_owned()),
            curl: self.curl_line(exchange),
        }
    }
}

/// The part of a text around the proof, or its beginning.
fn excerpt(text: &str, proof: Option<&str>) -> String {
    let at = proof
        .filter(|proof| !proof.is_empty())
        .and_then(|proof| text.find(proof))
        .unwrap_or(0);
    let lead = at.saturating_sub(MAX_EXCERPT_BYTES / 4);
    let from = floor(text, lead);
    let shown = visible(&text[from..floor(text, from + MAX_EXCERPT_BYTES)]);
    let cut = head(&shown, MAX_EXCERPT_BYTES);
    let before = if from > 0 { "…" } else { "" };
    let after = if cut.len() < shown.len() || from + MAX_EXCERPT_BYTES < text.len() {
        "…"
    } else {
        ""
    };
    format!("{before}{cut}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_excerpt_is_around_the_proof() {
        let text = format!("{}needle{}", "a".repeat(5000), "b".repeat(5000));
        let shown = excerpt(&text, Some("needle"));
        assert!(shown.contains("needle") && shown.starts_with('…') && shown.ends_with('…'));
        assert!(shown.len() <= MAX_EXCERPT_BYTES + 6);
        assert_eq!(excerpt("short", Some("missing")), "short");
    }
}
