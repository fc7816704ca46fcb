//! Snippets that use the action or the GitLab component: what they name has to be there.

use serde_yaml::Value;

/// The name under which the action is used.
const ACTION: &str = "launchgate/launchgate@";

/// Reads a workflow against `action.yml`.
///
/// # Errors
/// What it names that is not there.
pub fn workflow(text: &str, action: &str) -> Result<(), String> {
    let workflow: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let action: Value = serde_yaml::from_str(action).map_err(|error| error.to_string())?;
    if workflow.get("permissions").is_none() {
        return Err("it says nothing about permissions".to_owned());
    }
    let jobs = workflow["jobs"].as_mapping().ok_or("it has no jobs")?;
    let mut used = 0;
    for (_, job) in jobs {
        for step in job["steps"].as_sequence().ok_or("a job has no steps")? {
            if !step["uses"].as_str().unwrap_or_default().starts_with(ACTION) {
                continue;
            }
            used += 1;
            for (name, _) in step["with"].as_mapping().into_iter().flatten() {
                let name = name.as_str().unwrap_or_default();
                if action["inputs"].get(name).is_none() {
                    return Err(format!("the action has no input {name}"));
                }
            }
        }
    }
    for piece in text.split("steps.gate.outputs.").skip(1) {
        let name: String = piece
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        if action["outputs"].get(&name).is_none() {
            return Err(format!("the action has no output {name}"));
        }
    }
    if used == 0 {
        Err("it does not use the action".to_owned())
    } else {
        Ok(())
    }
}

/// Reads a pipeline against the component.
///
/// # Errors
/// What it names that is not there.
pub fn pipeline(text: &str, component: &str) -> Result<(), String> {
    let pipeline: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let (spec, _) = component.split_once("\n---\n").ok_or("the component has no spec")?;
    let spec: Value = serde_yaml::from_str(spec).map_err(|error| error.to_string())?;
    let includes = pipeline["include"].as_sequence().ok_or("it includes nothing")?;
    for include in includes {
        let place = include["component"]
            .as_str()
            .or(include["remote"].as_str())
            .ok_or("no component and no remote")?;
        if !place.contains("/launchgate/launchgate") {
            return Err(format!("{place} is not ours"));
        }
        for (name, _) in include["inputs"].as_mapping().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            if spec["spec"]["inputs"].get(name).is_none() {
                return Err(format!("the component has no input {name}"));
            }
        }
    }
    // What follows changes the job that is included.
    pipeline
        .get("launchgate")
        .map(|_| ())
        .ok_or_else(|| "it does not name the job".to_owned())
}

#[test]
fn what_is_not_there_is_found() {
    let action = "inputs: { plan: {} }\noutputs: { json: {} }\n";
    let with = |with: &str| {
        format!(
            "permissions: {{}}\njobs: {{ a: {{ steps: [{{ uses: launchgate/launchgate@v1, with: {{ {with}: x }} }}] }} }}\n"
        )
    };
    assert_eq!(workflow(&with("plan"), action), Ok(()));
    assert!(workflow(&with("plam"), action).is_err());
    assert!(workflow(&format!("{}# steps.gate.outputs.jsom", with("plan")), action).is_err());
}
