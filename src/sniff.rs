//! What a file is that somebody handed in by mistake, told by how it begins.

use safetensors::SafeTensors;

/// Kinds of file that are known by their first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No bytes at all.
    Empty,
    /// What `torch.save` writes: a ZIP archive with a pickle in it.
    PyTorch,
    /// A bare pickle: what `torch.save` wrote before PyTorch 1.6, and CIFAR's "Python version".
    Pickle,
    /// `.npy`.
    NumPy,
    /// `.npz`.
    NumPyArchive,
    /// Any other ZIP archive.
    Zip,
    /// `.gz`, `.tgz`.
    Gzip,
    /// An archive that is not compressed.
    Tar,
    /// `.h5`, as Keras writes it.
    Hdf5,
    /// The text that stands in a repository in place of a large file.
    GitLfs,
    /// A page of the web.
    Html,
    /// A JSON text.
    Json,
    /// A PNG picture.
    Png,
    /// A JPEG picture.
    Jpeg,
    /// A whole safetensors file.
    Safetensors,
}

impl Kind {
    /// What these bytes are, where that can be told.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        let begins = |words: &[u8]| text.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words));
        Some(match bytes {
            [] => Kind::Empty,
            [b'P', b'K', 3, 4, ..] => match first_entry(bytes) {
                name if name.ends_with(b"data.pkl") => Kind::PyTorch,
                name if name.ends_with(b".npy") => Kind::NumPyArchive,
                _ => Kind::Zip,
            },
            // A pickle's protocol, then an opcode that can stand first.
            [0x80, 2..=5, b'}' | b']' | b'(' | b'c' | b'X' | 0x8a | 0x8c | 0x95, ..] | [0x80, 2..=5] => Kind::Pickle,
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Kind::NumPy,
            [0x1f, 0x8b, 8, ..] => Kind::Gzip,
            [0x89, b'H', b'D', b'F', ..] => Kind::Hdf5,
            [0x89, b'P', b'N', b'G', ..] => Kind::Png,
            [0xff, 0xd8, 0xff, ..] => Kind::Jpeg,
            _ if bytes.get(257..262) == Some(b"ustar".as_slice()) => Kind::Tar,
            _ if begins(b"version https://git-lfs") => Kind::GitLfs,
            _ if begins(b"<!doctype") || begins(b"<html") || begins(b"<head") || begins(b"<?xml") => Kind::Html,
            _ if begins(b"{\"") || begins(b"[{") => Kind::Json,
            _ if SafeTensors::read_metadata(bytes).is_ok() => Kind::Safetensors,
            _ => return None,
        })
    }

    /// With its article, for “This is …”.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Empty => "an empty file",
            Kind::PyTorch => "a PyTorch file (.pth or .pt)",
            Kind::Pickle => "a Python pickle",
            Kind::NumPy => "a NumPy array (.npy)",
            Kind::NumPyArchive => "an archive of NumPy arrays (.npz)",
            Kind::Zip => "a ZIP archive",
            Kind::Gzip => "a gzip archive",
            Kind::Tar => "a tar archive",
            Kind::Hdf5 => "an HDF5 file (.h5)",
            Kind::GitLfs => "a Git LFS pointer, the text that stands for a large file in a repository",
            Kind::Html => "a web page, perhaps the error page of a server",
            Kind::Json => "a JSON text, perhaps the answer of a server",
            Kind::Png => "a PNG picture",
            Kind::Jpeg => "a JPEG picture",
            Kind::Safetensors => "a safetensors file",
        }
    }

    /// How to get from there to the file that was meant, whatever it is.
    pub fn remedy(self) -> Option<&'static str> {
        match self {
            Kind::Zip | Kind::Gzip | Kind::Tar => Some("Unpack it first."),
            Kind::GitLfs => {
                Some("Fetch the file itself with `git lfs pull`, or with the repository's download button.")
            }
            Kind::Html | Kind::Json => Some("Download the file itself."),
            Kind::Empty => Some("Fetch it again."),
            _ => None,
        }
    }
}

/// The name of the first file in a ZIP archive.
fn first_entry(zip: &[u8]) -> &[u8] {
    let length = zip.get(26..28).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    zip.get(30..30 + length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a ZIP archive whose first file has that name.
    fn zip(name: &str) -> Vec<u8> {
        let mut bytes = vec![0; 30];
        bytes[..4].copy_from_slice(b"PK\x03\x04");
        bytes[26] = name.len() as u8;
        [bytes, name.as_bytes().to_vec()].concat()
    }

    #[test]
    fn files_are_known_by_how_they_begin() {
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        for (bytes, kind) in [
            (vec![], Some(Kind::Empty)),
            (zip("archive/data.pkl"), Some(Kind::PyTorch)),
            (zip("resnet20/data.pkl"), Some(Kind::PyTorch)),
            (zip("arr_0.npy"), Some(Kind::NumPyArchive)),
            (zip("readme.txt"), Some(Kind::Zip)),
            (b"PK\x03\x04".to_vec(), Some(Kind::Zip)),
            // `torch.save(…, _use_new_zipfile_serialization=False)`.
            (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.".to_vec(), Some(Kind::Pickle)),
            // `data_batch_1` of CIFAR-10's Python version.
            (b"\x80\x02}q\x01(U\x0bbatch_label".to_vec(), Some(Kind::Pickle)),
            (b"\x93NUMPY\x01\x00".to_vec(), Some(Kind::NumPy)),
            (b"\x1f\x8b\x08".to_vec(), Some(Kind::Gzip)),
            (b"\x89HDF\r\n\x1a\n".to_vec(), Some(Kind::Hdf5)),
            (b"\x89PNG\r\n\x1a\n".to_vec(), Some(Kind::Png)),
            (vec![0xff, 0xd8, 0xff, 0xe0], Some(Kind::Jpeg)),
            (tar, Some(Kind::Tar)),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n".to_vec(), Some(Kind::GitLfs)),
            (b"\n  <!DOCTYPE html><html>".to_vec(), Some(Kind::Html)),
            (b"<HTML>".to_vec(), Some(Kind::Html)),
            (b"\xef\xbb\xbf<?xml version".to_vec(), Some(Kind::Html)),
            (br#"{"error": "Entry not found"}"#.to_vec(), Some(Kind::Json)),
            (b"\x02\0\0\0\0\0\0\0{}".to_vec(), Some(Kind::Safetensors)),
            (b"nothing known".to_vec(), None),
            (vec![0; 3073], None),
            (vec![9; 3074], None),
        ] {
            assert_eq!(Kind::of(&bytes), kind, "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
        }
    }
}
