//! Files on disk: written whole or not at all, in places that one process at a time writes to.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Ending of files that are still being written.
const PARTIAL: &[u8] = b".partial";
/// Letters that make their names unique.
const UNIQUE: usize = 6;
/// Name of the lock inside a folder.
const LOCK: &str = ".kd-lens.lock";

/// Reads a whole file; `missing` makes the error of a sentence that names it.
///
/// # Errors
/// That of `missing`.
pub fn read(path: &Path, missing: fn(String) -> Error) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| missing(format!("{} could not be read ({e}).", path.display())))
}

/// Writes a file so that at every moment, also after a kill or a loss of power, there is the old one or the new one and nothing in
/// between. Several processes may write the same file; the last one wins.
///
/// # Errors
/// `file-unwritable`.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let target = destination(path)?;
    put(&target, bytes).map_err(|e| unwritable(path, &e))
}

fn put(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let (folder, name) = split(target);
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(OsStr::new(".partial")).rand_bytes(UNIQUE);
    // Temporary files are for their owner alone unless something else is asked for; the umask still applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(target).map_err(|e| e.error)?;
    // The new name, too, must survive a loss of power. Some file systems cannot sync a folder.
    #[cfg(unix)]
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// The error of a place that cannot be written.
pub fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::FileUnwritable(format!("{} could not be written ({error}).", path.display()))
}

/// The path with an ending added: `m.v1` and `.checkpoint` give `m.v1.checkpoint`.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Makes sure, before any work, that a folder is there and takes files.
///
/// # Errors
/// `file-unwritable`.
pub fn folder(path: &Path) -> Result<()> {
    let tried = std::fs::create_dir_all(path)
        .and_then(|()| tempfile::tempfile_in(path))
        // A full disk still takes empty files.
        .and_then(|mut file| file.write_all(&[0; 4096]));
    tried.map_err(|e| unwritable(path, &e))
}

/// Makes sure, before any work, that a file can be written: its folder is there, and nothing but a file has its name.
///
/// # Errors
/// `file-unwritable`.
pub fn place(path: &Path) -> Result<()> {
    folder(split(&destination(path)?).0)
}

/// Where a file goes: behind a link if there is one. A device or a folder of that name is not replaced.
fn destination(path: &Path) -> Result<PathBuf> {
    let refused = |why: &str| Err(Error::FileUnwritable(format!("{} {why}.", path.display())));
    if path.file_name().is_none() {
        return refused("is not the name of a file");
    }
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() && path.is_symlink() => path.canonicalize().map_err(|e| unwritable(path, &e)),
        Ok(found) if found.is_file() => Ok(path.to_path_buf()),
        Ok(found) if found.is_dir() => refused("is a folder; name a file"),
        Ok(_) => refused("is not a regular file"),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(path.to_path_buf()),
        Err(e) => Err(unwritable(path, &e)),
    }
}

/// Folder and name of a file.
fn split(path: &Path) -> (&Path, &OsStr) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder, path.file_name().unwrap_or_default())
}

/// Removes what a killed process left of files that it was writing: those of `names`, or all where none is named. Only for a
/// place that this process has a [`Lock`] on.
pub fn sweep(folder: &Path, names: &[&OsStr]) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if of_partial(name.as_encoded_bytes())
            .is_some_and(|of| names.is_empty() || names.iter().any(|name| name.as_encoded_bytes() == of))
        {
            // What is left over does no harm.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The name that `.name.ABCDEF.partial` is to get.
fn of_partial(name: &[u8]) -> Option<&[u8]> {
    let rest = name.strip_prefix(b".")?.strip_suffix(PARTIAL)?;
    let (of, unique) = rest.split_at_checked(rest.len().checked_sub(UNIQUE)?)?;
    unique.iter().all(u8::is_ascii_alphanumeric).then_some(of.strip_suffix(b".")?)
}

/// A place that no other process of kd-lens writes to while this value lives. The system lets go of it when a process dies.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// Holds the lock until it is closed.
    _file: File,
}

impl Lock {
    /// Locks a folder, making it if need be, and removes what a killed process left of unfinished files.
    ///
    /// # Errors
    /// `file-unwritable` when it cannot be written or another process has it.
    pub fn folder(path: &Path) -> Result<Self> {
        folder(path)?;
        let lock = Self::take(path.join(LOCK), path)?;
        sweep(path, &[]);
        Ok(lock)
    }

    /// Locks the place of a file and of those that have its name and one of these endings, making its folder if need be.
    ///
    /// # Errors
    /// `file-unwritable` when it cannot be written or another process has it.
    pub fn file(path: &Path, endings: &[&str]) -> Result<Self> {
        place(path)?;
        let (folder, name) = split(path);
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(".lock");
        let lock = Self::take(folder.join(hidden), path)?;
        let others: Vec<PathBuf> = endings.iter().map(|ending| with_ending(Path::new(name), ending)).collect();
        let names: Vec<&OsStr> = std::iter::once(name).chain(others.iter().map(|p| p.as_os_str())).collect();
        sweep(folder, &names);
        Ok(lock)
    }

    fn take(path: PathBuf, of: &Path) -> Result<Self> {
        loop {
            let opened = File::options().create(true).truncate(false).write(true).open(&path);
            let file = opened.map_err(|e| unwritable(of, &e))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::FileUnwritable(format!(
                        "Another kd-lens is writing to {}. Wait for it to end, or choose another --out.",
                        of.display()
                    )));
                }
                // Some file systems know no locks.
                Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => {}
                Err(TryLockError::Error(e)) => return Err(unwritable(of, &e)),
            }
            // Its last holder may have removed it in between; then the next one would lock another file of that name.
            if still_there(&file, &path) {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

#[cfg(unix)]
fn still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |found: std::fs::Metadata| (found.dev(), found.ino());
    matches!((file.metadata().map(id), std::fs::metadata(path).map(id)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(not(unix))]
fn still_there(_: &File, path: &Path) -> bool {
    path.exists()
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A lock file that is left over does no harm.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn writers_of_the_same_file_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        std::thread::scope(|scope| {
            for writer in 0..8_u8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..20 {
                        write(path, &vec![writer; 100_000]).unwrap();
                        let seen = std::fs::read(path).unwrap();
                        assert!(seen.len() == 100_000 && seen.iter().all(|byte| *byte == seen[0]), "torn");
                    }
                });
            }
        });
        assert_eq!(names(folder.path()), ["state"]);
    }

    #[test]
    fn leftovers_of_a_kill_are_told_from_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let all =
            [".m.abc123.partial", ".m.v1.abc123.partial", ".m.v1.checkpoint.XYZ789.partial", "m.v1", "own.partial"];
        for name in all {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        drop(Lock::file(&folder.path().join("m.v1"), &[".checkpoint"]).unwrap());
        assert_eq!(names(folder.path()), [".m.abc123.partial", "m.v1", "own.partial"]);
        drop(Lock::folder(folder.path()).unwrap());
        assert_eq!(names(folder.path()), ["m.v1", "own.partial"]);
    }

    #[test]
    fn a_place_has_one_holder() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::folder(folder.path()).unwrap();
        let refused = Lock::folder(folder.path()).unwrap_err();
        assert_eq!(refused.code(), "file-unwritable");
        assert!(refused.to_string().contains("Another kd-lens"), "{refused}");
        drop(first);
        drop(Lock::folder(folder.path()).unwrap());
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn only_files_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        for bad in [folder.path(), Path::new("/"), Path::new("..")] {
            assert_eq!(write(bad, b"x").unwrap_err().code(), "file-unwritable", "{}", bad.display());
            assert_eq!(place(bad).unwrap_err().code(), "file-unwritable", "{}", bad.display());
        }
        #[cfg(unix)]
        {
            assert_eq!(write(Path::new("/dev/null"), b"x").unwrap_err().code(), "file-unwritable");
            let (file, link) = (folder.path().join("file"), folder.path().join("link"));
            write(&file, b"old").unwrap();
            std::os::unix::fs::symlink(&file, &link).unwrap();
            write(&link, b"new").unwrap();
            assert!(link.is_symlink());
            assert_eq!(std::fs::read(&file).unwrap(), b"new");
        }
    }
}
