//! Why a call is answered with an error.

use core::error::Error;

use tonic::{Code, Status};

/// Why a call is answered with an error. Nothing has changed then.
#[derive(Debug)]
pub(super) enum Failure {
    /// A handle of this kind that the server does not know.
    NoSuch(&'static str, u32),
    /// The request is wrong by itself.
    Request(String),
    /// The client refuses.
    Refused(String),
}

impl Failure {
    pub(super) fn request(what: impl Into<String>) -> Self {
        Self::Request(what.into())
    }

    pub(super) fn refused(what: impl Into<String>) -> Self {
        Self::Refused(what.into())
    }
}

// With all causes, and the fields of the outermost: whoever drives the server sees nothing else.
impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = format!("{error} [{error:?}]");
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self::Refused(text.chars().take(2000).collect())
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NoSuch(kind, handle) => Self::new(Code::NotFound, format!("no {kind} {handle}")),
            Failure::Request(what) => Self::new(Code::InvalidArgument, what),
            Failure::Refused(what) => Self::new(Code::FailedPrecondition, what),
        }
    }
}
