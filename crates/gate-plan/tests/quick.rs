//! Running without a plan, and saving that as one.

use gate_plan::{Quick, quick, quick_yaml, read};

const DOCUMENT: &str = include_str!("design.openapi.yaml");

fn given(header: Option<&str>) -> Quick {
    Quick {
        url: "http://127.0.0.1:8080/a$b".to_owned(),
        openapi: Some("open api.yaml".to_owned()),
        openapi_is_file: false,
        token_a: "first-token-value".to_owned(),
        token_b: "second-token-value".to_owned(),
        header: header.map(str::to_owned),
    }
}

#[test]
fn nothing_is_created_or_changed() {
    let draft = quick(&given(None)).expect("a sound start");
    let spec = draft
        .finish(Some(("open api.yaml", DOCUMENT)))
        .expect("a sound document");
    assert!(spec.settings.read_only && !spec.target.writes);
    assert!(
        spec.operations
            .values()
            .all(|op| op.method().is_safe() || op.skip.is_some())
    );
    assert!(
        spec.resources
            .values()
            .all(|resource| resource.create.is_none() && !resource.lists.is_empty())
    );
    assert!(spec.resources.contains_key("project"));
    assert_eq!(spec.identities.len(), 2);
    assert_ne!(spec.identities["a"].tenant, spec.identities["b"].tenant);
    assert_eq!(spec.secrets.len(), 2);
}

#[test]
fn it_can_be_saved_without_its_tokens() {
    let quick = given(Some("X-Auth"));
    let yaml = quick_yaml(&quick);
    assert!(!yaml.contains("token-value"));
    assert!(!format!("{quick:?}").contains("token-value"));
    let env = |name: &str| {
        name.starts_with("LAUNCHGATE_TOKEN_")
            .then(|| format!("value-of-{name}"))
    };
    let spec = read("launchgate.yml", &yaml, &env, None)
        .expect("a sound plan")
        .outline();
    assert_eq!(spec.target.url, "http://127.0.0.1:8080/a$b");
    assert_eq!(spec.identities.len(), 2);
}

#[test]
fn the_same_token_twice_is_refused() {
    let mut quick = given(None);
    quick.token_b.clone_from(&quick.token_a);
    let wrong = gate_plan::quick(&quick)
        .expect_err("one user proves nothing")
        .to_string();
    assert!(
        wrong.contains("same credentials") && !wrong.contains("token-value"),
        "{wrong}"
    );
}
