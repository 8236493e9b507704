//! The bytes of a segment, version 1.
//!
//! ```text
//! segment = header, frame*
//! header  = magic (8 bytes "STRMLOGS"), version (u32), crc of what follows (u32), number of the
//!           segment (u64), of the oldest one that is needed (u64), length of the one before (u64),
//!           zeros up to 512 bytes
//! frame   = head, record*, zeros up to a multiple of 512 bytes
//! head    = length of the records (u32), number of the frame (u32), how many of its sectors are
//!           zeros (u32), crc of the records (u32), crc of segment's number and head (u32)
//! record  = length (u32), bytes
//! ```
//!
//! Numbers are little-endian, a crc is CRC-32 (IEEE). Segments and frames are counted from one.
//!
//! Disks write sectors of 512 bytes, or multiples of that, and write each either whole or not at
//! all. Frames begin with sectors, so that none is written twice, and a sector that was not written
//! in a loss of power reads as zeros, if the file reaches that far: a frame with more sectors of
//! zeros than its head says was torn by that, one with as many and a wrong crc was damaged later.

/// What disks write whole or not at all.
pub(super) const SECTOR: usize = 512;
pub(super) const MAGIC: [u8; 8] = *b"STRMLOGS";
pub(super) const VERSION: u32 = 1;
pub(super) const HEAD: usize = 20;
/// The most that the records of a frame may have, and so each record.
pub(super) const FRAME_MAX: usize = u32::MAX as usize - SECTOR;

/// What stands at the beginning of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) segment: u64,
    /// The oldest segment that is needed.
    pub(super) oldest: u64,
    /// How much of the segment before is to be read.
    pub(super) previous: u64,
}

/// Why a header cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadHeader {
    Magic,
    Version(u32),
    Crc,
}

impl Header {
    pub(super) fn encode(self) -> [u8; SECTOR] {
        let mut out = [0; SECTOR];
        let numbers = [self.segment, self.oldest, self.previous].map(u64::to_le_bytes);
        out[..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..16].copy_from_slice(&crc32fast::hash(numbers.as_flattened()).to_le_bytes());
        out[16..40].copy_from_slice(numbers.as_flattened());
        out
    }

    pub(super) fn decode(bytes: &[u8; SECTOR]) -> Result<Self, BadHeader> {
        let version = u32_at(bytes, 8);
        if bytes[..8] != MAGIC {
            Err(BadHeader::Magic)
        } else if version != VERSION {
            Err(BadHeader::Version(version))
        } else if u32_at(bytes, 12) != crc32fast::hash(&bytes[16..40]) {
            Err(BadHeader::Crc)
        } else {
            let [segment, oldest, previous] = [16, 24, 32].map(|at| u64_at(bytes, at));
            Ok(Self {
                segment,
                oldest,
                previous,
            })
        }
    }
}

/// What stands before the records of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) len: u32,
    pub(super) frame: u32,
    pub(super) zeros: u32,
    pub(super) crc: u32,
}

impl Head {
    fn numbers(self) -> [[u8; 4]; 4] {
        [self.len, self.frame, self.zeros, self.crc].map(u32::to_le_bytes)
    }

    fn own_crc(self, segment: u64) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&segment.to_le_bytes());
        crc.update(self.numbers().as_flattened());
        crc.finalize()
    }

    pub(super) fn encode(self, segment: u64) -> [u8; HEAD] {
        let mut out = [0; HEAD];
        out[..16].copy_from_slice(self.numbers().as_flattened());
        out[16..].copy_from_slice(&self.own_crc(segment).to_le_bytes());
        out
    }

    /// The head of a frame of this segment, if that is what the bytes are.
    pub(super) fn decode(bytes: &[u8], segment: u64) -> Option<Self> {
        let bytes: &[u8; HEAD] = bytes.first_chunk()?;
        let head = Self {
            len: u32_at(bytes, 0),
            frame: u32_at(bytes, 4),
            zeros: u32_at(bytes, 8),
            crc: u32_at(bytes, 12),
        };
        (u32_at(bytes, 16) == head.own_crc(segment)).then_some(head)
    }

    /// How long the frame is, from its head to the next.
    pub(super) fn frame_len(self) -> u64 {
        (HEAD as u64 + u64::from(self.len)).next_multiple_of(SECTOR as u64)
    }
}

/// Completes a frame, in front of whose records room was left for its head.
pub(super) fn seal(frame: &mut Vec<u8>, number: u32, segment: u64) {
    let len = frame.len() - HEAD;
    frame.resize(frame.len().next_multiple_of(SECTOR), 0);
    let head = Head {
        len: u32::try_from(len).expect("a frame is bounded by `FRAME_MAX`"),
        frame: number,
        zeros: zeros(frame),
        crc: crc32fast::hash(&frame[HEAD..HEAD + len]),
    };
    frame[..HEAD].copy_from_slice(&head.encode(segment));
}

/// How many sectors behind the first have nothing but zeros.
pub(super) fn zeros(frame: &[u8]) -> u32 {
    let mut zeros = 0;
    for sector in frame.chunks(SECTOR).skip(1) {
        zeros += u32::from(is_zero(sector));
    }
    zeros
}

pub(super) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

/// The name of a segment's file.
pub(super) fn file_name(log: &str, segment: u64) -> String {
    format!("{log}-{segment:020}")
}

/// The number of the segment of this log that a file holds.
pub(super) fn segment_of(log: &str, file: &str) -> Option<u64> {
    let number = file.strip_prefix(log)?.strip_prefix('-')?;
    let all_digits = number.len() == 20 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = all_digits.then(|| number.parse().ok()).flatten()?;
    // There is one after each.
    (number < u64::MAX).then_some(number)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_heads_come_back_and_no_turned_bit_passes() {
        let header = Header {
            segment: 7,
            oldest: 5,
            previous: 1_024,
        };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes), Ok(header));
        for bit in 0..40 * 8 {
            let mut turned = bytes;
            turned[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::decode(&turned).is_err());
        }
        let head = Head {
            len: 600,
            frame: 1,
            zeros: 0,
            crc: 42,
        };
        assert_eq!(Head::decode(&head.encode(7), 7), Some(head));
        assert_eq!(Head::decode(&head.encode(7), 8), None);
        assert_eq!(head.frame_len(), 1_024);
    }

    #[test]
    fn only_files_of_the_log_are_its_segments() {
        assert_eq!(segment_of("a", &file_name("a", 12)), Some(12));
        assert_eq!(segment_of("a-b", &file_name("a", 12)), None);
        for file in [
            "a-12",
            "a-00000000000000000012.tmp",
            "b-00000000000000000012",
            "lock",
        ] {
            assert_eq!(segment_of("a", file), None, "{file}");
        }
        assert_eq!(segment_of("a", "a-99999999999999999999"), None);
    }
}
