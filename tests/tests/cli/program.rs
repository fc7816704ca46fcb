//! The program under test, built once a test process with the profile of the tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// What Cargo tells a test of its own package. Build scripts, such as that of ring, watch these and would be built anew each time.
const PACKAGE_VARIABLES: [&str; 5] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_CRATE_",
    "CARGO_BIN_",
    "CARGO_PRIMARY_",
];

/// Cargo gives `CARGO_BIN_EXE_*` for binaries of the tests' own package only. A second `cargo build` costs nothing where
/// the binary is there, and makes a plain `cargo test` on a fresh clone work.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("a test has a path");
    let profile = test
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "deps"))
        .and_then(Path::parent)
        .expect("tests are built into `deps` of a profile's folder");
    let target = profile.parent().expect("a profile's folder is in the target folder");
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--quiet", "--package", "launchgate", "--bin", "launchgate"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    for (name, _) in std::env::vars_os() {
        let of_this_package = name
            .to_str()
            .is_some_and(|name| PACKAGE_VARIABLES.iter().any(|prefix| name.starts_with(prefix)));
        if of_this_package {
            build.env_remove(name);
        }
    }
    match profile
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a profile has a name")
    {
        "debug" => {}
        name => {
            build.args(["--profile", name]);
        }
    }
    let built = build.status().expect("cargo can be run");
    assert!(built.success(), "the program cannot be built");
    let program = profile.join(format!("launchgate{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} was not built", program.display());
    program
});

/// The path of the program.
pub fn path() -> &'static Path {
    &PROGRAM
}
