//! A member: takes commands from its standard input and says on its standard output what came of them.
//!
//! Each command is a line; so is each thing that came of it; `done` ends them.

mod commands;
mod wire;

use std::fs;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use mls_client::mls_crypto_traits::CryptoProvider;
use mls_client::{BasicIdentity, CipherSuite, Client, Credential, DefaultRules, Group, Identity};
use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_openssl::OpenSslProvider;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

use crate::Outcome;
use wire::Connection;

/// The name of a member's database in its directory.
pub(crate) const DATABASE: &str = "mls.db";

/// A member's process.
pub(crate) struct Member {
    name: String,
    client: Client,
    identity: Identity,
    group: Option<Group>,
    service: Option<Connection>,
}

/// Runs a member until its standard input ends. With port 0 it has no delivery service.
pub(crate) fn run(name: &str, dir: &Path, port: u16, suite: CipherSuite) -> Outcome<()> {
    let mut member = Member::start(name, dir, port, suite)?;
    let input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    for line in input.lines() {
        for said in member.obey(&line?)? {
            writeln!(output, "{said}")?;
        }
        writeln!(output, "done")?;
        output.flush()?;
    }
    Ok(())
}

/// The members are on different backends.
fn backend(name: &str, suite: CipherSuite) -> Outcome<Arc<dyn CryptoProvider>> {
    Ok(match name {
        "bob" => Arc::new(OpenSslProvider::new()?),
        "carol" if AwsLcProvider::new().suite(suite).is_some() => Arc::new(AwsLcProvider::new()),
        "carol" => Arc::new(OpenSslProvider::new()?),
        _ => Arc::new(RustCryptoProvider::new()),
    })
}

impl Member {
    fn start(name: &str, dir: &Path, port: u16, suite: CipherSuite) -> Outcome<Self> {
        fs::create_dir_all(dir)?;
        let store = SqliteStorage::open(dir.join(DATABASE), &SqliteOptions::default())?;
        let client = Client::builder(Arc::new(store), Arc::new(BasicIdentity::new()))
            .crypto(backend(name, suite)?)
            .rules(Arc::new(DefaultRules::new().allow_external_commits()))
            .build()?;
        let credential = Credential::basic(name);
        let identity = match client.signers().pop() {
            Some(signature_key) => Identity::new(suite, credential, signature_key),
            None => client.new_identity(suite, credential)?,
        };
        let group = match client.groups()?.first() {
            Some(id) => Some(client.load_group(id)?),
            None => None,
        };
        let service = if port == 0 { None } else { Some(Connection::open(port, name)?) };
        Ok(Self { name: name.to_owned(), client, identity, group, service })
    }

    fn group(&mut self) -> Outcome<&mut Group> {
        self.group.as_mut().ok_or_else(|| format!("{} is in no group", self.name).into())
    }

    fn service(&mut self) -> Outcome<&mut Connection> {
        self.service.as_mut().ok_or_else(|| "no delivery service".into())
    }
}
