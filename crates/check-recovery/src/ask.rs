//! Asks for a token, and finds it in the message that comes.

use std::time::{SystemTime, UNIX_EPOCH};

use gate_check::Ctx;
use gate_exchange::{Actor, Exchange, Purpose};
use gate_model::{Cause, Undecided};
use gate_spec::{Identity, RecoveryFlow};

use crate::mailbox::{Mailbox, Message};
use crate::values::{Values, unguessable};

/// Where a request says which host it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// As it is.
    True,
    /// Made-up hosts in the headers that proxies add (RFC 7239, and what was there before it).
    Forwarded,
    /// A made-up `Host` (RFC 9110 section 7.2).
    Host,
    /// Made-up hosts in the headers of proxies, and made-up addresses of the page that asks.
    ForwardedAndPage,
}

/// A token that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The request and its answer.
    pub(crate) exchange: Exchange,
    /// What came, where the request was taken.
    pub(crate) message: Option<Message>,
    /// Made-up hosts that the request named, each with the header that it stood in.
    pub(crate) hosts: Vec<(&'static str, String)>,
    /// Seconds since 1970.
    pub(crate) at: u64,
}

/// Whom tokens are asked for.
#[derive(Clone, Copy)]
pub(crate) struct Account<'a> {
    /// Whose account.
    pub(crate) identity: &'a Identity,
    /// Its address.
    pub(crate) address: &'a str,
}

/// Asks for a token. A request with made-up hosts may be refused; every other has to be taken.
///
/// # Errors
/// Where the request is refused, or no message with a token comes.
pub(crate) async fn ask(
    ctx: &Ctx<'_>,
    flow: &RecoveryFlow,
    account: Account<'_>,
    hosts: Hosts,
) -> Result<Asked, Undecided> {
    let mailbox = Mailbox::new(ctx, flow, account.address)
        .ok_or_else(|| Undecided::new(Cause::NothingSeen, "nothing says where messages are looked up"))?;
    let before = mailbox.before(ctx).await?;
    let actor = flow.by.as_ref().map_or_else(Actor::anonymous, Actor::identity);
    let values = Values {
        account: Some(account.identity),
        address: account.address,
        ..Values::default()
    };
    let mut outgoing = values.fill(&flow.request, flow.request_operation.as_ref(), &actor, Purpose::Setup)?;
    let named = made_up(hosts);
    for (header, host) in &named {
        let value = match *header {
            "Forwarded" => format!("host={host};proto=https"),
            "Origin" => format!("https://{host}"),
            "Referer" => format!("https://{host}/"),
            _ => host.clone(),
        };
        outgoing
            .request
            .headers
            .retain(|(name, _)| !name.eq_ignore_ascii_case(header));
        outgoing.request.headers.push(((*header).to_owned(), value));
    }
    let at = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let exchange = ctx.target.send(outgoing).await?;
    let taken = exchange.status < 400;
    if !taken && hosts == Hosts::True {
        let what = format!(
            "asking for a {} for {} was answered {}",
            flow.kind.noun(),
            account.address,
            exchange.status
        );
        let cause = if exchange.status == 429 {
            Cause::Throttled
        } else {
            Cause::ControlFailed
        };
        return Err(Undecided::new(cause, what).shown_by(ctx.target.evidence("request", &exchange, None)));
    }
    let message = if taken {
        Some(mailbox.wait(ctx, &before).await?)
    } else {
        None
    };
    Ok(Asked {
        exchange,
        message,
        hosts: named,
        at,
    })
}

/// Hosts that nobody has, one for each header, so that a link tells which of them it came from.
fn made_up(hosts: Hosts) -> Vec<(&'static str, String)> {
    let headers: &[&'static str] = match hosts {
        Hosts::True => &[],
        Hosts::Forwarded => &["X-Forwarded-Host", "Forwarded", "X-Host", "X-Forwarded-Server"],
        Hosts::Host => &["Host"],
        Hosts::ForwardedAndPage => &[
            "X-Forwarded-Host",
            "Forwarded",
            "X-Host",
            "X-Forwarded-Server",
            "Origin",
            "Referer",
        ],
    };
    headers
        .iter()
        .map(|header| (*header, format!("{}.example.test", unguessable())))
        .collect()
}
