//! Reading and writing what is kept: postcard, a value at a time, from bytes that are not trusted.

use postcard::ser_flavors::Size;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Malformed;

/// Appends a value.
///
/// # Panics
///
/// When the value's own `Serialize` fails.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    if let Err(error) = postcard::to_io(value, out) {
        panic!(
            "a {} cannot be written to a checkpoint: {error}",
            std::any::type_name::<T>()
        );
    }
}

/// How many bytes a value takes; none if it cannot be written.
pub(crate) fn len_of<T: Serialize + ?Sized>(value: &T) -> usize {
    postcard::serialize_with_flavor(value, Size::default()).unwrap_or_default()
}

/// What is still to be read.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The next value.
    pub(crate) fn read<T: DeserializeOwned>(&mut self) -> Result<T, Malformed> {
        let (value, rest) = postcard::take_from_bytes(self.bytes)?;
        self.bytes = rest;
        Ok(value)
    }

    /// How many values follow, each of which takes a byte at least: so there are not more of them
    /// than bytes.
    pub(crate) fn count(&mut self) -> Result<usize, Malformed> {
        let count: u64 = self.read()?;
        match usize::try_from(count) {
            Ok(count) if count <= self.bytes.len() => Ok(count),
            _ => Err(self.too_short(count)),
        }
    }

    /// The next bytes, with their number before them.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.count()?;
        let (bytes, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        Ok(bytes)
    }

    /// Everything has been read.
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        match self.bytes.len() {
            0 => Ok(()),
            left => Err(Malformed(format!("{left} bytes are left over"))),
        }
    }

    fn too_short(&self, promised: u64) -> Malformed {
        let left = self.bytes.len();
        Malformed(format!(
            "{left} bytes cannot hold the {promised} that are promised"
        ))
    }
}
