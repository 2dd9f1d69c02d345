//! Our client as a server of the interface: any number of actors, each with a store of its own in memory.

mod actor;
mod calls;
mod describe;
mod failure;
mod handles;
mod state;
mod succession;

use std::sync::Arc;

use mls_client::mls_crypto_rustcrypto::RustCryptoProvider;
use mls_client::mls_crypto_traits::CryptoProvider;
use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_openssl::OpenSslProvider;
use tonic::transport::server::TcpIncoming;

use crate::proto::mls_client_server::MlsClientServer;
use actor::Actor;
use calls::Service;
use handles::Handles;
use state::State;
use succession::Closed;

/// How a server is to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// What it says its name is.
    pub name: String,
    /// The cipher suites.
    pub crypto: Arc<dyn CryptoProvider>,
    /// Whether leaves and key packages contain random values that mean nothing (RFC 9420 section 13.5).
    pub grease: bool,
}

impl Settings {
    /// A server over a crypto backend: `rustcrypto`, `openssl` or `awslc`.
    ///
    /// # Errors
    /// That there is no such backend, or that its library cannot be used.
    pub fn new(backend: &str) -> Result<Self, String> {
        let crypto: Arc<dyn CryptoProvider> = match backend {
            "rustcrypto" => Arc::new(RustCryptoProvider::new()),
            "openssl" => Arc::new(OpenSslProvider::new().map_err(|error| error.to_string())?),
            "awslc" => Arc::new(AwsLcProvider::new()),
            _ => return Err(format!("no backend is called {backend}: rustcrypto, openssl and awslc are")),
        };
        Ok(Self { name: format!("mls/{backend}"), crypto, grease: true })
    }
}

/// Serves the interface until the task is dropped.
///
/// # Errors
/// That the connection could not be served.
pub async fn serve(settings: Settings, incoming: TcpIncoming) -> Result<(), tonic::transport::Error> {
    let service = MlsClientServer::new(Service::new(World::new(settings)));
    tonic::transport::Server::builder().serve_with_incoming(service, incoming.with_nodelay(Some(true))).await
}

/// A client that has published a key package and waits for a Welcome.
struct Transaction(Actor);

/// All that the server holds.
struct World {
    settings: Settings,
    states: Handles<State>,
    transactions: Handles<Transaction>,
    closed: Handles<Closed>,
    signers: Handles<Actor>,
}

impl World {
    fn new(settings: Settings) -> Self {
        let numbers = Arc::default();
        Self {
            settings,
            states: Handles::new("state", &numbers),
            transactions: Handles::new("transaction", &numbers),
            closed: Handles::new("reinit", &numbers),
            signers: Handles::new("signer", &numbers),
        }
    }
}
