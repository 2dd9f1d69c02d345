//! A group of two: it is created, grows, talks both ways and commits. `run.mjs` runs it in Node.

use core::error::Error;
use std::sync::Arc;

use mls_client::mls_crypto_traits::{CryptoProvider, Rng};
use mls_client::{BasicIdentity, CipherSuite, Client, Clock, Credential, Event, Group, MemoryStorage};
use mls_crypto_rustcrypto::RustCryptoProvider;

#[cfg(target_family = "wasm")]
mod host;
#[cfg(test)]
mod tests;

/// Takes the group through its life, once with each suite, and says so for each.
///
/// # Errors
/// Whatever goes wrong.
pub fn group_of_two<R: Rng + Default + 'static>(
    clock: &Arc<dyn Clock>,
    mut say: impl FnMut(&str),
) -> Result<(), Box<dyn Error>> {
    for suite in RustCryptoProvider::new().cipher_suites() {
        with_suite::<R>(clock, suite)?;
        say(&format!("suite {}: created, joined, two messages, a commit", u16::from(suite)));
    }
    Ok(())
}

fn with_suite<R: Rng + Default + 'static>(clock: &Arc<dyn Clock>, suite: CipherSuite) -> Result<(), Box<dyn Error>> {
    let (alice, bob) = (client::<R>(clock)?, client::<R>(clock)?);
    let alice_id = alice.new_identity(suite, Credential::basic("alice"))?;
    let bob_id = bob.new_identity(suite, Credential::basic("bob"))?;

    let key_package = bob.key_package(&bob_id)?.message;
    let mut at_alice = alice.create_group(&alice_id)?;
    let commit = at_alice.add(&[key_package])?;
    at_alice.accept_commit()?;
    let mut at_bob = bob.join(&commit.welcome.ok_or("no welcome")?, None)?;
    same_epoch(&at_alice, &at_bob)?;

    speak(&mut at_alice, &mut at_bob, b"hello")?;
    speak(&mut at_bob, &mut at_alice, b"hello yourself")?;

    let commit = at_bob.update()?;
    at_bob.accept_commit()?;
    let Event::Epoch(_) = at_alice.receive(&commit.message)? else {
        return Err("no new epoch".into());
    };
    same_epoch(&at_alice, &at_bob)?;
    speak(&mut at_alice, &mut at_bob, b"with new keys")
}

fn client<R: Rng + Default + 'static>(clock: &Arc<dyn Clock>) -> Result<Client, Box<dyn Error>> {
    let client = Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new()))
        .crypto(Arc::new(RustCryptoProvider::new()))
        .rng(Box::new(R::default()))
        .clock(Arc::clone(clock))
        .build()?;
    Ok(client)
}

fn speak(from: &mut Group, to: &mut Group, text: &[u8]) -> Result<(), Box<dyn Error>> {
    let message = from.send(text)?.message;
    match to.receive(&message)? {
        Event::Message(received) if received.data == text => Ok(()),
        _ => Err("another message came".into()),
    }
}

fn same_epoch(one: &Group, other: &Group) -> Result<(), Box<dyn Error>> {
    if one.epoch_authenticator() == other.epoch_authenticator() { Ok(()) } else { Err("the epochs differ".into()) }
}
