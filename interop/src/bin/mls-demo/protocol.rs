//! What members and the delivery service say to each other: length-prefixed frames, one answer for each request.

use std::io::{self, Read, Write};

use mls_codec::{Decode, Encode};

use crate::Outcome;

/// The longest frame that is read.
const MAX_FRAME: u32 = 1 << 24;

/// What a member asks of the delivery service.
#[derive(Debug, Encode, Decode)]
#[mls(repr = "u8")]
pub(crate) enum Request {
    /// The first request of a connection: who is there.
    #[mls(value = 1)]
    Hello(Vec<u8>),
    /// A key package for others to fetch.
    #[mls(value = 2)]
    PublishKeyPackage(Vec<u8>),
    /// The key package of somebody.
    #[mls(value = 3)]
    FetchKeyPackage(Vec<u8>),
    /// An application message or a proposal for all.
    #[mls(value = 4)]
    Send(Vec<u8>),
    /// A commit for all, if it is the first of its epoch, with the Welcome and whom it is for.
    #[mls(value = 5)]
    Commit { message: Vec<u8>, welcome: Vec<u8>, joiners: Vec<Vec<u8>> },
    /// The Welcome for us.
    #[mls(value = 6)]
    FetchWelcome,
    /// What has come for us and is not acknowledged yet.
    #[mls(value = 7)]
    Fetch,
    /// What we have taken in and stored.
    #[mls(value = 8)]
    Acknowledge(Vec<u64>),
    /// The group's `GroupInfo`, for those who join by external commit.
    #[mls(value = 9)]
    PublishGroupInfo(Vec<u8>),
    /// That.
    #[mls(value = 10)]
    FetchGroupInfo,
}

/// What the delivery service answers.
#[derive(Debug, Encode, Decode)]
#[mls(repr = "u8")]
pub(crate) enum Answer {
    /// Done; a commit was taken as the first of its epoch.
    #[mls(value = 1)]
    Done,
    /// Not done: the commit was not the first of its epoch, or there is no such thing.
    #[mls(value = 2)]
    Refused,
    /// What was asked for.
    #[mls(value = 3)]
    Bytes(Vec<u8>),
    /// Messages with their numbers.
    #[mls(value = 4)]
    Messages(Vec<(u64, Vec<u8>)>),
}

/// Writes one frame.
pub(crate) fn write<T: Encode>(stream: &mut impl Write, value: &T) -> Outcome<()> {
    let bytes = value.to_bytes()?;
    stream.write_all(&u32::try_from(bytes.len())?.to_be_bytes())?;
    stream.write_all(&bytes)?;
    Ok(stream.flush()?)
}

/// Reads one frame; `None` at the end of the stream.
pub(crate) fn read<T: Decode>(stream: &mut impl Read) -> Outcome<Option<T>> {
    let mut length = [0; 4];
    match stream.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let length = u32::from_be_bytes(length);
    if length > MAX_FRAME {
        return Err("a frame is too long".into());
    }
    let mut bytes = vec![0; usize::try_from(length)?];
    stream.read_exact(&mut bytes)?;
    Ok(Some(T::from_bytes(&bytes)?))
}
