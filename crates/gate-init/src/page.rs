//! The text of the plan: what a run needs as lines, what was derived or could be added as comments.
//!
//! A comment of prose is `# ` and a word. A line of the plan that is commented out is `#` and the line, so that taking the `#`
//! away makes it count. What comes from the document or the target is cut to one line of visible characters first.

use gate_spec::{Effect, LoginKind, PublicReason};

use crate::affiliation::Kinship;
use crate::hints::{Hint, joined};
use crate::made::Made;

/// How long a line of prose may be.
const WIDTH: usize = 110;
/// How long a foreign text may be.
const MAX_FOREIGN: usize = 300;
/// Lines of operations and of kinds of objects that are written.
const MOST: usize = 60;

/// The whole text.
pub(crate) fn page(made: &Made, hints: &[Hint]) -> String {
    let mut out = Page::default();
    head(made, &mut out);
    target(made, &mut out);
    logins(made, &mut out);
    identities(made, &mut out);
    resources(made, &mut out);
    operations(made, &mut out);
    further(hints, &mut out);
    out.0
}

/// Where the document is, and what it calls itself.
pub(crate) fn document(made: &Made) -> String {
    let document = &made.found.document;
    let title = match visible(&document.title) {
        title if title.is_empty() => String::new(),
        title => format!("\"{title}\", "),
    };
    format!(
        "{} ({title}{} operations)",
        visible(&made.found.name),
        document.operations.len()
    )
}

/// How users log in, where they do.
pub(crate) fn login_request(made: &Made) -> Option<String> {
    let login = made.spec.logins.values().next()?;
    match &login.kind {
        LoginKind::Steps(steps) => {
            let request = &steps.first()?.request;
            Some(visible(&format!("{} {}", request.method, request.path)))
        }
        LoginKind::ClientCredentials { .. } | LoginKind::Password { .. } | LoginKind::Static => None,
    }
}

fn head(made: &Made, out: &mut Page) {
    out.say(&format!(
        "A plan for launchgate, made by `launchgate init` from {}.",
        document(made)
    ));
    out.say(&format!(
        "Its secrets are variables: {}. Then `launchgate list` shows what would be asked, and `launchgate run` asks it.",
        made.variables().join(", ")
    ));
    out.say("Lines that begin with `#` and a key are what was derived, or what could be added: take the `#` away to have them count.");
    out.line("version: 1");
}

fn target(made: &Made, out: &mut Page) {
    out.line("\ntarget:");
    out.line(&format!("  url: {}", made.skeleton.url_line()));
    if let Some(openapi) = &made.skeleton.openapi {
        out.line(&format!("  openapi: {openapi}"));
    }
    if let Some(param) = &made.skeleton.tenant_param {
        out.line(&format!("  tenant_in: {{ path: {} }}", crate::skeleton::quoted(param)));
    }
    if !made.spec.writes_allowed() {
        out.say("This is not loopback: nothing is made, changed or removed there, and much is not tested. For a test environment:");
        out.yaml("  writes: true");
    }
}

fn logins(made: &Made, out: &mut Page) {
    out.gap();
    match (&made.skeleton.login, made.guessed) {
        (Some(login), known) => {
            if let Some(csrf) = &made.csrf {
                out.say(&format!(
                    "The login sets cookies, and {} holds a token that goes with unsafe requests as {}.",
                    visible(&csrf.place()),
                    visible(&csrf.header)
                ));
            }
            out.say(if known == Some(true) {
                "The document does not show a login; this one was tried and works."
            } else if made.csrf.is_some() {
                "Derived from the document, and tried."
            } else {
                "MISSING: the document does not show a login, and none of the usual ones worked. Say here how users log in."
            });
            out.line(&format!("logins:\n  {login}"));
        }
        (None, _) => {
            let Some(login) = made.spec.logins.values().next() else {
                return out.say("The users have tokens. Tokens that run out are renewed by a login only: see `logins` in the plan reference.");
            };
            let by = login_request(made).unwrap_or_else(|| "the document's login".to_owned());
            out.say(&format!("Derived: users log in by {by}."));
            if let Some(written) = login.written() {
                out.yaml("logins:");
                out.yaml(&format!("  {written}"));
            }
        }
    }
}

fn identities(made: &Made, out: &mut Page) {
    out.gap();
    for proof in &made.proofs {
        match &proof.result {
            Ok(how) => out.say(&format!("{}: {}.", proof.identity, visible(how))),
            Err(reason) => {
                out.say(&format!("NOT PROVEN: {}: {}.", proof.identity, visible(&reason.detail)));
            }
        }
    }
    out.line("identities:");
    for someone in &made.skeleton.people {
        out.line(&format!("  {}", someone.line()));
    }
    let first = made.skeleton.people.first();
    let mate = first.map(|first| first.tenant.clone().unwrap_or_else(|| first.name.clone()));
    match &made.kinship {
        Kinship::Same(field, value, _) => {
            out.say(&format!(
                "MISSING: both belong to one tenant ({} {}), so that nothing shows whether tenants are isolated. Add a user of another:",
                visible(field),
                visible(value)
            ));
            out.below("identities", &made.spec.stub_identity(None));
        }
        Kinship::Unknown => {
            out.say(
                "Nothing says which tenant these users belong to, so that each is taken for a tenant of his own: neither may reach what the other \
                 made. If they may, give both the same `tenant:`.",
            );
        }
        Kinship::Apart(field, ..) => {
            out.say(&format!("Their tenants differ in `{}`. A further user of the first one's tenant, with another role, tells \"not his tenant\" from \"not his role\":", visible(field)));
            if let Some(mate) = mate {
                out.below("identities", &made.spec.stub_identity(Some(&mate)));
            }
        }
    }
}

fn resources(made: &Made, out: &mut Page) {
    let spec = &made.spec;
    if spec.resources.is_empty() {
        out.gap();
        out.say(
            "MISSING: no kind of object with an owner was found in the document. Say which request makes one, such as:",
        );
        out.yaml("resources:");
        out.yaml(
            "  project: { create: { post: /projects, json: { name: \"{{canary}}\" } }, read: \"GET /projects/{id}\" }",
        );
        return;
    }
    out.gap();
    out.say("Derived: the objects that the gate makes, with a mark in them, to see who else can reach them.");
    if made.skeleton.creates.is_empty() {
        out.yaml("resources:");
    } else {
        out.say("Tried: the body that was derived was refused, and this one was taken.");
        out.line("resources:");
        made.skeleton
            .creates
            .iter()
            .for_each(|line| out.line(&format!("  {line}")));
    }
    let is_written = |name: &str| {
        let quoted = crate::skeleton::quoted(name);
        let begins = |line: &String| line.starts_with(&format!("{name}: ")) || line.starts_with(&format!("{quoted}: "));
        made.skeleton.creates.iter().any(begins)
    };
    for resource in spec.resources.values().take(MOST) {
        if is_written(resource.name.as_str()) {
            continue;
        }
        if resource.create.is_some() || !resource.lists.is_empty() {
            out.yaml(&format!("  {}", spec.written_resource(resource)));
            if resource.create.is_none() {
                out.say(&format!(
                    "No request makes a `{}`: one is looked for in its owner's list.",
                    resource.name
                ));
            }
        } else {
            out.say(&format!(
                "MISSING: how a `{}` is made. If there is a request:",
                resource.name
            ));
            out.below("resources", &spec.stub_create(&resource.name));
        }
    }
    out.more(spec.resources.len());
}

fn operations(made: &Made, out: &mut Page) {
    let operations = || made.spec.operations.values();
    let public = |wanted: fn(&PublicReason) -> bool| -> Vec<String> {
        let found = operations().filter(|operation| operation.public.as_ref().is_some_and(wanted));
        found
            .map(|operation| visible(operation.id.as_str()))
            .take(MOST)
            .collect()
    };
    let said = public(|reason| matches!(reason, PublicReason::Document));
    let named = public(|reason| matches!(reason, PublicReason::Name));
    let unknown: Vec<_> = operations()
        .filter(|operation| {
            operation.unknown_params().next().is_some()
                && operation.effect != Effect::IssuesCredentials
                && operation.skip.is_none()
        })
        .take(MOST)
        .collect();
    let skips = &made.skeleton.skips;
    let written = !skips.is_empty() || !made.skeleton.bodies.is_empty();
    if said.is_empty() && named.is_empty() && unknown.is_empty() && made.open.is_empty() && !written {
        return;
    }
    out.gap();
    if !said.is_empty() {
        out.say(&format!("Anybody may call, as the document says: {}.", said.join(", ")));
    }
    if named.is_empty() && unknown.is_empty() && made.open.is_empty() && !written {
        return;
    }
    if written {
        out.line("operations:");
    } else {
        out.yaml("operations:");
    }
    if !made.skeleton.bodies.is_empty() {
        out.say("With the fields that were taken when the object was made.");
        made.skeleton
            .body_lines()
            .for_each(|line| out.line(&format!("  {line}")));
    }
    if !skips.is_empty() {
        out.say(
            "Left out: these users are refused what it takes, so that a refusal of others could not be told from a refusal of everybody. Add an \
             identity that may (an administrator's, another role's) and take the lines away.",
        );
        made.skeleton
            .skip_lines()
            .for_each(|line| out.line(&format!("  {line}")));
    }
    if !named.is_empty() {
        out.say("Taken as public by their names, of which the document says nothing. If they are not:");
        for name in &named {
            out.yaml(&format!("  {}: {{ public: false }}", crate::skeleton::quoted(name)));
        }
    }
    if !made.open.is_empty() {
        out.say("Served to anybody just now, and nothing says that it is meant so: a run calls that a finding. If it is meant:");
        for operation in &made.open {
            out.yaml(&format!(
                "  {}: {{ public: true }}",
                crate::skeleton::quoted(operation.as_str())
            ));
        }
    }
    if !unknown.is_empty() {
        out.say("MISSING: values for these parameters; a made-up one is sent until then.");
        for operation in unknown {
            out.below("operations", &made.spec.stub_request(&operation.id));
        }
    }
}

fn further(hints: &[Hint], out: &mut Page) {
    let hints = joined(hints);
    if hints.is_empty() {
        return;
    }
    out.gap();
    out.say("What further lines would have tested; `launchgate list` has all of it. Lines of one section belong under one key.");
    for hint in hints {
        let cases = if hint.cases == 1 { "case" } else { "cases" };
        out.say(&format!("{} {cases}: {}.", hint.cases, visible(&hint.what)));
        for line in hint.add.as_deref().unwrap_or_default().lines().take(8) {
            out.yaml(line);
        }
    }
}

/// The text on its way.
#[derive(Default)]
struct Page(String);

impl Page {
    /// A line that counts.
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// A line that is commented out.
    fn yaml(&mut self, text: &str) {
        self.0.push('#');
        self.line(text);
    }

    /// A line of a section that is there already, commented out.
    fn below(&mut self, section: &str, line: &str) {
        let inner = line
            .strip_prefix(&format!("{section}: {{ "))
            .and_then(|rest| rest.strip_suffix(" }"));
        if let Some(inner) = inner {
            self.yaml(&format!("  {inner}"));
        }
    }

    fn gap(&mut self) {
        self.0.push('\n');
    }

    /// Prose, broken into lines.
    fn say(&mut self, text: &str) {
        let mut line = String::from("#");
        for word in text.split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > 1 {
                self.line(&line);
                line = String::from("#");
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }

    fn more(&mut self, count: usize) {
        if count > MOST {
            self.say(&format!("And {} more, which `launchgate list` shows.", count - MOST));
        }
    }
}

/// One line of visible characters.
fn visible(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| {
            if c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c) {
                ' '
            } else {
                c
            }
        })
        .take(MAX_FOREIGN)
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
