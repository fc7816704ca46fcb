#!/usr/bin/env python3
"""Puts a tree of 2,940 files and 17.5 MiB together: thirteen published crates, by exact version.

    tree.py TARGET

The crates come through `cargo fetch`, so that anyone has the same bytes. Only what a person edits is kept: no marks of cargo.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

CRATES = """tokio-1.54.1 rustix-1.1.6 zerocopy-0.8.63 clap-4.6.9 roxmltree-0.21.2 schemars-1.2.3 gix-0.90.0 futures-util-0.3.34
tower-0.5.3 rustls-0.23.46 serde_json-1.0.154 libm-0.2.16 crypto-bigint-0.5.5""".split()
MARKS = {".cargo-ok", ".cargo_vcs_info.json", ".cargo-checksum.json"}


def registry():
    """The folder that cargo unpacks crates in, with all of them in it."""
    home = pathlib.Path(subprocess.check_output(["sh", "-c", 'echo "${CARGO_HOME:-$HOME/.cargo}"'], text=True).strip())

    def missing():
        return [name for name in CRATES if not list(home.glob(f"registry/src/*/{name}"))]

    if missing():
        with tempfile.TemporaryDirectory() as folder:
            lines = []
            for name in missing():
                crate, version = name.rsplit("-", 1)
                lines.append(f'{crate} = "={version}"')
            package = '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n'
            pathlib.Path(folder, "Cargo.toml").write_text(package + "\n".join(lines) + "\n[lib]\npath = \"lib.rs\"\n")
            pathlib.Path(folder, "lib.rs").write_text("")
            subprocess.run(["cargo", "fetch", "--manifest-path", f"{folder}/Cargo.toml"], check=True)
    return {name: next(home.glob(f"registry/src/*/{name}")) for name in CRATES}


def main():
    target = pathlib.Path(sys.argv[1])
    files = size = 0
    for name, source in registry().items():
        for path in sorted(source.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.name not in MARKS:
                to = target / name / path.relative_to(source)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)
                files += 1
                size += to.stat().st_size
    print(f"{files} files, {size / 2**20:.1f} MiB in {target}")


if __name__ == "__main__":
    main()
