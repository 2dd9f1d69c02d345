//! Both faces under one.

use mls_client::{AsyncClient, AsyncExternalJoin, AsyncGroup, AsyncObservedGroup, AsyncSuccessor};

/// What either face answers; where it is asynchronous, once it does.
macro_rules! both {
    ($client:expr, $face:ident => $call:expr) => {
        match $client {
            Self::Blocking($face) => $call,
            Self::Async($face) => $crate::common::block_on($call),
        }
    };
}

/// What either face knows at once.
macro_rules! plain {
    ($client:expr, $face:ident => $call:expr) => {
        match $client {
            Self::Blocking($face) => $call,
            Self::Async($face) => $call,
        }
    };
}

/// What either face makes, as the same face of it.
macro_rules! made {
    ($made:ident, $client:expr, $face:ident => $call:expr) => {
        Ok(match $client {
            Self::Blocking($face) => $made::Blocking($call?),
            Self::Async($face) => $made::Async($crate::common::block_on($call)?),
        })
    };
}

// After the macros, which they use.
mod client;
mod group;
mod observed;
mod successor;

/// A client, seen through either face.
#[derive(Clone, Debug)]
pub(crate) enum Client {
    Blocking(mls_client::Client),
    Async(AsyncClient),
}

/// A group, seen through either face.
#[derive(Debug)]
pub(crate) enum Group {
    Blocking(mls_client::Group),
    Async(AsyncGroup),
}

/// An external join, seen through either face.
#[derive(Debug)]
pub(crate) enum ExternalJoin {
    Blocking(mls_client::ExternalJoin),
    Async(AsyncExternalJoin),
}

/// A successor, seen through either face.
#[derive(Debug)]
pub(crate) enum Successor {
    Blocking(mls_client::Successor),
    Async(AsyncSuccessor),
}

/// A group that is observed, seen through either face.
#[derive(Debug)]
pub(crate) enum ObservedGroup {
    Blocking(mls_client::ObservedGroup),
    Async(AsyncObservedGroup),
}
