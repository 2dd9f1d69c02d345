//! A server that actors are played by.

use tonic::transport::{Channel, Endpoint};

use crate::proto::mls_client_client::MlsClientClient;
use crate::proto::{NameRequest, SupportedCiphersuitesRequest};

/// A server that actors are played by.
#[derive(Debug)]
#[non_exhaustive]
pub struct Server {
    /// What it calls itself.
    pub name: String,
    /// Where it is: `HOST:PORT`.
    pub address: String,
    /// The cipher suites that it has.
    pub suites: Vec<u32>,
    pub(super) client: MlsClientClient<Channel>,
}

impl Server {
    /// Connects to `HOST:PORT` and asks for name and cipher suites.
    ///
    /// # Errors
    /// Why there is no such server.
    pub async fn connect(address: &str) -> Result<Self, Box<dyn core::error::Error + Send + Sync>> {
        let channel = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true).connect().await?;
        let limit = 64 << 20;
        let mut client =
            MlsClientClient::new(channel).max_decoding_message_size(limit).max_encoding_message_size(limit);
        let name = client.name(NameRequest {}).await?.into_inner().name;
        let suites = client.supported_ciphersuites(SupportedCiphersuitesRequest {}).await?.into_inner().ciphersuites;
        Ok(Self { name, address: address.to_owned(), suites, client })
    }
}
