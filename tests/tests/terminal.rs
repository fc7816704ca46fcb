//! The questions of `launchgate init`, asked and answered on a terminal.
//!
//! `script` (util-linux, part of every Debian) gives the program a terminal of its own; a question is waited for before it is
//! answered, so that nothing depends on how fast anybody is.
#![cfg(target_os = "linux")]

#[path = "cli/program.rs"]
mod program;

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use gate_demo::{CREDENTIALS, Config, Demo};
use tokio::runtime::Runtime;

/// A question comes no later than this, or never.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at the terminal.
const LOOK: Duration = Duration::from_millis(5);

/// A program on a terminal.
struct Terminal {
    child: Child,
    shown: Receiver<Vec<u8>>,
    screen: String,
}

impl Terminal {
    fn start(folder: &Path, arguments: &str, env: &[(&str, &str)]) -> Self {
        let command = format!("tty; exec {} {arguments}", program::path().display());
        let mut child = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--command", &command, "/dev/null"])
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("SHELL", "/bin/sh")
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("script is there: it is part of util-linux");
        let mut output = child.stdout.take().expect("it is piped");
        let (send, shown) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                if send.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            shown,
            screen: String::new(),
        }
    }

    /// Waits for the question for a password, and until what is typed is not shown, and types it.
    fn answer_hidden(&mut self, question: &str, password: &str) {
        self.wait_for(question);
        let began = Instant::now();
        while !self.hides() {
            assert!(began.elapsed() < PATIENCE, "what is typed is shown:\n{}", self.screen);
            std::thread::sleep(LOOK);
        }
        self.type_line(password);
    }

    /// Whether the terminal hides what is typed.
    fn hides(&self) -> bool {
        let terminal = self.screen.lines().next().unwrap_or_default().trim();
        let output = Command::new("stty")
            .args(["-F", terminal, "-a"])
            .output()
            .expect("stty is there");
        String::from_utf8_lossy(&output.stdout)
            .split_whitespace()
            .any(|word| word == "-echo")
    }

    /// Waits for a text after what was seen so far, and types a line.
    fn answer(&mut self, question: &str, line: &str) {
        self.wait_for(question);
        self.type_line(line);
    }

    fn wait_for(&mut self, question: &str) {
        let seen = self.screen.len();
        let began = Instant::now();
        while !self.screen[seen..].contains(question) {
            let left = PATIENCE.saturating_sub(began.elapsed());
            let more = self.shown.recv_timeout(left);
            let more = more.unwrap_or_else(|error| panic!("no {question:?} ({error}):\n{}", self.screen));
            self.screen.push_str(&String::from_utf8_lossy(&more));
        }
    }

    fn type_line(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("it is piped");
        input.write_all(format!("{line}\n").as_bytes()).expect("it is read");
        input.flush().expect("it is read");
    }

    /// Waits for the end.
    fn end(mut self) -> (Option<i32>, String) {
        while let Ok(more) = self.shown.recv_timeout(PATIENCE) {
            self.screen.push_str(&String::from_utf8_lossy(&more));
        }
        drop(self.child.stdin.take());
        let status = self.child.wait().expect("it ends");
        (status.code(), self.screen)
    }
}

fn demo() -> (Runtime, Demo) {
    let runtime = Runtime::new().expect("a runtime starts");
    let demo = runtime
        .block_on(Demo::start(Config::default()))
        .expect("the demo starts");
    (runtime, demo)
}

fn user(name: &str) -> (&'static str, &'static str) {
    let user = CREDENTIALS.iter().find(|user| user.name == name).expect("a user");
    (user.email, user.password)
}

const URL: &str = "Address of the running API";
const FIRST: &str = "One test user: e-mail address or name:";
const SECOND: &str = "A second one, who must not see what is the first one's: e-mail address or name:";
const PASSWORD: &str = "Password (not shown, and not written anywhere):";

#[test]
fn everything_is_asked_for_and_no_password_is_shown_or_written() {
    let (_runtime, demo) = demo();
    let folder = tempfile::tempdir().expect("a folder");
    let ((alice, first), (mallory, second)) = (user("alice"), user("mallory"));
    let mut terminal = Terminal::start(folder.path(), "init", &[]);
    terminal.answer(URL, &format!("http://{}", demo.addr));
    terminal.answer(FIRST, alice);
    terminal.answer_hidden(PASSWORD, first);
    terminal.answer(SECOND, mallory);
    terminal.answer_hidden(PASSWORD, second);
    let (code, screen) = terminal.end();
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("wrote launchgate.yml"), "{screen}");
    let plan = std::fs::read_to_string(folder.path().join("launchgate.yml")).expect("the plan is there");
    assert!(
        plan.contains(alice) && plan.contains("${LAUNCHGATE_PASSWORD_A}"),
        "{plan}"
    );
    for secret in [first, second] {
        assert!(!screen.contains(secret) && !plan.contains(secret), "{screen}\n{plan}");
    }
}

#[test]
fn what_is_known_is_not_asked_for() {
    let (_runtime, demo) = demo();
    let folder = tempfile::tempdir().expect("a folder");
    let ((alice, first), (mallory, second)) = (user("alice"), user("mallory"));
    let url = format!("http://{}", demo.addr);
    let env = [
        ("LAUNCHGATE_URL", url.as_str()),
        ("LAUNCHGATE_USER_A", alice),
        ("LAUNCHGATE_PASSWORD_A", first),
        ("LAUNCHGATE_USER_B", mallory),
    ];
    let mut terminal = Terminal::start(folder.path(), "init", &env);
    terminal.answer_hidden(PASSWORD, second);
    let (code, screen) = terminal.end();
    assert_eq!(code, Some(0), "{screen}");
    assert!(!screen.contains(URL) && !screen.contains(FIRST), "{screen}");
    assert_eq!(screen.matches(PASSWORD).count(), 1, "{screen}");
}

#[test]
fn whoever_answers_nothing_is_told_what_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(folder.path(), "init --token-b some-token-of-b", &[]);
    terminal.answer(URL, "");
    terminal.answer(FIRST, "");
    let (code, screen) = terminal.end();
    assert_eq!(code, Some(2), "{screen}");
    assert!(screen.contains("error: missing:"), "{screen}");
    assert!(screen.contains("--url URL (LAUNCHGATE_URL)"), "{screen}");
    assert!(screen.contains("--user-a NAME with LAUNCHGATE_PASSWORD_A"), "{screen}");
    assert!(!folder.path().join("launchgate.yml").exists());
}
