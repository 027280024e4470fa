//! Addresses of files as editors write them: `file:///home/a%20b/x.flow`.
//!
//! Must not know whether a file is there. Tests: below.

use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;

/// The file of an address; none where it is no file, such as a buffer that was never saved.
#[must_use]
pub fn to_path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    let path = rest.get(rest.find('/')?..)?;
    let decoded = String::from_utf8(decode(path.as_bytes())).ok()?;
    // `/c:/book` is a drive.
    let bare = decoded.strip_prefix('/').filter(|p| p.as_bytes().get(1) == Some(&b':'));
    Some(PathBuf::from(bare.map_or(decoded.as_str(), |p| p)))
}

/// The address of a file.
#[must_use]
pub fn of_path(path: &Path) -> Uri {
    let text = path.to_string_lossy().replace('\\', "/");
    let slash = if text.starts_with('/') { "" } else { "/" };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b'~');
    let encoded: String = text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    Uri(format!("file://{slash}{encoded}"))
}

fn decode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let hex = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        rest = match (first, after) {
            (b'%', [high, low, tail @ ..]) => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    out.push(high * 16 + low);
                    tail
                }
                _ => {
                    out.push(b'%');
                    after
                }
            },
            _ => {
                out.push(*first);
                after
            }
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_addresses_and_come_back() {
        let path = Path::new("/home/asha/my book/स्टोर.flow");
        let uri = of_path(path);
        assert_eq!(uri.0, "file:///home/asha/my%20book/%E0%A4%B8%E0%A5%8D%E0%A4%9F%E0%A5%8B%E0%A4%B0.flow");
        assert_eq!(to_path(&uri).as_deref(), Some(path));
        assert_eq!(to_path(&Uri("file:///c%3A/book/a.flow".into())), Some(PathBuf::from("c:/book/a.flow")));
        assert_eq!(to_path(&Uri("untitled:Untitled-1".into())), None);
    }
}
