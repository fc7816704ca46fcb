//! What the scope guard lets through and what it refuses.

use std::sync::atomic::{AtomicUsize, Ordering};

use gate_spec::{Access, Method, Settings, Target};

use super::*;

fn spec(url: &str, allow: &[&str], login: &[&str]) -> Spec {
    let hosts = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect();
    Spec {
        file: None,
        target: Target {
            url: url.to_owned(),
            headers: Vec::new(),
            tenant_in: None,
            start: None,
            allow_hosts: hosts(allow),
            login_hosts: hosts(login),
            writes: false,
            source: None,
        },
        logins: Default::default(),
        identities: Default::default(),
        operations: Default::default(),
        resources: Default::default(),
        access: Access::default(),
        settings: Settings::default(),
        notices: Vec::new(),
        secrets: Vec::new(),
        source: None,
    }
}

fn host(text: &str) -> HostPort {
    HostPort::of(&format!("http://{text}/").parse().expect("a URL")).expect("a host")
}

/// A resolver that gives one answer after the other.
fn answers(ips: &'static [&'static str]) -> (Resolver, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let resolver: Resolver = Arc::new(move |_| {
        let at = counter.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { Ok(vec![ips[at % ips.len()].parse().expect("an address")]) })
    });
    (resolver, asked)
}

#[tokio::test]
async fn only_named_hosts_and_loopback_are_spoken_to() {
    let spec = spec(
        "http://api.test:8080",
        &["staging.test", "other.test:81"],
        &["login.test"],
    );
    let scope = Scope::new(&spec, &[], false)
        .expect("a scope")
        .with_resolver(answers(&["10.0.0.1"]).0);
    for (name, login, allowed) in [
        ("api.test:8080", false, true),
        ("API.test.:8080", false, true),
        ("api.test:8081", false, false),
        ("staging.test:9", false, true),
        ("other.test:81", false, true),
        ("other.test", false, false),
        ("login.test", false, false),
        ("login.test", true, true),
        ("127.0.0.1:1", false, true),
        ("127.9.9.9:1", false, true),
        ("[::1]:1", false, true),
        ("[::ffff:127.0.0.1]:1", false, true),
        ("localhost:1", false, true),
        ("acme.localhost:1", false, true),
        ("10.0.0.1", false, false),
        ("169.254.169.254", false, false),
        ("0.0.0.0:1", false, false),
        ("evil.test", true, false),
        ("api.test.evil.test:8080", false, false),
        ("notlocalhost:1", false, false),
        ("2130706433", false, false),
        ("0x7f.1", false, false),
    ] {
        let reach = if login { Reach::Login } else { Reach::Target };
        assert_eq!(
            scope.admit(&host(name), reach).await.is_ok(),
            allowed,
            "{name} login={login}"
        );
    }
}

#[tokio::test]
async fn a_name_is_resolved_once() {
    let (resolver, asked) = answers(&["93.184.216.34", "169.254.169.254"]);
    let scope = Scope::new(&spec("http://api.test", &[], &[]), &[], false)
        .expect("a scope")
        .with_resolver(resolver);
    for _ in 0..3 {
        let admitted = scope.admit(&host("api.test"), Reach::Target).await.expect("in scope");
        assert_eq!(admitted.addresses[0].ip().to_string(), "93.184.216.34");
        assert!(!admitted.loopback);
        assert!(scope.admit_method(&host("api.test"), &admitted, Method::Post).is_err());
        assert!(scope.admit_method(&host("api.test"), &admitted, Method::Get).is_ok());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn no_name_leads_to_a_metadata_service() {
    for ip in [
        ["169.254.169.254"],
        ["fe80::1"],
        ["::ffff:169.254.1.1"],
        ["0.0.0.0"],
        ["224.0.0.1"],
    ] {
        let resolver = answers(Box::leak(Box::new(ip))).0;
        let scope = Scope::new(&spec("http://api.test", &[], &[]), &[], false)
            .expect("a scope")
            .with_resolver(resolver);
        let refused = scope.admit(&host("api.test"), Reach::Target).await;
        assert!(matches!(refused, Err(ScopeError::Forbidden(..))), "{ip:?}: {refused:?}");
    }
}

#[tokio::test]
async fn the_flag_narrows_and_never_widens() {
    let only = ["api.test".to_owned(), "evil.test".to_owned()];
    let scope = Scope::new(&spec("http://api.test", &["staging.test"], &[]), &only, false)
        .expect("a scope")
        .with_resolver(answers(&["10.0.0.1"]).0);
    assert!(scope.admit(&host("api.test"), Reach::Target).await.is_ok());
    for name in ["staging.test", "evil.test", "127.0.0.1"] {
        assert!(scope.admit(&host(name), Reach::Target).await.is_err(), "{name}");
    }
}

#[test]
fn unusable_targets_and_hosts_are_named() {
    for url in ["", "api.test", "ftp://api.test", "http://", "http://user:pw@api.test"] {
        assert!(
            matches!(
                Scope::new(&spec(url, &[], &[]), &[], false),
                Err(ClientError::Target { .. })
            ),
            "{url}"
        );
    }
    for name in ["", "a b", "a:b", "http://a", "a/b", "*.test"] {
        assert!(HostPattern::parse(name).is_err(), "{name}");
    }
    assert_eq!(
        HostPattern::parse("[::1]:80").expect("a host"),
        HostPattern {
            host: "::1".to_owned(),
            port: Some(80)
        }
    );
    assert_eq!(HostPattern::parse("::1").expect("a host").port, None);
}

#[tokio::test]
async fn a_mail_catcher_is_only_looked_at() {
    use gate_spec::{MailLookUp, MailPlace, RecoveryFlow, RecoveryKind, RequestTemplate, Template};
    let mut spec = spec("http://api.test", &[], &[]);
    let get = |path: &str| RequestTemplate::new(Method::Get, Template::parse_path(path).expect("a path"));
    spec.settings.recovery.flows.push(RecoveryFlow {
        kind: RecoveryKind::PasswordReset,
        request: get("/reset"),
        request_operation: None,
        by: None,
        to: None,
        confirm: get("/confirm"),
        confirm_operation: None,
        mail: Some(MailLookUp {
            place: MailPlace::Http {
                request: get("http://mail.test:8025/api/v1/search?to={{email}}"),
                each: None,
                then: None,
            },
            within: std::time::Duration::from_secs(1),
        }),
        token: None,
        lifetime: None,
        expired: None,
        source: None,
    });
    let (resolver, _) = answers(&["93.184.216.34"]);
    let scope = Scope::new(&spec, &[], false).expect("a scope").with_resolver(resolver);
    let mail = host("mail.test:8025");
    assert!(scope.admit(&mail, Reach::LookUp).await.is_ok());
    for reach in [Reach::Target, Reach::Login] {
        let refused = scope.admit(&mail, reach).await.expect_err("it is never probed");
        assert!(refused.to_string().contains("mail catcher"), "{refused}");
    }
    assert!(scope.admit(&host("mail.test:25"), Reach::LookUp).await.is_err());
    assert!(!scope.takes_credentials(&mail));
}
