//! Puts a report into a file, whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::ReportError;

/// Writes a file by way of a temporary file beside it and a rename; makes the directories above it. A reader sees the old
/// file or the new one, never a part. A symbolic link in its place is replaced and not followed. What is no regular file
/// (a pipe, a terminal, `/dev/stdout`) is written to as it is.
///
/// # Errors
/// Where a directory or the file cannot be written; the temporary file is gone then.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    write(path, bytes).map_err(|source| ReportError::Write {
        path: path.to_owned(),
        source,
    })
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file name"));
    }
    let is_special = |path: &Path| fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    if path.starts_with("/dev") || path.starts_with("/proc") || is_special(path) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(directory)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".launchgate-").suffix(".tmp");
    // Temporary files are private; a report is read by whoever collects artifacts. The umask still applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .expect("directory")
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn parents_are_made_and_an_old_file_is_replaced() {
        let root = tempfile::tempdir().expect("directory");
        let path = root.path().join("a/b/junit.xml");
        write_atomically(&path, b"old and longer").expect("written");
        write_atomically(&path, b"new").expect("written");
        assert_eq!(fs::read(&path).expect("read"), b"new");
        assert_eq!(names(&root.path().join("a/b")), ["junit.xml"]);
    }

    #[test]
    fn nothing_is_left_behind_where_it_fails() {
        let root = tempfile::tempdir().expect("directory");
        fs::create_dir(root.path().join("taken")).expect("directory");
        fs::write(root.path().join("file"), "x").expect("file");
        assert!(write_atomically(&root.path().join("taken"), b"x").is_err());
        assert!(write_atomically(&root.path().join("file/below"), b"x").is_err());
        assert!(write_atomically(Path::new("/"), b"x").is_err());
        assert_eq!(names(root.path()), ["file", "taken"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_a_device_is_written_to() {
        let root = tempfile::tempdir().expect("directory");
        let (victim, link) = (root.path().join("victim"), root.path().join("link"));
        fs::write(&victim, "untouched").expect("file");
        std::os::unix::fs::symlink(&victim, &link).expect("link");
        write_atomically(&link, b"report").expect("written");
        assert_eq!(fs::read(&victim).expect("read"), b"untouched");
        assert_eq!(fs::read(&link).expect("read"), b"report");
        write_atomically(Path::new("/dev/null"), b"gone").expect("written");
        assert!(!fs::metadata("/dev/null").expect("device").is_file());
    }
}
