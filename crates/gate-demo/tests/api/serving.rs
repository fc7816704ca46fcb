//! Over a real socket: a login, and the ends of the server.

use gate_demo::{CREDENTIALS, Config, Demo, Sabotage};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn raw(addr: std::net::SocketAddr, request: String) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn login_request() -> String {
    let alice = CREDENTIALS[0];
    let body = format!(r#"{{"email":"{}","password":"{}"}}"#, alice.email, alice.password);
    let length = body.len();
    format!(
        "POST /auth/login HTTP/1.1\r\nHost: demo\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn login_works_over_a_socket_and_a_stopped_demo_is_gone() {
    let demo = Demo::start(Config::default()).await.expect("a free port");
    let answer = raw(demo.addr, login_request()).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("access_token"), "{answer}");
    assert_eq!(demo.requests(), 1);
    let addr = demo.addr;
    demo.stop().await;
    assert!(raw(addr, login_request()).await.is_err());
}

#[tokio::test]
async fn a_dying_server_answers_so_many_requests_and_then_none() {
    let demo = Demo::start(Config::default().with_sabotage(Sabotage::DiesAfter(2)))
        .await
        .expect("a free port");
    for _ in 0..2 {
        assert!(
            raw(demo.addr, login_request())
                .await
                .expect("an answer")
                .starts_with("HTTP/1.1 200")
        );
    }
    for _ in 0..3 {
        assert!(
            !raw(demo.addr, login_request())
                .await
                .is_ok_and(|answer| !answer.is_empty())
        );
    }
}

#[tokio::test]
async fn a_dropped_demo_is_gone() {
    let demo = Demo::start(Config::default()).await.expect("a free port");
    let addr = demo.addr;
    drop(demo);
    let gone = async {
        while TcpStream::connect(addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone)
        .await
        .expect("the port is closed");
}
