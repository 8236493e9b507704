//! Paths in positions: as bytes where paths are bytes, so that each comes back as it was.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(
    path: impl AsRef<Path>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(path.as_ref().as_os_str().as_encoded_bytes())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, P: From<PathBuf>>(
    from: D,
) -> Result<P, D::Error> {
    let bytes = <&[u8]>::deserialize(from)?;
    Ok(P::from(path(bytes)))
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

/// Elsewhere a path that is no Unicode is not found again, which is an error that names it.
#[cfg(not(unix))]
fn path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}
