//! Sends the request for an account that exists and for one that does not, by turns, and judges what differs.

use gate_check::{ClosingProof, Ctx, FindingText, Judgement, Procedure, Verdict};
use gate_exchange::{Actor, Entry, Exchange, Outgoing, Purpose, Request};
use gate_model::{Case, Cause, IdentityName, Severity, Undecided};

use super::alike::{Difference, Look, difference};
use super::{Act, Asked};
use crate::values::unguessable;

/// Pairs of a login: enough for a test of ranks.
const LOGIN_PAIRS: usize = 8;
/// Failed logins of the account in a row: common limits begin at three.
const IN_A_ROW: usize = 2;
/// Pairs of a request that has a message sent.
const MAIL_PAIRS: usize = 2;

/// Pairs of a signup: enough for a test of ranks, where no limit is met before.
const SIGNUP_PAIRS: usize = 8;

/// Requests that a case costs.
pub(super) fn cost(asked: &Asked) -> u64 {
    let requests = match asked.act {
        Act::Login => 2 * LOGIN_PAIRS + LOGIN_PAIRS / IN_A_ROW + 2,
        Act::Mail => 2 * MAIL_PAIRS + 2,
        Act::Signup => 2 * SIGNUP_PAIRS + 2,
    };
    requests as u64
}

/// Decides a case.
pub(super) async fn decide(ctx: &Ctx<'_>, case: &Case, asked: &Asked, text: &FindingText) -> Verdict {
    let procedure = Procedure::begin(case);
    let pairs = match take(ctx, asked).await {
        Ok(pairs) => pairs,
        Err(reason) => return Verdict::undecided(&case.id, reason),
    };
    let looks: Vec<(Look, Look)> = pairs
        .iter()
        .map(|(known, unknown)| (Look::of(&known.0, &known.1), Look::of(&unknown.0, &unknown.1)))
        .collect();
    let judgement = match difference(&looks) {
        None => Judgement::Holds(format!(
            "{} answers for an account that exists and as many for accounts that do not were alike",
            pairs.len()
        )),
        Some(found) => {
            let what = match &found {
                Difference::Status(known, unknown) => format!("status {known} against {unknown}"),
                Difference::Body => "another text".to_owned(),
                Difference::Header(name) => format!("the header `{name}`"),
                Difference::Time(known, unknown) => format!("{known} ms against {unknown} ms, in nearly every pair"),
            };
            let evidence = pairs
                .first()
                .into_iter()
                .flat_map(|(known, unknown)| [("account exists", &known.1), ("no such account", &unknown.1)])
                .map(|(label, exchange)| ctx.target.evidence(label, exchange, None))
                .collect();
            let detail = format!("the answer tells whether an account exists: {what}");
            let mut finding = text.finding(case, &Actor::anonymous(), None, "", detail, evidence);
            finding.title = match &case.operation {
                Some(operation) => format!("anybody can tell which accounts exist: {operation}"),
                None => "anybody can tell which accounts exist".to_owned(),
            };
            finding.severity = if ctx.spec.settings.recovery.enumeration_fails {
                Severity::Medium
            } else {
                Severity::Note
            };
            Judgement::Violated(vec![finding])
        }
    };
    procedure.close(ClosingProof::logged_in(ctx, &asked.known).await, judgement)
}

/// An answer with the address that it was for.
type Answered = (String, Exchange);

async fn take(ctx: &Ctx<'_>, asked: &Asked) -> Result<Vec<(Answered, Answered)>, Undecided> {
    let wanted = match asked.act {
        Act::Login => LOGIN_PAIRS,
        Act::Mail => MAIL_PAIRS,
        Act::Signup => SIGNUP_PAIRS,
    };
    let mut pairs = Vec::new();
    for round in 0..wanted {
        let address = known_address(ctx, asked, round)?;
        let unknown = unknown_like(&address);
        match pair(ctx, asked, &address, &unknown, round).await {
            Ok(pair) => pairs.push(pair),
            // A limit ends the comparison of times; of texts enough was seen.
            Err(limit) if limit.cause == Cause::Throttled && asked.act == Act::Signup && pairs.len() >= MAIL_PAIRS => {
                break;
            }
            Err(reason) => return Err(reason),
        }
        if asked.act == Act::Login && (round + 1) % IN_A_ROW == 0 {
            // A login that works forgets the ones that failed.
            ctx.life.enter(&asked.known, &Entry::default()).await?;
        }
    }
    Ok(pairs)
}

/// Both requests, by turns, so that what drifts does not look like a difference.
async fn pair(
    ctx: &Ctx<'_>,
    asked: &Asked,
    known: &str,
    unknown: &str,
    round: usize,
) -> Result<(Answered, Answered), Undecided> {
    if round.is_multiple_of(2) {
        let known = send(ctx, asked, known).await?;
        let unknown = send(ctx, asked, unknown).await?;
        taken(ctx, asked, &unknown)?;
        return Ok((known, unknown));
    }
    let unknown = send(ctx, asked, unknown).await?;
    taken(ctx, asked, &unknown)?;
    Ok((send(ctx, asked, known).await?, unknown))
}

/// A signup of a new address has to be taken: one that is refused for what else is in it says nothing of accounts.
fn taken(ctx: &Ctx<'_>, asked: &Asked, unknown: &Answered) -> Result<(), Undecided> {
    let (address, exchange) = unknown;
    if asked.act != Act::Signup || exchange.status < 400 {
        return Ok(());
    }
    Err(Undecided::new(
        Cause::ControlFailed,
        format!("a signup of {address}, which nobody has, was answered {}", exchange.status),
    )
    .settled_by("recovery: { signup: { post: /auth/signup, json: { email: \"{{email}}\", password: \"{{password}}\" } } }   # with what the server accepts")
    .shown_by(ctx.target.evidence("signup", exchange, None)))
}

/// An address that has an account: for signups another one each time, because limits count them.
fn known_address(ctx: &Ctx<'_>, asked: &Asked, round: usize) -> Result<String, Undecided> {
    let email = |name: &IdentityName| {
        let identity = ctx.spec.identities.get(name)?;
        let field = identity.field(asked.named).filter(|_| identity.unset.is_empty())?;
        Some(field.expose().clone())
    };
    let nobody = || {
        Undecided::new(
            Cause::ControlFailed,
            format!("{} has no `{}`", asked.known, asked.named),
        )
    };
    let own = email(&asked.known).ok_or_else(nobody)?;
    if asked.act != Act::Signup {
        return Ok(own);
    }
    let host = own.split('@').nth(1).map(str::to_owned);
    let mut all: Vec<String> = ctx.spec.identities.keys().filter_map(email).collect();
    // Addresses of one host, so that nothing but the account differs.
    all.retain(|address| address.split('@').nth(1) == host.as_deref());
    Ok(all.get(round % all.len().max(1)).cloned().unwrap_or(own))
}

async fn send(ctx: &Ctx<'_>, asked: &Asked, address: &str) -> Result<Answered, Undecided> {
    let identity = ctx.spec.identities.get(&asked.known);
    let wrong = ctx.life.new_password();
    let value = |name: &str| match name {
        name if name == asked.named => Some(address.into()),
        "password" | "new_password" => Some(wrong.expose().as_str().into()),
        "unique" | "canary" => Some(unguessable().into()),
        name => identity?.field(name).map(|field| field.expose().as_str().into()),
    };
    let request = Request::fill(&asked.request, &value)
        .map_err(|error| Undecided::new(Cause::ControlFailed, error.to_string()))?;
    // A limit is not waited for where accounts are opened: what it says is enough.
    let purpose = if asked.act == Act::Signup {
        Purpose::Limit
    } else {
        Purpose::Probe
    };
    let mut outgoing = Outgoing::new(&Actor::anonymous(), purpose, request);
    if let Some(operation) = &asked.operation {
        outgoing = outgoing.of(operation);
    }
    let exchange = ctx.target.send(outgoing).await?;
    let status = exchange.status;
    // A limit that is met here is interference and no answer.
    if status == 429 || status >= 500 || (asked.act == Act::Login && status < 400 && status != 302) {
        let cause = if status == 429 {
            Cause::Throttled
        } else {
            Cause::NeitherAnswer
        };
        return Err(
            Undecided::new(cause, format!("a request for {address} was answered {status}"))
                .shown_by(ctx.target.evidence("probe", &exchange, None)),
        );
    }
    Ok((address.to_owned(), exchange))
}

/// What nobody has, in the form of what somebody has: servers may refuse other domains, or what is no number.
fn unknown_like(known: &str) -> String {
    match known.split_once('@') {
        Some((_, host)) => format!("{}@{host}", unguessable()),
        None if known.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+') => known
            .char_indices()
            .map(|(at, letter)| match letter {
                // What stands first says where a number is from.
                '0'..='9' if at >= known.len() / 2 => rand::random_range('0'..='9'),
                letter => letter,
            })
            .collect(),
        None => unguessable(),
    }
}
