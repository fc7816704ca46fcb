//! The last gate before every output: whatever text found its way into a report passes the redactor once more.

use std::io;

use gate_model::{RunReport, SharedRedactor};
use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// The report without any secret that the run knows.
pub(crate) fn redacted(report: RunReport, redactor: &SharedRedactor) -> RunReport {
    let mut look = Look {
        redactor,
        text: Vec::new(),
    };
    // Looking costs a fraction of taking the report apart, which is needed only where something was found.
    let serialised = report.serialize(&mut Serializer::with_formatter(io::sink(), &mut look));
    if serialised.is_ok() && look.look().is_ok() {
        return report;
    }
    let Ok(mut value) = serde_json::to_value(&report) else {
        return report;
    };
    scrub(&mut value, redactor);
    serde_json::from_value(value).unwrap_or(report)
}

fn scrub(value: &mut Value, redactor: &SharedRedactor) {
    match value {
        Value::String(text) => {
            if redactor.finds(text.as_bytes()) {
                *text = redactor.redact(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| scrub(item, redactor)),
        Value::Object(fields) => fields.values_mut().for_each(|item| scrub(item, redactor)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Stands between texts that are looked at together: no byte of UTF-8, so that no secret reaches over it.
const BETWEEN: u8 = 0xff;
/// Bytes that are looked at together.
const AT_ONCE: usize = 64 * 1024;

/// Looks at the texts of what is serialised as they are, before any escaping; one that holds a secret is an error.
struct Look<'r> {
    redactor: &'r SharedRedactor,
    text: Vec<u8>,
}

impl Look<'_> {
    fn look(&mut self) -> io::Result<()> {
        if self.redactor.finds(&self.text) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.text.clear();
        Ok(())
    }
}

impl Formatter for &mut Look<'_> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, _: &mut W, fragment: &str) -> io::Result<()> {
        self.text.extend_from_slice(fragment.as_bytes());
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, _: &mut W, escape: CharEscape) -> io::Result<()> {
        self.text.push(match escape {
            CharEscape::Quote => b'"',
            CharEscape::ReverseSolidus => b'\\',
            CharEscape::Solidus => b'/',
            CharEscape::Backspace => 0x08,
            CharEscape::FormFeed => 0x0c,
            CharEscape::LineFeed => b'\n',
            CharEscape::CarriageReturn => b'\r',
            CharEscape::Tab => b'\t',
            CharEscape::AsciiControl(byte) => byte,
        });
        Ok(())
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.text.push(BETWEEN);
        if self.text.len() >= AT_ONCE {
            self.look()
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use gate_model::Notice;

    use super::*;

    fn report(text: &str) -> RunReport {
        let spec = gate_plan::quick(&gate_plan::Quick {
            url: "http://127.0.0.1:1".to_owned(),
            openapi: None,
            openapi_is_file: false,
            token_a: "token-of-a".to_owned(),
            token_b: "token-of-b".to_owned(),
            header: None,
        });
        let spec = spec.expect("a plan").outline();
        let mut report = crate::summary::silent(&spec, "");
        report.notices = vec![Notice::warning(text)];
        report
    }

    #[test]
    fn a_secret_is_found_whatever_is_escaped_in_it() {
        for secret in [
            "hunter-two",
            "quo\"te\\back",
            "tab\tand\r\n\u{8}\u{c}\u{1}",
            "sl/ash ünïcode",
        ] {
            let redactor = SharedRedactor::new([secret]);
            let shown = redacted(report(&format!("before {secret} after")), &redactor);
            assert_eq!(shown.notices[0].text, "before [redacted] after");
            let body = serde_json::to_string(secret).expect("JSON");
            let shown = redacted(report(&body), &redactor);
            assert_eq!(shown.notices[0].text, "\"[redacted]\"", "{body}");
        }
    }

    #[test]
    fn a_report_without_secrets_stays_as_it_is() {
        let plain = report("nothing");
        assert_eq!(redacted(plain.clone(), &SharedRedactor::new(["hunter-two"])), plain);
    }
}
