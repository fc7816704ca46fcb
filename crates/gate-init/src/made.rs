//! The way from what was given to a plan.

use gate_exchange::{Options, Proof};
use gate_model::OperationId;
use gate_plan::Diagnostics;
use gate_spec::{ParamSource, Spec};
use serde_json::Value;

use crate::affiliation::{Affiliation, Kinship, kinship, names_tenant};
use crate::asked::{Asked, Credential};
use crate::csrf::Csrf;
use crate::error::InitError;
use crate::find::{Found, find};
use crate::hints::Hint;
use crate::skeleton::Skeleton;
use crate::{csrf, guess, page, tried};

/// A plan, and what was found out on the way.
#[derive(Debug)]
pub struct Made {
    pub(crate) skeleton: Skeleton,
    pub(crate) found: Found,
    /// The plan as a run would read it.
    pub spec: Spec,
    /// Who was proven, and how, or why not; in the plan's order.
    pub proofs: Vec<Proof>,
    pub(crate) kinship: Kinship,
    pub(crate) open: Vec<OperationId>,
    /// Whether the login was found by trying, because the document does not show one.
    pub(crate) guessed: Option<bool>,
    /// The token that unsafe requests need beside the cookies.
    pub(crate) csrf: Option<Csrf>,
}

/// Finds the document, tries the logins, and makes the plan.
///
/// # Errors
/// Where there is no document that can be used, nothing answers, or what was given makes no plan. A login that fails is none: the
/// plan says so.
pub async fn init(asked: &Asked) -> Result<Made, InitError> {
    let options = tried::bounds();
    let mut skeleton = Skeleton::new(asked);
    let found = find(&skeleton, asked.document.as_ref(), &options).await?;
    if asked.token_header.is_none()
        && let Some(header) = only_key_header(&found)
    {
        let with_header = Asked {
            token_header: Some(header),
            ..asked.clone()
        };
        skeleton = Skeleton::new(&with_header);
    }
    skeleton.openapi = Some(found.yaml.clone());
    let guessed = complete_login(asked, &mut skeleton, &found, &options).await?;
    let document = (found.name.as_str(), found.text.as_str());
    let first = skeleton.spec(document).map_err(InitError::Wrong)?;
    let mut tried = tried::prove(&first, &options).await?;
    let csrf = with_csrf(&mut skeleton, &first, &found, &mut tried, &options).await?;
    let kinship = match tried.affiliations.as_slice() {
        [one, two] => kinship(one, two),
        _ => Kinship::Unknown,
    };
    place(&mut skeleton, &first, &kinship, &tried.affiliations);
    let spec = skeleton.spec(document).map_err(InitError::Wrong)?;
    let open = tried::open_to_anybody(&spec, &options).await?;
    Ok(Made {
        skeleton,
        spec,
        proofs: tried.proofs,
        kinship,
        open,
        guessed,
        csrf,
        found,
    })
}

/// Where a login gives cookies and a token for unsafe requests, writes it so, and keeps it if both users are still shown.
async fn with_csrf(
    skeleton: &mut Skeleton,
    spec: &Spec,
    found: &Found,
    tried: &mut tried::Tried,
    options: &Options,
) -> Result<Option<Csrf>, InitError> {
    let login = spec.logins.values().next().filter(|_| tried.well());
    let (Some(login), Some(csrf)) = (login, csrf::find(&tried.cookie_answers, &found.text)) else {
        return Ok(None);
    };
    let Some(line) = csrf.added_to(login).and_then(|login| login.written()) else {
        return Ok(None);
    };
    let mut with = skeleton.clone();
    with.login = Some(line);
    let Ok(spec) = with.spec((&found.name, &found.text)) else {
        return Ok(None);
    };
    let again = tried::prove(&spec, options).await?;
    if !again.well() {
        return Ok(None);
    }
    *skeleton = with;
    *tried = again;
    Ok(Some(csrf))
}

impl Made {
    /// Takes in what a rehearsal found out: how objects are made, where it is otherwise than derived, as lines below `resources:`;
    /// bodies that change them; and what these users are refused, with the reason. Lines that the plan does not take are left out.
    pub fn rehearsed(
        &mut self,
        creates: Vec<String>,
        bodies: Vec<(OperationId, Value)>,
        skips: Vec<(OperationId, String)>,
    ) {
        for (creates, bodies, skips) in [
            (creates.clone(), bodies, skips.clone()),
            (creates.clone(), Vec::new(), skips.clone()),
            (creates, Vec::new(), Vec::new()),
            (Vec::new(), Vec::new(), skips),
        ] {
            let mut skeleton = self.skeleton.clone();
            (skeleton.creates, skeleton.bodies, skeleton.skips) = (creates, bodies, skips);
            if let Ok(spec) = skeleton.spec((&self.found.name, &self.found.text)) {
                (self.skeleton, self.spec) = (skeleton, spec);
                return;
            }
        }
    }

    /// The text of the plan, with what a further line would bring. It has been read again: it is sound.
    ///
    /// # Errors
    /// Where it is not, which is a defect of this crate.
    pub fn text(&self, hints: &[Hint]) -> Result<String, Diagnostics> {
        let text = page::page(self, hints);
        self.skeleton
            .read(&text)?
            .finish(Some((&self.found.name, &self.found.text)))?;
        Ok(text)
    }

    /// Where the document is, and what it calls itself.
    pub fn document(&self) -> String {
        page::document(self)
    }

    /// How users log in, where they do.
    pub fn login(&self) -> Option<String> {
        page::login_request(self)
    }

    /// The variables that the plan reads its secrets from.
    pub fn variables(&self) -> Vec<&str> {
        self.skeleton.variables().collect()
    }

    /// Whether both users were shown to be two.
    pub fn proven(&self) -> bool {
        self.proofs.len() == self.skeleton.people.len() && self.proofs.iter().all(|proof| proof.result.is_ok())
    }
}

/// Where no login is known, looks for one. `Some` says that it did, and whether it found one.
async fn complete_login(
    asked: &Asked,
    skeleton: &mut Skeleton,
    found: &Found,
    options: &Options,
) -> Result<Option<bool>, InitError> {
    let wrong = match skeleton.spec((&found.name, &found.text)) {
        Ok(_) => return Ok(None),
        Err(wrong) => wrong,
    };
    let Some((field, _)) = asked.people[0].user() else {
        return Err(InitError::Wrong(wrong));
    };
    let mut with_any = skeleton.clone();
    with_any.login = Some(guess::UNKNOWN.replace("{{email}}", &format!("{{{{{field}}}}}")));
    // Where another login does not help, the document or the address is what is wrong.
    with_any
        .spec((&found.name, &found.text))
        .map_err(|_| InitError::Wrong(wrong))?;
    let login = guess::login(skeleton, found, field, options).await?;
    let known = login.is_some();
    skeleton.login = login.or(with_any.login);
    Ok(Some(known))
}

/// Says in the plan which tenant and role everybody has, as far as that was shown.
fn place(skeleton: &mut Skeleton, spec: &Spec, kinship: &Kinship, affiliations: &[Affiliation]) {
    let (values, names) = match kinship {
        Kinship::Unknown => ([None, None], [None, None]),
        Kinship::Same(_, value, name) => (
            [Some(value.clone()), Some(value.clone())],
            [Some(name.clone()), Some(name.clone())],
        ),
        Kinship::Apart(_, values, names) => (values.clone().map(Some), names.clone().map(Some)),
    };
    if values[0].is_some() {
        skeleton.tenant_param = tenant_param(spec);
    }
    let by_path = skeleton.tenant_param.is_some();
    for (at, someone) in skeleton.people.iter_mut().enumerate() {
        someone.tenant.clone_from(&names[at.min(1)]);
        if by_path {
            someone.tenant_id.clone_from(&values[at.min(1)]);
        }
        someone.role = affiliations.get(at).and_then(|one| one.role.clone());
    }
}

/// A path parameter that is called like a tenant and that nothing else fills.
fn tenant_param(spec: &Spec) -> Option<String> {
    let unknown = spec.operations.values().flat_map(|operation| &operation.params);
    unknown
        .filter(|(name, source)| names_tenant(name) && matches!(source, ParamSource::Unknown { .. }))
        .map(|(name, _)| name.clone())
        .next()
}

/// The header of a document that knows no other credential than a key in it.
fn only_key_header(found: &Found) -> Option<String> {
    let mut schemes = found.document.security_schemes.values();
    match (schemes.next(), schemes.next()) {
        (
            Some(gate_openapi::SecurityScheme::ApiKey {
                location: gate_openapi::ParamIn::Header,
                name,
            }),
            None,
        ) if !name.eq_ignore_ascii_case("authorization") => Some(name.clone()),
        _ => None,
    }
}

impl Asked {
    /// Whether somebody logs in.
    pub fn logs_in(&self) -> bool {
        self.people
            .iter()
            .any(|person| matches!(person.credential, Credential::Password { .. }))
    }
}
