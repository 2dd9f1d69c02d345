//! The MLS working group's interoperability interface: our client as a server of it, and a runner that drives any
//! clients through the working group's scenario files.
#![forbid(unsafe_code)]

pub mod runner;
pub mod server;

/// The interface, generated from `proto/mls_client.proto`.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::doc_markdown,
    clippy::exhaustive_enums,
    clippy::std_instead_of_core,
    clippy::use_self,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::or_fun_call,
    reason = "it is generated"
)]
pub mod proto {
    tonic::include_proto!("mls_client");
}
