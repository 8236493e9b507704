//! How blocks and positions are written to the log and read back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::block::{BlockSize, Rows, Text};

/// A block that can be written to a log, and read back as it was.
///
/// Text and rows of what serde serializes are. Implement it for blocks of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be logged",
    note = "rows are logged when their type implements `serde::Serialize` and `serde::Deserialize`"
)]
pub trait Loggable: BlockSize + Sized {
    /// Appends the block's bytes.
    ///
    /// # Errors
    ///
    /// When it cannot be serialized; the job fails then.
    fn write(&self, out: &mut Vec<u8>) -> Result<(), String>;

    /// Makes a block of all these bytes. They come from a file, and are to be checked.
    ///
    /// # Errors
    ///
    /// When they are not what [`write`](Self::write) wrote.
    fn read(bytes: &[u8]) -> Result<Self, String>;
}

impl Loggable for Text {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.extend_from_slice(self.as_bytes());
        Ok(())
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        Ok(Self::new(bytes.to_vec()))
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Loggable for Rows<T> {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), String> {
        encode(&self.0, out)
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        match postcard::take_from_bytes(bytes) {
            Ok((rows, [])) => Ok(Self(rows)),
            Ok(_) => Err("there is more than a block".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// How an input logs its blocks, each with its number and, if it has one, its position.
pub(super) struct Codec<B, P> {
    write: fn(&Entry<&B, &P>, &mut Vec<u8>) -> Result<(), String>,
    read: fn(&[u8]) -> Result<Entry<B, P>, String>,
    write_position: fn(&P, &mut Vec<u8>) -> Result<(), String>,
    read_position: fn(&[u8]) -> Result<P, String>,
}

/// What the log has of a block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<B, P> {
    pub(super) number: u64,
    pub(super) position: Option<P>,
    pub(super) block: B,
}

impl<B: Loggable, P: Serialize + DeserializeOwned> Codec<B, P> {
    pub(super) fn new() -> Self {
        Self {
            write: |entry, out| {
                encode(&(entry.number, entry.position), out)?;
                entry.block.write(out)
            },
            read: |bytes| {
                let head = postcard::take_from_bytes::<(u64, Option<P>)>(bytes);
                let ((number, position), block) = head.map_err(|error| error.to_string())?;
                Ok(Entry {
                    number,
                    position,
                    block: B::read(block)?,
                })
            },
            write_position: |position, out| encode(position, out),
            read_position: |bytes| postcard::from_bytes(bytes).map_err(|error| error.to_string()),
        }
    }
}

impl<B, P> Codec<B, P> {
    pub(super) fn write(&self, entry: &Entry<&B, &P>) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        (self.write)(entry, &mut out)?;
        Ok(out)
    }

    pub(super) fn read(&self, bytes: &[u8]) -> Result<Entry<B, P>, String> {
        (self.read)(bytes)
    }

    pub(super) fn write_position(&self, position: &P) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        (self.write_position)(position, &mut out)?;
        Ok(out)
    }

    pub(super) fn copy(&self, position: &P) -> Result<P, String> {
        self.read_position(&self.write_position(position)?)
    }

    pub(super) fn read_position(&self, bytes: &[u8]) -> Result<P, String> {
        (self.read_position)(bytes)
    }
}

impl<B, P> Clone for Codec<B, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B, P> Copy for Codec<B, P> {}

fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), String> {
    postcard::to_io(value, out).map_err(|error| error.to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_back_and_what_is_none_is_refused() {
        let codec = Codec::<Rows<(u32, String)>, u8>::new();
        let block = Rows(vec![(1, "one".to_owned()), (2, "two".to_owned())]);
        let entry = Entry {
            number: 300,
            position: Some(&7),
            block: &block,
        };
        let bytes = codec.write(&entry).unwrap();
        let read = codec.read(&bytes).unwrap();
        assert_eq!(
            (read.number, read.position, &read.block),
            (300, Some(7), &block)
        );
        for len in 0..bytes.len() {
            assert!(codec.read(&bytes[..len]).is_err());
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(
            codec.read(&longer).unwrap_err(),
            "there is more than a block"
        );

        let text = Text::new(b"ok\n\xff\n".to_vec());
        let mut bytes = Vec::new();
        text.write(&mut bytes).unwrap();
        assert_eq!(Text::read(&bytes).unwrap(), text);
    }
}
