//! The shell line that repeats a request, with its secrets as shell variables.

use gate_spec::{Identity, Method};

use crate::compose::plain_headers;
use crate::mask::mask_url;
use crate::request::encode_value;
use crate::scope::HostPort;
use crate::visible::visible;
use crate::{Client, Exchange, Presented};

/// Bytes of a body that a line repeats; a larger one is left to a file.
const MAX_BODY_BYTES: usize = 4096;

/// A POSIX shell word under construction: literal text single-quoted, variables double-quoted.
#[derive(Default)]
struct Word {
    shell: String,
    literal: String,
}

impl Word {
    fn text(mut self, text: &str) -> Self {
        self.literal.push_str(text);
        self
    }

    fn variable(mut self, name: &str) -> Self {
        self.close();
        self.shell.push_str(&format!("\"${name}\""));
        self
    }

    fn done(mut self) -> String {
        self.close();
        if self.shell.is_empty() {
            "''".to_owned()
        } else {
            self.shell
        }
    }

    fn close(&mut self) {
        if !self.literal.is_empty() {
            self.shell
                .push_str(&format!("'{}'", self.literal.replace('\'', r"'\''")));
            self.literal.clear();
        }
    }
}

/// A secret text and the variable that stands for it.
struct Known {
    value: String,
    variable: String,
}

impl Client {
    pub(crate) fn curl_line(&self, exchange: &Exchange) -> String {
        let outgoing = &exchange.sent;
        let known = self.known_secrets();
        // `-X HEAD` would make curl wait for a body.
        let mut line = match outgoing.request.method {
            Method::Head => "curl --path-as-is -g -sS --head".to_owned(),
            method => format!("curl --path-as-is -g -sS -i -X {method}"),
        };
        let host = exchange.url.parse().ok().and_then(|uri| HostPort::of(&uri));
        let own = host.is_some_and(|host| self.sender().scope.is_own(&host));
        let carried: Vec<&str> = exchange.credential_headers.iter().map(String::as_str).collect();
        for header in plain_headers(self.spec(), outgoing, own) {
            if carried.iter().any(|name| name.eq_ignore_ascii_case(header.name)) {
                continue;
            }
            if header.value.is_empty() {
                // `name:` would tell curl to leave the header out.
                line.push_str(&format!(
                    " -H {}",
                    Word::default().text(&format!("{};", header.name)).done()
                ));
                continue;
            }
            let word = Word::default().text(&format!("{}: ", header.name));
            line.push_str(&format!(" -H {}", self.hide(word, header.value, &known).done()));
        }
        let actor = match &outgoing.actor.presented {
            Presented::Altered(altered) => variable(&format!("{}_{}", altered.of, altered.row)),
            Presented::Nothing | Presented::Session | Presented::Private(_) => variable(&outgoing.actor.to_string()),
        };
        for name in carried.iter().filter(|name| !name.starts_with('?')) {
            line.push_str(&format!(" -H {}", self.credential(name, &actor, exchange).done()));
        }
        if let Some(body) = &outgoing.request.body {
            let text = std::str::from_utf8(&body.bytes)
                .ok()
                .filter(|text| visible(text) == *text);
            match text {
                _ if body.bytes.len() > MAX_BODY_BYTES => line.push_str(" --data-binary @body"),
                Some(text) => {
                    line.push_str(&format!(
                        " --data-raw {}",
                        self.hide(Word::default(), text, &known).done()
                    ));
                }
                None if !self.redactor().finds(&body.bytes) => {
                    let octal: String = body.bytes.iter().map(|byte| octal(*byte)).collect();
                    line = format!("printf '{octal}' | {line} --data-binary @-");
                }
                None => line.push_str(" --data-binary @body"),
            }
        }
        let mut url = self.hide(Word::default(), &mask_url(&exchange.url), &known);
        let mut separator = if exchange.url.contains('?') { '&' } else { '?' };
        for name in carried.iter().filter_map(|name| name.strip_prefix('?')) {
            url = url
                .text(&format!("{separator}{}=", encode_value(name)))
                .variable(&format!("LAUNCHGATE_{actor}_{}", variable(name)));
            separator = '&';
        }
        line.push_str(" -- ");
        line.push_str(&url.done());
        line
    }

    /// A header that carried a credential.
    fn credential(&self, name: &str, actor: &str, exchange: &Exchange) -> Word {
        let scheme = match &exchange.sent.actor.presented {
            Presented::Altered(altered) => altered
                .headers
                .iter()
                .find(|(header, _)| header.eq_ignore_ascii_case(name))
                .and_then(|(_, value)| value.expose().split_once(' '))
                .map(|(scheme, _)| scheme.to_owned())
                .filter(|scheme| {
                    ["bearer", "basic"]
                        .iter()
                        .any(|known| scheme.eq_ignore_ascii_case(known))
                }),
            Presented::Nothing | Presented::Session | Presented::Private(_) if name == "Authorization" => {
                let basic = exchange
                    .sent
                    .actor
                    .identity
                    .as_ref()
                    .and_then(|identity| self.spec().identities.get(identity))
                    .is_some_and(|identity| self.sends_basic(identity));
                Some(if basic { "Basic" } else { "Bearer" }.to_owned())
            }
            Presented::Nothing | Presented::Session | Presented::Private(_) => None,
        };
        let what = match (&exchange.sent.actor.presented, scheme.as_deref()) {
            (Presented::Altered(_), _) => variable(name),
            (_, Some("Basic")) => "BASIC".to_owned(),
            (_, Some(_)) => "TOKEN".to_owned(),
            (_, None) => variable(name),
        };
        let scheme = scheme.map(|scheme| format!("{scheme} ")).unwrap_or_default();
        Word::default()
            .text(&format!("{}: {scheme}", name.to_ascii_lowercase()))
            .variable(&format!("LAUNCHGATE_{actor}_{what}"))
    }

    fn sends_basic(&self, identity: &Identity) -> bool {
        let slots = match &identity.credential {
            Some(credential) => &credential.send,
            None => match self.login_of(identity) {
                Some(login) => &login.send,
                None => return false,
            },
        };
        slots
            .iter()
            .any(|slot| matches!(slot, gate_spec::CredentialSlot::Basic { .. }))
    }

    /// Appends foreign text to a word: secrets that have a name become variables, the others are redacted.
    fn hide(&self, mut word: Word, text: &str, known: &[Known]) -> Word {
        let mut rest = text;
        while let Some((at, secret)) = known
            .iter()
            .filter_map(|secret| Some((rest.find(&secret.value)?, secret)))
            .min_by_key(|(at, secret)| (*at, usize::MAX - secret.value.len()))
        {
            word = word
                .text(&self.redactor().redact(&rest[..at]))
                .variable(&secret.variable);
            rest = &rest[at + secret.value.len()..];
        }
        word.text(&visible(&self.redactor().redact(rest)))
    }

    /// Secrets of the plan with the variables that stand for them.
    fn known_secrets(&self) -> Vec<Known> {
        let secret = |value: &str| value.len() >= 4 && self.redactor().finds(value.as_bytes());
        let of_target = self.spec().target.headers.iter().map(|(name, value)| Known {
            value: value.expose().clone(),
            variable: format!("LAUNCHGATE_TARGET_{}", variable(name)),
        });
        let of_identities = self.spec().identities.values().flat_map(|identity| {
            identity.fields.iter().map(|(field, value)| Known {
                value: value.expose().clone(),
                variable: format!("LAUNCHGATE_{}_{}", variable(identity.name.as_str()), variable(field)),
            })
        });
        of_target
            .chain(of_identities)
            .filter(|known| secret(&known.value))
            .collect()
    }
}

/// A byte for `printf`: letters and digits as they are, everything else in octal.
fn octal(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b" -_.:;,/=()\"".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("\\{byte:03o}")
    }
}

/// A name as part of a shell variable.
fn variable(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(
            Word::default().text("a'b").variable("X").text("$c").done(),
            r#"'a'\''b'"$X"'$c'"#
        );
        assert_eq!(Word::default().done(), "''");
        assert_eq!(variable("x-app.id"), "X_APP_ID");
    }
}
