//! Variants of the demo's plan.

use serde_json::Value;

/// A plan of the demo with something laid over it.
///
/// # Panics
/// Where the plan is no YAML.
pub(super) fn plan(plan: &str, over: Option<&Value>) -> String {
    let Some(over) = over else {
        return plan.to_owned();
    };
    let mut plan: Value = serde_yaml::from_str(plan).expect("the demo's plan is YAML");
    lay(&mut plan, over);
    serde_yaml::to_string(&plan).expect("a plan can be written")
}

/// Maps are merged, `null` takes a key away, everything else replaces.
fn lay(below: &mut Value, over: &Value) {
    let (Some(fields), Value::Object(changes)) = (below.as_object_mut(), over) else {
        *below = over.clone();
        return;
    };
    for (key, change) in changes {
        match change {
            Value::Null => {
                fields.remove(key);
            }
            change => lay(fields.entry(key.clone()).or_insert(Value::Null), change),
        }
    }
}
