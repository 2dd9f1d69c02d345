//! How a target reads its input, and how seeds are written.

/// Reads an input from the front; beyond its end there are zeros.
#[derive(Clone, Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// The whole input.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// The next two bytes, as a big-endian number.
    pub fn short(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }

    /// The next `len` bytes, or as many as there are.
    pub fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        self.take(self.0.len())
    }

    /// One of several, by the next byte; `of` is not 0.
    pub fn pick(&mut self, of: usize) -> usize {
        usize::from(self.byte()) % of
    }

    /// The next edit; `None` at the end.
    ///
    /// A byte says what is done, two say where, modulo the length of what is edited. `lane` is what of several things
    /// is edited: the first byte's upper half.
    pub fn edit(&mut self) -> Option<(usize, Edit<'a>)> {
        if self.is_empty() {
            return None;
        }
        let (what, at) = (self.byte(), self.short());
        let edit = match what % 5 {
            0 => Edit::Xor { at, with: self.byte() },
            1 => {
                let len = usize::from(self.byte());
                Edit::Replace { at, with: self.take(len) }
            }
            2 => {
                let len = usize::from(self.byte());
                Edit::Insert { at, bytes: self.take(len) }
            }
            3 => Edit::Delete { at, len: usize::from(self.byte()) },
            _ => Edit::Truncate { at },
        };
        Some((usize::from(what >> 4), edit))
    }

    /// All edits that are left, made to the first of these.
    pub fn edit_one(&mut self, bytes: &mut Vec<u8>) {
        while let Some((_, edit)) = self.edit() {
            edit.make(bytes);
        }
    }

    /// All edits that are left, each made to that of these which its lane names.
    pub fn edit_all(&mut self, lanes: &mut [&mut Vec<u8>]) {
        while let Some((lane, edit)) = self.edit() {
            let lanes_len = lanes.len();
            edit.make(lanes[lane % lanes_len]);
        }
    }
}

/// One edit of some bytes. Places are taken modulo the length, so that each edit finds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a corpus knows all of them")]
pub enum Edit<'a> {
    /// One byte is combined with another by exclusive or.
    Xor {
        /// Where.
        at: usize,
        /// With what.
        with: u8,
    },
    /// Bytes are written over others, or beyond the end.
    Replace {
        /// Where.
        at: usize,
        /// By what.
        with: &'a [u8],
    },
    /// Bytes are put in between.
    Insert {
        /// Where.
        at: usize,
        /// What.
        bytes: &'a [u8],
    },
    /// Bytes are taken out.
    Delete {
        /// Where.
        at: usize,
        /// How many.
        len: usize,
    },
    /// All from there on is dropped.
    Truncate {
        /// Where.
        at: usize,
    },
}

/// What edits may grow a thing to.
const LONGEST: usize = 1 << 16;

impl Edit<'_> {
    /// Makes the edit.
    pub fn make(self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        let within = |at: usize| at % (len + 1);
        match self {
            Self::Xor { at, with } => {
                if len > 0 {
                    bytes[at % len] ^= with;
                }
            }
            Self::Replace { at, with } => {
                let at = within(at);
                let end = len.min(at + with.len());
                drop(bytes.splice(at..end, with.iter().copied()));
            }
            Self::Insert { at, bytes: more } if len + more.len() <= LONGEST => {
                let at = within(at);
                drop(bytes.splice(at..at, more.iter().copied()));
            }
            Self::Insert { .. } => {}
            Self::Delete { at, len: count } => {
                let at = within(at);
                drop(bytes.drain(at..len.min(at + count)));
            }
            Self::Truncate { at } => bytes.truncate(within(at)),
        }
    }

    /// Appends the edit as [`Input::edit`] reads it. `with` and `bytes` have 255 bytes at most.
    pub fn write(self, lane: u8, out: &mut Vec<u8>) {
        let mut head = |what: u8, at: usize| {
            // What is done is the byte modulo 5, and its upper half the lane.
            let base = lane << 4;
            let byte = (base..=base | 15).find(|byte| byte % 5 == what).unwrap_or(base);
            let [.., high, low] = at.to_be_bytes();
            out.extend_from_slice(&[byte, high, low]);
        };
        match self {
            Self::Xor { at, with } => {
                head(0, at);
                out.push(with);
            }
            Self::Replace { at, with } => {
                head(1, at);
                out.push(short_len(with));
                out.extend_from_slice(with);
            }
            Self::Insert { at, bytes } => {
                head(2, at);
                out.push(short_len(bytes));
                out.extend_from_slice(bytes);
            }
            Self::Delete { at, len } => {
                head(3, at);
                out.push(u8::try_from(len).unwrap());
            }
            Self::Truncate { at } => head(4, at),
        }
    }
}

fn short_len(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).unwrap()
}

/// One input that a target begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seed {
    /// The name of its file.
    pub name: String,
    /// The input.
    pub bytes: Vec<u8>,
}

/// Seeds as they are gathered.
#[derive(Debug, Default)]
pub(crate) struct Seeds(Vec<Seed>);

impl Seeds {
    pub(crate) fn add(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push(Seed { name: name.replace(' ', "-"), bytes: bytes.into() });
    }

    /// One edit of each kind behind `head`.
    pub(crate) fn edits(&mut self, name: &str, head: &[u8], lane: u8) {
        let edits = [
            ("xor", Edit::Xor { at: 40, with: 1 }),
            ("replace", Edit::Replace { at: 7, with: &[0, 0, 1] }),
            ("insert", Edit::Insert { at: 30, bytes: &[0x80, 0xff] }),
            ("delete", Edit::Delete { at: 21, len: 1 }),
            ("truncate", Edit::Truncate { at: 60 }),
        ];
        for (kind, edit) in edits {
            let mut bytes = head.to_vec();
            edit.write(lane, &mut bytes);
            self.add(&format!("{name}-{kind}"), bytes);
        }
    }

    pub(crate) fn done(self) -> Vec<Seed> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Edit, Input};

    #[test]
    fn an_edit_is_read_as_it_was_written() {
        let edits = [
            Edit::Xor { at: 513, with: 7 },
            Edit::Replace { at: 3, with: b"abc" },
            Edit::Insert { at: 0, bytes: b"" },
            Edit::Delete { at: 9, len: 255 },
            Edit::Truncate { at: 65_535 },
        ];
        for lane in [0, 1, 2, 15] {
            for edit in edits {
                let mut bytes = Vec::new();
                edit.write(lane, &mut bytes);
                let mut input = Input::new(&bytes);
                assert_eq!(input.edit(), Some((usize::from(lane), edit)));
                assert!(input.is_empty());
            }
        }
    }

    #[test]
    fn edits_find_a_place_in_whatever_there_is() {
        for len in 0..4 {
            for at in [0, 1, 3, 4, 65_535] {
                let edited = |edit: Edit<'_>| {
                    let mut bytes = vec![9; len];
                    edit.make(&mut bytes);
                    bytes
                };
                assert_eq!(edited(Edit::Xor { at, with: 1 }).len(), len);
                assert_eq!(edited(Edit::Insert { at, bytes: &[1, 2] }).len(), len + 2);
                assert!(edited(Edit::Replace { at, with: &[1, 2] }).len() >= len.max(2));
                assert!(edited(Edit::Delete { at, len: 2 }).len() <= len);
                assert!(edited(Edit::Truncate { at }).len() <= len);
            }
        }
    }
}
