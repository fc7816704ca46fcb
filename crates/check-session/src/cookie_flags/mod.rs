//! `session/cookie-flags`: is the cookie that carries a session kept from scripts, from plain connections and from other sites?

use gate_check::{ClosingProof, Ctx, Judgement};
use gate_model::{Cause, Undecided};

use crate::carriers::Carried;
use crate::cast::one_for_each_login;
use crate::script::{Ending, Scene, SessionCheck, Stop};
use crate::set_cookie::{SameSite, SetCookie};

/// The check.
pub(crate) fn check() -> SessionCheck {
    SessionCheck::new(include_str!("check.md"), one_for_each_login, 6, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    let shared = scene.shared();
    let carried = Carried::of(ctx, scene, &shared).await?;
    let carrying = carried.cookies();
    let answers = ctx.life.cookie_answers(&shared);
    let set = SetCookie::of(&answers);
    let secure = ctx.spec.settings.auth.secure_cookies || ctx.spec.target.url.starts_with("https://");
    let (mut wrong, mut remarks) = (Vec::new(), Vec::new());
    for name in &carrying {
        let Some(cookie) = set.iter().find(|cookie| cookie.name == *name && !cookie.removes) else {
            return Err(Undecided::new(
                Cause::NothingSeen,
                format!(
                    "no answer of the login set the cookie `{name}`, which carries the session of {}",
                    scene.who
                ),
            )
            .into());
        };
        wrong.extend(
            faults(cookie, secure)
                .into_iter()
                .map(|fault| format!("`{name}` {fault}")),
        );
        remarks.extend(notes(cookie, secure).into_iter().map(|note| format!("`{name}` {note}")));
    }
    for cookie in set
        .iter()
        .filter(|cookie| !carrying.contains(&cookie.name) && !cookie.removes)
    {
        let faults = faults(cookie, secure);
        if !faults.is_empty() {
            remarks.push(format!(
                "`{}`, which carries no session, {}",
                cookie.name,
                faults.join(" and ")
            ));
        }
    }
    let remarks = if remarks.is_empty() {
        String::new()
    } else {
        format!("; note: {}", remarks.join(", "))
    };
    let judgement = if wrong.is_empty() {
        Judgement::Holds(format!(
            "{} the session of {}, and {} what keeps it{remarks}",
            carry(&carrying),
            scene.who,
            if carrying.len() == 1 { "has" } else { "have" }
        ))
    } else {
        let setting = |answer: &&gate_exchange::Exchange| {
            SetCookie::of(std::slice::from_ref(*answer))
                .iter()
                .any(|cookie| carrying.contains(&cookie.name))
        };
        let evidence = answers.iter().filter(setting);
        scene.violated(
            format!("the session cookie {}", wrong.join(", ")),
            format!(
                "{} the session of {}{}{remarks}",
                carry(&carrying),
                scene.who,
                if carried.ways().len() > 1 {
                    ", more than one of them by itself"
                } else {
                    ": without it, it is refused"
                }
            ),
            evidence
                .map(|answer| ctx.target.evidence("login", answer, None))
                .collect(),
        )
    };
    Ok(Ending {
        judgement,
        proof: ClosingProof::session_served(ctx, &shared).await,
    })
}

/// Cookies that carry something.
fn carry(cookies: &[String]) -> String {
    let verb = if cookies.len() == 1 { "carries" } else { "carry" };
    format!("`{}` {verb}", cookies.join("`, `"))
}

/// What is wrong with a cookie that carries a session.
fn faults(cookie: &SetCookie, secure: bool) -> Vec<&'static str> {
    let mut faults = Vec::new();
    if !cookie.http_only {
        faults.push("can be read by scripts (no HttpOnly)");
    }
    if secure && !cookie.secure {
        faults.push("is sent over plain connections (no Secure)");
    }
    match cookie.same_site {
        SameSite::Unsaid => faults.push("leaves it to the browser which sites send it (no SameSite)"),
        SameSite::None if !cookie.secure => faults.push("is refused by browsers (SameSite=None without Secure)"),
        SameSite::Strict | SameSite::Lax | SameSite::None => {}
    }
    let whole = cookie.path.as_deref() == Some("/");
    if starts(cookie, "__Host-") && (!cookie.secure || !whole || cookie.domain.is_some()) {
        faults.push("is refused by browsers (`__Host-` asks for Secure, Path=/ and no Domain)");
    }
    if starts(cookie, "__Secure-") && !cookie.secure {
        faults.push("is refused by browsers (`__Secure-` asks for Secure)");
    }
    faults
}

fn starts(cookie: &SetCookie, prefix: &str) -> bool {
    cookie
        .name
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// What is worth a word and breaks no rule.
fn notes(cookie: &SetCookie, secure: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if !secure && !cookie.secure {
        notes.push(
            "is not Secure, which a target without TLS cannot be held to (`checks.auth.secure_cookies: true` does)"
                .to_owned(),
        );
    }
    if cookie.same_site == SameSite::None {
        notes.push("is sent by pages of every site (SameSite=None)".to_owned());
    }
    if let Some(domain) = &cookie.domain {
        notes.push(format!("goes to every host below {domain}"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str, secure: bool) -> usize {
        faults(&SetCookie::parse(line).expect("a cookie"), secure).len()
    }

    #[test]
    fn each_missing_flag_is_a_fault_of_its_own() {
        let good = "sid=1; Path=/; Secure; HttpOnly; SameSite=Lax";
        assert_eq!(of(good, true), 0);
        for flag in ["Secure; ", "HttpOnly; ", "; SameSite=Lax"] {
            assert_eq!(of(&good.replace(flag, ""), true), 1, "without {flag}");
        }
        assert_eq!(of(&good.replace("Secure; ", ""), false), 0);
        assert_eq!(of(&good.replace("Lax", "None"), true), 0);
        assert_eq!(of(&good.replace("Lax", "None").replace("Secure; ", ""), false), 1);
    }

    #[test]
    fn prefixes_promise_what_they_say() {
        let rest = "=1; Path=/; Secure; HttpOnly; SameSite=Lax";
        assert_eq!(of(&format!("__Host-sid{rest}"), true), 0);
        assert_eq!(of(&format!("__host-sid{rest}; Domain=acme.test"), true), 1);
        assert_eq!(
            of(&format!("__Host-sid{}", rest.replace("Path=/", "Path=/api")), true),
            1
        );
        assert_eq!(of(&format!("__Secure-sid{}", rest.replace("Secure; ", "")), false), 1);
    }
}
