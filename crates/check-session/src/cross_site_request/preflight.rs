//! Whether a browser may send a request of another site that is no form: it asks the server first (Fetch, section 4.8).

use gate_check::Ctx;
use gate_exchange::{Actor, Outgoing, Purpose, Request};
use gate_model::{Cause, Undecided};
use gate_spec::Method;

use crate::deed::{ELSEWHERE, Stage};

/// Asks as a browser does before it sends JSON with cookies from another site.
///
/// # Errors
/// Where nothing came back for another reason than the question.
pub(super) async fn is_granted(ctx: &Ctx<'_>, stage: &Stage<'_>) -> Result<bool, Undecided> {
    let template = &stage.deed.operation.request;
    let object = &stage.object;
    // The answer does not depend on which object it is.
    let any = |name: &str| object.key_value(name).cloned().or_else(|| Some(object.id.clone()));
    let Ok(filled) = Request::fill(template, &any) else {
        return Ok(false);
    };
    let mut request = Request::new(Method::Options, filled.path);
    for (name, value) in [
        ("origin", ELSEWHERE),
        ("access-control-request-method", template.method.as_str()),
        ("access-control-request-headers", "content-type"),
    ] {
        request.headers.push((name.to_owned(), value.to_owned()));
    }
    let outgoing = Outgoing::new(&Actor::anonymous(), Purpose::Probe, request);
    let exchange = match ctx.target.send(outgoing).await {
        Ok(exchange) => exchange,
        Err(reason) if reason.cause == Cause::Transport => return Ok(false),
        Err(reason) => return Err(reason),
    };
    let says = |name: &str, wanted: &str| {
        exchange
            .header(name)
            .is_some_and(|value| value.split(',').any(|one| one.trim().eq_ignore_ascii_case(wanted)))
    };
    // With cookies `*` is no word for everything.
    Ok(exchange.is_success()
        && says("access-control-allow-origin", ELSEWHERE)
        && says("access-control-allow-credentials", "true")
        && says("access-control-allow-headers", "content-type"))
}
