//! Finds and reads the plan and its OpenAPI document.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use gate_exchange::{Client, Options};
use gate_model::SharedRedactor;
use gate_plan::{Diagnostics, DocumentSource, Draft, Quick};
use gate_spec::Spec;

use crate::cli::PlanArgs;
use crate::environment::AllowedVariables;

/// Names under which a plan is looked for, in this order, in each folder.
pub const PLAN_NAMES: [&str; 2] = ["launchgate.yml", ".github/launchgate.yml"];
/// A plan or a document file is read up to this size.
const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// Why there is no plan to run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The plan or document is wrong; everything at once.
    #[error("{0}")]
    Wrong(Diagnostics),
    /// A file or an address cannot be read.
    #[error("{0:#}")]
    Unreadable(anyhow::Error),
    /// The target did not give its document: nothing can be decided.
    #[error("{0}")]
    TargetSilent(String),
}

impl From<Diagnostics> for LoadError {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Wrong(diagnostics)
    }
}

impl From<anyhow::Error> for LoadError {
    fn from(error: anyhow::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// The file of the plan: what the caller names, or the first that is found here or above, up to the repository's root.
///
/// # Errors
/// Where there is none.
pub fn discover(args: &PlanArgs) -> anyhow::Result<PathBuf> {
    if let Some(path) = args.plan.as_ref().or(args.path.as_ref()) {
        return Ok(path.clone());
    }
    let here = std::env::current_dir().context("failed to find the current folder")?;
    for (depth, folder) in here.ancestors().enumerate() {
        for name in PLAN_NAMES {
            let candidate = folder.join(name);
            if candidate.is_file() {
                let up: PathBuf = std::iter::repeat_n("..", depth).collect();
                return Ok(up.join(name));
            }
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Err(anyhow!(
        "no plan found: neither {} here or above, up to the repository's root; name one with --plan, or run without one: \
         launchgate run --url URL --openapi DOC --token-a $A --token-b $B",
        PLAN_NAMES.join(" nor ")
    ))
}

/// Reads the draft of a plan from its file.
///
/// # Errors
/// Where it cannot be read or is wrong.
pub fn draft(args: &PlanArgs) -> Result<(PathBuf, Draft), LoadError> {
    let path = discover(args)?;
    let text = read_file(&path)?;
    let environment = AllowedVariables::new(&args.allow_env);
    let options = gate_plan::Options {
        profile: args.profile.as_deref(),
        fork: args.fork,
    };
    let draft = gate_plan::read_with(&slashes(&path), &text, &environment, &options)?;
    Ok((path, draft))
}

/// The draft of a run without a plan.
///
/// # Errors
/// Where the address or a token is wrong.
pub fn quick(quick: &Quick) -> Result<Draft, LoadError> {
    Ok(gate_plan::quick(quick)?)
}

/// Reads a draft's document where it has one, from a file, or from the target through the same scope guard as everything.
///
/// # Errors
/// Where the document cannot be had or read, or shows that the plan is wrong.
pub async fn finish(
    draft: Draft,
    folder: &Path,
    client: Options,
    redactor: &SharedRedactor,
) -> Result<Spec, LoadError> {
    let document = match draft.document() {
        None => None,
        Some(DocumentSource::File(path)) => {
            let path = folder.join(path);
            Some((slashes(&path), read_file(&path)?))
        }
        Some(DocumentSource::Url(url)) => Some((url.clone(), fetch(&draft, None, &url, client, redactor).await?)),
        Some(DocumentSource::OnTarget { path, identity }) => Some((
            path.clone(),
            fetch(&draft, identity.as_ref(), &path, client, redactor).await?,
        )),
    };
    Ok(draft.finish(document.as_ref().map(|(name, text)| (name.as_str(), text.as_str())))?)
}

async fn fetch(
    draft: &Draft,
    identity: Option<&gate_model::IdentityName>,
    place: &str,
    options: Options,
    redactor: &SharedRedactor,
) -> Result<String, LoadError> {
    let client = Client::new(Arc::new(draft.outline()), options, redactor.clone())
        .map_err(|error| LoadError::Unreadable(error.into()))?;
    client.fetch(identity, place).await.map_err(|reason| {
        LoadError::TargetSilent(format!(
            "failed to fetch the OpenAPI document {place}: {}",
            reason.detail
        ))
    })
}

/// Reads a plan or a document.
///
/// # Errors
/// Where it cannot be read, is too large or is no UTF-8.
pub(crate) fn read_file(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let meta = std::fs::metadata(path).with_context(|| format!("failed to read {shown}"))?;
    if meta.len() > MAX_FILE_BYTES {
        return Err(anyhow!(
            "{shown} has {} bytes; at most {MAX_FILE_BYTES} are read",
            meta.len()
        ));
    }
    let bytes = std::fs::read(path).with_context(|| format!("failed to read {shown}"))?;
    String::from_utf8(bytes).map_err(|error| {
        anyhow!(
            "{shown} is not UTF-8 (byte {}); save it as UTF-8",
            error.utf8_error().valid_up_to()
        )
    })
}

/// A path as reports show it.
pub(crate) fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
