//! The pull request that a CI service says this run belongs to.
//!
//! Only what a service sets for a pull request, a merge request or a merge group counts. A push is none: what it accepts was
//! merged by somebody who may, and there is no base that it would have to count from.

use std::path::Path;

use check_secrets::Range;
use serde_json::Value;

/// The largest event file of GitHub, in bytes.
const LARGEST_EVENT: u64 = 8 << 20;

/// The range, where the environment names one. `variable` reads the environment.
pub(crate) fn detect(variable: &dyn Fn(&str) -> Option<String>) -> Option<Range> {
    github(variable).or_else(|| gitlab(variable))
}

/// The environment of the process; an empty variable is none.
pub(crate) fn of_process() -> Option<Range> {
    detect(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// GitHub: the branch as the checkout has it, then the commit that the event names, which may be older.
fn github(variable: &dyn Fn(&str) -> Option<String>) -> Option<Range> {
    variable("GITHUB_ACTIONS")?;
    let event = || -> Option<Value> {
        let path = variable("GITHUB_EVENT_PATH")?;
        let path = Path::new(&path);
        if std::fs::metadata(path).ok()?.len() > LARGEST_EVENT {
            return None;
        }
        serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
    };
    match variable("GITHUB_EVENT_NAME").as_deref() {
        Some("pull_request" | "pull_request_target" | "pull_request_review") => {
            let branch = variable("GITHUB_BASE_REF");
            let event = event();
            let commit = event
                .as_ref()
                .and_then(|event| event.pointer("/pull_request/base/sha")?.as_str());
            range("GITHUB_BASE_REF", branch.as_deref(), commit)
        }
        Some("merge_group") => {
            let event = event();
            let commit = event
                .as_ref()
                .and_then(|event| event.pointer("/merge_group/base_sha")?.as_str());
            range("the event of the merge group", None, commit)
        }
        _ => None,
    }
}

/// GitLab: the commit that the merge request is compared with.
fn gitlab(variable: &dyn Fn(&str) -> Option<String>) -> Option<Range> {
    let commit = variable("CI_MERGE_REQUEST_DIFF_BASE_SHA")?;
    let branch = variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
    let mut range = range("CI_MERGE_REQUEST_DIFF_BASE_SHA", branch.as_deref(), Some(&commit))?;
    // Its commit is the merge base already; the branch is for clones that have not got it.
    range.bases.reverse();
    Some(range)
}

fn range(said_by: &str, branch: Option<&str>, commit: Option<&str>) -> Option<Range> {
    let is_branch = |name: &&str| {
        // No more than the name of a branch: a revision may hold expressions that mean other commits.
        !name.is_empty()
            && !name.starts_with('-')
            && !name.contains("..")
            && !name.contains("@{")
            && !name
                .chars()
                .any(|letter| letter.is_whitespace() || "^~:?*[\\".contains(letter))
    };
    let is_commit = |id: &&str| matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut bases = Vec::new();
    bases.extend(
        branch
            .filter(is_branch)
            .map(|name| format!("refs/remotes/origin/{name}")),
    );
    bases.extend(commit.filter(is_commit).map(str::to_owned));
    (!bases.is_empty()).then(|| Range {
        bases,
        head: "HEAD".to_owned(),
        said_by: said_by.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn detected(variables: &[(&str, &str)]) -> Option<Range> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        detect(&|name| variables.get(name).map(ToString::to_string))
    }

    #[test]
    fn pull_requests_of_github_have_the_branch_first_and_the_commit_of_the_event() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("event.json");
        let sha = "0123456789abcdef0123456789abcdef01234567";
        std::fs::write(
            &path,
            format!("{{\"pull_request\":{{\"base\":{{\"sha\":\"{sha}\"}}}}}}"),
        )
        .expect("written");
        let path = path.to_string_lossy().into_owned();
        let pull_request = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_BASE_REF", "release/1"),
            ("GITHUB_EVENT_PATH", path.as_str()),
        ];
        let range = detected(&pull_request).expect("a range");
        assert_eq!(range.bases, ["refs/remotes/origin/release/1", sha]);
        // A push and a schedule are none, whatever else is set.
        let mut push = pull_request;
        push[1].1 = "push";
        assert_eq!(detected(&push), None);
        assert_eq!(detected(&pull_request[1..]), None);
    }

    #[test]
    fn merge_requests_of_gitlab_have_their_commit_first() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        let range = detected(&[
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", sha),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ]);
        assert_eq!(range.expect("a range").bases, [sha, "refs/remotes/origin/main"]);
        assert_eq!(detected(&[("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")]), None);
    }

    #[test]
    fn expressions_are_no_branches() {
        for name in ["HEAD^", "main..x", "main@{1}", "-x", "a b", ""] {
            let found = detected(&[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_EVENT_NAME", "pull_request"),
                ("GITHUB_BASE_REF", name),
            ]);
            assert_eq!(found, None, "{name}");
        }
    }
}
