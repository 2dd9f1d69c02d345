//! Our client as a server of the working group's interoperability interface.
#![forbid(unsafe_code)]

use core::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use interop_grpc::server::{Settings, serve};
use tonic::transport::server::TcpIncoming;

const HELP: &str = "\
mls-interop-client: an MLS client to be driven over gRPC (service mls_client.MLSClient)

Usage: mls-interop-client --port PORT [--backend NAME] [--host ADDRESS] [--no-grease]

  --port PORT      the port to listen at; 0 for one that is free. The address is printed once it listens.
  --backend NAME   the crypto backend: rustcrypto (default), openssl, awslc
  --host ADDRESS   the address to listen at (default 127.0.0.1)
  --no-grease      no GREASE values in leaves and key packages (RFC 9420 section 13.5)

Actors and groups are held in memory and are gone when it ends. There is no access control, and private keys are
handed out as the interface has it: nothing but tests belongs here.
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mls-interop-client: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Vec<String>) -> Result<(), Box<dyn core::error::Error>> {
    let (mut port, mut backend, mut host, mut grease) =
        (None, "rustcrypto".to_owned(), Ipv4Addr::LOCALHOST.into(), true);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} lacks its value"));
        match argument.as_str() {
            "--port" => port = Some(value()?.parse()?),
            "--backend" => backend = value()?,
            "--host" => host = value()?.parse()?,
            "--no-grease" => grease = false,
            "--help" | "-h" => {
                print!("{HELP}");
                return Ok(());
            }
            _ => return Err(format!("{argument} is not known; see --help").into()),
        }
    }
    let port = port.ok_or("--port is missing; see --help")?;
    let mut settings = Settings::new(&backend)?;
    settings.grease = grease;
    let incoming = TcpIncoming::bind(SocketAddr::new(host, port))?;
    println!("{} listens at {}", settings.name, incoming.local_addr()?);
    serve(settings, incoming).await?;
    Ok(())
}
