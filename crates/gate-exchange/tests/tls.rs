//! https, with certificates that the caller trusts and with others.

mod support;

use std::sync::Arc;

use gate_exchange::{Actor, Options};
use rcgen::generate_simple_self_signed;
use rustls::pki_types::PrivateKeyDer;
use support::{OK, client_with, options, spec};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A server with a certificate of its own; gives its URL and the certificate.
async fn serve() -> (String, String) {
    let made = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.write_all(OK.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (format!("https://localhost:{port}"), made.cert.pem())
}

#[tokio::test]
async fn a_trusted_certificate_is_served_and_another_is_refused() {
    let (url, pem) = serve().await;
    let trusting = Options {
        extra_roots_pem: pem.into_bytes(),
        ..options()
    };
    let exchange = support::get(&client_with(spec(&url), trusting), &Actor::anonymous(), "/").await;
    assert_eq!(exchange.expect("an answer").status, 200);
    let undecided = support::get(&client_with(spec(&url), options()), &Actor::anonymous(), "/")
        .await
        .expect_err("not trusted");
    assert!(undecided.detail.contains("certificate"), "{}", undecided.detail);
}
