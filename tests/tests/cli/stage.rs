//! Puts a case on: its folder, its demo, the runs, and what came of them.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use gate_demo::{Config, Demo, PLAN};
use launchgate_tests::matrix::{fresh_token, git};
use regex::Regex;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::case::{Case, Run, Server, Signal, Text};
use super::{api, program};

/// A run takes no longer than this, or hangs.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(5);
/// How each access token of the demo begins: a JWT whose header is `{"typ":"JWT"` or `{"alg":"`.
const TOKEN_STARTS: [&str; 2] = ["eyJ0eXAi", "eyJhbGci"];

/// A case on its way.
struct Stage {
    folder: TempDir,
    demo: Option<Demo>,
    runtime: Runtime,
    address: Option<SocketAddr>,
    tokens: BTreeMap<String, String>,
    outputs: Vec<(String, String)>,
    secret: String,
    kept: BTreeMap<String, String>,
}

/// Plays a case.
///
/// # Errors
/// Everything that is not as expected, with what the program said.
pub fn play(case: &Case) -> Result<(), String> {
    let mut stage = Stage::new(case.demo.as_ref());
    stage.write(&case.files)?;
    for (index, run) in case.run.iter().enumerate() {
        let wrong = stage.run(run)?;
        if !wrong.is_empty() {
            let (stdout, stderr) = &stage.outputs[index];
            return Err(format!(
                "run {index}, `launchgate {}`:\n- {}\n--- stdout\n{stdout}\n--- stderr\n{stderr}",
                run.args.join(" "),
                wrong.join("\n- ")
            ));
        }
    }
    Ok(())
}

impl Stage {
    fn new(server: Option<&Server>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let mut demo = server.map(|server| {
            runtime
                .block_on(Demo::start(config(server)))
                .expect("the demo finds a free port")
        });
        let address = demo.as_ref().map(|demo| demo.addr);
        if server.is_some_and(|server| server.dead) {
            runtime.block_on(demo.take().expect("it was started").stop());
        }
        Self {
            folder: tempfile::tempdir().expect("a folder can be made"),
            demo,
            runtime,
            address,
            tokens: BTreeMap::new(),
            outputs: Vec::new(),
            secret: fresh_token(),
            kept: BTreeMap::new(),
        }
    }

    /// Writes files into the case's folder.
    fn write(&mut self, files: &BTreeMap<String, String>) -> Result<(), String> {
        for (path, text) in files {
            let place = self.folder.path().join(path);
            if path.ends_with('/') {
                fs::create_dir_all(&place).map_err(|error| format!("{path}: {error}"))?;
                continue;
            }
            let parent = place.parent().ok_or("a file is in a folder")?;
            fs::create_dir_all(parent).map_err(|error| format!("{path}: {error}"))?;
            let text = self.filled(text);
            fs::write(&place, text).map_err(|error| format!("{path}: {error}"))?;
        }
        Ok(())
    }

    /// A text with its placeholders filled.
    fn filled(&mut self, text: &str) -> String {
        let mut text = text
            .replace("[dir]", &self.folder.path().to_string_lossy())
            .replace("[secret]", &self.secret);
        for (name, value) in &self.kept {
            text = text.replace(&format!("[kept {name}]"), value);
        }
        if let Some(address) = self.address {
            text = text
                .replace("[plan]", PLAN)
                .replace("${DEMO_URL}", &format!("http://{address}"))
                .replace("[url]", &format!("http://{address}"))
                .replace("[address]", &address.to_string());
            while let Some(start) = text.find("[token ") {
                let end = start + text[start..].find(']').expect("a placeholder ends");
                let name = text[start + "[token ".len()..end].to_owned();
                let token = self
                    .tokens
                    .entry(name.clone())
                    .or_insert_with(|| api::token(address, &name));
                text.replace_range(start..=end, token);
            }
        }
        text
    }

    /// Runs the program and returns what is not as expected.
    fn run(&mut self, run: &Run) -> Result<Vec<String>, String> {
        self.write(&run.files)?;
        for line in &run.git {
            git(self.folder.path(), &line.split(' ').collect::<Vec<_>>())?;
        }
        let arguments: Vec<String> = run.args.iter().map(|argument| self.filled(argument)).collect();
        let mut command = Command::new(program::path());
        command
            .args(arguments)
            .current_dir(self.folder.path().join(&run.folder))
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in &run.env {
            command.env(name, self.filled(value));
        }
        let before = self.requests();
        let mut child = command
            .spawn()
            .map_err(|error| format!("the program does not start: {error}"))?;
        let mut stdout = child.stdout.take();
        if run.closed_stdout {
            drop(stdout.take());
        }
        let readers = [std::thread::spawn(move || stdout.map(read).unwrap_or_default()), {
            let stderr = child.stderr.take();
            std::thread::spawn(move || stderr.map(read).unwrap_or_default())
        }];
        let ended = match &run.signal {
            Some(signal) => self
                .interrupt(&mut child, signal, before)
                .and_then(|()| wait(&mut child)),
            None => wait(&mut child),
        };
        let [stdout, stderr] = readers.map(|reader| reader.join().unwrap_or_default());
        let status = ended.map_err(|error| format!("{error}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"))?;
        for (name, pattern) in &run.keep {
            let pattern = Regex::new(pattern).map_err(|error| error.to_string())?;
            let found = pattern.captures(&stdout).and_then(|found| found.get(1));
            let found = found.ok_or_else(|| format!("nothing to keep as {name} in\n{stdout}"))?;
            self.kept.insert(name.clone(), found.as_str().to_owned());
        }
        self.outputs.push((stdout, stderr));
        Ok(self.judge(run, status))
    }

    /// Sends a signal once the demo has seen enough.
    fn interrupt(&self, child: &mut Child, signal: &Signal, before: u64) -> Result<(), String> {
        let address = self.address.ok_or("a signal needs a demo")?;
        let begun = Instant::now();
        while self.requests() < before + signal.after_requests {
            alive(child, begun)?;
            std::thread::sleep(LOOK);
        }
        while signal.after_object && api::left_behind(address).is_empty() {
            alive(child, begun)?;
            std::thread::sleep(LOOK);
        }
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", &signal.name, &child.id().to_string()])
            .status();
        match sent {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("the signal could not be sent: {other:?}")),
        }
    }

    fn requests(&self) -> u64 {
        self.demo.as_ref().map_or(0, Demo::requests)
    }

    fn judge(&mut self, run: &Run, status: ExitStatus) -> Vec<String> {
        let mut wrong = Vec::new();
        let (stdout, stderr) = self.outputs.last().cloned().unwrap_or_default();
        if status.code() != run.exit {
            wrong.push(format!("it ended with {status}, expected exit code {:?}", run.exit));
        }
        if stderr.contains("panicked at") {
            wrong.push("it panicked".to_owned());
        }
        let earlier: Vec<String> = self.outputs.iter().map(|(stdout, _)| stdout.clone()).collect();
        self.compare("stdout", &run.stdout, &stdout, &earlier, &mut wrong);
        let earlier: Vec<String> = self.outputs.iter().map(|(_, stderr)| stderr.clone()).collect();
        self.compare("stderr", &run.stderr, &stderr, &earlier, &mut wrong);
        for (path, expected) in &run.written {
            match fs::read_to_string(self.folder.path().join(path)) {
                Ok(text) => self.compare(path, expected, &text, &[], &mut wrong),
                Err(error) => wrong.push(format!("{path}: {error}")),
            }
        }
        for path in &run.absent {
            if self.folder.path().join(path).exists() {
                wrong.push(format!("{path} is there"));
            }
        }
        if let (Some(expected), Some(address)) = (run.left_nothing, self.address) {
            let left = api::left_behind(address);
            if left.is_empty() != expected {
                wrong.push(format!("left on the demo: {left:?}"));
            }
        }
        if !run.shows_secrets {
            self.look_for_secrets(&stdout, &stderr, &run.written, &mut wrong);
        }
        wrong
    }

    fn compare(&mut self, what: &str, expected: &Text, text: &str, earlier: &[String], wrong: &mut Vec<String>) {
        if let Some(exact) = &expected.exact {
            let exact = self.filled(exact);
            if exact != text {
                wrong.push(format!("{what} is not exactly\n{exact}"));
            }
        }
        for piece in &expected.has {
            let piece = self.filled(piece);
            if !text.contains(&piece) {
                wrong.push(format!("{what} lacks {piece:?}"));
            }
        }
        for piece in &expected.lacks {
            let piece = self.filled(piece);
            if text.contains(&piece) {
                wrong.push(format!("{what} has {piece:?}"));
            }
        }
        if let Some(index) = expected.same_as
            && earlier.get(index).is_none_or(|earlier| earlier != text)
        {
            wrong.push(format!("{what} is not that of run {index}"));
        }
    }

    /// No output shows a password, a key or a token of the demo.
    fn look_for_secrets(&self, stdout: &str, stderr: &str, written: &BTreeMap<String, Text>, wrong: &mut Vec<String>) {
        let mut texts = vec![
            ("stdout".to_owned(), stdout.to_owned()),
            ("stderr".to_owned(), stderr.to_owned()),
        ];
        for path in written.keys() {
            if let Ok(text) = fs::read_to_string(self.folder.path().join(path)) {
                texts.push((path.clone(), text));
            }
        }
        let journals: PathBuf = self.folder.path().join(".launchgate");
        for entry in fs::read_dir(journals).into_iter().flatten().flatten() {
            if let Ok(text) = fs::read_to_string(entry.path()) {
                texts.push((entry.path().display().to_string(), text));
            }
        }
        let secrets = gate_demo::secrets();
        let known = secrets
            .iter()
            .map(String::as_str)
            .chain(self.tokens.values().map(String::as_str));
        // Of a secret that was found not even a part is shown; what every such token begins with is no part of it.
        let body = &self.secret["ghp_".len()..];
        for part in (0..body.len() - 4).map(|at| &body[at..at + 5]) {
            for (place, text) in &texts {
                if text.contains(part) {
                    wrong.push(format!("{place} shows a part of a found secret"));
                }
            }
        }
        for secret in known.chain(TOKEN_STARTS) {
            for (place, text) in &texts {
                if text.contains(secret) {
                    wrong.push(format!("{place} shows the secret {secret:?}"));
                }
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(demo) = self.demo.take() {
            self.runtime.block_on(demo.stop());
        }
    }
}

fn config(server: &Server) -> Config {
    let mut config = Config {
        delay: Duration::from_millis(server.delay_ms),
        ..Config::default()
    };
    let holes = server
        .holes
        .iter()
        .map(|name| name.parse::<gate_demo::Hole>().expect("a hole of the demo"));
    config.holes.extend(holes);
    let oddities = server
        .sabotage
        .iter()
        .map(|name| name.parse::<gate_demo::Sabotage>().expect("an oddity of the demo"));
    config.sabotage.extend(oddities);
    config
}

fn read(mut stream: impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    // A killed program ends its output anywhere.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn alive(child: &mut Child, begun: Instant) -> Result<(), String> {
    if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
        return Err(format!("the program ended with {status} before the signal"));
    }
    if begun.elapsed() > PATIENCE {
        let _ = child.kill();
        return Err("the demo never saw enough".to_owned());
    }
    Ok(())
}

fn wait(child: &mut Child) -> Result<ExitStatus, String> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(status);
        }
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            return Err("the program hangs".to_owned());
        }
        std::thread::sleep(LOOK);
    }
}

/// The cases of a folder, by name.
///
/// # Errors
/// A file that is no case.
pub fn cases(folder: &Path) -> Result<BTreeMap<String, Case>, String> {
    let mut cases = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_none_or(|kind| kind != "toml") {
            return Err(format!("{} is no case", path.display()));
        }
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let case = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        cases.insert(name.unwrap_or_default(), case);
    }
    Ok(cases)
}
