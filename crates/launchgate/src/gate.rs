//! One run of the gate, from the plan to the report.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use check_latency::SampleBoard;
use check_secrets::Desk;
use gate_check::{AliveBook, CarrierBook, Ctx, ServedBook, SystemClock, Turns, UndoBook};
use gate_engine::{Bounds, Cancel, Selection};
use gate_exchange::{Client, ClientError, Options, Target};
use gate_model::{
    Cause, EventSink, FailOn, IdentityReport, Leftover, Notice, RunEvent, RunReport, SharedRedactor, Undecided,
};
use gate_objects::{Canaries, Journal, ObjectStore};
use gate_spec::Spec;

use crate::fork::LeftOut;
use crate::observed::{self, ControlBook};
use crate::tried::CredentialBook;
use crate::{checks, remedy, scrub, setup, summary};

/// How a run is made.
#[derive(Clone, Debug)]
pub struct GateOptions {
    /// The client's bounds.
    pub client: Options,
    /// Which checks run.
    pub selection: Selection,
    /// Which findings count.
    pub fail_on: FailOn,
    /// Where the journal is kept; none for a target that ends with the run.
    pub journal: Option<PathBuf>,
    /// What the run lacks for want of secrets.
    pub left_out: Option<LeftOut>,
    /// Where secrets are looked for; nowhere by default.
    pub desk: Arc<Desk>,
    /// Whether the user asked for the search for secrets and nothing else; otherwise it alone is no proof of anything about
    /// the target.
    pub only_secrets: bool,
}

impl GateOptions {
    /// The plan's own bounds, all checks.
    pub fn of(spec: &Spec) -> Self {
        Self {
            client: Options::from(&spec.settings.limits),
            selection: Selection::default(),
            fail_on: FailOn::default(),
            journal: None,
            left_out: None,
            desk: Arc::default(),
            only_secrets: false,
        }
    }
}

/// Runs the gate. The report is complete whatever happened on the way; only a target or proxy that cannot even be
/// addressed is an error.
///
/// # Errors
/// Where no client can be made for the plan.
pub async fn run(
    spec: Arc<Spec>,
    options: GateOptions,
    redactor: &SharedRedactor,
    cancel: &Cancel,
    sink: &dyn EventSink,
) -> Result<RunReport, ClientError> {
    let began = Instant::now();
    let started_at = summary::now();
    let client = Arc::new(Client::new(
        Arc::clone(&spec),
        options.client.clone(),
        redactor.clone(),
    )?);
    let board = Arc::new(SampleBoard::default());
    let checks = checks::all(&board, &options.desk);
    let canaries = Arc::new(Canaries::new());
    let planned = gate_engine::plan(&spec, &checks, &canaries, &options.selection);
    for watcher in &planned.watchers {
        client.observe(Arc::clone(watcher) as Arc<dyn gate_exchange::Observer>);
    }
    let book = Arc::new(ControlBook::default());
    client.observe(Arc::clone(&book) as Arc<dyn gate_exchange::Observer>);
    let tried = Arc::new(CredentialBook::default());
    client.observe(Arc::clone(&tried) as Arc<dyn gate_exchange::Observer>);
    sink.take(&RunEvent::Started {
        target: spec.target.url.clone(),
        cases: planned.cases(),
        requests: planned.requests(),
    });
    let mut notices = spec.notices.clone();
    let journal = journal(&options, &spec, &mut notices);
    let stop = watch_cancel(&client, cancel);
    let identities = prove(&client, &spec, cancel).await;
    let mut ready = identities.ready;
    let setup = setup::Setup::new(&spec, &canaries);
    if ready.is_ok() {
        ready = setup.apply(&*client, &journal).await;
    }
    let objects = ObjectStore::new(
        Arc::clone(&spec),
        Arc::clone(&client) as Arc<dyn Target>,
        Arc::clone(&client) as Arc<dyn gate_exchange::Sessions>,
        Arc::clone(&canaries),
        journal,
    );
    let (alive, carriers, served) = (AliveBook::default(), CarrierBook::default(), ServedBook::default());
    let undo = UndoBook::noted_in(objects.journal().clone());
    let turns = Turns::new(options.client.jobs);
    let ctx = Ctx {
        spec: &spec,
        target: &*client,
        objects: &objects,
        sessions: &*client,
        life: &*client,
        canaries: &canaries,
        alive: &alive,
        carriers: &carriers,
        served: &served,
        undo: &undo,
        clock: &SystemClock,
        turns: &turns,
    };
    let bounds = Bounds {
        deadline: began + options.client.deadline,
        requests: options.client.requests,
    };
    for report in &identities.reports {
        sink.take(&RunEvent::Identity(report.clone()));
    }
    let not_ready = ready.clone();
    let mut results = gate_engine::run(&ctx, planned, bounds, cancel, ready, sink).await;
    let mut leftovers = undo.settle(&*client, &*client).await;
    leftovers.extend(objects.clean_up().await);
    leftovers.extend(setup.undo(&*client, objects.journal()).await);
    stop.abort();
    announce_leftovers(&objects, &leftovers, &mut notices, sink);
    if let (Err(reason), 0) = (&not_ready, results.len()) {
        // No case is left to say it.
        notices.push(Notice::warning(format!("nothing could be tried: {}", reason.detail)));
    }
    notices.extend(options.desk.take_notices());
    for notice in &notices {
        sink.take(&RunEvent::Notice(notice.clone()));
    }
    if let Some(left_out) = &options.left_out {
        left_out.explain(&mut results);
    }
    remedy::complete(&spec, &mut results);
    let mut latency = board.take();
    latency.extend(summary::latency(&client));
    let credentials = tried.coverage(&spec, &results);
    let mut report = summary::report(summary::Parts {
        access: observed::matrix(&spec, &results, &book),
        spec: &spec,
        started_at,
        took: began.elapsed(),
        fail_on: options.fail_on,
        results,
        identities: identities.reports,
        latency,
        sources: options.desk.take(),
        only_secrets: options.only_secrets,
        notices,
        leftovers,
        requests_sent: client.requests_sent(),
    });
    report.coverage.credentials = credentials;
    let report = scrub::redacted(report, redactor);
    let report = Arc::new(report);
    sink.take(&RunEvent::Finished(Arc::clone(&report)));
    Ok(Arc::unwrap_or_clone(report))
}

fn journal(options: &GateOptions, spec: &Spec, notices: &mut Vec<Notice>) -> Journal {
    let Some(folder) = options.journal.as_deref().filter(|_| spec.writes_allowed()) else {
        return Journal::none();
    };
    match Journal::create(folder, &spec.target.url, spec.file.as_deref()) {
        Ok(journal) => journal,
        Err(error) => {
            notices.push(Notice::warning(format!(
                "{error}; a killed run could not be cleaned up after"
            )));
            Journal::none()
        }
    }
}

/// Calls the client off when the run is called off, so that nothing waits for an answer that nobody wants any more.
fn watch_cancel(client: &Arc<Client>, cancel: &Cancel) -> tokio::task::JoinHandle<()> {
    let (client, cancel) = (Arc::clone(client), cancel.clone());
    tokio::spawn(async move {
        cancel.wait().await;
        client.cancel();
    })
}

struct Identities {
    reports: Vec<IdentityReport>,
    ready: Result<(), Undecided>,
}

/// Proves every identity. One that is not proven makes the whole run undecided: a refusal of somebody who is not who the
/// plan says he is proves nothing, and neither does a service to him.
async fn prove(client: &Client, spec: &Spec, cancel: &Cancel) -> Identities {
    let mut reports = Vec::new();
    let mut ready: Result<(), Undecided> = Ok(());
    let proofs = tokio::select! {
        proofs = client.prove() => proofs,
        () = cancel.wait() => Vec::new(),
    };
    for proof in proofs {
        let Some(identity) = spec.identities.get(&proof.identity) else {
            continue;
        };
        let how = match &proof.result {
            Ok(how) => how.clone(),
            Err(reason) => reason.detail.clone(),
        };
        reports.push(IdentityReport {
            name: identity.name.to_string(),
            tenant: identity.tenant.to_string(),
            roles: identity.roles.clone(),
            proven: proof.result.is_ok(),
            how,
        });
        if let Err(reason) = proof.result {
            let worse = ready
                .as_ref()
                .err()
                .is_none_or(|known| reason.cause == Cause::TargetDown && known.cause != Cause::TargetDown);
            if worse {
                ready = Err(reason);
            }
        }
    }
    Identities { reports, ready }
}

fn announce_leftovers(objects: &ObjectStore, leftovers: &[Leftover], notices: &mut Vec<Notice>, sink: &dyn EventSink) {
    for leftover in leftovers {
        sink.take(&RunEvent::Leftover(leftover.clone()));
    }
    // What the journal still owes: objects that stayed, and those whose making was broken off before the answer came.
    let owed = objects.journal().owed();
    if let Some(path) = objects.journal().close(owed > 0) {
        notices.push(Notice::warning(format!(
            "{owed} object(s), user(s), key(s) or password(s) stayed behind or changed, or may have; `launchgate sweep` takes them back by {}",
            shown(&path)
        )));
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
