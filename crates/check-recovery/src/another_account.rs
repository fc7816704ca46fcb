//! The token of one account, used for another.

use gate_exchange::Exchange;
use gate_model::{Cause, Undecided};
use gate_spec::{Identity, RecoveryKind};

use crate::ask::Account;
use crate::present::{Used, is_session_of, logs_in, present};
use crate::story::{Teller, Tried, Try};

impl Teller<'_> {
    /// Uses the token of one account for another. Says as well whether the token is used up by it.
    pub(crate) async fn with_another_account(
        &self,
        account: Account<'_>,
        other: &Identity,
        token: &str,
        current: &mut String,
    ) -> (Try, bool) {
        let address = match self.address(other) {
            Ok(address) => address,
            Err(reason) => return (Err(reason), false),
        };
        let theirs = Account {
            identity: other,
            address: &address,
        };
        let new = self.new_password();
        let used = match present(self.ctx, self.flow, theirs, token, new.expose()).await {
            Ok(used) => used,
            Err(reason) => return (Err(reason), false),
        };
        match (used, self.flow.kind) {
            (Used::Refused(said, exchange), _) => {
                let tried = Tried {
                    said: format!("was {said}"),
                    worked: false,
                    for_its_own: false,
                    exchange,
                };
                (Ok(tried), false)
            }
            (Used::Taken(exchange), RecoveryKind::PasswordReset) => {
                let whose = self
                    .whose_password(account, theirs, new.expose(), exchange, current)
                    .await;
                (whose, true)
            }
            (Used::Taken(exchange), RecoveryKind::OneTimeCode) => (self.whose_session(theirs, exchange).await, true),
            (Used::Taken(exchange), RecoveryKind::Verification | RecoveryKind::Invitation) => {
                (self.whose_address(account, theirs, exchange), true)
            }
        }
    }

    async fn whose_password(
        &self,
        own: Account<'_>,
        theirs: Account<'_>,
        new: &str,
        exchange: Exchange,
        current: &mut String,
    ) -> Try {
        if logs_in(self.ctx, &own.identity.name, new).await? {
            new.clone_into(current);
            return Ok(Tried {
                said: "set the password of its own account, whichever account was named".to_owned(),
                worked: false,
                for_its_own: true,
                exchange,
            });
        }
        let worked = logs_in(self.ctx, &theirs.identity.name, new).await?;
        if worked {
            self.give_back(theirs).await;
        }
        let said = if worked {
            format!("set the password of {}", theirs.identity.name)
        } else {
            format!("was answered {}, and no password changed", exchange.status)
        };
        Ok(Tried {
            said,
            worked,
            for_its_own: false,
            exchange,
        })
    }

    async fn whose_session(&self, theirs: Account<'_>, exchange: Exchange) -> Try {
        match is_session_of(self.ctx, &exchange, &theirs.identity.name).await? {
            Some(true) => Ok(Tried {
                said: format!("gave a session of {}", theirs.identity.name),
                worked: true,
                for_its_own: false,
                exchange,
            }),
            Some(false) => Ok(Tried {
                said: format!(
                    "was answered {}, which gave no session of {}",
                    exchange.status, theirs.identity.name
                ),
                worked: false,
                for_its_own: true,
                exchange,
            }),
            None => Err(Undecided::new(
                Cause::NeitherAnswer,
                format!(
                    "a code with another account was answered {}, and whose session it gave is not known",
                    exchange.status
                ),
            )
            .shown_by(self.ctx.target.evidence("with another account", &exchange, None))),
        }
    }

    /// Neither a password nor a session shows for whom an address was verified or who was let in: the answer has to name one.
    fn whose_address(&self, own: Account<'_>, theirs: Account<'_>, exchange: Exchange) -> Try {
        let text = exchange.text().to_lowercase();
        let (worked, said) = match (names(&text, own.address), names(&text, theirs.address)) {
            (true, false) => (
                false,
                format!(
                    "was answered {} for its own account, whichever account was named",
                    exchange.status
                ),
            ),
            (false, true) => (
                true,
                format!(
                    "was taken ({}), and the answer names {}",
                    exchange.status, theirs.identity.name
                ),
            ),
            (true, true) | (false, false) => {
                let noun = self.flow.kind.noun();
                let what = format!(
                    "a {noun} with another account was answered {}, and for which of the two it counted the answer does not show",
                    exchange.status
                );
                return Err(Undecided::new(Cause::NeitherAnswer, what)
                    .settled_by(
                        "confirm: { body: { token: \"{{token}}\" } }   # if the target does without the account",
                    )
                    .shown_by(self.ctx.target.evidence("with another account", &exchange, None)));
            }
        };
        Ok(Tried {
            said,
            worked,
            for_its_own: !worked,
            exchange,
        })
    }
}

/// Whether a text holds an address as a word of its own; the text is in lower case.
fn names(text: &str, address: &str) -> bool {
    let address = address.to_lowercase();
    let part = |letter: char| letter.is_alphanumeric() || "_%+-".contains(letter);
    !address.is_empty()
        && text.match_indices(address.as_str()).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let after = text[at + found.len()..].chars().next();
            !before.is_some_and(|letter| part(letter) || letter == '.') && !after.is_some_and(part)
        })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn an_address_is_found_as_a_word_of_its_own() {
        for text in [
            r#"{"email":"bo@acme.test"}"#,
            "verified bo@acme.test.",
            "<bo@acme.test>",
            "bo@acme.test",
        ] {
            assert!(names(text, "Bo@Acme.test"), "{text}");
        }
        for text in ["jim.bo@acme.test", "bo@acme.tester", "xbo@acme.test", "", "bo"] {
            assert!(!names(text, "bo@acme.test"), "{text}");
        }
        assert!(!names("anything", ""));
    }
}
