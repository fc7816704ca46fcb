//! Passwords that a killed run left in place: the plan's own is set again.
//!
//! A journal holds the salt that such a password was derived with and never the password itself, so that nobody but who has the
//! plan's can find it.

use gate_check::passing_password;
use gate_exchange::{Client, Entry, Outgoing, Purpose, Request, SessionLife as _, Target as _};
use gate_model::{Cause, IdentityName, Undecided};
use gate_objects::JournalEntry;
use gate_spec::{ActionKind, Identity, Spec};
use serde_json::Value;

/// Looks whose password it is, and sets the plan's own again. The text says what was done, or what is to be done by hand.
pub(super) async fn set_back(
    client: &Client,
    spec: &Spec,
    entry: &JournalEntry,
    dry_run: bool,
) -> Result<String, String> {
    let JournalEntry::Password { owner, of, salt, .. } = entry else {
        return Ok(String::new());
    };
    let (owner, of) = (IdentityName::new(owner), IdentityName::new(of));
    let (Some(identity), Some(source)) = (spec.identities.get(&owner), spec.identities.get(&of)) else {
        return Err(format!("a password of {owner}: the plan no longer knows this identity"));
    };
    let (Some(own), Some(seed)) = (identity.field("password"), source.field("password")) else {
        return Err(format!(
            "a password of {owner}: the plan has none any more that could be set"
        ));
    };
    if dry_run {
        return Ok(format!(
            "would look whether {owner} logs in with the plan's password, and set it again if not"
        ));
    }
    let by_hand = || format!("set {owner}'s password by hand to what the plan has (`identities.{owner}.as.password`)");
    match enters(client, &owner, own.expose()).await {
        Ok(true) => {
            return Ok(format!(
                "{owner} logs in with the plan's password: nothing is to be done"
            ));
        }
        Ok(false) => {}
        Err(reason) => return Err(format!("whether {owner} logs in was not found out: {}", reason.detail)),
    }
    let passing = passing_password(seed, salt);
    client.keep_secret(passing.expose());
    match enters(client, &owner, passing.expose()).await {
        Ok(true) => {}
        // Another note may be about the one that is in place.
        Ok(false) => {
            return Err(format!(
                "{owner} logs in neither with the plan's password nor with the one that this note is about; if no other note \
                 helps, {}",
                by_hand()
            ));
        }
        Err(reason) => return Err(format!("whether {owner} logs in was not found out: {}", reason.detail)),
    }
    let failed = match change(client, spec, identity, passing.expose(), own.expose()).await {
        Ok(()) if enters(client, &owner, own.expose()).await.unwrap_or(false) => {
            return Ok(format!("{owner} has the plan's password again"));
        }
        Ok(()) => "the change was answered with success, and the plan's password does not log in".to_owned(),
        Err(why) => why,
    };
    Err(format!(
        "{owner} has the password that a killed run set, and it could not be changed back: {failed}; {}",
        by_hand()
    ))
}

async fn enters(client: &Client, identity: &IdentityName, password: &str) -> Result<bool, Undecided> {
    match client.enter(identity, &with(password)).await {
        Ok(_) => Ok(true),
        Err(refused) if refused.cause == Cause::LoginFailed => Ok(false),
        Err(other) => Err(other),
    }
}

fn with(password: &str) -> Entry {
    Entry {
        fields: vec![("password".to_owned(), gate_model::Secret::new(password.to_owned()))],
        ..Entry::default()
    }
}

/// Changes a password as the plan says, in a session that the one in place opens.
async fn change(client: &Client, spec: &Spec, identity: &Identity, from: &str, to: &str) -> Result<(), String> {
    let action = spec.settings.actions.get(ActionKind::ChangePassword);
    let action = action.ok_or("the plan does not say how (`actions: { change_password: … }`)")?;
    let actor = client
        .enter(&identity.name, &with(from))
        .await
        .map_err(|reason| reason.detail)?;
    let lookup = |name: &str| match name {
        "password" => Some(Value::from(from)),
        "new_password" => Some(Value::from(to)),
        "tenant" => Some(Value::from(identity.tenant_value())),
        _ => client
            .value(&actor, name)
            .or_else(|| identity.field(name).map(|field| Value::from(field.expose().as_str()))),
    };
    let request = Request::fill(&action.request, &lookup).map_err(|error| error.to_string())?;
    let mut outgoing = Outgoing::new(&actor, Purpose::Cleanup, request);
    outgoing.operation.clone_from(&action.operation);
    match client.send(outgoing).await {
        Ok(exchange) if exchange.status < 400 => Ok(()),
        Ok(exchange) => Err(format!("{} was answered {}", action.request.path, exchange.status)),
        Err(reason) => Err(reason.detail),
    }
}

#[cfg(test)]
mod tests {
    use gate_demo::{Config, Demo};
    use gate_exchange::{Actor, RequestBody};
    use gate_spec::Method;

    use super::*;
    use crate::commands::demo_client::{client, spec};

    fn noted(of: &str) -> JournalEntry {
        JournalEntry::Password {
            key: 1,
            owner: "gus".to_owned(),
            of: of.to_owned(),
            salt: "a salt".to_owned(),
        }
    }

    /// What a killed run leaves behind: gus has another password.
    async fn killed(demo: &Demo, spec: &Spec) {
        let own = spec.identities["gus"].field("password").expect("a password").clone();
        let passing = passing_password(&own, "a salt");
        let body = serde_json::json!({ "current_password": own.expose(), "new_password": passing.expose() });
        let mut request = Request::new(Method::Post, "/me/password");
        request.body = Some(RequestBody {
            media_type: "application/json".to_owned(),
            bytes: body.to_string().into(),
        });
        let outgoing = Outgoing::new(&Actor::identity(&"gus".into()), Purpose::Setup, request);
        let exchange = client(spec).send(outgoing).await.expect("an answer");
        assert_eq!(exchange.status, 204);
        assert!(demo.requests() > 0);
    }

    #[tokio::test]
    async fn the_password_of_the_plan_comes_back() {
        let demo = Demo::start(Config::default()).await.expect("a demo");
        let spec = spec(&demo).await;
        let before = demo.inventory();
        killed(&demo, &spec).await;
        assert_ne!(demo.inventory(), before);
        // A note about another salt does not help, and says so.
        let wrong = set_back(&client(&spec), &spec, &noted("bob"), false).await;
        assert!(wrong.expect_err("left").contains("by hand"));
        let planned = set_back(&client(&spec), &spec, &noted("gus"), true).await;
        assert!(planned.expect("planned").starts_with("would look"));
        assert_ne!(demo.inventory(), before);
        let back = set_back(&client(&spec), &spec, &noted("gus"), false).await;
        assert_eq!(back.expect("set back"), "gus has the plan's password again");
        assert_eq!(demo.inventory(), before);
        let again = set_back(&client(&spec), &spec, &noted("gus"), false).await;
        assert!(again.expect("nothing to do").contains("nothing is to be done"));
    }

    #[tokio::test]
    async fn what_is_to_be_done_by_hand_is_said() {
        let demo = Demo::start(Config::default()).await.expect("a demo");
        let mut spec = spec(&demo).await;
        killed(&demo, &spec).await;
        spec.settings.actions.known.clear();
        let left = set_back(&client(&spec), &spec, &noted("gus"), false)
            .await
            .expect_err("left");
        assert!(
            left.contains("actions: { change_password") && left.contains("identities.gus.as.password"),
            "{left}"
        );
        let passing = passing_password(spec.identities["gus"].field("password").expect("a password"), "a salt");
        assert!(!left.contains(passing.expose().as_str()));
    }
}
