//! Rows of the corpus, forged out of live credentials when a bracket opens.

use std::sync::Arc;

use gate_check::{Alter, Ctx, Made, NoAltered};
use gate_exchange::{Altered, BoxFuture, Credentials};
use gate_model::{CheckPage, Finding, Missing, Severity};
use token_forge::{Acceptance, Forged, Need, OtherToken, Row};

use crate::credentials::{Ways, altered, main_place};
use crate::inputs::{Given, Inputs};

/// How many of a row's variants are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Each of them.
    Every,
    /// The last, which the corpus makes the one that gets furthest: what stands where credentials stand is read the same
    /// way on all operations behind a guard, and the sample has the others.
    Last,
}

/// The rows of one case.
pub(crate) struct Rows {
    rows: Vec<&'static Row>,
    extent: Extent,
    /// Whether what is accepted leaves a trace.
    writes: bool,
    page: Arc<CheckPage>,
    inputs: Arc<Inputs>,
}

/// What became of the rows that were not forged.
#[derive(Default)]
struct Left {
    lacking: Vec<(&'static Row, Need, String)>,
    unfit: Vec<(&'static Row, String)>,
    /// Those that a sound target may accept, on an operation that writes.
    harmless: Vec<&'static Row>,
}

impl Rows {
    pub(crate) fn new(
        rows: Vec<&'static Row>,
        extent: Extent,
        writes: bool,
        page: &Arc<CheckPage>,
        inputs: &Arc<Inputs>,
    ) -> Self {
        Self {
            rows,
            extent,
            writes,
            page: Arc::clone(page),
            inputs: Arc::clone(inputs),
        }
    }

    fn row(&self, altered: &Altered) -> Option<&'static Row> {
        let id = altered.row.split(':').next().unwrap_or_default();
        self.rows.iter().copied().find(|row| row.id == id)
    }

    async fn forge(&self, ctx: &Ctx<'_>, live: &Credentials) -> Result<Made, NoAltered> {
        let ways = Ways::of(ctx, live).await.map_err(NoAltered::Undecided)?;
        let [live] = ways.each.as_slice() else {
            return self.forge_each(ctx, &ways).await;
        };
        self.forge_one(ctx, live).await
    }

    /// The rows on each way into the session; it is enough that they fit one.
    async fn forge_each(&self, ctx: &Ctx<'_>, ways: &Ways) -> Result<Made, NoAltered> {
        let (mut all, mut none) = (Made::default(), None);
        let mut untried = Vec::new();
        for live in &ways.each {
            match self.forge_one(ctx, live).await {
                Ok(mut made) => {
                    let place = main_place(live).map(|place| format!(" in {place}")).unwrap_or_default();
                    made.altered
                        .iter_mut()
                        .for_each(|altered| altered.what.push_str(&place));
                    all.altered.extend(made.altered);
                    untried.extend(made.untried.filter(|words| !untried.contains(words)));
                }
                Err(NoAltered::Undecided(reason)) => return Err(NoAltered::Undecided(reason)),
                Err(why) => none = none.or(Some(why)),
            }
        }
        if let (true, Some(why)) = (all.altered.is_empty(), none) {
            return Err(why);
        }
        if !ways.untried.is_empty() {
            let words = ways.untried.join(", ");
            untried.push(format!("not tried: {words}, which lets somebody in by itself"));
        }
        all.untried = (!untried.is_empty()).then(|| untried.join("; "));
        Ok(all)
    }

    async fn forge_one(&self, ctx: &Ctx<'_>, live: &Credentials) -> Result<Made, NoAltered> {
        let needs: Vec<Need> = self.rows.iter().filter_map(|row| row.need()).collect();
        let given = self.inputs.gather(ctx, live, &needs).await?;
        let input = given.input(live).ok_or_else(|| {
            NoAltered::DoesNotApply(format!(
                "{} presents no credential that could be altered",
                live.identity
            ))
        })?;
        let (mut made, mut left) = (Made::default(), Left::default());
        for row in &self.rows {
            // What a sound target may accept would use up the object that all rows share; the reads behind the same guard ask it.
            if self.writes && self.inputs.acceptance(row) == Acceptance::Note {
                left.harmless.push(row);
                continue;
            }
            if let Some(known) = self.inputs.known(live, row) {
                made.altered.extend(self.extent.of(known));
                continue;
            }
            match row.forge(&input) {
                Forged::Variants(variants) => {
                    self.inputs.must_be_recognised(ctx, live, &input, row).await?;
                    let forged: Vec<Altered> = variants
                        .iter()
                        .filter_map(|variant| altered(live, row, variant))
                        .collect();
                    self.inputs.keep(live, row, &forged);
                    made.altered.extend(self.extent.of(forged));
                }
                Forged::Lacks { need, why } => left.lacking.push((row, need, why)),
                // What is decided without a request is asked by checks of its own.
                Forged::NotApplicable(why) | Forged::Refuted(why) | Forged::Proven(why) => left.unfit.push((row, why)),
            }
        }
        if made.altered.is_empty() {
            return Err(left.nothing(live, &given));
        }
        made.untried = left.untried();
        Ok(made)
    }
}

impl Extent {
    fn of<T>(self, mut variants: Vec<T>) -> Vec<T> {
        match self {
            Self::Every => variants,
            Self::Last => variants.split_off(variants.len().saturating_sub(1)),
        }
    }
}

impl Left {
    /// Why a case has no rows at all.
    fn nothing(&self, live: &Credentials, given: &Given) -> NoAltered {
        if let Some((_, need, why)) = self.lacking.first() {
            return NoAltered::Missing(Missing {
                what: format!("{}: {why}", self.names(self.lacking.iter().map(|(row, ..)| *row))),
                add: given.line_for(*need),
            });
        }
        if self.unfit.is_empty() && !self.harmless.is_empty() {
            let names = self.names(self.harmless.iter().copied());
            return NoAltered::DoesNotApply(format!("no rule forbids to accept {names}; reads ask it"));
        }
        let why = self.unfit.first().map_or("no row applies", |(_, why)| why.as_str());
        NoAltered::DoesNotApply(format!("{}'s credentials: {why}", live.identity))
    }

    fn untried(&self) -> Option<String> {
        let lacking = self
            .lacking
            .iter()
            .map(|(row, need, _)| format!("{} ({})", row.id, word(*need)));
        let words: Vec<String> = lacking.collect();
        (!words.is_empty()).then(|| format!("not tried: {}", words.join(", ")))
    }

    fn names<'r>(&self, rows: impl Iterator<Item = &'r Row>) -> String {
        rows.map(|row| row.id).collect::<Vec<_>>().join(", ")
    }
}

/// What a row needs, in a word of the plan.
fn word(need: Need) -> &'static str {
    match need {
        Need::SigningKey => "tokens.signing_key",
        Need::PublicKey => "tokens.public_key",
        Need::Listener => "a target on this machine",
        Need::Other(OtherToken::Expired) => "tokens.expired",
        Need::Other(OtherToken::OtherEnvironment) => "tokens.other_environment",
        Need::Other(OtherToken::Id) => "tokens.id_token",
        Need::Other(OtherToken::Refresh) => "a refresh token of the login",
    }
}

impl Alter for Rows {
    fn alter<'a>(&'a self, ctx: &'a Ctx<'a>, live: &'a Credentials) -> BoxFuture<'a, Result<Made, NoAltered>> {
        Box::pin(self.forge(ctx, live))
    }

    fn at_most(&self) -> u64 {
        // Few rows have more than one variant.
        self.rows.len() as u64 + 1
    }

    fn witnessed(&self, altered: &Altered) -> Option<String> {
        let row = self.row(altered).filter(|row| row.fetch_is_a_finding())?;
        self.inputs.fetched(row.id).then(|| {
            "the target fetched the address that it names: an attacker chooses where it sends requests".to_owned()
        })
    }

    fn tolerated(&self, altered: &Altered) -> bool {
        self.row(altered)
            .is_some_and(|row| self.inputs.acceptance(row) == Acceptance::Note)
    }

    fn explain(&self, altered: &Altered, finding: &mut Finding) {
        let Some(row) = self.row(altered) else { return };
        let place = finding
            .operation
            .as_ref()
            .map(|operation| format!(": {operation}"))
            .unwrap_or_default();
        finding.title = format!("{} is accepted{place}", altered.what);
        finding.detail = format!("{}; {}", row.explanation.trim_end_matches('.'), finding.detail);
        finding.severity = match self.inputs.acceptance(row) {
            Acceptance::Hole(severity) => severity_of(severity),
            _ => self.page.severity,
        };
        let known = finding.references.clone();
        finding.references.extend(
            row.sources
                .iter()
                .map(|source| (*source).to_owned())
                .filter(|source| !known.contains(source)),
        );
        // One broken guard is one cause, however many operations stand behind it.
        finding.root_cause = format!("{} {}", finding.check, row.id);
    }
}

fn severity_of(severity: token_forge::Severity) -> Severity {
    match severity {
        token_forge::Severity::Low => Severity::Low,
        token_forge::Severity::Medium => Severity::Medium,
        token_forge::Severity::High => Severity::High,
        token_forge::Severity::Critical => Severity::Critical,
    }
}
